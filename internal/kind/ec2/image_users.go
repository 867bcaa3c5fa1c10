package ec2

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// usersOf tells who in the account would be hurt by the loss of each image: servers
// that run from it, launch templates whose latest or default version names it, Auto
// Scaling groups whose version does, and launch configurations (aws-facts §3.4,
// §21). What cannot be read is an error: then nothing is proven.
func (r *imageRegion) usersOf(ctx context.Context, ids []string) (map[string][]string, error) {
	users := map[string][]string{}
	for _, id := range ids {
		users[id] = nil
	}
	note := func(image, user string) {
		if list, asked := users[image]; asked && !slices.Contains(list, user) {
			users[image] = append(list, user)
		}
	}
	for _, look := range []func(context.Context, []string, func(image, user string)) error{r.servers, r.templatesAndGroups, r.configurations} {
		if err := look(ctx, ids, note); err != nil {
			return nil, err
		}
	}
	return users, nil
}

// servers notes instances that are not on their way out, but for those that were
// started to verify an image.
func (r *imageRegion) servers(ctx context.Context, ids []string, note func(image, user string)) error {
	found, err := describeInstances(ctx, r.c, filter("image-id", ids...), filter("instance-state-name", "pending", "running", "stopping", "stopped"))
	for _, instance := range found {
		tags := tagMap(instance.Tags)
		if strings.HasPrefix(tags[stack.TagPart], canaryPrefix) {
			continue
		}
		user := "instance " + aws.ToString(instance.InstanceId)
		if name := tags["Name"]; name != "" {
			user += " (" + name + ")"
		}
		note(aws.ToString(instance.ImageId), user)
	}
	return err
}

func describeInstances(ctx context.Context, c *awsapi.Clients, filters ...types.Filter) ([]types.Instance, error) {
	return allPages(ctx, sdk.NewDescribeInstancesPaginator(c.EC2Pages(), &sdk.DescribeInstancesInput{Filters: filters}),
		func(out *sdk.DescribeInstancesOutput) []types.Instance {
			var instances []types.Instance
			for _, reservation := range out.Reservations {
				instances = append(instances, reservation.Instances...)
			}
			return instances
		})
}

// templateVersion names a version of a launch template by the id or name in use.
type templateVersion struct{ id, name, version string }

func (r *imageRegion) templatesAndGroups(ctx context.Context, _ []string, note func(image, user string)) error {
	marked, err := r.markedVersions(ctx)
	if err != nil {
		return err
	}
	for _, v := range marked {
		note(imageOf(v), fmt.Sprintf("launch template %s (%s), version %d", aws.ToString(v.LaunchTemplateName), aws.ToString(v.LaunchTemplateId), aws.ToInt64(v.VersionNumber)))
	}
	groups, err := r.groups(ctx)
	if err != nil {
		return err
	}
	pinned := map[templateVersion][]string{}
	for _, group := range groups {
		for _, v := range pinnedBy(group, note) {
			pinned[v] = append(pinned[v], aws.ToString(group.AutoScalingGroupName))
		}
	}
	for v, names := range pinned {
		version, err := r.version(ctx, v, marked)
		if err != nil {
			return err
		}
		for _, name := range names {
			note(imageOf(version), fmt.Sprintf("Auto Scaling group %s (launch template %s, version %s)", name, aws.ToString(version.LaunchTemplateId), v.version))
		}
	}
	return nil
}

