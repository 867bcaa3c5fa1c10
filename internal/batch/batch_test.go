package batch_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/batch"
)

// source answers keys with their length and records what it is asked.
type source struct {
	mu    sync.Mutex
	asked [][]string
	takes time.Duration
	bad   string
	extra []string
}

func (s *source) fetch(ctx context.Context, keys []string) (map[string]int, error) {
	s.mu.Lock()
	s.asked = append(s.asked, slices.Sorted(slices.Values(keys)))
	s.mu.Unlock()
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if slices.Contains(keys, s.bad) {
		return nil, errors.New("bad key")
	}
	found := map[string]int{}
	for _, key := range append(keys, s.extra...) {
		if key != "absent" {
			found[key] = len(key)
		}
	}
	return found, nil
}

func getAll(t *testing.T, b *batch.Batcher[string, int], keys ...string) map[string]error {
	t.Helper()
	failed := map[string]error{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, key := range keys {
		wg.Go(func() {
			if _, _, err := b.Get(t.Context(), key, false); err != nil {
				mu.Lock()
				failed[key] = err
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return failed
}

func TestCallsAtTheSameTimeAreMerged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{}
		b := &batch.Batcher[string, int]{Fetch: s.fetch, Window: time.Second}
		getAll(t, b, "a", "bb", "a", "ccc")
		if len(s.asked) != 1 || !slices.Equal(s.asked[0], []string{"a", "bb", "ccc"}) {
			t.Errorf("asked %v", s.asked)
		}
	})
}

func TestKeysAreCappedAtWhatTheCallTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{}
		b := &batch.Batcher[string, int]{Fetch: s.fetch, Window: time.Second, Most: 2}
		getAll(t, b, "a", "b", "c", "d", "e")
		if len(s.asked) != 3 {
			t.Errorf("asked %v", s.asked)
		}
	})
}

func TestABadKeyFailsOnlyThoseWhoAskedForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{bad: "bad"}
		b := &batch.Batcher[string, int]{Fetch: s.fetch, Window: time.Second}
		failed := getAll(t, b, "a", "bad", "c")
		if len(failed) != 1 || failed["bad"] == nil {
			t.Errorf("failed: %v", failed)
		}
	})
}

func TestAnAbsentKeyIsNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{}
		b := &batch.Batcher[string, int]{Fetch: s.fetch}
		if _, found, err := b.Get(t.Context(), "absent", false); found || err != nil {
			t.Errorf("found %v, %v", found, err)
		}
	})
}

func TestOneCallerGivingUpDoesNotStopTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: time.Minute}
		b := &batch.Batcher[string, int]{Fetch: s.fetch, Window: time.Second, Limit: time.Hour}
		impatient, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var first, second error
		var wg sync.WaitGroup
		wg.Go(func() { _, _, first = b.Get(impatient, "a", false) })
		wg.Go(func() { _, _, second = b.Get(t.Context(), "b", false) })
		wg.Wait()
		if !errors.Is(first, context.DeadlineExceeded) || second != nil {
			t.Errorf("first %v, second %v", first, second)
		}
	})
}

func TestARecentResultServesThoseWhoAcceptIt(t *testing.T) {
	var writes atomic.Uint64
	tests := []struct {
		name   string
		recent bool
		wait   time.Duration
		write  bool
		calls  int
	}{
		{"recent accepted", true, time.Second, false, 1},
		{"recent refused", false, time.Second, false, 2},
		{"too old", true, time.Hour, false, 2},
		{"written since", true, time.Second, true, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &source{extra: []string{"neighbour"}}
				b := &batch.Batcher[string, int]{Fetch: s.fetch, Memory: time.Minute, Epoch: writes.Load}
				getAll(t, b, "a")
				time.Sleep(test.wait)
				if test.write {
					writes.Add(1)
				}
				if _, found, err := b.Get(t.Context(), "neighbour", test.recent); !found || err != nil {
					t.Errorf("found %v, %v", found, err)
				}
				if len(s.asked) != test.calls {
					t.Errorf("%d calls, want %d", len(s.asked), test.calls)
				}
			})
		})
	}
}

func TestAPanickingFetchIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &batch.Batcher[string, int]{Fetch: func(context.Context, []string) (map[string]int, error) { panic("boom") }}
		if _, _, err := b.Get(t.Context(), "a", false); err == nil {
			t.Error("no error")
		}
	})
}
