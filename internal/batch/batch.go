// Package batch merges look-ups that are asked for at about the same time.
//
// It does not know what is looked up, nor AWS: a Batcher turns many Get calls
// into few Fetch calls and hands the results out.
package batch

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Batcher answers Get calls from shared Fetch calls. Set the fields before the
// first Get; the zero values of the durations are usable.
type Batcher[K comparable, V any] struct {
	// Fetch looks all keys up in one go. Keys that do not exist are absent from the
	// result; results for keys not asked for are welcome and may be remembered.
	Fetch func(ctx context.Context, keys []K) (map[K]V, error)
	// Most is the number of keys that one Fetch takes; 0 means any number.
	Most int
	// Window is how long the first caller waits for company.
	Window time.Duration
	// Limit bounds one Fetch, whatever its callers' contexts say; 0 means a minute.
	Limit time.Duration
	// Memory is how long a result may serve callers who accept a recent one.
	Memory time.Duration
	// Epoch returns a number that grows with every write. A result fetched before
	// the last write serves nobody; nil means that nothing is ever written.
	Epoch func() uint64

	mu      sync.Mutex
	waiting []request[K, V]
	memory  map[K]memo[V]
}

type request[K comparable, V any] struct {
	key   K
	reply chan reply[V]
}

type reply[V any] struct {
	value V
	found bool
	err   error
}

type memo[V any] struct {
	value V
	until time.Time
	epoch uint64
}

// Get returns the value of the key, and whether it exists. With recent set, a
// remembered result will do. When ctx ends only this caller stops waiting: the
// shared call goes on for the others.
func (b *Batcher[K, V]) Get(ctx context.Context, key K, recent bool) (V, bool, error) {
	mine := make(chan reply[V], 1)
	b.mu.Lock()
	if memo, ok := b.memory[key]; ok && recent && time.Now().Before(memo.until) && memo.epoch == b.epoch() {
		b.mu.Unlock()
		return memo.value, true, nil
	}
	b.waiting = append(b.waiting, request[K, V]{key, mine})
	if len(b.waiting) == 1 {
		time.AfterFunc(b.Window, func() { b.flush(context.WithoutCancel(ctx)) })
	}
	b.mu.Unlock()
	select {
	case got := <-mine:
		return got.value, got.found, got.err
	case <-ctx.Done():
		var zero V
		return zero, false, context.Cause(ctx)
	}
}

func (b *Batcher[K, V]) epoch() uint64 {
	if b.Epoch == nil {
		return 0
	}
	return b.Epoch()
}

// flush serves everybody who waits.
func (b *Batcher[K, V]) flush(ctx context.Context) {
	b.mu.Lock()
	requests := b.waiting
	b.waiting = nil
	b.mu.Unlock()

	byKey := map[K][]request[K, V]{}
	var keys []K
	for _, r := range requests {
		if byKey[r.key] == nil {
			keys = append(keys, r.key)
		}
		byKey[r.key] = append(byKey[r.key], r)
	}
	most := b.Most
	if most <= 0 {
		most = max(len(keys), 1)
	}
	for chunk := range slices.Chunk(keys, most) {
		b.serve(ctx, chunk, byKey)
	}
}

func (b *Batcher[K, V]) serve(ctx context.Context, keys []K, byKey map[K][]request[K, V]) {
	values, err := b.fetch(ctx, keys)
	if err != nil && len(keys) > 1 {
		// One bad key fails a whole call (aws-facts §16): ask key by key, so that
		// only those who asked for it see the error.
		for _, key := range keys {
			b.serve(ctx, []K{key}, byKey)
		}
		return
	}
	for _, key := range keys {
		value, found := values[key]
		for _, r := range byKey[key] {
			r.reply <- reply[V]{value, found, err}
		}
	}
}

func (b *Batcher[K, V]) fetch(ctx context.Context, keys []K) (values map[K]V, err error) {
	limit := b.Limit
	if limit == 0 {
		limit = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("internal error: %v", cause)
		}
	}()
	epoch := b.epoch()
	values, err = b.Fetch(ctx, slices.Clone(keys))
	if err != nil || b.Memory == 0 {
		return values, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.memory == nil {
		b.memory = map[K]memo[V]{}
	}
	now := time.Now()
	maps.DeleteFunc(b.memory, func(_ K, m memo[V]) bool { return now.After(m.until) })
	for key, value := range values {
		b.memory[key] = memo[V]{value, now.Add(b.Memory), epoch}
	}
	return values, nil
}
