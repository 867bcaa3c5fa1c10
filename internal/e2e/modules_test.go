//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"testing"
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
			before := w.inventory()
			w.must("validate")
			mustSay(t, w.must("test", "-test-directory=tests/unit"), ", 0 failed")
			mustSay(t, w.must("test", "-test-directory=tests/integration"), ", 0 failed")
			w.mustBecome(t, before)
		})
	}
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
				newWorkspaceIn(t, newAccount(t), filepath.Join(root, "examples", example.Name())).must(plan()...)
			})
		}
	}
}
