package wire

import (
	"encoding/xml"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// restProtocol is AWS's REST protocol with XML (Route 53). The method and path tell
// the operation; parameters are in the path, the query and the body.
type restProtocol struct{}

func (restProtocol) requestName(m *member) string {
	if m.locationName != "" {
		return m.locationName
	}
	return m.name
}

// segments splits a path. A slash at its end means nothing.
func segments(path string) []string {
	return strings.Split(strings.Trim(path, "/"), "/")
}

// isParameter reports whether a segment of a model's path stands for a parameter.
func isParameter(segment string) bool { return strings.HasPrefix(segment, "{") }

// operation compares the path with those of the model. An operation that is not
// simulated is known only by its path.
func (restProtocol) operation(msg *message, m *model) (name, version string, problem *apierr.Error) {
	path := segments(msg.path)
	for _, op := range m.operations {
		if op.method == msg.method && op.matches(path) {
			return op.name, "", nil
		}
	}
	return "", "", notImplemented("The operation %s %s of %s is not simulated", msg.method, msg.path, m.name)
}

func (op *operation) matches(path []string) bool {
	return slices.EqualFunc(op.path, path, func(want, got string) bool { return want == got || isParameter(want) && got != "" })
}

// decode joins what the path, the query and the body hold.
func (restProtocol) decode(msg *message, op *operation) (tree, map[string]string, []problem) {
	d := &xmlDecoder{parameters: map[string]string{}}
	value := tree{}
	root := &path{}
	if len(msg.body) > 0 {
		node, err := parseXML(msg.body)
		if err != nil {
			return nil, nil, []problem{{rule: ruleSyntax, value: err.Error()}}
		}
		if op.root == "" || node.name != op.root {
			return nil, nil, []problem{{rule: ruleSyntax, value: "the element " + node.name + " is not expected"}}
		}
		value = d.structure(node, op.input, root)
	}
	given := d.outsideBody(msg, op)
	for _, m := range op.input.members {
		text, present := given[m.location+" "+m.locationName]
		if m.location == "" || !present {
			continue
		}
		value[m.name] = d.value(&xmlNode{name: m.locationName, text: []byte(text)}, m.shape, root.to(m))
	}
	return value, d.parameters, d.problems
}

// outsideBody returns the parameters of the path and the query, by place and name.
func (d *xmlDecoder) outsideBody(msg *message, op *operation) map[string]string {
	given := map[string]string{}
	for i, segment := range segments(msg.path) {
		if !isParameter(op.path[i]) {
			continue
		}
		text, err := url.PathUnescape(segment)
		if err != nil { // the server that took the request has unescaped it before
			text = segment
		}
		given["uri "+strings.Trim(op.path[i], "{}+")] = text
	}
	for name, values := range msg.query {
		known := slices.ContainsFunc(op.input.members, func(m *member) bool { return m.location == "querystring" && m.locationName == name })
		switch {
		case !known && !ofSignature(name):
			d.problems = append(d.problems, problem{rule: ruleUnknown, name: name})
		case len(values) > 1:
			d.problems = append(d.problems, problem{rule: ruleTwice, name: name})
		}
		given["querystring "+name] = values[0]
	}
	return given
}

func (restProtocol) contentType(*model) string { return "text/xml" }

// refuse uses the code of Route 53, which checks requests against its XML schema
// first.
func (restProtocol) refuse(m *model, problems []problem) *apierr.Error {
	const code = "InvalidInput"
	for _, p := range problems {
		switch p.rule {
		case ruleSyntax:
			return apierr.New(code, "Invalid XML ; %s", p.value)
		case ruleTwice:
			return apierr.New(code, "The parameter %s is given more than once", p.name)
		case ruleType:
			return apierr.New(code, "Value '%s' at '%s' is not a valid %s", p.value, p.at.inModel(), p.shape.kind)
		}
	}
	return refuseCommon(m, code, problems)
}

func (restProtocol) encode(w *reply, m *model, op *operation, out reflect.Value) {
	x := xmlWriter{Buffer: &w.Buffer, time: "2006-01-02T15:04:05.999Z", item: "member"}
	x.header()
	x.openIn(op.name+"Response", m.namespace)
	x.output(op, out)
	x.close(op.name + "Response")
	eachOutput(op, out, func(m *member, v reflect.Value) {
		if v, ok := follow(v); ok && m.location == "header" {
			if text, set := x.scalar(v); set {
				w.header.Set(m.locationName, text)
			}
		}
	})
}

func (restProtocol) encodeError(w *reply, m *model, e *apierr.Error, detail *shape, exception reflect.Value) {
	w.WriteString(xml.Header)
	queryProtocol{}.encodeError(w, m, e, detail, exception)
}
