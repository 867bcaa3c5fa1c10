package awssim

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/acm"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/elbv2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/kms"
)

// scaled is a tier with what scales it.
type scaled struct {
	*tier
	sim   *Sim
	cw    *cloudwatch.Client
	sqs   *sqs.Client
	iam   *iam.Client
	queue string // URL
}

func inScaled(t *testing.T, test func(t *testing.T, s *scaled)) {
	synctest.Test(t, func(t *testing.T) {
		sim := New(Options{})
		c := config(sim.Transport())
		s := &scaled{tier: newTier(t, sim), sim: sim, cw: cloudwatch.NewFromConfig(c), sqs: sqs.NewFromConfig(c), iam: iam.NewFromConfig(c)}
		s.queue = *must(s.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("jobs")}))(t).QueueUrl
		must(s.asg.UpdateAutoScalingGroup(t.Context(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String("web"),
			MaxSize: aws.Int32(10), DefaultInstanceWarmup: aws.Int32(60)}))(t)
		time.Sleep(10 * time.Minute)
		test(t, s)
	})
}

func (s *scaled) desired() int {
	s.t.Helper()
	out := must(s.asg.DescribeAutoScalingGroups(s.t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{}))(s.t)
	return int(*out.AutoScalingGroups[0].DesiredCapacity)
}

func (s *scaled) wantDesired(want int, when string) {
	s.t.Helper()
	if got := s.desired(); got != want {
		s.t.Fatalf("%s: %d servers, want %d\n%s", when, got, want, events(s.sim))
	}
}

func (s *scaled) load(load Load) {
	s.t.Helper()
	if err := s.sim.World(home).SetLoad(load); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scaled) track(name string, target float64, c *asgtypes.TargetTrackingConfiguration) *autoscaling.PutScalingPolicyOutput {
	s.t.Helper()
	c.TargetValue = &target
	return must(s.asg.PutScalingPolicy(s.t.Context(), &autoscaling.PutScalingPolicyInput{AutoScalingGroupName: aws.String("web"),
		PolicyName: &name, PolicyType: aws.String("TargetTrackingScaling"), TargetTrackingConfiguration: c}))(s.t)
}

func predefined(metric asgtypes.MetricType, label *string) *asgtypes.TargetTrackingConfiguration {
	return &asgtypes.TargetTrackingConfiguration{PredefinedMetricSpecification: &asgtypes.PredefinedMetricSpecification{
		PredefinedMetricType: metric, ResourceLabel: label}}
}

func (s *scaled) send(n int) {
	s.t.Helper()
	for range n {
		must(s.sqs.SendMessage(s.t.Context(), &sqs.SendMessageInput{QueueUrl: &s.queue, MessageBody: aws.String("job")}))(s.t)
	}
}

func (s *scaled) alarms() []cwtypes.MetricAlarm {
	s.t.Helper()
	return must(s.cw.DescribeAlarms(s.t.Context(), &cloudwatch.DescribeAlarmsInput{}))(s.t).MetricAlarms
}

func TestCPUTracking(t *testing.T) {
	inScaled(t, func(t *testing.T, s *scaled) {
		s.track("cpu", 50, predefined(asgtypes.MetricTypeASGAverageCPUUtilization, nil))
		s.load(Load{Group: "web", CPU: 180}) // 90 % of two servers; 45 % of four
		time.Sleep(40 * time.Minute)         // basic monitoring measures every five minutes
		s.wantDesired(4, "under load")
		s.load(Load{Group: "web", CPU: 40})
		time.Sleep(90 * time.Minute)
		s.wantDesired(2, "with little load")
		alarms := s.alarms()
		if len(alarms) != 2 || !strings.HasPrefix(*alarms[0].AlarmName, "TargetTracking-web-AlarmHigh-") || *alarms[1].Threshold != 45 {
			t.Errorf("alarms %+v", alarms)
		}
		must(s.asg.DeletePolicy(t.Context(), &autoscaling.DeletePolicyInput{AutoScalingGroupName: aws.String("web"), PolicyName: aws.String("cpu")}))(t)
		if left := s.alarms(); len(left) > 0 {
			t.Errorf("the policy's alarms stay: %+v", left)
		}
	})
}

