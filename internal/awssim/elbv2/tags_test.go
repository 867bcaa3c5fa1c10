package elbv2_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// tagged makes one object of each type with a tag and returns their ARNs.
func tagged(c *cloud) []string {
	tags := []types.Tag{tag("webtier:part", "p")}
	balancer := c.balancer("web", func(in *sdk.CreateLoadBalancerInput) { in.Tags = tags })
	group := c.group("web", func(in *sdk.CreateTargetGroupInput) { in.Tags = tags })
	in := c.listenerIn(balancer, 80, forward(group))
	in.Tags = tags
	listener := *do(c.T, c.CreateListener, in).Listeners[0].ListenerArn
	rule := *do(c.T, c.CreateRule, &sdk.CreateRuleInput{ListenerArn: &listener, Priority: aws.Int32(1),
		Actions: notFound(), Conditions: []types.RuleCondition{condition("path-pattern", "/x")}, Tags: tags}).Rules[0].RuleArn
	return []string{balancer, group, listener, rule}
}

func (c *cloud) tagsOf(arns ...string) (lines []string) {
	c.Helper()
	out := do(c.T, c.DescribeTags, &sdk.DescribeTagsInput{ResourceArns: arns})
	for _, d := range out.TagDescriptions {
		line := ""
		for _, t := range d.Tags {
			line += *t.Key + "=" + *t.Value + " "
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

func TestTagsOfAllTypesInOneCall(t *testing.T) {
	c := newCloud(t)
	arns := tagged(c)
	c.wantLines(c.tagsOf(arns...), "webtier:part=p", "webtier:part=p", "webtier:part=p", "webtier:part=p")
	do(t, c.AddTags, &sdk.AddTagsInput{ResourceArns: arns[:1], Tags: []types.Tag{tag("webtier:part", "q"), tag("a", "b")}})
	c.wantLines(c.tagsOf(arns[0], arns[1]), "a=b webtier:part=q", "webtier:part=p")
	do(t, c.RemoveTags, &sdk.RemoveTagsInput{ResourceArns: arns[:1], TagKeys: []string{"a", "none"}})
	c.wantLines(c.tagsOf(arns[0]), "webtier:part=q")
}

func TestTagCallsFailAsAWhole(t *testing.T) {
	c := newCloud(t)
	arns := tagged(c)
	for i, code := range []string{"LoadBalancerNotFound", "TargetGroupNotFound", "ListenerNotFound", "RuleNotFound"} {
		gone := arns[i][:len(arns[i])-1] + "x"
		_, err := c.DescribeTags(t.Context(), &sdk.DescribeTagsInput{ResourceArns: []string{arns[0], gone}})
		c.wantCode(err, code, "")
		_, err = c.AddTags(t.Context(), &sdk.AddTagsInput{ResourceArns: []string{arns[0], gone}, Tags: []types.Tag{tag("a", "b")}})
		c.wantCode(err, code, "")
	}
	c.wantLines(c.tagsOf(arns[0]), "webtier:part=p")
	_, err := c.DescribeTags(t.Context(), &sdk.DescribeTagsInput{ResourceArns: make21(arns[0])})
	c.wantCode(err, "ValidationError", "20")
}

func TestTagRefusals(t *testing.T) {
	c := newCloud(t)
	arns := tagged(c)
	_, err := c.AddTags(t.Context(), &sdk.AddTagsInput{ResourceArns: arns, Tags: []types.Tag{tag("a", "b"), tag("a", "c")}})
	c.wantCode(err, "DuplicateTagKeys", "a")
	_, err = c.AddTags(t.Context(), &sdk.AddTagsInput{ResourceArns: arns, Tags: []types.Tag{tag("aws:a", "b")}})
	c.wantCode(err, "ValidationError", "reserved")
}

func TestInventory(t *testing.T) {
	c := newCloud(t)
	arns := tagged(c)
	after := func(arn string) string { _, rest, _ := strings.Cut(arn, "/"); return rest }
	c.wantLines(c.Inventory(), "elbv2 loadbalancer web p", "elbv2 targetgroup web p",
		"elbv2 listener "+after(arns[2])+" p", "elbv2 listener-rule "+after(arns[3])+" p")
}
