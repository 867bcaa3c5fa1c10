package elbv2

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// outcome is what is wrong by a health check; the zero outcome is a passed check.
type outcome struct {
	reason      types.TargetHealthReasonEnum
	description string
}

var (
	timedOut = outcome{types.TargetHealthReasonEnumTimeout, "Request timed out"}
	refused  = outcome{types.TargetHealthReasonEnumFailedHealthChecks, "Health checks failed"}
)

// horizon is how far ahead a target is judged to tell whether time alone would
// change its state.
const horizon = 24 * time.Hour

// Tick runs the health checks that are due. It is settled when no target's state
// would change without an API call.
func (s *Service) Tick(now time.Time) (settled bool) {
	settled = true
	defer s.measure(now)
	for _, tg := range s.groups {
		s.advance(tg, now)
		for _, t := range tg.targets {
			settled = settled && t.steady
		}
	}
	return settled
}

// advance brings the targets of a group up to the instant: checks them, and
// removes those that are drained or whose instance is gone.
func (s *Service) advance(tg *targetGroup, now time.Time) {
	var left []*target
	for _, t := range tg.targets {
		s.runChecks(tg, t, now)
		v := s.server(t.id, now)
		if v.gone() {
			s.deregister(tg, t, now)
		}
		// aws-facts §4.6: without connections an Application Load Balancer does not
		// wait for the rest of the delay.
		application := tg.kind() == types.LoadBalancerTypeEnumApplication
		ended := application && !v.in(ec2types.InstanceStateNameRunning) || !now.Before(t.drainedAt)
		if t.draining() && ended {
			continue
		}
		t.steady = s.isSteady(tg, t, v)
		left = append(left, t)
	}
	tg.targets = left
}

// enlist begins to check a target, or ceases to, after its group or the zones of
// the load balancer have changed. Targets are unused until a listener or rule
// names their group and while their zone is not enabled (aws-facts §4.6).
func (s *Service) enlist(tg *targetGroup, t *target, now time.Time) {
	used := tg.balancer != nil && tg.balancer.serves(t.zone)
	if used == t.used {
		return
	}
	t.used, t.steady = used, false
	if !used {
		return
	}
	t.checkedAt = now.Add(s.Timings.kind(tg.balancer.Type).Registration)
	if tg.balancer.activeAt.After(t.checkedAt) {
		t.checkedAt = tg.balancer.activeAt
	}
	t.nextAt = t.checkedAt.Add(tg.interval())
	t.state, t.stateSince = types.TargetHealthStateEnumInitial, now
	t.passed, t.failed, t.failure = 0, 0, outcome{}
}

func (tg *targetGroup) interval() time.Duration {
	return time.Duration(aws.ToInt32(tg.HealthCheckIntervalSeconds)) * time.Second
}

// runChecks runs the checks of a target that are due. While it was steady nothing
// has happened to it, so a change that shows now has come just now: the thresholds
// count from here and not from the checks that were left out.
func (s *Service) runChecks(tg *targetGroup, t *target, now time.Time) {
	if !t.used || t.draining() {
		return
	}
	if late := now.Sub(t.nextAt); t.steady && late > 0 {
		t.nextAt = t.nextAt.Add(late.Truncate(tg.interval()))
		if t.nextAt.Before(now) {
			t.nextAt = t.nextAt.Add(tg.interval())
		}
	}
	for !t.nextAt.After(now) {
		s.record(tg, t, s.probe(tg, t, s.server(t.id, t.nextAt)))
		t.nextAt = t.nextAt.Add(tg.interval())
	}
}

// record counts the result of the check that is due. A new target is healthy after
// one passed check; later the thresholds apply (aws-facts §4.6).
func (s *Service) record(tg *targetGroup, t *target, result outcome) {
	if result == (outcome{}) {
		t.passed, t.failed = t.passed+1, 0
		if t.state == types.TargetHealthStateEnumInitial || t.passed >= *tg.HealthyThresholdCount {
			s.setState(tg, t, types.TargetHealthStateEnumHealthy)
		}
		return
	}
	t.passed, t.failed, t.failure = 0, t.failed+1, result
	if t.failed >= *tg.UnhealthyThresholdCount {
		s.setState(tg, t, types.TargetHealthStateEnumUnhealthy)
	}
}

func (s *Service) setState(tg *targetGroup, t *target, state types.TargetHealthStateEnum) {
	if t.state == state {
		return
	}
	t.state, t.stateSince = state, t.nextAt
	s.Record("elbv2", tg.name, "%s is %s %s", t.id, state, t.reason())
}

// reason is why the target is not healthy, as far as checks tell.
func (t *target) reason() types.TargetHealthReasonEnum {
	if t.state == types.TargetHealthStateEnumUnhealthy {
		return t.failure.reason
	}
	return ""
}

// probe is the result of one health check at the instant of the server.
func (s *Service) probe(tg *targetGroup, t *target, v server) outcome {
	result := s.probeServer(tg, t, v)
	// AWS's model: a Network Load Balancer tells no more than that a check failed.
	if result != (outcome{}) && tg.kind() == types.LoadBalancerTypeEnumNetwork {
		return refused
	}
	return result
}

func (s *Service) probeServer(tg *targetGroup, t *target, v server) outcome {
	port := tg.checkPort(t)
	switch {
	case !v.in(ec2types.InstanceStateNameRunning) || !s.reaches(tg.balancer, v, port):
		return timedOut // nobody answers, as when a security group drops the packets
	case !s.net.Serving(t.id, port, v.at):
		return refused
	case tg.checksHTTP() && s.StatusCode != nil:
		if code := s.StatusCode(t.id, aws.ToString(tg.HealthCheckPath)); !tg.accepts(code) {
			return outcome{types.TargetHealthReasonEnumResponseCodeMismatch,
				fmt.Sprintf("Health checks failed with these codes: [%d]", code)}
		}
	}
	return outcome{}
}

