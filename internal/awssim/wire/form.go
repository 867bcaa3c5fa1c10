package wire

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// maxDepth bounds how deeply a parameter name may nest; no model comes near it.
const maxDepth = 24

// formNode is a parameter, or a prefix of parameters: Filter, Filter.1, Filter.1.Name.
type formNode struct {
	name     string // as sent, in full
	value    string
	hasValue bool
	parts    map[string]*formNode
}

func (n *formNode) part(name string) *formNode {
	next := n.parts[name]
	if next == nil {
		if n.parts == nil {
			n.parts = map[string]*formNode{}
		}
		full := name
		if n.name != "" {
			full = n.name + "." + name
		}
		next = &formNode{name: full}
		n.parts[name] = next
	}
	return next
}

// formStyle is how the two form protocols differ in lists and maps.
type formStyle struct {
	// wrapped: lists are Name.member.1 and maps Name.entry.1.key, unless flattened.
	wrapped bool
}

// formDecoder turns form parameters into a tree and collects what is wrong.
type formDecoder struct {
	style     formStyle
	problems  []problem
	sensitive []string // names of parameters that must not be recorded
}

// decodeForm reads the parameters of an operation's input.
func decodeForm(style formStyle, input *shape, form map[string][]string) (tree, *formDecoder) {
	d := &formDecoder{style: style}
	root := &formNode{}
	for name, values := range form {
		segments := strings.SplitN(name, ".", maxDepth+1)
		if len(segments) > maxDepth {
			d.problems = append(d.problems, problem{rule: ruleUnknown, name: name})
			continue
		}
		if len(values) > 1 {
			d.problems = append(d.problems, problem{rule: ruleTwice, name: name})
		}
		node := root
		for _, segment := range segments {
			node = node.part(segment)
		}
		node.value, node.hasValue = values[0], true
	}
	if input == nil {
		input = &shape{kind: kindStructure}
	}
	value := d.structure(root, input, &path{})
	slices.SortFunc(d.problems, func(a, b problem) int { return cmp.Compare(a.order(), b.order()) })
	return value, d
}

// order sorts problems, which are found in the random order of a map.
func (p problem) order() string {
	if p.name != "" {
		return p.name
	}
	return p.at.inRequest()
}

func (d *formDecoder) unknown(n *formNode) {
	for n.parts != nil && !n.hasValue { // name a parameter that was really sent
		n = n.parts[slices.Min(slices.Collect(maps.Keys(n.parts)))]
	}
	d.problems = append(d.problems, problem{rule: ruleUnknown, name: n.name})
}

func (d *formDecoder) wrongType(n *formNode, s *shape, at *path) any {
	d.problems = append(d.problems, problem{rule: ruleType, at: at, shape: s, value: n.value})
	return malformed{}
}

func (d *formDecoder) value(n *formNode, s *shape, at *path) any {
	if s.sensitive {
		d.sensitive = append(d.sensitive, n.name)
	}
	switch s.kind {
	case kindStructure:
		if n.value != "" {
			return d.wrongType(n, s, at)
		}
		return d.structure(n, s, at)
	case kindList:
		if n.value != "" {
			return d.wrongType(n, s, at)
		}
		return d.list(n, s, at)
	case kindMap:
		if n.value != "" {
			return d.wrongType(n, s, at)
		}
		return d.mapping(n, s, at)
	}
	for _, part := range n.parts {
		d.unknown(part)
	}
	if !n.hasValue {
		return malformed{}
	}
	value, ok := scalar(s.kind, n.value)
	if !ok {
		return d.wrongType(n, s, at)
	}
	return value
}

func (d *formDecoder) structure(n *formNode, s *shape, at *path) tree {
	value := make(tree, len(n.parts))
	for name, part := range n.parts {
		m := s.byRequest[name]
		if m == nil {
			d.unknown(part)
			continue
		}
		value[m.name] = d.value(part, m.shape, at.to(m))
	}
	return value
}

// list reads Name.1 or Name.member.1. An empty list is sent as Name= by the query
// protocol; EC2's has no empty lists.
func (d *formDecoder) list(n *formNode, s *shape, at *path) any {
	if d.style.wrapped && !s.flattened {
		n = d.inner(n, cmp.Or(s.item.locationName, "member"))
	}
	list := []any{}
	for i, part := range d.numbered(n) {
		list = append(list, d.value(part, s.item.shape, at.element(i+1)))
	}
	return list
}

// inner steps over the fixed name between a list or map and its numbers.
func (d *formDecoder) inner(n *formNode, name string) *formNode {
	for other, part := range n.parts {
		if other != name {
			d.unknown(part)
		}
	}
	if next := n.parts[name]; next != nil {
		return next
	}
	return &formNode{}
}

// numbered returns the elements of a list in the order of their numbers. Gaps are
// allowed, as the real services do.
func (d *formDecoder) numbered(n *formNode) []*formNode {
	type element struct {
		number int
		node   *formNode
	}
	var elements []element
	for name, part := range n.parts {
		number, err := strconv.Atoi(name)
		if err != nil || number < 1 {
			d.unknown(part)
			continue
		}
		elements = append(elements, element{number, part})
	}
	slices.SortFunc(elements, func(a, b element) int { return cmp.Compare(a.number, b.number) })
	nodes := make([]*formNode, len(elements))
	for i, e := range elements {
		nodes[i] = e.node
	}
	return nodes
}

func (d *formDecoder) mapping(n *formNode, s *shape, at *path) any {
	if d.style.wrapped && !s.flattened {
		n = d.inner(n, "entry")
	}
	keyName, valueName := cmp.Or(s.key.locationName, "key"), cmp.Or(s.value.locationName, "value")
	entries := tree{}
	for _, part := range d.numbered(n) {
		key, value := part.parts[keyName], part.parts[valueName]
		for name, other := range part.parts {
			if name != keyName && name != valueName {
				d.unknown(other)
			}
		}
		if key == nil || value == nil {
			d.unknown(part)
			continue
		}
		entries[key.value] = d.value(value, s.value.shape, at.entry(key.value))
	}
	return entries
}
