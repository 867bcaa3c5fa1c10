package diagnosis

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestTheGuideHasEveryAdvice keeps the guide and what is printed together.
func TestTheGuideHasEveryAdvice(t *testing.T) {
	guide, err := os.ReadFile("../../../templates/guides/troubleshooting.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	advice := slices.Concat(slices.Collect(maps.Values(fixOfLaunch)), slices.Collect(maps.Values(fixOfTarget)),
		[]string{fixClosedPath, fixNeverWorked, fixNoRoute, fixNotYet})
	for _, text := range advice {
		if !strings.Contains(string(guide), "| "+text+" |") {
			t.Errorf("the guide has no line for %q", text)
		}
	}
}
