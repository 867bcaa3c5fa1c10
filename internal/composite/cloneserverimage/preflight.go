package cloneserverimage

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// preflight are the questions whose answers can refuse a plan. Those about the
// source are asked when a new generation is due: it may be gone later.
var preflight = []composite.Preflight[*Model]{
	{Name: "source server", Reads: []string{"source_instance_id", "generation", "exclude_devices", "freeze"}, Ask: askServer},
	{Name: "consistency of the image", Reads: []string{"generation", "reboot", "freeze"}, Ask: askConsistency},
	{Name: "Regions and keys of the copies", Reads: []string{"copies", "share_with_account_ids"}, Ask: askCopies},
	{Name: "encryption of what is shared", Reads: []string{"source_instance_id", "generation", "share_with_account_ids"}, Ask: askSharing},
	{Name: "server of the verification", Reads: []string{"verify", "generation"}, Ask: askVerification},
}

// due reports whether the plan makes a new generation.
func due(m, prior *Model) bool {
	return prior == nil || m.Generation.ValueString() != prior.Generation.ValueString()
}

// server reads the source; nil: there is none, or it has nothing to tell any more.
func server(ctx context.Context, c *awsapi.Clients, m *Model) (*ec2types.Instance, error) {
	out, err := awsapi.EC2(c).DescribeInstances(ctx, &ec2.DescribeInstancesInput{
		Filters: []ec2types.Filter{{Name: aws.String("instance-id"), Values: []string{m.SourceInstanceID.ValueString()}}}})
	if err != nil || len(out.Reservations) == 0 || len(out.Reservations[0].Instances) == 0 {
		return nil, err
	}
	return &out.Reservations[0].Instances[0], nil
}

func askServer(ctx context.Context, c *awsapi.Clients, m, prior *Model) ([]composite.Problem, error) {
	if !due(m, prior) {
		return nil, nil
	}
	id, at := m.SourceInstanceID.ValueString(), path.Root("source_instance_id")
	found, err := server(ctx, c, m)
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return []composite.Problem{{At: at, Summary: "Server does not exist: " + id,
			Detail: fmt.Sprintf("Account %s has no instance %s in %s. An image can only be made of a server that is there.", c.Account, id, c.Region)}}, nil
	case found.State.Name == ec2types.InstanceStateNameTerminated || found.State.Name == ec2types.InstanceStateNameShuttingDown:
		return []composite.Problem{{At: at, Summary: "Server is terminated: " + id,
			Detail: fmt.Sprintf("Its state is %s; an image can only be made of a server that runs or is stopped. Name another server, or leave triggers and max_age_days as they are to keep the images.", found.State.Name)}}, nil
	case found.RootDeviceType != ec2types.DeviceTypeEbs:
		return []composite.Problem{{At: at, Summary: "Server without an EBS root volume: " + id,
			Detail: "Its root device is an instance store, of which EC2 makes no image this way. Move the system to a server with an EBS root volume first."}}, nil
	}
	problems := devices(m, found)
	if !m.Freeze.IsNull() {
		frozen, err := askAgent(ctx, c, found)
		return append(problems, frozen...), err
	}
	return problems, nil
}

// devices checks the excluded ones: EC2 silently ignores a name that the server does
// not have (aws-facts §12.4), and the secrets would be in the image.
func devices(m *Model, found *ec2types.Instance) []composite.Problem {
	var names []string
	for _, device := range found.BlockDeviceMappings {
		names = append(names, aws.ToString(device.DeviceName))
	}
	var problems []composite.Problem
	for _, name := range composite.Strings(m.ExcludeDevices) {
		switch {
		case name == aws.ToString(found.RootDeviceName):
			problems = append(problems, composite.Problem{At: path.Root("exclude_devices"), Summary: "The root device cannot be left out: " + name, Detail: "No server would start from the image."})
		case !slices.Contains(names, name):
			problems = append(problems, composite.Problem{At: path.Root("exclude_devices"), Summary: "No such device: " + name,
				Detail: fmt.Sprintf("%s has %s. EC2 would ignore the name, and the image would hold what was to be left out.", aws.ToString(found.InstanceId), strings.Join(names, ", "))})
		}
	}
	return problems
}

