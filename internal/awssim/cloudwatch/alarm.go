package cloudwatch

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// alarm is a metric or a composite alarm.
type alarm struct {
	name, arn  string
	configured time.Time
	enabled    bool
	actions    map[types.StateValue][]string
	tags       tagset.Set
	service    bool // made by another AWS service, which deletes it

	state            types.StateValue
	reason, data     string
	value            *float64 // the last data point
	measured         time.Time
	updated, changed time.Time

	// Exactly one of the next two is there. They hold what the kinds do not share.
	metric    *types.MetricAlarm
	composite *types.CompositeAlarm
	queries   []*query  // of a metric alarm
	next      time.Time // when a metric alarm is evaluated next
	rule      *rule     // of a composite alarm
}

// put sets an alarm in the place of one of the same name, whoever made that. The
// state and the tags stay; tags count on creation only (aws-facts §8).
func (s *Service) put(a *alarm, tags []types.Tag) error {
	a.arn, a.configured = s.ARN("cloudwatch", "alarm:"+a.name), s.Now()
	for _, arns := range a.actions {
		if err := s.checkActions(arns); err != nil {
			return err
		}
	}
	if old := s.alarms[a.name]; old != nil {
		if (old.metric == nil) != (a.metric == nil) {
			return invalid("An alarm of another type with the name %s already exists", a.name)
		}
		a.tags, a.state, a.reason, a.data = old.tags, old.state, old.reason, old.data
		a.updated, a.changed, a.value = old.updated, old.changed, old.value
	} else {
		var err error
		if a.tags, err = withTags(nil, tags); err != nil {
			return err
		}
		a.state, a.reason = types.StateValueInsufficientData, "Unchecked: Initial alarm creation"
		a.updated, a.changed = s.Now(), s.Now()
	}
	s.alarms[a.name] = a
	return nil
}

// actionsOf gathers actions by the state that leads to them.
func actionsOf(alarm, ok, insufficient []string) map[types.StateValue][]string {
	return map[types.StateValue][]string{types.StateValueAlarm: alarm, types.StateValueOk: ok, types.StateValueInsufficientData: insufficient}
}

var actionARN = regexp.MustCompile(`^arn:aws:(sns|autoscaling|automate|ssm|ssm-incidents|swf|lambda):([a-z0-9-]+):.+`)

// checkActions checks the form of actions. That they exist is not checked, but
// they must be in the alarm's Region and, of Auto Scaling, account (aws-facts §8).
func (s *Service) checkActions(arns []string) error {
	if len(arns) > 5 {
		return invalid("At most 5 actions can be specified for a state")
	}
	for _, arn := range arns {
		parts := actionARN.FindStringSubmatch(arn)
		switch {
		case parts == nil:
			return invalid("Invalid arn syntax: %s", arn)
		case parts[2] != s.Name:
			return invalid("Invalid region %s specified. Only %s is supported.", parts[2], s.Name)
		case parts[1] == "autoscaling" && !strings.HasPrefix(arn, s.ARN("autoscaling", "")):
			return invalid("Invalid account specified in %s. Only %s is supported.", arn, s.Account)
		}
	}
	return nil
}

// PutMetricAlarm makes an alarm or overwrites all settings of one.
func (s *Service) PutMetricAlarm(_ context.Context, in *sdk.PutMetricAlarmInput) (*sdk.PutMetricAlarmOutput, error) {
	if in.EvaluationCriteria != nil || in.EvaluationWindow != nil || in.WarmUpConfiguration != nil || in.ActionConfiguration != nil ||
		in.EvaluationInterval != nil || in.ThresholdMetricId != nil {
		return nil, notSimulated("alarms on PromQL queries or anomalies")
	}
	if err := checkThreshold(in); err != nil {
		return nil, err
	}
	queries, err := alarmQueries(in)
	if err != nil {
		return nil, err
	}
	if err := checkSpan(period(queries), *in.EvaluationPeriods); err != nil {
		return nil, err
	}
	a := &alarm{name: *in.AlarmName, enabled: in.ActionsEnabled == nil || *in.ActionsEnabled, queries: queries,
		actions: actionsOf(in.AlarmActions, in.OKActions, in.InsufficientDataActions), metric: metricAlarm(in)}
	a.next = s.following(a, s.Now())
	if err := s.put(a, in.Tags); err != nil {
		return nil, err
	}
	return &sdk.PutMetricAlarmOutput{}, nil
}

