package elbv2

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// rule is a rule of a listener other than its default rule.
type rule struct {
	types.Rule
	arn      string
	priority int32
	listener *listener
}

// CreateRule implements the operation. It is not idempotent (aws-facts §4.7).
func (s *Service) CreateRule(_ context.Context, in *sdk.CreateRuleInput) (*sdk.CreateRuleOutput, error) {
	l, err := s.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	if l.balancer.Type == types.LoadBalancerTypeEnumNetwork {
		return nil, notSimulated("a rule of a Network Load Balancer")
	}
	r := &rule{listener: l, priority: aws.ToInt32(in.Priority), Rule: types.Rule{IsDefault: aws.Bool(false)}}
	// Conditions and actions must be given, even if there are none.
	if err := s.apply(r, append([]types.RuleCondition{}, in.Conditions...), append([]types.Action{}, in.Actions...), in.Transforms); err != nil {
		return nil, err
	}
	tags, err := newTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(l.rules, func(other *rule) bool { return other.priority == r.priority }) {
		return nil, priorityInUse(r.priority)
	}
	if s.ruleCount(l.balancer) >= s.Limits["rules-per-application-load-balancer"] {
		return nil, &types.TooManyRulesException{Message: aws.String("The maximum number of rules has been reached")}
	}
	candidate := *l
	candidate.rules = append(slices.Clone(l.rules), r)
	if err := s.checkGroupCount(&candidate); err != nil {
		return nil, err
	}
	r.arn = s.ARN("elasticloadbalancing", "listener-rule/"+suffix(l.arn)+"/"+s.Hex(16))
	r.RuleArn = aws.String(r.arn)
	l.rules = append(l.rules, r)
	s.tags[r.arn] = tags
	s.relink()
	return &sdk.CreateRuleOutput{Rules: []types.Rule{r.view()}}, nil
}

func priorityInUse(priority int32) error {
	return &types.PriorityInUseException{Message: aws.String(fmt.Sprintf("Priority '%d' is currently in use", priority))}
}

// apply checks the parts of a rule that are given, and sets them in the form in
// which they are read back.
func (s *Service) apply(r *rule, conditions []types.RuleCondition, actions []types.Action, transforms []types.RuleTransform) (err error) {
	if conditions != nil {
		if r.Conditions, err = s.checkedConditions(conditions); err != nil {
			return err
		}
	}
	if actions != nil {
		if r.Actions, err = s.checkedActions(r.listener, actions); err != nil {
			return err
		}
	}
	if transforms != nil {
		r.Transforms = transforms
	}
	return checkTransforms(r.Transforms)
}

// checkTransforms allows one rewrite of the host and one of the URL (aws-facts §4.7).
func checkTransforms(transforms []types.RuleTransform) error {
	seen := map[types.TransformTypeEnum]bool{}
	for _, t := range transforms {
		host, url := t.HostHeaderRewriteConfig, t.UrlRewriteConfig
		fits := t.Type == types.TransformTypeEnumHostHeaderRewrite && host != nil && url == nil && len(host.Rewrites) == 1 ||
			t.Type == types.TransformTypeEnumUrlRewrite && url != nil && host == nil && len(url.Rewrites) == 1
		if !fits || seen[t.Type] {
			return invalid("A rule can have one transform of each type, with the one rewrite of that type")
		}
		seen[t.Type] = true
	}
	return nil
}

func (s *Service) ruleCount(lb *loadBalancer) int {
	n := 0
	for _, l := range s.listenersOf(lb) {
		n += len(l.rules)
	}
	return n
}

// ModifyRule implements the operation; lists are replaced as a whole.
func (s *Service) ModifyRule(_ context.Context, in *sdk.ModifyRuleInput) (*sdk.ModifyRuleOutput, error) {
	r, err := s.changeableRule(in.RuleArn, "modified")
	if err != nil {
		return nil, err
	}
	reset := aws.ToBool(in.ResetTransforms)
	switch {
	case in.Conditions == nil && in.Actions == nil && in.Transforms == nil && !reset:
		return nil, invalid("Either conditions, actions or transforms must be specified")
	case reset && in.Transforms != nil:
		return nil, invalid("Transforms cannot be specified and reset at the same time")
	}
	changed := *r
	if reset {
		changed.Transforms = nil
	}
	if err := s.apply(&changed, in.Conditions, in.Actions, in.Transforms); err != nil {
		return nil, err
	}
	candidate := *r.listener
	candidate.rules = append(slices.DeleteFunc(slices.Clone(candidate.rules), func(other *rule) bool { return other == r }), &changed)
	if err := s.checkGroupCount(&candidate); err != nil {
		return nil, err
	}
	*r = changed
	s.relink()
	return &sdk.ModifyRuleOutput{Rules: []types.Rule{r.view()}}, nil
}

