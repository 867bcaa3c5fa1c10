package autoscaling

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// member is an instance of a group with its place in the lifecycle (aws-facts §5.4):
//
//	Pending → (Pending:Wait → Pending:Proceed) → InService
//	→ Terminating → (Terminating:Wait → Terminating:Proceed) → gone
//	InService → Detaching → gone from the group
type member struct {
	types.Instance
	at          place
	launchedAt  time.Time
	inServiceAt time.Time
	// activity is the launch or termination under way, nil when none is.
	activity *types.Activity
	actions  []*hookAction

	// failingSince is when a health check began to fail, for the reason in failure.
	failingSince time.Time
	failure      string
	// outgoing marks a member that works on until its replacement does.
	outgoing bool
	// unlisted marks a member that entered service while AddToLoadBalancer was
	// suspended; it is never registered (aws-facts §5.2).
	unlisted bool
	spot     bool // a Spot Instance

	drainedAt time.Time
	// ended is set once EC2 was told to terminate the instance, or it ended itself.
	ended bool
}

// leaving reports whether the member is on its way out and no longer counts.
func (m *member) leaving() bool {
	switch m.LifecycleState {
	case types.LifecycleStateTerminating, types.LifecycleStateTerminatingWait, types.LifecycleStateTerminatingProceed,
		types.LifecycleStateTerminatingRetained, types.LifecycleStateDetaching:
		return true
	}
	return false
}

// advance moves a member one step along its lifecycle.
func (s *Service) advance(g *group, m *member, now time.Time) {
	switch m.LifecycleState {
	case types.LifecycleStatePending, types.LifecycleStatePendingWait, types.LifecycleStatePendingProceed:
		s.advanceLaunch(g, m, now)
	case types.LifecycleStateTerminating:
		if m.ended {
			s.advanceEnd(g, m, now)
		} else {
			s.advanceDrain(g, m, now)
		}
	case types.LifecycleStateTerminatingWait:
		s.advanceTerminationHooks(g, m, now)
	case types.LifecycleStateTerminatingProceed:
		s.advanceEnd(g, m, now)
	case types.LifecycleStateDetaching:
		s.advanceDetaching(g, m, now)
	}
}

// state returns the instance's state in EC2; what EC2 does not know is terminated.
func (s *Service) state(m *member, now time.Time) ec2types.InstanceStateName {
	if state := s.compute.InstanceState(*m.InstanceId, now); state != "" {
		return state
	}
	return ec2types.InstanceStateNameTerminated
}

func (s *Service) advanceLaunch(g *group, m *member, now time.Time) {
	switch s.state(m, now) {
	case ec2types.InstanceStateNamePending:
		return
	case ec2types.InstanceStateNameRunning:
	default:
		s.diedInLaunch(g, m, now)
		return
	}
	switch m.LifecycleState {
	case types.LifecycleStatePending:
		if m.actions = s.openActions(g, m, transitionLaunching, now); len(m.actions) == 0 {
			s.enterService(g, m, now)
			return
		}
		m.LifecycleState = types.LifecycleStatePendingWait
		move(m.activity, types.ScalingActivityStatusCodeMidLifecycleAction, 50)
	case types.LifecycleStatePendingWait:
		switch done, abandoned := settleActions(m.actions, now); {
		case abandoned != nil:
			s.abandonLaunch(g, m, abandoned, now)
		case done:
			m.LifecycleState = types.LifecycleStatePendingProceed
		}
	case types.LifecycleStatePendingProceed:
		s.enterService(g, m, now)
	}
}

func (s *Service) enterService(g *group, m *member, now time.Time) {
	m.LifecycleState, m.inServiceAt, m.actions = types.LifecycleStateInService, now, nil
	m.unlisted = g.suspended(processAddToLoadBalancer)
	end(m.activity, types.ScalingActivityStatusCodeSuccessful, "", now)
	m.activity = nil
	g.failures, g.retryAt = 0, time.Time{}
	s.Record("autoscaling", g.name(), "%s in service in %s", *m.InstanceId, m.at.zone)
}

// diedInLaunch handles an instance that EC2 launched and that then ended by itself,
// for example for want of its volume's key (aws-facts §3.2, §5.9).
func (s *Service) diedInLaunch(g *group, m *member, now time.Time) {
	reason := "Client.UserInitiatedShutdown: User initiated shutdown"
	if instance, ok := s.compute.Instance(*m.InstanceId, now); ok && instance.StateReason != nil {
		reason = aws.ToString(instance.StateReason.Message)
	}
	message := "Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: " + reason
	end(m.activity, types.ScalingActivityStatusCodeFailed, message, now)
	s.Record("autoscaling", g.name(), "%s died in launch: %s", *m.InstanceId, reason)
	s.delayLaunches(g, now)
	s.discard(m, now)
}

