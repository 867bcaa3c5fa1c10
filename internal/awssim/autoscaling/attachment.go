package autoscaling

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// attachment is a target group of a group: Adding → Added → InService, and
// Removing → gone (aws-facts §5.3).
type attachment struct {
	arn string
	// trafficSource tells by which of the two families of calls it was attached;
	// each family sees its own only.
	trafficSource bool
	since         time.Time
	added         bool
	// passed is set once a target was healthy: from then on the target group takes
	// part in health checks.
	passed     bool
	registered []string // instance ids
	removing   bool
	drainedAt  time.Time
}

func (a *attachment) holds(m *member) bool { return slices.Contains(a.registered, *m.InstanceId) }

func (a *attachment) state(g *group) string {
	switch {
	case a.removing:
		return "Removing"
	case !a.added:
		return "Adding"
	case a.passed && g.checksELB():
		return "InService"
	}
	return "Added"
}

// attach adds target groups. One that is attached already stays as it is.
func (s *Service) attach(g *group, arns []string, trafficSource bool) error {
	for _, arn := range arns {
		if !s.balancers.HasTargetGroup(arn) {
			return invalid("Target group '%s' not found", arn)
		}
	}
	next := slices.Clone(g.attachments)
	for _, arn := range arns {
		same := func(a *attachment) bool { return a.arn == arn && !a.removing }
		if slices.ContainsFunc(next, same) {
			continue
		}
		// Attaching again takes back a removal.
		next = slices.DeleteFunc(next, func(a *attachment) bool { return a.arn == arn })
		next = append(next, &attachment{arn: arn, trafficSource: trafficSource, since: s.Now()})
	}
	if len(next) > maxTargetGroups {
		return limitExceeded("The number of target groups of an AutoScalingGroup may not be larger than %d", maxTargetGroups)
	}
	g.attachments = next
	return nil
}

// detach begins to remove target groups.
func (s *Service) detach(g *group, arns []string, trafficSource bool) error {
	var found []*attachment
	for _, arn := range arns {
		at := slices.IndexFunc(g.attachments, func(a *attachment) bool { return a.arn == arn && a.trafficSource == trafficSource && !a.removing })
		if at < 0 {
			return invalid("Trying to remove Target Groups that are not part of the group")
		}
		found = append(found, g.attachments[at])
	}
	now := s.Now()
	for _, a := range found {
		a.removing, a.drainedAt = true, now
		for _, m := range g.members {
			if drained, was := s.deregister(a, m, now); was && drained.After(a.drainedAt) {
				a.drainedAt = drained
			}
		}
	}
	return nil
}

// deregister takes a member out of a target group and tells when it is drained.
func (s *Service) deregister(a *attachment, m *member, now time.Time) (drainedAt time.Time, was bool) {
	if !a.holds(m) {
		return now, false
	}
	a.registered = slices.DeleteFunc(a.registered, func(id string) bool { return id == *m.InstanceId })
	s.forgetTargets()
	return s.balancers.DeregisterInstance(a.arn, *m.InstanceId, now), true
}

// stepAttachments registers instances in service and moves the attachments on.
func (s *Service) stepAttachments(g *group, now time.Time) {
	g.attachments = slices.DeleteFunc(g.attachments, func(a *attachment) bool { return a.removing && !now.Before(a.drainedAt) })
	for _, a := range g.attachments {
		if a.removing {
			continue
		}
		all := s.register(g, a, now)
		if all && !now.Before(a.since.Add(s.Timings.Attach)) {
			a.added = true
		}
		if !a.added || a.passed || !g.checksELB() {
			continue
		}
		a.passed = slices.ContainsFunc(a.registered, func(id string) bool {
			return s.target(a, id, now) == elbtypes.TargetHealthStateEnumHealthy
		})
	}
}

// register registers the instances that are missing, and reports whether none is.
func (s *Service) register(g *group, a *attachment, now time.Time) (all bool) {
	all = true
	for _, m := range g.inService() {
		if a.holds(m) || m.unlisted {
			continue
		}
		if g.suspended(processAddToLoadBalancer) || s.balancers.RegisterInstance(a.arn, *m.InstanceId, now) != nil {
			all = false
			continue
		}
		a.registered = append(a.registered, *m.InstanceId)
		s.forgetTargets()
	}
	return all
}

// missesTargetGroup reports whether an attached target group was deleted; launches
// fail then (aws-facts §4.5).
func (s *Service) missesTargetGroup(g *group) bool {
	return slices.ContainsFunc(g.attachments, func(a *attachment) bool { return !a.removing && !s.balancers.HasTargetGroup(a.arn) })
}

// attachmentsSettled reports whether time alone moves no attachment and no target.
func (s *Service) attachmentsSettled(g *group, now time.Time) bool {
	for _, a := range g.attachments {
		switch {
		case a.removing:
			return false
		case !a.added:
			if s.balancers.HasTargetGroup(a.arn) {
				return false
			}
		case g.checksELB():
			for _, id := range a.registered {
				state := s.target(a, id, now)
				if state != elbtypes.TargetHealthStateEnumHealthy && state != elbtypes.TargetHealthStateEnumUnused {
					return false
				}
			}
		}
	}
	return true
}

// refuseDuringRefresh is the error of attaching while a refresh has a desired
// configuration (aws-facts §5.3).
func refuseDuringRefresh(g *group) error {
	if r := g.activeRefresh(); r != nil && r.desired != nil {
		return &types.InstanceRefreshInProgressFault{Message: aws.String(
			"An active instance refresh with a desired configuration exists for Auto Scaling group " + g.name() + ".")}
	}
	return nil
}

// AttachLoadBalancerTargetGroups adds target groups; it may be repeated.
func (s *Service) AttachLoadBalancerTargetGroups(_ context.Context, in *sdk.AttachLoadBalancerTargetGroupsInput) (*sdk.AttachLoadBalancerTargetGroupsOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if err := refuseDuringRefresh(g); err != nil {
		return nil, err
	}
	if len(in.TargetGroupARNs) > 10 {
		return nil, invalid("The number of target groups per call may not be larger than 10")
	}
	return answer(&sdk.AttachLoadBalancerTargetGroupsOutput{}, s.attach(g, in.TargetGroupARNs, false))
}

// DetachLoadBalancerTargetGroups removes target groups after their targets drained.
func (s *Service) DetachLoadBalancerTargetGroups(_ context.Context, in *sdk.DetachLoadBalancerTargetGroupsInput) (*sdk.DetachLoadBalancerTargetGroupsOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if len(in.TargetGroupARNs) > 10 {
		return nil, invalid("The number of target groups per call may not be larger than 10")
	}
	return answer(&sdk.DetachLoadBalancerTargetGroupsOutput{}, s.detach(g, in.TargetGroupARNs, false))
}

// DescribeLoadBalancerTargetGroups lists the target groups attached as such.
func (s *Service) DescribeLoadBalancerTargetGroups(_ context.Context, in *sdk.DescribeLoadBalancerTargetGroupsInput) (*sdk.DescribeLoadBalancerTargetGroupsOutput, error) {
	g, err := s.group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	var states []types.LoadBalancerTargetGroupState
	for _, a := range g.attachments {
		if !a.trafficSource {
			states = append(states, types.LoadBalancerTargetGroupState{LoadBalancerTargetGroupARN: aws.String(a.arn), State: aws.String(a.state(g))})
		}
	}
	out := &sdk.DescribeLoadBalancerTargetGroupsOutput{}
	out.LoadBalancerTargetGroups, out.NextToken, err = page(states, in.NextToken, pageOf100(in.MaxRecords), 100)
	return out, err
}
