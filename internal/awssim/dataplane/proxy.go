package dataplane

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// How long a load balancer waits for a target to take the connection, and to answer.
const (
	connectWithin = 10 * time.Second
	answerWithin  = 60 * time.Second
)

type addressKey struct{}

// newForward returns what hands a request on to the address in its context.
func newForward() *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		ErrorLog: silent,
		Rewrite: func(r *httputil.ProxyRequest) {
			address, _ := r.In.Context().Value(addressKey{}).(string)
			r.SetURL(&url.URL{Scheme: "http", Host: address})
			r.SetXForwarded()
			r.Out.Host = r.In.Host
		},
		// Every request has a connection of its own: over one that it uses again, Go's
		// client would try a second time, and a load balancer does not.
		Transport: &http.Transport{
			DisableKeepAlives: true, DialContext: (&net.Dialer{Timeout: connectWithin}).DialContext, ResponseHeaderTimeout: answerWithin},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				complain(w, http.StatusGatewayTimeout)
				return
			}
			complain(w, http.StatusBadGateway)
		},
	}
}

// complain answers as the load balancer itself.
func complain(w http.ResponseWriter, status int) {
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	w.Header().Set("Server", "awselb/2.0")
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%[1]s</h1></center>\r\n</body>\r\n</html>\r\n", text)
}

// answer does with a request what the listener's action says.
func (p *Plane) answer(w http.ResponseWriter, r *http.Request, arn string) {
	p.mu.Lock()
	l, ok := p.seen.listeners[arn]
	p.mu.Unlock()
	switch {
	case !ok: // just deleted
		complain(w, http.StatusServiceUnavailable)
	case l.rules:
		http.Error(w, "The data plane does not follow rules of listeners.", http.StatusNotImplemented)
	case l.action.Type == types.ActionTypeEnumRedirect:
		redirect(w, r, l)
	case l.action.Type == types.ActionTypeEnumFixedResponse:
		fixedResponse(w, l.action.FixedResponseConfig)
	default:
		address, status := p.choose(arn, l.action.ForwardConfig)
		if status != 0 {
			complain(w, status)
			return
		}
		p.forward.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), addressKey{}, address)))
	}
}

// choose returns the address of the target whose turn it is, or the status that the
// load balancer answers with instead: a group that has no target does not pass its
// share on to others, and a target that is not there gets no replacement.
func (p *Plane) choose(arn string, forward *types.ForwardActionConfig) (address string, status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	group := p.turn(arn).weighted(forward.TargetGroups)
	targets := eligible(p.seen.groups[group])
	if len(targets) == 0 {
		return "", http.StatusServiceUnavailable
	}
	t := targets[p.turn(group).next(len(targets))]
	server := p.servers[t.instance]
	if !t.up || server == nil {
		return "", http.StatusBadGateway
	}
	return server.address, 0
}

// redirect fills the parts of the request into the listener's redirect.
func redirect(w http.ResponseWriter, r *http.Request, l listener) {
	config := l.action.RedirectConfig
	host := r.Host
	if name, _, err := net.SplitHostPort(r.Host); err == nil {
		host = name
	}
	fill := func(text *string) string {
		return strings.NewReplacer("#{host}", host, "#{path}", strings.TrimPrefix(r.URL.EscapedPath(), "/"),
			"#{port}", strconv.Itoa(int(l.port)), "#{protocol}", "HTTP", "#{query}", r.URL.RawQuery).Replace(aws.ToString(text))
	}
	location := strings.ToLower(fill(config.Protocol)) + "://" + net.JoinHostPort(fill(config.Host), fill(config.Port)) + fill(config.Path)
	if query := fill(config.Query); query != "" {
		location += "?" + query
	}
	status := http.StatusFound
	if config.StatusCode == types.RedirectActionStatusCodeEnumHttp301 {
		status = http.StatusMovedPermanently
	}
	w.Header().Set("Server", "awselb/2.0")
	w.Header().Set("Location", location)
	w.WriteHeader(status)
}

func fixedResponse(w http.ResponseWriter, config *types.FixedResponseActionConfig) {
	status, err := strconv.Atoi(aws.ToString(config.StatusCode))
	if err != nil {
		status = http.StatusOK
	}
	w.Header().Set("Server", "awselb/2.0")
	w.Header().Set("Content-Type", cmp.Or(aws.ToString(config.ContentType), "text/plain"))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, aws.ToString(config.MessageBody)) // the client may be gone
}
