package autoscaling_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// between are the healthy percentages of a refresh; a high of 0 leaves it out.
func between(low, high int32) types.RefreshPreferences {
	p := types.RefreshPreferences{MinHealthyPercentage: &low, InstanceWarmup: aws.Int32(10)}
	if high > 0 {
		p.MaxHealthyPercentage = &high
	}
	return p
}

// follow lets a refresh run to its end. It returns the statuses it went through and
// the least and most instances that were in service and, for the most, pending.
func (w *world) follow(limit time.Duration) (statuses []types.InstanceRefreshStatus, least, most int) {
	w.Helper()
	least = w.inService()
	w.until("refresh over", limit, func() bool {
		r := w.refresh()
		if len(statuses) == 0 || statuses[len(statuses)-1] != r.Status {
			statuses = append(statuses, r.Status)
		}
		least = min(least, w.inService())
		most = max(most, w.inService()+w.in(types.LifecycleStatePending))
		return r.EndTime != nil
	})
	return statuses, least, most
}

func TestRefreshBounds(t *testing.T) {
	tests := []struct {
		name        string
		size        int32
		p           types.RefreshPreferences
		least, most int
	}{
		{"one, defaults: the only one goes", 1, types.RefreshPreferences{InstanceWarmup: aws.Int32(10)}, 0, 1},
		{"one, maximum left out", 1, between(100, 0), 0, 1},
		{"one, maximum explicitly 100", 1, between(100, 100), 1, 2},
		{"one, 90 and explicitly 100", 1, between(90, 100), 1, 2},
		{"one, room above", 1, between(100, 110), 1, 2},
		{"three, room above", 3, between(100, 150), 3, 4},
		{"four, all at once above", 4, between(100, 200), 4, 8},
		{"four, half at a time", 4, between(50, 0), 2, 4},
		{"four, half at a time and explicitly 100", 4, between(50, 100), 2, 4},
		{"ten, defaults", 10, types.RefreshPreferences{InstanceWarmup: aws.Int32(10)}, 9, 10},
		{"ten, both ways", 10, between(90, 110), 9, 11},
		{"four, all at once", 4, between(0, 0), 0, 4},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.running(test.size, test.size)
			if err := w.start("2", test.p); err != nil {
				t.Fatal(err)
			}
			statuses, least, most := w.follow(2 * time.Hour)
			if !slices.Equal(statuses, []types.InstanceRefreshStatus{"Pending", "InProgress", "Successful"}) {
				t.Errorf("statuses %v: %s", statuses, aws.ToString(w.refresh().StatusReason))
			}
			if least != test.least || most != test.most {
				t.Errorf("from %d to %d instances, want %d to %d", least, most, test.least, test.most)
			}
			if v := *w.group().LaunchTemplate.Version; v != "2" {
				t.Errorf("the group has version %s", v)
			}
			if w.settle(time.Minute); !strings.HasPrefix(w.versions(), "2×") || strings.Contains(w.versions(), " ") {
				t.Errorf("versions %s", w.versions())
			}
			if r := w.refresh(); *r.PercentageComplete != 100 || *r.InstancesToUpdate != 0 {
				t.Errorf("progress %d%%, %d left", *r.PercentageComplete, *r.InstancesToUpdate)
			}
		})
	}
}

func TestRefreshChangesTheGroupOnlyAtItsEnd(t *testing.T) {
	w := newWorld(t)
	w.running(2, 2)
	if err := w.start("2", between(100, 200)); err != nil {
		t.Fatal(err)
	}
	for w.refresh().EndTime == nil {
		if v := *w.group().LaunchTemplate.Version; v != "1" {
			t.Fatalf("version %s during the refresh", v)
		}
		w.pass(time.Second)
	}
	if lt := w.group().LaunchTemplate; *lt.Version != "2" || *lt.LaunchTemplateName != "web" {
		t.Errorf("template %v", *lt)
	}
}

