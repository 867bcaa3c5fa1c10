package autoscaling

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// stepRefresh moves the refresh under way one step.
func (s *Service) stepRefresh(g *group, now time.Time) {
	r := g.activeRefresh()
	if r == nil {
		return
	}
	switch r.Status {
	case types.InstanceRefreshStatusPending:
		if !now.Before(r.StartTime.Add(s.Timings.RefreshStart)) {
			s.beginRefresh(g, r, now)
			s.stepRolling(g, r, now)
		}
	case types.InstanceRefreshStatusCancelling:
		if !r.waits || !g.inTransition() {
			r.finish(types.InstanceRefreshStatusCancelled, "Cancelled due to user request.", now)
		}
	case types.InstanceRefreshStatusBaking:
		if alarm := s.alarming(r); alarm != "" {
			s.fail(g, r, alarm, now)
		} else if !now.Before(r.bakeUntil) {
			s.succeed(g, r, now)
		}
	default:
		s.stepRolling(g, r, now)
	}
}

// inTransition reports whether some instance is being launched or terminated.
func (g *group) inTransition() bool {
	return slices.ContainsFunc(g.members, func(m *member) bool {
		return m.LifecycleState != types.LifecycleStateInService && m.LifecycleState != types.LifecycleStateTerminatingRetained
	})
}

func (s *Service) beginRefresh(g *group, r *refresh, now time.Time) {
	r.Status = types.InstanceRefreshStatusInProgress
	wanted := g.configuration()
	if r.desired != nil {
		wanted = *r.desired
	}
	outdated := g.membersWhere(func(m *member) bool {
		ignored := aws.ToBool(m.ProtectedFromScaleIn) && r.Preferences.ScaleInProtectedInstances == types.ScaleInProtectedInstancesIgnore
		return !m.leaving() && !ignored && !(*r.Preferences.SkipMatching && s.matches(m, wanted))
	})
	r.aim(g, outdated, now)
	r.total = len(outdated)
}

// aim sets the instances that are to be replaced from now on.
func (r *refresh) aim(g *group, outdated []*member, now time.Time) {
	r.old = map[string]bool{}
	for _, m := range outdated {
		r.old[*m.InstanceId] = true
	}
	r.began, r.progressAt, r.least = now, now, len(outdated)+1
	g.failures, g.retryAt = 0, time.Time{}
}

// stepRolling replaces instances within the bounds, forwards or backwards.
func (s *Service) stepRolling(g *group, r *refresh, now time.Time) {
	if alarm := s.alarming(r); alarm != "" {
		s.fail(g, r, alarm, now)
		return
	}
	left := s.remaining(g, r, now)
	r.report(left)
	if left < r.least {
		r.least, r.progressAt = left, now
	}
	done := len(r.old) - left
	switch {
	case g.suspended(processInstanceRefresh):
	case left == 0 && !g.oldLeaving(r) || s.finalCheckpoint(g, r, done):
		s.complete(g, r, now)
		return
	case r.holds(done, now):
		r.progressAt = now
		return
	default:
		s.retireOld(g, r, now)
		r.StatusReason = s.waitingFor(g, r, now)
	}
	if now.Sub(r.progressAt) >= s.Timings.RefreshStall {
		s.fail(g, r, "No instance could be replaced for "+s.Timings.RefreshStall.String()+".", now)
	}
}

// oldMembers returns the active members that are still to be replaced.
func (g *group) oldMembers(r *refresh) []*member {
	return g.membersWhere(func(m *member) bool { return !m.leaving() && r.old[*m.InstanceId] })
}

// oldLeaving reports whether a replaced instance still drains or shuts down, which
// counts into the time of its step (aws-facts §5.5).
func (g *group) oldLeaving(r *refresh) bool {
	return slices.ContainsFunc(g.members, func(m *member) bool { return m.leaving() && r.old[*m.InstanceId] })
}

// warm reports whether an instance counts as replaced: healthy and warmed up.
func (s *Service) warm(g *group, r *refresh, m *member, now time.Time) bool {
	return s.ready(g, m, now) && !now.Before(m.inServiceAt.Add(r.warmup()))
}

// remaining counts the instances still to be replaced: those that are there, and
// those whose replacement is not ready yet.
func (s *Service) remaining(g *group, r *refresh, now time.Time) int {
	old, kept, fresh := len(g.oldMembers(r)), 0, 0
	for _, m := range g.active() {
		switch {
		case r.old[*m.InstanceId]:
		case m.launchedAt.Before(r.began):
			kept++
		case s.warm(g, r, m, now):
			fresh++
		}
	}
	// A group that shrank meanwhile needs fewer replacements.
	goal := min(len(r.old), int(*g.DesiredCapacity)-kept)
	return max(old, goal-fresh, 0)
}

// report sets the progress that is described. In a rollback the percentage goes
// back to zero, and the instances that the refresh never reached stay as they are.
func (r *refresh) report(left int) {
	updated := len(r.old) - left
	if r.Status == types.InstanceRefreshStatusRollbackInProgress {
		updated = left
	} else {
		r.InstancesToUpdate = aws.Int32(int32(left))
	}
	percentage := 100
	if r.total > 0 {
		percentage = min(100, 100*max(updated, 0)/r.total)
	}
	r.PercentageComplete = aws.Int32(int32(percentage))
}

