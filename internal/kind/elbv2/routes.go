package elbv2

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Routes are the rules of a listener, in the order in which they are tried. It is a
// facet of the listener with the part key listener/<x>, which must carry TagRoutes,
// and has the key routes/<x>: priorities can only be given to all rules together
// (aws-facts §4.7). Rules that others have added to the listener keep theirs.
type Routes struct {
	Listener stack.Ref `json:"listener" stack:"create"` // ARN
	Rules    []Route   `json:"rules"`
}

// Route sends the requests that meet all its conditions to a target group.
type Route struct {
	Name    string   `json:"name"`
	Hosts   []string `json:"hosts,omitempty"`   // of these hosts, * and ? allowed
	Paths   []string `json:"paths,omitempty"`   // of these paths, * and ? allowed
	Methods []string `json:"methods,omitempty"` // GET, POST, …
	// Header and Values: with one of these values in the header, * and ? allowed.
	Header      string    `json:"header,omitempty"`
	Values      []string  `json:"values,omitempty"`
	TargetGroup stack.Ref `json:"target_group"` // ARN
}

// Kind implements stack.Spec.
func (*Routes) Kind() string { return "elbv2/routes" }

const (
	// TagRoutes marks a listener that has routes, so that those of others need not be
	// read: rules are read one listener a call.
	TagRoutes = "webtier:routes"
	// tagRoute holds the name of a rule.
	tagRoute = "webtier:route"

	routesSuffix = "#routes"
	routesPrefix = "routes/"
)

type routes struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *routes) Name() string { return (*Routes)(nil).Kind() }

// List implements engine.Kind.
func (k *routes) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	if scope.Recent && !scope.Blank && len(scope.IDs) == 0 {
		return nil, nil // few tiers have any: those of a tier that is refreshed are in its state
	}
	known := withoutSuffix(scope.IDs, routesSuffix)
	found, err := k.r.listeners(ctx, scope, known)
	if err != nil {
		return nil, err
	}
	isKnown := slices.Collect(maps.Values(known))
	var lives []engine.Live
	for _, f := range found {
		if f.Object.tags[TagRoutes] == "" && !slices.Contains(isKnown, f.Object.arn) {
			continue
		}
		rules, err := k.rules(ctx, f.Object.arn, scope.Stack, f.Key != "", scope.Recent)
		if err != nil {
			return nil, err
		}
		if len(rules.ours) > 0 {
			live := rules.live(f.Object.arn)
			live.Key = f.Key
			if name, ok := strings.CutPrefix(f.Object.tags[stack.TagPart], listenerPrefix); ok {
				live.Key = routesPrefix + name
			}
			lives = append(lives, live)
		}
	}
	return lives, nil
}

// ruleSet is what a listener has, beside its default action.
type ruleSet struct {
	ours []tagged[types.Rule] // in the order of their priorities
	// taken are the priorities of the others.
	taken []string
}

// rules reads the rules of a listener. Where the state knows the routes, rules whose
// tags were lost but for their name are ours, too.
func (k *routes) rules(ctx context.Context, listener string, id stack.ID, known, recent bool) (ruleSet, error) {
	all, _, err := k.r.ruleOf.Get(ctx, listener, recent)
	if err != nil {
		return ruleSet{}, err
	}
	var arns []string
	for _, rule := range all {
		arns = append(arns, aws.ToString(rule.RuleArn))
	}
	tags, err := getAll(ctx, k.r.tags, arns, recent)
	if err != nil {
		return ruleSet{}, err
	}
	var set ruleSet
	for _, rule := range all {
		arn := aws.ToString(rule.RuleArn)
		if tags[arn][stack.TagStack] == id.String() || known && tags[arn][tagRoute] != "" {
			set.ours = append(set.ours, tagged[types.Rule]{rule, arn, tags[arn]})
		} else {
			set.taken = append(set.taken, aws.ToString(rule.Priority))
		}
	}
	slices.SortFunc(set.ours, func(a, b tagged[types.Rule]) int { return priority(a.it) - priority(b.it) })
	return set, nil
}

