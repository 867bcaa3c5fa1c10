package iam

import (
	"encoding/json"
	"net/url"
	"strings"
)

// CanonicalPolicy returns a policy document in the form in which documents are
// compared: JSON without white space, keys sorted. What is no JSON stays as it is.
func CanonicalPolicy(document string) string {
	value, ok := parse(document)
	if !ok {
		return document
	}
	return render(value)
}

// decoded returns a document as IAM returns it: URL-encoded (aws-facts §9.2).
func decoded(document string) string {
	if plain, err := url.PathUnescape(document); err == nil {
		return plain
	}
	return document
}

// trustPolicy returns the document that lets one service assume a role.
func trustPolicy(service string) string {
	return render(map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{map[string]any{
			"Effect":    "Allow",
			"Principal": map[string]any{"Service": service},
			"Action":    "sts:AssumeRole",
		}},
	})
}

// trustedService returns the service of a document that says no more and no less
// than trustPolicy does; of any other document its text, so that drift shows it.
func trustedService(document string) string {
	value, ok := parse(document)
	if !ok {
		return document
	}
	value = unwrap(value)
	if service, ok := at(value, "Statement", "Principal", "Service").(string); ok {
		wanted, _ := parse(trustPolicy(service))
		if render(value) == render(unwrap(wanted)) {
			return service
		}
	}
	return CanonicalPolicy(document)
}

// unwrap replaces lists of one by their member: IAM means the same by both.
func unwrap(value any) any {
	switch v := value.(type) {
	case []any:
		if len(v) == 1 {
			return unwrap(v[0])
		}
	case map[string]any:
		for key, member := range v {
			v[key] = unwrap(member)
		}
	}
	return value
}

func at(value any, keys ...string) any {
	for _, key := range keys {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

func parse(document string) (any, bool) {
	var value any
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.UseNumber()
	err := decoder.Decode(&value)
	return value, err == nil
}

func render(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err) // what was parsed from JSON can be rendered
	}
	return string(raw)
}
