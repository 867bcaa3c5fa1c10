package internal

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// finishing are the types whose create can be kept unfinished: the plan of the next
// apply goes on with it, and something has to fail this one.
var finishing = []string{"webtier_multi_server", "webtier_ha_database", "webtier_queue_worker"}

// TestModulesFailWhatIsUnhealthy looks for the postcondition in every module.
func TestModulesFailWhatIsUnhealthy(t *testing.T) {
	mains, err := filepath.Glob("../modules/*/main.tf")
	if err != nil || len(mains) < 5 {
		t.Fatalf("only %d modules: %v", len(mains), err)
	}
	for _, main := range mains {
		file, diags := hclsyntax.ParseConfig(read(t, main[len("../"):]), main, hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		for _, block := range file.Body.(*hclsyntax.Body).Blocks {
			if block.Type == "resource" && slices.Contains(finishing, block.Labels[0]) && !failsUnhealthy(block.Body) {
				t.Errorf("%s: %s.%s has no postcondition on its health_status", main, block.Labels[0], block.Labels[1])
			}
		}
	}
}

// failsUnhealthy reports whether a resource has a postcondition that reads its
// health_status.
func failsUnhealthy(resource *hclsyntax.Body) bool {
	for _, lifecycle := range resource.Blocks {
		for _, condition := range lifecycle.Body.Blocks {
			if condition.Type != "postcondition" {
				continue
			}
			for _, name := range condition.Body.Attributes["condition"].Expr.Variables() {
				if attribute, ok := name[len(name)-1].(hcl.TraverseAttr); ok && name.RootName() == "self" && attribute.Name == "health_status" {
					return true
				}
			}
		}
	}
	return false
}
