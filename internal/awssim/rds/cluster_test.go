package rds_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

// clusterRequest is a Multi-AZ DB cluster.
func clusterRequest(id string, edits ...func(*sdk.CreateDBClusterInput)) *sdk.CreateDBClusterInput {
	in := &sdk.CreateDBClusterInput{DBClusterIdentifier: &id, Engine: aws.String("postgres"), EngineVersion: aws.String("16"),
		DBClusterInstanceClass: aws.String("db.m6g.large"), AllocatedStorage: aws.Int32(100), StorageType: aws.String("gp3"),
		MasterUsername: aws.String("dbadmin"), MasterUserPassword: aws.String(password), DBSubnetGroupName: aws.String("db")}
	for _, edit := range edits {
		edit(in)
	}
	return in
}

func auroraCluster(in *sdk.CreateDBClusterInput) {
	in.Engine, in.EngineVersion = aws.String("aurora-postgresql"), aws.String("16")
	in.DBClusterInstanceClass, in.AllocatedStorage, in.StorageType = nil, nil, nil
}

func (l *lab) createCluster(id string, edits ...func(*sdk.CreateDBClusterInput)) types.DBCluster {
	l.Helper()
	simtest.Do(l.T, l.CreateDBCluster, clusterRequest(id, edits...))
	l.pass(25 * time.Minute)
	return l.expectCluster(id, "available")
}

func (l *lab) expectCluster(id, status string) types.DBCluster {
	l.Helper()
	c := simtest.Do(l.T, l.DescribeDBClusters, &sdk.DescribeDBClustersInput{DBClusterIdentifier: &id}).DBClusters[0]
	if *c.Status != status {
		l.Fatalf("%s is %s, want %s", id, *c.Status, status)
	}
	return c
}

func (l *lab) modifyCluster(id string, edit func(*sdk.ModifyDBClusterInput)) {
	l.Helper()
	in := &sdk.ModifyDBClusterInput{DBClusterIdentifier: &id, ApplyImmediately: aws.Bool(true)}
	edit(in)
	simtest.Do(l.T, l.ModifyDBCluster, in)
}

func member(id, cluster string) *sdk.CreateDBInstanceInput {
	return &sdk.CreateDBInstanceInput{DBInstanceIdentifier: &id, DBClusterIdentifier: &cluster, Engine: aws.String("aurora-postgresql"),
		DBInstanceClass: aws.String("db.r6g.large")}
}

func writer(c types.DBCluster) string {
	for _, m := range c.DBClusterMembers {
		if *m.IsClusterWriter {
			return *m.DBInstanceIdentifier
		}
	}
	return ""
}

func TestMultiAZCluster(t *testing.T) {
	l := newLab(t)
	simtest.Do(t, l.CreateDBCluster, clusterRequest("Main", func(in *sdk.CreateDBClusterInput) { in.VpcSecurityGroupIds = l.groups[:1] }))
	l.pass(20*time.Minute + 10*time.Second)
	c := l.expectCluster("main", "available")
	if len(c.DBClusterMembers) != 3 || !strings.HasPrefix(*c.Endpoint, "main.cluster-") || !strings.HasPrefix(*c.ReaderEndpoint, "main.cluster-ro-") || !*c.MultiAZ {
		t.Fatalf("cluster %+v", c)
	}
	zones := map[string]bool{}
	l.expect(*c.DBClusterMembers[0].DBInstanceIdentifier, "creating") // the members lag
	l.pass(2 * time.Minute)
	for _, m := range c.DBClusterMembers {
		db := l.expect(*m.DBInstanceIdentifier, "available")
		zones[*db.AvailabilityZone] = true
		if *db.DBClusterIdentifier != "main" || *m.DBClusterParameterGroupStatus != "in-sync" {
			t.Errorf("member %+v, %+v", m, db)
		}
	}
	if len(zones) != 3 {
		t.Errorf("zones %v", zones)
	}
	if got := l.Inventory(); slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, "rds instance") }) {
		t.Errorf("members are listed: %v", got)
	}
}

