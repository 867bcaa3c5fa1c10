package internal

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

// pages lists the pages of the repository.
func pages(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(files(t), func(file string) bool { return filepath.Ext(file) != ".md" })
}

// TestREADMEShowsTheFirstScenario keeps the configuration that readers copy the one
// that is tested.
func TestREADMEShowsTheFirstScenario(t *testing.T) {
	scenario := string(read(t, "examples/scenarios/first/main.tf"))
	if !strings.Contains(string(read(t, "README.md")), "```terraform\n"+scenario+"```\n") {
		t.Error("README.md does not show examples/scenarios/first/main.tf as it is")
	}
}

// TestAWholeApplicationIsADozenLines counts what a user of the largest pattern writes:
// what its page shows, and what TestFromARegistry applies.
func TestAWholeApplicationIsADozenLines(t *testing.T) {
	written := map[string]string{
		"the module's page": acctest.Blocks(string(read(t, "modules/ha-web-app/README.md")))[0].Text,
		"the tested one":    string(read(t, "internal/e2e/testdata/registry/main.tf")),
	}
	for name, text := range written {
		if lines := strings.Count(strings.TrimSpace(text), "\n") + 1; lines > 12 || !strings.Contains(text, `"webtier/ha-web-app/webtier"`) {
			t.Errorf("%s has %d lines, more than 12:\n%s", name, lines, text)
		}
	}
}

var (
	link = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	// ours are addresses of files of the repository: pages of the registry show pictures
	// by them.
	ours = regexp.MustCompile(`^https://(?:raw\.githubusercontent\.com/webtier/terraform-provider-webtier/main|github\.com/webtier/terraform-provider-webtier/(?:blob|tree)/main)/`)
	code = regexp.MustCompile("`[^`]*`")
)

// TestLinksLead checks that links to files of the repository, and to headings in
// them, lead somewhere.
func TestLinksLead(t *testing.T) {
	checked := 0
	for _, page := range pages(t) {
		for _, found := range link.FindAllStringSubmatch(code.ReplaceAllString(acctest.Prose(string(read(t, page))), ""), -1) {
			target, anchor, _ := strings.Cut(found[1], "#")
			switch {
			case ours.MatchString(target):
				target = ours.ReplaceAllString(target, "")
			case strings.Contains(target, ":"):
				continue // elsewhere
			case target == "":
				target = page
			default:
				target = path.Join(path.Dir(page), target)
			}
			checked++
			if _, err := os.Stat(filepath.Join("..", target)); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", page, found[1])
			} else if anchor != "" && !slices.Contains(anchors(string(read(t, target))), anchor) {
				t.Errorf("%s: %s has no heading for the link to %s", page, target, found[1])
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d links were found: are they still looked for in the right way?", checked)
	}
}

var (
	heading = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	named   = regexp.MustCompile(`<a (?:id|name)="([^"]+)">`)
)

// anchors returns what links to a page can name: its headings as GitHub and the
// registry write them, and what has an id.
func anchors(page string) []string {
	prose := acctest.Prose(page)
	var names []string
	for _, found := range named.FindAllStringSubmatch(prose, -1) {
		names = append(names, found[1])
	}
	seen := map[string]int{}
	for _, found := range heading.FindAllStringSubmatch(prose, -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, found[1])
		if seen[name]++; seen[name] > 1 {
			name += fmt.Sprintf("-%d", seen[name]-1)
		}
		names = append(names, name)
	}
	return names
}

func TestAnchors(t *testing.T) {
	got := anchors("# N+1 and `the` loss\n```text\n# no heading\n```\n## Again\n## Again\n<a id=\"there\"></a>\n")
	if want := []string{"there", "n1-and-the-loss", "again", "again-1"}; !slices.Equal(got, want) {
		t.Errorf("anchors are %q, not %q", got, want)
	}
}

// TestBlocksAreWrittenWell parses every block of HCL in the pages and compares it with
// what terraform fmt makes of it.
func TestBlocksAreWrittenWell(t *testing.T) {
	for _, page := range pages(t) {
		for _, block := range acctest.Blocks(string(read(t, page))) {
			if block.Language != "terraform" && block.Language != "hcl" {
				continue
			}
			at := fmt.Sprintf("%s:%d", page, block.Line)
			if _, diags := hclsyntax.ParseConfig([]byte(block.Text), at, hcl.InitialPos); diags.HasErrors() {
				t.Errorf("%s: %v", at, diags)
			} else if formatted := string(hclwrite.Format([]byte(block.Text))); formatted != block.Text {
				t.Errorf("%s is not formatted; it should be\n%s", at, formatted)
			}
		}
	}
}

