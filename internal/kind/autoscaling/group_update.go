package autoscaling

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// finish brings a group to what is wanted and returns it as it then is.
func (k *groups) finish(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	if len(diff) == 0 {
		return have, nil
	}
	s := spec[*Group](want.Spec)
	// Instances that the rollout launches shall have the new tags and settings.
	for _, change := range []func() error{
		func() error { return k.retag(ctx, have, want, diff) },
		func() error { return k.configure(ctx, s, have.Out["launch_template_version"], diff) },
		func() error { return k.setMetrics(ctx, s, diff) },
		func() error { return k.rollOut(ctx, s, diff) },
	} {
		if err := change(); err != nil {
			return have, err
		}
	}
	return k.reread(ctx, have, want)
}

// agreement is how long reads may show a group as it was before a change.
const agreement = time.Minute

// reread returns the group as it is when it shows what is wanted.
func (k *groups) reread(ctx context.Context, have engine.Live, want engine.Want) (engine.Live, error) {
	name := have.ID
	same := awsapi.Waiting{What: "Auto Scaling group " + name + " to show the changes", Limit: agreement}
	err := k.c.Pace.Until(ctx, same, func(ctx context.Context) (bool, string, error) {
		g, found, err := k.r.group.Get(ctx, name, false)
		if err != nil || !found {
			return false, "not shown", err
		}
		if g, err = k.r.unscheduled(ctx, g); err != nil {
			return false, "", err
		}
		have = liveGroup(g, nil)
		have.Key = want.Key
		left := engine.Difference(want.Spec, want.Tags, have)
		if spec[*Group](want.Spec).Rollout.NoWait {
			left = slices.DeleteFunc(left, func(c stack.Change) bool { return (stack.Diff{c}).Has(rolledOut...) })
		}
		return len(left) == 0, fmt.Sprint(left), nil
	})
	return have, err
}

// retag sets the tags that differ and removes those that are to go: from the group,
// and from what instances get.
func (k *groups) retag(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) error {
	if !diff.Has("tags", "instance_tags") {
		return nil
	}
	s, now := spec[*Group](want.Spec), spec[*Group](have.Spec)
	wanted, err := tagList(s.Name, want.Tags, s.InstanceTags)
	if err != nil {
		return err
	}
	changed := slices.DeleteFunc(slices.Clone(wanted), func(tag types.Tag) bool {
		value, exists := have.Tags[*tag.Key]
		_, propagated := now.InstanceTags[*tag.Key]
		return exists && value == *tag.Value && propagated == *tag.PropagateAtLaunch
	})
	if len(changed) > 0 {
		err := k.settled(ctx, func(ctx context.Context) error {
			_, err := awsapi.AutoScaling(k.c).CreateOrUpdateTags(ctx, &sdk.CreateOrUpdateTagsInput{Tags: changed})
			return err
		})
		if err != nil {
			return fmt.Errorf("tagging: %w", err)
		}
	}
	keys := slices.AppendSeq(slices.Clone(want.Untag), maps.Keys(now.InstanceTags))
	slices.Sort(keys)
	return k.untag(ctx, s.Name, wanted, have.Tags, slices.Compact(keys))
}

// untag removes those of the keys that the group has and that are not wanted.
func (k *groups) untag(ctx context.Context, name string, wanted []types.Tag, have map[string]string, keys []string) error {
	var surplus []types.Tag
	for _, key := range keys {
		_, there := have[key]
		if there && !slices.ContainsFunc(wanted, func(tag types.Tag) bool { return *tag.Key == key }) {
			surplus = append(surplus, types.Tag{ResourceId: &name, ResourceType: aws.String(resourceType), Key: &key})
		}
	}
	if len(surplus) == 0 {
		return nil
	}
	err := k.settled(ctx, func(ctx context.Context) error {
		_, err := awsapi.AutoScaling(k.c).DeleteTags(ctx, &sdk.DeleteTagsInput{Tags: surplus})
		return err
	})
	if err != nil {
		return fmt.Errorf("removing tags: %w", err)
	}
	return nil
}

// settled retries a change while another call works on the group.
func (k *groups) settled(ctx context.Context, change func(context.Context) error) error {
	again := func(err error) bool { return isOccupied(err) || isFresh(err) }
	return k.c.Pace.Retry(ctx, busy, again, change)
}

// configure changes what one plain call changes. The desired capacity is never
// sent: that would undo what scaling policies did (aws-facts §5.2).
func (k *groups) configure(ctx context.Context, s *Group, version string, diff stack.Diff) error {
	remix := s.LaunchTemplateVersion == nil && diff.Has("mix")
	if !remix && !diff.Has("min_size", "max_size", "subnets", "health_check_type", "health_check_grace_period", "min_healthy_percentage",
		"max_healthy_percentage", "default_instance_warmup", "zonal_shift", "capacity_rebalance") {
		return nil
	}
	launches := configuration{}
	if remix {
		launches = s.configuration(version)
	}
	in := &sdk.UpdateAutoScalingGroupInput{
		AutoScalingGroupName:             &s.Name,
		MinSize:                          pick(diff.Has("min_size"), &s.MinSize),
		MaxSize:                          pick(diff.Has("max_size"), &s.MaxSize),
		VPCZoneIdentifier:                pick(diff.Has("subnets"), s.zoneIdentifier()),
		HealthCheckType:                  pick(diff.Has("health_check_type"), &s.HealthCheckType),
		HealthCheckGracePeriod:           pick(diff.Has("health_check_grace_period"), &s.HealthCheckGracePeriod),
		InstanceMaintenancePolicy:        pick(diff.Has("min_healthy_percentage", "max_healthy_percentage"), s.maintenance()),
		DefaultInstanceWarmup:            pick(diff.Has("default_instance_warmup"), s.DefaultInstanceWarmup),
		AvailabilityZoneImpairmentPolicy: pick(diff.Has("zonal_shift"), s.impairment()),
		CapacityRebalance:                pick(diff.Has("capacity_rebalance"), &s.CapacityRebalance),
		LaunchTemplate:                   launches.template,
		MixedInstancesPolicy:             launches.mixed,
	}
	return k.settled(ctx, func(ctx context.Context) error {
		_, err := awsapi.AutoScaling(k.c).UpdateAutoScalingGroup(ctx, in)
		return err
	})
}

func (k *groups) setMetrics(ctx context.Context, s *Group, diff stack.Diff) error {
	if !diff.Has("metrics") {
		return nil
	}
	err := k.settled(ctx, func(ctx context.Context) error {
		if s.Metrics {
			_, err := awsapi.AutoScaling(k.c).EnableMetricsCollection(ctx, &sdk.EnableMetricsCollectionInput{
				AutoScalingGroupName: &s.Name, Granularity: aws.String("1Minute")})
			return err
		}
		_, err := awsapi.AutoScaling(k.c).DisableMetricsCollection(ctx, &sdk.DisableMetricsCollectionInput{AutoScalingGroupName: &s.Name})
		return err
	})
	if err != nil {
		return fmt.Errorf("switching group metrics: %w", err)
	}
	return nil
}
