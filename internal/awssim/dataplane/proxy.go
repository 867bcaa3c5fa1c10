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

// ownName is how a load balancer calls itself in its own answers.
const ownName = "awselb/2.0"

// choice is the target that a request goes to.
type choice struct {
	group   string // target group
	address string
	port    int32          // of the listener
	cookies []*http.Cookie // that will lead the client there again
}

type choiceKey struct{}

// chosen returns the choice in a request's context.
func chosen(r *http.Request) choice {
	c, _ := r.Context().Value(choiceKey{}).(choice)
	return c
}

// newForward returns what hands a request on to the target in its context.
func newForward() *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		ErrorLog: silent,
		Rewrite: func(r *httputil.ProxyRequest) {
			c := chosen(r.In)
			r.SetURL(&url.URL{Scheme: "http", Host: c.address})
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"] // which is added to
			r.SetXForwarded()
			r.Out.Header.Del("X-Forwarded-Host") // a load balancer sends none
			r.Out.Header.Set("X-Forwarded-Port", strconv.Itoa(int(c.port)))
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(r *http.Response) error {
			for _, cookie := range chosen(r.Request).cookies {
				r.Header.Add("Set-Cookie", cookie.String())
			}
			return nil
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
	w.Header().Set("Server", ownName)
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%[1]s</h1></center>\r\n</body>\r\n</html>\r\n", text)
}

// answer does with a request what the rule says that it fulfils.
func (p *Plane) answer(w http.ResponseWriter, r *http.Request, arn string) {
	p.mu.Lock()
	l := p.seen.listeners[arn]
	p.mu.Unlock()
	one, ok := l.rule(r)
	switch {
	case !ok: // just deleted
		complain(w, http.StatusServiceUnavailable)
	case one.transforms:
		http.Error(w, "The data plane does not rewrite requests.", http.StatusNotImplemented)
	case one.action.Type == types.ActionTypeEnumRedirect:
		redirect(w, r, l, one.action.RedirectConfig)
	case one.action.Type == types.ActionTypeEnumFixedResponse:
		fixedResponse(w, one.action.FixedResponseConfig)
	default:
		c, status := p.choose(r, one)
		c.port = l.port
		seen := &statusWriter{ResponseWriter: w}
		if status != 0 {
			complain(seen, status)
		} else {
			p.forward.ServeHTTP(seen, r.WithContext(context.WithValue(r.Context(), choiceKey{}, c)))
		}
		p.count(c.group, seen)
	}
}

// choose returns the target that a cookie names, or else the one whose turn it is, or
// the status that the load balancer answers with instead: a group that has no target
// does not pass its share on to others, and a target that is not there gets no
// replacement.
func (p *Plane) choose(r *http.Request, one rule) (c choice, status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	groups := forwarding(one.action)
	arn := ""
	if sticky := groupStickiness(one.action); sticky > 0 {
		if arn = stickyGroup(r, groups); arn == "" {
			arn = p.turn(one.arn).weighted(groups)
		}
		c.cookies = append(c.cookies, reminders(r, groupCookie, arn, sticky)...)
	} else {
		arn = p.turn(one.arn).weighted(groups)
	}
	c.group = arn
	group := p.seen.groups[arn]
	targets := eligible(group.targets)
	if len(targets) == 0 {
		return c, http.StatusServiceUnavailable
	}
	t, known := stickyTarget(r, arn, targets)
	if group.sticky == 0 || !known {
		t = targets[p.turn(arn).next(len(targets))]
	}
	if group.sticky > 0 {
		c.cookies = append(c.cookies, reminders(r, targetCookie, bond(arn, t), group.sticky)...)
	}
	site := p.servers[t.instance]
	if !t.up || site == nil {
		return c, http.StatusBadGateway
	}
	c.address = site.address
	return c, 0
}

// next returns the address of the target whose turn it is to get a connection that a
// Network Load Balancer's listener has accepted.
func (p *Plane) next(listener string) (address string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	rules := p.seen.listeners[listener].rules
	if len(rules) == 0 {
		return "", false // just deleted
	}
	arn := p.turn(listener).weighted(forwarding(rules[0].action))
	targets := eligible(p.seen.groups[arn].targets)
	if len(targets) == 0 {
		return "", false
	}
	t := targets[p.turn(arn).next(len(targets))]
	site := p.servers[t.instance]
	if !t.up || site == nil {
		return "", false
	}
	return site.address, true
}

// redirect fills the parts of the request into the listener's redirect.
func redirect(w http.ResponseWriter, r *http.Request, l listener, config *types.RedirectActionConfig) {
	fill := func(text *string) string {
		return strings.NewReplacer("#{host}", hostOf(r), "#{path}", strings.TrimPrefix(r.URL.EscapedPath(), "/"),
			"#{port}", strconv.Itoa(int(l.port)), "#{protocol}", string(l.protocol), "#{query}", r.URL.RawQuery).Replace(aws.ToString(text))
	}
	location := strings.ToLower(fill(config.Protocol)) + "://" + net.JoinHostPort(fill(config.Host), fill(config.Port)) + fill(config.Path)
	if query := fill(config.Query); query != "" {
		location += "?" + query
	}
	status := http.StatusFound
	if config.StatusCode == types.RedirectActionStatusCodeEnumHttp301 {
		status = http.StatusMovedPermanently
	}
	w.Header().Set("Server", ownName)
	w.Header().Set("Location", location)
	w.WriteHeader(status)
}

func fixedResponse(w http.ResponseWriter, config *types.FixedResponseActionConfig) {
	status, err := strconv.Atoi(aws.ToString(config.StatusCode))
	if err != nil {
		status = http.StatusOK
	}
	w.Header().Set("Server", ownName)
	w.Header().Set("Content-Type", cmp.Or(aws.ToString(config.ContentType), "text/plain"))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, aws.ToString(config.MessageBody)) // the client may be gone
}
