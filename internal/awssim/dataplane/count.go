package dataplane

import "net/http"

// statusWriter remembers the status of an answer, and whether the load balancer gave
// it itself.
type statusWriter struct {
	http.ResponseWriter
	status int
	own    bool
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status, w.own = status, w.Header().Get("Server") == ownName
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets the reverse proxy flush.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// count adds a request to what CloudWatch is told at the next look at the Region.
func (p *Plane) count(group string, w *statusWriter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	sum := p.asked[group]
	switch failed := w.status >= http.StatusInternalServerError; {
	case failed && w.own:
		sum.Unrouted++
	case failed:
		sum.Failed++
		sum.Count++
	default:
		sum.Count++
	}
	p.asked[group] = sum
}
