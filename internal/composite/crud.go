package composite

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Create makes the stack, or goes on with one that an interrupted create began.
func (r *Resource[M, P]) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	defer recovered(&resp.Diagnostics)
	m := P(new(M))
	resp.Diagnostics.Append(req.Plan.Get(ctx, m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	limit, diags := m.common().Timeouts.Create(ctx, r.def.Timeouts.Create)
	resp.Diagnostics.Append(diags...)
	op := operation[P]{doing: "create", limit: limit, model: m, planned: req.Plan.Raw, secrets: r.secrets(req.Config), create: true}
	r.converge(ctx, op, &resp.State, &resp.Diagnostics)
}

// Update changes the stack to what is planned and repairs what has drifted.
func (r *Resource[M, P]) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	defer recovered(&resp.Diagnostics)
	m, prior := P(new(M)), P(new(M))
	resp.Diagnostics.Append(req.Plan.Get(ctx, m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, prior)...)
	if resp.Diagnostics.HasError() {
		return
	}
	limit, diags := m.common().Timeouts.Update(ctx, r.def.Timeouts.Update)
	resp.Diagnostics.Append(diags...)
	op := operation[P]{doing: "update", limit: limit, model: m, planned: req.Plan.Raw, prior: prior, known: known(ctx, prior.common()),
		tags: prior.common().Tags, secrets: r.secrets(req.Config)}
	r.converge(ctx, op, &resp.State, &resp.Diagnostics)
}

type operation[P Model] struct {
	doing   string
	limit   time.Duration
	model   P
	planned tftypes.Value
	prior   P // nil when it is created
	known   map[string]engine.Known
	tags    types.Map // of the prior state
	secrets stack.Secrets
	create  bool
	began   time.Time
}

// health returns the health of the prior state, nil if there was none.
func (op operation[P]) health() *Health {
	if op.create {
		return nil
	}
	return healthOf(op.prior)
}

// converge makes what exists match the model and saves what then exists.
func (r *Resource[M, P]) converge(stop context.Context, op operation[P], state *tfsdk.State, diags *diag.Diagnostics) {
	m := op.model
	op.began = time.Now()
	ctx, cancel := context.WithTimeoutCause(stop, op.limit, fmt.Errorf("the %s timeout of %s has passed", op.doing, op.limit))
	defer cancel()
	diags.Append(needed(r.resolve(ctx, m))...)
	if diags.HasError() {
		return
	}
	// Something was unknown in the plan.
	unplanned := m.common().Findings.IsUnknown()
	if unplanned {
		diags.Append(r.preflight(ctx, m, op.prior, tftypes.Value{}, tftypes.Value{})...)
		if diags.HasError() {
			return
		}
	}
	want := r.build(ctx, m)
	want.Secrets = op.secrets
	for key := range StringMap(ctx, op.tags) {
		if _, kept := want.Tags[key]; !kept {
			want.Untag = append(want.Untag, key)
		}
	}
	if m.common().PlannedActions.IsUnknown() {
		r.announce(ctx, op.prior, m, engine.Match(want, nil), nil)
	} else if unplanned {
		r.derive(ctx, m)
	}
	if err := r.session.Clients.AwaitOthers(ctx); err != nil {
		diags.Append(lookupDiagnostic(op.doing, r.def.Name, want.ID.Name, err))
		return
	}
	// Who plans next must not take for missing what has only just been made.
	defer r.session.Clients.AwaitOwn(stop)
	eng := r.engine()
	eng.Guard = r.guard(ctx, m)
	outcome, err := eng.Apply(ctx, want, op.known, op.create)
	diags.Append(unseenDiagnostics(r.def.Name, want.ID.Name, outcome.Unseen)...)
	if refused := (*refusedError)(nil); errors.As(err, &refused) {
		diags.Append(refused.diagnostics(r.def.Name, want.ID.Name)...)
		return
	}
	var taken *engine.TakenError
	if errors.As(err, &taken) {
		diags.Append(takenDiagnostic(r.def.Name, taken.Stack))
		return
	}
	if err != nil && len(outcome.Live) == 0 {
		diags.Append(lookupDiagnostic(op.doing, r.def.Name, want.ID.Name, err))
		return
	}
	if err != nil || len(outcome.Failures) > 0 {
		r.unfinished(stop, op, want, outcome, err, state, diags)
		return
	}
	// What follows must be saved even when the time is up or Terraform stops us.
	ctx = context.WithoutCancel(ctx)
	r.absorb(m, want, outcome.Live)
	m.common().Drift = StringMapValue(nil)
	healthOf(m).succeed()
	r.save(ctx, m, state, diags)
	diags.Append(sparedDiagnostics(r.def.Name, want.ID.Name, outcome.Spared)...)
}

