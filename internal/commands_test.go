package internal

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	target = regexp.MustCompile(`(?m)^([a-z][a-z-]*):`)
	// Scripts call make in a line of its own, pages in a block or as code.
	called = regexp.MustCompile(`(?m)(?:^ *|run: )make ((?:[a-z][a-z-]* ?)+)$`)
	shown  = regexp.MustCompile("(?m)(?:^    |`)make ([a-z][a-z-]*)")
)

// TestMakeHasWhatIsCalled looks for the targets that workflows call and pages name: a
// release must not be the first to notice that one is missing.
func TestMakeHasWhatIsCalled(t *testing.T) {
	var targets []string
	for _, found := range target.FindAllStringSubmatch(string(read(t, "GNUmakefile")), -1) {
		targets = append(targets, found[1])
	}
	checked := 0
	for _, file := range files(t) {
		pattern := shown
		switch {
		case strings.HasPrefix(file, ".github/workflows/") || file == ".ci/run":
			pattern = called
		case !strings.HasSuffix(file, ".md"):
			continue
		}
		for _, found := range pattern.FindAllStringSubmatch(string(read(t, file)), -1) {
			for _, name := range strings.Fields(found[1]) {
				if checked++; !slices.Contains(targets, name) {
					t.Errorf("%s calls make %s, which there is not", file, name)
				}
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d calls of make were found: are they still looked for in the right way?", checked)
	}
}
