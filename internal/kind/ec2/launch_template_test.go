package ec2

import (
	"encoding/base64"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

const (
	webImage  = "ami-0e5b0000000000001"
	nextImage = "ami-0e5b0000000000002"
)

func webTemplate() *LaunchTemplate {
	return &LaunchTemplate{
		Name:            "shop-web",
		ImageID:         webImage,
		InstanceType:    "t3.micro",
		UserData:        aws.String("#!/bin/sh\necho hello\n"),
		SecurityGroups:  stack.Literals("sg-2", "sg-1"),
		InstanceProfile: stack.Literal("web"),
		RootVolume:      RootVolume{DeviceName: "/dev/xvda", SizeGiB: aws.Int32(20), Type: "gp3", Encrypted: true, IOPS: aws.Int32(4000)},
		HTTPTokens:      "required",
		HopLimit:        2,
		InstanceTags:    map[string]string{"team": "a", "Name": "web"},
	}
}

// rawVersion makes a version like the latest but for some data.
func rawVersion(data types.RequestLaunchTemplateData) outside {
	return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
		t.Helper()
		must[any](t)(awsapi.EC2(c).CreateLaunchTemplateVersion(t.Context(), &sdk.CreateLaunchTemplateVersionInput{
			LaunchTemplateId: &live.ID, SourceVersion: aws.String("$Latest"), LaunchTemplateData: &data}))
	}
}

func TestLaunchTemplate(t *testing.T) {
	ebs := func(change func(*types.LaunchTemplateEbsBlockDeviceRequest)) types.RequestLaunchTemplateData {
		mappings := webTemplate().RootVolume.request()
		change(mappings[0].Ebs)
		return types.RequestLaunchTemplateData{BlockDeviceMappings: mappings}
	}
	tagged := func(resources ...types.ResourceType) types.RequestLaunchTemplateData {
		var data types.RequestLaunchTemplateData
		for _, resource := range taggedAtLaunch {
			tags := webTemplate().InstanceTags
			for _, changed := range resources {
				if changed == resource {
					tags["team"] = "b"
				}
			}
			data.TagSpecifications = append(data.TagSpecifications,
				types.LaunchTemplateTagSpecificationRequest{ResourceType: resource, Tags: tagList(tags)})
		}
		return data
	}
	kindtest.Run(t, kindtest.Case{
		Kind:  newLaunchTemplate,
		Setup: func(*testing.T, *awsapi.Clients) stack.Spec { return webTemplate() },
		Outside: map[string]outside{
			"image_id":         rawVersion(types.RequestLaunchTemplateData{ImageId: aws.String(nextImage)}),
			"instance_type":    rawVersion(types.RequestLaunchTemplateData{InstanceType: types.InstanceTypeT3Small}),
			"user_data":        rawVersion(types.RequestLaunchTemplateData{UserData: aws.String(base64.StdEncoding.EncodeToString([]byte("exit")))}),
			"security_groups":  rawVersion(types.RequestLaunchTemplateData{SecurityGroupIds: []string{"sg-1"}}),
			"instance_profile": rawVersion(types.RequestLaunchTemplateData{IamInstanceProfile: &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("other")}}),
			"http_tokens": rawVersion(types.RequestLaunchTemplateData{MetadataOptions: &types.LaunchTemplateInstanceMetadataOptionsRequest{
				HttpTokens: types.LaunchTemplateHttpTokensStateOptional, HttpPutResponseHopLimit: aws.Int32(2)}}),
			"hop_limit": rawVersion(types.RequestLaunchTemplateData{MetadataOptions: &types.LaunchTemplateInstanceMetadataOptionsRequest{
				HttpTokens: types.LaunchTemplateHttpTokensStateRequired, HttpPutResponseHopLimit: aws.Int32(1)}}),
			"monitoring": rawVersion(types.RequestLaunchTemplateData{Monitoring: &types.LaunchTemplatesMonitoringRequest{Enabled: aws.Bool(true)}}),
			"public_ip": rawVersion(types.RequestLaunchTemplateData{NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{
				DeviceIndex: aws.Int32(0), AssociatePublicIpAddress: aws.Bool(true)}}}),
			"root_volume.size_gib":  rawVersion(ebs(func(v *types.LaunchTemplateEbsBlockDeviceRequest) { v.VolumeSize = aws.Int32(30) })),
			"root_volume.type":      rawVersion(ebs(func(v *types.LaunchTemplateEbsBlockDeviceRequest) { v.VolumeType = types.VolumeTypeIo2 })),
			"root_volume.encrypted": rawVersion(ebs(func(v *types.LaunchTemplateEbsBlockDeviceRequest) { v.Encrypted = aws.Bool(false) })),
			"root_volume.iops":      rawVersion(ebs(func(v *types.LaunchTemplateEbsBlockDeviceRequest) { v.Iops = aws.Int32(3000) })),
			"instance_tags.team":    rawVersion(tagged(types.ResourceTypeVolume)),
			"tags.team": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				must[any](t)(awsapi.EC2(c).CreateTags(t.Context(), &sdk.CreateTagsInput{Resources: []string{live.ID},
					Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("b")}}}))
			},
		},
		Updates: map[string]update{
			"least": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				*spec[*LaunchTemplate](s) = LaunchTemplate{Name: "shop-web", ImageID: nextImage, UserData: aws.String(""), HTTPTokens: "optional"}
			},
			"public": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				spec[*LaunchTemplate](s).PublicIP, spec[*LaunchTemplate](s).Monitoring = true, true
			},
		},
		Untag: untag,
	})
}

