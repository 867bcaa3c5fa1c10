package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// narrator tells a reader what happens and how long it took, in real and in
// simulated time.
type narrator struct {
	out     io.Writer
	started time.Time
	steps   int
	epoch   time.Time     // the simulated time when it was first asked for
	latest  time.Duration // since then
}

func newNarrator(out io.Writer) *narrator { return &narrator{out: out, started: time.Now()} }

// announce begins a step.
func (n *narrator) announce(ctx context.Context, sim *simulator, title string) {
	n.steps++
	fmt.Fprintf(n.out, "%2d  real %s  simulated %8s  %s\n", n.steps, clock(time.Since(n.started)), clock(n.simulated(ctx, sim)), title)
}

// say tells a detail of a step.
func (n *narrator) say(format string, args ...any) {
	fmt.Fprintf(n.out, "      "+format+"\n", args...)
}

// simulated is the simulated time that has passed. A simulator that does not
// answer leaves it where it was; the step that needs it will complain.
func (n *narrator) simulated(ctx context.Context, sim *simulator) time.Duration {
	if sim == nil {
		return 0
	}
	now, err := sim.now(ctx)
	if err != nil {
		return n.latest
	}
	if n.epoch.IsZero() {
		n.epoch = now
	}
	n.latest = now.Sub(n.epoch)
	return n.latest
}

// clock writes a duration as 4:07 or 1:04:07.
func clock(d time.Duration) string {
	seconds := int(d.Seconds())
	if seconds < 3600 {
		return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}
