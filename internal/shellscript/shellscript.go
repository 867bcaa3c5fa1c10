// Package shellscript renders shell scripts from templates.
package shellscript

import (
	"io/fs"
	"maps"
	"strings"
	"text/template"
)

// Quote makes one word of a POSIX shell out of a text.
func Quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// Render renders the template of that name in the folder scripts of the files. Beside
// the functions given, templates have quote, and file, the text of another script.
func Render(files fs.FS, name string, functions template.FuncMap, data any) (string, error) {
	all := template.FuncMap{"quote": Quote, "file": func(name string) (string, error) {
		text, err := fs.ReadFile(files, "scripts/"+name)
		return strings.TrimRight(string(text), "\n"), err
	}}
	maps.Copy(all, functions)
	parsed, err := template.New(name).Funcs(all).ParseFS(files, "scripts/"+name)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	if err := parsed.ExecuteTemplate(&out, name, data); err != nil {
		return "", err
	}
	return out.String(), nil
}
