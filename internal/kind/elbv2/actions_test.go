package elbv2

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func TestTargetsOf(t *testing.T) {
	single := types.Action{Type: types.ActionTypeEnumForward, TargetGroupArn: aws.String("a")}
	split := forward([]target{{"a", 1}, {"b", 9}}, nil)
	response := types.Action{Type: types.ActionTypeEnumFixedResponse}
	login := types.Action{Type: types.ActionTypeEnumAuthenticateCognito, Order: aws.Int32(1)}
	second := single
	second.Order = aws.Int32(2)
	for name, c := range map[string]struct {
		actions []types.Action
		want    []target
		only    string
	}{
		"none":         {},
		"single":       {[]types.Action{single}, []target{{"a", 1}}, "a"},
		"split":        {[]types.Action{split}, []target{{"b", 9}, {"a", 1}}, ""},
		"response":     {[]types.Action{response}, nil, ""},
		"after log-in": {[]types.Action{second, login}, []target{{"a", 1}}, "a"},
		"no requests":  {[]types.Action{forwardTuples(target{"a", 0})}, []target{{"a", 0}}, ""},
		"beside it":    {[]types.Action{forwardTuples(target{"a", 1}, target{"b", 0})}, []target{{"a", 1}, {"b", 0}}, ""},
	} {
		got := targetsOf(c.actions)
		if !slices.Equal(got, c.want) || only(got) != c.only {
			t.Errorf("%s: %v, only %q", name, got, only(got))
		}
	}
}

func forwardTuples(targets ...target) types.Action {
	config := &types.ForwardActionConfig{}
	for _, t := range targets {
		config.TargetGroups = append(config.TargetGroups, types.TargetGroupTuple{TargetGroupArn: &t.group, Weight: &t.weight})
	}
	return types.Action{Type: types.ActionTypeEnumForward, ForwardConfig: config}
}

func TestWithGroups(t *testing.T) {
	for name, c := range map[string]struct {
		have   []target
		groups []string
		want   []target
	}{
		"new listener":  {nil, []string{"a", "b"}, []target{{"a", 1}, {"b", 0}}},
		"nothing to do": {[]target{{"a", 5}, {"b", 5}}, []string{"b"}, []target{{"a", 5}, {"b", 5}}},
		"one more":      {[]target{{"a", 1}}, []string{"b"}, []target{{"a", 1}, {"b", 0}}},
		"too many": {[]target{{"a", 1}, {"b", 0}, {"c", 0}, {"d", 0}, {"e", 0}}, []string{"f", "c"},
			[]target{{"a", 1}, {"c", 0}, {"d", 0}, {"e", 0}, {"f", 0}}},
	} {
		if got := withGroups(c.have, c.groups); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestReroute keeps the log-in that somebody put before.
func TestReroute(t *testing.T) {
	login := types.Action{Type: types.ActionTypeEnumAuthenticateOidc, Order: aws.Int32(1),
		AuthenticateOidcConfig: &types.AuthenticateOidcActionConfig{ClientId: aws.String("id")}}
	route := types.Action{Type: types.ActionTypeEnumForward, TargetGroupArn: aws.String("a"), Order: aws.Int32(2)}
	got := reroute([]types.Action{route, login}, forward([]target{{"b", 1}}, nil))
	if len(got) != 2 || got[0].Type != login.Type || *got[1].TargetGroupArn != "b" || *got[1].Order != 2 {
		t.Fatalf("%+v", got)
	}
	if oidc := got[0].AuthenticateOidcConfig; !*oidc.UseExistingClientSecret || login.AuthenticateOidcConfig.UseExistingClientSecret != nil {
		t.Errorf("%+v", oidc)
	}
}

func TestBalancerOf(t *testing.T) {
	const balancer = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188"
	if got := balancerOf("arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2"); got != balancer {
		t.Error(got)
	}
	if got := balancerLabel(balancer); got != "app/shop/50dc6c495c0c9188" {
		t.Error(got)
	}
}
