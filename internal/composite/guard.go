package composite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Guard protects parts that hold data: a change for which AWS needs a new object is
// refused with the attribute at fault, unless the user names the object that is to go.
type Guard[P any] struct {
	// Parts are the keys of the parts that hold data.
	Parts []string
	// Attributes are the attributes from which settings of these parts come, by path
	// in the spec: kms_key_id from storage.kms_key_id.
	Attributes map[string]string
	// Gone says why the configuration has no place for such a part any more: an attribute
	// and what follows its name.
	Gone func(m P, part string) (attribute, why string)
	// Allowed returns the id of the object that may be replaced, the value of
	// allow_replacement_from; nil: none may.
	Allowed func(m P) string
	// Holds says what an object holds at the moment, such as "3 messages"; "" lets it be
	// replaced. nil: parts always hold data.
	Holds func(ctx context.Context, c *awsapi.Clients, id string) (string, error)
	// Advice says how to replace what holds data on purpose, when there is no Allowed.
	Advice string
}

// allowed reports whether the user gave the object up.
func (g *Guard[P]) allowed(m P, id string) bool { return g.Allowed != nil && g.Allowed(m) == id }

// holds says what an object holds. What cannot be asked counts as data.
func (g *Guard[P]) holds(ctx context.Context, c *awsapi.Clients, id string) string {
	if g.Holds == nil {
		return "data"
	}
	what, err := g.Holds(ctx, c, id)
	if err != nil {
		return "what could not be asked (" + err.Error() + ")"
	}
	return what
}

// refusedError says which objects with data an apply would have replaced.
type refusedError struct {
	replaced []replacement
	advice   string
}

// replacement is an object that would be deleted because the changes need another.
type replacement struct {
	id, holds string
	// attributes are those at fault, with the change of each in words.
	attributes, changes []string
}

func (e *refusedError) Error() string {
	return "refused to replace " + e.replaced[0].id
}

// guard returns what keeps an apply from replacing parts with data.
func (r *Resource[M, P]) guard(ctx context.Context, m P) func([]engine.Action) error {
	if r.def.Guard == nil {
		return nil
	}
	return func(actions []engine.Action) error {
		if found := r.replaced(ctx, m, actions, func(live engine.Live) string { return live.ID }); len(found) > 0 {
			return &refusedError{found, r.def.Guard.Advice}
		}
		return nil
	}
}

// guardPlan refuses a plan that replaces parts with data.
func (r *Resource[M, P]) guardPlan(ctx context.Context, prior, m P, actions []engine.Action) diag.Diagnostics {
	if r.def.Guard == nil {
		return nil
	}
	exist := known(ctx, prior.common())
	found := r.replaced(ctx, m, actions, func(live engine.Live) string { return exist[live.Key].ID })
	if len(found) == 0 {
		return nil
	}
	return (&refusedError{found, r.def.Guard.Advice}).diagnostics(r.def.Name, prior.common().Name.ValueString())
}

// guardReplacement refuses to replace the whole resource, such as for another name.
func (r *Resource[M, P]) guardReplacement(ctx context.Context, prior, m P, reasons path.Paths) diag.Diagnostics {
	if r.def.Guard == nil {
		return nil
	}
	for key, object := range known(ctx, prior.common()) {
		if !slices.Contains(r.def.Guard.Parts, key) || r.def.Guard.allowed(m, object.ID) {
			continue
		}
		refused := replacement{id: object.ID, holds: r.def.Guard.holds(ctx, r.session.Clients, object.ID)}
		if refused.holds == "" {
			continue
		}
		for _, reason := range reasons {
			refused.attributes = append(refused.attributes, reason.String())
			refused.changes = append(refused.changes, reason.String()+" changes")
		}
		return (&refusedError{[]replacement{refused}, r.def.Guard.Advice}).diagnostics(r.def.Name, prior.common().Name.ValueString())
	}
	return nil
}

