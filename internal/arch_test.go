package internal

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

type importRule struct {
	pkg     string
	imports []string
}

const module = "github.com/webtier/terraform-provider-webtier/"

// importRules say which of our packages a package may import, outside tests; the
// first rule that fits holds. "*" stands for one path element, "**" for any number
// but none. Packages without a rule are refused.
var importRules = []importRule{
	{"internal/stack", nil},
	{"internal/engine", []string{"internal/stack"}},
	{"internal/batch", nil},
	{"internal/awsapi", []string{"internal/batch"}},
	{"internal/kind/*", []string{"internal/awsapi", "internal/batch", "internal/engine", "internal/stack"}},
	{"internal/composite", []string{"internal/engine", "internal/stack", "internal/awsapi"}},
	// What composites have in common that are, for a part, a group of servers; and why
	// these do not come up, for which the objects of several kinds are read.
	{"internal/composite/servers", []string{"internal/composite", "internal/stack", "internal/kind/*", "internal/awsapi"}},
	{"internal/composite/diagnosis", []string{"internal/awsapi", "internal/kind/autoscaling"}},
	{"internal/composite/*", []string{"internal/composite", "internal/composite/servers", "internal/composite/diagnosis", "internal/stack", "internal/kind/*", "internal/awsapi"}},
	{"internal/ephemeral", []string{"internal/awsapi"}},
	// Functions compute what resources do, so that a configuration can say it before.
	{"internal/functions", []string{"internal/composite/*", "internal/clonesync", "internal/queuerunner"}},
	{"internal/clonesync", []string{"internal/shellscript"}},
	{"internal/queuerunner", []string{"internal/shellscript"}},
	{"internal/shellscript", nil},
	{"internal/awssim", []string{"internal/awssim/**"}},
	{"internal/awssim/page", []string{"internal/awssim", "internal/awssim/**"}},
	{"internal/awssim/dataplane", []string{"internal/awssim", "internal/awssim/**"}},
	{"internal/awssim/dataplane/load", nil}, // a client of anything
	{"internal/awssim/**", []string{"internal/awssim/**"}},
	// The provider knows everything that it ships: neither simulator nor harnesses.
	{"internal/provider", []string{"internal/composite", "internal/composite/*", "internal/functions", "internal/ephemeral", "internal/kind/*", "internal/engine", "internal/stack", "internal/awsapi", "internal/batch"}},
	{"", []string{"internal/provider"}},
	{"internal/cmd/awssim", []string{"internal/awssim/**", "internal/awssim"}},
	{"internal/cmd/demo", []string{"internal/awssim/dataplane/load"}},
	{"internal/cmd/pictures", nil},
	{"internal/tools/*", nil},
	// Harnesses are for tests, and may know everything.
	{"internal/acctest", []string{"**"}},
	{"internal/faults", []string{"**"}},
	{"internal/kindtest", []string{"**"}},
	{"internal/stacktest", []string{"**"}},
	{"internal/moto", []string{"**"}},
}

// forbiddenNames are names that say nothing about what is inside.
var forbiddenNames = []string{"util", "utils", "common", "helper", "helpers", "shared", "misc"}

const maxLines = 400

func TestImportsPointOneWay(t *testing.T) {
	for _, file := range goFiles(t) {
		pkg := strings.TrimPrefix(path.Dir("/"+file), "/")
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		i := slices.IndexFunc(importRules, func(rule importRule) bool { return fits(rule.pkg, pkg) })
		if i < 0 {
			t.Errorf("%s: no rule says what package %q may import; add one to importRules", file, pkg)
			continue
		}
		for _, imported := range ourImports(t, file) {
			if !slices.ContainsFunc(importRules[i].imports, func(allowed string) bool { return fits(allowed, imported) }) {
				t.Errorf("%s imports %s, which package %q must not", file, imported, pkg)
			}
		}
	}
}

