package servers

import (
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int32validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int32default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
)

// The strategies of a rollout.
const (
	strategyRolling   = "rolling"
	strategyNone      = "none"
	strategyBlueGreen = "blue_green"
)

// Rollout is the attribute rollout.
type Rollout struct {
	Strategy              types.String `tfsdk:"strategy"`
	MinHealthyPercentage  types.Int32  `tfsdk:"min_healthy_percentage"`
	MaxHealthyPercentage  types.Int32  `tfsdk:"max_healthy_percentage"`
	AutoRollback          types.Bool   `tfsdk:"auto_rollback"`
	AlarmNames            types.Set    `tfsdk:"alarm_names"`
	BakeTime              types.Int32  `tfsdk:"bake_time"`
	CheckpointPercentages types.List   `tfsdk:"checkpoint_percentages"`
	CheckpointDelay       types.Int32  `tfsdk:"checkpoint_delay"`
	SkipMatching          types.Bool   `tfsdk:"skip_matching"`
	Wait                  types.Bool   `tfsdk:"wait"`
	Steps                 types.List   `tfsdk:"steps"`
	StepDelay             types.Int32  `tfsdk:"step_delay"`
	KeepOldFor            types.Int32  `tfsdk:"keep_old_for"`
}

var (
	percentages  = types.ListType{ElemType: types.Int32Type}
	rolloutTypes = map[string]attr.Type{
		"strategy": types.StringType, "min_healthy_percentage": types.Int32Type, "max_healthy_percentage": types.Int32Type,
		"auto_rollback": types.BoolType, "alarm_names": types.SetType{ElemType: types.StringType}, "bake_time": types.Int32Type,
		"checkpoint_percentages": percentages, "checkpoint_delay": types.Int32Type, "skip_matching": types.BoolType, "wait": types.BoolType,
		"steps": percentages, "step_delay": types.Int32Type, "keep_old_for": types.Int32Type,
	}
)

// DefaultRollout replaces all servers, with as many new ones beside them.
var DefaultRollout = Rollout{
	Strategy: types.StringValue(strategyRolling), MinHealthyPercentage: types.Int32Value(100), MaxHealthyPercentage: types.Int32Value(200),
	AutoRollback: types.BoolValue(true), AlarmNames: types.SetNull(types.StringType), BakeTime: types.Int32Value(0),
	CheckpointPercentages: types.ListNull(types.Int32Type), CheckpointDelay: types.Int32Null(), SkipMatching: types.BoolValue(false),
	Wait: types.BoolValue(true), Steps: types.ListNull(types.Int32Type), StepDelay: types.Int32Value(60), KeepOldFor: types.Int32Value(0),
}

// Object returns the attribute's value.
func (r Rollout) Object() types.Object { return composite.Encode(rolloutTypes, r) }

// rollout reads the attribute. An imported one has the defaults where AWS does not
// tell.
func (f *Fleet) rollout() Rollout {
	if f.Rollout.IsNull() || f.Rollout.IsUnknown() {
		return DefaultRollout
	}
	return composite.Decode[Rollout](f.Rollout)
}

