package autoscaling

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// PutScheduledUpdateGroupAction adds or changes a scheduled action. The start time of
// one that recurs is that of its next run (aws-facts §5.8).
func (s *Service) PutScheduledUpdateGroupAction(_ context.Context, in *sdk.PutScheduledUpdateGroupActionInput) (*sdk.PutScheduledUpdateGroupActionOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	in = clone(in)
	start := in.StartTime
	if start == nil {
		start = in.Time
	}
	switch {
	case start == nil && in.Recurrence == nil:
		return nil, invalid("StartTime or Recurrence must be specified")
	case start != nil && start.Before(s.Now()):
		// aws-facts §5.8.
		return nil, invalid("Given start time is in the past")
	case in.DesiredCapacity == nil && in.MinSize == nil && in.MaxSize == nil:
		return nil, invalid("At least one of DesiredCapacity, MinSize and MaxSize must be specified")
	}
	if in.Recurrence != nil {
		recurs, err := newRecurrence(*in.Recurrence, aws.ToString(in.TimeZone))
		if err != nil {
			return nil, invalid("Given recurrence string:%s is invalid", *in.Recurrence)
		}
		if next, ever := recurs.after(s.Now()); start == nil && ever {
			start = &next
		}
	}
	old := g.schedule(*in.ScheduledActionName)
	if old == nil && len(g.schedules) >= maxSchedules {
		return nil, limitExceeded("You have already reached your maximum number of scheduled actions: %d", maxSchedules)
	}
	action := &types.ScheduledUpdateGroupAction{
		AutoScalingGroupName: aws.String(g.name()), ScheduledActionName: in.ScheduledActionName, DesiredCapacity: in.DesiredCapacity,
		MinSize: in.MinSize, MaxSize: in.MaxSize, Recurrence: in.Recurrence, TimeZone: in.TimeZone,
		StartTime: start, Time: start, EndTime: in.EndTime,
	}
	if old != nil {
		action.ScheduledActionARN = old.ScheduledActionARN
		g.unschedule(old)
	} else {
		action.ScheduledActionARN = aws.String(s.ARN("autoscaling", fmt.Sprintf("scheduledUpdateGroupAction:%s:autoScalingGroupName/%s:scheduledActionName/%s",
			s.UUID(), g.name(), *in.ScheduledActionName)))
	}
	g.schedules = append(g.schedules, action)
	slices.SortFunc(g.schedules, func(a, b *types.ScheduledUpdateGroupAction) int {
		return cmp.Compare(*a.ScheduledActionName, *b.ScheduledActionName)
	})
	return &sdk.PutScheduledUpdateGroupActionOutput{}, nil
}

func (g *group) schedule(name string) *types.ScheduledUpdateGroupAction {
	for _, action := range g.schedules {
		if *action.ScheduledActionName == name {
			return action
		}
	}
	return nil
}

func (g *group) unschedule(action *types.ScheduledUpdateGroupAction) {
	g.schedules = slices.DeleteFunc(g.schedules, func(a *types.ScheduledUpdateGroupAction) bool { return a == action })
}

// nextSchedule returns the action that takes place next, or nil.
func (g *group) nextSchedule() *types.ScheduledUpdateGroupAction {
	var next *types.ScheduledUpdateGroupAction
	for _, action := range g.schedules {
		if action.StartTime != nil && (next == nil || action.StartTime.Before(*next.StartTime)) {
			next = action
		}
	}
	return next
}

// again sets when an action takes place next, or removes it.
func (g *group) again(action *types.ScheduledUpdateGroupAction) {
	if action.Recurrence != nil {
		recurs, err := newRecurrence(*action.Recurrence, aws.ToString(action.TimeZone))
		next, ever := recurs.after(*action.StartTime)
		if err == nil && ever && (action.EndTime == nil || next.Before(*action.EndTime)) {
			action.StartTime, action.Time = &next, &next
			return
		}
	}
	g.unschedule(action)
}

// runSchedules carries out the actions that are due.
func (s *Service) runSchedules(g *group, now time.Time) {
	for action := g.nextSchedule(); action != nil && !now.Before(*action.StartTime); action = g.nextSchedule() {
		g.again(action)
		if g.suspended(processScheduledActions) {
			continue
		}
		was := *g.DesiredCapacity
		set(&g.MinSize, action.MinSize)
		set(&g.MaxSize, action.MaxSize)
		set(&g.DesiredCapacity, action.DesiredCapacity)
		g.DesiredCapacity = aws.Int32(max(min(*g.DesiredCapacity, *g.MaxSize), *g.MinSize))
		g.request = fmt.Sprintf("At %s a scheduled action update of AutoScalingGroup constraints to min: %d, max: %d, desired: %d "+
			"changing the desired capacity from %d to %d.  ", stamp(now), *g.MinSize, *g.MaxSize, *g.DesiredCapacity, was, *g.DesiredCapacity)
	}
}

// DeleteScheduledAction deletes a scheduled action.
func (s *Service) DeleteScheduledAction(_ context.Context, in *sdk.DeleteScheduledActionInput) (*sdk.DeleteScheduledActionOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	action := g.schedule(*in.ScheduledActionName)
	if action == nil {
		return nil, invalid("Scheduled action name not found - Scheduled action %s not found", *in.ScheduledActionName)
	}
	g.unschedule(action)
	return &sdk.DeleteScheduledActionOutput{}, nil
}

// DescribeScheduledActions lists scheduled actions.
func (s *Service) DescribeScheduledActions(_ context.Context, in *sdk.DescribeScheduledActionsInput) (*sdk.DescribeScheduledActionsOutput, error) {
	groups := s.sorted()
	if in.AutoScalingGroupName != nil {
		g, err := s.group(in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		groups = []*group{g}
	}
	var actions []types.ScheduledUpdateGroupAction
	for _, g := range groups {
		for _, a := range g.schedules {
			early := in.StartTime != nil && (a.StartTime == nil || a.StartTime.Before(*in.StartTime))
			late := in.EndTime != nil && (a.StartTime == nil || a.StartTime.After(*in.EndTime))
			if len(in.ScheduledActionNames) == 0 && !early && !late || slices.Contains(in.ScheduledActionNames, *a.ScheduledActionName) {
				actions = append(actions, clone(*a))
			}
		}
	}
	out := &sdk.DescribeScheduledActionsOutput{}
	var err error
	out.ScheduledUpdateGroupActions, out.NextToken, err = page(actions, in.NextToken, in.MaxRecords, 100)
	return out, err
}
