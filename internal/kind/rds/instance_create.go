package rds

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Create implements engine.Kind. What a restore or a replica's creation ignores of
// its request is set by a modification once the instance is there (aws-facts §6.12).
func (k *instances) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*Instance](want.Spec)
	db, err := k.create(ctx, want)
	if awsapi.Is(err, "DBInstanceAlreadyExists") {
		return k.adopt(ctx, want)
	}
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating database instance %s: %w", s.Identifier, err)
	}
	live, err := k.live(ctx, db, false)
	live.Key = want.Key
	if err != nil || s.RestoreFrom == nil && s.Source.String() == "" {
		// RDS shows what was asked for only by and by.
		live.Spec = s
		return live, err
	}
	if live, err = k.Wait(ctx, live); err != nil {
		return live, err
	}
	return k.finish(ctx, live, want)
}

// finish gives an instance that was made the settings that it lacks.
func (k *instances) finish(ctx context.Context, have engine.Live, want engine.Want) (engine.Live, error) {
	if diff := engine.Difference(want.Spec, want.Tags, have, want.Untag...); len(diff) > 0 {
		return k.Update(ctx, have, want, diff)
	}
	return have, nil
}

// adopt returns the instance that an earlier, unanswered call made.
func (k *instances) adopt(ctx context.Context, want engine.Want) (engine.Live, error) {
	id := spec[*Instance](want.Spec).Identifier
	db, exists, err := k.r.state.Get(ctx, id, false)
	if err == nil && !exists {
		err = errors.New("AWS says that it exists, and does not show it")
	}
	if err != nil {
		return engine.Live{}, fmt.Errorf("reading database instance %s: %w", id, err)
	}
	live, err := k.live(ctx, db, false)
	if err != nil {
		return engine.Live{}, err
	}
	live.Key = want.Key
	if err := checkOurs(live, want, "a database instance"); err != nil {
		return engine.Live{}, err
	}
	if live, err = k.Wait(ctx, live); err != nil {
		return live, err
	}
	return k.finish(ctx, live, want)
}

// create makes the call that makes the instance.
func (k *instances) create(ctx context.Context, want engine.Want) (types.DBInstance, error) {
	s := spec[*Instance](want.Spec)
	var request func(context.Context) (*types.DBInstance, error)
	tags := want.Tags
	if s.Password != nil {
		tags = maps.Clone(tags)
		tags[tagPassword] = s.Password.Version
	}
	switch {
	case s.Source.String() != "":
		request = k.replica(s, tags)
	case s.RestoreFrom == nil:
		in, err := createInput(s, want)
		if err != nil {
			return types.DBInstance{}, err
		}
		in.Tags = tagList(tags)
		request = func(ctx context.Context) (*types.DBInstance, error) {
			out, err := awsapi.RDS(k.c).CreateDBInstance(ctx, in)
			if err != nil {
				return nil, err
			}
			return out.DBInstance, nil
		}
	case s.RestoreFrom.Snapshot != "":
		request = k.fromSnapshot(s, want.Tags)
	default:
		var err error
		if request, err = k.fromPointInTime(s, want.Tags); err != nil {
			return types.DBInstance{}, err
		}
	}
	limit := propagation
	if s.Source.String() != "" {
		limit = busy // what the source is doing must end first
	}
	var db types.DBInstance
	again := func(err error) bool { return isFresh(err) || awsapi.IsBusy(err) }
	err := k.c.Pace.Retry(ctx, limit, again, func(ctx context.Context) error {
		made, err := request(ctx)
		if err == nil {
			db = *made
		}
		return err
	})
	return db, err
}

// createInput is the request for a new, empty instance.
func createInput(s *Instance, want engine.Want) (*sdk.CreateDBInstanceInput, error) {
	in := &sdk.CreateDBInstanceInput{
		DBInstanceIdentifier: &s.Identifier, Engine: &s.Engine, EngineVersion: s.EngineVersion, DBInstanceClass: &s.Class,
		AllocatedStorage: s.AllocatedStorage, MaxAllocatedStorage: positive(s.MaxAllocatedStorage), StorageType: s.StorageType,
		Iops: s.IOPS, StorageThroughput: s.Throughput, StorageEncrypted: &s.Encrypted, KmsKeyId: s.KMSKey,
		DBName: given(s.DatabaseName), MasterUsername: s.Username, MultiAZ: &s.MultiAZ, Port: &s.Port,
		DBSubnetGroupName: aws.String(s.SubnetGroup.String()), VpcSecurityGroupIds: values(s.SecurityGroups), PubliclyAccessible: &s.Public,
		DBParameterGroupName: aws.String(s.ParameterGroup.String()), BackupRetentionPeriod: s.BackupRetentionDays,
		PreferredBackupWindow: s.BackupWindow, PreferredMaintenanceWindow: &s.MaintenanceWindow, CopyTagsToSnapshot: &s.CopyTagsToSnapshot,
		AutoMinorVersionUpgrade: &s.AutoMinorUpgrade, MonitoringInterval: &s.MonitoringInterval, MonitoringRoleArn: refOrNil(s.MonitoringRole),
		EnablePerformanceInsights: &s.PerformanceInsights, EnableCloudwatchLogsExports: s.LogExports,
		EnableIAMDatabaseAuthentication: &s.IAMAuthentication, ManageMasterUserPassword: s.ManagedPassword,
	}
	if s.Password != nil {
		value, err := want.Secret(*s.Password)
		if err != nil {
			return nil, err
		}
		in.ManageMasterUserPassword, in.MasterUserPassword = nil, &value
	}
	return in, nil
}

