package cloudwatch

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
)

// metric is a metric and what was measured, in the order of arrival.
type metric struct {
	types.Metric
	first   time.Time // when it was first heard of
	samples []sample
}

// sample is a datum: a set of values with how often each occurred, or only what
// a client has worked out of them.
type sample struct {
	at             time.Time
	more           int // so many minutes after it the same was measured
	unit           types.StandardUnit
	values, counts []float64
	set            types.StatisticSet
}

const (
	// maxSamples bounds the memory of a metric.
	maxSamples = 50000
	maxValues  = 150 // in one datum
	// How far from the present a datum may lie, and how long a metric is listed
	// after its last datum.
	oldest, newest = 14 * 24 * time.Hour, 2 * time.Hour
)

// key identifies a metric: its dimensions belong to its name.
func key(namespace, name *string, dimensions []types.Dimension) string {
	parts := []string{aws.ToString(namespace), aws.ToString(name)}
	for _, d := range sortedDimensions(dimensions) {
		parts = append(parts, aws.ToString(d.Name), aws.ToString(d.Value))
	}
	return strings.Join(parts, "\x00")
}

func sortedDimensions(dimensions []types.Dimension) []types.Dimension {
	return slices.SortedFunc(slices.Values(dimensions), func(a, b types.Dimension) int {
		return cmp.Compare(aws.ToString(a.Name), aws.ToString(b.Name))
	})
}

// PutMetricData adds data to metrics, which it makes where needed.
func (s *Service) PutMetricData(_ context.Context, in *sdk.PutMetricDataInput) (*sdk.PutMetricDataOutput, error) {
	if strings.HasPrefix(*in.Namespace, "AWS/") {
		return nil, badValue("The value AWS/ for parameter Namespace is invalid.")
	}
	if len(in.EntityMetricData) > 0 {
		return nil, notSimulated("metric data of entities")
	}
	var samples []sample
	for _, datum := range in.MetricData {
		one, err := s.sampleOf(datum)
		if err != nil {
			return nil, err
		}
		samples = append(samples, one)
	}
	for i, datum := range in.MetricData {
		s.record(types.Metric{Namespace: in.Namespace, MetricName: datum.MetricName, Dimensions: datum.Dimensions}, samples[i])
	}
	return &sdk.PutMetricDataOutput{}, nil
}

// Publish adds a value of an instant to a metric on behalf of an AWS service.
func (s *Service) Publish(namespace, name string, dimensions map[string]string, value float64, at time.Time) {
	m := types.Metric{Namespace: &namespace, MetricName: &name}
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		m.Dimensions = append(m.Dimensions, types.Dimension{Name: aws.String(name), Value: aws.String(dimensions[name])})
	}
	one := sample{at: at.Truncate(time.Minute), unit: types.StandardUnitNone, values: []float64{value}, counts: []float64{1}}
	// Most of what services measure stays as it is, for hours and by the thousand.
	if last := s.metricOf(m).latest(); last != nil && last.until().Add(time.Minute).Equal(one.at) && last.same(one) {
		last.more++
		return
	}
	s.record(m, one)
}

// until is when a sample was measured for the last time.
func (one sample) until() time.Time { return one.at.Add(time.Duration(one.more) * time.Minute) }

func (one sample) same(other sample) bool {
	return one.unit == other.unit && slices.Equal(one.values, other.values) && slices.Equal(one.counts, other.counts) && one.set == other.set
}

func (m *metric) latest() *sample {
	if len(m.samples) == 0 {
		return nil
	}
	return &m.samples[len(m.samples)-1]
}

// metricOf finds a metric, and makes it where needed.
func (s *Service) metricOf(of types.Metric) *metric {
	id := key(of.Namespace, of.MetricName, of.Dimensions)
	m := s.metrics[id]
	if m == nil {
		of.Dimensions = sortedDimensions(of.Dimensions)
		m = &metric{Metric: of, first: s.Now()}
		s.metrics[id] = m
	}
	return m
}

func (s *Service) record(of types.Metric, one sample) {
	m := s.metricOf(of)
	if len(m.samples) >= maxSamples {
		m.samples = append(m.samples[:0], m.samples[maxSamples/2:]...)
	}
	m.samples = append(m.samples, one)
}

