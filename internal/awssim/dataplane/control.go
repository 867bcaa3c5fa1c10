package dataplane

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Handler serves the data plane's part of the simulator's control interface, and
// hands all other requests on to next.
//
//	GET /_awssim/endpoints?region=R    where load balancers listen: URL by DNS name
//	GET /_awssim/authority.pem         whom clients of HTTPS listeners have to trust
func (p *Plane) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == "/_awssim/authority.pem" {
			w.Header().Set("Content-Type", "application/x-pem-file")
			_, _ = w.Write(p.authority.pem()) // the client may be gone
			return
		}
		if r.Method != http.MethodGet || r.URL.Path != "/_awssim/endpoints" {
			next.ServeHTTP(w, r)
			return
		}
		status, result := http.StatusOK, p.Endpoints()
		if name := r.URL.Query().Get("region"); name != p.region {
			status, result = http.StatusBadRequest, map[string]string{
				"error": fmt.Sprintf("the data plane serves Region %q, not %q: give it as ?region=", p.region, name)}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(result) // the client may be gone
	})
}
