package multiserver_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

const tiers = 30

func TestMergedReadsProbe(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		if err := lab.Apply(t.Context(), "testdata/many", nil); err != nil {
			t.Fatal(err)
		}
		lab.Sim.ResetCalls()
		lab.MustPlanEmpty(t, "testdata/many", nil)
		counts := map[string]int{}
		for _, call := range lab.Sim.Calls() {
			counts[call.Service+" "+call.Operation]++
		}
		for _, op := range slices.Sorted(maps.Keys(counts)) {
			t.Logf("%4d %s", counts[op], op)
		}
	})
}
