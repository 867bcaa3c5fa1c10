package composite

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// ValidateConfig finds what is wrong with the values that are known without AWS.
func (r *Resource[M, P]) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	m := P(new(M))
	resp.Diagnostics.Append(req.Config.Get(ctx, m)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(r.def.Check(ctx, m)...)
	}
}

// ModifyPlan checks the plan, works out what will be done to the parts, and plans
// as unknown only the outputs that will change.
func (r *Resource[M, P]) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var prior P
	if !req.State.Raw.IsNull() {
		prior = P(new(M))
		resp.Diagnostics.Append(req.State.Get(ctx, prior)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(r.protected(prior, "destroy"))
		if !resp.Diagnostics.HasError() {
			resp.Diagnostics.Append(r.warnOfLoss(ctx, prior)...)
		}
		return
	}
	if r.session == nil {
		return
	}
	m := P(new(M))
	resp.Diagnostics.Append(req.Plan.Get(ctx, m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if prior == nil {
		r.planCreate(ctx, m, resp)
		return
	}
	if resp.RequiresReplace = r.replacedFor(req); len(resp.RequiresReplace) > 0 {
		resp.Diagnostics.Append(r.protected(prior, "replace"))
		resp.Diagnostics.Append(r.guardReplacement(ctx, prior, m, resp.RequiresReplace)...)
		return
	}
	r.planUpdate(ctx, prior, m, req, resp)
}

// replacedFor returns the attributes that change and cannot change in place.
func (r *Resource[M, P]) replacedFor(req resource.ModifyPlanRequest) path.Paths {
	var before, after map[string]tftypes.Value
	var paths path.Paths
	if req.State.Raw.As(&before) != nil || req.Plan.Raw.As(&after) != nil {
		return nil
	}
	for _, name := range append([]string{"name"}, r.def.Replaces...) {
		if !before[name].Equal(after[name]) {
			paths = append(paths, path.Root(name))
		}
	}
	return paths
}

// protected returns an error when deletion protection, judged on the prior state,
// forbids the operation; otherwise nil diagnostics. It starts with a finished create.
func (r *Resource[M, P]) protected(prior P, what string) diag.Diagnostic {
	if prior == nil || !prior.common().DeletionProtection.ValueBool() || healthOf(prior).unfinished() {
		return nil
	}
	return protectedDiagnostic(r.def.Name, prior.common().Name.ValueString(), what)
}

func (r *Resource[M, P]) planCreate(ctx context.Context, m P, resp *resource.ModifyPlanResponse) {
	resp.Diagnostics.Append(r.resolve(ctx, m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, m)...)
	resp.Diagnostics.Append(r.preflight(ctx, m, nil, resp.Plan.Raw, tftypes.Value{})...)
	m.common().Drift = StringMapValue(nil)
	healthOf(m).plan(nil)
	if unknown := r.unknownInputs(resp.Plan.Raw); r.shapeless(unknown) {
		r.tell(nil, m, engine.Match(r.build(ctx, m), nil), nil)
		if len(unknown) == 0 {
			r.derive(ctx, m)
		}
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, m)...)
}

func (r *Resource[M, P]) planUpdate(ctx context.Context, prior, m P, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	repairs := StringMap(ctx, prior.common().Drift)
	ails := healthOf(prior).ails()
	if req.Plan.Raw.Equal(req.State.Raw) && len(repairs) == 0 && !ails {
		return
	}
	resp.Diagnostics.Append(r.resolve(ctx, m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.common().ID = prior.common().ID
	m.common().Drift = StringMapValue(nil)
	healthOf(m).plan(healthOf(prior))
	resp.Diagnostics.Append(resp.Plan.Set(ctx, m)...)
	resp.Diagnostics.Append(r.preflight(ctx, m, prior, resp.Plan.Raw, req.State.Raw)...)
	if len(r.unknownInputs(resp.Plan.Raw)) > 0 || resp.Diagnostics.HasError() {
		return
	}
	actions := engine.Match(r.build(ctx, m), engine.FromStack(r.build(ctx, prior)))
	resp.Diagnostics.Append(r.guardPlan(ctx, prior, m, actions)...)
	if resp.Diagnostics.HasError() {
		return
	}
	steps, left := r.expected(ctx, prior, m, actions, repairs)
	r.announce(ctx, prior, m, steps, left)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, m)...)
	r.planOutputs(req.State.Raw, &resp.Plan, actions, repairs, ails)
}

// expected returns what will be done. What an apply that failed has left over, such as
// the servers that still have the requests, may serve again: only what exists tells.
func (r *Resource[M, P]) expected(ctx context.Context, prior, m P, actions []engine.Action, repairs map[string]string) ([]engine.Action, map[string]string) {
	leftOver := func(at string) bool {
		_, _, surplus := whatDrifted(at)
		return surplus
	}
	if !healthOf(prior).ails() || !slices.ContainsFunc(slices.Collect(maps.Keys(repairs)), leftOver) {
		return actions, repairs
	}
	lives, err := r.engine().Observe(ctx, r.id(m), known(ctx, prior.common()), true)
	if err != nil {
		return actions, repairs
	}
	return engine.Match(r.build(ctx, m), lives), nil
}

// resolve checks the model with its defaults and completes it from AWS.
func (r *Resource[M, P]) resolve(ctx context.Context, m P) diag.Diagnostics {
	diags := r.def.Check(ctx, m)
	if !diags.HasError() && r.def.Resolve != nil {
		diags.Append(r.def.Resolve(ctx, r.session.Clients, m)...)
	}
	if r.def.Decide == nil || diags.HasError() {
		return diags
	}
	lives, err := r.engine().Observe(ctx, r.id(m), nil, false)
	if err != nil {
		diags.Append(lookupDiagnostic("plan", r.def.Name, m.common().Name.ValueString(), err))
		return diags
	}
	r.def.Decide(m, observe(nil, lives), r.session.Clients.Now(), false)
	return diags
}

// announce fills in what is known of a change before it is made.
func (r *Resource[M, P]) announce(ctx context.Context, prior, m P, actions []engine.Action, repairs map[string]string) {
	r.tell(prior, m, actions, repairs)
	r.derive(ctx, m)
}

// tell fills in what will be done.
func (r *Resource[M, P]) tell(prior, m P, actions []engine.Action, repairs map[string]string) {
	m.common().PlannedActions = StringList(r.describe(prior, m, StepsOf(actions, repairs, r.why(m))))
}

// derive sets the attributes that follow from the inputs alone.
func (r *Resource[M, P]) derive(ctx context.Context, m P) {
	c := m.common()
	findings := []Finding{}
	if r.def.Findings != nil {
		findings = append(findings, r.def.Findings(m)...)
	}
	c.Findings, _ = types.ListValueFrom(ctx, findingType, findings)
	units := map[string]attr.Value{}
	if r.def.BillableUnits != nil {
		for unit, count := range r.def.BillableUnits(m) {
			units[unit] = types.Int64Value(count)
		}
	}
	c.BillableUnits = types.MapValueMust(types.Int64Type, units)
}

// planOutputs gives each output its prior value, or plans it as unknown when one
// of the parts it comes from will be made anew, or when the last apply failed before
// it was known.
func (r *Resource[M, P]) planOutputs(state tftypes.Value, plan *tfsdk.Plan, actions []engine.Action, repairs map[string]string, ails bool) {
	var before, after map[string]tftypes.Value
	if state.As(&before) != nil || plan.Raw.As(&after) != nil {
		return
	}
	sources := maps.Clone(r.def.Outputs)
	sources["parts"] = []string{"*"}
	for name, parts := range sources {
		after[name] = before[name]
		if changes(parts, actions, repairs) || ails && (before[name].IsNull() || name == "parts") {
			after[name] = tftypes.NewValue(before[name].Type(), tftypes.UnknownValue)
		}
	}
	plan.Raw = tftypes.NewValue(plan.Raw.Type(), after)
}

func changes(sources []string, actions []engine.Action, repairs map[string]string) bool {
	return slices.ContainsFunc(sources, func(text string) bool {
		s := parseSource(text)
		return text == Always || slices.ContainsFunc(actions, s.changesWith) ||
			slices.ContainsFunc(slices.Collect(maps.Keys(repairs)), s.changesWithRepair)
	})
}

// source is an entry of Definition.Outputs.
type source struct {
	parts             string
	volatile, lasting bool
}

func parseSource(text string) source {
	text, volatile := strings.CutSuffix(text, "!")
	text, lasting := strings.CutSuffix(text, "+")
	return source{text, volatile, lasting}
}

// changesWith reports whether an action changes what comes from the source.
func (s source) changesWith(action engine.Action) bool {
	made := action.Verb == engine.Create || action.Verb == engine.Replace || action.Verb == engine.Delete && !s.lasting
	return (made || s.volatile && action.Verb == engine.Update) && matches(s.parts, action.Key)
}

// changesWithRepair does the same for an entry of drift.
func (s source) changesWithRepair(at string) bool {
	key, isSetting, surplus := whatDrifted(at)
	return (!isSetting || s.volatile) && !(surplus && s.lasting) && matches(s.parts, key)
}

// whatDrifted tells the part of an entry of drift, and whether it is about a setting,
// as in key.path, or about an object too many, as in key id. Ids may have dots.
func whatDrifted(at string) (key string, isSetting, surplus bool) {
	end := strings.IndexAny(at, ". ")
	if end < 0 {
		return at, false, false
	}
	return at[:end], at[end] == '.', at[end] == ' '
}

func matches(pattern, key string) bool {
	if prefix, open := strings.CutSuffix(pattern, "*"); open {
		return strings.HasPrefix(key, prefix)
	}
	return pattern == key
}

// shapeless reports whether no part depends on any of the attributes.
func (r *Resource[M, P]) shapeless(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(r.def.Shapeless, name) })
}

// unknownInputs returns the attributes that are not known and are no outputs, such as
// load_balancer.subnet_ids.
func (r *Resource[M, P]) unknownInputs(raw tftypes.Value) []string {
	var names []string
	_ = tftypes.Walk(raw, func(at *tftypes.AttributePath, value tftypes.Value) (bool, error) {
		var steps []string
		for _, step := range at.Steps() {
			if name, ok := step.(tftypes.AttributeName); ok {
				steps = append(steps, string(name))
			}
		}
		if len(steps) == 1 && (r.def.Outputs[steps[0]] != nil || slices.Contains(commonOutputs, steps[0])) {
			return false, nil
		}
		if !value.IsKnown() {
			names = append(names, strings.Join(steps, "."))
		}
		return true, nil
	})
	return names
}

// rebuilt returns the stack that a model describes, or nil when the model is not
// complete enough, as after an import.
func (r *Resource[M, P]) rebuilt(ctx context.Context, m P) (s *stack.Stack) {
	defer func() {
		if recover() != nil {
			s = nil
		}
	}()
	return r.build(ctx, m)
}
