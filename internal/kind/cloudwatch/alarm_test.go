package cloudwatch_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/cloudwatch"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

type (
	outside = map[string]func(*testing.T, *awsapi.Clients, engine.Live)
	updates = map[string]func(*testing.T, *awsapi.Clients, stack.Spec)
)

const topic, other = "arn:aws:sns:eu-west-1:123456789012:ops", "arn:aws:sns:eu-west-1:123456789012:other"

func kind(c *awsapi.Clients) engine.Kind { return cloudwatch.Kinds(c)[0] }

// oldest is an alarm on one metric.
func oldest() *cloudwatch.Alarm {
	return &cloudwatch.Alarm{
		Description: "messages wait too long",
		Queries: cloudwatch.Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum",
			map[string]stack.Ref{"QueueName": stack.Literal("jobs")}),
		Period: 60, EvaluationPeriods: 3, DatapointsToAlarm: 2, Comparison: "GreaterThanThreshold", Threshold: 600,
		TreatMissingData: "notBreaching", Enabled: true, Actions: stack.Literals(topic), OKActions: stack.Literals(topic),
	}
}

// backlog is an alarm on an expression over two metrics.
func backlog() *cloudwatch.Alarm {
	alarm := oldest()
	alarm.Queries = map[string]cloudwatch.Query{
		"visible": {Namespace: "AWS/SQS", Metric: "ApproximateNumberOfMessagesVisible", Statistic: "Average",
			Dimensions: map[string]stack.Ref{"QueueName": stack.Literal("jobs")}},
		"servers": {Namespace: "AWS/AutoScaling", Metric: "GroupInServiceInstances", Statistic: "Average",
			Dimensions: map[string]stack.Ref{"AutoScalingGroupName": stack.Literal("jobs")}},
		"each": {Expression: "visible / IF(servers > 0, servers, 1)", Watched: true},
	}
	return alarm
}

// put changes an alarm from outside: all its settings are sent again.
func put(change func(*sdk.PutMetricAlarmInput)) func(*testing.T, *awsapi.Clients, engine.Live) {
	return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
		t.Helper()
		out, err := awsapi.CloudWatch(c).DescribeAlarms(t.Context(), &sdk.DescribeAlarmsInput{AlarmNames: []string{live.ID}})
		if err != nil || len(out.MetricAlarms) != 1 {
			t.Fatal(out, err)
		}
		a := out.MetricAlarms[0]
		in := &sdk.PutMetricAlarmInput{
			AlarmName: a.AlarmName, AlarmDescription: a.AlarmDescription, ActionsEnabled: a.ActionsEnabled,
			AlarmActions: a.AlarmActions, OKActions: a.OKActions, InsufficientDataActions: a.InsufficientDataActions,
			MetricName: a.MetricName, Namespace: a.Namespace, Dimensions: a.Dimensions, Period: a.Period, Statistic: a.Statistic,
			ExtendedStatistic: a.ExtendedStatistic, Metrics: a.Metrics, EvaluationPeriods: a.EvaluationPeriods,
			DatapointsToAlarm: a.DatapointsToAlarm, ComparisonOperator: a.ComparisonOperator, Threshold: a.Threshold,
			TreatMissingData: a.TreatMissingData,
		}
		if len(in.Metrics) > 0 {
			in.Dimensions = nil
		}
		change(in)
		if _, err := awsapi.CloudWatch(c).PutMetricAlarm(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
}

func untag(t *testing.T, c *awsapi.Clients, live engine.Live) {
	t.Helper()
	arn := aws.String(live.Out["arn"])
	out, err := awsapi.CloudWatch(c).ListTagsForResource(t.Context(), &sdk.ListTagsForResourceInput{ResourceARN: arn})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, tag := range out.Tags {
		keys = append(keys, *tag.Key)
	}
	if _, err := awsapi.CloudWatch(c).UntagResource(t.Context(), &sdk.UntagResourceInput{ResourceARN: arn, TagKeys: keys}); err != nil {
		t.Fatal(err)
	}
}

func TestAlarm(t *testing.T) {
	update := func(change func(*cloudwatch.Alarm)) func(*testing.T, *awsapi.Clients, stack.Spec) {
		return func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) { change(s.(*cloudwatch.Alarm)) }
	}
	kindtest.Run(t, kindtest.Case{
		Kind:  kind,
		Setup: func(*testing.T, *awsapi.Clients) stack.Spec { return oldest() },
		Outside: outside{
			"description":              put(func(in *sdk.PutMetricAlarmInput) { in.AlarmDescription = aws.String("mine") }),
			"queries.metric.statistic": put(func(in *sdk.PutMetricAlarmInput) { in.Statistic = types.StatisticAverage }),
			"queries.metric.metric":    put(func(in *sdk.PutMetricAlarmInput) { in.MetricName = aws.String("NumberOfMessagesSent") }),
			"queries.metric.dimensions.QueueName": put(func(in *sdk.PutMetricAlarmInput) {
				in.Dimensions = []types.Dimension{{Name: aws.String("QueueName"), Value: aws.String("theirs")}}
			}),
			"period":              put(func(in *sdk.PutMetricAlarmInput) { in.Period = aws.Int32(300) }),
			"evaluation_periods":  put(func(in *sdk.PutMetricAlarmInput) { in.EvaluationPeriods = aws.Int32(5) }),
			"datapoints_to_alarm": put(func(in *sdk.PutMetricAlarmInput) { in.DatapointsToAlarm = nil }),
			"comparison":          put(func(in *sdk.PutMetricAlarmInput) { in.ComparisonOperator = types.ComparisonOperatorLessThanThreshold }),
			"threshold":           put(func(in *sdk.PutMetricAlarmInput) { in.Threshold = aws.Float64(6) }),
			"treat_missing_data":  put(func(in *sdk.PutMetricAlarmInput) { in.TreatMissingData = nil }),
			"actions":             put(func(in *sdk.PutMetricAlarmInput) { in.AlarmActions = []string{topic, other} }),
			"ok_actions":          put(func(in *sdk.PutMetricAlarmInput) { in.OKActions = nil }),
			"no_data_actions":     put(func(in *sdk.PutMetricAlarmInput) { in.InsufficientDataActions = []string{other} }),
			"enabled": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				if _, err := awsapi.CloudWatch(c).DisableAlarmActions(t.Context(), &sdk.DisableAlarmActionsInput{AlarmNames: []string{live.ID}}); err != nil {
					t.Fatal(err)
				}
			},
			"tags.team": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				if _, err := awsapi.CloudWatch(c).TagResource(t.Context(), &sdk.TagResourceInput{ResourceARN: aws.String(live.Out["arn"]),
					Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("b")}}}); err != nil {
					t.Fatal(err)
				}
			},
		},
		Updates: updates{
			"another statistic":    update(func(a *cloudwatch.Alarm) { a.Queries = cloudwatch.Metric("AWS/SQS", "SentMessageSize", "p99", nil) }),
			"an expression":        update(func(a *cloudwatch.Alarm) { a.Queries = backlog().Queries }),
			"nobody to be told":    update(func(a *cloudwatch.Alarm) { a.Actions, a.OKActions = nil, nil }),
			"everything but names": update(func(a *cloudwatch.Alarm) { a.Period, a.Threshold, a.TreatMissingData = 300, 1, "breaching" }),
		},
		Untag: untag,
	})
}

