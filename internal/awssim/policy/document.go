// Package policy reads policy documents and works out what they allow, as IAM and
// the services with resource policies do.
package policy

import (
	"encoding/json"
	"slices"
	"strings"
)

// Document is a policy.
type Document struct {
	Version   string
	Statement Statements
}

// Statements are those of a document, which may hold one or a list.
type Statements []Statement

// Statement is one as it was written: fields may hold a text or a list of texts.
type Statement map[string]any

// UnmarshalJSON accepts one statement or a list of them.
func (s *Statements) UnmarshalJSON(data []byte) error {
	if strings.HasPrefix(strings.TrimSpace(string(data)), "{") {
		*s = Statements{nil}
		return json.Unmarshal(data, &(*s)[0])
	}
	return json.Unmarshal(data, (*[]Statement)(s))
}

// Parse reads a document. fault says what every service refuses in one, or is empty.
func Parse(text string) (d Document, fault string) {
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return d, NotJSON
	}
	if v := d.Version; v != "" && v != "2012-10-17" && v != "2008-10-17" {
		return d, "The policy must contain a valid version string"
	}
	if len(d.Statement) == 0 {
		return d, "Missing required field Statement"
	}
	for _, statement := range d.Statement {
		if effect := statement["Effect"]; effect != "Allow" && effect != "Deny" {
			return d, "Missing required field Effect"
		}
	}
	return d, ""
}

// NotJSON is the fault of a text that is no document.
const NotJSON = "This policy contains invalid Json"

// Has reports whether the statement has a field.
func (s Statement) Has(field string) bool {
	_, ok := s[field]
	return ok
}

// Texts returns the texts that a field holds.
func (s Statement) Texts(field string) []string { return Texts(s[field]) }

// Texts reads a value that may be one text or a list of them.
func Texts(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var list []string
		for _, item := range v {
			if text, ok := item.(string); ok {
				list = append(list, text)
			}
		}
		return list
	}
	return nil
}

// Principals returns those of a kind that the statement names: AWS, Service,
// Federated, CanonicalUser. Everybody is "*" of the kind AWS.
func (s Statement) Principals(kind string) []string {
	if s["Principal"] == "*" && kind == "AWS" {
		return []string{"*"}
	}
	byKind, _ := s["Principal"].(map[string]any)
	return Texts(byKind[kind])
}

// Covers reports whether one of the patterns stands for a value. A * stands for any
// text and a ? for any character, slashes too.
func Covers(patterns []string, value string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return Like(pattern, value) })
}

// CoversAction is Covers for the names of actions, in which case does not matter.
func CoversAction(patterns []string, action string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return Like(strings.ToLower(pattern), strings.ToLower(action)) })
}

// Like reports whether a pattern stands for a value.
func Like(pattern, value string) bool {
	// The last star that was met, and what it stood for so far.
	star, taken := -1, 0
	p, v := 0, 0
	for v < len(value) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, taken = p, v
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == value[v]):
			p, v = p+1, v+1
		case star >= 0:
			taken++
			p, v = star+1, taken
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
