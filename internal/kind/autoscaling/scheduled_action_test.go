package autoscaling_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

func TestScheduledAction(t *testing.T) {
	put := func(change func(*sdk.PutScheduledUpdateGroupActionInput)) func(*testing.T, *awsapi.Clients, engine.Live) {
		return func(t *testing.T, c *awsapi.Clients, _ engine.Live) {
			in := &sdk.PutScheduledUpdateGroupActionInput{AutoScalingGroupName: aws.String("trial-0a1b2c"), ScheduledActionName: aws.String("scheduled_action/day"),
				Recurrence: aws.String("0 8 * * MON-FRI"), TimeZone: aws.String("Europe/Berlin"), MinSize: aws.Int32(3)}
			change(in)
			must[*sdk.PutScheduledUpdateGroupActionOutput](t)(awsapi.AutoScaling(c).PutScheduledUpdateGroupAction(t.Context(), in))
		}
	}
	change := func(change func(*autoscaling.ScheduledAction)) func(*testing.T, *awsapi.Clients, stack.Spec) {
		return func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) { change(s.(*autoscaling.ScheduledAction)) }
	}
	kindtest.Run(t, kindtest.Case{
		Kind: facet("autoscaling/scheduled_action", "scheduled_action/day"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			w := newTier(t, c)
			w.rawGroup("1")
			return &autoscaling.ScheduledAction{Group: stack.Literal("trial-0a1b2c"), Recurrence: "0 8 * * MON-FRI", TimeZone: "Europe/Berlin",
				MinSize: 3, MaxSize: autoscaling.Unchanged, DesiredCapacity: autoscaling.Unchanged}
		},
		Outside: outside{
			"recurrence":       put(func(in *sdk.PutScheduledUpdateGroupActionInput) { in.Recurrence = aws.String("0 9 * * *") }),
			"time_zone":        put(func(in *sdk.PutScheduledUpdateGroupActionInput) { in.TimeZone = aws.String("Etc/UTC") }),
			"min_size":         put(func(in *sdk.PutScheduledUpdateGroupActionInput) { in.MinSize = aws.Int32(2) }),
			"max_size":         put(func(in *sdk.PutScheduledUpdateGroupActionInput) { in.MaxSize = aws.Int32(9) }),
			"desired_capacity": put(func(in *sdk.PutScheduledUpdateGroupActionInput) { in.DesiredCapacity = aws.Int32(4) }),
		},
		Updates: updates{
			"all sizes":  change(func(s *autoscaling.ScheduledAction) { s.MinSize, s.MaxSize, s.DesiredCapacity = 4, 8, 5 }),
			"other size": change(func(s *autoscaling.ScheduledAction) { s.MinSize, s.DesiredCapacity = autoscaling.Unchanged, 2 }),
		},
	})
}

// TestSizesOfASchedule: what an action has made of the sizes is no difference, what
// somebody else has is; and they go back when the action goes.
func TestSizesOfASchedule(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		groups, _ := w.serving()
		actions := facet("autoscaling/scheduled_action", "scheduled_action/day")(w.c)
		sized := part("autoscaling_group", w.group())
		sized.Tags[autoscaling.TagSizes] = "2-4"
		if err := w.update(groups, sized); err != nil {
			t.Fatal(err)
		}
		action := part("scheduled_action/day", &autoscaling.ScheduledAction{Group: stack.Literal("trial-0a1b2c"), Recurrence: "*/10 * * * *", TimeZone: "Etc/UTC",
			MinSize: 3, MaxSize: 6, DesiredCapacity: autoscaling.Unchanged})
		made := must[engine.Live](t)(actions.Create(t.Context(), action))
		time.Sleep(15 * time.Minute)
		if g := w.describe(); *g.MinSize != 3 || *g.MaxSize != 6 {
			t.Fatalf("the action has not taken place: %d to %d", *g.MinSize, *g.MaxSize)
		}
		if diff := engine.Difference(sized.Spec, sized.Tags, w.listed(groups)); len(diff) > 0 {
			t.Errorf("taken for drift: %v", diff)
		}
		must[*sdk.UpdateAutoScalingGroupOutput](t)(awsapi.AutoScaling(w.c).UpdateAutoScalingGroup(t.Context(), &sdk.UpdateAutoScalingGroupInput{
			AutoScalingGroupName: aws.String("trial-0a1b2c"), MaxSize: aws.Int32(7)}))
		time.Sleep(time.Minute)
		if diff := engine.Difference(sized.Spec, sized.Tags, w.listed(groups)); !diff.Has("max_size") || diff.Has("min_size") {
			t.Errorf("a size that no action sets is not drift: %v", diff)
		}
		if err := actions.Delete(t.Context(), made); err != nil {
			t.Fatal(err)
		}
		if g := w.describe(); *g.MinSize != 2 || *g.MaxSize != 4 {
			t.Errorf("the sizes stay as the action made them: %d to %d", *g.MinSize, *g.MaxSize)
		}
	})
}
