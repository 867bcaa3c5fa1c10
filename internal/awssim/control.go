package awssim

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

const controlPrefix = "/_awssim/"

// control is the interface for tests and tools in other processes. It speaks JSON.
//
//	GET    health
//	GET    calls                 the journal: a list of Call
//	POST   reset-calls           empty it
//	POST   faults                add a Rule, with "delay" as "1.5s"
//	DELETE faults                remove all rules
//	POST   situations?region=R   bring a Situation about
//	DELETE situations?region=R   end all of the Region
//	POST   load?region=R         put a Load on servers
//	POST   quotas?region=R       set a quota of Service Quotas: {"code": "L-…", "value": 8}
//	GET    inventory?region=R    live objects made by users
//	GET    events?region=R       what happened without being asked for
//	POST   reset                 forget everything
func (s *Sim) control() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, f func(r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			result, err := f(r)
			status := http.StatusOK
			if err != nil {
				status, result = http.StatusBadRequest, map[string]string{"error": err.Error()}
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(result) // the client may be gone
		})
	}
	done := map[string]string{"status": "ok"}
	handle("GET "+controlPrefix+"health", func(*http.Request) (any, error) { return s.health(), nil })
	handle("GET "+controlPrefix+"calls", func(*http.Request) (any, error) { return s.Calls(), nil })
	handle("POST "+controlPrefix+"reset-calls", func(*http.Request) (any, error) { s.ResetCalls(); return done, nil })
	handle("POST "+controlPrefix+"reset", func(*http.Request) (any, error) { s.Reset(); return done, nil })
	handle("POST "+controlPrefix+"faults", func(r *http.Request) (any, error) { return done, s.addRuleFrom(r) })
	handle("DELETE "+controlPrefix+"faults", func(*http.Request) (any, error) { s.ClearRules(); return done, nil })
	handleRegion := func(pattern string, f func(w *World, r *http.Request) (any, error)) {
		handle(pattern, func(r *http.Request) (any, error) {
			w, err := s.named(r)
			if err != nil {
				return nil, err
			}
			return f(w, r)
		})
	}
	handleRegion("POST "+controlPrefix+"situations", func(w *World, r *http.Request) (any, error) {
		var situation Situation
		if err := decode(r, &situation); err != nil {
			return nil, err
		}
		return done, w.AddSituation(situation)
	})
	handleRegion("DELETE "+controlPrefix+"situations", func(w *World, _ *http.Request) (any, error) { w.ClearSituations(); return done, nil })
	handleRegion("POST "+controlPrefix+"load", func(w *World, r *http.Request) (any, error) {
		var load Load
		if err := decode(r, &load); err != nil {
			return nil, err
		}
		return done, w.SetLoad(load)
	})
	handleRegion("POST "+controlPrefix+"quotas", func(w *World, r *http.Request) (any, error) {
		var quota struct {
			Code  string  `json:"code"`
			Value float64 `json:"value"`
		}
		if err := decode(r, &quota); err != nil {
			return nil, err
		}
		return done, w.SetQuota(quota.Code, quota.Value)
	})
	handleRegion("GET "+controlPrefix+"inventory", func(w *World, _ *http.Request) (any, error) { return emptyNotNull(w.Inventory()), nil })
	handleRegion("GET "+controlPrefix+"events", func(w *World, _ *http.Request) (any, error) { return emptyNotNull(w.Events()), nil })
	return mux
}

func emptyNotNull[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (s *Sim) named(r *http.Request) (*World, error) {
	name := r.URL.Query().Get("region")
	if w := s.World(name); w != nil {
		return w, nil
	}
	return nil, fmt.Errorf("there is no Region %q: give one as ?region=", name)
}

// decode reads a body in which nothing may be misspelt.
func decode(r *http.Request, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<16))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

func (s *Sim) addRuleFrom(r *http.Request) error {
	var body struct {
		Rule
		Delay string `json:"delay"`
	}
	if err := decode(r, &body); err != nil {
		return err
	}
	if body.Delay != "" {
		delay, err := time.ParseDuration(body.Delay)
		if err != nil {
			return err
		}
		body.Rule.Delay = delay
	}
	return s.AddRule(body.Rule)
}

func (s *Sim) health() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]any{
		"status":  "ok",
		"account": s.options.Account,
		"now":     s.options.Clock(),
		"regions": emptyNotNull(slices.Sorted(maps.Keys(s.worlds))),
		"calls":   s.sequence,
	}
}
