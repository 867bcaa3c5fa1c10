package awssim

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// TestRateLimits counts the calls that get through at once, and those that do some
// seconds later (aws-facts §15).
func TestRateLimits(t *testing.T) {
	filtered := map[string]string{"Filter.1.Name": "tag-key", "Filter.1.Value.1": "a"}
	for _, c := range []struct {
		name        string
		call        Call
		burst, more int // more: after 10 seconds
	}{
		{"reads", Call{Service: "ec2", Operation: "DescribeVpcs"}, 100, 100},
		{"costly read of all", Call{Service: "ec2", Operation: "DescribeInstances"}, 50, 50},
		{"costly read, filtered", Call{Service: "ec2", Operation: "DescribeInstances", Params: filtered}, 100, 100},
		{"changes", Call{Service: "ec2", Operation: "CreateVpc", Mutating: true}, 50, 50},
		{"NAT gateways", Call{Service: "ec2", Operation: "CreateNatGateway", Mutating: true}, 10, 10},
		{"endpoints", Call{Service: "ec2", Operation: "CreateVpcEndpoint", Mutating: true}, 4, 3},
		{"launches", Call{Service: "ec2", Operation: "RunInstances", Mutating: true, Params: map[string]string{"MaxCount": "1"}}, 5, 5},
		{"instances launched", Call{Service: "ec2", Operation: "RunInstances", Mutating: true, Params: map[string]string{"MaxCount": "600"}}, 1, 0},
		{"load balancers", Call{Service: "elbv2", Operation: "CreateLoadBalancer", Mutating: true}, 10, 2},
		{"changes of load balancers", Call{Service: "elbv2", Operation: "ModifyListener", Mutating: true}, 20, 20},
		{"reads of load balancers", Call{Service: "elbv2", Operation: "DescribeLoadBalancers"}, 40, 40},
		{"hosted zones", Call{Service: "route53", Operation: "CreateHostedZone", Mutating: true}, 40, 20},
		{"alarms", Call{Service: "cloudwatch", Operation: "PutMetricAlarm", Mutating: true}, 3, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			limits := rateLimits{}
			c.call.At = time.Unix(0, 0)
			through := func() (n int) {
				for range 200 {
					if limits.take(&c.call) {
						n++
					}
				}
				return n
			}
			burst := through()
			c.call.At = c.call.At.Add(10 * time.Second)
			if more := through(); burst != c.burst || more != c.more {
				t.Errorf("%d and %d got through, want %d and %d", burst, more, c.burst, c.more)
			}
		})
	}
}

// TestOneBucketOverAllCalls: reads leave none for changes of load balancers, and
// nothing of other Regions and services.
func TestOneBucketOverAllCalls(t *testing.T) {
	limits := rateLimits{}
	read := Call{Service: "elbv2", Region: home, Operation: "DescribeLoadBalancers"}
	for range 40 {
		limits.take(&read)
	}
	change := Call{Service: "elbv2", Region: home, Operation: "CreateRule", Mutating: true}
	if limits.take(&change) {
		t.Error("a 41st call got through")
	}
	for _, other := range []Call{{Service: "ec2", Region: home, Operation: "DescribeVpcs"}, {Service: "elbv2", Region: "us-east-1", Operation: "DescribeLoadBalancers"}} {
		if !limits.take(&other) {
			t.Errorf("%+v was throttled", other)
		}
	}
}

func TestRateLimitsOverTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New(Options{RateLimits: true})
		options := config(sim.Transport())
		balancers := elasticloadbalancingv2.NewFromConfig(options)
		networks := ec2.NewFromConfig(options)
		var last, of error
		for range 101 {
			_, last = balancers.DescribeLoadBalancers(t.Context(), &elasticloadbalancingv2.DescribeLoadBalancersInput{})
			_, of = networks.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
		}
		if codeOf(last) != "Throttling" || codeOf(of) != "RequestLimitExceeded" {
			t.Errorf("got %v and %v", last, of)
		}
		if calls := sim.Calls(); calls[len(calls)-1].Faulted != Throttle {
			t.Error("the journal does not tell of the throttle")
		}
		time.Sleep(time.Second)
		if _, err := networks.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}); err != nil {
			t.Error(err)
		}
		if New(Options{}).limits != nil {
			t.Error("limits are on by default")
		}
	})
}
