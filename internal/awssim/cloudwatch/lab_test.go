package cloudwatch_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/cloudwatch"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

// lab is CloudWatch with a clock that the test sets.
type lab struct {
	*cloudwatch.Service
	*simtest.Clock
	t     *testing.T
	acted []string
	value *float64 // of the last event
}

func newLab(t *testing.T) *lab {
	r, clock := simtest.New()
	l := &lab{Service: cloudwatch.New(r), Clock: clock, t: t}
	l.OnAlarm = func(e cloudwatch.AlarmEvent) {
		l.acted = append(l.acted, e.Alarm+" "+e.State+" "+e.Actions[0])
		l.value = e.Value
	}
	return l
}

// measure puts a value for the metric jobs/length now, then lets a minute pass.
func (l *lab) measure(values ...float64) {
	l.t.Helper()
	for _, v := range values {
		l.put("length", v)
		l.Pass(time.Minute)
		l.Tick(l.Now)
	}
}

func (l *lab) put(name string, v float64) {
	l.t.Helper()
	simtest.Do(l.t, l.PutMetricData, &sdk.PutMetricDataInput{Namespace: aws.String("jobs"),
		MetricData: []types.MetricDatum{{MetricName: &name, Value: &v, Timestamp: aws.Time(l.Now)}}})
}

// pass lets minutes go by without data.
func (l *lab) pass(minutes int) {
	for range minutes {
		l.Pass(time.Minute)
		l.Tick(l.Now)
	}
}

// onLength is an alarm on jobs/length > 10 in one period.
func onLength() *sdk.PutMetricAlarmInput {
	return &sdk.PutMetricAlarmInput{AlarmName: aws.String("long"), Namespace: aws.String("jobs"), MetricName: aws.String("length"),
		Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Statistic: types.StatisticMaximum, Threshold: aws.Float64(10),
		ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold}
}

func (l *lab) alarm(change func(*sdk.PutMetricAlarmInput)) {
	l.t.Helper()
	in := onLength()
	if change != nil {
		change(in)
	}
	simtest.Do(l.t, l.PutMetricAlarm, in)
}

func (l *lab) describe(name string) types.MetricAlarm {
	l.t.Helper()
	return simtest.Do(l.t, l.DescribeAlarms, &sdk.DescribeAlarmsInput{AlarmNames: []string{name}}).MetricAlarms[0]
}

func (l *lab) wantState(name, want string) {
	l.t.Helper()
	if got := l.AlarmState(name); got != want {
		l.t.Fatalf("alarm %s is %q, want %q", name, got, want)
	}
}

func (l *lab) composite(name, rule string) {
	l.t.Helper()
	simtest.Do(l.t, l.PutCompositeAlarm, &sdk.PutCompositeAlarmInput{AlarmName: &name, AlarmRule: &rule})
	l.Tick(l.Now)
}
