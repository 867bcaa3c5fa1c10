package cloudwatch

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

const (
	maxDatapoints  = 100800 // of one GetMetricData
	maxStatistics  = 1440   // of one GetMetricStatistics
	badTimeWindow  = "The parameter StartTime must be less than the parameter EndTime."
	dataToken      = "after-"
	badTokenFormat = "The token '%s' is not valid."
)

// GetMetricData returns data points of metrics and expressions, newest first
// unless asked otherwise.
func (s *Service) GetMetricData(_ context.Context, in *sdk.GetMetricDataInput) (*sdk.GetMetricDataOutput, error) {
	if !in.StartTime.Before(*in.EndTime) {
		return nil, invalid(badTimeWindow)
	}
	queries, err := checkQueries(in.MetricDataQueries)
	if err != nil {
		return nil, err
	}
	r := s.newRun(queries, *in.StartTime, *in.EndTime)
	out := &sdk.GetMetricDataOutput{MetricDataResults: []types.MetricDataResult{}}
	for _, q := range queries {
		v, err := r.value(*q.Id)
		if err != nil {
			return nil, err
		}
		if q.ReturnData != nil && !*q.ReturnData {
			continue
		}
		if v.series == nil {
			return nil, q.wrong(errNotSeries)
		}
		out.MetricDataResults = append(out.MetricDataResults, q.result(v, in.ScanBy))
	}
	return out, cut(out, in)
}

func (q *query) result(v value, order types.ScanBy) types.MetricDataResult {
	result := types.MetricDataResult{Id: q.Id, Label: q.Label, StatusCode: types.StatusCodeComplete, Timestamps: []time.Time{}, Values: []float64{}}
	if q.Label == nil {
		result.Label = q.Id
		if q.MetricStat != nil {
			result.Label = q.MetricStat.Metric.MetricName
		}
	}
	times := slices.Sorted(maps.Keys(v.series))
	if order != types.ScanByTimestampAscending {
		slices.Reverse(times)
	}
	for _, at := range times {
		result.Timestamps = append(result.Timestamps, time.Unix(at, 0).UTC())
		result.Values = append(result.Values, v.series[at])
	}
	return result
}

// cut leaves the page of data points that the request asks for.
func cut(out *sdk.GetMetricDataOutput, in *sdk.GetMetricDataInput) error {
	skip := 0
	if token := aws.ToString(in.NextToken); token != "" {
		number, ours := strings.CutPrefix(token, dataToken)
		n, err := strconv.Atoi(number)
		if !ours || err != nil || n < 0 {
			return &types.InvalidNextToken{Message: text(badTokenFormat, token)}
		}
		skip = n
	}
	room, end := int(cmp.Or(aws.ToInt32(in.MaxDatapoints), maxDatapoints)), skip
	for i := range out.MetricDataResults {
		result := &out.MetricDataResults[i]
		from := min(skip, len(result.Values))
		to := min(from+room, len(result.Values))
		if to < len(result.Values) {
			result.StatusCode = types.StatusCodePartialData
			out.NextToken = aws.String(dataToken + strconv.Itoa(end+to-from))
		}
		result.Timestamps, result.Values = result.Timestamps[from:to], result.Values[from:to]
		skip, room, end = skip-from, room-(to-from), end+to-from
	}
	return nil
}

// GetMetricStatistics returns data points of one metric, oldest first. AWS returns
// them in no order.
func (s *Service) GetMetricStatistics(_ context.Context, in *sdk.GetMetricStatisticsInput) (*sdk.GetMetricStatisticsOutput, error) {
	if err := checkStatistics(in); err != nil {
		return nil, err
	}
	of := types.Metric{Namespace: in.Namespace, MetricName: in.MetricName, Dimensions: in.Dimensions}
	w := window{*in.StartTime, *in.EndTime, time.Duration(*in.Period) * time.Second}
	out := &sdk.GetMetricStatisticsOutput{Label: in.MetricName, Datapoints: []types.Datapoint{}}
	m := s.metrics[key(of.Namespace, of.MetricName, of.Dimensions)]
	if m == nil {
		return out, nil
	}
	for _, unit := range m.units(in.Unit) {
		all := s.buckets(&of, unit, w)
		for _, at := range slices.Sorted(maps.Keys(all)) {
			out.Datapoints = append(out.Datapoints, datapoint(all[at], at, unit, in))
		}
	}
	slices.SortStableFunc(out.Datapoints, func(a, b types.Datapoint) int { return a.Timestamp.Compare(*b.Timestamp) })
	return out, nil
}

func checkStatistics(in *sdk.GetMetricStatisticsInput) error {
	span := in.EndTime.Sub(*in.StartTime)
	if span <= 0 {
		return badValue(badTimeWindow)
	}
	if err := checkPeriod(*in.Period); err != nil {
		return err
	}
	if len(in.Statistics) == 0 && len(in.ExtendedStatistics) == 0 {
		return &types.MissingRequiredParameterException{Message: aws.String("At least one of the parameters Statistics and ExtendedStatistics must be specified.")}
	}
	for _, statistic := range in.ExtendedStatistics {
		if err := checkStatistic(statistic); err != nil {
			return err
		}
	}
	if n := int(span / (time.Duration(*in.Period) * time.Second)); n > maxStatistics {
		return badCombination("You have requested up to %d datapoints, which exceeds the limit of %d. You may reduce the datapoints requested by "+
			"increasing Period, or decreasing the time range.", n, maxStatistics)
	}
	return nil
}

// units returns the units in which the metric was measured: data of different
// units do not mix.
func (m *metric) units(asked types.StandardUnit) []types.StandardUnit {
	if asked != "" {
		return []types.StandardUnit{asked}
	}
	var units []types.StandardUnit
	for _, one := range m.samples {
		if !slices.Contains(units, one.unit) {
			units = append(units, one.unit)
		}
	}
	return units
}

func datapoint(b *bucket, at int64, unit types.StandardUnit, in *sdk.GetMetricStatisticsInput) types.Datapoint {
	point := types.Datapoint{Timestamp: aws.Time(time.Unix(at, 0).UTC()), Unit: unit}
	fields := map[types.Statistic]**float64{types.StatisticAverage: &point.Average, types.StatisticSum: &point.Sum,
		types.StatisticMinimum: &point.Minimum, types.StatisticMaximum: &point.Maximum, types.StatisticSampleCount: &point.SampleCount}
	for _, statistic := range in.Statistics {
		if v, ok := b.value(string(statistic)); ok {
			*fields[statistic] = aws.Float64(v)
		}
	}
	for _, statistic := range in.ExtendedStatistics {
		if v, ok := b.value(statistic); ok {
			if point.ExtendedStatistics == nil {
				point.ExtendedStatistics = map[string]float64{}
			}
			point.ExtendedStatistics[statistic] = v
		}
	}
	return point
}
