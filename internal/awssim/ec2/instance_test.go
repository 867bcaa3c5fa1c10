package ec2_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

func TestInstanceLife(t *testing.T) {
	l := newLab(t)
	id := l.run(ec2.ImageWeb1)
	steps := []struct {
		pass time.Duration
		do   func()
		want types.InstanceStateName
	}{
		{0, nil, types.InstanceStateNamePending},
		{20 * time.Second, nil, types.InstanceStateNameRunning},
		{time.Hour, nil, types.InstanceStateNameRunning},
		{0, func() { do(t, l.ec2.StopInstances, &sdk.StopInstancesInput{InstanceIds: []string{id}}) }, types.InstanceStateNameStopping},
		{time.Minute, nil, types.InstanceStateNameStopped},
		{0, func() { do(t, l.ec2.StartInstances, &sdk.StartInstancesInput{InstanceIds: []string{id}}) }, types.InstanceStateNamePending},
		{20 * time.Second, nil, types.InstanceStateNameRunning},
		{0, func() { do(t, l.ec2.TerminateInstances, &sdk.TerminateInstancesInput{InstanceIds: []string{id}}) }, types.InstanceStateNameShuttingDown},
		{time.Minute, nil, types.InstanceStateNameTerminated},
		{0, func() { do(t, l.ec2.TerminateInstances, &sdk.TerminateInstancesInput{InstanceIds: []string{id}}) }, types.InstanceStateNameTerminated},
	}
	for n, step := range steps {
		l.pass(step.pass)
		if step.do != nil {
			step.do()
		}
		if got := l.state(id); got != step.want {
			t.Fatalf("step %d: %s, want %s", n, got, step.want)
		}
	}
	l.pass(time.Hour)
	refused(t, l.ec2.DescribeInstances, &sdk.DescribeInstancesInput{InstanceIds: []string{id}}, "InvalidInstanceID.NotFound", id)
}

func TestTerminatedInstanceKeepsReasonAndLosesNetwork(t *testing.T) {
	l := newLab(t)
	id := l.run(ec2.ImageWeb1)
	do(t, l.ec2.TerminateInstances, &sdk.TerminateInstancesInput{InstanceIds: []string{id}})
	l.pass(time.Minute)
	i := l.instance(id)
	if *i.StateReason.Code != "Client.UserInitiatedShutdown" || !strings.HasPrefix(*i.StateTransitionReason, "User initiated (") {
		t.Errorf("reason %q, transition %q", *i.StateReason.Code, *i.StateTransitionReason)
	}
	if i.VpcId != nil || len(i.NetworkInterfaces) > 0 || len(i.BlockDeviceMappings) > 0 {
		t.Error("a terminated instance still has network or disks")
	}
}

func TestTerminateIsAllOrNothing(t *testing.T) {
	l := newLab(t)
	id := l.run(ec2.ImageWeb1)
	l.pass(time.Minute)
	refused(t, l.ec2.TerminateInstances, &sdk.TerminateInstancesInput{InstanceIds: []string{id, "i-00000000000000000"}},
		"InvalidInstanceID.NotFound", "The instance ID 'i-00000000000000000' does not exist")
	if got := l.state(id); got != types.InstanceStateNameRunning {
		t.Errorf("the good instance is %s", got)
	}
}

func TestTerminationProtection(t *testing.T) {
	l := newLab(t)
	in := l.runInput(ec2.ImageWeb1)
	in.DisableApiTermination = aws.Bool(true)
	id := *do(t, l.ec2.RunInstances, in).Instances[0].InstanceId
	refused(t, l.ec2.TerminateInstances, &sdk.TerminateInstancesInput{InstanceIds: []string{id}}, "OperationNotPermitted", "disableApiTermination")
	l.ec2.Terminate(id, l.now, "")
	if got := l.state(id); got != types.InstanceStateNameShuttingDown {
		t.Errorf("Auto Scaling's termination left it %s", got)
	}
}

func TestInterfaceStaysUntilTerminated(t *testing.T) {
	l := newLab(t)
	id := l.run(ec2.ImageWeb1)
	eni := *l.instance(id).NetworkInterfaces[0].NetworkInterfaceId
	count := func() int {
		return len(do(t, l.ec2.DescribeNetworkInterfaces, &sdk.DescribeNetworkInterfacesInput{
			Filters: []types.Filter{{Name: aws.String("network-interface-id"), Values: []string{eni}}}}).NetworkInterfaces)
	}
	l.pass(time.Minute)
	do(t, l.ec2.TerminateInstances, &sdk.TerminateInstancesInput{InstanceIds: []string{id}})
	l.pass(59 * time.Second)
	refused(t, l.ec2.DeleteSecurityGroup, &sdk.DeleteSecurityGroupInput{GroupId: &l.group}, "DependencyViolation", l.group)
	if count() != 1 {
		t.Error("the interface went before its instance")
	}
	l.pass(time.Second)
	if count() != 0 {
		t.Error("the interface outlived its instance")
	}
	do(t, l.ec2.DeleteSecurityGroup, &sdk.DeleteSecurityGroupInput{GroupId: &l.group})
}