// askAgent checks that SSM reaches the server.
func askAgent(ctx context.Context, c *awsapi.Clients, found *ec2types.Instance) ([]composite.Problem, error) {
	id := aws.ToString(found.InstanceId)
	out, err := awsapi.SSM(c).DescribeInstanceInformation(ctx, &ssm.DescribeInstanceInformationInput{
		Filters: []ssmtypes.InstanceInformationStringFilter{{Key: aws.String("InstanceIds"), Values: []string{id}}}})
	if err != nil || len(out.InstanceInformationList) > 0 && out.InstanceInformationList[0].PingStatus == ssmtypes.PingStatusOnline {
		return nil, err
	}
	return []composite.Problem{{At: path.Root("freeze"), Summary: "Server cannot be frozen: SSM does not reach " + id,
		Detail: "Its SSM agent does not report. It needs the agent, an instance profile with AmazonSSMManagedInstanceCore, and a way to SSM; a stopped server needs no freeze."}}, nil
}

func askConsistency(_ context.Context, _ *awsapi.Clients, m, prior *Model) ([]composite.Problem, error) {
	switch {
	case !due(m, prior):
		return nil, nil
	case m.Reboot.ValueBool():
		return []composite.Problem{{At: path.Root("reboot"), Note: true, Summary: "The server will restart",
			Detail: fmt.Sprintf("With reboot = true, imaging stops %s for a while. Behind a load balancer it drops out of its target groups until its health checks pass again.", m.SourceInstanceID.ValueString())}}, nil
	case m.Freeze.IsNull():
		return []composite.Problem{{At: path.Root("reboot"), Note: true, Summary: "The image will be crash-consistent",
			Detail: "The server goes on running while it is imaged: the image holds what a power cut would have left. File systems and most databases recover from that; " +
				"what only memory held is lost. Set freeze for an application-consistent image, or reboot = true for one at rest."}}, nil
	}
	return nil, nil
}

