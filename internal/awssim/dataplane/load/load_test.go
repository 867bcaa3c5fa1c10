package load

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// record makes one request a slot: a letter is the zone that served it, a dot none.
func record(text string) Record {
	start := time.Now()
	var r Record
	for i, c := range text {
		one := Request{At: start.Add(time.Duration(i) * SlotWidth), Status: http.StatusBadGateway}
		if c != '.' {
			one.Status, one.Zone = http.StatusOK, string(c)
		}
		r = append(r, one)
	}
	return r
}

func TestFigures(t *testing.T) {
	for text, want := range map[string]string{
		"":            "0 served, 0 failed, longest 0s, last none, zones []",
		"abc":         "3 served, 0 failed, longest 0s, last none, zones [a b c]",
		"ba.a...b.bb": "6 served, 5 failed, longest 200ms, last 800ms, zones [a b]",
		"..":          "0 served, 2 failed, longest 100ms, last 100ms, zones []",
	} {
		r := record(text)
		last := "none"
		if at := r.LastFailure(); !at.IsZero() {
			last = at.Sub(r[0].At).String()
		}
		got := fmt.Sprintf("%d served, %d failed, longest %s, last %s, zones %v", r.Served(), r.Failed(), r.LongestFailing(), last, r.Zones())
		if got != want {
			t.Errorf("%q: %s; want %s", text, got, want)
		}
	}
}

func TestSlots(t *testing.T) {
	r := record("a..b")
	r[2].At = r[1].At // both in the second slot
	if got, want := r.Slots(), []Slot{{1, 0}, {0, 2}, {0, 0}, {1, 0}}; !slices.Equal(got, want) {
		t.Errorf("%v; want %v", got, want)
	}
	if part := r.Between(r[1].At, r[3].At); len(part) != 2 {
		t.Errorf("between: %v", part)
	}
}

func TestBounds(t *testing.T) {
	var now, most atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		time.Sleep(5 * time.Millisecond)
		now.Add(-1)
		fmt.Fprint(w, `{"zone": "a"}`)
	}))
	defer server.Close()
	r := Run(t.Context(), Options{URL: server.URL, Every: time.Microsecond, Concurrency: 3, Count: 20})
	if len(r) != 20 || r.Served() != 20 || most.Load() > 3 || !slices.Equal(r.Zones(), []string{"a"}) {
		t.Errorf("%d requests, %d served by %v, %d at once", len(r), r.Served(), r.Zones(), most.Load())
	}
	if r := Run(t.Context(), Options{URL: server.URL, For: 50 * time.Millisecond}); r.Failed() > 0 || len(r) > 11 {
		t.Errorf("in 50 ms, %d requests, %d failed", len(r), r.Failed())
	}
}

func TestEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := Run(ctx, Options{URL: "http://127.0.0.1:1"}); len(r) > 0 {
		t.Errorf("%v", r)
	}
}

func TestNoAnswerIsAFailure(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	if r := Run(t.Context(), Options{URL: server.URL, Count: 2}); r.Failed() != 2 || r.Statuses()[0] != 2 {
		t.Errorf("%v", r)
	}
}
