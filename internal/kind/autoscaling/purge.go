package autoscaling

import (
	"context"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

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
func (k *groups) purge(ctx context.Context, id stack.ID, template string) {
	found, err := k.r.lister.Find(ctx, id.String(), nil, false)
	if err != nil {
		return
	}
	used := map[string]bool{}
	for _, f := range found {
		refresh, err := k.r.running(ctx, aws.ToString(f.Object.AutoScalingGroupName))
		if err != nil {
			return
		}
		for _, version := range usedBy(f.Object, refresh) {
			used[version] = true
		}
	}
	versions, err := k.versions(ctx, template)
	if err != nil {
		return
	}
	for some := range slices.Chunk(surplusVersions(versions, used), mostVersions) {
		_, _ = awsapi.EC2(k.c).DeleteLaunchTemplateVersions(ctx, &ec2.DeleteLaunchTemplateVersionsInput{LaunchTemplateId: &template, Versions: some})
	}
}

// usedBy returns the template versions that a group needs.
func usedBy(g types.AutoScalingGroup, refresh *types.InstanceRefresh) []string {
	_, version := configurationOf(g).version()
	versions := []string{version}
	for _, instance := range g.Instances {
		_, version := templateOf(instance.LaunchTemplate)
		versions = append(versions, version)
	}
	if refresh != nil {
		_, version := goal(refresh).version()
		versions = append(versions, version)
	}
	return versions
}

func (k *groups) versions(ctx context.Context, template string) ([]ec2types.LaunchTemplateVersion, error) {
	var all []ec2types.LaunchTemplateVersion
	pages := ec2.NewDescribeLaunchTemplateVersionsPaginator(k.c.EC2Pages(), &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &template})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.LaunchTemplateVersions...)
	}
	return all, nil
}

// surplusVersions returns the numbers of the versions that may go, the oldest first.
func surplusVersions(versions []ec2types.LaunchTemplateVersion, used map[string]bool) []string {
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
