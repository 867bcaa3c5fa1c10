// Package autoscaling simulates EC2 Auto Scaling for one account and Region.
//
// A group is a controller: Tick moves it one step at an instant, from what it has
// towards what it should have. Calls only change what it should have, and report
// what is there; a launch that fails shows in the scaling activities and nowhere
// else (aws-facts §0.1).
package autoscaling

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cwsdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/cloudwatch"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// Compute is what a group needs of EC2.
type Compute interface {
	Launch(spec ec2.LaunchSpec) (instanceID string, err error)
	CheckTemplate(spec ec2.LaunchSpec) (version string, err error)
	DescribeLaunchTemplates(context.Context, *ec2sdk.DescribeLaunchTemplatesInput) (*ec2sdk.DescribeLaunchTemplatesOutput, error)
	Instance(id string, at time.Time) (ec2types.Instance, bool)
	InstanceState(id string, at time.Time) ec2types.InstanceStateName
	Terminate(id string, at time.Time, reason string)
	Untag(id, key string)
	Subnet(id string) (ec2types.Subnet, bool)
}

// Balancers is what a group needs of Elastic Load Balancing.
type Balancers interface {
	HasTargetGroup(arn string) bool
	RegisterInstance(targetGroup, instance string, at time.Time) error
	DeregisterInstance(targetGroup, instance string, at time.Time) (drainedAt time.Time)
	TargetState(targetGroup, instance string, at time.Time) (elbtypes.TargetHealthStateEnum, elbtypes.TargetHealthReasonEnum)
	ResourceLabel(targetGroup string) string
}

// Alarms is what scaling policies and metrics need of CloudWatch.
type Alarms interface {
	PutServiceAlarm(in *cwsdk.PutMetricAlarmInput) error
	DeleteServiceAlarm(name string)
	AlarmState(name string) string
	ActingOn(action string) []string
	DropAction(action string) (idle []string)
	Publish(namespace, name string, dimensions map[string]string, value float64, at time.Time)
}

var _ Alarms = (*cloudwatch.Service)(nil)

// Timings are the durations of the service. How long an instance boots and a
// target drains is up to EC2 and the load balancers.
type Timings struct {
	// HealthCheck is the time from a failure to its notice.
	HealthCheck time.Duration
	// Attach is how long a target group is Adding at least.
	Attach time.Duration
	// Delete is how long a group without instances is "Delete in progress".
	Delete time.Duration
	// LaunchRetry is the pause after a failed launch. It doubles with every further
	// failure up to LaunchRetryMost.
	LaunchRetry, LaunchRetryMost time.Duration
	// ZoneRetry is how long a zone without capacity is avoided.
	ZoneRetry time.Duration
	// RefreshStart is how long an instance refresh is Pending.
	RefreshStart time.Duration
	// RefreshStall is how long an instance refresh may go without progress.
	RefreshStall time.Duration
}

// Service is EC2 Auto Scaling in one account and Region.
type Service struct {
	*region.Region
	Timings Timings
	// GroupLimit is how many groups the account may have, by default 500 (aws-facts
	// §5.8).
	GroupLimit int

	// AlarmState tells the state of a CloudWatch alarm: OK, ALARM or
	// INSUFFICIENT_DATA. Without it every alarm is OK.
	AlarmState func(name string) string
	// Alarms are CloudWatch's. Without them policies neither make alarms nor act, and
	// nothing is measured.
	Alarms Alarms
	// Notify sends a lifecycle hook's message to its target with the role, and reports
	// whether it got there. Without it no target is reachable.
	Notify func(targetARN, roleARN, message string) bool
	// ServiceLinkedRole returns the ARN of a service's role and makes the role on its
	// first use (aws-facts §9.3).
	ServiceLinkedRole func(service string) string
	// LaunchConfigurations are what is left of the time before launch templates: AWS
	// makes none for new accounts, and no group here uses one.
	LaunchConfigurations []types.LaunchConfiguration

	compute   Compute
	balancers Balancers
	groups    map[string]*group
	targets   targetStates
	loads     map[string]float64 // CPU by group, see SetLoad
	measured  time.Time          // the minute of the last metrics
	// past holds the activities of deleted groups, newest first.
	past []*types.Activity
}

