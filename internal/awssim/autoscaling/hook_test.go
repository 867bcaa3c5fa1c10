package autoscaling_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

const (
	launching   = "autoscaling:EC2_INSTANCE_LAUNCHING"
	terminating = "autoscaling:EC2_INSTANCE_TERMINATING"
)

func (w *world) completeHook(result string) error {
	_, err := w.CompleteLifecycleAction(ctx, &sdk.CompleteLifecycleActionInput{AutoScalingGroupName: aws.String(group), LifecycleHookName: aws.String("hook"),
		InstanceId: w.group().Instances[0].InstanceId, LifecycleActionResult: &result})
	return err
}

func TestLaunchHookHolds(t *testing.T) {
	tests := []struct {
		name      string
		act       func(*world)
		inService bool
		message   string
	}{
		{"continue", func(w *world) { _ = w.completeHook("CONTINUE") }, true, ""},
		{"abandon", func(w *world) { _ = w.completeHook("ABANDON") }, false, "Lifecycle Action Completed with ABANDON Result"},
		{"nobody answers", func(w *world) { w.pass(300 * time.Second) }, false, "Heartbeat Timeout"},
		{"hook deleted", func(w *world) {
			_, _ = w.DeleteLifecycleHook(ctx, &sdk.DeleteLifecycleHookInput{AutoScalingGroupName: aws.String(group), LifecycleHookName: aws.String("hook")})
		}, false, "ABANDON"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.create(1, 1, withHook(launching))
			if w.pass(2 * time.Minute); w.in(types.LifecycleStatePendingWait) != 1 {
				t.Fatalf("not waiting\n%s", w.dump())
			}
			if a := w.activities(types.ScalingActivityStatusCodeMidLifecycleAction); len(a) != 1 {
				t.Errorf("activities %+v", a)
			}
			test.act(w)
			w.pass(3 * time.Second)
			if got := w.inService() == 1; got != test.inService {
				t.Fatalf("in service: %v\n%s", got, w.dump())
			}
			if test.message != "" {
				if a := w.activities(types.ScalingActivityStatusCodeCancelled); len(a) != 1 || !strings.Contains(*a[0].StatusMessage, test.message) {
					t.Errorf("activities %+v", a)
				}
			}
		})
	}
}

func TestHeartbeatGivesTime(t *testing.T) {
	w := newWorld(t)
	w.create(1, 1, withHook(launching))
	w.pass(2 * time.Minute)
	for range 5 {
		must(w.RecordLifecycleActionHeartbeat(ctx, &sdk.RecordLifecycleActionHeartbeatInput{AutoScalingGroupName: aws.String(group),
			LifecycleHookName: aws.String("hook"), InstanceId: w.group().Instances[0].InstanceId}))(w)
		w.pass(250 * time.Second)
	}
	if w.in(types.LifecycleStatePendingWait) != 1 {
		t.Error("no longer waiting")
	}
}

func TestTerminationHookHoldsAfterDraining(t *testing.T) {
	w := newWorld(t)
	w.running(1, 1, withELB, withHook(terminating))
	if err := w.update(func(in *sdk.UpdateAutoScalingGroupInput) { in.MinSize, in.DesiredCapacity = aws.Int32(0), aws.Int32(0) }); err != nil {
		t.Fatal(err)
	}
	if w.pass(drain - 5*time.Second); w.in(types.LifecycleStateTerminating) != 1 {
		t.Fatalf("not draining\n%s", w.dump())
	}
	if w.pass(10 * time.Second); w.in(types.LifecycleStateTerminatingWait) != 1 {
		t.Fatalf("not waiting\n%s", w.dump())
	}
	if err := w.completeHook("CONTINUE"); err != nil {
		t.Fatal(err)
	}
	if w.pass(2 * time.Second); w.in(types.LifecycleStateTerminatingProceed) != 1 {
		t.Fatalf("not proceeding\n%s", w.dump())
	}
	w.wantError(w.completeHook("CONTINUE"), "ValidationError", "No active Lifecycle Action found")
	if w.settle(time.Minute); len(w.group().Instances) != 0 {
		t.Error("still there")
	}
}

func TestForceDeleteSkipsHooks(t *testing.T) {
	w := newWorld(t)
	w.running(1, 1, withELB, withHook(terminating))
	must(w.DeleteAutoScalingGroup(ctx, &sdk.DeleteAutoScalingGroupInput{AutoScalingGroupName: aws.String(group), ForceDelete: aws.Bool(true)}))(w)
	if took := w.until("gone", time.Hour, func() bool { return w.group().AutoScalingGroupName == nil }); took > boot+5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestHookDefaults(t *testing.T) {
	w := newWorld(t)
	w.create(0, 1)
	put := func(in sdk.PutLifecycleHookInput) error {
		in.AutoScalingGroupName, in.LifecycleHookName = aws.String(group), aws.String("hook")
		_, err := w.PutLifecycleHook(ctx, &in)
		return err
	}
	w.wantError(put(sdk.PutLifecycleHookInput{}), "ValidationError", "LifecycleTransition")
	if err := put(sdk.PutLifecycleHookInput{LifecycleTransition: aws.String(launching)}); err != nil {
		t.Fatal(err)
	}
	if err := put(sdk.PutLifecycleHookInput{DefaultResult: aws.String("CONTINUE")}); err != nil {
		t.Fatal(err)
	}
	hooks := must(w.DescribeLifecycleHooks(ctx, &sdk.DescribeLifecycleHooksInput{AutoScalingGroupName: aws.String(group)}))(w).LifecycleHooks
	if len(hooks) != 1 || *hooks[0].HeartbeatTimeout != 3600 || *hooks[0].GlobalTimeout != 172800 || *hooks[0].DefaultResult != "CONTINUE" || *hooks[0].LifecycleTransition != launching {
		t.Errorf("hooks %+v", hooks)
	}
	w.wantError(put(sdk.PutLifecycleHookInput{HeartbeatTimeout: aws.Int32(10)}), "ValidationError", "HeartbeatTimeout")
}
