package autoscaling_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbsdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/elbv2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/iam"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// realTier is a group of two behind a load balancer, on the simulated EC2 and
// Elastic Load Balancing instead of stand-ins.
type realTier struct {
	*world
	ec2      *ec2.Service
	elb      *elbv2.Service
	template *string
	targets  string
	subnets  []string
}

// do calls a handler that must not fail.
func do[In, Out any](t *testing.T, call func(context.Context, *In) (*Out, error), in *In) *Out {
	t.Helper()
	out, err := call(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func newRealTier(t *testing.T) *realTier {
	w := &realTier{world: &world{T: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	r := region.New("123456789012", "eu-west-1", func() time.Time { return w.now }, 1)
	w.ec2 = ec2.New(r)
	w.elb = elbv2.New(r, w.ec2)
	w.alongside = w.elb.Tick
	w.Service = autoscaling.New(r, w.ec2, w.elb)

	vpc := do(t, w.ec2.CreateVpc, &ec2sdk.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}).Vpc.VpcId
	w.now = w.now.Add(time.Minute)
	gateway := do(t, w.ec2.CreateInternetGateway, &ec2sdk.CreateInternetGatewayInput{}).InternetGateway.InternetGatewayId
	do(t, w.ec2.AttachInternetGateway, &ec2sdk.AttachInternetGatewayInput{VpcId: vpc, InternetGatewayId: gateway})
	for i, zone := range []string{"eu-west-1a", "eu-west-1b"} {
		subnet := do(t, w.ec2.CreateSubnet, &ec2sdk.CreateSubnetInput{VpcId: vpc, AvailabilityZone: &zone, CidrBlock: aws.String(fmt.Sprintf("10.0.%d.0/24", i))})
		w.subnets = append(w.subnets, *subnet.Subnet.SubnetId)
	}
	w.now = w.now.Add(time.Minute)
	w.targets = *do(t, w.elb.CreateTargetGroup, &elbsdk.CreateTargetGroupInput{Name: aws.String("web"), VpcId: vpc, Port: aws.Int32(80),
		Protocol: elbtypes.ProtocolEnumHttp, TargetType: elbtypes.TargetTypeEnumInstance}).TargetGroups[0].TargetGroupArn
	balancer := do(t, w.elb.CreateLoadBalancer, &elbsdk.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: w.subnets}).LoadBalancers[0].LoadBalancerArn
	do(t, w.elb.CreateListener, &elbsdk.CreateListenerInput{LoadBalancerArn: balancer, Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &w.targets}}})
	w.now = w.now.Add(5 * time.Minute)
	w.template = do(t, w.ec2.CreateLaunchTemplate, &ec2sdk.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("web"),
		LaunchTemplateData: data(ec2.ImageWeb1)}).LaunchTemplate.LaunchTemplateId
	return w
}

func data(image string) *ec2types.RequestLaunchTemplateData {
	return &ec2types.RequestLaunchTemplateData{ImageId: &image, InstanceType: ec2types.InstanceTypeT3Micro}
}

// version makes a launch template version with an image.
func (w *realTier) version(image string) *types.LaunchTemplateSpecification {
	w.Helper()
	made := do(w.T, w.ec2.CreateLaunchTemplateVersion, &ec2sdk.CreateLaunchTemplateVersionInput{LaunchTemplateId: w.template, LaunchTemplateData: data(image)})
	return &types.LaunchTemplateSpecification{LaunchTemplateId: w.template, Version: aws.String(fmt.Sprint(*made.LaunchTemplateVersion.VersionNumber))}
}

func (w *realTier) input() *sdk.CreateAutoScalingGroupInput {
	return &sdk.CreateAutoScalingGroupInput{AutoScalingGroupName: aws.String(group), MinSize: aws.Int32(2), MaxSize: aws.Int32(4),
		VPCZoneIdentifier: aws.String(strings.Join(w.subnets, ",")), TargetGroupARNs: []string{w.targets},
		HealthCheckType: aws.String("ELB"), HealthCheckGracePeriod: aws.Int32(120), DefaultInstanceWarmup: aws.Int32(30),
		LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateId: w.template, Version: aws.String("1")}}
}

