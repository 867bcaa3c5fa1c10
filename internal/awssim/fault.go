package awssim

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// FaultKind is what goes wrong with a call.
type FaultKind string

// The faults that a Rule can inflict.
const (
	// Throttle answers with the service's own throttling error, without effect.
	Throttle FaultKind = "throttle"
	// ServerError answers 503, without effect.
	ServerError FaultKind = "server-error"
	// ModelledError answers with the rule's Code, Message and Status, without effect.
	ModelledError FaultKind = "error"
	// Reset closes the connection, without effect.
	Reset FaultKind = "reset"
	// LostReply carries the operation out and closes the connection.
	LostReply FaultKind = "lost-reply"
	// TruncatedBody carries the operation out and cuts the connection in the middle
	// of the reply.
	TruncatedBody FaultKind = "truncated-body"
	// StaleRead answers a read as of before the last writes (see Options.StaleReads).
	// Writes count from when the first such rule was added.
	StaleRead FaultKind = "stale-read"
	// Delay holds the call up for the rule's Delay of real time, then carries it out.
	Delay FaultKind = "delay"
	// Intercepted marks calls that the hook of Sim.Intercept has ended.
	Intercepted FaultKind = "intercepted"
)

// Rule makes matching calls fail. Empty fields match everything.
type Rule struct {
	Service   string `json:"service,omitempty"` // the name of its model: ec2, elbv2, rds …
	Region    string `json:"region,omitempty"`
	Operation string `json:"operation,omitempty"`
	Mutating  *bool  `json:"mutating,omitempty"`
	// Params are patterns of parameters' names, as the journal has them, with
	// patterns of their values; * stands for any text. A call matches if it has,
	// for each of them, a parameter of such a name and value.
	Params map[string]string `json:"params,omitempty"`
	// Probability is that of a matching call to fail, by a coin that follows from
	// the simulator's seed; 0: 1. Nth and Count then count the calls that the coin
	// chose, and Count 0 is all of them.
	Probability float64 `json:"probability,omitempty"`
	// Nth is the first of the matching calls that fails, from 1 (0: 1). Calls count
	// from when the rule was added; a client's retries are calls too.
	Nth int `json:"nth,omitempty"`
	// Count is how many matching calls fail in a row (0: 1; negative: all).
	Count int       `json:"count,omitempty"`
	Kind  FaultKind `json:"kind"`

	Code    string        `json:"code,omitempty"` // of ModelledError
	Message string        `json:"message,omitempty"`
	Status  int           `json:"status,omitempty"` // 0: 400
	Delay   time.Duration `json:"-"`
}

type activeRule struct {
	Rule
	seen int        // matching calls
	coin *rand.Rand // nil: every matching call
}

// AddRule adds a fault rule. Of several that want the same call, the first added wins.
func (s *Sim) AddRule(rule Rule) error {
	if rule.Probability < 0 || rule.Probability > 1 {
		return fmt.Errorf("%g is no probability", rule.Probability)
	}
	switch rule.Kind {
	case Throttle, ServerError, Reset, LostReply, TruncatedBody, StaleRead:
	case ModelledError:
		if rule.Code == "" {
			return fmt.Errorf("a fault of kind %q needs a code", rule.Kind)
		}
	case Delay:
		if rule.Delay <= 0 {
			return fmt.Errorf("a fault of kind %q needs a delay", rule.Kind)
		}
	default:
		return fmt.Errorf("%q is no kind of fault", rule.Kind)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	active := &activeRule{Rule: rule}
	if rule.Probability > 0 {
		active.coin = rand.New(rand.NewPCG(s.options.Seed, uint64(len(s.rules))))
		active.Count = cmp.Or(rule.Count, -1)
	}
	s.rules = append(s.rules, active)
	if rule.Kind == StaleRead {
		s.stale.watch()
	}
	return nil
}

// ClearRules removes all fault rules.
func (s *Sim) ClearRules() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// matchRules counts the call in all rules and returns the one to apply, or nil.
func (s *Sim) matchRules(c *Call) *Rule {
	var apply *Rule
	for _, rule := range s.rules {
		if !rule.wants(c) || rule.coin != nil && rule.coin.Float64() >= rule.Probability {
			continue
		}
		rule.seen++
		if apply == nil && rule.due() {
			apply = &rule.Rule
			c.Faulted = rule.Kind
		}
	}
	return apply
}

func (r *Rule) wants(c *Call) bool {
	return (r.Service == "" || r.Service == c.Service) &&
		(r.Region == "" || r.Region == c.Region) &&
		(r.Operation == "" || r.Operation == c.Operation) &&
		(r.Mutating == nil || *r.Mutating == c.Mutating) &&
		r.wantsParams(c.Params)
}

func (r *Rule) wantsParams(params map[string]string) bool {
	for name, value := range r.Params {
		found := false
		for have, text := range params {
			found = found || like(name, have) && like(value, text)
		}
		if !found {
			return false
		}
	}
	return true
}

// like reports whether the text matches a pattern in which * stands for any text.
func like(pattern, text string) bool {
	start, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == text
	}
	text, fits := strings.CutPrefix(text, start)
	if !fits {
		return false
	}
	// What follows the star may begin anywhere.
	for at := 0; at <= len(text); at++ {
		if like(rest, text[at:]) {
			return true
		}
	}
	return false
}

func (r *activeRule) due() bool {
	first := cmp.Or(r.Nth, 1)
	if r.seen < first {
		return false
	}
	return r.Count < 0 || r.seen < first+cmp.Or(r.Count, 1)
}

// prevents returns the error that a rule answers with in place of the handler.
func (r *Rule) prevents(service string) error {
	switch r.Kind {
	case Throttle:
		return throttled(service)
	case ServerError:
		code := "ServiceUnavailable"
		if service == "ec2" {
			code = "Unavailable"
		}
		return apierr.WithStatus(http.StatusServiceUnavailable, code, "The service is unavailable. Please try again shortly.")
	case ModelledError:
		return apierr.WithStatus(cmp.Or(r.Status, http.StatusBadRequest), r.Code, "%s", r.Message)
	}
	return nil
}

// errConnection is how a broken connection looks to an HTTP client.
var errConnection error = &net.OpError{Op: "read", Net: "tcp", Err: io.ErrUnexpectedEOF}

// errTruncated comes with the reply of which half gets through.
var errTruncated = errors.New("the connection was cut in the middle of the reply")
