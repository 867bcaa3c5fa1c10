package rds

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// CreateDBSnapshot implements the operation.
func (s *Service) CreateDBSnapshot(_ context.Context, in *sdk.CreateDBSnapshotInput) (*sdk.CreateDBSnapshotOutput, error) {
	i, err := s.instance(in.DBInstanceIdentifier)
	if err != nil {
		return nil, err
	}
	if i.clusterID() != "" {
		return nil, &types.InvalidDBInstanceStateFault{Message: text("The DB instance %s is a member of a DB cluster: take a snapshot of the cluster.", i.id)}
	}
	if err := s.checkStatus(i, statusAvailable, statusOptimization, statusStopped); err != nil {
		return nil, err
	}
	snap, err := s.takeSnapshot(i, in.DBSnapshotIdentifier, in.Tags)
	if err != nil {
		return nil, err
	}
	s.enqueue(&i.line, s.Now(), step{statusBackingUp, s.Timings.Backup, nil})
	out := s.shownSnapshot(snap)
	return &sdk.CreateDBSnapshotOutput{DBSnapshot: &out}, nil
}

// CreateDBClusterSnapshot implements the operation.
func (s *Service) CreateDBClusterSnapshot(_ context.Context, in *sdk.CreateDBClusterSnapshotInput) (*sdk.CreateDBClusterSnapshotOutput, error) {
	c, err := s.availableCluster(in.DBClusterIdentifier)
	if err != nil {
		return nil, err
	}
	tags, err := newTags(s.snapshotTags(c.arn, c.CopyTagsToSnapshot), in.Tags)
	if err != nil {
		return nil, err
	}
	snap, err := s.newSnapshot(true, in.DBClusterSnapshotIdentifier, tags)
	if err != nil {
		return nil, err
	}
	snap.ofDBCluster(s, c, s.Timings.Snapshot)
	s.enqueue(&c.line, s.Now(), step{statusBackingUp, s.Timings.Backup, nil})
	out := s.shownClusterSnapshot(snap)
	return &sdk.CreateDBClusterSnapshotOutput{DBClusterSnapshot: &out}, nil
}

// DeleteDBSnapshot implements the operation.
func (s *Service) DeleteDBSnapshot(_ context.Context, in *sdk.DeleteDBSnapshotInput) (*sdk.DeleteDBSnapshotOutput, error) {
	snap, err := s.readySnapshot(in.DBSnapshotIdentifier, false)
	if err != nil {
		return nil, err
	}
	out := s.shownSnapshot(snap)
	out.Status = aws.String("deleted")
	s.dropSnapshot(snap)
	return &sdk.DeleteDBSnapshotOutput{DBSnapshot: &out}, nil
}

// DeleteDBClusterSnapshot implements the operation.
func (s *Service) DeleteDBClusterSnapshot(_ context.Context, in *sdk.DeleteDBClusterSnapshotInput) (*sdk.DeleteDBClusterSnapshotOutput, error) {
	snap, err := s.readySnapshot(in.DBClusterSnapshotIdentifier, true)
	if err != nil {
		return nil, err
	}
	out := s.shownClusterSnapshot(snap)
	out.Status = aws.String("deleted")
	s.dropSnapshot(snap)
	return &sdk.DeleteDBClusterSnapshotOutput{DBClusterSnapshot: &out}, nil
}

// readySnapshot finds a snapshot that is complete (aws-facts §6.12).
func (s *Service) readySnapshot(id *string, ofCluster bool) (*snapshot, error) {
	snap, err := s.snapshot(id, ofCluster)
	if err != nil || !s.Now().Before(snap.readyAt) {
		return snap, err
	}
	status, _ := snap.status(s.Now())
	if ofCluster {
		return nil, &types.InvalidDBClusterSnapshotStateFault{Message: text("The DB cluster snapshot %s is in status %s.", snap.id, *status)}
	}
	return nil, &types.InvalidDBSnapshotStateFault{Message: text("The DB snapshot %s is in status %s.", snap.id, *status)}
}

// copySnapshot copies a snapshot under another name, with another key if one is
// given. A snapshot that is not encrypted becomes so by it.
func (s *Service) copySnapshot(source, target *string, ofCluster bool, key *string, copyTags *bool, added []types.Tag) (*snapshot, error) {
	from, err := s.readySnapshot(source, ofCluster)
	if err != nil {
		return nil, err
	}
	encrypted := aws.ToBool(from.instance.StorageEncrypted) || aws.ToBool(from.cluster.StorageEncrypted)
	arn, err := s.key(key, defaultKey)
	if err != nil {
		return nil, err
	}
	tags, err := newTags(s.snapshotTags(from.arn, copyTags), added)
	if err != nil {
		return nil, err
	}
	snap, err := s.newSnapshot(ofCluster, target, tags)
	if err != nil {
		return nil, err
	}
	snap.copyOf, snap.readyAt = from.arn, s.Now().Add(s.Timings.Copy)
	snap.instance, snap.cluster, snap.vpcID, snap.zones = from.instance, from.cluster, from.vpcID, from.zones
	if key != nil && (encrypted || !ofCluster) {
		snap.instance.StorageEncrypted, snap.instance.KmsKeyId = aws.Bool(true), aws.String(arn)
		snap.cluster.StorageEncrypted, snap.cluster.KmsKeyId = aws.Bool(true), aws.String(arn)
	}
	return snap, nil
}

