package page_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim"
)

const home = "eu-west-1"

// tier is a web tier in a simulator whose clock the test sets: servers in three
// zones behind a load balancer, databases and queues.
type tier struct {
	*testing.T
	sim *awssim.Sim

	mu  sync.Mutex
	now time.Time

	ec2      *ec2.Client
	elb      *elb.Client
	asg      *autoscaling.Client
	rds      *rds.Client
	sqs      *sqs.Client
	vpc      string
	public   []string
	private  []string
	group    string // target group
	template string
}

// newSim returns an empty account with clients.
func newSim(t *testing.T) *tier {
	w := &tier{T: t, now: time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC)}
	w.sim = awssim.New(awssim.Options{Seed: 1, Clock: func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}})
	options := aws.Config{Region: home, HTTPClient: &http.Client{Transport: w.sim.Transport()}, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "example"}, nil
		})}
	w.ec2, w.elb, w.asg = ec2.NewFromConfig(options), elb.NewFromConfig(options), autoscaling.NewFromConfig(options)
	w.rds, w.sqs = rds.NewFromConfig(options), sqs.NewFromConfig(options)
	return w
}

// newTier returns a tier in full service.
func newTier(t *testing.T) *tier {
	t.Helper()
	w := newSim(t)
	w.makeNetwork()
	w.makeBalancer()
	w.makeGroup()
	w.makeDatabases()
	w.makeQueues()
	w.pass(40 * time.Minute)
	return w
}

// pass lets simulated time go by, in steps, so that events have times of their own.
func (w *tier) pass(d time.Duration) {
	for ; d > 0; d -= 2 * time.Second {
		w.mu.Lock()
		w.now = w.now.Add(min(d, 2*time.Second))
		w.mu.Unlock()
		w.sim.World(home).Do(func() {})
	}
}

// do makes a call that must succeed.
func do[I, O, F any](w *tier, call func(context.Context, *I, ...F) (*O, error), in *I) *O {
	w.Helper()
	out, err := call(w.Context(), in)
	if err != nil {
		w.Fatalf("%T: %v", in, err)
	}
	return out
}

func (w *tier) makeNetwork() {
	w.Helper()
	w.vpc = *do(w, w.ec2.CreateVpc, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}).Vpc.VpcId
	w.pass(time.Minute)
	gateway := do(w, w.ec2.CreateInternetGateway, &ec2.CreateInternetGatewayInput{}).InternetGateway.InternetGatewayId
	do(w, w.ec2.AttachInternetGateway, &ec2.AttachInternetGatewayInput{InternetGatewayId: gateway, VpcId: &w.vpc})
	tables := do(w, w.ec2.DescribeRouteTables, &ec2.DescribeRouteTablesInput{})
	do(w, w.ec2.CreateRoute, &ec2.CreateRouteInput{RouteTableId: tables.RouteTables[0].RouteTableId,
		DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: gateway})
	for i, zone := range []string{home + "a", home + "b", home + "c"} {
		w.public = append(w.public, w.subnet("public", zone, fmt.Sprintf("10.0.%d.0/24", i)))
		w.private = append(w.private, w.subnet("private", zone, fmt.Sprintf("10.0.%d.0/22", 16+4*i)))
	}
	w.pass(time.Minute)
	address := do(w, w.ec2.AllocateAddress, &ec2.AllocateAddressInput{Domain: ec2types.DomainTypeVpc})
	do(w, w.ec2.CreateNatGateway, &ec2.CreateNatGatewayInput{SubnetId: &w.public[0], AllocationId: address.AllocationId})
}

func (w *tier) subnet(name, zone, cidr string) string {
	w.Helper()
	return *do(w, w.ec2.CreateSubnet, &ec2.CreateSubnetInput{VpcId: &w.vpc, AvailabilityZone: &zone, CidrBlock: &cidr,
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeSubnet,
			Tags: []ec2types.Tag{{Key: aws.String("Name"), Value: &name}}}}}).Subnet.SubnetId
}

func (w *tier) makeBalancer() {
	w.Helper()
	group := do(w, w.elb.CreateTargetGroup, &elb.CreateTargetGroupInput{Name: aws.String("shop"), VpcId: &w.vpc,
		Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(8080), TargetType: elbtypes.TargetTypeEnumInstance})
	w.group = *group.TargetGroups[0].TargetGroupArn
	balancer := do(w, w.elb.CreateLoadBalancer, &elb.CreateLoadBalancerInput{Name: aws.String("shop"), Subnets: w.public}).LoadBalancers[0]
	w.sim.World(home).AddLogBucket("logs")
	do(w, w.elb.ModifyLoadBalancerAttributes, &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: balancer.LoadBalancerArn, Attributes: []elbtypes.LoadBalancerAttribute{
		{Key: aws.String("access_logs.s3.enabled"), Value: aws.String("true")}, {Key: aws.String("access_logs.s3.bucket"), Value: aws.String("logs")}}})
	main := do(w, w.elb.CreateListener, &elb.CreateListenerInput{LoadBalancerArn: balancer.LoadBalancerArn, Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &w.group}}})
	w.makeRules(main.Listeners[0].ListenerArn)
	do(w, w.elb.CreateListener, &elb.CreateListenerInput{LoadBalancerArn: balancer.LoadBalancerArn, Port: aws.Int32(8081), Protocol: elbtypes.ProtocolEnumHttp,
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumFixedResponse,
			FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: aws.String("404")}}}})
}

