package autoscaling_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	simec2 "github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// trial is the stack of the harness.
var trial = stack.ID{Type: "kindtest", Name: "trial"}

// kind returns one of the package's kinds.
func kind(name string) func(*awsapi.Clients) engine.Kind {
	return func(c *awsapi.Clients) engine.Kind {
		for _, k := range autoscaling.Kinds(c) {
			if k.Name() == name {
				return k
			}
		}
		panic("no kind " + name)
	}
}

// keyed lets the harness try a kind whose key is not free: to the harness it is
// "object".
type keyed struct {
	engine.Kind
	key string
}

const harnessKey = "object"

func facet(name, key string) func(*awsapi.Clients) engine.Kind {
	return func(c *awsapi.Clients) engine.Kind { return keyed{kind(name)(c), key} }
}

func (k keyed) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	if id, ok := scope.IDs[harnessKey]; ok {
		scope.IDs = map[string]string{k.key: id}
	}
	lives, err := k.Kind.List(ctx, scope)
	for i := range lives {
		lives[i] = k.renamed(lives[i])
	}
	return lives, err
}

func (k keyed) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	want.Key = k.key
	live, err := k.Kind.Create(ctx, want)
	return k.renamed(live), err
}

func (k keyed) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	want.Key = k.key
	live, err := k.Kind.Update(ctx, have, want, diff)
	return k.renamed(live), err
}

func (k keyed) renamed(live engine.Live) engine.Live {
	if live.Key == k.key {
		live.Key = harnessKey
	}
	return live
}

// must returns the output of a raw call that has to succeed.
func must[T any](t *testing.T) func(T, error) T {
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// tier is what a group stands in: a network, a launch template with the versions 1
// and 2, and a load balancer that forwards to a target group.
type tier struct {
	*testing.T
	c        *awsapi.Clients
	sim      *awssim.Sim
	subnets  []string
	vpc      string
	template string
	balancer string
	listener string
	target   string
}

func newTier(t *testing.T, c *awsapi.Clients) *tier {
	t.Helper()
	ctx := t.Context()
	w := &tier{T: t, c: c}
	w.vpc = *must[*ec2.CreateVpcOutput](t)(awsapi.EC2(c).CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})).Vpc.VpcId
	for i, letter := range []string{"a", "b", "c"} {
		out := must[*ec2.CreateSubnetOutput](t)(awsapi.EC2(c).CreateSubnet(ctx, &ec2.CreateSubnetInput{
			VpcId: &w.vpc, CidrBlock: aws.String("10.0." + string(rune('0'+i)) + ".0/24"), AvailabilityZone: aws.String("eu-west-1" + letter)}))
		w.subnets = append(w.subnets, *out.Subnet.SubnetId)
	}
	group := *must[*ec2.CreateSecurityGroupOutput](t)(awsapi.EC2(c).CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		VpcId: &w.vpc, GroupName: aws.String("servers"), Description: aws.String("servers")})).GroupId
	must[*ec2.AuthorizeSecurityGroupIngressOutput](t)(awsapi.EC2(c).AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &group, IpPermissions: []ec2types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80),
			IpRanges: []ec2types.IpRange{{CidrIp: aws.String("10.0.0.0/16")}}}}}))
	data := &ec2types.RequestLaunchTemplateData{ImageId: aws.String(simec2.ImageWeb1), InstanceType: ec2types.InstanceTypeT3Micro, SecurityGroupIds: []string{group}}
	w.template = *must[*ec2.CreateLaunchTemplateOutput](t)(awsapi.EC2(c).CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("trial"), LaunchTemplateData: data})).LaunchTemplate.LaunchTemplateId
	w.version(simec2.ImageWeb2)
	w.addBalancer(group)
	return w
}

// version adds a launch template version with another image.
func (w *tier) version(image string) string {
	w.Helper()
	out := must[*ec2.CreateLaunchTemplateVersionOutput](w.T)(awsapi.EC2(w.c).CreateLaunchTemplateVersion(w.Context(), &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: &w.template, SourceVersion: aws.String("1"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: &image}}))
	return string(rune('0' + *out.LaunchTemplateVersion.VersionNumber))
}

func (w *tier) addBalancer(group string) {
	w.Helper()
	ctx := w.Context()
	w.balancer = *must[*elbv2.CreateLoadBalancerOutput](w.T)(awsapi.ELBv2(w.c).CreateLoadBalancer(ctx, &elbv2.CreateLoadBalancerInput{
		Name: aws.String("trial"), Scheme: elbtypes.LoadBalancerSchemeEnumInternal, Subnets: w.subnets, SecurityGroups: []string{group}})).LoadBalancers[0].LoadBalancerArn
	w.target = w.newTarget("trial")
	w.listener = *must[*elbv2.CreateListenerOutput](w.T)(awsapi.ELBv2(w.c).CreateListener(ctx, &elbv2.CreateListenerInput{
		LoadBalancerArn: &w.balancer, Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &w.target}}})).Listeners[0].ListenerArn
}

