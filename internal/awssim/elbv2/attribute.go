package elbv2

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// attribute is one key that a load balancer, target group or listener has, its
// value at creation, and the check of new values: check returns what the value
// must be, or "".
type attribute struct {
	key, initial string
	check        func(value string) (must string)
}

// object is something that has attributes.
type object struct {
	what  string // Load balancer
	kind  string // type 'network', as the error message names it
	all   []attribute
	known func(key string) bool // to another kind of the same object
}

// setting is one attribute of a modify request.
type setting struct{ key, value string }

// initialValues returns the attributes of a new object.
func initialValues(attributes []attribute) map[string]string {
	values := map[string]string{}
	for _, a := range attributes {
		values[a.key] = a.initial
	}
	return values
}

// merge checks the settings and returns the attributes with them: all or nothing
// (aws-facts §4.3). Keys that are not set keep their values.
func (o object) merge(current map[string]string, settings []setting) (map[string]string, error) {
	merged := map[string]string{}
	for _, a := range o.all {
		merged[a.key] = current[a.key]
	}
	seen := map[string]bool{}
	for _, set := range settings {
		i := slices.IndexFunc(o.all, func(a attribute) bool { return a.key == set.key })
		switch {
		case i < 0 && o.known(set.key):
			return nil, badConfiguration("%s attribute key '%s' is not supported on %ss with %s",
				o.what, set.key, strings.ToLower(o.what), o.kind)
		case i < 0:
			return nil, invalid("%s attribute key '%s' is not recognized", o.what, set.key)
		case seen[set.key]:
			return nil, invalid("%s attribute key '%s' was specified more than once", o.what, set.key)
		}
		if must := o.all[i].check(set.value); must != "" {
			return nil, invalid("'%s' value '%s' must be %s", set.key, set.value, must)
		}
		seen[set.key] = true
		merged[set.key] = set.value
	}
	return merged, nil
}

// settingsOf converts the attributes of a request.
func settingsOf[T any](attributes []T, pair func(T) (key, value *string)) []setting {
	var settings []setting
	for _, a := range attributes {
		key, value := pair(a)
		s := setting{}
		if key != nil {
			s.key = *key
		}
		if value != nil {
			s.value = *value
		}
		settings = append(settings, s)
	}
	return settings
}

// hasKey reports whether one of the tables has the key.
func hasKey(key string, tables ...[]attribute) bool {
	for _, table := range tables {
		if slices.ContainsFunc(table, func(a attribute) bool { return a.key == key }) {
			return true
		}
	}
	return false
}

func oneOf(values ...string) func(string) string {
	return func(value string) string {
		if slices.Contains(values, value) {
			return ""
		}
		return "one of [" + strings.Join(values, ", ") + "]"
	}
}

var boolean = oneOf("true", "false")

func between(low, high int) func(string) string {
	return func(value string) string {
		if n, err := strconv.Atoi(value); err == nil && strconv.Itoa(n) == value && n >= low && n <= high {
			return ""
		}
		return fmt.Sprintf("between '%d-%d' inclusive", low, high)
	}
}

// either accepts the word or what the check accepts.
func either(word string, check func(string) string) func(string) string {
	return func(value string) string {
		if value == word {
			return ""
		}
		if must := check(value); must != "" {
			return fmt.Sprintf("'%s' or %s", word, must)
		}
		return ""
	}
}

func atMost(length int) func(string) string {
	return func(value string) string {
		if len(value) <= length {
			return ""
		}
		return fmt.Sprintf("at most '%d' characters long", length)
	}
}
