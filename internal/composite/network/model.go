package network

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// Model is the configuration and state of a webtier_network.
type Model struct {
	composite.Common

	CIDRBlock             types.String `tfsdk:"cidr_block"`
	AvailabilityZoneCount types.Int64  `tfsdk:"availability_zone_count"`
	AvailabilityZoneIDs   types.List   `tfsdk:"availability_zone_ids"`
	InstanceTypes         types.Set    `tfsdk:"instance_types"`
	ReservedAZSlots       types.Int64  `tfsdk:"reserved_az_slots"`
	Tiers                 types.Map    `tfsdk:"tiers"`
	NATGatewayMode        types.String `tfsdk:"nat_gateway_mode"`
	GatewayEndpoints      types.Set    `tfsdk:"gateway_endpoints"`
	FlowLogDestination    types.String `tfsdk:"flow_log_destination"`

	VPCID                  types.String `tfsdk:"vpc_id"`
	DefaultSecurityGroupID types.String `tfsdk:"default_security_group_id"`
	AvailabilityZones      types.List   `tfsdk:"availability_zones"`
	SubnetIDs              types.Map    `tfsdk:"subnet_ids"`
	Subnets                types.Map    `tfsdk:"subnets"`
	NATPublicIPs           types.List   `tfsdk:"nat_public_ips"`
}

// The defaults of the address plan; DefaultSlots is that of reserved_az_slots.
const (
	DefaultSlots   = 4
	defaultNewbits = 4
)

// The bounds of the address plan.
const (
	leastSlots, mostSlots     = 2, 8
	leastNewbits, mostNewbits = 1, 12
)

// The kinds of tiers.
const (
	kindPublic   = "public"   // routes to the internet gateway
	kindPrivate  = "private"  // routes to a NAT gateway
	kindIsolated = "isolated" // routes nowhere outside the VPC
)

// The NAT gateway modes.
const (
	natNone     = "none"
	natSingle   = "single"
	natPerAZ    = "per_az"
	natRegional = "regional"
)

// tier is a group of subnets, one in each zone, with the same reach.
type tier struct {
	Kind    types.String `tfsdk:"kind"`
	Newbits types.Int64  `tfsdk:"newbits"`
	Block   types.Int64  `tfsdk:"block"`
}

var tierTypes = map[string]attr.Type{"kind": types.StringType, "newbits": types.Int64Type, "block": types.Int64Type}

func tierValue(kind string, newbits, block int64) attr.Value {
	return types.ObjectValueMust(tierTypes, map[string]attr.Value{
		"kind": types.StringValue(kind), "newbits": types.Int64Value(newbits), "block": types.Int64Value(block)})
}

// defaultTiers are the three building blocks' places: load balancers, servers, data.
func defaultTiers() types.Map {
	return types.MapValueMust(types.ObjectType{AttrTypes: tierTypes}, map[string]attr.Value{
		"public":  tierValue(kindPublic, defaultNewbits, 0),
		"private": tierValue(kindPrivate, defaultNewbits, 1),
		"data":    tierValue(kindIsolated, defaultNewbits, 2),
	})
}

// tiers returns the tiers by name; names lists them sorted.
func (m *Model) tiers() (byName map[string]tier, names []string) {
	byName = map[string]tier{}
	m.Tiers.ElementsAs(context.Background(), &byName, true)
	return byName, slices.Sorted(maps.Keys(byName))
}

// zoneIDs returns the ids of the zones, sorted.
func (m *Model) zoneIDs() []string {
	ids := composite.Strings(m.AvailabilityZoneIDs)
	slices.Sort(ids)
	return ids
}

var subnetTypes = map[string]attr.Type{"id": types.StringType, "cidr_block": types.StringType,
	"availability_zone": types.StringType, "route_table_id": types.StringType}