// replica returns the call that makes a read replica.
func (k *instances) replica(s *Instance, tags map[string]string) func(context.Context) (*types.DBInstance, error) {
	return func(ctx context.Context) (*types.DBInstance, error) {
		out, err := awsapi.RDS(k.c).CreateDBInstanceReadReplica(ctx, &sdk.CreateDBInstanceReadReplicaInput{
			DBInstanceIdentifier: &s.Identifier, SourceDBInstanceIdentifier: aws.String(s.Source.String()), DBInstanceClass: &s.Class,
			MultiAZ: &s.MultiAZ, Port: &s.Port, VpcSecurityGroupIds: values(s.SecurityGroups), PubliclyAccessible: &s.Public,
			DBParameterGroupName: aws.String(s.ParameterGroup.String()), CopyTagsToSnapshot: &s.CopyTagsToSnapshot,
			AutoMinorVersionUpgrade: &s.AutoMinorUpgrade, MonitoringInterval: &s.MonitoringInterval, MonitoringRoleArn: refOrNil(s.MonitoringRole),
			EnablePerformanceInsights: &s.PerformanceInsights, EnableCloudwatchLogsExports: s.LogExports,
			EnableIAMDatabaseAuthentication: &s.IAMAuthentication, MaxAllocatedStorage: positive(s.MaxAllocatedStorage), Tags: tagList(tags),
		})
		if err != nil {
			return nil, err
		}
		return out.DBInstance, nil
	}
}

// fromSnapshot returns the call that restores a snapshot. Without tags of its own
// the instance would get the snapshot's (aws-facts §6.12).
func (k *instances) fromSnapshot(s *Instance, tags map[string]string) func(context.Context) (*types.DBInstance, error) {
	return func(ctx context.Context) (*types.DBInstance, error) {
		out, err := awsapi.RDS(k.c).RestoreDBInstanceFromDBSnapshot(ctx, &sdk.RestoreDBInstanceFromDBSnapshotInput{
			DBInstanceIdentifier: &s.Identifier, DBSnapshotIdentifier: &s.RestoreFrom.Snapshot, DBInstanceClass: &s.Class, MultiAZ: &s.MultiAZ,
			Port: &s.Port, StorageType: s.StorageType, Iops: s.IOPS, StorageThroughput: s.Throughput, DBSubnetGroupName: aws.String(s.SubnetGroup.String()),
			VpcSecurityGroupIds: values(s.SecurityGroups), PubliclyAccessible: &s.Public, CopyTagsToSnapshot: &s.CopyTagsToSnapshot,
			AutoMinorVersionUpgrade: &s.AutoMinorUpgrade, EnableCloudwatchLogsExports: s.LogExports,
			EnableIAMDatabaseAuthentication: &s.IAMAuthentication, ManageMasterUserPassword: s.ManagedPassword, Tags: tagList(tags),
		})
		if err != nil {
			return nil, err
		}
		return out.DBInstance, nil
	}
}

// fromPointInTime returns the call that restores another instance's backups.
func (k *instances) fromPointInTime(s *Instance, tags map[string]string) (func(context.Context) (*types.DBInstance, error), error) {
	in := &sdk.RestoreDBInstanceToPointInTimeInput{
		TargetDBInstanceIdentifier: &s.Identifier, SourceDBInstanceIdentifier: &s.RestoreFrom.Instance, DBInstanceClass: &s.Class,
		MultiAZ: &s.MultiAZ, Port: &s.Port, StorageType: s.StorageType, Iops: s.IOPS, StorageThroughput: s.Throughput,
		DBSubnetGroupName: aws.String(s.SubnetGroup.String()), VpcSecurityGroupIds: values(s.SecurityGroups), PubliclyAccessible: &s.Public,
		CopyTagsToSnapshot: &s.CopyTagsToSnapshot, AutoMinorVersionUpgrade: &s.AutoMinorUpgrade, EnableCloudwatchLogsExports: s.LogExports,
		EnableIAMDatabaseAuthentication: &s.IAMAuthentication, MaxAllocatedStorage: positive(s.MaxAllocatedStorage),
		ManageMasterUserPassword: s.ManagedPassword, Tags: tagList(tags),
	}
	if s.RestoreFrom.Time == "" {
		in.UseLatestRestorableTime = aws.Bool(true)
	} else {
		at, err := time.Parse(time.RFC3339, s.RestoreFrom.Time)
		if err != nil {
			return nil, err
		}
		in.RestoreTime = &at
	}
	return func(ctx context.Context) (*types.DBInstance, error) {
		out, err := awsapi.RDS(k.c).RestoreDBInstanceToPointInTime(ctx, in)
		if err != nil {
			return nil, err
		}
		return out.DBInstance, nil
	}, nil
}

// positive returns nil for 0, by which specs say that there is none.
func positive(n *int32) *int32 {
	if aws.ToInt32(n) == 0 {
		return nil
	}
	return n
}

// given returns nil for the empty text.
func given(text *string) *string {
	if aws.ToString(text) == "" {
		return nil
	}
	return text
}

func refOrNil(ref stack.Ref) *string { return given(aws.String(ref.String())) }