func TestClusterRefuses(t *testing.T) {
	l := newLab(t)
	l.subnetGroup("two", l.subnets[:2]...)
	for _, test := range []struct {
		name, code, text string
		edit             func(*sdk.CreateDBClusterInput)
	}{
		{"two zones", "DBSubnetGroupDoesNotCoverEnoughAZs", "at least 3", func(in *sdk.CreateDBClusterInput) { in.DBSubnetGroupName = aws.String("two") }},
		{"a class that is not for clusters", "InvalidParameterCombination", "Multi-AZ DB clusters", func(in *sdk.CreateDBClusterInput) { in.DBClusterInstanceClass = aws.String("db.t4g.medium") }},
		{"mariadb", "InvalidParameterCombination", "Multi-AZ DB clusters", func(in *sdk.CreateDBClusterInput) {
			in.Engine, in.EngineVersion = aws.String("mariadb"), aws.String("11.4")
		}},
		{"io1 without IOPS", "InvalidParameterCombination", "Iops", func(in *sdk.CreateDBClusterInput) { in.StorageType = nil }},
		{"gp2", "StorageTypeNotSupported", "", func(in *sdk.CreateDBClusterInput) { in.StorageType = aws.String("gp2") }},
		{"no class", "InvalidParameterCombination", "DBClusterInstanceClass", func(in *sdk.CreateDBClusterInput) { in.DBClusterInstanceClass = nil }},
		{"no backups", "InvalidParameterValue", "retention", func(in *sdk.CreateDBClusterInput) { in.BackupRetentionPeriod = aws.Int32(0) }},
		{"a class for Aurora", "InvalidParameterCombination", "DBClusterInstanceClass", func(in *sdk.CreateDBClusterInput) {
			auroraCluster(in)
			in.DBClusterInstanceClass = aws.String("db.r6g.large")
		}},
		{"serverless", "NotImplemented", "", func(in *sdk.CreateDBClusterInput) {
			auroraCluster(in)
			in.ServerlessV2ScalingConfiguration = &types.ServerlessV2ScalingConfiguration{}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			simtest.Refused(t, l.CreateDBCluster, clusterRequest("main", test.edit), test.code, test.text)
			if got := l.interfaces(); len(got) != 0 {
				t.Errorf("interfaces are left: %v", got)
			}
		})
	}
}

func TestMembersOfMultiAZClusterAreItsOwn(t *testing.T) {
	l := newLab(t)
	c := l.createCluster("main")
	id := *c.DBClusterMembers[0].DBInstanceIdentifier
	l.refuseModify(id, "InvalidParameterCombination", "Multi-AZ DB cluster", func(in *sdk.ModifyDBInstanceInput) { in.DBInstanceClass = aws.String("db.r6g.large") })
	simtest.Refused(t, l.DeleteDBInstance, &sdk.DeleteDBInstanceInput{DBInstanceIdentifier: &id, SkipFinalSnapshot: aws.Bool(true)}, "InvalidDBInstanceState", "")
}

func TestClusterFailover(t *testing.T) {
	l := newLab(t)
	before := writer(l.createCluster("main"))
	simtest.Refused(t, l.FailoverDBCluster, &sdk.FailoverDBClusterInput{DBClusterIdentifier: aws.String("main"), TargetDBInstanceIdentifier: &before},
		"InvalidDBClusterStateFault", "")
	simtest.Do(t, l.FailoverDBCluster, &sdk.FailoverDBClusterInput{DBClusterIdentifier: aws.String("main")})
	l.expectCluster("main", "failing-over")
	l.pass(time.Minute)
	if after := writer(l.expectCluster("main", "available")); after == before || !l.happened("Completed failover") {
		t.Errorf("the writer is still %s", after)
	}
	if err := l.FailOver("main"); err != nil {
		t.Fatal(err)
	}
}

