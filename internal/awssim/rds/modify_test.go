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

func TestAvailableFlickersBeforeModifying(t *testing.T) {
	l := newLab(t)
	l.create("db")
	out := l.modify("db", func(in *sdk.ModifyDBInstanceInput) { in.DBInstanceClass = aws.String("db.m6g.large") })
	if *out.DBInstanceStatus != "available" || *out.PendingModifiedValues.DBInstanceClass != "db.m6g.large" {
		t.Fatalf("answer: %s, pending %v", *out.DBInstanceStatus, out.PendingModifiedValues)
	}
	want := []string{"available", "modifying", "available"}
	if got := l.statuses("db", 10*time.Minute); !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
	if db := l.read("db"); *db.DBInstanceClass != "db.m6g.large" || db.PendingModifiedValues.DBInstanceClass != nil {
		t.Errorf("class %s, pending %v", *db.DBInstanceClass, db.PendingModifiedValues)
	}
}

func TestModifyWhileModifying(t *testing.T) {
	l := newLab(t)
	l.create("db")
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) { in.DBInstanceClass = aws.String("db.m6g.large") })
	l.pass(time.Minute)
	l.refuseModify("db", "InvalidDBInstanceState", "Try your request later", func(in *sdk.ModifyDBInstanceInput) { in.BackupRetentionPeriod = aws.Int32(7) })
	simtest.Refused(t, l.DeleteDBInstance, &sdk.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String("db"), SkipFinalSnapshot: aws.Bool(true)},
		"InvalidDBInstanceState", "modifying")
}

func TestDeferredChangeWaitsForItsWindow(t *testing.T) {
	l := newLab(t) // it is Friday, 03:00
	l.create("db", func(in *sdk.CreateDBInstanceInput) {
		in.PreferredMaintenanceWindow, in.PreferredBackupWindow = aws.String("Sun:04:00-Sun:05:00"), aws.String("01:00-02:00")
	})
	out := l.modify("db", func(in *sdk.ModifyDBInstanceInput) {
		in.DBInstanceClass, in.ApplyImmediately = aws.String("db.m6g.large"), aws.Bool(false)
	})
	if *out.PendingModifiedValues.DBInstanceClass != "db.m6g.large" || *out.PreferredMaintenanceWindow != "sun:04:00-sun:05:00" {
		t.Fatalf("pending %v, window %s", out.PendingModifiedValues, *out.PreferredMaintenanceWindow)
	}
	l.pass(48 * time.Hour)
	if db := l.expect("db", "available"); *db.DBInstanceClass != "db.t4g.medium" {
		t.Fatal("the change was made before the window")
	}
	l.pass(2 * time.Hour)
	if db := l.expect("db", "available"); *db.DBInstanceClass != "db.m6g.large" || db.PendingModifiedValues.DBInstanceClass != nil {
		t.Errorf("class %s, pending %v", *db.DBInstanceClass, db.PendingModifiedValues)
	}
}

func TestApplyImmediatelyMakesWhatWasPending(t *testing.T) {
	l := newLab(t)
	l.create("db")
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) {
		in.DBInstanceClass, in.ApplyImmediately = aws.String("db.m6g.large"), aws.Bool(false)
	})
	l.pass(time.Minute)
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) { in.CopyTagsToSnapshot = aws.Bool(true) })
	l.pass(time.Minute)
	l.expect("db", "modifying")
}

func TestPendingChangeIsTakenBack(t *testing.T) {
	l := newLab(t)
	l.create("db")
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) {
		in.DBInstanceClass, in.ApplyImmediately = aws.String("db.m6g.large"), aws.Bool(false)
	})
	out := l.modify("db", func(in *sdk.ModifyDBInstanceInput) {
		in.DBInstanceClass, in.ApplyImmediately = aws.String("db.t4g.medium"), aws.Bool(false)
	})
	if out.PendingModifiedValues.DBInstanceClass != nil {
		t.Errorf("still pending: %s", *out.PendingModifiedValues.DBInstanceClass)
	}
}

func TestModifyAtOnce(t *testing.T) {
	l := newLab(t)
	l.create("db")
	out := l.modify("db", func(in *sdk.ModifyDBInstanceInput) {
		in.ApplyImmediately, in.DeletionProtection, in.BackupRetentionPeriod = aws.Bool(false), aws.Bool(true), aws.Int32(14)
		in.VpcSecurityGroupIds = l.groups
	})
	if !*out.DeletionProtection || *out.BackupRetentionPeriod != 14 || *out.VpcSecurityGroups[0].Status != "adding" {
		t.Fatalf("protection %t, retention %d, group %s", *out.DeletionProtection, *out.BackupRetentionPeriod, *out.VpcSecurityGroups[0].Status)
	}
	l.pass(time.Minute)
	if db := l.expect("db", "available"); *db.VpcSecurityGroups[0].Status != "active" {
		t.Errorf("group is %s", *db.VpcSecurityGroups[0].Status)
	}
}

