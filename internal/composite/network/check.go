package network

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"

	"github.com/apparentlymart/go-cidr/cidr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

var (
	tierPattern        = regexp.MustCompile(`^[a-z][a-z0-9]{0,11}$`)
	destinationPattern = regexp.MustCompile(`^arn:[a-z-]+:(s3:::.+|logs:[a-z0-9-]+:\d{12}:log-group:[^:]+)$`)
	zoneNumber         = regexp.MustCompile(`-az(\d+)$`)
)

// check finds what is wrong with the values known so far, without AWS.
func check(_ context.Context, m *Model) diag.Diagnostics {
	var diags diag.Diagnostics
	if count, ids := m.AvailabilityZoneCount, m.AvailabilityZoneIDs; !count.IsNull() && !count.IsUnknown() && !ids.IsNull() && !ids.IsUnknown() &&
		int64(len(ids.Elements())) != count.ValueInt64() {
		diags.AddAttributeError(path.Root("availability_zone_count"), "Two numbers of zones",
			fmt.Sprintf("availability_zone_count is %d but availability_zone_ids names %d zones. Give one of the two.",
				count.ValueInt64(), len(ids.Elements())))
	}
	if !m.CIDRBlock.IsUnknown() {
		diags.Append(checkRange(m.CIDRBlock.ValueString())...)
	}
	if diags.HasError() || m.CIDRBlock.IsUnknown() || m.Tiers.IsUnknown() || m.ReservedAZSlots.IsUnknown() {
		return diags
	}
	diags.Append(checkTiers(m)...)
	diags.Append(checkSlots(m)...)
	return diags
}

func checkRange(cidr string) diag.Diagnostics {
	var diags diag.Diagnostics
	at := path.Root("cidr_block")
	prefix, err := netip.ParsePrefix(cidr)
	switch {
	case err != nil || !prefix.Addr().Is4():
		diags.AddAttributeError(at, "Not an IPv4 range", fmt.Sprintf("%q is not an IPv4 range such as 10.0.0.0/16.", cidr))
	case prefix.Bits() < 16 || prefix.Bits() > 28:
		diags.AddAttributeError(at, "VPC range too large or too small",
			fmt.Sprintf("%s has a /%d prefix; a VPC takes /16 to /28 (aws: CreateVpc).", cidr, prefix.Bits()))
	case prefix != prefix.Masked():
		diags.AddAttributeError(at, "Range not in canonical form",
			fmt.Sprintf("AWS would silently change %s to %s. Write that.", cidr, prefix.Masked()))
	}
	return diags
}

// checkTiers checks that the tiers' ranges are valid subnets and do not overlap.
func checkTiers(m *Model) diag.Diagnostics {
	var diags diag.Diagnostics
	byName, names := m.tiers()
	needsNAT, hasPublic := false, false
	var taken []*net.IPNet
	var owners []string
	for _, name := range names {
		t := byName[name]
		at := path.Root("tiers").AtMapKey(name)
		needsNAT = needsNAT || t.Kind.ValueString() == kindPrivate
		hasPublic = hasPublic || t.Kind.ValueString() == kindPublic
		if t.Newbits.IsUnknown() || t.Block.IsUnknown() {
			continue
		}
		ranges, err := m.tierRanges(t)
		if err != nil {
			diags.AddAttributeError(at, "VPC range too small for the tier "+name,
				err.Error()+". Use a larger cidr_block, fewer reserved_az_slots, a lower block, or other newbits.")
			continue
		}
		if other := overlap(taken, ranges); other >= 0 {
			diags.AddAttributeError(at, "Tiers overlap", fmt.Sprintf("The ranges of the tiers %s and %s overlap at %s. Give %s another block.",
				owners[other], name, taken[other], name))
			continue
		}
		for _, one := range ranges {
			taken, owners = append(taken, one), append(owners, name)
		}
	}
	if mode := m.NATGatewayMode.ValueString(); needsNAT && !hasPublic && (mode == natSingle || mode == natPerAZ) {
		diags.AddAttributeError(path.Root("nat_gateway_mode"), "No place for NAT gateways",
			"NAT gateways stand in subnets of a tier of kind public, and there is none. Add one, or set nat_gateway_mode to regional or none.")
	}
	return diags
}

// slots is the number of reserved slots; the default applies after validation.
func slots(m *Model) int64 {
	if m.ReservedAZSlots.IsNull() {
		return DefaultSlots
	}
	return m.ReservedAZSlots.ValueInt64()
}

// checkSlots checks that each zone's number has a slot.
func checkSlots(m *Model) diag.Diagnostics {
	var diags diag.Diagnostics
	for i, id := range composite.Strings(m.AvailabilityZoneIDs) {
		at := path.Root("availability_zone_ids").AtListIndex(i)
		switch slot, err := slotOf(id); {
		case err != nil:
			diags.AddAttributeError(at, "Not a zone id", err.Error())
		case int64(slot) > slots(m):
			diags.AddAttributeError(at, "No address room for the zone "+id,
				fmt.Sprintf("Zone number %d needs reserved_az_slots = %d or more; it is %d. Choose another zone, or, for a new network, raise reserved_az_slots.",
					slot, slot, slots(m)))
		}
	}
	return diags
}

// slotOf returns the number in a zone id, by which its address range is found.
// Zone ids, unlike names, mean the same place in every account (aws-facts §2.2).
func slotOf(zoneID string) (int, error) {
	match := zoneNumber.FindStringSubmatch(zoneID)
	if match == nil {
		return 0, fmt.Errorf("%q is not the id of a standard zone, such as euw1-az1 (a name such as eu-west-1a means another place in every account)", zoneID)
	}
	return strconv.Atoi(match[1])
}

// tierRanges returns the ranges of all slots of a tier.
func (m *Model) tierRanges(t tier) ([]*net.IPNet, error) {
	var ranges []*net.IPNet
	for slot := 1; slot <= int(slots(m)); slot++ {
		one, err := m.subnetRange(t, slot)
		if err != nil {
			return nil, err
		}
		ranges = append(ranges, one)
	}
	return ranges, nil
}

// subnetRange returns the range of a tier's subnet in the slot, counted from 1.
func (m *Model) subnetRange(t tier, slot int) (*net.IPNet, error) {
	_, vpc, err := net.ParseCIDR(m.CIDRBlock.ValueString())
	if err != nil {
		return nil, err
	}
	newbits := defaultNewbits
	if !t.Newbits.IsNull() {
		newbits = int(t.Newbits.ValueInt64())
	}
	prefix, _ := vpc.Mask.Size()
	if prefix+newbits > 28 {
		return nil, fmt.Errorf("its subnets would be /%d, and AWS allows /28 at the smallest", prefix+newbits)
	}
	index := int(t.Block.ValueInt64()*slots(m)) + slot - 1
	if index >= 1<<newbits {
		return nil, fmt.Errorf("%s has room for %d subnets of /%d, and block %d with %d slots needs %d",
			vpc, 1<<newbits, prefix+newbits, t.Block.ValueInt64(), slots(m), index+1)
	}
	return cidr.Subnet(vpc, newbits, index)
}

// overlap returns the index of a taken range that shares addresses with one of
// ranges, or -1.
func overlap(taken, ranges []*net.IPNet) int {
	return slices.IndexFunc(taken, func(t *net.IPNet) bool {
		return slices.ContainsFunc(ranges, func(r *net.IPNet) bool { return t.Contains(r.IP) || r.Contains(t.IP) })
	})
}
