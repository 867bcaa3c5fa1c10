package ec2_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

func (l *lab) describeImage(id string) types.Image {
	l.t.Helper()
	return do(l.t, l.ec2.DescribeImages, &sdk.DescribeImagesInput{ImageIds: []string{id}}).Images[0]
}

func TestCreateImage(t *testing.T) {
	l := newLab(t)
	instance := l.run(ec2.ImageWeb1)
	in := &sdk.CreateImageInput{InstanceId: &instance, Name: aws.String("web"), NoReboot: aws.Bool(true),
		TagSpecifications: []types.TagSpecification{tagSpec(types.ResourceTypeImage, "k", "image"), tagSpec(types.ResourceTypeSnapshot, "k", "snapshot")}}
	refused(t, l.ec2.CreateImage, in, "IncorrectState", "not in state")
	l.pass(time.Minute)
	id := *do(t, l.ec2.CreateImage, in).ImageId
	refused(t, l.ec2.CreateImage, in, "InvalidAMIName.Duplicate", "AMI name web is already in use by AMI "+id)
	if got := l.describeImage(id); got.State != types.ImageStatePending || *got.SourceInstanceId != instance || tagValue(got.Tags, "k") != "image" {
		t.Errorf("image %+v", got)
	}
	refused(t, l.ec2.RunInstances, l.runInput(id), "InvalidAMIID.Unavailable", "AMI "+id+" is pending, and cannot be run.")
	l.pass(5 * time.Minute)
	got := l.describeImage(id)
	if got.State != types.ImageStateAvailable {
		t.Errorf("state %s", got.State)
	}
	snapshot := do(t, l.ec2.DescribeSnapshots, &sdk.DescribeSnapshotsInput{SnapshotIds: []string{*got.BlockDeviceMappings[0].Ebs.SnapshotId}}).Snapshots[0]
	if snapshot.State != types.SnapshotStateCompleted || tagValue(snapshot.Tags, "k") != "snapshot" || !strings.Contains(*snapshot.Description, id) {
		t.Errorf("snapshot %+v", snapshot)
	}
}

func TestImageOfInstanceInheritsItsServer(t *testing.T) {
	for image, serves := range map[string]bool{ec2.ImageWeb1: true, ec2.ImageBad: false} {
		l := newLab(t)
		first := l.run(image)
		l.pass(time.Minute)
		copied := *do(t, l.ec2.CopyImage, &sdk.CopyImageInput{Name: aws.String("copy"), SourceRegion: aws.String("eu-west-1"),
			SourceImageId: aws.String(l.image(first, "made"))}).ImageId
		l.pass(time.Hour)
		second := l.run(copied)
		l.pass(time.Hour)
		if l.ec2.Serving(second, 80, l.now) != serves {
			t.Errorf("%s: a server of its image serves: %t", image, !serves)
		}
	}
}

func TestCreateImageChoosesDisks(t *testing.T) {
	l := newLab(t)
	run := l.runInput(ec2.ImageWeb1)
	run.BlockDeviceMappings = []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvdb"), Ebs: &types.EbsBlockDevice{VolumeSize: aws.Int32(5)}}}
	instance := *do(t, l.ec2.RunInstances, run).Instances[0].InstanceId
	l.pass(time.Minute)
	id := *do(t, l.ec2.CreateImage, &sdk.CreateImageInput{InstanceId: &instance, Name: aws.String("web"), BlockDeviceMappings: []types.BlockDeviceMapping{
		{DeviceName: aws.String("/dev/xvdb"), NoDevice: aws.String("")}, {DeviceName: aws.String("/dev/xvdz"), NoDevice: aws.String("")}}}).ImageId
	var devices []string
	for _, m := range l.describeImage(id).BlockDeviceMappings {
		devices = append(devices, *m.DeviceName)
	}
	if !slices.Equal(devices, []string{"/dev/xvda"}) {
		t.Errorf("devices %q", devices)
	}
}

