package moto

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	scaling "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func loadBalancers(r *run) {
	s := newSite(r)
	name := aws.String("shop")
	create := &elb.CreateLoadBalancerInput{Name: name, Subnets: s.subnets, SecurityGroups: []string{s.group}}
	balancer := do(r, "a load balancer", ok, r.elb.CreateLoadBalancer, create).LoadBalancers[0]
	see(r, "the new load balancer's state", types.LoadBalancerStateEnumProvisioning, balancer.State.Code)
	do(r, "a load balancer again", ok, r.elb.CreateLoadBalancer, create)
	do(r, "its name with other settings", "DuplicateLoadBalancerName", r.elb.CreateLoadBalancer, &elb.CreateLoadBalancerInput{Name: name, Subnets: s.subnets, Scheme: types.LoadBalancerSchemeEnumInternal})
	do(r, "one subnet", "ValidationError", r.elb.CreateLoadBalancer, &elb.CreateLoadBalancerInput{Name: aws.String("one"), Subnets: s.subnets[:1]})
	do(r, "an unknown subnet", "SubnetNotFound", r.elb.CreateLoadBalancer, &elb.CreateLoadBalancerInput{Name: aws.String("two"), Subnets: []string{s.subnets[0], "subnet-0123456789abcdef0"}})
	do(r, "a name that begins with internal-", "ValidationError", r.elb.CreateLoadBalancer, &elb.CreateLoadBalancerInput{Name: aws.String("internal-x"), Subnets: s.subnets})
	do(r, "a name of 33 letters", "ValidationError", r.elb.CreateLoadBalancer, &elb.CreateLoadBalancerInput{Name: aws.String("abcdefghijklmnopqrstuvwxyzabcdefg"), Subnets: s.subnets})
	do(r, "an unknown name", "LoadBalancerNotFound", r.elb.DescribeLoadBalancers, &elb.DescribeLoadBalancersInput{Names: []string{"nothing"}})
	r.pass(10 * time.Minute)
	attribute := func(name, want, key, value string) {
		do(r, name, want, r.elb.ModifyLoadBalancerAttributes, &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: balancer.LoadBalancerArn, Attributes: []types.LoadBalancerAttribute{{Key: &key, Value: &value}}})
	}
	attribute("an attribute", ok, "idle_timeout.timeout_seconds", "30")
	attribute("an attribute out of range", "ValidationError", "idle_timeout.timeout_seconds", "0")
	attribute("an unknown attribute", "ValidationError", "no.such.attribute", "1")
	do(r, "a security group that is not there", "InvalidSecurityGroup", r.elb.SetSecurityGroups, &elb.SetSecurityGroupsInput{LoadBalancerArn: balancer.LoadBalancerArn, SecurityGroups: []string{"sg-0123456789abcdef0"}})
	do(r, "deleting a load balancer", ok, r.elb.DeleteLoadBalancer, &elb.DeleteLoadBalancerInput{LoadBalancerArn: balancer.LoadBalancerArn})
	do(r, "deleting a load balancer again", ok, r.elb.DeleteLoadBalancer, &elb.DeleteLoadBalancerInput{LoadBalancerArn: balancer.LoadBalancerArn})

	kept := setUp(r, r.elb.CreateLoadBalancer, &elb.CreateLoadBalancerInput{Name: aws.String("kept"), Subnets: s.subnets, SecurityGroups: []string{s.group}}).LoadBalancers[0]
	r.pass(10 * time.Minute)
	do(r, "deleting its security group", "DependencyViolation", r.ec2.DeleteSecurityGroup, &ec2.DeleteSecurityGroupInput{GroupId: &s.group})
	balancer = kept
	attribute("deletion protection", ok, "deletion_protection.enabled", "true")
	do(r, "deleting a protected load balancer", "OperationNotPermitted", r.elb.DeleteLoadBalancer, &elb.DeleteLoadBalancerInput{LoadBalancerArn: kept.LoadBalancerArn})
}

