package stack

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Ref is a string that is either known (a literal) or an output of another part,
// known once that part exists. The zero Ref is the empty literal.
type Ref struct {
	literal      string
	part, output string
}

// Literal returns a Ref to a known value.
func Literal(value string) Ref { return Ref{literal: value} }

// Literals returns a Ref for each value.
func Literals(values ...string) []Ref {
	refs := make([]Ref, len(values))
	for i, value := range values {
		refs[i] = Literal(value)
	}
	return refs
}

// Output returns a Ref to what a part yields under the name, for example
// Output("vpc", "id").
func Output(part, name string) Ref { return Ref{part: part, output: name} }

// Value returns the literal, and whether the Ref is one.
func (r Ref) Value() (string, bool) { return r.literal, r.part == "" }

// Target returns the part and output that the Ref names; both are empty for a literal.
func (r Ref) Target() (part, output string) { return r.part, r.output }

// String returns the literal, or part.output in angle brackets. Kinds see
// resolved specs only, so for them it is the value.
func (r Ref) String() string {
	if r.part == "" {
		return r.literal
	}
	return "<" + r.part + "." + r.output + ">"
}

// MarshalJSON renders a literal as a string and a reference as {"$ref": "part.output"}.
func (r Ref) MarshalJSON() ([]byte, error) {
	if r.part == "" {
		return json.Marshal(r.literal)
	}
	return json.Marshal(map[string]string{"$ref": r.part + "." + r.output})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Ref) UnmarshalJSON(raw []byte) error {
	var object map[string]string
	if json.Unmarshal(raw, &object) == nil {
		part, output, _ := strings.Cut(object["$ref"], ".")
		*r = Output(part, output)
		return nil
	}
	*r = Ref{}
	return json.Unmarshal(raw, &r.literal)
}

var refType = reflect.TypeFor[Ref]()

// Refs returns all Refs in a spec, literals included, in the order of its fields.
func Refs(spec Spec) []Ref {
	var refs []Ref
	walk(reflect.ValueOf(spec), func(ref Ref) Ref {
		refs = append(refs, ref)
		return ref
	})
	return refs
}

// Resolve returns a deep copy of the spec in which lookup has replaced every
// reference to a part by a literal. References that lookup does not know stay.
func Resolve(spec Spec, lookup func(part, output string) (string, bool)) Spec {
	copied, _ := reflect.New(reflect.TypeOf(spec).Elem()).Interface().(Spec)
	raw, err := json.Marshal(spec)
	if err == nil {
		err = json.Unmarshal(raw, copied)
	}
	if err != nil {
		// A spec is a plain struct with json names; anything else is a mistake in its kind.
		panic(fmt.Sprintf("%s: %v", spec.Kind(), err))
	}
	walk(reflect.ValueOf(copied), func(ref Ref) Ref {
		if part, output := ref.Target(); part != "" {
			if value, ok := lookup(part, output); ok {
				return Literal(value)
			}
		}
		return ref
	})
	return copied
}

// walk calls visit on every Ref under v and, where it returns another one, stores
// that. It writes nothing else: specs are read by several goroutines at once.
func walk(v reflect.Value, visit func(Ref) Ref) {
	if v.Type() == refType {
		ref, _ := v.Interface().(Ref)
		if replaced := visit(ref); replaced != ref && v.CanSet() {
			v.Set(reflect.ValueOf(replaced))
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			walk(v.Elem(), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			walk(v.Field(i), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), visit)
		}
	case reflect.Map:
		for _, key := range sortedKeys(v) {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			walk(value, visit)
			if !reflect.DeepEqual(value.Interface(), v.MapIndex(key).Interface()) {
				v.SetMapIndex(key, value)
			}
		}
	}
}
