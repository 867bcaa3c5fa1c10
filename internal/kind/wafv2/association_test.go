package wafv2_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	sdk "github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/wafv2"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

func kind(c *awsapi.Clients) engine.Kind { return wafv2.Kinds(c)[0] }

// must returns what a raw call returned.
func must[T any](t *testing.T) func(T, error) T {
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// newBalancer makes an Application Load Balancer by raw calls.
func newBalancer(t *testing.T, c *awsapi.Clients) (arn string) {
	t.Helper()
	vpc := must[*ec2.CreateVpcOutput](t)(awsapi.EC2(c).CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})).Vpc.VpcId
	time.Sleep(time.Minute)
	gateway := must[*ec2.CreateInternetGatewayOutput](t)(awsapi.EC2(c).CreateInternetGateway(t.Context(), &ec2.CreateInternetGatewayInput{})).InternetGateway.InternetGatewayId
	must[*ec2.AttachInternetGatewayOutput](t)(awsapi.EC2(c).AttachInternetGateway(t.Context(), &ec2.AttachInternetGatewayInput{InternetGatewayId: gateway, VpcId: vpc}))
	var subnets []string
	for i, zone := range []string{"a", "b"} {
		out := must[*ec2.CreateSubnetOutput](t)(awsapi.EC2(c).CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpc,
			AvailabilityZone: aws.String(kindtest.Region + zone), CidrBlock: aws.String(fmt.Sprintf("10.0.%d.0/24", i))}))
		subnets = append(subnets, *out.Subnet.SubnetId)
	}
	time.Sleep(time.Minute)
	out := must[*elasticloadbalancingv2.CreateLoadBalancerOutput](t)(awsapi.ELBv2(c).CreateLoadBalancer(t.Context(),
		&elasticloadbalancingv2.CreateLoadBalancerInput{Name: aws.String("shop"), Subnets: subnets}))
	return *out.LoadBalancers[0].LoadBalancerArn
}

func newList(t *testing.T, c *awsapi.Clients, name string) (arn string) {
	t.Helper()
	out := must[*sdk.CreateWebACLOutput](t)(awsapi.WAFv2(c).CreateWebACL(t.Context(), &sdk.CreateWebACLInput{Name: &name, Scope: types.ScopeRegional,
		DefaultAction:    &types.DefaultAction{Allow: &types.AllowAction{}},
		VisibilityConfig: &types.VisibilityConfig{MetricName: &name, CloudWatchMetricsEnabled: true, SampledRequestsEnabled: true}}))
	return *out.Summary.ARN
}

func associate(t *testing.T, c *awsapi.Clients, balancer, list string) {
	t.Helper()
	must[*sdk.AssociateWebACLOutput](t)(awsapi.WAFv2(c).AssociateWebACL(t.Context(), &sdk.AssociateWebACLInput{ResourceArn: &balancer, WebACLArn: &list}))
}

func of(t *testing.T, c *awsapi.Clients, balancer string) string {
	t.Helper()
	out := must[*sdk.GetWebACLForResourceOutput](t)(awsapi.WAFv2(c).GetWebACLForResource(t.Context(), &sdk.GetWebACLForResourceInput{ResourceArn: &balancer}))
	if out.WebACL == nil {
		return ""
	}
	return *out.WebACL.ARN
}

func TestAssociation(t *testing.T) {
	var balancer, other string
	kindtest.Run(t, kindtest.Case{
		Kind:     kind,
		Unmarked: true,
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			balancer, other = newBalancer(t, c), newList(t, c, "other")
			return &wafv2.Association{LoadBalancer: stack.Literal(balancer), WebACL: stack.Literal(newList(t, c, "shop"))}
		},
		Outside: map[string]func(*testing.T, *awsapi.Clients, engine.Live){
			"web_acl": func(t *testing.T, c *awsapi.Clients, _ engine.Live) { associate(t, c, balancer, other) },
		},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"another list": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				s.(*wafv2.Association).WebACL = stack.Literal(other)
			},
		},
		Vanish: func(t *testing.T, c *awsapi.Clients, _ engine.Live) {
			must[*sdk.DisassociateWebACLOutput](t)(awsapi.WAFv2(c).DisassociateWebACL(t.Context(), &sdk.DisassociateWebACLInput{ResourceArn: &balancer}))
		},
	})
}

func inLab(t *testing.T, try func(t *testing.T, c *awsapi.Clients)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { try(t, kindtest.Clients(t, awssim.New(awssim.Options{Account: kindtest.Account}))) })
}

func want(balancer, list string) engine.Want {
	return engine.Want{Key: "web_acl", Spec: &wafv2.Association{LoadBalancer: stack.Literal(balancer), WebACL: stack.Literal(list)}}
}

// TestNewLoadBalancerIsWaitedFor: WAF does not know it at once.
func TestNewLoadBalancerIsWaitedFor(t *testing.T) {
	inLab(t, func(t *testing.T, c *awsapi.Clients) {
		balancer, list := newBalancer(t, c), newList(t, c, "shop")
		if _, err := kind(c).Create(t.Context(), want(balancer, list)); err != nil {
			t.Fatal(err)
		}
		if got := of(t, c, balancer); got != list {
			t.Errorf("the load balancer is under %q", got)
		}
	})
}

// TestListOfOthersStays: neither does Create replace it, nor Delete remove it.
func TestListOfOthersStays(t *testing.T) {
	inLab(t, func(t *testing.T, c *awsapi.Clients) {
		balancer, ours, theirs := newBalancer(t, c), newList(t, c, "ours"), newList(t, c, "theirs")
		time.Sleep(time.Minute)
		associate(t, c, balancer, theirs)
		if lives, err := kind(c).List(t.Context(), engine.Scope{}); err != nil || len(lives) > 0 {
			t.Errorf("List shows %v, %v", lives, err)
		}
		_, err := kind(c).Create(t.Context(), want(balancer, ours))
		if err == nil || !strings.Contains(err.Error(), "load balancer shop is under web ACL "+theirs+" already") {
			t.Errorf("Create: %v", err)
		}
		if err := kind(c).Delete(t.Context(), engine.Live{Spec: want(balancer, ours).Spec}); err != nil {
			t.Error(err)
		}
		if got := of(t, c, balancer); got != theirs {
			t.Errorf("the load balancer is under %q", got)
		}
	})
}
