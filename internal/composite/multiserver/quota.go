package multiserver

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

var (
	// balancerLimits have one answer: all of them by name.
	balancerLimits = awsapi.Question[string, map[string]int]{Most: 1, Fetch: fetchLimits}
	// balancers are the names of the account's load balancers of a type.
	balancers = awsapi.Question[elbtypes.LoadBalancerTypeEnum, []string]{Fetch: fetchBalancers}
)

// checkBalancerQuota makes sure that there may be one more load balancer, if the plan
// makes one.
func checkBalancerQuota(ctx context.Context, c *awsapi.Clients, m, prior *Model) ([]composite.Problem, error) {
	name := m.balancerName(m.Name.ValueString())
	if prior != nil && prior.balancerName(prior.Name.ValueString()) == name {
		return nil, nil
	}
	kind := m.loadBalancer().Type.ValueString()
	limits, _, err := balancerLimits.Ask(ctx, c, "")
	if err != nil {
		return nil, err
	}
	there, _, err := balancers.Ask(ctx, c, elbtypes.LoadBalancerTypeEnum(kind))
	if err != nil {
		return nil, err
	}
	most, limited := limits[kind+"-load-balancers"]
	if !limited || len(there) < most || slices.Contains(there, name) { // left from an apply that was cut off
		return nil, nil
	}
	return []composite.Problem{{At: path.Root("load_balancer").AtName("type"), Summary: "Quota of load balancers reached",
		Detail: fmt.Sprintf("The account may have %d %s load balancers in %s, and has %d. Delete one, or ask for more (Service Quotas, Elastic Load Balancing).", most, kind, c.Region, len(there))}}, nil
}

func fetchLimits(ctx context.Context, c *awsapi.Clients, keys []string) (map[string]map[string]int, error) {
	limits := map[string]int{}
	in := &elbv2.DescribeAccountLimitsInput{}
	for {
		out, err := awsapi.ELBv2(c).DescribeAccountLimits(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, limit := range out.Limits {
			if most, err := strconv.Atoi(aws.ToString(limit.Max)); err == nil {
				limits[aws.ToString(limit.Name)] = most
			}
		}
		if in.Marker = out.NextMarker; in.Marker == nil {
			return map[string]map[string]int{keys[0]: limits}, nil
		}
	}
}

func fetchBalancers(ctx context.Context, c *awsapi.Clients, kinds []elbtypes.LoadBalancerTypeEnum) (map[elbtypes.LoadBalancerTypeEnum][]string, error) {
	names := map[elbtypes.LoadBalancerTypeEnum][]string{}
	for _, kind := range kinds {
		names[kind] = nil // an answer that there is none, too, is remembered
	}
	pages := elbv2.NewDescribeLoadBalancersPaginator(c.ELBv2Pages(), &elbv2.DescribeLoadBalancersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, balancer := range page.LoadBalancers {
			names[balancer.Type] = append(names[balancer.Type], aws.ToString(balancer.LoadBalancerName))
		}
	}
	return names, nil
}