func TestModifyClusterReachesItsMembers(t *testing.T) {
	l := newLab(t)
	l.createCluster("main")
	l.modifyCluster("main", func(in *sdk.ModifyDBClusterInput) {
		in.DBClusterInstanceClass, in.EngineVersion = aws.String("db.r6g.large"), aws.String("16.10")
		in.VpcSecurityGroupIds = l.groups
	})
	simtest.Refused(t, l.ModifyDBCluster, &sdk.ModifyDBClusterInput{DBClusterIdentifier: aws.String("main")}, "InvalidParameterCombination", "No modifications")
	l.pass(time.Minute)
	c := l.expectCluster("main", "modifying")
	l.expect(*c.DBClusterMembers[1].DBInstanceIdentifier, "modifying")
	simtest.Refused(t, l.ModifyDBCluster, &sdk.ModifyDBClusterInput{DBClusterIdentifier: aws.String("main"), DeletionProtection: aws.Bool(true)},
		"InvalidDBClusterStateFault", "Try your request later")
	l.pass(time.Hour)
	if c = l.expectCluster("main", "available"); *c.EngineVersion != "16.10" || *c.DBClusterInstanceClass != "db.r6g.large" || c.PendingModifiedValues != nil {
		t.Errorf("cluster %+v", c)
	}
	if db := l.expect(*c.DBClusterMembers[1].DBInstanceIdentifier, "available"); *db.EngineVersion != "16.10" || *db.DBInstanceClass != "db.r6g.large" ||
		len(db.VpcSecurityGroups) != 2 {
		t.Errorf("member %+v", db)
	}
}

func TestDeferredClusterChangeWaitsForItsWindow(t *testing.T) {
	l := newLab(t)
	l.createCluster("main", func(in *sdk.CreateDBClusterInput) { in.PreferredMaintenanceWindow = aws.String("sun:12:00-sun:13:00") })
	l.modifyCluster("main", func(in *sdk.ModifyDBClusterInput) { in.EngineVersion, in.ApplyImmediately = aws.String("16.10"), nil })
	l.pass(24 * time.Hour)
	if c := l.expectCluster("main", "available"); *c.EngineVersion != "16.9" || *c.PendingModifiedValues.EngineVersion != "16.10" {
		t.Fatalf("version %s, pending %+v", *c.EngineVersion, c.PendingModifiedValues)
	}
	l.pass(48 * time.Hour)
	if c := l.expectCluster("main", "available"); *c.EngineVersion != "16.10" {
		t.Errorf("version %s", *c.EngineVersion)
	}
}

func TestRebootClusterAppliesParameters(t *testing.T) {
	l := newLab(t)
	simtest.Do(t, l.CreateDBClusterParameterGroup, &sdk.CreateDBClusterParameterGroupInput{DBClusterParameterGroupName: aws.String("custom"),
		DBParameterGroupFamily: aws.String("postgres16"), Description: aws.String("test")})
	l.createCluster("main")
	l.modifyCluster("main", func(in *sdk.ModifyDBClusterInput) { in.DBClusterParameterGroupName = aws.String("custom") })
	l.pass(time.Minute)
	if got := *l.expectCluster("main", "available").DBClusterMembers[0].DBClusterParameterGroupStatus; got != "pending-reboot" {
		t.Fatalf("parameters are %s", got)
	}
	simtest.Do(t, l.RebootDBCluster, &sdk.RebootDBClusterInput{DBClusterIdentifier: aws.String("main")})
	l.pass(5 * time.Minute)
	if got := *l.expectCluster("main", "available").DBClusterMembers[0].DBClusterParameterGroupStatus; got != "in-sync" {
		t.Errorf("parameters are %s", got)
	}
}

func TestDeleteMultiAZCluster(t *testing.T) {
	l := newLab(t)
	l.createCluster("main", func(in *sdk.CreateDBClusterInput) {
		in.DeletionProtection, in.ManageMasterUserPassword, in.MasterUserPassword = aws.Bool(true), aws.Bool(true), nil
	})
	in := &sdk.DeleteDBClusterInput{DBClusterIdentifier: aws.String("main"), FinalDBSnapshotIdentifier: aws.String("final")}
	simtest.Refused(t, l.DeleteDBCluster, in, "InvalidParameterCombination", "Cannot delete protected Cluster")
	l.modifyCluster("main", func(in *sdk.ModifyDBClusterInput) { in.DeletionProtection = aws.Bool(false) })
	simtest.Do(t, l.DeleteDBCluster, in)
	simtest.Refused(t, l.DeleteDBCluster, in, "InvalidDBClusterStateFault", "is already being deleted")
	l.pass(15 * time.Minute)
	simtest.Refused(t, l.DescribeDBClusters, &sdk.DescribeDBClustersInput{DBClusterIdentifier: aws.String("main")}, "DBClusterNotFoundFault", "")
	if got := l.Inventory(); !slices.Equal(got, []string{"rds snapshot final -", "rds subnet-group db -"}) || len(l.secrets.deleted) != 1 || len(l.interfaces()) != 0 {
		t.Errorf("left: %v, %v, %v", got, l.secrets.deleted, l.interfaces())
	}
}

