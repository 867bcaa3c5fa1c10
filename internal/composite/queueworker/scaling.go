package queueworker

import (
	"fmt"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/kind/cloudwatch"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// scaling keeps the backlog of each server at the target. An empty group has no
// backlog for each server, and cannot be multiplied: an alarm wakes it.
func (b *builder) scaling() {
	group := stack.Output(servers.PartGroup, "name")
	b.Stack.Add(partLatencyPolicy, &autoscaling.ScalingPolicy{Group: group, TargetValue: b.backlogTarget(), Queries: map[string]autoscaling.Query{
		"visible": {Namespace: sqsMetrics, Metric: metricVisible, Statistic: "Average", Dimensions: queueDimension(partQueue)},
		"servers": {Namespace: groupMetrics, Metric: "GroupInServiceInstances", Statistic: "Average", Dimensions: groupDimension},
		// A queue that nobody has used for hours has no metrics.
		"backlog": {Expression: "FILL(visible, 0) / IF(servers > 0, servers, 1)", Watched: true},
	}}, partCapacity)
	if b.MinSize.ValueInt32() > 0 {
		return
	}
	always, warmup := 0.0, int32(warmupSeconds)
	b.Stack.Add(partWakePolicy, &autoscaling.StepPolicy{Group: group, Steps: []autoscaling.Step{{From: &always, Change: 1}}, Warmup: &warmup})
	b.alarm("wake", "The first message of "+b.Env.Stack.String()+" while it has no server.", cloudwatch.Alarm{
		Queries: map[string]cloudwatch.Query{
			"visible": metric(sqsMetrics, metricVisible, queueDimension(partQueue)),
			"desired": metric(groupMetrics, metricDesired, groupDimension),
			"asleep":  {Expression: "IF(desired < 1, FILL(visible, 0), 0)", Watched: true},
		},
		Threshold: 0, EvaluationPeriods: 1, DatapointsToAlarm: 1, Actions: []stack.Ref{stack.Output(partWakePolicy, "arn")},
	})
}

// The metrics of AWS, with which Auto Scaling works by the minute.
const (
	sqsMetrics    = "AWS/SQS"
	groupMetrics  = "AWS/AutoScaling"
	metricVisible = "ApproximateNumberOfMessagesVisible"
	metricDesired = "GroupDesiredCapacity"
)

var groupDimension = map[string]stack.Ref{"AutoScalingGroupName": stack.Output(servers.PartGroup, "name")}

func queueDimension(part string) map[string]stack.Ref {
	return map[string]stack.Ref{"QueueName": stack.Output(part, "name")}
}

func metric(namespace, name string, dimensions map[string]stack.Ref) cloudwatch.Query {
	return cloudwatch.Query{Namespace: namespace, Metric: name, Statistic: "Maximum", Dimensions: dimensions}
}

// The keys of the alarms of which alarm_actions are told.
var toldAlarms = []string{"alarm/oldest_message", "alarm/dead_letters", "alarm/at_maximum"}

// alarms adds the alarms that people are told of.
func (b *builder) alarms() {
	actions := stack.Literals(composite.Strings(b.AlarmActions)...)
	if len(actions) == 0 {
		return
	}
	of := b.Env.Stack.String()
	b.alarm("oldest_message", "Messages of "+of+" wait for more than twice the target latency.", cloudwatch.Alarm{
		Queries:   cloudwatch.Metric(sqsMetrics, "ApproximateAgeOfOldestMessage", "Maximum", queueDimension(partQueue)),
		Threshold: 2 * float64(b.TargetLatency.ValueInt32()), EvaluationPeriods: 5, DatapointsToAlarm: 3, Actions: actions, OKActions: actions,
	})
	b.alarm("dead_letters", "Messages of "+of+" were given up.", cloudwatch.Alarm{
		Queries:   cloudwatch.Metric(sqsMetrics, metricVisible, "Maximum", queueDimension(partDeadLetters)),
		Threshold: 0, EvaluationPeriods: 1, DatapointsToAlarm: 1, Actions: actions, OKActions: actions,
	})
	most := b.MaxSize.ValueInt32()
	b.alarm("at_maximum", fmt.Sprintf("All %d servers of %s are there, and the backlog is above the target.", most, of), cloudwatch.Alarm{
		Queries: map[string]cloudwatch.Query{
			"visible": metric(sqsMetrics, metricVisible, queueDimension(partQueue)),
			"desired": metric(groupMetrics, metricDesired, groupDimension),
			"backlog": {Expression: fmt.Sprintf("IF(desired >= %d, FILL(visible, 0) / %d, 0)", most, most), Watched: true},
		},
		Threshold: b.backlogTarget(), EvaluationPeriods: 10, DatapointsToAlarm: 10, Actions: actions, OKActions: actions,
	})
}

// alarm adds an alarm that goes off above its threshold; no data is no cause.
func (b *builder) alarm(name, description string, alarm cloudwatch.Alarm) {
	alarm.Description, alarm.Period, alarm.Comparison = description, 60, "GreaterThanThreshold"
	alarm.TreatMissingData, alarm.Enabled = "notBreaching", true
	b.Add("alarm/"+name, &alarm)
}
