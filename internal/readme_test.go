package internal

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestREADMEShowsTheFirstScenario keeps the configuration that readers copy the one
// that is tested.
func TestREADMEShowsTheFirstScenario(t *testing.T) {
	scenario := string(read(t, "examples/scenarios/first/main.tf"))
	if !strings.Contains(string(read(t, "README.md")), "```terraform\n"+scenario+"```\n") {
		t.Error("README.md does not show examples/scenarios/first/main.tf as it is")
	}
}

// TestLinksLead checks the links between the pages of the repository.
func TestLinksLead(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for _, page := range files(t) {
		if filepath.Ext(page) != ".md" {
			continue
		}
		for _, found := range link.FindAllStringSubmatch(string(read(t, page)), -1) {
			if _, err := os.Stat(filepath.Join("..", filepath.Dir(page), found[1])); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", page, found[1])
			}
		}
	}
}
