package elbv2

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// target is an instance registered in a target group, with the record of its
// health checks.
type target struct {
	id   string
	port int32
	zone string

	registeredAt time.Time
	drainedAt    time.Time // when deregistration ends; zero: registered

	used       bool      // a load balancer checks it
	checkedAt  time.Time // since when it is checked: registration is done
	nextAt     time.Time // of the next check
	state      types.TargetHealthStateEnum
	stateSince time.Time
	failure    outcome // of the last failed check
	passed     int32   // checks in a row
	failed     int32
	steady     bool // nothing but an API call can change its state
}

func (t *target) draining() bool { return !t.drainedAt.IsZero() }

// RegisterTargets implements the operation.
func (s *Service) RegisterTargets(_ context.Context, in *sdk.RegisterTargetsInput) (*sdk.RegisterTargetsOutput, error) {
	tg, err := s.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	if err := s.register(tg, in.Targets, s.Now()); err != nil {
		return nil, err
	}
	return &sdk.RegisterTargetsOutput{}, nil
}

// register adds targets to a group: all or none. Those already registered stay as
// they are; those being deregistered begin anew.
func (s *Service) register(tg *targetGroup, targets []types.TargetDescription, now time.Time) error {
	s.advance(tg, now)
	zones, err := s.checkTargets(tg, targets, now)
	if err != nil {
		return err
	}
	var added []*target
	registered := tg.targets
	for i, d := range targets {
		id, port := aws.ToString(d.Id), tg.portOf(d)
		same := func(t *target) bool { return t.id == id && t.port == port }
		if slices.ContainsFunc(registered, func(t *target) bool { return same(t) && !t.draining() }) {
			continue
		}
		registered = slices.DeleteFunc(slices.Clone(registered), same)
		t := &target{id: id, port: port, zone: zones[i], registeredAt: now}
		registered, added = append(registered, t), append(added, t)
	}
	if len(registered) > s.Limits["targets-per-target-group"] {
		return &types.TooManyTargetsException{Message: aws.String("The maximum number of targets has been reached")}
	}
	tg.targets = registered
	for _, t := range added {
		s.enlist(tg, t, now)
	}
	return nil
}

// checkTargets checks that the targets can be registered and returns their zones.
func (s *Service) checkTargets(tg *targetGroup, targets []types.TargetDescription, now time.Time) ([]string, error) {
	var zones, unknown, foreign, idle []string
	for _, d := range targets {
		if d.AvailabilityZone != nil || d.QuicServerId != nil {
			return nil, invalid("An Availability Zone or server ID cannot be specified for targets of type 'instance'")
		}
		id := aws.ToString(d.Id)
		v := s.server(id, now)
		switch {
		case !v.exists:
			unknown = append(unknown, "'"+id+"'")
			continue
		case aws.ToString(v.VpcId) != aws.ToString(tg.VpcId):
			foreign = append(foreign, "'"+id+"'")
		case !v.in(ec2types.InstanceStateNameRunning):
			idle = append(idle, "'"+id+"'")
		}
		zone := ""
		if v.Placement != nil {
			zone = aws.ToString(v.Placement.AvailabilityZone)
		}
		zones = append(zones, zone)
	}
	bad := func(problem string, ids []string) error {
		return &types.InvalidTargetException{Message: aws.String(fmt.Sprintf("The following targets %s: %s", problem, strings.Join(ids, ", ")))}
	}
	switch {
	case len(unknown) > 0:
		return nil, bad("are not valid instances", unknown)
	case len(foreign) > 0:
		return nil, bad("are not in the target group VPC '"+aws.ToString(tg.VpcId)+"'", foreign)
	case len(idle) > 0:
		// aws-facts §4.6.
		return nil, bad("are not in a running state and cannot be registered", idle)
	}
	return zones, nil
}

func (tg *targetGroup) portOf(d types.TargetDescription) int32 {
	if d.Port != nil {
		return *d.Port
	}
	return aws.ToInt32(tg.Port)
}

// DeregisterTargets implements the operation. Unknown targets are no error; a port
// override must be given again (aws-facts §4.6).
func (s *Service) DeregisterTargets(_ context.Context, in *sdk.DeregisterTargetsInput) (*sdk.DeregisterTargetsOutput, error) {
	tg, err := s.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	s.advance(tg, now)
	for _, d := range in.Targets {
		if t := tg.find(aws.ToString(d.Id), tg.portOf(d)); t != nil {
			s.deregister(tg, t, now)
		}
	}
	s.advance(tg, now)
	return &sdk.DeregisterTargetsOutput{}, nil
}

func (tg *targetGroup) find(id string, port int32) *target {
	for _, t := range tg.targets {
		if t.id == id && t.port == port {
			return t
		}
	}
	return nil
}

// deregister begins to drain a target. One that no load balancer uses, or that an
// Application Load Balancer has no live connections to, is drained at once; a
// Network Load Balancer waits the whole delay (aws-facts §4.6).
func (s *Service) deregister(tg *targetGroup, t *target, now time.Time) {
	if t.draining() {
		return
	}
	t.drainedAt = now
	application := tg.kind() == types.LoadBalancerTypeEnumApplication
	if t.used && !(application && !s.server(t.id, now).in(ec2types.InstanceStateNameRunning)) {
		t.drainedAt = now.Add(tg.period(deregistrationDelay))
	}
}

// server is an instance as it is at an instant.
type server struct {
	ec2types.Instance
	at     time.Time
	exists bool
}

func (s *Service) server(id string, at time.Time) server {
	instance, exists := s.net.Instance(id, at)
	return server{instance, at, exists}
}

// in reports whether the instance is in one of the states.
func (v server) in(states ...ec2types.InstanceStateName) bool {
	return v.exists && v.State != nil && slices.Contains(states, v.State.Name)
}

// gone reports whether the instance will never run again.
func (v server) gone() bool { return !v.exists || v.in(ec2types.InstanceStateNameTerminated) }