func TestRefreshDrainsAndWaitsForHealth(t *testing.T) {
	w := newWorld(t)
	w.running(2, 2, withELB)
	if err := w.start("2", between(100, 150)); err != nil {
		t.Fatal(err)
	}
	began := w.now
	w.until("first termination", 5*time.Minute, func() bool { return w.in(types.LifecycleStateTerminating) > 0 })
	// Pending for 5 s, boot 30 s, registration and checks 20 s.
	if took := w.now.Sub(began); took < 55*time.Second {
		t.Errorf("an old instance went after %v", took)
	}
	if *w.refresh().PercentageComplete != 50 && *w.refresh().PercentageComplete != 0 {
		t.Errorf("%d%%", *w.refresh().PercentageComplete)
	}
	w.follow(10 * time.Minute)
	// Two steps, and in each the old instance drains and shuts down.
	if took := w.now.Sub(began); took < 2*(drain+boot) {
		t.Errorf("took %v", took)
	}
}

func TestBaking(t *testing.T) {
	w := newWorld(t)
	w.running(1, 1)
	p := between(100, 200)
	p.BakeTime = aws.Int32(600)
	if err := w.start("2", p); err != nil {
		t.Fatal(err)
	}
	w.until("baking", 10*time.Minute, func() bool { return w.refresh().Status == types.InstanceRefreshStatusBaking })
	if w.pass(590 * time.Second); w.refresh().Status != types.InstanceRefreshStatusBaking || *w.group().LaunchTemplate.Version != "1" {
		t.Errorf("%s, version %s", w.refresh().Status, *w.group().LaunchTemplate.Version)
	}
	if w.pass(15 * time.Second); w.refresh().Status != types.InstanceRefreshStatusSuccessful {
		t.Errorf("%s", w.refresh().Status)
	}
}

func TestSkipMatching(t *testing.T) {
	w := newWorld(t)
	w.running(2, 2)
	p := between(100, 200)
	p.SkipMatching = aws.Bool(true)
	if err := w.start("1", p); err != nil {
		t.Fatal(err)
	}
	if w.pass(8 * time.Second); w.refresh().Status != types.InstanceRefreshStatusSuccessful || len(w.cloud.instances) != 2 {
		t.Errorf("%s, %d launched", w.refresh().Status, len(w.cloud.instances))
	}
}

func TestCheckpoints(t *testing.T) {
	w := newWorld(t)
	w.running(4, 4)
	p := between(100, 200)
	p.CheckpointPercentages, p.CheckpointDelay = []int32{25, 100}, aws.Int32(1200)
	if err := w.start("2", p); err != nil {
		t.Fatal(err)
	}
	w.pass(15 * time.Minute)
	if w.versions() != "1×3 2×1" || *w.refresh().PercentageComplete != 25 {
		t.Errorf("%s, %d%% at the checkpoint", w.versions(), *w.refresh().PercentageComplete)
	}
	if w.follow(time.Hour); w.versions() != "2×4" {
		t.Errorf("%s at last", w.versions())
	}
}

func TestLastCheckpointBelow100(t *testing.T) {
	w := newWorld(t)
	w.running(4, 4)
	p := between(100, 200)
	p.CheckpointPercentages = []int32{50}
	if err := w.start("2", p); err != nil {
		t.Fatal(err)
	}
	if w.follow(time.Hour); w.refresh().Status != types.InstanceRefreshStatusSuccessful || w.versions() != "1×2 2×2" {
		t.Errorf("%s, %s", w.refresh().Status, w.versions())
	}
}

func TestOnlyOneRefresh(t *testing.T) {
	w := newWorld(t)
	w.running(1, 1)
	if err := w.start("2", between(100, 200)); err != nil {
		t.Fatal(err)
	}
	w.wantError(w.start("3", between(100, 200)), "InstanceRefreshInProgress", "")
	w.wantError(w.update(func(in *sdk.UpdateAutoScalingGroupInput) { in.LaunchTemplate = version("3") }), "ValidationError",
		"An active instance refresh with a desired configuration exists")
	_, err := w.AttachLoadBalancerTargetGroups(ctx, &sdk.AttachLoadBalancerTargetGroupsInput{AutoScalingGroupName: aws.String(group), TargetGroupARNs: []string{tg1}})
	w.wantError(err, "InstanceRefreshInProgress", "")
	if err := w.update(func(in *sdk.UpdateAutoScalingGroupInput) { in.MaxSize = aws.Int32(3) }); err != nil {
		t.Error(err)
	}
}

