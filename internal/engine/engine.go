package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Engine applies and destroys stacks of the kinds it was given.
type Engine struct {
	Kinds []Kind
	// Confirm is the pause before an uncertain Create looks for its object.
	Confirm time.Duration
	// Guard, when set, sees the actions of an apply before the first is done; its
	// error forbids them all.
	Guard func([]Action) error
	// Optional reports whether objects of a kind that could not be listed, for that error,
	// can stay unseen. It is asked when the state remembers none and the stack wants none;
	// nil: no kind's can.
	Optional func(kind string, err error) bool
	// Log receives one line per step; nil is silent.
	Log func(ctx context.Context, text string, fields map[string]any)
}

// Failure is one part that could not be brought to what was asked.
type Failure struct {
	Key, Kind string
	// Doing is keep, create, update, wait, delete, list or skip.
	Doing string
	// Needs is the failed part for which this one was skipped.
	Needs string
	Err   error
}

func (f *Failure) Error() string {
	if f.Doing == "skip" {
		return fmt.Sprintf("%s: skipped: needs %s", f.Key, f.Needs)
	}
	return fmt.Sprintf("%s: %s: %v", f.Key, f.Doing, f.Err)
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// TakenError says that a finished stack of that name exists and was not made by
// this configuration.
type TakenError struct{ Stack stack.ID }

func (e *TakenError) Error() string { return fmt.Sprintf("a %s already exists", e.Stack) }

// Spared is an object that was released where it would have been deleted.
type Spared struct{ Key, ID, Why string }

// Outcome is what exists after an apply or destroy, also when it failed.
type Outcome struct {
	Live     []Live
	Failures []*Failure
	// Unseen are the kinds whose objects could not be listed, and are Optional.
	Unseen []*Failure
	Spared []Spared
}

// with adds what came of a further step.
func (o Outcome) with(further Outcome) Outcome {
	return Outcome{Live: append(o.Live, further.Live...), Failures: append(o.Failures, further.Failures...),
		Unseen: append(o.Unseen, further.Unseen...), Spared: append(o.Spared, further.Spared...)}
}

// Err joins all failures; nil when there is none.
func (o Outcome) Err() error {
	errs := make([]error, len(o.Failures))
	for i, failure := range o.Failures {
		errs[i] = failure
	}
	return errors.Join(errs...)
}

// Apply makes what exists match the stack. With create set it refuses, with a
// TakenError, a stack that another configuration has finished. What exists is
// returned also when the apply failed; surplus is deleted only when nothing did.
func (e *Engine) Apply(ctx context.Context, want *stack.Stack, known map[string]Known, create bool) (Outcome, error) {
	hash, err := want.Hash()
	if err != nil {
		return Outcome{}, err
	}
	lives, unseen, err := e.observe(ctx, want.ID, known, want.Parts(), false)
	if err != nil {
		return Outcome{Live: lives}, err
	}
	if create && taken(lives, hash) {
		return Outcome{}, &TakenError{Stack: want.ID}
	}
	actions := Match(want, lives)
	if e.Guard != nil {
		if err := e.Guard(actions); err != nil {
			return Outcome{Live: lives}, err
		}
	}
	surplus := surplusOf(actions)
	if failures := e.keep(ctx, surplus); len(failures) > 0 {
		return Outcome{Live: lives, Failures: failures}, nil
	}
	run := newRun(e, want)
	for _, action := range actions {
		if action.Verb != Delete {
			run.start(ctx, action)
		}
	}
	outcome := run.finish()
	outcome.Unseen = unseen
	if len(outcome.Failures) == 0 {
		outcome = e.settle(ctx, outcome)
	}
	if len(outcome.Failures) > 0 {
		outcome.Live = append(outcome.Live, surplus...)
		return outcome, nil
	}
	outcome = e.anchor(ctx, want, hash, outcome)
	kept, failures := e.retire(ctx, want, surplus)
	outcome = outcome.with(Outcome{Live: kept, Failures: failures})
	if len(kept) > 0 {
		return outcome, nil
	}
	return outcome.with(e.removeAll(ctx, surplus, e.delete)), nil
}

// destroyRounds bounds how often Destroy looks again for objects that a stale
// listing had hidden.
const destroyRounds = 3

// Destroy deletes every object of the stack, but for those that are to outlive it,
// and returns when none is left.
func (e *Engine) Destroy(ctx context.Context, id stack.ID, known map[string]Known) (Outcome, error) {
	var spared []Spared
	for round := 1; ; round++ {
		lives, unseen, err := e.observe(ctx, id, known, nil, false)
		if err != nil || len(lives) == 0 {
			return Outcome{Live: lives, Unseen: unseen, Spared: spared}, err
		}
		outcome := e.removeAll(ctx, lives, e.deleteOrRelease)
		spared = append(spared, outcome.Spared...)
		if len(outcome.Failures) > 0 || round == destroyRounds {
			outcome.Unseen, outcome.Spared = unseen, spared
			return outcome, nil
		}
	}
}

// taken reports whether another configuration finished a stack of that name. The
// key of the anchor may differ from one configuration to another, and an anchor of
// old may still be there.
func taken(lives []Live, hash string) bool {
	finished, ours := false, false
	for _, live := range lives {
		other := live.Tags[stack.TagConfig]
		finished = finished || other != ""
		ours = ours || other == hash
	}
	return finished && !ours
}

func surplusOf(actions []Action) []Live {
	var surplus []Live
	for _, action := range actions {
		if action.Verb == Delete {
			surplus = append(surplus, action.Have)
		}
	}
	return surplus
}

// keep saves the data of surplus objects that hold some.
func (e *Engine) keep(ctx context.Context, surplus []Live) []*Failure {
	var failures []*Failure
	for _, live := range surplus {
		keeper, ok := e.kind(live.Spec.Kind()).(Keeper)
		if !ok || live.Deleting {
			continue
		}
		if err := guard(func() error { return keeper.Keep(ctx, live) }); err != nil {
			failures = append(failures, &Failure{Key: live.Key, Kind: live.Spec.Kind(), Doing: "keep", Err: err})
		}
	}
	return failures
}

// settle waits until all parts do their work.
func (e *Engine) settle(ctx context.Context, outcome Outcome) Outcome {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i, live := range outcome.Live {
		settler, ok := e.kind(live.Spec.Kind()).(Settler)
		if !ok {
			continue
		}
		wg.Go(func() {
			var settled Live
			err := guard(func() (err error) {
				settled, err = settler.Settle(ctx, live)
				return err
			})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				outcome.Failures = append(outcome.Failures, &Failure{Key: live.Key, Kind: live.Spec.Kind(), Doing: "wait", Err: err})
				return
			}
			outcome.Live[i] = settled
		})
	}
	wg.Wait()
	return outcome
}

