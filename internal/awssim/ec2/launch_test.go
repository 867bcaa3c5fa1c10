package ec2_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

func (l *lab) launch(spec ec2.LaunchSpec) string {
	l.t.Helper()
	spec.SubnetID, spec.At = l.subnets[0], l.now
	id, err := l.ec2.Launch(spec)
	if err != nil {
		l.t.Fatal(err)
	}
	return id
}

func TestLaunchGivesTagsToTheInstanceOnly(t *testing.T) {
	l := newLab(t)
	template := l.template("web", func(d *types.RequestLaunchTemplateData) {
		for _, resource := range []types.ResourceType{types.ResourceTypeInstance, types.ResourceTypeVolume, types.ResourceTypeNetworkInterface} {
			d.TagSpecifications = append(d.TagSpecifications, types.LaunchTemplateTagSpecificationRequest{ResourceType: resource,
				Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("template")}}})
		}
	})
	id := l.launch(ec2.LaunchSpec{TemplateID: template, Version: "1", Tags: map[string]string{"k": "group", "aws:autoscaling:groupName": "web"}})
	i := l.instance(id)
	if tagValue(i.Tags, "k") != "group" || tagValue(i.Tags, "aws:autoscaling:groupName") != "web" || tagValue(i.Tags, "aws:ec2launchtemplate:id") != template {
		t.Errorf("instance tags %+v", i.Tags)
	}
	volume := do(t, l.ec2.DescribeVolumes, &sdk.DescribeVolumesInput{}).Volumes[0]
	nic := do(t, l.ec2.DescribeNetworkInterfaces, &sdk.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{*i.NetworkInterfaces[0].NetworkInterfaceId}}).NetworkInterfaces[0]
	if tagValue(volume.Tags, "k") != "template" || tagValue(nic.TagSet, "k") != "template" {
		t.Error("volume and interface must have the template's tag")
	}
}

func TestLaunchInThePast(t *testing.T) {
	l := newLab(t)
	template := l.template("web", nil)
	at := l.now.Add(time.Minute)
	l.pass(3 * time.Hour)
	id, err := l.ec2.Launch(ec2.LaunchSpec{TemplateID: template, SubnetID: l.subnets[0], At: at})
	if err != nil {
		t.Fatal(err)
	}
	l.ec2.Terminate(id, at.Add(5*time.Minute), "")
	for after, want := range map[time.Duration]types.InstanceStateName{
		0: types.InstanceStateNamePending, time.Minute: types.InstanceStateNameRunning,
		5 * time.Minute: types.InstanceStateNameShuttingDown, 10 * time.Minute: types.InstanceStateNameTerminated,
	} {
		if i, ok := l.ec2.Instance(id, at.Add(after)); !ok || i.State.Name != want || l.ec2.InstanceState(id, at.Add(after)) != want {
			t.Errorf("after %s: not %s", after, want)
		}
	}
	if _, ok := l.ec2.Instance(id, at.Add(-time.Second)); ok {
		t.Error("it is there before its launch")
	}
	if _, ok := l.ec2.Instance(id, l.now); ok {
		t.Error("it is there an hour after its end")
	}
}

func TestLaunchFollowsTheVersion(t *testing.T) {
	l := newLab(t)
	template := l.template("web", nil)
	do(t, l.ec2.CreateLaunchTemplateVersion, &sdk.CreateLaunchTemplateVersionInput{LaunchTemplateId: &template, SourceVersion: aws.String("1"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: aws.String(ec2.ImageWeb2)}})
	for version, image := range map[string]string{"1": ec2.ImageWeb1, "$Default": ec2.ImageWeb1, "2": ec2.ImageWeb2, "$Latest": ec2.ImageWeb2} {
		id := l.launch(ec2.LaunchSpec{TemplateName: "web", Version: version, InstanceType: "m5.large"})
		if i := l.instance(id); *i.ImageId != image || i.InstanceType != types.InstanceTypeM5Large {
			t.Errorf("version %s launches %s on %s", version, *i.ImageId, i.InstanceType)
		}
	}
}

func TestLaunchWithInterfacesOfTheTemplate(t *testing.T) {
	l := newLab(t)
	l.template("web", func(d *types.RequestLaunchTemplateData) {
		d.SecurityGroupIds = nil
		d.NetworkInterfaces = []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{
			{DeviceIndex: aws.Int32(0), Groups: []string{l.group}, AssociatePublicIpAddress: aws.Bool(true)}}
	})
	i := l.instance(l.launch(ec2.LaunchSpec{TemplateName: "web"}))
	if i.PublicIpAddress == nil || *i.SubnetId != l.subnets[0] || *i.SecurityGroups[0].GroupId != l.group {
		t.Errorf("instance %+v", i)
	}
}