func TestModifySteps(t *testing.T) {
	for _, test := range []struct {
		name   string
		edit   func(*sdk.ModifyDBInstanceInput)
		want   []string
		passed func(types.DBInstance) bool
	}{
		{"the port restarts the database at once", func(in *sdk.ModifyDBInstanceInput) {
			in.DBPortNumber, in.ApplyImmediately = aws.Int32(6432), aws.Bool(false)
		}, []string{"available", "modifying", "rebooting", "available"}, func(db types.DBInstance) bool { return *db.Endpoint.Port == 6432 }},
		{"monitoring", func(in *sdk.ModifyDBInstanceInput) {
			in.MonitoringInterval, in.MonitoringRoleArn = aws.Int32(30), aws.String("arn:aws:iam::123456789012:role/monitoring")
		}, []string{"available", "configuring-enhanced-monitoring", "available"}, func(db types.DBInstance) bool { return *db.MonitoringInterval == 30 }},
		{"log exports", func(in *sdk.ModifyDBInstanceInput) {
			in.CloudwatchLogsExportConfiguration = &types.CloudwatchLogsExportConfiguration{EnableLogTypes: []string{"upgrade", "postgresql"}}
		}, []string{"available", "configuring-log-exports", "available"}, func(db types.DBInstance) bool {
			return slices.Equal(db.EnabledCloudwatchLogsExports, []string{"postgresql", "upgrade"})
		}},
		{"the password", func(in *sdk.ModifyDBInstanceInput) { in.MasterUserPassword = aws.String("another-horse") },
			[]string{"available", "resetting-master-credentials", "available"}, nil},
		{"IAM authentication", func(in *sdk.ModifyDBInstanceInput) { in.EnableIAMDatabaseAuthentication = aws.Bool(true) },
			[]string{"available", "configuring-iam-database-auth", "available"}, func(db types.DBInstance) bool { return *db.IAMDatabaseAuthenticationEnabled }},
		{"a standby", func(in *sdk.ModifyDBInstanceInput) { in.MultiAZ = aws.Bool(true) },
			[]string{"available", "modifying", "available"}, func(db types.DBInstance) bool { return *db.MultiAZ && db.SecondaryAvailabilityZone != nil }},
		{"Performance Insights", func(in *sdk.ModifyDBInstanceInput) { in.EnablePerformanceInsights = aws.Bool(true) },
			[]string{"available", "modifying", "available"}, func(db types.DBInstance) bool { return *db.PerformanceInsightsRetentionPeriod == 7 }},
		{"a certificate, without a restart", func(in *sdk.ModifyDBInstanceInput) { in.CACertificateIdentifier = aws.String("rds-ca-rsa4096-g1") },
			[]string{"available", "modifying", "available"}, func(db types.DBInstance) bool { return *db.CertificateDetails.CAIdentifier == "rds-ca-rsa4096-g1" }},
		{"a minor version", func(in *sdk.ModifyDBInstanceInput) { in.EngineVersion = aws.String("16.10") },
			[]string{"available", "upgrading", "available"}, func(db types.DBInstance) bool { return *db.EngineVersion == "16.10" }},
		{"a major version", func(in *sdk.ModifyDBInstanceInput) {
			in.EngineVersion, in.AllowMajorVersionUpgrade = aws.String("17"), aws.Bool(true)
		}, []string{"available", "upgrading", "available"}, func(db types.DBInstance) bool {
			return *db.EngineVersion == "17.5" && *db.DBParameterGroups[0].DBParameterGroupName == "default.postgres17"
		}},
		{"backups off", func(in *sdk.ModifyDBInstanceInput) { in.BackupRetentionPeriod = aws.Int32(0) },
			[]string{"available", "modifying", "available"}, func(db types.DBInstance) bool { return db.LatestRestorableTime == nil }},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			l.create("db")
			l.modify("db", test.edit)
			if got := l.statuses("db", time.Hour); !slices.Equal(got, test.want) {
				t.Errorf("statuses %v, want %v", got, test.want)
			}
			if db := l.read("db"); test.passed != nil && !test.passed(db) {
				t.Errorf("not changed: %+v", db)
			}
		})
	}
}

func TestModifyRefuses(t *testing.T) {
	l := newLab(t)
	l.create("db")
	l.create("other")
	for _, test := range []struct {
		name, code, text string
		edit             func(*sdk.ModifyDBInstanceInput)
	}{
		{"nothing", "InvalidParameterCombination", "No modifications were requested", func(*sdk.ModifyDBInstanceInput) {}},
		{"less storage", "InvalidParameterCombination", "cannot be reduced", func(in *sdk.ModifyDBInstanceInput) { in.AllocatedStorage = aws.Int32(50) }},
		{"an older version", "InvalidParameterCombination", "Cannot upgrade postgres from 16.9 to 16.8", func(in *sdk.ModifyDBInstanceInput) { in.EngineVersion = aws.String("16.8") }},
		{"a major version by accident", "InvalidParameterCombination", "AllowMajorVersionUpgrade", func(in *sdk.ModifyDBInstanceInput) { in.EngineVersion = aws.String("17.6") }},
		{"a name that is taken", "DBInstanceAlreadyExists", "", func(in *sdk.ModifyDBInstanceInput) { in.NewDBInstanceIdentifier = aws.String("other") }},
		{"a port too low", "InvalidParameterValue", "port", func(in *sdk.ModifyDBInstanceInput) { in.DBPortNumber = aws.Int32(80) }},
		{"the subnet group of the same VPC", "DBSubnetGroupNotFoundFault", "", func(in *sdk.ModifyDBInstanceInput) { in.DBSubnetGroupName = aws.String("none") }},
		{"a retention too long", "InvalidParameterValue", "retention", func(in *sdk.ModifyDBInstanceInput) { in.BackupRetentionPeriod = aws.Int32(36) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			l.T = t
			l.refuseModify("db", test.code, test.text, test.edit)
		})
	}
}

