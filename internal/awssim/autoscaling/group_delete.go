package autoscaling

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// DeleteAutoScalingGroup begins the deletion of a group. The group is described as
// "Delete in progress", and its name is taken, until its instances are terminated
// (aws-facts §5.10).
func (s *Service) DeleteAutoScalingGroup(_ context.Context, in *sdk.DeleteAutoScalingGroupInput) (*sdk.DeleteAutoScalingGroupOutput, error) {
	g, err := s.group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	force := aws.ToBool(in.ForceDelete)
	if err := g.checkDelete(force); err != nil {
		return nil, err
	}
	if g.deleting() {
		return &sdk.DeleteAutoScalingGroupOutput{}, nil
	}
	now := s.Now()
	g.deletedAt, g.Status = now, aws.String("Delete in progress")
	g.request = "At " + stamp(now) + " a user request force deleted AutoScalingGroup changing the desired capacity to 0.  "
	g.DesiredCapacity, g.MinSize = aws.Int32(0), aws.Int32(0)
	if r := g.activeRefresh(); r != nil {
		r.finish(types.InstanceRefreshStatusCancelled, "The Auto Scaling group was deleted.", now)
	}
	// With the policies go the alarms that have no other action (documentation of
	// DeleteAutoScalingGroup).
	for _, policy := range slices.Clone(g.policies) {
		for _, alarm := range s.dropPolicy(g, policy) {
			s.Alarms.DeleteServiceAlarm(alarm)
		}
	}
	// Force skips hooks and draining, and terminates even with Terminate suspended.
	for _, m := range g.members {
		s.kill(g, m, now)
	}
	s.Record("autoscaling", g.name(), "deletion began with %d instances", len(g.members))
	return &sdk.DeleteAutoScalingGroupOutput{}, nil
}

func (g *group) checkDelete(force bool) error {
	switch {
	// aws-facts §5.1; the code is that of rules without a type of their own (§1.3).
	case g.DeletionProtection == types.DeletionProtectionPreventAllDeletion:
		return invalid("The Auto Scaling group is protected from deletion. Set its deletion protection to none to delete it.")
	case g.DeletionProtection == types.DeletionProtectionPreventForceDeletion && force:
		return invalid("The Auto Scaling group is protected from force deletion. Lower its deletion protection to delete it with ForceDelete.")
	case force:
		return nil
	case g.deleting():
		return &types.ScalingActivityInProgressFault{Message: aws.String("AutoScalingGroup '" + g.name() + "' is already pending delete")}
	case len(g.active()) > 0 || len(g.retained()) > 0:
		return &types.ResourceInUseFault{Message: aws.String(
			"You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.")}
	case len(g.members) > 0:
		return &types.ScalingActivityInProgressFault{Message: aws.String(
			"You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.")}
	}
	return nil
}

// retained returns the members that a lifecycle policy keeps (aws-facts §5.10).
func (g *group) retained() []*member {
	return g.membersWhere(func(m *member) bool { return m.LifecycleState == types.LifecycleStateTerminatingRetained })
}

// finishDeletion drops a group whose instances are gone, with its policies and
// schedules.
func (s *Service) finishDeletion(g *group, now time.Time) {
	if len(g.members) > 0 || now.Before(g.deletedAt.Add(s.Timings.Delete)) {
		return
	}
	delete(s.groups, g.name())
	for _, a := range g.activities {
		a.AutoScalingGroupState = aws.String("Deleted")
	}
	s.past = append(g.activities, s.past...)
	s.past = s.past[:min(len(s.past), maxActivities)]
	s.Record("autoscaling", g.name(), "group deleted")
}
