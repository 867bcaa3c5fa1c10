package autoscaling

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// reconcile launches and terminates towards the desired capacity.
func (s *Service) reconcile(g *group, now time.Time) {
	want := s.wanted(g)
	s.retireOutgoing(g, now)
	have := len(g.staying())
	if have >= want {
		g.replacements = nil
		s.scaleIn(g, have-want, now)
		return
	}
	if g.suspended(processLaunch) || now.Before(g.retryAt) {
		return
	}
	for ; have < want; have++ {
		if !s.launch(g, g.launchCause(have, want, now), now) {
			return
		}
	}
}

// wanted is how many instances the group should have now: the desired capacity,
// and more while a refresh launches before it terminates.
func (s *Service) wanted(g *group) int {
	want := int(*g.DesiredCapacity)
	if r := g.activeRefresh(); r != nil {
		want = r.wanted(g, want)
	}
	return want
}

// retireOutgoing terminates replaced members as far as others have taken over.
func (s *Service) retireOutgoing(g *group, now time.Time) {
	outgoing := g.membersWhere(func(m *member) bool { return m.outgoing && !m.leaving() })
	if len(outgoing) == 0 {
		return
	}
	taken := 0
	for _, m := range g.staying() {
		if s.ready(g, m, now) {
			taken++
		}
	}
	for _, m := range outgoing {
		if taken+len(outgoing) <= int(*g.DesiredCapacity) || g.suspended(processTerminate) {
			return
		}
		cause := m.unhealthyCause(now)
		if *m.HealthStatus == healthy {
			cause = "At " + stamp(now) + " an instance was taken out of service in response to a rebalance of the Availability Zones."
		}
		s.terminate(g, m, cause, now)
		outgoing = outgoing[1:]
	}
}

func (s *Service) scaleIn(g *group, surplus int, now time.Time) {
	if g.suspended(processTerminate) {
		return
	}
	for ; surplus > 0; surplus-- {
		m := s.victim(g, now)
		if m == nil {
			return // all are protected from scale-in
		}
		have := len(g.active())
		cause := fmt.Sprintf("%sAt %s an instance was taken out of service in response to a difference between desired and actual capacity, "+
			"shrinking the capacity from %d to %d.  At %s instance %s was selected for termination.",
			g.request, stamp(now), have, have-1, stamp(now), *m.InstanceId)
		s.terminate(g, m, cause, now)
	}
}

// launchCause says why the next instance is launched.
func (g *group) launchCause(have, want int, now time.Time) string {
	if len(g.replacements) > 0 {
		reason := g.replacements[0]
		g.replacements = g.replacements[1:]
		return "At " + stamp(now) + " " + reason
	}
	return fmt.Sprintf("%sAt %s an instance was started in response to a difference between desired and actual capacity, increasing the capacity from %d to %d.",
		g.request, stamp(now), have, want)
}

// launching returns what new instances are made of: the desired configuration of a
// refresh under way, otherwise the group's own (aws-facts §5.5).
func (g *group) launching() configuration {
	if r := g.activeRefresh(); r != nil && r.desired != nil && r.launchesDesired() {
		return *r.desired
	}
	return g.configuration()
}

// launch launches one instance, in the zone that has fewest or, when that one has
// no capacity, in another. Failures are activities, never errors (aws-facts §5.9).
func (s *Service) launch(g *group, cause string, now time.Time) bool {
	candidates := g.candidates(now)
	if s.missesTargetGroup(g) {
		s.failLaunch(g, candidates[0], cause, "One or more target groups not found. Validating load balancer configuration failed.", now)
		s.delayLaunches(g, now)
		return false
	}
	full := map[string]bool{}
	for _, at := range candidates {
		if full[at.zone] {
			continue
		}
		err := s.launchAt(g, at, cause, now)
		if err == nil {
			return true
		}
		s.failLaunch(g, at, cause, g.launchMessage(g.launching(), err), now)
		if !lacksCapacity(err) {
			break
		}
		if !apierr.Is(err, "InsufficientFreeAddressesInSubnet") {
			full[at.zone] = true
			g.avoidZone(at.zone, now.Add(s.Timings.ZoneRetry))
		}
	}
	g.cancelRebalance()
	s.delayLaunches(g, now)
	return false
}

// launchAt tries the instance types in turn.
func (s *Service) launchAt(g *group, at place, cause string, now time.Time) error {
	c := g.launching()
	template := c.launchTemplate()
	spot := g.nextIsSpot(c)
	var failed error
	for _, instanceType := range c.instanceTypes() {
		spec := launchSpec(template, instanceType, at, now)
		spec.Spot = spot
		spec.Tags = map[string]string{groupTag: g.name()}
		for _, tag := range g.Tags {
			if *tag.PropagateAtLaunch {
				spec.Tags[*tag.Key] = *tag.Value
			}
		}
		id, err := s.compute.Launch(spec)
		if err == nil {
			s.addMember(g, id, template, at, cause, now)
			return nil
		}
		if failed = err; !lacksCapacity(err) {
			break
		}
	}
	return failed
}