func TestVersionPrefixIsNoUpgrade(t *testing.T) {
	l := newLab(t)
	l.create("db", func(in *sdk.CreateDBInstanceInput) { in.EngineVersion = aws.String("16.10") })
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) { in.EngineVersion = aws.String("16") })
	if got := l.statuses("db", time.Minute); !slices.Equal(got, []string{"available"}) {
		t.Errorf("statuses %v", got)
	}
}

func TestMajorUpgradeNeedsAGroupForACustomOne(t *testing.T) {
	l := newLab(t)
	l.parameterGroup("custom", "postgres16")
	l.parameterGroup("custom17", "postgres17")
	l.create("db", func(in *sdk.CreateDBInstanceInput) { in.DBParameterGroupName = aws.String("custom") })
	l.refuseModify("db", "InvalidParameterCombination", "parameter group custom is custom", func(in *sdk.ModifyDBInstanceInput) {
		in.EngineVersion, in.AllowMajorVersionUpgrade = aws.String("17"), aws.Bool(true)
	})
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) {
		in.EngineVersion, in.AllowMajorVersionUpgrade = aws.String("17"), aws.Bool(true)
		in.DBParameterGroupName = aws.String("custom17")
	})
	simtest.Refused(t, l.DeleteDBParameterGroup, &sdk.DeleteDBParameterGroupInput{DBParameterGroupName: aws.String("custom17")}, "InvalidDBParameterGroupState", "")
	l.pass(time.Hour)
	if db := l.read("db"); *db.DBParameterGroups[0].DBParameterGroupName != "custom17" || *db.DBParameterGroups[0].ParameterApplyStatus != "in-sync" {
		t.Errorf("group %v", db.DBParameterGroups[0])
	}
}

func TestCertificateWaitsForTheNextReboot(t *testing.T) {
	l := newLab(t)
	l.create("db", func(in *sdk.CreateDBInstanceInput) {
		in.Engine, in.EngineVersion = aws.String("mariadb"), aws.String("11.4")
	})
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) {
		in.CACertificateIdentifier, in.CertificateRotationRestart = aws.String("rds-ca-ecc384-g1"), aws.Bool(false)
	})
	l.pass(10 * time.Minute)
	if pending := l.expect("db", "available").PendingModifiedValues.CACertificateIdentifier; aws.ToString(pending) != "rds-ca-ecc384-g1" {
		t.Fatalf("pending certificate %v", pending)
	}
	simtest.Do(t, l.RebootDBInstance, &sdk.RebootDBInstanceInput{DBInstanceIdentifier: aws.String("db")})
	l.pass(5 * time.Minute)
	if db := l.read("db"); *db.CACertificateIdentifier != "rds-ca-ecc384-g1" || db.PendingModifiedValues.CACertificateIdentifier != nil {
		t.Errorf("certificate %s", *db.CACertificateIdentifier)
	}
}

func TestRename(t *testing.T) {
	l := newLab(t)
	before := l.create("db", func(in *sdk.CreateDBInstanceInput) {
		in.Tags = []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
	})
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) { in.NewDBInstanceIdentifier = aws.String("New") })
	l.pass(5 * time.Minute)
	simtest.Refused(t, l.DescribeDBInstances, &sdk.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String("db")}, "DBInstanceNotFound", "")
	if db := l.read("new"); *db.DbiResourceId != *before.DbiResourceId || *db.DBInstanceArn == *before.DBInstanceArn || len(db.TagList) != 1 {
		t.Errorf("renamed: %s %s %v", *db.DbiResourceId, *db.DBInstanceArn, db.TagList)
	}
}

func TestFailedModificationFallsBack(t *testing.T) {
	l := newLab(t)
	l.create("db")
	if err := l.FailModification("db", "insufficient instance capacity"); err != nil {
		t.Fatal(err)
	}
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) { in.DBInstanceClass = aws.String("db.m6g.large") })
	l.pass(20 * time.Minute)
	db := l.expect("db", "available")
	if *db.DBInstanceClass != "db.t4g.medium" || db.PendingModifiedValues.DBInstanceClass != nil || !l.happened("insufficient instance capacity") {
		t.Errorf("class %s, pending %v", *db.DBInstanceClass, db.PendingModifiedValues)
	}
}
