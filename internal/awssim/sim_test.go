package awssim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/wire"
)

const home = "eu-west-1"

// config is for SDK clients that reach the simulator over the transport, without
// retries.
func config(transport http.RoundTripper) aws.Config {
	return aws.Config{
		Region:           home,
		HTTPClient:       &http.Client{Transport: transport},
		RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "example"}, nil
		}),
	}
}

func createVPC(ctx context.Context, client *ec2.Client) error {
	_, err := client.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	return err
}

// countVPCs looks past the wire, so that no fault rule counts it.
func countVPCs(t *testing.T, sim *Sim) (n int) {
	t.Helper()
	w := sim.World(home)
	w.Do(func() {
		out, err := w.EC2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
		if err != nil {
			t.Fatal(err)
		}
		n = len(out.Vpcs)
	})
	return n
}

func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func TestTransportInsideBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New(Options{})
		client := ec2.NewFromConfig(config(sim.Transport()))
		start := time.Now()
		if err := createVPC(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		waiter := ec2.NewVpcAvailableWaiter(client)
		if err := waiter.Wait(t.Context(), &ec2.DescribeVpcsInput{}, time.Hour); err != nil {
			t.Fatal(err)
		}
		if time.Since(start) > time.Hour || countVPCs(t, sim) == 0 {
			t.Errorf("%v passed, %d VPCs", time.Since(start), countVPCs(t, sim))
		}
	})
}

func TestIdentityAndRegions(t *testing.T) {
	sim := New(Options{Account: "999988887777"})
	options := config(sim.Transport())
	out, err := sts.NewFromConfig(options).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || *out.Account != "999988887777" {
		t.Errorf("got %v, %v", out, err)
	}
	options.Region = "eu-nowhere-1"
	if err := createVPC(t.Context(), ec2.NewFromConfig(options)); codeOf(err) != "AuthFailure" {
		t.Errorf("EC2 in a Region that does not exist: %v", err)
	}
	_, err = elasticloadbalancingv2.NewFromConfig(options).DescribeLoadBalancers(t.Context(), &elasticloadbalancingv2.DescribeLoadBalancersInput{})
	if codeOf(err) != "SignatureDoesNotMatch" {
		t.Errorf("Elastic Load Balancing in a Region that does not exist: %v", err)
	}
	options.Region = "us-east-1"
	if err := createVPC(t.Context(), ec2.NewFromConfig(options)); err != nil {
		t.Fatal(err)
	}
	if sim.World(home).Region == sim.World("us-east-1").Region || sim.World("eu-nowhere-1") != nil {
		t.Error("Regions are not apart")
	}
}

func TestIdentifiersRepeat(t *testing.T) {
	ids := func(seed uint64) string {
		sim := New(Options{Seed: seed})
		return sim.World(home).Region.NewID("vpc") + sim.World("us-east-1").Region.NewID("vpc")
	}
	if ids(1) != ids(1) || ids(1) == ids(2) || ids(1)[:20] == ids(1)[20:] {
		t.Errorf("got %s, %s, %s", ids(1), ids(1), ids(2))
	}
}

func TestJournal(t *testing.T) {
	sim := New(Options{})
	client := ec2.NewFromConfig(config(sim.Transport()))
	if err := createVPC(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	_, err := client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{"vpc-00000000000000000"}})
	if codeOf(err) != "InvalidVpcID.NotFound" {
		t.Fatal(err)
	}
	_, err = client.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), DryRun: aws.Bool(true)})
	if codeOf(err) != "DryRunOperation" {
		t.Fatal(err)
	}
	calls := sim.Calls()
	if len(calls) != 3 {
		t.Fatalf("got %v", calls)
	}
	for i, want := range []Call{
		{Seq: 1, Operation: "CreateVpc", Mutating: true, Params: map[string]string{"CidrBlock": "10.0.0.0/16"}},
		{Seq: 2, Operation: "DescribeVpcs", ErrorCode: "InvalidVpcID.NotFound", Params: map[string]string{"VpcId.1": "vpc-00000000000000000"}},
		{Seq: 3, Operation: "CreateVpc", ErrorCode: "DryRunOperation", Params: map[string]string{"CidrBlock": "10.0.0.0/16", "DryRun": "true"}},
	} {
		got := calls[i]
		if got.Seq != want.Seq || got.Operation != want.Operation || got.Mutating != want.Mutating || got.ErrorCode != want.ErrorCode ||
			got.Service != "ec2" || got.Region != home || len(got.Params) != len(want.Params) {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
	}
	sim.ResetCalls()
	if len(sim.Calls()) != 0 {
		t.Error("the journal is not empty")
	}
}

