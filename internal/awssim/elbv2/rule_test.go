package elbv2_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func condition(field string, values ...string) types.RuleCondition {
	return types.RuleCondition{Field: aws.String(field), Values: values}
}

func (c *cloud) tryRule(listener string, priority int32, actions []types.Action, conditions ...types.RuleCondition) (string, error) {
	out, err := c.CreateRule(c.Context(), &sdk.CreateRuleInput{ListenerArn: &listener, Priority: &priority, Actions: actions, Conditions: conditions})
	if err != nil {
		return "", err
	}
	return *out.Rules[0].RuleArn, nil
}

// rule makes a rule for the path /x that answers 404 or does what actions say.
func (c *cloud) rule(listener string, priority int32, actions ...types.Action) string {
	c.Helper()
	if actions == nil {
		actions = notFound()
	}
	arn, err := c.tryRule(listener, priority, actions, condition("path-pattern", "/x"))
	if err != nil {
		c.Fatal(err)
	}
	return arn
}

// priorities returns the listener's rules in their order.
func (c *cloud) priorities(listener string) (list []string) {
	c.Helper()
	out := do(c.T, c.DescribeRules, &sdk.DescribeRulesInput{ListenerArn: &listener})
	for _, r := range out.Rules {
		list = append(list, *r.Priority)
	}
	return list
}

func TestRulesAreListedByPriorityAndTheDefaultLast(t *testing.T) {
	c := newCloud(t)
	listener := c.listener(c.balancer("web"), 80, notFound())
	c.rule(listener, 20)
	c.rule(listener, 3)
	c.wantLines(c.priorities(listener), "3", "20", "default")
	_, err := c.tryRule(listener, 20, notFound(), condition("path-pattern", "/x"))
	c.wantCode(err, "PriorityInUse", "'20'")
}

func TestSetRulePrioritiesIsAtomic(t *testing.T) {
	c := newCloud(t)
	listener := c.listener(c.balancer("web"), 80, notFound())
	one, two := c.rule(listener, 1), c.rule(listener, 2)
	c.rule(listener, 3)
	set := func(first, second int32) error {
		_, err := c.SetRulePriorities(t.Context(), &sdk.SetRulePrioritiesInput{RulePriorities: []types.RulePriorityPair{
			{RuleArn: &one, Priority: &first}, {RuleArn: &two, Priority: &second}}})
		return err
	}
	c.wantCode(set(7, 3), "PriorityInUse", "'3'")
	c.wantCode(set(7, 7), "ValidationError", "multiple times")
	c.wantLines(c.priorities(listener), "1", "2", "3", "default")
	if err := set(2, 1); err != nil {
		t.Fatal(err)
	}
	out := do(t, c.DescribeRules, &sdk.DescribeRulesInput{RuleArns: []string{one}})
	if got := *out.Rules[0].Priority; got != "2" {
		t.Errorf("rule one has priority %s", got)
	}
}

func TestDefaultRuleCannotBeChanged(t *testing.T) {
	c := newCloud(t)
	listener := c.listener(c.balancer("web"), 80, notFound())
	out := do(t, c.DescribeRules, &sdk.DescribeRulesInput{ListenerArn: &listener})
	arn := out.Rules[0].RuleArn
	_, err := c.ModifyRule(t.Context(), &sdk.ModifyRuleInput{RuleArn: arn, Actions: notFound()})
	c.wantCode(err, "OperationNotPermitted", "Default rule")
	_, err = c.DeleteRule(t.Context(), &sdk.DeleteRuleInput{RuleArn: arn})
	c.wantCode(err, "OperationNotPermitted", "Default rule")
	_, err = c.SetRulePriorities(t.Context(), &sdk.SetRulePrioritiesInput{RulePriorities: []types.RulePriorityPair{{RuleArn: arn, Priority: aws.Int32(1)}}})
	c.wantCode(err, "OperationNotPermitted", "Default rule")
}

func TestConditionRefusals(t *testing.T) {
	source := func(cidr string) types.RuleCondition {
		return types.RuleCondition{Field: aws.String("source-ip"), SourceIpConfig: &types.SourceIpConditionConfig{Values: []string{cidr}}}
	}
	tests := []struct {
		name, text string
		conditions []types.RuleCondition
	}{
		{"none", "at least one", nil},
		{"unknown field", "must be one of", []types.RuleCondition{condition("path", "/")}},
		{"same field twice", "only have one", []types.RuleCondition{condition("path-pattern", "/a"), condition("path-pattern", "/b")}},
		{"no value", "must be specified", []types.RuleCondition{condition("host-header")}},
		{"two simple values", "too many values", []types.RuleCondition{condition("path-pattern", "/a", "/b")}},
		{"long value", "too long", []types.RuleCondition{condition("path-pattern", "/"+strings.Repeat("a", 128))}},
		{"values with a header", "not compatible", []types.RuleCondition{condition("http-header", "a")}},
		{"no configuration", "must be specified", []types.RuleCondition{condition("query-string")}},
		{"bad address", "not a valid CIDR", []types.RuleCondition{source("10.0.0.1")}},
		{"wildcards", "wildcards", []types.RuleCondition{condition("path-pattern", "/*/*/*/*/*/*")}},
		{"many values", "'5' condition values", []types.RuleCondition{{Field: aws.String("path-pattern"),
			PathPatternConfig: &types.PathPatternConditionConfig{Values: []string{"/1", "/2", "/3", "/4", "/5", "/6"}}}}},
		{"other configuration", "cannot be specified with", []types.RuleCondition{{Field: aws.String("host-header"),
			PathPatternConfig: &types.PathPatternConditionConfig{Values: []string{"/"}}}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(t)
			_, err := c.tryRule(c.listener(c.balancer("web"), 80, notFound()), 1, notFound(), test.conditions...)
			c.wantCode(err, "ValidationError", test.text)
		})
	}
}

