package autoscaling_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

func TestRefreshThatLaunchesInVain(t *testing.T) {
	tests := map[string]func(*world){
		"launch refused": func(w *world) {
			w.cloud.launchErr["2"] = apierr.New("InvalidAMIID.NotFound", "The image id does not exist")
		},
		"dies":          func(w *world) { w.cloud.dies["2"] = true },
		"never healthy": func(w *world) { w.cloud.sick["2"] = true },
	}
	for name, spoil := range tests {
		for _, rollback := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", rolled back", false: ", left"}[rollback], func(t *testing.T) {
				w := newWorld(t)
				w.running(3, 3, withELB)
				spoil(w)
				p := between(100, 150)
				p.AutoRollback = &rollback
				if err := w.start("2", p); err != nil {
					t.Fatal(err)
				}
				statuses, least, _ := w.follow(3 * time.Hour)
				want := []types.InstanceRefreshStatus{"Pending", "InProgress", "Failed"}
				if rollback {
					want = []types.InstanceRefreshStatus{"Pending", "InProgress", "RollbackInProgress", "RollbackSuccessful"}
				}
				if !slices.Equal(statuses, want) {
					t.Errorf("statuses %v", statuses)
				}
				if reason := aws.ToString(w.refresh().StatusReason); !strings.Contains(reason, "No instance could be replaced") {
					t.Errorf("reason %q", reason)
				}
				if took := w.refresh().EndTime.Sub(*w.refresh().StartTime); took < time.Hour || took > 75*time.Minute {
					t.Errorf("ended after %v", took)
				}
				if v := *w.group().LaunchTemplate.Version; v != "1" {
					t.Errorf("the group has version %s", v)
				}
				if least < 3 {
					t.Errorf("%d in service meanwhile", least)
				}
				if w.settle(20 * time.Minute); w.versions() != "1×3" {
					t.Errorf("versions %s", w.versions())
				}
			})
		}
	}
}

func TestAlarmRollsBackHalfway(t *testing.T) {
	w := newWorld(t)
	w.running(4, 4)
	alarm := "OK"
	w.AlarmState = func(string) string { return alarm }
	p := between(100, 125)
	p.AutoRollback, p.AlarmSpecification = aws.Bool(true), &types.AlarmSpecification{Alarms: []string{"errors"}}
	if err := w.start("2", p); err != nil {
		t.Fatal(err)
	}
	w.until("half", 20*time.Minute, func() bool { return *w.refresh().PercentageComplete >= 50 })
	alarm = "ALARM"
	w.pass(time.Second)
	r := w.refresh()
	if r.Status != types.InstanceRefreshStatusRollbackInProgress || *r.RollbackDetails.PercentageCompleteOnRollback != 50 ||
		!strings.Contains(*r.RollbackDetails.RollbackReason, "errors") {
		t.Fatalf("refresh %+v %+v", r, r.RollbackDetails)
	}
	// Progress goes back to zero, while the instances never reached stay as they are.
	lowest := int32(100)
	for w.refresh().EndTime == nil {
		w.pass(time.Second)
		if p := *w.refresh().PercentageComplete; p > lowest {
			t.Fatalf("progress rose from %d to %d", lowest, p)
		} else {
			lowest = p
		}
	}
	r = w.refresh()
	if r.Status != types.InstanceRefreshStatusRollbackSuccessful || *r.PercentageComplete != 0 || w.versions() != "1×4" {
		t.Errorf("%s, %d%%, %s", r.Status, *r.PercentageComplete, w.versions())
	}
}

func TestAlarmFailsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.running(1, 1)
	w.AlarmState = func(string) string { return "ALARM" }
	p := between(100, 200)
	p.AlarmSpecification = &types.AlarmSpecification{Alarms: []string{"errors"}}
	if err := w.start("2", p); err != nil {
		t.Fatal(err)
	}
	if w.pass(10 * time.Second); w.refresh().Status != types.InstanceRefreshStatusFailed || w.versions() != "1×1" {
		t.Errorf("%s, %s", w.refresh().Status, w.versions())
	}
}

func TestManualRollback(t *testing.T) {
	rollback := func(w *world) error {
		_, err := w.RollbackInstanceRefresh(ctx, &sdk.RollbackInstanceRefreshInput{AutoScalingGroupName: aws.String(group)})
		return err
	}
	tests := []struct{ name, own, to string }{{"no desired configuration", "1", ""}, {"desired is $Latest", "1", "$Latest"}, {"own is $Default", "$Default", "2"}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.running(1, 1, func(in *sdk.CreateAutoScalingGroupInput) { in.LaunchTemplate = version(test.own) })
			p := between(100, 200)
			p.AutoRollback = aws.Bool(true)
			w.wantError(w.start(test.to, p), "ValidationError", "AutoRollback")
			if err := w.start(test.to, between(100, 200)); err != nil {
				t.Fatal(err)
			}
			w.wantError(rollback(w), "IrreversibleInstanceRefresh", "")
		})
	}
	w := newWorld(t)
	w.running(2, 2)
	w.wantError(rollback(w), "ActiveInstanceRefreshNotFound", "")
	if err := w.start("2", between(100, 150)); err != nil {
		t.Fatal(err)
	}
	w.until("half", 10*time.Minute, func() bool { return *w.refresh().PercentageComplete == 50 })
	if err := rollback(w); err != nil {
		t.Fatal(err)
	}
	if w.follow(20 * time.Minute); w.refresh().Status != types.InstanceRefreshStatusRollbackSuccessful || w.versions() != "1×2" {
		t.Errorf("%s, %s", w.refresh().Status, w.versions())
	}
}

func TestRollbackToABrokenTemplateFails(t *testing.T) {
	w := newWorld(t)
	w.running(2, 2)
	if err := w.start("2", between(100, 150)); err != nil {
		t.Fatal(err)
	}
	w.until("half", 10*time.Minute, func() bool { return *w.refresh().PercentageComplete == 50 })
	w.cloud.launchErr["1"] = apierr.New("InvalidAMIID.NotFound", "The image id does not exist")
	must(w.RollbackInstanceRefresh(ctx, &sdk.RollbackInstanceRefreshInput{AutoScalingGroupName: aws.String(group)}))(w)
	if w.follow(2 * time.Hour); w.refresh().Status != types.InstanceRefreshStatusRollbackFailed {
		t.Errorf("%s", w.refresh().Status)
	}
}

func TestCancel(t *testing.T) {
	w := newWorld(t)
	w.running(2, 2)
	cancel := func() error {
		_, err := w.CancelInstanceRefresh(ctx, &sdk.CancelInstanceRefreshInput{AutoScalingGroupName: aws.String(group)})
		return err
	}
	w.wantError(cancel(), "ActiveInstanceRefreshNotFound", "")
	if err := w.start("2", between(100, 150)); err != nil {
		t.Fatal(err)
	}
	w.until("first launch", time.Minute, func() bool { return w.in(types.LifecycleStatePending) == 1 })
	if err := cancel(); err != nil {
		t.Fatal(err)
	}
	statuses, _, _ := w.follow(10 * time.Minute)
	if !slices.Equal(statuses, []types.InstanceRefreshStatus{"Cancelling", "Cancelled"}) {
		t.Errorf("statuses %v", statuses)
	}
	if w.settle(5 * time.Minute); w.inService() != 2 || *w.group().LaunchTemplate.Version != "1" {
		t.Errorf("%d in service, version %s", w.inService(), *w.group().LaunchTemplate.Version)
	}
}
