package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

func TestApplyMakesWhatIsWantedOnce(t *testing.T) {
	c := newCloud()
	mustApply(t, c, tier("f", 1))
	calls := len(c.calls())
	mustApply(t, c, tier("f", 1))
	if again := c.calls()[calls:]; len(again) != 0 {
		t.Errorf("a second apply did %v", again)
	}
	if got := len(c.inventory()); got != 4 {
		t.Errorf("%d objects, want 4: %v", got, c.inventory())
	}
}

func TestPartsStartWhenTheirOwnNeedsAreDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud()
		c.takes = map[string]time.Duration{"base": time.Minute, "branch": 2 * time.Minute, "top": time.Minute}
		start := time.Now()
		mustApply(t, c, tier("f", 1))
		// base, then both branches at once, then top, then the anchor's tag on base.
		if took := time.Since(start); took != 5*time.Minute {
			t.Errorf("took %s, want 5m", took)
		}
	})
}

func TestUpdateInPlaceKeepsTheObject(t *testing.T) {
	c := newCloud()
	mustApply(t, c, tier("f", 1))
	mustApply(t, c, tier("f", 2))
	if got := c.calls(); !slices.Contains(got, "update left") || slices.Contains(got, "delete left") {
		t.Errorf("calls: %v", got)
	}
}

func TestReplaceMovesDependantsBeforeTheOldOneGoes(t *testing.T) {
	c := newCloud()
	mustApply(t, c, tier("f", 1))
	before := len(c.calls())
	mustApply(t, c, tier("g", 1))
	got := slices.DeleteFunc(c.calls()[before:], func(call string) bool { return call == "update base" })
	if want := []string{"create left", "update top", "delete left"}; !slices.Equal(got, want) {
		t.Errorf("calls %v, want %v", got, want)
	}
}

func TestFailureStopsOnlyWhatNeedsIt(t *testing.T) {
	c := newCloud()
	c.fault = func(call string, _ bool) error {
		if call == "create left" {
			return errors.New("refused")
		}
		return nil
	}
	outcome := apply(t, c, tier("f", 1), true)
	var got []string
	for _, failure := range outcome.Failures {
		got = append(got, failure.Error())
	}
	if want := []string{"left: create: refused", "top: skipped: needs left"}; !slices.Equal(got, want) {
		t.Errorf("failures %v, want %v", got, want)
	}
	if inventory := c.inventory(); len(inventory) != 2 {
		t.Errorf("the other branch was not made: %v", inventory)
	}
}

func TestSurplusStaysWhenSomethingFailed(t *testing.T) {
	c := newCloud()
	mustApply(t, c, tier("f", 1))
	c.fault = func(call string, _ bool) error {
		if call == "update top" {
			return errors.New("refused")
		}
		return nil
	}
	outcome := apply(t, c, tier("g", 1), false)
	if outcome.Err() == nil || len(c.inventory()) != 5 || len(outcome.Live) != 5 {
		t.Errorf("old and new branch should both be there: %v; seen %d", c.inventory(), len(outcome.Live))
	}
}

// TestSparedCountsAsDeleted: what a kind leaves standing is told, and stops nothing.
func TestSparedCountsAsDeleted(t *testing.T) {
	c := newCloud()
	mustApply(t, c, tier("f", 1))
	c.fault = func(call string, after bool) error {
		if call == "delete left" && after {
			return fmt.Errorf("deleting: %w", &engine.SparedError{Why: "It holds data."})
		}
		return nil
	}
	outcome := apply(t, c, tier("g", 1), false)
	if err := outcome.Err(); err != nil {
		t.Fatal(err)
	}
	if len(outcome.Spared) != 1 || outcome.Spared[0].Key != "left" || outcome.Spared[0].Why != "It holds data." {
		t.Errorf("spared: %v", outcome.Spared)
	}
}

func TestPanicInAKindFailsItsPartOnly(t *testing.T) {
	c := newCloud()
	c.fault = func(call string, _ bool) error {
		if call == "create right" {
			panic("boom")
		}
		return nil
	}
	err := apply(t, c, tier("f", 1), true).Err()
	if err == nil || !strings.Contains(err.Error(), "internal error: boom") {
		t.Errorf("got %v", err)
	}
}

func TestLostReplyIsLookedForAndNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud()
		lost := false
		c.fault = func(call string, after bool) error {
			if call == "create base" && after && !lost {
				lost = true
				return fmt.Errorf("connection reset: %w", engine.ErrUncertain)
			}
			return nil
		}
		if err := apply(t, c, tier("f", 1), true).Err(); err != nil {
			t.Fatal(err)
		}
		if got := c.inventory(); len(got) != 4 {
			t.Errorf("inventory %v", got)
		}
	})
}

func TestDuplicatesAreSurplus(t *testing.T) {
	c := newCloud()
	mustApply(t, c, tier("f", 1))
	twin := c.objects["id-001"]
	twin.ID, twin.Out = "id-900", map[string]string{"id": "id-900"}
	c.objects["id-900"] = twin
	mustApply(t, c, tier("f", 1))
	if _, exists := c.objects["id-900"]; exists || len(c.objects) != 4 {
		t.Errorf("left: %v", c.inventory())
	}
}

func TestCreateRefusesAFinishedStackOfAnotherConfiguration(t *testing.T) {
	c := newCloud()
	mustApply(t, c, tier("f", 1))
	var taken *engine.TakenError
	_, err := c.engine("base", "branch", "top").Apply(t.Context(), tier("f", 2), nil, true)
	if !errors.As(err, &taken) {
		t.Errorf("got %v", err)
	}
	if err := apply(t, c, tier("f", 1), true).Err(); err != nil {
		t.Errorf("the same configuration was refused: %v", err)
	}
}

func TestAnAnchorOfAnotherKeyIsAnAnchor(t *testing.T) {
	c := newCloud()
	mustApply(t, c, tier("f", 1))
	other := tier("f", 1)
	other.Anchor = "top"
	other.Add("more", &thing{KindName: "top", Fixed: "-"})
	var taken *engine.TakenError
	if _, err := c.engine("base", "branch", "top").Apply(t.Context(), other, nil, true); !errors.As(err, &taken) {
		t.Errorf("got %v", err)
	}
}

func TestDestroyReleasesWhatOutlivesTheStack(t *testing.T) {
	c := newCloud()
	mustApply(t, c, tier("f", 1))
	for id, live := range c.objects {
		live.Retain = live.Key == "base" || live.Key == "left"
		c.objects[id] = live
	}
	outcome, err := c.engine("base", "branch", "top").Destroy(t.Context(), testID, nil)
	if err = errors.Join(err, outcome.Err()); err != nil {
		t.Fatal(err)
	}
	if len(c.objects) != 2 {
		t.Errorf("left: %v", c.inventory())
	}
	for _, live := range c.objects {
		if live.Tags["released"] == "" {
			t.Errorf("%s was not released", live.Key)
		}
	}
}

func TestStrippedTagsAreFoundByIDAndRepaired(t *testing.T) {
	c := newCloud()
	mustApply(t, c, tier("f", 1))
	stripped := c.objects["id-001"]
	stripped.Tags = map[string]string{}
	c.objects["id-001"] = stripped
	known := map[string]engine.Known{"base": {Kind: "base", ID: "id-001"}}
	outcome, err := c.engine("base", "branch", "top").Apply(t.Context(), tier("f", 1), known, false)
	if err = errors.Join(err, outcome.Err()); err != nil {
		t.Fatal(err)
	}
	if tags := c.objects["id-001"].Tags; tags[stack.TagPart] != "base" || tags["team"] != "x" || len(c.objects) != 4 {
		t.Errorf("tags %v, objects %v", tags, c.inventory())
	}
}

// TestWhatLeavesIsAwaitedAndNotConfused: an object on its way out may share its
// name, which is its id, with the one made in its place.
func TestWhatLeavesIsAwaitedAndNotConfused(t *testing.T) {
	leaving := engine.Live{Key: "top", ID: "name", Deleting: true, Spec: &thing{KindName: "top", Fixed: "-"}}
	actions := engine.Match(tier("f", 1), append(engine.FromStack(tier("f", 1))[:3], leaving))
	last := actions[len(actions)-1]
	if len(actions) != 4 || last.Verb != engine.Create || len(last.Leaving) != 1 {
		t.Errorf("got %+v", last)
	}
}

