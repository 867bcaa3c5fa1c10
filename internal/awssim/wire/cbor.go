package wire

import (
	"errors"
	"math"
	"reflect"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// cborProtocol is Smithy's RPC v2 with CBOR (CloudWatch).
type cborProtocol struct{}

func (cborProtocol) requestName(m *member) string { return m.name }

// cborPath splits /service/<name>/operation/<operation>.
func cborPath(path string) (service, operation string, ok bool) {
	parts := segments(path)
	if len(parts) < 4 {
		return "", "", false
	}
	parts = parts[len(parts)-4:] // an endpoint may have a path before it
	return parts[1], parts[3], parts[0] == "service" && parts[2] == "operation"
}

func isCBORPath(path string) bool {
	_, _, ok := cborPath(path)
	return ok
}

func (cborProtocol) operation(msg *message, m *model) (name, version string, problem *apierr.Error) {
	service, name, ok := cborPath(msg.path)
	if !ok || service != m.target {
		return "", "", apierr.New("UnknownOperationException", "The path must name an operation of %s, as /service/%s/operation/<operation>", m.name, m.target)
	}
	return name, "", nil
}

// decode reads the body; an operation without input has none.
func (cborProtocol) decode(msg *message, op *operation) (tree, map[string]string, []problem) {
	root := map[string]any{}
	if len(msg.body) > 0 {
		value, err := cbor.Decode(msg.body)
		members, isMap := value.(cbor.Map)
		if err == nil && !isMap {
			err = errors.New("it is not a map")
		}
		if err != nil {
			return nil, nil, []problem{{rule: ruleSyntax, value: err.Error()}}
		}
		root = mapFromCBOR(members)
	}
	return decodeDocument(root, op, cborScalar)
}

// fromCBOR returns the document for a value of CBOR, or a value of no document's
// type for what no document can hold.
func fromCBOR(value cbor.Value) any {
	switch value := value.(type) {
	case cbor.Map:
		return mapFromCBOR(value)
	case cbor.List:
		list := make([]any, 0, len(value))
		for _, item := range value {
			list = append(list, fromCBOR(item))
		}
		return list
	case cbor.String:
		return string(value)
	case cbor.Slice:
		return []byte(value)
	case cbor.Bool:
		return bool(value)
	case cbor.Uint, cbor.NegInt:
		if number, err := cbor.AsInt64(value); err == nil {
			return number
		}
	case cbor.Float32:
		return float64(value)
	case cbor.Float64:
		return float64(value)
	case *cbor.Tag:
		return timeFromCBOR(value)
	case *cbor.Nil, *cbor.Undefined:
		return nil
	}
	return value
}

func mapFromCBOR(value cbor.Map) map[string]any {
	members := make(map[string]any, len(value))
	for key, part := range value {
		members[key] = fromCBOR(part)
	}
	return members
}

// timeFromCBOR reads the tag for seconds since 1970, the only one that the
// protocol has for what is simulated.
func timeFromCBOR(tag *cbor.Tag) any {
	const epoch = 1
	if tag.ID == epoch {
		switch seconds := fromCBOR(tag.Value).(type) {
		case int64:
			if t, ok := fromSeconds(float64(seconds)); ok {
				return t
			}
		case float64:
			if t, ok := fromSeconds(seconds); ok {
				return t
			}
		}
	}
	return tag
}

func cborScalar(k kind, value any) (any, bool) {
	switch value := value.(type) {
	case string:
		return value, k == kindString
	case bool:
		return value, k == kindBoolean
	case []byte:
		return value, k == kindBlob
	case time.Time:
		return value, k == kindTimestamp
	case float64:
		return value, k == kindFloat || k == kindDouble
	case int64:
		switch k {
		case kindInteger:
			return value, value >= math.MinInt32 && value <= math.MaxInt32
		case kindLong:
			return value, true
		case kindFloat, kindDouble:
			return float64(value), true
		}
	}
	return nil, false
}

func (cborProtocol) contentType(*model) string { return "application/cbor" }

func (cborProtocol) refuse(m *model, problems []problem) *apierr.Error {
	return refuseDocument(m, problems)
}

func (cborProtocol) encode(w *reply, _ *model, op *operation, out reflect.Value) {
	writeCBOR(w, outputDocument(op, out))
}

func (cborProtocol) encodeError(w *reply, m *model, e *apierr.Error, detail *shape, exception reflect.Value) {
	writeCBOR(w, errorDocument(w, m, e, detail, exception))
}

func writeCBOR(w *reply, document map[string]any) {
	w.header.Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Write(cbor.Encode(toCBOR(document)))
}

func toCBOR(document any) cbor.Value {
	switch value := document.(type) {
	case map[string]any:
		members := make(cbor.Map, len(value))
		for key, part := range value {
			members[key] = toCBOR(part)
		}
		return members
	case []any:
		list := make(cbor.List, 0, len(value))
		for _, item := range value {
			list = append(list, toCBOR(item))
		}
		return list
	case string:
		return cbor.String(value)
	case bool:
		return cbor.Bool(value)
	case int64:
		if value < 0 {
			return cbor.NegInt(-value)
		}
		return cbor.Uint(value)
	case float64:
		return cbor.Float64(value)
	case []byte:
		return cbor.Slice(value)
	case time.Time:
		return &cbor.Tag{ID: 1, Value: cbor.Float64(float64(value.UnixMilli()) / 1000)}
	}
	return &cbor.Nil{}
}