// New returns an Auto Scaling without groups.
func New(r *region.Region, compute Compute, balancers Balancers) *Service {
	return &Service{
		Region: r, GroupLimit: 500, compute: compute, balancers: balancers, groups: map[string]*group{}, loads: map[string]float64{},
		// aws-facts §5.5 for the stall, §14 for the others.
		Timings: Timings{
			HealthCheck: 10 * time.Second, Attach: 10 * time.Second, Delete: 5 * time.Second,
			LaunchRetry: time.Minute, LaunchRetryMost: 15 * time.Minute, ZoneRetry: 5 * time.Minute,
			RefreshStart: 5 * time.Second, RefreshStall: time.Hour,
		},
	}
}

// Tick moves every group one step at now. It reports whether nothing will change
// any more without a call.
func (s *Service) Tick(now time.Time) (settled bool) {
	settled = true
	s.measure(now)
	for _, g := range s.sorted() {
		settled = s.tickGroup(g, now) && settled
	}
	return settled
}

func (s *Service) tickGroup(g *group, now time.Time) (settled bool) {
	for _, m := range slices.Clone(g.members) {
		s.advance(g, m, now)
	}
	s.stepAttachments(g, now)
	if g.deleting() {
		s.finishDeletion(g, now)
		return false
	}
	s.runSchedules(g, now)
	s.checkHealth(g, now)
	s.stepRefresh(g, now)
	s.rebalance(g, now)
	s.reconcile(g, now)
	return s.settled(g, now)
}

// settled reports whether time alone changes nothing in the group any more.
func (s *Service) settled(g *group, now time.Time) bool {
	if g.activeRefresh() != nil || g.nextSchedule() != nil {
		return false
	}
	for _, m := range g.members {
		if !g.atRest(m) {
			return false
		}
	}
	have, want := len(g.active()), int(*g.DesiredCapacity)
	if have < want && !g.suspended(processLaunch) || have > want && !g.suspended(processTerminate) {
		return false
	}
	return !g.needsRebalance() && s.attachmentsSettled(g, now)
}

// atRest reports whether time alone does nothing to a member.
func (g *group) atRest(m *member) bool {
	switch {
	case m.LifecycleState == types.LifecycleStateTerminatingRetained:
		return true
	case m.LifecycleState != types.LifecycleStateInService || m.outgoing || !m.failingSince.IsZero():
		return false
	}
	return *m.HealthStatus == healthy || g.suspended(processReplaceUnhealthy) || g.suspended(processTerminate)
}

// sorted returns the groups by name.
func (s *Service) sorted() []*group {
	var list []*group
	for _, name := range slices.Sorted(maps.Keys(s.groups)) {
		list = append(list, s.groups[name])
	}
	return list
}

// group finds a group, also one that is being deleted.
func (s *Service) group(name *string) (*group, error) {
	if g, ok := s.groups[aws.ToString(name)]; ok {
		return g, nil
	}
	// aws-facts §1.3: not found is a ValidationError.
	return nil, invalid("AutoScalingGroup name not found - AutoScalingGroup '%s' not found", aws.ToString(name))
}

// live finds a group that may be changed.
func (s *Service) live(name *string) (*group, error) {
	g, err := s.group(name)
	if err == nil && g.deleting() {
		return nil, invalid("AutoScalingGroup '%s' is pending delete", *name)
	}
	return g, err
}

// Inventory names the groups and their scaling policies, one a line.
func (s *Service) Inventory() []string {
	var lines []string
	for _, g := range s.sorted() {
		part := "-"
		for _, tag := range g.Tags {
			if *tag.Key == "webtier:part" {
				part = *tag.Value
			}
		}
		lines = append(lines, fmt.Sprintf("autoscaling group %s %s", g.name(), part))
		for _, policy := range g.policies {
			lines = append(lines, fmt.Sprintf("autoscaling policy %s/%s %s", g.name(), *policy.PolicyName, part))
		}
	}
	return lines
}
