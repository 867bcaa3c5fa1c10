package wire

import (
	"cmp"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// restProtocol is AWS's REST protocol with XML (Route 53, S3). The method, the path
// and sometimes the query tell the operation; parameters are in the path, the query,
// headers and the body.
type restProtocol struct{}

func (restProtocol) requestName(m *member) string {
	if m.locationName != "" {
		return m.locationName
	}
	return m.name
}

// operation compares path and query with those of the model, and takes the operation
// that asks for most. One that is not simulated is known only by its path.
func (restProtocol) operation(msg *message, m *model) (name, version string, problem *apierr.Error) {
	var best *operation
	for _, op := range m.operations {
		_, fits := op.match(msg.path)
		if fits && op.method == msg.method && op.asks(msg.query) && (best == nil || len(op.literals) > len(best.literals)) {
			best = op
		}
	}
	if best == nil || m.rest.literals && !best.takesAll(msg) {
		what := msg.path
		if m.rest.literals && len(msg.query) > 0 {
			what += "?" + strings.Join(slices.Sorted(maps.Keys(msg.query)), "&")
		}
		return "", "", notImplemented("The operation %s %s of %s is not simulated", msg.method, what, m.name)
	}
	return best.name, "", nil
}

// takesAll reports whether nothing in the query asks for another operation.
func (op *operation) takesAll(msg *message) bool {
	for name := range msg.query {
		if !op.takes(name) {
			return false
		}
	}
	return true
}

// decode joins what the path, the query, the headers and the body hold.
func (restProtocol) decode(msg *message, op *operation) (tree, map[string]string, []problem) {
	d := &xmlDecoder{parameters: map[string]string{}}
	root := &path{}
	value := d.body(msg, op, root)
	if value == nil {
		return nil, nil, d.problems
	}
	d.checkQuery(msg, op)
	inPath, _ := op.match(msg.path)
	for _, m := range op.input.members {
		switch m.location {
		case "uri":
			if text, present := inPath[m.locationName]; present {
				value[m.name] = d.text(text, m, root)
			}
		case "querystring":
			if msg.query.Has(m.locationName) {
				value[m.name] = d.text(msg.query.Get(m.locationName), m, root)
			}
		case "header":
			if list := msg.header.Values(m.locationName); len(list) > 0 {
				value[m.name] = d.text(strings.Join(list, ","), m, root)
			}
		case "headers":
			if entries := withPrefix(msg.header, m.locationName); len(entries) > 0 {
				value[m.name] = entries
			}
		}
	}
	return value, d.parameters, d.problems
}

// body reads the body: what of the input is in it, or the member that is all of it.
// It returns nil if it cannot be read.
func (d *xmlDecoder) body(msg *message, op *operation, root *path) tree {
	payload, element, content := op.input.payload, op.root, op.input
	if payload != nil {
		element, content = cmp.Or(payload.locationName, payload.shape.name), payload.shape
	}
	switch {
	case len(msg.body) == 0 && (payload == nil || payload.shape.kind != kindBlob):
		return tree{}
	case payload != nil && payload.shape.kind == kindBlob:
		d.parameters[payload.name] = recorded(msg.body)
		return tree{payload.name: msg.body}
	case payload != nil && payload.shape.kind == kindString:
		d.parameters[payload.name] = recorded(string(msg.body))
		return tree{payload.name: string(msg.body)}
	}
	node, err := parseXML(msg.body)
	if err != nil {
		d.problems = append(d.problems, problem{rule: ruleSyntax, value: err.Error()})
		return nil
	}
	if element == "" || node.name != element {
		d.problems = append(d.problems, problem{rule: ruleSyntax, value: "the element " + node.name + " is not expected"})
		return nil
	}
	if payload == nil {
		return d.structure(node, content, root)
	}
	return tree{payload.name: d.structure(node, content, root.to(payload))}
}

// checkQuery reports parameters that are unknown or given twice.
func (d *xmlDecoder) checkQuery(msg *message, op *operation) {
	for name, values := range msg.query {
		switch {
		case !op.takes(name):
			d.problems = append(d.problems, problem{rule: ruleUnknown, name: name})
		case len(values) > 1:
			d.problems = append(d.problems, problem{rule: ruleTwice, name: name})
		}
	}
}

// text reads a member from outside the body.
func (d *xmlDecoder) text(text string, m *member, root *path) any {
	at := root.to(m)
	if m.shape.kind != kindList {
		return d.value(&xmlNode{name: m.locationName, text: []byte(text)}, m.shape, at)
	}
	list := []any{}
	for part := range strings.SplitSeq(text, ",") {
		list = append(list, d.value(&xmlNode{text: []byte(strings.TrimSpace(part))}, m.shape.item.shape, at.element(len(list)+1)))
	}
	return list
}

// withPrefix returns the headers whose names begin so, by the rest of the name.
func withPrefix(header http.Header, prefix string) tree {
	entries := tree{}
	for name, values := range header {
		if rest, found := strings.CutPrefix(strings.ToLower(name), prefix); found {
			entries[rest] = values[0]
		}
	}
	return entries
}

func (restProtocol) contentType(m *model) string {
	if m == nil {
		return "text/xml"
	}
	return cmp.Or(contentTypes[m.name], "text/xml")
}

// refuse uses the code of Route 53, which checks requests against its XML schema
// first.
func (restProtocol) refuse(m *model, problems []problem) *apierr.Error {
	const code = "InvalidInput"
	if own := refusals[m.name]; own != nil {
		return own(problems)
	}
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

// encode writes the member that is the whole body, or those that are in it, or
// nothing where all are headers.
func (restProtocol) encode(w *reply, m *model, op *operation, out reflect.Value) {
	x := xmlWriter{Buffer: &w.Buffer, time: "2006-01-02T15:04:05.999Z", item: "member"}
	switch {
	case op.output == nil:
	case op.output.payload != nil:
		x.payload(w, m, op, out)
	case len(op.output.members) == 0 || slices.ContainsFunc(op.output.members, func(m *member) bool { return m.location == "" }):
		x.header()
		x.openIn(op.answer, m.namespace)
		if only := op.output.members; len(only) == 1 && only[0].response == op.answer {
			x.inner(out, only[0])
		} else {
			x.output(op, out)
		}
		x.close(op.answer)
	}
	if w.Len() == 0 {
		w.header.Del("Content-Type")
	}
	eachOutput(op, out, func(m *member, v reflect.Value) { setHeader(w.header, m, v) })
}

// inner writes the value that the answer's element holds.
func (x xmlWriter) inner(out reflect.Value, m *member) {
	if v, ok := follow(out.Elem().FieldByName(upperFirst(m.name))); ok {
		if text, set := x.scalar(v); set {
			_ = xml.EscapeText(x.Buffer, []byte(text)) // a Buffer's Write does not fail
		}
	}
}

// payload writes the member that is the whole body.
func (x xmlWriter) payload(w *reply, m *model, op *operation, out reflect.Value) {
	payload := op.output.payload
	v, ok := follow(out.Elem().FieldByName(upperFirst(payload.name)))
	switch {
	case !ok:
	case payload.shape.kind == kindString: // of S3 only, and a document of JSON
		w.header.Set("Content-Type", "application/json")
		w.WriteString(v.String())
	case payload.shape.kind == kindBlob:
		if stream, is := out.Elem().FieldByName(upperFirst(payload.name)).Interface().(io.Reader); is {
			_, _ = w.ReadFrom(stream) // what a handler gives is in memory
		}
	default:
		element := cmp.Or(payload.locationName, payload.shape.name)
		x.header()
		x.openIn(element, m.namespace)
		x.members(payload.shape, v, nil)
		x.close(element)
	}
}

// setHeader sends a member in a header, or in one for each entry of a map.
func setHeader(header http.Header, m *member, v reflect.Value) {
	v, ok := follow(v)
	if !ok {
		return
	}
	x := xmlWriter{time: http.TimeFormat}
	if m.shape.timestamp == "iso8601" {
		x.time = "2006-01-02T15:04:05.999Z"
	}
	switch m.location {
	case "header":
		if text, set := x.scalar(v); set {
			header.Set(m.locationName, text)
		}
	case "headers":
		for key, item := range v.Seq2() {
			header.Set(m.locationName+key.String(), item.String())
		}
	}
}

// encodeError writes an error as the query protocol does, but for S3, whose errors
// are an element of their own with what they are about.
func (restProtocol) encodeError(w *reply, m *model, e *apierr.Error, detail *shape, exception reflect.Value) {
	w.WriteString(xml.Header)
	if m == nil || !bareErrors[m.name] {
		queryProtocol{}.encodeError(w, m, e, detail, exception)
		return
	}
	x := xmlWriter{Buffer: &w.Buffer}
	x.open("Error")
	x.text("Code", e.Code)
	x.text("Message", e.Message)
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		x.text(name, e.Fields[name])
	}
	x.text("RequestId", w.requestID)
	x.close("Error")
}
