package page

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Rule is a rule of a listener.
type Rule struct {
	Priority string `json:"priority"`
	When     string `json:"when"` // its conditions in words
	Route
}

// rules returns a listener's rules but the default, which the listener itself shows.
func (r *reader) rules(listener *string, groups map[string]Target) []Rule {
	described := list(r, func(token *string) ([]types.Rule, *string, error) {
		out, err := r.ELBv2.DescribeRules(r.ctx, &elb.DescribeRulesInput{ListenerArn: listener, Marker: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Rules, out.NextMarker, nil
	})
	shown := []Rule{}
	for _, d := range described {
		if aws.ToBool(d.IsDefault) {
			continue
		}
		rule := Rule{Priority: aws.ToString(d.Priority)}
		var conditions []string
		for _, c := range d.Conditions {
			conditions = append(conditions, words(c))
		}
		rule.When = strings.Join(conditions, ", ")
		for _, action := range d.Actions {
			rule.follow(action, groups)
		}
		shown = append(shown, rule)
	}
	return shown
}

// words puts a condition into words.
func words(c types.RuleCondition) string {
	what, values := strings.TrimSuffix(strings.TrimSuffix(aws.ToString(c.Field), "-header"), "-pattern"), slices.Concat(c.Values, c.RegexValues)
	switch {
	case c.HttpHeaderConfig != nil:
		what = "header " + aws.ToString(c.HttpHeaderConfig.HttpHeaderName)
		values = slices.Concat(c.HttpHeaderConfig.Values, c.HttpHeaderConfig.RegexValues)
	case c.HttpRequestMethodConfig != nil:
		what, values = "method", c.HttpRequestMethodConfig.Values
	case c.SourceIpConfig != nil:
		what, values = "from", c.SourceIpConfig.Values
	case c.QueryStringConfig != nil:
		what = "query"
		for _, pair := range c.QueryStringConfig.Values {
			if key := aws.ToString(pair.Key); key != "" {
				values = append(values, key+"="+aws.ToString(pair.Value))
			} else {
				values = append(values, aws.ToString(pair.Value))
			}
		}
	}
	return what + " " + strings.Join(values, " or ")
}
