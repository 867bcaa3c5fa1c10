//go:build unix

package e2e

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// changes is what the scenario "change" changes: tags of everything, parts of the
// network, rules, and the servers.
var changes = []string{otherImage, `-var=gateway_endpoints=["dynamodb"]`, `-var=ingress_cidr_blocks=["198.51.100.0/24"]`, "-var=team=web"}

// scenario is a command during which the provider is killed.
type scenario struct {
	name string
	// before is what was applied beforehand, nil for nothing.
	before []string
	do     []string
	// again are the variables with which everything is then destroyed; nil: it is
	// destroyed already.
	again []string

	// An undisturbed run takes so many mutating calls, and ends so.
	calls     int
	inventory []string
}

func scenarios() []*scenario {
	none := []string{}
	return []*scenario{
		{name: "create", do: apply(), again: none},
		{name: "change", before: apply(), do: apply(changes...), again: changes},
		{name: "destroy", before: apply(changes...), do: destroy(changes...)},
	}
}

// TestCrashKilled kills the provider's process, before a mutating call has its
// effect or right after. Applying again must end where an undisturbed run ends,
// with an empty plan, and destroying must leave nothing. Some calls of each
// scenario are tried so, or all with WEBTIER_CRASH=all.
func TestCrashKilled(t *testing.T) {
	needProc(t)
	t.Parallel()
	tried := undisturbed(t)
	var kills, failures atomic.Int64
	t.Run("kill", func(t *testing.T) {
		for _, s := range tried {
			for _, m := range s.moments() {
				t.Run(fmt.Sprintf("%s/call %d %s", s.name, m.n, map[bool]string{false: "before", true: "after"}[m.after]), func(t *testing.T) {
					t.Parallel()
					defer func() {
						if t.Failed() {
							failures.Add(1)
						}
					}()
					if s.killedAt(t, m) {
						kills.Add(1)
					}
				})
			}
		}
	})
	fmt.Printf("e2e: provider killed %d times, runs that failed: %d\n", kills.Load(), failures.Load())
}

// moments are the points at which the provider is killed.
func (s *scenario) moments() []moment {
	if os.Getenv("WEBTIER_CRASH") != "all" {
		return []moment{{n: 1 + s.calls/3}, {n: 1 + 2*s.calls/3, after: true}}
	}
	var all []moment
	for n := 1; n <= s.calls; n++ {
		all = append(all, moment{n: n}, moment{n: n, after: true})
	}
	return all
}

// undisturbed runs all scenarios, one after the other in one account, and notes how
// they end.
func undisturbed(t *testing.T) []*scenario {
	t.Helper()
	w := newWorkspace(t, newAccount(t), []string{"crash"})
	all := scenarios()
	for _, s := range all {
		w.sim.ResetCalls()
		w.must(s.do...)
		if s.calls = w.mutations(); s.calls == 0 {
			t.Fatalf("%s makes no mutating call", s.name)
		}
		time.Sleep(simulated(10 * time.Minute)) // servers that were replaced leave
		s.inventory = w.inventory()
		t.Logf("%s: %d mutating calls, then %d objects", s.name, s.calls, len(s.inventory))
	}
	return all
}

// killedAt runs the scenario with a kill at the moment, and reports whether it came.
func (s *scenario) killedAt(t *testing.T, m moment) (came bool) {
	w := newWorkspace(t, newAccount(t), []string{"crash"})
	if s.before != nil {
		w.must(s.before...)
	}
	at := w.when(m, func() error { return w.killProvider() })
	killed := w.run(s.do...)
	operation := at()
	switch {
	case operation == "" && killed.code == 0:
		// Waiting goes by real time: a run may take a call less than another.
		t.Logf("nothing was killed: there were fewer calls this time")
	case operation == "" || killed.code != 1:
		t.Fatalf("killed at %q, exit code %d:\n%s", operation, killed.code, killed.output)
	default:
		mustSay(t, killed.output, "ApplyResourceChange") // Terraform names the call that was lost
	}
	if r := w.run(s.do...); r.code != 0 {
		t.Fatalf("killed at %s; again: exit code %d\n%s\n\nthe killed run:\n%s", operation, r.code, r.output, killed.output)
	}
	if s.again != nil {
		w.mustPlanEmpty(s.again...)
	}
	w.mustBecome(w.t, s.inventory)
	if s.again != nil {
		w.must(destroy(s.again...)...)
		w.mustBecome(w.t, nil)
	}
	if t.Failed() {
		t.Logf("killed at %s", operation)
	}
	return operation != ""
}

// killProvider kills the provider of the command that runs. What it returns is what
// becomes of the call: nobody is there to hear the reply.
func (w *workspace) killProvider() error {
	pids := providersOf(int(w.group.Load()))
	if len(pids) == 0 {
		w.t.Error("the provider's process was not found")
	}
	errs := []error{errors.New("the provider was killed")}
	for _, pid := range pids {
		errs = append(errs, syscall.Kill(pid, syscall.SIGKILL))
	}
	return errors.Join(errs...)
}

// TestInterrupted interrupts an apply while it waits for a NAT gateway. What was
// made is saved, and used by what follows.
func TestInterrupted(t *testing.T) {
	needProc(t)
	for name, c := range map[string]struct {
		signal func(group int) error
		// resume is what follows, beside an apply.
		resume []string
		// kept says that the VPC must be the same afterwards.
		kept bool
	}{
		// Ctrl-C; then as the message advises.
		"SIGINT": {
			signal: func(group int) error { return syscall.Kill(group, syscall.SIGINT) },
			resume: []string{"untaint", "webtier_network.this"}, kept: true,
		},
		// What CI runners send. The provider must not die of it; and who only applies
		// again starts anew.
		"SIGTERM to the group": {signal: func(group int) error { return syscall.Kill(-group, syscall.SIGTERM) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, newAccount(t), []string{"crash"})
			var sent time.Time
			at := w.when(moment{operation: "CreateNatGateway", n: 1, after: true}, func() error {
				sent = time.Now()
				return c.signal(int(w.group.Load()))
			})
			stopped := w.run(apply()...)
			if at() == "" || stopped.code != 1 {
				t.Fatalf("interrupted at %q, exit code %d:\n%s", at(), stopped.code, stopped.output)
			}
			if took := time.Since(sent); took > 10*time.Second {
				t.Errorf("took %s to stop", took)
			}
			mustSay(t, stopped.output, `webtier_network "shop": create not finished`, "nat_gateway/euw1-az1 (ec2/nat_gateway), wait: interrupted", "State is kept.",
				"terraform untaint")
			if state := w.must("state", "list"); strings.TrimSpace(state) != "webtier_network.this" {
				t.Errorf("saved: %q", state)
			}
			before := w.vpcs()
			if c.resume != nil {
				w.must(c.resume...)
			}
			w.must(apply()...)
			if now := w.vpcs(); len(before) != 1 || len(now) != 1 || (now[0] == before[0]) != c.kept {
				t.Errorf("the VPC was %v and is %v", before, now)
			}
			w.mustPlanEmpty()
			w.must(destroy()...)
			w.mustBecome(w.t, nil)
		})
	}
}

// vpcs are the ids of the VPCs that exist.
func (w *workspace) vpcs() []string {
	var ids []string
	for _, line := range w.sim.World("eu-west-1").Inventory() {
		if fields := strings.Fields(line); fields[1] == "vpc" {
			ids = append(ids, fields[2])
		}
	}
	return ids
}
