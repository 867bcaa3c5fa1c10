package awssim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func addRule(t *testing.T, sim *Sim, rule Rule) {
	t.Helper()
	if err := sim.AddRule(rule); err != nil {
		t.Fatal(err)
	}
}

// TestFaults inflicts each kind in process and over HTTP.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		rule   Rule
		code   string // of the service error; "" where the connection breaks
		status int
		made   int
	}{
		{"throttle", Rule{Kind: Throttle}, "RequestLimitExceeded", 503, 0},
		{"server error", Rule{Kind: ServerError}, "Unavailable", 503, 0},
		{"error", Rule{Kind: ModelledError, Code: "VpcLimitExceeded", Message: "The maximum number of VPCs has been reached.", Status: 400}, "VpcLimitExceeded", 400, 0},
		{"reset", Rule{Kind: Reset}, "", 0, 0},
		{"lost reply", Rule{Kind: LostReply}, "", 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim := New(Options{})
			server := httptest.NewServer(sim.Handler())
			defer server.Close()
			overHTTP := config(http.DefaultTransport)
			overHTTP.BaseEndpoint = aws.String(server.URL)
			for _, options := range []aws.Config{config(sim.Transport()), overHTTP} {
				sim.ClearRules()
				addRule(t, sim, c.rule)
				before := countVPCs(t, sim)
				err := createVPC(t.Context(), ec2.NewFromConfig(options))
				if err == nil || codeOf(err) != c.code {
					t.Errorf("got %v, want code %q", err, c.code)
				}
				var response *smithyhttp.ResponseError
				if c.status != 0 && (!errors.As(err, &response) || response.HTTPStatusCode() != c.status) {
					t.Errorf("got %v, want status %d", err, c.status)
				}
				var unsent *smithyhttp.RequestSendError
				if c.code == "" && !errors.As(err, &unsent) {
					t.Errorf("got %v, want a broken connection", err)
				}
				if made := countVPCs(t, sim) - before; made != c.made {
					t.Errorf("%d VPCs made, want %d", made, c.made)
				}
				calls := sim.Calls()
				if last := calls[len(calls)-1]; last.Faulted != c.rule.Kind || last.ErrorCode != c.code {
					t.Errorf("the journal says %+v", last)
				}
			}
		})
	}
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New(Options{})
		addRule(t, sim, Rule{Kind: Delay, Delay: time.Minute, Count: -1})
		client := ec2.NewFromConfig(config(sim.Transport()))
		start := time.Now()
		if err := createVPC(t.Context(), client); err != nil || time.Since(start) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		before := countVPCs(t, sim)
		if err := createVPC(ctx, client); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if countVPCs(t, sim) != before {
			t.Error("a call whose client gave up before it began had an effect")
		}
	})
}

func TestThrottleOfQueryServices(t *testing.T) {
	sim := New(Options{})
	addRule(t, sim, Rule{Kind: Throttle, Service: "autoscaling"})
	options := config(sim.Transport())
	client := autoscaling.NewFromConfig(options)
	_, err := client.DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{})
	if codeOf(err) != "Throttling" {
		t.Errorf("got %v", err)
	}
}

