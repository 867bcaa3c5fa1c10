package autoscaling

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// ScheduledAction changes the sizes of a group at certain times. The part key,
// scheduled_action/<x>, is the action's name; actions with other names are somebody
// else's. Output: id.
type ScheduledAction struct {
	Group      stack.Ref `json:"group" stack:"create"` // name
	Recurrence string    `json:"recurrence"`           // five fields of cron
	TimeZone   string    `json:"time_zone"`            // IANA's name
	// What is Unchanged stays as it is.
	MinSize         int32 `json:"min_size"`
	MaxSize         int32 `json:"max_size"`
	DesiredCapacity int32 `json:"desired_capacity"`
}

// Unchanged stands for a size that an action leaves alone.
const Unchanged int32 = -1

// Kind implements stack.Spec.
func (*ScheduledAction) Kind() string { return "autoscaling/scheduled_action" }

// Untagged implements stack.Untagged.
func (*ScheduledAction) Untagged() {}

const schedulePrefix = "scheduled_action/"

type scheduledActions struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *scheduledActions) Name() string { return (*ScheduledAction)(nil).Kind() }

// List implements engine.Kind.
func (k *scheduledActions) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return listWithin(ctx, k.r, scope, beforeSeparator, k.r.schedules, func(action types.ScheduledUpdateGroupAction) (engine.Live, bool) {
		name := aws.ToString(action.ScheduledActionName)
		return liveAction(name, &ScheduledAction{Group: stack.Literal(aws.ToString(action.AutoScalingGroupName)),
			Recurrence: aws.ToString(action.Recurrence), TimeZone: aws.ToString(action.TimeZone),
			MinSize: orUnchanged(action.MinSize), MaxSize: orUnchanged(action.MaxSize), DesiredCapacity: orUnchanged(action.DesiredCapacity)}), strings.HasPrefix(name, schedulePrefix)
	})
}

func orUnchanged(size *int32) int32 {
	if size == nil {
		return Unchanged
	}
	return *size
}

func liveAction(name string, s *ScheduledAction) engine.Live {
	id := s.Group.String() + hookSeparator + name
	return engine.Live{Key: name, ID: id, Out: map[string]string{"id": id}, Spec: s}
}

// Create implements engine.Kind.
func (k *scheduledActions) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	if !strings.HasPrefix(want.Key, schedulePrefix) {
		return engine.Live{}, fmt.Errorf("the key of a scheduled action begins with %s, not %q", schedulePrefix, want.Key)
	}
	s := spec[*ScheduledAction](want.Spec)
	in := &sdk.PutScheduledUpdateGroupActionInput{AutoScalingGroupName: aws.String(s.Group.String()), ScheduledActionName: &want.Key,
		Recurrence: &s.Recurrence, TimeZone: &s.TimeZone, MinSize: pick(s.MinSize >= 0, &s.MinSize),
		MaxSize: pick(s.MaxSize >= 0, &s.MaxSize), DesiredCapacity: pick(s.DesiredCapacity >= 0, &s.DesiredCapacity)}
	soon := func(err error) bool { return isOccupied(err) || awsapi.IsNotFound(err) }
	err := k.c.Pace.Retry(ctx, propagation, soon, func(ctx context.Context) error {
		_, err := awsapi.AutoScaling(k.c).PutScheduledUpdateGroupAction(ctx, in)
		return err
	})
	if err != nil {
		return engine.Live{}, fmt.Errorf("putting scheduled action %s on Auto Scaling group %s: %w", want.Key, s.Group, err)
	}
	return liveAction(want.Key, s), nil
}

// Update implements engine.Kind.
func (k *scheduledActions) Update(ctx context.Context, have engine.Live, want engine.Want, _ stack.Diff) (engine.Live, error) {
	live, err := k.Create(ctx, want)
	if err != nil {
		return have, err
	}
	return live, k.settle(ctx, spec[*ScheduledAction](want.Spec).Group.String())
}

// Delete implements engine.Kind.
func (k *scheduledActions) Delete(ctx context.Context, have engine.Live) error {
	group, name, _ := strings.Cut(have.ID, hookSeparator)
	if absent, err := k.r.absent(ctx, group); err != nil || absent {
		return err
	}
	err := k.c.Pace.Retry(ctx, busy, isOccupied, func(ctx context.Context) error {
		_, err := awsapi.AutoScaling(k.c).DeleteScheduledAction(ctx, &sdk.DeleteScheduledActionInput{AutoScalingGroupName: &group, ScheduledActionName: &name})
		return err
	})
	if err != nil && !awsapi.IsNotFound(err) && !awsapi.Says(err, "ValidationError", "Scheduled action name not found") {
		return fmt.Errorf("deleting scheduled action %s of Auto Scaling group %s: %w", name, group, err)
	}
	return k.settle(ctx, group)
}

// settle gives a group back the sizes of its configuration when those that it has are
// of an action that is no more, or another one now.
func (k *scheduledActions) settle(ctx context.Context, group string) error {
	g, found, err := k.r.group.Get(ctx, group, false)
	if err != nil || !found {
		return err
	}
	shown, err := k.r.unscheduled(ctx, g)
	if err != nil {
		return err
	}
	least, most, given := sizesOf(g)
	if !given || aws.ToInt32(shown.MinSize) == least && aws.ToInt32(shown.MaxSize) == most {
		return nil
	}
	err = k.c.Pace.Retry(ctx, busy, isOccupied, func(ctx context.Context) error {
		_, err := awsapi.AutoScaling(k.c).UpdateAutoScalingGroup(ctx, &sdk.UpdateAutoScalingGroupInput{AutoScalingGroupName: &group, MinSize: &least, MaxSize: &most})
		return err
	})
	if err != nil {
		return fmt.Errorf("setting the sizes of Auto Scaling group %s: %w", group, err)
	}
	return nil
}

// Wait implements engine.Kind: an action works at once.
func (k *scheduledActions) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}

// TagSizes keeps the sizes of a group's configuration, as "least-most", for scheduled
// actions change those that it has.
const TagSizes = "webtier:sizes"

// sizesOf returns what the tag says.
func sizesOf(g types.AutoScalingGroup) (least, most int32, given bool) {
	n, err := fmt.Sscanf(tagMap(g.Tags)[TagSizes], "%d-%d", &least, &most)
	return least, most, err == nil && n == 2
}

// unscheduled returns a group with the sizes of its configuration in the place of those
// that a scheduled action has given it. Only when they differ actions are read; who may
// not read them has none.
func (r *reader) unscheduled(ctx context.Context, g types.AutoScalingGroup) (types.AutoScalingGroup, error) {
	least, most, given := sizesOf(g)
	if !given || isDeleting(g) || aws.ToInt32(g.MinSize) == least && aws.ToInt32(g.MaxSize) == most {
		return g, nil
	}
	actions, _, err := r.schedules.Get(ctx, aws.ToString(g.AutoScalingGroupName), false)
	if awsapi.IsDenied(err) {
		return g, nil
	}
	if err != nil {
		return g, err
	}
	have := g
	for _, action := range actions {
		if action.MinSize != nil && *action.MinSize == aws.ToInt32(have.MinSize) {
			g.MinSize = &least
		}
		if action.MaxSize != nil && *action.MaxSize == aws.ToInt32(have.MaxSize) {
			g.MaxSize = &most
		}
	}
	return g, nil
}