func TestRunInstancesRefuses(t *testing.T) {
	l := newLab(t)
	other := *do(t, l.ec2.CreateVpc, &sdk.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")}).Vpc.VpcId
	l.pass(time.Minute)
	foreign := *do(t, l.ec2.CreateSecurityGroup, &sdk.CreateSecurityGroupInput{VpcId: &other, GroupName: aws.String("x"), Description: aws.String("x")}).GroupId
	l.pass(time.Minute)
	for name, test := range map[string]struct {
		change     func(*sdk.RunInstancesInput)
		code, text string
	}{
		"unknown image":   {func(in *sdk.RunInstancesInput) { in.ImageId = aws.String("ami-00000000000000000") }, "InvalidAMIID.NotFound", "The image id '[ami-00000000000000000]' does not exist"},
		"malformed image": {func(in *sdk.RunInstancesInput) { in.ImageId = aws.String("web") }, "InvalidAMIID.Malformed", "web"},
		"no image":        {func(in *sdk.RunInstancesInput) { in.ImageId = nil }, "MissingParameter", "ImageId"},
		"unknown type":    {func(in *sdk.RunInstancesInput) { in.InstanceType = "x9.huge" }, "InvalidParameterValue", "Invalid value 'x9.huge' for InstanceType."},
		"architecture": {func(in *sdk.RunInstancesInput) { in.InstanceType = "t4g.micro" }, "InvalidParameterValue",
			"The architecture 'arm64' of the specified instance type does not match the architecture 'x86_64' of the specified AMI"},
		"zone": {func(in *sdk.RunInstancesInput) {
			in.InstanceType, in.ImageId, in.SubnetId = "m7g.large", aws.String(ec2.ImageWeb1ARM), &l.subnets[3]
		}, "Unsupported", "Your requested instance type (m7g.large) is not supported in your requested Availability Zone (eu-west-1d). " +
			"Please retry your request by not specifying an Availability Zone or choosing eu-west-1a, eu-west-1b, eu-west-1c."},
		"unknown group":  {func(in *sdk.RunInstancesInput) { in.SecurityGroupIds = []string{"sg-00000000000000000"} }, "InvalidGroup.NotFound", "The security group 'sg-00000000000000000' does not exist"},
		"foreign group":  {func(in *sdk.RunInstancesInput) { in.SecurityGroupIds = []string{foreign} }, "InvalidParameter", "belong to different networks"},
		"unknown subnet": {func(in *sdk.RunInstancesInput) { in.SubnetId = aws.String("subnet-00000000000000000") }, "InvalidSubnetID.NotFound", ""},
		"no subnet":      {func(in *sdk.RunInstancesInput) { in.SubnetId = nil }, "VPCIdNotSpecified", "No default VPC"},
		"unknown key":    {func(in *sdk.RunInstancesInput) { in.KeyName = aws.String("mine") }, "InvalidKeyPair.NotFound", "mine"},
		"unknown profile": {func(in *sdk.RunInstancesInput) {
			in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: aws.String("web")}
		}, "InvalidParameterValue", "Value (web) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"},
		"interfaces and groups": {func(in *sdk.RunInstancesInput) {
			in.SubnetId = nil
			in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), SubnetId: &l.subnets[0]}}
		}, "InvalidParameterCombination", "Network interfaces and an instance-level security groups may not be specified on the same request"},
		"interfaces and subnet": {func(in *sdk.RunInstancesInput) {
			in.SecurityGroupIds = nil
			in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), SubnetId: &l.subnets[0]}}
		}, "InvalidParameterCombination", "instance-level subnet ID"},
		"no first interface": {func(in *sdk.RunInstancesInput) {
			in.SecurityGroupIds, in.SubnetId = nil, nil
			in.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(1), SubnetId: &l.subnets[0]}}
		}, "InvalidParameterCombination", "device index 0"},
		"small disk": {func(in *sdk.RunInstancesInput) {
			in.BlockDeviceMappings = []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsBlockDevice{VolumeSize: aws.Int32(4)}}}
		}, "InvalidBlockDeviceMapping", "expect size >= 8GB"},
		"unknown snapshot": {func(in *sdk.RunInstancesInput) {
			in.BlockDeviceMappings = []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvdb"), Ebs: &types.EbsBlockDevice{SnapshotId: aws.String("snap-00000000000000000")}}}
		}, "InvalidSnapshot.NotFound", ""},
		"unknown template": {func(in *sdk.RunInstancesInput) {
			in.LaunchTemplate = &types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("gone")}
		}, "InvalidLaunchTemplateName.NotFoundException", ""},
		"dry run": {func(in *sdk.RunInstancesInput) { in.DryRun = aws.Bool(true) }, "DryRunOperation", "Request would have succeeded"},
	} {
		t.Run(name, func(t *testing.T) {
			in := l.runInput(ec2.ImageWeb1)
			test.change(in)
			refused(t, l.ec2.RunInstances, in, test.code, test.text)
		})
	}
	if out := do(t, l.ec2.DescribeInstances, &sdk.DescribeInstancesInput{}); len(out.Reservations) > 0 {
		t.Error("a refused launch left an instance")
	}
}

