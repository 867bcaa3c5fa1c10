package autoscaling

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// The reasons for which instances are taken out of service.
const (
	failedEC2  = "an EC2 health check indicating it has been terminated or stopped."
	failedELB  = "an ELB system health check failure."
	failedUser = "a user health-check."
)

// checkHealth marks failing members as unhealthy and replaces those that are.
func (s *Service) checkHealth(g *group, now time.Time) {
	if !g.suspended(processHealthCheck) {
		for _, m := range g.inService() {
			s.checkMember(g, m, now)
		}
	}
	if g.suspended(processReplaceUnhealthy) || g.suspended(processTerminate) {
		return
	}
	for _, m := range slices.Clone(g.inService()) {
		if *m.HealthStatus == unhealthy && !m.outgoing {
			s.replace(g, m, now)
		}
	}
}

// checkMember notes a failing check and, when it has failed long enough to be
// noticed, marks the member.
func (s *Service) checkMember(g *group, m *member, now time.Time) {
	failure := s.failing(g, m, now)
	switch {
	case *m.HealthStatus == unhealthy:
		return
	case failure == "":
		m.failingSince = time.Time{}
		return
	case m.failingSince.IsZero() || m.failure != failure:
		m.failingSince, m.failure = now, failure
	}
	if now.Sub(m.failingSince) >= s.Timings.HealthCheck {
		m.HealthStatus = aws.String(unhealthy)
		m.failingSince = time.Time{}
		s.Record("autoscaling", g.name(), "%s unhealthy: %s", *m.InstanceId, m.failure)
	}
}

// failing tells which check a member fails at now, if any.
func (s *Service) failing(g *group, m *member, now time.Time) string {
	// An instance that does not run fails even in the grace period (aws-facts §5.6).
	if s.state(m, now) != ec2types.InstanceStateNameRunning {
		return failedEC2
	}
	if !g.checksELB() || now.Before(m.inServiceAt.Add(g.grace())) {
		return ""
	}
	for _, a := range g.attachments {
		// Only attachments that are InService count, and one report is enough
		// (aws-facts §5.3).
		if a.removing || !a.passed || !a.holds(m) {
			continue
		}
		state := s.target(a, *m.InstanceId, now)
		if state == elbtypes.TargetHealthStateEnumUnhealthy {
			return failedELB
		}
	}
	return ""
}

// replace takes an unhealthy member out of service: at once, or after its
// replacement works when the maintenance policy asks for it (aws-facts §5.6).
func (s *Service) replace(g *group, m *member, now time.Time) {
	g.replacements = append(g.replacements, "an instance was launched in response to an unhealthy instance needing to be replaced.")
	if g.launchesFirst() && s.state(m, now) == ec2types.InstanceStateNameRunning && !g.suspended(processLaunch) {
		m.outgoing = true
		return
	}
	s.terminate(g, m, m.unhealthyCause(now), now)
}

func (m *member) unhealthyCause(now time.Time) string {
	return "At " + stamp(now) + " an instance was taken out of service in response to " + m.failure
}

// ready reports whether a member is healthy by every check that the group makes,
// now and not only so far.
func (s *Service) ready(g *group, m *member, now time.Time) bool {
	if m.LifecycleState != types.LifecycleStateInService || *m.HealthStatus != healthy || !m.failingSince.IsZero() {
		return false
	}
	if !g.checksELB() {
		return true
	}
	for _, a := range g.attachments {
		if a.removing || m.unlisted {
			continue
		}
		if s.target(a, *m.InstanceId, now) != elbtypes.TargetHealthStateEnumHealthy {
			return false
		}
	}
	return true
}

// targetStates remembers the states of targets at one instant: a step asks for each
// of them several times.
type targetStates struct {
	at    time.Time
	known map[[2]string]elbtypes.TargetHealthStateEnum
}

// target returns the state of a target at now.
func (s *Service) target(a *attachment, instance string, now time.Time) elbtypes.TargetHealthStateEnum {
	if s.targets.known == nil || !s.targets.at.Equal(now) {
		s.targets = targetStates{at: now, known: map[[2]string]elbtypes.TargetHealthStateEnum{}}
	}
	key := [2]string{a.arn, instance}
	state, ok := s.targets.known[key]
	if !ok {
		state, _ = s.balancers.TargetState(a.arn, instance, now)
		s.targets.known[key] = state
	}
	return state
}

// forgetTargets is called when targets are registered or deregistered.
func (s *Service) forgetTargets() { s.targets.known = nil }
