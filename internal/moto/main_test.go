package moto

import (
	"errors"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "rewrite internal/awssim/moto.md")

// shared is the one server of all tests; proxies keep them apart.
var shared struct {
	once     sync.Once
	server   *Server
	err      error
	accounts int
}

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if shared.server != nil {
		shared.server.Stop()
	}
	os.Exit(code)
}

// start returns a proxy to an empty account in moto and its address, or skips the test.
func start(t *testing.T) (*Proxy, string) {
	t.Helper()
	if os.Getenv("WEBTIER_MOTO") == "" {
		t.Skip("WEBTIER_MOTO is not set")
	}
	shared.once.Do(func() { shared.server, shared.err = Start() })
	if errors.Is(shared.err, ErrAbsent) {
		t.Skip(shared.err)
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	shared.accounts++
	proxy := NewProxy(shared.server, fmt.Sprintf("%012d", 210000000000+shared.accounts))
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return proxy, server.URL
}
