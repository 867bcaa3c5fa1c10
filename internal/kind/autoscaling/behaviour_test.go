package autoscaling_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	simec2 "github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// made creates the part and waits for it.
func (w *tier) made(k engine.Kind, key string, s stack.Spec) engine.Live {
	w.Helper()
	live, err := k.Create(w.Context(), part(key, s))
	if err == nil {
		live, err = k.Wait(w.Context(), live)
	}
	if err != nil {
		w.Fatal(err)
	}
	return live
}

func (w *tier) listed(k engine.Kind) engine.Live {
	w.Helper()
	lives, err := k.List(w.Context(), engine.Scope{Stack: trial})
	if err != nil || len(lives) != 1 {
		w.Fatalf("List: %v %v", lives, err)
	}
	return lives[0]
}

// serving makes a group of version 1 whose servers are healthy targets.
func (w *tier) serving() (engine.Kind, engine.Live) {
	w.Helper()
	groups := kind("autoscaling/group")(w.c)
	live := w.made(groups, "autoscaling_group", w.group())
	w.made(kind("autoscaling/target_group_attachment")(w.c), "target_group_attachment", w.attachment())
	return groups, live
}

// to returns the wanted group of another version.
func (w *tier) to(version string) engine.Want {
	s := w.group()
	s.LaunchTemplateVersion = literal(version)
	return part("autoscaling_group", s)
}

// update brings the group to the wanted one, as the engine does.
func (w *tier) update(k engine.Kind, want engine.Want) error {
	w.Helper()
	live := w.listed(k)
	diff := engine.Difference(want.Spec, want.Tags, live)
	if len(diff) == 0 {
		w.Fatal("there is no difference")
	}
	_, err := k.Update(w.Context(), live, want, diff)
	return err
}

func TestForeignGroup(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		w.rawGroup("1") // part autoscaling_group
		_, err := kind("autoscaling/group")(w.c).Create(t.Context(), part("other", w.group()))
		says(t, err, "creating Auto Scaling group trial-0a1b2c", "is part autoscaling_group of kindtest/trial", "delete it, or choose another name")
	})
}

// TestInterruptedCreate completes a group that has no metrics yet.
func TestInterruptedCreate(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		w.rawGroup("1")
		groups := kind("autoscaling/group")(w.c)
		live := w.made(groups, "autoscaling_group", w.group())
		want := part("autoscaling_group", w.group())
		if diff := engine.Difference(want.Spec, want.Tags, live); len(diff) != 0 {
			t.Errorf("there is still a difference: %v", diff)
		}
	})
}

// TestNameOfDeletedGroup waits for a group that is being deleted.
func TestNameOfDeletedGroup(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		groups, live := w.serving()
		must[*sdk.DeleteAutoScalingGroupOutput](t)(awsapi.AutoScaling(w.c).DeleteAutoScalingGroup(t.Context(), &sdk.DeleteAutoScalingGroupInput{
			AutoScalingGroupName: &live.ID, ForceDelete: aws.Bool(true)}))
		if leaving := w.listed(groups); !leaving.Deleting {
			t.Errorf("a group that is being deleted is listed as %+v", leaving)
		}
		w.made(groups, "autoscaling_group", w.group())
		if again := w.listed(groups); again.Deleting || again.Out["arn"] == live.Out["arn"] {
			t.Errorf("the new group is %+v", again)
		}
	})
}

func TestDeleteProtectedInstances(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		groups, live := w.serving()
		var ids []string
		for _, instance := range w.describe().Instances {
			ids = append(ids, *instance.InstanceId)
		}
		must[*sdk.SetInstanceProtectionOutput](t)(awsapi.AutoScaling(w.c).SetInstanceProtection(t.Context(), &sdk.SetInstanceProtectionInput{
			AutoScalingGroupName: &live.ID, InstanceIds: ids, ProtectedFromScaleIn: aws.Bool(true)}))
		w.deleted(groups, live, false)
	})
}

func TestDeleteWithSuspendedTerminate(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		groups, live := w.serving()
		w.suspend(live.ID, "Terminate")
		w.deleted(groups, live, true)
	})
}

func TestDeleteDuringRefresh(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		groups, live := w.serving()
		w.refresh("2")
		time.Sleep(time.Minute)
		w.deleted(groups, live, false)
	})
}

// deleted deletes the group and checks whether that was done by force.
func (w *tier) deleted(k engine.Kind, live engine.Live, force bool) {
	w.Helper()
	w.sim.ResetCalls()
	if err := k.Delete(w.Context(), live); err != nil {
		w.Fatal(err)
	}
	if w.describe().AutoScalingGroupName != nil {
		w.Error("the group is still there")
	}
	for _, call := range w.sim.Calls() {
		if call.Operation == "DeleteAutoScalingGroup" && (call.Params["ForceDelete"] == "true") != force {
			w.Errorf("the group was deleted with %v", call.Params)
		}
	}
}