func targetGroups(r *run) {
	s := newSite(r)
	made := func(name, want string, change func(*elb.CreateTargetGroupInput)) *elb.CreateTargetGroupOutput {
		in := &elb.CreateTargetGroupInput{Name: aws.String("web"), VpcId: &s.vpc, Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80)}
		change(in)
		return do(r, name, want, r.elb.CreateTargetGroup, in)
	}
	group := made("a target group", ok, func(*elb.CreateTargetGroupInput) {}).TargetGroups[0]
	see(r, "its health check", "30 5 5 2 200", fmt.Sprint(*group.HealthCheckIntervalSeconds, *group.HealthCheckTimeoutSeconds, *group.HealthyThresholdCount, *group.UnhealthyThresholdCount, " ", *group.Matcher.HttpCode))
	made("a target group again", ok, func(*elb.CreateTargetGroupInput) {})
	made("its name with another port", "DuplicateTargetGroupName", func(in *elb.CreateTargetGroupInput) { in.Port = aws.Int32(81) })
	made("without a port", "ValidationError", func(in *elb.CreateTargetGroupInput) { in.Name, in.Port = aws.String("two"), nil })
	made("an unknown VPC", "ValidationError", func(in *elb.CreateTargetGroupInput) {
		in.Name, in.VpcId = aws.String("two"), aws.String("vpc-0123456789abcdef0")
	})
	made("a timeout above the interval", "ValidationError", func(in *elb.CreateTargetGroupInput) {
		in.Name, in.HealthCheckIntervalSeconds, in.HealthCheckTimeoutSeconds = aws.String("two"), aws.Int32(10), aws.Int32(20)
	})
	made("a threshold of 1", "ValidationError", func(in *elb.CreateTargetGroupInput) {
		in.Name, in.HealthyThresholdCount = aws.String("two"), aws.Int32(1)
	})
	attribute := func(name, want, key, value string) {
		do(r, name, want, r.elb.ModifyTargetGroupAttributes, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: group.TargetGroupArn, Attributes: []types.TargetGroupAttribute{{Key: &key, Value: &value}}})
	}
	attribute("an attribute", ok, "deregistration_delay.timeout_seconds", "30")
	attribute("an attribute out of range", "ValidationError", "deregistration_delay.timeout_seconds", "3601")
	attribute("an unknown attribute", "ValidationError", "no.such.attribute", "1")
	do(r, "a target that is not there", "InvalidTarget", r.elb.RegisterTargets, &elb.RegisterTargetsInput{TargetGroupArn: group.TargetGroupArn, Targets: []types.TargetDescription{{Id: aws.String("i-0123456789abcdef0")}}})
	do(r, "an unknown name", "TargetGroupNotFound", r.elb.DescribeTargetGroups, &elb.DescribeTargetGroupsInput{Names: []string{"nothing"}})
	do(r, "deleting a target group", ok, r.elb.DeleteTargetGroup, &elb.DeleteTargetGroupInput{TargetGroupArn: group.TargetGroupArn})
	do(r, "deleting a target group again", ok, r.elb.DeleteTargetGroup, &elb.DeleteTargetGroupInput{TargetGroupArn: group.TargetGroupArn})
}

