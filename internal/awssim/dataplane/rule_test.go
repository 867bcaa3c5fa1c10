package dataplane_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

// respond is an action that shows which rule a request came to.
func respond(status int) types.Action {
	return types.Action{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{
		StatusCode: aws.String(strconv.Itoa(status))}}
}

func (l *lab) rule(listener string, priority int32, action types.Action, conditions ...types.RuleCondition) {
	l.t.Helper()
	do(l, l.w.ELBv2.CreateRule, &elb.CreateRuleInput{ListenerArn: &listener, Priority: &priority, Conditions: conditions, Actions: []types.Action{action}})
}

// condition is one on the host or the path.
func condition(field string, values ...string) types.RuleCondition {
	if field == "host-header" {
		return types.RuleCondition{Field: &field, HostHeaderConfig: &types.HostHeaderConditionConfig{Values: values}}
	}
	return types.RuleCondition{Field: &field, PathPatternConfig: &types.PathPatternConditionConfig{Values: values}}
}

func TestRulesAreFollowed(t *testing.T) {
	l := newLab(t)
	arn := l.listen(81, respond(299))
	method := types.RuleCondition{Field: aws.String("http-request-method"), HttpRequestMethodConfig: &types.HttpRequestMethodConditionConfig{Values: []string{"POST", "PUT"}}}
	header := types.RuleCondition{Field: aws.String("http-header"), HttpHeaderConfig: &types.HttpHeaderConditionConfig{
		HttpHeaderName: aws.String("User-Agent"), Values: []string{"*bot*"}}}
	query := types.RuleCondition{Field: aws.String("query-string"), QueryStringConfig: &types.QueryStringConditionConfig{
		Values: []types.QueryStringKeyValuePair{{Key: aws.String("version"), Value: aws.String("b?ta")}, {Value: aws.String("any\\*")}}}}
	nearby := types.RuleCondition{Field: aws.String("source-ip"), SourceIpConfig: &types.SourceIpConditionConfig{Values: []string{"127.0.0.0/8"}}}
	elsewhere := types.RuleCondition{Field: aws.String("source-ip"), SourceIpConfig: &types.SourceIpConditionConfig{Values: []string{"203.0.113.0/24"}}}
	like := types.RuleCondition{Field: aws.String("path-pattern"), PathPatternConfig: &types.PathPatternConditionConfig{RegexValues: []string{"^/v[0-9]+/x$"}}}
	// Made against their order: the priority counts.
	l.rule(arn, 60, respond(260), elsewhere)
	l.rule(arn, 20, respond(220), condition("path-pattern", "/img/*", "/a?c"))
	l.rule(arn, 10, respond(210), condition("host-header", "*.shop.example"), method)
	l.rule(arn, 30, respond(230), header)
	l.rule(arn, 40, respond(240), query)
	l.rule(arn, 50, respond(250), condition("path-pattern", "/near"), nearby)
	l.rule(arn, 55, respond(255), like)
	url := l.url(l.dns + ":81")
	l.awaitStatus(url+"/near", 250)
	for _, test := range []struct {
		name, method, host, target, agent string
		want                              int
	}{
		{"none", "GET", "", "/", "", 299},
		{"host and method", "POST", "API.shop.example:8080", "/", "", 210},
		{"host without method", "GET", "api.shop.example", "/", "", 299},
		{"method without host", "POST", "shop.example", "/", "", 299},
		{"path below", "GET", "", "/img/a/b.png", "", 220},
		{"path itself", "GET", "", "/img", "", 299},
		{"path of another case", "GET", "", "/IMG/a", "", 299},
		{"one character", "GET", "", "/abc", "", 220},
		{"no character", "GET", "", "/ac", "", 299},
		{"header", "GET", "", "/", "a BOT 1.0", 230},
		{"two rules: the lower number", "GET", "", "/img/x", "a bot", 220},
		{"query", "GET", "", "/?version=BETA", "", 240},
		{"query with another key", "GET", "", "/?revision=beta", "", 299},
		{"query with any key and a literal star", "GET", "", "/?x=any*", "", 240},
		{"no literal star", "GET", "", "/?x=anything", "", 299},
		{"address", "GET", "", "/near", "", 250},
		{"expression", "GET", "", "/v12/x", "", 255},
		{"expression not met", "GET", "", "/v/x", "", 299},
	} {
		t.Run(test.name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), test.method, url+test.target, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Host = test.host
			request.Header.Set("User-Agent", test.agent)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != test.want {
				t.Errorf("came to %d", response.StatusCode)
			}
		})
	}
}