func TestProfileIsUsableOnlyAfterAWhile(t *testing.T) {
	l := newLab(t)
	usable := l.now.Add(10 * time.Second)
	l.ec2.InstanceProfile = func(name string) (time.Time, bool) { return usable, name == "web" }
	in := l.runInput(ec2.ImageWeb1)
	in.IamInstanceProfile = &types.IamInstanceProfileSpecification{Name: aws.String("web")}
	refused(t, l.ec2.RunInstances, in, "InvalidParameterValue", "Invalid IAM Instance Profile name")
	l.pass(10 * time.Second)
	i := do(t, l.ec2.RunInstances, in).Instances[0]
	if *i.IamInstanceProfile.Arn != "arn:aws:iam::123456789012:instance-profile/web" {
		t.Errorf("profile %s", *i.IamInstanceProfile.Arn)
	}
}

func TestCapacityErrorNamesOtherZones(t *testing.T) {
	l := newLab(t)
	l.ec2.FailCapacity = func(zone, _ string, _ bool) bool { return zone != "eu-west-1b" }
	refused(t, l.ec2.RunInstances, l.runInput(ec2.ImageWeb1), "InsufficientInstanceCapacity",
		"We currently do not have sufficient t3.micro capacity in the Availability Zone you requested (eu-west-1a). "+
			"Our system will be working on provisioning additional capacity. You can currently get t3.micro capacity by not specifying an Availability Zone in your request or choosing eu-west-1b.")
}

func TestVCPUQuota(t *testing.T) {
	l := newLab(t)
	l.ec2.VCPULimit = 4
	l.run(ec2.ImageWeb1)
	l.run(ec2.ImageWeb1)
	refused(t, l.ec2.RunInstances, l.runInput(ec2.ImageWeb1), "VcpuLimitExceeded", "vCPU limit of 4")
}

func TestRunInstancesClientToken(t *testing.T) {
	l := newLab(t)
	in := l.runInput(ec2.ImageWeb1)
	in.ClientToken = aws.String("canary")
	first := *do(t, l.ec2.RunInstances, in).Instances[0].InstanceId
	l.pass(time.Minute)
	again := do(t, l.ec2.RunInstances, in).Instances[0]
	if *again.InstanceId != first || again.State.Name != types.InstanceStateNameRunning {
		t.Errorf("the same token gave %s in %s, want %s running", *again.InstanceId, again.State.Name, first)
	}
	in.InstanceType = types.InstanceTypeT3Small
	refused(t, l.ec2.RunInstances, in, "IdempotentParameterMismatch", "")
}

func TestRequestGoesOverTemplate(t *testing.T) {
	l := newLab(t)
	l.template("web", func(d *types.RequestLaunchTemplateData) {
		d.TagSpecifications = []types.LaunchTemplateTagSpecificationRequest{
			{ResourceType: types.ResourceTypeInstance, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("template")}, {Key: aws.String("b"), Value: aws.String("template")}}},
			{ResourceType: types.ResourceTypeVolume, Tags: []types.Tag{{Key: aws.String("v"), Value: aws.String("template")}}}}
	})
	i := do(t, l.ec2.RunInstances, &sdk.RunInstancesInput{MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: &l.subnets[1],
		LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("web"), Version: aws.String("$Latest")},
		InstanceType:   types.InstanceTypeM5Large, TagSpecifications: []types.TagSpecification{tagSpec(types.ResourceTypeInstance, "b", "request")},
	}).Instances[0]
	if *i.ImageId != ec2.ImageWeb1 || i.InstanceType != types.InstanceTypeM5Large || *i.Placement.AvailabilityZone != "eu-west-1b" {
		t.Errorf("launched %s on %s in %s", *i.ImageId, i.InstanceType, *i.Placement.AvailabilityZone)
	}
	for key, want := range map[string]string{"a": "template", "b": "request", "v": "", "aws:ec2launchtemplate:version": "1"} {
		if got := tagValue(i.Tags, key); got != want {
			t.Errorf("tag %s is %q, want %q", key, got, want)
		}
	}
	volumes := do(t, l.ec2.DescribeVolumes, &sdk.DescribeVolumesInput{Filters: []types.Filter{{Name: aws.String("tag:v"), Values: []string{"template"}}}})
	if len(volumes.Volumes) != 1 {
		t.Errorf("%d volumes have the template's tag", len(volumes.Volumes))
	}
}

