package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// jsonProtocol is AWS's JSON protocol, in the versions 1.0 and 1.1, which differ in
// their names only (SQS; Secrets Manager, Systems Manager, KMS, ACM).
type jsonProtocol struct{}

func (jsonProtocol) requestName(m *member) string { return m.name }

// operation reads the header X-Amz-Target: AmazonSQS.SendMessage.
func (jsonProtocol) operation(msg *message, m *model) (name, version string, problem *apierr.Error) {
	service, name, found := strings.Cut(msg.header.Get("X-Amz-Target"), ".")
	if !found || service != m.target || name == "" {
		return "", "", apierr.New("UnknownOperationException", "The header X-Amz-Target must name an operation of %s, as %s.<operation>", m.name, m.target)
	}
	return name, "", nil
}

func (jsonProtocol) decode(msg *message, op *operation) (tree, map[string]string, []problem) {
	root := map[string]any{}
	if len(msg.body) > 0 {
		if err := parseJSON(msg.body, &root); err != nil {
			return nil, nil, []problem{{rule: ruleSyntax, value: err.Error()}}
		}
	}
	return decodeDocument(root, op, jsonScalar)
}

func parseJSON(text []byte, root *map[string]any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // a long does not fit into a float64
	if err := decoder.Decode(root); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the object")
	}
	return nil
}

// jsonScalar reads a scalar of JSON. Numbers that JSON does not have are strings;
// timestamps are seconds; blobs are base64.
func jsonScalar(k kind, value any) (any, bool) {
	switch value := value.(type) {
	case string:
		switch k {
		case kindString, kindBlob, kindTimestamp:
			return scalar(k, value)
		case kindFloat, kindDouble:
			if value == "NaN" || value == "Infinity" || value == "-Infinity" {
				return scalar(k, value)
			}
		}
	case bool:
		return value, k == kindBoolean
	case json.Number:
		switch k {
		case kindInteger, kindLong, kindFloat, kindDouble:
			return scalar(k, value.String())
		case kindTimestamp:
			if seconds, err := value.Float64(); err == nil {
				return fromSeconds(seconds)
			}
		}
	}
	return nil, false
}

func (jsonProtocol) contentType(m *model) string {
	if m == nil {
		return "application/x-amz-json-1.1"
	}
	return "application/x-amz-json-" + m.jsonVersion
}

func (jsonProtocol) refuse(m *model, problems []problem) *apierr.Error {
	return refuseDocument(m, problems)
}

func (jsonProtocol) encode(w *reply, _ *model, op *operation, out reflect.Value) {
	if op.output != nil { // otherwise the body is empty
		writeJSON(w, outputDocument(op, out))
	}
}

func (jsonProtocol) encodeError(w *reply, m *model, e *apierr.Error, detail *shape, exception reflect.Value) {
	writeJSON(w, errorDocument(w, m, e, detail, exception))
}

func writeJSON(w *reply, document map[string]any) {
	encoder := json.NewEncoder(&w.Buffer)
	encoder.SetEscapeHTML(false)
	// What forJSON returns cannot fail to encode, nor a Buffer's Write.
	_ = encoder.Encode(forJSON(document))
	w.Truncate(w.Len() - 1) // the line feed
}

// forJSON replaces, in place, what encoding/json would write in another way.
func forJSON(document any) any {
	switch value := document.(type) {
	case map[string]any:
		for key, part := range value {
			value[key] = forJSON(part)
		}
	case []any:
		for i, item := range value {
			value[i] = forJSON(item)
		}
	case []byte:
		return base64.StdEncoding.EncodeToString(value)
	case float64:
		switch {
		case math.IsNaN(value):
			return "NaN"
		case math.IsInf(value, 0):
			return strings.TrimPrefix(strconv.FormatFloat(value, 'g', -1, 64), "+") + "inity"
		}
	case time.Time:
		return json.Number(seconds(value))
	}
	return document
}

// seconds writes a timestamp as seconds since 1970, to the millisecond.
func seconds(t time.Time) string {
	milliseconds := t.UnixMilli()
	if milliseconds%1000 == 0 {
		return strconv.FormatInt(milliseconds/1000, 10)
	}
	return strconv.FormatFloat(float64(milliseconds)/1000, 'f', 3, 64)
}
