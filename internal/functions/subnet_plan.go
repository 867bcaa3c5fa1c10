package functions

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite/network"
)

// subnetPlan tells the address ranges of a network before it is made.
type subnetPlan struct{}

// Metadata names the function.
func (subnetPlan) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "subnet_plan"
}

// Definition describes the function.
func (subnetPlan) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	tier := types.ObjectType{AttrTypes: map[string]attr.Type{"newbits": types.Int64Type, "block": types.Int64Type}}
	resp.Definition = function.Definition{
		Summary: "Address ranges of a network's subnets",
		MarkdownDescription: "Returns the address ranges that `webtier_network` gives its subnets, by tier and zone id. " +
			"Every tier takes a block of ranges, one for each zone number, so that a range depends on nothing but its own tier and zone.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "cidr", MarkdownDescription: "IPv4 range of the VPC in canonical form, /16 to /28."},
			function.ListParameter{Name: "zones", ElementType: types.StringType, MarkdownDescription: "Ids of the zones, such as `euw1-az1`."},
			function.MapParameter{Name: "tiers", ElementType: tier,
				MarkdownDescription: "Tiers by name, each with `newbits`, by which its subnets' prefix is longer than the VPC's, and `block`, as in `webtier_network`."},
		},
		VariadicParameter: function.Int64Parameter{Name: "reserved_az_slots",
			MarkdownDescription: "The network's `reserved_az_slots`, when it is not 4."},
		Return: function.MapReturn{ElementType: types.MapType{ElemType: types.StringType}},
	}
}

// argumentOf is the function's argument for each of the network's.
var argumentOf = map[string]int64{"cidr_block": 0, "availability_zone_ids": 1, "tiers": 2, "reserved_az_slots": 3}

// Run computes it.
func (subnetPlan) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var cidr string
	var zones []string
	var tiers map[string]network.Ranges
	var slots []int64
	if resp.Error = req.Arguments.Get(ctx, &cidr, &zones, &tiers, &slots); resp.Error != nil {
		return
	}
	if len(slots) > 1 {
		resp.Error = function.NewArgumentFuncError(4, fmt.Sprintf("reserved_az_slots is one number, not %d", len(slots)))
		return
	}
	plan, diags := network.Plan(ctx, cidr, zones, tiers, append(slots, network.DefaultSlots)[0])
	if diags.HasError() {
		resp.Error = argumentError(diags.Errors()[0])
		return
	}
	resp.Error = resp.Result.Set(ctx, plan)
}

// argumentError says of a network's attribute what is wrong with an argument.
func argumentError(problem diag.Diagnostic) *function.FuncError {
	text := problem.Summary() + ": " + problem.Detail()
	if at, ok := problem.(diag.DiagnosticWithPath); ok {
		if name, ok := at.Path().Steps()[0].(path.PathStepAttributeName); ok {
			return function.NewArgumentFuncError(argumentOf[string(name)], text)
		}
	}
	return function.NewFuncError(text)
}
