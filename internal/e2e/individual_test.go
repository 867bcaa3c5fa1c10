//go:build unix

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mirrorSetting names a filesystem mirror that has the plugin hashicorp/aws: a
// directory with registry.terraform.io/hashicorp/aws/<version>/<platform> in it. The
// plugin is not built here, so it is optional.
const mirrorSetting = "WEBTIER_AWS_MIRROR"

// TestIndividualResources leads a tier and a database written with hashicorp/aws
// through its life on the simulator: that provider knows nothing of it.
//
// It is told to do much at a time, for it sleeps between two looks in real time.
func TestIndividualResources(t *testing.T) {
	mirror := os.Getenv(mirrorSetting)
	if mirror == "" {
		t.Skipf("%s names no filesystem mirror with hashicorp/aws", mirrorSetting)
	}
	if core, _ := need(t); strings.HasSuffix(core, "tofu") {
		t.Skip("the mirror is one for Terraform's registry")
	}
	t.Parallel()
	config := filepath.Join(t.TempDir(), "terraformrc")
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	p := startProgram(t)
	w := newWorkspace(t, &account{url: p.url}, []string{"individual"}, "TF_CLI_CONFIG_FILE="+config)
	much, changes := "-parallelism=40", []string{otherImage, "-var=work_mem=8192"}

	mustSay(t, w.must(apply(much)...), "Apply complete!", "0 changed, 0 destroyed")
	w.mustPlanEmpty(much)
	mustSay(t, w.must(apply(append(changes, much)...)...), "0 added, 3 changed, 0 destroyed")
	w.mustPlanEmpty(append(changes, much)...)
	mustSay(t, w.must(destroy(append(changes, much)...)...), "Destroy complete!")
	p.mustBecomeEmpty()
	// The failure of these it takes for "there is none".
	p.mustSimulate("GetInstanceUefiData")
}