func TestAlarmOnExpression(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Kind:  kind,
		Setup: func(*testing.T, *awsapi.Clients) stack.Spec { return backlog() },
		Outside: outside{
			"queries.each.expression": put(func(in *sdk.PutMetricAlarmInput) {
				for i, query := range in.Metrics {
					if query.Expression != nil {
						in.Metrics[i].Expression = aws.String("visible / servers")
					}
				}
			}),
		},
		Updates: updates{"one metric": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
			s.(*cloudwatch.Alarm).Queries = oldest().Queries
		}},
		Untag: untag,
	})
}

// TestForeignAlarm is not overwritten: putting an alarm would do so silently
// (aws-facts §8).
func TestForeignAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kindtest.Clients(t, awssim.New(awssim.Options{Account: kindtest.Account}))
		const name = "webtier/queue_worker/jobs/oldest_message"
		if _, err := awsapi.CloudWatch(c).PutMetricAlarm(t.Context(), &sdk.PutMetricAlarmInput{AlarmName: aws.String(name),
			Namespace: aws.String("Theirs"), MetricName: aws.String("M"), Statistic: types.StatisticSum, Period: aws.Int32(60),
			EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1), ComparisonOperator: types.ComparisonOperatorLessThanThreshold}); err != nil {
			t.Fatal(err)
		}
		want := engine.Want{Stack: stack.ID{Type: "queue_worker", Name: "jobs"}, Key: "oldest_message", Spec: oldest()}
		_, err := kind(c).Create(t.Context(), want)
		if err == nil || !strings.Contains(err.Error(), name+": an alarm of that name exists and was not made by webtier") {
			t.Errorf("Create says %v", err)
		}
		lives, err := kind(c).List(t.Context(), engine.Scope{Stack: want.Stack})
		if err != nil || len(lives) != 0 {
			t.Errorf("List shows %v %v", lives, err)
		}
	})
}

// TestAlarmsAreReadTogether reads many stacks with one DescribeAlarms.
func TestAlarmsAreReadTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := awssim.New(awssim.Options{Account: kindtest.Account})
		c := kindtest.Clients(t, sim)
		k := kind(c)
		names := []string{"a", "b", "c", "d"}
		for _, name := range names {
			if _, err := k.Create(t.Context(), engine.Want{Stack: stack.ID{Type: "t", Name: name}, Key: "alarm", Spec: oldest(),
				Tags: map[string]string{stack.TagStack: "t/" + name, stack.TagPart: "alarm"}}); err != nil {
				t.Fatal(err)
			}
		}
		sim.ResetCalls()
		done := make(chan int)
		for _, name := range names {
			go func() {
				lives, _ := k.List(t.Context(), engine.Scope{Stack: stack.ID{Type: "t", Name: name}, Recent: true})
				done <- len(lives)
			}()
		}
		for range names {
			if found := <-done; found != 1 {
				t.Errorf("a stack has %d alarms", found)
			}
		}
		described := 0
		for _, call := range sim.Calls() {
			if call.Operation == "DescribeAlarms" {
				described++
			}
		}
		if described != 1 {
			t.Errorf("there were %d DescribeAlarms", described)
		}
	})
}
