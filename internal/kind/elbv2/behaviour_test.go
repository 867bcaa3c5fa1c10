package elbv2_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/elbv2"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// lab is a network in a simulator, in virtual time.
type lab struct {
	*testing.T
	sim *awssim.Sim
	c   *awsapi.Clients
	net net
}

func inLab(t *testing.T, test func(t *testing.T, l *lab)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sim := awssim.New(awssim.Options{})
		c := kindtest.Clients(t, sim)
		l := &lab{t, sim, c, newNet(t, c)}
		time.Sleep(time.Minute)
		test(t, l)
	})
}

func (l *lab) loadBalancer() *elbv2.LoadBalancer {
	return &elbv2.LoadBalancer{Name: "trial-lb-0a1b2c", Type: "application", Scheme: "internet-facing",
		Subnets: stack.Literals(l.net.subnets[:2]...), SecurityGroups: stack.Literals(l.net.groupA)}
}

func (l *lab) made(k engine.Kind, key string, s stack.Spec) engine.Live {
	l.Helper()
	live, err := k.Create(l.Context(), part(key, s))
	if err == nil {
		live, err = k.Wait(l.Context(), live)
	}
	if err != nil {
		l.Fatal(err)
	}
	return live
}

// operations counts the calls of each operation since the last reset.
func (l *lab) operations() map[string]int {
	counts := map[string]int{}
	for _, call := range l.sim.Calls() {
		counts[call.Operation]++
	}
	return counts
}

func says(t *testing.T, err error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("the error does not say %q: %v", text, err)
		}
	}
}

func TestSettle(t *testing.T) {
	inLab(t, func(t *testing.T, l *lab) {
		k := kind("elbv2/load_balancer")(l.c)
		start := time.Now()
		live := l.made(k, "load_balancer", l.loadBalancer())
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("Create and Wait took %s", took)
		}
		if _, err := k.(engine.Settler).Settle(t.Context(), live); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 150*time.Second || took > 160*time.Second {
			t.Errorf("it settled after %s", took)
		}
	})
}

func TestSettleFails(t *testing.T) {
	inLab(t, func(t *testing.T, l *lab) {
		k := kind("elbv2/load_balancer")(l.c)
		live := l.made(k, "load_balancer", l.loadBalancer())
		world := l.sim.World(kindtest.Region)
		world.Do(func() { world.ELBv2.Timings.SubnetsChanged = time.Hour })
		must[*sdk.SetSubnetsOutput](t)(awsapi.ELBv2(l.c).SetSubnets(t.Context(), &sdk.SetSubnetsInput{LoadBalancerArn: &live.ID, Subnets: l.net.subnets}))
		_, err := k.(engine.Settler).Settle(t.Context(), live)
		says(t, err, "waited 10m0s for load balancer trial-lb-0a1b2c to become active, last seen: provisioning")
	})
}

// TestDeleteWaitsForInterfaces leaves nothing that blocks security groups and subnets.
func TestDeleteWaitsForInterfaces(t *testing.T) {
	inLab(t, func(t *testing.T, l *lab) {
		k := kind("elbv2/load_balancer")(l.c)
		live := l.made(k, "load_balancer", l.loadBalancer())
		if err := k.Delete(t.Context(), live); err != nil {
			t.Fatal(err)
		}
		out := must[*ec2.DescribeNetworkInterfacesOutput](t)(awsapi.EC2(l.c).DescribeNetworkInterfaces(t.Context(), &ec2.DescribeNetworkInterfacesInput{
			Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{l.net.vpc}}}}))
		if n := len(out.NetworkInterfaces); n != 0 {
			t.Errorf("%d network interfaces are left", n)
		}
	})
}

func TestDeleteProtected(t *testing.T) {
	inLab(t, func(t *testing.T, l *lab) {
		k := kind("elbv2/load_balancer")(l.c)
		live := l.made(k, "load_balancer", l.loadBalancer())
		l.made(kind("elbv2/deletion_protection")(l.c), "deletion_protection", &elbv2.DeletionProtection{LoadBalancer: stack.Literal(live.ID)})
		says(t, k.Delete(t.Context(), live), "deleting load balancer app/trial-lb-0a1b2c/", "deletion protection")
	})
}

