package wire

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/xml"
	"reflect"
	"slices"
	"strconv"
)

// xmlWriter writes the SDK's structs as XML by the model.
type xmlWriter struct {
	*bytes.Buffer
	time string // layout of timestamps
	item string // name of list elements where the model gives none
}

func (x xmlWriter) header() { x.WriteString(xml.Header) }

func (x xmlWriter) open(name string) {
	x.WriteByte('<')
	x.WriteString(name)
	x.WriteByte('>')
}

func (x xmlWriter) openIn(name, namespace string) {
	if namespace != "" {
		name += ` xmlns="` + namespace + `"`
	}
	x.open(name)
}

func (x xmlWriter) close(name string) {
	x.WriteString("</")
	x.WriteString(name)
	x.WriteByte('>')
}

func (x xmlWriter) text(name, text string) {
	x.open(name)
	_ = xml.EscapeText(x.Buffer, []byte(text)) // a Buffer's Write does not fail
	x.close(name)
}

// output writes what belongs into the body of an operation's output.
func (x xmlWriter) output(op *operation, out reflect.Value) {
	eachOutput(op, out, func(m *member, v reflect.Value) {
		if m.location == "" {
			x.value(m.response, m.shape, v)
		}
	})
}

// members writes the members of a structure that keep wants (nil: all).
func (x xmlWriter) members(s *shape, v reflect.Value, keep func(*member) bool) {
	eachField(s, v, func(m *member, v reflect.Value) {
		if keep == nil || keep(m) {
			x.value(m.response, m.shape, v)
		}
	})
}

// value writes one element, or nothing for a value that is not set.
func (x xmlWriter) value(name string, s *shape, v reflect.Value) {
	v, ok := follow(v)
	if !ok {
		return
	}
	switch s.kind {
	case kindStructure:
		if !s.attributed {
			x.open(name)
			x.members(s, v, nil)
		} else {
			x.open(name + x.attributes(s, v))
			x.members(s, v, func(m *member) bool { return !m.attribute })
		}
		x.close(name)
	case kindList:
		x.list(name, s, v)
	case kindMap:
		x.mapping(name, s, v)
	default:
		if text, set := x.scalar(v); set {
			x.text(name, text)
		}
	}
}

// attributes writes the members that are attributes of the structure's element. All
// that there are say of which type it is.
func (x xmlWriter) attributes(s *shape, v reflect.Value) (text string) {
	eachField(s, v, func(m *member, v reflect.Value) {
		if m.attribute {
			text += ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` + m.response + `="` + v.String() + `"`
		}
	})
	return text
}

func (x xmlWriter) list(name string, s *shape, v reflect.Value) {
	if v.IsNil() {
		return
	}
	item := cmp.Or(s.item.locationName, x.item)
	if s.flattened {
		item = cmp.Or(s.item.locationName, name)
	} else {
		x.open(name)
	}
	for i := range v.Len() {
		x.value(item, s.item.shape, v.Index(i))
	}
	if !s.flattened {
		x.close(name)
	}
}

func (x xmlWriter) mapping(name string, s *shape, v reflect.Value) {
	if v.IsNil() {
		return
	}
	entry := "entry"
	if s.flattened {
		entry = name
	} else {
		x.open(name)
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
	for _, key := range keys {
		x.open(entry)
		x.text(cmp.Or(s.key.locationName, "key"), key.String())
		x.value(cmp.Or(s.value.locationName, "value"), s.value.shape, v.MapIndex(key))
		x.close(entry)
	}
	if !s.flattened {
		x.close(name)
	}
}

// scalar formats a value.
func (x xmlWriter) scalar(v reflect.Value) (text string, set bool) {
	if t, ok := timeOf(v); ok {
		return t.UTC().Format(x.time), true
	}
	switch {
	case v.Kind() == reflect.String:
		return v.String(), !isUnset(v)
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool()), true
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), true
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'g', -1, 64), true
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		return base64.StdEncoding.EncodeToString(v.Bytes()), !v.IsNil()
	}
	return "", false
}