func TestRequestTracking(t *testing.T) {
	inScaled(t, func(t *testing.T, s *scaled) {
		_, lb, _ := strings.Cut(s.balance, "loadbalancer/")
		_, tg, _ := strings.Cut(s.group, "targetgroup/")
		s.track("requests", 100, predefined(asgtypes.MetricTypeALBRequestCountPerTarget, aws.String(lb+"/targetgroup/"+tg)))
		s.load(Load{TargetGroup: "web", Requests: elbv2.Requests{Count: 500, PerMinute: true}})
		time.Sleep(20 * time.Minute)
		s.wantDesired(5, "at 500 requests a minute")
	})
}

// TestBalancerMetrics: who is healthy, and what became of the requests.
func TestBalancerMetrics(t *testing.T) {
	inScaled(t, func(t *testing.T, s *scaled) {
		_, lb, _ := strings.Cut(s.balance, "loadbalancer/")
		_, tg, _ := strings.Cut(s.group, ":targetgroup/")
		balancer := cwtypes.Dimension{Name: aws.String("LoadBalancer"), Value: &lb}
		target := cwtypes.Dimension{Name: aws.String("TargetGroup"), Value: aws.String("targetgroup/" + tg)}
		last := func(metric string, dimensions ...cwtypes.Dimension) float64 {
			out := must(s.cw.GetMetricStatistics(t.Context(), &cloudwatch.GetMetricStatisticsInput{Namespace: aws.String("AWS/ApplicationELB"),
				MetricName: &metric, Dimensions: dimensions, Period: aws.Int32(60), Statistics: []cwtypes.Statistic{cwtypes.StatisticSum},
				StartTime: aws.Time(time.Now().Add(-3 * time.Minute)), EndTime: aws.Time(time.Now())}))(t)
			if len(out.Datapoints) == 0 {
				return -1
			}
			return *out.Datapoints[len(out.Datapoints)-1].Sum
		}
		want := func(when string, value float64, metric string, dimensions ...cwtypes.Dimension) {
			t.Helper()
			if got := last(metric, dimensions...); got != value {
				t.Errorf("%s: %s is %v, want %v", when, metric, got, value)
			}
		}
		s.load(Load{TargetGroup: "web", Requests: elbv2.Requests{Count: 50, Failed: 5, Seconds: 100, PerMinute: true}})
		time.Sleep(5 * time.Minute)
		want("served", 2, "HealthyHostCount", balancer, target)
		want("served", 50, "RequestCount", balancer)
		want("served", 25, "RequestCountPerTarget", target)
		want("served", 45, "HTTPCode_Target_2XX_Count", balancer, target)
		want("served", 5, "HTTPCode_Target_5XX_Count", balancer, target)
		want("served", 2, "TargetResponseTime", balancer, target)
		want("served", -1, "HTTPCode_ELB_5XX_Count", balancer)
		if err := s.sim.World(home).AddSituation(Situation{Kind: FailingPath, Path: "/*"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Minute)
		want("no target is healthy", 0, "HealthyHostCount", balancer, target)
		want("no target is healthy", 50, "HTTPCode_ELB_5XX_Count", balancer)
		want("no target is healthy", -1, "RequestCountPerTarget", target)
	})
}

// TestKeysAndCertificatesMustExist: what KMS and ACM do not have, EBS and load
// balancers cannot use.
func TestKeysAndCertificatesMustExist(t *testing.T) {
	inScaled(t, func(t *testing.T, s *scaled) {
		world := s.sim.World(home)
		var key, certificate string
		world.Do(func() {
			key = world.KMS.AddKey(kms.KeySpec{})
			certificate = world.ACM.AddCertificate(acm.CertificateSpec{Domain: "shop.example.com"})
		})
		listen := func(certificate string) error {
			_, err := s.elb.ModifyListener(t.Context(), &elb.ModifyListenerInput{ListenerArn: &s.listen, Protocol: elbtypes.ProtocolEnumHttps,
				Certificates: []elbtypes.Certificate{{CertificateArn: &certificate}}})
			return err
		}
		if err := listen(certificate + "0"); codeOf(err) != "CertificateNotFound" {
			t.Errorf("certificate that does not exist: %v", err)
		}
		if err := listen(certificate); err != nil {
			t.Errorf("certificate that exists: %v", err)
		}
		ends := func(key string) string {
			images := must(s.ec2.DescribeImages(t.Context(), &ec2.DescribeImagesInput{Owners: []string{"amazon"},
				Filters: []ec2types.Filter{{Name: aws.String("architecture"), Values: []string{"x86_64"}}}}))(t)
			run := must(s.ec2.RunInstances(t.Context(), &ec2.RunInstancesInput{ImageId: images.Images[0].ImageId, InstanceType: ec2types.InstanceTypeT3Micro,
				SubnetId: &s.subnets[0], MinCount: aws.Int32(1), MaxCount: aws.Int32(1), BlockDeviceMappings: []ec2types.BlockDeviceMapping{{
					DeviceName: images.Images[0].RootDeviceName, Ebs: &ec2types.EbsBlockDevice{Encrypted: aws.Bool(true), KmsKeyId: &key}}}}))(t)
			time.Sleep(2 * time.Minute)
			out := must(s.ec2.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{*run.Instances[0].InstanceId}}))(t)
			return string(out.Reservations[0].Instances[0].State.Name)
		}
		for _, test := range [][2]string{{key, "running"}, {"alias/aws/ebs", "running"}, {key + "0", "terminated"}} {
			if got := ends(test[0]); got != test[1] {
				t.Errorf("a server with key %s is %s, want %s", test[0], got, test[1])
			}
		}
	})
}

