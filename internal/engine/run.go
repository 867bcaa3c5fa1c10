package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// run is one pass over the parts of a stack. A part starts when its own needs are
// done; a failure stops only the parts that need it.
type run struct {
	engine *Engine
	want   *stack.Stack
	wg     sync.WaitGroup

	mu       sync.Mutex
	done     map[string]chan struct{}
	live     map[string]Live
	failures map[string]*Failure
}

func newRun(e *Engine, want *stack.Stack) *run {
	r := &run{engine: e, want: want, done: map[string]chan struct{}{}, live: map[string]Live{}, failures: map[string]*Failure{}}
	for _, part := range want.Parts() {
		r.done[part.Key] = make(chan struct{})
	}
	return r
}

func (r *run) start(ctx context.Context, action Action) {
	part, _ := r.want.Part(action.Key)
	r.wg.Go(func() {
		defer close(r.done[part.Key])
		for _, need := range part.Needs {
			<-r.done[need]
		}
		failure := r.blocked(part)
		if failure == nil {
			failure = r.step(ctx, part, action)
		}
		if failure != nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.failures[part.Key] = failure
			if _, known := r.live[part.Key]; !known && action.Have.Spec != nil {
				r.live[part.Key] = action.Have
			}
		}
	})
}

// blocked returns the failure of a part one of whose needs failed.
func (r *run) blocked(part stack.Part) *Failure {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, need := range part.Needs {
		if r.failures[need] != nil {
			return &Failure{Key: part.Key, Kind: part.Kind, Doing: "skip", Needs: need}
		}
	}
	return nil
}

func (r *run) step(ctx context.Context, part stack.Part, action Action) *Failure {
	kind := r.engine.kind(part.Kind)
	want := Want{Stack: r.want.ID, Key: part.Key, Spec: stack.Resolve(part.Spec, r.output), Tags: r.want.TagsOf(part),
		Untag: r.want.Untag, Secrets: r.want.Secrets}
	doing := "update"
	err := guard(func() (err error) {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		live := action.Have
		if action.Verb == Create || action.Verb == Replace {
			doing = "create"
			for _, leaving := range action.Leaving {
				if err := kind.Delete(ctx, leaving); err != nil {
					return err
				}
			}
			r.engine.log(ctx, "creating", map[string]any{"part": part.Key, "kind": part.Kind})
			live, err = r.create(ctx, kind, want)
		} else if diff := Difference(want.Spec, want.Tags, live, want.Untag...); len(diff) > 0 {
			r.engine.log(ctx, "updating", map[string]any{"part": part.Key, "kind": part.Kind, "changes": len(diff)})
			live, err = kind.Update(ctx, live, want, diff)
		}
		if live.Spec != nil {
			r.store(part.Key, live)
		}
		if err != nil {
			return err
		}
		doing = "wait"
		live, err = kind.Wait(ctx, live)
		if err == nil {
			r.store(part.Key, live)
		}
		return err
	})
	if err != nil {
		return &Failure{Key: part.Key, Kind: part.Kind, Doing: doing, Err: err}
	}
	return nil
}

// createTries bounds how often an uncertain Create is tried.
const createTries = 3

// create makes the object. When the reply got lost it looks for the object first:
// many EC2 calls have neither unique name nor token (aws-facts §17).
func (r *run) create(ctx context.Context, kind Kind, want Want) (Live, error) {
	for try := 1; ; try++ {
		live, err := kind.Create(ctx, want)
		if err == nil || !errors.Is(err, ErrUncertain) || try == createTries {
			return live, err
		}
		select {
		case <-ctx.Done():
			return live, err
		case <-time.After(r.engine.Confirm):
		}
		lives, listErr := kind.List(ctx, Scope{Stack: want.Stack})
		if listErr != nil {
			return live, errors.Join(err, listErr)
		}
		for _, live := range lives {
			if live.Key != want.Key || live.Deleting || stack.Compare(want.Spec, live.Spec).Replaces() {
				continue
			}
			// A create of several calls may have got through the first ones only.
			if diff := Difference(want.Spec, want.Tags, live, want.Untag...); len(diff) > 0 {
				return kind.Update(ctx, live, want, diff)
			}
			return live, nil
		}
	}
}