// changeableRule finds a rule that is not a default rule.
func (s *Service) changeableRule(arn *string, done string) (*rule, error) {
	for _, l := range s.listeners {
		if l.defaultRuleARN == aws.ToString(arn) {
			return nil, &types.OperationNotPermittedException{Message: aws.String(fmt.Sprintf("Default rule '%s' cannot be %s", *arn, done))}
		}
		for _, r := range l.rules {
			if r.arn == aws.ToString(arn) {
				return r, nil
			}
		}
	}
	return nil, noRule(aws.ToString(arn))
}

func noRule(string) error {
	return &types.RuleNotFoundException{Message: aws.String("One or more rules not found")}
}

// DeleteRule implements the operation.
func (s *Service) DeleteRule(_ context.Context, in *sdk.DeleteRuleInput) (*sdk.DeleteRuleOutput, error) {
	r, err := s.changeableRule(in.RuleArn, "deleted")
	if err != nil {
		return nil, err
	}
	r.listener.rules = slices.DeleteFunc(r.listener.rules, func(other *rule) bool { return other == r })
	delete(s.tags, r.arn)
	s.relink()
	return &sdk.DeleteRuleOutput{}, nil
}

// SetRulePriorities implements the operation: all or nothing (aws-facts §4.7).
func (s *Service) SetRulePriorities(_ context.Context, in *sdk.SetRulePrioritiesInput) (*sdk.SetRulePrioritiesOutput, error) {
	wanted := map[*rule]int32{}
	for _, pair := range in.RulePriorities {
		r, err := s.changeableRule(pair.RuleArn, "reprioritized")
		if err != nil {
			return nil, err
		}
		priority := aws.ToInt32(pair.Priority)
		for other, taken := range wanted {
			if taken == priority && other.listener == r.listener {
				return nil, invalid("Priority '%d' was provided multiple times", priority)
			}
		}
		if _, ok := wanted[r]; ok {
			return nil, invalid("Rule '%s' was provided multiple times", r.arn)
		}
		wanted[r] = priority
	}
	for r, priority := range wanted {
		for _, other := range r.listener.rules {
			if _, moves := wanted[other]; !moves && other.priority == priority {
				return nil, priorityInUse(priority)
			}
		}
	}
	out := &sdk.SetRulePrioritiesOutput{}
	for _, pair := range in.RulePriorities {
		r, err := s.changeableRule(pair.RuleArn, "reprioritized")
		if err != nil {
			return nil, err
		}
		r.priority = wanted[r]
		out.Rules = append(out.Rules, r.view())
	}
	return out, nil
}

// DescribeRules implements the operation. The default rule comes last.
func (s *Service) DescribeRules(_ context.Context, in *sdk.DescribeRulesInput) (*sdk.DescribeRulesOutput, error) {
	var rules []types.Rule
	switch {
	case in.ListenerArn != nil && len(in.RuleArns) > 0:
		return nil, invalid("Rule ARNs and a listener ARN cannot be specified at the same time")
	case in.ListenerArn != nil:
		l, err := s.listener(in.ListenerArn)
		if err != nil {
			return nil, err
		}
		rules = l.ruleViews()
	case len(in.RuleArns) == 0:
		return nil, invalid("You must specify either listener ARNs or rule ARNs")
	default:
		var all []types.Rule
		for _, l := range s.listeners {
			all = append(all, l.ruleViews()...)
		}
		var err error
		rules, err = pick(all, selection{what: "Rule", arns: in.RuleArns, missing: noRule},
			func(r types.Rule) string { return aws.ToString(r.RuleArn) }, nil)
		if err != nil {
			return nil, err
		}
	}
	rules, next, err := page(rules, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeRulesOutput{Rules: rules, NextMarker: next}, nil
}

// ruleViews returns the listener's rules in the order in which they apply.
func (l *listener) ruleViews() []types.Rule {
	sorted := slices.SortedFunc(slices.Values(l.rules), func(a, b *rule) int { return cmp.Compare(a.priority, b.priority) })
	var views []types.Rule
	for _, r := range sorted {
		views = append(views, r.view())
	}
	return append(views, types.Rule{RuleArn: aws.String(l.defaultRuleARN), Priority: aws.String("default"),
		IsDefault: aws.Bool(true), Actions: copyActions(l.DefaultActions), Conditions: []types.RuleCondition{}})
}

// view returns a copy of the rule.
func (r *rule) view() types.Rule {
	v := r.Rule
	v.Priority = aws.String(strconv.Itoa(int(r.priority)))
	v.Actions = copyActions(r.Actions)
	v.Conditions = slices.Clone(r.Conditions)
	v.Transforms = slices.Clone(r.Transforms)
	return v
}