// CopyDBSnapshot implements the operation, within the Region.
func (s *Service) CopyDBSnapshot(_ context.Context, in *sdk.CopyDBSnapshotInput) (*sdk.CopyDBSnapshotOutput, error) {
	if name := firstSet(in, "CopyOptionGroup", "OptionGroupName", "PreSignedUrl", "SourceRegion", "SnapshotTarget", "SnapshotAvailabilityZone",
		"TargetCustomAvailabilityZone", "TagSpecifications"); name != "" {
		return nil, notSimulated(name)
	}
	snap, err := s.copySnapshot(in.SourceDBSnapshotIdentifier, in.TargetDBSnapshotIdentifier, false, in.KmsKeyId, in.CopyTags, in.Tags)
	if err != nil {
		return nil, err
	}
	out := s.shownSnapshot(snap)
	return &sdk.CopyDBSnapshotOutput{DBSnapshot: &out}, nil
}

// CopyDBClusterSnapshot implements the operation, within the Region.
func (s *Service) CopyDBClusterSnapshot(_ context.Context, in *sdk.CopyDBClusterSnapshotInput) (*sdk.CopyDBClusterSnapshotOutput, error) {
	if name := firstSet(in, "PreSignedUrl", "SourceRegion"); name != "" {
		return nil, notSimulated(name)
	}
	snap, err := s.copySnapshot(in.SourceDBClusterSnapshotIdentifier, in.TargetDBClusterSnapshotIdentifier, true, in.KmsKeyId, in.CopyTags, in.Tags)
	if err != nil {
		return nil, err
	}
	out := s.shownClusterSnapshot(snap)
	return &sdk.CopyDBClusterSnapshotOutput{DBClusterSnapshot: &out}, nil
}

// snapshotMatches reports whether a snapshot is one that a describe call names.
func snapshotMatches(id, source, kind *string, snap *snapshot, from *string) bool {
	return (id == nil || snap.id == lower(id) || snap.arn == *id) && (source == nil || lower(source) == aws.ToString(from)) &&
		(kind == nil || *kind == "manual")
}

// DescribeDBSnapshots implements the operation. There are no automated, shared or
// public snapshots.
func (s *Service) DescribeDBSnapshots(_ context.Context, in *sdk.DescribeDBSnapshotsInput) (*sdk.DescribeDBSnapshotsOutput, error) {
	var all []types.DBSnapshot
	for _, snap := range s.snapshots {
		if !snap.ofCluster && snapshotMatches(in.DBSnapshotIdentifier, in.DBInstanceIdentifier, in.SnapshotType, snap, snap.instance.DBInstanceIdentifier) &&
			(in.DbiResourceId == nil || *in.DbiResourceId == *snap.instance.DbiResourceId) {
			all = append(all, s.shownSnapshot(snap))
		}
	}
	if in.DBSnapshotIdentifier != nil && len(all) == 0 {
		return nil, noSnapshot(lower(in.DBSnapshotIdentifier))
	}
	list, next, err := filtered(all, in.Filters, in.Marker, in.MaxRecords, func(d types.DBSnapshot) map[string][]string {
		sources := values(d.DBInstanceIdentifier)
		if d.DBInstanceIdentifier != nil {
			sources = append(sources, s.ARN("rds", "db:"+*d.DBInstanceIdentifier))
		}
		return map[string][]string{"db-snapshot-id": values(d.DBSnapshotIdentifier, d.DBSnapshotArn), "db-instance-id": sources,
			"dbi-resource-id": values(d.DbiResourceId), "snapshot-type": values(d.SnapshotType), "engine": values(d.Engine)}
	})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeDBSnapshotsOutput{DBSnapshots: list, Marker: next}, nil
}

// DescribeDBClusterSnapshots implements the operation.
func (s *Service) DescribeDBClusterSnapshots(_ context.Context, in *sdk.DescribeDBClusterSnapshotsInput) (*sdk.DescribeDBClusterSnapshotsOutput, error) {
	var all []types.DBClusterSnapshot
	for _, snap := range s.snapshots {
		if snap.ofCluster && snapshotMatches(in.DBClusterSnapshotIdentifier, in.DBClusterIdentifier, in.SnapshotType, snap, snap.cluster.DBClusterIdentifier) &&
			(in.DbClusterResourceId == nil || *in.DbClusterResourceId == *snap.cluster.DbClusterResourceId) {
			all = append(all, s.shownClusterSnapshot(snap))
		}
	}
	if in.DBClusterSnapshotIdentifier != nil && len(all) == 0 {
		return nil, noClusterSnapshot(lower(in.DBClusterSnapshotIdentifier))
	}
	list, next, err := filtered(all, in.Filters, in.Marker, in.MaxRecords, func(d types.DBClusterSnapshot) map[string][]string {
		sources := values(d.DBClusterIdentifier)
		if d.DBClusterIdentifier != nil {
			sources = append(sources, s.ARN("rds", "cluster:"+*d.DBClusterIdentifier))
		}
		return map[string][]string{"db-cluster-snapshot-id": values(d.DBClusterSnapshotIdentifier, d.DBClusterSnapshotArn),
			"db-cluster-id": sources, "snapshot-type": values(d.SnapshotType), "engine": values(d.Engine)}
	})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeDBClusterSnapshotsOutput{DBClusterSnapshots: list, Marker: next}, nil
}