// healthy counts the targets that the load balancer sends requests to.
func (w *realTier) healthy() (n int) {
	w.Helper()
	for _, target := range do(w.T, w.elb.DescribeTargetHealth, &elbsdk.DescribeTargetHealthInput{TargetGroupArn: &w.targets}).TargetHealthDescriptions {
		if target.TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy {
			n++
		}
	}
	return n
}

func TestRefreshOfRealServers(t *testing.T) {
	tests := []struct {
		image    string
		status   types.InstanceRefreshStatus
		versions string
	}{
		{ec2.ImageWeb2, types.InstanceRefreshStatusSuccessful, "2×2"},
		{ec2.ImageBad, types.InstanceRefreshStatusRollbackSuccessful, "1×2"},
		{ec2.ImageBroken, types.InstanceRefreshStatusRollbackSuccessful, "1×2"},
	}
	for _, test := range tests {
		t.Run(test.image, func(t *testing.T) {
			w := newRealTier(t)
			w.Timings.RefreshStall = 10 * time.Minute
			do(t, w.CreateAutoScalingGroup, w.input())
			w.settle(10 * time.Minute)
			if w.healthy() != 2 || w.spread() != "map[a:1 b:1]" {
				t.Fatalf("%d healthy, %s\n%s", w.healthy(), w.spread(), w.dump())
			}
			p := between(100, 150)
			p.AutoRollback = aws.Bool(true)
			do(t, w.StartInstanceRefresh, &sdk.StartInstanceRefreshInput{AutoScalingGroupName: aws.String(group), Preferences: &p,
				DesiredConfiguration: &types.DesiredConfiguration{LaunchTemplate: w.version(test.image)}})
			w.until("over", 3*time.Hour, func() bool {
				if w.healthy() < 2 {
					t.Fatalf("%d healthy during the refresh\n%s", w.healthy(), w.dump())
				}
				return w.refresh().EndTime != nil
			})
			w.settle(20 * time.Minute)
			if w.refresh().Status != test.status || w.versions() != test.versions {
				t.Errorf("%s, %s: %s\n%s", w.refresh().Status, w.versions(), aws.ToString(w.refresh().StatusReason), w.dump())
			}
		})
	}
}

func TestRealTemplateErrors(t *testing.T) {
	w := newRealTier(t)
	in := w.input()
	in.LaunchTemplate.Version = aws.String("7")
	_, err := w.CreateAutoScalingGroup(ctx, in)
	w.wantError(err, "ValidationError", "You must use a valid fully-formed launch template.")

	spec := data(ec2.ImageWeb1)
	spec.IamInstanceProfile = &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("web")}
	do(t, w.ec2.CreateLaunchTemplateVersion, &ec2sdk.CreateLaunchTemplateVersionInput{LaunchTemplateId: w.template, LaunchTemplateData: spec})
	roles := iam.New(w.Region)
	w.ec2.InstanceProfile = roles.InstanceProfileUsable
	name := aws.String("web")
	do(t, roles.CreateRole, &iamsdk.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(
		`{"Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`)})
	do(t, roles.CreateInstanceProfile, &iamsdk.CreateInstanceProfileInput{InstanceProfileName: name})
	do(t, roles.AddRoleToInstanceProfile, &iamsdk.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: name})
	in = w.input()
	in.LaunchTemplate.Version = aws.String("2")
	_, err = w.CreateAutoScalingGroup(ctx, in)
	w.wantError(err, "ValidationError", "Invalid IAM Instance Profile name")
	w.now = w.now.Add(15 * time.Second)
	do(t, w.CreateAutoScalingGroup, in)
}