var rolloutAttributes = map[string]schema.Attribute{
	"strategy": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString(strategyRolling),
		MarkdownDescription: "`rolling` (default): the servers are replaced in the group. `blue_green`: a second group of servers is made and the load balancer's requests are " +
			"moved to it. `none`: a new launch template version is published and no server is replaced. A change from or to `blue_green` makes a second group, too.",
		Validators: []validator.String{stringvalidator.OneOf(strategyRolling, strategyBlueGreen, strategyNone)}},
	"min_healthy_percentage": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(100),
		MarkdownDescription: "Share of the servers that stays in service, in percent.", Validators: []validator.Int32{int32validator.Between(0, 100)}},
	"max_healthy_percentage": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(200),
		MarkdownDescription: "Up to which share new servers may stand beside old ones, in percent, at most 100 above the minimum.", Validators: []validator.Int32{int32validator.Between(100, 200)}},
	"auto_rollback": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(true),
		MarkdownDescription: "Return to the last good version when the new one fails."},
	"alarm_names": schema.SetAttribute{ElementType: types.StringType, Optional: true,
		MarkdownDescription: "CloudWatch alarms, at most 10, each of which makes the rollout fail when it goes off.",
		Validators:          []validator.Set{setvalidator.SizeBetween(1, 10)}},
	"bake_time": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(0),
		MarkdownDescription: "Seconds for which the alarms are watched when all servers are new, before the rollout has succeeded.",
		Validators:          []validator.Int32{int32validator.Between(0, 172800)}},
	"checkpoint_percentages": schema.ListAttribute{ElementType: types.Int32Type, Optional: true,
		MarkdownDescription: "Shares of replaced servers, in percent, ascending up to 100, at each of which a `rolling` rollout pauses.",
		Validators:          []validator.List{listvalidator.SizeAtLeast(1), listvalidator.ValueInt32sAre(int32validator.Between(1, 100))}},
	"checkpoint_delay": schema.Int32Attribute{Optional: true,
		MarkdownDescription: "Seconds of the pause. Default: 3600.", Validators: []validator.Int32{int32validator.Between(0, 172800)}},
	"skip_matching": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false),
		MarkdownDescription: "Leave servers alone that have the new version already."},
	"wait": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(true),
		MarkdownDescription: "Wait for a `rolling` rollout, and fail when it fails. With `false` the apply ends when it has begun; the next plan shows what is still under way, or what became of it."},
	"steps": schema.ListAttribute{ElementType: types.Int32Type, Optional: true,
		MarkdownDescription: "Shares of the requests, in percent, ascending, that the new group of a `blue_green` rollout gets before it gets all.",
		Validators:          []validator.List{listvalidator.SizeBetween(1, 20), listvalidator.ValueInt32sAre(int32validator.Between(1, 99))}},
	"step_delay": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(60),
		MarkdownDescription: "Seconds between the steps.", Validators: []validator.Int32{int32validator.Between(0, 86400)}},
	"keep_old_for": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(0),
		MarkdownDescription: "Seconds for which the old group of a `blue_green` rollout stays, with its servers and without requests, so that going back is a matter of seconds. " +
			"The first apply after that deletes it. With 0 it is deleted at once.",
		Validators: []validator.Int32{int32validator.Between(0, 604800)}},
}

// checkRollout finds what does not go together.
func checkRollout(r Rollout, diags *diag.Diagnostics) {
	at := path.Root("rollout")
	if least, most := r.MinHealthyPercentage, r.MaxHealthyPercentage; composite.IsKnown(least) && composite.IsKnown(most) && most.ValueInt32()-least.ValueInt32() > 100 {
		diags.AddAttributeError(at.AtName("max_healthy_percentage"), "Rollout bounds too far apart",
			fmt.Sprintf("max_healthy_percentage (%d) may be at most 100 above min_healthy_percentage (%d).", most.ValueInt32(), least.ValueInt32()))
	}
	onlyOf(r, strategyBlueGreen, "has a second group of servers", map[string]attr.Value{"steps": r.Steps, "keep_old_for": r.KeepOldFor}, diags)
	onlyOf(r, strategyRolling, "has checkpoints", map[string]attr.Value{"checkpoint_percentages": r.CheckpointPercentages, "checkpoint_delay": r.CheckpointDelay}, diags)
	checkpoints := numbers(r.CheckpointPercentages)
	checkAscending(checkpoints, at.AtName("checkpoint_percentages"), diags)
	checkAscending(numbers(r.Steps), at.AtName("steps"), diags)
	if n := len(checkpoints); n > 0 && checkpoints[n-1] != 100 {
		diags.AddAttributeError(at.AtName("checkpoint_percentages"), "Checkpoints below 100 percent",
			fmt.Sprintf("After the last one, %d, the rollout would end with old servers left. End the list with 100.", checkpoints[n-1]))
	}
	if composite.IsKnown(r.CheckpointDelay) && r.CheckpointPercentages.IsNull() {
		diags.AddAttributeError(at.AtName("checkpoint_delay"), "Delay without checkpoints", "Give checkpoint_percentages, too, or leave checkpoint_delay out.")
	}
}

// onlyOf refuses settings that only one strategy has.
func onlyOf(r Rollout, strategy, has string, settings map[string]attr.Value, diags *diag.Diagnostics) {
	if !composite.IsKnown(r.Strategy) || r.is(strategy) {
		return
	}
	for name, value := range settings {
		if composite.IsKnown(value) && !value.Equal(types.Int32Value(0)) {
			diags.AddAttributeError(path.Root("rollout").AtName(name), "Not a setting of this strategy: "+name,
				fmt.Sprintf("Only strategy = %q %s; the strategy is %q. Leave %s out, or change the strategy.", strategy, has, r.Strategy.ValueString(), name))
		}
	}
}