func TestCreateImageRestartsTheServer(t *testing.T) {
	l := newLab(t)
	id := l.run(ec2.ImageWeb1)
	l.pass(time.Hour)
	do(t, l.ec2.CreateImage, &sdk.CreateImageInput{InstanceId: &id, Name: aws.String("web")})
	if l.ec2.Serving(id, 80, l.now) {
		t.Error("it serves while it restarts")
	}
	l.pass(time.Minute)
	if !l.ec2.Serving(id, 80, l.now) {
		t.Error("it does not come back")
	}
}

func TestSnapshotsOfAVolumeAreRationed(t *testing.T) {
	l := newLab(t)
	id := l.run(ec2.ImageWeb1)
	l.pass(time.Minute)
	image := func(name string) *sdk.CreateImageInput {
		return &sdk.CreateImageInput{InstanceId: &id, Name: &name, NoReboot: aws.Bool(true)}
	}
	do(t, l.ec2.CreateImage, image("one"))
	refused(t, l.ec2.CreateImage, image("two"), "SnapshotCreationPerVolumeRateExceeded", "")
	l.pass(15 * time.Second)
	do(t, l.ec2.CreateImage, image("two"))
}

func TestDeregisterImage(t *testing.T) {
	l := newLab(t)
	instance := l.run(ec2.ImageWeb1)
	l.pass(time.Minute)
	id := l.image(instance, "web")
	snapshot := *l.describeImage(id).BlockDeviceMappings[0].Ebs.SnapshotId
	refused(t, l.ec2.DeleteSnapshot, &sdk.DeleteSnapshotInput{SnapshotId: &snapshot}, "InvalidSnapshot.InUse", "currently in use by "+id)
	do(t, l.ec2.DeregisterImage, &sdk.DeregisterImageInput{ImageId: &id})
	if got := l.describeImage(id).State; got != types.ImageStateDeregistered {
		t.Errorf("at once %s", got)
	}
	refused(t, l.ec2.RunInstances, l.runInput(id), "InvalidAMIID.Unavailable", id)
	l.pass(5 * time.Second)
	if got := do(t, l.ec2.DescribeImages, &sdk.DescribeImagesInput{ImageIds: []string{id}}).Images; len(got) > 0 {
		t.Error("still shown")
	}
	l.pass(time.Minute)
	refused(t, l.ec2.DescribeImages, &sdk.DescribeImagesInput{ImageIds: []string{id}}, "InvalidAMIID.NotFound", "The image id '["+id+"]' does not exist")
	do(t, l.ec2.DeleteSnapshot, &sdk.DeleteSnapshotInput{SnapshotId: &snapshot})
	refused(t, l.ec2.DeleteSnapshot, &sdk.DeleteSnapshotInput{SnapshotId: &snapshot}, "InvalidSnapshot.NotFound", "")
	l.image(instance, "web") // the name is free again
}

func TestDeregisterImageKeepsSnapshotsOfOthers(t *testing.T) {
	l := newLab(t)
	instance := l.run(ec2.ImageWeb1)
	l.pass(time.Minute)
	id := l.image(instance, "web")
	snapshot := l.describeImage(id).BlockDeviceMappings[0].Ebs.SnapshotId
	twin := *do(t, l.ec2.RegisterImage, &sdk.RegisterImageInput{Name: aws.String("twin"), RootDeviceName: aws.String("/dev/xvda"),
		BlockDeviceMappings: []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsBlockDevice{SnapshotId: snapshot}}}}).ImageId
	for _, step := range []struct {
		image string
		want  types.SnapshotReturnCodes
	}{{id, types.SnapshotReturnCodesWarnSkipped}, {twin, types.SnapshotReturnCodesSuccess}} {
		out := do(t, l.ec2.DeregisterImage, &sdk.DeregisterImageInput{ImageId: &step.image, DeleteAssociatedSnapshots: aws.Bool(true)})
		if got := out.DeleteSnapshotResults[0]; got.ReturnCode != step.want || *got.SnapshotId != *snapshot {
			t.Errorf("%s: %s", step.image, got.ReturnCode)
		}
	}
}

