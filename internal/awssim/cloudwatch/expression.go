package cloudwatch

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// node is a part of a metric math expression.
type node struct {
	kind nodeKind
	// text is an operator, the name of a function or word, or the id of a query.
	text   string
	number float64
	parts  []*node
}

type nodeKind int

const (
	kindNumber   nodeKind = iota
	kindID                // m1
	kindWord              // REPEAT
	kindOperator          // m1 / 2, and - with one part
	kindCall              // FILL(m1, 0)
	kindList              // [m1, m2]
)

// parser reads an expression from its tokens.
type parser struct {
	tokens []string
	next   int
}

// parse reads a metric math expression.
func parse(expression string) (n *node, err error) {
	tokens, err := tokenize(expression)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	if n, err = p.operation(0); err != nil {
		return nil, err
	}
	if p.peek() != "" {
		return nil, fmt.Errorf("unexpected '%s'", p.peek())
	}
	return n, nil
}

// tokenize cuts an expression into numbers, names and operators.
func tokenize(expression string) ([]string, error) {
	var tokens []string
	for rest := strings.TrimSpace(expression); rest != ""; rest = strings.TrimSpace(rest) {
		n := 1
		switch first := rune(rest[0]); {
		case unicode.IsDigit(first) || first == '.':
			n = span(rest, func(r rune) bool { return unicode.IsDigit(r) || r == '.' })
		case unicode.IsLetter(first):
			n = span(rest, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' })
		case strings.HasPrefix(rest, "<=") || strings.HasPrefix(rest, ">=") || strings.HasPrefix(rest, "==") ||
			strings.HasPrefix(rest, "!=") || strings.HasPrefix(rest, "&&") || strings.HasPrefix(rest, "||"):
			n = 2
		case !strings.ContainsRune("+-*/^()[],<>", first):
			return nil, fmt.Errorf("unexpected '%c'", first)
		}
		tokens, rest = append(tokens, rest[:n]), rest[n:]
	}
	return tokens, nil
}

func span(text string, in func(rune) bool) int {
	if end := strings.IndexFunc(text, func(r rune) bool { return !in(r) }); end >= 0 {
		return end
	}
	return len(text)
}

func (p *parser) peek() string {
	if p.next < len(p.tokens) {
		return p.tokens[p.next]
	}
	return ""
}

func (p *parser) take() string {
	token := p.peek()
	p.next++
	return token
}

func (p *parser) expect(token string) error {
	if got := p.take(); got != token {
		return fmt.Errorf("'%s' instead of '%s'", got, token)
	}
	return nil
}

// binding tells how tightly operators bind.
var binding = map[string]int{
	"OR": 1, "||": 1, "AND": 2, "&&": 2, "<": 3, ">": 3, "<=": 3, ">=": 3, "==": 3, "!=": 3, "+": 4, "-": 4, "*": 5, "/": 5, "^": 6,
}

// operation reads operators that bind more tightly than least.
func (p *parser) operation(least int) (*node, error) {
	left, err := p.operand()
	for err == nil && binding[p.peek()] > least {
		operator := p.take()
		var right *node
		if right, err = p.operation(binding[operator]); err == nil {
			left = &node{kind: kindOperator, text: operator, parts: []*node{left, right}}
		}
	}
	return left, err
}

func (p *parser) operand() (*node, error) {
	token := p.take()
	switch {
	case token == "":
		return nil, fmt.Errorf("unexpected end")
	case token == "-":
		part, err := p.operation(binding["*"])
		return &node{kind: kindOperator, text: token, parts: []*node{part}}, err
	case token == "(":
		inner, err := p.operation(0)
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	case token == "[":
		parts, err := p.parts("]")
		return &node{kind: kindList, parts: parts}, err
	case unicode.IsDigit(rune(token[0])) || token[0] == '.':
		number, err := strconv.ParseFloat(token, 64)
		return &node{kind: kindNumber, number: number}, err
	case unicode.IsLower(rune(token[0])):
		return &node{kind: kindID, text: token}, nil
	case !unicode.IsUpper(rune(token[0])):
		return nil, fmt.Errorf("unexpected '%s'", token)
	case p.peek() != "(":
		return &node{kind: kindWord, text: token}, nil
	}
	p.take()
	parts, err := p.parts(")")
	return &node{kind: kindCall, text: token, parts: parts}, err
}

// parts reads a list up to the closing token.
func (p *parser) parts(closing string) ([]*node, error) {
	var parts []*node
	if p.peek() == closing {
		p.take()
		return nil, nil
	}
	for {
		part, err := p.operation(0)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
		if p.peek() != "," {
			return parts, p.expect(closing)
		}
		p.take()
	}
}

// ids returns the queries that the expression names.
func (n *node) ids() []string {
	if n.kind == kindID {
		return []string{n.text}
	}
	var list []string
	for _, part := range n.parts {
		list = append(list, part.ids()...)
	}
	return list
}
