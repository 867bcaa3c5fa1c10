package multiserver

import (
	"fmt"
	"slices"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// findings names the weaknesses of a tier so configured.
func findings(m *Model) []composite.Finding {
	var found []composite.Finding
	lb := m.loadBalancer()
	if !m.Stickiness.IsNull() {
		found = append(found, composite.Finding{ID: "WT-AZ-10", Severity: "medium",
			Message: "Clients stick to one server; what it keeps for them is lost with it.",
			Fix:     "Keep sessions in a shared store and remove stickiness."})
	}
	if !lb.secure() && !lb.Internal.ValueBool() {
		found = append(found, composite.Finding{ID: "WT-TLS-01", Severity: "high",
			Message: "The load balancer is open to the internet without encryption.", Fix: "Set load_balancer.certificate_arn."})
	}
	if left := m.CapacityAfterAZLoss.ValueInt32(); left < 1 {
		found = append(found, composite.Finding{ID: "WT-AZ-07", Severity: "high",
			Message: fmt.Sprintf("With min_size = %d no server is left when a zone is lost, until a new one has booted.", m.MinSize.ValueInt32()),
			Fix:     "Set min_healthy_after_az_loss to 1 or more."})
	}
	return slices.Concat(found, masterFindings(m), m.Fleet.Findings())
}

// billableUnits counts what AWS bills for by the hour: of servers those that always run,
// whatever schedules say, and all that there may be.
func billableUnits(m *Model) map[string]int64 {
	least := m.MinSize.ValueInt32()
	for _, s := range m.schedules() {
		if composite.IsKnown(s.MinSize) {
			least = min(least, s.MinSize.ValueInt32())
		}
	}
	units := map[string]int64{"load_balancers": 1, "instances_min": int64(least), "instances_max": int64(m.sizes().Most.Servers)}
	if lb := m.loadBalancer(); !lb.Internal.ValueBool() {
		units["public_ipv4_addresses"] = int64(len(lb.SubnetIDs.Elements())) // one in each zone, more under load
	}
	return units
}
