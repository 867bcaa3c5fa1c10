package composite

import (
	"maps"
	"slices"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Step is one thing that a plan will do.
type Step struct {
	// Part is the key of the part and, for a repair, what follows it in drift: the
	// setting after a dot, or the object that is not wanted after a space.
	Part string
	Verb engine.Verb // empty for a repair
	Diff stack.Diff
	// Reason is what the definition says of the part; then Verb may be Keep.
	Reason string
	// Found is what a repair finds, or what a change finds that is made of a setting
	// which has drifted.
	Found string
}

// String puts a step into words.
func (s Step) String() string {
	if _, _, surplus := whatDrifted(s.Part); s.IsRepair() && surplus {
		return "delete " + s.Part + ": " + s.Found
	} else if s.IsRepair() {
		return "repair " + s.Part + ": " + s.Found
	}
	text := string(s.Verb) + " " + s.Part
	if s.Reason != "" {
		text += ": " + s.Reason
	}
	if s.Verb == engine.Update || s.Verb == engine.Replace {
		text += ": " + inWords(s.Diff)
	}
	return text
}

// Updates reports whether a step changes a part in place.
func (s Step) Updates(part string) bool { return s.Verb == engine.Update && s.Part == part }

// Replaces reports whether a step makes a new object for a part.
func (s Step) Replaces(part string) bool { return s.Verb == engine.Replace && s.Part == part }

// Deletes reports whether a step deletes an object of a part.
func (s Step) Deletes(part string) bool { return s.Verb == engine.Delete && s.Part == part }

// IsRepair reports whether a step repairs what was changed outside Terraform, or left
// by an apply that failed.
func (s Step) IsRepair() bool { return s.Verb == "" }

// Repairs reports whether a step repairs a setting of a part.
func (s Step) Repairs(part, setting string) bool { return s.Verb == "" && s.Part == part+"."+setting }

// StepsOf returns the steps in the order in which they are done. What is kept is one
// when there is a reason to name it. What has drifted and changes anyway is no repair.
func StepsOf(actions []engine.Action, repairs map[string]string, why func(verb engine.Verb, part string) string) []Step {
	var steps []Step
	repairs = maps.Clone(repairs)
	for _, action := range actions {
		found := overtaken(action, repairs)
		if isUnwanted(action, actions) && dropped(action.Key, repairs) {
			continue
		}
		if reason := why(action.Verb, action.Key); action.Verb != engine.Keep || reason != "" {
			steps = append(steps, Step{Part: action.Key, Verb: action.Verb, Diff: action.Diff, Reason: reason, Found: strings.Join(found, "; ")})
		}
	}
	for _, at := range slices.Sorted(maps.Keys(repairs)) {
		steps = append(steps, Step{Part: at, Found: repairs[at]})
	}
	return steps
}

// overtaken takes out of the repairs those of settings that an action changes, or of an
// object that it makes anew, and returns what was found in settings: what they want is
// not what is wanted now.
func overtaken(action engine.Action, repairs map[string]string) (found []string) {
	for _, at := range slices.Sorted(maps.Keys(repairs)) {
		key, isSetting, surplus := whatDrifted(at)
		madeAnew := action.Verb == engine.Replace || action.Verb == engine.Create
		if key != action.Key || surplus || !madeAnew && !(isSetting && action.Diff.Has(at[len(key)+1:])) {
			continue
		}
		if text, _, ok := strings.Cut(repairs[at], ", wanted "); ok {
			found = append(found, text)
		}
		delete(repairs, at)
	}
	return found
}

// isUnwanted reports whether a part goes, and no other object takes its place.
func isUnwanted(action engine.Action, all []engine.Action) bool {
	return action.Verb == engine.Delete &&
		!slices.ContainsFunc(all, func(other engine.Action) bool { return other.Key == action.Key && other.Verb != engine.Delete })
}

// dropped takes all repairs of a part that goes out of them, and reports whether there
// is nothing left of it.
func dropped(part string, repairs map[string]string) (missing bool) {
	_, missing = repairs[part]
	maps.DeleteFunc(repairs, func(at, _ string) bool {
		key, _, _ := whatDrifted(at)
		return key == part
	})
	return missing
}

// describe puts steps into the definition's words, or into their own.
func (r *Resource[M, P]) describe(prior, m P, steps []Step) []string {
	if r.def.Words != nil {
		return r.def.Words(prior, m, steps)
	}
	var words []string
	for _, step := range steps {
		text := step.String()
		if r.def.Consequence != nil && (step.Verb == engine.Update || step.Verb == engine.Replace) {
			if what := r.def.Consequence(m, step.Part, step.Diff); what != "" {
				text += "; " + what
			}
		}
		words = append(words, text)
	}
	return words
}

// Without returns the settings of a change but those named, and what is below them.
func (s Step) Without(settings ...string) Step {
	s.Diff = slices.DeleteFunc(slices.Clone(s.Diff), func(c stack.Change) bool {
		return slices.ContainsFunc(settings, func(name string) bool { return c.Path == name || strings.HasPrefix(c.Path, name+".") })
	})
	return s
}
