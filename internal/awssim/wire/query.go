package wire

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// queryProtocol is AWS's query protocol: a form in, XML out (Elastic Load
// Balancing, Auto Scaling, IAM, STS).
type queryProtocol struct{}

func (queryProtocol) requestName(m *member) string {
	if m.locationName != "" {
		return m.locationName
	}
	return m.name
}

func (queryProtocol) operation(msg *message, _ *model) (name, version string, problem *apierr.Error) {
	return msg.formOperation()
}

func (queryProtocol) decode(msg *message, op *operation) (tree, map[string]string, []problem) {
	return msg.decodeForm(formStyle{wrapped: true}, op)
}

func (queryProtocol) contentType(*model) string { return "text/xml" }

func (queryProtocol) refuse(m *model, problems []problem) *apierr.Error {
	for _, p := range problems {
		switch p.rule {
		case ruleTwice:
			return apierr.New("MalformedQueryString", "The parameter %s is given more than once", p.name)
		case ruleType:
			return apierr.New("MalformedInput", "Value '%s' at '%s' is not a valid %s", p.value, p.at.inModel(), p.shape.kind)
		}
	}
	return refuseCommon(m, "ValidationError", problems)
}

// refuseCommon uses the words of the services' common request validation: all
// problems in one message.
func refuseCommon(m *model, code string, problems []problem) *apierr.Error {
	if own := refusals[m.name]; own != nil {
		return own(problems)
	}
	var texts []string
	for _, p := range problems {
		if p.rule == ruleUnknown {
			return apierr.New(code, "The parameter %s is not recognized", p.name)
		}
		texts = append(texts, constraintText(p))
	}
	noun := "errors"
	if len(texts) == 1 {
		noun = "error"
	}
	return apierr.New(code, "%d validation %s detected: %s", len(texts), noun, strings.Join(texts, "; "))
}

func constraintText(p problem) string {
	value := " '" + p.value + "'"
	switch {
	case p.rule == ruleMissing:
		value = " null"
	case p.shape.sensitive:
		value = ""
	}
	return fmt.Sprintf("Value%s at '%s' failed to satisfy constraint: Member must %s", value, p.at.inModel(), demand(p))
}

func demand(p problem) string {
	l := p.shape.limits
	switch p.rule {
	case ruleMissing:
		return "not be null"
	case ruleEnum:
		return "satisfy enum value set: [" + strings.Join(l.enumList, ", ") + "]"
	case ruleAtLeast:
		return fmt.Sprintf("have value greater than or equal to %.0f", *l.min)
	case ruleAtMost:
		return fmt.Sprintf("have value less than or equal to %.0f", *l.max)
	case ruleShortest:
		return fmt.Sprintf("have length greater than or equal to %.0f", *l.min)
	case ruleLongest:
		return fmt.Sprintf("have length less than or equal to %.0f", *l.max)
	case rulePattern:
		return "satisfy regular expression pattern: " + l.pattern.java
	}
	return "be valid"
}

func (queryProtocol) encode(w *reply, m *model, op *operation, out reflect.Value) {
	x := xmlWriter{Buffer: &w.Buffer, time: "2006-01-02T15:04:05.999Z", item: "member"}
	x.openIn(op.name+"Response", m.namespace)
	if op.output != nil {
		x.open(op.resultWrapper)
		x.output(op, out)
		x.close(op.resultWrapper)
	}
	x.open("ResponseMetadata")
	x.text("RequestId", w.requestID)
	x.close("ResponseMetadata")
	x.close(op.name + "Response")
}

func (queryProtocol) encodeError(w *reply, m *model, e *apierr.Error, detail *shape, exception reflect.Value) {
	x := xmlWriter{Buffer: &w.Buffer, time: "2006-01-02T15:04:05.999Z", item: "member"}
	namespace := ""
	if m != nil {
		namespace = m.namespace
	}
	x.openIn("ErrorResponse", namespace)
	x.open("Error")
	x.text("Type", faultOf(e))
	x.text("Code", e.Code)
	x.text("Message", e.Message)
	if detail != nil {
		x.members(detail, exception, func(m *member) bool { return !isMessage(m) })
	}
	x.close("Error")
	x.text("RequestId", w.requestID)
	x.close("ErrorResponse")
}

// faultOf names who is to blame for an error.
func faultOf(e *apierr.Error) string {
	if e.Status >= 500 {
		return "Receiver"
	}
	return "Sender"
}

// isMessage reports whether a member of an exception is its text.
func isMessage(m *member) bool { return strings.EqualFold(m.name, "message") }