// checkSpan checks how far an alarm looks back: a day, or a week with periods of
// an hour and more (aws-facts §8).
func checkSpan(period time.Duration, periods int32) error {
	most, name := 24*time.Hour, "a day"
	if period >= time.Hour {
		most, name = 7*24*time.Hour, "a week"
	}
	if time.Duration(periods)*period > most {
		return invalid("Metrics cannot be checked across more than %s (EvaluationPeriods * Period must be <= %d).", name, int(most.Seconds()))
	}
	return nil
}

func metricAlarm(in *sdk.PutMetricAlarmInput) *types.MetricAlarm {
	return &types.MetricAlarm{
		AlarmDescription: in.AlarmDescription, ComparisonOperator: in.ComparisonOperator, DatapointsToAlarm: in.DatapointsToAlarm,
		Dimensions: slices.Clone(in.Dimensions), EvaluateLowSampleCountPercentile: in.EvaluateLowSampleCountPercentile,
		EvaluationPeriods: in.EvaluationPeriods, ExtendedStatistic: in.ExtendedStatistic, MetricName: in.MetricName,
		Metrics: slices.Clone(in.Metrics), Namespace: in.Namespace, Period: in.Period, Statistic: in.Statistic,
		Threshold: in.Threshold, TreatMissingData: in.TreatMissingData, Unit: in.Unit,
	}
}

// checkThreshold checks when the alarm is to go off.
func checkThreshold(in *sdk.PutMetricAlarmInput) error {
	switch {
	case in.EvaluationPeriods == nil || *in.EvaluationPeriods < 1:
		return invalid("EvaluationPeriods must be at least 1")
	case in.ComparisonOperator == "":
		return invalid("ComparisonOperator is required")
	case compare[in.ComparisonOperator] == nil:
		return notSimulated("comparison with an anomaly detection band")
	case in.Threshold == nil:
		return invalid("Threshold is required")
	case in.DatapointsToAlarm != nil && (*in.DatapointsToAlarm < 1 || *in.DatapointsToAlarm > *in.EvaluationPeriods):
		return invalid("DatapointsToAlarm must be between 1 and EvaluationPeriods")
	case in.TreatMissingData != nil && !slices.Contains([]string{breaching, notBreaching, ignore, missing}, *in.TreatMissingData):
		return invalid("Option %s for parameter TreatMissingData is not supported", *in.TreatMissingData)
	}
	return nil
}

// theMetric is the id under which the metric of an alarm without queries is known.
const theMetric = "theMetric"

// alarmQueries returns what the alarm watches; the last query that returns data
// is compared with the threshold.
func alarmQueries(in *sdk.PutMetricAlarmInput) ([]*query, error) {
	if len(in.Metrics) > 0 {
		if in.MetricName != nil || in.Namespace != nil || in.Dimensions != nil || in.Period != nil || in.Unit != "" || in.Statistic != "" || in.ExtendedStatistic != nil {
			return nil, invalid("Metrics list and MetricName, Namespace, Dimensions, Period, Unit, Statistic or ExtendedStatistic cannot be specified together")
		}
		return alarmExpression(in.Metrics)
	}
	if in.MetricName == nil || in.Namespace == nil || in.Period == nil {
		return nil, invalid("MetricName, Namespace and Period, or a Metrics list are required")
	}
	if (in.Statistic == "") == (in.ExtendedStatistic == nil) {
		return nil, invalid("Exactly one of Statistic and ExtendedStatistic must be specified")
	}
	statistic := string(in.Statistic)
	if in.ExtendedStatistic != nil {
		statistic = *in.ExtendedStatistic
	}
	return alarmExpression([]types.MetricDataQuery{{Id: aws.String(theMetric), MetricStat: &types.MetricStat{
		Metric: &types.Metric{Namespace: in.Namespace, MetricName: in.MetricName, Dimensions: slices.Clone(in.Dimensions)},
		Period: in.Period, Stat: &statistic, Unit: in.Unit}}})
}

