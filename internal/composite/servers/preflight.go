package servers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// check is one question about the servers.
type check struct {
	name  string
	reads []string
	ask   func(ctx context.Context, c *awsapi.Clients, f subject) ([]composite.Problem, error)
}

// subject is what a check is about.
type subject struct {
	*Fleet
	prior *Fleet // nil for a create
	sizes Sizes
}

// checks are what can be told before servers are launched (aws-facts §21).
var checks = []check{
	{"zones of the servers", []string{"instance_subnet_ids"}, checkZones},
	{"image and instance types", []string{"image_id", "instance_types"}, checkTypes},
	{"zones that offer the instance types", []string{"instance_types", "instance_subnet_ids"}, checkOfferings},
	{"size of the root volume", []string{"image_id", "root_volume"}, checkRootVolume},
	{"instance profile", []string{"iam_instance_profile"}, checkProfile},
	{"security groups", []string{"security_group_ids", "instance_subnet_ids"}, checkSecurityGroups},
	{"free addresses", []string{"instance_subnet_ids", "max_size", "rollout"}, checkAddresses},
	{"quota of vCPUs", []string{"instance_types", "spot", "min_size", "max_size", "rollout"}, checkQuota},
	{"alarms of the rollout", []string{"rollout", "image_id", "instance_types", "spot", "user_data", "root_volume"}, checkAlarms},
	{"a launch that is only tried", []string{"image_id", "instance_types", "instance_subnet_ids", "security_group_ids",
		"iam_instance_profile", "user_data", "root_volume"}, checkLaunch},
}

// Preflight returns the questions about the servers, for the definition of a model
// that has the fleet. sizedBy are the arguments beside min_size and max_size on which
// the sizes depend.
func Preflight[M any](fleet func(*M) (*Fleet, Sizes), sizedBy ...string) []composite.Preflight[*M] {
	var all []composite.Preflight[*M]
	for _, check := range checks {
		reads := check.reads
		if slices.Contains(reads, "max_size") {
			reads = slices.Concat(reads, sizedBy)
		}
		all = append(all, composite.Preflight[*M]{Name: check.name, Reads: reads,
			Ask: func(ctx context.Context, c *awsapi.Clients, m, prior *M) ([]composite.Problem, error) {
				about := subject{}
				about.Fleet, about.sizes = fleet(m)
				if prior != nil {
					about.prior, _ = fleet(prior)
				}
				return check.ask(ctx, c, about)
			}})
	}
	return all
}

// checkZones makes sure that servers survive the loss of a zone.
func checkZones(ctx context.Context, c *awsapi.Clients, f subject) ([]composite.Problem, error) {
	placed, err := subnets.All(ctx, c, composite.Strings(f.InstanceSubnetIDs))
	if err != nil {
		return nil, err
	}
	zones := map[string]bool{}
	for _, subnet := range placed {
		zones[aws.ToString(subnet.AvailabilityZone)] = true
	}
	if len(zones) != 1 {
		return nil, nil
	}
	return []composite.Problem{{At: path.Root("instance_subnet_ids"), Summary: "All servers in one zone",
		Detail: fmt.Sprintf("The subnets are all in %s; with that zone all servers are lost. Give subnets in at least two zones, better three.", Sorted(zones)[0])}}, nil
}

// checkTypes compares the image with each of the types.
func checkTypes(ctx context.Context, c *awsapi.Clients, f subject) ([]composite.Problem, error) {
	names := composite.Strings(f.InstanceTypes)
	known, err := instanceTypes.All(ctx, c, names)
	if err != nil {
		return nil, err
	}
	image, exists, err := images.Ask(ctx, c, f.ImageID.ValueString())
	if err != nil {
		return nil, err
	}
	var problems []composite.Problem
	for i, name := range names {
		at := path.Root("instance_types").AtListIndex(i)
		info, offered := known[name]
		switch {
		case !offered:
			problems = append(problems, composite.Problem{At: at, Summary: "Instance type does not exist: " + name,
				Detail: fmt.Sprintf("%s has no instance type %s.", c.Region, name)})
		case exists:
			if unfit := misfit(image, info); unfit != "" {
				problems = append(problems, composite.Problem{At: at, Summary: "Image and instance type do not fit",
					Detail: fmt.Sprintf("%s. Give an image for %s, or a type that fits %s.", unfit, name, f.ImageID.ValueString())})
			}
		}
	}
	return problems, nil
}

// misfit says why servers of the type cannot start from the image; "" when they can.
func misfit(image ec2types.Image, info ec2types.InstanceTypeInfo) string {
	id, name := aws.ToString(image.ImageId), string(info.InstanceType)
	if p := info.ProcessorInfo; p != nil && !slices.Contains(p.SupportedArchitectures, ec2types.ArchitectureType(image.Architecture)) {
		return fmt.Sprintf("The image %s is for %s, and %s is %s", id, image.Architecture, name, joined(p.SupportedArchitectures))
	}
	if boot := ec2types.BootModeType(image.BootMode); boot != "" && image.BootMode != ec2types.BootModeValuesUefiPreferred && !slices.Contains(info.SupportedBootModes, boot) {
		return fmt.Sprintf("The image %s boots by %s, and %s by %s", id, boot, name, joined(info.SupportedBootModes))
	}
	if n := info.NetworkInfo; n != nil && n.EnaSupport == ec2types.EnaSupportRequired && !aws.ToBool(image.EnaSupport) {
		return fmt.Sprintf("The image %s has no driver for the network adapter (ENA) of %s", id, name)
	}
	return ""
}

func joined[T ~string](values []T) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = string(value)
	}
	return strings.Join(texts, " or ")
}

