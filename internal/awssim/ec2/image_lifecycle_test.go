package ec2_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

func TestDeprecationIsInTheFutureAndToTheMinute(t *testing.T) {
	l := newLab(t)
	instance := l.run(ec2.ImageWeb1)
	l.pass(time.Minute)
	id := l.image(instance, "web")
	at := l.now.Add(time.Hour).Truncate(time.Minute).Add(12 * time.Second)
	do(t, l.ec2.EnableImageDeprecation, &sdk.EnableImageDeprecationInput{ImageId: &id, DeprecateAt: &at})
	if got := aws.ToString(l.describeImage(id).DeprecationTime); got != at.UTC().Truncate(time.Minute).Format("2006-01-02T15:04:05.000Z") {
		t.Errorf("deprecated at %s", got)
	}
	refused(t, l.ec2.EnableImageDeprecation, &sdk.EnableImageDeprecationInput{ImageId: &id, DeprecateAt: aws.Time(l.now.Add(-time.Hour))}, "InvalidParameterValue", "future")
	do(t, l.ec2.DisableImageDeprecation, &sdk.DisableImageDeprecationInput{ImageId: &id})
	if got := l.describeImage(id).DeprecationTime; got != nil {
		t.Errorf("still deprecated at %s", *got)
	}
}

func TestAProtectedImageIsNotDeregistered(t *testing.T) {
	l := newLab(t)
	instance := l.run(ec2.ImageWeb1)
	l.pass(time.Minute)
	id := l.image(instance, "web")
	do(t, l.ec2.EnableImageDeregistrationProtection, &sdk.EnableImageDeregistrationProtectionInput{ImageId: &id, WithCooldown: aws.Bool(true)})
	refused(t, l.ec2.DeregisterImage, &sdk.DeregisterImageInput{ImageId: &id}, "OperationNotPermitted", "protected")
	do(t, l.ec2.DisableImageDeregistrationProtection, &sdk.DisableImageDeregistrationProtectionInput{ImageId: &id})
	if got := *l.describeImage(id).DeregistrationProtection; got != "disabled" {
		t.Errorf("protection is %s", got)
	}
	refused(t, l.ec2.DeregisterImage, &sdk.DeregisterImageInput{ImageId: &id}, "OperationNotPermitted", "protected")
	l.pass(25 * time.Hour)
	do(t, l.ec2.DeregisterImage, &sdk.DeregisterImageInput{ImageId: &id})
}

func TestSnapshotPermissions(t *testing.T) {
	l := newLab(t)
	instance := l.run(ec2.ImageWeb1)
	l.pass(time.Minute)
	l.image(instance, "web")
	snapshot := *do(t, l.ec2.DescribeSnapshots, &sdk.DescribeSnapshotsInput{OwnerIds: []string{"self"}}).Snapshots[0].SnapshotId
	change := func(c types.CreateVolumePermissionModifications) *sdk.ModifySnapshotAttributeInput {
		return &sdk.ModifySnapshotAttributeInput{SnapshotId: &snapshot, CreateVolumePermission: &c}
	}
	other := []types.CreateVolumePermission{{UserId: aws.String("210987654321")}}
	refused(t, l.ec2.ModifySnapshotAttribute, change(types.CreateVolumePermissionModifications{Add: other, Remove: other}), "InvalidParameterCombination", "")
	permissions := func() int {
		return len(do(t, l.ec2.DescribeSnapshotAttribute, &sdk.DescribeSnapshotAttributeInput{SnapshotId: &snapshot,
			Attribute: types.SnapshotAttributeNameCreateVolumePermission}).CreateVolumePermissions)
	}
	for range 2 {
		do(t, l.ec2.ModifySnapshotAttribute, change(types.CreateVolumePermissionModifications{Add: other}))
		if n := permissions(); n != 1 {
			t.Errorf("%d permissions", n)
		}
	}
	do(t, l.ec2.ModifySnapshotAttribute, change(types.CreateVolumePermissionModifications{Remove: other}))
	if n := permissions(); n != 0 {
		t.Errorf("%d permissions are left", n)
	}
}

func TestAServerOnAnInstanceStoreIsNotImaged(t *testing.T) {
	l := newLab(t)
	instance := l.run(ec2.ImageWeb1)
	l.pass(time.Minute)
	l.ec2.BackByInstanceStore(instance)
	refused(t, l.ec2.CreateImage, &sdk.CreateImageInput{InstanceId: &instance, Name: aws.String("web")}, "InvalidParameterValue", "Amazon EBS")
}
