package rds_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

func (l *lab) snapshot(id string) types.DBSnapshot {
	l.Helper()
	return simtest.Do(l.T, l.DescribeDBSnapshots, &sdk.DescribeDBSnapshotsInput{DBSnapshotIdentifier: &id}).DBSnapshots[0]
}

func TestDeleteRefuses(t *testing.T) {
	l := newLab(t)
	l.create("protected", func(in *sdk.CreateDBInstanceInput) { in.DeletionProtection = aws.Bool(true) })
	l.create("db")
	simtest.Do(t, l.CreateDBSnapshot, &sdk.CreateDBSnapshotInput{DBInstanceIdentifier: aws.String("db"), DBSnapshotIdentifier: aws.String("taken")})
	l.pass(10 * time.Minute)
	for _, test := range []struct {
		name, code, text string
		in               sdk.DeleteDBInstanceInput
	}{
		{"a protected instance", "InvalidParameterCombination", "Cannot delete protected DB Instance, please disable deletion protection and try again",
			sdk.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String("protected"), SkipFinalSnapshot: aws.Bool(true)}},
		{"neither skip nor snapshot", "InvalidParameterCombination", "required", sdk.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String("db")}},
		{"both", "InvalidParameterCombination", "", sdk.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String("db"),
			SkipFinalSnapshot: aws.Bool(true), FinalDBSnapshotIdentifier: aws.String("final")}},
		{"a snapshot that exists", "DBSnapshotAlreadyExists", "", sdk.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String("db"), FinalDBSnapshotIdentifier: aws.String("Taken")}},
		{"an unknown instance", "DBInstanceNotFound", "", sdk.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String("none"), SkipFinalSnapshot: aws.Bool(true)}},
	} {
		t.Run(test.name, func(t *testing.T) { simtest.Refused(t, l.DeleteDBInstance, &test.in, test.code, test.text) })
	}
}

func TestFinalSnapshotIsAwaited(t *testing.T) {
	l := newLab(t)
	l.create("db", func(in *sdk.CreateDBInstanceInput) {
		in.CopyTagsToSnapshot = aws.Bool(true)
		in.Tags = []types.Tag{{Key: aws.String("webtier:part"), Value: aws.String("database")}}
	})
	in := &sdk.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String("db"), FinalDBSnapshotIdentifier: aws.String("Final"), DeleteAutomatedBackups: aws.Bool(false)}
	simtest.Do(t, l.DeleteDBInstance, in)
	simtest.Refused(t, l.DeleteDBInstance, in, "InvalidDBInstanceState", "is already being deleted")
	if status := *l.snapshot("final").Status; status != "creating" {
		t.Errorf("the snapshot is %s", status)
	}
	l.pass(10 * time.Minute)
	l.expect("db", "deleting")
	l.pass(2 * time.Minute)
	want := []string{"rds automated-backup", "rds snapshot final database", "rds subnet-group db -"}
	got := l.Inventory()
	slices.Sort(got)
	if len(got) != 3 || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("inventory %v", got)
	}
	kept := simtest.Do(t, l.DescribeDBInstanceAutomatedBackups, &sdk.DescribeDBInstanceAutomatedBackupsInput{}).DBInstanceAutomatedBackups
	if len(kept) != 1 || *kept[0].Status != "retained" {
		t.Errorf("backups %+v", kept)
	}
}

