package moto

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
)

// Proxy passes calls on to moto, one at a time: moto is not safe for threads. The
// calls of one proxy share an account that no other proxy sees.
type Proxy struct {
	// Account is the twelve digits of the account.
	Account string
	// Bridges answer, by operation, what moto lacks.
	Bridges map[string]Bridge

	mu      sync.Mutex
	target  string
	dropped map[string]url.Values // settings that moto drops, by the element that names their object
}

// Bridge answers a call that moto cannot, by other calls or by itself. It may
// return nil to have the call passed on after all.
type Bridge func(p *Proxy, call Call) *Reply

// Call is a call of EC2's, the query, a JSON or CloudWatch's protocol.
type Call struct {
	// Parameters are those of the form, with Action and Version.
	Parameters url.Values
	request    *http.Request
	body       []byte
}

// Reply is what a client gets.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// NewProxy returns a proxy to a server.
func NewProxy(server *Server, account string) *Proxy {
	return &Proxy{Account: account, target: server.URL}
}

// ServeHTTP passes on one call.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client is gone
	}
	call := Call{request: r, body: body}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		// What does not parse is for moto to refuse.
		call.Parameters, _ = url.ParseQuery(string(body))
	}
	p.mu.Lock()
	reply := p.answer(call)
	p.mu.Unlock()
	for name, values := range reply.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(reply.Status)
	_, _ = w.Write(reply.Body) // the client may be gone
}

func (p *Proxy) answer(call Call) *Reply {
	if bridge := p.Bridges[call.operation()]; bridge != nil {
		if reply := bridge(p, call); reply != nil {
			return reply
		}
	}
	return p.pass(call, call.body)
}

// operation is what a call asks for, by its form, in the JSON protocols by a header,
// and in CloudWatch's by the end of its path.
func (c Call) operation() string {
	if action := c.Parameters.Get("Action"); action != "" {
		return action
	}
	if _, operation, isJSON := strings.Cut(c.request.Header.Get("X-Amz-Target"), "."); isJSON {
		return operation
	}
	return path.Base(c.request.URL.Path)
}

// pass sends a call to moto, with a body that may differ from its own.
func (p *Proxy) pass(call Call, body []byte) *Reply {
	request := call.request.Clone(call.request.Context())
	target, err := url.Parse(p.target + call.request.URL.RequestURI())
	if err != nil {
		return failure(err)
	}
	request.URL, request.RequestURI = target, ""
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	request.Header.Set("X-Moto-Account-Id", p.Account)
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return failure(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return failure(err)
	}
	response.Header.Del("Content-Length")
	response.Header.Del("Transfer-Encoding")
	return &Reply{Status: response.StatusCode, Header: response.Header, Body: content}
}

// Send makes another call of the same service for a bridge.
func (p *Proxy) Send(call Call, parameters url.Values) *Reply {
	parameters.Set("Version", call.Parameters.Get("Version"))
	return p.pass(call, []byte(parameters.Encode()))
}

func failure(err error) *Reply {
	return &Reply{Status: http.StatusBadGateway, Header: http.Header{}, Body: []byte(fmt.Sprintf("moto proxy: %v", err))}
}

// answerXML makes a reply of the query protocol.
func answerXML(operation, result string) *Reply {
	body := fmt.Sprintf("<%sResponse><%sResult>%s</%sResult><ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ResponseMetadata></%sResponse>",
		operation, operation, result, operation, operation)
	return &Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/xml"}}, Body: []byte(body)}
}
