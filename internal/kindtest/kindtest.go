// Package kindtest is the harness that every kind of object passes against the
// simulator: it is created, found, changed from outside, repaired, found again
// without its tags, and deleted; and all of that once more with the client killed
// or the network broken at each mutating call.
//
// A kind's own tests are for what only that kind does.
package kindtest

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Account and Region are where the clients of this package work.
const (
	Account = "123456789012"
	Region  = "eu-west-1"
)

// Case is a kind with what the harness has to know to try it.
type Case struct {
	// Key is the key of the part; default object.
	Key string
	// Kind makes the kind under test.
	Kind func(*awsapi.Clients) engine.Kind
	// Prepare makes what calls cannot make; nil: nothing.
	Prepare func(w *awssim.World)
	// Setup makes by raw calls what the object needs and returns the wanted spec.
	Setup func(t *testing.T, c *awsapi.Clients) stack.Spec
	// Outside changes settings by raw calls, each by the path that must then differ.
	Outside map[string]func(t *testing.T, c *awsapi.Clients, live engine.Live)
	// Updates change the wanted spec in ways that need no new object, by any name.
	Updates map[string]func(t *testing.T, c *awsapi.Clients, want stack.Spec)
	// Untag removes the object's tags by a raw call. It is nil for objects that have
	// none of their own.
	Untag func(t *testing.T, c *awsapi.Clients, live engine.Live)
	// Unmarked says that nothing in AWS tells whose the object is: List finds it only
	// by the id that the state remembers, and Create takes over an equal one.
	Unmarked bool
	// Vanish deletes the object behind the provider's back; nil does it by Delete.
	Vanish func(t *testing.T, c *awsapi.Clients, live engine.Live)
	// Outlives says that Delete leaves the object, which goes with another.
	Outlives bool
	// Leaves are the beginnings of inventory lines of what a deletion leaves on
	// purpose, such as a final snapshot.
	Leaves []string
}

// Clients returns clients of the simulator. It may run in a testing/synctest bubble.
func Clients(t *testing.T, sim *awssim.Sim) *awsapi.Clients {
	t.Helper()
	c := awsapi.New(aws.Config{
		Region:           Region,
		HTTPClient:       &http.Client{Transport: sim.Transport()},
		RetryMaxAttempts: 5,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "example"}, nil
		}),
	}, nil, 1)
	c.Account, c.Partition = Account, "aws"
	return c
}

// staleSeeds is how often an object's life is tried with reads half of which still
// miss the last writes.
const staleSeeds = 3

// Run tries a kind. Every part runs on a simulator of its own, in virtual time.
func Run(t *testing.T, tc Case) {
	bubble := func(name string, try func(*trial)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { try(start(t, tc, awssim.Options{})) })
		})
	}
	bubble("life", (*trial).life)
	for seed := range staleSeeds {
		t.Run(fmt.Sprintf("stale reads %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { start(t, tc, awssim.Options{StaleReads: 0.5, Seed: uint64(seed)}).life() })
		})
	}
	for path, change := range tc.Outside {
		bubble("outside "+path, func(tr *trial) { tr.outside(path, change) })
	}
	for name, change := range tc.Updates {
		bubble("update "+name, func(tr *trial) { tr.update(change) })
	}
	if tc.Untag != nil {
		bubble("lost tags", (*trial).lostTags)
	}
	if !tc.Outlives {
		bubble("vanished", (*trial).vanished)
	}
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) { everyCall(t, tc, fault) })
	}
}

// trial is one simulator with the wanted part.
type trial struct {
	*testing.T
	tc   Case
	sim  *awssim.Sim
	spec stack.Spec
	// before is what exists beside the object.
	before []string
	// known is what a state would remember of an Unmarked object.
	known map[string]engine.Known
}

func start(t *testing.T, tc Case, options awssim.Options) *trial {
	options.Account = Account
	sim := awssim.New(options)
	if tc.Prepare != nil {
		w := sim.World(Region)
		w.Do(func() { tc.Prepare(w) })
	}
	tr := &trial{T: t, tc: tc, sim: sim, spec: tc.Setup(t, Clients(t, sim))}
	// What Setup made shall be ready, and older than what is under test.
	time.Sleep(10 * time.Minute)
	tr.before = tr.inventory()
	return tr
}

// inventory lists what exists in all Regions, what is global once, beside what
// deletions leave on purpose.
func (tr *trial) inventory() []string {
	var lines []string
	for _, region := range tr.sim.Regions() {
		for _, line := range tr.sim.World(region).Inventory() {
			if slices.ContainsFunc(tr.tc.Leaves, func(left string) bool { return strings.HasPrefix(line, left) }) {
				continue
			}
			if service, _, _ := strings.Cut(line, " "); region == Region || service != "iam" && service != "route53" {
				lines = append(lines, region+" "+line)
			}
		}
	}
	return lines
}

// remember notes what exists as a state would, if the kind depends on it.
func (tr *trial) remember(lives ...engine.Live) {
	if !tr.tc.Unmarked {
		return
	}
	tr.known = map[string]engine.Known{}
	for _, live := range lives {
		tr.known[live.Key] = engine.Known{Kind: live.Spec.Kind(), ID: live.ID}
	}
}

// key is the key of the object under test.
func (tr *trial) key() string { return cmp.Or(tr.tc.Key, "object") }

// want returns the stack of which the object is the only part.
func (tr *trial) want() *stack.Stack {
	s := stack.New(stack.ID{Type: "kindtest", Name: "trial"}, map[string]string{"team": "a", "cost:centre": "42"})
	s.Add(tr.key(), tr.spec)
	return s
}

func (tr *trial) wanted() engine.Want {
	s := tr.want()
	part, _ := s.Part(tr.key())
	return engine.Want{Stack: s.ID, Key: tr.key(), Spec: stack.Resolve(part.Spec, nil), Tags: s.TagsOf(part)}
}

// kind returns the kind as a newly started provider has it: nothing remembered.
func (tr *trial) kind() engine.Kind { return tr.tc.Kind(Clients(tr.T, tr.sim)) }

func (tr *trial) engine() *engine.Engine {
	return &engine.Engine{Kinds: []engine.Kind{tr.kind()}, Confirm: 5 * time.Second}
}