func TestRestoreCluster(t *testing.T) {
	l := newLab(t)
	l.createCluster("main")
	simtest.Do(t, l.CreateDBClusterSnapshot, &sdk.CreateDBClusterSnapshotInput{DBClusterIdentifier: aws.String("main"), DBClusterSnapshotIdentifier: aws.String("snap")})
	l.pass(10 * time.Minute)
	simtest.Do(t, l.CopyDBClusterSnapshot, &sdk.CopyDBClusterSnapshotInput{SourceDBClusterSnapshotIdentifier: aws.String("snap"),
		TargetDBClusterSnapshotIdentifier: aws.String("copy")})
	l.pass(10 * time.Minute)
	simtest.Do(t, l.RestoreDBClusterFromSnapshot, &sdk.RestoreDBClusterFromSnapshotInput{DBClusterIdentifier: aws.String("again"),
		SnapshotIdentifier: aws.String("copy"), Engine: aws.String("postgres"), DBSubnetGroupName: aws.String("db")})
	simtest.Do(t, l.RestoreDBClusterToPointInTime, &sdk.RestoreDBClusterToPointInTimeInput{DBClusterIdentifier: aws.String("then"),
		SourceDBClusterIdentifier: aws.String("main"), UseLatestRestorableTime: aws.Bool(true), DBSubnetGroupName: aws.String("db")})
	l.pass(40 * time.Minute)
	for _, id := range []string{"again", "then"} {
		if c := l.expectCluster(id, "available"); len(c.DBClusterMembers) != 3 || *c.AllocatedStorage != 100 {
			t.Errorf("cluster %+v", c)
		}
	}
}

func TestAuroraCluster(t *testing.T) {
	l := newLab(t)
	c := l.createCluster("main", auroraCluster)
	if len(c.DBClusterMembers) != 0 || c.StorageType != nil {
		t.Fatalf("cluster %+v", c)
	}
	l.parameterGroup("custom", "aurora-postgresql16")
	first := member("one", "main")
	first.DBParameterGroupName = aws.String("custom")
	simtest.Do(t, l.CreateDBInstance, first)
	simtest.Do(t, l.CreateDBInstance, member("two", "main"))
	wrong := member("three", "main")
	wrong.MasterUserPassword = aws.String(password)
	simtest.Refused(t, l.CreateDBInstance, wrong, "InvalidParameterCombination", "will be a member of a DB Cluster")
	l.pass(10 * time.Minute)
	if db := l.expect("two", "available"); *db.DBClusterIdentifier != "main" || *db.StorageType != "aurora" {
		t.Errorf("member %+v", db)
	}
	if got := writer(l.expectCluster("main", "available")); got != "one" {
		t.Errorf("the writer is %s", got)
	}
	l.refuseModify("one", "InvalidParameterCombination", "EngineVersion is managed by the DB cluster", func(in *sdk.ModifyDBInstanceInput) { in.EngineVersion = aws.String("16.8") })
	remove := &sdk.DeleteDBClusterInput{DBClusterIdentifier: aws.String("main"), SkipFinalSnapshot: aws.Bool(true)}
	simtest.Refused(t, l.DeleteDBCluster, remove, "InvalidDBClusterStateFault", "still contains DB instances")
	l.delete("one")
	l.pass(10 * time.Minute)
	if got := writer(l.expectCluster("main", "available")); got != "two" {
		t.Errorf("the writer is %s", got)
	}
	l.delete("two")
	simtest.Do(t, l.DeleteDBCluster, remove)
	l.pass(10 * time.Minute)
	simtest.Refused(t, l.DescribeDBClusters, &sdk.DescribeDBClustersInput{DBClusterIdentifier: aws.String("main")}, "DBClusterNotFoundFault", "")
}

