package ec2

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	simec2 "github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// rawServer starts a server of the image in a new VPC.
func rawServer(t *testing.T, c *awsapi.Clients, image string) (server, subnet string) {
	t.Helper()
	subnet = rawSubnet(t, c, rawVPC(t, c), "10.0.1.0/24")
	out := must[*sdk.RunInstancesOutput](t)(awsapi.EC2(c).RunInstances(t.Context(), &sdk.RunInstancesInput{ImageId: aws.String(image),
		InstanceType: types.InstanceTypeT3Small, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: aws.String(subnet)}))
	time.Sleep(5 * time.Minute)
	return *out.Instances[0].InstanceId, subnet
}

// rawImage makes an available image of a server, with the tags of a part.
func rawImage(t *testing.T, c *awsapi.Clients, server, part string, tags map[string]string) string {
	t.Helper()
	all := map[string]string{stack.TagStack: "kindtest/trial", stack.TagPart: part}
	for key, value := range tags {
		all[key] = value
	}
	out := must[*sdk.CreateImageOutput](t)(awsapi.EC2(c).CreateImage(t.Context(), &sdk.CreateImageInput{InstanceId: aws.String(server), NoReboot: aws.Bool(true),
		Name: aws.String(strings.ReplaceAll(part, "/", "-")), TagSpecifications: append(tagged(types.ResourceTypeImage, all), tagged(types.ResourceTypeSnapshot, all)...)}))
	time.Sleep(5 * time.Minute)
	return *out.ImageId
}

func TestImage(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Key:  "image/1-aa",
		Kind: func(c *awsapi.Clients) engine.Kind { return newImage(newImageReader(c)) },
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			server, _ := rawServer(t, c, simec2.ImageWeb1)
			return &Image{Server: stack.Literal(server), Name: "shop-1-aa"}
		},
		Untag: untag,
	})
}

func TestImageCopy(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Key:  "copy/1-aa/us-east-1",
		Kind: func(c *awsapi.Clients) engine.Kind { return newImageCopy(newImageReader(c)) },
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			server, _ := rawServer(t, c, simec2.ImageWeb1)
			image := rawImage(t, c, server, "image/1-aa", map[string]string{TagCopies: "us-east-1"})
			return &ImageCopy{Image: stack.Literal(image), Region: "us-east-1", Name: "shop-1-aa", Encrypted: true}
		},
		Untag: func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			must[*sdk.DeleteTagsOutput](t)(awsapi.EC2(c.In("us-east-1")).DeleteTags(t.Context(), &sdk.DeleteTagsInput{Resources: []string{live.Out["id"]}}))
		},
	})
}

func TestImageRelease(t *testing.T) {
	other := aws.String("210987654321")
	kindtest.Run(t, kindtest.Case{
		Key:  "release/1-aa",
		Kind: func(c *awsapi.Clients) engine.Kind { return newImageRelease(newImageReader(c)) },
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			server, _ := rawServer(t, c, simec2.ImageWeb1)
			return &ImageRelease{Image: stack.Literal(rawImage(t, c, server, "image/1-aa", nil)), Region: kindtest.Region,
				SharedWith: []string{"111111111111"}, DeprecateAfterDays: 30, DeregistrationProtection: true}
		},
		Updates: map[string]func(t *testing.T, c *awsapi.Clients, want stack.Spec){
			"everything": func(_ *testing.T, _ *awsapi.Clients, want stack.Spec) {
				r := spec[*ImageRelease](want)
				r.SharedWith, r.DeprecateAfterDays, r.DeregistrationProtection, r.RetainOnDestroy = []string{"222222222222"}, 0, false, true
			},
		},
		Outside: map[string]func(t *testing.T, c *awsapi.Clients, live engine.Live){
			"shared_with": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				must[*sdk.ModifyImageAttributeOutput](t)(awsapi.EC2(c).ModifyImageAttribute(t.Context(), &sdk.ModifyImageAttributeInput{ImageId: aws.String(live.Out["image_id"]),
					LaunchPermission: &types.LaunchPermissionModifications{Add: []types.LaunchPermission{{UserId: other}}}}))
			},
			"deprecate_after_days": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				must[*sdk.DisableImageDeprecationOutput](t)(awsapi.EC2(c).DisableImageDeprecation(t.Context(), &sdk.DisableImageDeprecationInput{ImageId: aws.String(live.Out["image_id"])}))
			},
			"deregistration_protection": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				must[*sdk.DisableImageDeregistrationProtectionOutput](t)(awsapi.EC2(c).DisableImageDeregistrationProtection(t.Context(),
					&sdk.DisableImageDeregistrationProtectionInput{ImageId: aws.String(live.Out["image_id"])}))
			},
		},
	})
}