// checkPort is the port on which a target's health is checked.
func (tg *targetGroup) checkPort(t *target) int32 {
	if n, err := strconv.Atoi(aws.ToString(tg.HealthCheckPort)); err == nil {
		return int32(n)
	}
	return t.port
}

// reaches reports whether the instance's security groups let every node of the
// load balancer in.
func (s *Service) reaches(lb *loadBalancer, v server, port int32) bool {
	for _, n := range lb.nodes {
		if !slices.ContainsFunc(v.SecurityGroups, func(g ec2types.GroupIdentifier) bool {
			return s.net.AllowsIngress(aws.ToString(g.GroupId), "tcp", port, lb.SecurityGroups, n.privateIP)
		}) {
			return false
		}
	}
	return true
}

// isSteady reports whether the target's state agrees with its checks now and will
// as time goes by.
func (s *Service) isSteady(tg *targetGroup, t *target, now server) bool {
	if t.draining() || t.used && t.state == types.TargetHealthStateEnumInitial {
		return false
	}
	ahead := s.server(t.id, now.at.Add(horizon))
	if ahead.gone() {
		return false
	}
	if !t.used {
		return true
	}
	result := s.probe(tg, t, now)
	agrees := result == outcome{} && t.state == types.TargetHealthStateEnumHealthy ||
		result != outcome{} && result == t.failure && t.state == types.TargetHealthStateEnumUnhealthy
	return agrees && result == s.probe(tg, t, ahead)
}

// health returns the state of a target at the instant (aws-facts §4.6).
func (s *Service) health(tg *targetGroup, t *target, now time.Time) types.TargetHealth {
	h := func(state types.TargetHealthStateEnum, reason types.TargetHealthReasonEnum, description string) types.TargetHealth {
		return types.TargetHealth{State: state, Reason: reason, Description: aws.String(description)}
	}
	switch {
	case t.draining():
		return h(types.TargetHealthStateEnumDraining, types.TargetHealthReasonEnumDeregistrationInProgress,
			"Target deregistration is in progress")
	case tg.balancer == nil:
		return h(types.TargetHealthStateEnumUnused, types.TargetHealthReasonEnumNotInUse,
			"Target group is not configured to receive traffic from the load balancer")
	case !t.used:
		return h(types.TargetHealthStateEnumUnused, types.TargetHealthReasonEnumNotInUse,
			"Target is in an Availability Zone that is not enabled for the load balancer")
	case s.server(t.id, now).in(ec2types.InstanceStateNameStopped):
		return h(types.TargetHealthStateEnumUnused, types.TargetHealthReasonEnumInvalidState, "Target is in the stopped state")
	case t.state == types.TargetHealthStateEnumHealthy:
		return types.TargetHealth{State: t.state}
	case t.state == types.TargetHealthStateEnumUnhealthy && now.Before(t.stateSince.Add(tg.period(unhealthyDrainingPeriod))):
		return h(types.TargetHealthStateEnumUnhealthyDraining, t.failure.reason, t.failure.description)
	case t.state == types.TargetHealthStateEnumUnhealthy:
		return h(t.state, t.failure.reason, t.failure.description)
	case now.Before(t.checkedAt):
		return h(types.TargetHealthStateEnumInitial, types.TargetHealthReasonEnumRegistrationInProgress,
			"Target registration is in progress")
	}
	return h(types.TargetHealthStateEnumInitial, types.TargetHealthReasonEnumInitialHealthChecking,
		"Initial health checks in progress")
}

func notRegistered() types.TargetHealth {
	return types.TargetHealth{State: types.TargetHealthStateEnumUnused, Reason: types.TargetHealthReasonEnumNotRegistered,
		Description: aws.String("Target is not registered to the target group")}
}

// DescribeTargetHealth implements the operation. It has no pages (aws-facts §4.6).
func (s *Service) DescribeTargetHealth(_ context.Context, in *sdk.DescribeTargetHealthInput) (*sdk.DescribeTargetHealthOutput, error) {
	tg, err := s.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	s.advance(tg, now)
	out := &sdk.DescribeTargetHealthOutput{TargetHealthDescriptions: []types.TargetHealthDescription{}}
	add := func(id string, port int32, healthPort string, health types.TargetHealth) {
		description := types.TargetHealthDescription{HealthCheckPort: aws.String(healthPort), TargetHealth: &health,
			Target: &types.TargetDescription{Id: aws.String(id), Port: aws.Int32(port)}}
		if len(in.Include) > 0 {
			description.AnomalyDetection = &types.AnomalyDetection{Result: types.AnomalyResultEnumNormal, MitigationInEffect: types.MitigationInEffectEnumNo}
		}
		out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, description)
	}
	shown := func(t *target) {
		add(t.id, t.port, strconv.Itoa(int(tg.checkPort(t))), s.health(tg, t, now))
	}
	if len(in.Targets) == 0 {
		for _, t := range tg.targets {
			shown(t)
		}
		return out, nil
	}
	for _, d := range in.Targets {
		if t := tg.find(aws.ToString(d.Id), tg.portOf(d)); t != nil {
			shown(t)
			continue
		}
		missing := &target{port: tg.portOf(d)}
		add(aws.ToString(d.Id), missing.port, strconv.Itoa(int(tg.checkPort(missing))), notRegistered())
	}
	return out, nil
}
