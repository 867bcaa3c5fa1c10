package engine

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// retire notes on surplus that is to be kept for a while when it came out of use,
// and returns it. It returns nothing when the surplus can go.
func (e *Engine) retire(ctx context.Context, want *stack.Stack, surplus []Live) (kept []Live, failures []*Failure) {
	now := time.Now()
	if !keeps(want, surplus) || !Kept(want, surplus, now) && !slices.ContainsFunc(surplus, isFresh(want)) {
		return nil, nil
	}
	for _, live := range surplus {
		if live.Tags != nil && live.Tags[stack.TagRetired] == "" {
			w := Want{Stack: want.ID, Key: live.Key, Spec: live.Spec, Tags: maps.Clone(live.Tags)}
			w.Tags[stack.TagRetired] = now.UTC().Format(time.RFC3339)
			updated := live
			err := guard(func() (err error) {
				updated, err = e.kind(live.Spec.Kind()).Update(ctx, live, w, stack.CompareTags(w.Tags, live.Tags))
				return err
			})
			if err != nil && e.isGone(ctx, want.ID, live) {
				continue // deleted to make room for what came
			}
			if err != nil {
				failures = append(failures, &Failure{Key: live.Key, Kind: live.Spec.Kind(), Doing: "update", Err: err})
			}
			live = updated
		}
		kept = append(kept, live)
	}
	return kept, failures
}

// isGone reports whether an object is not there any more, or about to go.
func (e *Engine) isGone(ctx context.Context, id stack.ID, live Live) bool {
	var there []Live
	err := guard(func() (err error) {
		there, err = e.kind(live.Spec.Kind()).List(ctx, Scope{Stack: id, IDs: map[string]string{live.Key: live.ID}})
		return err
	})
	return err == nil && !slices.ContainsFunc(there, func(other Live) bool { return other.ID == live.ID && !other.Deleting })
}

// keeps reports whether something surplus is of the part for whose sake surplus is
// kept.
func keeps(want *stack.Stack, surplus []Live) bool {
	return want.Keep != nil && slices.ContainsFunc(surplus, func(live Live) bool { return live.Key == want.Keep.Part })
}

// isFresh tells surplus that has just come out of use.
func isFresh(want *stack.Stack) func(Live) bool {
	return func(live Live) bool { return live.Key == want.Keep.Part && live.Tags[stack.TagRetired] == "" }
}

// Kept reports whether surplus is to be left alone at this time. It is pure.
func Kept(want *stack.Stack, surplus []Live, now time.Time) bool {
	return keeps(want, surplus) && slices.ContainsFunc(surplus, func(live Live) bool {
		since, err := time.Parse(time.RFC3339, live.Tags[stack.TagRetired])
		return err == nil && live.Key == want.Keep.Part && now.Before(since.Add(want.Keep.For))
	})
}
