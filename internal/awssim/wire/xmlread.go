package wire

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// xmlNode is an element.
type xmlNode struct {
	name  string
	text  []byte
	parts []*xmlNode
}

// parseXML reads a body of one element.
func parseXML(body []byte) (*xmlNode, error) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	document := &xmlNode{}
	open := []*xmlNode{document}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		inner := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			if len(open) > maxDepth {
				return nil, fmt.Errorf("elements are nested more than %d deep", maxDepth)
			}
			next := &xmlNode{name: token.Name.Local}
			inner.parts = append(inner.parts, next)
			open = append(open, next)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			inner.text = append(inner.text, token...)
		case xml.Directive: // a DOCTYPE: no client sends one
			return nil, errors.New("directives are not allowed")
		}
	}
	if len(document.parts) != 1 {
		return nil, errors.New("the document must have one element")
	}
	return document.parts[0], nil
}

// xmlDecoder turns elements into a tree and collects what is wrong.
type xmlDecoder struct {
	problems   []problem
	parameters map[string]string // for the journal
	sensitive  int
}

func (d *xmlDecoder) unknown(n *xmlNode, at *path) {
	d.problems = append(d.problems, problem{rule: ruleUnknown, name: at.to(&member{name: n.name}).inDocument()})
}

func (d *xmlDecoder) wrongType(text string, s *shape, at *path) any {
	d.problems = append(d.problems, problem{rule: ruleType, at: at, shape: s, value: text})
	return malformed{}
}

func (d *xmlDecoder) value(n *xmlNode, s *shape, at *path) any {
	if s.sensitive {
		d.sensitive++
		defer func() { d.sensitive-- }()
	}
	if s.kind == kindStructure || s.kind == kindList || s.kind == kindMap {
		if text := strings.TrimSpace(string(n.text)); text != "" {
			return d.wrongType(text, s, at)
		}
		switch s.kind {
		case kindStructure:
			return d.structure(n, s, at)
		case kindList:
			return d.list(n, s, at)
		}
		return d.wrongType(n.name, s, at) // no REST service in use sends maps
	}
	for _, part := range n.parts {
		d.unknown(part, at)
	}
	text := string(n.text)
	if s.kind != kindString {
		text = strings.TrimSpace(text)
	}
	read, ok := scalar(s.kind, text)
	if !ok {
		return d.wrongType(text, s, at)
	}
	if d.sensitive == 0 {
		d.parameters[at.inDocument()] = recorded(read)
	}
	return read
}

func (d *xmlDecoder) structure(n *xmlNode, s *shape, at *path) tree {
	value := make(tree, len(n.parts))
	for _, part := range n.parts {
		m := s.byRequest[part.name]
		if m == nil || m.location != "" {
			d.unknown(part, at)
			continue
		}
		if m.shape.flattened {
			d.element(value, part, m, at)
			continue
		}
		if _, twice := value[m.name]; twice {
			d.problems = append(d.problems, problem{rule: ruleTwice, name: at.to(m).inDocument()})
		}
		value[m.name] = d.value(part, m.shape, at.to(m))
	}
	return value
}

// element reads an element of a list that has no element of its own around it.
func (d *xmlDecoder) element(value tree, part *xmlNode, m *member, at *path) {
	list, _ := value[m.name].([]any)
	value[m.name] = append(list, d.value(part, m.shape.item.shape, at.to(m).element(len(list)+1)))
}

func (d *xmlDecoder) list(n *xmlNode, s *shape, at *path) any {
	list := make([]any, 0, len(n.parts))
	item := cmp.Or(s.item.locationName, "member")
	for _, part := range n.parts {
		if part.name != item {
			d.unknown(part, at)
			continue
		}
		list = append(list, d.value(part, s.item.shape, at.element(len(list)+1)))
	}
	return list
}
