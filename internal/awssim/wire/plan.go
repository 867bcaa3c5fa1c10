package wire

import (
	"reflect"
	"sync"
	"time"
)

// field binds a member of a structure shape to a field of the SDK's struct.
type field struct {
	member *member
	index  int // -1 where the SDK's struct has no such field
}

type planKey struct {
	shape *shape
	typ   reflect.Type
}

// plans caches the fields of a shape in a Go type: looking fields up by name for
// each call would cost more than the rest of the codec.
var plans sync.Map // planKey → []field

// planOf returns the fields in the order of the shape's members. A member's field
// has the member's name with an upper-case first letter.
func planOf(s *shape, t reflect.Type) []field {
	key := planKey{s, t}
	if known, found := plans.Load(key); found {
		plan, _ := known.([]field)
		return plan
	}
	plan := make([]field, 0, len(s.members))
	for _, m := range s.members {
		index := -1
		if f, found := t.FieldByName(upperFirst(m.name)); found && len(f.Index) == 1 {
			index = f.Index[0]
		}
		plan = append(plan, field{member: m, index: index})
	}
	plans.Store(key, plan)
	return plan
}

// timeOf returns the time that a value is.
func timeOf(v reflect.Value) (t time.Time, ok bool) {
	if v.Type() == timeType {
		t, ok = v.Interface().(time.Time)
	}
	return t, ok
}

var timeType = reflect.TypeFor[time.Time]()

// follow returns what a pointer or interface points to; ok is false for nil.
func follow(v reflect.Value) (reflect.Value, bool) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return v, false
		}
		v = v.Elem()
	}
	return v, v.IsValid()
}
