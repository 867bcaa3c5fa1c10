package network

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
)

// absorb sets the model from what exists; the mirror of build. What a vanished
// part would tell stays as the state had it.
func absorb(m *Model, seen composite.Observed) {
	if spec, ok := composite.PartSpec[*ec2.VPC](seen, "vpc"); ok {
		live, _ := seen.Part("vpc")
		m.CIDRBlock = types.StringValue(spec.CIDRBlock)
		absorbTags(m, live.Tags)
	}
	m.VPCID = output(seen, "vpc", m.VPCID)
	m.DefaultSecurityGroupID = output(seen, "default_security_group", m.DefaultSecurityGroupID)
	absorbSubnets(m, seen)
	absorbNAT(m, seen)
	absorbEndpoints(m, seen)
	if spec, ok := composite.PartSpec[*ec2.FlowLog](seen, "flow_log"); ok {
		m.FlowLogDestination = types.StringValue(spec.DestinationARN)
	}
}

func output(seen composite.Observed, key string, before types.String) types.String {
	if id := seen.Out(key, "id"); id != "" {
		return types.StringValue(id)
	}
	return before
}

func absorbTags(m *Model, tags map[string]string) {
	if count, err := strconv.ParseInt(tags[tagSlots], 10, 64); err == nil {
		m.ReservedAZSlots = types.Int64Value(count)
	}
	if instanceTypes := tags[tagInstanceTypes]; instanceTypes != "" {
		m.InstanceTypes = composite.StringSet(strings.Fields(instanceTypes))
	}
}

// absorbSubnets sets zones, tiers and subnet outputs. The state's tiers and zones
// stay where subnets vanished.
func absorbSubnets(m *Model, seen composite.Observed) {
	known, _ := m.tiers()
	tiers := map[string]attr.Value{}
	for name, t := range known {
		tiers[name] = types.ObjectValueMust(tierTypes, map[string]attr.Value{"kind": t.Kind, "newbits": t.Newbits, "block": t.Block})
	}
	zones := map[string]string{}
	for _, id := range composite.Strings(m.AvailabilityZoneIDs) {
		zones[id] = ""
	}
	ids := map[string]map[string]string{}
	subnets := map[string]map[string]attr.Value{}
	for _, live := range seen.Parts("subnet/") {
		spec, ok := live.Spec.(*ec2.Subnet)
		tier, zone, isSubnet := strings.Cut(strings.TrimPrefix(live.Key, "subnet/"), "/")
		if !ok || !isSubnet {
			continue
		}
		zones[zone] = live.Out["availability_zone"]
		if t, complete := tierOf(m.CIDRBlock.ValueString(), spec, live.Tags); complete {
			tiers[tier] = t
		}
		if ids[tier] == nil {
			ids[tier], subnets[tier] = map[string]string{}, map[string]attr.Value{}
		}
		ids[tier][zone] = live.ID
		subnets[tier][zone] = types.ObjectValueMust(subnetTypes, map[string]attr.Value{
			"id": types.StringValue(live.ID), "cidr_block": types.StringValue(spec.CIDRBlock),
			"availability_zone": types.StringValue(live.Out["availability_zone"]), "route_table_id": types.StringValue(tableOf(seen, tier, zone))})
	}
	sorted := sortedKeys(zones)
	m.AvailabilityZoneIDs = inOrder(m.AvailabilityZoneIDs, sorted)
	m.Tiers = types.MapValueMust(types.ObjectType{AttrTypes: tierTypes}, tiers)
	names := make([]string, len(sorted))
	for i, zone := range sorted {
		names[i] = zones[zone]
	}
	m.AvailabilityZones = composite.StringList(names)
	m.SubnetIDs, m.Subnets = subnetOutputs(sorted, ids, subnets)
}

// inOrder keeps a list as the configuration wrote it as long as it has the same members.
func inOrder(before types.List, sorted []string) types.List {
	if slices.Equal(slices.Sorted(slices.Values(composite.Strings(before))), sorted) {
		return before
	}
	return composite.StringList(sorted)
}

func tableOf(seen composite.Observed, tier, zone string) string {
	if id := seen.Out("route_table/"+tier+"/"+zone, "id"); id != "" {
		return id
	}
	return seen.Out("route_table/"+tier, "id")
}

func subnetOutputs(zones []string, ids map[string]map[string]string, subnets map[string]map[string]attr.Value) (byTier, nested types.Map) {
	idLists, objects := map[string]attr.Value{}, map[string]attr.Value{}
	objectType := types.ObjectType{AttrTypes: subnetTypes}
	for tier, byZone := range ids {
		var list []string
		for _, zone := range zones {
			if id, ok := byZone[zone]; ok {
				list = append(list, id)
			}
		}
		idLists[tier] = composite.StringList(list)
		objects[tier] = types.MapValueMust(objectType, subnets[tier])
	}
	return types.MapValueMust(types.ListType{ElemType: types.StringType}, idLists),
		types.MapValueMust(types.MapType{ElemType: objectType}, objects)
}

// tierOf reads a tier's settings off one of its subnets.
func tierOf(vpcRange string, spec *ec2.Subnet, tags map[string]string) (attr.Value, bool) {
	block, err := strconv.ParseInt(tags[tagTierBlock], 10, 64)
	kind := tags[tagTierKind]
	if err != nil || kind == "" {
		return nil, false
	}
	return tierValue(kind, prefixLength(spec.CIDRBlock)-prefixLength(vpcRange), block), true
}

func prefixLength(cidr string) int64 {
	_, bits, _ := strings.Cut(cidr, "/")
	length, _ := strconv.ParseInt(bits, 10, 64)
	return length
}

func absorbNAT(m *Model, seen composite.Observed) {
	gateways := seen.Parts("nat_gateway")
	addresses := []string{}
	zonal := 0
	for _, live := range gateways {
		for _, ip := range strings.Split(live.Out["public_ips"], ",") {
			if ip != "" {
				addresses = append(addresses, ip)
			}
		}
		if live.Key != "nat_gateway" {
			zonal++
		}
	}
	slices.Sort(addresses)
	m.NATPublicIPs = composite.StringList(addresses)
	if !m.NATGatewayMode.IsNull() && !m.NATGatewayMode.IsUnknown() {
		// How many gateways there should be is the configuration's word: one that
		// vanished is drift, not another mode.
		return
	}
	switch {
	case len(gateways) == 0:
		m.NATGatewayMode = types.StringValue(natNone)
	case zonal == 0:
		m.NATGatewayMode = types.StringValue(natRegional)
	case zonal == 1:
		m.NATGatewayMode = types.StringValue(natSingle)
	default:
		m.NATGatewayMode = types.StringValue(natPerAZ)
	}
}

func absorbEndpoints(m *Model, seen composite.Observed) {
	services := composite.Strings(m.GatewayEndpoints)
	for _, live := range seen.Parts("vpc_endpoint/") {
		services = append(services, strings.TrimPrefix(live.Key, "vpc_endpoint/"))
	}
	m.GatewayEndpoints = composite.StringSet(slices.Compact(slices.Sorted(slices.Values(services))))
}

func sortedKeys(byKey map[string]string) []string { return slices.Sorted(maps.Keys(byKey)) }
