package rds_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

func TestCreateInstanceGoesThroughItsStatuses(t *testing.T) {
	l := newLab(t)
	out := simtest.Do(t, l.CreateDBInstance, request("Web-DB", multiAZ, func(in *sdk.CreateDBInstanceInput) {
		in.Tags = []types.Tag{{Key: aws.String("webtier:part"), Value: aws.String("database")}}
		in.MonitoringInterval, in.MonitoringRoleArn = aws.Int32(60), aws.String("arn:aws:iam::123456789012:role/monitoring")
	})).DBInstance
	if *out.DBInstanceIdentifier != "web-db" || out.Endpoint != nil || *out.DBInstanceStatus != "creating" {
		t.Fatalf("new instance: %s, endpoint %v, %s", *out.DBInstanceIdentifier, out.Endpoint, *out.DBInstanceStatus)
	}
	want := []string{"creating", "backing-up", "configuring-enhanced-monitoring", "available"}
	if got := l.statuses("web-db", 20*time.Minute); !slices.Equal(got, want) {
		t.Fatalf("statuses %v, want %v", got, want)
	}
	db := l.read("WEB-DB")
	if *db.EngineVersion != "16.9" || *db.Iops != 3000 || *db.StorageType != "gp3" || *db.DBParameterGroups[0].DBParameterGroupName != "default.postgres16" {
		t.Errorf("completed settings: %s %d %s %s", *db.EngineVersion, *db.Iops, *db.StorageType, *db.DBParameterGroups[0].DBParameterGroupName)
	}
	if db.SecondaryAvailabilityZone == nil || *db.SecondaryAvailabilityZone == *db.AvailabilityZone {
		t.Errorf("zones %s and %v", *db.AvailabilityZone, db.SecondaryAvailabilityZone)
	}
	if !strings.HasPrefix(*db.Endpoint.Address, "web-db.") || *db.Endpoint.Port != 5432 || db.LatestRestorableTime == nil || len(db.TagList) != 1 {
		t.Errorf("endpoint %s, restorable %v, tags %v", *db.Endpoint.Address, db.LatestRestorableTime, db.TagList)
	}
	if got := l.Inventory(); !slices.Contains(got, "rds instance web-db database") {
		t.Errorf("inventory %v", got)
	}
	raw, err := json.Marshal(db)
	if err != nil || strings.Contains(string(raw), password) {
		t.Errorf("the password shows: %s, %v", raw, err)
	}
}