// unfinished saves what exists after a failure, and says so.
func (r *Resource[M, P]) unfinished(stop context.Context, op operation[P], want *stack.Stack, outcome engine.Outcome, err error, state *tfsdk.State, diags *diag.Diagnostics) {
	m := op.model
	health := healthOf(m)
	report := failure{doing: op.doing, kind: r.def.Name, name: want.ID.Name, outcome: outcome, err: err}
	if stop.Err() == nil {
		report.why = r.explain(stop, m, Failure{Parts: failedParts(outcome), Err: outcome.Err(), Seen: observe(want, outcome.Live), Since: op.began})
	}
	onFailure := failCreate
	if op.create {
		onFailure = health.onFailure()
	}
	if onFailure == rollBackCreate && stop.Err() == nil && !finished(want.Anchor, outcome.Live) {
		report.undone = r.undo(stop, m, outcome.Live)
		outcome.Live = report.undone.Live
	}
	if onFailure != failCreate && len(outcome.Live) == 0 {
		diags.Append(report.diagnostic())
		state.RemoveResource(stop)
		return
	}
	ctx := context.WithoutCancel(stop)
	r.absorb(m, want, outcome.Live)
	m.common().Drift = StringMapValue(drift(r.rebuilt(ctx, m), outcome.Live, r.why(m)))
	health.fail(op.health(), outcome, err, report.why)
	if op.create {
		// Protection starts with a finished create; an unfinished one must be removable.
		m.common().DeletionProtection = types.BoolValue(false)
	} else if slices.ContainsFunc(want.Untag, func(key string) bool { return StringMap(ctx, op.tags)[key] != "" }) {
		// The next apply must know which tags are still to be removed.
		m.common().Tags = op.tags
	}
	r.save(ctx, m, state, diags)
	if onFailure == keepCreate {
		report.kept = true
		state.Raw = asPlanned(op.planned, state.Raw)
	}
	diags.Append(report.diagnostic())
}

// finished reports whether an apply of a stack was ever finished: then its anchor
// tells the configuration.
func finished(anchor string, lives []engine.Live) bool {
	return slices.ContainsFunc(lives, func(live engine.Live) bool { return live.Key == anchor && live.Tags[stack.TagConfig] != "" })
}

// undo deletes what a create has made.
func (r *Resource[M, P]) undo(ctx context.Context, m P, lives []engine.Live) *engine.Outcome {
	limit, _ := m.common().Timeouts.Delete(ctx, r.def.Timeouts.Delete)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the delete timeout of %s has passed", limit))
	defer cancel()
	made := map[string]engine.Known{}
	for _, live := range lives {
		made[live.Key] = engine.Known{Kind: live.Spec.Kind(), ID: live.ID}
	}
	outcome, err := r.engine().Destroy(ctx, r.id(m), made)
	if err != nil {
		return &engine.Outcome{Live: lives, Failures: []*engine.Failure{{Key: "the stack", Doing: "delete", Err: err}}}
	}
	return &outcome
}

// explainLimit bounds how long a failure is looked into.
const explainLimit = 30 * time.Second

// explain finds out why parts failed. The state still has to be saved: neither a panic
// nor AWS's silence may keep it from that.
func (r *Resource[M, P]) explain(ctx context.Context, m P, failure Failure) (text string) {
	if r.def.Explain == nil || len(failure.Parts) == 0 {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, explainLimit)
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			text = fmt.Sprintf("Looking for the cause failed: %v\n%s", cause, debug.Stack())
		}
	}()
	return r.def.Explain(ctx, r.session.Clients, m, failure)
}

