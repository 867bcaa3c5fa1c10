package multiserver

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/int32validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	instancePattern = regexp.MustCompile(`^i-[0-9a-f]{8,17}$`)
	groupPattern    = regexp.MustCompile(`^sg-[0-9a-f]{8,17}$`)
	routePattern    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,29}$`)
	methodPattern   = regexp.MustCompile(`^[A-Z_-]{1,40}$`)
)

// masterAttributes are the arguments by which servers that exist already take part.
var masterAttributes = map[string]schema.Attribute{
	"masters": schema.SingleNestedAttribute{Optional: true,
		MarkdownDescription: "Existing servers, made by others, behind the same load balancer: those of which the servers are clones. `routes` say what only they get.",
		Attributes: map[string]schema.Attribute{
			"instance_ids": schema.SetAttribute{ElementType: types.StringType, Required: true, MarkdownDescription: "Ids of the instances, at most 5. They are registered, and neither changed nor terminated.",
				Validators: []validator.Set{setvalidator.SizeBetween(1, 5), setvalidator.ValueStringsAre(stringvalidator.RegexMatches(instancePattern, "must be the id of an instance, such as i-0123456789abcdef0"))}},
			"security_group_id": schema.StringAttribute{Required: true,
				MarkdownDescription: "Security group of the masters, which gets rules for what the load balancer and the servers send.",
				Validators:          []validator.String{stringvalidator.RegexMatches(groupPattern, "must be the id of a security group, such as sg-0123456789abcdef0")}},
			"port": schema.Int32Attribute{Optional: true, MarkdownDescription: "Port on which the masters take what `routes` send them. Default: `port`.",
				Validators: []validator.Int32{int32validator.Between(1, 65535)}},
			"serve_reads": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(true),
				MarkdownDescription: "Let masters also take, on `port`, what no route leads elsewhere."},
			"promote": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Let a server of this tier become a master: one that `instance_ids` names is taken out of the Auto Scaling group, which starts another in its place, " +
					"and is nobody's from then on. Without it a plan that would do so is refused. An import takes the default."},
			"script": schema.StringAttribute{Optional: true,
				MarkdownDescription: "Shell script that Systems Manager runs as root on each master, now and when it or the masters change, such as that of `clone_master_script`. " +
					"The masters need the SSM agent and an instance profile with `AmazonSSMManagedInstanceCore`. What a script did stays when it is removed here.",
				Validators: []validator.String{stringvalidator.LengthBetween(1, 16384)}},
			"sync_port": schema.Int32Attribute{Optional: true, MarkdownDescription: "Port on which the servers may fetch content from the masters: 873 for `clone_master_script`. Default: none.",
				Validators: []validator.Int32{int32validator.Between(1, 65535)}},
		}},
	"routes": schema.ListNestedAttribute{Optional: true,
		MarkdownDescription: "What is sent elsewhere than to all servers, in the order in which it is tried. A request must meet all conditions of a route.",
		Validators:          []validator.List{listvalidator.SizeBetween(1, 50)},
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{Required: true, MarkdownDescription: "Name of the route.",
				Validators: []validator.String{stringvalidator.RegexMatches(routePattern, "must be 1 to 30 lower-case letters, digits and hyphens, and begin with a letter")}},
			"to": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString(toMasters), MarkdownDescription: "`masters` (default) or `servers`.",
				Validators: []validator.String{stringvalidator.OneOf(toMasters, toServers)}},
			"hosts": routeValues("Host names; `*` and `?` stand for any characters and any one."),
			"paths": routeValues("Paths, such as `/upload/*`; `*` and `?` stand for any characters and any one."),
			"methods": schema.SetAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: "HTTP methods, such as `POST`.",
				Validators: []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(stringvalidator.RegexMatches(methodPattern, "must be a method in capitals, such as POST"))}},
			"header": schema.StringAttribute{Optional: true, MarkdownDescription: "Name of a header, whose `values` count.",
				Validators: []validator.String{stringvalidator.LengthBetween(1, 40)}},
			"values": routeValues("Values of the header; `*` and `?` stand for any characters and any one."),
		}}},
}

func routeValues(description string) schema.SetAttribute {
	return schema.SetAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: description,
		Validators: []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(stringvalidator.LengthBetween(1, 128))}}
}
