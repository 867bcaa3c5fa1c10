package load

import (
	"maps"
	"slices"
	"time"
)

// Record is what became of requests, in the order in which they ended.
type Record []Request

// SlotWidth is how finely a record tells when requests failed.
const SlotWidth = 100 * time.Millisecond

// Slot is a tenth of a second of a record.
type Slot struct{ Served, Failed int }

// Served is how many requests a server answered.
func (r Record) Served() (n int) {
	for _, one := range r {
		if one.Served() {
			n++
		}
	}
	return n
}

// Failed is how many requests no server answered.
func (r Record) Failed() int { return len(r) - r.Served() }

// Between returns the requests that ended from the first instant up to the second.
func (r Record) Between(from, to time.Time) Record {
	var part Record
	for _, one := range r {
		if !one.At.Before(from) && one.At.Before(to) {
			part = append(part, one)
		}
	}
	return part
}

// Slots counts the requests by tenths of a second since the first one.
func (r Record) Slots() []Slot {
	var slots []Slot
	for _, one := range r {
		i := int(one.At.Sub(r[0].At) / SlotWidth)
		for len(slots) <= i {
			slots = append(slots, Slot{})
		}
		if one.Served() {
			slots[i].Served++
		} else {
			slots[i].Failed++
		}
	}
	return slots
}

// LongestFailing is the longest time, from the first failure to the last, in which
// requests failed without a break of more than a slot.
func (r Record) LongestFailing() time.Duration {
	var longest time.Duration
	var first, last time.Time
	for _, one := range r {
		if one.Served() {
			continue
		}
		if one.At.Sub(last) > SlotWidth {
			first = one.At
		}
		last = one.At
		longest = max(longest, last.Sub(first))
	}
	return longest
}

// LastFailure is when the last request failed; zero if none did.
func (r Record) LastFailure() time.Time {
	for _, one := range slices.Backward(r) {
		if !one.Served() {
			return one.At
		}
	}
	return time.Time{}
}

// Zones are those whose servers answered, sorted.
func (r Record) Zones() []string {
	zones := map[string]bool{}
	for _, one := range r {
		if one.Served() {
			zones[one.Zone] = true
		}
	}
	return slices.Sorted(maps.Keys(zones))
}

// Statuses counts the answers by status; 0 stands for none.
func (r Record) Statuses() map[int]int {
	counts := map[int]int{}
	for _, one := range r {
		counts[one.Status]++
	}
	return counts
}
