package cloudwatch

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// query says in a request what the alarm watches. One metric goes in the form that
// every tool knows, several queries as a list in the order of their ids.
func (s *Alarm) query(in *sdk.PutMetricAlarmInput) {
	if only, ok := s.Queries[theMetric]; ok && len(s.Queries) == 1 {
		in.Namespace, in.MetricName, in.Dimensions, in.Period = &only.Namespace, &only.Metric, dimensionList(only.Dimensions), &s.Period
		if statistic := types.Statistic(only.Statistic); slices.Contains(statistic.Values(), statistic) {
			in.Statistic = statistic
		} else {
			in.ExtendedStatistic = &only.Statistic
		}
		return
	}
	for _, id := range slices.Sorted(maps.Keys(s.Queries)) {
		q := s.Queries[id]
		item := types.MetricDataQuery{Id: aws.String(id), ReturnData: &q.Watched}
		if q.Expression != "" {
			item.Expression = &q.Expression
		} else {
			item.MetricStat = &types.MetricStat{Period: &s.Period, Stat: &q.Statistic,
				Metric: &types.Metric{Namespace: &q.Namespace, MetricName: &q.Metric, Dimensions: dimensionList(q.Dimensions)}}
		}
		in.Metrics = append(in.Metrics, item)
	}
}

// observedQueries returns what an alarm watches, and the period.
func observedQueries(a types.MetricAlarm) (map[string]Query, int32) {
	if len(a.Metrics) == 0 {
		statistic := string(a.Statistic)
		if a.ExtendedStatistic != nil {
			statistic = *a.ExtendedStatistic
		}
		return Metric(aws.ToString(a.Namespace), aws.ToString(a.MetricName), statistic, dimensionMap(a.Dimensions)), aws.ToInt32(a.Period)
	}
	queries, period := map[string]Query{}, int32(0)
	for _, item := range a.Metrics {
		// Data is returned unless it is said not to be.
		q := Query{Expression: aws.ToString(item.Expression), Watched: item.ReturnData == nil || *item.ReturnData}
		if item.MetricStat != nil {
			period = aws.ToInt32(item.MetricStat.Period)
			q.Statistic = aws.ToString(item.MetricStat.Stat)
			if metric := item.MetricStat.Metric; metric != nil {
				q.Namespace, q.Metric, q.Dimensions = aws.ToString(metric.Namespace), aws.ToString(metric.MetricName), dimensionMap(metric.Dimensions)
			}
		}
		queries[aws.ToString(item.Id)] = q
	}
	return queries, period
}

func dimensionList(dimensions map[string]stack.Ref) []types.Dimension {
	var list []types.Dimension
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		list = append(list, types.Dimension{Name: aws.String(name), Value: aws.String(dimensions[name].String())})
	}
	return list
}

func dimensionMap(list []types.Dimension) map[string]stack.Ref {
	dimensions := map[string]stack.Ref{}
	for _, dimension := range list {
		dimensions[aws.ToString(dimension.Name)] = stack.Literal(aws.ToString(dimension.Value))
	}
	return dimensions
}
