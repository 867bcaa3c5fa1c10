// Package sqs simulates Amazon SQS for one account and Region: standard and FIFO
// queues, their attributes, messages and dead-letter queues.
//
// A handler is a method named after the operation; the wire layer finds it by
// that name. The state of messages and move tasks is worked out from the clock
// when it is read. A receive call answers at once with what is there, however
// long it may wait. Permissions (AddPermission, the effect of policies) are not
// simulated.
package sqs

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// Timings are the durations of the service (aws-facts §7, §14).
type Timings struct {
	// Usable is how long after its creation a queue is not found yet.
	Usable time.Duration
	// Deleted is how long after its deletion calls may still find a queue.
	Deleted time.Duration
	// NameBlocked is how long after a deletion the name cannot be used again.
	NameBlocked time.Duration
	// Attributes and Retention are how long reads may show what attributes, and the
	// retention period, were before a change. They matter with StaleReads only.
	Attributes, Retention time.Duration
	// Purge is the least time between two purges of a queue.
	Purge time.Duration
	// Deduplication is how long a FIFO queue knows a message again.
	Deduplication time.Duration
}

// Service is SQS in one account and Region.
type Service struct {
	*region.Region
	Timings Timings

	// BaseURL is what queue URLs begin with.
	BaseURL string
	// StaleReads makes every other read after a change of attributes show the old
	// ones until the change has propagated (aws-facts §7, §22).
	StaleReads bool
	// KeyState tells the state of a KMS key as KMS calls it, "" if there is none;
	// nil: every key is Enabled.
	KeyState func(keyID string) string
	// PrincipalKnown tells whether a policy may name a principal's ARN; nil: any.
	PrincipalKnown func(arn string) bool

	// Measure is told what the metrics of a queue are, once a minute. It may be nil.
	Measure func(queueName, metric string, value float64, at time.Time)

	measured time.Time            // when it was told last
	queues   map[string]*queue    // by name
	blocked  map[string]time.Time // when the names of deleted queues become free
	tasks    []*moveTask          // oldest first
	serial   int64                // of messages to FIFO queues
}

// New returns SQS without queues.
func New(r *region.Region) *Service {
	return &Service{
		Region: r,
		Timings: Timings{Usable: time.Second, Deleted: 5 * time.Second, NameBlocked: time.Minute,
			Attributes: time.Minute, Retention: 15 * time.Minute, Purge: time.Minute, Deduplication: 5 * time.Minute},
		BaseURL: "https://sqs." + r.Name + ".amazonaws.com",
		queues:  map[string]*queue{},
		blocked: map[string]time.Time{},
	}
}

// sorted returns the queues that can be found, by name.
func (s *Service) sorted() []*queue {
	var list []*queue
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		if q := s.queues[name]; s.found(q) {
			list = append(list, q)
		}
	}
	return list
}

// found reports whether calls find a queue. A new one takes a second, and a
// deleted one lingers (aws-facts §7).
func (s *Service) found(q *queue) bool {
	now := s.Now()
	return !now.Before(q.created.Add(s.Timings.Usable)) && (q.goneAt.IsZero() || now.Before(q.goneAt))
}

// queue finds a queue by its URL, of which only account and name matter: the same
// simulator may be reached by several addresses.
func (s *Service) queue(address *string) (*queue, error) {
	s.moveOn()
	u, err := url.Parse(aws.ToString(address))
	if err != nil {
		return nil, badAddress(address)
	}
	account, name, ok := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if !ok || strings.Contains(name, "/") {
		return nil, badAddress(address)
	}
	if account != s.Account {
		return nil, noQueue()
	}
	return s.named(name)
}

func badAddress(address *string) error {
	return &types.InvalidAddress{Message: text("The address %s is not valid for this endpoint.", aws.ToString(address))}
}

// named finds a queue by its name.
func (s *Service) named(name string) (*queue, error) {
	if q := s.queues[name]; q != nil && s.found(q) {
		return q, nil
	}
	return nil, noQueue()
}

// byARN finds a queue of this account and Region.
func (s *Service) byARN(arn string) *queue {
	name, ours := strings.CutPrefix(arn, s.ARN("sqs", ""))
	if !ours {
		return nil
	}
	q, err := s.named(name)
	if err != nil {
		return nil
	}
	return q
}

func noQueue() error {
	return &types.QueueDoesNotExist{Message: aws.String("The specified queue does not exist.")}
}

func text(format string, args ...any) *string {
	message := fmt.Sprintf(format, args...)
	return &message
}

// invalid is the error for a parameter whose value breaks a rule.
func invalid(parameter string, value any, reason string) error {
	return apierr.New("InvalidParameterValue", "Value %v for parameter %s is invalid. Reason: %s", value, parameter, reason)
}

// missing is the error for a parameter that only some requests need.
func missing(parameter string) error {
	return apierr.New("MissingParameter", "The request must contain the parameter %s.", parameter)
}

// Inventory names the queues, one a line, but not those that are being deleted.
func (s *Service) Inventory() []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		if q := s.queues[name]; q.goneAt.IsZero() {
			lines = append(lines, fmt.Sprintf("sqs queue %s %s", q.name, q.tags.Part()))
		}
	}
	return lines
}
