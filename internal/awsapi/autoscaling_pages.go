package awsapi

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

// AutoScalingPages offers the paginated reads of EC2 Auto Scaling to the SDK's paginators, as EC2Pages does.
type AutoScalingPages struct{ c *Clients }

// AutoScalingPages returns what the paginators of EC2 Auto Scaling read with.
func (c *Clients) AutoScalingPages() AutoScalingPages { return AutoScalingPages{c} }

// DescribeAutoScalingGroups implements the paginator's client.
func (p AutoScalingPages) DescribeAutoScalingGroups(ctx context.Context, in *autoscaling.DescribeAutoScalingGroupsInput, options ...func(*autoscaling.Options)) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
	return AutoScaling(p.c).DescribeAutoScalingGroups(ctx, in, options...)
}

// DescribeLoadBalancerTargetGroups implements the paginator's client.
func (p AutoScalingPages) DescribeLoadBalancerTargetGroups(ctx context.Context, in *autoscaling.DescribeLoadBalancerTargetGroupsInput, options ...func(*autoscaling.Options)) (*autoscaling.DescribeLoadBalancerTargetGroupsOutput, error) {
	return AutoScaling(p.c).DescribeLoadBalancerTargetGroups(ctx, in, options...)
}

// DescribePolicies implements the paginator's client.
func (p AutoScalingPages) DescribePolicies(ctx context.Context, in *autoscaling.DescribePoliciesInput, options ...func(*autoscaling.Options)) (*autoscaling.DescribePoliciesOutput, error) {
	return AutoScaling(p.c).DescribePolicies(ctx, in, options...)
}

// DescribeScheduledActions implements the paginator's client.
func (p AutoScalingPages) DescribeScheduledActions(ctx context.Context, in *autoscaling.DescribeScheduledActionsInput, options ...func(*autoscaling.Options)) (*autoscaling.DescribeScheduledActionsOutput, error) {
	return AutoScaling(p.c).DescribeScheduledActions(ctx, in, options...)
}
