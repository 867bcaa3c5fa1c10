package cloudwatch

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

func shownMetric(a *alarm) types.MetricAlarm {
	shown := *a.metric
	shown.Dimensions, shown.Metrics = append([]types.Dimension{}, a.metric.Dimensions...), slices.Clone(a.metric.Metrics)
	shown.AlarmName, shown.AlarmArn = aws.String(a.name), aws.String(a.arn)
	shown.ActionsEnabled = aws.Bool(a.enabled)
	shown.AlarmActions, shown.OKActions = list(a.actions[types.StateValueAlarm]), list(a.actions[types.StateValueOk])
	shown.InsufficientDataActions = list(a.actions[types.StateValueInsufficientData])
	shown.AlarmConfigurationUpdatedTimestamp = aws.Time(a.configured)
	shown.StateValue, shown.StateReason = a.state, aws.String(a.reason)
	shown.StateUpdatedTimestamp, shown.StateTransitionedTimestamp = aws.Time(a.updated), aws.Time(a.changed)
	if a.data != "" {
		shown.StateReasonData = aws.String(a.data)
	}
	return shown
}

// DescribeAlarms lists alarms by name, prefix or state. Names that are unknown are
// absent, composite alarms must be asked for (aws-facts §8).
func (s *Service) DescribeAlarms(_ context.Context, in *sdk.DescribeAlarmsInput) (*sdk.DescribeAlarmsOutput, error) {
	if len(in.AlarmNames) > 0 && in.AlarmNamePrefix != nil {
		return nil, invalid("AlarmNamePrefix and AlarmNames cannot be specified at the same time")
	}
	if (in.ChildrenOfAlarmName != nil || in.ParentsOfAlarmName != nil) &&
		(len(in.AlarmNames) > 0 || in.AlarmNamePrefix != nil || in.StateValue != "" || in.ActionPrefix != nil) {
		return nil, invalid("ChildrenOfAlarmName and ParentsOfAlarmName can be specified with AlarmTypes and paging only")
	}
	var found []*alarm
	for _, a := range s.candidates(in) {
		if a.described(in) {
			found = append(found, a)
		}
	}
	found, next, err := paging.Page(found, in.NextToken, in.MaxRecords, 50, 100, "InvalidNextToken")
	if err != nil {
		return nil, err
	}
	out := &sdk.DescribeAlarmsOutput{NextToken: next, MetricAlarms: []types.MetricAlarm{}, CompositeAlarms: []types.CompositeAlarm{}}
	for _, a := range found {
		if a.metric != nil {
			out.MetricAlarms = append(out.MetricAlarms, shownMetric(a))
		} else {
			out.CompositeAlarms = append(out.CompositeAlarms, s.shownComposite(a))
		}
	}
	return out, nil
}

// candidates returns the alarms that a request names in one way or another.
func (s *Service) candidates(in *sdk.DescribeAlarmsInput) []*alarm {
	switch {
	case in.ParentsOfAlarmName != nil:
		return s.parents(*in.ParentsOfAlarmName)
	case in.ChildrenOfAlarmName != nil:
		parent := s.alarms[*in.ChildrenOfAlarmName]
		if parent == nil || parent.rule == nil {
			return nil
		}
		return s.named(parent.rule.alarms())
	}
	return s.sorted()
}

func (a *alarm) described(in *sdk.DescribeAlarmsInput) bool {
	kind := types.AlarmTypeMetricAlarm
	if a.metric == nil {
		kind = types.AlarmTypeCompositeAlarm
	}
	asked := in.AlarmTypes
	if len(asked) == 0 && in.ChildrenOfAlarmName == nil && in.ParentsOfAlarmName == nil {
		asked = []types.AlarmType{types.AlarmTypeMetricAlarm}
	}
	acts := in.ActionPrefix == nil
	for _, arns := range a.actions {
		acts = acts || slices.ContainsFunc(arns, func(arn string) bool { return strings.HasPrefix(arn, *in.ActionPrefix) })
	}
	return acts && (len(asked) == 0 || slices.Contains(asked, kind)) &&
		(len(in.AlarmNames) == 0 || slices.Contains(in.AlarmNames, a.name)) &&
		strings.HasPrefix(a.name, aws.ToString(in.AlarmNamePrefix)) &&
		(in.StateValue == "" || in.StateValue == a.state)
}

// DescribeAlarmsForMetric lists the alarms on exactly one metric. Alarms on
// expressions are not found by it.
func (s *Service) DescribeAlarmsForMetric(_ context.Context, in *sdk.DescribeAlarmsForMetricInput) (*sdk.DescribeAlarmsForMetricOutput, error) {
	out := &sdk.DescribeAlarmsForMetricOutput{MetricAlarms: []types.MetricAlarm{}}
	for _, a := range s.sorted() {
		m := a.metric
		if m == nil || m.MetricName == nil || key(m.Namespace, m.MetricName, m.Dimensions) != key(in.Namespace, in.MetricName, in.Dimensions) {
			continue
		}
		if (in.Statistic == "" || in.Statistic == m.Statistic) && (in.Unit == "" || in.Unit == m.Unit) &&
			(in.Period == nil || *in.Period == *m.Period) && matches(in.ExtendedStatistic, m.ExtendedStatistic) {
			out.MetricAlarms = append(out.MetricAlarms, shownMetric(a))
		}
	}
	return out, nil
}

func withTags(current tagset.Set, added []types.Tag) (tagset.Set, error) {
	set, err := current.With(tagset.Of(added, func(t types.Tag) (key, value *string) { return t.Key, t.Value }))
	if err != nil {
		return nil, badValue("%v", err)
	}
	return set, nil
}

// tagged finds an alarm by its ARN.
func (s *Service) tagged(arn *string) (*alarm, error) {
	name, ours := strings.CutPrefix(*arn, s.ARN("cloudwatch", "alarm:"))
	if a := s.alarms[name]; ours && a != nil {
		return a, nil
	}
	return nil, &types.ResourceNotFoundException{ResourceType: aws.String("Alarm"), ResourceId: arn, Message: text("%s not found", *arn)}
}

// TagResource adds or overwrites an alarm's tags.
func (s *Service) TagResource(_ context.Context, in *sdk.TagResourceInput) (*sdk.TagResourceOutput, error) {
	a, err := s.tagged(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	tags, err := withTags(a.tags, in.Tags)
	if err != nil {
		return nil, err
	}
	a.tags = tags
	return &sdk.TagResourceOutput{}, nil
}

// UntagResource removes an alarm's tags.
func (s *Service) UntagResource(_ context.Context, in *sdk.UntagResourceInput) (*sdk.UntagResourceOutput, error) {
	a, err := s.tagged(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	a.tags = a.tags.Without(in.TagKeys)
	return &sdk.UntagResourceOutput{}, nil
}

// ListTagsForResource lists an alarm's tags.
func (s *Service) ListTagsForResource(_ context.Context, in *sdk.ListTagsForResourceInput) (*sdk.ListTagsForResourceOutput, error) {
	a, err := s.tagged(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	return &sdk.ListTagsForResourceOutput{Tags: tagset.List(a.tags, func(key, value *string) types.Tag { return types.Tag{Key: key, Value: value} })}, nil
}