// markedVersions returns the latest and default versions of all templates. Our own
// templates have no use for a default: their groups are pinned, and the default
// stays the version that they were made with.
func (r *imageRegion) markedVersions(ctx context.Context) ([]types.LaunchTemplateVersion, error) {
	owned := map[string]bool{}
	ours, err := allPages(ctx, sdk.NewDescribeLaunchTemplatesPaginator(r.c.EC2Pages(), &sdk.DescribeLaunchTemplatesInput{Filters: []types.Filter{filter("tag-key", stack.TagStack)}}),
		func(out *sdk.DescribeLaunchTemplatesOutput) []types.LaunchTemplate { return out.LaunchTemplates })
	for _, template := range ours {
		owned[aws.ToString(template.LaunchTemplateId)] = true
	}
	if err != nil {
		return nil, err
	}
	// ResolveAlias: a template may name its image by an SSM parameter.
	marked, err := r.versions(ctx, &sdk.DescribeLaunchTemplateVersionsInput{Versions: []string{"$Latest"}, ResolveAlias: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	defaults, err := r.versions(ctx, &sdk.DescribeLaunchTemplateVersionsInput{Versions: []string{"$Default"}, ResolveAlias: aws.Bool(true)})
	return append(marked, slices.DeleteFunc(defaults, func(v types.LaunchTemplateVersion) bool { return owned[aws.ToString(v.LaunchTemplateId)] })...), err
}

func imageOf(v types.LaunchTemplateVersion) string {
	if v.LaunchTemplateData == nil {
		return ""
	}
	return aws.ToString(v.LaunchTemplateData.ImageId)
}

func (r *imageRegion) versions(ctx context.Context, in *sdk.DescribeLaunchTemplateVersionsInput) ([]types.LaunchTemplateVersion, error) {
	return allPages(ctx, sdk.NewDescribeLaunchTemplateVersionsPaginator(r.c.EC2Pages(), in),
		func(out *sdk.DescribeLaunchTemplateVersionsOutput) []types.LaunchTemplateVersion {
			return out.LaunchTemplateVersions
		})
}

// version reads a version, unless it is among those read. One that is gone is nobody's.
func (r *imageRegion) version(ctx context.Context, wanted templateVersion, read []types.LaunchTemplateVersion) (types.LaunchTemplateVersion, error) {
	for _, v := range read {
		if same := wanted.id == aws.ToString(v.LaunchTemplateId) || wanted.id == "" && wanted.name == aws.ToString(v.LaunchTemplateName); same &&
			wanted.version == strconv.FormatInt(aws.ToInt64(v.VersionNumber), 10) {
			return v, nil
		}
	}
	in := &sdk.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: aws.String(wanted.id), Versions: []string{wanted.version}, ResolveAlias: aws.Bool(true)}
	if wanted.id == "" {
		in.LaunchTemplateId, in.LaunchTemplateName = nil, aws.String(wanted.name)
	}
	found, err := r.versions(ctx, in)
	if awsapi.IsNotFound(err) || err == nil && len(found) == 0 {
		return types.LaunchTemplateVersion{}, nil
	}
	if err != nil {
		return types.LaunchTemplateVersion{}, err
	}
	return found[0], nil
}

func (r *imageRegion) groups(ctx context.Context) ([]astypes.AutoScalingGroup, error) {
	var groups []astypes.AutoScalingGroup
	in := &autoscaling.DescribeAutoScalingGroupsInput{MaxRecords: aws.Int32(100), IncludeInstances: aws.Bool(false)}
	for {
		out, err := awsapi.AutoScaling(r.c).DescribeAutoScalingGroups(ctx, in)
		if err != nil {
			return nil, err
		}
		groups = append(groups, out.AutoScalingGroups...)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return groups, nil
		}
	}
}

// pinnedBy returns the numbered versions of launch templates that a group uses;
// $Latest and $Default are looked at anyway. Images that its policy names are noted.
func pinnedBy(group astypes.AutoScalingGroup, note func(image, user string)) []templateVersion {
	used := map[templateVersion]bool{}
	add := func(s *astypes.LaunchTemplateSpecification) {
		if s != nil && !strings.HasPrefix(aws.ToString(s.Version), "$") && aws.ToString(s.Version) != "" {
			used[templateVersion{aws.ToString(s.LaunchTemplateId), aws.ToString(s.LaunchTemplateName), *s.Version}] = true
		}
	}
	add(group.LaunchTemplate)
	if policy := group.MixedInstancesPolicy; policy != nil && policy.LaunchTemplate != nil {
		add(policy.LaunchTemplate.LaunchTemplateSpecification)
		for _, override := range policy.LaunchTemplate.Overrides {
			add(override.LaunchTemplateSpecification)
			note(aws.ToString(override.ImageId), "Auto Scaling group "+aws.ToString(group.AutoScalingGroupName))
		}
	}
	return slices.Collect(maps.Keys(used))
}

func (r *imageRegion) configurations(ctx context.Context, _ []string, note func(image, user string)) error {
	in := &autoscaling.DescribeLaunchConfigurationsInput{MaxRecords: aws.Int32(100)}
	for {
		out, err := awsapi.AutoScaling(r.c).DescribeLaunchConfigurations(ctx, in)
		if err != nil {
			return err
		}
		for _, c := range out.LaunchConfigurations {
			note(aws.ToString(c.ImageId), "launch configuration "+aws.ToString(c.LaunchConfigurationName))
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return nil
		}
	}
}
