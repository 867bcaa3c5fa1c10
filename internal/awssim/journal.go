package awssim

import (
	"maps"
	"slices"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/wire"
)

// Call is a request that the simulator received.
type Call struct {
	Seq       int       `json:"seq"` // from 1; the request id ends in it
	At        time.Time `json:"at"`
	Service   string    `json:"service"` // the name of its model: ec2, elbv2, rds …
	Region    string    `json:"region"`
	Operation string    `json:"operation"`
	// Mutating tells whether the operation can change anything. Dry runs do not.
	Mutating bool `json:"mutating"`
	// Params are the parameters, flat, without secrets and user data.
	Params    map[string]string `json:"params,omitempty"`
	ErrorCode string            `json:"errorCode,omitempty"`
	// Faulted is the kind of fault that a rule, the hook, a rate limit (throttle) or
	// eventual consistency (stale-read) inflicted, or "".
	Faulted FaultKind `json:"faulted,omitempty"`
}

// maxCalls bounds the journal's memory; older calls are dropped.
const maxCalls = 100_000

// arrived enters a request in the journal. What comes of it is filled in later.
func (s *Sim) arrived(r *wire.Request) *Call {
	s.sequence++
	c := &Call{Seq: s.sequence, At: s.options.Clock(), Service: r.Service, Region: r.Region, Operation: r.Operation,
		Mutating: r.Mutating(), Params: r.Parameters}
	if len(s.calls) >= maxCalls {
		s.calls = append(s.calls[:0], s.calls[maxCalls/2:]...)
	}
	s.calls = append(s.calls, c)
	return c
}

// Calls returns the journal since the last ResetCalls, oldest first.
func (s *Sim) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := make([]Call, len(s.calls))
	for i, c := range s.calls {
		calls[i] = *c
		calls[i].Params = maps.Clone(c.Params)
	}
	return calls
}

// RecentCalls returns the last n calls that wanted accepts, newest first. wanted
// must not call the simulator.
func (s *Sim) RecentCalls(n int, wanted func(*Call) bool) (recent []Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range slices.Backward(s.calls) {
		if len(recent) == n {
			break
		}
		if wanted(c) {
			copied := *c
			copied.Params = maps.Clone(c.Params)
			recent = append(recent, copied)
		}
	}
	return recent
}

// ResetCalls empties the journal. Sequence numbers go on.
func (s *Sim) ResetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}