func (r *run) store(key string, live Live) {
	live.Key = key
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live[key] = live
}

func (r *run) output(part, output string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	value, known := r.live[part].Out[output]
	return value, known
}

// finish waits for all parts and returns them in dependency order.
func (r *run) finish() Outcome {
	r.wg.Wait()
	var outcome Outcome
	for _, part := range r.want.Parts() {
		if live, ok := r.live[part.Key]; ok {
			outcome.Live = append(outcome.Live, live)
		}
		if failure := r.failures[part.Key]; failure != nil {
			outcome.Failures = append(outcome.Failures, failure)
		}
	}
	return outcome
}

func (e *Engine) delete(ctx context.Context, live Live) error {
	return e.kind(live.Spec.Kind()).Delete(ctx, live)
}

func (e *Engine) deleteOrRelease(ctx context.Context, live Live) error {
	if releaser, ok := e.kind(live.Spec.Kind()).(Releaser); ok && live.Retain {
		return releaser.Release(ctx, live)
	}
	return e.delete(ctx, live)
}

// removeAll removes objects, each after those that depend on it, and returns what
// is left or was spared. An object depends on another when one of its Refs holds the
// other's id or one of its outputs, so no configuration is needed.
func (e *Engine) removeAll(ctx context.Context, lives []Live, remove func(context.Context, Live) error) Outcome {
	lives = slices.Clone(lives)
	slices.SortFunc(lives, func(a, b Live) int {
		return cmp.Or(cmp.Compare(a.Spec.Kind(), b.Spec.Kind()), cmp.Compare(a.Key, b.Key), cmp.Compare(a.ID, b.ID))
	})
	done := make([]chan struct{}, len(lives))
	for i := range done {
		done[i] = make(chan struct{})
	}
	failed := make([]*Failure, len(lives))
	spared := make([]*SparedError, len(lives))
	var wg sync.WaitGroup
	for i, live := range lives {
		wg.Go(func() {
			defer close(done[i])
			for j, other := range lives {
				if i == j || !dependsOn(other, live) || dependsOn(live, other) {
					continue
				}
				<-done[j]
				if failed[j] != nil {
					failed[i] = &Failure{Key: live.Key, Kind: live.Spec.Kind(), Doing: "skip", Needs: other.Key + " deleted"}
				}
			}
			if failed[i] != nil {
				return
			}
			e.log(ctx, "deleting", map[string]any{"part": live.Key, "kind": live.Spec.Kind(), "id": live.ID})
			err := guard(func() error { return remove(ctx, live) })
			if err != nil && !errors.As(err, &spared[i]) {
				failed[i] = &Failure{Key: live.Key, Kind: live.Spec.Kind(), Doing: "delete", Err: err}
			}
		})
	}
	wg.Wait()
	var outcome Outcome
	for i, live := range lives {
		if failed[i] != nil {
			outcome.Failures = append(outcome.Failures, failed[i])
			outcome.Live = append(outcome.Live, live)
		}
		if spared[i] != nil {
			outcome.Spared = append(outcome.Spared, Spared{Key: live.Key, ID: live.ID, Why: spared[i].Why})
		}
	}
	return outcome
}

// dependsOn reports whether one of a's Refs names b.
func dependsOn(a, b Live) bool {
	return slices.ContainsFunc(stack.Refs(a.Spec), func(ref stack.Ref) bool {
		value, _ := ref.Value()
		if value == "" {
			return false
		}
		if value == b.ID {
			return true
		}
		for _, out := range b.Out {
			if value == out {
				return true
			}
		}
		return false
	})
}
