//go:build unix

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

var (
	// moduleSource is the address of a module of ours in the registry, with its version.
	moduleSource = regexp.MustCompile(`source *= *"webtier/([a-z-]+)/webtier"(?:\n *version *= *"[^"]*")?`)
	// requirement is in blocks that say where the provider comes from.
	requirement = regexp.MustCompile(`(?m)^ *required_providers`)
	// anyImage are the reader's own; the local AWS has ours.
	anyImage = strings.NewReplacer("ami-0123456789abcdef0", "ami-0e5b0000000000001", "ami-0123456789abcdef1", "ami-0e5b0000000000011")
)

// TestPagesArePlanned plans every block of Terraform in the documentation and the
// READMEs: each is a module, and all are planned at once. What is no whole
// configuration stands there as hcl.
func TestPagesArePlanned(t *testing.T) {
	need(t)
	t.Parallel()
	a := newAccount(t)
	acctest.AddCertificates(&acctest.Lab{Sim: a.sim})
	dir := t.TempDir()
	modules, err := filepath.Abs(filepath.Join("..", "..", "modules"))
	if err != nil {
		t.Fatal(err)
	}
	lab := &acctest.Lab{Core: &acctest.Core{}, Sim: a.sim}
	acctest.PrepareVPC(t, lab)
	acctest.PrepareMaster(t, lab)
	given := map[string]string{
		"server":             strconv.Quote(acctest.StartServer(t, lab, nil)),
		"endpoint":           `"shop.abc.eu-west-1.rds.amazonaws.com"`,
		"secret_arn":         strconv.Quote(makeSecret(t, &workspace{account: a}, `{"username":"dbadmin","password":"correct-horse"}`)),
		"master":             lab.Variables["master"],
		"public_subnet_ids":  lab.Variables["public_subnet_ids"],
		"private_subnet_ids": lab.Variables["private_subnet_ids"],
	}
	var root strings.Builder
	// Keys, certificates and agents are those of the reader's account.
	root.WriteString("terraform {\n  required_providers {\n    webtier = { source = \"webtier/webtier\" }\n  }\n}\n\nprovider \"webtier\" {\n  preflight = \"off\"\n}\n\n")
	seen := map[string]bool{}
	for _, page := range pagesOf(t) {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range acctest.Blocks(string(content)) {
			if block.Language != "terraform" || seen[block.Text] {
				continue
			}
			seen[block.Text] = true
			name := fmt.Sprintf("block_%d", len(seen))
			fmt.Fprintf(&root, "# %s:%d\nmodule %q {\n  source = \"./%s\"\n%s}\n\n", page, block.Line, name, name, arguments(t, page, block, given))
			mustWriteBlock(t, filepath.Join(dir, name), moduleSource.ReplaceAllString(anyImage.Replace(block.Text), fmt.Sprintf("source = %q", modules+"/$1")))
		}
	}
	if len(seen) < 10 {
		t.Fatalf("only %d blocks were found", len(seen))
	}
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(root.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	w := newWorkspaceIn(t, a, dir)
	if r := w.run(plan()...); r.code != 0 {
		t.Errorf("the blocks of these pages cannot be planned:\n%s\n%s", r.output, root.String())
	}
}

// pagesOf lists the pages whose blocks users copy.
func pagesOf(t *testing.T) []string {
	t.Helper()
	var pages []string
	for _, pattern := range []string{"../../README.md", "../../docs/*.md", "../../docs/*/*.md", "../../modules/*/README.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("no pages at %s: %v", pattern, err)
		}
		pages = append(pages, found...)
	}
	return pages
}

func mustWriteBlock(t *testing.T, dir, text string) {
	t.Helper()
	if !requirement.MatchString(text) {
		text += "\nterraform {\n  required_providers {\n    webtier = { source = \"webtier/webtier\" }\n  }\n}\n"
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// arguments gives values to the variables of a block that have no default.
func arguments(t *testing.T, page string, block acctest.Block, given map[string]string) string {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(block.Text), page, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%s:%d: %v", page, block.Line, diags)
	}
	var text strings.Builder
	for _, variable := range file.Body.(*hclsyntax.Body).Blocks {
		if variable.Type != "variable" || variable.Body.Attributes["default"] != nil {
			continue
		}
		name := variable.Labels[0]
		if given[name] == "" {
			t.Errorf("%s:%d: the variable %s needs a default, or a value in this test", page, block.Line, name)
		}
		fmt.Fprintf(&text, "  %s = %s\n", name, given[name])
	}
	return text.String()
}
