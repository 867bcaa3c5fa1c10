package multiserver

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// defaultAfterLoss is min_healthy_after_az_loss unless something else is said.
const defaultAfterLoss = 1

// afterLoss is how many of so many servers are left when the zone with most of them
// is lost. A group keeps its zones within one server of each other.
func afterLoss(servers, zones int) int { return servers - (servers+zones-1)/zones }

// checkZoneLoss makes sure that the least number of servers survives the loss of a
// zone well enough.
func checkZoneLoss(m *Model, zones int, diags *diag.Diagnostics) {
	if zones == 0 || !composite.IsKnown(m.MinSize) || !composite.IsKnown(m.MinHealthyAfterAZLoss) {
		return
	}
	size, wanted := int(m.MinSize.ValueInt32()), int(m.MinHealthyAfterAZLoss.ValueInt32())
	m.CapacityAfterAZLoss = types.Int32Value(int32(afterLoss(size, zones)))
	checkSize(size, zones, wanted, path.Root("min_size"), "With", diags)
	schedules := m.schedules()
	for _, name := range slices.Sorted(maps.Keys(schedules)) {
		if least := schedules[name].MinSize; composite.IsKnown(least) {
			checkSize(int(least.ValueInt32()), zones, wanted, schedulesAt.AtMapKey(name).AtName("min_size"), "At that time with", diags)
		}
	}
}

// checkSize checks one least number of servers.
func checkSize(size, zones, wanted int, at path.Path, when string, diags *diag.Diagnostics) {
	left := afterLoss(size, zones)
	if left >= wanted || zones == 1 {
		return // all servers in one zone are refused as such
	}
	enough := size
	for afterLoss(enough, zones) < wanted {
		enough++
	}
	diags.AddAttributeError(at, "Too few servers to lose a zone",
		fmt.Sprintf(when+" min_size = %d over %d zones, %d are left when one zone is lost, and min_healthy_after_az_loss is %d. "+
			"Set min_size to %d or more, or lower min_healthy_after_az_loss.", size, zones, left, wanted, enough))
}
