package hadatabase_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// clusterScenario is one of a cluster's configuration.
func clusterScenario(dir string, before, after map[string]string) acctest.Scenario {
	return acctest.Scenario{Dir: dir, Before: before, After: after, Prepare: acctest.PrepareVPC, Leaves: left, Sample: sample, Finally: checkClusterSnapshots}
}

// checkClusterSnapshots: each cluster that is gone has left one snapshot, which can be
// restored.
func checkClusterSnapshots(t *testing.T, lab *acctest.Lab) {
	t.Helper()
	out, err := awsapi.RDS(lab.Clients(t)).DescribeDBClusterSnapshots(t.Context(), &rds.DescribeDBClusterSnapshotsInput{})
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]string{}
	for _, snapshot := range out.DBClusterSnapshots {
		checkSnapshot(t, of, snapshot.DbClusterResourceId, snapshot.DBClusterSnapshotIdentifier, snapshot.Status)
	}
}

func TestCrashDuringCreateOfACluster(t *testing.T) {
	acctest.Crash(t, clusterScenario("testdata/cluster", nil, map[string]string{}))
}

func TestCrashDuringCreateOfAurora(t *testing.T) {
	acctest.Crash(t, clusterScenario("testdata/aurora", nil, map[string]string{}))
}

// TestCrashDuringChangeOfACluster changes what takes long, and swaps the parameter group.
func TestCrashDuringChangeOfACluster(t *testing.T) {
	acctest.Crash(t, clusterScenario("testdata/cluster", map[string]string{}, map[string]string{"instance_class": "db.r6g.large",
		"allocated_storage": "200", "engine_version": `"17"`, "backup_retention_days": "7", "deletion_protection": "false"}))
}

// TestCrashDuringChangeOfAurora replaces no server for another class, adds one, and
// alarms.
func TestCrashDuringChangeOfAurora(t *testing.T) {
	acctest.Crash(t, clusterScenario("testdata/aurora", map[string]string{}, map[string]string{"instance_class": "db.r7g.large",
		"reader_count": "3", "engine_version": `"17"`, "alarm_actions": pager}))
}

// TestCrashDuringAFailOverOfACluster kills an apply before and after its first call,
// while another server becomes the writer.
func TestCrashDuringAFailOverOfACluster(t *testing.T) {
	for mode := range clusters {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, after the call: %t", mode, after), func(t *testing.T) {
				inTier(t, func(t *testing.T, lab *acctest.Lab) {
					dir, changed := "testdata/"+mode, map[string]string{"instance_class": "db.r7g.large", "backup_retention_days": "7"}
					lab.MustApply(t, dir, nil)
					endpoint := attribute(lab, "endpoint")
					do(t, lab, func(r control) error { return r.FailOver(attribute(lab, "identifier")) })
					revive := lab.KillAt(1, after)
					err := lab.Apply(t.Context(), dir, changed)
					if !revive() {
						t.Fatalf("the apply was not killed: %v", err)
					}
					lab.MustApply(t, dir, changed)
					if now := attribute(lab, "endpoint"); now != endpoint {
						t.Errorf("the endpoint %s has become %s", endpoint, now)
					}
					if err := lab.Destroy(t.Context(), dir, changed); err != nil {
						t.Fatal(err)
					}
					checkClusterSnapshots(t, lab)
				})
			})
		}
	}
}

func TestCrashDuringDestroyOfACluster(t *testing.T) {
	acctest.Crash(t, clusterScenario("testdata/cluster", map[string]string{}, nil))
}

func TestCrashDuringDestroyOfAurora(t *testing.T) {
	acctest.Crash(t, clusterScenario("testdata/aurora", map[string]string{}, nil))
}

// TestCrashDuringBlueGreen disturbs an upgrade from the first call to the removal of
// the old database.
func TestCrashDuringBlueGreen(t *testing.T) {
	s := clusterScenario("testdata/blue-green", map[string]string{}, map[string]string{"engine_version": `"17"`})
	s.Finally = nil
	acctest.Crash(t, s)
}
