package autoscaling

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// newPreferences checks a refresh's preferences and fills in the defaults
// (aws-facts §5.5). MaxHealthyPercentage stays nil when nobody set it: that is not
// the same as 100.
func (g *group) newPreferences(in *types.RefreshPreferences) (*types.RefreshPreferences, error) {
	p := clone(in)
	if p == nil {
		p = &types.RefreshPreferences{}
	}
	if err := checkPreferences(p); err != nil {
		return nil, err
	}
	if policy := g.InstanceMaintenancePolicy; policy != nil {
		if p.MinHealthyPercentage == nil {
			p.MinHealthyPercentage = clone(policy.MinHealthyPercentage)
		}
		if p.MaxHealthyPercentage == nil && *policy.MaxHealthyPercentage-*p.MinHealthyPercentage <= 100 {
			p.MaxHealthyPercentage = clone(policy.MaxHealthyPercentage)
		}
	}
	p.MinHealthyPercentage = orDefault(p.MinHealthyPercentage, 90)
	warmup := g.HealthCheckGracePeriod
	if g.DefaultInstanceWarmup != nil {
		warmup = g.DefaultInstanceWarmup
	}
	p.InstanceWarmup = orDefault(p.InstanceWarmup, aws.ToInt32(warmup))
	p.SkipMatching, p.AutoRollback = aws.Bool(aws.ToBool(p.SkipMatching)), aws.Bool(aws.ToBool(p.AutoRollback))
	if p.ScaleInProtectedInstances == "" {
		p.ScaleInProtectedInstances = types.ScaleInProtectedInstancesWait
	}
	if p.StandbyInstances == "" {
		p.StandbyInstances = types.StandbyInstancesWait
	}
	if len(p.CheckpointPercentages) > 0 {
		p.CheckpointDelay = orDefault(p.CheckpointDelay, 3600)
	}
	return p, nil
}

func checkPreferences(p *types.RefreshPreferences) error {
	low, high := p.MinHealthyPercentage, p.MaxHealthyPercentage
	switch {
	case low != nil && (*low < 0 || *low > 100):
		return invalid("MinHealthyPercentage must be from 0 to 100")
	case high != nil && (*high < 100 || *high > 200):
		return invalid("MaxHealthyPercentage must be from 100 to 200")
	case high != nil && low == nil:
		return invalid("MinHealthyPercentage must be specified with MaxHealthyPercentage")
	case high != nil && *high-*low > 100:
		return invalid("The difference between MaxHealthyPercentage and MinHealthyPercentage may not be larger than 100")
	case p.CheckpointDelay != nil && len(p.CheckpointPercentages) == 0:
		return invalid("CheckpointPercentages must be specified with CheckpointDelay")
	case aws.ToInt32(p.BakeTime) < 0 || aws.ToInt32(p.BakeTime) > 172800:
		return invalid("BakeTime must be from 0 to 172800 seconds")
	case p.AlarmSpecification != nil && len(p.AlarmSpecification.Alarms) > 10:
		return invalid("At most 10 alarms can be specified")
	}
	last := int32(0)
	for _, percentage := range p.CheckpointPercentages {
		if percentage <= last || percentage > 100 {
			return invalid("CheckpointPercentages must be unique, ascending and from 1 to 100")
		}
		last = percentage
	}
	return nil
}

// bounds returns how many instances must stay in service and how many there may be,
// of a desired capacity (aws-facts §5.5).
func (r *refresh) bounds(desired int) (least, most int) {
	p := r.Preferences
	least = (desired*int(*p.MinHealthyPercentage) + 99) / 100
	most = desired
	if p.MaxHealthyPercentage == nil {
		// One instance at least is terminated and launched at the same time, whatever
		// rounding says: with a desired capacity of one that is the only one.
		return min(least, max(desired-1, 0)), most
	}
	most = desired * int(*p.MaxHealthyPercentage) / 100
	if least >= desired && most <= desired {
		// Bounds that leave no room are honoured by launching first.
		most = desired + 1
	}
	return least, most
}

func (r *refresh) warmup() time.Duration {
	return time.Duration(*r.Preferences.InstanceWarmup) * time.Second
}

// allowed is how many instances may be replaced up to the next checkpoint. A
// rollback knows no checkpoints.
func (r *refresh) allowed() int {
	percentages := r.Preferences.CheckpointPercentages
	if len(percentages) == 0 || r.Status != types.InstanceRefreshStatusInProgress {
		return r.total
	}
	percentage := int(percentages[min(r.checkpoint, len(percentages)-1)])
	return (r.total*percentage + 99) / 100
}
