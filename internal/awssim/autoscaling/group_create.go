package autoscaling

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// Quotas (aws-facts §5.3, §5.8).
const (
	maxTargetGroups = 50
	maxTags         = 50
)

// CreateAutoScalingGroup makes a group. It has no instances yet when the call
// returns, and whether they can be launched does not matter (aws-facts §5.1).
func (s *Service) CreateAutoScalingGroup(_ context.Context, in *sdk.CreateAutoScalingGroupInput) (*sdk.CreateAutoScalingGroupOutput, error) {
	name := *in.AutoScalingGroupName
	// The name is taken as long as a group of that name is being deleted.
	if _, taken := s.groups[name]; taken {
		return nil, &types.AlreadyExistsFault{Message: aws.String(
			"AutoScalingGroup by this name already exists - A group with the name " + name + " already exists")}
	}
	if err := s.checkCreate(in); err != nil {
		return nil, err
	}
	g := s.newGroup(in)
	if err := g.checkSettings(); err != nil {
		return nil, err
	}
	places, err := s.newPlaces(in.VPCZoneIdentifier, in.AvailabilityZones, in.AvailabilityZoneIds)
	if err != nil {
		return nil, err
	}
	g.setPlaces(in.VPCZoneIdentifier, places)
	c, err := s.newConfiguration(configuration{template: in.LaunchTemplate, mixed: in.MixedInstancesPolicy}, places)
	if err != nil {
		return nil, err
	}
	g.configure(c)
	if err := s.addParts(g, in); err != nil {
		return nil, err
	}
	if g.ServiceLinkedRoleARN == nil {
		g.ServiceLinkedRoleARN = aws.String(s.useServiceLinkedRole())
	}
	g.request = fmt.Sprintf("At %s a user request created an AutoScalingGroup changing the desired capacity from 0 to %d.  ",
		stamp(s.Now()), *g.DesiredCapacity)
	s.groups[name] = g
	s.Record("autoscaling", name, "group created with desired capacity %d", *g.DesiredCapacity)
	return &sdk.CreateAutoScalingGroupOutput{}, nil
}

// checkCreate refuses what the simulator cannot do, and combinations that AWS
// refuses.
func (s *Service) checkCreate(in *sdk.CreateAutoScalingGroupInput) error {
	switch {
	case len(s.groups) >= s.GroupLimit:
		return limitExceeded("You have already reached your maximum number of AutoScalingGroups: %d", s.GroupLimit)
	case in.LaunchConfigurationName != nil:
		return invalid("Launch configuration name not found - Launch configuration %s not found", *in.LaunchConfigurationName)
	case in.InstanceId != nil:
		return notSimulated("A group made from an instance")
	case len(in.LoadBalancerNames) > 0:
		return invalid("Provided Load Balancers may not be valid. Please ensure they exist and try again.")
	case in.LaunchTemplate == nil && in.MixedInstancesPolicy == nil:
		return invalid("Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.")
	}
	return nil
}

// newGroup returns a group with its settings and their defaults (aws-facts §5.1).
func (s *Service) newGroup(in *sdk.CreateAutoScalingGroupInput) *group {
	in = clone(in)
	g := &group{AutoScalingGroup: types.AutoScalingGroup{
		AutoScalingGroupName: in.AutoScalingGroupName, CreatedTime: aws.Time(s.Now()),
		AutoScalingGroupARN: aws.String(s.ARN("autoscaling", "autoScalingGroup:"+s.UUID()+":autoScalingGroupName/"+*in.AutoScalingGroupName)),
		MinSize:             in.MinSize, MaxSize: in.MaxSize, DesiredCapacity: in.DesiredCapacity,
		AvailabilityZoneDistribution:     in.AvailabilityZoneDistribution,
		AvailabilityZoneImpairmentPolicy: in.AvailabilityZoneImpairmentPolicy,
		CapacityRebalance:                in.CapacityRebalance, CapacityReservationSpecification: in.CapacityReservationSpecification,
		Context: in.Context, DefaultCooldown: orDefault(in.DefaultCooldown, 300), DefaultInstanceWarmup: unlessCleared(in.DefaultInstanceWarmup),
		DeletionProtection: in.DeletionProtection, DesiredCapacityType: in.DesiredCapacityType,
		HealthCheckGracePeriod: orDefault(in.HealthCheckGracePeriod, 0), HealthCheckType: in.HealthCheckType,
		InstanceLifecyclePolicy: in.InstanceLifecyclePolicy, InstanceMaintenancePolicy: in.InstanceMaintenancePolicy,
		MaxInstanceLifetime: unlessZero(in.MaxInstanceLifetime), NewInstancesProtectedFromScaleIn: in.NewInstancesProtectedFromScaleIn,
		Operator: in.Operator, PlacementGroup: in.PlacementGroup, ServiceLinkedRoleARN: in.ServiceLinkedRoleARN,
		TerminationPolicies: in.TerminationPolicies,
	}}
	if g.DesiredCapacity == nil {
		g.DesiredCapacity = aws.Int32(*g.MinSize)
	}
	if g.HealthCheckType == nil {
		g.HealthCheckType = aws.String("EC2")
	}
	if len(g.TerminationPolicies) == 0 {
		g.TerminationPolicies = []string{"Default"}
	}
	if g.NewInstancesProtectedFromScaleIn == nil {
		g.NewInstancesProtectedFromScaleIn = aws.Bool(false)
	}
	if g.DeletionProtection == "" {
		g.DeletionProtection = types.DeletionProtectionNone
	}
	return g
}

