package autoscaling_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

func TestLostInstanceIsReplacedWhereOneLacks(t *testing.T) {
	for name, lose := range map[string]func(*world, string){
		"terminated": func(w *world, id string) { w.cloud.Terminate(id, w.now, "") },
		"stopped":    func(w *world, id string) { w.cloud.instances[id].stopped = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.running(3, 3)
			lost := w.group().Instances[1]
			lose(w, *lost.InstanceId)
			if w.pass(time.Second) {
				t.Error("settled although an instance is lost")
			}
			w.pass(5 * time.Second)
			if n := len(w.group().Instances); n != 3 || w.inService() != 3 {
				t.Errorf("noticed at once: %d instances", n)
			}
			w.settle(3 * time.Minute)
			if w.inService() != 3 || w.spread() != "map[a:1 b:1 c:1]" {
				t.Errorf("%d in service, %s", w.inService(), w.spread())
			}
			if !strings.Contains(*w.activities("Successful")[0].Cause, "unhealthy instance needing to be replaced") {
				t.Errorf("cause %s", *w.activities("Successful")[0].Cause)
			}
		})
	}
}

func TestSickTargetIsReplaced(t *testing.T) {
	tests := []struct {
		name        string
		maintenance *types.InstanceMaintenancePolicy
		lowest      int
	}{
		{"terminating first", nil, 1},
		{"launching first", &types.InstanceMaintenancePolicy{MinHealthyPercentage: aws.Int32(100), MaxHealthyPercentage: aws.Int32(200)}, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.running(2, 2, withELB, func(in *sdk.CreateAutoScalingGroupInput) { in.InstanceMaintenancePolicy = test.maintenance })
			w.pass(time.Minute)
			sick := *w.group().Instances[0].InstanceId
			w.cloud.instances[sick].sick = true
			lowest := 2
			for !w.pass(time.Second) {
				lowest = min(lowest, w.inService())
			}
			if lowest != test.lowest || w.inService() != 2 {
				t.Errorf("lowest %d, %d at last", lowest, w.inService())
			}
			if w.cloud.instances[sick].ending.IsZero() {
				t.Error("the sick instance still runs")
			}
		})
	}
}

func TestGracePeriod(t *testing.T) {
	tests := []struct {
		name  string
		grace int32
		alive time.Duration // for how long after entering service an instance lives at least
	}{{"none", 0, 25 * time.Second}, {"five minutes", 300, 300 * time.Second}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.cloud.sick["1"] = true
			w.create(1, 1, withELB, func(in *sdk.CreateAutoScalingGroupInput) { in.HealthCheckGracePeriod = &test.grace })
			w.until("in service", time.Minute, func() bool { return w.inService() == 1 })
			lived := w.until("killed", 10*time.Minute, func() bool { return w.inService() == 0 })
			if lived < test.alive || lived > test.alive+30*time.Second {
				t.Errorf("lived for %v", lived)
			}
			// Its replacement fares no better, for ever.
			w.until("replacement killed", 10*time.Minute, func() bool { return len(w.cloud.instances) >= 3 })
		})
	}
}

func TestTargetGroupThatNeverPassedReplacesNothing(t *testing.T) {
	w := newWorld(t)
	w.running(2, 2, withELB)
	w.cloud.sick[tg2] = true
	must(w.AttachLoadBalancerTargetGroups(ctx, &sdk.AttachLoadBalancerTargetGroupsInput{AutoScalingGroupName: aws.String(group), TargetGroupARNs: []string{tg2}}))(w)
	w.pass(10 * time.Minute)
	if w.attachment(tg2) != "Added" || len(w.cloud.instances) != 2 {
		t.Errorf("state %s, %d instances launched", w.attachment(tg2), len(w.cloud.instances))
	}
	// One passing target makes it count, and then the others are replaced.
	w.cloud.sick[tg2] = false
	w.pass(2 * time.Second)
	if w.attachment(tg2) != "InService" {
		t.Errorf("state %s", w.attachment(tg2))
	}
	w.cloud.sick[tg2] = true
	w.until("mass replacement", 5*time.Minute, func() bool { return w.in(types.LifecycleStateTerminating) == 2 })
}

