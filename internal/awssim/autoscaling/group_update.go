package autoscaling

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// UpdateAutoScalingGroup changes what is given and keeps the rest (aws-facts §5.2).
// Instances that are there keep their configuration.
func (s *Service) UpdateAutoScalingGroup(_ context.Context, in *sdk.UpdateAutoScalingGroupInput) (*sdk.UpdateAutoScalingGroupOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if in.LaunchConfigurationName != nil {
		return nil, invalid("Launch configuration name not found - Launch configuration %s not found", *in.LaunchConfigurationName)
	}
	// Nothing changes unless everything is in order, so the update works on a copy.
	next := *g
	next.AutoScalingGroup = clone(g.AutoScalingGroup)
	next.applySettings(clone(in))
	if err := next.checkSettings(); err != nil {
		return nil, err
	}
	if err := s.updatePlaces(&next, in); err != nil {
		return nil, err
	}
	if err := s.updateConfiguration(&next, in); err != nil {
		return nil, err
	}
	if was, is := *g.DesiredCapacity, *next.DesiredCapacity; was != is {
		next.request = fmt.Sprintf("At %s a user request update of AutoScalingGroup constraints to min: %d, max: %d, desired: %d "+
			"changing the desired capacity from %d to %d.  ", stamp(s.Now()), *next.MinSize, *next.MaxSize, is, was, is)
	}
	*g = next
	g.failures, g.retryAt, g.avoid = 0, time.Time{}, nil
	return &sdk.UpdateAutoScalingGroupOutput{}, nil
}

func set[T any](to **T, value *T) {
	if value != nil {
		*to = value
	}
}

// applySettings takes over what the call gives.
func (g *group) applySettings(in *sdk.UpdateAutoScalingGroupInput) {
	set(&g.MinSize, in.MinSize)
	set(&g.MaxSize, in.MaxSize)
	if in.DesiredCapacity != nil {
		g.DesiredCapacity = in.DesiredCapacity
	} else if *g.MinSize <= *g.MaxSize {
		// New bounds move the desired capacity (aws-facts §5.2).
		g.DesiredCapacity = aws.Int32(min(max(*g.DesiredCapacity, *g.MinSize), *g.MaxSize))
	}
	set(&g.AvailabilityZoneDistribution, in.AvailabilityZoneDistribution)
	set(&g.AvailabilityZoneImpairmentPolicy, in.AvailabilityZoneImpairmentPolicy)
	set(&g.CapacityRebalance, in.CapacityRebalance)
	set(&g.CapacityReservationSpecification, in.CapacityReservationSpecification)
	set(&g.Context, in.Context)
	set(&g.DefaultCooldown, in.DefaultCooldown)
	set(&g.DesiredCapacityType, in.DesiredCapacityType)
	set(&g.HealthCheckGracePeriod, in.HealthCheckGracePeriod)
	set(&g.HealthCheckType, in.HealthCheckType)
	set(&g.InstanceLifecyclePolicy, in.InstanceLifecyclePolicy)
	set(&g.InstanceMaintenancePolicy, in.InstanceMaintenancePolicy)
	set(&g.NewInstancesProtectedFromScaleIn, in.NewInstancesProtectedFromScaleIn)
	set(&g.PlacementGroup, in.PlacementGroup)
	set(&g.ServiceLinkedRoleARN, in.ServiceLinkedRoleARN)
	if in.DefaultInstanceWarmup != nil {
		g.DefaultInstanceWarmup = unlessCleared(in.DefaultInstanceWarmup)
	}
	if in.MaxInstanceLifetime != nil {
		g.MaxInstanceLifetime = unlessZero(in.MaxInstanceLifetime)
	}
	if len(in.TerminationPolicies) > 0 {
		g.TerminationPolicies = in.TerminationPolicies
	}
	if in.DeletionProtection != "" {
		g.DeletionProtection = in.DeletionProtection
	}
}

func (s *Service) updatePlaces(g *group, in *sdk.UpdateAutoScalingGroupInput) error {
	identifier := in.VPCZoneIdentifier
	if identifier == nil {
		if len(in.AvailabilityZones)+len(in.AvailabilityZoneIds) == 0 {
			return nil
		}
		identifier = g.VPCZoneIdentifier
	}
	places, err := s.newPlaces(identifier, in.AvailabilityZones, in.AvailabilityZoneIds)
	if err != nil {
		return err
	}
	g.setPlaces(clone(identifier), places)
	return nil
}

func (s *Service) updateConfiguration(g *group, in *sdk.UpdateAutoScalingGroupInput) error {
	if in.LaunchTemplate == nil && in.MixedInstancesPolicy == nil {
		return nil
	}
	// aws-facts §5.5: the configuration belongs to the refresh until it ends.
	if r := g.activeRefresh(); r != nil && r.desired != nil {
		return invalid("An active instance refresh with a desired configuration exists. All configuration options derived from the " +
			"desired configuration are not available for update while the instance refresh is active.")
	}
	c, err := s.newConfiguration(configuration{template: in.LaunchTemplate, mixed: in.MixedInstancesPolicy}, g.places)
	if err != nil {
		return err
	}
	g.configure(c)
	return nil
}

// SetDesiredCapacity sets how many instances the group should have.
func (s *Service) SetDesiredCapacity(_ context.Context, in *sdk.SetDesiredCapacityInput) (*sdk.SetDesiredCapacityOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	was, want := *g.DesiredCapacity, *in.DesiredCapacity
	switch {
	case want > *g.MaxSize:
		return nil, invalid("New SetDesiredCapacity value %d is above max value %d for the AutoScalingGroup.", want, *g.MaxSize)
	case want < *g.MinSize:
		return nil, invalid("New SetDesiredCapacity value %d is below min value %d for the AutoScalingGroup.", want, *g.MinSize)
	}
	if aws.ToBool(in.HonorCooldown) {
		if a := g.cooling(s.Now(), g.DefaultCooldown); a != nil {
			return nil, &types.ScalingActivityInProgressFault{Message: aws.String(
				"Scaling activity " + *a.ActivityId + " is in progress and blocks this action")}
		}
	}
	g.DesiredCapacity = aws.Int32(want)
	g.failures, g.retryAt = 0, time.Time{}
	if was != want {
		g.request = fmt.Sprintf("At %s a user request explicitly set group desired capacity changing the desired capacity from %d to %d.  ",
			stamp(s.Now()), was, want)
	}
	return &sdk.SetDesiredCapacityOutput{}, nil
}

// cooling returns the activity that a cooldown runs for, or nil.
func (g *group) cooling(now time.Time, cooldown *int32) *types.Activity {
	if a := g.underWay(); a != nil {
		return a
	}
	for _, a := range g.activities {
		if a.StatusCode == types.ScalingActivityStatusCodeSuccessful &&
			now.Before(a.EndTime.Add(time.Duration(*cooldown)*time.Second)) {
			return a
		}
	}
	return nil
}
