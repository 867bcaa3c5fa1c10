package autoscaling

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// groupTag is the tag by which instances name their group.
const groupTag = "aws:autoscaling:groupName"

// maxDetached is how many instances one call detaches (API_DetachInstances).
const maxDetached = 20

// DetachInstances takes instances out of a group, which launches others in their
// place unless it shrinks. They run on, and are nobody's (API_DetachInstances; UG-ASG
// "Detach or attach instances": only what is in service can be detached).
func (s *Service) DetachInstances(_ context.Context, in *sdk.DetachInstancesInput) (*sdk.DetachInstancesOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if len(in.InstanceIds) == 0 || len(in.InstanceIds) > maxDetached {
		return nil, invalid("The number of instance ids must be 1 to %d", maxDetached)
	}
	var members []*member
	for _, id := range in.InstanceIds {
		m := g.member(&id)
		if m == nil {
			return nil, invalid("The instance %s is not part of Auto Scaling group %s.", id, g.name())
		}
		if m.LifecycleState != types.LifecycleStateInService {
			return nil, invalid("The instance %s is not in InService or Standby.", id)
		}
		members = append(members, m)
	}
	if aws.ToBool(in.ShouldDecrementDesiredCapacity) {
		if *g.DesiredCapacity-int32(len(members)) < *g.MinSize {
			return nil, invalid("AutoScalingGroup %s has min-size=%d, and desired-size=%d. To detach %d instance with corresponding decrement would violate group's min size constraint.",
				g.name(), *g.MinSize, *g.DesiredCapacity, len(members))
		}
		g.DesiredCapacity = aws.Int32(*g.DesiredCapacity - int32(len(members)))
	}
	now := s.Now()
	out := &sdk.DetachInstancesOutput{}
	for _, m := range members {
		s.beginDetaching(g, m, now)
		out.Activities = append(out.Activities, clone(*m.activity))
	}
	return out, nil
}

// beginDetaching lets a member leave its target groups.
func (s *Service) beginDetaching(g *group, m *member, now time.Time) {
	m.activity = s.begin(g, "Detaching EC2 instance: "+*m.InstanceId,
		"At "+stamp(now)+" instance "+*m.InstanceId+" was detached in response to a user request.", m.at, now)
	m.LifecycleState, m.outgoing = types.LifecycleStateDetaching, false
	m.drainedAt = now
	for _, a := range g.attachments {
		if drained, was := s.deregister(a, m, now); was && drained.After(m.drainedAt) {
			m.drainedAt = drained
		}
	}
	move(m.activity, types.ScalingActivityStatusCodeInProgress, 50)
}

// advanceDetaching lets a member go once it has drained. Of its tags it loses the one
// that names the group (UG-ASG "Tag Auto Scaling groups and instances").
func (s *Service) advanceDetaching(g *group, m *member, now time.Time) {
	if now.Before(m.drainedAt) {
		return
	}
	end(m.activity, types.ScalingActivityStatusCodeSuccessful, "", now)
	s.compute.Untag(*m.InstanceId, groupTag)
	s.Record("autoscaling", g.name(), "%s detached", *m.InstanceId)
	g.remove(m)
}