func listeners(r *run) {
	s := newSite(r)
	balancer := setUp(r, r.elb.CreateLoadBalancer, &elb.CreateLoadBalancerInput{Name: aws.String("shop"), Subnets: s.subnets, SecurityGroups: []string{s.group}}).LoadBalancers[0].LoadBalancerArn
	group := setUp(r, r.elb.CreateTargetGroup, &elb.CreateTargetGroupInput{Name: aws.String("web"), VpcId: &s.vpc, Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80)}).TargetGroups[0].TargetGroupArn
	r.pass(10 * time.Minute)
	forward := []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: group}}
	create := &elb.CreateListenerInput{LoadBalancerArn: balancer, Port: aws.Int32(80), Protocol: types.ProtocolEnumHttp, DefaultActions: forward}
	listener := do(r, "a listener", ok, r.elb.CreateListener, create).Listeners[0].ListenerArn
	do(r, "a port in use", "DuplicateListener", r.elb.CreateListener, &elb.CreateListenerInput{LoadBalancerArn: balancer, Port: aws.Int32(80), Protocol: types.ProtocolEnumHttp,
		DefaultActions: []types.Action{{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("404")}}}})
	do(r, "TCP on an application load balancer", "ValidationError", r.elb.CreateListener, &elb.CreateListenerInput{LoadBalancerArn: balancer, Port: aws.Int32(81), Protocol: types.ProtocolEnumTcp, DefaultActions: forward})
	do(r, "forwarding to an unknown group", "TargetGroupNotFound", r.elb.CreateListener, &elb.CreateListenerInput{LoadBalancerArn: balancer, Port: aws.Int32(82), Protocol: types.ProtocolEnumHttp,
		DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: aws.String((*group)[:len(*group)-16] + "0123456789abcdef")}}})
	rule := func(name, want string, priority int32, path string, actions []types.Action) *elb.CreateRuleOutput {
		return do(r, name, want, r.elb.CreateRule, &elb.CreateRuleInput{ListenerArn: listener, Priority: &priority, Actions: actions,
			Conditions: []types.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{path}}}})
	}
	first := rule("a rule", ok, 10, "/a", forward).Rules[0].RuleArn
	rule("a second rule", ok, 20, "/b", forward)
	rule("a priority in use", "PriorityInUse", 10, "/c", forward)
	rules := do(r, "rules", ok, r.elb.DescribeRules, &elb.DescribeRulesInput{ListenerArn: listener}).Rules
	see(r, "rules with the default", 3, len(rules))
	rule("a fixed response of 600", "ValidationError", 30, "/d", []types.Action{{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("600")}}})
	do(r, "a rule without conditions", "ValidationError", r.elb.CreateRule, &elb.CreateRuleInput{ListenerArn: listener, Priority: aws.Int32(40), Actions: forward, Conditions: []types.RuleCondition{}})
	do(r, "a priority in use by another", "PriorityInUse", r.elb.SetRulePriorities, &elb.SetRulePrioritiesInput{RulePriorities: []types.RulePriorityPair{{RuleArn: first, Priority: aws.Int32(20)}}})
	for _, rule := range rules {
		if *rule.IsDefault {
			do(r, "deleting the default rule", "OperationNotPermitted", r.elb.DeleteRule, &elb.DeleteRuleInput{RuleArn: rule.RuleArn})
		}
	}
	do(r, "deleting a target group in use", "ResourceInUse", r.elb.DeleteTargetGroup, &elb.DeleteTargetGroupInput{TargetGroupArn: group})
	do(r, "deleting a rule", ok, r.elb.DeleteRule, &elb.DeleteRuleInput{RuleArn: first})
	do(r, "deleting a rule again", "RuleNotFound", r.elb.DeleteRule, &elb.DeleteRuleInput{RuleArn: first})
	do(r, "deleting a listener", ok, r.elb.DeleteListener, &elb.DeleteListenerInput{ListenerArn: listener})
	do(r, "deleting a listener again", "ListenerNotFound", r.elb.DeleteListener, &elb.DeleteListenerInput{ListenerArn: listener})
	r.pass(5 * time.Minute)
	do(r, "deleting the target group", ok, r.elb.DeleteTargetGroup, &elb.DeleteTargetGroupInput{TargetGroupArn: group})

	group = setUp(r, r.elb.CreateTargetGroup, &elb.CreateTargetGroupInput{Name: aws.String("other"), VpcId: &s.vpc, Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80)}).TargetGroups[0].TargetGroupArn
	forward[0].TargetGroupArn = group
	do(r, "HTTPS without a certificate", "ValidationError", r.elb.CreateListener, &elb.CreateListenerInput{LoadBalancerArn: balancer, Port: aws.Int32(443), Protocol: types.ProtocolEnumHttps, DefaultActions: forward})
}

