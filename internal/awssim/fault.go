package awssim

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
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
	seen int // matching calls
}

// AddRule adds a fault rule. Of several that want the same call, the first added wins.
func (s *Sim) AddRule(rule Rule) error {
	switch rule.Kind {
	case Throttle, ServerError, Reset, LostReply:
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
	s.rules = append(s.rules, &activeRule{Rule: rule})
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
		if !rule.wants(c) {
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
		(r.Mutating == nil || *r.Mutating == c.Mutating)
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
	isEC2 := service == "ec2"
	switch r.Kind {
	case Throttle: // aws-facts §15.1, §15.2
		if isEC2 {
			return apierr.WithStatus(http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded.")
		}
		return apierr.New("Throttling", "Rate exceeded")
	case ServerError:
		code := "ServiceUnavailable"
		if isEC2 {
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
