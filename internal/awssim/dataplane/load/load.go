// Package load is a client that sends requests at a steady rate and keeps what
// became of each. It is bounded in every respect: rate, concurrency, count, time.
package load

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Options say what is sent. The zero value of a bound is its default.
type Options struct {
	URL         string
	Every       time.Duration // between requests; default 5 ms
	Concurrency int           // requests under way at most; default 8
	Count       int           // requests in all at most; default 20000
	For         time.Duration // default a minute
	Timeout     time.Duration // of one request; default 2 s
}

func (o Options) completed() Options {
	o.Every = cmp.Or(o.Every, 5*time.Millisecond)
	o.Concurrency = cmp.Or(o.Concurrency, 8)
	o.Count = cmp.Or(o.Count, 20000)
	o.For = cmp.Or(o.For, time.Minute)
	o.Timeout = cmp.Or(o.Timeout, 2*time.Second)
	return o
}

// Request is one request and what became of it.
type Request struct {
	At     time.Time // when it was answered or had failed
	Status int       // 0: there was no answer
	Zone   string    // of the server that answered
}

// Served reports whether a server answered.
func (r Request) Served() bool { return r.Status == http.StatusOK }

// Run sends requests until ctx ends or a bound is reached, and returns them in the
// order in which they ended. A request that the end of ctx cut off is left out.
func Run(ctx context.Context, options Options) Record {
	o := options.completed()
	ctx, cancel := context.WithTimeout(ctx, o.For)
	defer cancel()
	client := &http.Client{Timeout: o.Timeout,
		// Each request has a connection of its own, so that none is sent twice.
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var mu sync.Mutex
	var record Record
	var under sync.WaitGroup
	slots := make(chan struct{}, o.Concurrency)
	ticker := time.NewTicker(o.Every)
	defer ticker.Stop()
	for sent := 0; sent < o.Count && ctx.Err() == nil; sent++ {
		select {
		case <-ctx.Done():
			continue
		case slots <- struct{}{}:
		}
		under.Go(func() {
			defer func() { <-slots }()
			if r, ok := send(ctx, client, o.URL); ok {
				mu.Lock()
				record = append(record, r)
				mu.Unlock()
			}
		})
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
	under.Wait()
	slices.SortFunc(record, func(a, b Request) int { return a.At.Compare(b.At) })
	return record
}

func send(ctx context.Context, client *http.Client, url string) (r Request, ok bool) {
	defer func() { r.At = time.Now() }()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return r, true
	}
	response, err := client.Do(request)
	if err != nil {
		return r, ctx.Err() == nil
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if err != nil {
		return r, ctx.Err() == nil
	}
	r.Status = response.StatusCode
	var answer struct{ Zone string }
	if json.Unmarshal(body, &answer) == nil {
		r.Zone = answer.Zone
	}
	return r, true
}
