package rds_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/rds"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// settle lets what somebody else has asked for be done.
func settle() { time.Sleep(time.Hour) }

// TestAFailedCreationSaysWhatTheEventsSay, and is deleted without the snapshot that
// RDS would refuse to take.
func TestAFailedCreationSaysWhatTheEventsSay(t *testing.T) {
	inWorld(t, func(w *world) {
		w.control(func(r control) error { r.FailCreation("", "there is no room for it"); return nil })
		live, err := w.kind.Create(w.Context(), wanted(w.place.database("shop-db-0a1b2c")))
		if err != nil {
			w.Fatal(err)
		}
		_, err = w.kind.Wait(w.Context(), live)
		if err == nil || !strings.Contains(err.Error(), "there is no room for it") || !strings.Contains(err.Error(), "status failed") {
			w.Errorf("the error is %v", err)
		}
		if err := w.kind.Delete(w.Context(), live); err != nil {
			w.Errorf("deleting it: %v", err)
		}
	})
}

// TestAChangeThatFallsBackIsAnError: RDS gives up with an event only.
func TestAChangeThatFallsBackIsAnError(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.place.database("shop-db-0a1b2c")
		live := w.make(s)
		w.control(func(r control) error { return r.FailModification(live.ID, "insufficient capacity") })
		s.Class = "db.r6g.large"
		_, err := w.change(live, s, nil)
		if err == nil || !strings.Contains(err.Error(), "insufficient capacity") || !strings.Contains(err.Error(), "class") {
			w.Errorf("the error is %v", err)
		}
	})
}

// TestDeleteLeavesOneSnapshotThatCanBeRestored, also when the call is repeated.
func TestDeleteLeavesOneSnapshotThatCanBeRestored(t *testing.T) {
	inWorld(t, func(w *world) {
		live := w.make(w.place.database("shop-db-0a1b2c"))
		for range 2 {
			if err := w.kind.Delete(w.Context(), live); err != nil {
				w.Fatal(err)
			}
		}
		out := must[*sdk.DescribeDBSnapshotsOutput](t)(awsapi.RDS(w.c).DescribeDBSnapshots(w.Context(), &sdk.DescribeDBSnapshotsInput{}))
		if len(out.DBSnapshots) != 1 || *out.DBSnapshots[0].DBSnapshotIdentifier != live.Out["final_snapshot"] || *out.DBSnapshots[0].Status != "available" {
			w.Errorf("snapshots after the deletion: %+v", out.DBSnapshots)
		}
		if tags := out.DBSnapshots[0].TagList; len(tags) == 0 {
			w.Error("the snapshot has no tags")
		}
	})
}

// TestKeepTakesOneSnapshot before an instance is replaced.
func TestKeepTakesOneSnapshot(t *testing.T) {
	inWorld(t, func(w *world) {
		live := w.make(w.place.database("shop-db-0a1b2c"))
		keeper := w.kind.(engine.Keeper)
		for range 2 {
			if err := keeper.Keep(w.Context(), live); err != nil {
				w.Fatal(err)
			}
		}
		out := must[*sdk.DescribeDBSnapshotsOutput](t)(awsapi.RDS(w.c).DescribeDBSnapshots(w.Context(), &sdk.DescribeDBSnapshotsInput{}))
		if len(out.DBSnapshots) != 1 || *out.DBSnapshots[0].Status != "available" {
			w.Errorf("snapshots: %+v", out.DBSnapshots)
		}
	})
}

// TestChangesWaitForTheWindow: they are pending, which is no difference, until they
// are asked for now.
func TestChangesWaitForTheWindow(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.place.database("shop-db-0a1b2c")
		s.ApplyImmediately = false
		live := w.make(s)
		s.Class = "db.r6g.large"
		live, err := w.change(live, s, nil)
		if err != nil {
			w.Fatal(err)
		}
		if live.Out["pending"] != "instance_class = db.r6g.large" {
			w.Errorf("pending: %q", live.Out["pending"])
		}
		if diff := stack.Compare(s, w.seen().Spec); len(diff) > 0 {
			w.Errorf("what waits differs: %v", diff)
		}
		s.ApplyImmediately, s.Pending = true, aws.String("")
		live, err = w.change(w.seen(), s, nil)
		if err != nil || live.Out["pending"] != "" || live.Spec.(*rds.Instance).Class != "db.r6g.large" {
			w.Errorf("after asking for it now: %v, %v", live, err)
		}
	})
}

