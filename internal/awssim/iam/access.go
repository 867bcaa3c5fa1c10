package iam

import (
	"path"
	"slices"
	"strings"
)

// notificationPolicy lets Auto Scaling send to all queues and topics.
const notificationPolicy = managedPrefix + "/service-role/AutoScalingNotificationAccessRole"

// RoleMay reports whether a service can assume a role, and do an action on a resource
// with it: the role trusts the service, allows the action in an inline or a managed
// policy, and has been there for Timings.Propagation (aws-facts §9.1).
func (s *Service) RoleMay(roleARN, service, action, resource string) bool {
	name := roleARN[strings.LastIndex(roleARN, "/")+1:]
	r, ok := s.roles[strings.ToLower(name)]
	if !ok || *r.Arn != roleARN || s.Now().Before(r.CreateDate.Add(s.Timings.Propagation)) {
		return false
	}
	if !allows(*r.AssumeRolePolicyDocument, func(statement map[string]any) bool {
		principals, _ := statement["Principal"].(map[string]any)
		return slices.Contains(stringsOf(principals["Service"]), service)
	}) {
		return false
	}
	for _, arn := range r.attached {
		known, _ := managedPolicy(arn)
		if arn == notificationPolicy || known.name == "AdministratorAccess" || known.name == "AmazonSQSFullAccess" && strings.HasPrefix(action, "sqs:") {
			return true
		}
	}
	for _, document := range r.inline {
		if allows(document, func(statement map[string]any) bool {
			return covers(statement["Action"], action) && covers(statement["Resource"], resource)
		}) {
			return true
		}
	}
	return false
}

// allows reports whether a document has a statement that allows what holds for it.
// Statements that deny, and conditions, are not looked at.
func allows(document string, holds func(statement map[string]any) bool) bool {
	parsed, err := parseDocument(document)
	return err == nil && slices.ContainsFunc(parsed.Statement, func(statement map[string]any) bool {
		return statement["Effect"] == "Allow" && holds(statement)
	})
}

// covers reports whether one of the patterns of a field stands for a value.
func covers(field any, value string) bool {
	return slices.ContainsFunc(stringsOf(field), func(pattern string) bool {
		// A star of IAM also stands for slashes, one of path.Match does not.
		flat := strings.NewReplacer("/", "\x00")
		ok, err := path.Match(strings.ToLower(flat.Replace(pattern)), strings.ToLower(flat.Replace(value)))
		return err == nil && ok
	})
}
