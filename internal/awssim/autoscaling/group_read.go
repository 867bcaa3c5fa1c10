package autoscaling

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// DescribeAutoScalingGroups lists groups; names that are not there are left out
// without an error (aws-facts §5.12).
func (s *Service) DescribeAutoScalingGroups(_ context.Context, in *sdk.DescribeAutoScalingGroupsInput) (*sdk.DescribeAutoScalingGroupsOutput, error) {
	// Up to 50 names, up to 100 when so many records may be returned.
	if most := max(50, int(aws.ToInt32(in.MaxRecords))); len(in.AutoScalingGroupNames) > most {
		return nil, invalid("The number of group names may not be larger than %d", most)
	}
	withInstances := in.IncludeInstances == nil || *in.IncludeInstances
	var groups []types.AutoScalingGroup
	for _, g := range s.sorted() {
		if len(in.AutoScalingGroupNames) > 0 && !slices.Contains(in.AutoScalingGroupNames, g.name()) {
			continue
		}
		ok, err := g.passes(in.Filters)
		if err != nil {
			return nil, err
		}
		if ok {
			groups = append(groups, g.described(withInstances))
		}
	}
	out := &sdk.DescribeAutoScalingGroupsOutput{}
	var err error
	out.AutoScalingGroups, out.NextToken, err = page(groups, in.NextToken, in.MaxRecords, 100)
	return out, err
}

// DescribeLaunchConfigurations lists launch configurations; names that are not
// there are left out without an error.
func (s *Service) DescribeLaunchConfigurations(_ context.Context, in *sdk.DescribeLaunchConfigurationsInput) (*sdk.DescribeLaunchConfigurationsOutput, error) {
	var found []types.LaunchConfiguration
	for _, c := range s.LaunchConfigurations {
		if len(in.LaunchConfigurationNames) == 0 || slices.Contains(in.LaunchConfigurationNames, aws.ToString(c.LaunchConfigurationName)) {
			found = append(found, c)
		}
	}
	out := &sdk.DescribeLaunchConfigurationsOutput{}
	var err error
	out.LaunchConfigurations, out.NextToken, err = page(found, in.NextToken, in.MaxRecords, 100)
	return out, err
}

// passes reports whether a group has the tags of all filters.
func (g *group) passes(filters []types.Filter) (bool, error) {
	for _, filter := range filters {
		name := aws.ToString(filter.Name)
		key, isTag := strings.CutPrefix(name, "tag:")
		if !isTag && name != "tag-key" && name != "tag-value" {
			return false, invalid("Filter type %s is not correct. Allowed filter types are: tag-key tag-value tag:<key>", name)
		}
		if !slices.ContainsFunc(g.Tags, func(tag types.TagDescription) bool {
			switch {
			case isTag:
				return *tag.Key == key && slices.Contains(filter.Values, *tag.Value)
			case name == "tag-key":
				return slices.Contains(filter.Values, *tag.Key)
			}
			return slices.Contains(filter.Values, *tag.Value)
		}) {
			return false, nil
		}
	}
	return true, nil
}

// DescribeAutoScalingInstances lists instances of all groups; ids that are in no
// group are left out.
func (s *Service) DescribeAutoScalingInstances(_ context.Context, in *sdk.DescribeAutoScalingInstancesInput) (*sdk.DescribeAutoScalingInstancesOutput, error) {
	if len(in.InstanceIds) > 50 {
		return nil, invalid("The number of instance ids may not be larger than 50")
	}
	var instances []types.AutoScalingInstanceDetails
	for _, g := range s.sorted() {
		for _, m := range g.members {
			if len(in.InstanceIds) > 0 && !slices.Contains(in.InstanceIds, *m.InstanceId) {
				continue
			}
			i := clone(m.Instance)
			instances = append(instances, types.AutoScalingInstanceDetails{
				AutoScalingGroupName: aws.String(g.name()), InstanceId: i.InstanceId, InstanceType: i.InstanceType, ImageId: i.ImageId,
				AvailabilityZone: i.AvailabilityZone, AvailabilityZoneId: i.AvailabilityZoneId, LaunchTemplate: i.LaunchTemplate,
				LifecycleState: aws.String(string(i.LifecycleState)), ProtectedFromScaleIn: i.ProtectedFromScaleIn,
				// This one operation writes it in capitals.
				HealthStatus: aws.String(strings.ToUpper(*i.HealthStatus)),
			})
		}
	}
	slices.SortFunc(instances, func(a, b types.AutoScalingInstanceDetails) int { return strings.Compare(*a.InstanceId, *b.InstanceId) })
	out := &sdk.DescribeAutoScalingInstancesOutput{}
	var err error
	out.AutoScalingInstances, out.NextToken, err = page(instances, in.NextToken, in.MaxRecords, 50)
	return out, err
}

// DescribeAccountLimits tells quotas and use.
func (s *Service) DescribeAccountLimits(context.Context, *sdk.DescribeAccountLimitsInput) (*sdk.DescribeAccountLimitsOutput, error) {
	return &sdk.DescribeAccountLimitsOutput{
		MaxNumberOfAutoScalingGroups: aws.Int32(int32(s.GroupLimit)), NumberOfAutoScalingGroups: aws.Int32(int32(len(s.groups))),
		MaxNumberOfLaunchConfigurations: aws.Int32(200), NumberOfLaunchConfigurations: aws.Int32(0),
	}, nil
}

// DescribeWarmPool answers for a group that has no warm pool; making one is not
// simulated.
func (s *Service) DescribeWarmPool(_ context.Context, in *sdk.DescribeWarmPoolInput) (*sdk.DescribeWarmPoolOutput, error) {
	if _, err := s.group(in.AutoScalingGroupName); err != nil {
		return nil, err
	}
	return &sdk.DescribeWarmPoolOutput{Instances: []types.Instance{}}, nil
}
