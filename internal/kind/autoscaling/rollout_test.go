package autoscaling_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	simec2 "github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
)

func TestRollout(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		groups, _ := w.serving()
		if err := w.update(groups, w.to("2")); err != nil {
			t.Fatal(err)
		}
		if got := w.versions(); got["2"] != 2 || got["1"] != 0 {
			t.Errorf("the instances are of the versions %v", got)
		}
	})
}

// TestRolloutTellsItsProgress in the log.
func TestRolloutTellsItsProgress(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		groups, _ := w.serving()
		var log bytes.Buffer
		want, live := w.to("2"), w.listed(groups)
		if _, err := groups.Update(tflogtest.RootLogger(t.Context(), &log), live, want, engine.Difference(want.Spec, want.Tags, live)); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"waiting for instance refresh ", "of trial-0a1b2c to launch template version 2", "InProgress, 0% ", "InProgress, 50% "} {
			if !strings.Contains(log.String(), text) {
				t.Errorf("the log does not say %q:\n%s", text, &log)
			}
		}
	})
}

// TestRolloutFails rolls out an image whose server does not start: AWS gives up after
// an hour and rolls back, and the change is not live.
func TestRolloutFails(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		groups, _ := w.serving()
		bad := w.version(simec2.ImageBad)
		says(t, w.update(groups, w.to(bad)), "instance refresh ", "of trial-0a1b2c to launch template version 3: RollbackSuccessful: ")
		if got := w.versions(); got["1"] != 2 || got["3"] != 0 {
			t.Errorf("the instances are of the versions %v", got)
		}
		if err := w.update(groups, w.to("2")); err != nil {
			t.Errorf("the next rollout: %v", err)
		}
	})
}

// TestRolloutCannotLaunch names why no instance could be launched. What cannot succeed
// is not tried for the hour that AWS would, and the instances stay what they were.
func TestRolloutCannotLaunch(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		groups, _ := w.serving()
		broken := w.version(simec2.ImageBroken)
		began := time.Now()
		says(t, w.update(groups, w.to(broken)), "to launch template version 3: cancelled: launching instances of trial-0a1b2c is in vain", "\n  eu-west-1", " × ", "Client.InternalError")
		if took := time.Since(began); took > 15*time.Minute {
			t.Errorf("it took %s", took)
		}
		if got := w.versions(); got["1"] != 2 || got["3"] != 0 {
			t.Errorf("the instances are of the versions %v", got)
		}
		if err := w.update(groups, w.to("2")); err != nil {
			t.Errorf("the next rollout: %v", err)
		}
	})
}

// TestRolloutThatLaunchesInVainForAWhile goes on: instances of the new version work.
func TestRolloutThatLaunchesInVainForAWhile(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		groups, _ := w.serving()
		limit := func(vCPUs int32) {
			world := w.sim.World(kindtest.Region)
			world.Do(func() { world.EC2.VCPULimit = vCPUs })
		}
		limit(6) // two instances, and one more
		time.AfterFunc(3*time.Minute, func() { limit(5) })
		time.AfterFunc(20*time.Minute, func() { limit(64) })
		if err := w.update(groups, w.to("2")); err != nil {
			t.Error(err)
		}
		if got := w.versions(); got["2"] != 2 {
			t.Errorf("the instances are of the versions %v", got)
		}
	})
}

// TestRolloutResumed finds the refresh of a provider that died.
func TestRolloutResumed(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		groups, _ := w.serving()
		w.refresh("2")
		time.Sleep(time.Minute)
		live := w.listed(groups)
		if version := live.Spec.(*autoscaling.Group).LaunchTemplateVersion.String(); !strings.HasPrefix(version, "1 (instance refresh to 2: ") {
			t.Errorf("a running refresh is observed as version %q", version)
		}
		w.sim.ResetCalls()
		if err := w.update(groups, w.to("2")); err != nil {
			t.Fatal(err)
		}
		if n := w.operations(); n["StartInstanceRefresh"] != 0 || n["CancelInstanceRefresh"] != 0 {
			t.Errorf("the calls were %v", n)
		}
		if version := w.listed(groups).Spec.(*autoscaling.Group).LaunchTemplateVersion.String(); version != "2" {
			t.Errorf("the version is %s", version)
		}
	})
}