func TestCreateInstanceRefuses(t *testing.T) {
	l := newLab(t)
	foreign := l.securityGroup(l.otherVPC, "foreign")
	l.create("taken")
	for _, test := range []struct {
		name, code, text string
		edit             func(*sdk.CreateDBInstanceInput)
	}{
		{"a name that is taken, in another case", "DBInstanceAlreadyExists", "", func(in *sdk.CreateDBInstanceInput) { in.DBInstanceIdentifier = aws.String("Taken") }},
		{"a name with two hyphens", "InvalidParameterValue", "not a valid identifier", func(in *sdk.CreateDBInstanceInput) { in.DBInstanceIdentifier = aws.String("a--b") }},
		{"a zone for Multi-AZ", "InvalidParameterCombination", "Multi-AZ", func(in *sdk.CreateDBInstanceInput) {
			in.MultiAZ, in.AvailabilityZone = aws.Bool(true), aws.String("eu-west-1a")
		}},
		{"what is no class", "InvalidParameterValue", "class", func(in *sdk.CreateDBInstanceInput) { in.DBInstanceClass = aws.String("large") }},
		{"a class that is not orderable", "InvalidParameterCombination", "RDS does not support creating a DB instance with the following combination",
			func(in *sdk.CreateDBInstanceInput) { in.DBInstanceClass = aws.String("db.x9.large") }},
		{"another engine's license", "InvalidParameterCombination", "RDS does not support creating a DB instance with the following combination",
			func(in *sdk.CreateDBInstanceInput) { in.LicenseModel = aws.String("general-public-license") }},
		{"an unknown version", "InvalidParameterCombination", "Cannot find version 99", func(in *sdk.CreateDBInstanceInput) { in.EngineVersion = aws.String("99") }},
		{"IOPS on a small gp3 volume", "InvalidParameterCombination", "less than 400", func(in *sdk.CreateDBInstanceInput) {
			in.StorageType, in.Iops = aws.String("gp3"), aws.Int32(3000)
		}},
		{"io1 without IOPS", "InvalidParameterCombination", "Iops", func(in *sdk.CreateDBInstanceInput) { in.StorageType = aws.String("io1") }},
		{"a magnetic volume", "StorageTypeNotSupported", "", func(in *sdk.CreateDBInstanceInput) { in.StorageType = aws.String("standard") }},
		{"a ceiling close to the size", "InvalidParameterCombination", "Invalid max storage size", func(in *sdk.CreateDBInstanceInput) { in.MaxAllocatedStorage = aws.Int32(105) }},
		{"an unknown key", "KMSKeyNotAccessibleFault", "", func(in *sdk.CreateDBInstanceInput) {
			in.StorageEncrypted, in.KmsKeyId = aws.Bool(true), aws.String("alias/none")
		}},
		{"two ways to a password", "InvalidParameterCombination", "ManageMasterUserPassword", func(in *sdk.CreateDBInstanceInput) { in.ManageMasterUserPassword = aws.Bool(true) }},
		{"a bad password", "InvalidParameterValue", "Only printable ASCII", func(in *sdk.CreateDBInstanceInput) { in.MasterUserPassword = aws.String("with/a/slash") }},
		{"a reserved user", "InvalidParameterValue", "reserved word", func(in *sdk.CreateDBInstanceInput) { in.MasterUsername = aws.String("admin") }},
		{"an unknown subnet group", "DBSubnetGroupNotFoundFault", "", func(in *sdk.CreateDBInstanceInput) { in.DBSubnetGroupName = aws.String("none") }},
		{"a security group of another VPC", "InvalidVPCNetworkStateFault", "different VPCs", func(in *sdk.CreateDBInstanceInput) { in.VpcSecurityGroupIds = []string{foreign} }},
		{"public access without a gateway", "InvalidVPCNetworkStateFault", "internet gateway", func(in *sdk.CreateDBInstanceInput) { in.PubliclyAccessible = aws.Bool(true) }},
		{"another family's parameter group", "InvalidParameterCombination", "DBParameterGroupFamily", func(in *sdk.CreateDBInstanceInput) { in.DBParameterGroupName = aws.String("default.postgres15") }},
		{"an unknown parameter group", "DBParameterGroupNotFound", "", func(in *sdk.CreateDBInstanceInput) { in.DBParameterGroupName = aws.String("none") }},
		{"monitoring without a role", "InvalidParameterCombination", "MonitoringRoleARN", func(in *sdk.CreateDBInstanceInput) { in.MonitoringInterval = aws.Int32(60) }},
		{"overlapping windows", "InvalidParameterValue", "must not overlap", func(in *sdk.CreateDBInstanceInput) {
			in.PreferredBackupWindow, in.PreferredMaintenanceWindow = aws.String("03:00-04:00"), aws.String("sun:03:30-sun:04:30")
		}},
		{"an unknown certificate", "CertificateNotFound", "", func(in *sdk.CreateDBInstanceInput) { in.CACertificateIdentifier = aws.String("rds-ca-2019") }},
		{"Performance Insights on a class without", "InvalidParameterCombination", "Performance Insights", func(in *sdk.CreateDBInstanceInput) {
			in.Engine, in.EngineVersion, in.DBInstanceClass = aws.String("mysql"), aws.String("8.0"), aws.String("db.t4g.micro")
			in.EnablePerformanceInsights = aws.Bool(true)
		}},
		{"a feature that is not simulated", "NotImplemented", "Domain", func(in *sdk.CreateDBInstanceInput) { in.Domain = aws.String("d-1") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			simtest.Refused(t, l.CreateDBInstance, request("fresh", test.edit), test.code, test.text)
			if len(l.interfaces()) != 1 || len(l.secrets.made) != 0 {
				t.Errorf("something was left: %v, %v", l.interfaces(), l.secrets.made)
			}
		})
	}
}

func TestInterfacesOutliveTheInstance(t *testing.T) {
	l := newLab(t)
	l.create("db", multiAZ, func(in *sdk.CreateDBInstanceInput) { in.VpcSecurityGroupIds = l.groups[:1] })
	if got := l.interfaces(); len(got) != 2 || !strings.HasPrefix(got[0], "RDSNetworkInterface ") {
		t.Fatalf("interfaces %v", got)
	}
	l.delete("db")
	l.pass(6 * time.Minute)
	simtest.Refused(t, l.DescribeDBInstances, &sdk.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String("db")}, "DBInstanceNotFound", "")
	simtest.Refused(t, l.ec2.DeleteSecurityGroup, &ec2sdk.DeleteSecurityGroupInput{GroupId: &l.groups[0]}, "DependencyViolation", "")
	l.pass(3 * time.Minute)
	simtest.Do(t, l.ec2.DeleteSecurityGroup, &ec2sdk.DeleteSecurityGroupInput{GroupId: &l.groups[0]})
}

func TestDescribeInstancesByFilter(t *testing.T) {
	l := newLab(t)
	db := l.create("one")
	l.create("two")
	for _, test := range []struct {
		name, filter string
		values       []string
		want         int
	}{
		{"identifiers, unknown ones absent", "db-instance-id", []string{"one", "none"}, 1},
		{"an ARN", "db-instance-id", []string{*db.DBInstanceArn}, 1},
		{"a resource id", "dbi-resource-id", []string{*db.DbiResourceId}, 1},
		{"an engine", "engine", []string{"postgres"}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := simtest.Do(t, l.DescribeDBInstances, &sdk.DescribeDBInstancesInput{Filters: []types.Filter{{Name: &test.filter, Values: test.values}}})
			if len(out.DBInstances) != test.want {
				t.Errorf("%d instances, want %d", len(out.DBInstances), test.want)
			}
		})
	}
	simtest.Refused(t, l.DescribeDBInstances, &sdk.DescribeDBInstancesInput{Filters: []types.Filter{{Name: aws.String("name"), Values: []string{"x"}}}},
		"InvalidParameterValue", "Unrecognized filter name")
}

