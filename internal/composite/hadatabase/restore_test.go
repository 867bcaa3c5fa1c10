package hadatabase_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

// from is restore_from with a snapshot.
func from(snapshot string) string {
	return fmt.Sprintf(`{ snapshot_identifier = "%s", source_identifier = null, time = null }`, snapshot)
}

// TestRestoreIsForTheCreateOnly: from the final snapshot, and later without a
// difference.
func TestRestoreIsForTheCreateOnly(t *testing.T) {
	for mode, test := range modes {
		t.Run(mode, func(t *testing.T) {
			inTier(t, func(t *testing.T, lab *acctest.Lab) {
				lab.MustApply(t, test.dir, test.variables)
				snapshot := attribute(lab, "final_snapshot_identifier")
				if err := lab.Destroy(t.Context(), test.dir, test.variables); err != nil {
					t.Fatal(err)
				}
				without := with(test.variables, "backup_retention_days", "9")
				restored := with(without, "restore_from", from(snapshot))
				lab.MustApply(t, test.dir, restored)
				lab.MustPlanEmpty(t, test.dir, without)
				if attribute(lab, "secret_arn") == "" {
					t.Error("the restored database has no managed password")
				}
			})
		})
	}
}

// TestBackupsThatDoNotFit are refused in the plan.
func TestBackupsThatDoNotFit(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/change", nil)
		snapshot := attribute(lab, "final_snapshot_identifier")
		if err := lab.Destroy(t.Context(), "testdata/change", nil); err != nil {
			t.Fatal(err)
		}
		_, err := lab.Plan(t.Context(), "testdata/change", map[string]string{"restore_from": from(snapshot), "username": "other"})
		acctest.MustSay(t, err, "Backup with another master user", `username = "dbadmin"`)
		_, err = lab.Plan(t.Context(), "testdata/aurora", map[string]string{"restore_from": from(snapshot)})
		acctest.MustSay(t, err, "Nothing to restore", "named by its ARN")
		arn := "arn:aws:rds:eu-west-1:123456789012:snapshot:" + snapshot
		_, err = lab.Plan(t.Context(), "testdata/aurora", map[string]string{"restore_from": from(arn), "engine": "mysql", "engine_version": `"8.0"`})
		acctest.MustSay(t, err, "Backup of another engine", "It was made of postgres")
	})
}

// TestAnInstanceBecomesACluster by its snapshot, the only way that AWS has.
func TestAnInstanceBecomesACluster(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/change", nil)
		snapshot := attribute(lab, "final_snapshot_identifier")
		if err := lab.Destroy(t.Context(), "testdata/change", nil); err != nil {
			t.Fatal(err)
		}
		for _, dir := range []string{"testdata/aurora", "testdata/cluster"} {
			restored := map[string]string{"restore_from": from("arn:aws:rds:eu-west-1:123456789012:snapshot:" + snapshot)}
			lab.MustApply(t, dir, restored)
			if err := lab.Destroy(t.Context(), dir, restored); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestAReplacementDoesNotBringAnOldBackupBack: what the first database was made from,
// and the configuration names no more, is not what the next one is made from.
func TestAReplacementDoesNotBringAnOldBackupBack(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/change", nil)
		snapshot := attribute(lab, "final_snapshot_identifier")
		if err := lab.Destroy(t.Context(), "testdata/change", nil); err != nil {
			t.Fatal(err)
		}
		restored := map[string]string{"restore_from": from(snapshot)}
		lab.MustApply(t, "testdata/change", restored)
		old := attribute(lab, "identifier")
		replaced := map[string]string{"username": "owner", "allow_replacement_from": old}
		_, err := lab.Plan(t.Context(), "testdata/change", with(replaced, "restore_from", from(snapshot)))
		acctest.MustSay(t, err, "Backup with another master user", `username = "dbadmin"`)
		lab.MustApply(t, "testdata/change", nil)
		plan, err := lab.Plan(t.Context(), "testdata/change", replaced)
		if err != nil || !strings.Contains(plan.String(), "; a new, empty database") {
			t.Errorf("the plan does not say that the new database is empty: %v\n%s", err, plan)
		}
		lab.Sim.ResetCalls()
		lab.MustApply(t, "testdata/change", replaced)
		for _, call := range lab.Sim.Calls() {
			if call.Operation == "RestoreDBInstanceFromDBSnapshot" {
				t.Errorf("the backup %s was restored", call.Params["DBSnapshotIdentifier"])
			}
		}
		if now := attribute(lab, "identifier"); now == old {
			t.Error("the database was not replaced")
		}
	})
}
