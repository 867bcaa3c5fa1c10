package engine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// thing is the spec of the objects of the in-memory cloud.
type thing struct {
	KindName string      `json:"kind" stack:"create"`
	Fixed    string      `json:"fixed" stack:"create"`
	Size     int         `json:"size"`
	Uses     []stack.Ref `json:"uses" stack:"set"`
	// Host is a thing that cannot be exchanged.
	Host stack.Ref `json:"host" stack:"create"`
}

func (t *thing) Kind() string { return t.KindName }

// cloud holds objects in memory, journals what is done, and fails or dies on demand.
type cloud struct {
	mu      sync.Mutex
	objects map[string]engine.Live
	next    int
	journal []string
	// fault is asked before and after each mutating call.
	fault func(call string, after bool) error
	// takes is how long each mutating call of a kind takes.
	takes map[string]time.Duration
}

func newCloud() *cloud {
	return &cloud{objects: map[string]engine.Live{}, takes: map[string]time.Duration{}}
}

func (c *cloud) engine(kinds ...string) *engine.Engine {
	e := &engine.Engine{Confirm: time.Second}
	for _, name := range kinds {
		e.Kinds = append(e.Kinds, &memoryKind{cloud: c, name: name})
	}
	return e
}

// inventory lists objects without their ids, which differ from run to run.
func (c *cloud) inventory() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []string
	for _, live := range c.objects {
		spec, _ := live.Spec.(*thing)
		list = append(list, fmt.Sprintf("%s %s %s %d", spec.KindName, live.Tags[stack.TagPart], spec.Fixed, spec.Size))
	}
	slices.Sort(list)
	return list
}

func (c *cloud) calls() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.journal)
}

// mutate runs do as one mutating call.
func (c *cloud) mutate(call, kind string, do func() error) error {
	time.Sleep(c.takes[kind])
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fault != nil {
		if err := c.fault(call, false); err != nil {
			return err
		}
	}
	c.journal = append(c.journal, call)
	if err := do(); err != nil {
		return err
	}
	if c.fault != nil {
		return c.fault(call, true)
	}
	return nil
}

type memoryKind struct {
	cloud *cloud
	name  string
}

func (k *memoryKind) Name() string { return k.name }

func (k *memoryKind) List(_ context.Context, scope engine.Scope) ([]engine.Live, error) {
	k.cloud.mu.Lock()
	defer k.cloud.mu.Unlock()
	var found []engine.Live
	for _, id := range slices.Sorted(maps.Keys(k.cloud.objects)) {
		live := k.cloud.objects[id]
		key := live.Tags[stack.TagPart]
		for known, knownID := range scope.IDs {
			if knownID == id && key == "" {
				key = known
			}
		}
		if live.Spec.Kind() == k.name && (live.Tags[stack.TagStack] == scope.Stack.String() || key != "" && live.Tags[stack.TagStack] == "") {
			live.Key = key
			found = append(found, live)
		}
	}
	return found, nil
}

func (k *memoryKind) Create(_ context.Context, want engine.Want) (engine.Live, error) {
	var live engine.Live
	err := k.cloud.mutate("create "+want.Key, k.name, func() error {
		k.cloud.next++
		id := fmt.Sprintf("id-%03d", k.cloud.next)
		live = engine.Live{Key: want.Key, ID: id, Spec: want.Spec, Tags: maps.Clone(want.Tags), Out: map[string]string{"id": id, "latest_version": "1"}}
		k.cloud.objects[id] = live
		return nil
	})
	return live, err
}

func (k *memoryKind) Update(_ context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	if diff.Replaces() {
		return have, fmt.Errorf("update of %s asked to change what cannot be changed: %v", want.Key, diff)
	}
	err := k.cloud.mutate("update "+want.Key, k.name, func() error {
		have.Spec, have.Tags = want.Spec, maps.Clone(want.Tags)
		have.Out = map[string]string{"id": have.ID, "latest_version": have.Out["latest_version"] + "'"}
		k.cloud.objects[have.ID] = have
		return nil
	})
	return have, err
}

var errInUse = errors.New("in use")

func (k *memoryKind) Delete(_ context.Context, have engine.Live) error {
	return k.cloud.mutate("delete "+have.Key, k.name, func() error {
		for _, other := range k.cloud.objects {
			for _, ref := range stack.Refs(other.Spec) {
				if value, _ := ref.Value(); value == have.ID {
					return fmt.Errorf("%s: %w by %s", have.Key, errInUse, other.Key)
				}
			}
		}
		delete(k.cloud.objects, have.ID)
		return nil
	})
}

// Release forgets whose the object is.
func (k *memoryKind) Release(_ context.Context, have engine.Live) error {
	return k.cloud.mutate("release "+have.Key, k.name, func() error {
		have.Tags = map[string]string{"released": "true"}
		k.cloud.objects[have.ID] = have
		return nil
	})
}

func (k *memoryKind) Wait(_ context.Context, have engine.Live) (engine.Live, error) { return have, nil }

var testID = stack.ID{Type: "test", Name: "a"}

// tier is a small stack: a base, two independent branches on it, and a top on both.
func tier(fixed string, size int) *stack.Stack {
	s := stack.New(testID, map[string]string{"team": "x"})
	s.Anchor = "base"
	s.Add("base", &thing{KindName: "base", Fixed: "-"})
	s.Add("left", &thing{KindName: "branch", Fixed: fixed, Size: size, Host: stack.Output("base", "id")})
	s.Add("right", &thing{KindName: "branch", Fixed: "-", Uses: []stack.Ref{stack.Output("base", "id")}})
	s.Add("top", &thing{KindName: "top", Fixed: "-", Uses: []stack.Ref{stack.Output("left", "id"), stack.Output("right", "id")}})
	return s
}

func apply(t *testing.T, c *cloud, s *stack.Stack, create bool) engine.Outcome {
	t.Helper()
	outcome, err := c.engine("base", "branch", "top").Apply(t.Context(), s, nil, create)
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

func mustApply(t *testing.T, c *cloud, s *stack.Stack) {
	t.Helper()
	if err := apply(t, c, s, false).Err(); err != nil {
		t.Fatal(err)
	}
}