// versionsOf returns how many versions a template has and which is the default.
func versionsOf(t *testing.T, c *awsapi.Clients, id string) (count int, standard int64) {
	t.Helper()
	out := must[*sdk.DescribeLaunchTemplateVersionsOutput](t)(awsapi.EC2(c).DescribeLaunchTemplateVersions(t.Context(),
		&sdk.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id}))
	for _, version := range out.LaunchTemplateVersions {
		if aws.ToBool(version.DefaultVersion) {
			standard = aws.ToInt64(version.VersionNumber)
		}
	}
	return len(out.LaunchTemplateVersions), standard
}

func TestLaunchTemplateVersions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kindtest.Clients(t, awssim.New(awssim.Options{}))
		k := newLaunchTemplate(c)
		first := must[engine.Live](t)(k.Create(t.Context(), part(webTemplate())))

		template := webTemplate()
		template.ImageID, template.UserData = nextImage, nil
		wanted := part(template)
		diff := stack.Compare(wanted.Spec, first.Spec)
		second := must[engine.Live](t)(k.Update(t.Context(), first, wanted, diff))
		if second.Out["latest_version"] != "2" {
			t.Errorf("outputs are %v", second.Out)
		}
		if text := aws.ToString(spec[*LaunchTemplate](second.Spec).UserData); text != *webTemplate().UserData {
			t.Errorf("unmanaged user data became %q", text)
		}

		// The same update by a client that does not know of the first.
		again := must[engine.Live](t)(newLaunchTemplate(c).Update(t.Context(), first, wanted, diff))
		if count, standard := versionsOf(t, c, first.ID); again.Out["latest_version"] != "2" || count != 2 || standard != 1 {
			t.Errorf("outputs are %v, %d versions, default %d", again.Out, count, standard)
		}

		// And after that version was deleted: AWS remembers the token, not the version.
		must[any](t)(awsapi.EC2(c).DeleteLaunchTemplateVersions(t.Context(), &sdk.DeleteLaunchTemplateVersionsInput{
			LaunchTemplateId: &first.ID, Versions: []string{"2"}}))
		third := must[engine.Live](t)(newLaunchTemplate(c).Update(t.Context(), first, wanted, diff))
		if diff := stack.Compare(wanted.Spec, third.Spec); len(diff) > 0 || third.Out["latest_version"] != "3" {
			t.Errorf("outputs are %v, difference %v", third.Out, diff)
		}

		// Tags alone make no version.
		wanted.Tags["team"] = "b"
		must[any](t)(k.Update(t.Context(), third, wanted, engine.Difference(wanted.Spec, wanted.Tags, third)))
		if count, _ := versionsOf(t, c, first.ID); count != 2 {
			t.Errorf("%d versions", count)
		}
	})
}

func TestLaunchTemplateNameTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kindtest.Clients(t, awssim.New(awssim.Options{}))
		theirs := must[*sdk.CreateLaunchTemplateOutput](t)(awsapi.EC2(c).CreateLaunchTemplate(t.Context(), &sdk.CreateLaunchTemplateInput{
			LaunchTemplateName: aws.String("shop-web"), LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: aws.String(webImage)}}))
		_, err := newLaunchTemplate(c).Create(t.Context(), part(webTemplate()))
		if err == nil || !strings.Contains(err.Error(), *theirs.LaunchTemplate.LaunchTemplateId+" (not made by webtier) has this name") {
			t.Errorf("Create: %v", err)
		}
		if strings.Contains(err.Error(), "echo hello") {
			t.Errorf("user data in %v", err)
		}
	})
}

// A template that an interrupted call of an earlier configuration made is brought
// to what is wanted now.
func TestLaunchTemplateOfEarlierConfiguration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kindtest.Clients(t, awssim.New(awssim.Options{}))
		k := newLaunchTemplate(c)
		first := must[engine.Live](t)(k.Create(t.Context(), part(webTemplate())))
		template := webTemplate()
		template.InstanceType = "t3.small"
		wanted := part(template)
		live := must[engine.Live](t)(k.Create(t.Context(), wanted))
		if diff := engine.Difference(wanted.Spec, wanted.Tags, live); live.ID != first.ID || len(diff) > 0 {
			t.Errorf("%s became %s with the difference %v", first.ID, live.ID, diff)
		}
	})
}

// One call for the versions of many templates, and none of templates of others
// when there is but one.
func TestListOfManyTemplates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := awssim.New(awssim.Options{})
		c := kindtest.Clients(t, sim)
		k := newLaunchTemplate(c)
		for _, name := range []string{"one", "two", "three"} {
			template := webTemplate()
			template.Name = name
			wanted := part(template)
			wanted.Key = name
			wanted.Tags[stack.TagPart] = name
			must[any](t)(k.Create(t.Context(), wanted))
		}
		before := len(sim.Calls())
		lives := must[[]engine.Live](t)(k.List(t.Context(), engine.Scope{Stack: part(webTemplate()).Stack}))
		if calls := len(sim.Calls()) - before; len(lives) != 3 || calls != 2 {
			t.Errorf("%d templates with %d calls", len(lives), calls)
		}
		for _, live := range lives {
			if name := spec[*LaunchTemplate](live.Spec).Name; name != live.Key || live.Out["latest_version"] != "1" {
				t.Errorf("%s is %s %v", live.Key, name, live.Out)
			}
		}
	})
}

// EC2 looks at most of the data only when it launches.
func TestLaunchTemplateLaunches(t *testing.T) {
	for name, public := range map[string]bool{"public": true, "private": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := kindtest.Clients(t, awssim.New(awssim.Options{}))
				vpc := rawVPC(t, c)
				group := rawGroup(t, c, vpc, "web")
				template := webTemplate()
				template.PublicIP, template.SecurityGroups, template.InstanceProfile = public, stack.Literals(group), stack.Ref{}
				live := must[engine.Live](t)(newLaunchTemplate(c).Create(t.Context(), part(template)))
				request := &sdk.RunInstancesInput{MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
					LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateId: &live.ID, Version: aws.String(live.Out["latest_version"])}}
				subnet := aws.String(rawSubnet(t, c, vpc, "10.0.0.0/24"))
				if public {
					request.NetworkInterfaces = []types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), SubnetId: subnet,
						AssociatePublicIpAddress: aws.Bool(true), Groups: []string{group}}}
				} else {
					request.SubnetId = subnet
				}
				instance := must[*sdk.RunInstancesOutput](t)(awsapi.EC2(c).RunInstances(t.Context(), request)).Instances[0]
				if len(instance.SecurityGroups) != 1 || *instance.SecurityGroups[0].GroupId != group || tagMap(instance.Tags)["Name"] != "web" {
					t.Errorf("made an instance with groups %v and tags %v", instance.SecurityGroups, instance.Tags)
				}
			})
		})
	}
}
