// Package page shows a simulator in a browser: zones as columns with their subnets
// and servers, load balancers, groups, databases, queues, and what happened lately.
// It only looks: it calls the services' own Describe operations past the wire, so
// that neither the journal nor fault rules notice.
package page

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awssim"
)

const prefix = "/_awssim/"

//go:embed files
var files embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"tone":  tone,
	"clock": func(t time.Time) string { return t.UTC().Format(time.TimeOnly) },
	"words": strings.Fields,
	"stamp": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
}).ParseFS(files, "files/page.html"))

// sections are the parts of the page that change, by the ids of their elements and
// the names of their templates.
var sections = []string{"region", "problems", "balancers", "groups", "zones", "databases", "queues", "buckets", "events", "calls"}

// policy lets nothing into the page but its own style sheet and script.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Handler serves the simulator with its page at /_awssim/. Streams end with ctx.
//
//	GET /_awssim/                        the page; ?region=R for another Region
//	GET /_awssim/page/state?region=R     the same as JSON
//	GET /_awssim/page/stream?region=R    what changes, as server-sent events
func Handler(ctx context.Context, sim *awssim.Sim) http.Handler {
	p := &pages{sim: sim, done: ctx.Done()}
	own := map[string]http.HandlerFunc{
		prefix:                    p.page,
		prefix + "page/state":     p.state,
		prefix + "page/stream":    p.stream,
		prefix + "page/style.css": file("style.css", "text/css; charset=utf-8"),
		prefix + "page/script.js": file("script.js", "text/javascript; charset=utf-8"),
	}
	simulator := sim.Handler()
	// No ServeMux: it would redirect paths of the AWS interface that it finds unclean.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serve, ok := own[r.URL.Path]
		if !ok {
			simulator.ServeHTTP(w, r)
			return
		}
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
		if r.Method != http.MethodGet {
			header.Set("Allow", http.MethodGet)
			http.Error(w, "the page is only to look at", http.StatusMethodNotAllowed)
			return
		}
		serve(w, r)
	})
}

type pages struct {
	sim  *awssim.Sim
	done <-chan struct{}
}

func (p *pages) look(r *http.Request) *State {
	return Look(r.Context(), p.sim, r.URL.Query().Get("region"))
}

func (p *pages) page(w http.ResponseWriter, r *http.Request) {
	html, err := render("page", p.look(r))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(html) // the browser may be gone
}

func (p *pages) state(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(p.look(r)) // the client may be gone
}

func render(name string, s *State) ([]byte, error) {
	var html bytes.Buffer
	err := templates.ExecuteTemplate(&html, name, s)
	return html.Bytes(), err
}

func file(name, contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		content, err := files.ReadFile("files/" + name)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(content)
	}
}