// makeRules makes two rules against their order.
func (w *tier) makeRules(listener *string) {
	w.Helper()
	do(w, w.elb.CreateRule, &elb.CreateRuleInput{ListenerArn: listener, Priority: aws.Int32(20), Conditions: []elbtypes.RuleCondition{
		{Field: aws.String("host-header"), HostHeaderConfig: &elbtypes.HostHeaderConditionConfig{Values: []string{"old.example", "*.old.example"}}},
		{Field: aws.String("http-header"), HttpHeaderConfig: &elbtypes.HttpHeaderConditionConfig{HttpHeaderName: aws.String("X-Test"), Values: []string{"1"}}}},
		Actions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumRedirect, RedirectConfig: &elbtypes.RedirectActionConfig{
			Host: aws.String("www.example"), StatusCode: elbtypes.RedirectActionStatusCodeEnumHttp302}}}})
	do(w, w.elb.CreateRule, &elb.CreateRuleInput{ListenerArn: listener, Priority: aws.Int32(10), Conditions: []elbtypes.RuleCondition{
		{Field: aws.String("path-pattern"), PathPatternConfig: &elbtypes.PathPatternConditionConfig{Values: []string{"/api/*"}}}},
		Actions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &w.group}}})
}

func (w *tier) makeGroup() {
	w.Helper()
	images := do(w, w.ec2.DescribeImages, &ec2.DescribeImagesInput{Owners: []string{"amazon"},
		Filters: []ec2types.Filter{{Name: aws.String("architecture"), Values: []string{"x86_64"}}}}).Images
	w.template = *do(w, w.ec2.CreateLaunchTemplate, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("shop"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: images[0].ImageId, InstanceType: ec2types.InstanceTypeT3Micro}}).LaunchTemplate.LaunchTemplateId
	do(w, w.ec2.CreateLaunchTemplateVersion, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: &w.template,
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: images[1].ImageId, InstanceType: ec2types.InstanceTypeT3Micro}})
	do(w, w.asg.CreateAutoScalingGroup, &autoscaling.CreateAutoScalingGroupInput{AutoScalingGroupName: aws.String("shop"),
		MinSize: aws.Int32(3), MaxSize: aws.Int32(9), DesiredCapacity: aws.Int32(3), VPCZoneIdentifier: aws.String(strings.Join(w.private, ",")),
		TargetGroupARNs: []string{w.group}, HealthCheckType: aws.String("ELB"), HealthCheckGracePeriod: aws.Int32(60),
		LaunchTemplate: &asgtypes.LaunchTemplateSpecification{LaunchTemplateId: &w.template, Version: aws.String("1")}})
}

// rollOut begins to replace the servers.
func (w *tier) rollOut() {
	w.Helper()
	do(w, w.asg.StartInstanceRefresh, &autoscaling.StartInstanceRefreshInput{AutoScalingGroupName: aws.String("shop"),
		DesiredConfiguration: &asgtypes.DesiredConfiguration{LaunchTemplate: &asgtypes.LaunchTemplateSpecification{
			LaunchTemplateId: &w.template, Version: aws.String("2")}},
		Preferences: &asgtypes.RefreshPreferences{MinHealthyPercentage: aws.Int32(100), MaxHealthyPercentage: aws.Int32(134), InstanceWarmup: aws.Int32(60)}})
}

func (w *tier) makeDatabases() {
	w.Helper()
	do(w, w.rds.CreateDBSubnetGroup, &rds.CreateDBSubnetGroupInput{DBSubnetGroupName: aws.String("data"),
		DBSubnetGroupDescription: aws.String("private"), SubnetIds: w.private})
	do(w, w.rds.CreateDBInstance, &rds.CreateDBInstanceInput{DBInstanceIdentifier: aws.String("orders"), Engine: aws.String("postgres"),
		DBInstanceClass: aws.String("db.t4g.medium"), AllocatedStorage: aws.Int32(100), MultiAZ: aws.Bool(true),
		MasterUsername: aws.String("dbadmin"), MasterUserPassword: aws.String("correct-horse"), DBSubnetGroupName: aws.String("data")})
	do(w, w.rds.CreateDBCluster, &rds.CreateDBClusterInput{DBClusterIdentifier: aws.String("stock"), Engine: aws.String("postgres"), EngineVersion: aws.String("16"),
		DBClusterInstanceClass: aws.String("db.m6g.large"), AllocatedStorage: aws.Int32(100), StorageType: aws.String("gp3"),
		MasterUsername: aws.String("dbadmin"), MasterUserPassword: aws.String("correct-horse"), DBSubnetGroupName: aws.String("data")})
}

func (w *tier) makeQueues() {
	w.Helper()
	dead := do(w, w.sqs.CreateQueue, &sqs.CreateQueueInput{QueueName: aws.String("mail-dead")}).QueueUrl
	w.pass(time.Minute)
	arn := do(w, w.sqs.GetQueueAttributes, &sqs.GetQueueAttributesInput{QueueUrl: dead,
		AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn}}).Attributes["QueueArn"]
	mail := do(w, w.sqs.CreateQueue, &sqs.CreateQueueInput{QueueName: aws.String("mail"), Attributes: map[string]string{
		"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":3}`, arn)}}).QueueUrl
	w.pass(time.Minute)
	for range 3 {
		do(w, w.sqs.SendMessage, &sqs.SendMessageInput{QueueUrl: mail, MessageBody: aws.String("hello")})
	}
}
