package cloneserverimage_test

import (
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

// everything uses all that has effects of its own.
var everything = map[string]string{
	"freeze":                    `{ before = ["fsfreeze -f /srv"], after = ["fsfreeze -u /srv"] }`,
	"deregistration_protection": "true",
	"http_path":                 "/health",
}

func TestCrashDuringCreate(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: full, After: everything, Prepare: acctest.PrepareServer})
}

// TestCrashDuringChange makes a new generation and rotates the old one out.
func TestCrashDuringChange(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: full, Before: everything, After: with(everything, "triggers", `{ version = "2" }`), Prepare: acctest.PrepareServer})
}

func TestCrashDuringDestroy(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: full, Before: everything, Prepare: acctest.PrepareServer})
}
