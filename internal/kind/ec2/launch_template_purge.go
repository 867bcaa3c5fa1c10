package ec2

import (
	"context"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

const (
	// lastVersions is how many versions of a launch template are kept, used or not.
	lastVersions = 5
	// mostVersions is how many one call deletes (aws-facts §3.1).
	mostVersions = 200
)

// purge deletes old versions of a launch template: all but the last ones, the
// default one, and those that a group of the stack, an instance or a refresh uses.
// It is housekeeping: what it cannot read or delete it leaves.
func (k *launchTemplates) purge(ctx context.Context, id stack.ID, template launchTemplate) {
	if aws.ToInt64(template.latest.VersionNumber) <= lastVersions {
		return
	}
	in := &sdk.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: template.LaunchTemplateId}
	versions, err := allPages(ctx, sdk.NewDescribeLaunchTemplateVersionsPaginator(k.c.EC2Pages(), in),
		func(out *sdk.DescribeLaunchTemplateVersionsOutput) []types.LaunchTemplateVersion {
			return out.LaunchTemplateVersions
		})
	if err != nil {
		return
	}
	used, err := k.usedVersions(ctx, id)
	if err != nil {
		return
	}
	for some := range slices.Chunk(surplusVersions(versions, used), mostVersions) {
		_, _ = awsapi.EC2(k.c).DeleteLaunchTemplateVersions(ctx, &sdk.DeleteLaunchTemplateVersionsInput{LaunchTemplateId: template.LaunchTemplateId, Versions: some})
	}
}

// usedVersions returns the numbers of the versions that the groups of a stack need.
func (k *launchTemplates) usedVersions(ctx context.Context, id stack.ID) (map[string]bool, error) {
	used := map[string]bool{}
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(k.c.AutoScalingPages(), &autoscaling.DescribeAutoScalingGroupsInput{
		Filters: []astypes.Filter{{Name: aws.String("tag:" + stack.TagStack), Values: []string{id.String()}}}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, group := range page.AutoScalingGroups {
			refreshes, err := awsapi.AutoScaling(k.c).DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: group.AutoScalingGroupName})
			if err != nil {
				return nil, err
			}
			for _, template := range launchedBy(group, refreshes.InstanceRefreshes) {
				if template != nil {
					used[aws.ToString(template.Version)] = true
				}
			}
		}
	}
	return used, nil
}

// launchedBy returns what a group and its instances are launched from, and where its
// refreshes lead.
func launchedBy(group astypes.AutoScalingGroup, refreshes []astypes.InstanceRefresh) []*astypes.LaunchTemplateSpecification {
	ofPolicy := func(policy *astypes.MixedInstancesPolicy) *astypes.LaunchTemplateSpecification {
		if policy == nil || policy.LaunchTemplate == nil {
			return nil
		}
		return policy.LaunchTemplate.LaunchTemplateSpecification
	}
	all := []*astypes.LaunchTemplateSpecification{group.LaunchTemplate, ofPolicy(group.MixedInstancesPolicy)}
	for _, instance := range group.Instances {
		all = append(all, instance.LaunchTemplate)
	}
	for _, refresh := range refreshes {
		if goal := refresh.DesiredConfiguration; goal != nil && refresh.EndTime == nil {
			all = append(all, goal.LaunchTemplate, ofPolicy(goal.MixedInstancesPolicy))
		}
	}
	return all
}

// surplusVersions returns the numbers of the versions that may go, the oldest first.
func surplusVersions(versions []types.LaunchTemplateVersion, used map[string]bool) []string {
	var numbers []int64
	for _, version := range versions {
		numbers = append(numbers, aws.ToInt64(version.VersionNumber))
		if aws.ToBool(version.DefaultVersion) {
			used[strconv.FormatInt(aws.ToInt64(version.VersionNumber), 10)] = true
		}
	}
	slices.Sort(numbers)
	var surplus []string
	for _, number := range numbers[:max(0, len(numbers)-lastVersions)] {
		if text := strconv.FormatInt(number, 10); !used[text] {
			surplus = append(surplus, text)
		}
	}
	return surplus
}
