package awssim

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// tier is a small web tier, made through SDK clients.
type tier struct {
	t       *testing.T
	name    string
	ec2     *ec2.Client
	elb     *elb.Client
	asg     *autoscaling.Client
	vpc     string
	gateway string
	group   string // target group
	balance string // load balancer
	listen  string
	launch  string // launch template
	subnets []string
}

// must fails the test at once if a call of the tier failed.
func must[T any](out T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func newTier(t *testing.T, sim *Sim) *tier {
	t.Helper()
	options := config(sim.Transport())
	w := &tier{t: t, name: "web", ec2: ec2.NewFromConfig(options), elb: elb.NewFromConfig(options), asg: autoscaling.NewFromConfig(options)}
	w.makeNetwork(t.Context())
	w.makeBalancer(t.Context())
	w.makeGroup(t.Context())
	return w
}

func (w *tier) makeNetwork(ctx context.Context) {
	w.t.Helper()
	w.vpc = *must(w.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}))(w.t).Vpc.VpcId
	waiter := ec2.NewVpcAvailableWaiter(w.ec2)
	if err := waiter.Wait(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{w.vpc}}, time.Hour); err != nil {
		w.t.Fatal(err)
	}
	w.gateway = *must(w.ec2.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{}))(w.t).InternetGateway.InternetGatewayId
	must(w.ec2.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &w.gateway, VpcId: &w.vpc}))(w.t)
	for i, zone := range []string{home + "a", home + "b"} {
		out := must(w.ec2.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &w.vpc, AvailabilityZone: &zone,
			CidrBlock: aws.String(fmt.Sprintf("10.0.%d.0/18", i*64))}))(w.t)
		w.subnets = append(w.subnets, *out.Subnet.SubnetId)
	}
	tables := must(w.ec2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{}))(w.t)
	must(w.ec2.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: tables.RouteTables[0].RouteTableId,
		DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: &w.gateway}))(w.t)
	time.Sleep(10 * time.Second) // until the subnets are available
}

func (w *tier) makeBalancer(ctx context.Context) {
	w.t.Helper()
	group := must(w.elb.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{Name: &w.name, VpcId: &w.vpc,
		Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), TargetType: elbtypes.TargetTypeEnumInstance}))(w.t)
	w.group = *group.TargetGroups[0].TargetGroupArn
	balancer := must(w.elb.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: &w.name, Subnets: w.subnets}))(w.t)
	w.balance = *balancer.LoadBalancers[0].LoadBalancerArn
	listener := must(w.elb.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: &w.balance, Port: aws.Int32(80),
		Protocol: elbtypes.ProtocolEnumHttp, DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &w.group}}}))(w.t)
	w.listen = *listener.Listeners[0].ListenerArn
}

func (w *tier) makeGroup(ctx context.Context) {
	w.t.Helper()
	images := must(w.ec2.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"amazon"},
		Filters: []ec2types.Filter{{Name: aws.String("architecture"), Values: []string{"x86_64"}}}}))(w.t)
	template := must(w.ec2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: &w.name,
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: images.Images[0].ImageId, InstanceType: ec2types.InstanceTypeT3Micro}}))(w.t)
	w.launch = *template.LaunchTemplate.LaunchTemplateId
	must(w.asg.CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{AutoScalingGroupName: &w.name,
		MinSize: aws.Int32(2), MaxSize: aws.Int32(4), VPCZoneIdentifier: aws.String(strings.Join(w.subnets, ",")),
		TargetGroupARNs: []string{w.group}, HealthCheckType: aws.String("ELB"), HealthCheckGracePeriod: aws.Int32(60),
		LaunchTemplate: &asgtypes.LaunchTemplateSpecification{LaunchTemplateId: &w.launch, Version: aws.String("1")}}))(w.t)
}

// healthy returns the targets that the load balancer finds healthy.
func (w *tier) healthy() (ids []string) {
	w.t.Helper()
	out := must(w.elb.DescribeTargetHealth(w.t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: &w.group}))(w.t)
	for _, target := range out.TargetHealthDescriptions {
		if target.TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy {
			ids = append(ids, *target.Target.Id)
		}
	}
	return ids
}

// TestTier makes a web tier, kills a server, and finds it replaced: nothing but the
// clock drives Auto Scaling and the load balancer.
func TestTier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New(Options{})
		w := newTier(t, sim)
		time.Sleep(10 * time.Minute) // without any call: what was due must have happened in its order
		before := w.healthy()
		if len(before) != 2 {
			t.Fatalf("healthy: %v\n%s", before, events(sim))
		}
		must(w.ec2.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: before[:1]}))(t)
		time.Sleep(10 * time.Minute)
		after := w.healthy()
		if len(after) != 2 || strings.Contains(strings.Join(after, " "), before[0]) {
			t.Fatalf("healthy: %v, before %v\n%s", after, before, events(sim))
		}
		w.remove()
		if left := sim.World(home).Inventory(); len(left) > 0 {
			t.Errorf("left over:\n%s", strings.Join(left, "\n"))
		}
	})
}

// remove takes everything down, dependents first.
func (w *tier) remove() {
	w.t.Helper()
	ctx := w.t.Context()
	must(w.asg.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: &w.name, ForceDelete: aws.Bool(true)}))(w.t)
	time.Sleep(10 * time.Minute)
	must(w.ec2.DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: &w.launch}))(w.t)
	must(w.elb.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: &w.balance}))(w.t)
	time.Sleep(10 * time.Minute)
	must(w.elb.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &w.group}))(w.t)
	for _, subnet := range w.subnets {
		must(w.ec2.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &subnet}))(w.t)
	}
	must(w.ec2.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &w.gateway, VpcId: &w.vpc}))(w.t)
	must(w.ec2.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: &w.gateway}))(w.t)
	must(w.ec2.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &w.vpc}))(w.t)
}

func events(sim *Sim) string {
	var text strings.Builder
	for _, e := range sim.World(home).Events() {
		fmt.Fprintf(&text, "%s %s %s: %s\n", e.At.Format(time.TimeOnly), e.Service, e.Object, e.Text)
	}
	return text.String()
}
