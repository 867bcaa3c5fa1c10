package cloudwatch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// How an alarm treats periods without data.
const (
	breaching    = "breaching"
	notBreaching = "notBreaching"
	ignore       = "ignore"
	missing      = "missing"
)

var errNotSeries = errors.New("the expression does not yield a time series")

var compare = map[types.ComparisonOperator]func(v, threshold float64) bool{
	types.ComparisonOperatorGreaterThanOrEqualToThreshold: func(v, threshold float64) bool { return v >= threshold },
	types.ComparisonOperatorGreaterThanThreshold:          func(v, threshold float64) bool { return v > threshold },
	types.ComparisonOperatorLessThanThreshold:             func(v, threshold float64) bool { return v < threshold },
	types.ComparisonOperatorLessThanOrEqualToThreshold:    func(v, threshold float64) bool { return v <= threshold },
}

// following is when an alarm is evaluated next.
func (s *Service) following(a *alarm, now time.Time) time.Time {
	interval := s.Timings.Evaluation
	if period(a.queries) < time.Minute {
		interval = s.Timings.FastEvaluation
	}
	return now.Truncate(interval).Add(interval)
}

// spare is how many periods an alarm looks back beyond its evaluation periods for
// data, so that late data count.
const spare = 2

// evaluateMetric sets the state that the data give. It reports whether it changed.
func (s *Service) evaluateMetric(a *alarm, now time.Time) bool {
	a.next = s.following(a, now)
	points, measured, err := s.latest(a, now)
	a.value, a.measured = nil, measured
	if err != nil {
		return s.setState(a, types.StateValueInsufficientData, err.Error(), "", now)
	}
	if len(points) > 0 {
		a.value = &points[0]
	}
	state := a.judge(points)
	changed := s.setState(a, state, a.explain(state, points), a.reasonData(points, now), now)
	if !changed {
		s.repeat(a)
	}
	return changed
}

// latest returns the data points in the periods that an alarm looks at, newest first,
// and when the period of the newest begins.
func (s *Service) latest(a *alarm, now time.Time) (points []float64, newest time.Time, err error) {
	length := period(a.queries)
	end := now.Truncate(length)
	r := s.newRun(a.queries, end.Add(-length*time.Duration(*a.metric.EvaluationPeriods+spare)), end)
	watched := slices.IndexFunc(a.queries, func(q *query) bool { return q.ReturnData == nil || *q.ReturnData })
	v, err := r.value(*a.queries[watched].Id)
	if err == nil && v.series == nil {
		err = errNotSeries
	}
	for _, at := range slices.Backward(r.window.periods()) {
		if p, ok := v.at(at); ok && err == nil {
			if len(points) == 0 {
				newest = time.Unix(at, 0)
			}
			points = append(points, p)
		}
	}
	return points, newest, err
}

// judge tells the state from data points. Only where there are less than the
// evaluation periods, the missing ones count as the alarm says.
func (a *alarm) judge(points []float64) types.StateValue {
	periods := int(*a.metric.EvaluationPeriods)
	enough := int(aws.ToInt32(cmp.Or(a.metric.DatapointsToAlarm, a.metric.EvaluationPeriods)))
	points = points[:min(periods, len(points))]
	over, absent := 0, periods-len(points)
	for _, p := range points {
		if compare[a.metric.ComparisonOperator](p, *a.metric.Threshold) {
			over++
		}
	}
	treatment := cmp.Or(aws.ToString(a.metric.TreatMissingData), missing)
	if treatment == breaching {
		over += absent
	}
	switch {
	case over >= enough:
		return types.StateValueAlarm
	case absent == 0 || treatment == breaching || treatment == notBreaching || len(points) > over:
		return types.StateValueOk
	case treatment == ignore:
		return a.state
	case len(points) == 0:
		return types.StateValueInsufficientData
	}
	// All data there are breach the threshold: the alarm does not wait for more.
	return types.StateValueAlarm
}

