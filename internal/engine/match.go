package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Verb is what is to be done with a part.
type Verb string

// The verbs. Replace is a Create beside an object that becomes surplus.
const (
	Keep    Verb = "keep"
	Create  Verb = "create"
	Update  Verb = "update"
	Replace Verb = "replace"
	Delete  Verb = "delete"
)

// Action is what has to be done with one part, or one surplus object.
type Action struct {
	Key  string
	Kind string
	Verb Verb
	Diff stack.Diff
	// Have is the object that is kept or updated; for Delete the surplus one.
	Have Live
	// Leaving are objects of the part that are on their way out. What is to be made
	// in their place may need what they still hold, such as a name or an address.
	Leaving []Live
}

// pending stands for an output that is known only after the apply.
const pending = "(known after apply)"

// Match compares a stack with the objects that exist and returns an action for
// each part, in dependency order, then one for each surplus object. It is pure.
//
// Of several objects with a part's key the one that needs no new object and the
// fewest changes serves; the rest, such as duplicates from lost replies, are
// surplus.
func Match(want *stack.Stack, lives []Live) []Action {
	m := matcher{want: want, byKey: map[string][]Live{}, actions: map[string]Action{}}
	for _, live := range lives {
		at := live.Spec.Kind() + " " + live.Key
		m.byKey[at] = append(m.byKey[at], live)
	}
	var actions []Action
	used := map[string]bool{}
	for _, part := range want.Parts() {
		action := m.match(part)
		m.actions[part.Key] = action
		actions = append(actions, action)
		if action.Verb == Keep || action.Verb == Update {
			used[part.Kind+" "+action.Have.ID] = true
		}
		// The part's own creation waits for these; what is then made may bear their name.
		for _, leaving := range action.Leaving {
			used[part.Kind+" "+leaving.ID] = true
		}
	}
	for _, live := range lives {
		if kind := live.Spec.Kind(); !used[kind+" "+live.ID] {
			actions = append(actions, Action{Key: live.Key, Kind: kind, Verb: Delete, Have: live})
		}
	}
	return actions
}

type matcher struct {
	want    *stack.Stack
	byKey   map[string][]Live
	actions map[string]Action
}

func (m matcher) match(part stack.Part) Action {
	spec := stack.Resolve(part.Spec, m.lookup)
	tags := m.want.TagsOf(part)
	var candidates []Action
	var leaving []Live
	verb := Create
	for _, live := range m.byKey[part.Kind+" "+part.Key] {
		if live.Deleting {
			leaving = append(leaving, live)
			continue
		}
		action := Action{Key: part.Key, Kind: part.Kind, Verb: Keep, Have: live, Diff: Difference(spec, tags, live, m.want.Untag...)}
		if action.Diff.Replaces() {
			verb = Replace
			continue
		}
		if len(action.Diff) > 0 {
			action.Verb = Update
		}
		candidates = append(candidates, action)
	}
	if len(candidates) == 0 {
		return Action{Key: part.Key, Kind: part.Kind, Verb: verb, Diff: m.reasons(part, spec), Leaving: leaving}
	}
	return slices.MinFunc(candidates, func(a, b Action) int {
		return cmp.Or(cmp.Compare(len(a.Diff), len(b.Diff)), cmp.Compare(a.Have.ID, b.Have.ID))
	})
}

// reasons returns the changes for which no existing object can serve as the part.
func (m matcher) reasons(part stack.Part, spec stack.Spec) stack.Diff {
	for _, live := range m.byKey[part.Kind+" "+part.Key] {
		if !live.Deleting {
			return stack.Compare(spec, live.Spec)
		}
	}
	return nil
}

// lookup resolves a reference as far as it can be known before anything is done.
func (m matcher) lookup(part, output string) (string, bool) {
	action := m.actions[part]
	switch {
	case action.Verb == Create || action.Verb == Replace:
		return pending, true
	case action.Verb == Update && Volatile(output) && !onlyTags(action.Diff):
		return pending, true
	}
	value, known := action.Have.Out[output]
	return value, known
}

// Volatile reports whether an output changes when its part is updated in place:
// such outputs are named latest_…, for example a launch template's latest_version.
func Volatile(output string) bool { return strings.HasPrefix(output, "latest_") }

func onlyTags(diff stack.Diff) bool {
	return !slices.ContainsFunc(diff, func(c stack.Change) bool { return !strings.HasPrefix(c.Path, "tags.") })
}

// Difference returns how an object differs from the wanted spec and tags; untag are
// keys of tags that it must not have.
func Difference(spec stack.Spec, tags map[string]string, live Live, untag ...string) stack.Diff {
	diff := stack.Compare(spec, live.Spec)
	if live.Tags != nil {
		diff = append(diff, stack.CompareTags(tags, live.Tags, untag...)...)
	}
	return diff
}

// FromStack renders a stack as if it existed, so that Match can compare two stacks.
func FromStack(s *stack.Stack) []Live {
	var lives []Live
	for _, part := range s.Parts() {
		live := Live{Key: part.Key, ID: part.Key, Spec: part.Spec}
		if _, untagged := part.Spec.(stack.Untagged); !untagged {
			live.Tags = s.TagsOf(part)
		}
		lives = append(lives, live)
	}
	return lives
}
