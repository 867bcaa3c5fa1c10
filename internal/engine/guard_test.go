package engine_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/engine"
)

// keeper is a memoryKind whose objects hold data.
type keeper struct {
	*memoryKind
	fails error
}

func (k keeper) Keep(_ context.Context, have engine.Live) error {
	return k.cloud.mutate("keep "+have.Key, k.name, func() error { return k.fails })
}

func keeping(c *cloud, fails error) *engine.Engine {
	e := c.engine("base", "top")
	e.Kinds = append(e.Kinds, keeper{&memoryKind{cloud: c, name: "branch"}, fails})
	return e
}

func TestAGuardForbidsAllOrNothing(t *testing.T) {
	c := newCloud()
	mustApply(t, c, tier("f", 1))
	calls := len(c.calls())
	refused := errors.New("left holds data")
	e := c.engine("base", "branch", "top")
	e.Guard = func(actions []engine.Action) error {
		for _, action := range actions {
			if action.Verb == engine.Delete && action.Key == "left" {
				return refused
			}
		}
		return nil
	}
	outcome, err := e.Apply(t.Context(), tier("g", 2), nil, false)
	if !errors.Is(err, refused) || len(outcome.Live) != 4 {
		t.Errorf("applied with %v, of which exist %d", err, len(outcome.Live))
	}
	if did := c.calls()[calls:]; len(did) != 0 {
		t.Errorf("before the refusal it did %v", did)
	}
	if _, err := e.Apply(t.Context(), tier("f", 2), nil, false); err != nil {
		t.Errorf("a change in place is refused: %v", err)
	}
}

func TestDataIsKeptBeforeAnythingElse(t *testing.T) {
	c := newCloud()
	mustApply(t, c, tier("f", 1))
	calls := len(c.calls())
	if outcome, err := keeping(c, nil).Apply(t.Context(), tier("g", 1), nil, false); errors.Join(err, outcome.Err()) != nil {
		t.Fatal(err, outcome.Err())
	}
	got := slices.DeleteFunc(c.calls()[calls:], func(call string) bool { return call == "update base" })
	if want := []string{"keep left", "create left", "update top", "delete left"}; !slices.Equal(got, want) {
		t.Errorf("calls %v, want %v", got, want)
	}
}

func TestNothingIsDoneWhenDataCannotBeKept(t *testing.T) {
	c := newCloud()
	mustApply(t, c, tier("f", 1))
	calls := len(c.calls())
	outcome, err := keeping(c, errors.New("no room")).Apply(t.Context(), tier("g", 1), nil, false)
	if err != nil || len(outcome.Failures) != 1 || outcome.Failures[0].Doing != "keep" || len(outcome.Live) != 4 {
		t.Errorf("%v: %v, %d objects", err, outcome.Failures, len(outcome.Live))
	}
	if got := c.calls()[calls:]; !slices.Equal(got, []string{"keep left"}) {
		t.Errorf("calls %v", got)
	}
}