// TestWhatHappensByItselfIsNoDifference (aws-facts §18).
func TestWhatHappensByItselfIsNoDifference(t *testing.T) {
	happens := map[string]func(r control, id string) error{
		"storage grows": func(r control, id string) error { return r.GrowStorage(id, 45) },
		"minor upgrade": func(r control, id string) error { return r.UpgradeMinor(id, "16.10") },
		"fail-over":     func(r control, id string) error { return r.FailOver(id) },
		"another CA":    func(r control, id string) error { return r.RotateCA(id, "rds-ca-ecc384-g1") },
	}
	for name, do := range happens {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				s := w.place.database("shop-db-0a1b2c")
				live := w.make(s)
				zones := live.Out["zones"]
				w.control(func(r control) error { return do(r, live.ID) })
				settle()
				seen := w.seen()
				if diff := stack.Compare(s, seen.Spec); len(diff) > 0 || seen.Out["zones"] != zones {
					t.Errorf("%v, zones %s and %s", diff, zones, seen.Out["zones"])
				}
			})
		})
	}
}

// TestStaticParametersNeedAReboot, with which they are in force.
func TestStaticParametersNeedAReboot(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.place.database("shop-db-0a1b2c")
		live := w.make(s)
		must[*sdk.ModifyDBParameterGroupOutput](t)(awsapi.RDS(w.c).ModifyDBParameterGroup(w.Context(), &sdk.ModifyDBParameterGroupInput{
			DBParameterGroupName: &w.place.parameterGroup, Parameters: []types.Parameter{{ParameterName: aws.String("shared_buffers"),
				ParameterValue: aws.String("65536"), ApplyMethod: types.ApplyMethodPendingReboot}}}))
		if seen := w.seen(); !strings.Contains(seen.Out["pending"], "static parameters") || len(stack.Compare(s, seen.Spec)) > 0 {
			w.Errorf("before the reboot: pending %q", seen.Out["pending"])
		}
		s.StaticParameters = aws.String(rds.StaticText(map[string]string{"shared_buffers": "65536"}))
		live, err := w.change(live, s, nil)
		if err != nil || live.Out["pending"] != "" || len(stack.Compare(s, w.seen().Spec)) > 0 {
			w.Errorf("after the reboot: %v, pending %q", err, live.Out["pending"])
		}
		failedOver := false
		for _, call := range w.sim.Calls() {
			failedOver = failedOver || call.Operation == "RebootDBInstance" && call.Params["ForceFailover"] == "true"
		}
		if !failedOver {
			w.Error("the reboot was no fail-over")
		}
	})
}

// TestAPasswordIsSetWithoutBeingKept: its version is a tag, its value nowhere.
func TestAPasswordIsSetWithoutBeingKept(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.place.database("shop-db-0a1b2c")
		s.ManagedPassword, s.Password = aws.Bool(false), &stack.Secret{Name: rds.PasswordAttribute, Version: "1"}
		want := wanted(s)
		if _, err := w.kind.Create(w.Context(), want); err == nil || !strings.Contains(err.Error(), "has no value") {
			w.Fatalf("created without a password: %v", err)
		}
		want.Secrets = stack.Secrets{rds.PasswordAttribute: "first-password"}
		live, err := w.kind.Create(w.Context(), want)
		if err == nil {
			live, err = w.kind.Wait(w.Context(), live)
		}
		if err != nil || len(stack.Compare(s, w.seen().Spec)) > 0 {
			w.Fatalf("%v: %v", err, stack.Compare(s, w.seen().Spec))
		}
		s.Password = &stack.Secret{Name: rds.PasswordAttribute, Version: "2"}
		live, err = w.change(live, s, stack.Secrets{rds.PasswordAttribute: "second-password"})
		if err != nil || len(stack.Compare(s, w.seen().Spec)) > 0 {
			w.Fatalf("%v: %v", err, stack.Compare(s, w.seen().Spec))
		}
		s.ManagedPassword, s.Password = aws.Bool(true), nil
		if live, err = w.change(live, s, nil); err != nil || live.Out["secret_arn"] == "" {
			w.Errorf("handing it to RDS: %v", err)
		}
	})
}

