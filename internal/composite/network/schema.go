package network

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/listplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

const description = "A VPC over several Availability Zones, with one subnet per tier and zone, internet and NAT gateways, " +
	"route tables and gateway endpoints. Address ranges are keyed by tier and zone id, so that adding a zone renumbers nothing."

var attributes = map[string]schema.Attribute{
	// Required.
	"cidr_block": schema.StringAttribute{Required: true,
		MarkdownDescription: "IPv4 range of the VPC in canonical form, /16 to /28. A change replaces the network."},

	// Optional.
	"availability_zone_count": schema.Int64Attribute{Optional: true,
		MarkdownDescription: "In how many zones to be, when `availability_zone_ids` does not say which. Default: 3, which survives the loss of a zone with a third more capacity instead of twice as much.",
		Validators:          []validator.Int64{int64validator.Between(2, 6)}},
	"availability_zone_ids": schema.ListAttribute{ElementType: types.StringType, Optional: true, Computed: true,
		MarkdownDescription: "Ids (not names) of the zones, for example `euw1-az1`. Default: the first standard zones of the Region that offer all `instance_types`; once chosen they stay.",
		Validators:          []validator.List{listvalidator.SizeAtLeast(2), listvalidator.UniqueValues()},
		PlanModifiers:       []planmodifier.List{listplanmodifier.UseStateForUnknown()}},
	"instance_types": schema.SetAttribute{ElementType: types.StringType, Optional: true,
		MarkdownDescription: "EC2 instance types that every chosen zone must offer."},
	"reserved_az_slots": schema.Int64Attribute{Optional: true, Computed: true, Default: int64default.StaticInt64(DefaultSlots),
		MarkdownDescription: "Room for subnets that each tier reserves, one slot per zone number (`euw1-az3` is slot 3). A change replaces the network.",
		Validators:          []validator.Int64{int64validator.Between(leastSlots, mostSlots)}},
	"tiers": schema.MapNestedAttribute{Optional: true, Computed: true, Default: mapdefault.StaticValue(defaultTiers()),
		MarkdownDescription: "Tiers by name. Default: `public` (block 0), `private` (block 1) and `data` (isolated, block 2), each subnet 4 bits longer than the VPC's prefix.",
		Validators:          []validator.Map{mapvalidator.SizeAtLeast(1), mapvalidator.KeysAre(stringvalidator.RegexMatches(tierPattern, "must be 1 to 12 lower-case letters and digits"))},
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"kind": schema.StringAttribute{Required: true,
				MarkdownDescription: "`public` routes to the internet gateway, `private` to a NAT gateway, `isolated` nowhere outside.",
				Validators:          []validator.String{stringvalidator.OneOf(kindPublic, kindPrivate, kindIsolated)}},
			"newbits": schema.Int64Attribute{Optional: true, Computed: true, Default: int64default.StaticInt64(defaultNewbits),
				MarkdownDescription: "By how many bits the subnets' prefix is longer than the VPC's.",
				Validators:          []validator.Int64{int64validator.Between(leastNewbits, mostNewbits)}},
			"block": schema.Int64Attribute{Required: true,
				MarkdownDescription: "Which run of `reserved_az_slots` ranges the tier takes, from 0. Never give a used number to another tier.",
				Validators:          []validator.Int64{int64validator.AtLeast(0)}},
		}}},
	"nat_gateway_mode": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString(natPerAZ),
		MarkdownDescription: "`per_az`: one NAT gateway a zone. `single`: one for all zones, a single point of failure. `regional`: one that AWS spreads over the zones. `none`: private subnets do not reach the internet.",
		Validators:          []validator.String{stringvalidator.OneOf(natNone, natSingle, natPerAZ, natRegional)}},
	"gateway_endpoints": schema.SetAttribute{ElementType: types.StringType, Optional: true, Computed: true,
		Default:             setdefault.StaticValue(types.SetValueMust(types.StringType, []attr.Value{types.StringValue("dynamodb"), types.StringValue("s3")})),
		MarkdownDescription: "Free gateway endpoints in every route table. Default: `s3` and `dynamodb`.",
		Validators:          []validator.Set{setvalidator.ValueStringsAre(stringvalidator.OneOf("s3", "dynamodb"))}},
	"flow_log_destination": schema.StringAttribute{Optional: true,
		MarkdownDescription: "ARN of an S3 bucket or a CloudWatch log group that records all traffic. For a log group the role is made, too.",
		Validators:          []validator.String{stringvalidator.RegexMatches(destinationPattern, "must be the ARN of an S3 bucket or of a CloudWatch log group")}},

	// Computed.
	"vpc_id":                    schema.StringAttribute{Computed: true, MarkdownDescription: "Id of the VPC."},
	"default_security_group_id": schema.StringAttribute{Computed: true, MarkdownDescription: "Id of the VPC's default security group, which allows nothing."},
	"availability_zones":        schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Names of the zones, in the order of their ids."},
	"subnet_ids": schema.MapAttribute{ElementType: types.ListType{ElemType: types.StringType}, Computed: true,
		MarkdownDescription: "Ids of the subnets by tier, in the order of the zones' ids."},
	"subnets": schema.MapAttribute{ElementType: types.MapType{ElemType: types.ObjectType{AttrTypes: subnetTypes}}, Computed: true,
		MarkdownDescription: "Subnets by tier and zone id: `id`, `cidr_block`, `availability_zone`, `route_table_id`."},
	"nat_public_ips": schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Public addresses from which private subnets reach the internet."},
}
