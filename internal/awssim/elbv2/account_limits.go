package elbv2

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// defaultLimits are the quotas of a new account (aws-facts §4.5, §4.7). Network
// Load Balancers were limited to one target group per action until weighted
// target groups came to them.
func defaultLimits() map[string]int {
	return map[string]int{
		"application-load-balancers":                            50,
		"certificates-per-application-load-balancer":            25,
		"certificates-per-network-load-balancer":                25,
		"condition-values-per-alb-rule":                         5,
		"condition-wildcards-per-alb-rule":                      5,
		"listeners-per-application-load-balancer":               50,
		"listeners-per-network-load-balancer":                   50,
		"network-load-balancers":                                50,
		"rules-per-application-load-balancer":                   100,
		"target-groups":                                         3000,
		"target-groups-per-action-on-application-load-balancer": 5,
		"target-groups-per-action-on-network-load-balancer":     5,
		"target-groups-per-application-load-balancer":           100,
		"targets-per-target-group":                              1000,
	}
}

// DescribeAccountLimits implements the operation.
func (s *Service) DescribeAccountLimits(_ context.Context, in *sdk.DescribeAccountLimitsInput) (*sdk.DescribeAccountLimitsOutput, error) {
	var limits []types.Limit
	for _, name := range slices.Sorted(maps.Keys(s.Limits)) {
		limits = append(limits, types.Limit{Name: aws.String(name), Max: aws.String(strconv.Itoa(s.Limits[name]))})
	}
	limits, next, err := page(limits, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeAccountLimitsOutput{Limits: limits, NextMarker: next}, nil
}