func TestRestoreIgnoresSettings(t *testing.T) {
	l := newLab(t)
	l.parameterGroup("custom", "postgres16")
	l.create("db", multiAZ, func(in *sdk.CreateDBInstanceInput) {
		in.BackupRetentionPeriod, in.DBParameterGroupName = aws.Int32(14), aws.String("custom")
		in.VpcSecurityGroupIds, in.Tags = l.groups, []types.Tag{{Key: aws.String("from"), Value: aws.String("db")}}
	})
	simtest.Do(t, l.CreateDBSnapshot, &sdk.CreateDBSnapshotInput{DBInstanceIdentifier: aws.String("db"), DBSnapshotIdentifier: aws.String("snap"),
		Tags: []types.Tag{{Key: aws.String("snap"), Value: aws.String("yes")}}})
	in := &sdk.RestoreDBInstanceFromDBSnapshotInput{DBInstanceIdentifier: aws.String("copy"), DBSnapshotIdentifier: aws.String("snap"),
		DBSubnetGroupName: aws.String("db"), DeletionProtection: aws.Bool(true), BackupRetentionPeriod: aws.Int32(30)}
	simtest.Refused(t, l.RestoreDBInstanceFromDBSnapshot, in, "InvalidDBSnapshotState", "")
	l.pass(10 * time.Minute)
	simtest.Do(t, l.RestoreDBInstanceFromDBSnapshot, in)
	l.pass(30 * time.Minute)
	db := l.expect("copy", "available")
	if *db.DeletionProtection || *db.MultiAZ || *db.BackupRetentionPeriod != 14 || *db.DBParameterGroups[0].DBParameterGroupName != "default.postgres16" ||
		len(db.VpcSecurityGroups) != 1 || *db.EngineVersion != "16.9" || *db.MasterUsername != "dbadmin" {
		t.Errorf("restored: %+v", db)
	}
	if len(db.TagList) != 1 || *db.TagList[0].Key != "snap" {
		t.Errorf("tags %v, want those of the snapshot", db.TagList)
	}
	in.DBInstanceIdentifier, in.AllocatedStorage = aws.String("small"), aws.Int32(50)
	simtest.Refused(t, l.RestoreDBInstanceFromDBSnapshot, in, "InvalidParameterCombination", "less than")
}

func TestRestoreToAPointInTime(t *testing.T) {
	l := newLab(t)
	l.create("db")
	l.create("bare", func(in *sdk.CreateDBInstanceInput) { in.BackupRetentionPeriod = aws.Int32(0) })
	latest := l.read("db").LatestRestorableTime
	if lag := l.clock.Now.Sub(*latest); lag < 5*time.Minute || lag > 10*time.Minute {
		t.Errorf("the latest restorable time is %s ago", lag)
	}
	restore := func(source string, edit func(*sdk.RestoreDBInstanceToPointInTimeInput)) *sdk.RestoreDBInstanceToPointInTimeInput {
		in := &sdk.RestoreDBInstanceToPointInTimeInput{SourceDBInstanceIdentifier: &source, TargetDBInstanceIdentifier: aws.String("copy"),
			DBSubnetGroupName: aws.String("db")}
		edit(in)
		return in
	}
	newest := func(in *sdk.RestoreDBInstanceToPointInTimeInput) { in.UseLatestRestorableTime = aws.Bool(true) }
	simtest.Refused(t, l.RestoreDBInstanceToPointInTime, restore("bare", newest), "PointInTimeRestoreNotEnabled", "")
	simtest.Refused(t, l.RestoreDBInstanceToPointInTime, restore("none", newest), "DBInstanceNotFound", "")
	simtest.Refused(t, l.RestoreDBInstanceToPointInTime, restore("db", func(*sdk.RestoreDBInstanceToPointInTimeInput) {}), "InvalidParameterCombination", "")
	simtest.Refused(t, l.RestoreDBInstanceToPointInTime, restore("db", func(in *sdk.RestoreDBInstanceToPointInTimeInput) {
		in.RestoreTime = aws.Time(l.clock.Now)
	}), "InvalidParameterValue", "cannot be restored")
	simtest.Do(t, l.RestoreDBInstanceToPointInTime, restore("db", newest))
	l.pass(30 * time.Minute)
	l.expect("copy", "available")
}

