// Package region holds what all simulated services of one account and Region
// share: its name, zones, clock, identifiers and the journal of events.
//
// It knows nothing of any service. Handlers run one at a time under the
// simulator's lock, so nothing here or in the services locks.
package region

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Clock tells the simulated time. The three clocks are time.Now itself (real
// time, and virtual time inside a testing/synctest bubble) and Scaled.
type Clock func() time.Time

// Scaled returns a clock that starts now and runs factor times as fast as real time.
func Scaled(factor float64) Clock {
	start := time.Now()
	return func() time.Time {
		return start.Add(time.Duration(float64(time.Since(start)) * factor))
	}
}

// Zone is a place in a Region where subnets can be.
type Zone struct {
	Name string // eu-west-1a
	ID   string // euw1-az1
	// Type is availability-zone, local-zone or wavelength-zone.
	Type string
	// OptInStatus is opt-in-not-required for standard zones (aws-facts §12.6).
	OptInStatus string
	// State is available, constrained, impaired or unavailable.
	State string
}

// Event is one thing that happened in the simulated cloud without being asked
// for by an API call, for the demo and for failing tests.
type Event struct {
	At      time.Time
	Service string
	Object  string
	Text    string
}

// Region is one account's view of one AWS Region.
type Region struct {
	Account string
	Name    string
	Zones   []Zone

	clock  Clock
	ids    *rand.Rand
	events []Event
}

// maxEvents bounds the journal's memory; older events are dropped.
const maxEvents = 1000

// New returns a Region with its standard zones a, b, c and d and one local zone.
// Identifiers follow from seed, so that runs repeat.
func New(account, name string, clock Clock, seed uint64) *Region {
	r := &Region{Account: account, Name: name, clock: clock, ids: rand.New(rand.NewPCG(seed, 0))}
	// Zone ids are not in the order of the names: the mapping differs from account
	// to account (aws-facts §2.2), and code that confuses the two must fail.
	for i, letter := range []string{"a", "b", "c", "d"} {
		number := []int{2, 3, 1, 4}[i]
		r.Zones = append(r.Zones, Zone{Name: name + letter, ID: fmt.Sprintf("%s-az%d", Short(name), number),
			Type: "availability-zone", OptInStatus: "opt-in-not-required", State: "available"})
	}
	local := name + "-lcl-1a"
	r.Zones = append(r.Zones, Zone{Name: local, ID: Short(name) + "-lcl1-az1", Type: "local-zone",
		OptInStatus: "not-opted-in", State: "available"})
	return r
}

// Short abbreviates a Region's name as zone ids do: eu-west-1 is euw1.
func Short(name string) string {
	short := ""
	for i, part := range strings.Split(name, "-") {
		switch {
		case i == 0:
			short += part
		case len(part) > 0 && part[0] >= '0' && part[0] <= '9':
			short += part
		default:
			short += abbreviate(part)
		}
	}
	return short
}

func abbreviate(part string) string {
	switch part {
	case "northeast":
		return "ne"
	case "northwest":
		return "nw"
	case "southeast":
		return "se"
	case "southwest":
		return "sw"
	}
	return part[:1]
}

// Now is the simulated time.
func (r *Region) Now() time.Time { return r.clock() }

// NewID returns an identifier in EC2's long form: prefix, a dash, 17 hex digits.
func (r *Region) NewID(prefix string) string { return prefix + "-0" + r.Hex(16) }

// Hex returns n random hex digits.
func (r *Region) Hex(n int) string {
	const digits = "0123456789abcdef"
	b := make([]byte, n)
	for i := range b {
		b[i] = digits[r.ids.IntN(16)]
	}
	return string(b)
}

// UUID returns a random identifier in UUID form, as Auto Scaling uses.
func (r *Region) UUID() string {
	return fmt.Sprintf("%s-%s-%s-%s-%s", r.Hex(8), r.Hex(4), r.Hex(4), r.Hex(4), r.Hex(12))
}

// ARN returns arn:aws:<service>:<region>:<account>:<resource>.
func (r *Region) ARN(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, r.Name, r.Account, resource)
}

// Zone finds a zone by name or id.
func (r *Region) Zone(nameOrID string) (Zone, bool) {
	for _, z := range r.Zones {
		if z.Name == nameOrID || z.ID == nameOrID {
			return z, true
		}
	}
	return Zone{}, false
}

// Record adds an event to the journal.
func (r *Region) Record(service, object, format string, args ...any) {
	if len(r.events) >= maxEvents {
		r.events = append(r.events[:0], r.events[maxEvents/2:]...)
	}
	r.events = append(r.events, Event{At: r.Now(), Service: service, Object: object, Text: fmt.Sprintf(format, args...)})
}

// Events returns the journal, oldest first.
func (r *Region) Events() []Event { return append([]Event(nil), r.events...) }