func autoScaling(r *run) {
	s, ami := newSite(r), image(r)
	template := setUp(r, r.ec2.CreateLaunchTemplate, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("web"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: &ami, InstanceType: ec2types.InstanceTypeT3Micro}}).LaunchTemplate.LaunchTemplateId
	name := aws.String("web")
	create := func(step, want string, change func(*autoscaling.CreateAutoScalingGroupInput)) {
		in := &autoscaling.CreateAutoScalingGroupInput{AutoScalingGroupName: aws.String("bad " + step), MinSize: aws.Int32(2), MaxSize: aws.Int32(4), VPCZoneIdentifier: aws.String(s.subnets[0] + "," + s.subnets[1]),
			LaunchTemplate: &scaling.LaunchTemplateSpecification{LaunchTemplateId: template, Version: aws.String("$Latest")}}
		change(in)
		do(r, step, want, r.asg.CreateAutoScalingGroup, in)
	}
	create("a minimum above the maximum", "ValidationError", func(in *autoscaling.CreateAutoScalingGroupInput) { in.MinSize = aws.Int32(5) })
	create("no launch template", "ValidationError", func(in *autoscaling.CreateAutoScalingGroupInput) { in.LaunchTemplate = nil })
	create("no subnets", "ValidationError", func(in *autoscaling.CreateAutoScalingGroupInput) { in.VPCZoneIdentifier = nil })
	create("a subnet that is not there", "ValidationError", func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.VPCZoneIdentifier = aws.String("subnet-0123456789abcdef0")
	})
	create("an unknown launch template", "ValidationError", func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.LaunchTemplate.LaunchTemplateId = aws.String("lt-0123456789abcdef0")
	})
	create("an unknown target group", "ValidationError", func(in *autoscaling.CreateAutoScalingGroupInput) {
		in.TargetGroupARNs = []string{"arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/x/0123456789abcdef"}
	})
	create("a group", ok, func(in *autoscaling.CreateAutoScalingGroupInput) { in.AutoScalingGroupName = name })
	create("a name in use", "AlreadyExists", func(in *autoscaling.CreateAutoScalingGroupInput) { in.AutoScalingGroupName = name })
	r.pass(10 * time.Minute)
	group := do(r, "the group", ok, r.asg.DescribeAutoScalingGroups, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{*name}}).AutoScalingGroups[0]
	zones := map[string]bool{}
	for _, instance := range group.Instances {
		zones[*instance.AvailabilityZone] = true
	}
	see(r, "instances", 2, len(group.Instances))
	see(r, "zones of the instances", 2, len(zones))
	activities := do(r, "activities", ok, r.asg.DescribeScalingActivities, &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: name}).Activities
	see(r, "activities of two launches", 2, len(activities))
	do(r, "a desired capacity above the maximum", "ValidationError", r.asg.SetDesiredCapacity, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: name, DesiredCapacity: aws.Int32(9)})
	do(r, "an update of a group that is not there", "ValidationError", r.asg.UpdateAutoScalingGroup, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String("nothing"), MinSize: aws.Int32(1)})
	do(r, "a minimum above the maximum by an update", "ValidationError", r.asg.UpdateAutoScalingGroup, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: name, MinSize: aws.Int32(7)})
	policy := &autoscaling.PutScalingPolicyInput{AutoScalingGroupName: name, PolicyName: aws.String("cpu"), PolicyType: aws.String("TargetTrackingScaling"),
		TargetTrackingConfiguration: &scaling.TargetTrackingConfiguration{TargetValue: aws.Float64(50), PredefinedMetricSpecification: &scaling.PredefinedMetricSpecification{PredefinedMetricType: scaling.MetricTypeASGAverageCPUUtilization}}}
	do(r, "a policy", ok, r.asg.PutScalingPolicy, policy)
	do(r, "a policy again", ok, r.asg.PutScalingPolicy, policy)
	do(r, "a policy of a group that is not there", "ValidationError", r.asg.PutScalingPolicy, &autoscaling.PutScalingPolicyInput{AutoScalingGroupName: aws.String("nothing"), PolicyName: aws.String("cpu"),
		PolicyType: policy.PolicyType, TargetTrackingConfiguration: policy.TargetTrackingConfiguration})
	do(r, "deleting a policy that is not there", "ValidationError", r.asg.DeletePolicy, &autoscaling.DeletePolicyInput{AutoScalingGroupName: name, PolicyName: aws.String("nothing")})
	do(r, "a lifecycle hook", ok, r.asg.PutLifecycleHook, &autoscaling.PutLifecycleHookInput{AutoScalingGroupName: name, LifecycleHookName: aws.String("hook"), LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_TERMINATING")})
	do(r, "deleting a hook", ok, r.asg.DeleteLifecycleHook, &autoscaling.DeleteLifecycleHookInput{AutoScalingGroupName: name, LifecycleHookName: aws.String("hook")})
	do(r, "suspending an unknown process", "ValidationError", r.asg.SuspendProcesses, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: name, ScalingProcesses: []string{"Nothing"}})
	do(r, "a refresh", ok, r.asg.StartInstanceRefresh, &autoscaling.StartInstanceRefreshInput{AutoScalingGroupName: name})
	do(r, "a refresh during a refresh", "InstanceRefreshInProgress", r.asg.StartInstanceRefresh, &autoscaling.StartInstanceRefreshInput{AutoScalingGroupName: name})
	do(r, "cancelling a refresh", ok, r.asg.CancelInstanceRefresh, &autoscaling.CancelInstanceRefreshInput{AutoScalingGroupName: name})
	r.pass(10 * time.Minute)
	do(r, "deleting a group by force", ok, r.asg.DeleteAutoScalingGroup, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: name, ForceDelete: aws.Bool(true)})
	r.pass(10 * time.Minute)
	gone := do(r, "a group that is gone", ok, r.asg.DescribeAutoScalingGroups, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{*name}})
	see(r, "groups of that name", 0, len(gone.AutoScalingGroups))
	create("a group of that name anew", ok, func(in *autoscaling.CreateAutoScalingGroupInput) { in.AutoScalingGroupName = name })
	r.pass(10 * time.Minute)
	do(r, "deleting a group with instances", "ResourceInUse", r.asg.DeleteAutoScalingGroup, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: name})
}
