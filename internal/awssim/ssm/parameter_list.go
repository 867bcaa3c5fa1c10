package ssm

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
)

const badToken = "InvalidNextToken"

// below reports whether a parameter is in a folder, or in one below it.
func below(name, folder string, recursive bool) bool {
	rest, ok := strings.CutPrefix(name, strings.TrimSuffix(folder, "/")+"/")
	return ok && (recursive || !strings.Contains(rest, "/"))
}

// GetParametersByPath lists the parameters in a folder, public ones too, ten a page.
func (s *Service) GetParametersByPath(_ context.Context, in *sdk.GetParametersByPathInput) (*sdk.GetParametersByPathOutput, error) {
	if !strings.HasPrefix(*in.Path, "/") {
		return nil, invalid("The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\". " +
			"It can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).")
	}
	list := []types.Parameter{}
	for _, p := range append(sorted(s.public), sorted(s.parameters)...) {
		passes, err := p.passes(in.ParameterFilters, "Type", "KeyId")
		if err != nil {
			return nil, err
		}
		if passes && below(p.name, *in.Path, aws.ToBool(in.Recursive)) {
			list = append(list, p.shown(p.last(), "", in.WithDecryption))
		}
	}
	out := &sdk.GetParametersByPathOutput{}
	var err error
	out.Parameters, out.NextToken, err = paging.Page(list, in.NextToken, in.MaxResults, 10, 10, badToken)
	return out, err
}

// passes applies filters, of which the operation knows some by name.
func (p *parameter) passes(filters []types.ParameterStringFilter, known ...string) (bool, error) {
	all := true
	for _, f := range filters {
		name := *f.Key
		tag, ofTag := strings.CutPrefix(name, "tag:")
		if !slices.Contains(known, name) && (!ofTag || !slices.Contains(known, "tag:")) {
			return false, &types.InvalidFilterKey{Message: text("The following filter key is not valid: %s. Valid filter keys include: [%s].", name, strings.Join(known, ", "))}
		}
		option := cmp.Or(aws.ToString(f.Option), "Equals")
		if name == "Path" {
			option = cmp.Or(aws.ToString(f.Option), "OneLevel")
		}
		match := filterOptions[option]
		if match == nil || (name == "Path") != (option == "Recursive" || option == "OneLevel") {
			return false, &types.InvalidFilterOption{Message: text("The following filter option is not valid: %s.", option)}
		}
		value, present := p.attribute(name, tag)
		if len(f.Values) == 0 { // the tag's value does not matter
			all = all && present
			continue
		}
		all = all && present && slices.ContainsFunc(f.Values, func(asked string) bool { return match(value, asked) })
	}
	return all, nil
}

var filterOptions = map[string]func(value, asked string) bool{
	"Equals":     func(value, asked string) bool { return value == asked },
	"BeginsWith": strings.HasPrefix,
	"Contains":   strings.Contains,
	"Recursive":  func(value, asked string) bool { return below(value, asked, true) },
	"OneLevel":   func(value, asked string) bool { return below(value, asked, false) },
}

// attribute returns what a filter looks at.
func (p *parameter) attribute(name, tag string) (value string, present bool) {
	v := p.last()
	switch name {
	case "Name", "Path":
		return p.name, true
	case "Type":
		return string(v.Type), true
	case "KeyId":
		return aws.ToString(v.KeyId), v.KeyId != nil
	case "Tier":
		return string(v.Tier), true
	case "DataType":
		return *v.DataType, true
	}
	value, present = p.tags[tag]
	return value, present
}

// DescribeParameters lists the account's parameters without their values.
func (s *Service) DescribeParameters(_ context.Context, in *sdk.DescribeParametersInput) (*sdk.DescribeParametersOutput, error) {
	filters := slices.Clone(in.ParameterFilters)
	if len(filters) > 0 && len(in.Filters) > 0 {
		return nil, invalid("You can use either Filters or ParameterFilters in a single request.")
	}
	for _, f := range in.Filters { // the older form, whose names are prefixes
		option := "Equals"
		if f.Key == types.ParametersFilterKeyName {
			option = "BeginsWith"
		}
		filters = append(filters, types.ParameterStringFilter{Key: aws.String(string(f.Key)), Option: &option, Values: f.Values})
	}
	list := []types.ParameterMetadata{}
	for _, p := range sorted(s.parameters) {
		passes, err := p.passes(filters, "Name", "Type", "KeyId", "Path", "Tier", "DataType", "tag:")
		if err != nil {
			return nil, err
		}
		if passes {
			v := p.last()
			list = append(list, types.ParameterMetadata{Name: aws.String(p.name), ARN: aws.String(p.arn), Type: v.Type, KeyId: v.KeyId, Version: v.Version,
				Tier: v.Tier, DataType: v.DataType, Description: v.Description, AllowedPattern: v.AllowedPattern, LastModifiedDate: v.LastModifiedDate,
				LastModifiedUser: v.LastModifiedUser, Policies: []types.ParameterInlinePolicy{}})
		}
	}
	out := &sdk.DescribeParametersOutput{}
	var err error
	out.Parameters, out.NextToken, err = paging.Page(list, in.NextToken, in.MaxResults, 10, 50, badToken)
	return out, err
}

// GetParameterHistory lists the versions of a parameter, oldest first.
func (s *Service) GetParameterHistory(_ context.Context, in *sdk.GetParameterHistoryInput) (*sdk.GetParameterHistoryOutput, error) {
	p, _, _, err := s.find(*in.Name)
	if err != nil {
		return nil, err
	}
	list := []types.ParameterHistory{}
	for _, v := range p.versions {
		shown := *v
		shown.Value = readable(v, in.WithDecryption)
		list = append(list, shown)
	}
	out := &sdk.GetParameterHistoryOutput{}
	out.Parameters, out.NextToken, err = paging.Page(list, in.NextToken, in.MaxResults, 50, 50, badToken)
	return out, err
}