// warnOfLoss says what a destroy would delete together with the parts that hold it.
// It does not refuse: that is what deletion protection is for.
func (r *Resource[M, P]) warnOfLoss(ctx context.Context, prior P) diag.Diagnostics {
	var diags diag.Diagnostics
	if r.def.Guard == nil || r.def.Guard.Holds == nil || r.session == nil {
		return nil
	}
	objects := known(ctx, prior.common())
	for _, key := range r.def.Guard.Parts {
		if objects[key].ID == "" {
			continue
		}
		if what := r.def.Guard.holds(ctx, r.session.Clients, objects[key].ID); what != "" {
			diags.AddWarning(fmt.Sprintf("webtier_%s %q: %s, which holds %s, will be deleted", r.def.Name, prior.common().Name.ValueString(), objects[key].ID, what),
				"They will be lost. To keep them, "+r.def.Guard.Advice+".")
		}
	}
	return diags
}

// replaced returns the parts with data that the actions would delete and the user
// did not give up by their id.
func (r *Resource[M, P]) replaced(ctx context.Context, m P, actions []engine.Action, id func(engine.Live) string) []replacement {
	var found []replacement
	for _, action := range actions {
		if action.Verb != engine.Delete || action.Have.Deleting || !slices.Contains(r.def.Guard.Parts, action.Key) {
			continue
		}
		gone := replacement{id: id(action.Have)}
		if gone.id == "" || r.def.Guard.allowed(m, gone.id) {
			continue
		}
		if gone.holds = r.def.Guard.holds(ctx, r.session.Clients, gone.id); gone.holds == "" {
			continue
		}
		for _, reason := range actions {
			if reason.Key == action.Key && reason.Verb == engine.Replace {
				gone.attributes, gone.changes = r.reasons(reason.Diff)
			}
		}
		if len(gone.attributes) == 0 && r.def.Guard.Gone != nil {
			attribute, why := r.def.Guard.Gone(m, action.Key)
			gone.attributes, gone.changes = []string{attribute}, []string{attribute + " " + why}
		}
		found = append(found, gone)
	}
	return found
}

// reasons returns the attributes at fault, and the changes in words.
func (r *Resource[M, P]) reasons(diff stack.Diff) (attributes, changes []string) {
	for _, change := range diff {
		if !change.Create {
			continue
		}
		attribute, known := r.def.Guard.Attributes[change.Path]
		if !known {
			continue // follows from another one, as a name does
		}
		attributes = append(attributes, attribute)
		changes = append(changes, fmt.Sprintf("%s: %s -> %s", attribute, change.Have, change.Want))
	}
	return attributes, changes
}

// diagnostics has one diagnostic for each attribute at fault.
func (e *refusedError) diagnostics(kind, name string) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, gone := range e.replaced {
		why := "the configuration has no place for it any more"
		if len(gone.changes) > 0 {
			why = "AWS cannot make this change to it: " + strings.Join(gone.changes, ", ")
		}
		advice := e.advice
		if advice == "" {
			advice = fmt.Sprintf("set allow_replacement_from = %q: a snapshot is then taken first, and nothing is deleted before that can be restored", gone.id)
		}
		detail := fmt.Sprintf("It would be replaced by a new, empty one, for %s. Nothing was changed.\n\n"+
			"To keep it, take the change back. To replace it on purpose, %s.", why, advice)
		summary := fmt.Sprintf("webtier_%s %q: refused to replace %s, which holds %s", kind, name, gone.id, gone.holds)
		if len(gone.attributes) == 0 {
			diags.AddError(summary, detail)
		}
		for _, attribute := range gone.attributes {
			diags.AddAttributeError(attributePath(attribute), summary, detail)
		}
	}
	return diags
}

// attributePath returns the path of storage.kms_key_id.
func attributePath(text string) path.Path {
	names := strings.Split(text, ".")
	at := path.Root(names[0])
	for _, name := range names[1:] {
		at = at.AtName(name)
	}
	return at
}