func (s *Service) addMember(g *group, id string, template types.LaunchTemplateSpecification, at place, cause string, now time.Time) {
	resolved := s.resolved(template)
	m := &member{at: at, launchedAt: now, Instance: types.Instance{
		InstanceId: aws.String(id), AvailabilityZone: aws.String(at.zone), AvailabilityZoneId: aws.String(at.zoneID),
		LifecycleState: types.LifecycleStatePending, HealthStatus: aws.String(healthy), LaunchTemplate: &resolved,
		ProtectedFromScaleIn: aws.Bool(aws.ToBool(g.NewInstancesProtectedFromScaleIn)),
	}}
	if instance, ok := s.compute.Instance(id, now); ok {
		m.InstanceType, m.ImageId = aws.String(string(instance.InstanceType)), clone(instance.ImageId)
		m.spot = instance.InstanceLifecycle == ec2types.InstanceLifecycleTypeSpot
	}
	m.activity = s.begin(g, "Launching a new EC2 instance: "+id, cause, at, now)
	move(m.activity, types.ScalingActivityStatusCodePreInService, 30)
	g.members = append(g.members, m)
	s.Record("autoscaling", g.name(), "launched %s in %s", id, at.zone)
}

func (s *Service) failLaunch(g *group, at place, cause, message string, now time.Time) {
	a := s.begin(g, "Launching a new EC2 instance.  Status Reason: "+message, cause, at, now)
	end(a, types.ScalingActivityStatusCodeFailed, message, now)
	s.Record("autoscaling", g.name(), "launch failed in %s: %s", at.zone, message)
}

// launchMessage is EC2's complaint as activities tell it (aws-facts §5.9).
func (g *group) launchMessage(c configuration, err error) string {
	code, text := codeAndText(err)
	if c.mixed != nil {
		market := "On-Demand"
		if g.nextIsSpot(c) {
			market = "Spot"
		}
		text = "Could not launch " + market + " Instances. " + code + " - " + text
	}
	return strings.TrimSuffix(text, ".") + ". Launching EC2 instance failed."
}

// lacksCapacity reports whether another zone or type may do (aws-facts §1.5, §3.2).
func lacksCapacity(err error) bool {
	return apierr.Is(err, "InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientReservedInstanceCapacity",
		"ReservationCapacityExceeded", "UnfulfillableCapacity", "Unsupported", "InsufficientFreeAddressesInSubnet")
}

// delayLaunches puts the next launch off, further with every failure.
func (s *Service) delayLaunches(g *group, now time.Time) {
	pause := s.Timings.LaunchRetry << min(g.failures, 16)
	g.failures++
	g.retryAt = now.Add(min(pause, s.Timings.LaunchRetryMost))
}

func (g *group) avoidZone(zone string, until time.Time) {
	if g.avoid == nil {
		g.avoid = map[string]time.Time{}
	}
	g.avoid[zone] = until
}

// candidates returns the group's places in the order in which a launch tries them.
// A group that is balanced-only, or rebalances, tries no zone but the one that has
// fewest (aws-facts §5.11).
func (g *group) candidates(now time.Time) []place {
	staying := g.staying()
	zones := g.zoneCounts(staying)
	inSubnet := func(subnet string) (n int) {
		for _, m := range staying {
			if m.at.subnet == subnet {
				n++
			}
		}
		return n
	}
	only := g.balancedOnly()
	rank := func(p place) [3]int {
		avoided := 0
		if !only && now.Before(g.avoid[p.zone]) {
			avoided = 1
		}
		return [3]int{avoided, zones[p.zone], inSubnet(p.subnet)}
	}
	list := slices.Clone(g.places)
	slices.SortStableFunc(list, func(a, b place) int {
		x, y := rank(a), rank(b)
		if order := slices.Compare(x[:], y[:]); order != 0 {
			return order
		}
		return strings.Compare(a.zone, b.zone)
	})
	if only || g.rebalancing() {
		least := zones[list[0].zone]
		list = slices.DeleteFunc(list, func(p place) bool { return zones[p.zone] > least })
	}
	return list
}

func (g *group) balancedOnly() bool {
	d := g.AvailabilityZoneDistribution
	return d != nil && d.CapacityDistributionStrategy == types.CapacityDistributionStrategyBalancedOnly
}