func TestImageVerification(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Key:  "verification/1-aa",
		Kind: func(c *awsapi.Clients) engine.Kind { return newImageVerification(newImageReader(c)) },
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			server, subnet := rawServer(t, c, simec2.ImageWeb1)
			return &ImageVerification{Image: stack.Literal(rawImage(t, c, server, "image/1-aa", nil)), InstanceType: "t3.small", Subnet: stack.Literal(subnet), Minutes: 10}
		},
	})
}

// lab is a simulated account in virtual time.
type imageLab struct {
	*testing.T
	sim    *awssim.Sim
	c      *awsapi.Clients
	reader *imageReader
	server string
	subnet string
}

func inImageLab(t *testing.T, image string, try func(l imageLab)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sim := awssim.New(awssim.Options{Account: kindtest.Account})
		c := kindtest.Clients(t, sim)
		server, subnet := rawServer(t, c, image)
		try(imageLab{t, sim, c, newImageReader(c), server, subnet})
	})
}

// users returns who uses an image, as its deletion reports it.
func (l imageLab) users(id string) string {
	l.Helper()
	err := l.reader.home.unused(l.Context(), id)
	var used *InUseError
	if err != nil && !errors.As(err, &used) {
		l.Fatal(err)
	}
	if used == nil {
		return ""
	}
	return used.Users
}

func TestWhoUsesAnImage(t *testing.T) {
	inImageLab(t, simec2.ImageWeb1, func(l imageLab) {
		id := rawImage(l.T, l.c, l.server, "image/1-aa", nil)
		if got := l.users(id); got != "" {
			l.Errorf("at first used by %s", got)
		}
		template := must[*sdk.CreateLaunchTemplateOutput](l.T)(awsapi.EC2(l.c).CreateLaunchTemplate(l.Context(), &sdk.CreateLaunchTemplateInput{
			LaunchTemplateName: aws.String("foreign"), LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: aws.String(id)}})).LaunchTemplate
		if got := l.users(id); !strings.Contains(got, "launch template foreign") || !strings.Contains(got, "version 1") {
			l.Errorf("used by %q", got)
		}
		// Not the latest any more, but the default still.
		must[*sdk.CreateLaunchTemplateVersionOutput](l.T)(awsapi.EC2(l.c).CreateLaunchTemplateVersion(l.Context(), &sdk.CreateLaunchTemplateVersionInput{
			LaunchTemplateId: template.LaunchTemplateId, LaunchTemplateData: &types.RequestLaunchTemplateData{ImageId: aws.String(simec2.ImageWeb2)}}))
		if got := l.users(id); !strings.Contains(got, "version 1") {
			l.Errorf("as the default version used by %q", got)
		}
		must[*sdk.ModifyLaunchTemplateOutput](l.T)(awsapi.EC2(l.c).ModifyLaunchTemplate(l.Context(), &sdk.ModifyLaunchTemplateInput{LaunchTemplateId: template.LaunchTemplateId, DefaultVersion: aws.String("2")}))
		if got := l.users(id); got != "" {
			l.Errorf("an old version that nobody uses counts: %q", got)
		}
		l.useByGroup(*template.LaunchTemplateId, "1")
		if got := l.users(id); !strings.Contains(got, "Auto Scaling group foreign") {
			l.Errorf("as a group's version used by %q", got)
		}
	})
}

// TestALaunchConfigurationUsesItsImage: they cannot be made any more, but old ones
// still start servers.
func TestALaunchConfigurationUsesItsImage(t *testing.T) {
	inImageLab(t, simec2.ImageWeb1, func(l imageLab) {
		id := rawImage(l.T, l.c, l.server, "image/1-aa", nil)
		w := l.sim.World(l.c.Region)
		w.Do(func() {
			w.AutoScaling.LaunchConfigurations = []astypes.LaunchConfiguration{{LaunchConfigurationName: aws.String("old"), ImageId: aws.String(id)}}
		})
		if got := l.users(id); got != "launch configuration old" {
			l.Errorf("used by %q", got)
		}
	})
}

func TestARunningServerUsesItsImage(t *testing.T) {
	inImageLab(t, simec2.ImageWeb1, func(l imageLab) {
		id := rawImage(l.T, l.c, l.server, "image/1-aa", nil)
		run := func(part string) string {
			return *must[*sdk.RunInstancesOutput](l.T)(awsapi.EC2(l.c).RunInstances(l.Context(), &sdk.RunInstancesInput{ImageId: aws.String(id), InstanceType: types.InstanceTypeT3Small,
				MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: aws.String(l.subnet),
				TagSpecifications: tagged(types.ResourceTypeInstance, map[string]string{stack.TagPart: part})})).Instances[0].InstanceId
		}
		run("canary/1-aa")
		if got := l.users(id); got != "" {
			l.Errorf("a server that verifies it counts: %s", got)
		}
		server := run("server")
		if got := l.users(id); got != "instance "+server {
			l.Errorf("used by %q", got)
		}
		must[*sdk.TerminateInstancesOutput](l.T)(awsapi.EC2(l.c).TerminateInstances(l.Context(), &sdk.TerminateInstancesInput{InstanceIds: []string{server}}))
		if got := l.users(id); got != "" {
			l.Errorf("a server on its way out counts: %s", got)
		}
	})
}

