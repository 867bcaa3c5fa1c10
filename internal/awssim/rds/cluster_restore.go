package rds

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// restoreCluster makes a cluster that takes its storage, engine and user from
// another one as it was. Much of what it is asked for is ignored (aws-facts §6.12).
func (s *Service) restoreCluster(db *types.DBCluster, in any, tags []types.Tag) (*types.DBCluster, error) {
	if err := refuseUnknownCluster(in); err != nil {
		return nil, err
	}
	request := &sdk.CreateDBClusterInput{Engine: db.Engine, EngineVersion: db.EngineVersion, BackupRetentionPeriod: db.BackupRetentionPeriod,
		DBClusterInstanceClass: db.DBClusterInstanceClass, MasterUsername: db.MasterUsername, StorageEncrypted: db.StorageEncrypted,
		KmsKeyId: db.KmsKeyId, StorageType: db.StorageType}
	carry(request, in)
	if lower(request.Engine) != *db.Engine {
		return nil, badCombination("The engine of the new DB cluster must be %s.", *db.Engine)
	}
	request.DatabaseName, request.PreferredBackupWindow, request.BackupRetentionPeriod = db.DatabaseName, nil, db.BackupRetentionPeriod
	if db.DBClusterInstanceClass != nil {
		request.AllocatedStorage = db.AllocatedStorage
		had := disk{kind: *db.StorageType, size: *db.AllocatedStorage}
		if request.Iops == nil && *request.StorageType == had.kind && had.chooses() {
			request.Iops = db.Iops
		}
	}
	c, err := s.launchCluster(request, tags, s.Timings.Restore+s.Timings.CreateCluster/2, s.Timings.Restore)
	if err != nil {
		return nil, err
	}
	out := s.viewCluster(c)
	return &out, nil
}

// RestoreDBClusterFromSnapshot implements the operation.
func (s *Service) RestoreDBClusterFromSnapshot(_ context.Context, in *sdk.RestoreDBClusterFromSnapshotInput) (*sdk.RestoreDBClusterFromSnapshotOutput, error) {
	snap, source, err := s.clusterSource(in)
	if err != nil {
		return nil, err
	}
	tags := in.Tags
	if len(tags) == 0 {
		tags = s.tagList(snap.arn)
	}
	db, err := s.restoreCluster(source, in, tags)
	if err != nil {
		return nil, err
	}
	return &sdk.RestoreDBClusterFromSnapshotOutput{DBCluster: db}, nil
}

// clusterSource returns the snapshot that a cluster is to be made from, and the
// cluster as it was. A snapshot of an instance is named by its ARN only, and seen as
// that of a cluster of the wanted engine (aws: RestoreDBClusterFromSnapshot).
func (s *Service) clusterSource(in *sdk.RestoreDBClusterFromSnapshotInput) (*snapshot, *types.DBCluster, error) {
	if !strings.HasPrefix(aws.ToString(in.SnapshotIdentifier), s.ARN("rds", "snapshot:")) {
		snap, err := s.readySnapshot(in.SnapshotIdentifier, true)
		if err != nil {
			return nil, nil, err
		}
		return snap, &snap.cluster, nil
	}
	snap, err := s.readySnapshot(in.SnapshotIdentifier, false)
	if err != nil {
		return nil, nil, err
	}
	db := &types.DBCluster{}
	carry(db, &snap.instance)
	db.DatabaseName, db.DBClusterInstanceClass = snap.instance.DBName, in.DBClusterInstanceClass
	if lower(in.Engine) == auroraOf[*snap.instance.Engine] {
		db.Engine, db.EngineVersion, db.StorageType, db.Iops = aws.String(auroraOf[*snap.instance.Engine]), nil, nil, nil
	}
	return snap, db, nil
}

// auroraOf are the engines of Aurora to which snapshots of instances can be brought.
var auroraOf = map[string]string{"postgres": "aurora-postgresql", "mysql": "aurora-mysql"}

// RestoreDBClusterToPointInTime implements the operation.
func (s *Service) RestoreDBClusterToPointInTime(_ context.Context, in *sdk.RestoreDBClusterToPointInTimeInput) (*sdk.RestoreDBClusterToPointInTimeOutput, error) {
	source, err := s.cluster(in.SourceDBClusterIdentifier)
	if err != nil {
		return nil, err
	}
	if !source.created {
		return nil, badClusterState("DB cluster %s has no backups yet.", source.id)
	}
	if err := checkPoint(in.UseLatestRestorableTime, in.RestoreToTime, source.restorableFrom, source.latestRestorable(s.Now())); err != nil {
		return nil, err
	}
	db := s.viewCluster(source)
	restored, err := s.restoreCluster(&db, in, in.Tags)
	if err != nil {
		return nil, err
	}
	return &sdk.RestoreDBClusterToPointInTimeOutput{DBCluster: restored}, nil
}