func TestVolumesFollowBlockDevices(t *testing.T) {
	l := newLab(t)
	in := l.runInput(ec2.ImageWeb1)
	in.BlockDeviceMappings = []types.BlockDeviceMapping{
		{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsBlockDevice{VolumeSize: aws.Int32(20), Encrypted: aws.Bool(true)}},
		{DeviceName: aws.String("/dev/xvdb"), Ebs: &types.EbsBlockDevice{VolumeSize: aws.Int32(5), DeleteOnTermination: aws.Bool(false)}},
	}
	id := *do(t, l.ec2.RunInstances, in).Instances[0].InstanceId
	volumes := do(t, l.ec2.DescribeVolumes, &sdk.DescribeVolumesInput{
		Filters: []types.Filter{{Name: aws.String("attachment.instance-id"), Values: []string{id}}}}).Volumes
	var got []string
	for _, v := range volumes {
		got = append(got, fmt.Sprint(*v.Attachments[0].Device, " ", *v.Size, " ", v.VolumeType, " ", *v.Encrypted, " ", v.KmsKeyId != nil))
	}
	if want := "/dev/xvda 20 gp3 true true, /dev/xvdb 5 gp2 false false"; strings.Join(got, ", ") != want {
		t.Errorf("volumes %q, want %q", got, want)
	}
	do(t, l.ec2.TerminateInstances, &sdk.TerminateInstancesInput{InstanceIds: []string{id}})
	l.pass(time.Minute)
	left := do(t, l.ec2.DescribeVolumes, &sdk.DescribeVolumesInput{}).Volumes
	if len(left) != 1 || left[0].State != types.VolumeStateAvailable || *left[0].Size != 5 {
		t.Errorf("after the end %d volumes are left", len(left))
	}
}

func TestBrokenImageTerminatesItself(t *testing.T) {
	for name, start := range map[string]func(l *lab) string{
		"image": func(l *lab) string { return l.run(ec2.ImageBroken) },
		"key": func(l *lab) string {
			l.ec2.KeyUsable = func(string) bool { return false }
			in := l.runInput(ec2.ImageWeb1)
			in.BlockDeviceMappings = []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsBlockDevice{Encrypted: aws.Bool(true)}}}
			return *do(l.t, l.ec2.RunInstances, in).Instances[0].InstanceId
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			id := start(l)
			if got := l.state(id); got != types.InstanceStateNamePending {
				t.Errorf("at first %s", got)
			}
			l.pass(5 * time.Second)
			i := l.instance(id)
			if i.State.Name != types.InstanceStateNameTerminated || *i.StateReason.Message != "Client.InternalError: Client error on launch" {
				t.Errorf("then %s because of %q", i.State.Name, *i.StateReason.Message)
			}
			if left := do(t, l.ec2.DescribeVolumes, &sdk.DescribeVolumesInput{}).Volumes; len(left) > 0 {
				t.Error("its volumes are left")
			}
		})
	}
}

func TestInstanceStatus(t *testing.T) {
	l := newLab(t)
	id := l.run(ec2.ImageBad)
	status := func(all bool) string {
		out := do(t, l.ec2.DescribeInstanceStatus, &sdk.DescribeInstanceStatusInput{InstanceIds: []string{id}, IncludeAllInstances: &all})
		if len(out.InstanceStatuses) == 0 {
			return "none"
		}
		return string(out.InstanceStatuses[0].InstanceStatus.Status)
	}
	if got := status(false) + " " + status(true); got != "none not-applicable" {
		t.Errorf("pending: %s", got)
	}
	l.pass(30 * time.Second)
	if got := status(false); got != "initializing" {
		t.Errorf("running: %s", got)
	}
	l.pass(3 * time.Minute)
	if got := status(false); got != "ok" {
		t.Errorf("later: %s", got)
	}
}

