package iam

import (
	"slices"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/policy"
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
	if !allows(*r.AssumeRolePolicyDocument, func(statement policy.Statement) bool {
		return slices.Contains(statement.Principals("Service"), service)
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
		if allows(document, func(statement policy.Statement) bool {
			return policy.CoversAction(statement.Texts("Action"), action) && policy.Covers(statement.Texts("Resource"), resource)
		}) {
			return true
		}
	}
	return false
}

// allows reports whether a document has a statement that allows what holds for it.
// Statements that deny, and conditions, are not looked at.
func allows(document string, holds func(statement policy.Statement) bool) bool {
	parsed, err := parseDocument(document)
	return err == nil && slices.ContainsFunc(parsed.Statement, func(statement policy.Statement) bool {
		return statement["Effect"] == "Allow" && holds(statement)
	})
}
