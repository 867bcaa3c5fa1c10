package kindtest

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
)

// fault is something that happens to one mutating call.
type fault struct {
	name string
	// kills says that the client does not survive it: a new one goes on.
	kills bool
	// strike returns the hook that inflicts the fault on the nth mutating call, and
	// notes whether it has.
	strike func(n int, struck *bool) func(*awssim.Call, bool) error
}

var faults = []fault{
	{"killed before", true, func(n int, struck *bool) func(*awssim.Call, bool) error { return kill(n, false, struck) }},
	{"killed after", true, func(n int, struck *bool) func(*awssim.Call, bool) error { return kill(n, true, struck) }},
	{"lost request", false, func(n int, struck *bool) func(*awssim.Call, bool) error { return lose(n, false, struck) }},
	{"lost reply", false, func(n int, struck *bool) func(*awssim.Call, bool) error { return lose(n, true, struck) }},
}

var errKilled = errors.New("the client is dead")

// kill ends the client at its nth mutating call: it gets no reply to any other.
func kill(n int, after bool, struck *bool) func(*awssim.Call, bool) error {
	seen := 0
	return func(c *awssim.Call, isAfter bool) error {
		if *struck {
			return errKilled
		}
		if c.Mutating && isAfter == after {
			seen++
		}
		if seen == n {
			*struck = true
			return errKilled
		}
		return nil
	}
}

// lose breaks the connection of the nth mutating call, once.
func lose(n int, after bool, struck *bool) func(*awssim.Call, bool) error {
	seen := 0
	return func(c *awssim.Call, isAfter bool) error {
		if *struck || !c.Mutating || isAfter != after {
			return nil
		}
		if seen++; seen < n {
			return nil
		}
		*struck = true
		return &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}
	}
}

// mostCalls bounds the mutating calls that one object takes.
const mostCalls = 50

// everyCall applies and destroys the object with the fault at the first mutating
// call, at the second, and so on until there are no more.
func everyCall(t *testing.T, tc Case, f fault) {
	for n := 1; ; n++ {
		if n == mostCalls {
			t.Fatalf("after %d calls there is no end", n)
		}
		var struck bool
		t.Run(fmt.Sprintf("call %d", n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { start(t, tc, awssim.Options{}).survive(f, n, &struck) })
		})
		if !struck {
			return
		}
	}
}

// survive applies the stack, checks that it came out as wanted, and destroys it,
// with the fault at the nth mutating call of it all.
func (tr *trial) survive(f fault, n int, struck *bool) {
	tr.sim.Intercept(f.strike(n, struck))
	dead := func() bool { return f.kills && *struck }

	outcome, err := tr.engine().Apply(tr.Context(), tr.want(), nil, true)
	if dead() {
		tr.sim.Intercept(nil)
		outcome, err = tr.engine().Apply(tr.Context(), tr.want(), nil, true)
	}
	if err = errors.Join(err, outcome.Err()); err != nil {
		tr.Fatalf("Apply: %v", err)
	}
	tr.remember(outcome.Live...)
	tr.settled()

	wasDead := dead()
	outcome, err = tr.engine().Destroy(tr.Context(), tr.want().ID, tr.known)
	if dead() && !wasDead {
		tr.sim.Intercept(nil)
		outcome, err = tr.engine().Destroy(tr.Context(), tr.want().ID, tr.known)
	}
	if err = errors.Join(err, outcome.Err()); err != nil {
		tr.Fatalf("Destroy: %v", err)
	}
	if after := tr.inventory(); !tr.tc.Outlives && !slices.Equal(after, tr.before) {
		tr.Errorf("before there was:\n%v\nand in the end:\n%v", tr.before, after)
	}
}

// settled checks that there is one object and nothing to do.
func (tr *trial) settled() {
	tr.Helper()
	lives, err := tr.engine().Observe(tr.Context(), tr.want().ID, tr.known, false)
	if err != nil {
		tr.Fatalf("Observe: %v", err)
	}
	for _, action := range engine.Match(tr.want(), lives) {
		if action.Verb != engine.Keep {
			tr.Errorf("there is still to do: %s %s %s %v", action.Verb, action.Key, action.Have.ID, action.Diff)
		}
	}
}
