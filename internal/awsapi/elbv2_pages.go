package awsapi

import (
	"context"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// ELBv2Pages offers the paginated reads of Elastic Load Balancing to the SDK's paginators, as EC2Pages does.
type ELBv2Pages struct{ c *Clients }

// ELBv2Pages returns what the paginators of Elastic Load Balancing read with.
func (c *Clients) ELBv2Pages() ELBv2Pages { return ELBv2Pages{c} }

// DescribeListeners implements the paginator's client.
func (p ELBv2Pages) DescribeListeners(ctx context.Context, in *elbv2.DescribeListenersInput, options ...func(*elbv2.Options)) (*elbv2.DescribeListenersOutput, error) {
	return ELBv2(p.c).DescribeListeners(ctx, in, options...)
}

// DescribeLoadBalancers implements the paginator's client.
func (p ELBv2Pages) DescribeLoadBalancers(ctx context.Context, in *elbv2.DescribeLoadBalancersInput, options ...func(*elbv2.Options)) (*elbv2.DescribeLoadBalancersOutput, error) {
	return ELBv2(p.c).DescribeLoadBalancers(ctx, in, options...)
}

// DescribeRules implements the paginator's client.
func (p ELBv2Pages) DescribeRules(ctx context.Context, in *elbv2.DescribeRulesInput, options ...func(*elbv2.Options)) (*elbv2.DescribeRulesOutput, error) {
	return ELBv2(p.c).DescribeRules(ctx, in, options...)
}

// DescribeTargetGroups implements the paginator's client.
func (p ELBv2Pages) DescribeTargetGroups(ctx context.Context, in *elbv2.DescribeTargetGroupsInput, options ...func(*elbv2.Options)) (*elbv2.DescribeTargetGroupsOutput, error) {
	return ELBv2(p.c).DescribeTargetGroups(ctx, in, options...)
}
