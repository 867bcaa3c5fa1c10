// Package composite turns a definition of a composite resource (schema, build,
// absorb) into a Terraform resource: create, read, update, delete, plan, import,
// timeouts and diagnostics are written here once.
//
// It does not know any composite nor any AWS object; those come from the packages
// below it and from the kinds that the provider registers.
package composite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Common are the attributes that every composite has. Models embed it.
type Common struct {
	ID                 types.String   `tfsdk:"id"`
	Name               types.String   `tfsdk:"name"`
	Tags               types.Map      `tfsdk:"tags"`
	DeletionProtection types.Bool     `tfsdk:"deletion_protection"`
	Parts              types.Map      `tfsdk:"parts"`
	Drift              types.Map      `tfsdk:"drift"`
	PlannedActions     types.List     `tfsdk:"planned_actions"`
	Findings           types.List     `tfsdk:"findings"`
	BillableUnits      types.Map      `tfsdk:"billable_units"`
	Timeouts           timeouts.Value `tfsdk:"timeouts"`
}

func (c *Common) common() *Common { return c }

// Model is a pointer to a struct that embeds Common and has a field for each
// attribute of the definition.
type Model interface{ common() *Common }

// Env is what Build needs to know beside the model.
type Env struct {
	// Stack is the identity that the stack must have.
	Stack stack.ID
	// Tags are the user's tags: the provider's default_tags and the resource's tags.
	Tags map[string]string
	// Region, Account and Partition are those of the provider.
	Region, Account, Partition string
}

// Timeouts are the default time limits of the operations.
type Timeouts struct{ Create, Update, Delete time.Duration }

// Definition is all that a composite resource supplies. M is its model.
type Definition[M any, P interface {
	*M
	Model
}] struct {
	// Name is the type's name without the provider's: network.
	Name string
	// Description is Markdown for the documentation.
	Description string
	// Kinds are the kinds of parts that the stack may have.
	Kinds []string
	// Optional are those of the kinds that many stacks do without: who has none in state
	// and configuration need not be allowed to list them.
	Optional []string
	// Attributes are the attributes beside the common ones.
	Attributes map[string]schema.Attribute
	// Replaces are the attributes, beside name, that cannot change in place.
	Replaces []string
	// Shapeless are the attributes on which it does not depend what parts there are, such
	// as load_balancer.subnet_ids: planned_actions of a create are known without them.
	Shapeless []string
	// Guard protects the parts that hold data; nil: there are none.
	Guard *Guard[P]
	// Outputs are the attributes that only AWS knows, each with the parts they come
	// from. A key that ends in * stands for all parts that begin so, one that ends in !
	// for a part whose change in place changes the value, too, one that ends in + for
	// parts whose deletion does not; Always says that the value may change with any
	// update.
	Outputs map[string][]string
	// Check finds what is wrong with the values known so far. It is pure.
	Check func(ctx context.Context, m P) diag.Diagnostics
	// Resolve reads from AWS what the configuration leaves open or what has to be
	// checked there. It does nothing for values still unknown.
	Resolve func(ctx context.Context, c *awsapi.Clients, m P) diag.Diagnostics
	// Preflight are the questions to AWS whose answers can refuse a plan.
	Preflight []Preflight[P]
	// Decide settles what depends on what exists and on the time, such as whether a
	// new generation is due. A refresh decides anew (revise); a plan and an apply only
	// what is still unknown, so that an apply does what was planned. It is pure.
	Decide func(m P, seen Observed, now time.Time, revise bool)
	// Reason says why a part is made, kept or deleted (create, keep, delete), where the
	// configuration alone does not tell; else nothing. It is pure.
	Reason func(m P, verb, part string) string
	// Build renders a fully known model as a stack. It is pure. Write-only attributes
	// are null here: a spec has a stack.Secret of the attribute's name and version,
	// and the kind gets the value when it needs it.
	Build func(m P, env Env) *stack.Stack
	// Absorb is the mirror of Build: it sets the model from what exists. What is
	// absent stays as it is.
	Absorb func(m P, seen Observed)
	// Consequence says what a change of a part does to those who use it, such as how
	// long it is down; empty when it does nothing. It is pure; nil: there are none.
	Consequence func(m P, part string, diff stack.Diff) string
	// Explain finds out, by reading, why parts did not come up; failed are their keys.
	// It is empty when there is nothing to say.
	Explain func(ctx context.Context, c *awsapi.Clients, m P, why Failure) string
	// Words puts what is planned into words, in the order of the steps; nil: each step
	// speaks for itself. prior is nil for a create. It is pure.
	Words func(prior, m P, steps []Step) []string
	// Findings names the weaknesses of a tier so configured. It is pure.
	Findings func(m P) []Finding
	// BillableUnits counts what AWS will bill for. It is pure.
	BillableUnits func(m P) map[string]int64
	// Timeouts are the defaults of the timeouts attribute.
	Timeouts Timeouts
}