func (a *alarm) explain(state types.StateValue, points []float64) string {
	if state == types.StateValueInsufficientData {
		return fmt.Sprintf("Insufficient Data: %d datapoints were unknown.", *a.metric.EvaluationPeriods)
	}
	var values []string
	for _, p := range points[:min(len(points), int(*a.metric.EvaluationPeriods))] {
		values = append(values, fmt.Sprint(p))
	}
	return fmt.Sprintf("Threshold Crossed: the last datapoints [%s] were compared (%s) with the threshold (%v).",
		strings.Join(values, ", "), a.metric.ComparisonOperator, *a.metric.Threshold)
}

// reasonData is what an alarm's state rests on.
type reasonData struct {
	Version          string    `json:"version"`
	QueryDate        string    `json:"queryDate"`
	Period           int       `json:"period"`
	RecentDatapoints []float64 `json:"recentDatapoints"` // oldest first
	Threshold        float64   `json:"threshold"`
}

func (a *alarm) reasonData(points []float64, now time.Time) string {
	recent := slices.Clone(points[:min(len(points), int(*a.metric.EvaluationPeriods))])
	slices.Reverse(recent)
	data, err := json.Marshal(reasonData{Version: "1.0", QueryDate: now.UTC().Format("2006-01-02T15:04:05.000-0700"),
		Period: int(period(a.queries).Seconds()), RecentDatapoints: append([]float64{}, recent...), Threshold: *a.metric.Threshold})
	if err != nil {
		return "" // a data point that is no number
	}
	return string(data)
}

// setState changes the state, if it is another, and acts on it.
func (s *Service) setState(a *alarm, state types.StateValue, reason, data string, now time.Time) (changed bool) {
	if a.state == state {
		return false
	}
	a.state, a.reason, a.data, a.updated, a.changed = state, reason, data, now, now
	s.Record("cloudwatch", a.name, "alarm is %s: %s", state, reason)
	s.act(a, a.actions[state])
	return true
}

func (s *Service) act(a *alarm, actions []string) {
	if a.enabled && len(actions) > 0 && s.OnAlarm != nil && !s.suppressed(a) {
		e := AlarmEvent{Alarm: a.name, State: string(a.state), Actions: slices.Clone(actions), Value: a.value, Measured: a.measured}
		if a.metric != nil {
			e.Threshold = *a.metric.Threshold
		}
		s.OnAlarm(e)
	}
}

// repeat lets Auto Scaling know again that the state lasts, as CloudWatch does
// once a minute.
func (s *Service) repeat(a *alarm) {
	s.act(a, slices.DeleteFunc(slices.Clone(a.actions[a.state]), func(arn string) bool { return !strings.Contains(arn, ":autoscaling:") }))
}

// SetAlarmState sets a state until the next evaluation. Actions of Auto Scaling go
// by the data points in StateReasonData, as its documentation says.
func (s *Service) SetAlarmState(_ context.Context, in *sdk.SetAlarmStateInput) (*sdk.SetAlarmStateOutput, error) {
	a := s.alarms[*in.AlarmName]
	if a == nil {
		return nil, &types.ResourceNotFound{Message: text("Alarm not found: %s", *in.AlarmName)}
	}
	if data := aws.ToString(in.StateReasonData); data != "" && !json.Valid([]byte(data)) {
		return nil, &types.InvalidFormatFault{Message: aws.String("StateReasonData is not valid JSON")}
	}
	var given reasonData
	a.value, a.measured = nil, s.Now()
	if json.Unmarshal([]byte(aws.ToString(in.StateReasonData)), &given) == nil && len(given.RecentDatapoints) > 0 {
		a.value = &given.RecentDatapoints[len(given.RecentDatapoints)-1]
	}
	s.setState(a, in.StateValue, *in.StateReason, aws.ToString(in.StateReasonData), s.Now())
	return &sdk.SetAlarmStateOutput{}, nil
}