func TestPatternsAreReadBackInBothForms(t *testing.T) {
	c := newCloud(t)
	arn := c.rule(c.listener(c.balancer("web"), 80, notFound()), 1)
	out := do(t, c.DescribeRules, &sdk.DescribeRulesInput{RuleArns: []string{arn}})
	got := out.Rules[0].Conditions[0]
	c.wantLines(got.Values, "/x")
	c.wantLines(got.PathPatternConfig.Values, "/x")
}

func TestModifyRuleReplacesLists(t *testing.T) {
	c := newCloud(t)
	arn := c.rule(c.listener(c.balancer("web"), 80, notFound()), 1)
	_, err := c.ModifyRule(t.Context(), &sdk.ModifyRuleInput{RuleArn: &arn})
	c.wantCode(err, "ValidationError", "must be specified")
	out := do(t, c.ModifyRule, &sdk.ModifyRuleInput{RuleArn: &arn,
		Conditions: []types.RuleCondition{condition("host-header", "a.example.com")}})
	if got := out.Rules[0]; len(got.Conditions) != 1 || *got.Conditions[0].Field != "host-header" || got.Actions[0].FixedResponseConfig == nil {
		t.Errorf("got %+v", got)
	}
}

func TestRuleIsAReferenceToItsGroup(t *testing.T) {
	c := newCloud(t)
	group, listener := c.group("web"), c.listener(c.balancer("web"), 80, notFound())
	rule := c.rule(listener, 1, forward(group)...)
	if c.ResourceLabel(group) == "" {
		t.Error("the rule is no reference")
	}
	do(t, c.DeleteRule, &sdk.DeleteRuleInput{RuleArn: &rule})
	if c.ResourceLabel(group) != "" {
		t.Error("the reference has not gone with the rule")
	}
}

func TestListenersAndRulesGoWithTheLoadBalancer(t *testing.T) {
	c := newCloud(t)
	group, balancer := c.group("web"), c.balancer("web")
	listener := c.listener(balancer, 80, forward(group))
	rule := c.rule(listener, 1)
	do(t, c.DeleteLoadBalancer, &sdk.DeleteLoadBalancerInput{LoadBalancerArn: &balancer})
	_, err := c.DescribeRules(t.Context(), &sdk.DescribeRulesInput{RuleArns: []string{rule}})
	c.wantCode(err, "RuleNotFound", "")
	c.wantLines(c.Inventory(), "elbv2 targetgroup web -")
}

func TestRuleWithConditionsOfAllFieldsAndTransforms(t *testing.T) {
	c := newCloud(t)
	listener := c.listener(c.balancer("web"), 80, notFound())
	rewrite := []types.RewriteConfig{{Regex: aws.String("^/a"), Replace: aws.String("/b")}}
	in := &sdk.CreateRuleInput{ListenerArn: &listener, Priority: aws.Int32(1), Actions: notFound(),
		Conditions: []types.RuleCondition{
			condition("host-header", "a.example.com"),
			{Field: aws.String("http-header"), HttpHeaderConfig: &types.HttpHeaderConditionConfig{HttpHeaderName: aws.String("X-A"), Values: []string{"a*"}}},
			{Field: aws.String("http-request-method"), HttpRequestMethodConfig: &types.HttpRequestMethodConditionConfig{Values: []string{"GET"}}},
			{Field: aws.String("query-string"), QueryStringConfig: &types.QueryStringConditionConfig{
				Values: []types.QueryStringKeyValuePair{{Key: aws.String("a"), Value: aws.String("b")}}}},
			{Field: aws.String("source-ip"), SourceIpConfig: &types.SourceIpConditionConfig{Values: []string{"10.0.0.0/8"}}},
		},
		Transforms: []types.RuleTransform{{Type: types.TransformTypeEnumUrlRewrite, UrlRewriteConfig: &types.UrlRewriteConfig{Rewrites: rewrite}}}}
	out := do(t, c.CreateRule, in)
	if got := out.Rules[0]; len(got.Conditions) != 5 || len(got.Transforms) != 1 {
		t.Errorf("got %+v", got)
	}
	changed := do(t, c.ModifyRule, &sdk.ModifyRuleInput{RuleArn: out.Rules[0].RuleArn, ResetTransforms: aws.Bool(true)})
	if got := changed.Rules[0]; len(got.Conditions) != 5 || len(got.Transforms) != 0 {
		t.Errorf("after the reset: %+v", got)
	}
	in.Priority, in.Transforms = aws.Int32(2), append(in.Transforms, in.Transforms...)
	_, err := c.CreateRule(t.Context(), in)
	c.wantCode(err, "ValidationError", "one transform of each type")
}
