//go:build unix

package e2e

import (
	"strings"
	"testing"
)

// TestKeptCreate: with on_create_failure = "keep" and a postcondition a create that
// does not finish fails the apply, with nothing tainted and nothing made that uses
// it. The apply of the mended configuration goes on in place.
func TestKeptCreate(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, newAccount(t), []string{"keep"})

	r := w.run(apply("-var=image_id=ami-0e5b000000000bad0")...)
	if r.code != 1 {
		t.Fatalf("exit code %d:\n%s", r.code, r.output)
	}
	mustSay(t, r.output, "Warning: webtier_multi_server \"shop\": create not finished", "Error: Resource postcondition failed",
		"The tier is failed:", "Target.FailedHealthChecks")
	balancer := attribute(t, w.must("state", "show", "webtier_multi_server.this"), "load_balancer_arn")
	if text := w.must("state", "list"); strings.Contains(text, "announcement") {
		t.Errorf("what uses the tier was made:\n%s", text)
	}

	mended := "-var=image_id=ami-0e5b0000000000001"
	text := w.must(plan(mended)...)
	mustSay(t, text, "webtier_multi_server.this will be updated in-place", "1 to add, 1 to change, 0 to destroy")
	w.must(apply(mended)...)
	w.mustPlanEmpty(mended)
	if got := attribute(t, w.must("state", "show", "webtier_multi_server.this"), "load_balancer_arn"); got != balancer {
		t.Errorf("load balancer is %s, was %s", got, balancer)
	}
}

// attribute returns what `state show` says of an attribute.
func attribute(t *testing.T, shown, name string) string {
	t.Helper()
	for line := range strings.Lines(shown) {
		if key, value, ok := strings.Cut(line, "="); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	t.Fatalf("no %s in:\n%s", name, shown)
	return ""
}
