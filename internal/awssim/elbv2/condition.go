package elbv2

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// The fields of conditions.
const (
	fieldHost   = "host-header"
	fieldPath   = "path-pattern"
	fieldHeader = "http-header"
	fieldMethod = "http-request-method"
	fieldQuery  = "query-string"
	fieldSource = "source-ip"
)

var conditionFields = []string{fieldPath, fieldHost, fieldHeader, fieldMethod, fieldQuery, fieldSource}

// maxValueLength is the longest condition value (aws-facts §4.7).
const maxValueLength = 128

// checkedConditions checks the conditions of a rule and returns them as they are
// read back: host and path values appear in both of their places.
func (s *Service) checkedConditions(conditions []types.RuleCondition) ([]types.RuleCondition, error) {
	if len(conditions) == 0 {
		return nil, invalid("A rule must have at least one condition")
	}
	var checked []types.RuleCondition
	seen := map[string]bool{}
	values, wildcards := 0, 0
	for _, c := range conditions {
		field := aws.ToString(c.Field)
		if !slices.Contains(conditionFields, field) {
			return nil, invalid("Condition field '%s' must be one of '[%s]'", field, strings.Join(conditionFields, ","))
		}
		if seen[field] && field != fieldHeader && field != fieldQuery {
			return nil, invalid("A rule can only have one '%s' condition", field)
		}
		seen[field] = true
		c, texts, err := checkedCondition(c)
		if err != nil {
			return nil, err
		}
		values += len(texts)
		if field != fieldMethod && field != fieldSource {
			for _, text := range texts {
				wildcards += strings.Count(text, "*") + strings.Count(text, "?")
			}
		}
		checked = append(checked, c)
	}
	if most := s.Limits["condition-values-per-alb-rule"]; values > most {
		return nil, invalid("A rule can only have '%d' condition values", most)
	}
	if most := s.Limits["condition-wildcards-per-alb-rule"]; wildcards > most {
		return nil, invalid("A rule can only have '%d' condition wildcards", most)
	}
	return checked, nil
}

// checkedCondition returns a condition of a known field and all of its values.
func checkedCondition(c types.RuleCondition) (types.RuleCondition, []string, error) {
	field := aws.ToString(c.Field)
	out := types.RuleCondition{Field: aws.String(field)}
	if err := checkConfigFits(c); err != nil {
		return out, nil, err
	}
	var values, patterns []string
	switch field {
	case fieldHost, fieldPath:
		return checkedPattern(c)
	case fieldHeader:
		config := *c.HttpHeaderConfig
		out.HttpHeaderConfig = &config
		values, patterns = config.Values, config.RegexValues
		if name := aws.ToString(config.HttpHeaderName); name == "" || len(name) > 40 || strings.EqualFold(name, "host") {
			return out, nil, invalid("The 'HttpHeaderName' value '%s' is not valid", name)
		}
	case fieldMethod:
		config := *c.HttpRequestMethodConfig
		out.HttpRequestMethodConfig = &config
		values = config.Values
		for _, method := range values {
			if len(method) > 40 || strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_") != "" {
				return out, nil, invalid("The 'http-request-method' value is invalid; the allowed characters are A-Z, hyphen and underscore")
			}
		}
	case fieldQuery:
		config := *c.QueryStringConfig
		out.QueryStringConfig = &config
		for _, pair := range config.Values {
			if pair.Value == nil {
				return out, nil, invalid("A 'Value' must be specified in 'QueryStringKeyValuePair'")
			}
			if len(aws.ToString(pair.Key)) > maxValueLength {
				return out, nil, invalid("The 'Key' value is too long; the limit is '%d'", maxValueLength)
			}
			values = append(values, *pair.Value)
		}
	case fieldSource:
		config := *c.SourceIpConfig
		out.SourceIpConfig = &config
		values = config.Values
		for _, cidr := range values {
			if _, err := netip.ParsePrefix(cidr); err != nil {
				return out, nil, invalid("The 'source-ip' value '%s' is not a valid CIDR block", cidr)
			}
		}
	}
	return out, append(slices.Clone(values), patterns...), checkValues(field, values, patterns)
}

// checkConfigFits refuses a condition that has another field's configuration, or
// lacks its own where there is no other form.
func checkConfigFits(c types.RuleCondition) error {
	field := aws.ToString(c.Field)
	configs := map[string]bool{
		fieldHost: c.HostHeaderConfig != nil, fieldPath: c.PathPatternConfig != nil, fieldHeader: c.HttpHeaderConfig != nil,
		fieldMethod: c.HttpRequestMethodConfig != nil, fieldQuery: c.QueryStringConfig != nil, fieldSource: c.SourceIpConfig != nil,
	}
	for other, present := range configs {
		if present && other != field {
			return invalid("A configuration for '%s' cannot be specified with '%s'", other, field)
		}
	}
	if field == fieldHost || field == fieldPath {
		return nil
	}
	if len(c.Values)+len(c.RegexValues) > 0 {
		return invalid("The 'Values' field is not compatible with '%s'", field)
	}
	if !configs[field] {
		return invalid("A configuration must be specified with '%s'", field)
	}
	return nil
}

// checkedPattern handles the two fields whose values can be given in two places.
func checkedPattern(c types.RuleCondition) (types.RuleCondition, []string, error) {
	field := aws.ToString(c.Field)
	out := types.RuleCondition{Field: aws.String(field)}
	values, patterns := c.Values, c.RegexValues
	config := types.HostHeaderConditionConfig{}
	hasConfig := true
	switch {
	case c.HostHeaderConfig != nil:
		config = *c.HostHeaderConfig
	case c.PathPatternConfig != nil:
		config.Values, config.RegexValues = c.PathPatternConfig.Values, c.PathPatternConfig.RegexValues
	default:
		hasConfig = false
	}
	if hasConfig {
		if len(values)+len(patterns) > 0 {
			return out, nil, invalid("You cannot provide both Values and a configuration for a condition of type '%s'", field)
		}
		values, patterns = config.Values, config.RegexValues
	} else if len(values) > 1 {
		return out, nil, invalid("The '%s' field contains too many values; the limit is '1'", field)
	}
	if err := checkValues(field, values, patterns); err != nil {
		return out, nil, err
	}
	out.Values, out.RegexValues = slices.Clone(values), slices.Clone(patterns)
	if field == fieldHost {
		out.HostHeaderConfig = &types.HostHeaderConditionConfig{Values: slices.Clone(values), RegexValues: slices.Clone(patterns)}
	} else {
		out.PathPatternConfig = &types.PathPatternConditionConfig{Values: slices.Clone(values), RegexValues: slices.Clone(patterns)}
	}
	return out, append(slices.Clone(values), patterns...), nil
}

func checkValues(field string, values, patterns []string) error {
	if len(values)+len(patterns) == 0 {
		return invalid("A condition value must be specified")
	}
	if len(values) > 0 && len(patterns) > 0 {
		return invalid("You cannot provide both values and regular expressions for a condition of type '%s'", field)
	}
	for _, value := range append(slices.Clone(values), patterns...) {
		if value == "" {
			return invalid("A condition value must be specified")
		}
		if len(value) > maxValueLength {
			return invalid("The '%s' value is too long; the limit is '%d'", field, maxValueLength)
		}
	}
	return nil
}