func TestFailClusterCreation(t *testing.T) {
	l := newLab(t)
	simtest.Do(t, l.CreateDBCluster, clusterRequest("main"))
	l.FailCreation("main", "insufficient capacity")
	l.pass(30 * time.Minute)
	l.expectCluster("main", "failed")
	said := simtest.Do(t, l.DescribeEvents, &sdk.DescribeEventsInput{SourceType: types.SourceTypeDbCluster, SourceIdentifier: aws.String("main")}).Events
	if len(said) != 1 || !strings.Contains(*said[0].Message, "insufficient capacity") || said[0].EventCategories[0] != "failure" {
		t.Errorf("events %+v", said)
	}
	simtest.Do(t, l.DeleteDBCluster, &sdk.DeleteDBClusterInput{DBClusterIdentifier: aws.String("main"), SkipFinalSnapshot: aws.Bool(true)})
	l.pass(10 * time.Minute)
	if got := l.Inventory(); len(got) != 1 {
		t.Errorf("left: %v", got)
	}
}

func TestModifyClusterSteps(t *testing.T) {
	for _, test := range []struct {
		name   string
		create func(*sdk.CreateDBClusterInput)
		edit   func(*sdk.ModifyDBClusterInput)
		passed func(types.DBCluster) bool
	}{
		{"storage, by a tenth at least", nil, func(in *sdk.ModifyDBClusterInput) { in.AllocatedStorage = aws.Int32(101) },
			func(c types.DBCluster) bool { return *c.AllocatedStorage == 110 }},
		{"another kind of storage", nil, func(in *sdk.ModifyDBClusterInput) { in.StorageType, in.Iops = aws.String("io2"), aws.Int32(2000) },
			func(c types.DBCluster) bool { return *c.StorageType == "io2" && *c.Iops == 2000 }},
		{"logs and monitoring", nil, func(in *sdk.ModifyDBClusterInput) {
			in.CloudwatchLogsExportConfiguration = &types.CloudwatchLogsExportConfiguration{EnableLogTypes: []string{"postgresql"}}
			in.MonitoringInterval, in.MonitoringRoleArn = aws.Int32(60), aws.String("arn:aws:iam::123456789012:role/monitoring")
			in.EnablePerformanceInsights = aws.Bool(true)
		}, func(c types.DBCluster) bool {
			return len(c.EnabledCloudwatchLogsExports) == 1 && *c.MonitoringInterval == 60 && *c.PerformanceInsightsEnabled
		}},
		{"a managed password", nil, func(in *sdk.ModifyDBClusterInput) { in.ManageMasterUserPassword = aws.Bool(true) },
			func(c types.DBCluster) bool { return c.MasterUserSecret != nil }},
		{"a major version", nil, func(in *sdk.ModifyDBClusterInput) {
			in.EngineVersion, in.AllowMajorVersionUpgrade = aws.String("17"), aws.Bool(true)
		}, func(c types.DBCluster) bool {
			return *c.EngineVersion == "17.5" && *c.DBClusterParameterGroup == "default.postgres17"
		}},
		{"settings", nil, func(in *sdk.ModifyDBClusterInput) {
			in.BackupRetentionPeriod, in.PreferredBackupWindow = aws.Int32(14), aws.String("01:00-02:00")
			in.PreferredMaintenanceWindow = aws.String("Mon:05:00-Mon:06:00")
		}, func(c types.DBCluster) bool {
			return *c.BackupRetentionPeriod == 14 && *c.PreferredMaintenanceWindow == "mon:05:00-mon:06:00"
		}},
		{"Aurora's storage", auroraCluster, func(in *sdk.ModifyDBClusterInput) { in.StorageType = aws.String("aurora-iopt1") },
			func(c types.DBCluster) bool { return *c.StorageType == "aurora-iopt1" }},
		{"IAM authentication", nil, func(in *sdk.ModifyDBClusterInput) { in.EnableIAMDatabaseAuthentication = aws.Bool(true) },
			func(c types.DBCluster) bool { return *c.IAMDatabaseAuthenticationEnabled }},
		{"Aurora's port and IAM authentication", auroraCluster, func(in *sdk.ModifyDBClusterInput) {
			in.Port, in.EnableIAMDatabaseAuthentication = aws.Int32(6432), aws.Bool(true)
		}, func(c types.DBCluster) bool { return *c.Port == 6432 && *c.IAMDatabaseAuthenticationEnabled }},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			if test.create == nil {
				test.create = func(*sdk.CreateDBClusterInput) {}
			}
			l.createCluster("main", test.create)
			l.modifyCluster("main", test.edit)
			l.pass(40 * time.Minute)
			if c := l.expectCluster("main", "available"); !test.passed(c) {
				t.Errorf("not changed: %+v", c)
			}
		})
	}
}

