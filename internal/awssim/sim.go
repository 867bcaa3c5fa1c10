// Package awssim is a local AWS: EC2, Elastic Load Balancing, Auto Scaling, RDS,
// SQS and what they need, at the wire level, for one account and every Region.
//
// A request passes, one at a time, through: controllers advance to the present;
// fault rules and rate limits that prevent it; the handler, of which a read may be
// stale; fault rules that spoil the reply; the journal of calls. Handler serves it over HTTP, Transport in process.
package awssim

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"sync"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/iam"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/route53"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/s3"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/wire"
)

// Options configure a simulator. The zero value is a usable one.
type Options struct {
	Account string       // 12 digits; default 123456789012
	Clock   region.Clock // default time.Now
	Seed    uint64       // identifiers follow from it

	// StaleReads is the probability that a read which could still miss the last
	// writes does so, as AWS's may (aws-facts §1.4); 0: none does.
	StaleReads float64
	// RateLimits puts the account under the request rates of aws-facts §15.
	RateLimits bool
}

// Sim is a simulated AWS account. Its methods may be called concurrently.
type Sim struct {
	options Options

	mu        sync.Mutex
	worlds    map[string]*World // by Region
	iam       *iam.Service      // global
	route53   *route53.Service  // global
	buckets   *s3.Store         // global
	calls     []*Call
	sequence  int
	rules     []*activeRule
	limits    rateLimits // nil: none
	stale     *staleness
	intercept func(c *Call, after bool) error
}

// New returns an empty account.
func New(options Options) *Sim {
	if options.Account == "" {
		options.Account = "123456789012"
	}
	if options.Clock == nil {
		options.Clock = time.Now
	}
	s := &Sim{options: options}
	s.clear()
	return s
}

func (s *Sim) clear() {
	s.worlds = map[string]*World{}
	// The home of global services, with identifiers of their own.
	s.iam = iam.New(s.newRegion("us-east-1", "iam"))
	s.route53 = route53.New(s.newRegion("us-east-1", "route53"))
	s.buckets = s3.NewStore()
	s.calls, s.rules, s.limits = nil, nil, nil
	if s.options.RateLimits {
		s.limits = rateLimits{}
	}
	s.stale = newStaleness(s.options)
}

// Reset forgets every object, call and fault rule. Worlds got before are dead.
func (s *Sim) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
}

// newRegion returns a Region whose identifiers differ from those of others.
func (s *Sim) newRegion(name, stream string) *region.Region {
	hash := fnv.New64a()
	fmt.Fprint(hash, name, "/", stream)
	return region.New(s.options.Account, name, s.options.Clock, s.options.Seed^hash.Sum64())
}

// World returns a Region, or nil if AWS has none of that name.
func (s *Sim) World(name string) *World {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world(name)
}

// world makes Regions at their first use.
func (s *Sim) world(name string) *World {
	w := s.worlds[name]
	if w == nil && regionNames[name] {
		w = s.newWorld(name)
		s.worlds[name] = w
	}
	return w
}

// Intercept sets a function that is called before and after each operation, under
// the simulator's lock: it must not call the simulator. If it returns an error
// before, the operation does not happen; in both cases the client loses its
// connection and, in process, sees the error. It lets a test kill its client at an
// exact call. nil removes it.
func (s *Sim) Intercept(hook func(c *Call, after bool) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = hook
}

// Run advances all Regions every interval of real time until ctx ends. It is
// optional: every request advances its own Region.
func (s *Sim) Run(ctx context.Context, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.mu.Lock()
			for _, w := range s.worlds {
				w.advance()
			}
			s.mu.Unlock()
		}
	}
}

// serve carries out one request. An error means that the client gets no reply.
func (s *Sim) serve(in *http.Request) (*wire.Response, error) {
	r := wire.Read(in)
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.arrived(r)
	rule := s.matchRules(c)
	if rule != nil && rule.Kind == Delay {
		if err := s.pause(in.Context(), rule.Delay); err != nil {
			return nil, err
		}
	}
	requestID := fmt.Sprintf("%08x-0000-4000-8000-%012x", s.options.Seed&0xffffffff, c.Seq)
	w := s.world(r.Region)
	if w != nil {
		w.advance()
	}
	if s.intercept != nil {
		if err := s.intercept(c, false); err != nil {
			c.Faulted = Intercepted
			return nil, err
		}
	}
	response, err := s.carryOut(in.Context(), r, c, w, rule, requestID)
	if response != nil {
		c.ErrorCode = response.ErrorCode
	}
	if s.intercept != nil && err == nil {
		if err = s.intercept(c, true); err != nil {
			c.Faulted = Intercepted
		}
	}
	return response, err
}

// carryOut calls the handler, with the rule's fault before or after it.
func (s *Sim) carryOut(ctx context.Context, r *wire.Request, c *Call, w *World, rule *Rule, requestID string) (*wire.Response, error) {
	if rule != nil {
		if err := rule.prevents(r.Service); err != nil {
			return r.Refuse(err, requestID), nil
		}
		if rule.Kind == Reset {
			return nil, errConnection
		}
	}
	if s.limits != nil && !s.limits.take(c) {
		c.Faulted = Throttle
		return r.Refuse(throttled(r.Service), requestID), nil
	}
	var response *wire.Response
	switch {
	case r.Problem != nil && (w != nil || r.Region == ""):
		response = r.Refuse(r.Problem, requestID)
	case w == nil:
		response = r.Refuse(unknownRegion(r), requestID)
	default:
		response = s.stale.call(ctx, r, c, w.service(r.Service), requestID, rule)
	}
	switch {
	case rule == nil:
		return response, nil
	case rule.Kind == LostReply, rule.Kind == TruncatedBody && len(response.Body) == 0:
		return response, errConnection
	case rule.Kind == TruncatedBody:
		return response, errTruncated
	}
	return response, nil
}

// unknownRegion is what a service answers whose Region is not the one that the
// request was signed for. The real AWS has no endpoint at all for a Region that
// does not exist.
func unknownRegion(r *wire.Request) error {
	code, status := "SignatureDoesNotMatch", http.StatusForbidden
	if r.Service == "ec2" {
		code, status = "AuthFailure", http.StatusUnauthorized
	}
	return apierr.WithStatus(status, code, "Credential should be scoped to a valid region, not '%s'.", r.Region)
}

// pause lets others work while a call is delayed.
func (s *Sim) pause(ctx context.Context, delay time.Duration) error {
	s.mu.Unlock()
	defer s.mu.Lock()
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
