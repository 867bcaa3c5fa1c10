package autoscaling

import (
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// rebalance begins to move instances out of zones that have too many, or that the
// group no longer uses: it launches first and terminates then, a tenth of the group
// at a time (aws-facts §5.2).
func (s *Service) rebalance(g *group, now time.Time) {
	if !g.needsRebalance() || !g.quiet() || g.lackingAvoided(now) {
		return
	}
	for range max(1, int(*g.DesiredCapacity)/10) {
		m := g.misplaced()
		if m == nil {
			return
		}
		m.outgoing = true
		g.replacements = append(g.replacements, "an instance was launched to balance instances in zone "+*m.AvailabilityZone+" with other zones.")
	}
}

// lackingAvoided reports whether the zone that has fewest is avoided for the moment.
func (g *group) lackingAvoided(now time.Time) bool {
	counts := g.zoneCounts(g.staying())
	least := slices.MinFunc(g.zoneOrder(), func(a, b string) int { return counts[a] - counts[b] })
	return now.Before(g.avoid[least])
}

// quiet reports whether nothing else is under way in the group.
func (g *group) quiet() bool {
	if g.activeRefresh() != nil || len(g.active()) != int(*g.DesiredCapacity) {
		return false
	}
	for _, m := range g.members {
		if m.LifecycleState != types.LifecycleStateInService || m.outgoing || *m.HealthStatus != healthy {
			return false
		}
	}
	return true
}

// needsRebalance reports whether some member is in the wrong zone.
func (g *group) needsRebalance() bool {
	return !g.suspended(processAZRebalance) && !g.suspended(processLaunch) && g.misplaced() != nil
}

// misplaced returns a member to move to another zone, or nil.
func (g *group) misplaced() *member {
	staying := g.staying()
	zones := g.zoneOrder()
	counts := g.zoneCounts(staying)
	low := counts[slices.MinFunc(zones, func(a, b string) int { return counts[a] - counts[b] })]
	for _, m := range staying {
		zone := *m.AvailabilityZone
		if !aws.ToBool(m.ProtectedFromScaleIn) && (!slices.Contains(zones, zone) || counts[zone] > low+1) {
			return m
		}
	}
	return nil
}

// rebalancing reports whether a healthy member is being moved.
func (g *group) rebalancing() bool {
	return slices.ContainsFunc(g.active(), func(m *member) bool { return m.outgoing && *m.HealthStatus == healthy })
}

// cancelRebalance leaves members where they are, because the other zone has no room.
func (g *group) cancelRebalance() {
	if !g.rebalancing() {
		return
	}
	for _, m := range g.active() {
		if *m.HealthStatus == healthy {
			m.outgoing = false
		}
	}
	g.replacements = nil
}

// terminationPolicies are the names that a group may use.
var terminationPolicies = []string{"AllocationStrategy", "ClosestToNextInstanceHour", "Default", "NewestInstance", "OldestInstance",
	"OldestLaunchConfiguration", "OldestLaunchTemplate"}

// victim picks the member that a scale-in terminates: one that does not work yet or
// no longer, else in the zone that has most, by the group's policies, oldest template
// first by default. Protected members are left alone.
func (s *Service) victim(g *group, now time.Time) *member {
	current := s.resolved(g.launching().launchTemplate())
	staying := g.staying()
	counts := g.zoneCounts(staying)
	candidates := slices.DeleteFunc(staying, func(m *member) bool { return aws.ToBool(m.ProtectedFromScaleIn) })
	if len(candidates) == 0 {
		return nil
	}
	weight := func(m *member) int {
		if !s.ready(g, m, now) {
			return 1 << 21
		}
		// Zones that the group no longer uses empty first.
		if !slices.Contains(g.zoneOrder(), *m.AvailabilityZone) {
			return 1 << 20
		}
		return counts[*m.AvailabilityZone]
	}
	candidates = extreme(candidates, weight)
	for _, policy := range g.TerminationPolicies {
		switch policy {
		case "OldestInstance":
			candidates = extreme(candidates, func(m *member) int { return -int(m.launchedAt.Unix()) })
		case "NewestInstance":
			candidates = extreme(candidates, func(m *member) int { return int(m.launchedAt.Unix()) })
		case "OldestLaunchTemplate", "Default":
			candidates = extreme(candidates, func(m *member) int { return templateAge(m, current) })
		}
	}
	return slices.MinFunc(candidates, func(a, b *member) int { return a.launchedAt.Compare(b.launchedAt) })
}

// extreme keeps the members with the highest value.
func extreme(members []*member, value func(*member) int) []*member {
	most := value(slices.MaxFunc(members, func(a, b *member) int { return value(a) - value(b) }))
	return slices.DeleteFunc(members, func(m *member) bool { return value(m) < most })
}

// templateAge ranks templates: another template than the current one is oldest, then
// the lower versions.
func templateAge(m *member, current types.LaunchTemplateSpecification) int {
	if aws.ToString(m.LaunchTemplate.LaunchTemplateId) != aws.ToString(current.LaunchTemplateId) {
		return 1
	}
	version, _ := strconv.Atoi(aws.ToString(m.LaunchTemplate.Version))
	return -version
}
