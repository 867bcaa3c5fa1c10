package network

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// Ranges say where in the VPC's range a tier has its subnets.
type Ranges struct {
	Newbits int64 `tfsdk:"newbits"`
	Block   int64 `tfsdk:"block"`
}

// Plan returns the subnets' ranges of a network so configured, by tier and zone id,
// and what is wrong with it, at the network's attributes.
func Plan(ctx context.Context, cidrBlock string, zones []string, tiers map[string]Ranges, slots int64) (map[string]map[string]string, diag.Diagnostics) {
	values := map[string]attr.Value{}
	for name, ranges := range tiers {
		values[name] = tierValue(kindIsolated, ranges.Newbits, ranges.Block)
	}
	m := &Model{
		CIDRBlock: types.StringValue(cidrBlock), AvailabilityZoneIDs: composite.StringList(zones), ReservedAZSlots: types.Int64Value(slots),
		Tiers: types.MapValueMust(types.ObjectType{AttrTypes: tierTypes}, values),
	}
	var diags diag.Diagnostics
	if slots < leastSlots || slots > mostSlots {
		diags.AddAttributeError(path.Root("reserved_az_slots"), "Too few or too many slots",
			fmt.Sprintf("reserved_az_slots is %d; it is from %d to %d.", slots, leastSlots, mostSlots))
		return nil, diags
	}
	for name, ranges := range tiers {
		if ranges.Newbits < leastNewbits || ranges.Newbits > mostNewbits || ranges.Block < 0 {
			diags.AddAttributeError(path.Root("tiers").AtMapKey(name), "Tier "+name+" is out of bounds",
				fmt.Sprintf("newbits is %d, of %d to %d, and block %d, of 0 or more.", ranges.Newbits, leastNewbits, mostNewbits, ranges.Block))
		}
	}
	if diags.HasError() {
		return nil, diags
	}
	if diags = check(ctx, m); diags.HasError() {
		return nil, diags
	}
	return m.subnetRanges(), diags
}

// subnetRanges returns the subnets' ranges by tier and zone id. The model has passed
// its checks.
func (m *Model) subnetRanges() map[string]map[string]string {
	tiers, names := m.tiers()
	all := map[string]map[string]string{}
	for _, name := range names {
		all[name] = map[string]string{}
		for _, zone := range m.zoneIDs() {
			slot, err := slotOf(zone)
			if err != nil {
				panic(err) // check refuses such ids
			}
			subnetRange, err := m.subnetRange(tiers[name], slot)
			if err != nil {
				panic(err) // check refuses such tiers
			}
			all[name][zone] = subnetRange.String()
		}
	}
	return all
}
