package network

import (
	"fmt"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// findings names the single points of failure of a network so configured.
func findings(m *Model) []composite.Finding {
	var found []composite.Finding
	zones := len(m.zoneIDs())
	if m.NATGatewayMode.ValueString() == natSingle && zones > 1 {
		found = append(found, composite.Finding{ID: "WT-AZ-02", Severity: "high",
			Message: fmt.Sprintf("One NAT gateway serves private subnets in %d zones; when its zone is lost, servers in all zones lose their way out.", zones),
			Fix:     `Set nat_gateway_mode = "per_az" or "regional".`})
	}
	if zones == 2 {
		found = append(found, composite.Finding{ID: "WT-AZ-11", Severity: "low",
			Message: "With two zones, surviving the loss of one takes twice the needed capacity; with three, half as much more.",
			Fix:     "Set availability_zone_count = 3."})
	}
	return found
}

// billableUnits counts what AWS bills for by the hour.
func billableUnits(m *Model) map[string]int64 {
	units := map[string]int64{}
	switch m.NATGatewayMode.ValueString() {
	case natPerAZ:
		units["nat_gateways"] = int64(len(m.zoneIDs()))
		units["public_ipv4_addresses"] = units["nat_gateways"]
	case natSingle:
		units["nat_gateways"], units["public_ipv4_addresses"] = 1, 1
	case natRegional:
		// A regional gateway is billed for each zone it spreads over.
		units["nat_gateways"] = int64(len(m.zoneIDs()))
	}
	return units
}
