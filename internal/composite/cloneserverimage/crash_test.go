package cloneserverimage_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

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

// TestKilledWhileItWaits kills the apply of a new generation in each of its waits, for
// snapshots, image, copy and verification: the next one ends with one image and copy
// of each generation, and no snapshot without.
func TestKilledWhileItWaits(t *testing.T) {
	last := false
	for n := 1; !last; n++ {
		t.Run(fmt.Sprintf("wait %d", n), func(t *testing.T) {
			inLab(t, func(t *testing.T, lab *acctest.Lab) {
				lab.MustApply(t, full, everything)
				next := with(everything, "triggers", `{ version = "2" }`)
				revive := lab.KillInWait(n)
				err := lab.Apply(t.Context(), full, next)
				if last = !revive(); last {
					if err != nil || n < 4 {
						t.Fatalf("there were only %d waits: %v", n-1, err)
					}
					return
				}
				lab.MustApply(t, full, next)
				time.Sleep(10 * time.Minute)
				for what, want := range map[string]int{"ec2 image": 1, "us-east-1 ec2 image": 1, "ec2 snapshot image/": 2, "us-east-1 ec2 snapshot": 2, "ec2 instance canary/": 0} {
					if got := left(lab, what); got != want {
						t.Errorf("%d of %s, not %d:\n%s", got, what, want, strings.Join(lab.Inventory(), "\n"))
					}
				}
			})
		})
	}
}
