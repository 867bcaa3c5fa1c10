package autoscaling_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

func TestFailedLaunchesShowInActivitiesOnly(t *testing.T) {
	w := newWorld(t)
	w.cloud.launchErr["1"] = apierr.New("InvalidAMIID.NotFound", "The image id '[ami-1]' does not exist")
	w.create(2, 4)
	w.pass(3 * time.Second)
	failed := w.activities(types.ScalingActivityStatusCodeFailed)
	if len(failed) != 1 || *failed[0].StatusMessage != "The image id '[ami-1]' does not exist. Launching EC2 instance failed." || *failed[0].Progress != 100 {
		t.Fatalf("activities %+v", failed)
	}
	// The pauses double: one minute, two, four …
	for _, test := range []struct {
		after time.Duration
		want  int
	}{{time.Minute, 2}, {2 * time.Minute, 3}, {4 * time.Minute, 4}, {2 * time.Minute, 4}} {
		if w.pass(test.after) {
			t.Fatal("settled while launches fail")
		}
		if got := len(w.activities(types.ScalingActivityStatusCodeFailed)); got != test.want {
			t.Errorf("after %v more: %d failures, want %d", test.after, got, test.want)
		}
	}
	w.cloud.launchErr = map[string]error{}
	if err := w.update(func(in *sdk.UpdateAutoScalingGroupInput) { in.LaunchTemplate = version("2") }); err != nil {
		t.Fatal(err)
	}
	w.settle(2 * time.Minute)
	if w.versions() != "2×2" {
		t.Errorf("versions %s", w.versions())
	}
}

func TestZoneWithoutCapacity(t *testing.T) {
	w := newWorld(t)
	w.cloud.launchErr["eu-west-1b"] = capacityError("eu-west-1b")
	w.create(6, 6)
	w.until("all in service", 2*time.Minute, func() bool { return w.inService() == 6 })
	if w.spread() != "map[a:3 c:3]" || len(w.activities(types.ScalingActivityStatusCodeFailed)) != 1 {
		t.Errorf("%s, %d failures", w.spread(), len(w.activities(types.ScalingActivityStatusCodeFailed)))
	}
	// The group moves instances back when the zone has room again.
	w.pass(10 * time.Minute)
	if w.spread() != "map[a:3 c:3]" || w.inService() != 6 {
		t.Errorf("%s while there is no room", w.spread())
	}
	delete(w.cloud.launchErr, "eu-west-1b")
	for !w.pass(time.Second) {
		if w.inService() < 6 {
			t.Fatal("rebalancing took capacity away")
		}
	}
	if w.spread() != "map[a:2 b:2 c:2]" {
		t.Errorf("%s at last", w.spread())
	}
}

func TestBalancedOnlyStaysShort(t *testing.T) {
	w := newWorld(t)
	w.cloud.launchErr["eu-west-1b"] = capacityError("eu-west-1b")
	w.create(3, 3, func(in *sdk.CreateAutoScalingGroupInput) {
		in.AvailabilityZoneDistribution = &types.AvailabilityZoneDistribution{CapacityDistributionStrategy: types.CapacityDistributionStrategyBalancedOnly}
	})
	w.pass(20 * time.Minute)
	if n := len(w.group().Instances); n >= 3 || strings.Contains(w.spread(), "b:") {
		t.Errorf("%d instances, %s", n, w.spread())
	}
}

func TestInstanceThatDiesInLaunch(t *testing.T) {
	w := newWorld(t)
	w.cloud.dies["1"] = true
	w.create(1, 1)
	w.pass(45 * time.Second)
	failed := w.activities(types.ScalingActivityStatusCodeFailed)
	if len(failed) != 1 || !strings.Contains(*failed[0].StatusMessage, "Client.InternalError: Client error on launch") {
		t.Fatalf("activities %+v", failed)
	}
	if w.inService() != 0 {
		t.Error("a dead instance is in service")
	}
}

func TestChangedZonesLaunchFirst(t *testing.T) {
	w := newWorld(t)
	w.running(4, 4)
	if err := w.update(func(in *sdk.UpdateAutoScalingGroupInput) { in.VPCZoneIdentifier = aws.String("subnet-b,subnet-c") }); err != nil {
		t.Fatal(err)
	}
	for !w.pass(time.Second) {
		if w.inService() < 4 {
			t.Fatal("capacity fell")
		}
		if n := w.inService() + w.in(types.LifecycleStatePending); n > 5 {
			t.Fatalf("%d instances at once", n)
		}
	}
	if w.spread() != "map[b:2 c:2]" {
		t.Errorf("spread %s", w.spread())
	}
}

