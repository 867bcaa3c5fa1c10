package queueworker_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

func TestDriftIsShownAndRepaired(t *testing.T) {
	set := func(part, name, value string) func(*testing.T, *awsapi.Clients, map[string]string) {
		return func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.SQS(c).SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: aws.String(parts[part]),
				Attributes: map[string]string{name: value}}))
		}
	}
	tests := map[string]acctest.Drift{
		"visibility timeout":        {Shows: "visibility_timeout", Change: set("queue", "VisibilityTimeout", "31")},
		"no policy":                 {Shows: "producer_principals", Change: set("queue", "Policy", "")},
		"no redrive":                {Shows: "max_receive_count", Change: set("queue", "RedrivePolicy", "")},
		"late delivery":             {Shows: "queue.delay", Change: set("queue", "DelaySeconds", "900")},
		"short polling":             {Shows: "queue.receive_wait", Change: set("queue", "ReceiveMessageWaitTimeSeconds", "0")},
		"dead letters for everyone": {Shows: "dead_letter_queue.dead_letters_of", Change: set("dead_letter_queue", "RedriveAllowPolicy", "")},
		"lost numbers": {Shows: "tags.webtier:target-latency", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.SQS(c).UntagQueue(t.Context(), &sqs.UntagQueueInput{QueueUrl: aws.String(parts["queue"]), TagKeys: []string{"webtier:target-latency"}}))
		}},
		"missing hook": {Shows: "lifecycle_hook/drain", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.AutoScaling(c).DeleteLifecycleHook(t.Context(), &autoscaling.DeleteLifecycleHookInput{
				AutoScalingGroupName: aws.String(parts["autoscaling_group"]), LifecycleHookName: aws.String("lifecycle_hook/drain")}))
		}},
		"missing scaling policy": {Shows: "scaling_policy/latency", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.AutoScaling(c).DeletePolicy(t.Context(), &autoscaling.DeletePolicyInput{
				AutoScalingGroupName: aws.String(parts["autoscaling_group"]), PolicyName: aws.String("scaling_policy/latency")}))
		}},
		"missing step policy": {Shows: "step_policy/wake", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.AutoScaling(c).DeletePolicy(t.Context(), &autoscaling.DeletePolicyInput{
				AutoScalingGroupName: aws.String(parts["autoscaling_group"]), PolicyName: aws.String("step_policy/wake")}))
		}},
		"missing alarm": {Shows: "alarm/dead_letters", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.CloudWatch(c).DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{parts["alarm/dead_letters"]}}))
		}},
		"silenced alarm": {Shows: "alarm/wake.enabled", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.CloudWatch(c).DisableAlarmActions(t.Context(), &cloudwatch.DisableAlarmActionsInput{AlarmNames: []string{parts["alarm/wake"]}}))
		}},
		"policy of the role": {Shows: "role.inline_policies.queue", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.IAM(c).DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: aws.String(parts["role"]), PolicyName: aws.String("queue")}))
		}},
		"deleted dead-letter queue": {Shows: "dead_letter_queue", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.SQS(c).DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: aws.String(parts["dead_letter_queue"])}))
			time.Sleep(time.Minute) // it is found for a while (aws-facts §7)
		}},
		"deleted queue": {Shows: "queue", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.SQS(c).DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: aws.String(parts["queue"])}))
			time.Sleep(time.Minute)
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

// TestCapacityBelongsToScaling: what the group does by itself is no drift.
func TestCapacityBelongsToScaling(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", nil)
		acctest.Must(t)(awsapi.AutoScaling(lab.Clients(t)).SetDesiredCapacity(t.Context(), &autoscaling.SetDesiredCapacityInput{
			AutoScalingGroupName: aws.String(lab.Parts(address)["autoscaling_group"]), DesiredCapacity: aws.Int32(6)}))
		lab.MustPlanEmpty(t, "testdata/full", nil)
	})
}
