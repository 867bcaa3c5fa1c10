package moto

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/webtier/terraform-provider-webtier/internal/awssim"
)

// ok is the outcome of a call that succeeds.
const ok = "ok"

// step is one call, or one look at what calls returned.
type step struct{ name, want, got string }

// run is one script on one of the two.
type run struct {
	ctx   context.Context
	steps []step
	// pass lets simulated time go by; moto has none.
	pass func(time.Duration)

	ec2     *ec2.Client
	elb     *elb.Client
	asg     *autoscaling.Client
	iam     *iam.Client
	rds     *rds.Client
	sqs     *sqs.Client
	secrets *secretsmanager.Client
	ssm     *ssm.Client
	kms     *kms.Client
	acm     *acm.Client
	route53 *route53.Client
	s3      *s3.Client
	watch   *cloudwatch.Client
}

func newRun(ctx context.Context, config aws.Config) *run {
	config.Region = "eu-west-1"
	config.RetryMaxAttempts = 1
	config.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "example"}, nil
	})
	return &run{ctx: ctx, pass: func(time.Duration) {},
		ec2: ec2.NewFromConfig(config), elb: elb.NewFromConfig(config), asg: autoscaling.NewFromConfig(config), iam: iam.NewFromConfig(config),
		rds: rds.NewFromConfig(config), sqs: sqs.NewFromConfig(config), secrets: secretsmanager.NewFromConfig(config), ssm: ssm.NewFromConfig(config),
		kms: kms.NewFromConfig(config), acm: acm.NewFromConfig(config), route53: route53.NewFromConfig(config), watch: cloudwatch.NewFromConfig(config),
		s3: s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })}
}

// onSimulator runs a script on the local AWS, whose clock only the script moves.
func onSimulator(t *testing.T, script func(*run)) []step {
	var mu sync.Mutex
	now := time.Now()
	sim := awssim.New(awssim.Options{Clock: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}})
	r := newRun(t.Context(), aws.Config{HTTPClient: &http.Client{Transport: sim.Transport()}})
	r.pass = func(d time.Duration) {
		for end := d; end > 0; end -= time.Minute {
			mu.Lock()
			now = now.Add(min(end, time.Minute))
			mu.Unlock()
			sim.World("eu-west-1").Do(func() {})
		}
	}
	r.perform(script)
	return r.steps
}

// onMoto runs a script on moto.
func onMoto(t *testing.T, script func(*run)) []step {
	_, endpoint := start(t)
	r := newRun(t.Context(), aws.Config{BaseEndpoint: &endpoint})
	r.perform(script)
	return r.steps
}

// stopped is the step of a script that could not go on.
const stopped = "to the end"

// perform runs a script as far as it comes: a reply without what the script needs
// ends it.
func (r *run) perform(script func(*run)) {
	defer func() {
		got := ok
		if problem := recover(); problem != nil {
			got = "stopped after " + r.steps[max(0, len(r.steps)-1)].name
		}
		r.steps = append(r.steps, step{stopped, ok, got})
	}()
	script(r)
}

// do makes a call that AWS answers as wanted: ok or an error code. What it returns
// is never nil.
func do[I, O, F any](r *run, name, want string, call func(context.Context, *I, ...func(*F)) (*O, error), in *I) *O {
	out, err := call(r.ctx, in)
	r.steps = append(r.steps, step{name, want, code(err)})
	if out == nil {
		out = new(O)
	}
	return out
}

// setUp makes a call that no script is about.
func setUp[I, O, F any](r *run, call func(context.Context, *I, ...func(*F)) (*O, error), in *I) *O {
	out, err := call(r.ctx, in)
	if err != nil {
		r.steps = append(r.steps, step{fmt.Sprintf("set-up %s", reflect.TypeFor[I]().Name()), ok, code(err)})
		return new(O)
	}
	return out
}

// see compares something that a call returned with what AWS returns.
func see(r *run, name string, want, got any) {
	r.steps = append(r.steps, step{name, fmt.Sprint(want), fmt.Sprint(got)})
}

// code is the outcome of a call: ok, the error code, or else the HTTP status.
func code(err error) string {
	var modelled smithy.APIError
	var response *smithyhttp.ResponseError
	switch {
	case err == nil:
		return ok
	case errors.As(err, &response) && (!errors.As(err, &modelled) || modelled.ErrorCode() == "UnknownError"):
		return fmt.Sprintf("HTTP %d", response.HTTPStatusCode())
	case errors.As(err, &modelled):
		return modelled.ErrorCode()
	}
	return "no reply"
}
