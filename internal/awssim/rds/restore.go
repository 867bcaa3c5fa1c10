package rds

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// derived is a request for an instance that takes its storage, engine and user from
// another one as it was, and what in asks for.
func derived(db *types.DBInstance, in any) (*sdk.CreateDBInstanceInput, error) {
	request := &sdk.CreateDBInstanceInput{AllocatedStorage: db.AllocatedStorage, BackupRetentionPeriod: db.BackupRetentionPeriod,
		DBInstanceClass: db.DBInstanceClass, Engine: db.Engine, EngineVersion: db.EngineVersion, StorageEncrypted: db.StorageEncrypted,
		KmsKeyId: db.KmsKeyId, LicenseModel: db.LicenseModel, MasterUsername: db.MasterUsername, StorageType: db.StorageType}
	carry(request, in)
	switch {
	case aws.ToString(request.Engine) != *db.Engine:
		return nil, badCombination("The engine of the new DB instance must be %s.", *db.Engine)
	case aws.ToString(request.DBName) != "":
		return nil, badCombination("DBName must be null when Restoring for this Engine.")
	case *request.AllocatedStorage < *db.AllocatedStorage: // aws-facts §6.12
		return nil, badCombination("The allocated storage cannot be less than the %d GiB of the source.", *db.AllocatedStorage)
	}
	request.DBName = db.DBName
	// The numbers of a volume go with its kind; small gp3 volumes have none to choose.
	had := disk{kind: *db.StorageType, size: *db.AllocatedStorage}
	if had.chooses() && *request.StorageType == had.kind {
		if request.Iops == nil {
			request.Iops = db.Iops
		}
		if request.StorageThroughput == nil {
			request.StorageThroughput = db.StorageThroughput
		}
	}
	return request, nil
}

// restore makes an instance of a request that a restore was put into. It ignores
// much of what it is asked for, and leaves the rest at the defaults (aws-facts §6.12):
// a modification must follow.
func (s *Service) restore(db *types.DBInstance, in any, id *string, tags []types.Tag) (*types.DBInstance, error) {
	if err := refuseUnknown(in); err != nil {
		return nil, err
	}
	request, err := derived(db, in)
	if err != nil {
		return nil, err
	}
	request.DBInstanceIdentifier, request.BackupRetentionPeriod = id, db.BackupRetentionPeriod
	request.PreferredBackupWindow, request.CACertificateIdentifier, request.DeletionProtection = nil, nil, nil
	i, err := s.newInstance(request)
	if err != nil {
		return nil, err
	}
	if err := s.add(i, tags); err != nil {
		return nil, err
	}
	var more []step
	if *i.MultiAZ {
		more = append(more, step{statusModifying, s.Timings.ToMultiAZ, nil})
	}
	s.enqueue(&i.line, s.Now(), s.birth(i, s.Timings.Restore, more...)...)
	out := s.view(i)
	return &out, nil
}

// RestoreDBInstanceFromDBSnapshot implements the operation.
func (s *Service) RestoreDBInstanceFromDBSnapshot(_ context.Context, in *sdk.RestoreDBInstanceFromDBSnapshotInput) (*sdk.RestoreDBInstanceFromDBSnapshotOutput, error) {
	snap, err := s.readySnapshot(in.DBSnapshotIdentifier, false)
	if err != nil {
		return nil, err
	}
	tags := in.Tags
	if len(tags) == 0 {
		tags = s.tagList(snap.arn) // aws-facts §6.12
	}
	db, err := s.restore(&snap.instance, in, in.DBInstanceIdentifier, tags)
	if err != nil {
		return nil, err
	}
	return &sdk.RestoreDBInstanceFromDBSnapshotOutput{DBInstance: db}, nil
}

// RestoreDBInstanceToPointInTime implements the operation.
func (s *Service) RestoreDBInstanceToPointInTime(_ context.Context, in *sdk.RestoreDBInstanceToPointInTimeInput) (*sdk.RestoreDBInstanceToPointInTimeOutput, error) {
	db, from, to, err := s.restorable(in)
	if err != nil {
		return nil, err
	}
	if err := checkPoint(in.UseLatestRestorableTime, in.RestoreTime, from, to); err != nil {
		return nil, err
	}
	restored, err := s.restore(db, in, in.TargetDBInstanceIdentifier, in.Tags)
	if err != nil {
		return nil, err
	}
	return &sdk.RestoreDBInstanceToPointInTimeOutput{DBInstance: restored}, nil
}

// restorable finds what a request wants restored: an instance or a backup that was
// retained, with the first and last instant of its backups.
func (s *Service) restorable(in *sdk.RestoreDBInstanceToPointInTimeInput) (db *types.DBInstance, from, to time.Time, err error) {
	for _, b := range s.backups {
		if b.arn == aws.ToString(in.SourceDBInstanceAutomatedBackupsArn) || lower(in.SourceDbiResourceId) == lower(b.DbiResourceId) {
			return &b.instance, *b.RestoreWindow.EarliestTime, *b.RestoreWindow.LatestTime, nil
		}
	}
	for _, i := range s.instances {
		named := in.SourceDBInstanceIdentifier != nil && (lower(in.SourceDBInstanceIdentifier) == i.id || *in.SourceDBInstanceIdentifier == i.arn)
		if !named && aws.ToString(in.SourceDbiResourceId) != *i.DbiResourceId {
			continue
		}
		if aws.ToInt32(i.BackupRetentionPeriod) == 0 || i.restorableFrom.IsZero() {
			return nil, from, to, &types.PointInTimeRestoreNotEnabledFault{Message: text("Point-in-time restore is not enabled for the DB instance %s.", i.id)}
		}
		out := s.view(i)
		return &out, i.restorableFrom, i.latestRestorable(s.Now()), nil
	}
	switch {
	case in.SourceDBInstanceIdentifier != nil:
		err = noInstance(lower(in.SourceDBInstanceIdentifier))
	case in.SourceDbiResourceId == nil && in.SourceDBInstanceAutomatedBackupsArn == nil:
		err = badCombination("A source DB instance or automated backup must be specified.")
	default:
		err = noBackup()
	}
	return nil, from, to, err
}

