package multiserver

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// TestZoneLoss: what is left, and which size the plan proposes.
func TestZoneLoss(t *testing.T) {
	for _, test := range []struct {
		size, zones, wanted, left int32
		says                      string
	}{
		{3, 3, 1, 2, ""},
		{3, 3, 2, 2, ""},
		{3, 3, 4, 2, "Set min_size to 6 or more"},
		{4, 2, 4, 2, "Set min_size to 8 or more"},
		{5, 3, 4, 3, "Set min_size to 6 or more"},
		{1, 2, 1, 0, "Set min_size to 2 or more"},
		{1, 2, 0, 0, ""},
		{9, 1, 1, 0, ""},
	} {
		m := &Model{MinHealthyAfterAZLoss: types.Int32Value(test.wanted)}
		m.MinSize = types.Int32Value(test.size)
		var diags diag.Diagnostics
		checkZoneLoss(m, int(test.zones), &diags)
		said := ""
		if diags.HasError() {
			said = diags[0].Detail()
		}
		if got := m.CapacityAfterAZLoss.ValueInt32(); got != test.left || !strings.Contains(said, test.says) || (said == "") != (test.says == "") {
			t.Errorf("%d servers over %d zones for %d: %d left, %q", test.size, test.zones, test.wanted, got, said)
		}
	}
}