func TestDestroyDeletesDependantsFirst(t *testing.T) {
	c := newCloud()
	mustApply(t, c, tier("f", 1))
	outcome, err := c.engine("base", "branch", "top").Destroy(t.Context(), testID, nil)
	if err = errors.Join(err, outcome.Err()); err != nil {
		t.Fatal(err)
	}
	if left := c.inventory(); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestDestroyReportsWhatItCouldNotDelete(t *testing.T) {
	c := newCloud()
	mustApply(t, c, tier("f", 1))
	c.fault = func(call string, _ bool) error {
		if call == "delete left" {
			return errors.New("refused")
		}
		return nil
	}
	outcome, err := c.engine("base", "branch", "top").Destroy(t.Context(), testID, nil)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, live := range outcome.Live {
		keys = append(keys, live.Key)
	}
	if slices.Sort(keys); !slices.Equal(keys, []string{"base", "left"}) {
		t.Errorf("left: %v; %v", keys, outcome.Err())
	}
}

func TestMatchKnowsNoOutputOfAPartToBeMade(t *testing.T) {
	actions := engine.Match(tier("g", 1), engine.FromStack(tier("f", 1)))
	var got []string
	for _, action := range actions {
		if action.Verb != engine.Keep {
			got = append(got, string(action.Verb)+" "+action.Key)
		}
	}
	if want := []string{"replace left", "update top", "delete left"}; !slices.Equal(got, want) {
		t.Errorf("actions %v, want %v", got, want)
	}
}

func TestVolatileOutputsChangeWithTheirPart(t *testing.T) {
	build := func(size int) *stack.Stack {
		s := stack.New(testID, nil)
		s.Add("template", &thing{KindName: "base", Size: size})
		s.Add("group", &thing{KindName: "top", Uses: []stack.Ref{stack.Output("template", "latest_version")}})
		return s
	}
	actions := engine.Match(build(2), engine.FromStack(build(1)))
	if actions[1].Verb != engine.Update {
		t.Errorf("the group does not follow its template: %v", actions[1])
	}
}

// errKilled stands for the death of the process: nothing after it has any effect.
var errKilled = errors.New("killed")

// TestKilledAtEveryCallConverges is the reason why nothing is journalled: the
// next apply observes, and ends where an undisturbed one ends.
func TestKilledAtEveryCallConverges(t *testing.T) {
	scenarios := map[string]struct{ before, after *stack.Stack }{
		"create":  {nil, tier("f", 1)},
		"update":  {tier("f", 1), tier("f", 2)},
		"replace": {tier("f", 1), tier("g", 1)},
		"destroy": {tier("f", 1), nil},
	}
	for name, scenario := range scenarios {
		t.Run(name, func(t *testing.T) {
			for n := 1; ; n++ {
				for _, after := range []bool{false, true} {
					if !killAt(t, n, after, scenario.before, scenario.after) {
						return
					}
				}
			}
		})
	}
}

// killAt runs a scenario with the process killed before or after the nth mutating
// call, then again undisturbed. It returns false when there is no nth call.
func killAt(t *testing.T, n int, afterCall bool, before, after *stack.Stack) bool {
	t.Helper()
	clean := newCloud()
	c := newCloud()
	for _, cloud := range []*cloud{clean, c} {
		if before != nil {
			mustApply(t, cloud, before)
		}
	}
	run := func(c *cloud) error {
		e := c.engine("base", "branch", "top")
		if after == nil {
			outcome, err := e.Destroy(t.Context(), testID, nil)
			return errors.Join(err, outcome.Err())
		}
		outcome, err := e.Apply(t.Context(), after, nil, before == nil)
		return errors.Join(err, outcome.Err())
	}
	if err := run(clean); err != nil {
		t.Fatal(err)
	}
	calls, dead := 0, false
	c.fault = func(_ string, isAfter bool) error {
		if !isAfter {
			calls++
		}
		if calls == n && isAfter == afterCall {
			dead = true
		}
		if dead {
			return errKilled
		}
		return nil
	}
	if err := run(c); err == nil {
		return false
	}
	c.fault = nil
	if err := run(c); err != nil {
		t.Fatalf("call %d, after %v: %v", n, afterCall, err)
	}
	if got, want := c.inventory(), clean.inventory(); !slices.Equal(got, want) {
		t.Errorf("call %d, after %v: inventory %v, want %v", n, afterCall, got, want)
	}
	return true
}
