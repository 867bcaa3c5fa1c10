package acctest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awssim"
)

// Scenario is an operation that is disturbed at each of its mutating calls.
type Scenario struct {
	// Dir holds the configuration.
	Dir string
	// Before are the variables of what exists beforehand; nil: nothing does.
	Before map[string]string
	// After are the variables of what is then applied; nil: all is destroyed.
	After map[string]string
	// Prepare makes what the configuration needs and does not make itself.
	Prepare func(t *testing.T, lab *Lab)
	// Between does what happens after Before was applied, such as the loss of a server;
	// the variables that it sets are those of what follows.
	Between func(t *testing.T, lab *Lab)
	// Sim are the options of the simulator. Unless they say how many, staleReads of all
	// reads are stale.
	Sim awssim.Options
	// Leaves are the beginnings of inventory lines of what a destroy leaves on
	// purpose, such as a final snapshot. It leaves the same however it is disturbed.
	Leaves []string
	// Sample is at one in how many calls each way disturbs a long scenario; 0: sampleStep.
	Sample int
	// Finally checks what else must hold when a run has ended.
	Finally func(t *testing.T, lab *Lab)
}

// staleReads is the share of reads that may still miss the last writes, as AWS's may,
// and do.
const staleReads = 0.3

// fault is a way to disturb a call. It returns what ends the disturbance.
type fault func(lab *Lab, n int) (end func())

var faults = map[string]fault{
	"killed before": func(lab *Lab, n int) func() {
		revive := lab.KillAt(n, false)
		return func() { revive() }
	},
	"killed after": func(lab *Lab, n int) func() {
		revive := lab.KillAt(n, true)
		return func() { revive() }
	},
	"refused":       rule(awssim.Rule{Kind: awssim.ModelledError, Code: "AccessDenied", Message: "not allowed", Status: 403}),
	"throttled":     rule(awssim.Rule{Kind: awssim.Throttle, Count: 3}),
	"failed inside": rule(awssim.Rule{Kind: awssim.ServerError}),
	"lost reply":    rule(awssim.Rule{Kind: awssim.LostReply}),
}

func rule(r awssim.Rule) fault {
	return func(lab *Lab, n int) func() {
		mutating := true
		r.Nth, r.Mutating = n, &mutating
		if err := lab.Sim.AddRule(r); err != nil {
			panic(err)
		}
		return lab.Sim.ClearRules
	}
}

// A scenario is disturbed in each way at one in so many of its mutating calls, so that
// the suite stays within minutes: each way begins at another call, and together they
// meet many. WEBTIER_CRASH=all, as in make test-crash, disturbs it at every one.
const (
	sampleStep = 15 // by default
	shortStep  = 30 // in short mode
)

// sampled returns the calls that are disturbed in the way with the index.
func (s Scenario) sampled(way, calls int) []int {
	step := cmp.Or(s.Sample, sampleStep)
	if testing.Short() {
		step = max(step, shortStep)
	}
	first := way * step / len(faults) % calls
	if os.Getenv("WEBTIER_CRASH") == "all" {
		first, step = 0, 1
	}
	var chosen []int
	for n := first; n < calls; n += step {
		chosen = append(chosen, n+1)
	}
	return chosen
}

// Crash disturbs a scenario in every way at mutating calls, all or a sample, and
// checks each time that applying again ends where an undisturbed run ends, with an
// empty plan, and that destroying then leaves nothing.
func Crash(t *testing.T, s Scenario) {
	t.Helper()
	Environment(t)
	var calls int
	var want []string
	synctest.Test(t, func(t *testing.T) { calls, want = s.undisturbed(t) })
	for way, name := range slices.Sorted(maps.Keys(faults)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, n := range s.sampled(way, calls) {
				t.Run(fmt.Sprintf("call %d", n), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { s.disturbed(t, faults[name], n, want) })
				})
			}
		})
	}
}

// without returns an inventory without what destroys leave on purpose.
func (s Scenario) without(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		return slices.ContainsFunc(s.Leaves, func(left string) bool { return strings.HasPrefix(line, left) })
	})
}

// start returns a lab with what exists beforehand, and the inventory that a destroy
// must lead back to.
func (s Scenario) start(t *testing.T) (lab *Lab, base []string) {
	t.Helper()
	options := s.Sim
	if options.StaleReads == 0 {
		options.StaleReads, options.Seed = staleReads, 7
	}
	lab = NewLabWith(t, options)
	if s.Prepare != nil {
		s.Prepare(t, lab)
		settle() // what others made is known everywhere
	}
	base = lab.Inventory()
	if s.Before != nil {
		lab.MustApply(t, s.Dir, s.Before)
	}
	if s.Between != nil {
		s.Between(t, lab)
		settle()
	}
	lab.Sim.ResetCalls()
	return lab, base
}

func (s Scenario) run(ctx context.Context, lab *Lab) error {
	if s.After == nil {
		return lab.Destroy(ctx, s.Dir, s.Before)
	}
	return lab.Apply(ctx, s.Dir, s.After)
}

// undisturbed returns how many mutating calls the scenario takes, and what exists
// after it.
func (s Scenario) undisturbed(t *testing.T) (calls int, inventory []string) {
	t.Helper()
	lab, _ := s.start(t)
	if err := s.run(t.Context(), lab); err != nil {
		t.Fatal(err)
	}
	if calls = lab.Mutations(); calls == 0 {
		t.Fatal("the scenario makes no mutating call")
	}
	settle()
	return calls, lab.Inventory()
}

// settle lets servers that are being replaced go, in virtual time.
func settle() { time.Sleep(10 * time.Minute) }

func (s Scenario) disturbed(t *testing.T, fault fault, n int, want []string) {
	t.Helper()
	lab, base := s.start(t)
	before := len(lab.Sim.Calls())
	end := fault(lab, n)
	err := s.run(t.Context(), lab)
	end()
	if t.Failed() {
		return
	}
	at := nthMutation(lab.Sim.Calls()[before:], n)
	if s.After == nil {
		if err := lab.Destroy(t.Context(), s.Dir, s.Before); err != nil {
			t.Fatalf("%s: destroying again: %v\n\nfirst: %v", at, err, err)
		}
	} else if err := lab.Apply(t.Context(), s.Dir, s.After); err != nil {
		t.Fatalf("%s: applying again: %v", at, err)
	} else if plan, err := lab.Plan(t.Context(), s.Dir, s.After); err != nil || !plan.Empty() {
		t.Fatalf("%s: plan after applying again: %v\n%s", at, err, plan)
	}
	got := lab.Inventory()
	if s.After != nil {
		settle()
		// A create that failed may have been undone first, and have left something.
		got, want = s.without(lab.Inventory()), s.without(want)
	}
	if s.Finally != nil {
		s.Finally(t, lab)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%s: inventory differs from an undisturbed run (error of the disturbed one: %v)\n got: %v\nwant: %v", at, err, got, want)
	}
	if s.After == nil {
		return
	}
	if err := lab.Destroy(t.Context(), s.Dir, s.After); err != nil {
		t.Fatalf("%s: destroying: %v", at, err)
	}
	if left := s.without(lab.Inventory()); !slices.Equal(left, s.without(base)) {
		t.Fatalf("%s: left after destroying: %v", at, left)
	}
}

func nthMutation(calls []awssim.Call, n int) string {
	for _, call := range calls {
		if call.Mutating {
			if n--; n == 0 {
				return call.Operation
			}
		}
	}
	return "no call"
}
