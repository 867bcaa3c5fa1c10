//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const otherImage = "-var=image_id=ami-0e5b0000000000002"

// TestLife leads a tier through its life: made, protected, changed, forgotten and
// imported, destroyed. After every step the plan is empty.
func TestLife(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, newAccount(t), []string{"life"})

	text := w.must(apply()...)
	mustSay(t, text, "Apply complete! Resources: 2 added", `zones = "euw1-az1 euw1-az2 euw1-az3"`, `url = "http://shop-`, `logs = "shop-logs-123456789012-`, "create nat_gateway/euw1-az2")
	w.mustPlanEmpty()

	calls := w.mutations()
	refused := w.run(destroy()...)
	if refused.code != 1 || w.mutations() != calls {
		t.Errorf("a protected tier: exit code %d, %d mutating calls", refused.code, w.mutations()-calls)
	}
	mustSay(t, refused.output, `webtier_multi_server "shop" is protected from deletion`,
		"To destroy it on purpose, set deletion_protection = false, apply, and plan again.")

	changed := w.must(plan(otherImage)...)
	mustSay(t, changed, "0 to add, 1 to change, 0 to destroy", `roll 3 servers to image`)
	if strings.Contains(changed, "vpc_id") {
		t.Errorf("a new image concerns the VPC:\n%s", changed)
	}
	w.must(apply(otherImage)...)
	w.mustPlanEmpty(otherImage)

	w = imported(t, w)
	unprotected := "-var=deletion_protection=false"
	mustSay(t, w.must(apply(otherImage, unprotected)...), "0 added, 2 changed, 0 destroyed")
	w.mustPlanEmpty(otherImage, unprotected)
	mustSay(t, w.must(destroy(otherImage, unprotected)...), "Destroy complete! Resources: 2 destroyed.")
	w.mustBecome(w.t, nil)
}

// imported forgets the state and imports everything anew, with import blocks.
func imported(t *testing.T, from *workspace) *workspace {
	t.Helper()
	w := newWorkspace(t, from.account, []string{"life", "import"})
	calls := w.mutations()
	mustSay(t, w.must(plan(otherImage)...), "Plan: 2 to import, 0 to add, 0 to change, 0 to destroy.")
	w.must(apply(otherImage)...)
	if n := w.mutations() - calls; n != 0 {
		t.Errorf("an import made %d mutating calls", n)
	}
	if err := os.Remove(filepath.Join(w.dir, "imports.tf")); err != nil {
		t.Fatal(err)
	}
	w.mustPlanEmpty(otherImage)
	return w
}