func TestForeignImageIsNotOurs(t *testing.T) {
	l := newLab(t)
	refused(t, l.ec2.DeregisterImage, &sdk.DeregisterImageInput{ImageId: aws.String(ec2.ImageWeb1)}, "AuthFailure", ec2.ImageWeb1)
	refused(t, l.ec2.DescribeImageAttribute, &sdk.DescribeImageAttributeInput{ImageId: aws.String(ec2.ImageWeb1),
		Attribute: types.ImageAttributeNameLaunchPermission}, "AuthFailure", "")
}

func TestRegisterImageRefuses(t *testing.T) {
	l := newLab(t)
	id := l.run(ec2.ImageWeb1)
	l.pass(time.Minute)
	pending := *do(t, l.ec2.CreateSnapshot, &sdk.CreateSnapshotInput{VolumeId: l.instance(id).BlockDeviceMappings[0].Ebs.VolumeId}).SnapshotId
	for name, test := range map[string]struct {
		ebs  types.EbsBlockDevice
		code string
	}{
		"pending snapshot": {types.EbsBlockDevice{SnapshotId: &pending}, "IncorrectState"},
		"unknown snapshot": {types.EbsBlockDevice{SnapshotId: aws.String("snap-00000000000000000")}, "InvalidSnapshot.NotFound"},
		"encrypted flag":   {types.EbsBlockDevice{SnapshotId: &pending, Encrypted: aws.Bool(true)}, "InvalidBlockDeviceMapping"},
		"no snapshot":      {types.EbsBlockDevice{VolumeSize: aws.Int32(8)}, "InvalidBlockDeviceMapping"},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, l.ec2.RegisterImage, &sdk.RegisterImageInput{Name: aws.String("web"), RootDeviceName: aws.String("/dev/xvda"),
				BlockDeviceMappings: []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &test.ebs}}}, test.code, "")
		})
	}
}

func TestCopyImage(t *testing.T) {
	l := newLab(t)
	far := ec2.New(region.New("123456789012", "eu-central-1", func() time.Time { return l.now }, 2))
	far.Peer = func(name string) *ec2.Service {
		if name == "eu-west-1" {
			return l.ec2
		}
		return nil
	}
	instance := l.run(ec2.ImageWeb1)
	l.pass(time.Minute)
	source := *do(t, l.ec2.CreateImage, &sdk.CreateImageInput{InstanceId: &instance, Name: aws.String("web"),
		TagSpecifications: []types.TagSpecification{tagSpec(types.ResourceTypeImage, "k", "source")}}).ImageId
	in := &sdk.CopyImageInput{Name: aws.String("web"), SourceRegion: aws.String("eu-west-1"), SourceImageId: &source,
		ClientToken: aws.String("copy"), Encrypted: aws.Bool(true), CopyImageTags: aws.Bool(true)}
	refused(t, far.CopyImage, in, "InvalidRequest", "pending")
	l.pass(time.Hour)
	id := *do(t, far.CopyImage, in).ImageId
	if again := *do(t, far.CopyImage, in).ImageId; again != id {
		t.Error("the same token copied twice")
	}
	l.pass(time.Hour)
	got := do(t, far.DescribeImages, &sdk.DescribeImagesInput{Owners: []string{"self"}}).Images[0]
	if got.State != types.ImageStateAvailable || *got.SourceImageId != source || tagValue(got.Tags, "k") != "source" ||
		!*got.BlockDeviceMappings[0].Ebs.Encrypted {
		t.Errorf("copy %+v", got)
	}
	refused(t, far.ModifyImageAttribute, share(id), "InvalidParameter", "can't be shared")
}

func share(id string) *sdk.ModifyImageAttributeInput {
	return &sdk.ModifyImageAttributeInput{ImageId: &id, LaunchPermission: &types.LaunchPermissionModifications{
		Add: []types.LaunchPermission{{UserId: aws.String("210987654321")}}}}
}

