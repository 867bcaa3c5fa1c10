package hadatabase_test

import (
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

// TestStepsAreKnownBeforeTheSubnets: where the network is made in the same apply, its
// subnets are not known, but what will be made of the database is.
func TestStepsAreKnownBeforeTheSubnets(t *testing.T) {
	for _, mode := range []string{"multi_az_instance", "multi_az_cluster"} {
		t.Run(mode, func(t *testing.T) {
			acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
				variables := map[string]string{"availability_mode": mode}
				plan, err := lab.Plan(t.Context(), "testdata/with_network", variables)
				if err != nil {
					t.Fatal(err)
				}
				for _, change := range plan {
					if steps := change.Planned.GetAttr("planned_actions"); !steps.IsWhollyKnown() || steps.LengthInt() == 0 {
						t.Errorf("%s: planned_actions are %#v", change.Address, steps)
					}
				}
				lab.MustApply(t, "testdata/with_network", variables)
			})
		})
	}
}

// TestAnUnknownModeIsNotJudged: what a mode needs or lacks is looked at when it is known.
func TestAnUnknownModeIsNotJudged(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) { lab.MustApply(t, "testdata/unknown_mode", nil) })
}