func TestDescribeInstancesPagesAndFilters(t *testing.T) {
	l := newLab(t)
	in := l.runInput(ec2.ImageWeb1)
	in.MinCount, in.MaxCount = aws.Int32(7), aws.Int32(7)
	do(t, l.ec2.RunInstances, in)
	first := do(t, l.ec2.DescribeInstances, &sdk.DescribeInstancesInput{MaxResults: aws.Int32(5)})
	second := do(t, l.ec2.DescribeInstances, &sdk.DescribeInstancesInput{MaxResults: aws.Int32(5), NextToken: first.NextToken})
	if len(first.Reservations[0].Instances) != 5 || len(second.Reservations[0].Instances) != 2 || second.NextToken != nil {
		t.Error("pages of 5 and 2 expected")
	}
	id := *second.Reservations[0].Instances[0].InstanceId
	refused(t, l.ec2.DescribeInstances, &sdk.DescribeInstancesInput{InstanceIds: []string{id}, MaxResults: aws.Int32(5)},
		"InvalidParameterCombination", "instancesSet")
	refused(t, l.ec2.DescribeInstances, &sdk.DescribeInstancesInput{Filters: []types.Filter{{Name: aws.String("colour"), Values: []string{"red"}}}},
		"InvalidParameterValue", "colour")
	out := do(t, l.ec2.DescribeInstances, &sdk.DescribeInstancesInput{Filters: []types.Filter{
		{Name: aws.String("instance-state-name"), Values: []string{"running", "terminated"}}}})
	if len(out.Reservations) != 0 {
		t.Error("pending instances passed the filter")
	}
}

func TestStopAndStartInWrongState(t *testing.T) {
	l := newLab(t)
	id := l.run(ec2.ImageWeb1)
	refused(t, l.ec2.StopInstances, &sdk.StopInstancesInput{InstanceIds: []string{id}}, "IncorrectInstanceState", "stopped")
	l.pass(time.Minute)
	do(t, l.ec2.StopInstances, &sdk.StopInstancesInput{InstanceIds: []string{id}})
	refused(t, l.ec2.StartInstances, &sdk.StartInstancesInput{InstanceIds: []string{id}}, "IncorrectInstanceState", "started")
}

func TestUserDataAttribute(t *testing.T) {
	l := newLab(t)
	in := l.runInput(ec2.ImageWeb1)
	in.UserData = aws.String(base64.StdEncoding.EncodeToString([]byte("#!/bin/sh")))
	id := *do(t, l.ec2.RunInstances, in).Instances[0].InstanceId
	out := do(t, l.ec2.DescribeInstanceAttribute, &sdk.DescribeInstanceAttributeInput{InstanceId: &id, Attribute: types.InstanceAttributeNameUserData})
	if *out.UserData.Value != *in.UserData {
		t.Errorf("user data %q", *out.UserData.Value)
	}
}

func TestConsoleOutput(t *testing.T) {
	l := newLab(t)
	id := l.run(ec2.ImageBad)
	console := func(latest bool) string {
		out := do(t, l.ec2.GetConsoleOutput, &sdk.GetConsoleOutputInput{InstanceId: &id, Latest: &latest})
		text, err := base64.StdEncoding.DecodeString(aws.ToString(out.Output))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(text))
	}
	failure := `nginx: [emerg] unknown directive "serverr" in /etc/nginx/nginx.conf:12`
	l.pass(time.Minute)
	if console(false) != "" {
		t.Error("output was posted at once")
	}
	if !strings.HasSuffix(console(true), failure) {
		t.Errorf("the live console ends in %q", console(true))
	}
	l.pass(2 * time.Minute)
	if !strings.HasSuffix(console(false), failure) {
		t.Errorf("the posted output ends in %q", console(false))
	}
	do(t, l.ec2.TerminateInstances, &sdk.TerminateInstancesInput{InstanceIds: []string{id}})
	l.pass(10 * time.Minute)
	if !strings.HasSuffix(console(false), failure) {
		t.Error("the output is lost with the instance")
	}
}

func TestAnswersAreCopies(t *testing.T) {
	l := newLab(t)
	id := l.run(ec2.ImageWeb1)
	i := l.instance(id)
	*i.Placement.AvailabilityZone, *i.NetworkInterfaces[0].SubnetId, *i.ImageId = "x", "x", "x"
	if i := l.instance(id); *i.Placement.AvailabilityZone == "x" || *i.NetworkInterfaces[0].SubnetId == "x" || *i.ImageId == "x" {
		t.Error("the caller changed the state")
	}
}
