package autoscaling

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// succeed prepares for a new group beside the one that is to be replaced by it. It
// returns the capacity to begin with: that of the other, for it will get the other's
// requests. A third group, which an attempt left that was given up, goes first.
func (k *groups) succeed(ctx context.Context, want engine.Want) (desired int32, err error) {
	s := spec[*Group](want.Spec)
	others, err := k.siblings(ctx, want.Stack, want.Key, s.Name)
	if err != nil {
		return 0, err
	}
	if len(others) > 1 {
		if others, err = k.onlyServing(ctx, others); err != nil {
			return 0, err
		}
	}
	for _, g := range others {
		desired = max(desired, aws.ToInt32(g.DesiredCapacity))
	}
	return min(desired, s.MaxSize), nil
}

// siblings returns the groups of a part beside the one with the name.
func (k *groups) siblings(ctx context.Context, id stack.ID, key, name string) ([]types.AutoScalingGroup, error) {
	found, err := k.r.lister.Find(ctx, id.String(), nil, false)
	if err != nil {
		return nil, err
	}
	var others []types.AutoScalingGroup
	for _, f := range found {
		if g := f.Object; tagMap(g.Tags)[stack.TagPart] == key && aws.ToString(g.AutoScalingGroupName) != name && !isDeleting(g) {
			others = append(others, g)
		}
	}
	return others, nil
}

// onlyServing deletes those of several groups that get no requests; if none gets
// any, all but the largest one. Which one does is never remembered: the weights of
// the listeners tell.
func (k *groups) onlyServing(ctx context.Context, groups []types.AutoScalingGroup) ([]types.AutoScalingGroup, error) {
	slices.SortStableFunc(groups, func(a, b types.AutoScalingGroup) int {
		return int(aws.ToInt32(b.DesiredCapacity)) - int(aws.ToInt32(a.DesiredCapacity))
	})
	var serving, idle []types.AutoScalingGroup
	for _, g := range groups {
		serves, err := k.getsRequests(ctx, g)
		switch {
		case err != nil:
			return nil, err
		case serves:
			serving = append(serving, g)
		default:
			idle = append(idle, g)
		}
	}
	if len(serving) == 0 {
		serving, idle = idle[:1], idle[1:]
	}
	for _, g := range idle {
		name := aws.ToString(g.AutoScalingGroupName)
		if err := k.delete(ctx, name); err != nil && !awsapi.IsNotFound(err) {
			return nil, fmt.Errorf("deleting the group %s, which gets no requests: %w", name, err)
		}
	}
	return serving, nil
}

// getsRequests reports whether a listener sends requests to a target group of the
// group.
func (k *groups) getsRequests(ctx context.Context, g types.AutoScalingGroup) (bool, error) {
	if len(g.TargetGroupARNs) == 0 {
		return false, nil
	}
	out, err := awsapi.ELBv2(k.c).DescribeTargetGroups(ctx, &elbv2.DescribeTargetGroupsInput{TargetGroupArns: g.TargetGroupARNs})
	if err != nil {
		return false, fmt.Errorf("reading the target groups of %s: %w", aws.ToString(g.AutoScalingGroupName), err)
	}
	for _, target := range out.TargetGroups {
		for _, balancer := range target.LoadBalancerArns {
			if sends, err := k.sends(ctx, balancer, aws.ToString(target.TargetGroupArn)); err != nil || sends {
				return sends, err
			}
		}
	}
	return false, nil
}

// sends reports whether a listener of a load balancer sends requests to a target
// group by its default action: stacks have no other.
func (k *groups) sends(ctx context.Context, balancer, target string) (bool, error) {
	pages := elbv2.NewDescribeListenersPaginator(k.c.ELBv2Pages(), &elbv2.DescribeListenersInput{LoadBalancerArn: &balancer})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, fmt.Errorf("reading the listeners of %s: %w", balancer, err)
		}
		for _, listener := range page.Listeners {
			for _, action := range listener.DefaultActions {
				if action.ForwardConfig == nil && aws.ToString(action.TargetGroupArn) == target {
					return true, nil
				}
				if action.ForwardConfig == nil {
					continue
				}
				for _, tuple := range action.ForwardConfig.TargetGroups {
					if aws.ToString(tuple.TargetGroupArn) == target && (tuple.Weight == nil || *tuple.Weight > 0) {
						return true, nil
					}
				}
			}
		}
	}
	return false, nil
}
