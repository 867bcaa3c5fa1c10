package dataplane_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/dataplane"
)

// browser is a client that keeps cookies, follows redirects, trusts the data plane's
// authority, and finds load balancers by the names that they have in the cloud.
type browser struct {
	l      *lab
	client *http.Client
}

func (l *lab) browser() *browser {
	l.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		l.t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true, ForceAttemptHTTP2: true, DialContext: l.dial, TLSClientConfig: &tls.Config{RootCAs: l.authority()}}
	return &browser{l: l, client: &http.Client{Jar: jar, Transport: transport}}
}

// dial connects to where a load balancer's listener really is, as a name server that
// also knows ports would.
func (l *lab) dial(ctx context.Context, network, address string) (net.Conn, error) {
	for name, url := range l.plane.Endpoints() {
		if !strings.Contains(name, ":") {
			name += ":80"
		}
		if name == address {
			_, address, _ = strings.Cut(url, "://")
		}
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// authority asks whom clients have to trust.
func (l *lab) authority() *x509.CertPool {
	l.t.Helper()
	response := httptest.NewRecorder()
	l.plane.Handler(http.NotFoundHandler()).ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/_awssim/authority.pem", nil))
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(response.Body.Bytes()) {
		l.t.Fatalf("no certificate: %d %s", response.Code, response.Body)
	}
	return pool
}

// ask sends a request that a server must answer, and returns the cookies that are set.
func (b *browser) ask(url string) (dataplane.Answer, []*http.Cookie) {
	b.l.t.Helper()
	response, err := b.client.Get(url)
	if err != nil {
		b.l.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer dataplane.Answer
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != http.StatusOK {
		b.l.t.Fatalf("%s: %s, %v", url, response.Status, err)
	}
	return answer, response.Cookies()
}
