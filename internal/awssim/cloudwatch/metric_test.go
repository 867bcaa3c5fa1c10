package cloudwatch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

func metricQuery(id, name string) types.MetricDataQuery {
	return types.MetricDataQuery{Id: &id, MetricStat: &types.MetricStat{Period: aws.Int32(60), Stat: aws.String("Maximum"),
		Metric: &types.Metric{Namespace: aws.String("jobs"), MetricName: &name}}}
}

func mathQuery(id, expression string) types.MetricDataQuery {
	return types.MetricDataQuery{Id: &id, Expression: &expression}
}

// data asks for the last four minutes.
func (l *lab) data(queries ...types.MetricDataQuery) *sdk.GetMetricDataInput {
	return &sdk.GetMetricDataInput{StartTime: aws.Time(l.Now.Add(-4 * time.Minute)), EndTime: aws.Time(l.Now),
		MetricDataQueries: queries, ScanBy: types.ScanByTimestampAscending}
}

func TestMetricMath(t *testing.T) {
	l := newLab(t)
	// a is 1, 2, 3, 4 and b is 10, -, 0, 40.
	for minute, b := range []float64{10, -1, 0, 40} {
		l.put("a", float64(minute+1))
		if b >= 0 {
			l.put("b", b)
		}
		l.Pass(time.Minute)
	}
	for expression, want := range map[string]string{
		"a + 1":                        "[2 3 4 5]",
		"2 + a * 3 - 1":                "[4 7 10 13]",
		"(a + 1) * 2":                  "[4 6 8 10]",
		"-a ^ 2":                       "[-1 -4 -9 -16]",
		"a / b":                        "[0.1 0.1]",
		"b - a":                        "[9 -3 36]",
		"FILL(b, 7)":                   "[10 7 0 40]",
		"FILL(b, REPEAT)":              "[10 10 0 40]",
		"FILL(b, LINEAR)":              "[10 5 0 40]",
		"FILL(b, a)":                   "[10 2 0 40]",
		"IF(b > 5, a, 0)":              "[1 0 4]",
		"IF(a >= 2 AND a != 3, a)":     "[2 4]",
		"IF(1, a, b)":                  "[1 2 3 4]",
		"MAX([a, b])":                  "[10 2 3 40]",
		"SUM(METRICS())":               "[11 2 3 44]",
		"a / MAX(a)":                   "[0.25 0.5 0.75 1]",
		"AVG([a, FILL(b, 0)])":         "[5.5 1 1.5 22]",
		"CEIL(a / 2)":                  "[1 1 2 2]",
		"a*0 + (b < 20 || b == 40)":    "[1 1 1]",
		"IF(FILL(b, 0) == 0, a, a*10)": "[10 2 3 40]",
	} {
		t.Run(expression, func(t *testing.T) {
			out := simtest.Do(t, l.GetMetricData, l.data(hide(metricQuery("a", "a")), hide(metricQuery("b", "b")), mathQuery("e", expression)))
			if got := fmt.Sprint(out.MetricDataResults[0].Values); got != want || len(out.MetricDataResults) != 1 {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

func hide(q types.MetricDataQuery) types.MetricDataQuery {
	q.ReturnData = aws.Bool(false)
	return q
}

func TestExpressionsThatAreRefused(t *testing.T) {
	l := newLab(t)
	for expression, want := range map[string]string{
		"a +": "ValidationError", "a b": "ValidationError", "(a": "ValidationError", "a $ 2": "ValidationError", "": "ValidationError",
		"none": "ValidationError", "e": "ValidationError", "1 + 1": "ValidationError", "REPEAT": "ValidationError", "[a] + 1": "ValidationError",
		"FILL(a)": "ValidationError", "FILL(a, MEAN)": "ValidationError", "RATE(a)": "NotImplemented",
	} {
		t.Run(expression, func(t *testing.T) {
			simtest.Refused(t, l.GetMetricData, l.data(metricQuery("a", "a"), mathQuery("e", expression)), want, "")
		})
	}
}

func TestMetricDataComesInPages(t *testing.T) {
	l := newLab(t)
	l.measure(1, 2, 3)
	in := l.data(metricQuery("a", "length"), metricQuery("b", "length"))
	in.MaxDatapoints = aws.Int32(4)
	first := simtest.Do(t, l.GetMetricData, in)
	if got := first.MetricDataResults; fmt.Sprint(got[0].Values, got[1].Values) != "[1 2 3] [1]" || got[1].StatusCode != types.StatusCodePartialData {
		t.Errorf("first page %+v", got)
	}
	in.NextToken = first.NextToken
	second := simtest.Do(t, l.GetMetricData, in)
	if got := second.MetricDataResults; fmt.Sprint(got[0].Values, got[1].Values) != "[] [2 3]" || second.NextToken != nil {
		t.Errorf("second page %+v", got)
	}
	in.NextToken = aws.String("x")
	simtest.Refused(t, l.GetMetricData, in, "InvalidNextToken", "")
}

func TestStatistics(t *testing.T) {
	l := newLab(t)
	simtest.Do(t, l.PutMetricData, &sdk.PutMetricDataInput{Namespace: aws.String("jobs"), MetricData: []types.MetricDatum{
		{MetricName: aws.String("length"), Unit: types.StandardUnitCount, Values: []float64{1, 2, 10}, Counts: []float64{1, 8, 1}},
		{MetricName: aws.String("length"), Unit: types.StandardUnitBytes, StatisticValues: &types.StatisticSet{
			SampleCount: aws.Float64(2), Sum: aws.Float64(6), Minimum: aws.Float64(1), Maximum: aws.Float64(5)}}}})
	in := &sdk.GetMetricStatisticsInput{Namespace: aws.String("jobs"), MetricName: aws.String("length"), Period: aws.Int32(300),
		StartTime: aws.Time(l.Now), EndTime: aws.Time(l.Now.Add(time.Minute)), ExtendedStatistics: []string{"p50", "p100"},
		Statistics: []types.Statistic{types.StatisticAverage, types.StatisticSum, types.StatisticMinimum, types.StatisticMaximum, types.StatisticSampleCount}}
	points := simtest.Do(t, l.GetMetricStatistics, in).Datapoints
	if len(points) != 2 {
		t.Fatalf("%d points", len(points))
	}
	if p := points[0]; *p.Average != 2.7 || *p.Sum != 27 || *p.Minimum != 1 || *p.Maximum != 10 || *p.SampleCount != 10 ||
		p.ExtendedStatistics["p50"] != 2 || p.ExtendedStatistics["p100"] != 10 {
		t.Errorf("point %+v", p)
	}
	if p := points[1]; *p.Average != 3 || p.Unit != types.StandardUnitBytes || p.ExtendedStatistics != nil {
		t.Errorf("point of a statistic set %+v", p)
	}
	in.Unit = types.StandardUnitBytes
	if points := simtest.Do(t, l.GetMetricStatistics, in).Datapoints; len(points) != 1 {
		t.Errorf("%d points in bytes", len(points))
	}
	in.StartTime, in.Period = aws.Time(l.Now.Add(-48*time.Hour)), aws.Int32(60)
	simtest.Refused(t, l.GetMetricStatistics, in, "InvalidParameterCombinationException", "1440")
	in.Period = aws.Int32(61)
	simtest.Refused(t, l.GetMetricStatistics, in, "InvalidParameterValueException", "Period")
}

func TestDataThatAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		datum types.MetricDatum
		code  string
	}{
		"no value":    {types.MetricDatum{}, "MissingRequiredParameterException"},
		"two values":  {types.MetricDatum{Value: aws.Float64(1), Values: []float64{1}}, "InvalidParameterCombinationException"},
		"too old":     {types.MetricDatum{Value: aws.Float64(1), Timestamp: aws.Time(time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC))}, "InvalidParameterValueException"},
		"too new":     {types.MetricDatum{Value: aws.Float64(1), Timestamp: aws.Time(time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC))}, "InvalidParameterValueException"},
		"resolution":  {types.MetricDatum{Value: aws.Float64(1), StorageResolution: aws.Int32(5)}, "InvalidParameterValueException"},
		"less counts": {types.MetricDatum{Values: []float64{1, 2}, Counts: []float64{1}}, "InvalidParameterValueException"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			test.datum.MetricName = aws.String("length")
			simtest.Refused(t, l.PutMetricData, &sdk.PutMetricDataInput{Namespace: aws.String("jobs"), MetricData: []types.MetricDatum{test.datum}}, test.code, "")
		})
	}
	l := newLab(t)
	simtest.Refused(t, l.PutMetricData, &sdk.PutMetricDataInput{Namespace: aws.String("AWS/SQS")}, "InvalidParameterValueException", "AWS/")
}

