package awssim

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/wire"
)

// Handler serves the simulator over HTTP: AWS's protocols, and its own control
// interface under /_awssim/.
func (s *Sim) Handler() http.Handler {
	control := s.control()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, controlPrefix) {
			control.ServeHTTP(w, r)
			return
		}
		response, err := s.serve(r)
		truncated := errors.Is(err, errTruncated)
		if err != nil && !truncated {
			panic(http.ErrAbortHandler) // closes the connection without a reply
		}
		for name, values := range response.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(response.Status)
		if truncated {
			_, _ = w.Write(half(response.Body))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(response.Body) // the client may be gone
	})
}

// Transport serves clients in the same process, without network or goroutines, so
// that it works within a testing/synctest bubble.
func (s *Sim) Transport() http.RoundTripper { return transport{s} }

type transport struct{ sim *Sim }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	response, err := t.sim.serve(r)
	truncated := errors.Is(err, errTruncated)
	if err != nil && !truncated {
		return nil, err
	}
	// The client may have given up meanwhile: the effect stands, the reply is lost.
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	answer := httpResponse(r, response)
	if truncated {
		answer.Body = io.NopCloser(io.MultiReader(bytes.NewReader(half(response.Body)), brokenReader{}))
	}
	return answer, nil
}

func half(body []byte) []byte { return body[:len(body)/2] }

// brokenReader is a connection after it was cut.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func httpResponse(r *http.Request, response *wire.Response) *http.Response {
	response.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	return &http.Response{
		Status: http.StatusText(response.Status), StatusCode: response.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: response.Header, ContentLength: int64(len(response.Body)),
		Body: io.NopCloser(bytes.NewReader(response.Body)), Request: r,
	}
}
