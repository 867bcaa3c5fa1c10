package autoscaling

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

// hookAction is one hook holding one instance.
type hookAction struct {
	hook, token   string
	defaultResult string
	heartbeat     time.Duration
	deadline      time.Time // moved by heartbeats
	limit         time.Time // not moved
	result        string    // empty while it waits
	how           string    // how the result came about
}

// openActions begins the actions of all hooks of a transition, and tells their
// targets; they wait side by side.
func (s *Service) openActions(g *group, m *member, transition string, now time.Time) []*hookAction {
	var actions []*hookAction
	for _, hook := range g.sortedHooks(transition) {
		heartbeat := time.Duration(*hook.HeartbeatTimeout) * time.Second
		action := &hookAction{
			hook: *hook.LifecycleHookName, token: s.UUID(), defaultResult: *hook.DefaultResult, heartbeat: heartbeat,
			deadline: now.Add(heartbeat), limit: now.Add(time.Duration(*hook.GlobalTimeout) * time.Second),
		}
		if target := aws.ToString(hook.NotificationTargetARN); target != "" && s.Notify != nil &&
			!s.Notify(target, aws.ToString(hook.RoleARN), s.actionMessage(g, m, hook, action, now)) {
			s.Record("autoscaling", g.name(), "hook %s: %s is not reached", action.hook, target)
		}
		actions = append(actions, action)
	}
	return actions
}

func (a *hookAction) complete(result string) {
	a.result, a.how = result, "Lifecycle Action Completed with "+result+" Result"
}

// settleActions lets actions time out. It reports whether all are done, and the
// first abandoned one, which ends the waiting for the others.
func settleActions(actions []*hookAction, now time.Time) (done bool, abandoned *hookAction) {
	done = true
	for _, a := range actions {
		if a.result == "" && (!now.Before(a.deadline) || !now.Before(a.limit)) {
			a.result, a.how = a.defaultResult, "Heartbeat Timeout"
		}
		switch a.result {
		case "":
			done = false
		case "ABANDON":
			return done, a
		}
	}
	return done, nil
}

// waiting finds the action that a call means, by token or by instance.
func (g *group) waiting(hook, token, instance *string) (*hookAction, error) {
	if g.hook(hook) == nil {
		return nil, invalid("No Lifecycle Hook found with name: %s", aws.ToString(hook))
	}
	for _, m := range g.members {
		for _, a := range m.actions {
			named := token != nil && a.token == *token || token == nil && instance != nil && *instance == *m.InstanceId
			if named && a.hook == *hook && a.result == "" {
				return a, nil
			}
		}
	}
	if token != nil {
		return nil, invalid("No active Lifecycle Action found with token %s", *token)
	}
	return nil, invalid("No active Lifecycle Action found with instance ID %s", aws.ToString(instance))
}

// CompleteLifecycleAction lets an instance go on, or abandons it.
func (s *Service) CompleteLifecycleAction(_ context.Context, in *sdk.CompleteLifecycleActionInput) (*sdk.CompleteLifecycleActionOutput, error) {
	g, err := s.group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if result := *in.LifecycleActionResult; result != "CONTINUE" && result != "ABANDON" {
		return nil, invalid("LifecycleActionResult %s is not one of CONTINUE, ABANDON", result)
	}
	action, err := g.waiting(in.LifecycleHookName, in.LifecycleActionToken, in.InstanceId)
	if err != nil {
		return nil, err
	}
	action.complete(*in.LifecycleActionResult)
	return &sdk.CompleteLifecycleActionOutput{}, nil
}

// RecordLifecycleActionHeartbeat gives an action another heartbeat's time.
func (s *Service) RecordLifecycleActionHeartbeat(_ context.Context, in *sdk.RecordLifecycleActionHeartbeatInput) (*sdk.RecordLifecycleActionHeartbeatOutput, error) {
	g, err := s.group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	action, err := g.waiting(in.LifecycleHookName, in.LifecycleActionToken, in.InstanceId)
	if err != nil {
		return nil, err
	}
	action.deadline = s.Now().Add(action.heartbeat)
	return &sdk.RecordLifecycleActionHeartbeatOutput{}, nil
}
