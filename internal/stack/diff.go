package stack

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Change is one setting in which an observed part differs from the wanted one.
type Change struct {
	Path string // ssl_policy, health_check.path, tags.team
	Have string
	Want string
	// Create says that the setting can only be had with a new object.
	Create bool
}

// String is "path: have -> want", as plans and drift show it.
func (c Change) String() string {
	return fmt.Sprintf("%s: %s -> %s", c.Path, cmp.Or(c.Have, "(none)"), cmp.Or(c.Want, "(none)"))
}

// Diff is a list of changes.
type Diff []Change

// Replaces reports whether some change needs a new object.
func (d Diff) Replaces() bool {
	return slices.ContainsFunc(d, func(c Change) bool { return c.Create })
}

// Has reports whether a setting changes: one of the paths, or one below it.
func (d Diff) Has(paths ...string) bool {
	return slices.ContainsFunc(d, func(c Change) bool {
		return slices.ContainsFunc(paths, func(path string) bool {
			return c.Path == path || strings.HasPrefix(c.Path, path+".")
		})
	})
}

// secretText stands for both values of a secret setting.
const secretText = "(secret)"

// Compare returns where have differs from want. Both must be of one type; what
// want does not manage (nil pointers) is left out.
func Compare(want, have Spec) Diff {
	var diff Diff
	compare("", fieldTag{}, reflect.ValueOf(want).Elem(), reflect.ValueOf(have).Elem(), &diff)
	return diff
}

// CompareTags returns the wanted tags that are missing or different, and those to
// be removed that are there. Other tags on the object are nobody's business here.
func CompareTags(want, have map[string]string, untag ...string) Diff {
	var diff Diff
	compare("tags", fieldTag{include: true}, reflect.ValueOf(want), reflect.ValueOf(have), &diff)
	for _, key := range untag {
		_, wanted := want[key]
		if value, there := have[key]; there && !wanted {
			diff = append(diff, Change{Path: "tags." + key, Have: value, Want: "(none)"})
		}
	}
	return diff
}

type fieldTag struct{ create, secret, set, include, least, version, how bool }

func parseTag(tag string) fieldTag {
	var parsed fieldTag
	for word := range strings.SplitSeq(tag, ",") {
		switch word {
		case "create":
			parsed.create = true
		case "secret":
			parsed.secret = true
		case "set":
			parsed.set = true
		case "include":
			parsed.include = true
		case "least":
			parsed.least = true
		case "version":
			parsed.version = true
		case "how":
			parsed.how = true
		}
	}
	return parsed
}

func compare(path string, tag fieldTag, want, have reflect.Value, diff *Diff) {
	switch want.Kind() {
	case reflect.Pointer:
		switch {
		case want.IsNil():
		case have.IsNil():
			report(path, tag, show(want), "(none)", diff)
		default:
			compare(path, tag, want.Elem(), have.Elem(), diff)
		}
	case reflect.Struct:
		if want.Type() == refType {
			compareScalar(path, tag, want, have, diff)
			return
		}
		for i := range want.NumField() {
			field := want.Type().Field(i)
			inner := parseTag(field.Tag.Get("stack"))
			if inner.how {
				continue
			}
			inner.create = inner.create || tag.create
			inner.secret = inner.secret || tag.secret
			compare(join(path, fieldName(field)), inner, want.Field(i), have.Field(i), diff)
		}
	case reflect.Map:
		compareMap(path, tag, want, have, diff)
	case reflect.Slice:
		compareSlice(path, tag, want, have, diff)
	default:
		compareScalar(path, tag, want, have, diff)
	}
}

func compareScalar(path string, tag fieldTag, want, have reflect.Value, diff *Diff) {
	switch {
	case tag.least && want.CanInt() && have.Int() >= want.Int():
	case tag.version && VersionMet(want.String(), have.String()):
	case show(want) != show(have):
		report(path, tag, show(want), show(have), diff)
	}
}

func compareMap(path string, tag fieldTag, want, have reflect.Value, diff *Diff) {
	inner := tag
	inner.include, inner.set = false, false
	for _, key := range sortedKeys(want) {
		at := join(path, key.String())
		if value := have.MapIndex(key); value.IsValid() {
			compare(at, inner, want.MapIndex(key), value, diff)
		} else {
			report(at, tag, show(want.MapIndex(key)), "(none)", diff)
		}
	}
	if tag.include {
		return
	}
	for _, key := range sortedKeys(have) {
		if !want.MapIndex(key).IsValid() {
			report(join(path, key.String()), tag, "(none)", show(have.MapIndex(key)), diff)
		}
	}
}

func compareSlice(path string, tag fieldTag, want, have reflect.Value, diff *Diff) {
	wants, haves := showAll(want), showAll(have)
	if tag.set || tag.include {
		slices.Sort(wants)
		slices.Sort(haves)
	}
	if tag.include {
		if !slices.ContainsFunc(wants, func(w string) bool { return !slices.Contains(haves, w) }) {
			return
		}
	} else if slices.Equal(wants, haves) {
		return
	}
	report(path, tag, "["+strings.Join(wants, " ")+"]", "["+strings.Join(haves, " ")+"]", diff)
}

func report(path string, tag fieldTag, want, have string, diff *Diff) {
	if tag.secret {
		want, have = secretText, secretText
	}
	*diff = append(*diff, Change{Path: path, Have: have, Want: want, Create: tag.create})
}

func show(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return "(none)"
		}
		return show(v.Elem())
	case reflect.Struct:
		if v.Type() == refType {
			return fmt.Sprint(v.Interface())
		}
		fields := make([]string, 0, v.NumField())
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				fields = append(fields, fieldName(v.Type().Field(i))+"="+show(v.Field(i)))
			}
		}
		return "{" + strings.Join(fields, " ") + "}"
	case reflect.Slice:
		return "[" + strings.Join(showAll(v), " ") + "]"
	case reflect.String:
		if v.Len() == 0 {
			return `""`
		}
	}
	return fmt.Sprint(v.Interface())
}

func showAll(v reflect.Value) []string {
	all := make([]string, v.Len())
	for i := range all {
		all[i] = show(v.Index(i))
	}
	return all
}

func fieldName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return cmp.Or(name, field.Name)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
	return keys
}
