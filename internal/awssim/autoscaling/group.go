package autoscaling

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

const (
	healthy   = "Healthy"
	unhealthy = "Unhealthy"
)

// group is an Auto Scaling group. The embedded struct holds its settings as they
// are described; instances, target groups and traffic sources are filled in on read.
type group struct {
	types.AutoScalingGroup
	places      []place
	members     []*member
	attachments []*attachment
	hooks       []*types.LifecycleHook
	policies    []*types.ScalingPolicy
	schedules   []*types.ScheduledUpdateGroupAction
	refreshes   []*refresh        // newest first
	activities  []*types.Activity // newest first

	// request is the last user request that moved the desired capacity, for the
	// causes of the activities that it leads to.
	request string
	// replacements are the causes of launches that make up for lost instances.
	replacements []string

	growth   growth
	movedAt  time.Time      // when a policy last moved the desired capacity
	shrinkTo map[string]int // the capacity that a tracking policy would shrink to, by its name

	failures  int
	retryAt   time.Time
	avoid     map[string]time.Time // zones without capacity, until when
	deletedAt time.Time
}

// place is a subnet that a group launches into.
type place struct{ subnet, zone, zoneID string }

func (g *group) name() string { return *g.AutoScalingGroupName }

func (g *group) deleting() bool { return !g.deletedAt.IsZero() }

// described returns a copy of the group as reads give it back.
func (g *group) described(withInstances bool) types.AutoScalingGroup {
	out := clone(g.AutoScalingGroup)
	out.Instances = []types.Instance{}
	if withInstances {
		for _, m := range g.members {
			out.Instances = append(out.Instances, clone(m.Instance))
		}
	}
	for _, a := range g.attachments {
		switch {
		case a.removing:
		case a.trafficSource:
			out.TrafficSources = append(out.TrafficSources, types.TrafficSourceIdentifier{
				Identifier: aws.String(a.arn), Type: aws.String("elbv2")})
		default:
			out.TargetGroupARNs = append(out.TargetGroupARNs, a.arn)
		}
	}
	return out
}

// active returns the members that count towards the desired capacity: all but
// those on their way out.
func (g *group) active() []*member {
	return g.membersWhere(func(m *member) bool { return !m.leaving() })
}

// staying returns the active members that no replacement is being launched for.
func (g *group) staying() []*member {
	return g.membersWhere(func(m *member) bool { return !m.leaving() && !m.outgoing })
}

// inService returns the members that work.
func (g *group) inService() []*member {
	return g.membersWhere(func(m *member) bool { return m.LifecycleState == types.LifecycleStateInService })
}

func (g *group) membersWhere(keep func(*member) bool) []*member {
	var list []*member
	for _, m := range g.members {
		if keep(m) {
			list = append(list, m)
		}
	}
	return list
}

func (g *group) member(id *string) *member {
	for _, m := range g.members {
		if *m.InstanceId == aws.ToString(id) {
			return m
		}
	}
	return nil
}

func (g *group) remove(m *member) {
	g.members = slices.DeleteFunc(g.members, func(other *member) bool { return other == m })
}

// checksELB reports whether failing load balancer checks make instances unhealthy.
func (g *group) checksELB() bool {
	return slices.Contains(strings.Split(aws.ToString(g.HealthCheckType), ","), "ELB")
}

// grace is the time after entering service in which only EC2's checks count.
func (g *group) grace() time.Duration {
	return time.Duration(aws.ToInt32(g.HealthCheckGracePeriod)) * time.Second
}

// launchesFirst reports whether an unhealthy instance stays until its replacement
// works (aws-facts §5.6).
func (g *group) launchesFirst() bool {
	policy := g.InstanceMaintenancePolicy
	return policy != nil && aws.ToInt32(policy.MinHealthyPercentage) >= 100
}

// zoneOrder returns the group's zones by name.
func (g *group) zoneOrder() []string {
	var zones []string
	for _, p := range g.places {
		zones = append(zones, p.zone)
	}
	slices.Sort(zones)
	return slices.Compact(zones)
}

// zoneCounts counts members by zone, with a 0 for the group's zones that have none.
func (g *group) zoneCounts(members []*member) map[string]int {
	counts := map[string]int{}
	for _, zone := range g.zoneOrder() {
		counts[zone] = 0
	}
	for _, m := range members {
		counts[*m.AvailabilityZone]++
	}
	return counts
}

// setPlaces stores the subnets and what follows from them (aws-facts §5.1).
func (g *group) setPlaces(identifier *string, places []place) {
	g.VPCZoneIdentifier, g.places = identifier, places
	g.AvailabilityZones, g.AvailabilityZoneIds = nil, nil
	for _, zone := range g.zoneOrder() {
		at := slices.IndexFunc(places, func(p place) bool { return p.zone == zone })
		g.AvailabilityZones = append(g.AvailabilityZones, zone)
		g.AvailabilityZoneIds = append(g.AvailabilityZoneIds, places[at].zoneID)
	}
}

// sortedHooks returns the hooks of a transition by name.
func (g *group) sortedHooks(transition string) []*types.LifecycleHook {
	var hooks []*types.LifecycleHook
	for _, hook := range g.hooks {
		if *hook.LifecycleTransition == transition {
			hooks = append(hooks, hook)
		}
	}
	slices.SortFunc(hooks, func(a, b *types.LifecycleHook) int { return cmp.Compare(*a.LifecycleHookName, *b.LifecycleHookName) })
	return hooks
}
