package servers

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// Sizes are the largest of a configuration: how many servers there have to be at some
// time, and how many there may be.
type Sizes struct{ Least, Most Size }

// Size is a number of servers, and the argument that says so.
type Size struct {
	Servers int
	At      path.Path
}

// Sizes are those of the fleet itself.
func (f *Fleet) Sizes() Sizes {
	return Sizes{Least: Size{int(f.MinSize.ValueInt32()), path.Root("min_size")}, Most: Size{int(f.MaxSize.ValueInt32()), path.Root("max_size")}}
}

// Or returns the larger one of the size and that of another argument, if that is given.
func (s Size) Or(servers types.Int32, at path.Path) Size {
	if n := int(servers.ValueInt32()); n > s.Servers {
		return Size{n, at}
	}
	return s
}

// peak is how many servers there may be for a while: as many as there may be, with
// those that a rollout starts before it ends others.
func (f subject) peak() int {
	share, _ := f.surge()
	return ceil(f.sizes.Most.Servers*share, 100)
}

// surge is how many percent of the servers there may be during a rollout, and the
// argument that says so.
func (f subject) surge() (percent int, why string) {
	if f.rollout().is(strategyBlueGreen) {
		return 200, fmt.Sprintf("strategy = %q", strategyBlueGreen) // a second group of the same size
	}
	percent = int(f.rollout().MaxHealthyPercentage.ValueInt32())
	return max(percent, 100), fmt.Sprintf("max_healthy_percentage = %d", percent)
}

func ceil(n, by int) int { return (n + by - 1) / by }

// checkAddresses makes sure that each zone has addresses for its share of the peak. Of
// servers that are there already each has one.
func checkAddresses(ctx context.Context, c *awsapi.Clients, f subject) ([]composite.Problem, error) {
	placed, err := subnets.All(ctx, c, composite.Strings(f.InstanceSubnetIDs))
	if err != nil || len(placed) == 0 {
		return nil, err
	}
	free, zones := map[string]int{}, map[string][]string{}
	for id, subnet := range placed {
		zone := aws.ToString(subnet.AvailabilityZone)
		free[zone] += int(aws.ToInt32(subnet.AvailableIpAddressCount))
		zones[zone] = append(zones[zone], id)
	}
	share := ceil(f.peak(), len(zones))
	_, why := f.surge()
	there := 0
	if f.prior != nil && f.prior.InstanceSubnetIDs.Equal(f.InstanceSubnetIDs) {
		there = int(f.prior.DesiredCapacity.ValueInt64()) / len(zones)
	}
	var problems []composite.Problem
	for _, zone := range Sorted(zones) {
		if share-there <= free[zone] {
			continue
		}
		problems = append(problems, composite.Problem{At: path.Root("instance_subnet_ids"), Summary: "Not enough free addresses in " + zone,
			Detail: fmt.Sprintf("With %s = %d and rollout.%s there may be %d servers for a while, %d of them in %s; %s has %d free addresses. "+
				"Give larger subnets, or change one of the two.", f.sizes.Most.At, f.sizes.Most.Servers, why, f.peak(), share, zone,
				strings.Join(slices.Sorted(slices.Values(zones[zone])), " with "), free[zone])})
	}
	return problems, nil
}

// checkLaunch has EC2 try a launch of one server, as far as what it needs exists: it
// tells what the other checks do not know, such as a key that may not be used. A secret
// script is left out: of a script EC2 looks at nothing but the size, as Check does.
func checkLaunch(ctx context.Context, c *awsapi.Clients, f subject) ([]composite.Problem, error) {
	volume := composite.Decode[RootVolume](f.RootVolume)
	ids := composite.Strings(f.InstanceSubnetIDs)
	if len(ids) == 0 || f.RootDeviceName.ValueString() == "" {
		return nil, nil
	}
	var problems []composite.Problem
	for i, name := range composite.Strings(f.InstanceTypes) {
		answer, _, err := trials.Ask(ctx, c, trial{image: f.ImageID.ValueString(), instanceType: name, subnet: ids[0], groups: strings.Join(composite.Strings(f.SecurityGroupIDs), " "),
			profile: f.IAMInstanceProfile.ValueString(), userData: f.UserData.ValueString(), device: f.RootDeviceName.ValueString(),
			kind: volume.Type.ValueString(), key: volume.KMSKeyID.ValueString(), size: volume.Size.ValueInt32(), encrypted: volume.Encrypted.ValueBool()})
		if err != nil {
			return nil, err
		}
		if answer != "" && !reportedElsewhere(answer) {
			problems = append(problems, composite.Problem{At: path.Root("instance_types").AtListIndex(i), Summary: "AWS would not launch such a server",
				Detail: "EC2 was asked to try a launch of " + name + " from " + f.ImageID.ValueString() + " in " + ids[0] + ", and answered " + answer})
		}
	}
	return problems, nil
}

// reportedElsewhere reports whether an answer is about what another check looks at,
// which says more.
func reportedElsewhere(answer string) bool {
	return slices.ContainsFunc([]string{"InvalidAMIID.", "InvalidGroup.", "InvalidSubnetID.", "InvalidInstanceType", "for InstanceType", "Security group",
		"Invalid IAM Instance Profile", "InvalidBlockDeviceMapping"}, func(text string) bool { return strings.Contains(answer, text) })
}

// trial is a launch to be tried without making it. Empty settings are left out.
type trial struct {
	image, instanceType, subnet, groups, profile, userData, device, kind, key string
	size                                                                      int32
	encrypted                                                                 bool
}

// trials are what EC2 says of launches that are only tried: "" for one that would
// succeed, else the error's code and message.
var trials = awsapi.Question[trial, string]{Most: 1, Fetch: func(ctx context.Context, c *awsapi.Clients, keys []trial) (map[trial]string, error) {
	_, err := awsapi.EC2(c).RunInstances(ctx, keys[0].request())
	switch {
	case awsapi.Is(err, "DryRunOperation"):
		return map[trial]string{keys[0]: ""}, nil
	case awsapi.IsDenied(err) || awsapi.IsThrottled(err) || awsapi.IsLostReply(err) || awsapi.Code(err) == "":
		return nil, err
	}
	return map[trial]string{keys[0]: fmt.Sprintf("%s: %s", awsapi.Code(err), awsapi.Message(err))}, nil
}}

// request is the launch of one server. What the stack makes itself is left out, for it
// may not exist yet.
func (l trial) request() *ec2.RunInstancesInput {
	volume := &ec2types.EbsBlockDevice{VolumeType: ec2types.VolumeType(l.kind), Encrypted: &l.encrypted}
	if l.size > 0 {
		volume.VolumeSize = &l.size
	}
	if l.key != "" {
		volume.KmsKeyId = &l.key
	}
	in := &ec2.RunInstancesInput{DryRun: aws.Bool(true), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), ImageId: &l.image,
		InstanceType: ec2types.InstanceType(l.instanceType), SubnetId: &l.subnet, SecurityGroupIds: strings.Fields(l.groups),
		BlockDeviceMappings: []ec2types.BlockDeviceMapping{{DeviceName: &l.device, Ebs: volume}}}
	if l.profile != "" {
		in.IamInstanceProfile = &ec2types.IamInstanceProfileSpecification{Name: &l.profile}
	}
	if l.userData != "" {
		in.UserData = aws.String(base64.StdEncoding.EncodeToString([]byte(l.userData)))
	}
	return in
}