// wanted is how many instances the group should have during the refresh: more than
// desired while it launches before it terminates.
func (r *refresh) wanted(g *group, desired int) int {
	if r.Status != types.InstanceRefreshStatusInProgress && r.Status != types.InstanceRefreshStatusRollbackInProgress ||
		r.holding || g.suspended(processInstanceRefresh) {
		return desired
	}
	_, most := r.bounds(desired)
	old := g.oldMembers(r)
	replaceable := min(len(old), max(r.allowed()-(len(r.old)-len(old)), 0))
	replaceable -= len(r.waitingMembers(old))
	return max(desired, min(most, desired+replaceable))
}

// waitingMembers returns those of the old members that must not be replaced yet.
func (r *refresh) waitingMembers(old []*member) []*member {
	if r.Preferences.ScaleInProtectedInstances != types.ScaleInProtectedInstancesWait {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(old), func(m *member) bool { return !aws.ToBool(m.ProtectedFromScaleIn) })
}

// retireOld terminates as many old instances as the bounds allow. It waits for the
// last ones to be gone.
func (s *Service) retireOld(g *group, r *refresh, now time.Time) {
	if g.oldLeaving(r) || g.suspended(processTerminate) || g.suspended(processLaunch) {
		return
	}
	least, _ := r.bounds(int(*g.DesiredCapacity))
	working := 0
	for _, m := range g.active() {
		if before := m.launchedAt.Before(r.began); before && m.works() || !before && s.warm(g, r, m, now) {
			working++
		}
	}
	old := g.oldMembers(r)
	waiting := r.waitingMembers(old)
	for room := r.allowed() - (len(r.old) - len(old)); room > 0; room-- {
		m := g.nextOld(r, waiting)
		if m == nil || m.works() && working <= least {
			return
		}
		if m.works() {
			working--
		}
		g.replacements = append(g.replacements, "an instance was launched in response to an instance refresh.")
		s.terminate(g, m, "At "+stamp(now)+" an instance was taken out of service in response to an instance refresh.", now)
	}
}

// works reports whether a member serves, as far as its health status tells.
func (m *member) works() bool {
	return m.LifecycleState == types.LifecycleStateInService && *m.HealthStatus == healthy
}

// nextOld picks the old instance to replace next: one that does not work, else in
// the zone that has most.
func (g *group) nextOld(r *refresh, waiting []*member) *member {
	old := slices.DeleteFunc(g.oldMembers(r), func(m *member) bool { return slices.Contains(waiting, m) })
	if len(old) == 0 {
		return nil
	}
	counts := g.zoneCounts(g.active())
	return extreme(old, func(m *member) int {
		if !m.works() {
			return 1 << 20
		}
		return counts[*m.AvailabilityZone]
	})[0]
}

// finalCheckpoint reports whether a refresh whose last checkpoint is below 100 is
// through.
func (s *Service) finalCheckpoint(g *group, r *refresh, done int) bool {
	percentages := r.Preferences.CheckpointPercentages
	return len(percentages) > 0 && r.Status == types.InstanceRefreshStatusInProgress && r.checkpoint >= len(percentages)-1 &&
		percentages[len(percentages)-1] < 100 && done >= r.allowed() && !g.oldLeaving(r)
}

// holds reports whether the refresh waits at a checkpoint.
func (r *refresh) holds(done int, now time.Time) bool {
	if r.holding = now.Before(r.holdUntil); r.holding {
		return true
	}
	percentages := r.Preferences.CheckpointPercentages
	if r.Status != types.InstanceRefreshStatusInProgress || r.checkpoint >= len(percentages)-1 || done < r.allowed() {
		return false
	}
	r.holding = true
	r.StatusReason = aws.String(fmt.Sprintf("Waiting for the checkpoint delay after %d%% of the instances were replaced.", percentages[r.checkpoint]))
	r.checkpoint++
	r.holdUntil = now.Add(time.Duration(*r.Preferences.CheckpointDelay) * time.Second)
	return true
}

// waitingFor says what the refresh waits for.
func (s *Service) waitingFor(g *group, r *refresh, now time.Time) *string {
	for _, m := range g.active() {
		switch {
		case r.old[*m.InstanceId] || m.launchedAt.Before(r.began):
		case !s.ready(g, m, now):
			return aws.String("Waiting for remaining instances to be available. For example: " + *m.InstanceId + " is not healthy yet.")
		case !s.warm(g, r, m, now):
			return aws.String("Waiting for instances to warm up before continuing. For example: " + *m.InstanceId + " is warming up.")
		}
	}
	if waiting := r.waitingMembers(g.oldMembers(r)); len(waiting) > 0 {
		return aws.String("Waiting for scale-in protection to be removed. For example: " + *waiting[0].InstanceId + " is protected.")
	}
	return aws.String("Waiting for remaining instances to be available.")
}