func askCopies(ctx context.Context, c *awsapi.Clients, m, _ *Model) ([]composite.Problem, error) {
	copies := m.copies()
	if len(copies) == 0 {
		return nil, nil
	}
	out, err := awsapi.EC2(c).DescribeRegions(ctx, &ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	status := map[string]string{}
	for _, region := range out.Regions {
		status[aws.ToString(region.RegionName)] = aws.ToString(region.OptInStatus)
	}
	var problems []composite.Problem
	for _, region := range slices.Sorted(maps.Keys(copies)) {
		at := path.Root("copies").AtMapKey(region)
		switch {
		case region == c.Region:
			problems = append(problems, composite.Problem{At: at, Summary: "A copy in the Region of the image: " + region, Detail: "copies are for other Regions; the image itself is in this one."})
		case status[region] == "":
			problems = append(problems, composite.Problem{At: at, Summary: "Unknown AWS Region: " + region, Detail: "AWS has no Region of this name for this account."})
		case status[region] == "not-opted-in":
			problems = append(problems, composite.Problem{At: at, Summary: "Region is not enabled: " + region, Detail: "Enable it in the account settings of AWS first."})
		case !copies[region].KMSKeyID.IsNull():
			problem, err := askKey(ctx, c.In(region), copies[region].KMSKeyID.ValueString(), len(m.ShareWithAccountIDs.Elements()) > 0)
			if err != nil {
				return problems, err
			}
			if problem != nil {
				problem.At = at.AtName("kms_key_id")
				problems = append(problems, *problem)
			}
		}
	}
	return problems, nil
}

// askKey checks a key before CopyImage accepts it and fails later (aws-facts §3.4).
func askKey(ctx context.Context, c *awsapi.Clients, id string, shared bool) (*composite.Problem, error) {
	key, exists, err := composite.ReadKey(ctx, c, id)
	switch {
	case err != nil:
		return nil, err
	case !exists:
		return &composite.Problem{Summary: "Key does not exist: " + id, Detail: fmt.Sprintf("%s has no KMS key %s. Keys belong to one Region; multi-Region keys have to be replicated there.", c.Region, id)}, nil
	case !key.IsEnabled():
		return &composite.Problem{Summary: "Key cannot be used: " + id, Detail: fmt.Sprintf("Its state in %s is %s; the copy would fail after some minutes.", c.Region, key.KeyState)}, nil
	case shared && key.KeyManager == kmstypes.KeyManagerTypeAws:
		return &composite.Problem{Summary: "This copy could not be shared",
			Detail: fmt.Sprintf("%s is a key that AWS manages for this account; no other account can use it. Set a key of yours, or leave share_with_account_ids out.", id)}, nil
	}
	return nil, nil
}

// askSharing refuses to share an image whose snapshots others cannot read: those of
// volumes that the default key encrypts (aws-facts §3.4, §11.3).
func askSharing(ctx context.Context, c *awsapi.Clients, m, _ *Model) ([]composite.Problem, error) {
	if len(m.ShareWithAccountIDs.Elements()) == 0 {
		return nil, nil
	}
	out, err := awsapi.EC2(c).DescribeVolumes(ctx, &ec2.DescribeVolumesInput{
		Filters: []ec2types.Filter{{Name: aws.String("attachment.instance-id"), Values: []string{m.SourceInstanceID.ValueString()}}}})
	if err != nil {
		return nil, err
	}
	excluded := composite.Strings(m.ExcludeDevices)
	for _, volume := range out.Volumes {
		if !aws.ToBool(volume.Encrypted) || len(volume.Attachments) == 0 || slices.Contains(excluded, aws.ToString(volume.Attachments[0].Device)) {
			continue
		}
		problem, err := askKey(ctx, c, aws.ToString(volume.KmsKeyId), true)
		if err != nil {
			return nil, err
		}
		if problem != nil {
			return []composite.Problem{{At: path.Root("share_with_account_ids"), Summary: "The image could not be shared",
				Detail: fmt.Sprintf("Volume %s (%s) of the server, and with it the image's snapshot: %s", aws.ToString(volume.VolumeId), aws.ToString(volume.Attachments[0].Device), problem.Detail)}}, nil
		}
	}
	return nil, nil
}

// askVerification checks that the server of the verification can be started at all.
func askVerification(ctx context.Context, c *awsapi.Clients, m, prior *Model) ([]composite.Problem, error) {
	if m.Verify.IsNull() || !due(m, prior) && m.Verify.Equal(prior.Verify) {
		return nil, nil
	}
	v := composite.Decode[verify](m.Verify)
	at := path.Root("verify")
	subnets, err := awsapi.EC2(c).DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: []ec2types.Filter{{Name: aws.String("subnet-id"), Values: []string{v.SubnetID.ValueString()}}}})
	if err != nil {
		return nil, err
	}
	if len(subnets.Subnets) == 0 {
		return []composite.Problem{{At: at.AtName("subnet_id"), Summary: "Subnet does not exist: " + v.SubnetID.ValueString(), Detail: fmt.Sprintf("Account %s has no such subnet in %s.", c.Account, c.Region)}}, nil
	}
	kinds, err := awsapi.EC2(c).DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{Filters: []ec2types.Filter{{Name: aws.String("instance-type"), Values: []string{v.InstanceType.ValueString()}}}})
	if err != nil {
		return nil, err
	}
	if len(kinds.InstanceTypes) == 0 {
		return []composite.Problem{{At: at.AtName("instance_type"), Summary: "No such instance type: " + v.InstanceType.ValueString(), Detail: c.Region + " has no instance type of this name."}}, nil
	}
	found, err := server(ctx, c, m)
	if err != nil || found == nil || kinds.InstanceTypes[0].ProcessorInfo == nil {
		return nil, err
	}
	architectures := kinds.InstanceTypes[0].ProcessorInfo.SupportedArchitectures
	if !slices.Contains(architectures, ec2types.ArchitectureType(found.Architecture)) {
		return []composite.Problem{{At: at.AtName("instance_type"), Summary: "Instance type does not fit the server: " + v.InstanceType.ValueString(),
			Detail: fmt.Sprintf("The server is %s; the type runs %v. Its image would not start on it.", found.Architecture, architectures)}}, nil
	}
	return nil, nil
}
