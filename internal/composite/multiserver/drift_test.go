package multiserver_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

func TestDriftIsShownAndRepaired(t *testing.T) {
	const ingress = "rule/load_balancer/443/from/192-0-2-0/24"
	tests := map[string]acctest.Drift{
		"missing rule": {Shows: ingress, Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
				GroupId: aws.String(parts["security_group/load_balancer"]), SecurityGroupRuleIds: []string{parts[ingress]}}))
		}},
		"missing redirect": {Shows: "listener/80", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.ELBv2(c).DeleteListener(t.Context(), &elbv2.DeleteListenerInput{ListenerArn: aws.String(parts["listener/80"])}))
		}},
		"missing main listener": {Shows: "listener/443", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.ELBv2(c).DeleteListener(t.Context(), &elbv2.DeleteListenerInput{ListenerArn: aws.String(parts["listener/443"])}))
		}},
		"TLS policy": {Shows: "ELBSecurityPolicy-2016-08", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.ELBv2(c).ModifyListener(t.Context(), &elbv2.ModifyListenerInput{ListenerArn: aws.String(parts["listener/443"]), SslPolicy: aws.String("ELBSecurityPolicy-2016-08")}))
		}},
		"load balancer attribute that no argument shows": {Shows: "drop_invalid_header_fields", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.ELBv2(c).ModifyLoadBalancerAttributes(t.Context(), &elbv2.ModifyLoadBalancerAttributesInput{LoadBalancerArn: aws.String(parts["load_balancer"]),
				Attributes: []elbtypes.LoadBalancerAttribute{{Key: aws.String("routing.http.drop_invalid_header_fields.enabled"), Value: aws.String("false")}}}))
		}},
		"load balancer's security groups": {Shows: "load_balancer.security_groups", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.ELBv2(c).SetSecurityGroups(t.Context(), &elbv2.SetSecurityGroupsInput{LoadBalancerArn: aws.String(parts["load_balancer"]), SecurityGroups: []string{parts["security_group/servers"]}}))
		}},
		"health check": {Shows: "health_check", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.ELBv2(c).ModifyTargetGroup(t.Context(), &elbv2.ModifyTargetGroupInput{TargetGroupArn: aws.String(parts["target_group"]), HealthCheckPath: aws.String("/other")}))
		}},
		"target group attribute": {Shows: "deregistration_delay", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.ELBv2(c).ModifyTargetGroupAttributes(t.Context(), &elbv2.ModifyTargetGroupAttributesInput{TargetGroupArn: aws.String(parts["target_group"]),
				Attributes: []elbtypes.TargetGroupAttribute{{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("299")}}}))
		}},
		"launch template version": {Shows: "ami-0e5b0000000000002", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).CreateLaunchTemplateVersion(t.Context(), &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: aws.String(parts["launch_template"]),
				SourceVersion: aws.String("1"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: aws.String("ami-0e5b0000000000002")}}))
		}},
		"bounds of the group": {Shows: "max_size", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.AutoScaling(c).UpdateAutoScalingGroup(t.Context(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String(parts["autoscaling_group"]), MaxSize: aws.Int32(20)}))
		}},
		"health check type of the group": {Shows: "autoscaling_group.health_check_type", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.AutoScaling(c).UpdateAutoScalingGroup(t.Context(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String(parts["autoscaling_group"]), HealthCheckType: aws.String("EC2")}))
		}},
		"detached target group": {Shows: "target_group_attachment", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.AutoScaling(c).DetachLoadBalancerTargetGroups(t.Context(), &autoscaling.DetachLoadBalancerTargetGroupsInput{
				AutoScalingGroupName: aws.String(parts["autoscaling_group"]), TargetGroupARNs: []string{parts["target_group"]}}))
		}},
		"missing scaling policy": {Shows: "scaling_policy/cpu", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.AutoScaling(c).DeletePolicy(t.Context(), &autoscaling.DeletePolicyInput{AutoScalingGroupName: aws.String(parts["autoscaling_group"]), PolicyName: aws.String("scaling_policy/cpu")}))
		}},
		"policy of the role": {Shows: "iam_policy_arns", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.IAM(c).AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String(parts["role"]), PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")}))
		}},
		"lost tags": {Shows: "security_group/servers", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).DeleteTags(t.Context(), &ec2.DeleteTagsInput{Resources: []string{parts["security_group/servers"]}}))
		}},
	}
	for name, drift := range tests {
		t.Run(name, func(t *testing.T) {
			inTier(t, func(t *testing.T, lab *acctest.Lab) {
				lab.MustApply(t, "testdata/full", nil)
				lab.MustRepair(t, "testdata/full", address, drift)
			})
		})
	}
}

// TestAVanishedGroupIsMadeAgain covers the loss of the part with the servers.
func TestAVanishedGroupIsMadeAgain(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", nil)
		lab.MustRepair(t, "testdata/full", address, acctest.Drift{Shows: "autoscaling_group", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.AutoScaling(c).DeleteAutoScalingGroup(t.Context(), &autoscaling.DeleteAutoScalingGroupInput{
				AutoScalingGroupName: aws.String(parts["autoscaling_group"]), ForceDelete: aws.Bool(true)}))
		}})
	})
}

// TestCapacityBelongsToScaling: what the group does by itself is no drift, and an
// apply of something else does not undo it.
func TestCapacityBelongsToScaling(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", nil)
		group := aws.String(lab.Parts(address)["autoscaling_group"])
		acctest.Must(t)(awsapi.AutoScaling(lab.Clients(t)).SetDesiredCapacity(t.Context(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: group, DesiredCapacity: aws.Int32(6)}))
		lab.MustPlanEmpty(t, "testdata/full", nil)
		lab.MustApply(t, "testdata/full", map[string]string{"idle_timeout": "45"})
		if got := lab.Value(address).GetAttr("desired_capacity").AsBigFloat().String(); got != "6" {
			t.Errorf("desired capacity is %s after an apply of something else, was 6", got)
		}
	})
}