// TestManyAttributes sets more than one call takes.
func TestManyAttributes(t *testing.T) {
	inLab(t, func(t *testing.T, l *lab) {
		k := kind("elbv2/load_balancer")(l.c)
		live := l.made(k, "load_balancer", l.loadBalancer())
		out := must[*sdk.DescribeLoadBalancerAttributesOutput](t)(awsapi.ELBv2(l.c).DescribeLoadBalancerAttributes(t.Context(),
			&sdk.DescribeLoadBalancerAttributesInput{LoadBalancerArn: &live.ID}))
		s := l.loadBalancer()
		s.Attributes = map[string]string{}
		for _, a := range out.Attributes {
			if *a.Key != "deletion_protection.enabled" {
				s.Attributes[*a.Key] = aws.ToString(a.Value)
			}
		}
		l.sim.ResetCalls()
		want := part("load_balancer", s)
		if _, err := k.Update(t.Context(), live, want, engine.Difference(s, want.Tags, live)); err != nil {
			t.Fatal(err)
		}
		if n := l.operations()["ModifyLoadBalancerAttributes"]; n != (len(s.Attributes)+19)/20 {
			t.Errorf("%d attributes were set by %d calls", len(s.Attributes), n)
		}
	})
}

// TestForeign does not take what somebody else made, whether of the same settings,
// which AWS returns without an error, or of others.
func TestForeign(t *testing.T) {
	inLab(t, func(t *testing.T, l *lab) {
		balancer := l.net.balancer(t, l.c, "trial-lb-0a1b2c", nil)
		tg := l.net.group(t, l.c, "trial-tg-0a1b2c")
		rawListener(t, l.c, balancer, 80, forwardTo([]int32{1}, tg)) // part listener/80

		k := kind("elbv2/load_balancer")(l.c)
		_, err := k.Create(t.Context(), part("load_balancer", l.loadBalancer()))
		says(t, err, "creating load balancer trial-lb-0a1b2c", balancer, "was not made by webtier")
		other := l.loadBalancer()
		other.Scheme = "internal"
		_, err = k.Create(t.Context(), part("load_balancer", other))
		says(t, err, balancer, "was not made by webtier: delete it, or choose another name")

		_, err = kind("elbv2/target_group")(l.c).Create(t.Context(), part("target_group", &elbv2.TargetGroup{
			Name: "trial-tg-0a1b2c", Port: 9090, Protocol: "HTTP", VPC: stack.Literal(l.net.vpc),
			HealthCheck: elbv2.HealthCheck{Protocol: "HTTP", Port: "traffic-port", IntervalSeconds: 30, TimeoutSeconds: 5, HealthyThreshold: 5, UnhealthyThreshold: 2}}))
		says(t, err, "creating target group trial-tg-0a1b2c", tg, "was not made by webtier")

		_, err = kind("elbv2/listener")(l.c).Create(t.Context(), part("listener/web", &elbv2.Listener{
			LoadBalancer: stack.Literal(balancer), Port: 80, Protocol: "HTTP", TargetGroups: stack.Literals(tg)}))
		says(t, err, "creating listener HTTP 80 of load balancer app/trial-lb-0a1b2c/", "is part listener/80 of kindtest/trial")
	})
}

// TestTaken finishes what an earlier call has made with other settings.
func TestTaken(t *testing.T) {
	inLab(t, func(t *testing.T, l *lab) {
		arn := l.net.balancer(t, l.c, "trial-lb-0a1b2c", tags("load_balancer"))
		s := l.loadBalancer()
		s.Subnets, s.SecurityGroups = stack.Literals(l.net.subnets...), stack.Literals(l.net.groupB)
		s.Attributes = map[string]string{"idle_timeout.timeout_seconds": "90"}
		want := part("load_balancer", s)
		live := l.made(kind("elbv2/load_balancer")(l.c), "load_balancer", s)
		if diff := engine.Difference(s, want.Tags, live); live.ID != arn || len(diff) != 0 {
			t.Errorf("%s: %v", live.ID, diff)
		}
	})
}

