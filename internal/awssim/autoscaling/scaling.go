package autoscaling

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/cloudwatch"
)

// Alarmed carries out the policies among an alarm's actions (aws-facts §5.8).
// CloudWatch calls it when the alarm goes off, and every minute while that lasts.
func (s *Service) Alarmed(e cloudwatch.AlarmEvent, now time.Time) {
	for _, g := range s.sorted() {
		for _, policy := range g.policies {
			if slices.Contains(e.Actions, *policy.PolicyARN) && *policy.Enabled && !g.deleting() && !g.suspended(processAlarmNotification) {
				s.execute(g, policy, e, now)
			}
		}
	}
}

// execute moves the desired capacity as a policy says, within the group's bounds.
func (s *Service) execute(g *group, policy *types.ScalingPolicy, e cloudwatch.AlarmEvent, now time.Time) {
	var want int
	var ok bool
	switch *policy.PolicyType {
	case simpleScaling:
		want, ok = g.simpleTarget(policy, now)
	case stepScaling:
		want, ok = s.stepTarget(g, policy, e, now)
	case targetTrackingScaling:
		want, ok = s.trackingTarget(g, policy, e, now)
	}
	was := int(*g.DesiredCapacity)
	want = min(max(want, int(*g.MinSize)), int(*g.MaxSize))
	if !ok || want == was {
		return
	}
	if want > was && !g.warming(now) {
		g.growth = growth{from: was, at: now, warmup: g.warmup(policy)}
	}
	g.DesiredCapacity, g.movedAt = aws.Int32(int32(want)), now
	g.failures, g.retryAt = 0, time.Time{}
	g.request = fmt.Sprintf("At %s a monitor alarm %s in state %s triggered policy %s changing the desired capacity from %d to %d.  ",
		stamp(now), e.Alarm, e.State, *policy.PolicyName, was, want)
	s.Record("autoscaling", g.name(), "policy %s: %d instances instead of %d", *policy.PolicyName, want, was)
}

// growth is the last scale-out by a policy. Its instances do not count as capacity
// until they are warm.
type growth struct {
	from   int // the desired capacity before
	at     time.Time
	warmup time.Duration
}

// warmup is how long a new instance does not count for a policy: its own setting,
// else the group's, else the default cooldown.
func (g *group) warmup(policy *types.ScalingPolicy) time.Duration {
	seconds := g.DefaultCooldown
	set(&seconds, g.DefaultInstanceWarmup)
	set(&seconds, policy.EstimatedInstanceWarmup)
	return time.Duration(aws.ToInt32(seconds)) * time.Second
}

// warming reports whether instances of the last scale-out are not warm yet.
func (g *group) warming(now time.Time) bool {
	if g.growth.at.IsZero() {
		return false
	}
	if len(g.active()) < int(*g.DesiredCapacity) {
		return true
	}
	return slices.ContainsFunc(g.active(), func(m *member) bool { return g.growth.cold(m, now) })
}

// cold reports whether a member is of the last scale-out and not warm yet.
func (o growth) cold(m *member, now time.Time) bool {
	return !o.at.IsZero() && !m.launchedAt.Before(o.at) && (m.inServiceAt.IsZero() || now.Before(m.inServiceAt.Add(o.warmup)))
}

// capacity is what policies calculate with: the desired capacity, without
// instances that are not warm. So a second alarm adds to the first step only what
// goes beyond it.
func (g *group) capacity(now time.Time) int {
	if g.warming(now) {
		return g.growth.from
	}
	return int(*g.DesiredCapacity)
}

// simpleTarget adjusts once, and not again until the cooldown is over.
func (g *group) simpleTarget(policy *types.ScalingPolicy, now time.Time) (want int, ok bool) {
	cooldown := g.DefaultCooldown
	set(&cooldown, policy.Cooldown)
	if g.cooling(now, cooldown) != nil {
		return 0, false
	}
	return adjusted(int(*g.DesiredCapacity), policy, *policy.ScalingAdjustment), true
}

// stepTarget adjusts by the step that the breach falls into. Growing goes on while
// instances warm up, shrinking does not.
func (s *Service) stepTarget(g *group, policy *types.ScalingPolicy, e cloudwatch.AlarmEvent, now time.Time) (want int, ok bool) {
	if e.Value == nil {
		return 0, false
	}
	step := stepFor(policy.StepAdjustments, *e.Value-e.Threshold)
	if step == nil {
		return 0, false
	}
	was := int(*g.DesiredCapacity)
	want = adjusted(g.capacity(now), policy, *step.ScalingAdjustment)
	if g.warming(now) && want < was {
		return 0, false
	}
	return want, true
}

// stepFor finds the step of a breach: above the threshold the lower bound belongs to
// a step, below it the upper one.
func stepFor(steps []types.StepAdjustment, breach float64) *types.StepAdjustment {
	for i, step := range steps {
		lower, upper := math.Inf(-1), math.Inf(1)
		if step.MetricIntervalLowerBound != nil {
			lower = *step.MetricIntervalLowerBound
		}
		if step.MetricIntervalUpperBound != nil {
			upper = *step.MetricIntervalUpperBound
		}
		within := lower <= breach && breach < upper
		if upper <= 0 {
			within = lower < breach && breach <= upper
		}
		if within {
			return &steps[i]
		}
	}
	return nil
}

// adjusted applies an adjustment to a capacity.
func adjusted(capacity int, policy *types.ScalingPolicy, by int32) int {
	switch *policy.AdjustmentType {
	case "ExactCapacity":
		return int(by)
	case "PercentChangeInCapacity":
		change := wholeInstances(float64(capacity) * float64(by) / 100)
		// A percentage moves at least so much.
		if least := int(aws.ToInt32(policy.MinAdjustmentMagnitude)); by > 0 {
			change = max(change, least)
		} else if by < 0 {
			change = min(change, -least)
		}
		return capacity + change
	}
	return capacity + int(by)
}

// wholeInstances rounds a change towards zero, but never to zero.
func wholeInstances(change float64) int {
	switch {
	case change > 0 && change < 1:
		return 1
	case change < 0 && change > -1:
		return -1
	}
	return int(change)
}
