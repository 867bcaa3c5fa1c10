package engine

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Observe returns the objects of a stack. known are those the state remembers, by
// part key.
func (e *Engine) Observe(ctx context.Context, id stack.ID, known map[string]Known, recent bool) ([]Live, error) {
	lives, _, err := e.observe(ctx, id, known, nil, recent)
	return lives, err
}

// observe does the same for a stack that wants parts, and returns the kinds, too, that
// were left unseen.
func (e *Engine) observe(ctx context.Context, id stack.ID, known map[string]Known, parts []stack.Part, recent bool) (lives []Live, unseen []*Failure, err error) {
	found := make([][]Live, len(e.Kinds))
	failed := make([]*Failure, len(e.Kinds))
	var wg sync.WaitGroup
	for i, kind := range e.Kinds {
		scope := Scope{Stack: id, IDs: map[string]string{}, Blank: len(known) == 0, Recent: recent}
		for key, object := range known {
			if object.Kind == kind.Name() {
				scope.IDs[key] = object.ID
			}
		}
		wg.Go(func() {
			err := guard(func() (err error) {
				found[i], err = kind.List(ctx, scope)
				return err
			})
			if err != nil {
				failed[i] = &Failure{Key: kind.Name(), Kind: kind.Name(), Doing: "list", Err: err}
			}
		})
	}
	wg.Wait()
	var errs []error
	for _, failure := range failed {
		switch {
		case failure == nil:
		case e.overlooks(failure, known, parts):
			e.log(ctx, "left unseen", map[string]any{"kind": failure.Kind, "error": failure.Err.Error()})
			unseen = append(unseen, failure)
		default:
			errs = append(errs, failure)
		}
	}
	return slices.Concat(found...), unseen, errors.Join(errs...)
}

// overlooks reports whether a stack goes on without the objects that could not be listed:
// neither the state has one of the kind, nor is one wanted.
func (e *Engine) overlooks(failure *Failure, known map[string]Known, parts []stack.Part) bool {
	for _, object := range known {
		if object.Kind == failure.Kind {
			return false
		}
	}
	wanted := slices.ContainsFunc(parts, func(part stack.Part) bool { return part.Kind == failure.Kind })
	return !wanted && e.Optional != nil && e.Optional(failure.Kind, failure.Err)
}
