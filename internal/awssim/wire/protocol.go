package wire

import (
	"bytes"
	"net/http"
	"reflect"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// protocol is one of AWS's wire protocols. A further one is a further file with a
// type of this interface and a line in protocols.
type protocol interface {
	// requestName is a member's name in forms and XML.
	requestName(m *member) string

	// operation finds out which operation a message asks for, and at which version
	// of the API ("" where the protocol does not say).
	operation(msg *message, m *model) (name, version string, problem *apierr.Error)

	// decode reads the operation's input. The parameters are for the journal: flat,
	// without secrets.
	decode(msg *message, op *operation) (value tree, parameters map[string]string, problems []problem)

	// refuse words what the model forbids as services of this protocol do.
	refuse(m *model, problems []problem) *apierr.Error

	// encode writes a response; out is the output struct.
	encode(w *reply, m *model, op *operation, out reflect.Value)

	// encodeError writes an error response. m may be nil. detail is the shape of the
	// modelled exception, or nil, and exception its struct, or invalid.
	encodeError(w *reply, m *model, e *apierr.Error, detail *shape, exception reflect.Value)

	contentType(m *model) string
}

// reply is a response being written.
type reply struct {
	bytes.Buffer
	header    http.Header // of the protocol's own
	requestID string
	head      bool // only the header is asked for
}

// The implemented protocols' names in the models.
const (
	ec2Name   = "ec2"
	queryName = "query"
	jsonName  = "json"
	cborName  = "smithy-rpc-v2-cbor"
	restName  = "rest-xml"
)

var protocols = map[string]protocol{
	ec2Name:   ec2Protocol{},
	queryName: queryProtocol{},
	jsonName:  jsonProtocol{},
	cborName:  cborProtocol{},
	restName:  restProtocol{},
}

// shownBy tells by what a message looks like which protocol its client speaks, or "".
func shownBy(msg *message) string {
	media := mediaType(msg.header)
	switch {
	case msg.header.Get("Smithy-Protocol") == "rpc-v2-cbor", isCBORPath(msg.path):
		return cborName
	case msg.header.Get("X-Amz-Target") != "", strings.HasPrefix(media, "application/x-amz-json"):
		return jsonName
	case msg.form.Get("Action") != "":
		return queryName
	}
	return ""
}

// protocolFor chooses among the protocols that the service understands.
func (m *model) protocolFor(msg *message) protocol {
	if p := m.protocols[shownBy(msg)]; p != nil {
		return p
	}
	return m.protocol
}

// guessProtocol chooses the protocol to answer in where the service is not known.
func guessProtocol(msg *message) protocol {
	if msg.form.Get("Version") == loaded()["ec2"].version {
		return ec2Protocol{}
	}
	if p := protocols[shownBy(msg)]; p != nil {
		return p
	}
	return queryProtocol{}
}

func mediaType(header http.Header) string {
	media, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(media))
}