// live returns the rules as the routes that they are. Tags are those that all have.
func (s ruleSet) live(listener string) engine.Live {
	observed := &Routes{Listener: stack.Literal(listener)}
	var tags map[string]string
	for _, rule := range s.ours {
		observed.Rules = append(observed.Rules, routeOf(rule))
		if tags == nil {
			tags = maps.Clone(rule.tags)
		}
		maps.DeleteFunc(tags, func(key, value string) bool {
			other, ok := rule.tags[key]
			return !ok || other != value || key == tagRoute
		})
	}
	id := listener + routesSuffix
	return engine.Live{ID: id, Out: map[string]string{"id": id}, Spec: observed, Tags: tags}
}

// routeOf reads a rule. What no route can say makes it differ from every wanted one.
func routeOf(rule tagged[types.Rule]) Route {
	r := Route{Name: rule.tags[tagRoute], TargetGroup: stack.Literal(only(targetsOf(rule.it.Actions)))}
	for _, c := range rule.it.Conditions {
		switch {
		case c.HostHeaderConfig != nil && r.Hosts == nil:
			r.Hosts = sorted(c.HostHeaderConfig.Values)
		case c.PathPatternConfig != nil && r.Paths == nil:
			r.Paths = sorted(c.PathPatternConfig.Values)
		case c.HttpRequestMethodConfig != nil && r.Methods == nil:
			r.Methods = sorted(c.HttpRequestMethodConfig.Values)
		case c.HttpHeaderConfig != nil && r.Header == "":
			r.Header, r.Values = aws.ToString(c.HttpHeaderConfig.HttpHeaderName), sorted(c.HttpHeaderConfig.Values)
		default:
			r.Name += " (condition " + aws.ToString(c.Field) + ")"
		}
	}
	return r
}

func (r Route) conditions() []types.RuleCondition {
	var conditions []types.RuleCondition
	if len(r.Hosts) > 0 {
		conditions = append(conditions, types.RuleCondition{Field: aws.String("host-header"), HostHeaderConfig: &types.HostHeaderConditionConfig{Values: r.Hosts}})
	}
	if len(r.Paths) > 0 {
		conditions = append(conditions, types.RuleCondition{Field: aws.String("path-pattern"), PathPatternConfig: &types.PathPatternConditionConfig{Values: r.Paths}})
	}
	if len(r.Methods) > 0 {
		conditions = append(conditions, types.RuleCondition{Field: aws.String("http-request-method"),
			HttpRequestMethodConfig: &types.HttpRequestMethodConditionConfig{Values: r.Methods}})
	}
	if r.Header != "" {
		conditions = append(conditions, types.RuleCondition{Field: aws.String("http-header"),
			HttpHeaderConfig: &types.HttpHeaderConditionConfig{HttpHeaderName: aws.String(r.Header), Values: r.Values}})
	}
	return conditions
}

func (r Route) actions() []types.Action {
	return []types.Action{forward([]target{{r.TargetGroup.String(), 1}}, nil)}
}

func sorted(values []string) []string { return slices.Sorted(slices.Values(values)) }

// Create implements engine.Kind.
func (k *routes) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	return k.converge(ctx, want)
}

// Update implements engine.Kind.
func (k *routes) Update(ctx context.Context, have engine.Live, want engine.Want, _ stack.Diff) (engine.Live, error) {
	live, err := k.converge(ctx, want)
	if err != nil {
		return have, err
	}
	return live, nil
}

// Delete implements engine.Kind. Rules of others stay.
func (k *routes) Delete(ctx context.Context, have engine.Live) error {
	s := spec[*Routes](have.Spec)
	all, _, err := k.r.ruleOf.Get(ctx, s.Listener.String(), false)
	if err == nil {
		err = k.remove(ctx, s.Listener.String(), all, func(name string) bool { return name != "" })
	}
	if err != nil && !awsapi.IsNotFound(err) {
		return fmt.Errorf("deleting the routes of listener %s: %w", s.Listener, err)
	}
	return nil
}

// Wait implements engine.Kind: rules hold at once.
func (k *routes) Wait(_ context.Context, have engine.Live) (engine.Live, error) { return have, nil }
