package elbv2

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// Shift is how requests move to another target group. How far they have moved is
// observed: after a crash the next apply goes on from the weights of the listener.
type Shift struct {
	Steps       []int32  `json:"steps,omitempty"` // percentages of the new group, ascending; 100 follows
	StepSeconds int32    `json:"step_seconds,omitempty"`
	BakeSeconds int32    `json:"bake_seconds,omitempty"` // at 100 percent, with the old group at hand
	Alarms      []string `json:"alarms,omitempty"`       // names of CloudWatch alarms that end it
	Undo        bool     `json:"undo,omitempty"`         // then send all requests back
}

// watchEvery is how often alarms and targets are looked at during a step.
const watchEvery = 10 * time.Second

// shift moves requests step by step from where they go now. It returns when the new
// target group gets all of them and nothing has gone wrong; the old one is named
// still.
func (k *traffics) shift(ctx context.Context, s *Traffic, l types.Listener) error {
	group := s.TargetGroup.String()
	old, share := split(targetsOf(l.DefaultActions), group)
	if old == "" {
		return nil
	}
	if share == 0 {
		if err := k.ready(ctx, s); err != nil {
			return fmt.Errorf("no requests were moved: %w", err)
		}
	}
	for _, percent := range append(slices.Clone(s.Shift.Steps), 100) {
		if percent < share {
			continue // as far as an interrupted apply came
		}
		pause := s.Shift.StepSeconds
		if percent == 100 {
			pause = s.Shift.BakeSeconds
		}
		if percent > share {
			tflog.Info(ctx, "moving requests", map[string]any{"listener": s.Listener.String(), "target_group": groupLabel(group), "percent": percent})
			if err := k.send(ctx, s.Listener.String(), []target{{group, percent}, {old, 100 - percent}}); err != nil {
				return err
			}
		}
		if err := k.watch(ctx, s, pause); err != nil {
			return k.undo(ctx, s, old, percent, err)
		}
	}
	return nil
}

// split returns the target group that requests are moved away from, and the share in
// percent that the new one gets already.
func split(targets []target, group string) (old string, share int32) {
	var sum, own int32
	for _, t := range targets {
		sum += t.weight
		if t.group == group {
			own = t.weight
		} else if old == "" {
			old = t.group // that with the most weight
		}
	}
	if sum == 0 {
		return "", 0
	}
	return old, own * 100 / sum
}

// wrong is what ends a shift, other than an error in asking.
type wrong string

func (w wrong) Error() string { return string(w) }

// watch looks at alarms and targets for a while.
func (k *traffics) watch(ctx context.Context, s *Traffic, seconds int32) error {
	for left := time.Duration(seconds) * time.Second; left > 0; left -= watchEvery {
		if err := k.c.Pace.Pause(ctx, min(left, watchEvery)); err != nil {
			return err
		}
		if err := k.check(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// check returns what is wrong with the new target group.
func (k *traffics) check(ctx context.Context, s *Traffic) error {
	if len(s.Shift.Alarms) > 0 {
		out, err := awsapi.CloudWatch(k.c).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: s.Shift.Alarms,
			AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm, cwtypes.AlarmTypeCompositeAlarm}})
		if err != nil {
			return fmt.Errorf("reading the alarms: %w", err)
		}
		for _, alarm := range out.MetricAlarms {
			if alarm.StateValue == cwtypes.StateValueAlarm {
				return wrong(fmt.Sprintf("the alarm %s went off: %s", aws.ToString(alarm.AlarmName), aws.ToString(alarm.StateReason)))
			}
		}
		for _, alarm := range out.CompositeAlarms {
			if alarm.StateValue == cwtypes.StateValueAlarm {
				return wrong(fmt.Sprintf("the alarm %s went off: %s", aws.ToString(alarm.AlarmName), aws.ToString(alarm.StateReason)))
			}
		}
	}
	healthy, _, err := k.health(ctx, s.TargetGroup.String())
	if err == nil && healthy == 0 {
		err = wrong("no target of " + groupLabel(s.TargetGroup.String()) + " is healthy")
	}
	return err
}

// health counts the targets that are healthy, and those whose health is not known:
// of a target group that no listener named for a while they are not checked (aws-facts
// §4.6).
func (k *traffics) health(ctx context.Context, group string) (healthy, unknown int, err error) {
	out, err := awsapi.ELBv2(k.c).DescribeTargetHealth(ctx, &sdk.DescribeTargetHealthInput{TargetGroupArn: &group})
	if err != nil {
		return 0, 0, fmt.Errorf("reading the targets of %s: %w", groupLabel(group), err)
	}
	for _, t := range out.TargetHealthDescriptions {
		switch {
		case t.TargetHealth == nil || t.TargetHealth.State == types.TargetHealthStateEnumInitial || t.TargetHealth.State == types.TargetHealthStateEnumUnused:
			unknown++
		case t.TargetHealth.State == types.TargetHealthStateEnumHealthy:
			healthy++
		}
	}
	return healthy, unknown, nil
}

// checked is how long the first health checks of targets may take.
const checked = 5 * time.Minute

// ready waits until targets are healthy and no alarm is on.
func (k *traffics) ready(ctx context.Context, s *Traffic) error {
	group := s.TargetGroup.String()
	w := awsapi.Waiting{What: "the health checks of " + groupLabel(group), Expect: 30 * time.Second, Limit: checked}
	err := k.c.Pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
		healthy, unknown, err := k.health(ctx, group)
		return healthy > 0 && unknown == 0, fmt.Sprintf("%d healthy, %d unknown", healthy, unknown), err
	})
	if err != nil {
		return err
	}
	return k.check(ctx, s)
}

// undo sends all requests back when something is wrong. What merely could not be
// asked, and an interruption, leave them where they are.
func (k *traffics) undo(ctx context.Context, s *Traffic, old string, percent int32, cause error) error {
	switch {
	case !errors.As(cause, new(wrong)):
		return fmt.Errorf("with %d %% of the requests at the new target group: %w; the next apply goes on", percent, cause)
	case !s.Shift.Undo:
		return fmt.Errorf("with %d %% of the requests at the new target group %w; they stay there, for auto_rollback is false", percent, cause)
	}
	if err := k.send(ctx, s.Listener.String(), []target{{old, 100}, {s.TargetGroup.String(), 0}}); err != nil {
		return fmt.Errorf("with %d %% of the requests at the new target group %w; sending them back: %w", percent, cause, err)
	}
	return fmt.Errorf("with %d %% of the requests at the new target group %w; all of them are back at the old one", percent, cause)
}
