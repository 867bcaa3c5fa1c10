package ec2_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

func TestLaunchTakesWhatTheSubnetHas(t *testing.T) {
	l := newLab(t)
	small := do(t, l.ec2.CreateSubnet, &sdk.CreateSubnetInput{VpcId: &l.vpc, CidrBlock: aws.String("10.0.200.0/28")}).Subnet.SubnetId
	in := l.runInput(ec2.ImageWeb1)
	in.SubnetId, in.MinCount, in.MaxCount = small, aws.Int32(12), aws.Int32(20)
	refused(t, l.ec2.RunInstances, in, "InsufficientFreeAddressesInSubnet", *small)
	in.MinCount = aws.Int32(5)
	if got := len(do(t, l.ec2.RunInstances, in).Instances); got != 11 {
		t.Errorf("%d instances in a subnet of 11 addresses", got)
	}
	in.MinCount, in.MaxCount = aws.Int32(1), aws.Int32(1)
	refused(t, l.ec2.RunInstances, in, "InsufficientFreeAddressesInSubnet", *small)
}

func TestLaunchDefaults(t *testing.T) {
	l := newLab(t)
	do(t, l.ec2.ModifySubnetAttribute, &sdk.ModifySubnetAttributeInput{SubnetId: &l.subnets[0], MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: aws.Bool(true)}})
	in := l.runInput(ec2.ImageWeb1)
	in.SecurityGroupIds = nil
	i := do(t, l.ec2.RunInstances, in).Instances[0]
	if *i.SecurityGroups[0].GroupName != "default" || i.PublicIpAddress == nil {
		t.Errorf("group %s, public address %v", *i.SecurityGroups[0].GroupName, i.PublicIpAddress)
	}
	if options := i.MetadataOptions; options.HttpTokens != types.HttpTokensStateRequired || *options.HttpPutResponseHopLimit != 2 {
		t.Errorf("metadata options %+v: the image asks for IMDSv2", options)
	}
}

func TestLaunchRefusesWhatIsNotSimulated(t *testing.T) {
	l := newLab(t)
	in := l.runInput(ec2.ImageWeb1)
	in.Ipv6AddressCount = aws.Int32(1)
	refused(t, l.ec2.RunInstances, in, "NotImplemented", "")
	in = l.runInput(ec2.ImageWeb1)
	in.ImageId = aws.String("resolve:ssm:/web/image")
	refused(t, l.ec2.RunInstances, in, "NotImplemented", "SSM")
}

func TestComputeObjectsCanBeTagged(t *testing.T) {
	l := newLab(t)
	i := l.instance(l.run(ec2.ImageWeb1))
	template := l.template("web", nil)
	ids := []string{*i.InstanceId, *i.BlockDeviceMappings[0].Ebs.VolumeId, template}
	do(t, l.ec2.CreateTags, &sdk.CreateTagsInput{Resources: ids, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
	shown := do(t, l.ec2.DescribeLaunchTemplates, &sdk.DescribeLaunchTemplatesInput{Filters: []types.Filter{{Name: aws.String("tag:k"), Values: []string{"v"}}}})
	if len(shown.LaunchTemplates) != 1 || tagValue(l.instance(*i.InstanceId).Tags, "k") != "v" {
		t.Error("the tags are not there")
	}
	refused(t, l.ec2.CreateTags, &sdk.CreateTagsInput{Resources: []string{"i-00000000000000000"}, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}},
		"InvalidInstanceID.NotFound", "")
}

func TestDescribeSnapshotsByOwner(t *testing.T) {
	l := newLab(t)
	i := l.instance(l.run(ec2.ImageWeb1))
	mine := *do(t, l.ec2.CreateSnapshot, &sdk.CreateSnapshotInput{VolumeId: i.BlockDeviceMappings[0].Ebs.VolumeId,
		TagSpecifications: []types.TagSpecification{tagSpec(types.ResourceTypeSnapshot, "k", "v")}}).SnapshotId
	out := do(t, l.ec2.DescribeSnapshots, &sdk.DescribeSnapshotsInput{OwnerIds: []string{"self"}}).Snapshots
	if len(out) != 1 || *out[0].SnapshotId != mine || out[0].State != types.SnapshotStatePending || tagValue(out[0].Tags, "k") != "v" {
		t.Errorf("own snapshots %+v", out)
	}
	out = do(t, l.ec2.DescribeSnapshots, &sdk.DescribeSnapshotsInput{OwnerIds: []string{"amazon"}, SnapshotIds: []string{mine}}).Snapshots
	if len(out) != 0 {
		t.Error("ids and owners must narrow each other")
	}
}
