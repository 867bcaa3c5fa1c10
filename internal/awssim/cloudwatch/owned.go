package cloudwatch

import (
	"context"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// The methods of this file are what other services do with alarms on their own,
// without calls to the API.

// PutServiceAlarm makes or overwrites an alarm on behalf of a service.
func (s *Service) PutServiceAlarm(in *sdk.PutMetricAlarmInput) error {
	if _, err := s.PutMetricAlarm(context.Background(), in); err != nil {
		return err
	}
	s.alarms[*in.AlarmName].service = true
	return nil
}

// DeleteServiceAlarm deletes an alarm that a service made. A user may have deleted
// it before.
func (s *Service) DeleteServiceAlarm(name string) { delete(s.alarms, name) }

// ActingOn names the alarms that have an action in some state.
func (s *Service) ActingOn(action string) (names []string) {
	for _, a := range s.sorted() {
		if a.actsOn(action) {
			names = append(names, a.name)
		}
	}
	return names
}

func (a *alarm) actsOn(action string) bool {
	for _, arns := range a.actions {
		if slices.Contains(arns, action) {
			return true
		}
	}
	return false
}

// DropAction takes an action from all alarms, and returns those that have none left.
func (s *Service) DropAction(action string) (idle []string) {
	for _, a := range s.sorted() {
		if !a.actsOn(action) {
			continue
		}
		left := map[types.StateValue][]string{}
		for state, arns := range a.actions {
			if kept := slices.DeleteFunc(slices.Clone(arns), func(arn string) bool { return arn == action }); len(kept) > 0 {
				left[state] = kept
			}
		}
		if a.actions = left; len(left) == 0 {
			idle = append(idle, a.name)
		}
	}
	return idle
}
