package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/engine"
)

var errDenied = errors.New("not allowed")

// hiddenKind is one whose objects may not be listed.
type hiddenKind struct{ engine.Kind }

func (k hiddenKind) List(context.Context, engine.Scope) ([]engine.Live, error) { return nil, errDenied }

// withHidden returns an engine that may not list one of its kinds.
func (c *cloud) withHidden(hidden string) *engine.Engine {
	e := c.engine("base", "branch", "top", "extra")
	for i, kind := range e.Kinds {
		if kind.Name() == hidden {
			e.Kinds[i] = hiddenKind{kind}
		}
	}
	e.Optional = func(kind string, err error) bool { return kind != "base" && errors.Is(err, errDenied) }
	return e
}

// TestUnlistableKinds: what neither state nor stack has need not be listed, if it is
// optional; the outcome says so.
func TestUnlistableKinds(t *testing.T) {
	known := map[string]engine.Known{"base": {Kind: "base", ID: "id-001"}}
	for name, test := range map[string]struct {
		hidden string
		known  map[string]engine.Known
		fine   bool
	}{
		"of none":               {hidden: "extra", fine: true},
		"of none, later":        {hidden: "extra", known: known, fine: true},
		"of what is wanted":     {hidden: "top"},
		"of what is remembered": {hidden: "extra", known: map[string]engine.Known{"more": {Kind: "extra", ID: "id-009"}}},
		"not optional":          {hidden: "base"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud()
			outcome, err := c.withHidden(test.hidden).Apply(t.Context(), tier("f", 1), test.known, false)
			if fine := err == nil && outcome.Err() == nil; fine != test.fine {
				t.Fatalf("Apply: %v, %v", err, outcome.Err())
			}
			if err != nil {
				if calls := c.calls(); !errors.Is(err, errDenied) || len(calls) != 0 {
					t.Errorf("%v; %v", err, calls)
				}
				return
			}
			if len(outcome.Unseen) != 1 || outcome.Unseen[0].Kind != test.hidden {
				t.Errorf("unseen by Apply: %v", outcome.Unseen)
			}
			outcome, err = c.withHidden(test.hidden).Destroy(t.Context(), testID, known)
			if err != nil || len(outcome.Unseen) != 1 || len(c.inventory()) != 0 {
				t.Errorf("Destroy: %v, unseen %v, left %v", err, outcome.Unseen, c.inventory())
			}
		})
	}
}

// TestUnlistableKindsAreNotObserved is the same for a refresh.
func TestUnlistableKindsAreNotObserved(t *testing.T) {
	for hidden, fine := range map[string]bool{"extra": true, "base": false} {
		if _, err := newCloud().withHidden(hidden).Observe(t.Context(), testID, map[string]engine.Known{"top": {Kind: "top", ID: "id-001"}}, true); (err == nil) != fine {
			t.Errorf("%s: %v", hidden, err)
		}
	}
}
