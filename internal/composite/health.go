package composite

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/webtier/terraform-provider-webtier/internal/engine"
)

// Health are the attributes of composites whose create may fail although all that
// was asked for exists, such as servers that never answer. Models embed it; the
// rest is done here.
type Health struct {
	OnCreateFailure types.String `tfsdk:"on_create_failure"`
	HealthStatus    types.String `tfsdk:"health_status"`
	LastFailure     types.String `tfsdk:"last_failure"`
}

func (h *Health) health() *Health { return h }

// healthOf returns the health attributes of a model, or nil if it has none.
func healthOf(m Model) *Health {
	if with, ok := m.(interface{ health() *Health }); ok {
		return with.health()
	}
	return nil
}

// What on_create_failure may be.
const (
	failCreate     = "fail"
	keepCreate     = "keep"
	rollBackCreate = "rollback"
)

// What health_status may be.
const (
	statusHealthy  = "healthy"
	statusDegraded = "degraded"
	statusFailed   = "failed"
)

var healthAttributes = map[string]schema.Attribute{
	"on_create_failure": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString(failCreate),
		MarkdownDescription: "What becomes of a create that does not finish. `fail` (default): an error; what exists is kept in the state, which Terraform taints. " +
			"`keep`: a warning and `health_status = \"failed\"`; nothing is tainted, and the next apply goes on in place: let a `postcondition` on `health_status` fail the apply. " +
			"`rollback`: an error; what the create made is deleted again.",
		Validators: []validator.String{stringvalidator.OneOf(failCreate, keepCreate, rollBackCreate)}},
	"health_status": schema.StringAttribute{Computed: true,
		MarkdownDescription: "How the last apply ended: `healthy`; `degraded`: a change did not finish; `failed`: the create has never finished. " +
			"Unless it is `healthy`, the next apply goes on, also when the configuration is the same."},
	"last_failure": schema.StringAttribute{Computed: true, MarkdownDescription: "What did not succeed in the last apply, and why."},
}

// succeed notes that the model is what exists.
func (h *Health) succeed() {
	if h != nil {
		h.HealthStatus, h.LastFailure = types.StringValue(statusHealthy), types.StringNull()
	}
}

// fail notes what did not succeed, and why as far as was found out. prior is the health
// before, nil for a create.
func (h *Health) fail(prior *Health, outcome engine.Outcome, err error, why string) {
	if h == nil {
		return
	}
	h.HealthStatus = types.StringValue(statusDegraded)
	if prior == nil || prior.unfinished() {
		h.HealthStatus = types.StringValue(statusFailed)
	}
	var lines []string
	for _, failure := range outcome.Failures {
		if failure.Doing != "skip" {
			lines = append(lines, fmt.Sprintf("%s, %s: %s", failure.Key, failure.Doing, cause(failure.Err)))
		}
	}
	if err != nil {
		lines = append(lines, cause(err))
	}
	if why != "" {
		lines = append(lines, why)
	}
	h.LastFailure = types.StringValue(strings.Join(lines, "\n"))
}

// unfinished reports whether the create has never finished.
func (h *Health) unfinished() bool { return h != nil && h.HealthStatus.ValueString() == statusFailed }

// ails reports whether the next apply has something to go on with.
func (h *Health) ails() bool { return h != nil && h.HealthStatus.ValueString() != statusHealthy }

// onFailure returns what becomes of a create that fails.
func (h *Health) onFailure() string {
	if h == nil {
		return failCreate
	}
	return h.OnCreateFailure.ValueString()
}

// plan plans what the apply will say of itself: a kept create may end in two ways
// without an error, and what has failed may fail again. Any other failure is an
// error, for which Terraform does not hold the plan against the state.
func (h *Health) plan(prior *Health) {
	switch {
	case h == nil:
	case prior == nil && h.onFailure() == keepCreate, prior.ails():
		h.HealthStatus, h.LastFailure = types.StringUnknown(), types.StringUnknown()
	default:
		h.succeed()
	}
}

// imported sets what no AWS object tells. finished says that the create once was.
func (h *Health) imported(finished bool) {
	if h == nil {
		return
	}
	h.OnCreateFailure = types.StringValue(failCreate)
	h.succeed()
	if !finished {
		h.HealthStatus = types.StringValue(statusFailed)
	}
}

// asPlanned returns the state in which every value that was planned as known is the
// planned one: without an error Terraform accepts no other.
func asPlanned(planned, state tftypes.Value) tftypes.Value {
	if planned.IsFullyKnown() {
		return planned
	}
	var before, after map[string]tftypes.Value
	if !planned.IsKnown() || !planned.Type().Is(tftypes.Object{}) || planned.As(&before) != nil || state.As(&after) != nil || after == nil {
		return state
	}
	merged := map[string]tftypes.Value{}
	for name, value := range before {
		merged[name] = asPlanned(value, after[name])
	}
	return tftypes.NewValue(planned.Type(), merged)
}