// TestRulesForward: each rule has target groups, weights and turns of its own.
func TestRulesForward(t *testing.T) {
	l := newLab(t)
	ids := l.launch(ec2.ImageWeb1, 3)
	api, canary := l.newGroup("api"), l.newGroup("canary")
	arn := l.listen(8080, types.Action{Type: types.ActionTypeEnumForward, TargetGroupArn: &l.group})
	l.rule(arn, 1, types.Action{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{TargetGroups: []types.TargetGroupTuple{
		{TargetGroupArn: &api, Weight: aws.Int32(4)}, {TargetGroupArn: &canary, Weight: aws.Int32(1)}}}}, condition("path-pattern", "/api/*"))
	l.register(l.group, ids[:1])
	l.register(api, ids[1:2])
	l.register(canary, ids[2:])
	url := l.url(l.dns + ":8080")
	l.awaitServers(url, 1)
	l.awaitServers(url+"/api/", 2)
	if counts := l.ask(url, 5); counts[ids[0]] != 5 {
		t.Errorf("without a rule, requests came to %v", counts)
	}
	if counts := l.ask(url+"/api/x", 20); counts[ids[1]] != 16 || counts[ids[2]] != 4 {
		t.Errorf("with weights 4 and 1, of 20 requests came %v", counts)
	}
}

func TestRewritingIsNotServed(t *testing.T) {
	l := newLab(t)
	arn := l.listen(81, respond(299))
	do(l, l.w.ELBv2.CreateRule, &elb.CreateRuleInput{ListenerArn: &arn, Priority: aws.Int32(1), Actions: []types.Action{respond(210)},
		Conditions: []types.RuleCondition{condition("path-pattern", "/old/*")},
		Transforms: []types.RuleTransform{{Type: types.TransformTypeEnumUrlRewrite, UrlRewriteConfig: &types.UrlRewriteConfig{
			Rewrites: []types.RewriteConfig{{Regex: aws.String("^/old/(.*)$"), Replace: aws.String("/new/$1")}}}}}})
	url := l.url(l.dns + ":81")
	l.awaitStatus(url+"/old/x", http.StatusNotImplemented)
	if response, _ := l.get(url + "/x"); response.StatusCode != 299 {
		t.Errorf("another request is answered %s", response.Status)
	}
}

func (l *lab) sticky(group string, seconds int) {
	l.t.Helper()
	do(l, l.w.ELBv2.ModifyTargetGroupAttributes, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &group, Attributes: []types.TargetGroupAttribute{
		{Key: aws.String("stickiness.enabled"), Value: aws.String("true")},
		{Key: aws.String("stickiness.lb_cookie.duration_seconds"), Value: aws.String(strconv.Itoa(seconds))}}})
}

// TestClientsStickToATarget: with the load balancer's cookie a client comes to the
// same target until that gets no more requests.
func TestClientsStickToATarget(t *testing.T) {
	l := newLab(t)
	ids := l.launch(ec2.ImageWeb1, 3)
	l.sticky(l.group, 600)
	l.register(l.group, ids)
	url := l.url(l.dns)
	l.awaitServers(url, 3)
	client := l.browser()
	first, cookies := client.ask(url)
	if names := cookieNames(cookies); names != "AWSALB AWSALBCORS" {
		t.Errorf("sets the cookies %s", names)
	}
	if cookies[0].Path != "/" || cookies[1].SameSite != http.SameSiteNoneMode {
		t.Errorf("cookies: %v", cookies)
	}
	for range 9 {
		if again, renewed := client.ask(url); again.Instance != first.Instance || len(renewed) != 2 {
			t.Fatalf("%s answers and sets %v; before, %s did", again.Instance, renewed, first.Instance)
		}
	}
	if counts := l.ask(url, 9); len(counts) != 3 {
		t.Errorf("without a cookie, requests come to %v", counts)
	}
	do(l, l.w.ELBv2.DeregisterTargets, &elb.DeregisterTargetsInput{TargetGroupArn: &l.group, Targets: targets([]string{first.Instance})})
	l.awaitServers(url, 2)
	second, _ := client.ask(url)
	if again, _ := client.ask(url); second.Instance == first.Instance || again.Instance != second.Instance {
		t.Errorf("after %s had been deregistered, %s and %s answered", first.Instance, second.Instance, again.Instance)
	}
}

// TestClientsStickToATargetGroup: so a client sees one version while weights move.
func TestClientsStickToATargetGroup(t *testing.T) {
	l := newLab(t)
	ids := l.launch(ec2.ImageWeb1, 2)
	other := l.newGroup("other")
	l.listen(8080, types.Action{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{
		TargetGroups: []types.TargetGroupTuple{
			{TargetGroupArn: &l.group, Weight: aws.Int32(1)}, {TargetGroupArn: &other, Weight: aws.Int32(1)}},
		TargetGroupStickinessConfig: &types.TargetGroupStickinessConfig{Enabled: aws.Bool(true), DurationSeconds: aws.Int32(600)}}})
	l.register(l.group, ids[:1])
	l.register(other, ids[1:])
	url := l.url(l.dns + ":8080")
	l.awaitServers(url, 2)
	client := l.browser()
	first, cookies := client.ask(url)
	if names := cookieNames(cookies); names != "AWSALBTG AWSALBTGCORS" {
		t.Errorf("sets the cookies %s", names)
	}
	for range 9 {
		if again, _ := client.ask(url); again.Instance != first.Instance {
			t.Fatalf("%s answers; before, %s did", again.Instance, first.Instance)
		}
	}
}

func cookieNames(cookies []*http.Cookie) string {
	var names []string
	for _, c := range cookies {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}