func TestProtectedInstancesInRefresh(t *testing.T) {
	tests := []struct {
		choice   types.ScaleInProtectedInstances
		status   types.InstanceRefreshStatus
		versions string
	}{
		{"", types.InstanceRefreshStatusFailed, "1×2"},
		{types.ScaleInProtectedInstancesIgnore, types.InstanceRefreshStatusSuccessful, "1×2"},
		{types.ScaleInProtectedInstancesRefresh, types.InstanceRefreshStatusSuccessful, "2×2"},
	}
	for _, test := range tests {
		t.Run("choice "+string(test.choice), func(t *testing.T) {
			w := newWorld(t)
			w.running(2, 2, func(in *sdk.CreateAutoScalingGroupInput) { in.NewInstancesProtectedFromScaleIn = aws.Bool(true) })
			p := between(100, 150)
			p.ScaleInProtectedInstances = test.choice
			if err := w.start("2", p); err != nil {
				t.Fatal(err)
			}
			if w.follow(2 * time.Hour); w.refresh().Status != test.status || w.versions() != test.versions {
				t.Errorf("%s, %s: %s", w.refresh().Status, w.versions(), aws.ToString(w.refresh().StatusReason))
			}
		})
	}
}

func TestSuspendedLaunchStallsTheRefresh(t *testing.T) {
	w := newWorld(t)
	w.running(2, 2)
	must(w.SuspendProcesses(ctx, &sdk.SuspendProcessesInput{AutoScalingGroupName: aws.String(group), ScalingProcesses: []string{"Launch"}}))(w)
	if err := w.start("2", between(50, 0)); err != nil {
		t.Fatal(err)
	}
	if w.follow(2 * time.Hour); w.refresh().Status != types.InstanceRefreshStatusFailed || w.versions() != "1×2" {
		t.Errorf("%s, %s", w.refresh().Status, w.versions())
	}
}

func TestScalingDuringRefresh(t *testing.T) {
	w := newWorld(t)
	w.running(4, 8, func(in *sdk.CreateAutoScalingGroupInput) { in.MinSize, in.DesiredCapacity = aws.Int32(2), aws.Int32(4) })
	for _, desired := range []int32{6, 2} {
		if err := w.start(map[int32]string{6: "2", 2: "3"}[desired], between(100, 150)); err != nil {
			t.Fatal(err)
		}
		w.pass(20 * time.Second)
		if err := w.desire(desired); err != nil {
			t.Fatal(err)
		}
		w.follow(time.Hour)
		if w.settle(5 * time.Minute); w.refresh().Status != types.InstanceRefreshStatusSuccessful || w.inService() != int(desired) || strings.Contains(w.versions(), " ") {
			t.Errorf("%s, %s", w.refresh().Status, w.versions())
		}
	}
}

func TestPreferencesRefused(t *testing.T) {
	tests := map[string]types.RefreshPreferences{
		"maximum alone":         {MaxHealthyPercentage: aws.Int32(110)},
		"too far apart":         between(50, 160),
		"delay alone":           {CheckpointDelay: aws.Int32(10)},
		"descending":            {CheckpointPercentages: []int32{50, 20}},
		"twice the same":        {CheckpointPercentages: []int32{50, 50}},
		"eleven alarms":         {AlarmSpecification: &types.AlarmSpecification{Alarms: make([]string, 11)}},
		"rollback without goal": {AutoRollback: aws.Bool(true)},
	}
	for name, p := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.running(1, 1)
			w.wantError(w.start("", p), "ValidationError", "")
		})
	}
}

func TestMaintenancePolicyIsTheDefaultOfARefresh(t *testing.T) {
	w := newWorld(t)
	w.running(1, 1, func(in *sdk.CreateAutoScalingGroupInput) {
		in.InstanceMaintenancePolicy = &types.InstanceMaintenancePolicy{MinHealthyPercentage: aws.Int32(100), MaxHealthyPercentage: aws.Int32(120)}
		in.DefaultInstanceWarmup = aws.Int32(42)
	})
	if err := w.start("2", types.RefreshPreferences{}); err != nil {
		t.Fatal(err)
	}
	if p := w.refresh().Preferences; *p.MinHealthyPercentage != 100 || *p.MaxHealthyPercentage != 120 || *p.InstanceWarmup != 42 {
		t.Errorf("preferences %+v", *p)
	}
	if _, least, _ := w.follow(time.Hour); least != 1 {
		t.Error("the only instance went first")
	}
}