// TestMetricMathTracking keeps the backlog of a queue at ten messages a server.
func TestMetricMathTracking(t *testing.T) {
	inScaled(t, func(t *testing.T, s *scaled) {
		must(s.asg.EnableMetricsCollection(t.Context(), &autoscaling.EnableMetricsCollectionInput{AutoScalingGroupName: aws.String("web"),
			Granularity: aws.String("1Minute")}))(t)
		stat := func(id, namespace, name, dimension, value, statistic string) asgtypes.TargetTrackingMetricDataQuery {
			return asgtypes.TargetTrackingMetricDataQuery{Id: &id, ReturnData: aws.Bool(false), MetricStat: &asgtypes.TargetTrackingMetricStat{
				Stat: &statistic, Metric: &asgtypes.Metric{Namespace: &namespace, MetricName: &name,
					Dimensions: []asgtypes.MetricDimension{{Name: &dimension, Value: &value}}}}}
		}
		s.track("backlog", 10, &asgtypes.TargetTrackingConfiguration{CustomizedMetricSpecification: &asgtypes.CustomizedMetricSpecification{
			Metrics: []asgtypes.TargetTrackingMetricDataQuery{
				stat("m1", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "jobs", "Sum"),
				stat("m2", "AWS/AutoScaling", "GroupInServiceInstances", "AutoScalingGroupName", "web", "Average"),
				{Id: aws.String("e1"), Expression: aws.String("m1 / m2"), ReturnData: aws.Bool(true)},
			}}})
		s.send(60)
		time.Sleep(20 * time.Minute)
		s.wantDesired(6, "with 60 messages")
		must(s.sqs.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &s.queue}))(t)
		time.Sleep(40 * time.Minute)
		s.wantDesired(2, "with an empty queue")
	})
}

// putStep makes a step policy and the alarm that it acts on.
func (s *scaled) putStep(adjustment string, alarm *cloudwatch.PutMetricAlarmInput, steps ...asgtypes.StepAdjustment) {
	s.t.Helper()
	policy := must(s.asg.PutScalingPolicy(s.t.Context(), &autoscaling.PutScalingPolicyInput{AutoScalingGroupName: aws.String("web"),
		PolicyName: alarm.AlarmName, PolicyType: aws.String("StepScaling"), AdjustmentType: &adjustment, StepAdjustments: steps}))(s.t)
	alarm.AlarmActions = []string{*policy.PolicyARN}
	must(s.cw.PutMetricAlarm(s.t.Context(), alarm))(s.t)
}

func stepBy(lower, upper *float64, by int32) asgtypes.StepAdjustment {
	return asgtypes.StepAdjustment{MetricIntervalLowerBound: lower, MetricIntervalUpperBound: upper, ScalingAdjustment: &by}
}

