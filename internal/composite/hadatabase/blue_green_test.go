package hadatabase_test

import (
	"strings"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

// TestBlueGreen upgrades a database by a blue/green deployment. What it is called and
// where it is reached stays; the old one leaves a snapshot.
func TestBlueGreen(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/blue-green", nil)
		before := lab.Value(address)
		upgrade := map[string]string{"engine_version": `"17"`}
		plan, err := lab.Plan(t.Context(), "testdata/blue-green", upgrade)
		if err != nil || !strings.Contains(plan.String(), "a copy takes over now") {
			t.Fatalf("the plan does not say how: %v\n%s", err, plan)
		}
		lab.MustApply(t, "testdata/blue-green", upgrade)
		after := lab.Value(address)
		for _, name := range []string{"identifier", "endpoint", "arn"} {
			if !after.GetAttr(name).RawEquals(before.GetAttr(name)) {
				t.Errorf("%s is another one: %#v", name, after.GetAttr(name))
			}
		}
		if after.GetAttr("resource_id").RawEquals(before.GetAttr("resource_id")) || !strings.HasPrefix(after.GetAttr("engine_version_actual").AsString(), "17.") {
			t.Errorf("it is not a new database of version 17: %#v", after)
		}
		if strings.Contains(plan.String()+after.GoString(), "correct-horse") {
			t.Error("the plan or the state has the password")
		}
		lab.MustRoundTrip(t, "testdata/blue-green", upgrade, address, "shop")
	})
}

// TestBlueGreenNeedsLogicalReplication: it has to be on before the version changes.
func TestBlueGreenNeedsLogicalReplication(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/blue-green", map[string]string{"upgrade_strategy": "in_place"})
		_, err := lab.Plan(t.Context(), "testdata/blue-green", map[string]string{"engine_version": `"17"`})
		acctest.MustSay(t, err, "not ready for a blue/green deployment")
		acctest.MustSay(t, err, "rds.logical_replication")
	})
}
