package secretsmanager

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
)

// ListSecrets lists secrets. It does not know of the latest changes: neither of
// new secrets nor of deletions (aws-facts §10).
func (s *Service) ListSecrets(_ context.Context, in *sdk.ListSecretsInput) (*sdk.ListSecretsOutput, error) {
	found, err := s.filtered(in.Filters, aws.ToBool(in.IncludePlannedDeletion))
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(found, func(a, b *secret) int { return a.sortedBy(in.SortBy).Compare(b.sortedBy(in.SortBy)) })
	if in.SortOrder == types.SortOrderTypeDesc {
		slices.Reverse(found)
	}
	entries := []types.SecretListEntry{}
	for _, x := range found {
		entries = append(entries, x.entry())
	}
	out := &sdk.ListSecretsOutput{}
	out.SecretList, out.NextToken, err = paging.Page(entries, in.NextToken, in.MaxResults, 100, 100, "InvalidNextTokenException")
	return out, err
}

// sortedBy is the instant by which a list is sorted; by name they are already.
func (x *secret) sortedBy(by types.SortByType) time.Time {
	switch by {
	case types.SortByTypeCreatedDate:
		return x.created
	case types.SortByTypeLastChangedDate:
		return x.changed
	case types.SortByTypeLastAccessedDate:
		return x.accessed
	}
	return time.Time{}
}

// filtered returns the secrets that pass all filters, by name.
func (s *Service) filtered(filters []types.Filter, withDeleted bool) ([]*secret, error) {
	s.settle()
	var found []*secret
	for _, x := range s.sorted() {
		known := s.Now().Add(-s.Timings.Listed)
		if x.created.After(known) || x.deleted() && !x.deletedAt.After(known) && !withDeleted {
			continue
		}
		passes := true
		for _, f := range filters {
			texts, err := x.texts(f.Key)
			if err != nil {
				return nil, err
			}
			passes = passes && slices.ContainsFunc(f.Values, func(value string) bool { return passesValue(f.Key, value, texts) })
		}
		if passes {
			found = append(found, x)
		}
	}
	return found, nil
}

// passesValue compares as filters do: a value is a prefix, and with ! in front
// keeps out what it matches. Filters on descriptions ignore case.
func passesValue(key types.FilterNameStringType, value string, texts []string) bool {
	prefix, not := strings.CutPrefix(value, "!")
	fold := key == types.FilterNameStringTypeDescription || key == types.FilterNameStringTypeAll
	return not != slices.ContainsFunc(texts, func(text string) bool {
		if fold {
			text, prefix = strings.ToLower(text), strings.ToLower(prefix)
		}
		return strings.HasPrefix(text, prefix)
	})
}

// texts returns what a filter looks at.
func (x *secret) texts(key types.FilterNameStringType) ([]string, error) {
	keys, values := slices.Sorted(maps.Keys(x.tags)), slices.Sorted(maps.Values(x.tags))
	switch key {
	case types.FilterNameStringTypeName:
		return []string{x.name}, nil
	case types.FilterNameStringTypeDescription:
		return []string{aws.ToString(x.description)}, nil
	case types.FilterNameStringTypeTagKey:
		return keys, nil
	case types.FilterNameStringTypeTagValue:
		return values, nil
	case types.FilterNameStringTypeOwningService:
		return []string{x.service}, nil
	case types.FilterNameStringTypeAll:
		return slices.Concat([]string{x.name, aws.ToString(x.description)}, keys, values), nil
	}
	return nil, notSimulated("filter " + string(key))
}

// BatchGetSecretValue returns the current values of up to 20 secrets. What is
// wrong with one of them is told in Errors.
func (s *Service) BatchGetSecretValue(_ context.Context, in *sdk.BatchGetSecretValueInput) (*sdk.BatchGetSecretValueOutput, error) {
	if (len(in.SecretIdList) > 0) == (len(in.Filters) > 0) {
		return nil, badParameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
	}
	if in.MaxResults != nil && len(in.Filters) == 0 {
		return nil, badParameter("'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.")
	}
	ids := in.SecretIdList
	out := &sdk.BatchGetSecretValueOutput{SecretValues: []types.SecretValueEntry{}, Errors: []types.APIErrorType{}}
	if len(in.Filters) > 0 {
		found, err := s.filtered(in.Filters, false)
		if err != nil {
			return nil, err
		}
		if found, out.NextToken, err = paging.Page(found, in.NextToken, in.MaxResults, 20, 20, "InvalidNextTokenException"); err != nil {
			return nil, err
		}
		for _, x := range found {
			ids = append(ids, x.arn)
		}
	}
	for _, id := range ids {
		x, v, err := s.value(&id, nil, nil)
		var problem smithy.APIError
		if errors.As(err, &problem) {
			out.Errors = append(out.Errors, types.APIErrorType{SecretId: aws.String(id), ErrorCode: aws.String(problem.ErrorCode()), Message: aws.String(problem.ErrorMessage())})
		} else {
			out.SecretValues = append(out.SecretValues, x.valueEntry(v))
		}
	}
	return out, nil
}
