package elbv2

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// lastPriority is the largest that a rule can have (aws-facts §4.7).
const lastPriority = 50000

// mostLooks bounds how often the rules are read again because a priority was taken.
const mostLooks = 3

// converge makes the listener's rules those that are wanted: what is too many goes,
// what is missing is made behind all others, and then all get their priorities in one
// call, which AWS carries out as a whole (aws-facts §4.7). It may be cut off anywhere
// and begun again.
func (k *routes) converge(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*Routes](want.Spec)
	listener := s.Listener.String()
	live, err := k.bring(ctx, s, want)
	for try := 1; awsapi.Is(err, "PriorityInUse") && try < mostLooks; try++ {
		// Taken by our own rule, whose reply got lost, or by one that was added just now.
		live, err = k.bring(ctx, s, want)
	}
	if err != nil {
		return engine.Live{}, fmt.Errorf("setting the routes of listener %s: %w", listener, err)
	}
	live.Key = want.Key
	return live, nil
}

func (k *routes) bring(ctx context.Context, s *Routes, want engine.Want) (engine.Live, error) {
	listener := s.Listener.String()
	set, err := k.rules(ctx, listener, want.Stack, true, false)
	if err != nil {
		return engine.Live{}, err
	}
	have := map[string]tagged[types.Rule]{}
	var surplus []string
	for _, rule := range set.ours {
		name := rule.tags[tagRoute]
		_, twice := have[name] // of a reply that got lost
		if twice || !slices.ContainsFunc(s.Rules, func(r Route) bool { return r.Name == name }) {
			surplus = append(surplus, rule.arn)
			continue
		}
		have[name] = rule
	}
	if err := k.deleteRules(ctx, surplus); err != nil {
		return engine.Live{}, err
	}
	ordered := make([]tagged[types.Rule], len(s.Rules))
	for i, r := range s.Rules {
		rule, exists := have[r.Name]
		if !exists {
			rule, err = k.make(ctx, listener, r, want, set)
		} else {
			rule, err = k.mend(ctx, rule, r, want)
		}
		if err != nil {
			return engine.Live{}, fmt.Errorf("route %q: %w", r.Name, err)
		}
		ordered[i] = rule
		set.taken = append(set.taken, aws.ToString(rule.it.Priority))
	}
	if err := k.order(ctx, ordered, set); err != nil {
		return engine.Live{}, err
	}
	return ruleSet{ours: ordered}.live(listener), nil
}

// make adds a rule, at the largest free priority.
func (k *routes) make(ctx context.Context, listener string, r Route, want engine.Want, set ruleSet) (tagged[types.Rule], error) {
	free := int32(lastPriority)
	for slices.Contains(set.taken, strconv.Itoa(int(free))) || slices.ContainsFunc(set.ours, func(o tagged[types.Rule]) bool { return priority(o.it) == int(free) }) {
		free--
	}
	tags := merged(want.Tags, map[string]string{tagRoute: r.Name})
	var made types.Rule
	err := k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
		out, err := awsapi.ELBv2(k.c).CreateRule(ctx, &sdk.CreateRuleInput{ListenerArn: &listener, Priority: &free,
			Conditions: r.conditions(), Actions: r.actions(), Tags: tagList(tags)})
		if err == nil && len(out.Rules) == 1 {
			made = out.Rules[0]
		}
		return err
	})
	return tagged[types.Rule]{made, aws.ToString(made.RuleArn), tags}, err
}

// mend changes a rule to what is wanted, if it is not that already.
func (k *routes) mend(ctx context.Context, rule tagged[types.Rule], r Route, want engine.Want) (tagged[types.Rule], error) {
	have, wanted := &Routes{Rules: []Route{routeOf(rule)}}, &Routes{Rules: []Route{r}}
	if len(stack.Compare(wanted, have)) > 0 {
		err := k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
			out, err := awsapi.ELBv2(k.c).ModifyRule(ctx, &sdk.ModifyRuleInput{RuleArn: &rule.arn, Conditions: r.conditions(), Actions: r.actions()})
			if err == nil && len(out.Rules) == 1 {
				rule.it = out.Rules[0]
			}
			return err
		})
		if err != nil {
			return rule, err
		}
	}
	live := engine.Live{ID: rule.arn, Tags: rule.tags}
	err := k.r.retag(ctx, &live, want)
	rule.tags = live.Tags
	return rule, err
}

// order gives the rules ascending priorities, between those of others.
func (k *routes) order(ctx context.Context, rules []tagged[types.Rule], set ruleSet) error {
	if slices.IsSortedFunc(rules, func(a, b tagged[types.Rule]) int { return priority(a.it) - priority(b.it) }) && len(rules) > 0 && priority(rules[0].it) < lastPriority-mostRules {
		return nil
	}
	own := map[string]bool{}
	for _, rule := range rules {
		own[aws.ToString(rule.it.Priority)] = true
	}
	var pairs []types.RulePriorityPair
	next := int32(1)
	for _, rule := range rules {
		for slices.Contains(set.taken, strconv.Itoa(int(next))) && !own[strconv.Itoa(int(next))] {
			next++
		}
		pairs = append(pairs, types.RulePriorityPair{RuleArn: aws.String(rule.arn), Priority: aws.Int32(next)})
		next++
	}
	return k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
		_, err := awsapi.ELBv2(k.c).SetRulePriorities(ctx, &sdk.SetRulePrioritiesInput{RulePriorities: pairs})
		return err
	})
}

// mostRules is how many a load balancer can have, unless the quota was raised
// (aws-facts §4.7).
const mostRules = 100

func priority(rule types.Rule) int {
	n, _ := strconv.Atoi(aws.ToString(rule.Priority)) // "default" sorts nowhere: it is never ours
	return n
}

// remove deletes those of the rules whose route's name is to go.
func (k *routes) remove(ctx context.Context, listener string, rules []types.Rule, goes func(name string) bool) error {
	var arns []string
	for _, rule := range rules {
		arns = append(arns, aws.ToString(rule.RuleArn))
	}
	tags, err := getAll(ctx, k.r.tags, arns, false)
	if err != nil {
		return fmt.Errorf("reading the rules of %s: %w", listener, err)
	}
	return k.deleteRules(ctx, slices.DeleteFunc(arns, func(arn string) bool { return !goes(tags[arn][tagRoute]) }))
}

func (k *routes) deleteRules(ctx context.Context, arns []string) error {
	for _, arn := range arns {
		if _, err := awsapi.ELBv2(k.c).DeleteRule(ctx, &sdk.DeleteRuleInput{RuleArn: &arn}); err != nil && !awsapi.IsNotFound(err) {
			return fmt.Errorf("deleting rule %s: %w", arn, err)
		}
	}
	return nil
}

// rulesOf returns the rules of a listener, but for the default one.
func (r *reader) rulesOf(ctx context.Context, listener string) ([]types.Rule, error) {
	var all []types.Rule
	pages := sdk.NewDescribeRulesPaginator(r.c.ELBv2Pages(), &sdk.DescribeRulesInput{ListenerArn: &listener, PageSize: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading the rules of %s: %w", listener, err)
		}
		for _, rule := range page.Rules {
			if !aws.ToBool(rule.IsDefault) {
				all = append(all, rule)
			}
		}
	}
	return all, nil
}
