package servers

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int32validator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int32default"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
)

// spot is the attribute of that name: how many servers are Spot Instances.
type spot struct {
	OnDemandBase types.Int32 `tfsdk:"on_demand_base"`
	Percentage   types.Int32 `tfsdk:"percentage"`
}

var spotTypes = map[string]attr.Type{"on_demand_base": types.Int32Type, "percentage": types.Int32Type}

// mostTypes is how many instance types Auto Scaling takes in a policy.
const mostTypes = 40

var spotAttribute = schema.SingleNestedAttribute{Optional: true,
	MarkdownDescription: "Make a share of the servers Spot Instances: cheaper, and taken back by AWS with two minutes' notice. Give several `instance_types` with it, for all that are of one " +
		"type may go at once. A server that is about to be taken back is replaced before it goes. A change is rolled out.",
	Attributes: map[string]schema.Attribute{
		"on_demand_base": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(0),
			MarkdownDescription: "So many servers are On-Demand Instances in any case.", Validators: []validator.Int32{int32validator.Between(0, 1000)}},
		"percentage": schema.Int32Attribute{Required: true,
			MarkdownDescription: "Share of Spot Instances among the servers above `on_demand_base`, in percent.", Validators: []validator.Int32{int32validator.Between(1, 100)}},
	}}

func (f *Fleet) spot() spot { return composite.Decode[spot](f.Spot) }

// mix is how servers are chosen; none when all are of one type and On-Demand.
func (f *Fleet) mix() autoscaling.Mix {
	names := composite.Strings(f.InstanceTypes)
	if len(names) == 1 && f.Spot.IsNull() {
		return autoscaling.Mix{}
	}
	mix := autoscaling.Mix{Types: names, OnDemandPercentage: 100, OnDemandAllocation: "prioritized", SpotAllocation: "price-capacity-optimized"}
	if !f.Spot.IsNull() {
		mix.OnDemandBase, mix.OnDemandPercentage = f.spot().OnDemandBase.ValueInt32(), 100-f.spot().Percentage.ValueInt32()
	}
	return mix
}

// absorbMix is its mirror, after the launch template has told its type.
func (f *Fleet) absorbMix(mix autoscaling.Mix) {
	f.Spot = types.ObjectNull(spotTypes)
	if len(mix.Types) == 0 {
		return
	}
	f.InstanceTypes = composite.StringList(mix.Types)
	if mix.OnDemandBase > 0 || mix.OnDemandPercentage < 100 {
		f.Spot = composite.Encode(spotTypes, spot{OnDemandBase: types.Int32Value(mix.OnDemandBase), Percentage: types.Int32Value(100 - mix.OnDemandPercentage)})
	}
}

// onDemand is how many of so many servers are On-Demand Instances.
func (f *Fleet) onDemand(n int) int {
	if f.Spot.IsNull() {
		return n
	}
	base := min(n, int(f.spot().OnDemandBase.ValueInt32()))
	return base + ceil((n-base)*(100-int(f.spot().Percentage.ValueInt32())), 100)
}

// mixWords say what servers are chosen of; nothing when that is plain.
func (f *Fleet) mixWords() string {
	names := composite.Strings(f.InstanceTypes)
	text := ""
	if len(names) > 1 {
		text = ", of the types " + strings.Join(names, ", ")
	}
	if !f.Spot.IsNull() {
		text += fmt.Sprintf(", %d %% Spot above %d On-Demand", f.spot().Percentage.ValueInt32(), f.spot().OnDemandBase.ValueInt32())
	}
	return text
}

// Findings names the weaknesses of a group of servers so configured.
func (f *Fleet) Findings() []composite.Finding {
	if f.Spot.IsNull() {
		return nil
	}
	var found []composite.Finding
	if least := int(f.MinSize.ValueInt32()); least > 0 && f.onDemand(least) == 0 {
		found = append(found, composite.Finding{ID: "WT-SPOT-01", Severity: "high", Message: "All servers may be Spot Instances, which AWS may take back at the same time.",
			Fix: "Set spot.on_demand_base to the number of servers that must stay."})
	}
	if len(f.InstanceTypes.Elements()) == 1 {
		found = append(found, composite.Finding{ID: "WT-SPOT-02", Severity: "medium", Message: "Spot Instances of one type: when AWS has none of it in a zone, there are none.",
			Fix: "Give several instance_types."})
	}
	return found
}