func TestRestoreFromRetainedBackup(t *testing.T) {
	l := newLab(t)
	db := l.create("db")
	simtest.Do(t, l.DeleteDBInstance, &sdk.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String("db"), SkipFinalSnapshot: aws.Bool(true),
		DeleteAutomatedBackups: aws.Bool(false)})
	l.pass(10 * time.Minute)
	simtest.Do(t, l.RestoreDBInstanceToPointInTime, &sdk.RestoreDBInstanceToPointInTimeInput{SourceDbiResourceId: db.DbiResourceId,
		TargetDBInstanceIdentifier: aws.String("copy"), DBSubnetGroupName: aws.String("db"), UseLatestRestorableTime: aws.Bool(true)})
	simtest.Do(t, l.DeleteDBInstanceAutomatedBackup, &sdk.DeleteDBInstanceAutomatedBackupInput{DbiResourceId: db.DbiResourceId})
	simtest.Refused(t, l.DescribeDBInstanceAutomatedBackups, &sdk.DescribeDBInstanceAutomatedBackupsInput{DbiResourceId: db.DbiResourceId},
		"DBInstanceAutomatedBackupNotFound", "")
}

func TestCopySnapshot(t *testing.T) {
	l := newLab(t)
	l.create("db")
	simtest.Do(t, l.CreateDBSnapshot, &sdk.CreateDBSnapshotInput{DBInstanceIdentifier: aws.String("db"), DBSnapshotIdentifier: aws.String("snap")})
	if got := *l.read("db").DBInstanceStatus; got != "backing-up" {
		t.Errorf("the instance is %s", got)
	}
	l.pass(10 * time.Minute)
	in := &sdk.CopyDBSnapshotInput{SourceDBSnapshotIdentifier: aws.String("snap"), TargetDBSnapshotIdentifier: aws.String("copy"), KmsKeyId: aws.String("alias/none")}
	simtest.Refused(t, l.CopyDBSnapshot, in, "KMSKeyNotAccessibleFault", "")
	in.KmsKeyId = aws.String("0dab1f6e-0000-4000-8000-000000000001")
	simtest.Do(t, l.CopyDBSnapshot, in)
	l.pass(10 * time.Minute)
	if copied := l.snapshot("copy"); !*copied.Encrypted || *copied.KmsKeyId != "arn:aws:kms:eu-west-1:123456789012:key/0dab1f6e-0000-4000-8000-000000000001" {
		t.Errorf("copy: %+v", copied)
	}
	simtest.Do(t, l.DeleteDBSnapshot, &sdk.DeleteDBSnapshotInput{DBSnapshotIdentifier: aws.String("snap")})
	simtest.Refused(t, l.DescribeDBSnapshots, &sdk.DescribeDBSnapshotsInput{DBSnapshotIdentifier: aws.String("snap")}, "DBSnapshotNotFound", "")
}

func TestReplica(t *testing.T) {
	l := newLab(t)
	l.create("db")
	l.create("bare", func(in *sdk.CreateDBInstanceInput) { in.BackupRetentionPeriod = aws.Int32(0) })
	replica := func(id, source string) *sdk.CreateDBInstanceReadReplicaInput {
		return &sdk.CreateDBInstanceReadReplicaInput{DBInstanceIdentifier: &id, SourceDBInstanceIdentifier: &source}
	}
	simtest.Refused(t, l.CreateDBInstanceReadReplica, replica("copy", "bare"), "InvalidDBInstanceState", "Automated backups are not enabled")
	simtest.Do(t, l.CreateDBInstanceReadReplica, replica("copy", "db"))
	l.pass(20 * time.Minute)
	copied, source := l.expect("copy", "available"), l.read("db")
	if *copied.ReadReplicaSourceDBInstanceIdentifier != "db" || *copied.StatusInfos[0].Status != "replicating" || *copied.BackupRetentionPeriod != 0 ||
		!slices.Equal(source.ReadReplicaDBInstanceIdentifiers, []string{"copy"}) {
		t.Fatalf("replica %+v of %+v", copied, source)
	}
	l.refuseModify("db", "InvalidParameterCombination", "read replicas", func(in *sdk.ModifyDBInstanceInput) { in.BackupRetentionPeriod = aws.Int32(0) })
	simtest.Refused(t, l.StopDBInstance, &sdk.StopDBInstanceInput{DBInstanceIdentifier: aws.String("copy")}, "InvalidDBInstanceState", "")
	simtest.Do(t, l.PromoteReadReplica, &sdk.PromoteReadReplicaInput{DBInstanceIdentifier: aws.String("copy"), BackupRetentionPeriod: aws.Int32(3)})
	if got := l.statuses("copy", 15*time.Minute); !slices.Equal(got, []string{"modifying", "rebooting", "backing-up", "available"}) {
		t.Errorf("statuses %v", got)
	}
	if db := l.read("copy"); db.ReadReplicaSourceDBInstanceIdentifier != nil || *db.BackupRetentionPeriod != 3 {
		t.Errorf("promoted: %+v", db)
	}
}

