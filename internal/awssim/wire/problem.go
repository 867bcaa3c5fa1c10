package wire

import (
	"strconv"
	"strings"
)

// rule is what a value breaks.
type rule int

const (
	ruleUnknown    rule = iota // a parameter that the model does not have
	ruleType                   // text that is not of the member's type
	ruleMissing                // a required member that is absent
	ruleEnum                   // a value outside the enumeration
	ruleAtLeast                // a number that is too small
	ruleAtMost                 // a number that is too large
	ruleShortest               // a string or list that is too short
	ruleLongest                // a string or list that is too long
	rulePattern                // a string that does not match
	ruleTwice                  // a parameter given twice
	ruleSyntax                 // a body that cannot be read at all
	ruleDigest                 // a body that is not what its checksum says
	ruleNoDigest               // a checksum that is none
	ruleUndigested             // a body without a checksum that must have one
)

// problem is one fault of a request. The protocols word it.
type problem struct {
	rule  rule
	at    *path
	name  string // for ruleUnknown and ruleTwice: the whole parameter as sent; for checksums the header
	value string // for ruleType in documents what was there, NUMBER_VALUE; for ruleSyntax the reason
	shape *shape
}

// path leads from the input to a value. It is built while decoding and written
// out only where something is wrong.
type path struct {
	parent *path
	member *member // of a structure; nil for an element
	index  int     // of a list, from 1
	key    string  // of a map
}

func (p *path) to(m *member) *path      { return &path{parent: p, member: m} }
func (p *path) element(index int) *path { return &path{parent: p, index: index} }
func (p *path) entry(key string) *path  { return &path{parent: p, key: key} }
func (p *path) steps() (list []*path) {
	for ; p != nil && p.parent != nil; p = p.parent {
		list = append(list, p)
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// inRequest writes the path as EC2's form parameters do: TagSpecification.1.ResourceType.
func (p *path) inRequest() string {
	var parts []string
	for _, step := range p.steps() {
		switch {
		case step.member != nil:
			parts = append(parts, step.member.request)
		case step.index > 0:
			parts = append(parts, strconv.Itoa(step.index))
		default:
			parts = append(parts, step.key)
		}
	}
	return strings.Join(parts, ".")
}

// inModel writes the path as validation messages do: tags.1.member.key.
func (p *path) inModel() string {
	var parts []string
	for _, step := range p.steps() {
		switch {
		case step.member != nil:
			parts = append(parts, lowerFirst(step.member.name))
		case step.index > 0:
			parts = append(parts, strconv.Itoa(step.index), "member")
		default:
			parts = append(parts, step.key, "member")
		}
	}
	return strings.Join(parts, ".")
}

// inDocument writes the path with the names of the model: Tags.1.Key.
func (p *path) inDocument() string {
	var parts []string
	for _, step := range p.steps() {
		switch {
		case step.member != nil:
			parts = append(parts, step.member.name)
		case step.index > 0:
			parts = append(parts, strconv.Itoa(step.index))
		default:
			parts = append(parts, step.key)
		}
	}
	return strings.Join(parts, ".")
}

func lowerFirst(name string) string {
	if name == "" {
		return ""
	}
	return strings.ToLower(name[:1]) + name[1:]
}

func upperFirst(name string) string {
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}