func TestRuleMatching(t *testing.T) {
	yes, no := true, false
	create := Call{Service: "ec2", Region: home, Operation: "CreateVpc", Mutating: true}
	read := Call{Service: "ec2", Region: home, Operation: "DescribeVpcs"}
	createIn := func(cidr string) Call {
		return Call{Service: "ec2", Region: home, Operation: "CreateVpc", Mutating: true, Params: map[string]string{"CidrBlock": cidr}}
	}
	for _, c := range []struct {
		name  string
		rule  Rule
		calls []Call
		want  string // x: fails
	}{
		{"first only", Rule{}, []Call{create, create, create}, "x.."},
		{"third", Rule{Nth: 3}, []Call{create, read, create, create}, "..x."},
		{"two from the second", Rule{Nth: 2, Count: 2}, []Call{create, create, create, create}, ".xx."},
		{"all", Rule{Count: -1}, []Call{create, read, create}, "xxx"},
		{"mutating", Rule{Mutating: &yes, Nth: 2}, []Call{read, create, read, create}, "...x"},
		{"reading", Rule{Mutating: &no}, []Call{create, read}, ".x"},
		{"operation", Rule{Operation: "DescribeVpcs"}, []Call{create, read, read}, ".x."},
		{"parameter", Rule{Params: map[string]string{"CidrBlock": "10.*"}, Count: -1}, []Call{create, read, createIn("10.1.0.0/16"), createIn("192.168.0.0/16")}, "..x."},
		{"any parameter of a name", Rule{Params: map[string]string{"Tag.*.Value": "*b"}}, []Call{{Params: map[string]string{"Tag.1.Value": "web", "Tag.2.Value": "ab"}}}, "x"},
		{"never", Rule{Params: map[string]string{"Tag.1.Value": "web", "VpcId": "*"}}, []Call{{Params: map[string]string{"Tag.1.Value": "web"}}}, "."},
		{"certain", Rule{Probability: 1}, []Call{create, read}, "xx"},
		{"service", Rule{Service: "iam"}, []Call{create, read}, ".."},
		{"region", Rule{Region: "us-east-1"}, []Call{create, read}, ".."},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim := New(Options{})
			c.rule.Kind = Throttle
			addRule(t, sim, c.rule)
			got := ""
			for _, call := range c.calls {
				if sim.matchRules(&call) != nil {
					got += "x"
				} else {
					got += "."
				}
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestRulesAreChecked(t *testing.T) {
	for _, rule := range []Rule{{}, {Kind: "flood"}, {Kind: Delay}, {Kind: ModelledError}, {Kind: Intercepted}, {Kind: Reset, Probability: 1.5}, {Kind: Reset, Probability: -1}} {
		if New(Options{}).AddRule(rule) == nil {
			t.Errorf("%+v was accepted", rule)
		}
	}
}

// TestRetriesAreCalls: the SDK's own retry gets through after one throttle, and
// does not retry what is not simulated.
func TestRetriesAreCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New(Options{})
		addRule(t, sim, Rule{Kind: Throttle})
		options := config(sim.Transport())
		options.RetryMaxAttempts = 3
		client := ec2.NewFromConfig(options)
		if err := createVPC(t.Context(), client); err != nil || len(sim.Calls()) != 2 {
			t.Errorf("%v after %d calls", err, len(sim.Calls()))
		}
		sim.ResetCalls()
		_, err := client.DescribeCoipPools(t.Context(), &ec2.DescribeCoipPoolsInput{})
		if codeOf(err) != "NotImplemented" || len(sim.Calls()) != 1 {
			t.Errorf("%v after %d calls", err, len(sim.Calls()))
		}
	})
}

func TestConnectionErrorLooksLikeOne(t *testing.T) {
	if !errors.Is(errConnection, io.ErrUnexpectedEOF) {
		t.Error("not an unexpected end")
	}
}

// TestProbability: about as many calls fail as the rule says, the same at each run
// with a seed and others with another.
func TestProbability(t *testing.T) {
	run := func(seed uint64, rule Rule) (pattern string) {
		sim := New(Options{Seed: seed})
		rule.Kind = Throttle
		addRule(t, sim, rule)
		for range 400 {
			if sim.matchRules(&Call{Service: "ec2"}) != nil {
				pattern += "x"
			} else {
				pattern += "."
			}
		}
		return pattern
	}
	quarter := Rule{Probability: 0.25}
	first := run(1, quarter)
	if n := strings.Count(first, "x"); n < 70 || n > 130 {
		t.Errorf("%d of 400 failed", n)
	}
	if first != run(1, quarter) || first == run(2, quarter) {
		t.Error("which calls fail does not follow from the seed alone")
	}
	if few := run(1, Rule{Probability: 0.25, Nth: 2, Count: 3}); strings.Count(few, "x") != 3 {
		t.Errorf("got %s", few)
	}
}

// TestTruncatedBody: the operation takes place, and half of the reply arrives.
func TestTruncatedBody(t *testing.T) {
	sim := New(Options{})
	server := httptest.NewServer(sim.Handler())
	defer server.Close()
	overHTTP := config(http.DefaultTransport)
	overHTTP.BaseEndpoint = aws.String(server.URL)
	for name, options := range map[string]aws.Config{"in process": config(sim.Transport()), "over HTTP": overHTTP} {
		sim.ClearRules()
		addRule(t, sim, Rule{Kind: TruncatedBody, Operation: "CreateVpc"})
		before := countVPCs(t, sim)
		if err := createVPC(t.Context(), ec2.NewFromConfig(options)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: got %v", name, err)
		}
		if made := countVPCs(t, sim) - before; made != 1 {
			t.Errorf("%s: %d VPCs made", name, made)
		}
		calls := sim.Calls()
		if last := calls[len(calls)-1]; last.Faulted != TruncatedBody {
			t.Errorf("%s: the journal says %+v", name, last)
		}
	}
}
