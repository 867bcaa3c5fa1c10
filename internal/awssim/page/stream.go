package page

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	// streamInterval is how often a stream looks for changes.
	streamInterval = 400 * time.Millisecond
	// keepAlive is how often a stream without changes says that it lives.
	keepAlive = 15 * time.Second
)

// change is what one event of a stream carries: the sections that changed.
type change struct {
	Now      time.Time         `json:"now"`
	Sections map[string]string `json:"sections"` // HTML by id
}

// stream sends all sections at once, and then those that changed.
func (p *pages) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	shown := map[string]string{}
	ticker := time.NewTicker(streamInterval)
	defer ticker.Stop()
	silent := time.Duration(0)
	for {
		message, err := news(p.look(r), shown)
		if err != nil {
			return // the browser shows that the stream broke, and asks again
		}
		if message == "" && silent >= keepAlive {
			message = ":\n\n"
		}
		if silent += streamInterval; message != "" {
			silent = 0
			if _, err := fmt.Fprint(w, message); err != nil || out.Flush() != nil {
				return
			}
		}
		select {
		case <-r.Context().Done():
			return
		case <-p.done:
			return
		case <-ticker.C:
		}
	}
}

// news returns the event that brings what was shown to the state, or "" when
// nothing changed.
func news(s *State, shown map[string]string) (string, error) {
	changed := change{Now: s.Now, Sections: map[string]string{}}
	for _, id := range sections {
		html, err := render(id, s)
		if err != nil {
			return "", err
		}
		if was, ok := shown[id]; !ok || was != string(html) {
			shown[id], changed.Sections[id] = string(html), string(html)
		}
	}
	if len(changed.Sections) == 0 {
		return "", nil
	}
	data, err := json.Marshal(changed)
	return "data: " + string(data) + "\n\n", err
}
