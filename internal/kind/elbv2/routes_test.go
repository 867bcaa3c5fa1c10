package elbv2_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	simec2 "github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/elbv2"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// routed makes a listener that may have routes, and two target groups.
func routed(t *testing.T, c *awsapi.Clients) (listener, groupA, groupB string) {
	t.Helper()
	n := newNet(t, c)
	groupA, groupB = n.group(t, c, "trial-tg-0a1b2c"), n.group(t, c, "trial-tg-3d4e5f")
	listener = rawListener(t, c, n.balancer(t, c, "trial-lb-0a1b2c", tags("load_balancer")), 80, forwardTo([]int32{1}, groupA))
	must[*sdk.AddTagsOutput](t)(awsapi.ELBv2(c).AddTags(t.Context(), &sdk.AddTagsInput{ResourceArns: []string{listener},
		Tags: []types.Tag{{Key: aws.String(elbv2.TagRoutes), Value: aws.String("true")}}}))
	return listener, groupA, groupB
}

// rulesOf returns the listener's rules but for the default one, in their order.
func rulesOf(t *testing.T, c *awsapi.Clients, listener string) []types.Rule {
	t.Helper()
	out := must[*sdk.DescribeRulesOutput](t)(awsapi.ELBv2(c).DescribeRules(t.Context(), &sdk.DescribeRulesInput{ListenerArn: &listener}))
	return slices.DeleteFunc(out.Rules, func(r types.Rule) bool { return *r.IsDefault })
}

func TestRoutes(t *testing.T) {
	var groupA, groupB string
	first := func(change func(t *testing.T, c *awsapi.Clients, rule types.Rule)) func(*testing.T, *awsapi.Clients, engine.Live) {
		return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			change(t, c, rulesOf(t, c, live.Spec.(*elbv2.Routes).Listener.String())[0])
		}
	}
	kindtest.Run(t, kindtest.Case{
		Kind: facet("elbv2/routes", "routes/80"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			var listener string
			listener, groupA, groupB = routed(t, c)
			return &elbv2.Routes{Listener: stack.Literal(listener), Rules: []elbv2.Route{
				{Name: "writes", Methods: []string{"POST", "PUT"}, Paths: []string{"/api/*"}, TargetGroup: stack.Literal(groupB)},
				{Name: "admin", Hosts: []string{"admin.example.com"}, TargetGroup: stack.Literal(groupB)},
				{Name: "beta", Header: "X-Beta", Values: []string{"yes"}, TargetGroup: stack.Literal(groupA)},
			}}
		},
		Outside: outside{
			"rules": first(func(t *testing.T, c *awsapi.Clients, rule types.Rule) {
				must[*sdk.ModifyRuleOutput](t)(awsapi.ELBv2(c).ModifyRule(t.Context(), &sdk.ModifyRuleInput{RuleArn: rule.RuleArn, Actions: forwardTo([]int32{1}, groupA)}))
			}),
			"tags.team": first(func(t *testing.T, c *awsapi.Clients, rule types.Rule) {
				must[*sdk.AddTagsOutput](t)(awsapi.ELBv2(c).AddTags(t.Context(), &sdk.AddTagsInput{
					ResourceArns: []string{*rule.RuleArn}, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("b")}}}))
			}),
		},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"another order": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) { slices.Reverse(s.(*elbv2.Routes).Rules) },
			"one before all": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				r := s.(*elbv2.Routes)
				r.Rules = append([]elbv2.Route{{Name: "new", Paths: []string{"/new"}, TargetGroup: stack.Literal(groupB)}}, r.Rules...)
			},
			"one less": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				r := s.(*elbv2.Routes)
				r.Rules = slices.Delete(r.Rules, 1, 2)
			},
			"conditions": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				s.(*elbv2.Routes).Rules[2] = elbv2.Route{Name: "beta", Hosts: []string{"a.example.com", "b.example.com"}, TargetGroup: stack.Literal(groupB)}
			},
		},
	})
}

// TestRoutesBesideForeignRules: what somebody else added to the listener keeps its
// place and is not removed.
func TestRoutesBesideForeignRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := awssim.New(awssim.Options{Account: kindtest.Account})
		c := kindtest.Clients(t, sim)
		listener, groupA, groupB := routed(t, c)
		must[*sdk.CreateRuleOutput](t)(awsapi.ELBv2(c).CreateRule(t.Context(), &sdk.CreateRuleInput{ListenerArn: &listener, Priority: aws.Int32(2),
			Conditions: []types.RuleCondition{{Field: aws.String("path-pattern"), PathPatternConfig: &types.PathPatternConditionConfig{Values: []string{"/theirs"}}}},
			Actions:    forwardTo([]int32{1}, groupA)}))
		time.Sleep(time.Minute)
		k := kind("elbv2/routes")(c)
		want := part("routes/80", &elbv2.Routes{Listener: stack.Literal(listener), Rules: []elbv2.Route{
			{Name: "a", Paths: []string{"/a"}, TargetGroup: stack.Literal(groupB)},
			{Name: "b", Paths: []string{"/b"}, TargetGroup: stack.Literal(groupB)},
		}})
		live, err := k.Create(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		if got := places(t, c, listener); got != "1:/a 2:/theirs 3:/b" {
			t.Errorf("the rules are %s", got)
		}
		if err := k.Delete(t.Context(), live); err != nil {
			t.Fatal(err)
		}
		if got := places(t, c, listener); got != "2:/theirs" {
			t.Errorf("after the deletion there are %s", got)
		}
	})
}

// places lists the rules' priorities and paths.
func places(t *testing.T, c *awsapi.Clients, listener string) string {
	t.Helper()
	var list []string
	for _, rule := range rulesOf(t, c, listener) {
		list = append(list, *rule.Priority+":"+rule.Conditions[0].PathPatternConfig.Values[0])
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func TestRegistration(t *testing.T) {
	var group, instance string
	kindtest.Run(t, kindtest.Case{
		Kind: func(c *awsapi.Clients) engine.Kind {
			return keyed{kind("elbv2/registration")(c), elbv2.RegistrationKey("target_group/masters", instance)}
		},
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			n := newNet(t, c)
			group = n.group(t, c, "trial-tg-0a1b2c")
			ran := must[*ec2.RunInstancesOutput](t)(awsapi.EC2(c).RunInstances(t.Context(), &ec2.RunInstancesInput{
				ImageId: aws.String(simec2.ImageWeb1), InstanceType: ec2types.InstanceTypeT3Small, SubnetId: &n.subnets[0], MinCount: aws.Int32(1), MaxCount: aws.Int32(1)}))
			instance = *ran.Instances[0].InstanceId
			time.Sleep(2 * time.Minute)
			must[*sdk.AddTagsOutput](t)(awsapi.ELBv2(c).AddTags(t.Context(), &sdk.AddTagsInput{ResourceArns: []string{group},
				Tags: append(tags("target_group/masters"), types.Tag{Key: aws.String(elbv2.TagTargets), Value: &instance})}))
			return &elbv2.Registration{TargetGroup: stack.Literal(group), Instance: instance, Port: 8080}
		},
		Vanish: func(t *testing.T, c *awsapi.Clients, _ engine.Live) {
			must[*sdk.DeregisterTargetsOutput](t)(awsapi.ELBv2(c).DeregisterTargets(t.Context(), &sdk.DeregisterTargetsInput{
				TargetGroupArn: &group, Targets: []types.TargetDescription{{Id: &instance, Port: aws.Int32(8080)}}}))
		},
	})
}
