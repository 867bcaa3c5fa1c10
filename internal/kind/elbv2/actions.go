package elbv2

import (
	"cmp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// target is a target group of a forward action with its weight.
type target struct {
	group  string
	weight int32
}

// mostTargets is how many target groups a forward action takes (aws-facts §4.5).
const mostTargets = 5

// routing returns the action that decides where requests go: the last one, for
// authentication comes before it. nil if there is none.
func routing(actions []types.Action) *types.Action {
	if len(actions) == 0 {
		return nil
	}
	last := slices.MaxFunc(actions, func(a, b types.Action) int {
		return cmp.Compare(aws.ToInt32(a.Order), aws.ToInt32(b.Order))
	})
	return &last
}

// targetsOf returns the target groups of the forward action, those with the most
// weight first; nil if there is no forward action. A single target group stands in
// one place or the other, or in both (aws-facts §4.7).
func targetsOf(actions []types.Action) []target {
	action := routing(actions)
	if action == nil || action.Type != types.ActionTypeEnumForward {
		return nil
	}
	if action.ForwardConfig == nil || len(action.ForwardConfig.TargetGroups) == 0 {
		return []target{{aws.ToString(action.TargetGroupArn), 1}}
	}
	var targets []target
	for _, tuple := range action.ForwardConfig.TargetGroups {
		targets = append(targets, target{aws.ToString(tuple.TargetGroupArn), aws.ToInt32(cmp.Or(tuple.Weight, aws.Int32(1)))})
	}
	slices.SortStableFunc(targets, func(a, b target) int { return cmp.Compare(b.weight, a.weight) })
	return targets
}

// only returns the target group that gets all requests and is the only one named;
// "" if there is none.
func only(targets []target) string {
	if len(targets) != 1 || targets[0].weight == 0 {
		return ""
	}
	return targets[0].group
}

// withGroups returns the targets with those of the groups that are missing: at
// weight 0, so that their health checks start (aws-facts §4.7) and nothing else
// changes. The first of all gets everything. When there are too many, leftovers
// that get nothing and are not asked for make room.
func withGroups(targets []target, groups []string) []target {
	targets = slices.Clone(targets)
	for _, group := range groups {
		if slices.ContainsFunc(targets, func(t target) bool { return t.group == group }) {
			continue
		}
		weight := int32(0)
		if len(targets) == 0 {
			weight = 1
		}
		targets = append(targets, target{group, weight})
	}
	surplus := len(targets) - mostTargets
	return slices.DeleteFunc(targets, func(t target) bool {
		leftover := surplus > 0 && t.weight == 0 && !slices.Contains(groups, t.group)
		if leftover {
			surplus--
		}
		return leftover
	})
}

// forward returns an action that sends requests to the targets. stickiness, if any,
// is that of the action before.
func forward(targets []target, stickiness *types.TargetGroupStickinessConfig) types.Action {
	if len(targets) == 1 {
		return types.Action{Type: types.ActionTypeEnumForward, TargetGroupArn: aws.String(targets[0].group)}
	}
	config := &types.ForwardActionConfig{TargetGroupStickinessConfig: stickiness}
	for _, t := range targets {
		config.TargetGroups = append(config.TargetGroups, types.TargetGroupTuple{TargetGroupArn: aws.String(t.group), Weight: aws.Int32(t.weight)})
	}
	return types.Action{Type: types.ActionTypeEnumForward, ForwardConfig: config}
}

func stickinessOf(action *types.Action) *types.TargetGroupStickinessConfig {
	if action == nil || action.ForwardConfig == nil || action.ForwardConfig.TargetGroupStickinessConfig == nil ||
		!aws.ToBool(action.ForwardConfig.TargetGroupStickinessConfig.Enabled) {
		return nil
	}
	return action.ForwardConfig.TargetGroupStickinessConfig
}

// redirect returns an action that sends clients elsewhere.
func redirect(r Redirect) types.Action {
	return types.Action{Type: types.ActionTypeEnumRedirect, RedirectConfig: &types.RedirectActionConfig{
		Protocol: &r.Protocol, Port: &r.Port, StatusCode: types.RedirectActionStatusCodeEnum(r.StatusCode)}}
}

// reroute returns the actions with another routing action. Lists are replaced as a
// whole (aws-facts §4.7), so what comes before it, which somebody added by hand, is
// sent again; the secret of OIDC is never read back.
func reroute(actions []types.Action, route types.Action) []types.Action {
	old := routing(actions)
	if old == nil || len(actions) == 1 {
		return []types.Action{route}
	}
	route.Order = old.Order
	var all []types.Action
	for _, action := range actions {
		if aws.ToInt32(action.Order) == aws.ToInt32(old.Order) {
			continue
		}
		if action.AuthenticateOidcConfig != nil {
			oidc := *action.AuthenticateOidcConfig
			oidc.ClientSecret, oidc.UseExistingClientSecret = nil, aws.Bool(true)
			action.AuthenticateOidcConfig = &oidc
		}
		all = append(all, action)
	}
	return append(all, route)
}