// TestTargetGroupInUse says who uses it.
func TestTargetGroupInUse(t *testing.T) {
	inLab(t, func(t *testing.T, l *lab) {
		k := kind("elbv2/target_group")(l.c)
		live := l.made(k, "target_group", &elbv2.TargetGroup{Name: "trial-tg-0a1b2c", Port: 80, Protocol: "HTTP", VPC: stack.Literal(l.net.vpc),
			HealthCheck: elbv2.HealthCheck{Protocol: "HTTP", Port: "traffic-port", IntervalSeconds: 30, TimeoutSeconds: 5, HealthyThreshold: 5, UnhealthyThreshold: 2}})
		listener := rawListener(t, l.c, l.net.balancer(t, l.c, "trial", nil), 80, forwardTo([]int32{1}, live.ID))
		start := time.Now()
		says(t, k.Delete(t.Context(), live), "deleting target group trial-tg-0a1b2c, to which load balancer app/trial/", "in use")
		if took := time.Since(start); took < 2*time.Minute || took > 3*time.Minute {
			t.Errorf("it took %s", took)
		}
		must[*sdk.DeleteListenerOutput](t)(awsapi.ELBv2(l.c).DeleteListener(t.Context(), &sdk.DeleteListenerInput{ListenerArn: &listener}))
		if err := k.Delete(t.Context(), live); err != nil {
			t.Error(err)
		}
	})
}

// TestNewTargetGroup goes through the change of a target group: named beside the old
// one, then given all requests, after which the old one can be deleted.
func TestNewTargetGroup(t *testing.T) {
	inLab(t, func(t *testing.T, l *lab) {
		listeners, traffic := kind("elbv2/listener")(l.c), kind("elbv2/traffic")(l.c)
		one, two := l.net.group(t, l.c, "trial-tg-0a1b2c"), l.net.group(t, l.c, "trial-tg-3d4e5f")
		balancer := l.net.balancer(t, l.c, "trial-lb-0a1b2c", tags("load_balancer"))
		s := &elbv2.Listener{LoadBalancer: stack.Literal(balancer), Port: 80, Protocol: "HTTP", TargetGroups: stack.Literals(one)}
		listener := l.made(listeners, "listener/80", s)
		l.sim.ResetCalls()
		live := l.made(traffic, "traffic/80", &elbv2.Traffic{Listener: stack.Literal(listener.ID), TargetGroup: stack.Literal(one)})
		if n := l.operations()["ModifyListener"]; n != 0 {
			t.Errorf("the listener of a new stack was modified %d times", n)
		}

		next := &elbv2.Listener{LoadBalancer: stack.Literal(balancer), Port: 80, Protocol: "HTTP", TargetGroups: stack.Literals(two)}
		if _, err := listeners.Update(t.Context(), listener, part("listener/80", next), stack.Compare(next, listener.Spec)); err != nil {
			t.Fatal(err)
		}
		if w := weights(t, l.c, listener.ID); w[one] == 0 || w[two] != 0 || len(w) != 2 {
			t.Errorf("before the switch the weights are %v", w)
		}
		to := &elbv2.Traffic{Listener: stack.Literal(listener.ID), TargetGroup: stack.Literal(two)}
		if _, err := traffic.Update(t.Context(), live, part("traffic/80", to), stack.Compare(to, live.Spec)); err != nil {
			t.Fatal(err)
		}
		if w := weights(t, l.c, listener.ID); w[two] == 0 || len(w) != 1 {
			t.Errorf("after the switch the weights are %v", w)
		}
	})
}

// TestRolloutGivenUp leaves a target group in the listener; traffic takes it out.
func TestRolloutGivenUp(t *testing.T) {
	inLab(t, func(t *testing.T, l *lab) {
		one, two := l.net.group(t, l.c, "trial-tg-0a1b2c"), l.net.group(t, l.c, "trial-tg-3d4e5f")
		balancer := l.net.balancer(t, l.c, "trial-lb-0a1b2c", tags("load_balancer"))
		listener := rawListener(t, l.c, balancer, 80, forwardTo([]int32{1, 0}, one, two))
		traffic := kind("elbv2/traffic")(l.c)
		lives, err := traffic.List(t.Context(), engine.Scope{Stack: trial})
		if err != nil || len(lives) != 1 || lives[0].Key != "traffic/80" {
			t.Fatalf("List: %v %v", lives, err)
		}
		want := &elbv2.Traffic{Listener: stack.Literal(listener), TargetGroup: stack.Literal(one)}
		diff := stack.Compare(want, lives[0].Spec)
		if len(diff) != 1 {
			t.Fatalf("the difference is %v", diff)
		}
		if _, err := traffic.Update(t.Context(), lives[0], part("traffic/80", want), diff); err != nil {
			t.Fatal(err)
		}
		if w := weights(t, l.c, listener); len(w) != 1 || w[one] == 0 {
			t.Errorf("the weights are %v", w)
		}
	})
}

