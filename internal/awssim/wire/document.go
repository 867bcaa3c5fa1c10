package wire

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// A document is what JSON and CBOR carry: map[string]any, []any, string, bool,
// int64, float64, time.Time, []byte and nil. Numbers of JSON are json.Number.

// documentDecoder turns a document into a tree and collects what is wrong.
type documentDecoder struct {
	// scalar reads a scalar of the protocol; ok is false where it is of another kind.
	scalar func(k kind, value any) (read any, ok bool)

	problems   []problem
	parameters map[string]string // for the journal
	sensitive  int               // how deep the value is in what must not be recorded
}

// decodeDocument reads an operation's input from a document's root.
func decodeDocument(root map[string]any, op *operation, scalar func(k kind, value any) (any, bool)) (tree, map[string]string, []problem) {
	d := &documentDecoder{scalar: scalar, parameters: map[string]string{}}
	input := op.input
	if input == nil {
		input = &shape{kind: kindStructure}
	}
	value := d.structure(root, input, &path{})
	return value, d.parameters, d.problems
}

func (d *documentDecoder) value(value any, s *shape, at *path) any {
	if s.sensitive {
		d.sensitive++
		defer func() { d.sensitive-- }()
	}
	switch s.kind {
	case kindStructure:
		members, ok := value.(map[string]any)
		if !ok || s.union && len(members) != 1 {
			return d.wrongType(value, s, at)
		}
		return d.structure(members, s, at)
	case kindList:
		list, ok := value.([]any)
		if !ok {
			return d.wrongType(value, s, at)
		}
		return d.list(list, s, at)
	case kindMap:
		entries, ok := value.(map[string]any)
		if !ok {
			return d.wrongType(value, s, at)
		}
		return d.mapping(entries, s, at)
	}
	read, ok := d.scalar(s.kind, value)
	if !ok {
		return d.wrongType(value, s, at)
	}
	d.record(read, at)
	return read
}

// structure reads members in the order of their names, so that problems are
// reported in an order that repeats. A null is an absent member.
func (d *documentDecoder) structure(members map[string]any, s *shape, at *path) tree {
	value := make(tree, len(members))
	for _, name := range slices.Sorted(maps.Keys(members)) {
		part := members[name]
		m := s.byName[name]
		switch {
		case m == nil:
			d.problems = append(d.problems, problem{rule: ruleUnknown, name: at.to(&member{name: name}).inDocument()})
		case part != nil:
			value[name] = d.value(part, m.shape, at.to(m))
		}
	}
	return value
}

func (d *documentDecoder) list(list []any, s *shape, at *path) any {
	value := make([]any, 0, len(list))
	for i, item := range list {
		value = append(value, d.element(item, s.item.shape, at.element(i+1)))
	}
	return value
}

func (d *documentDecoder) mapping(entries map[string]any, s *shape, at *path) any {
	value := make(tree, len(entries))
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		value[key] = d.element(entries[key], s.value.shape, at.entry(key))
	}
	return value
}

// element reads what a list or map holds, which must not be null.
func (d *documentDecoder) element(value any, s *shape, at *path) any {
	if value == nil {
		d.problems = append(d.problems, problem{rule: ruleMissing, at: at, shape: s, value: "null"})
		return malformed{}
	}
	return d.value(value, s, at)
}

func (d *documentDecoder) wrongType(value any, s *shape, at *path) any {
	d.problems = append(d.problems, problem{rule: ruleType, at: at, shape: s, value: tokenOf(value)})
	return malformed{}
}

// tokenOf names what stands in a document as the services' parsers do.
func tokenOf(value any) string {
	switch value := value.(type) {
	case map[string]any:
		return "START_OBJECT"
	case []any:
		return "START_ARRAY"
	case string:
		return "STRING_VALUE"
	case bool:
		if value {
			return "TRUE_VALUE"
		}
		return "FALSE_VALUE"
	}
	return "NUMBER_VALUE"
}

// maxRecorded bounds a value in the journal: messages may be large.
const maxRecorded = 4 << 10

func (d *documentDecoder) record(value any, at *path) {
	if name := at.inDocument(); d.sensitive == 0 && !isUserData(name) {
		d.parameters[name] = recorded(value)
	}
}

func recorded(value any) string {
	var text string
	switch value := value.(type) {
	case string:
		text = value
	case bool:
		text = strconv.FormatBool(value)
	case int64:
		text = strconv.FormatInt(value, 10)
	case float64:
		text = strconv.FormatFloat(value, 'g', -1, 64)
	case time.Time:
		text = value.Format(time.RFC3339Nano)
	case []byte:
		text = strconv.Itoa(len(value)) + " bytes"
	}
	return text[:min(len(text), maxRecorded)]
}

// toDocument returns the document for an SDK's value; ok is false where there is
// nothing to send.
func toDocument(s *shape, v reflect.Value) (document any, ok bool) {
	v, ok = follow(v)
	if !ok {
		return nil, false
	}
	switch s.kind {
	case kindStructure:
		members := map[string]any{}
		eachField(s, v, func(m *member, v reflect.Value) { put(members, m, v) })
		return members, true
	case kindList:
		if v.IsNil() {
			return nil, false
		}
		list := make([]any, 0, v.Len())
		for i := range v.Len() {
			item, _ := toDocument(s.item.shape, v.Index(i))
			list = append(list, item)
		}
		return list, true
	case kindMap:
		if v.IsNil() {
			return nil, false
		}
		entries := make(map[string]any, v.Len())
		for key, item := range v.Seq2() {
			entries[key.String()], _ = toDocument(s.value.shape, item)
		}
		return entries, true
	}
	return scalarToDocument(v)
}

func scalarToDocument(v reflect.Value) (document any, ok bool) {
	if t, ok := timeOf(v); ok {
		return t, true
	}
	switch {
	case v.Kind() == reflect.String:
		return v.String(), !isUnset(v)
	case v.Kind() == reflect.Bool:
		return v.Bool(), true
	case v.CanInt():
		return v.Int(), true
	case v.CanFloat():
		return v.Float(), true
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		return v.Bytes(), !v.IsNil()
	}
	return nil, false
}

func put(members map[string]any, m *member, v reflect.Value) {
	if part, ok := toDocument(m.shape, v); ok {
		members[m.name] = part
	}
}

// outputDocument returns the document of an operation's output.
func outputDocument(op *operation, out reflect.Value) map[string]any {
	members := map[string]any{}
	eachOutput(op, out, func(m *member, v reflect.Value) { put(members, m, v) })
	return members
}
