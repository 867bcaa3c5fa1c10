package autoscaling

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// alarming returns a reason to fail when one of the refresh's alarms is in ALARM.
// INSUFFICIENT_DATA is none (aws-facts §5.5). A rollback minds no alarms.
func (s *Service) alarming(r *refresh) string {
	spec := r.Preferences.AlarmSpecification
	if spec == nil || s.AlarmState == nil || r.Status == types.InstanceRefreshStatusRollbackInProgress {
		return ""
	}
	for _, name := range spec.Alarms {
		if s.AlarmState(name) == "ALARM" {
			return "The CloudWatch alarm " + name + " is in the ALARM state."
		}
	}
	return ""
}

// complete ends the replacing: in success, in baking or in a finished rollback.
func (s *Service) complete(g *group, r *refresh, now time.Time) {
	if r.Status == types.InstanceRefreshStatusRollbackInProgress {
		// aws-facts §5.5: the change that was asked for is not live.
		r.finish(types.InstanceRefreshStatusRollbackSuccessful, "Rolled back. "+aws.ToString(r.RollbackDetails.RollbackReason), now)
		s.Record("autoscaling", g.name(), "instance refresh %s rolled back", *r.InstanceRefreshId)
		return
	}
	if bake := aws.ToInt32(r.Preferences.BakeTime); bake > 0 {
		r.Status, r.StatusReason = types.InstanceRefreshStatusBaking, aws.String("Waiting for the bake time to pass.")
		r.bakeUntil = now.Add(time.Duration(bake) * time.Second)
		return
	}
	s.succeed(g, r, now)
}

// succeed ends the refresh. Only now the group takes over the desired configuration.
func (s *Service) succeed(g *group, r *refresh, now time.Time) {
	if r.desired != nil {
		g.configure(*r.desired)
	}
	r.finish(types.InstanceRefreshStatusSuccessful, "", now)
	s.Record("autoscaling", g.name(), "instance refresh %s successful", *r.InstanceRefreshId)
}

// fail ends the refresh, or turns it back if that was asked for. What was replaced
// stays replaced, and the group's configuration stays what it was.
func (s *Service) fail(g *group, r *refresh, reason string, now time.Time) {
	switch {
	case r.Status == types.InstanceRefreshStatusRollbackInProgress:
		r.finish(types.InstanceRefreshStatusRollbackFailed, "The rollback failed. "+reason, now)
	case *r.Preferences.AutoRollback && r.reversible(g):
		s.beginRollback(g, r, reason, now)
		return
	default:
		r.finish(types.InstanceRefreshStatusFailed, reason, now)
	}
	s.Record("autoscaling", g.name(), "instance refresh %s: %s: %s", *r.InstanceRefreshId, r.Status, reason)
}

// beginRollback turns the refresh round: what it replaced is replaced back, from the
// group's own configuration.
func (s *Service) beginRollback(g *group, r *refresh, reason string, now time.Time) {
	r.RollbackDetails = &types.RollbackDetails{
		RollbackReason: aws.String(reason), RollbackStartTime: aws.Time(now),
		InstancesToUpdateOnRollback: clone(r.InstancesToUpdate), PercentageCompleteOnRollback: clone(r.PercentageComplete),
	}
	r.Status, r.StatusReason = types.InstanceRefreshStatusRollbackInProgress, aws.String(reason)
	own, began := g.configuration(), r.began
	r.aim(g, g.membersWhere(func(m *member) bool {
		return !began.IsZero() && !m.leaving() && !m.launchedAt.Before(began) && !s.matches(m, own)
	}), now)
	s.Record("autoscaling", g.name(), "instance refresh %s rolls back: %s", *r.InstanceRefreshId, reason)
}
