// Package tagset keeps the tags of simulated objects and checks the rules that
// all services share. Each service words the errors in its own way.
package tagset

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
)

// Set holds an object's tags by key. A Set is never changed once it is made.
type Set map[string]string

// The faults of a change to tags.
var (
	ErrReserved = errors.New("aws: prefixed tag key names are not allowed for external use")
	ErrTwice    = errors.New("duplicate tag keys found")
	ErrTooMany  = errors.New("a resource can have at most 50 tags")
)

// most is how many tags an object can have.
const most = 50

// partTag names the tag by which the inventory tells objects apart.
const partTag = "webtier:part"

// Tag is one tag of a request.
type Tag struct{ Key, Value string }

// Of takes the tags out of a list of a service's own type.
func Of[T any](list []T, split func(T) (key, value *string)) []Tag {
	tags := make([]Tag, 0, len(list))
	for _, item := range list {
		key, value := split(item)
		var tag Tag
		if key != nil {
			tag.Key = *key
		}
		if value != nil {
			tag.Value = *value
		}
		tags = append(tags, tag)
	}
	return tags
}

// With returns the set with tags added or overwritten.
func (s Set) With(added []Tag) (Set, error) {
	all := Set{}
	maps.Copy(all, s)
	seen := map[string]bool{}
	for _, tag := range added {
		if reserved(tag.Key) {
			return nil, ErrReserved
		}
		if seen[tag.Key] {
			return nil, ErrTwice
		}
		seen[tag.Key] = true
		all[tag.Key] = tag.Value
	}
	if len(all) > most {
		return nil, ErrTooMany
	}
	return all, nil
}

// Without returns the set without some keys. A key that is absent is no error, and
// the tags that AWS itself sets stay.
func (s Set) Without(keys []string) Set {
	rest := Set{}
	maps.Copy(rest, s)
	for _, key := range keys {
		if !reserved(key) {
			delete(rest, key)
		}
	}
	return rest
}

func reserved(key string) bool { return strings.HasPrefix(strings.ToLower(key), "aws:") }

// List returns the tags as a service's own type, in the order of their keys.
func List[T any](s Set, tag func(key, value *string) T) []T {
	list := []T{}
	for _, key := range slices.Sorted(maps.Keys(s)) {
		value := s[key]
		list = append(list, tag(&key, &value))
	}
	return list
}

// Part is the value of the tag webtier:part, or "-".
func (s Set) Part() string { return cmp.Or(s[partTag], "-") }