// TestRestoreGetsWhatRestoresIgnore from a modification that follows.
func TestRestoreGetsWhatRestoresIgnore(t *testing.T) {
	tests := map[string]func(w *world, source engine.Live) *rds.Restore{
		"snapshot": func(w *world, source engine.Live) *rds.Restore {
			if err := w.kind.(engine.Keeper).Keep(w.Context(), source); err != nil {
				w.Fatal(err)
			}
			out := must[*sdk.DescribeDBSnapshotsOutput](w.T)(awsapi.RDS(w.c).DescribeDBSnapshots(w.Context(), &sdk.DescribeDBSnapshotsInput{}))
			return &rds.Restore{Snapshot: *out.DBSnapshots[0].DBSnapshotIdentifier}
		},
		"latest point in time": func(_ *world, source engine.Live) *rds.Restore { return &rds.Restore{Instance: source.ID} },
		"point in time": func(_ *world, source engine.Live) *rds.Restore {
			return &rds.Restore{Instance: source.ID, Time: time.Now().Add(-30 * time.Minute).Format(time.RFC3339)}
		},
	}
	for name, from := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				source := w.make(w.place.database("source-db-0a1b2c"))
				settle()
				s := w.place.database("shop-db-0a1b2c")
				s.RestoreFrom = from(w, source)
				s.DatabaseName = nil
				s.BackupRetentionDays, s.MaintenanceWindow, s.AllocatedStorage = aws.Int32(7), "mon:05:00-mon:05:30", aws.Int32(30)
				live := w.make(s)
				if diff := stack.Compare(s, live.Spec); len(diff) > 0 {
					t.Errorf("the restored instance differs: %v", diff)
				}
			})
		})
	}
}

// TestAReplicaFollowsAndGoesFirst: it has no snapshot of its own.
func TestAReplicaFollowsAndGoesFirst(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.place.database("shop-db-0a1b2c")
		s.ManagedPassword, s.Password = aws.Bool(false), &stack.Secret{Name: rds.PasswordAttribute, Version: "1"}
		want := wanted(s)
		want.Secrets = stack.Secrets{rds.PasswordAttribute: "first-password"}
		source, err := w.kind.Create(w.Context(), want)
		if err == nil {
			source, err = w.kind.Wait(w.Context(), source)
		}
		if err != nil {
			w.Fatal(err)
		}
		replica := w.place.database("shop-reports-0a1b2c")
		replica.Source = stack.Literal(source.ID)
		replica.MultiAZ, replica.AllocatedStorage, replica.StorageType, replica.Username, replica.DatabaseName = false, nil, nil, nil, nil
		replica.EngineVersion, replica.BackupRetentionDays, replica.ManagedPassword = nil, nil, nil
		want = wanted(replica)
		want.Key, want.Tags = "replica/reports", map[string]string{stack.TagStack: "trial/shop", stack.TagPart: "replica/reports"}
		live, err := w.kind.Create(w.Context(), want)
		if err == nil {
			live, err = w.kind.Wait(w.Context(), live)
		}
		if err != nil || len(stack.Compare(replica, live.Spec)) > 0 {
			w.Fatalf("%v: %v", err, stack.Compare(replica, live.Spec))
		}
		if err := w.kind.Delete(w.Context(), live); err != nil {
			w.Fatal(err)
		}
		if out, err := awsapi.RDS(w.c).DescribeDBSnapshots(context.WithoutCancel(w.Context()), &sdk.DescribeDBSnapshotsInput{}); err != nil || len(out.DBSnapshots) > 0 {
			t.Errorf("a replica left snapshots: %v", err)
		}
	})
}
