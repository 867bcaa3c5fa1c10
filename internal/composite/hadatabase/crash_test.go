package hadatabase_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// sample is at one in how many calls the long scenarios are disturbed by default.
const sample = 20

// scenario is one of the configuration with everything. What a destroy leaves can be
// restored, and is there once for each database that there ever was.
func scenario(before, after map[string]string) acctest.Scenario {
	return acctest.Scenario{Dir: "testdata/full", Before: before, After: after, Prepare: acctest.PrepareVPC, Leaves: left, Sample: sample, Finally: checkSnapshots}
}

func checkSnapshots(t *testing.T, lab *acctest.Lab) {
	t.Helper()
	out, err := awsapi.RDS(lab.Clients(t)).DescribeDBSnapshots(t.Context(), &rds.DescribeDBSnapshotsInput{})
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]string{}
	for _, snapshot := range out.DBSnapshots {
		checkSnapshot(t, of, snapshot.DbiResourceId, snapshot.DBSnapshotIdentifier, snapshot.Status)
	}
}

// checkSnapshot: a snapshot can be restored, and is the only one of its database or
// cluster; of holds those seen before.
func checkSnapshot(t *testing.T, of map[string]string, resource, id, status *string) {
	t.Helper()
	if *status != "available" {
		t.Errorf("snapshot %s is %s", *id, *status)
	}
	if other := of[*resource]; other != "" {
		t.Errorf("%s left %s and %s", *resource, other, *id)
	}
	of[*resource] = *id
}

func TestCrashDuringCreate(t *testing.T) {
	acctest.Crash(t, scenario(nil, map[string]string{}))
}

// TestCrashDuringModify changes what takes long: class, storage, standby, version,
// and parameters with a reboot.
func TestCrashDuringModify(t *testing.T) {
	acctest.Crash(t, scenario(map[string]string{}, map[string]string{"instance_class": "db.r6g.large", "allocated_storage": "40",
		"engine_version": `"16.10"`, "availability_mode": "single_az", "read_replicas": "null", "parameters": `{ shared_buffers = "32768" }`,
		"allow_reboot": "true", "master_password_wo_version": "2", "deletion_protection": "false"}))
}

// TestCrashDuringFailOver disturbs a reboot with a fail-over.
func TestCrashDuringFailOver(t *testing.T) {
	acctest.Crash(t, scenario(map[string]string{"allow_reboot": "true"}, map[string]string{"allow_reboot": "true", "parameters": `{ shared_buffers = "32768" }`}))
}

// TestCrashDuringUpgrade swaps the parameter group.
func TestCrashDuringUpgrade(t *testing.T) {
	before := map[string]string{"read_replicas": "null"}
	acctest.Crash(t, scenario(before, map[string]string{"read_replicas": "null", "engine_version": `"17"`}))
}

func TestCrashDuringDestroy(t *testing.T) {
	acctest.Crash(t, scenario(map[string]string{}, nil))
}
