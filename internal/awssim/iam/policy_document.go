package iam

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// encodeDocument returns a policy document as reads give it back: URL-encoded by
// RFC 3986 (aws-facts §9.2).
func encodeDocument(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}

// policyDocument is what IAM looks at in a policy before it stores it.
type policyDocument struct {
	Version   string
	Statement statements
}

type statements []map[string]any

// UnmarshalJSON accepts one statement or a list of them.
func (s *statements) UnmarshalJSON(data []byte) error {
	if strings.HasPrefix(strings.TrimSpace(string(data)), "{") {
		*s = statements{nil}
		return json.Unmarshal(data, &(*s)[0])
	}
	return json.Unmarshal(data, (*[]map[string]any)(s))
}

func parseDocument(document string) (policyDocument, error) {
	var parsed policyDocument
	if err := json.Unmarshal([]byte(document), &parsed); err != nil {
		return parsed, malformed("This policy contains invalid Json")
	}
	if v := parsed.Version; v != "" && v != "2012-10-17" && v != "2008-10-17" {
		return parsed, malformed("The policy must contain a valid version string")
	}
	if len(parsed.Statement) == 0 {
		return parsed, malformed("Missing required field Statement")
	}
	for _, statement := range parsed.Statement {
		if effect := statement["Effect"]; effect != "Allow" && effect != "Deny" {
			return parsed, malformed("Missing required field Effect")
		}
	}
	return parsed, nil
}

// checkPermissions refuses a role's permission policy that IAM would refuse.
func checkPermissions(document string) error {
	parsed, err := parseDocument(document)
	if err != nil {
		return err
	}
	for _, statement := range parsed.Statement {
		switch {
		case has(statement, "Principal") || has(statement, "NotPrincipal"):
			return malformed("Policy document should not specify a principal.")
		case !has(statement, "Action") && !has(statement, "NotAction"):
			return malformed("Policy statement must contain actions.")
		case !has(statement, "Resource") && !has(statement, "NotResource"):
			return malformed("Policy statement must contain resources.")
		}
	}
	return nil
}

// checkTrust refuses a role's trust policy that IAM would refuse.
func (s *Service) checkTrust(document string) error {
	parsed, err := parseDocument(document)
	if err != nil {
		return err
	}
	for _, statement := range parsed.Statement {
		switch {
		case has(statement, "Resource") || has(statement, "NotResource"):
			return malformed("Has prohibited field Resource")
		case !has(statement, "Principal"):
			return malformed("Missing required field Principal")
		}
		for _, action := range stringsOf(statement["Action"]) {
			if !strings.HasPrefix(strings.ToLower(action), "sts:") {
				return malformed("AssumeRole policy may only specify STS AssumeRole actions.")
			}
		}
		if err := s.checkPrincipal(statement["Principal"]); err != nil {
			return err
		}
	}
	return nil
}

// checkPrincipal refuses roles of this account that do not exist (aws-facts §9.1).
func (s *Service) checkPrincipal(principal any) error {
	byKind, _ := principal.(map[string]any)
	for _, arn := range stringsOf(byKind["AWS"]) {
		name, isRole := strings.CutPrefix(arn, fmt.Sprintf("arn:aws:iam::%s:role/", s.Account))
		if !isRole {
			continue
		}
		name = name[strings.LastIndex(name, "/")+1:]
		if _, ok := s.roles[strings.ToLower(name)]; !ok {
			return malformed("Invalid principal in policy: \"AWS\":\"%s\"", arn)
		}
	}
	return nil
}

func has(statement map[string]any, field string) bool {
	_, ok := statement[field]
	return ok
}

// stringsOf reads a field that may hold one string or a list of them.
func stringsOf(value any) []string {
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
