package ec2_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// lab is EC2 with a VPC, a subnet in each standard zone and a group, at a clock
// that the test sets.
type lab struct {
	t       *testing.T
	ec2     *ec2.Service
	now     time.Time
	vpc     string
	subnets []string // in the zones a, b, c, d
	group   string
}

func newLab(t *testing.T) *lab {
	l := &lab{t: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	l.ec2 = ec2.New(region.New("123456789012", "eu-west-1", func() time.Time { return l.now }, 1))
	vpc := do(t, l.ec2.CreateVpc, &sdk.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	l.vpc = *vpc.Vpc.VpcId
	l.pass(time.Minute)
	for n, letter := range []string{"a", "b", "c", "d"} {
		out := do(t, l.ec2.CreateSubnet, &sdk.CreateSubnetInput{VpcId: &l.vpc, AvailabilityZone: aws.String("eu-west-1" + letter),
			CidrBlock: aws.String("10.0." + string(rune('0'+n)) + ".0/24")})
		l.subnets = append(l.subnets, *out.Subnet.SubnetId)
	}
	group := do(t, l.ec2.CreateSecurityGroup, &sdk.CreateSecurityGroupInput{VpcId: &l.vpc, GroupName: aws.String("web"), Description: aws.String("web")})
	l.group = *group.GroupId
	l.pass(time.Minute)
	return l
}

// pass lets time go by.
func (l *lab) pass(d time.Duration) { l.now = l.now.Add(d) }

// run starts one server from an image in zone a.
func (l *lab) run(image string) string {
	l.t.Helper()
	out := do(l.t, l.ec2.RunInstances, l.runInput(image))
	return *out.Instances[0].InstanceId
}

func (l *lab) runInput(image string) *sdk.RunInstancesInput {
	return &sdk.RunInstancesInput{ImageId: &image, InstanceType: types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		SubnetId: &l.subnets[0], SecurityGroupIds: []string{l.group}}
}

func (l *lab) instance(id string) types.Instance {
	l.t.Helper()
	out := do(l.t, l.ec2.DescribeInstances, &sdk.DescribeInstancesInput{InstanceIds: []string{id}})
	return out.Reservations[0].Instances[0]
}

func (l *lab) state(id string) types.InstanceStateName {
	l.t.Helper()
	return l.instance(id).State.Name
}

// template makes a launch template of good settings, as change alters them.
func (l *lab) template(name string, change func(*types.RequestLaunchTemplateData)) string {
	l.t.Helper()
	data := &types.RequestLaunchTemplateData{ImageId: aws.String(ec2.ImageWeb1), InstanceType: types.InstanceTypeT3Micro,
		SecurityGroupIds: []string{l.group}}
	if change != nil {
		change(data)
	}
	out := do(l.t, l.ec2.CreateLaunchTemplate, &sdk.CreateLaunchTemplateInput{LaunchTemplateName: &name, LaunchTemplateData: data})
	return *out.LaunchTemplate.LaunchTemplateId
}

// image makes an image of a running server and waits until it is available.
func (l *lab) image(instance, name string) string {
	l.t.Helper()
	out := do(l.t, l.ec2.CreateImage, &sdk.CreateImageInput{InstanceId: &instance, Name: &name, NoReboot: aws.Bool(true)})
	l.pass(10 * time.Minute)
	return *out.ImageId
}

// do calls a handler that must succeed.
func do[I, O any](t *testing.T, handler func(context.Context, *I) (*O, error), in *I) *O {
	t.Helper()
	out, err := handler(t.Context(), in)
	if err != nil {
		t.Fatalf("%T: %v", in, err)
	}
	return out
}

// refused calls a handler that must fail with the code and the text.
func refused[I, O any](t *testing.T, handler func(context.Context, *I) (*O, error), in *I, code, text string) {
	t.Helper()
	_, err := handler(t.Context(), in)
	wantError(t, err, code, text)
}

func wantError(t *testing.T, err error, code, text string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Fatalf("got %v, want %s", err, code)
	}
	if api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), text) {
		t.Fatalf("got %v, want %s with %q", err, code, text)
	}
}

func tagSpec(resource types.ResourceType, key, value string) types.TagSpecification {
	return types.TagSpecification{ResourceType: resource, Tags: []types.Tag{{Key: &key, Value: &value}}}
}

func tagValue(tags []types.Tag, key string) string {
	for _, tag := range tags {
		if *tag.Key == key {
			return *tag.Value
		}
	}
	return ""
}