// TestBlocksArePlanned plans the blocks of the pages that need nothing but resources
// of this provider. All of them are planned by real Terraform in internal/e2e.
func TestBlocksArePlanned(t *testing.T) {
	planned := map[string]bool{}
	for _, page := range pages(t) {
		for _, block := range acctest.Blocks(string(read(t, page))) {
			if block.Language != "terraform" || planned[block.Text] || !plain(block.Text) {
				continue
			}
			planned[block.Text] = true
			t.Run(fmt.Sprintf("%s:%d", page, block.Line), func(t *testing.T) {
				dir := t.TempDir()
				if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(block.Text), 0o644); err != nil {
					t.Fatal(err)
				}
				acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
					acctest.AddCertificates(lab)
					plan, err := lab.Plan(t.Context(), dir, nil)
					if err != nil || plan.Empty() {
						t.Errorf("plan: %v\n%s", err, plan)
					}
				})
			})
		}
	}
	if len(planned) < 5 {
		t.Errorf("only %d blocks were planned: are they still told apart in the right way?", len(planned))
	}
}

// plain reports whether a configuration is one that acctest can plan: resources of
// this provider, without blocks in them and without functions.
func plain(text string) bool {
	file, diags := hclsyntax.ParseConfig([]byte(text), "", hcl.InitialPos)
	if diags.HasErrors() {
		return false
	}
	resources := 0
	for _, block := range file.Body.(*hclsyntax.Body).Blocks {
		switch block.Type {
		case "terraform", "provider", "output":
		case "resource":
			if resources++; !strings.HasPrefix(block.Labels[0], "webtier_") || len(block.Body.Blocks) > 0 || calls(block.Body) {
				return false
			}
		default:
			return false
		}
	}
	return resources > 0
}

func calls(body *hclsyntax.Body) bool {
	found := false
	// The callback finds nothing wrong.
	_ = hclsyntax.VisitAll(body, func(node hclsyntax.Node) hcl.Diagnostics {
		if _, ok := node.(*hclsyntax.FunctionCallExpr); ok {
			found = true
		}
		return nil
	})
	return found
}

// hoursAMonth is how AWS counts a month.
const hoursAMonth = 730

// TestGuideCountsBillableUnits compares the units in the guide with those that the
// first scenario has.
func TestGuideCountsBillableUnits(t *testing.T) {
	guide := string(read(t, "docs/guides/getting-started-aws.md"))
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "../examples/scenarios/first", nil)
		rows := 0
		for _, resource := range []string{"webtier_network", "webtier_multi_server"} {
			for unit, value := range lab.Value(resource + ".shop").GetAttr("billable_units").AsValueMap() {
				count, _ := value.AsBigFloat().Int64()
				if row := fmt.Sprintf("| `%s` | `%s` | %d | %d |", resource, unit, count, count*hoursAMonth); count > 0 && !strings.Contains(guide, row) {
					t.Errorf("the guide lacks the row %s", row)
				}
				if count > 0 {
					rows++
				}
			}
		}
		if shown := strings.Count(guide, "\n| `webtier_"); shown != rows {
			t.Errorf("the guide has %d rows, the tier %d units", shown, rows)
		}
	})
}

// TestTroubleshootingIsAboutErrorsThatThereAre: readers look for the texts that they
// were shown. The code says each of them, in one piece or in several.
func TestTroubleshootingIsAboutErrorsThatThereAre(t *testing.T) {
	var code strings.Builder
	for _, file := range files(t) {
		if strings.HasPrefix(file, "internal/composite/") && strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") {
			code.Write(read(t, file))
		}
	}
	said := regexp.MustCompile(`"\s*\+\s*"`).ReplaceAllString(code.String(), "")
	isSaid := func(text string) bool { return strings.Contains(said, strings.ReplaceAll(text, `"`, `\"`)) }
	rows := regexp.MustCompile(`(?m)^\| (.+?) \| .+ \|$`).FindAllStringSubmatch(string(read(t, "templates/guides/troubleshooting.md.tmpl")), -1)
	if len(rows) < 50 {
		t.Fatalf("only %d rows found", len(rows))
	}
	for _, row := range rows {
		if text := row[1]; !slices.Contains([]string{"---", "the error", "what it says to change"}, text) && !isSaid(text) &&
			slices.ContainsFunc(strings.Split(text, ", "), func(part string) bool { return !isSaid(part) }) {
			t.Errorf("nothing says %q", text)
		}
	}
}