// TestRolloutTakenBack goes back to the version that the group still shows, while a
// refresh away from it is under way.
func TestRolloutTakenBack(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		groups, _ := w.serving()
		w.refresh("2")
		for w.versions()["2"] == 0 {
			time.Sleep(10 * time.Second)
		}
		if err := w.update(groups, w.to("1")); err != nil {
			t.Fatal(err)
		}
		if got := w.versions(); got["1"] != 2 || got["2"] != 0 {
			t.Errorf("the instances are of the versions %v", got)
		}
	})
}

// refresh starts an instance refresh by a raw call.
func (w *tier) refresh(version string) {
	w.Helper()
	must[*sdk.StartInstanceRefreshOutput](w.T)(awsapi.AutoScaling(w.c).StartInstanceRefresh(w.Context(), &sdk.StartInstanceRefreshInput{
		AutoScalingGroupName: aws.String("trial-0a1b2c"),
		DesiredConfiguration: &types.DesiredConfiguration{LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateId: &w.template, Version: &version}},
		Preferences:          &types.RefreshPreferences{MinHealthyPercentage: aws.Int32(50)},
	}))
}

// TestMixedInstances sees instances that a cancelled refresh has left behind.
func TestMixedInstances(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		groups, _ := w.serving()
		w.refresh("2")
		for w.versions()["2"] == 0 {
			time.Sleep(10 * time.Second)
		}
		must[*sdk.CancelInstanceRefreshOutput](t)(awsapi.AutoScaling(w.c).CancelInstanceRefresh(t.Context(), &sdk.CancelInstanceRefreshInput{AutoScalingGroupName: aws.String("trial-0a1b2c")}))
		time.Sleep(30 * time.Minute)
		if version := w.listed(groups).Spec.(*autoscaling.Group).LaunchTemplateVersion.String(); version != "1 (1 of 2 instances are of another)" {
			t.Errorf("the version is observed as %q", version)
		}
		if err := w.update(groups, w.to("1")); err != nil {
			t.Fatal(err)
		}
		if got := w.versions(); got["1"] != 2 || got["2"] != 0 {
			t.Errorf("the instances are of the versions %v", got)
		}
	})
}

func TestRolloutOfEmptyGroup(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		groups := kind("autoscaling/group")(w.c)
		s := w.group()
		s.MinSize = 0
		w.made(groups, "autoscaling_group", s)
		next := w.group()
		next.MinSize, next.LaunchTemplateVersion = 0, literal("2")
		start := time.Now()
		if err := w.update(groups, part("autoscaling_group", next)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 2*time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}

func TestRolloutWithSuspendedProcess(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		groups, live := w.serving()
		w.suspend(live.ID, "Terminate")
		says(t, w.update(groups, w.to("2")), "updating Auto Scaling group trial-0a1b2c", "process Terminate", "suspended")
	})
}

func (w *tier) suspend(name, process string) {
	w.Helper()
	must[*sdk.SuspendProcessesOutput](w.T)(awsapi.AutoScaling(w.c).SuspendProcesses(w.Context(), &sdk.SuspendProcessesInput{
		AutoScalingGroupName: &name, ScalingProcesses: []string{process}}))
}

func TestDesiredCapacityIsLeftAlone(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		groups, live := w.serving()
		must[*sdk.SetDesiredCapacityOutput](t)(awsapi.AutoScaling(w.c).SetDesiredCapacity(t.Context(), &sdk.SetDesiredCapacityInput{
			AutoScalingGroupName: &live.ID, DesiredCapacity: aws.Int32(3)}))
		time.Sleep(5 * time.Minute)
		if diff := engine.Difference(w.group(), live.Tags, w.listed(groups)); len(diff) != 0 {
			t.Errorf("after scaling out there is a difference: %v", diff)
		}
		want := w.to("2")
		want.Spec.(*autoscaling.Group).MaxSize = 5
		if err := w.update(groups, want); err != nil {
			t.Fatal(err)
		}
		if got := w.listed(groups).Out["desired_capacity"]; got != "3" || w.versions()["1"] != 0 {
			t.Errorf("the desired capacity is %s, the instances are %v", got, w.versions())
		}
	})
}
