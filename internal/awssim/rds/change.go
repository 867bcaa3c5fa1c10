package rds

import (
	"reflect"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// change is a modification that was accepted and not yet made.
type change struct {
	setting string
	// shows has what PendingModifiedValues shows of it, by the names there.
	shows map[string]any
	// status is what the database shows while the change is made.
	status string
	lasts  time.Duration
	apply  func(at time.Time)
	// restart follows once all changes are made.
	restart bool
	// immediate changes never wait for the maintenance window; atReboot ones wait for
	// a restart, whoever causes it.
	immediate, atReboot bool
	started             bool
	// What the database will have, which is in use already.
	subnets *subnetGroup
	group   string
}

// failed is how the log words that the change could not be made.
func (ch *change) failed() string {
	switch ch.setting {
	case "class":
		return "Unable to modify the DB instance class"
	case "version":
		return "The DB engine version upgrade failed"
	}
	return "Unable to apply the modification"
}

// shownPending is what an instance shows of its pending changes (aws-facts §6.5).
func shownPending(pending []*change) *types.PendingModifiedValues {
	out := &types.PendingModifiedValues{}
	show(pending, out)
	return out
}

func show(pending []*change, out any) {
	v := reflect.ValueOf(out).Elem()
	for _, ch := range pending {
		for name, value := range ch.shows {
			if field := v.FieldByName(name); field.IsValid() {
				field.Set(reflect.ValueOf(value))
			}
		}
	}
}

// without drops the pending changes of a setting that have not begun: another one
// takes their place, or the setting is to stay as it is.
func without(pending []*change, setting string) []*change {
	return slices.DeleteFunc(slices.Clone(pending), func(ch *change) bool { return ch.setting == setting && !ch.started })
}

// plans is what a request to modify a database comes to while it is being checked.
// It has no effect before all of the request was.
type plans struct {
	changes []*change
	reverts []string // settings that stay as they are
	atOnce  []func()
}

// plan accepts a change, unless it would change nothing.
func (p *plans) plan(ch *change, same bool) {
	if same {
		p.reverts = append(p.reverts, ch.setting)
		return
	}
	p.changes = append(p.changes, ch)
}

// commit does what is done at once and returns the changes that are now pending.
func (p *plans) commit(pending []*change) []*change {
	for _, do := range p.atOnce {
		do()
	}
	for _, setting := range p.reverts {
		pending = without(pending, setting)
	}
	for _, ch := range p.changes {
		pending = append(without(pending, ch.setting), ch)
	}
	return pending
}

// begin has changes made: after some seconds in which nothing shows
// (aws-facts §6.2), one after another, then the restart if one needs it.
func (s *Service) begin(l *line, at time.Time, status string, changes []*change, made func(*change, time.Time), restart step) {
	steps := []step{{status, s.Timings.Flicker, nil}}
	restarts := false
	for _, ch := range changes {
		ch.started = true
		steps = append(steps, step{ch.status, ch.lasts, func(at time.Time) { made(ch, at) }})
		restarts = restarts || ch.restart
	}
	if restarts {
		steps = append(steps, restart)
	}
	if len(changes) > 0 {
		s.enqueue(l, at, steps...)
	}
}

// waiting are the changes that can begin now: all, or the immediate ones.
func waiting(pending []*change, all bool) (list []*change) {
	for _, ch := range pending {
		if !ch.started && !ch.atReboot && (all || ch.immediate) {
			list = append(list, ch)
		}
	}
	return list
}

// startChanges begins an instance's pending changes: all of them, also those queued
// by others before (aws-facts §6.5), or the immediate ones.
func (s *Service) startChanges(i *instance, at time.Time, all bool) {
	made := func(ch *change, at time.Time) {
		i.pending = slices.DeleteFunc(i.pending, func(other *change) bool { return other == ch })
		if i.failure != "" && !ch.immediate {
			// aws-facts §6.3: back to the old value, with only an event to tell.
			s.surprise(i, at, "failure", "%s: %s", ch.failed(), i.failure)
			i.failure = ""
			return
		}
		ch.apply(at)
	}
	restart := step{statusRebooting, s.Timings.Reboot, func(at time.Time) { s.rebooted(i, at) }}
	s.begin(&i.line, at, i.status(at), waiting(i.pending, all), made, restart)
}

// arm puts the start of the next maintenance window on the agenda if changes wait
// for it.
func (s *Service) arm(i *instance) {
	now := s.Now()
	week, _ := parseWindow(*i.PreferredMaintenanceWindow, minutesAWeek, weekly)
	next := nextWindow(*i.PreferredMaintenanceWindow, now)
	// aws-facts §6.5: a window that is moved to the present opens at once.
	if opened := next.AddDate(0, 0, -7).Add(time.Duration(week.length()-shortestWindow) * time.Minute); !now.After(opened) {
		next = now
	}
	if len(waiting(i.pending, true)) == 0 || next.Equal(i.windowAt) {
		return
	}
	i.windowAt = next
	s.later(next, func(at time.Time) { s.openWindow(i, at) })
}

// openWindow makes what waits for the maintenance window.
func (s *Service) openWindow(i *instance, at time.Time) {
	if !i.windowAt.Equal(at) || i.deleting {
		return
	}
	i.windowAt = time.Time{}
	if status := i.status(at); status == statusAvailable || status == statusOptimization {
		s.startChanges(i, at, true)
		return
	}
	i.windowAt = nextWindow(*i.PreferredMaintenanceWindow, at)
	s.later(i.windowAt, func(at time.Time) { s.openWindow(i, at) })
}