func TestModifyClusterRefuses(t *testing.T) {
	l := newLab(t)
	l.createCluster("main")
	l.createCluster("aurora", auroraCluster)
	for _, test := range []struct {
		name, id, code, text string
		edit                 func(*sdk.ModifyDBClusterInput)
	}{
		{"less storage", "main", "InvalidParameterCombination", "cannot be reduced", func(in *sdk.ModifyDBClusterInput) { in.AllocatedStorage = aws.Int32(50) }},
		{"the port", "main", "InvalidParameterCombination", "Port", func(in *sdk.ModifyDBClusterInput) { in.Port = aws.Int32(6432) }},
		{"a class for instances only", "main", "InvalidParameterCombination", "Multi-AZ DB clusters", func(in *sdk.ModifyDBClusterInput) { in.DBClusterInstanceClass = aws.String("db.t4g.medium") }},
		{"an older version", "main", "InvalidParameterCombination", "Cannot upgrade", func(in *sdk.ModifyDBClusterInput) { in.EngineVersion = aws.String("15.14") }},
		{"a name that is taken", "main", "DBClusterAlreadyExistsFault", "", func(in *sdk.ModifyDBClusterInput) { in.NewDBClusterIdentifier = aws.String("aurora") }},
		{"storage of Aurora", "aurora", "InvalidParameterCombination", "AllocatedStorage", func(in *sdk.ModifyDBClusterInput) { in.AllocatedStorage = aws.Int32(50) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := &sdk.ModifyDBClusterInput{DBClusterIdentifier: &test.id}
			test.edit(in)
			simtest.Refused(t, l.ModifyDBCluster, in, test.code, test.text)
		})
	}
}

func TestRenameCluster(t *testing.T) {
	l := newLab(t)
	l.createCluster("main")
	l.modifyCluster("main", func(in *sdk.ModifyDBClusterInput) { in.NewDBClusterIdentifier = aws.String("other") })
	l.pass(10 * time.Minute)
	if c := l.expectCluster("other", "available"); len(c.DBClusterMembers) != 3 || !strings.HasPrefix(*c.Endpoint, "other.") {
		t.Errorf("cluster %+v", c)
	}
}

func TestClusterSnapshots(t *testing.T) {
	l := newLab(t)
	l.createCluster("main")
	id := aws.String("snap")
	simtest.Do(t, l.CreateDBClusterSnapshot, &sdk.CreateDBClusterSnapshotInput{DBClusterIdentifier: aws.String("main"), DBClusterSnapshotIdentifier: id})
	remove := &sdk.DeleteDBClusterSnapshotInput{DBClusterSnapshotIdentifier: id}
	simtest.Refused(t, l.DeleteDBClusterSnapshot, remove, "InvalidDBClusterSnapshotStateFault", "")
	simtest.Refused(t, l.DescribeDBSnapshots, &sdk.DescribeDBSnapshotsInput{DBSnapshotIdentifier: id}, "DBSnapshotNotFound", "")
	l.pass(10 * time.Minute)
	out := simtest.Do(t, l.DescribeDBClusterSnapshots, &sdk.DescribeDBClusterSnapshotsInput{Filters: []types.Filter{{Name: aws.String("db-cluster-id"), Values: []string{"main"}}}})
	if len(out.DBClusterSnapshots) != 1 || *out.DBClusterSnapshots[0].Status != "available" || *out.DBClusterSnapshots[0].AllocatedStorage != 100 {
		t.Errorf("snapshots %+v", out.DBClusterSnapshots)
	}
	simtest.Do(t, l.DeleteDBClusterSnapshot, remove)
	simtest.Refused(t, l.DescribeDBClusterSnapshots, &sdk.DescribeDBClusterSnapshotsInput{DBClusterSnapshotIdentifier: id}, "DBClusterSnapshotNotFoundFault", "")
}
