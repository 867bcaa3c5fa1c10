package iam

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/policy"
)

// encodeDocument returns a policy document as reads give it back: URL-encoded by
// RFC 3986 (aws-facts §9.2).
func encodeDocument(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}

func parseDocument(document string) (policy.Document, error) {
	parsed, fault := policy.Parse(document)
	if fault != "" {
		return parsed, malformed("%s", fault)
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
		case statement.Has("Principal") || statement.Has("NotPrincipal"):
			return malformed("Policy document should not specify a principal.")
		case !statement.Has("Action") && !statement.Has("NotAction"):
			return malformed("Policy statement must contain actions.")
		case !statement.Has("Resource") && !statement.Has("NotResource"):
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
		case statement.Has("Resource") || statement.Has("NotResource"):
			return malformed("Has prohibited field Resource")
		case !statement.Has("Principal"):
			return malformed("Missing required field Principal")
		}
		for _, action := range statement.Texts("Action") {
			if !strings.HasPrefix(strings.ToLower(action), "sts:") {
				return malformed("AssumeRole policy may only specify STS AssumeRole actions.")
			}
		}
		if err := s.checkPrincipal(statement); err != nil {
			return err
		}
	}
	return nil
}

// checkPrincipal refuses roles of this account that do not exist (aws-facts §9.1).
func (s *Service) checkPrincipal(statement policy.Statement) error {
	for _, arn := range statement.Principals("AWS") {
		if !s.PrincipalExists(arn) {
			return malformed("Invalid principal in policy: \"AWS\":\"%s\"", arn)
		}
	}
	return nil
}

// PrincipalExists reports whether policies can name a principal: roles of this account
// must exist, of others nothing is known.
func (s *Service) PrincipalExists(arn string) bool {
	name, isRole := strings.CutPrefix(arn, fmt.Sprintf("arn:aws:iam::%s:role/", s.Account))
	if !isRole {
		return true
	}
	_, ok := s.roles[strings.ToLower(name[strings.LastIndex(name, "/")+1:])]
	return ok
}
