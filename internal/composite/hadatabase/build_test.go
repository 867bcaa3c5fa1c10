package hadatabase

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
	"github.com/webtier/terraform-provider-webtier/internal/stacktest"
)

var testEnv = composite.Env{Stack: stack.ID{Type: "ha_database", Name: "shop"}, Tags: map[string]string{"team": "x"},
	Region: "eu-west-1", Account: "123456789012", Partition: "aws"}

// testModel is a database with the defaults, as resolve leaves it.
func testModel(change func(m *Model)) *Model {
	m := &Model{Engine: types.StringValue("postgres"), EngineVersion: types.StringValue("16"), InstanceClass: types.StringValue("db.m7g.large"),
		AvailabilityMode: types.StringValue(modeInstance), SubnetIDs: composite.StringSet([]string{"subnet-1", "subnet-2"}),
		AllocatedStorage: types.Int32Value(20), MaxAllocatedStorage: types.Int32Value(80),
		Storage:  composite.Encode(storageTypes, storage{Type: types.StringValue("gp3")}),
		Username: types.StringValue("dbadmin"), Port: types.Int32Value(5432), AllowedSecurityGroupIDs: composite.StringSet([]string{"sg-9"}),
		Parameters: composite.StringMapValue(map[string]string{"work_mem": "8192"}), StaticParameters: composite.StringSet(nil),
		BackupRetentionDays: types.Int32Value(14), BackupWindow: types.StringValue("03:00-03:30"), MaintenanceWindow: types.StringValue("sun:04:00-sun:04:30"),
		ApplyChanges: types.StringValue(applyInWindow), UpgradeStrategy: types.StringValue(upgradeInPlace), RestoreFrom: types.ObjectNull(restoreTypes),
		PerformanceInsights: types.BoolValue(true), LogExports: composite.StringSet([]string{"postgresql", "upgrade"}), IAMAuthentication: types.BoolValue(true),
		ReadReplicas: types.MapNull(replicaType), AlarmActions: composite.StringSet(nil),
		VPCID: types.StringValue("vpc-1"), Zones: composite.StringList([]string{"eu-west-1a", "eu-west-1b", "eu-west-1c"})}
	m.DeletionProtection = types.BoolValue(true)
	if change != nil {
		change(m)
	}
	return m
}

// told has a topic and something else told of problems.
func told(m *Model) {
	m.AlarmActions = composite.StringSet([]string{"arn:aws:sns:eu-west-1:123456789012:pager", "arn:aws:ssm:eu-west-1:123456789012:opsitem:2"})
}

func TestBuild(t *testing.T) {
	tests := map[string]*Model{
		"defaults": testModel(nil),
		"instance": testModel(func(m *Model) {
			told(m)
			m.InstanceClass, m.MasterPasswordVersion = types.StringValue("db.t4g.medium"), types.Int64Value(3)
			m.Parameters = composite.StringMapValue(map[string]string{"max_connections": "200", "shared_buffers": "65536"})
			m.StaticParameters, m.AllowReboot = composite.StringSet([]string{"max_connections", "shared_buffers"}), types.BoolValue(true)
			m.ReadReplicas = types.MapValueMust(replicaType, map[string]attr.Value{"reports": encodeReplica(replica{MultiAZ: types.BoolValue(false)})})
			m.UpgradeStrategy, m.ApplyChanges = types.StringValue(upgradeBlueGreen), types.StringValue(applyNow)
		}),
		"cluster": testModel(func(m *Model) {
			told(m)
			m.AvailabilityMode, m.MaxAllocatedStorage = types.StringValue(modeCluster), types.Int32Value(0)
			m.RestoreFrom = composite.Encode(restoreTypes, restore{Snapshot: types.StringValue("old")})
		}),
		"aurora": testModel(func(m *Model) {
			told(m)
			m.Engine, m.EngineVersion, m.AvailabilityMode, m.ReaderCount = types.StringValue("mysql"), types.StringValue("8.0"), types.StringValue(modeAurora), types.Int32Value(1)
			m.AllocatedStorage, m.MaxAllocatedStorage, m.Port = types.Int32Null(), types.Int32Value(0), types.Int32Value(3306)
			m.KMSKeyID, m.DatabaseName = types.StringValue("arn:aws:kms:eu-west-1:123456789012:key/1"), types.StringValue("shop")
		}),
	}
	for name, m := range tests {
		t.Run(name, func(t *testing.T) { stacktest.Golden(t, name, build(m, testEnv)) })
	}
}

func TestFindings(t *testing.T) {
	tests := []struct {
		name   string
		change func(m *Model)
		want   string
	}{
		{"one zone", func(m *Model) { m.AvailabilityMode = types.StringValue(modeSingle) }, "WT-AZ-20"},
		{"one server", func(m *Model) {
			m.AvailabilityMode, m.ReaderCount = types.StringValue(modeAurora), types.Int32Value(0)
		}, "WT-AZ-21"},
		{"few backups", func(m *Model) { m.BackupRetentionDays = types.Int32Value(3) }, "WT-DB-01"},
		{"a disk that fills up", func(m *Model) { m.MaxAllocatedStorage = types.Int32Value(0) }, "WT-DB-02"},
		{"unprotected", func(m *Model) { m.DeletionProtection = types.BoolValue(false) }, "WT-DB-03"},
		{"nothing to say", nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			for _, finding := range findings(testModel(test.change)) {
				got += finding.ID
			}
			if got != test.want {
				t.Errorf("findings %q, want %q", got, test.want)
			}
		})
	}
}

// TestConsequences: a plan says what a change does to those who use the database.
func TestConsequences(t *testing.T) {
	alone := func(m *Model) {
		m.AvailabilityMode, m.ApplyChanges = types.StringValue(modeSingle), types.StringValue(applyNow)
	}
	readerless := func(m *Model) {
		m.AvailabilityMode, m.ReaderCount, m.ApplyChanges = types.StringValue(modeAurora), types.Int32Value(0), types.StringValue(applyNow)
	}
	tests := []struct {
		part, path string
		change     func(m *Model)
		want       string
	}{
		{"role/monitoring", "class", nil, ""},
		{"instance", "tags.team", nil, ""},
		{"instance", "class", nil, "fails over, about a minute without connections, in the maintenance window sun:04:00-sun:04:30"},
		{"instance", "class", alone, "down for some minutes, now"},
		{"server/1", "instance_class", readerless, "down for some minutes, now"},
		{"replica/reports", "port", alone, "restarts now, whatever apply_changes says"},
		{"instance", "static_parameters", nil, "reboots now with a fail-over, about a minute without connections"},
		{"instance", "static_parameters", alone, "reboots now, some minutes without connections"},
		{"instance", "pending", nil, "makes now what waits for the maintenance window"},
		{"instance", "throughput", alone, "no downtime, now"},
	}
	for _, test := range tests {
		if got := consequence(testModel(test.change), test.part, stack.Diff{{Path: test.path, Have: "1", Want: "2"}}); got != test.want {
			t.Errorf("%s of %s: %q, want %q", test.path, test.part, got, test.want)
		}
	}
}
