// Package cloudwatch simulates the metrics and alarms of Amazon CloudWatch for one
// account and Region.
//
// A handler is a method named after the operation; the wire layer finds it by
// that name. Alarms react by themselves: Tick evaluates them. Alarms on logs,
// PromQL queries, anomalies and other accounts, and dashboards, metric streams
// and insights are not simulated and answer 501.
package cloudwatch

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// Timings are the durations of the service.
type Timings struct {
	// Evaluation is how often alarms are evaluated, FastEvaluation those with a
	// period of less than a minute.
	Evaluation, FastEvaluation time.Duration
	// Listed is how long it takes until ListMetrics shows a new metric, which may be
	// up to 15 minutes on AWS.
	Listed time.Duration
}

// AlarmEvent is what an alarm tells those that it acts on.
type AlarmEvent struct {
	Alarm, State string
	Actions      []string // ARNs
	// Value is the last data point, nil if there is none, of the period that begins at
	// Measured; Threshold what it was compared with.
	Value     *float64
	Measured  time.Time
	Threshold float64
}

// Service is CloudWatch in one account and Region.
type Service struct {
	*region.Region
	Timings Timings

	// OnAlarm is called when an alarm has gone into a state for which it has actions
	// and they are enabled; with actions of Auto Scaling, once a minute as long as it
	// stays. It may be nil.
	OnAlarm func(AlarmEvent)

	metrics map[string]*metric
	alarms  map[string]*alarm // by name
}

// New returns CloudWatch without metrics and alarms.
func New(r *region.Region) *Service {
	return &Service{
		Region:  r,
		Timings: Timings{Evaluation: time.Minute, FastEvaluation: 10 * time.Second, Listed: 2 * time.Minute},
		metrics: map[string]*metric{},
		alarms:  map[string]*alarm{},
	}
}

// Tick evaluates the alarms that are due. It reports whether no alarm has changed
// its state: another may depend on it.
func (s *Service) Tick(now time.Time) (settled bool) {
	settled = true
	for _, a := range s.sorted() {
		switch {
		case a.metric == nil:
			settled = !s.evaluateComposite(a, now) && settled
		case !now.Before(a.next):
			settled = !s.evaluateMetric(a, now) && settled
		}
	}
	return settled
}

// AlarmState tells an alarm's state: OK, ALARM or INSUFFICIENT_DATA, and "" if
// there is no alarm of the name.
func (s *Service) AlarmState(name string) string {
	if a, ok := s.alarms[name]; ok {
		return string(a.state)
	}
	return ""
}

// Inventory names the alarms that users made, one a line.
func (s *Service) Inventory() []string {
	var lines []string
	for _, a := range s.sorted() {
		if a.service {
			continue
		}
		lines = append(lines, fmt.Sprintf("cloudwatch alarm %s %s", a.name, a.tags.Part()))
	}
	return lines
}

// sorted returns the alarms by name.
func (s *Service) sorted() []*alarm {
	var list []*alarm
	for _, name := range slices.Sorted(maps.Keys(s.alarms)) {
		list = append(list, s.alarms[name])
	}
	return list
}

func text(format string, args ...any) *string {
	message := fmt.Sprintf(format, args...)
	return &message
}

// invalid is the error for requests that are wrong in themselves.
func invalid(format string, args ...any) error {
	return apierr.New("ValidationError", format, args...)
}

func badValue(format string, args ...any) error {
	return &types.InvalidParameterValueException{Message: text(format, args...)}
}

func badCombination(format string, args ...any) error {
	return &types.InvalidParameterCombinationException{Message: text(format, args...)}
}

// notSimulated answers a request for something that the simulator lacks.
func notSimulated(what string) error {
	return apierr.WithStatus(501, "NotImplemented", "%s: not simulated", what)
}
