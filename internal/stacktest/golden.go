// Package stacktest compares stacks and texts with golden files: what a configuration
// means and what a user reads, in one place that a reviewer can read.
package stacktest

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

var update = flag.Bool("update", false, "write golden files anew")

// Golden fails the test unless the stack's JSON is that of testdata/build/<name>.json.
// Run the tests with -update to accept it.
func Golden(t *testing.T, name string, s *stack.Stack) {
	t.Helper()
	compact, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, compact, "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	golden(t, filepath.Join("testdata", "build", name+".json"), got.Bytes())
}

// Text fails the test unless the text is that of testdata/text/<name>.txt: what a
// user reads. Run the tests with -update to accept it.
func Text(t *testing.T, name, text string) {
	t.Helper()
	golden(t, filepath.Join("testdata", "text", name+".txt"), []byte(text+"\n"))
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("differs from %s; if that is meant, run the test with -update and review the change. Got:\n%s", file, got)
	}
}