func TestFailCreation(t *testing.T) {
	l := newLab(t)
	l.FailCreation("db", "incompatible-network")
	simtest.Do(t, l.CreateDBInstance, request("db"))
	l.pass(time.Hour)
	l.expect("db", "incompatible-network")
	if !l.happened("creation failed") {
		t.Error("no event tells why")
	}
	l.delete("db")
}

func TestRebootWithFailover(t *testing.T) {
	l := newLab(t)
	before := l.create("db", multiAZ)
	simtest.Do(t, l.RebootDBInstance, &sdk.RebootDBInstanceInput{DBInstanceIdentifier: aws.String("db"), ForceFailover: aws.Bool(true)})
	l.expect("db", "rebooting")
	l.pass(2 * time.Minute)
	if db := l.expect("db", "available"); *db.AvailabilityZone != *before.AvailabilityZone {
		t.Errorf("the zones are swapped at once: %s", *db.AvailabilityZone)
	}
	l.pass(3 * time.Minute)
	if db := l.read("db"); *db.AvailabilityZone != *before.SecondaryAvailabilityZone || !l.happened("failover completed") {
		t.Errorf("zone %s, was secondary %s", *db.AvailabilityZone, *before.SecondaryAvailabilityZone)
	}
}

func TestForceFailoverNeedsAStandby(t *testing.T) {
	l := newLab(t)
	l.create("db")
	simtest.Refused(t, l.RebootDBInstance, &sdk.RebootDBInstanceInput{DBInstanceIdentifier: aws.String("db"), ForceFailover: aws.Bool(true)},
		"InvalidParameterCombination", "ForceFailover")
}

func TestStoppedInstanceStartsAfterAWeek(t *testing.T) {
	l := newLab(t)
	l.create("db")
	simtest.Do(t, l.StopDBInstance, &sdk.StopDBInstanceInput{DBInstanceIdentifier: aws.String("db")})
	l.pass(6 * time.Minute)
	l.expect("db", "stopped")
	l.refuseModify("db", "InvalidDBInstanceState", "Try your request later", func(in *sdk.ModifyDBInstanceInput) { in.DeletionProtection = aws.Bool(true) })
	simtest.Do(t, l.StartDBInstance, &sdk.StartDBInstanceInput{DBInstanceIdentifier: aws.String("db")})
	l.pass(6 * time.Minute)
	l.expect("db", "available")
	simtest.Refused(t, l.StartDBInstance, &sdk.StartDBInstanceInput{DBInstanceIdentifier: aws.String("db")}, "InvalidDBInstanceState", "")
	simtest.Do(t, l.StopDBInstance, &sdk.StopDBInstanceInput{DBInstanceIdentifier: aws.String("db")})
	l.pass(7*24*time.Hour + 20*time.Minute)
	l.expect("db", "available")
	if len(l.Events()) == 0 {
		t.Error("nothing tells that it started by itself")
	}
}

func TestManagedPassword(t *testing.T) {
	l := newLab(t)
	db := l.create("db", func(in *sdk.CreateDBInstanceInput) {
		in.MasterUserPassword, in.ManageMasterUserPassword = nil, aws.Bool(true)
	})
	if *db.MasterUserSecret.SecretStatus != "active" || len(l.secrets.made) != 1 || l.secrets.made[0] != *db.DBInstanceArn {
		t.Fatalf("secret %v, made %v", db.MasterUserSecret, l.secrets.made)
	}
	l.refuseModify("db", "InvalidParameterCombination", "", func(in *sdk.ModifyDBInstanceInput) { in.ManageMasterUserPassword = aws.Bool(false) })
	simtest.Refused(t, l.CreateDBInstanceReadReplica, &sdk.CreateDBInstanceReadReplicaInput{DBInstanceIdentifier: aws.String("copy"),
		SourceDBInstanceIdentifier: aws.String("db")}, "InvalidParameterCombination", "Secrets Manager")
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) { in.RotateMasterUserPassword = aws.Bool(true) })
	if *l.read("db").MasterUserSecret.SecretStatus != "rotating" || len(l.secrets.rotated) != 1 {
		t.Error("the secret does not rotate")
	}
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) {
		in.ManageMasterUserPassword, in.MasterUserPassword = aws.Bool(false), aws.String(password)
	})
	if pending := l.read("db").PendingModifiedValues; *pending.MasterUserPassword != "****" {
		t.Errorf("pending password %q", *pending.MasterUserPassword)
	}
	l.pass(5 * time.Minute)
	if l.expect("db", "available").MasterUserSecret != nil || len(l.secrets.deleted) != 1 {
		t.Error("the secret is still there")
	}
}
