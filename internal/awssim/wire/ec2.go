package wire

import (
	"reflect"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// ec2Protocol is EC2's variant of the query protocol: every list is flattened,
// names are capitalised, errors look different.
type ec2Protocol struct{}

// requestName follows the protocol: the query name, or the capitalised location
// name, or the capitalised member name.
func (ec2Protocol) requestName(m *member) string {
	switch {
	case m.queryName != "":
		return m.queryName
	case m.locationName != "":
		return upperFirst(m.locationName)
	}
	return upperFirst(m.name)
}

func (ec2Protocol) operation(msg *message, _ *model) (name, version string, problem *apierr.Error) {
	return msg.formOperation()
}

func (ec2Protocol) decode(msg *message, op *operation) (tree, map[string]string, []problem) {
	return msg.decodeForm(formStyle{}, op)
}

func (ec2Protocol) contentType(*model) string { return "text/xml;charset=UTF-8" }

// refuse words the first problem: EC2 reports one.
func (ec2Protocol) refuse(_ *model, problems []problem) *apierr.Error {
	p := problems[0]
	switch p.rule {
	case ruleUnknown:
		return apierr.New("UnknownParameter", "The parameter %s is not recognized", p.name)
	case ruleTwice:
		return apierr.New("InvalidParameterCombination", "The parameter %s is given more than once", p.name)
	case ruleMissing:
		return apierr.New("MissingParameter", "The request must contain the parameter %s", p.at.inRequest())
	}
	code := "InvalidParameterValue"
	if special, found := ec2Codes[p.shape.name]; found {
		code = special
	}
	name, l := p.at.inRequest(), p.shape.limits
	switch p.rule {
	case ruleType:
		return apierr.New(code, "Invalid value '%s' for %s. It must be of type %s", p.value, name, p.shape.kind)
	case ruleAtLeast:
		return apierr.New(code, "Value ( %s ) for parameter %s is invalid. Expecting a value greater than or equal to %.0f.", p.value, name, *l.min)
	case ruleAtMost:
		return apierr.New(code, "Value ( %s ) for parameter %s is invalid. Expecting a value less than or equal to %.0f.", p.value, name, *l.max)
	case ruleShortest:
		return apierr.New(code, "Value (%s) for parameter %s is invalid. Its length must be at least %.0f.", p.value, name, *l.min)
	case ruleLongest:
		return apierr.New(code, "Value (%s) for parameter %s is invalid. Its length must be at most %.0f.", p.value, name, *l.max)
	case rulePattern:
		return apierr.New(code, "Value (%s) for parameter %s is invalid. It must match %s.", p.value, name, l.pattern.java)
	}
	return apierr.New(code, "Value (%s) for parameter %s is invalid.", p.value, name)
}

func (ec2Protocol) encode(w *reply, m *model, op *operation, out reflect.Value) {
	x := xmlWriter{Buffer: &w.Buffer, time: "2006-01-02T15:04:05.000Z", item: "member"}
	x.header()
	x.openIn(op.name+"Response", m.namespace)
	x.text("requestId", w.requestID)
	if op.output != nil {
		x.output(op, out)
	} else {
		x.text("return", "true")
	}
	x.close(op.name + "Response")
}

func (ec2Protocol) encodeError(w *reply, _ *model, e *apierr.Error, _ *shape, _ reflect.Value) {
	x := xmlWriter{Buffer: &w.Buffer}
	x.header()
	x.open("Response")
	x.open("Errors")
	x.open("Error")
	x.text("Code", e.Code)
	x.text("Message", e.Message)
	x.close("Error")
	x.close("Errors")
	x.text("RequestID", w.requestID)
	x.close("Response")
}
