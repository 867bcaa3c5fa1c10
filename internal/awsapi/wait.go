package awsapi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
)

// Pace is the speed of waits: 1 is real time, 0.01 a hundred times as fast. It
// exists for tests and for the simulator's scaled clock.
type Pace float64

// Scale returns a duration at this pace.
func (p Pace) Scale(d time.Duration) time.Duration {
	if p == 0 {
		return d
	}
	return time.Duration(float64(d) * float64(p))
}

// Pause waits for a duration at this pace, or until ctx ends.
func (p Pace) Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(p.Scale(d))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// TimeoutError says what was waited for in vain.
type TimeoutError struct {
	What  string
	Limit time.Duration
	// Last is the state seen last.
	Last string
}

func (e *TimeoutError) Error() string {
	text := fmt.Sprintf("waited %s for %s", e.Limit, e.What)
	if e.Last != "" {
		text += ", last seen: " + e.Last
	}
	return text
}

// Waiting describes a wait. Durations are those of real AWS; the pace scales them.
type Waiting struct {
	// What is waited for, for the message: "load balancer shop-lb-1a2b3c to become active".
	What string
	// Expect is when it is usually ready: polls are rare before and dense around it.
	Expect time.Duration
	// Limit is when to give up.
	Limit time.Duration
}

// The pauses between two polls. What takes many minutes, as databases do, is polled
// less often: a short poll is then up to a fortieth of the time it takes.
const (
	shortPoll, longestShort = 3 * time.Second, 10 * time.Second
	longPoll, longestLong   = 15 * time.Second, 30 * time.Second
)

func between(least, pause, most time.Duration) time.Duration { return max(least, min(pause, most)) }

// ShortPoll is how late a thing may be noticed that is ready when expected, or not
// much later.
func ShortPoll(expect time.Duration) time.Duration {
	return between(shortPoll, expect/40, longestShort)
}

// Until calls check until it returns done or an error. state is for the message.
// A thing is noticed at most one ShortPoll after it is ready, if it is ready when
// expected. Each new state is logged.
func (p Pace) Until(ctx context.Context, w Waiting, check func(context.Context) (done bool, state string, err error)) error {
	last := ""
	for waited := time.Duration(0); ; {
		done, state, err := check(ctx)
		if done || err != nil {
			return err
		}
		if state != last {
			tflog.Info(ctx, "waiting for "+w.What, map[string]any{"state": state})
			last = state
		}
		if waited >= w.Limit {
			return &TimeoutError{What: w.What, Limit: w.Limit, Last: state}
		}
		pause := nextPoll(w.Expect, waited)
		if err := p.Pause(ctx, pause); err != nil {
			return fmt.Errorf("interrupted while waiting for %s, last seen: %s: %w", w.What, state, err)
		}
		waited += pause
	}
}

// nextPoll is long while the thing is far from ready, short around the expected
// time, and grows again when it is late.
func nextPoll(expect, waited time.Duration) time.Duration {
	short, long := ShortPoll(expect), between(longPoll, expect/20, longestLong)
	switch left := expect - waited; {
	case left > long+short:
		return long
	case left > short:
		return left - short
	case waited < 2*expect+time.Minute:
		return short
	}
	return long
}

// Retry calls do until it succeeds, fails with an error for which again is false,
// or limit has passed; then it returns the last error. The longer it takes, the
// longer are the pauses.
func (p Pace) Retry(ctx context.Context, limit time.Duration, again func(error) bool, do func(context.Context) error) error {
	for waited := time.Duration(0); ; {
		err := do(ctx)
		if err == nil || !again(err) || waited >= limit {
			return err
		}
		pause := between(shortPoll, waited/10, longPoll)
		if pauseErr := p.Pause(ctx, pause); pauseErr != nil {
			return errors.Join(err, pauseErr)
		}
		waited += pause
	}
}
