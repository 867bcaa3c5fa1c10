// Package awsapi is how webtier talks to AWS: clients, retries, the meaning of
// errors, names, tokens, tags and waits.
//
// It does not know what a stack or a part is. What it says about AWS's behaviour
// comes from AWS's documentation as collected in aws-facts.
package awsapi

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go/middleware"
)

// Clients are what one provider configuration reaches AWS with. All resources
// share them, so that retry quotas and rate limits see all traffic (aws-facts §1.1).
// The client of a service is had with the function of its name, such as EC2.
type Clients struct {
	Account   string
	Region    string
	Partition string

	// Pace scales every wait; tests and simulated clocks run it faster.
	Pace Pace
	// Now is the clock by which ages are told.
	Now func() time.Time

	began       time.Time
	written     *written       // shared by all Regions
	writes      *atomic.Uint64 // shared by all Regions
	questions   sync.Map       // of batchers, by Question
	services    services
	credentials aws.CredentialsProvider

	cfg       aws.Config
	endpoints map[string]string
	abroad    *abroad
}

// abroad are the clients of other Regions, made when they are first asked for.
type abroad struct {
	mu      sync.Mutex
	regions map[string]*Clients
}

// New returns the clients of a loaded configuration. endpoints overrides the
// endpoint of single services, by the names in Services.
func New(cfg aws.Config, endpoints map[string]string, pace Pace) *Clients {
	c := &Clients{Region: cfg.Region, Pace: pace, Now: time.Now, began: time.Now(), written: &written{}, writes: &atomic.Uint64{}, credentials: cfg.Credentials,
		endpoints: endpoints, abroad: &abroad{regions: map[string]*Clients{}}}
	c.cfg = cfg.Copy()
	c.cfg.APIOptions = append(c.cfg.APIOptions, c.settleReads, c.observeWrites)
	c.services = connect(c.cfg, endpoints)
	return c
}

// In returns the clients of another Region of the same account: with the same
// credentials, pace, retries and endpoints, and one count of writes for all.
func (c *Clients) In(region string) *Clients {
	if region == c.Region {
		return c
	}
	c.abroad.mu.Lock()
	defer c.abroad.mu.Unlock()
	if known := c.abroad.regions[region]; known != nil {
		return known
	}
	there := &Clients{Account: c.Account, Region: region, Partition: c.Partition, Pace: c.Pace, Now: c.Now, began: c.began, written: c.written, writes: c.writes,
		credentials: c.credentials, cfg: c.cfg.Copy(), endpoints: c.endpoints, abroad: c.abroad}
	there.cfg.Region = region
	there.services = connect(there.cfg, c.endpoints)
	c.abroad.regions[region] = there
	return there
}

// Epoch grows with every mutating call; what was read before the last one is stale.
func (c *Clients) Epoch() uint64 { return c.writes.Load() }

// finishWithin is how long a mutating call that has been sent may go on after its
// caller gave up, so that its result is saved and not guessed.
const finishWithin = 20 * time.Second

// observeWrites counts mutating calls and shields them from being cut off halfway.
func (c *Clients) observeWrites(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("webtier:writes",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			if !IsMutating(middleware.GetOperationName(ctx)) || isTrial(in.Parameters) {
				return next.HandleInitialize(ctx, in)
			}
			if ctx.Err() != nil {
				return middleware.InitializeOutput{}, middleware.Metadata{}, context.Cause(ctx)
			}
			ctx, release := outlive(ctx, finishWithin)
			defer release()
			c.writes.Add(1)
			defer c.writes.Add(1)
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
}

// isTrial reports whether a call changes nothing after all.
func isTrial(parameters any) bool {
	launch, ok := parameters.(*ec2.RunInstancesInput)
	return ok && aws.ToBool(launch.DryRun)
}

// outlive returns a context that ends grace after ctx does.
func outlive(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(grace, func() { cancel(context.Cause(ctx)) })
	})
	return longer, func() { stop(); cancel(context.Canceled) }
}
