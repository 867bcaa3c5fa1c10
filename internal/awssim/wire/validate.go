package wire

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// tree is a decoded structure or map: by member name or by key. Values are tree,
// []any, string, bool, int64, float64, time.Time and []byte, or malformed.
type tree = map[string]any

// malformed stands in the tree where the text was not of the member's type, so
// that the member does not count as missing too.
type malformed struct{}

// validate reports everything in a structure that breaks the model's constraints.
func validate(s *shape, value tree, at *path) []problem {
	var v validator
	v.structure(s, value, at)
	return v.problems
}

type validator struct{ problems []problem }

func (v *validator) report(r rule, s *shape, at *path, value string) {
	v.problems = append(v.problems, problem{rule: r, at: at, shape: s, value: value})
}

func (v *validator) structure(s *shape, value tree, at *path) {
	for _, m := range s.members {
		part, present := value[m.name]
		switch {
		case present:
			v.value(m.shape, part, at.to(m))
		case m.required:
			v.report(ruleMissing, m.shape, at.to(m), "null")
		}
	}
}

func (v *validator) value(s *shape, value any, at *path) {
	switch value := value.(type) {
	case string:
		v.text(s, value, at)
	case int64:
		v.number(s, float64(value), strconv.FormatInt(value, 10), at)
	case float64:
		v.number(s, value, strconv.FormatFloat(value, 'g', -1, 64), at)
	case []byte:
		v.length(s, len(value), value, at)
	case []any:
		v.length(s, len(value), value, at)
		for i, item := range value {
			v.value(s.item.shape, item, at.element(i+1))
		}
	case tree:
		if s.kind == kindStructure {
			v.structure(s, value, at)
			return
		}
		v.length(s, len(value), value, at)
		for _, key := range slices.Sorted(maps.Keys(value)) {
			v.text(s.key.shape, key, at.entry(key))
			v.value(s.value.shape, value[key], at.entry(key))
		}
	}
}

func (v *validator) text(s *shape, value string, at *path) {
	if s.limits.enum != nil && !s.limits.enum[value] {
		v.report(ruleEnum, s, at, value)
		return
	}
	v.length(s, utf8.RuneCountInString(value), value, at)
	if s.limits.pattern != nil && !s.limits.pattern.matches(value) {
		v.report(rulePattern, s, at, value)
	}
}

func (v *validator) length(s *shape, n int, value any, at *path) {
	if s.limits.min != nil && float64(n) < *s.limits.min {
		v.report(ruleShortest, s, at, inMessage(value))
	}
	if s.limits.max != nil && float64(n) > *s.limits.max {
		v.report(ruleLongest, s, at, inMessage(value))
	}
}

// inMessage writes a value as the services, which are written in Java, do.
func inMessage(value any) string {
	var parts []string
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			parts = append(parts, inMessage(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case tree:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			parts = append(parts, key+"="+inMessage(value[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []byte:
		return "java.nio.HeapByteBuffer[pos=0 lim=" + strconv.Itoa(len(value)) + " cap=" + strconv.Itoa(len(value)) + "]"
	}
	return fmt.Sprint(value)
}

func (v *validator) number(s *shape, n float64, value string, at *path) {
	if s.limits.min != nil && n < *s.limits.min {
		v.report(ruleAtLeast, s, at, value)
	}
	if s.limits.max != nil && n > *s.limits.max {
		v.report(ruleAtMost, s, at, value)
	}
}