// Failure is what a change left undone, for Explain.
type Failure struct {
	// Parts are the keys of those that failed.
	Parts []string
	// Err is why they did.
	Err error
	// Seen is what exists.
	Seen Observed
	// Since is when the change began.
	Since time.Time
}

// Always in Definition.Outputs marks a value that any update may change.
const Always = "~"

// Session is what the provider hands to its resources once it is configured.
type Session struct {
	Clients     *awsapi.Clients
	Kinds       map[string]engine.Kind
	DefaultTags map[string]string
	// Preflight is what problems found beforehand are: PreflightError, -Warn or -Off.
	Preflight string
}

// Resource is a composite as a Terraform resource.
type Resource[M any, P interface {
	*M
	Model
}] struct {
	def     *Definition[M, P]
	session *Session
}

// New returns the resource of a definition, for the provider's list.
func New[M any, P interface {
	*M
	Model
}](def *Definition[M, P]) func() resource.Resource {
	for _, check := range def.Preflight {
		for _, name := range check.Reads {
			if err := checkReads(def.Attributes, name); err != nil {
				panic(fmt.Sprintf("%s, preflight %q: %v", def.Name, check.Name, err))
			}
		}
	}
	return func() resource.Resource { return &Resource[M, P]{def: def} }
}

// Metadata names the resource.
func (r *Resource[M, P]) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + r.def.Name
}

// Schema joins the common attributes and the definition's.
func (r *Resource[M, P]) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := commonAttributes(ctx)
	if healthOf(P(new(M))) != nil {
		maps.Copy(attributes, healthAttributes)
	}
	maps.Copy(attributes, r.def.Attributes)
	resp.Schema = schema.Schema{MarkdownDescription: r.def.Description, Attributes: attributes}
}

// Configure takes the provider's session; it is nil while only validating.
func (r *Resource[M, P]) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	if session, ok := req.ProviderData.(*Session); ok {
		r.session = session
	}
}

func (r *Resource[M, P]) engine() *engine.Engine {
	e := &engine.Engine{Confirm: r.session.Clients.Pace.Scale(5 * time.Second)}
	e.Optional = func(kind string, err error) bool {
		return slices.Contains(r.def.Optional, kind) && awsapi.IsDenied(err)
	}
	e.Log = func(ctx context.Context, text string, fields map[string]any) { tflog.Info(ctx, text, fields) }
	for _, name := range r.def.Kinds {
		e.Kinds = append(e.Kinds, r.session.Kinds[name])
	}
	return e
}

func (r *Resource[M, P]) id(m P) stack.ID {
	return stack.ID{Type: r.def.Name, Name: m.common().Name.ValueString()}
}

// build renders the model; every string, number and list in it must be known.
func (r *Resource[M, P]) build(ctx context.Context, m P) *stack.Stack {
	env := Env{Stack: r.id(m), Tags: maps.Clone(r.session.DefaultTags), Region: r.session.Clients.Region,
		Account: r.session.Clients.Account, Partition: r.session.Clients.Partition}
	if env.Tags == nil {
		env.Tags = map[string]string{}
	}
	maps.Copy(env.Tags, StringMap(ctx, m.common().Tags))
	s := r.def.Build(m, env)
	s.Finish = map[string]string{tagProtection: strconv.FormatBool(m.common().DeletionProtection.ValueBool())}
	return s
}

// why returns what the definition says of the parts of a model.
func (r *Resource[M, P]) why(m P) func(verb engine.Verb, part string) string {
	return func(verb engine.Verb, part string) string {
		if r.def.Reason == nil {
			return ""
		}
		return r.def.Reason(m, string(verb), part)
	}
}

// tagProtection keeps deletion_protection where an import finds it. The anchor
// gets it last, so that an unfinished create is not protected.
const tagProtection = "webtier:deletion-protection"

// known returns the objects that the state remembers.
func known(ctx context.Context, c *Common) map[string]engine.Known {
	objects := map[string]engine.Known{}
	var parts map[string]partModel
	if !c.Parts.IsNull() && !c.Parts.IsUnknown() {
		c.Parts.ElementsAs(ctx, &parts, false)
	}
	for key, part := range parts {
		objects[key] = engine.Known{Kind: part.Kind.ValueString(), ID: part.ID.ValueString()}
	}
	return objects
}