func TestReplicasArePromotedWhenTheirSourceGoes(t *testing.T) {
	l := newLab(t)
	l.create("db")
	simtest.Do(t, l.CreateDBInstanceReadReplica, &sdk.CreateDBInstanceReadReplicaInput{DBInstanceIdentifier: aws.String("copy"), SourceDBInstanceIdentifier: aws.String("db")})
	l.pass(20 * time.Minute)
	l.delete("db")
	l.pass(10 * time.Minute)
	if source := l.read("copy").ReadReplicaSourceDBInstanceIdentifier; source != nil {
		t.Errorf("still a replica of %s", *source)
	}
}

func TestReplicasAreUpgradedFirst(t *testing.T) {
	l := newLab(t)
	l.create("db", func(in *sdk.CreateDBInstanceInput) {
		in.Engine, in.EngineVersion = aws.String("mysql"), aws.String("8.0.41")
	})
	simtest.Do(t, l.CreateDBInstanceReadReplica, &sdk.CreateDBInstanceReadReplicaInput{DBInstanceIdentifier: aws.String("copy"), SourceDBInstanceIdentifier: aws.String("db")})
	l.pass(20 * time.Minute)
	upgrade := func(in *sdk.ModifyDBInstanceInput) { in.EngineVersion = aws.String("8.0.43") }
	l.refuseModify("db", "DBUpgradeDependencyFailure", "copy", upgrade)
	l.modify("copy", upgrade)
	l.pass(20 * time.Minute)
	l.modify("db", upgrade)
}

// TestAClusterFromTheSnapshotOfAnInstance has the engine that it is asked for, as far
// as that is another form of the snapshot's (aws: RestoreDBClusterFromSnapshot).
func TestAClusterFromTheSnapshotOfAnInstance(t *testing.T) {
	l := newLab(t)
	l.create("db")
	snap := simtest.Do(t, l.CreateDBSnapshot, &sdk.CreateDBSnapshotInput{DBInstanceIdentifier: aws.String("db"), DBSnapshotIdentifier: aws.String("snap")}).DBSnapshot
	l.pass(10 * time.Minute)
	in := &sdk.RestoreDBClusterFromSnapshotInput{DBClusterIdentifier: aws.String("main"), Engine: aws.String("aurora-postgresql"),
		SnapshotIdentifier: aws.String("snap"), DBSubnetGroupName: aws.String("db")}
	simtest.Refused(t, l.RestoreDBClusterFromSnapshot, in, "DBClusterSnapshotNotFoundFault", "")
	in.SnapshotIdentifier, in.Engine = snap.DBSnapshotArn, aws.String("aurora-mysql")
	simtest.Refused(t, l.RestoreDBClusterFromSnapshot, in, "InvalidParameterCombination", "The engine of the new DB cluster must be")
	in.Engine = aws.String("aurora-postgresql")
	if got := simtest.Do(t, l.RestoreDBClusterFromSnapshot, in).DBCluster; *got.Engine != "aurora-postgresql" || *got.MasterUsername != "dbadmin" {
		t.Errorf("cluster %+v", got)
	}
	in.DBClusterIdentifier, in.Engine, in.DBClusterInstanceClass = aws.String("other"), aws.String("postgres"), aws.String("db.m6g.large")
	if got := simtest.Do(t, l.RestoreDBClusterFromSnapshot, in).DBCluster; *got.Engine != "postgres" || *got.AllocatedStorage != *snap.AllocatedStorage {
		t.Errorf("cluster %+v", got)
	}
}
