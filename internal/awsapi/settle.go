package awsapi

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// AWS's reads are eventually consistent: for some seconds after a write they may
// not know of a new object, or still show what it was (aws-facts §1.4). A kind that
// had to tell such an answer from the truth at each of its reads would get it wrong
// at one of them. So reads wait here: one that follows a write of ours to the same
// service is sent when the write should be known, at most one settling time later.
// Kinds do nothing for it. It does not replace retries by predicate, for what takes
// longer and for what one service has to hear of another.

// settling is how long reads of a service may miss a write, by the SDK's service
// ids. Reads of other services are consistent.
var settling = map[string]time.Duration{
	"EC2":                       3 * time.Second,
	"Elastic Load Balancing v2": 3 * time.Second,
	"Auto Scaling":              3 * time.Second,
	"RDS":                       3 * time.Second,
	"S3":                        3 * time.Second,
	"IAM":                       10 * time.Second, // aws-facts §9.1
}

// othersSettle is how long a new process waits before it decides what to create: a
// process that was killed just before may have made it.
const othersSettle = 3 * time.Second

// written remembers when writes to services ended.
type written struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func (w *written) note(service string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last == nil {
		w.last = map[string]time.Time{}
	}
	w.last[service] = time.Now()
}

func (w *written) when(service string) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last[service]
}

// pauseUntil waits until so much time, at this pace, has passed since an instant.
func (p Pace) pauseUntil(ctx context.Context, since time.Time, d time.Duration) error {
	left := time.Until(since.Add(p.Scale(d)))
	if left <= 0 {
		return nil
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// AwaitOthers waits until what others wrote before this process began is known to
// its reads. It comes before the look-up that decides what to create or delete.
func (c *Clients) AwaitOthers(ctx context.Context) error {
	return c.Pace.pauseUntil(ctx, c.began, othersSettle)
}

// AwaitOwn waits until what this process wrote is known to the reads of whoever asks
// next: a plan right after an apply is made by another process.
func (c *Clients) AwaitOwn(ctx context.Context) {
	for service, d := range settling {
		if c.Pace.pauseUntil(ctx, c.written.when(service), d) != nil {
			return
		}
	}
}

// settleReads makes reads wait for the writes before them.
func (c *Clients) settleReads(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("webtier:settle",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (out middleware.InitializeOutput, data middleware.Metadata, err error) {
			service := middleware.GetServiceID(ctx)
			if IsMutating(middleware.GetOperationName(ctx)) {
				out, data, err = next.HandleInitialize(ctx, in)
				// What AWS has refused changes nothing; what got no answer may have.
				var refused smithy.APIError
				if !errors.As(err, &refused) {
					c.written.note(service)
				}
				return out, data, err
			}
			if err := c.Pace.pauseUntil(ctx, c.written.when(service), settling[service]); err != nil {
				return out, data, err
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
}