func TestCheckTemplate(t *testing.T) {
	l := newLab(t)
	for name, test := range map[string]struct {
		change     func(*types.RequestLaunchTemplateData)
		subnet     string
		code, text string
	}{
		"good":           {nil, l.subnets[0], "", ""},
		"any subnet":     {nil, "", "", ""},
		"only at launch": {func(d *types.RequestLaunchTemplateData) { d.InstanceType = "t4g.micro" }, l.subnets[2], "", ""},
		"image":          {func(d *types.RequestLaunchTemplateData) { d.ImageId = aws.String("ami-00000000000000000") }, "", "InvalidAMIID.NotFound", ""},
		"no image":       {func(d *types.RequestLaunchTemplateData) { d.ImageId = nil }, "", "MissingParameter", "ImageId"},
		"group":          {func(d *types.RequestLaunchTemplateData) { d.SecurityGroupIds = []string{"sg-00000000000000000"} }, "", "InvalidGroup.NotFound", ""},
		"profile": {func(d *types.RequestLaunchTemplateData) {
			d.IamInstanceProfile = &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Arn: aws.String("arn:aws:iam::123456789012:instance-profile/web")}
		}, "", "InvalidParameterValue", "Invalid IAM Instance Profile ARN"},
		"tags": {func(d *types.RequestLaunchTemplateData) {
			d.TagSpecifications = []types.LaunchTemplateTagSpecificationRequest{{ResourceType: types.ResourceTypeInstance,
				Tags: []types.Tag{{Key: aws.String("aws:mine"), Value: aws.String("x")}}}}
		}, "", "InvalidParameterValue", "reserved"},
		"conflict": {func(d *types.RequestLaunchTemplateData) {
			d.NetworkInterfaces = []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{DeviceIndex: aws.Int32(0)}}
		}, "", "InvalidParameterCombination", "Network interfaces"},
	} {
		t.Run(name, func(t *testing.T) {
			version, err := l.ec2.CheckTemplate(ec2.LaunchSpec{TemplateID: l.template("t-"+name, test.change), Version: "$Latest", SubnetID: test.subnet, At: l.now})
			if test.code != "" {
				wantError(t, err, test.code, test.text)
			} else if err != nil || version != "1" {
				t.Errorf("version %q, error %v", version, err)
			}
		})
	}
	_, err := l.ec2.CheckTemplate(ec2.LaunchSpec{TemplateName: "t-good", Version: "7"})
	wantError(t, err, "InvalidLaunchTemplateId.VersionNotFound", "7")
}

func TestServing(t *testing.T) {
	l := newLab(t)
	l.ec2.ServesPorts[ec2.ImageWeb2] = []int32{8080}
	good, narrow, bad := l.run(ec2.ImageWeb1), l.run(ec2.ImageWeb2), l.run(ec2.ImageBad)
	launched := l.now
	l.pass(time.Hour)
	do(t, l.ec2.StopInstances, &sdk.StopInstancesInput{InstanceIds: []string{good}})
	for name, test := range map[string]struct {
		id    string
		port  int32
		after time.Duration
		want  bool
	}{
		"pending":       {good, 80, 10 * time.Second, false},
		"booting":       {good, 80, 40 * time.Second, false},
		"booted":        {good, 80, 50 * time.Second, true},
		"stopped":       {good, 80, 2 * time.Hour, false},
		"other port":    {narrow, 80, time.Minute, false},
		"narrowed port": {narrow, 8080, time.Minute, true},
		"bad image":     {bad, 80, time.Minute, false},
		"unknown":       {"i-00000000000000000", 80, time.Minute, false},
	} {
		if got := l.ec2.Serving(test.id, test.port, launched.Add(test.after)); got != test.want {
			t.Errorf("%s: serving is %t", name, got)
		}
	}
}

func TestTerminateForAReason(t *testing.T) {
	l := newLab(t)
	id := l.run(ec2.ImageWeb1)
	l.ec2.Terminate(id, l.now, "Server.InternalError: Internal error")
	if i := l.instance(id); *i.StateReason.Code != "Server.InternalError" || *i.StateTransitionReason != "Server.InternalError" {
		t.Errorf("reason %+v", i.StateReason)
	}
}

func TestInventoryEndsEmpty(t *testing.T) {
	l := newLab(t)
	before := l.ec2.Inventory()
	template := l.template("web", nil)
	instance := l.run(ec2.ImageWeb1)
	l.pass(time.Minute)
	image := l.image(instance, "web")
	if made := len(l.ec2.Inventory()) - len(before); made < 5 {
		t.Errorf("only %d objects are listed", made)
	}
	do(t, l.ec2.DeleteLaunchTemplate, &sdk.DeleteLaunchTemplateInput{LaunchTemplateId: &template})
	do(t, l.ec2.DeregisterImage, &sdk.DeregisterImageInput{ImageId: &image, DeleteAssociatedSnapshots: aws.Bool(true)})
	do(t, l.ec2.TerminateInstances, &sdk.TerminateInstancesInput{InstanceIds: []string{instance}})
	l.pass(time.Minute)
	if after := l.ec2.Inventory(); len(after) != len(before) {
		t.Errorf("left: %q", after)
	}
}