func TestScaleIn(t *testing.T) {
	w := newWorld(t)
	w.running(4, 8, withELB)
	if err := w.update(func(in *sdk.UpdateAutoScalingGroupInput) { in.LaunchTemplate, in.MinSize = version("2"), aws.Int32(1) }); err != nil {
		t.Fatal(err)
	}
	if err := w.desire(6); err != nil {
		t.Fatal(err)
	}
	w.settle(5 * time.Minute)
	if w.versions() != "1×4 2×2" || w.spread() != "map[a:2 b:2 c:2]" {
		t.Fatalf("versions %s, %s", w.versions(), w.spread())
	}
	// One of each zone goes, those of the oldest template first, after draining.
	if err := w.desire(3); err != nil {
		t.Fatal(err)
	}
	w.pass(2 * time.Second)
	if n := w.in(types.LifecycleStateTerminating); n != 3 {
		t.Fatalf("%d terminating", n)
	}
	if a := w.activities(types.ScalingActivityStatusCodeWaitingForELBConnectionDraining); len(a) != 3 || !strings.Contains(*a[0].Cause, "shrinking the capacity") {
		t.Errorf("activities %+v", a)
	}
	for _, i := range w.group().Instances {
		if m := w.cloud.instances[*i.InstanceId]; !m.ending.IsZero() {
			t.Error("terminated before it drained")
		}
	}
	w.settle(5 * time.Minute)
	if w.versions() != "1×1 2×2" || w.spread() != "map[a:1 b:1 c:1]" || len(w.group().Instances) != 3 {
		t.Errorf("versions %s, %s", w.versions(), w.spread())
	}
}

func TestProtectedInstancesStay(t *testing.T) {
	w := newWorld(t)
	w.running(2, 2, func(in *sdk.CreateAutoScalingGroupInput) { in.NewInstancesProtectedFromScaleIn = aws.Bool(true) })
	if err := w.update(func(in *sdk.UpdateAutoScalingGroupInput) { in.MinSize, in.DesiredCapacity = aws.Int32(0), aws.Int32(0) }); err != nil {
		t.Fatal(err)
	}
	w.pass(5 * time.Minute)
	if w.inService() != 2 {
		t.Fatalf("%d in service", w.inService())
	}
	var ids []string
	for _, i := range w.group().Instances {
		ids = append(ids, *i.InstanceId)
	}
	must(w.SetInstanceProtection(ctx, &sdk.SetInstanceProtectionInput{AutoScalingGroupName: aws.String(group), InstanceIds: ids, ProtectedFromScaleIn: aws.Bool(false)}))(w)
	w.settle(2 * time.Minute)
	if len(w.group().Instances) != 0 {
		t.Error("instances stayed without protection")
	}
}

func TestTerminateInstance(t *testing.T) {
	w := newWorld(t)
	w.running(2, 4)
	if err := w.desire(3); err != nil {
		t.Fatal(err)
	}
	w.settle(2 * time.Minute)
	id := w.group().Instances[0].InstanceId
	terminate := func(id *string, shrink bool) error {
		_, err := w.TerminateInstanceInAutoScalingGroup(ctx, &sdk.TerminateInstanceInAutoScalingGroupInput{InstanceId: id, ShouldDecrementDesiredCapacity: &shrink})
		return err
	}
	if err := terminate(id, true); err != nil {
		t.Fatal(err)
	}
	w.settle(2 * time.Minute)
	if *w.group().DesiredCapacity != 2 || w.inService() != 2 {
		t.Errorf("desired %d, %d in service", *w.group().DesiredCapacity, w.inService())
	}
	w.wantError(terminate(id, false), "ValidationError", "Instance Id not found")
	w.wantError(terminate(w.group().Instances[0].InstanceId, true), "ValidationError", "min size constraint")
	if err := terminate(w.group().Instances[0].InstanceId, false); err != nil {
		t.Fatal(err)
	}
	w.settle(2 * time.Minute)
	if w.inService() != 2 {
		t.Errorf("%d in service, not replaced", w.inService())
	}
}

func TestSuspendedProcesses(t *testing.T) {
	w := newWorld(t)
	w.running(1, 3)
	suspend := func(names ...string) {
		must(w.SuspendProcesses(ctx, &sdk.SuspendProcessesInput{AutoScalingGroupName: aws.String(group), ScalingProcesses: names}))(w)
	}
	suspend("Launch")
	if err := w.desire(3); err != nil {
		t.Fatal(err)
	}
	if !w.pass(time.Minute) || w.inService() != 1 {
		t.Errorf("%d in service while launches are suspended", w.inService())
	}
	must(w.ResumeProcesses(ctx, &sdk.ResumeProcessesInput{AutoScalingGroupName: aws.String(group)}))(w)
	w.settle(2 * time.Minute)
	if w.inService() != 3 {
		t.Errorf("%d in service after resuming", w.inService())
	}
	_, err := w.SuspendProcesses(ctx, &sdk.SuspendProcessesInput{AutoScalingGroupName: aws.String(group), ScalingProcesses: []string{"None"}})
	w.wantError(err, "ValidationError", "ScalingProcess")
}