// abandonLaunch ends an instance that a hook did not let into service (aws-facts §5.7).
func (s *Service) abandonLaunch(g *group, m *member, action *hookAction, now time.Time) {
	message := "Instance failed to complete user's Lifecycle Action: Lifecycle Action with token " + action.token +
		" was abandoned: " + action.how
	end(m.activity, types.ScalingActivityStatusCodeCancelled, message, now)
	s.Record("autoscaling", g.name(), "%s abandoned by hook %s", *m.InstanceId, action.hook)
	s.delayLaunches(g, now)
	s.discard(m, now)
}

// discard ends an instance that never was in service: without drain, hooks and
// activity of its own.
func (s *Service) discard(m *member, now time.Time) {
	m.activity, m.actions, m.ended = nil, nil, true
	m.LifecycleState = types.LifecycleStateTerminating
	s.compute.Terminate(*m.InstanceId, now, "")
}

// terminate begins a member's termination: it leaves its target groups, drains,
// passes the hooks and ends (aws-facts §5.4).
func (s *Service) terminate(g *group, m *member, cause string, now time.Time) {
	if m.leaving() {
		return
	}
	end(m.activity, types.ScalingActivityStatusCodeCancelled, "The instance was terminated while it was launched.", now)
	m.activity = s.begin(g, "Terminating EC2 instance: "+*m.InstanceId, cause, m.at, now)
	m.LifecycleState, m.outgoing, m.actions = types.LifecycleStateTerminating, false, nil
	m.drainedAt = now
	for _, a := range g.attachments {
		if drained, was := s.deregister(a, m, now); was && drained.After(m.drainedAt) {
			m.drainedAt = drained
		}
	}
	// There is nothing to drain on a machine that does not run.
	if s.state(m, now) != ec2types.InstanceStateNameRunning {
		m.drainedAt = now
	}
	if m.drainedAt.After(now) {
		move(m.activity, types.ScalingActivityStatusCodeWaitingForELBConnectionDraining, 20)
	}
	s.Record("autoscaling", g.name(), "terminating %s", *m.InstanceId)
}

// kill ends a member at once, without drain and hooks.
func (s *Service) kill(g *group, m *member, now time.Time) {
	s.terminate(g, m, g.request+"At "+stamp(now)+" an instance was taken out of service in response to a user request.", now)
	m.drainedAt, m.actions = now, nil
	s.endInstance(m, now)
}

func (s *Service) advanceDrain(g *group, m *member, now time.Time) {
	if now.Before(m.drainedAt) {
		return
	}
	if m.actions = s.openActions(g, m, transitionTerminating, now); len(m.actions) == 0 {
		s.endInstance(m, now)
		return
	}
	m.LifecycleState = types.LifecycleStateTerminatingWait
	move(m.activity, types.ScalingActivityStatusCodeMidLifecycleAction, 60)
}

func (s *Service) advanceTerminationHooks(g *group, m *member, now time.Time) {
	done, abandoned := settleActions(m.actions, now)
	switch {
	case abandoned != nil && g.retainsAbandoned():
		m.LifecycleState = types.LifecycleStateTerminatingRetained
		end(m.activity, types.ScalingActivityStatusCodeSuccessful, "The instance was retained.", now)
	case done || abandoned != nil:
		// Either result lets the instance end; abandoning only skips the other hooks.
		s.endInstance(m, now)
	}
}

// retainsAbandoned reports whether instances outlive an abandoned termination hook.
func (g *group) retainsAbandoned() bool {
	policy := g.InstanceLifecyclePolicy
	return policy != nil && policy.RetentionTriggers != nil && policy.RetentionTriggers.TerminateHookAbandon == types.RetentionActionRetain
}

func (s *Service) endInstance(m *member, now time.Time) {
	switch m.LifecycleState {
	case types.LifecycleStateTerminatingWait:
		m.LifecycleState = types.LifecycleStateTerminatingProceed
	case types.LifecycleStateTerminatingRetained:
		m.LifecycleState = types.LifecycleStateTerminating
	}
	m.actions = nil
	move(m.activity, types.ScalingActivityStatusCodeInProgress, 80)
	if !m.ended {
		m.ended = true
		s.compute.Terminate(*m.InstanceId, now, "")
	}
}

// advanceEnd lets a member go once EC2 has terminated it.
func (s *Service) advanceEnd(g *group, m *member, now time.Time) {
	if s.state(m, now) != ec2types.InstanceStateNameTerminated {
		return
	}
	end(m.activity, types.ScalingActivityStatusCodeSuccessful, "", now)
	g.remove(m)
}
