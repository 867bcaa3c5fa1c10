package multiserver

import (
	"cmp"
	"fmt"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
	"github.com/webtier/terraform-provider-webtier/internal/kind/cloudwatch"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

const alarmPrefix = "alarm/"

var alarmActionsAttribute = servers.AlarmActions("servers or masters stay unhealthy, fewer are healthy than the loss of a zone leaves, servers or the load balancer answer with 5xx, " +
	"one request in twenty takes longer than `health_check.timeout`, or the group stays below the number of servers that it wants. " +
	"A network load balancer knows no requests, and has the alarms on servers only")

// alarms are those that people are told of. They look at servers that have their
// requests already: before, a tier that is being made would raise them.
func (b *builder) alarms() {
	if len(b.AlarmActions.Elements()) == 0 {
		return
	}
	b.healthAlarms("hosts", "servers", partTargetGroup, max(1, b.CapacityAfterAZLoss.ValueInt32()))
	if b.routed() {
		b.healthAlarms("masters", "masters", partMasters, 1)
	}
	group := map[string]stack.Ref{"AutoScalingGroupName": stack.Output(servers.PartGroup, "name")}
	b.alarm("below_desired", "The group has fewer servers in service than it wants", b.patience(), cloudwatch.Alarm{
		Queries: map[string]cloudwatch.Query{
			"desired": {Namespace: "AWS/AutoScaling", Metric: "GroupDesiredCapacity", Statistic: "Minimum", Dimensions: group},
			"serving": {Namespace: "AWS/AutoScaling", Metric: "GroupInServiceInstances", Statistic: "Maximum", Dimensions: group},
			"missing": {Expression: "desired - serving", Watched: true},
		}})
	if b.lb.Type.ValueString() != typeNetwork {
		b.requestAlarms()
	}
}

// patience is how many minutes servers may be missing or unhealthy: a new one may
// take its grace period to boot.
func (b *builder) patience() int32 {
	return b.graceMinutes() + 5
}

func (m *Model) graceMinutes() int32 {
	return composite.Decode[healthCheck](m.HealthCheck).GracePeriod.ValueInt32() / 60
}

// healthAlarms look at the targets of one group.
func (b *builder) healthAlarms(name, noun, group string, least int32) {
	b.alarm("unhealthy_"+name, "Some "+noun+" stay unhealthy", b.patience(), cloudwatch.Alarm{
		Queries: cloudwatch.Metric(b.namespace(), "UnHealthyHostCount", "Maximum", b.targetDimensions(group))})
	// Without a target there is no data, which is as bad as no healthy one.
	b.alarm("few_healthy_"+name, fmt.Sprintf("Fewer than %d healthy %s are left", least, noun), 3, cloudwatch.Alarm{
		Queries:    cloudwatch.Metric(b.namespace(), "HealthyHostCount", "Minimum", b.targetDimensions(group)),
		Comparison: "LessThanThreshold", Threshold: float64(least), TreatMissingData: "breaching"})
}

const (
	// A share of requests says something from so many a minute on.
	leastRequests = 20
	// mostFailed is how many percent of the requests may fail, and mostRefused how many
	// a minute the load balancer may answer with 5xx itself.
	mostFailed, mostRefused = 5, 10
)

// requestAlarms look at answers; there is no data where there are no requests.
func (b *builder) requestAlarms() {
	count := func(metric string, dimensions map[string]stack.Ref) cloudwatch.Query {
		return cloudwatch.Query{Namespace: b.namespace(), Metric: metric, Statistic: "Sum", Dimensions: dimensions}
	}
	ofServers := b.targetDimensions(partTargetGroup)
	b.alarm("target_5xx", fmt.Sprintf("Servers answer more than %d %% of the requests with 5xx", mostFailed), 5, cloudwatch.Alarm{
		Queries: map[string]cloudwatch.Query{
			"requests": count("RequestCount", ofServers),
			"errors":   count("HTTPCode_Target_5XX_Count", ofServers),
			"percent":  {Expression: fmt.Sprintf("IF(requests >= %d, 100 * FILL(errors, 0) / requests, 0)", leastRequests), Watched: true},
		},
		Threshold: mostFailed, DatapointsToAlarm: 3})
	b.alarm("load_balancer_5xx", "The load balancer answers with 5xx itself: servers are missing, or do not answer", 5, cloudwatch.Alarm{
		Queries:   cloudwatch.Metric(b.namespace(), "HTTPCode_ELB_5XX_Count", "Sum", map[string]stack.Ref{"LoadBalancer": stack.Output(partLoadBalancer, "label")}),
		Threshold: mostRefused, DatapointsToAlarm: 3})
	timeout := composite.Decode[healthCheck](b.HealthCheck).Timeout.ValueInt32()
	b.alarm("response_time", fmt.Sprintf("One request in twenty takes longer than %d seconds", timeout), 5, cloudwatch.Alarm{
		Queries: cloudwatch.Metric(b.namespace(), "TargetResponseTime", "p95", ofServers), Threshold: float64(timeout), DatapointsToAlarm: 3})
}

func (b *builder) namespace() string {
	if b.lb.Type.ValueString() == typeNetwork {
		return "AWS/NetworkELB"
	}
	return "AWS/ApplicationELB"
}

func (b *builder) targetDimensions(group string) map[string]stack.Ref {
	return map[string]stack.Ref{"LoadBalancer": stack.Output(partLoadBalancer, "label"), "TargetGroup": stack.Output(group, "label")}
}

// alarm adds an alarm that goes off when minutes, or as many of them as it says, are
// above its threshold unless it says otherwise.
func (b *builder) alarm(name, description string, minutes int32, alarm cloudwatch.Alarm) {
	alarm.Description, alarm.Period, alarm.Enabled = b.Env.Stack.String()+": "+description+".", 60, true
	alarm.EvaluationPeriods, alarm.DatapointsToAlarm = minutes, cmp.Or(alarm.DatapointsToAlarm, minutes)
	alarm.Comparison, alarm.TreatMissingData = cmp.Or(alarm.Comparison, "GreaterThanThreshold"), cmp.Or(alarm.TreatMissingData, "notBreaching")
	alarm.Actions = stack.Literals(composite.Strings(b.AlarmActions)...)
	alarm.OKActions, alarm.NoDataActions = alarm.Actions, []stack.Ref{}
	b.Stack.Add(alarmPrefix+name, &alarm, trafficKey(b.lb.listenerPort()))
}

// absorbAlarms takes the actions of any alarm: all have the same.
func absorbAlarms(m *Model, seen composite.Observed) {
	for _, live := range seen.Parts(alarmPrefix) {
		if alarm, ok := live.Spec.(*cloudwatch.Alarm); ok && len(alarm.Actions) > 0 {
			m.AlarmActions = composite.StringSet(composite.Values(alarm.Actions))
			return
		}
	}
}