// checkOfferings makes sure that a zone's servers can be of each type.
func checkOfferings(ctx context.Context, c *awsapi.Clients, f subject) ([]composite.Problem, error) {
	names := composite.Strings(f.InstanceTypes)
	offered, err := offerings.All(ctx, c, names)
	if err != nil {
		return nil, err
	}
	placed, err := subnets.All(ctx, c, composite.Strings(f.InstanceSubnetIDs))
	if err != nil {
		return nil, err
	}
	var problems []composite.Problem
	for i, name := range names {
		lacking := map[string][]string{}
		for id, subnet := range placed {
			if zone := aws.ToString(subnet.AvailabilityZone); !slices.Contains(offered[name], zone) {
				lacking[zone] = append(lacking[zone], id)
			}
		}
		if len(lacking) == 0 || len(offered[name]) == 0 {
			continue // one that is offered nowhere does not exist
		}
		problems = append(problems, composite.Problem{At: path.Root("instance_types").AtListIndex(i),
			Summary: fmt.Sprintf("%s is not offered in %s", name, strings.Join(Sorted(lacking), " and ")),
			Detail: fmt.Sprintf("The group could launch no such servers there. Take %s out of instance_subnet_ids, or give another type; %s is offered in %s.",
				strings.Join(slices.Sorted(slices.Values(slices.Concat(values(lacking)...))), " and "), name, strings.Join(slices.Sorted(slices.Values(offered[name])), ", "))})
	}
	return problems, nil
}

func values[V any](byKey map[string]V) []V {
	all := make([]V, 0, len(byKey))
	for _, key := range Sorted(byKey) {
		all = append(all, byKey[key])
	}
	return all
}

// checkRootVolume makes sure that the image fits into the root volume. Its snapshot
// decides, which others' images do not always show.
func checkRootVolume(ctx context.Context, c *awsapi.Clients, f subject) ([]composite.Problem, error) {
	size := composite.Decode[RootVolume](f.RootVolume).Size
	image, exists, err := images.Ask(ctx, c, f.ImageID.ValueString())
	if err != nil || !exists || size.IsNull() {
		return nil, err
	}
	i := slices.IndexFunc(image.BlockDeviceMappings, func(d ec2types.BlockDeviceMapping) bool {
		return aws.ToString(d.DeviceName) == aws.ToString(image.RootDeviceName) && d.Ebs != nil
	})
	if i < 0 || size.ValueInt32() >= aws.ToInt32(image.BlockDeviceMappings[i].Ebs.VolumeSize) {
		return nil, nil
	}
	root := image.BlockDeviceMappings[i].Ebs
	least := aws.ToInt32(root.VolumeSize)
	if snapshot, shown, err := snapshots.Ask(ctx, c, aws.ToString(root.SnapshotId)); err == nil && shown {
		least = aws.ToInt32(snapshot.VolumeSize)
	}
	if size.ValueInt32() >= least {
		return nil, nil
	}
	return []composite.Problem{{At: path.Root("root_volume").AtName("size"), Summary: "Root volume too small for the image",
		Detail: fmt.Sprintf("%s needs %d GiB, and size is %d. Set it to %d or more, or leave it out.", f.ImageID.ValueString(), least, size.ValueInt32(), least)}}, nil
}

func checkProfile(ctx context.Context, c *awsapi.Clients, f subject) ([]composite.Problem, error) {
	name := f.IAMInstanceProfile.ValueString()
	if name == "" {
		return nil, nil
	}
	profile, exists, err := profiles.Ask(ctx, c, name)
	at := path.Root("iam_instance_profile")
	switch {
	case err != nil:
		return nil, err
	case !exists:
		return []composite.Problem{{At: at, Summary: "Instance profile does not exist: " + name,
			Detail: fmt.Sprintf("Account %s has no instance profile of this name. A role's name is not always that of a profile. Give a profile's name, or leave it out for a role of their own.", c.Account)}}, nil
	case len(profile.Roles) == 0:
		return []composite.Problem{{At: at, Summary: "Instance profile has no role: " + name,
			Detail: "Servers with it would not start. Add a role to it, or leave it out for a role of their own."}}, nil
	}
	return nil, nil
}

// ReadSecurityGroups returns the security groups that exist among those that an argument
// names, and the problems with the others.
func ReadSecurityGroups(ctx context.Context, c *awsapi.Clients, at path.Path, ids ...string) (map[string]ec2types.SecurityGroup, []composite.Problem, error) {
	groups, err := securityGroups.All(ctx, c, ids)
	if err != nil {
		return nil, nil, err
	}
	var problems []composite.Problem
	for _, id := range ids {
		if _, exists := groups[id]; !exists {
			problems = append(problems, composite.Problem{At: at, Summary: "Security group does not exist: " + id,
				Detail: c.Region + " has no security group " + id + " in this account."})
		}
	}
	return groups, problems, nil
}

func checkSecurityGroups(ctx context.Context, c *awsapi.Clients, f subject) ([]composite.Problem, error) {
	ids := composite.Strings(f.SecurityGroupIDs)
	if len(ids) == 0 || !composite.IsKnown(f.VPCID) {
		return nil, nil
	}
	at := path.Root("security_group_ids")
	groups, problems, err := ReadSecurityGroups(ctx, c, at, ids...)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		group, exists := groups[id]
		if vpc := aws.ToString(group.VpcId); exists && vpc != f.VPCID.ValueString() {
			problems = append(problems, composite.Problem{At: at, Summary: "Security group of another VPC: " + id,
				Detail: fmt.Sprintf("%s is in %s, and the servers are in %s. Give a group of theirs.", id, vpc, f.VPCID.ValueString())})
		}
	}
	return problems, nil
}
