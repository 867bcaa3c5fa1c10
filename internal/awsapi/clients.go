// Package awsapi is how webtier talks to AWS: clients, retries, the meaning of
// errors, names, tokens, tags and waits.
//
// It does not know what a stack or a part is. What it says about AWS's behaviour
// comes from AWS's documentation as collected in aws-facts.
package awsapi

import (
	"context"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go/middleware"
)

// Clients are the service clients of one provider configuration. All resources
// share them, so that retry quotas and rate limits see all traffic (aws-facts §1.1).
type Clients struct {
	ELBv2       *elbv2.Client
	AutoScaling *autoscaling.Client
	IAM         *iam.Client

	Account   string
	Region    string
	Partition string

	// Pace scales every wait; tests and simulated clocks run it faster.
	Pace Pace

	writes atomic.Uint64
	ec2    unsafe.Pointer // to an ec2.Client; see EC2
}

// EC2 returns the EC2 client. It is a function, and the client is hidden from
// reflection, because the linker keeps every operation of a client to which the type
// of a value in an interface leads: those of EC2 are 700, half of the provider's size.
func EC2(c *Clients) *ec2.Client { return (*ec2.Client)(c.ec2) }

// New returns the clients of a loaded configuration. endpoints overrides the
// endpoint of single services, by their names ec2, elasticloadbalancing,
// autoscaling and iam.
func New(cfg aws.Config, endpoints map[string]string, pace Pace) *Clients {
	c := &Clients{Region: cfg.Region, Pace: pace}
	cfg = cfg.Copy()
	cfg.APIOptions = append(cfg.APIOptions, c.observeWrites)
	endpoint := func(service string) *string {
		if url := endpoints[service]; url != "" {
			return aws.String(url)
		}
		return cfg.BaseEndpoint
	}
	c.ec2 = unsafe.Pointer(ec2.NewFromConfig(cfg, func(o *ec2.Options) { o.BaseEndpoint = endpoint("ec2") }))
	c.ELBv2 = elbv2.NewFromConfig(cfg, func(o *elbv2.Options) { o.BaseEndpoint = endpoint("elasticloadbalancing") })
	c.AutoScaling = autoscaling.NewFromConfig(cfg, func(o *autoscaling.Options) { o.BaseEndpoint = endpoint("autoscaling") })
	c.IAM = iam.NewFromConfig(cfg, func(o *iam.Options) { o.BaseEndpoint = endpoint("iam") })
	return c
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
			if !IsMutating(middleware.GetOperationName(ctx)) {
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

// outlive returns a context that ends grace after ctx does.
func outlive(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(grace, func() { cancel(context.Cause(ctx)) })
	})
	return longer, func() { stop(); cancel(context.Canceled) }
}