func orDefault(value *int32, fallback int32) *int32 {
	if value == nil {
		return aws.Int32(fallback)
	}
	return value
}

// unlessCleared reads a setting that -1 clears.
func unlessCleared(value *int32) *int32 {
	if value != nil && *value < 0 {
		return nil
	}
	return value
}

// unlessZero reads a setting that 0 clears.
func unlessZero(value *int32) *int32 {
	if aws.ToInt32(value) == 0 {
		return nil
	}
	return value
}

// checkSettings checks what create and update check alike.
func (g *group) checkSettings() error {
	low, high, desired := *g.MinSize, *g.MaxSize, *g.DesiredCapacity
	switch {
	case high < low:
		return invalid("Max bound, %d, must be greater than or equal to min bound, %d", high, low)
	case desired < low || desired > high:
		return invalid("Desired capacity:%d must be between the specified min size:%d and max size:%d", desired, low, high)
	case g.MaxInstanceLifetime != nil && *g.MaxInstanceLifetime < 86400:
		return invalid("Maximum instance lifetime must be 0 or at least 86400 seconds")
	}
	for kind := range strings.SplitSeq(*g.HealthCheckType, ",") {
		if !slices.Contains([]string{"EC2", "EBS", "ELB", "VPC_LATTICE"}, kind) {
			return invalid("HealthCheckType %s is not one of EC2, EBS, ELB, VPC_LATTICE", kind)
		}
	}
	for _, policy := range g.TerminationPolicies {
		if !slices.Contains(terminationPolicies, policy) {
			return invalid("TerminationPolicy %s is not one of %s", policy, strings.Join(terminationPolicies, ", "))
		}
	}
	return g.settleMaintenance()
}

// settleMaintenance checks the instance maintenance policy, or clears it when both
// percentages are -1 (aws-facts §5.1).
func (g *group) settleMaintenance() error {
	policy := g.InstanceMaintenancePolicy
	if policy == nil {
		return nil
	}
	if policy.MinHealthyPercentage == nil || policy.MaxHealthyPercentage == nil {
		return invalid("You must specify both MinHealthyPercentage and MaxHealthyPercentage in the instance maintenance policy")
	}
	low, high := *policy.MinHealthyPercentage, *policy.MaxHealthyPercentage
	switch {
	case low == -1 && high == -1:
		g.InstanceMaintenancePolicy = nil
	case low < 0 || low > 100 || high < 100 || high > 200 || high-low > 100:
		return invalid("MinHealthyPercentage must be from 0 to 100, MaxHealthyPercentage from 100 to 200, and they may differ by 100 at most")
	}
	return nil
}

// addParts adds what only create takes: target groups, tags and hooks.
func (s *Service) addParts(g *group, in *sdk.CreateAutoScalingGroupInput) error {
	sources := slices.Clone(in.TrafficSources)
	if err := s.attach(g, in.TargetGroupARNs, false); err != nil {
		return err
	}
	arns, err := targetGroupsOf(sources)
	if err != nil {
		return err
	}
	if err := s.attach(g, arns, true); err != nil {
		return err
	}
	for _, a := range g.attachments {
		// Target groups given here take part in health checks at once, before any
		// target passed (aws-facts §5.3).
		a.since, a.passed = g.CreatedTime.Add(-s.Timings.Attach), true
	}
	for _, tag := range in.Tags {
		tag.ResourceId = aws.String(g.name())
		if err := g.tag(tag); err != nil {
			return err
		}
	}
	for _, hook := range in.LifecycleHookSpecificationList {
		if err := s.putHook(g, hook); err != nil {
			return err
		}
	}
	return nil
}

// useServiceLinkedRole returns the role that the group acts with.
func (s *Service) useServiceLinkedRole() string {
	const service = "autoscaling.amazonaws.com"
	if s.ServiceLinkedRole != nil {
		return s.ServiceLinkedRole(service)
	}
	return fmt.Sprintf("arn:aws:iam::%s:role/aws-service-role/%s/AWSServiceRoleForAutoScaling", s.Account, service)
}
