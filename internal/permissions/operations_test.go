package permissions

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

const sdk = "github.com/aws/aws-sdk-go-v2/service/"

// source is a file in a package of kinds.
type source struct {
	kind    string   // that it defines, such as ec2/route_table, or ""
	actions []string // of IAM, for the operations whose input it names
}

// sources are those files by the package and their name, ec2/route_table.
type sources map[string]source

// kindSources reads the code of the kinds.
func kindSources(t *testing.T) sources {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "kind", "*", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no kinds: %v", err)
	}
	all := sources{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(filepath.Dir(file))+"/"+strings.TrimSuffix(filepath.Base(file), ".go")] = sourceOf(t, parsed)
	}
	return all
}

func sourceOf(t *testing.T, file *ast.File) source {
	t.Helper()
	var s source
	services := servicesOf(t, file)
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.FuncDecl:
			if kind, ok := returned(node); ok && node.Name.Name == "Kind" && node.Recv != nil {
				s.kind = kind
			}
		case *ast.SelectorExpr:
			alias, ok := node.X.(*ast.Ident)
			if operation, input := strings.CutSuffix(node.Sel.Name, "Input"); ok && input && services[alias.Name] != "" {
				s.actions = append(s.actions, services[alias.Name]+":"+operation)
			}
		}
		return true
	})
	return s
}

// returned returns the text that is all that a function returns.
func returned(function *ast.FuncDecl) (string, bool) {
	if function.Body == nil || len(function.Body.List) != 1 {
		return "", false
	}
	statement, ok := function.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(statement.Results) != 1 {
		return "", false
	}
	literal, ok := statement.Results[0].(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(literal.Value)
	return text, err == nil
}

// servicesOf returns the names by which IAM knows the services whose clients a file
// imports, by the name that they have there.
func servicesOf(t *testing.T, file *ast.File) map[string]string {
	t.Helper()
	services := map[string]string{}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		service, found := strings.CutPrefix(imported, sdk)
		if !found || strings.Contains(service, "/") {
			continue
		}
		alias := path.Base(imported)
		if spec.Name != nil {
			alias = spec.Name.Name
		}
		services[alias] = strings.TrimSuffix(service, "v2") // elasticloadbalancingv2
	}
	return services
}

// of returns what the files of the kinds need.
func (s sources) of(kinds []string) needs {
	found := needs{}
	for file := range s {
		if !slices.Contains(kinds, s.kindOf(file)) {
			continue
		}
		for _, action := range s[file].actions {
			found.action(action, nil)
		}
	}
	return found
}

// kindOf returns the kind that a file is about: its own, or that of the file with the
// longest name that its own begins with, as cluster_update.go has to do with what
// cluster.go defines. It is empty for what all kinds of a package use.
func (s sources) kindOf(file string) string {
	if s[file].kind != "" {
		return s[file].kind
	}
	longest := ""
	for other := range s {
		if s[other].kind != "" && strings.HasPrefix(file, other) && len(other) > len(longest) {
			longest = other
		}
	}
	return s[longest].kind
}

// mustBeAsked fails the test if the kinds in use, or what they have in common, call an
// operation that no permission was noted for.
func (s sources) mustBeAsked(t *testing.T, kinds []string, asked needs) {
	t.Helper()
	for file := range s {
		kind := s.kindOf(file)
		inUse := slices.ContainsFunc(kinds, func(used string) bool { return path.Dir(used) == path.Dir(file) })
		if kind != "" && !slices.Contains(kinds, kind) || !inUse {
			continue
		}
		for _, action := range slices.Compact(slices.Sorted(slices.Values(s[file].actions))) {
			if !asked[awsapi.ActionOf(action)] {
				t.Errorf("%s.go calls %s, which no life of a resource has asked for: add a step that does", file, action)
			}
		}
	}
}
