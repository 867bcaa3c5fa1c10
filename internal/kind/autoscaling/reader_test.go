package autoscaling_test

import (
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
)

// TestGroupThatVanishes lists a group that somebody deletes before its instance
// refreshes are read: there is no group then, not one without settings.
func TestGroupThatVanishes(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		w.rawGroup("1")
		if err := w.sim.AddRule(awssim.Rule{Operation: "DescribeInstanceRefreshes", Kind: awssim.ModelledError, Code: "ValidationError",
			Message: "AutoScalingGroup name not found - AutoScalingGroup 'trial-0a1b2c' not found"}); err != nil {
			t.Fatal(err)
		}
		lives, err := kind("autoscaling/group")(w.c).List(t.Context(), engine.Scope{Stack: trial})
		if err != nil || len(lives) != 0 {
			t.Errorf("List: %v %v", lives, err)
		}
	})
}
