package internal

import (
	"path/filepath"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

// TestExamples applies every example, as documentation and scenarios show it, and
// plans it again, which must find nothing to do.
func TestExamples(t *testing.T) {
	var dirs []string
	for _, pattern := range []string{"../examples/resources/*", "../examples/scenarios/*"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("no examples at %s: %v", pattern, err)
		}
		dirs = append(dirs, found...)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
				acctest.AddCertificates(lab)
				acctest.PrepareServer(t, lab)
				acctest.PrepareMaster(t, lab)
				lab.MustApply(t, dir, nil)
			})
		})
	}
}