// sampleOf checks a datum: one value, values with counts, or a statistic set.
func (s *Service) sampleOf(datum types.MetricDatum) (sample, error) {
	one := sample{unit: cmp.Or(datum.Unit, types.StandardUnitNone)}
	var err error
	if one.at, err = s.instant(datum); err != nil {
		return one, err
	}
	given := 0
	for _, present := range []bool{datum.Value != nil, datum.Values != nil, datum.StatisticValues != nil} {
		if present {
			given++
		}
	}
	switch {
	case given == 0:
		return one, &types.MissingRequiredParameterException{Message: aws.String("At least one of the parameters must be specified.")}
	case given > 1:
		return one, badCombination("The parameters MetricData.member.1.Value and MetricData.member.1.StatisticValues are mutually exclusive and you have specified both.")
	case datum.StatisticValues != nil:
		one.set = *datum.StatisticValues
	case datum.Value != nil:
		one.values, one.counts = []float64{*datum.Value}, []float64{1}
	case datum.Counts == nil:
		one.values, one.counts = datum.Values, slices.Repeat([]float64{1}, len(datum.Values))
	default:
		one.values, one.counts = datum.Values, datum.Counts
	}
	return one, one.check()
}

// instant is the second or minute of a datum.
func (s *Service) instant(datum types.MetricDatum) (time.Time, error) {
	at, now := aws.ToTime(cmp.Or(datum.Timestamp, aws.Time(s.Now()))), s.Now()
	if at.Before(now.Add(-oldest)) || at.After(now.Add(newest)) {
		return at, badValue("The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks, and no more than two hours in the future.")
	}
	switch cmp.Or(aws.ToInt32(datum.StorageResolution), 60) {
	case 60:
		return at.Truncate(time.Minute), nil
	case 1:
		return at.Truncate(time.Second), nil
	}
	return at, badValue("The parameter MetricData.member.1.StorageResolution must be 1 or 60.")
}

func (one sample) check() error {
	if len(one.values) > maxValues || len(one.values) != len(one.counts) {
		return badValue("The parameter MetricData.member.1.Values must have at most %d values and as many counts.", maxValues)
	}
	for _, v := range one.values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return badValue("The value %v for parameter MetricData.member.1.Value is invalid.", v)
		}
	}
	return nil
}

// ListMetrics lists metrics, which appear there some minutes after their first
// datum and disappear two weeks after the last.
func (s *Service) ListMetrics(_ context.Context, in *sdk.ListMetricsInput) (*sdk.ListMetricsOutput, error) {
	var listed []types.Metric
	for _, id := range slices.Sorted(maps.Keys(s.metrics)) {
		m := s.metrics[id]
		age := oldest
		if in.RecentlyActive != "" {
			age = 3 * time.Hour
		}
		if s.Now().Before(m.first.Add(s.Timings.Listed)) || m.last().Before(s.Now().Add(-age)) {
			continue
		}
		if matches(in.Namespace, m.Namespace) && matches(in.MetricName, m.MetricName) && m.hasDimensions(in.Dimensions) {
			listed = append(listed, types.Metric{Namespace: m.Namespace, MetricName: m.MetricName, Dimensions: slices.Clone(m.Dimensions)})
		}
	}
	out := &sdk.ListMetricsOutput{}
	var err error
	out.Metrics, out.NextToken, err = paging.Page(listed, in.NextToken, nil, 500, 500, "InvalidParameterValue")
	return out, err
}

func (m *metric) last() time.Time {
	var last time.Time
	for _, one := range m.samples {
		if one.until().After(last) {
			last = one.until()
		}
	}
	return last
}

func matches(asked, is *string) bool { return asked == nil || *asked == aws.ToString(is) }

func (m *metric) hasDimensions(filters []types.DimensionFilter) bool {
	for _, f := range filters {
		if !slices.ContainsFunc(m.Dimensions, func(d types.Dimension) bool { return *d.Name == *f.Name && matches(f.Value, d.Value) }) {
			return false
		}
	}
	return true
}