func (w *tier) newTarget(name string) string {
	w.Helper()
	return *must[*elbv2.CreateTargetGroupOutput](w.T)(awsapi.ELBv2(w.c).CreateTargetGroup(w.Context(), &elbv2.CreateTargetGroupInput{
		Name: &name, Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp, VpcId: &w.vpc})).TargetGroups[0].TargetGroupArn
}

// group is a good group of two servers.
func (w *tier) group() *autoscaling.Group {
	return &autoscaling.Group{
		Name: "trial-0a1b2c", MinSize: 2, MaxSize: 4,
		LaunchTemplate: stack.Literal(w.template), LaunchTemplateVersion: literal("1"), Subnets: stack.Literals(w.subnets...),
		HealthCheckType: "ELB", HealthCheckGracePeriod: 120, MinHealthyPercentage: 100, MaxHealthyPercentage: 150,
		DefaultInstanceWarmup: aws.Int32(30), Metrics: true, ZonalShift: aws.Bool(true),
		InstanceTags: map[string]string{"Name": "trial", "role": "web"},
		Rollout:      autoscaling.Rollout{MinHealthyPercentage: 100, MaxHealthyPercentage: 150, AutoRollback: true, SkipMatching: true},
	}
}

func (w *tier) attachment() *autoscaling.TargetGroupAttachment {
	return &autoscaling.TargetGroupAttachment{Group: stack.Literal("trial-0a1b2c"), TargetGroup: stack.Literal(w.target), MinHealthy: 2, LimitMinutes: 10}
}

// rawGroup makes a group as part of the harness's stack by a raw call.
func (w *tier) rawGroup(version string) {
	w.Helper()
	s := w.group()
	must[*sdk.CreateAutoScalingGroupOutput](w.T)(awsapi.AutoScaling(w.c).CreateAutoScalingGroup(w.Context(), &sdk.CreateAutoScalingGroupInput{
		AutoScalingGroupName: &s.Name, MinSize: &s.MinSize, MaxSize: &s.MaxSize, VPCZoneIdentifier: aws.String(strings.Join(w.subnets, ",")),
		LaunchTemplate:  &types.LaunchTemplateSpecification{LaunchTemplateId: &w.template, Version: &version},
		HealthCheckType: aws.String("ELB"), HealthCheckGracePeriod: aws.Int32(120),
		Tags: []types.Tag{{Key: aws.String(stack.TagStack), Value: aws.String(trial.String())}, {Key: aws.String(stack.TagPart), Value: aws.String("autoscaling_group")}},
	}))
}

func (w *tier) describe() types.AutoScalingGroup {
	w.Helper()
	out := must[*sdk.DescribeAutoScalingGroupsOutput](w.T)(awsapi.AutoScaling(w.c).DescribeAutoScalingGroups(w.Context(),
		&sdk.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"trial-0a1b2c"}}))
	if len(out.AutoScalingGroups) == 0 {
		return types.AutoScalingGroup{}
	}
	return out.AutoScalingGroups[0]
}

// versions counts the instances of each version.
func (w *tier) versions() map[string]int {
	w.Helper()
	counts := map[string]int{}
	for _, instance := range w.describe().Instances {
		counts[*instance.LaunchTemplate.Version]++
	}
	return counts
}

// operations counts the calls of each operation since the last reset.
func (w *tier) operations() map[string]int {
	counts := map[string]int{}
	for _, call := range w.sim.Calls() {
		counts[call.Operation]++
	}
	return counts
}

// inTier runs a test in virtual time in a tier of its own.
func inTier(t *testing.T, test func(*testing.T, *tier)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sim := awssim.New(awssim.Options{})
		w := newTier(t, kindtest.Clients(t, sim))
		w.sim = sim
		time.Sleep(10 * time.Minute)
		test(t, w)
	})
}

// part returns what the engine hands to Create for a part of the harness's stack.
func part(key string, s stack.Spec) engine.Want {
	of := stack.New(trial, nil)
	of.Add(key, s)
	p, _ := of.Part(key)
	return engine.Want{Stack: of.ID, Key: p.Key, Spec: s, Tags: of.TagsOf(p)}
}

// says checks that an error has all the texts.
func says(t *testing.T, err error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("the error does not say %q: %v", text, err)
		}
	}
}

// after returns what comes after a text.
func after(s, text string) string {
	_, rest, _ := strings.Cut(s, text)
	return rest
}

// forward is an action that names the target groups; the first gets everything.
func forward(groups ...string) []elbtypes.Action {
	config := &elbtypes.ForwardActionConfig{}
	for i, group := range groups {
		weight := int32(0)
		if i == 0 {
			weight = 1
		}
		config.TargetGroups = append(config.TargetGroups, elbtypes.TargetGroupTuple{TargetGroupArn: &group, Weight: &weight})
	}
	return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, ForwardConfig: config}}
}

// literal returns a version's number as specs have it.
func literal(version string) *stack.Ref {
	ref := stack.Literal(version)
	return &ref
}
