//go:build unix

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

// moduleDirs returns the modules' folders by name.
func moduleDirs(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../modules/*/versions.tf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no modules: %v", err)
	}
	dirs := map[string]string{}
	for _, file := range files {
		dirs[filepath.Base(filepath.Dir(file))] = filepath.Dir(file)
	}
	return dirs
}

// TestModules runs each module's own tests: those with a mocked provider, which need
// nothing, and those that make what the module makes, in an account that must be
// empty again afterwards.
func TestModules(t *testing.T) {
	for name, dir := range moduleDirs(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, newAccount(t), []string{filepath.Join("..", dir)})
			w.must("validate")
			mustSay(t, w.must("test", "-test-directory=tests/unit"), ", 0 failed")
			w.must("init", "-input=false", "-test-directory=tests/integration")
			given := existing(t, name, w.account)
			before := w.inventory()
			mustSay(t, w.must(append([]string{"test", "-test-directory=tests/integration"}, given...)...), ", 0 failed")
			mustLeaveNoMore(t, w, before)
		})
	}
}

// existing makes what a module expects to be there already, and returns the variables
// that say where it is.
func existing(t *testing.T, module string, a *account) []string {
	t.Helper()
	if module != "clone-server" {
		return nil
	}
	lab := &acctest.Lab{Core: &acctest.Core{}, Sim: a.sim}
	acctest.PrepareVPC(t, lab)
	acctest.PrepareMaster(t, lab)
	var given []string
	for _, name := range []string{"master", "public_subnet_ids", "private_subnet_ids"} {
		given = append(given, fmt.Sprintf("-var=%s=%s", name, lab.Variables[name]))
	}
	return given
}

// mustLeaveNoMore waits until an account has no more than before, but for what a
// database leaves on purpose: its final snapshot and its automated backups.
func mustLeaveNoMore(t *testing.T, w *workspace, before []string) {
	t.Helper()
	var left []string
	for deadline := time.Now().Add(simulated(time.Hour)); time.Now().Before(deadline); time.Sleep(simulated(30 * time.Second)) {
		left = slices.DeleteFunc(w.inventory(), func(line string) bool {
			return slices.Contains(before, line) || strings.HasPrefix(line, "rds snapshot") || strings.HasPrefix(line, "rds automated-backup")
		})
		if len(left) == 0 {
			return
		}
	}
	t.Errorf("left:\n  %s", strings.Join(left, "\n  "))
}

// TestModuleExamples plans every module's examples.
func TestModuleExamples(t *testing.T) {
	for name, dir := range moduleDirs(t) {
		examples, err := os.ReadDir(filepath.Join(dir, "examples"))
		if err != nil || len(examples) == 0 {
			t.Errorf("module %s has no example: %v", name, err)
		}
		for _, example := range examples {
			t.Run(name+"/"+example.Name(), func(t *testing.T) {
				t.Parallel()
				root := t.TempDir()
				if err := os.CopyFS(root, os.DirFS(dir)); err != nil {
					t.Fatal(err)
				}
				a := newAccount(t)
				newWorkspaceIn(t, a, filepath.Join(root, "examples", example.Name())).must(plan(existing(t, name, a)...)...)
			})
		}
	}
}
