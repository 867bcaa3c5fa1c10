package elbv2_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/elbv2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// tier is a load balancer in front of one server on the simulated EC2, without a
// rule that lets the load balancer in.
type tier struct {
	*cloud
	ec2                             *ec2.Service
	frontGroup, serverGroup, server string
	balancer, targets               string
}

func newTier(t *testing.T) *tier {
	c := &cloud{T: t, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	r := region.New("123456789012", "eu-west-1", func() time.Time { return c.now }, 1)
	x := &tier{cloud: c, ec2: ec2.New(r)}
	c.Service = elbv2.New(r, x.ec2)

	vpc := do(t, x.ec2.CreateVpc, &ec2sdk.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}).Vpc.VpcId
	c.pass(time.Minute)
	gateway := do(t, x.ec2.CreateInternetGateway, &ec2sdk.CreateInternetGatewayInput{}).InternetGateway.InternetGatewayId
	do(t, x.ec2.AttachInternetGateway, &ec2sdk.AttachInternetGatewayInput{VpcId: vpc, InternetGatewayId: gateway})
	var subnets []string
	for _, place := range [][2]string{{"eu-west-1a", "10.0.0.0/24"}, {"eu-west-1b", "10.0.1.0/24"}} {
		subnet := do(t, x.ec2.CreateSubnet, &ec2sdk.CreateSubnetInput{VpcId: vpc, AvailabilityZone: &place[0], CidrBlock: &place[1]})
		subnets = append(subnets, *subnet.Subnet.SubnetId)
	}
	group := func(name string) string {
		return *do(t, x.ec2.CreateSecurityGroup, &ec2sdk.CreateSecurityGroupInput{VpcId: vpc, GroupName: &name, Description: &name}).GroupId
	}
	x.frontGroup, x.serverGroup = group("front"), group("server")
	c.pass(time.Minute)
	x.server = *do(t, x.ec2.RunInstances, &ec2sdk.RunInstancesInput{ImageId: aws.String(ec2.ImageWeb1), InstanceType: ec2types.InstanceTypeT3Micro,
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: &subnets[0], SecurityGroupIds: []string{x.serverGroup}}).Instances[0].InstanceId

	x.balancer = *do(t, c.CreateLoadBalancer, &sdk.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: subnets,
		SecurityGroups: []string{x.frontGroup}}).LoadBalancers[0].LoadBalancerArn
	x.targets = c.group("web", func(in *sdk.CreateTargetGroupInput) { in.VpcId = vpc })
	c.listener(x.balancer, 80, forward(x.targets))
	c.pass(5 * time.Minute)
	c.register(x.targets, x.server)
	c.pass(time.Minute)
	return x
}

func (x *tier) openPath() {
	do(x.T, x.ec2.AuthorizeSecurityGroupIngress, &ec2sdk.AuthorizeSecurityGroupIngressInput{GroupId: &x.serverGroup,
		IpPermissions: []ec2types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80),
			UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &x.frontGroup}}}}})
}

func TestRealServerIsHealthyOnceTheGroupsLetTheLoadBalancerIn(t *testing.T) {
	x := newTier(t)
	x.wantState(x.targets, x.server, "unhealthy/Target.Timeout")
	x.openPath()
	x.pass(time.Minute)
	x.wantState(x.targets, x.server, "healthy")
}

func TestRealServerLeavesTheGroupWhenTerminated(t *testing.T) {
	x := newTier(t)
	x.openPath()
	x.pass(time.Minute)
	do(t, x.ec2.TerminateInstances, &ec2sdk.TerminateInstancesInput{InstanceIds: []string{x.server}})
	x.pass(25 * time.Second)
	x.wantState(x.targets, x.server, "unhealthy/Target.Timeout")
	x.pass(time.Minute)
	x.wantState(x.targets, x.server, "unused/Target.NotRegistered")
}

func TestRealInterfacesKeepTheSecurityGroupInUse(t *testing.T) {
	x := newTier(t)
	do(t, x.DeleteLoadBalancer, &sdk.DeleteLoadBalancerInput{LoadBalancerArn: &x.balancer})
	remove := func() error {
		_, err := x.ec2.DeleteSecurityGroup(t.Context(), &ec2sdk.DeleteSecurityGroupInput{GroupId: &x.frontGroup})
		return err
	}
	x.now = x.now.Add(3*time.Minute - time.Second)
	x.wantCode(remove(), "DependencyViolation", "")
	x.now = x.now.Add(time.Second)
	if err := remove(); err != nil {
		t.Error(err)
	}
}

func TestRealDefaultGroup(t *testing.T) {
	x := newTier(t)
	lb := x.describeBalancer(x.balancer)
	var subnets []string
	for _, zone := range lb.AvailabilityZones {
		subnets = append(subnets, *zone.SubnetId)
	}
	out := do(t, x.CreateLoadBalancer, &sdk.CreateLoadBalancerInput{Name: aws.String("bare"), Subnets: subnets, Scheme: types.LoadBalancerSchemeEnumInternal})
	group, ok := x.ec2.SecurityGroup(out.LoadBalancers[0].SecurityGroups[0])
	if !ok || *group.GroupName != "default" || *group.VpcId != *lb.VpcId {
		t.Errorf("got group %+v", group)
	}
}
