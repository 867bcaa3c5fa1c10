package sqs

import (
	"encoding/json"
	"regexp"
	"slices"
)

// servicePattern tells an AWS service from the ARN of a principal.
var servicePattern = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$`)

// policy returns the document that refuses whoever does not speak TLS, and lets
// producers send: principals by themselves, AWS services on behalf of the account.
func policy(arn, account string, producers []string) string {
	statements := []any{map[string]any{
		"Sid": "OnlyTLS", "Effect": "Deny", "Principal": map[string]any{"AWS": "*"}, "Action": "sqs:*", "Resource": arn,
		"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
	}}
	var principals, services []string
	for _, producer := range slices.Sorted(slices.Values(producers)) {
		if servicePattern.MatchString(producer) {
			services = append(services, producer)
		} else {
			principals = append(principals, producer)
		}
	}
	if len(principals) > 0 {
		statements = append(statements, map[string]any{"Sid": "Producers", "Effect": "Allow",
			"Principal": map[string]any{"AWS": principals}, "Action": "sqs:SendMessage", "Resource": arn})
	}
	if len(services) > 0 {
		statements = append(statements, map[string]any{"Sid": "ProducerServices", "Effect": "Allow",
			"Principal": map[string]any{"Service": services}, "Action": "sqs:SendMessage", "Resource": arn,
			"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": account}}})
	}
	return render(map[string]any{"Version": "2012-10-17", "Statement": statements})
}

// producers returns those of a document that says no more and no less than policy
// does; of any other document its text, so that drift shows it.
func producers(document, arn, account string) []string {
	var parsed struct {
		Statement []struct {
			Effect    string
			Principal any
		}
	}
	if json.Unmarshal([]byte(document), &parsed) != nil {
		return []string{document}
	}
	var found []string
	for _, statement := range parsed.Statement {
		if by, ok := statement.Principal.(map[string]any); ok && statement.Effect == "Allow" {
			found = append(found, texts(by["AWS"])...)
			found = append(found, texts(by["Service"])...)
		}
	}
	if canonical(document) != canonical(policy(arn, account, found)) {
		return []string{document}
	}
	return found
}

func texts(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var list []string
		for _, member := range v {
			list = append(list, texts(member)...)
		}
		return list
	}
	return nil
}

// canonical returns a document in one form: SQS gives lists of texts in any order,
// and lists of one as their member.
func canonical(document string) string {
	var value any
	if json.Unmarshal([]byte(document), &value) != nil {
		return document
	}
	return render(sorted(value))
}

func sorted(value any) any {
	switch v := value.(type) {
	case []any:
		for i, member := range v {
			v[i] = sorted(member)
		}
		if list := texts(v); len(list) == len(v) {
			slices.Sort(list)
			if len(list) == 1 {
				return list[0]
			}
			return list
		}
	case map[string]any:
		for key, member := range v {
			v[key] = sorted(member)
		}
	}
	return value
}
