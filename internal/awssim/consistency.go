package awssim

import (
	"context"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/wire"
)

// staleWindows are how long a read of a service may miss a write (aws-facts §1.4,
// §9.1). Reads of the others are consistent.
var staleWindows = map[string]time.Duration{
	"ec2":         2 * time.Second,
	"elbv2":       2 * time.Second,
	"autoscaling": time.Second,
	"iam":         10 * time.Second,
	"rds":         time.Second,
	"s3":          2 * time.Second, // of buckets and their configuration
}

// strongReads are reads that are consistent in a service of which others are not: S3's
// of objects (S3 User Guide, data consistency).
var strongReads = map[string]bool{"s3.GetObject": true, "s3.HeadObject": true, "s3.ListObjectsV2": true, "s3.ListObjectVersions": true}

// staleness makes reads eventually consistent, in two ways. Within the window after
// the creation of an object, a read may not know of it: NotFound by id, absent from
// lists (aws-facts §22: "NotFound for 1-3 reads after every create"). And within the
// window after it was given, the answer to the same read may be given once more
// although there was a write since ("stale attribute reads after modify"). So no
// answer is older than the window, but two reads may contradict each other, as
// those of AWS do that reach different replicas. Writes always know everything.
type staleness struct {
	probability float64
	coin        *rand.Rand
	watching    bool
	places      map[string]*place // by service and Region
}

// place is what stale reads of a service in a Region need to know.
type place struct {
	window  time.Duration
	born    map[string]time.Time // by identifier
	answers map[string]*answers  // by read
}

// answers are the last to one read: before the last write, and since.
type answers struct{ before, since *answer }

type answer struct {
	response *wire.Response
	at       time.Time
}

func newStaleness(options Options) *staleness {
	return &staleness{probability: options.StaleReads, watching: options.StaleReads > 0,
		coin: rand.New(rand.NewPCG(options.Seed, 0x57a1e)), places: map[string]*place{}}
}

// watch notes writes from now on.
func (s *staleness) watch() { s.watching = true }

func (s *staleness) place(c *Call) *place {
	window := staleWindows[c.Service]
	if !s.watching || window == 0 || strongReads[c.Service+"."+c.Operation] {
		return nil
	}
	key := c.Service + " " + c.Region
	if s.places[key] == nil {
		s.places[key] = &place{window: window, born: map[string]time.Time{}, answers: map[string]*answers{}}
	}
	return s.places[key]
}

// call carries the request out. A read is stale by the coin, or as a rule wants it.
func (s *staleness) call(ctx context.Context, r *wire.Request, c *Call, service any, requestID string, rule *Rule) *wire.Response {
	forced := rule != nil && rule.Kind == StaleRead
	if forced {
		c.Faulted = "" // unless there is something to miss
	}
	p := s.place(c)
	switch {
	case p == nil:
		return r.Call(ctx, service, requestID)
	case c.Mutating:
		response := r.Call(ctx, service, requestID)
		if response.ErrorCode == "" {
			p.wrote(c.At, response.Created)
		}
		return response
	}
	p.forget(c.At)
	known := p.answersTo(c)
	var unseen map[string]bool
	if forced || s.probability > 0 && s.coin.Float64() < s.probability {
		if known.before != nil {
			c.Faulted = StaleRead
			return known.before.again(requestID)
		}
		unseen = p.newborn()
	}
	response, stale := r.CallUnaware(ctx, service, requestID, unseen)
	switch {
	case stale:
		c.Faulted = StaleRead
	case response.Status < http.StatusInternalServerError:
		known.since = &answer{response, c.At}
		return known.since.again(requestID) // what is kept is not the caller's
	}
	return response
}

// wrote notes a write: what was answered before it is stale from now on.
func (p *place) wrote(at time.Time, created []string) {
	p.forget(at)
	for _, id := range created {
		p.born[id] = at
	}
	for _, known := range p.answers {
		if known.since != nil {
			known.before, known.since = known.since, nil
		}
	}
}

// forget drops what is past the window.
func (p *place) forget(now time.Time) {
	past := func(at time.Time) bool { return now.Sub(at) >= p.window }
	maps.DeleteFunc(p.born, func(_ string, at time.Time) bool { return past(at) })
	for _, known := range p.answers {
		if known.before != nil && past(known.before.at) {
			known.before = nil
		}
		if known.since != nil && past(known.since.at) {
			known.since = nil
		}
	}
	maps.DeleteFunc(p.answers, func(_ string, known *answers) bool { return *known == answers{} })
}

func (p *place) newborn() map[string]bool {
	unseen := make(map[string]bool, len(p.born))
	for id := range p.born {
		unseen[id] = true
	}
	return unseen
}

func (p *place) answersTo(c *Call) *answers {
	parts := []string{c.Operation}
	for _, name := range slices.Sorted(maps.Keys(c.Params)) {
		parts = append(parts, name, c.Params[name])
	}
	key := strings.Join(parts, "\x00")
	if p.answers[key] == nil {
		p.answers[key] = &answers{}
	}
	return p.answers[key]
}

// again is the answer under another request id.
func (a *answer) again(requestID string) *wire.Response {
	response := *a.response
	response.Header = response.Header.Clone()
	for _, name := range []string{"X-Amzn-Requestid", "X-Amz-Request-Id"} {
		if response.Header.Get(name) != "" {
			response.Header.Set(name, requestID)
		}
	}
	return &response
}
