package rds

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
)

// FinalSnapshot is the name of the snapshot that an instance leaves. The resource id
// makes it another one for each instance that ever has the identifier.
func FinalSnapshot(identifier, resourceID string) string {
	return awsapi.Name(identifier, "final", 255, resourceID)
}

// Keep implements engine.Keeper: a snapshot from which the data can be restored. A
// replica has only what its source has.
func (k *instances) Keep(ctx context.Context, have engine.Live) error {
	if spec[*Instance](have.Spec).Source.String() != "" {
		return nil
	}
	name := awsapi.Name(have.ID, "replaced", 255, have.Out["resource_id"])
	err := k.c.Pace.Retry(ctx, busy, awsapi.IsBusy, func(ctx context.Context) error {
		_, err := awsapi.RDS(k.c).CreateDBSnapshot(ctx, &sdk.CreateDBSnapshotInput{DBInstanceIdentifier: &have.ID, DBSnapshotIdentifier: &name})
		return err
	})
	if err == nil || awsapi.Is(err, "DBSnapshotAlreadyExists") {
		err = k.awaitSnapshot(ctx, name, have.Out["resource_id"])
	}
	if err != nil {
		return fmt.Errorf("saving database instance %s as snapshot %s: %w", have.ID, name, err)
	}
	return nil
}

// awaitSnapshot returns when a snapshot of the instance can be restored.
func (k *instances) awaitSnapshot(ctx context.Context, name, resourceID string) error {
	w := awsapi.Waiting{What: "snapshot " + name + " to become available", Expect: 3 * time.Minute, Limit: busy}
	return k.c.Pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
		out, err := awsapi.RDS(k.c).DescribeDBSnapshots(ctx, &sdk.DescribeDBSnapshotsInput{DBSnapshotIdentifier: &name})
		if awsapi.IsNotFound(err) || err == nil && len(out.DBSnapshots) == 0 {
			return false, "not shown", nil
		}
		if err != nil {
			return false, "", err
		}
		snapshot := out.DBSnapshots[0]
		switch status := aws.ToString(snapshot.Status); {
		case aws.ToString(snapshot.DbiResourceId) != resourceID:
			return false, "", errors.New("a snapshot of that name exists, of another database instance")
		case status == "failed" || strings.HasPrefix(status, "incompatible"):
			return false, "", fmt.Errorf("the snapshot is %s", status)
		default:
			return status == statusAvailable, status, nil
		}
	})
}

// without are the statuses in which RDS deletes an instance only without a final
// snapshot (aws-facts §6.11), and those of a failed creation. What it had backed up
// by itself stays.
var without = []string{"failed", "incompatible-restore", "incompatible-network", "incompatible-create", "insufficient-capacity"}

// Delete implements engine.Kind. It returns when the instance is gone and its final
// snapshot can be restored.
func (k *instances) Delete(ctx context.Context, have engine.Live) error {
	asked := "" // the final snapshot that this call has asked for
	err := k.c.Pace.Retry(ctx, busy, retryDelete, func(ctx context.Context) error {
		db, exists, err := k.r.state.Get(ctx, have.ID, false)
		if err != nil || !exists {
			return err
		}
		have.Out = outputs(db)
		in := &sdk.DeleteDBInstanceInput{DBInstanceIdentifier: &have.ID, DeleteAutomatedBackups: aws.Bool(false)}
		switch {
		case have.Out["status"] == statusDeleting:
			return nil
		case aws.ToString(db.ReadReplicaSourceDBInstanceIdentifier) != "":
			in.SkipFinalSnapshot, in.DeleteAutomatedBackups = aws.Bool(true), nil
		case slices.Contains(without, have.Out["status"]):
			in.SkipFinalSnapshot = aws.Bool(true)
		default:
			in.FinalDBSnapshotIdentifier = aws.String(have.Out["final_snapshot"])
		}
		if _, err = awsapi.RDS(k.c).DeleteDBInstance(ctx, in); err == nil {
			asked = aws.ToString(in.FinalDBSnapshotIdentifier)
		}
		return err
	})
	if err != nil && !awsapi.IsNotFound(err) && !isLeaving(err) {
		return fmt.Errorf("deleting database instance %s: %w", have.ID, err)
	}
	if err := k.gone(ctx, have.ID); err != nil {
		return err
	}
	if asked == "" && !k.exists(ctx, have.Out["final_snapshot"]) {
		return nil
	}
	if err := k.awaitSnapshot(ctx, have.Out["final_snapshot"], have.Out["resource_id"]); err != nil {
		return fmt.Errorf("database instance %s is deleted; its final snapshot: %w", have.ID, err)
	}
	return nil
}

// exists reports whether there is a snapshot of the name.
func (k *instances) exists(ctx context.Context, snapshot string) bool {
	out, err := awsapi.RDS(k.c).DescribeDBSnapshots(ctx, &sdk.DescribeDBSnapshotsInput{DBSnapshotIdentifier: &snapshot})
	return err == nil && len(out.DBSnapshots) > 0
}

func isLeaving(err error) bool {
	return awsapi.Says(err, "InvalidDBInstanceState", "already being deleted")
}

// retryDelete waits for what else is under way.
func retryDelete(err error) bool { return awsapi.IsBusy(err) && !isLeaving(err) }

// confirm is how much later absence is looked at once more: a single answer may come
// from a place that knows too little (aws-facts §1.4, §6.11).
const confirm = time.Second

// gone returns when the instance is not there any more.
func (k *instances) gone(ctx context.Context, id string) error {
	w := awsapi.Waiting{What: "database instance " + id + " to be deleted", Expect: 5 * time.Minute, Limit: busy}
	return k.c.Pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
		for range 2 {
			db, exists, err := k.r.state.Get(ctx, id, false)
			if err != nil || exists {
				return false, aws.ToString(db.DBInstanceStatus), err
			}
			if err := k.c.Pace.Pause(ctx, confirm); err != nil {
				return false, "", err
			}
		}
		return true, "", nil
	})
}