func alarmExpression(list []types.MetricDataQuery) ([]*query, error) {
	queries, err := checkQueries(list)
	if err != nil {
		return nil, err
	}
	returning, metrics := 0, 0
	for _, q := range queries {
		if q.ReturnData == nil || *q.ReturnData {
			returning++
		}
		if q.MetricStat == nil {
			continue
		}
		metrics++
		seconds := *q.MetricStat.Period
		if seconds%60 != 0 && seconds != 10 && seconds != 20 && seconds != 30 {
			return nil, invalid("Period must be 10, 20, 30 or a multiple of 60")
		}
		if time.Duration(seconds)*time.Second != period(queries) {
			return nil, invalid("All metrics of an alarm must have the same period")
		}
	}
	switch {
	case returning != 1:
		return nil, invalid("Exactly one element of the metrics list should return data.")
	case metrics == 0:
		return nil, notSimulated("alarms without a metric")
	case len(queries) > 20:
		return nil, invalid("An alarm can have at most 20 metrics and expressions")
	}
	return queries, nil
}

// named finds the alarms that exist.
func (s *Service) named(names []string) []*alarm {
	var list []*alarm
	for _, name := range names {
		if a := s.alarms[name]; a != nil {
			list = append(list, a)
		}
	}
	return list
}

// EnableAlarmActions lets alarms act; names that are unknown are ignored.
func (s *Service) EnableAlarmActions(_ context.Context, in *sdk.EnableAlarmActionsInput) (*sdk.EnableAlarmActionsOutput, error) {
	for _, a := range s.named(in.AlarmNames) {
		a.enabled = true
	}
	return &sdk.EnableAlarmActionsOutput{}, nil
}

// DisableAlarmActions keeps alarms from acting.
func (s *Service) DisableAlarmActions(_ context.Context, in *sdk.DisableAlarmActionsInput) (*sdk.DisableAlarmActionsOutput, error) {
	for _, a := range s.named(in.AlarmNames) {
		a.enabled = false
	}
	return &sdk.DisableAlarmActionsOutput{}, nil
}

// DeleteAlarms deletes alarms, one composite alarm at most. The alarms that exist
// are deleted even if another name is wrong; one that a composite alarm names
// cannot be (aws-facts §8).
func (s *Service) DeleteAlarms(_ context.Context, in *sdk.DeleteAlarmsInput) (*sdk.DeleteAlarmsOutput, error) {
	composites := 0
	for _, a := range s.named(in.AlarmNames) {
		if a.metric == nil {
			composites++
		}
		if parents := s.parents(a.name); len(parents) > 0 {
			return nil, invalid("The alarm %s cannot be deleted while the composite alarm %s refers to it", a.name, parents[0].name)
		}
	}
	if composites > 1 {
		return nil, invalid("At most one composite alarm can be deleted in a call")
	}
	var unknown []string
	for _, name := range in.AlarmNames {
		if s.alarms[name] == nil {
			unknown = append(unknown, name)
		}
		delete(s.alarms, name)
	}
	if len(unknown) > 0 {
		return nil, &types.ResourceNotFound{Message: text("Unknown alarms: %s", strings.Join(unknown, ", "))}
	}
	return &sdk.DeleteAlarmsOutput{}, nil
}
