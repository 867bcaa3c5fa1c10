package elbv2_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/elbv2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// network is a stand-in for EC2: VPC vpc-1 with the subnets subnet-a, -b and -c in
// zones of the same letter, and vpc-2 with subnet-x in zone a. Both have the
// security groups sg-default-<vpc> and sg-1 or sg-2.
type network struct {
	subnets    map[string]ec2types.Subnet
	gateways   map[string]bool
	closed     bool // security groups let nothing in
	interfaces map[string]*eni
	servers    map[string]*server
}

type eni struct {
	ec2.InterfaceSpec
	goneAt time.Time
}

// server is an instance; a zero instant never comes.
type server struct {
	zone, vpc                              string
	runningAt, servingAt, stopAt, brokenAt time.Time
	terminated                             bool // what happens at stopAt
	closedPort                             int32
}

func newNetwork() *network {
	n := &network{subnets: map[string]ec2types.Subnet{}, gateways: map[string]bool{"vpc-1": true, "vpc-2": true},
		interfaces: map[string]*eni{}, servers: map[string]*server{}}
	n.addSubnet("subnet-a", "vpc-1", "a")
	n.addSubnet("subnet-a2", "vpc-1", "a")
	n.addSubnet("subnet-b", "vpc-1", "b")
	n.addSubnet("subnet-c", "vpc-1", "c")
	n.addSubnet("subnet-x", "vpc-2", "a")
	return n
}

func (n *network) addSubnet(id, vpc, zone string) {
	n.subnets[id] = ec2types.Subnet{SubnetId: aws.String(id), VpcId: aws.String(vpc), CidrBlock: aws.String("10.0.0.0/24"),
		AvailabilityZone: aws.String("eu-west-1" + zone), AvailableIpAddressCount: aws.Int32(251)}
}

func (n *network) AddInterface(spec ec2.InterfaceSpec) (id, privateIP, publicIP string, err error) {
	id = fmt.Sprintf("eni-%d", len(n.interfaces)+1)
	n.interfaces[id] = &eni{InterfaceSpec: spec}
	return id, fmt.Sprintf("10.0.0.%d", len(n.interfaces)+3), "", nil
}

func (n *network) ReleaseInterface(id string, at time.Time)      { n.interfaces[id].goneAt = at }
func (n *network) SetInterfaceGroups(id string, groups []string) { n.interfaces[id].Groups = groups }
func (n *network) HasInternetGateway(vpcID string) bool          { return n.gateways[vpcID] }

func (n *network) Subnet(id string) (ec2types.Subnet, bool) {
	subnet, ok := n.subnets[id]
	return subnet, ok
}

func (n *network) SecurityGroup(id string) (ec2types.SecurityGroup, bool) {
	vpc, ok := map[string]string{"sg-1": "vpc-1", "sg-1b": "vpc-1", "sg-2": "vpc-2", "sg-default-vpc-1": "vpc-1"}[id]
	return ec2types.SecurityGroup{GroupId: aws.String(id), VpcId: aws.String(vpc)}, ok
}

func (n *network) AllowsIngress(string, string, int32, []string, string) bool { return !n.closed }

func (n *network) Instance(id string, at time.Time) (ec2types.Instance, bool) {
	server, ok := n.servers[id]
	if !ok {
		return ec2types.Instance{}, false
	}
	state := ec2types.InstanceStateNameRunning
	switch {
	case !server.stopAt.IsZero() && !at.Before(server.stopAt) && server.terminated:
		state = ec2types.InstanceStateNameTerminated
	case !server.stopAt.IsZero() && !at.Before(server.stopAt):
		state = ec2types.InstanceStateNameStopped
	case at.Before(server.runningAt):
		state = ec2types.InstanceStateNamePending
	}
	return ec2types.Instance{InstanceId: aws.String(id), VpcId: aws.String(server.vpc),
		Placement:      &ec2types.Placement{AvailabilityZone: aws.String(server.zone)},
		State:          &ec2types.InstanceState{Name: state},
		SecurityGroups: []ec2types.GroupIdentifier{{GroupId: aws.String("sg-1")}}}, true
}

func (n *network) Serving(id string, port int32, at time.Time) bool {
	server := n.servers[id]
	return port != server.closedPort && !at.Before(server.servingAt) && (server.brokenAt.IsZero() || at.Before(server.brokenAt))
}

func (n *network) DescribeVpcs(_ context.Context, in *ec2sdk.DescribeVpcsInput) (*ec2sdk.DescribeVpcsOutput, error) {
	out := &ec2sdk.DescribeVpcsOutput{}
	if id := in.Filters[0].Values[0]; id == "vpc-1" || id == "vpc-2" {
		out.Vpcs = []ec2types.Vpc{{VpcId: aws.String(id)}}
	}
	return out, nil
}