// TestRemovedTags removes tags that are to go and leaves those of others.
func TestRemovedTags(t *testing.T) {
	inLab(t, func(t *testing.T, l *lab) {
		k := kind("elbv2/load_balancer")(l.c)
		live := l.made(k, "load_balancer", l.loadBalancer())
		must[*sdk.AddTagsOutput](t)(awsapi.ELBv2(l.c).AddTags(t.Context(), &sdk.AddTagsInput{ResourceArns: []string{live.ID}, Tags: []types.Tag{
			{Key: aws.String("old"), Value: aws.String("x")}, {Key: aws.String("foreign"), Value: aws.String("y")}}}))
		lives, err := k.List(t.Context(), engine.Scope{Stack: trial})
		if err != nil || len(lives) != 1 {
			t.Fatal(lives, err)
		}
		want := part("load_balancer", l.loadBalancer())
		want.Untag = []string{"old", "never"}
		live, err = k.Update(t.Context(), lives[0], want, engine.Difference(want.Spec, want.Tags, lives[0], want.Untag...))
		if _, old := live.Tags["old"]; err != nil || old || live.Tags["foreign"] != "y" {
			t.Errorf("%v %v", live.Tags, err)
		}
	})
}

// TestRefreshIsShared reads many stacks with few calls: what can be asked for many
// objects is, and all kinds share what they need.
func TestRefreshIsShared(t *testing.T) {
	inLab(t, func(t *testing.T, l *lab) {
		kinds := elbv2.Kinds(l.c)
		e := &engine.Engine{Kinds: kinds}
		known := map[string]engine.Known{}
		tg := l.net.group(t, l.c, "trial-tg-0a1b2c")
		balancer := l.net.balancer(t, l.c, "trial-lb-0a1b2c", tags("load_balancer"))
		listener := rawListener(t, l.c, balancer, 80, forwardTo([]int32{1}, tg))
		l.net.balancer(t, l.c, "foreign", nil)
		known["load_balancer"] = engine.Known{Kind: "elbv2/load_balancer", ID: balancer}
		known["listener/80"] = engine.Known{Kind: "elbv2/listener", ID: listener}
		known["traffic/80"] = engine.Known{Kind: "elbv2/traffic", ID: listener + "#traffic"}
		observe := func(recent bool) map[string]int {
			l.sim.ResetCalls()
			done := make(chan error)
			for _, name := range []string{"a", "trial", "b", "c"} {
				go func() {
					ids := known
					if name != "trial" {
						ids = nil
					}
					lives, err := e.Observe(t.Context(), stack.ID{Type: "kindtest", Name: name}, ids, recent)
					if name == "trial" && len(lives) != 3 {
						t.Errorf("there are %v", lives)
					}
					done <- err
				}()
			}
			for range 4 {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			return l.operations()
		}
		atMost := func(when string, got, want map[string]int) {
			for operation, n := range got {
				if n > want[operation] {
					t.Errorf("%s: %d × %s, want %d", when, n, operation, want[operation])
				}
			}
		}
		atMost("refresh", observe(true), map[string]int{"DescribeLoadBalancers": 1, "DescribeTargetGroups": 1, "DescribeListeners": 1,
			"DescribeLoadBalancerAttributes": 1, "DescribeTags": 2})
		atMost("remembered", observe(true), nil)
		time.Sleep(time.Minute)
		atMost("apply", observe(false), map[string]int{"DescribeLoadBalancers": 1, "DescribeTargetGroups": 1, "DescribeListeners": 1,
			"DescribeLoadBalancerAttributes": 1, "DescribeTags": 2})
		must[*sdk.DeleteListenerOutput](t)(awsapi.ELBv2(l.c).DeleteListener(t.Context(), &sdk.DeleteListenerInput{ListenerArn: &listener}))
		rawListener(t, l.c, balancer, 80, forwardTo([]int32{1}, tg))
		atMost("a listener is missing", observe(true), map[string]int{"DescribeLoadBalancers": 2, "DescribeTargetGroups": 1, "DescribeListeners": 2,
			"DescribeLoadBalancerAttributes": 1, "DescribeTags": 3})
	})
}
