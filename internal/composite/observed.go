package composite

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Observed is what exists of a stack, for Absorb.
type Observed struct {
	parts map[string]engine.Live
	all   []engine.Live
}

// Part returns the object that serves as the part.
func (o Observed) Part(key string) (engine.Live, bool) {
	live, ok := o.parts[key]
	return live, ok
}

// Parts returns the parts whose keys begin with the prefix, in the order of their keys.
func (o Observed) Parts(prefix string) []engine.Live {
	var found []engine.Live
	for _, key := range slices.Sorted(maps.Keys(o.parts)) {
		if strings.HasPrefix(key, prefix) {
			found = append(found, o.parts[key])
		}
	}
	return found
}

// All returns the objects with a part's key, also those that do not serve as it; what
// is kept for a while comes last.
func (o Observed) All(key string) []engine.Live {
	return slices.DeleteFunc(slices.Clone(o.all), func(live engine.Live) bool { return live.Key != key || live.Deleting })
}

// Out returns an output of a part; empty when there is none.
func (o Observed) Out(key, output string) string { return o.parts[key].Out[output] }

// PartSpec returns the observed spec of a part as its own type, or the zero value
// and false when the part does not exist.
func PartSpec[S stack.Spec](o Observed, key string) (S, bool) {
	spec, ok := o.parts[key].Spec.(S)
	return spec, ok
}

// observe picks for each key the object that serves as the part. prior is the
// stack that the model described before; nil when there is none, as after import.
func observe(prior *stack.Stack, lives []engine.Live) Observed {
	o := Observed{parts: map[string]engine.Live{}}
	sorted := slices.Clone(lives)
	// What is kept for a while serves as nothing: what is in use comes first.
	slices.SortStableFunc(sorted, func(a, b engine.Live) int {
		return cmp.Or(cmp.Compare(a.Tags[stack.TagRetired], b.Tags[stack.TagRetired]), cmp.Compare(a.ID, b.ID))
	})
	o.all = sorted
	for _, live := range sorted {
		if _, taken := o.parts[live.Key]; !taken && !live.Deleting {
			o.parts[live.Key] = live
		}
	}
	if prior == nil {
		return o
	}
	for _, action := range engine.Match(prior, lives) {
		if action.Verb == engine.Keep || action.Verb == engine.Update {
			o.parts[action.Key] = action.Have
		}
	}
	return o
}

// absorb sets the model, its common attributes included, from what exists.
func (r *Resource[M, P]) absorb(m P, prior *stack.Stack, lives []engine.Live) {
	seen := observe(prior, lives)
	c := m.common()
	c.ID = c.Name
	r.def.Absorb(m, seen)
	parts := map[string]attr.Value{}
	for key, live := range seen.parts {
		parts[key] = types.ObjectValueMust(partType.AttrTypes, map[string]attr.Value{
			"kind": types.StringValue(live.Spec.Kind()), "id": types.StringValue(live.ID)})
	}
	c.Parts = types.MapValueMust(partType, parts)
}

// absorbAnchor sets what only the anchor's tags tell: the tags attribute and
// deletion protection. Of the tags only keys that the state knew are looked at:
// those that others put on our objects are theirs.
func (r *Resource[M, P]) absorbAnchor(ctx context.Context, m P, anchor engine.Live, imported bool) {
	c := m.common()
	c.DeletionProtection = types.BoolValue(anchor.Tags[tagProtection] == "true")
	before := StringMap(ctx, c.Tags)
	after := map[string]string{}
	for key, value := range anchor.Tags {
		_, mine := before[key]
		_, byDefault := r.session.DefaultTags[key]
		if mine || imported && !byDefault && !strings.HasPrefix(key, "webtier:") && key != "Name" {
			after[key] = value
		}
	}
	if len(after) > 0 || !c.Tags.IsNull() {
		c.Tags = StringMapValue(after)
	}
}

// drift compares the stack that the absorbed model describes with what exists:
// what then differs, no attribute shows. why tells the reason, where there is one.
func drift(absorbed *stack.Stack, lives []engine.Live, why func(engine.Verb, string) string) map[string]string {
	found := map[string]string{}
	if absorbed == nil {
		return found
	}
	actions := engine.Match(absorbed, lives)
	kept := engine.Kept(absorbed, surplus(actions), time.Now())
	for _, action := range actions {
		switch action.Verb {
		case engine.Create:
			found[action.Key] = cmp.Or(why(engine.Create, action.Key), "missing")
		case engine.Replace:
			found[action.Key] = "cannot serve any more: " + inWords(action.Diff)
		case engine.Update:
			for _, change := range action.Diff {
				found[action.Key+"."+change.Path] = "is " + change.Have + ", wanted " + change.Want
			}
		case engine.Delete:
			if action.Have.Deleting || kept {
				continue
			}
			found[cmp.Or(action.Key, action.Kind)+" "+action.Have.ID] = cmp.Or(why(engine.Delete, action.Key), "not wanted")
		}
	}
	return found
}

func surplus(actions []engine.Action) []engine.Live {
	var lives []engine.Live
	for _, action := range actions {
		if action.Verb == engine.Delete {
			lives = append(lives, action.Have)
		}
	}
	return lives
}

// inWords tells a difference. Tags of the provider's own say nothing to users, and are
// named only when nothing else differs.
func inWords(diff stack.Diff) string {
	var words, notes []string
	for _, change := range diff {
		if strings.HasPrefix(change.Path, "tags.webtier:") {
			notes = append(notes, change.Path)
			continue
		}
		words = append(words, change.String())
	}
	if len(words) == 0 {
		words = notes
	}
	return strings.Join(words, ", ")
}