// save stores the model; what is still unknown after a failure becomes null.
func (r *Resource[M, P]) save(ctx context.Context, m P, state *tfsdk.State, diags *diag.Diagnostics) {
	diags.Append(state.Set(ctx, m)...)
	raw, err := tftypes.Transform(state.Raw, func(_ *tftypes.AttributePath, value tftypes.Value) (tftypes.Value, error) {
		if !value.IsKnown() {
			return tftypes.NewValue(value.Type(), nil), nil
		}
		return value, nil
	})
	if err == nil {
		state.Raw = raw
	}
}

// Read observes the stack, absorbs it, and shows what no attribute shows as drift.
func (r *Resource[M, P]) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer recovered(&resp.Diagnostics)
	m := P(new(M))
	resp.Diagnostics.Append(req.State.Get(ctx, m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	c := m.common()
	imported := c.ID.IsNull()
	lives, err := r.engine().Observe(ctx, r.id(m), known(ctx, c), true)
	if err != nil {
		resp.Diagnostics.Append(lookupDiagnostic("read", r.def.Name, c.Name.ValueString(), err))
		return
	}
	if len(lives) == 0 {
		resp.State.RemoveResource(ctx)
		return
	}
	prior := (*stack.Stack)(nil)
	if !imported {
		prior = r.rebuilt(ctx, m)
	}
	r.absorb(m, prior, lives)
	if r.def.Decide != nil {
		r.def.Decide(m, observe(prior, lives), r.session.Clients.Now(), true)
	}
	if absorbed := r.rebuilt(ctx, m); absorbed != nil {
		if anchor, ok := observe(prior, lives).Part(absorbed.Anchor); ok {
			r.absorbAnchor(ctx, m, anchor, imported)
		}
		if imported {
			healthOf(m).imported(finished(absorbed.Anchor, lives))
		}
	}
	c.Drift = StringMapValue(drift(r.rebuilt(ctx, m), lives, r.why(m)))
	if imported {
		c.PlannedActions = StringList(nil)
	}
	r.derive(ctx, m)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// Delete removes the stack and returns when nothing is left of it.
func (r *Resource[M, P]) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	defer recovered(&resp.Diagnostics)
	m := P(new(M))
	resp.Diagnostics.Append(req.State.Get(ctx, m)...)
	if diagnostic := r.protected(m, "destroy"); diagnostic != nil {
		resp.Diagnostics.Append(diagnostic)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	limit, diags := m.common().Timeouts.Delete(ctx, r.def.Timeouts.Delete)
	resp.Diagnostics.Append(diags...)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the delete timeout of %s has passed", limit))
	defer cancel()
	var outcome engine.Outcome
	err := r.session.Clients.AwaitOthers(ctx)
	if err == nil {
		outcome, err = r.engine().Destroy(ctx, r.id(m), known(ctx, m.common()))
	}
	resp.Diagnostics.Append(unseenDiagnostics(r.def.Name, m.common().Name.ValueString(), outcome.Unseen)...)
	if err != nil || len(outcome.Failures) > 0 {
		report := failure{doing: "delete", kind: r.def.Name, name: m.common().Name.ValueString(), outcome: outcome, err: err}
		resp.Diagnostics.Append(report.diagnostic())
		return
	}
	resp.Diagnostics.Append(sparedDiagnostics(r.def.Name, m.common().Name.ValueString(), outcome.Spared)...)
}

// ImportState imports a stack by its name; Read does the rest.
func (r *Resource[M, P]) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if !namePattern.MatchString(req.ID) {
		resp.Diagnostics.AddError("Not the name of a stack: "+req.ID,
			"A webtier_"+r.def.Name+" is imported by its name, for example: terraform import webtier_"+r.def.Name+".this shop")
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), req.ID)...)
}

// recovered turns a panic into a diagnostic: it would take the whole provider
// process down, and with it every other operation in flight.
func recovered(diags *diag.Diagnostics) {
	if cause := recover(); cause != nil {
		diags.AddError("Internal error of the webtier provider",
			fmt.Sprintf("%v\n\nWhat was made so far carries the tag %s; applying again goes on from there. Please report this:\n%s",
				cause, stack.TagStack, debug.Stack()))
	}
}