func TestNamesSaySomething(t *testing.T) {
	for _, file := range goFiles(t) {
		for _, element := range strings.Split(strings.TrimSuffix(strings.TrimSuffix(file, ".go"), "_test"), "/") {
			if slices.Contains(forbiddenNames, element) {
				t.Errorf("%s: the name %q says nothing; name it for what it does", file, element)
			}
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	generated := regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)
	for _, file := range goFiles(t) {
		content := read(t, file)
		if strings.HasSuffix(file, "_test.go") || generated.Match(content) {
			continue
		}
		if lines := bytes.Count(content, []byte("\n")); lines > maxLines {
			t.Errorf("%s has %d lines, more than %d: split it by what its parts do", file, lines, maxLines)
		}
	}
}

// TestPaginatorsGetNoClient keeps the provider small: a paginator takes an interface,
// and of a client in an interface the linker keeps every operation.
func TestPaginatorsGetNoClient(t *testing.T) {
	paginator := regexp.MustCompile(`\.New\w+Paginator\((.*)`)
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, found := range paginator.FindAllSubmatch(read(t, file), -1) {
			if !regexp.MustCompile(`^[\w.]+Pages\(\)`).Match(found[1]) {
				t.Errorf("%s: %s: give the paginator what reads its pages, as awsapi.EC2Pages does", file, found[0])
			}
		}
	}
}

// TestFilesKnowNoMachine makes sure that nothing tells, or depends on, where it was
// written.
func TestFilesKnowNoMachine(t *testing.T) {
	alien := regexp.MustCompile(foreignPattern(t))
	for _, file := range files(t) {
		content := read(t, file)
		if bytes.IndexByte(content, 0) >= 0 {
			continue // a binary
		}
		for i, line := range bytes.Split(content, []byte("\n")) {
			if found := alien.Find(line); found != nil {
				t.Errorf("%s:%d: %q is a path or host of one machine", file, i+1, found)
			}
		}
	}
}

// foreignPattern matches home directories of people, this machine's own directories
// and the hosts of a module proxy other than the public one.
func foreignPattern(t *testing.T) string {
	patterns := []string{`/home/[a-z][\w.-]*/`, `/Users/[A-Za-z][\w.-]*/`, `[A-Z]:\\Users\\`}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	home, _ := os.UserHomeDir() // none is fine
	for _, dir := range []string{root, filepath.Dir(root), home} {
		if len(dir) > len("/x") && dir != filepath.Clean(os.TempDir()) {
			patterns = append(patterns, `\B`+regexp.QuoteMeta(dir)+`/`)
		}
	}
	host := regexp.MustCompile(`https?://([^/,|]+)`)
	for _, variable := range []string{"GOPROXY", "GOSUMDB", "npm_config_registry", "PIP_INDEX_URL"} {
		out, err := exec.Command("go", "env", variable).Output()
		if err != nil || len(bytes.TrimSpace(out)) == 0 {
			out = []byte(os.Getenv(variable))
		}
		for _, match := range host.FindAllSubmatch(out, -1) {
			if name := string(match[1]); !strings.HasSuffix(name, ".golang.org") {
				patterns = append(patterns, regexp.QuoteMeta(name))
			}
		}
	}
	return strings.Join(patterns, "|")
}

// fits reports whether a package's path is one that the pattern stands for.
func fits(pattern, pkg string) bool {
	expression := regexp.QuoteMeta(pattern)
	expression = strings.ReplaceAll(expression, `\*\*`, `.+`)
	expression = strings.ReplaceAll(expression, `\*`, `[^/]+`)
	return regexp.MustCompile("^" + expression + "$").MatchString(pkg)
}

// ourImports returns the packages of this module that a file imports.
func ourImports(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", file), nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var imports []string
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if ours, found := strings.CutPrefix(name, module); found {
			imports = append(imports, ours)
		}
	}
	return imports
}

// files lists what is, or could be, committed.
func files(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("git does not list the files here: %v", err)
	}
	names := strings.Fields(string(out))
	return slices.DeleteFunc(names, func(name string) bool {
		_, err := os.Stat(filepath.Join("..", name))
		return err != nil // deleted, not yet committed
	})
}

func goFiles(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(files(t), func(name string) bool {
		return path.Ext(name) != ".go" || strings.Contains("/"+name, "/testdata/") || strings.HasPrefix(name, "modules/")
	})
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", file))
	if err != nil {
		t.Fatal(err)
	}
	return content
}