func onQueue(name, metric string, threshold float64, operator cwtypes.ComparisonOperator) *cloudwatch.PutMetricAlarmInput {
	return &cloudwatch.PutMetricAlarmInput{AlarmName: &name, Namespace: aws.String("AWS/SQS"), MetricName: &metric,
		Dimensions: []cwtypes.Dimension{{Name: aws.String("QueueName"), Value: aws.String("jobs")}}, Statistic: cwtypes.StatisticMaximum,
		Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: &threshold, ComparisonOperator: operator}
}

func TestStepsScaleFromZeroAndBack(t *testing.T) {
	inScaled(t, func(t *testing.T, s *scaled) {
		must(s.asg.UpdateAutoScalingGroup(t.Context(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String("web"),
			MinSize: aws.Int32(0), DesiredCapacity: aws.Int32(0), DefaultInstanceWarmup: aws.Int32(600)}))(t)
		time.Sleep(10 * time.Minute)
		s.putStep("ChangeInCapacity", onQueue("grow", "ApproximateNumberOfMessagesVisible", 1, cwtypes.ComparisonOperatorGreaterThanOrEqualToThreshold),
			stepBy(aws.Float64(0), aws.Float64(20), 1), stepBy(aws.Float64(20), nil, 3))
		s.putStep("ExactCapacity", onQueue("shrink", "ApproximateNumberOfMessagesVisible", 0, cwtypes.ComparisonOperatorLessThanOrEqualToThreshold),
			stepBy(nil, aws.Float64(0), 0))
		s.send(5)
		time.Sleep(3 * time.Minute)
		s.wantDesired(1, "with 5 messages")
		// While the first server warms up, the larger step counts from none.
		s.send(30)
		time.Sleep(2 * time.Minute)
		s.wantDesired(3, "with 35 messages")
		must(s.sqs.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &s.queue}))(t)
		time.Sleep(20 * time.Minute)
		s.wantDesired(0, "with an empty queue")
		// The alarms of a policy are described with it, and go when nothing else is left to do for them.
		out := must(s.asg.DescribePolicies(t.Context(), &autoscaling.DescribePoliciesInput{}))(t)
		if alarms := out.ScalingPolicies[0].Alarms; len(alarms) != 1 || *alarms[0].AlarmName != "grow" {
			t.Errorf("alarms of the policy: %+v", alarms)
		}
		must(s.asg.DeletePolicy(t.Context(), &autoscaling.DeletePolicyInput{AutoScalingGroupName: aws.String("web"), PolicyName: aws.String("grow")}))(t)
		if alarms := s.alarms(); len(alarms) != 2 || len(alarms[0].AlarmActions) != 0 {
			t.Errorf("after the policy's deletion: %+v", alarms)
		}
		must(s.asg.DeleteAutoScalingGroup(t.Context(), &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: aws.String("web")}))(t)
		if alarms := s.alarms(); len(alarms) != 1 || *alarms[0].AlarmName != "grow" {
			t.Errorf("after the group's deletion: %+v", alarms)
		}
	})
}

func TestSimplePolicyCoolsDown(t *testing.T) {
	inScaled(t, func(t *testing.T, s *scaled) {
		policy := must(s.asg.PutScalingPolicy(t.Context(), &autoscaling.PutScalingPolicyInput{AutoScalingGroupName: aws.String("web"),
			PolicyName: aws.String("more"), AdjustmentType: aws.String("PercentChangeInCapacity"), ScalingAdjustment: aws.Int32(10),
			MinAdjustmentMagnitude: aws.Int32(2), Cooldown: aws.Int32(600)}))(t)
		alarm := onQueue("old", "ApproximateAgeOfOldestMessage", 60, cwtypes.ComparisonOperatorGreaterThanThreshold)
		alarm.AlarmActions = []string{*policy.PolicyARN}
		must(s.cw.PutMetricAlarm(t.Context(), alarm))(t)
		s.send(1)
		time.Sleep(8 * time.Minute)
		s.wantDesired(4, "after the first time")
		time.Sleep(12 * time.Minute)
		s.wantDesired(6, "after the cooldown")
	})
}