func TestWhatCannotBeProvenUnusedIsKept(t *testing.T) {
	inImageLab(t, simec2.ImageWeb1, func(l imageLab) {
		id := rawImage(l.T, l.c, l.server, "image/1-aa", nil)
		if err := l.sim.AddRule(awssim.Rule{Operation: "DescribeLaunchConfigurations", Kind: awssim.ModelledError, Count: -1, Code: "AccessDenied", Message: "no", Status: 403}); err != nil {
			l.Fatal(err)
		}
		kind := newImage(l.reader)
		lives, err := kind.List(l.Context(), engine.Scope{Stack: stack.ID{Type: "kindtest", Name: "trial"}})
		if err != nil || len(lives) != 1 {
			l.Fatal(err, lives)
		}
		if !strings.Contains(lives[0].Out["use_unknown"], "AccessDenied") {
			l.Errorf("outputs %v", lives[0].Out)
		}
		if err := kind.Delete(l.Context(), lives[0]); err == nil || !strings.Contains(err.Error(), "cannot be proven unused") {
			l.Errorf("deleted, or refused with %v", err)
		}
		if _, exists, err := l.reader.home.get(l.Context(), id); err != nil || !exists {
			l.Error("the image is gone", err)
		}
	})
}

func TestAnImageNameThatIsTakenGetsASuffix(t *testing.T) {
	inImageLab(t, simec2.ImageWeb1, func(l imageLab) {
		must[*sdk.CreateImageOutput](l.T)(awsapi.EC2(l.c).CreateImage(l.Context(), &sdk.CreateImageInput{InstanceId: aws.String(l.server), NoReboot: aws.Bool(true), Name: aws.String("shop-1-aa")}))
		want := part(&Image{Server: stack.Literal(l.server), Name: "shop-1-aa"})
		want.Key, want.Tags[stack.TagPart] = "image/1-aa", "image/1-aa"
		live, err := newImage(l.reader).Create(l.Context(), want)
		if err != nil || live.Out["name"] != "shop-1-aa-b" {
			l.Errorf("%v, %v", live.Out, err)
		}
	})
}

func TestAReleasedImageStandsForItself(t *testing.T) {
	inImageLab(t, simec2.ImageWeb1, func(l imageLab) {
		id := rawImage(l.T, l.c, l.server, "image/1-aa", map[string]string{tagReleased: "x", tagRetain: "true"})
		kind := newImage(l.reader)
		scope := engine.Scope{Stack: stack.ID{Type: "kindtest", Name: "trial"}, IDs: map[string]string{"image/1-aa": id}}
		lives, err := kind.List(l.Context(), scope)
		if err != nil || len(lives) != 1 || !lives[0].Retain {
			l.Fatal(err, lives)
		}
		if err := kind.(engine.Releaser).Release(context.Background(), lives[0]); err != nil {
			l.Fatal(err)
		}
		if lives, err := kind.List(l.Context(), scope); err != nil || len(lives) != 0 {
			l.Errorf("still listed: %v, %v", lives, err)
		}
		image, exists, err := l.reader.home.get(l.Context(), id)
		if err != nil || !exists || tagMap(image.Tags)[tagRetained] != "kindtest/trial" {
			l.Errorf("image %v, %v", image.Tags, err)
		}
	})
}

// useByGroup makes an Auto Scaling group that is pinned to a version.
func (l imageLab) useByGroup(template, version string) {
	l.Helper()
	_, err := awsapi.AutoScaling(l.c).CreateAutoScalingGroup(l.Context(), &autoscaling.CreateAutoScalingGroupInput{AutoScalingGroupName: aws.String("foreign"),
		MinSize: aws.Int32(0), MaxSize: aws.Int32(0), VPCZoneIdentifier: aws.String(l.subnet),
		MixedInstancesPolicy: &astypes.MixedInstancesPolicy{LaunchTemplate: &astypes.LaunchTemplate{
			LaunchTemplateSpecification: &astypes.LaunchTemplateSpecification{LaunchTemplateId: aws.String(template), Version: aws.String(version)},
			Overrides:                   []astypes.LaunchTemplateOverrides{{InstanceType: aws.String("t3.small")}}}}})
	if err != nil {
		l.Fatal(err)
	}
}