// TestUnhealthyTargets waits for servers that do not serve.
func TestUnhealthyTargets(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		s := w.group()
		s.LaunchTemplateVersion = literal(w.version(simec2.ImageBad))
		s.HealthCheckGracePeriod = 3600
		w.made(kind("autoscaling/group")(w.c), "autoscaling_group", s)
		attachments := kind("autoscaling/target_group_attachment")(w.c)
		live, err := attachments.Create(t.Context(), part("target_group_attachment", w.attachment()))
		if err != nil {
			t.Fatal(err)
		}
		_, err = attachments.Wait(t.Context(), live)
		says(t, err, "waited 10m0s for 2 healthy targets of trial-0a1b2c in targetgroup/trial/", "last seen: 0 healthy")
	})
}

// TestLaunchesInVain does not wait until the time is up.
func TestLaunchesInVain(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		s := w.group()
		s.LaunchTemplateVersion = literal(w.version(simec2.ImageBroken))
		w.made(kind("autoscaling/group")(w.c), "autoscaling_group", s)
		attachments := kind("autoscaling/target_group_attachment")(w.c)
		live, err := attachments.Create(t.Context(), part("target_group_attachment", w.attachment()))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, err = attachments.Wait(t.Context(), live)
		says(t, err, "launching instances of trial-0a1b2c is in vain: ", "Client.InternalError")
		if took := time.Since(start); took > 5*time.Minute {
			t.Errorf("it took %s", took)
		}
		// After a crash the attachment is there, but not ready.
		_, err = attachments.Wait(t.Context(), w.listed(attachments))
		says(t, err, "launching instances of trial-0a1b2c is in vain")
	})
}

// TestAttachmentFoundReady costs one call when it was in service before.
func TestAttachmentFoundReady(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		w.serving()
		attachments := kind("autoscaling/target_group_attachment")(w.c)
		live := w.listed(attachments)
		w.sim.ResetCalls()
		if _, err := attachments.Wait(t.Context(), live); err != nil {
			t.Fatal(err)
		}
		if calls := w.sim.Calls(); len(calls) != 1 {
			t.Errorf("the calls were %v", w.operations())
		}
	})
}

// TestSecondTargetGroup changes the target group: both are listed with one key.
func TestSecondTargetGroup(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		w.serving()
		attachments := kind("autoscaling/target_group_attachment")(w.c)
		s := w.attachment()
		s.TargetGroup = stack.Literal(w.newTarget("second"))
		must[*elbv2.ModifyListenerOutput](t)(awsapi.ELBv2(w.c).ModifyListener(t.Context(), &elbv2.ModifyListenerInput{
			ListenerArn: &w.listener, DefaultActions: forward(w.target, s.TargetGroup.String())}))
		w.made(attachments, "target_group_attachment", s)
		lives, err := attachments.List(t.Context(), engine.Scope{Stack: trial})
		if err != nil || len(lives) != 2 || lives[0].Key != lives[1].Key || lives[0].ID == lives[1].ID {
			t.Fatalf("List: %+v %v", lives, err)
		}
		of := stack.New(trial, nil)
		of.Add("target_group_attachment", s)
		actions := engine.Match(of, lives)
		if len(actions) != 2 || actions[0].Verb != engine.Keep || actions[1].Verb != engine.Delete {
			t.Fatalf("Match: %+v", actions)
		}
		if err := attachments.Delete(t.Context(), actions[1].Have); err != nil {
			t.Fatal(err)
		}
		if arns := w.describe().TargetGroupARNs; len(arns) != 1 || arns[0] != s.TargetGroup.String() {
			t.Errorf("the group is attached to %v", arns)
		}
	})
}

// TestRefreshIsShared reads many stacks with few calls.
func TestRefreshIsShared(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		w.serving()
		w.sim.ResetCalls()
		kinds := autoscaling.Kinds(w.c)
		e := &engine.Engine{Kinds: kinds}
		done := make(chan error)
		for _, name := range []string{"trial", "a", "b", "c"} {
			go func() {
				_, err := e.Observe(t.Context(), stack.ID{Type: "kindtest", Name: name}, nil, true)
				done <- err
			}()
		}
		for range 4 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		got := w.operations()
		if got["DescribeAutoScalingGroups"] != 1 || got["DescribePolicies"] != 1 || got["DescribeInstanceRefreshes"] != 1 ||
			got["DescribeLifecycleHooks"] != 1 || got["DescribeScheduledActions"] != 1 || len(got) != 5 {
			t.Errorf("the calls were %v", got)
		}
	})
}
