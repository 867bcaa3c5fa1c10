package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// started runs the program in this process and returns its URL and a channel with
// its result.
func started(t *testing.T, ctx context.Context, args ...string) (url string, result <-chan error) {
	t.Helper()
	ready := filepath.Join(t.TempDir(), "ready")
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, append([]string{"-listen", "127.0.0.1:0", "-ready-file", ready}, args...), io.Discard, io.Discard)
	}()
	deadline := time.After(10 * time.Second)
	for {
		if text, err := os.ReadFile(ready); err == nil {
			return strings.TrimSpace(string(text)), done
		}
		select {
		case err := <-done:
			t.Fatalf("ended before it was ready: %v", err)
		case <-deadline:
			t.Fatal("not ready")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func ended(t *testing.T, result <-chan error) {
	t.Helper()
	select {
	case err := <-result:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("still running")
	}
}

func TestServesUntilCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url, result := started(t, ctx, "-account", "111122223333", "-speed", "60")
	response, err := http.Get(url + "/_awssim/health")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	if !strings.Contains(string(body), "111122223333") {
		t.Errorf("health: %s", body)
	}
	cancel()
	ended(t, result)
	if _, err := http.Get(url); err == nil {
		t.Error("still listening")
	}
}

func TestServesTheDataPlane(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url, result := started(t, ctx, "-dataplane", "eu-west-1")
	response, err := http.Get(url + "/_awssim/endpoints?region=eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); strings.TrimSpace(string(body)) != "{}" {
		t.Errorf("without load balancers: %s", body)
	}
	cancel()
	ended(t, result)
}

// TestEndsThoughABrowserLooks cancels while a page is open, whose stream would go on.
func TestEndsThoughABrowserLooks(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url, result := started(t, ctx)
	response, err := http.Get(url + "/_awssim/page/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	began := time.Now()
	cancel()
	ended(t, result)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("ended after %s", took)
	}
}

func TestEndsWithItsParent(t *testing.T) {
	gone := exec.Command(os.Args[0], "-test.run=^$")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() {
		result <- run(t.Context(), []string{"-listen", "127.0.0.1:0", "-parent-pid", strconv.Itoa(gone.Process.Pid)}, io.Discard, io.Discard)
	}()
	ended(t, result)
}

func TestStaysWhileItsParentLives(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url, result := started(t, ctx, "-parent-pid", strconv.Itoa(os.Getpid()))
	time.Sleep(20 * time.Millisecond) // the first look at the parent is at once
	if response, err := http.Get(url + "/_awssim/health"); err != nil {
		t.Error(err)
	} else {
		response.Body.Close()
	}
	cancel()
	ended(t, result)
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-listen 0.0.0.0:0", "-allow-non-loopback"},
		{"-speed 0", "-speed"},
		{"-account 12", "-account"},
		{"serve", "unexpected argument"},
		{"-listen nonsense", "nonsense"},
		{"-listen 127.0.0.1:0 -dataplane atlantis-1", "atlantis-1"},
	} {
		err := run(t.Context(), strings.Fields(c.args), io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.args, err, c.want)
		}
	}
}
