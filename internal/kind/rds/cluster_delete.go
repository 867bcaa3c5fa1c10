package rds

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
)

// Delete implements engine.Kind. It returns when the cluster is gone and its final
// snapshot can be restored.
func (k *clusters) Delete(ctx context.Context, have engine.Live) error {
	if err := k.delete(ctx, have.ID); err != nil {
		return fmt.Errorf("deleting DB cluster %s: %w", have.ID, err)
	}
	return k.snapshotReady(ctx, have.Out["final_snapshot"])
}

func (k *clusters) delete(ctx context.Context, id string) error {
	cluster, exists, err := k.one.Get(ctx, id, false)
	if err != nil || !exists {
		return err
	}
	if aws.ToString(cluster.Status) != statusDeleting {
		if err := k.unprotect(ctx, cluster); err != nil {
			return err
		}
		if err := k.remove(ctx, cluster); err != nil && !awsapi.IsNotFound(err) {
			return err
		}
	}
	gone := awsapi.Waiting{What: "DB cluster " + id + " to go", Expect: 8 * time.Minute, Limit: busy}
	return k.c.Pace.Until(ctx, gone, func(ctx context.Context) (bool, string, error) {
		cluster, exists, err := k.one.Get(ctx, id, false)
		return !exists && err == nil, aws.ToString(cluster.Status), err
	})
}

// unprotect switches AWS's deletion protection off. Whether the cluster may be
// deleted was judged before, on the resource's own deletion_protection.
func (k *clusters) unprotect(ctx context.Context, cluster types.DBCluster) error {
	if !aws.ToBool(cluster.DeletionProtection) {
		return nil
	}
	return k.c.Pace.Retry(ctx, busy, awsapi.IsBusy, func(ctx context.Context) error {
		_, err := awsapi.RDS(k.c).ModifyDBCluster(ctx, &sdk.ModifyDBClusterInput{DBClusterIdentifier: cluster.DBClusterIdentifier,
			DeletionProtection: aws.Bool(false), ApplyImmediately: aws.Bool(true)})
		return err
	})
}

// remove asks for the deletion. What never worked has nothing to keep, and AWS takes
// no snapshot of it (aws-facts §6.11).
func (k *clusters) remove(ctx context.Context, cluster types.DBCluster) error {
	in := &sdk.DeleteDBClusterInput{DBClusterIdentifier: cluster.DBClusterIdentifier, SkipFinalSnapshot: aws.Bool(true)}
	if !slices.Contains(without, aws.ToString(cluster.Status)) {
		in.SkipFinalSnapshot = aws.Bool(false)
		in.FinalDBSnapshotIdentifier = aws.String(FinalSnapshot(aws.ToString(cluster.DBClusterIdentifier), aws.ToString(cluster.DbClusterResourceId)))
	}
	err := k.c.Pace.Retry(ctx, busy, func(err error) bool { return awsapi.IsBusy(err) && !isBeingDeleted(err) }, func(ctx context.Context) error {
		_, err := awsapi.RDS(k.c).DeleteDBCluster(ctx, in)
		return err
	})
	if isBeingDeleted(err) {
		return nil
	}
	return err
}

// isBeingDeleted reports whether an earlier call asked for the deletion (aws-facts §6.11).
func isBeingDeleted(err error) bool {
	return isLeaving(err) || awsapi.Says(err, "InvalidDBClusterStateFault", "already being deleted")
}

// snapshotReady returns when a snapshot can be restored. There is none of a cluster
// that never worked.
func (k *clusters) snapshotReady(ctx context.Context, name string) error {
	ready := awsapi.Waiting{What: "the snapshot " + name + " to become available", Expect: time.Minute, Limit: busy}
	return k.c.Pace.Until(ctx, ready, func(ctx context.Context) (bool, string, error) {
		out, err := awsapi.RDS(k.c).DescribeDBClusterSnapshots(ctx, &sdk.DescribeDBClusterSnapshotsInput{
			Filters: []types.Filter{{Name: aws.String("db-cluster-snapshot-id"), Values: []string{name}}}})
		if err != nil || len(out.DBClusterSnapshots) == 0 {
			return err == nil, "", err
		}
		status := aws.ToString(out.DBClusterSnapshots[0].Status)
		if status == "failed" {
			return false, "", because(ctx, k.c, types.SourceTypeDbClusterSnapshot, name, "snapshot "+name+" failed")
		}
		return status == statusAvailable, status, nil
	})
}

// Keep implements engine.Keeper: it takes a snapshot of a cluster that another will
// take the place of.
func (k *clusters) Keep(ctx context.Context, have engine.Live) error {
	name := awsapi.Name(have.ID, "replaced", 255, have.Out["resource_id"])
	err := k.c.Pace.Retry(ctx, busy, awsapi.IsBusy, func(ctx context.Context) error {
		_, err := awsapi.RDS(k.c).CreateDBClusterSnapshot(ctx, &sdk.CreateDBClusterSnapshotInput{
			DBClusterIdentifier: &have.ID, DBClusterSnapshotIdentifier: &name, Tags: tagList(have.Tags)})
		return err
	})
	if err != nil && !awsapi.Is(err, "DBClusterSnapshotAlreadyExistsFault") {
		return fmt.Errorf("keeping DB cluster %s as snapshot %s: %w", have.ID, name, err)
	}
	return k.snapshotReady(ctx, name)
}
