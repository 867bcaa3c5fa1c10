// Package stack describes what is wanted: a list of parts in dependency order,
// the references between them, and how a wanted part differs from an observed one.
//
// It is pure. It knows neither AWS nor Terraform, does no I/O and holds no state
// of a run; what it says about a part follows from the part's Spec alone.
package stack

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// ID names a stack: the kind of composite and the name the user gave.
type ID struct {
	Type string // multi_server
	Name string // shop
}

// String is the form that stands in the webtier:stack tag: multi_server/shop.
func (id ID) String() string { return id.Type + "/" + id.Name }

// Spec holds the settings of one part. It is a pointer to a plain struct of
// strings, numbers, booleans, Refs, pointers, slices, maps and structs of these,
// each field with a json name. A nil pointer means "not managed".
//
// The stack tag of a field tells the differ what it must know:
//
//	create   the setting cannot change: another value needs a new object
//	secret   the value is never printed
//	set      the order of a slice means nothing
//	include  a set, or a map, of which only the wanted members are compared
//	least    a number that the object may exceed, as storage that grows by itself
//	version  a version, or the beginning of one, that the object may exceed by
//	         upgrades that need no one's consent: "16" is met by 16.4, "16.3" by 16.4
//	how      says how a change is made, not what is wanted: never compared
type Spec interface {
	// Kind names the kind of object, for example "ec2/vpc".
	Kind() string
}

// Untagged is a Spec of objects that carry no tags of their own.
type Untagged interface {
	Spec
	Untagged()
}

// Part is one wanted object.
type Part struct {
	Key   string            `json:"key"`
	Kind  string            `json:"kind"`
	Needs []string          `json:"needs,omitempty"`
	Tags  map[string]string `json:"tags,omitempty"`
	Spec  Spec              `json:"spec"`
}

// The tags by which a stack's objects are found again. Every object carries
// TagStack, TagPart and TagVersion from the moment of its creation; the anchor
// part gets TagConfig, a hash of the wanted stack, as the last act of an apply.
const (
	TagStack   = "webtier:stack"   // multi_server/shop
	TagPart    = "webtier:part"    // target_group
	TagVersion = "webtier:version" // version of this scheme of tags
	TagConfig  = "webtier:config"  // 16 hex digits, on the anchor only
	TagRetired = "webtier:retired" // when what is kept for a while came out of use
)

// Stack is a wanted set of parts in dependency order.
type Stack struct {
	ID   ID
	Tags map[string]string
	// Untag are keys of tags that the stack had and has no more.
	Untag []string
	// Keep says which surplus is not deleted at once; nil: none.
	Keep *Keep
	// Anchor is the key of the part that tells a finished stack from a started one.
	Anchor string
	// Secrets are the values that the Secrets in specs stand for.
	Secrets Secrets
	// Finish are tags that the anchor gets as the last act of an apply, beside TagConfig.
	Finish map[string]string

	parts []Part
	index map[string]int
}

// Keep holds all surplus back while there is a surplus object of the part that came
// out of use less than For ago: so that one can go back to it. Then a later apply
// deletes it.
type Keep struct {
	Part string
	For  time.Duration
}

// New returns an empty stack whose parts will all carry the tags. What is in use, or
// in use again, is not retired.
func New(id ID, tags map[string]string) *Stack {
	return &Stack{ID: id, Tags: tags, Untag: []string{TagRetired}, index: map[string]int{}}
}

// Add appends a part that needs the parts its Refs name and those in after. It
// panics when the key is taken or when a needed part was not added before: a
// stack is in dependency order by construction and a cycle cannot be written.
func (s *Stack) Add(key string, spec Spec, after ...string) {
	s.AddTagged(key, nil, spec, after...)
}

// AddTagged is Add for a part that carries tags of its own beside the stack's.
func (s *Stack) AddTagged(key string, tags map[string]string, spec Spec, after ...string) {
	if _, taken := s.index[key]; taken {
		panic(fmt.Sprintf("stack %s: part %q added twice", s.ID, key))
	}
	needs := slices.Clone(after)
	for _, ref := range Refs(spec) {
		if part, _ := ref.Target(); part != "" {
			needs = append(needs, part)
		}
	}
	slices.Sort(needs)
	needs = slices.Compact(needs)
	for _, need := range needs {
		if _, known := s.index[need]; !known {
			panic(fmt.Sprintf("stack %s: part %q needs %q, which was not added before it", s.ID, key, need))
		}
	}
	s.index[key] = len(s.parts)
	s.parts = append(s.parts, Part{Key: key, Kind: spec.Kind(), Needs: needs, Tags: tags, Spec: spec})
}

// TagsOf returns all tags that a part's object carries: the stack's, the part's
// own, and those by which it is found again.
func (s *Stack) TagsOf(part Part) map[string]string {
	tags := map[string]string{}
	maps.Copy(tags, s.Tags)
	maps.Copy(tags, part.Tags)
	tags[TagStack], tags[TagPart], tags[TagVersion] = s.ID.String(), part.Key, "1"
	return tags
}

// Parts returns the parts in dependency order.
func (s *Stack) Parts() []Part { return slices.Clone(s.parts) }

// Part returns the part with the key.
func (s *Stack) Part(key string) (Part, bool) {
	i, ok := s.index[key]
	if !ok {
		return Part{}, false
	}
	return s.parts[i], true
}

// MarshalJSON renders the stack for golden tests and for the hash of a
// configuration. References appear as {"$ref": "part.output"}.
func (s *Stack) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		ID    string            `json:"id"`
		Tags  map[string]string `json:"tags,omitempty"`
		Parts []Part            `json:"parts"`
	}{s.ID.String(), s.Tags, s.parts})
}

// Hash identifies everything the stack wants, 16 hex digits.
func (s *Stack) Hash() (string, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("stack %s: %w", s.ID, err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8]), nil
}
