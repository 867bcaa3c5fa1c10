package wire

import (
	"fmt"
	"reflect"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// refuseDocument words what is wrong as the services that speak JSON or CBOR do:
// what cannot be read first, and alone; then all broken constraints together.
func refuseDocument(m *model, problems []problem) *apierr.Error {
	for _, p := range problems {
		switch p.rule {
		case ruleSyntax:
			return apierr.New("SerializationException", "The request body could not be read: %s", p.value)
		case ruleType:
			return apierr.New("SerializationException", "%s", typeText(p))
		}
	}
	code := "ValidationException"
	if m.queryCompatible {
		code = "ValidationError"
	}
	return refuseCommon(m, code, problems)
}

func typeText(p problem) string {
	isCollection := p.shape.kind == kindStructure || p.shape.kind == kindList || p.shape.kind == kindMap
	switch {
	case p.value == "START_OBJECT" && !isCollection:
		return "Start of structure or map found where not expected."
	case p.value == "START_ARRAY" && p.shape.kind != kindList:
		return "Start of list found where not expected"
	}
	article := "a"
	if p.shape.kind == kindInteger {
		article = "an"
	}
	return fmt.Sprintf("%s can not be converted to %s %s", p.value, article, upperFirst(string(p.shape.kind)))
}

// documentNames are the names, in JSON and CBOR, of errors that no model has.
var documentNames = map[string]string{
	"IncompleteSignature":        "IncompleteSignatureException",
	"MissingAuthenticationToken": "MissingAuthenticationTokenException",
	"ServiceUnavailable":         "ServiceUnavailableException",
	"SignatureDoesNotMatch":      "InvalidSignatureException",
	"Throttling":                 "ThrottlingException",
	"ValidationError":            "ValidationException",
}

// compatibleNames are further ones, of services that still answer with the codes
// of the query protocol too.
var compatibleNames = map[string]string{
	"InvalidParameterCombination": "InvalidParameterCombinationException",
	"InvalidParameterValue":       "InvalidParameterValueException",
	"MissingParameter":            "MissingRequiredParameterException",
}

// errorDocument returns the document of an error. Services that spoke the query
// protocol once add its code in a header; the code of others is the error's name.
func errorDocument(w *reply, m *model, e *apierr.Error, detail *shape, exception reflect.Value) map[string]any {
	document, message := map[string]any{}, "message"
	name := documentNames[e.Code]
	if m != nil && m.queryCompatible {
		w.header.Set("X-Amzn-Query-Error", e.Code+";"+faultOf(e))
		if compatible := compatibleNames[e.Code]; compatible != "" {
			name = compatible
		}
	}
	switch {
	case detail != nil:
		name = detail.name
		eachField(detail, exception, func(m *member, v reflect.Value) { put(document, m, v) })
		for _, m := range detail.members {
			if isMessage(m) {
				message = m.name
			}
		}
	case name == "":
		name = e.Code
	}
	if m == nil || !m.queryCompatible {
		e.Code = name
	} else {
		name = "com.amazonaws." + m.name + "#" + name
	}
	document["__type"] = name
	if e.Message != "" {
		document[message] = e.Message
	}
	return document
}