func TestListMetrics(t *testing.T) {
	l := newLab(t)
	l.put("length", 1)
	l.Publish("AWS/SQS", "ApproximateNumberOfMessagesVisible", map[string]string{"QueueName": "jobs"}, 3, l.Now)
	list := func(in sdk.ListMetricsInput) string {
		var names []string
		for _, m := range simtest.Do(t, l.ListMetrics, &in).Metrics {
			names = append(names, *m.Namespace+"/"+*m.MetricName)
		}
		return strings.Join(names, " ")
	}
	if got := list(sdk.ListMetricsInput{}); got != "" {
		t.Errorf("new metrics listed at once: %s", got)
	}
	l.Pass(2 * time.Minute)
	if got := list(sdk.ListMetricsInput{}); got != "AWS/SQS/ApproximateNumberOfMessagesVisible jobs/length" {
		t.Errorf("listed %s", got)
	}
	if got := list(sdk.ListMetricsInput{Dimensions: []types.DimensionFilter{{Name: aws.String("QueueName"), Value: aws.String("jobs")}}}); !strings.HasPrefix(got, "AWS/SQS") {
		t.Errorf("by dimension %s", got)
	}
	l.Pass(4 * time.Hour)
	if got := list(sdk.ListMetricsInput{RecentlyActive: types.RecentlyActivePt3h}); got != "" {
		t.Errorf("recently active: %s", got)
	}
	l.Pass(14 * 24 * time.Hour)
	if got := list(sdk.ListMetricsInput{}); got != "" {
		t.Errorf("two weeks later: %s", got)
	}
}