func TestCopyImageWithBadKeyFailsLater(t *testing.T) {
	l := newLab(t)
	l.ec2.KeyUsable = func(key string) bool { return key != "alias/gone" }
	in := &sdk.CopyImageInput{Name: aws.String("web"), SourceRegion: aws.String("eu-west-1"), SourceImageId: aws.String(ec2.ImageWeb1), KmsKeyId: aws.String("alias/gone")}
	refused(t, l.ec2.CopyImage, in, "InvalidParameterDependency", "Encrypted")
	in.Encrypted = aws.Bool(true)
	id := *do(t, l.ec2.CopyImage, in).ImageId
	if got := l.describeImage(id).State; got != types.ImageStatePending {
		t.Errorf("at first %s", got)
	}
	l.pass(time.Hour)
	if got := l.describeImage(id); got.State != types.ImageStateFailed || !strings.Contains(*got.StateReason.Message, "key") {
		t.Errorf("then %s, %+v", got.State, got.StateReason)
	}
}

func TestLaunchPermissions(t *testing.T) {
	l := newLab(t)
	instance := l.run(ec2.ImageWeb1)
	l.pass(time.Minute)
	id := l.image(instance, "web")
	permissions := func() string {
		out := do(t, l.ec2.DescribeImageAttribute, &sdk.DescribeImageAttributeInput{ImageId: &id, Attribute: types.ImageAttributeNameLaunchPermission})
		var users []string
		for _, p := range out.LaunchPermissions {
			users = append(users, aws.ToString(p.UserId)+string(p.Group))
		}
		return fmt.Sprint(users)
	}
	do(t, l.ec2.ModifyImageAttribute, share(id))
	do(t, l.ec2.ModifyImageAttribute, share(id))
	if got := permissions(); got != "[210987654321]" {
		t.Errorf("shared with %s", got)
	}
	do(t, l.ec2.ModifyImageAttribute, &sdk.ModifyImageAttributeInput{ImageId: &id, Attribute: aws.String("launchPermission"),
		OperationType: types.OperationTypeRemove, UserIds: []string{"210987654321"}})
	if got := permissions(); got != "[]" {
		t.Errorf("still shared with %s", got)
	}
}

func TestModifyImageAttributeTakesOneAttribute(t *testing.T) {
	l := newLab(t)
	instance := l.run(ec2.ImageWeb1)
	l.pass(time.Minute)
	id := l.image(instance, "web")
	text := &types.AttributeValue{Value: aws.String("v2.0")}
	refused(t, l.ec2.ModifyImageAttribute, &sdk.ModifyImageAttributeInput{ImageId: &id, Description: text, ImdsSupport: text}, "InvalidParameterCombination", "")
	refused(t, l.ec2.ModifyImageAttribute, &sdk.ModifyImageAttributeInput{ImageId: &id}, "InvalidParameterCombination", "")
	refused(t, l.ec2.ModifyImageAttribute, &sdk.ModifyImageAttributeInput{ImageId: &id, ImdsSupport: &types.AttributeValue{Value: aws.String("off")}},
		"InvalidAMIAttributeItemValue", "")
	do(t, l.ec2.ModifyImageAttribute, &sdk.ModifyImageAttributeInput{ImageId: &id, Description: text})
	if got := l.describeImage(id); *got.Description != "v2.0" {
		t.Errorf("description %q", *got.Description)
	}
}

func TestDescribeImagesByOwner(t *testing.T) {
	l := newLab(t)
	instance := l.run(ec2.ImageWeb1)
	l.pass(time.Minute)
	l.image(instance, "mine")
	for owner, want := range map[string]int{"self": 1, "amazon": 8, ec2.ImageOwner: 8, "123456789012": 1, "210987654321": 0} {
		if got := len(do(t, l.ec2.DescribeImages, &sdk.DescribeImagesInput{Owners: []string{owner}}).Images); got != want {
			t.Errorf("%s owns %d images, want %d", owner, got, want)
		}
	}
	refused(t, l.ec2.DescribeImages, &sdk.DescribeImagesInput{ImageIds: []string{ec2.ImageWeb1, "ami-00000000000000000", "ami-00000000000000001"}},
		"InvalidAMIID.NotFound", "The image ids '[ami-00000000000000000, ami-00000000000000001]' do not exist")
}