// anchor writes the hash of the configuration, by which a later Create tells a
// finished stack from an interrupted one.
func (e *Engine) anchor(ctx context.Context, want *stack.Stack, hash string, outcome Outcome) Outcome {
	part, ok := want.Part(want.Anchor)
	i := slices.IndexFunc(outcome.Live, func(live Live) bool { return ok && live.Key == part.Key && live.Spec.Kind() == part.Kind })
	if i < 0 {
		return outcome
	}
	live := outcome.Live[i]
	w := Want{Stack: want.ID, Key: part.Key, Spec: live.Spec, Tags: want.TagsOf(part)}
	maps.Copy(w.Tags, want.Finish)
	w.Tags[stack.TagConfig] = hash
	diff := stack.CompareTags(w.Tags, live.Tags)
	if len(diff) == 0 {
		return outcome
	}
	err := guard(func() (err error) {
		outcome.Live[i], err = e.kind(part.Kind).Update(ctx, live, w, diff)
		return err
	})
	if err != nil {
		outcome.Live[i] = live
		outcome.Failures = append(outcome.Failures, &Failure{Key: part.Key, Kind: part.Kind, Doing: "update", Err: err})
	}
	return outcome
}

func (e *Engine) kind(name string) Kind {
	for _, kind := range e.Kinds {
		if kind.Name() == name {
			return kind
		}
	}
	panic("engine: no kind " + name)
}

func (e *Engine) log(ctx context.Context, text string, fields map[string]any) {
	if e.Log != nil {
		e.Log(ctx, text, fields)
	}
}

// guard turns a panic into an error: it would take the whole provider process
// down, and with it every other create in flight.
func guard(do func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("internal error: %v\n%s", cause, debug.Stack())
		}
	}()
	return do()
}