// attachment returns the state of an attached target group.
func (w *world) attachment(arn string) string {
	w.Helper()
	for _, a := range must(w.DescribeLoadBalancerTargetGroups(ctx, &sdk.DescribeLoadBalancerTargetGroupsInput{AutoScalingGroupName: aws.String(group)}))(w).LoadBalancerTargetGroups {
		if *a.LoadBalancerTargetGroupARN == arn {
			return *a.State
		}
	}
	return "none"
}

func TestAttachAndDetach(t *testing.T) {
	w := newWorld(t)
	w.running(2, 2, func(in *sdk.CreateAutoScalingGroupInput) {
		in.HealthCheckType, in.HealthCheckGracePeriod = aws.String("ELB"), aws.Int32(60)
	})
	for range 2 { // attaching again is no error
		must(w.AttachLoadBalancerTargetGroups(ctx, &sdk.AttachLoadBalancerTargetGroupsInput{AutoScalingGroupName: aws.String(group), TargetGroupARNs: []string{tg1}}))(w)
	}
	var states []string
	for settled := false; !settled; {
		settled = w.pass(time.Second)
		if s := w.attachment(tg1); len(states) == 0 || states[len(states)-1] != s {
			states = append(states, s)
		}
	}
	if got := strings.Join(states, " "); got != "Adding Added InService" || len(w.cloud.targets[tg1]) != 2 {
		t.Errorf("states %s, %d targets", got, len(w.cloud.targets[tg1]))
	}
	if sources := must(w.DescribeTrafficSources(ctx, &sdk.DescribeTrafficSourcesInput{AutoScalingGroupName: aws.String(group)}))(w).TrafficSources; len(sources) != 0 {
		t.Errorf("traffic sources %v", sources)
	}
	detach := func() error {
		_, err := w.DetachLoadBalancerTargetGroups(ctx, &sdk.DetachLoadBalancerTargetGroupsInput{AutoScalingGroupName: aws.String(group), TargetGroupARNs: []string{tg1}})
		return err
	}
	if err := detach(); err != nil {
		t.Fatal(err)
	}
	if w.pass(30 * time.Second); w.attachment(tg1) != "Removing" || len(w.cloud.targets[tg1]) != 0 || len(w.group().TargetGroupARNs) != 0 {
		t.Errorf("state %s while draining", w.attachment(tg1))
	}
	if !w.pass(time.Minute) || w.attachment(tg1) != "none" {
		t.Errorf("state %s after draining", w.attachment(tg1))
	}
	w.wantError(detach(), "ValidationError", "not part of the group")
}

func TestDeletedTargetGroupFailsLaunches(t *testing.T) {
	w := newWorld(t)
	w.running(1, 2, withELB)
	w.cloud.gone[tg1] = true
	if err := w.desire(2); err != nil {
		t.Fatal(err)
	}
	w.pass(3 * time.Second)
	if failed := w.activities(types.ScalingActivityStatusCodeFailed); len(failed) != 1 || !strings.Contains(*failed[0].StatusMessage, "target groups not found") {
		t.Errorf("activities %+v", failed)
	}
}

func TestSetInstanceHealth(t *testing.T) {
	w := newWorld(t)
	w.running(1, 1, func(in *sdk.CreateAutoScalingGroupInput) { in.HealthCheckGracePeriod = aws.Int32(300) })
	id := w.group().Instances[0].InstanceId
	declare := func(respect *bool) {
		must(w.SetInstanceHealth(ctx, &sdk.SetInstanceHealthInput{InstanceId: id, HealthStatus: aws.String("Unhealthy"), ShouldRespectGracePeriod: respect}))(w)
	}
	declare(nil)
	if !w.pass(time.Second) {
		t.Error("the grace period was not respected")
	}
	declare(aws.Bool(false))
	w.pass(2 * time.Second)
	if w.in(types.LifecycleStateTerminating) != 1 || w.in(types.LifecycleStatePending) != 1 {
		t.Errorf("not replaced\n%s", w.dump())
	}
	_, err := w.SetInstanceHealth(ctx, &sdk.SetInstanceHealthInput{InstanceId: aws.String("i-none"), HealthStatus: aws.String("Unhealthy")})
	w.wantError(err, "ValidationError", "i-none")
}
