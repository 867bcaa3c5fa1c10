// Package simtest has what the tests of simulated services share: a clock that
// the test sets and calls of handlers that must succeed or fail.
package simtest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// Account and Region are where the tests' services are.
const (
	Account = "123456789012"
	Region  = "eu-west-1"
)

// Clock is the simulated time, moved by the test.
type Clock struct{ Now time.Time }

// New returns a Region and its clock, which stands on a whole hour.
func New() (*region.Region, *Clock) {
	c := &Clock{Now: time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)}
	return region.New(Account, Region, func() time.Time { return c.Now }, 1), c
}

// Pass lets time go by.
func (c *Clock) Pass(d time.Duration) { c.Now = c.Now.Add(d) }

// Do calls a handler that must succeed.
func Do[I, O any](t *testing.T, handler func(context.Context, *I) (*O, error), in *I) *O {
	t.Helper()
	out, err := handler(t.Context(), in)
	if err != nil {
		t.Fatalf("%T: %v", in, err)
	}
	return out
}

// Refused calls a handler that must fail with a code and a message that holds text.
func Refused[I, O any](t *testing.T, handler func(context.Context, *I) (*O, error), in *I, code, text string) {
	t.Helper()
	out, err := handler(t.Context(), in)
	switch {
	case err == nil:
		t.Fatalf("%T succeeded: %+v; want %s", in, out, code)
	case !apierr.Is(err, code):
		t.Fatalf("%T: error %v, want code %s", in, err, code)
	case !strings.Contains(err.Error(), text):
		t.Fatalf("%T: error %q, want text %q", in, err, text)
	}
}