func (n *network) DescribeSecurityGroups(_ context.Context, in *ec2sdk.DescribeSecurityGroupsInput) (*ec2sdk.DescribeSecurityGroupsOutput, error) {
	return &ec2sdk.DescribeSecurityGroupsOutput{SecurityGroups: []ec2types.SecurityGroup{
		{GroupId: aws.String("sg-default-" + in.Filters[0].Values[0])}}}, nil
}

// cloud is load balancing in a network, with a clock that only advances when told.
type cloud struct {
	*testing.T
	*elbv2.Service
	net *network
	now time.Time
}

func newCloud(t *testing.T) *cloud {
	c := &cloud{T: t, net: newNetwork(), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	r := region.New("123456789012", "eu-west-1", func() time.Time { return c.now }, 1)
	c.Service = elbv2.New(r, c.net)
	return c
}

// pass lets time go by as the simulator does: in steps of a second, up to the
// moment when everything is settled and then at once.
func (c *cloud) pass(d time.Duration) {
	end := c.now.Add(d)
	for c.now.Before(end) {
		c.now = c.now.Add(time.Second)
		if c.Tick(c.now) {
			c.now = end
		}
	}
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

// wantCode fails unless the error has the wire code and holds the text.
func (c *cloud) wantCode(err error, code, text string) {
	c.Helper()
	var api interface{ ErrorMessage() string }
	if !apierr.Is(err, code) || !errors.As(err, &api) || !strings.Contains(api.ErrorMessage(), text) {
		c.Errorf("got error %v, want %s with %q", err, code, text)
	}
}

func (c *cloud) balancer(name string, change ...func(*sdk.CreateLoadBalancerInput)) string {
	c.Helper()
	in := &sdk.CreateLoadBalancerInput{Name: aws.String(name), Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-1"}}
	for _, f := range change {
		f(in)
	}
	return *do(c.T, c.CreateLoadBalancer, in).LoadBalancers[0].LoadBalancerArn
}

func network1(in *sdk.CreateLoadBalancerInput) { in.Type = types.LoadBalancerTypeEnumNetwork }

func (c *cloud) group(name string, change ...func(*sdk.CreateTargetGroupInput)) string {
	c.Helper()
	in := &sdk.CreateTargetGroupInput{Name: aws.String(name), Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80),
		VpcId: aws.String("vpc-1"), HealthCheckIntervalSeconds: aws.Int32(10)}
	for _, f := range change {
		f(in)
	}
	return *do(c.T, c.CreateTargetGroup, in).TargetGroups[0].TargetGroupArn
}

func tcp(in *sdk.CreateTargetGroupInput) {
	in.Protocol, in.HealthCheckTimeoutSeconds = types.ProtocolEnumTcp, aws.Int32(5)
}

func forward(groupARN string) []types.Action {
	return []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: aws.String(groupARN)}}
}

func notFound() []types.Action {
	return []types.Action{{Type: types.ActionTypeEnumFixedResponse,
		FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("404")}}}
}

func (c *cloud) listenerIn(balancerARN string, port int32, actions []types.Action) *sdk.CreateListenerInput {
	protocol := types.ProtocolEnumHttp
	if strings.Contains(balancerARN, "/net/") {
		protocol = types.ProtocolEnumTcp
	}
	return &sdk.CreateListenerInput{LoadBalancerArn: aws.String(balancerARN), Port: aws.Int32(port), Protocol: protocol, DefaultActions: actions}
}

func (c *cloud) listener(balancerARN string, port int32, actions []types.Action) string {
	c.Helper()
	return *do(c.T, c.CreateListener, c.listenerIn(balancerARN, port, actions)).Listeners[0].ListenerArn
}

// serve adds an instance to zone a that has long been serving.
func (c *cloud) serve(id string) *server {
	c.net.servers[id] = &server{zone: "eu-west-1a", vpc: "vpc-1", runningAt: c.now.Add(-time.Hour), servingAt: c.now.Add(-time.Hour)}
	return c.net.servers[id]
}

func (c *cloud) register(groupARN, id string) {
	c.Helper()
	if err := c.RegisterInstance(groupARN, id, c.now); err != nil {
		c.Fatal(err)
	}
}

// state returns the state of a target as state/reason, or its state alone.
func (c *cloud) state(groupARN, id string) string {
	c.Helper()
	state, reason := c.TargetState(groupARN, id, c.now)
	return strings.TrimSuffix(string(state)+"/"+string(reason), "/")
}

func (c *cloud) wantState(groupARN, id, want string) {
	c.Helper()
	if got := c.state(groupARN, id); got != want {
		c.Errorf("at %s: %s is %s, want %s", c.now.Format(time.TimeOnly), id, got, want)
	}
}

func tag(key, value string) types.Tag {
	return types.Tag{Key: aws.String(key), Value: aws.String(value)}
}

// lines checks a list of texts regardless of what made it.
func (c *cloud) wantLines(got []string, want ...string) {
	c.Helper()
	if !slices.Equal(got, want) {
		c.Errorf("got  %q\nwant %q", got, want)
	}
}