func TestInterceptEndsTheClient(t *testing.T) {
	killed := errors.New("killed")
	for _, after := range []bool{false, true} {
		sim := New(Options{})
		before := countVPCs(t, sim)
		sim.Intercept(func(c *Call, isAfter bool) error {
			if c.Mutating && isAfter == after {
				return killed
			}
			return nil
		})
		err := createVPC(t.Context(), ec2.NewFromConfig(config(sim.Transport())))
		if !errors.Is(err, killed) {
			t.Errorf("after %t: got %v", after, err)
		}
		if made := countVPCs(t, sim) - before; made != map[bool]int{false: 0, true: 1}[after] {
			t.Errorf("after %t: %d VPCs made", after, made)
		}
		if got := sim.Calls()[0].Faulted; got != Intercepted {
			t.Errorf("after %t: journal says %q", after, got)
		}
	}
}

func TestCancelledContext(t *testing.T) {
	sim := New(Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	before := countVPCs(t, sim)
	if err := createVPC(ctx, ec2.NewFromConfig(config(sim.Transport()))); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if countVPCs(t, sim) != before {
		t.Error("a call with a cancelled context had an effect")
	}
}

// clockwork is a controller with something to do until a given time.
type clockwork struct {
	busyUntil time.Time
	ticks     []time.Time
}

func (c *clockwork) Tick(now time.Time) bool {
	c.ticks = append(c.ticks, now)
	return now.After(c.busyUntil)
}

func TestAdvance(t *testing.T) {
	start := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name        string
		gap, busy   time.Duration
		most        int
		everySecond time.Duration // for so long, each second is seen
	}{
		{"busy throughout", time.Minute, time.Hour, 60, time.Minute},
		{"busy at first", time.Hour, 30 * time.Second, 400, 30 * time.Second},
		{"idle", time.Hour, 0, 400, 0},
		{"busy for a day", 24 * time.Hour, 24 * time.Hour, 3600, 0},
		{"idle for a year", 365 * 24 * time.Hour, 0, 3600, 0},
		{"too short a time", 900 * time.Millisecond, time.Hour, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := start
			sim := New(Options{Clock: func() time.Time { return now }})
			work := &clockwork{busyUntil: start.Add(c.busy)}
			w := sim.World(home)
			w.services = map[string]any{"ec2": work}
			now = start.Add(c.gap)
			w.Do(func() {})
			if len(work.ticks) > c.most {
				t.Errorf("%d ticks, want at most %d", len(work.ticks), c.most)
			}
			for i := range int(c.everySecond / time.Second) {
				if want := start.Add(time.Duration(i+1) * time.Second); !work.ticks[i].Equal(want) {
					t.Fatalf("tick %d at %v, want %v", i, work.ticks[i], want)
				}
			}
			if c.most > 0 && now.Sub(work.ticks[len(work.ticks)-1]) >= max(time.Second, c.gap/maxSteps) {
				t.Errorf("last tick at %v, now %v", work.ticks[len(work.ticks)-1], now)
			}
			if !slices.IsSortedFunc(work.ticks, time.Time.Compare) {
				t.Error("time runs backwards")
			}
		})
	}
}

// unsimulated lists operations that have a model but no handler.
var unsimulated = []string{"sts AssumeRole"}

func TestEveryOperationHasAHandler(t *testing.T) {
	w := New(Options{}).World(home)
	var missing []string
	for service, target := range w.services {
		for _, operation := range wire.Operations(service) {
			if !wire.Handles(target, operation) {
				missing = append(missing, service+" "+operation)
			}
		}
	}
	slices.Sort(missing)
	if !slices.Equal(missing, unsimulated) {
		t.Errorf("without a handler:\n%s\nwant only %v", strings.Join(missing, "\n"), unsimulated)
	}
}

// TestDryRunsNeverSucceed calls every EC2 operation as a dry run: the handler must
// refuse it, or the trial has been carried out.
func TestDryRunsNeverSucceed(t *testing.T) {
	sim := New(Options{})
	server := httptest.NewServer(sim.Handler())
	defer server.Close()
	for _, operation := range wire.Operations("ec2") {
		request, _ := http.NewRequest(http.MethodPost, server.URL, strings.NewReader("DryRun=true&Action="+operation))
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20240229/"+home+"/ec2/aws4_request")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode < 400 {
			t.Errorf("%s: %d %s", operation, response.StatusCode, body)
		}
	}
}