// RefuseBlueGreen is for composites without a load balancer, whose requests could be
// moved.
func (f *Fleet) RefuseBlueGreen(diags *diag.Diagnostics) {
	if f.rollout().Strategy.ValueString() == strategyBlueGreen {
		diags.AddAttributeError(path.Root("rollout").AtName("strategy"), "No blue/green rollout without a load balancer",
			"There are no requests that could be moved to a second group of servers. Use strategy = \"rolling\".")
	}
}

func checkAscending(values []int32, at path.Path, diags *diag.Diagnostics) {
	for i := 1; i < len(values); i++ {
		if values[i] <= values[i-1] {
			diags.AddAttributeError(at, "Percentages not ascending", fmt.Sprintf("%d stands after %d. Write each once, from the smallest to the largest.", values[i], values[i-1]))
			return
		}
	}
}

// numbers returns the elements that are known.
func numbers(list types.List) []int32 {
	var all []int32
	for _, element := range list.Elements() {
		if number, ok := element.(types.Int32); ok && composite.IsKnown(number) {
			all = append(all, number.ValueInt32())
		}
	}
	return all
}

// percentagesOf is the way back.
func percentagesOf(values []int32) types.List {
	all := make([]attr.Value, len(values))
	for i, value := range values {
		all[i] = types.Int32Value(value)
	}
	return types.ListValueMust(types.Int32Type, all)
}

// rolling returns how the group replaces its instances.
func (r Rollout) rolling() autoscaling.Rollout {
	return autoscaling.Rollout{
		MinHealthyPercentage: r.MinHealthyPercentage.ValueInt32(), MaxHealthyPercentage: r.MaxHealthyPercentage.ValueInt32(),
		AutoRollback: r.AutoRollback.ValueBool(), SkipMatching: r.SkipMatching.ValueBool(),
		NoWait: !r.Wait.ValueBool(), Alarms: composite.Strings(r.AlarmNames), BakeSeconds: r.BakeTime.ValueInt32(),
		Checkpoints: numbers(r.CheckpointPercentages), CheckpointSeconds: r.CheckpointDelay.ValueInt32Pointer(),
	}
}

// absorb is its mirror, for an import: of a rolling rollout AWS tells how the last one
// was asked for.
func (r *Rollout) absorb(strategy string, last autoscaling.Rollout) {
	if strategy != "" {
		r.Strategy = types.StringValue(strategy)
	}
	if !r.is(strategyRolling) || last.IsNone() {
		return
	}
	r.AutoRollback, r.SkipMatching = types.BoolValue(last.AutoRollback), types.BoolValue(last.SkipMatching)
	r.BakeTime = types.Int32Value(last.BakeSeconds)
	if len(last.Alarms) > 0 {
		r.AlarmNames = composite.StringSet(last.Alarms)
	}
	if len(last.Checkpoints) == 0 {
		return
	}
	r.CheckpointPercentages = percentagesOf(last.Checkpoints)
	if delay := last.CheckpointSeconds; delay != nil && *delay != defaultCheckpointDelay {
		r.CheckpointDelay = types.Int32Value(*delay)
	}
}

// defaultCheckpointDelay is AWS's, in seconds (aws-facts §5.5).
const defaultCheckpointDelay = 3600

// pauses is how long a rollout that is waited for does nothing but wait, as it was asked
// to.
func (r Rollout) pauses() time.Duration {
	seconds := int(r.BakeTime.ValueInt32())
	switch {
	case r.is(strategyBlueGreen):
		seconds += len(numbers(r.Steps)) * int(r.StepDelay.ValueInt32())
	case !r.is(strategyRolling) || composite.IsKnown(r.Wait) && !r.Wait.ValueBool():
		return 0
	case len(r.CheckpointPercentages.Elements()) > 0:
		delay := defaultCheckpointDelay
		if !r.CheckpointDelay.IsNull() {
			delay = int(r.CheckpointDelay.ValueInt32())
		}
		seconds += (len(r.CheckpointPercentages.Elements()) - 1) * delay
	}
	return time.Duration(seconds) * time.Second
}

// CheckPauses makes sure that a rollout can end before an update has to.
func (f *Fleet) CheckPauses(limit time.Duration, diags *diag.Diagnostics) {
	if pauses := f.rollout().pauses(); pauses >= limit {
		diags.AddAttributeError(path.Root("rollout"), "Rollout longer than an apply may take",
			fmt.Sprintf("Its pauses alone take %s, and timeouts.update is %s. Set timeouts = { update = \"%dm\" } or more, or shorten the pauses.",
				pauses, limit, int((pauses+limit).Minutes())))
	}
}

// is reports whether the strategy is one of those.
func (r Rollout) is(strategies ...string) bool {
	return slices.Contains(strategies, r.Strategy.ValueString())
}