// TestWhatKeepsPoliciesFromScaling: a policy that is off, and a suspended process.
func TestWhatKeepsPoliciesFromScaling(t *testing.T) {
	for name, prevent := range map[string]func(s *scaled, p *autoscaling.PutScalingPolicyInput){
		"policy off": func(_ *scaled, p *autoscaling.PutScalingPolicyInput) { p.Enabled = aws.Bool(false) },
		"process suspended": func(s *scaled, _ *autoscaling.PutScalingPolicyInput) {
			must(s.asg.SuspendProcesses(s.t.Context(), &autoscaling.SuspendProcessesInput{AutoScalingGroupName: aws.String("web"),
				ScalingProcesses: []string{"AlarmNotification"}}))(s.t)
		},
		"neither": nil,
	} {
		t.Run(name, func(t *testing.T) {
			inScaled(t, func(t *testing.T, s *scaled) {
				p := &autoscaling.PutScalingPolicyInput{AutoScalingGroupName: aws.String("web"), PolicyName: aws.String("cpu"),
					PolicyType: aws.String("TargetTrackingScaling"), TargetTrackingConfiguration: predefined(asgtypes.MetricTypeASGAverageCPUUtilization, nil)}
				p.TargetTrackingConfiguration.TargetValue = aws.Float64(10)
				if prevent != nil {
					prevent(s, p)
				}
				must(s.asg.PutScalingPolicy(t.Context(), p))(t)
				s.load(Load{Group: "web", CPU: 100})
				time.Sleep(time.Hour)
				if grown := s.desired() > 2; grown != (prevent == nil) {
					t.Errorf("%d servers", s.desired())
				}
			})
		})
	}
}

// TestHookTellsItsQueue: the test message and those of instances need a role that has
// propagated and may send.
func TestHookTellsItsQueue(t *testing.T) {
	inScaled(t, func(t *testing.T, s *scaled) {
		const arn = "arn:aws:sqs:" + home + ":123456789012:jobs"
		put := func(role string) error {
			_, err := s.asg.PutLifecycleHook(t.Context(), &autoscaling.PutLifecycleHookInput{AutoScalingGroupName: aws.String("web"), LifecycleHookName: aws.String("drain"),
				LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_TERMINATING"), HeartbeatTimeout: aws.Int32(300), DefaultResult: aws.String("CONTINUE"),
				NotificationTargetARN: aws.String(arn), RoleARN: &role, NotificationMetadata: aws.String("shop")})
			return err
		}
		role := must(s.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("hooks"), AssumeRolePolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"autoscaling.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)}))(t).Role
		allow := func(action string) {
			must(s.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: role.RoleName, PolicyName: aws.String("send"), PolicyDocument: aws.String(
				fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"%s","Resource":"%s"}]}`, action, arn))}))(t)
		}
		allow("sqs:SendMessage")
		if err := put(*role.Arn); codeOf(err) != "ValidationError" || !strings.Contains(err.Error(), "Unable to publish test message") {
			t.Fatalf("a role that has not propagated: %v", err)
		}
		time.Sleep(5 * time.Minute)
		allow("sqs:ReceiveMessage")
		if err := put(*role.Arn); codeOf(err) != "ValidationError" {
			t.Fatalf("a role that may not send: %v", err)
		}
		allow("sqs:Send*")
		if err := put(*role.Arn); err != nil {
			t.Fatal(err)
		}
		must(s.asg.SetDesiredCapacity(t.Context(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String("web"), DesiredCapacity: aws.Int32(3)}))(t)
		time.Sleep(5 * time.Minute)
		must(s.asg.SetDesiredCapacity(t.Context(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String("web"), DesiredCapacity: aws.Int32(2)}))(t)
		time.Sleep(6 * time.Minute)
		var bodies string
		for range 3 {
			for _, m := range s.receive() {
				bodies += *m.Body + "\n"
			}
		}
		for _, part := range []string{`"Event":"autoscaling:TEST_NOTIFICATION"`, `"LifecycleTransition":"autoscaling:EC2_INSTANCE_TERMINATING"`,
			`"EC2InstanceId":"i-`, `"LifecycleActionToken":"`, `"NotificationMetadata":"shop"`, `"LifecycleHookName":"drain"`} {
			if !strings.Contains(bodies, part) {
				t.Errorf("no %s in:\n%s", part, bodies)
			}
		}
	})
}

func (s *scaled) receive() []sqstypes.Message {
	s.t.Helper()
	return must(s.sqs.ReceiveMessage(s.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &s.queue, MaxNumberOfMessages: 10}))(s.t).Messages
}
