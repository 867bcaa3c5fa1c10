package wire

import (
	"reflect"
	"strings"

	cloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// unionMembers are the types that an SDK's union may hold: an interface does not
// tell. TestUnionsAreKnown names those that are missing.
var unionMembers = map[reflect.Type][]reflect.Type{
	reflect.TypeFor[cloudwatch.EvaluationCriteria](): {reflect.TypeFor[cloudwatch.EvaluationCriteriaMemberPromQLCriteria]()},
}

// The SDK has a struct for each member of a union, named after both, with the
// member's value in the field Value.

func isUnionMember(typ reflect.Type, m *member) bool {
	return strings.HasSuffix(typ.Name(), "Member"+upperFirst(m.name))
}

// fillUnion puts the one member of a decoded union into an interface value.
func fillUnion(s *shape, value tree, to reflect.Value) error {
	for name, part := range value {
		for _, typ := range unionMembers[to.Type()] {
			if m := s.byName[name]; isUnionMember(typ, m) {
				concrete := reflect.New(typ)
				if err := fill(m.shape, part, concrete.Elem().FieldByName("Value")); err != nil {
					return err
				}
				to.Set(concrete)
				return nil
			}
		}
	}
	return mismatch(s, to)
}

// eachField visits the members of a structure or union that the SDK's value has.
func eachField(s *shape, v reflect.Value, visit func(m *member, v reflect.Value)) {
	v, ok := follow(v)
	if !ok || v.Kind() != reflect.Struct {
		return
	}
	if s.union {
		for _, m := range s.members {
			if isUnionMember(v.Type(), m) {
				visit(m, v.FieldByName("Value"))
			}
		}
		return
	}
	for _, f := range planOf(s, v.Type()) {
		if f.index >= 0 {
			visit(f.member, v.Field(f.index))
		}
	}
}

// eachOutput visits what is sent of an operation's output: its members, and empty
// lists for those that nothing was found for. Other members without a value are absent.
func eachOutput(op *operation, out reflect.Value, visit func(m *member, v reflect.Value)) {
	if op.output == nil {
		return
	}
	eachField(op.output, out, func(m *member, v reflect.Value) {
		if op.lists && m.shape.kind == kindList && v.Kind() == reflect.Slice && v.IsNil() {
			v = reflect.MakeSlice(v.Type(), 0, 0)
		}
		visit(m, v)
	})
}

// isUnset reports an enumeration's empty value, which is its "not set".
func isUnset(v reflect.Value) bool {
	return v.Kind() == reflect.String && v.Len() == 0 && v.Type().PkgPath() != ""
}
