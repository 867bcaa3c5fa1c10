package s3

import (
	"regexp"
	"slices"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/policy"
)

// maxPolicy is the largest policy (S3 User Guide, bucket policies).
const maxPolicy = 20 << 10

func malformed(message string) error {
	err := apierr.New("MalformedPolicy", "%s", message)
	return err
}

// checkPolicy refuses a policy that S3 would refuse for a bucket. The messages are
// S3's own.
func (s *Service) checkPolicy(b *bucket, text string) (policy.Document, error) {
	document, fault := policy.Parse(text)
	switch {
	case len(text) > maxPolicy:
		fault = "Policy exceeds the maximum allowed document size."
	case fault == policy.NotJSON:
		fault = "Policies must be valid JSON and the first byte must be '{'"
	case fault == "":
		for _, statement := range document.Statement {
			if fault = s.faultOf(b, statement); fault != "" {
				break
			}
		}
	}
	if fault != "" {
		return document, malformed(fault)
	}
	return document, nil
}

// faultOf says what is wrong with a statement, or nothing.
func (s *Service) faultOf(b *bucket, statement policy.Statement) string {
	switch {
	case !statement.Has("Principal") && !statement.Has("NotPrincipal"):
		return "Missing required field Principal"
	case !statement.Has("Action") && !statement.Has("NotAction"):
		return "Missing required field Action"
	case !statement.Has("Resource") && !statement.Has("NotResource"):
		return "Missing required field Resource"
	case statement.Has("Principal") && !s.validPrincipals(statement):
		return "Invalid principal in policy"
	}
	for _, action := range append(statement.Texts("Action"), statement.Texts("NotAction")...) {
		if action != "*" && !strings.HasPrefix(strings.ToLower(action), "s3:") {
			return "Policy has invalid action"
		}
	}
	resources := append(statement.Texts("Resource"), statement.Texts("NotResource")...)
	for _, resource := range resources {
		if resource != b.arn() && resource != b.arn()+"*" && !strings.HasPrefix(resource, b.arn()+"/") {
			return "Policy has invalid resource"
		}
	}
	for _, action := range statement.Texts("Action") {
		if !slices.ContainsFunc(resources, func(resource string) bool { return applies(action, resource, b) }) {
			return "Action does not apply to any resource(s) in statement"
		}
	}
	if !validKeys(statement) {
		return "Policy has an invalid condition key"
	}
	return ""
}

// Principals as policies name them.
var (
	accountPrincipal = regexp.MustCompile(`^(\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|user/.+|role/.+|assumed-role/.+/.+))$`)
	servicePrincipal = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$`)
)

func (s *Service) validPrincipals(statement policy.Statement) bool {
	byKind, isMap := statement["Principal"].(map[string]any)
	if !isMap {
		return statement["Principal"] == "*"
	}
	for kind, value := range byKind {
		names := policy.Texts(value)
		for _, name := range names {
			if !s.validPrincipal(kind, name) {
				return false
			}
		}
		if len(names) == 0 {
			return false
		}
	}
	return len(byKind) > 0
}

func (s *Service) validPrincipal(kind, name string) bool {
	switch kind {
	case "AWS":
		return name == "*" || accountPrincipal.MatchString(name) && (s.PrincipalExists == nil || s.PrincipalExists(name))
	case "Service":
		return servicePrincipal.MatchString(name)
	}
	return kind == "CanonicalUser" || kind == "Federated"
}

// objectActions are what is done with objects; everything else is done with buckets.
var objectActions = []string{"s3:AbortMultipartUpload", "s3:BypassGovernanceRetention", "s3:DeleteObject", "s3:DeleteObjectTagging", "s3:DeleteObjectVersion",
	"s3:DeleteObjectVersionTagging", "s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectAttributes", "s3:GetObjectLegalHold", "s3:GetObjectRetention", "s3:GetObjectTagging",
	"s3:GetObjectVersion", "s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging", "s3:ListMultipartUploadParts",
	"s3:ObjectOwnerOverrideToBucketOwner", "s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectLegalHold", "s3:PutObjectRetention", "s3:PutObjectTagging",
	"s3:PutObjectVersionAcl", "s3:PutObjectVersionTagging", "s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags", "s3:RestoreObject"}

// applies reports whether an action, or one of those that a pattern stands for, can be
// done with what a resource stands for.
func applies(action, resource string, b *bucket) bool {
	pattern := []string{action}
	ofObjects := slices.ContainsFunc(objectActions, func(known string) bool { return policy.CoversAction(pattern, known) })
	if strings.HasPrefix(resource, b.arn()+"/") {
		return ofObjects
	}
	return strings.HasSuffix(resource, "*") || !ofObjects || strings.ContainsAny(action, "*?")
}

// validKeys reports whether a statement's conditions are about keys that there may be.
func validKeys(statement policy.Statement) bool {
	operators, _ := statement["Condition"].(map[string]any)
	for _, keys := range operators {
		byKey, _ := keys.(map[string]any)
		for key := range byKey {
			if lower := strings.ToLower(key); !strings.HasPrefix(lower, "aws:") && !strings.HasPrefix(lower, "s3:") {
				return false
			}
		}
	}
	return true
}

// fixingKeys are the condition keys that make what everybody may do not public, if
// their values are fixed (S3 User Guide, the meaning of "public").
var fixingKeys = []string{"aws:principalorgid", "aws:principalarn", "aws:principalaccount", "aws:principalorgpaths", "aws:sourcearn", "aws:sourceaccount", "aws:sourceip",
	"aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce", "aws:userid", "s3:dataaccesspointarn", "s3:dataaccesspointaccount", "s3:x-amz-server-side-encryption-aws-kms-key-id"}

// isPublic reports whether a policy allows something to everybody.
func isPublic(document policy.Document) bool {
	return slices.ContainsFunc(document.Statement, func(statement policy.Statement) bool {
		everybody := slices.Contains(statement.Principals("AWS"), "*") || statement.Has("NotPrincipal")
		return statement["Effect"] == "Allow" && everybody && !isFixed(statement)
	})
}

func isFixed(statement policy.Statement) bool {
	operators, _ := statement["Condition"].(map[string]any)
	for operator, keys := range operators {
		byKey, _ := keys.(map[string]any)
		for key, value := range byKey {
			wild := slices.ContainsFunc(policy.Texts(value), func(text string) bool {
				return strings.ContainsAny(text, "*?") || text == "0.0.0.0/0" || text == "::/0"
			})
			if slices.Contains(fixingKeys, strings.ToLower(key)) && !strings.Contains(operator, "Not") && !strings.HasSuffix(operator, "IfExists") && !wild {
				return true
			}
		}
	}
	return false
}