// checkPoint checks to which instant is restored (aws-facts §6.12).
func checkPoint(latest *bool, at *time.Time, from, to time.Time) error {
	switch {
	case aws.ToBool(latest) == (at != nil):
		return badCombination("Specify either a restore time or UseLatestRestorableTime.")
	case at != nil && (at.Before(from) || at.After(to)):
		return badValue("The specified instance cannot be restored to a time later than %s or earlier than %s.",
			to.UTC().Format(time.RFC3339), from.UTC().Format(time.RFC3339))
	}
	return nil
}

// CreateDBInstanceReadReplica implements the operation (aws-facts §6.13).
func (s *Service) CreateDBInstanceReadReplica(_ context.Context, in *sdk.CreateDBInstanceReadReplicaInput) (*sdk.CreateDBInstanceReadReplicaOutput, error) {
	if err := refuseUnknown(in); err != nil {
		return nil, err
	}
	source, err := s.instance(in.SourceDBInstanceIdentifier)
	if err != nil {
		return nil, err
	}
	if err := s.checkStatus(source, statusAvailable, statusOptimization); err != nil {
		return nil, err
	}
	if aws.ToInt32(source.BackupRetentionPeriod) == 0 {
		return nil, &types.InvalidDBInstanceStateFault{Message: text("Automated backups are not enabled for this database instance. "+
			"To enable automated backups, use ModifyDBInstance to set the backup retention period to a non-zero value: %s", source.id)}
	}
	if source.secret != nil { // aws-facts §6.10
		return nil, badCombination("You can't create a read replica of %s: its master user password is managed with AWS Secrets Manager.", source.id)
	}
	if int64(len(s.replicas(source))) >= s.Quotas[quotaReplicas] {
		return nil, &types.InstanceQuotaExceededFault{Message: text("The DB instance %s can have at most %d read replicas.", source.id, s.Quotas[quotaReplicas])}
	}
	db := s.view(source)
	request, err := derived(&db, in)
	if err != nil {
		return nil, err
	}
	request.BackupRetentionPeriod = aws.Int32(0)
	fill(&request.DBParameterGroupName, source.group)
	fill(&request.DBSubnetGroupName, source.subnets.name)
	fill(&request.AutoMinorVersionUpgrade, aws.ToBool(source.AutoMinorVersionUpgrade))
	fill(&request.PubliclyAccessible, false)
	i, err := s.newInstance(request)
	if err != nil {
		return nil, err
	}
	if err := s.add(i, in.Tags); err != nil {
		return nil, err
	}
	i.source = source
	s.noteInstance(source, s.Now(), "backup", "Backing up DB instance for a read replica")
	s.enqueue(&i.line, s.Now(), s.birth(i, s.Timings.Replica)...)
	out := s.view(i)
	return &sdk.CreateDBInstanceReadReplicaOutput{DBInstance: &out}, nil
}

// PromoteReadReplica implements the operation: the replica becomes independent some
// minutes later (aws-facts §6.13).
func (s *Service) PromoteReadReplica(_ context.Context, in *sdk.PromoteReadReplicaInput) (*sdk.PromoteReadReplicaOutput, error) {
	i, err := s.instance(in.DBInstanceIdentifier)
	if err != nil {
		return nil, err
	}
	if in.TagSpecifications != nil {
		return nil, notSimulated("TagSpecifications")
	}
	if err := s.checkStatus(i, statusAvailable, statusOptimization); err != nil {
		return nil, err
	}
	if i.source == nil {
		return nil, &types.InvalidDBInstanceStateFault{Message: text("DB Instance %s is not a read replica.", i.id)}
	}
	kept := in.BackupRetentionPeriod
	fill(&kept, max(1, aws.ToInt32(i.BackupRetentionPeriod)))
	daily := i.PreferredBackupWindow
	if in.PreferredBackupWindow != nil {
		daily = in.PreferredBackupWindow
	}
	window, _, err := s.checkWindows(daily, i.PreferredMaintenanceWindow)
	if err := firstError(err, checkRetention(kept)); err != nil {
		return nil, err
	}
	s.enqueue(&i.line, s.Now(), step{statusModifying, s.Timings.Promote, func(at time.Time) {
		i.PreferredBackupWindow, i.BackupRetentionPeriod = aws.String(window), aws.Int32(*kept)
		s.promoted(i, at)
	}}, step{statusRebooting, s.Timings.Reboot, func(at time.Time) { s.rebooted(i, at) }},
		step{statusBackingUp, s.Timings.Backup, func(at time.Time) { i.restorableFrom = at }})
	out := s.view(i)
	return &sdk.PromoteReadReplicaOutput{DBInstance: &out}, nil
}

// promoted ends the tie of a replica to its source.
func (s *Service) promoted(i *instance, at time.Time) {
	i.source = nil
	s.noteInstance(i, at, "read replica", "Promoted Read Replica instance to a stand-alone database instance.")
}
