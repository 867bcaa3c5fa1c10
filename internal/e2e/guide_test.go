//go:build unix

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGuideOfTheSimulator runs the test that the guide shows, on the program that it
// tells to start.
func TestGuideOfTheSimulator(t *testing.T) {
	need(t)
	t.Parallel()
	p := startProgram(t)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "examples", "scenarios", "tested"))); err != nil {
		t.Fatal(err)
	}
	w := newWorkspaceIn(t, &account{url: p.url}, dir)
	mustSay(t, w.must("test"), `run "makes_a_tier_over_several_zones"... pass`, `run "rolls_out_another_image_in_place"... pass`, "2 passed, 0 failed")
	p.mustBecomeEmpty()
	p.mustSimulate()
}

// TestGuideCommands tries the commands that the guide shows for what goes wrong. The
// database that is to fail over does not exist, which is all that may be wrong.
func TestGuideCommands(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "templates", "guides", "simulator.md.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	a := newAccount(t)
	tried := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "curl -d") && !strings.HasPrefix(line, "curl -X") {
			continue
		}
		tried++
		said := client(t, a, "sh", "-c", "at=$ENDPOINT/_awssim; "+strings.Replace(line, "curl", "curl -s", 1))
		if !strings.Contains(said, `"status":"ok"`) && !strings.Contains(said, "orders") {
			t.Errorf("%s%s", line, said)
		}
	}
	if tried < 9 {
		t.Errorf("the guide shows %d commands", tried)
	}
}
