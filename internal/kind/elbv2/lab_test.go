package elbv2_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/elbv2"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// trial is the stack of the harness.
var trial = stack.ID{Type: "kindtest", Name: "trial"}

// kind returns one of the package's kinds.
func kind(name string) func(*awsapi.Clients) engine.Kind {
	return func(c *awsapi.Clients) engine.Kind {
		for _, k := range elbv2.Kinds(c) {
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

// net is a network that load balancers can stand in.
type net struct {
	vpc            string
	subnets        []string // in three zones
	groupA, groupB string
}

func newNet(t *testing.T, c *awsapi.Clients) net {
	t.Helper()
	ctx := t.Context()
	vpc := *must[*ec2.CreateVpcOutput](t)(awsapi.EC2(c).CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})).Vpc.VpcId
	n := net{vpc: vpc}
	gateway := must[*ec2.CreateInternetGatewayOutput](t)(awsapi.EC2(c).CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{}))
	must[*ec2.AttachInternetGatewayOutput](t)(awsapi.EC2(c).AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{
		VpcId: &vpc, InternetGatewayId: gateway.InternetGateway.InternetGatewayId}))
	for i, letter := range []string{"a", "b", "c"} {
		out := must[*ec2.CreateSubnetOutput](t)(awsapi.EC2(c).CreateSubnet(ctx, &ec2.CreateSubnetInput{
			VpcId: &vpc, CidrBlock: aws.String("10.0." + string(rune('0'+i)) + ".0/24"), AvailabilityZone: aws.String("eu-west-1" + letter)}))
		n.subnets = append(n.subnets, *out.Subnet.SubnetId)
	}
	group := func(name string) string {
		return *must[*ec2.CreateSecurityGroupOutput](t)(awsapi.EC2(c).CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
			VpcId: &vpc, GroupName: &name, Description: &name})).GroupId
	}
	n.groupA, n.groupB = group("a"), group("b")
	return n
}

// tags are those of a part of the harness's stack.
func tags(part string) []types.Tag {
	return []types.Tag{
		{Key: aws.String(stack.TagStack), Value: aws.String(trial.String())},
		{Key: aws.String(stack.TagPart), Value: &part},
	}
}

func (n net) balancer(t *testing.T, c *awsapi.Clients, name string, tags []types.Tag) string {
	t.Helper()
	out := must[*sdk.CreateLoadBalancerOutput](t)(awsapi.ELBv2(c).CreateLoadBalancer(t.Context(), &sdk.CreateLoadBalancerInput{
		Name: &name, Subnets: n.subnets[:2], SecurityGroups: []string{n.groupA}, Tags: tags}))
	return *out.LoadBalancers[0].LoadBalancerArn
}

func (n net) group(t *testing.T, c *awsapi.Clients, name string) string {
	t.Helper()
	out := must[*sdk.CreateTargetGroupOutput](t)(awsapi.ELBv2(c).CreateTargetGroup(t.Context(), &sdk.CreateTargetGroupInput{
		Name: &name, Port: aws.Int32(8080), Protocol: types.ProtocolEnumHttp, VpcId: &n.vpc}))
	return *out.TargetGroups[0].TargetGroupArn
}

// forwardTo is an action with the target groups in the order of their weights.
func forwardTo(weights []int32, groups ...string) []types.Action {
	config := &types.ForwardActionConfig{}
	for i, group := range groups {
		config.TargetGroups = append(config.TargetGroups, types.TargetGroupTuple{TargetGroupArn: &group, Weight: &weights[i]})
	}
	return []types.Action{{Type: types.ActionTypeEnumForward, ForwardConfig: config}}
}

func rawListener(t *testing.T, c *awsapi.Clients, balancer string, port int32, actions []types.Action) string {
	t.Helper()
	out := must[*sdk.CreateListenerOutput](t)(awsapi.ELBv2(c).CreateListener(t.Context(), &sdk.CreateListenerInput{
		LoadBalancerArn: &balancer, Port: &port, Protocol: types.ProtocolEnumHttp, DefaultActions: actions, Tags: tags("listener/80")}))
	return *out.Listeners[0].ListenerArn
}

func setActions(t *testing.T, c *awsapi.Clients, listener string, actions []types.Action) {
	t.Helper()
	must[*sdk.ModifyListenerOutput](t)(awsapi.ELBv2(c).ModifyListener(t.Context(), &sdk.ModifyListenerInput{ListenerArn: &listener, DefaultActions: actions}))
}

// weights returns the target groups that a listener names.
func weights(t *testing.T, c *awsapi.Clients, listener string) map[string]int32 {
	t.Helper()
	out := must[*sdk.DescribeListenersOutput](t)(awsapi.ELBv2(c).DescribeListeners(t.Context(), &sdk.DescribeListenersInput{ListenerArns: []string{listener}}))
	found := map[string]int32{}
	for _, tuple := range out.Listeners[0].DefaultActions[0].ForwardConfig.TargetGroups {
		found[*tuple.TargetGroupArn] = *tuple.Weight
	}
	return found
}

// untag removes all tags of an object.
func untag(t *testing.T, c *awsapi.Clients, live engine.Live) {
	t.Helper()
	out := must[*sdk.DescribeTagsOutput](t)(awsapi.ELBv2(c).DescribeTags(t.Context(), &sdk.DescribeTagsInput{ResourceArns: []string{live.ID}}))
	var keys []string
	for _, tag := range out.TagDescriptions[0].Tags {
		keys = append(keys, *tag.Key)
	}
	must[*sdk.RemoveTagsOutput](t)(awsapi.ELBv2(c).RemoveTags(t.Context(), &sdk.RemoveTagsInput{ResourceArns: []string{live.ID}, TagKeys: keys}))
}

// part returns what the engine hands to Create for a part of the harness's stack.
func part(key string, s stack.Spec) engine.Want {
	of := stack.New(trial, nil)
	of.Add(key, s)
	p, _ := of.Part(key)
	return engine.Want{Stack: of.ID, Key: p.Key, Spec: s, Tags: of.TagsOf(p)}
}
