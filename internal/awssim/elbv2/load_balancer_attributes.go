package elbv2

import (
	"context"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Keys that the simulator itself reads.
const (
	deletionProtection = "deletion_protection.enabled"
	crossZone          = "load_balancing.cross_zone.enabled"
	denyGatewayTraffic = "ipv6.deny_all_igw_traffic"
	secondaryAddresses = "secondary_ips.auto_assigned.per_subnet"
)

// logAttributes are the three keys of a kind of log.
func logAttributes(prefix string) []attribute {
	return []attribute{
		{prefix + ".s3.enabled", "false", boolean},
		{prefix + ".s3.bucket", "", atMost(63)},
		{prefix + ".s3.prefix", "", func(value string) string {
			// aws-facts §4.3.
			if strings.Contains(value, "AWSLogs") {
				return "without 'AWSLogs'"
			}
			return atMost(512)(value)
		}},
	}
}

// The attributes of each type of load balancer (aws-facts §4.3).
var (
	applicationAttributes = append(append(append([]attribute{
		{deletionProtection, "false", boolean},
		{crossZone, "true", boolean},
		{"idle_timeout.timeout_seconds", "60", between(1, 4000)},
		{"client_keep_alive.seconds", "3600", between(60, 604800)},
		{"routing.http.desync_mitigation_mode", "defensive", oneOf("monitor", "defensive", "strictest")},
		{"routing.http.drop_invalid_header_fields.enabled", "false", boolean},
		{"routing.http.preserve_host_header.enabled", "false", boolean},
		{"routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false", boolean},
		{"routing.http.xff_client_port.enabled", "false", boolean},
		{"routing.http.xff_header_processing.mode", "append", oneOf("append", "preserve", "remove")},
		{"routing.http2.enabled", "true", boolean},
		{"waf.fail_open.enabled", "false", boolean},
		{"zonal_shift.config.enabled", "false", boolean},
	}, logAttributes("access_logs")...), logAttributes("connection_logs")...), logAttributes("health_check_logs")...)

	networkAttributes = append([]attribute{
		{deletionProtection, "false", boolean},
		{crossZone, "false", boolean},
		{"dns_record.client_routing_policy", "any_availability_zone", oneOf("availability_zone_affinity",
			"partial_availability_zone_affinity", "any_availability_zone")},
		{secondaryAddresses, "0", between(0, 7)},
		{"zonal_shift.config.enabled", "false", boolean},
	}, logAttributes("access_logs")...)
)

// attributed describes the attributes that this load balancer has.
func (lb *loadBalancer) attributed() object {
	o := object{what: "Load balancer", kind: "type '" + string(lb.Type) + "'", all: applicationAttributes}
	if lb.Type == types.LoadBalancerTypeEnumNetwork {
		o.all = networkAttributes
	}
	if lb.IpAddressType != types.IpAddressTypeIpv4 {
		internal := strconv.FormatBool(lb.Scheme == types.LoadBalancerSchemeEnumInternal)
		o.all = append(o.all[:len(o.all):len(o.all)], attribute{denyGatewayTraffic, internal, boolean})
	}
	o.known = func(key string) bool { return hasKey(key, applicationAttributes, networkAttributes) }
	return o
}

// DescribeLoadBalancerAttributes implements the operation.
func (s *Service) DescribeLoadBalancerAttributes(_ context.Context, in *sdk.DescribeLoadBalancerAttributesInput) (*sdk.DescribeLoadBalancerAttributesOutput, error) {
	lb, err := s.balancer(in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeLoadBalancerAttributesOutput{Attributes: lb.attributeList()}, nil
}

// ModifyLoadBalancerAttributes implements the operation.
func (s *Service) ModifyLoadBalancerAttributes(_ context.Context, in *sdk.ModifyLoadBalancerAttributesInput) (*sdk.ModifyLoadBalancerAttributesOutput, error) {
	lb, err := s.balancer(in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	settings := settingsOf(in.Attributes, func(a types.LoadBalancerAttribute) (*string, *string) { return a.Key, a.Value })
	for _, set := range settings {
		if set.key == denyGatewayTraffic && lb.IpAddressType == types.IpAddressTypeIpv4 {
			return nil, badConfiguration("Load balancer attribute key '%s' is not supported on load balancers with IP address type 'ipv4'", set.key)
		}
	}
	merged, err := lb.attributed().merge(lb.attributes, settings)
	if err != nil {
		return nil, err
	}
	if err := s.checkBalancerAttributes(lb, merged); err != nil {
		return nil, err
	}
	lb.attributes = merged
	return &sdk.ModifyLoadBalancerAttributesOutput{Attributes: lb.attributeList()}, nil
}

// checkBalancerAttributes makes the checks that need more than one value.
func (s *Service) checkBalancerAttributes(lb *loadBalancer, merged map[string]string) error {
	// aws-facts §4.3: always on for Application Load Balancers.
	if lb.Type == types.LoadBalancerTypeEnumApplication && merged[crossZone] != "true" {
		return badConfiguration("Load balancer attribute key '%s' cannot be changed on load balancers with type 'application'", crossZone)
	}
	// aws-facts §4.3: the number cannot be decreased.
	if merged[secondaryAddresses] < lb.attributes[secondaryAddresses] {
		return badConfiguration("'%s' cannot be decreased from '%s' to '%s'", secondaryAddresses,
			lb.attributes[secondaryAddresses], merged[secondaryAddresses])
	}
	return s.tryLogs(lb, merged)
}

func (lb *loadBalancer) attributeList() []types.LoadBalancerAttribute {
	var list []types.LoadBalancerAttribute
	for _, a := range lb.attributed().all {
		list = append(list, types.LoadBalancerAttribute{Key: aws.String(a.key), Value: aws.String(lb.attributes[a.key])})
	}
	return list
}

// DescribeCapacityReservation tells how much capacity is kept for a load balancer at
// least: none, for no operation reserves any here.
func (s *Service) DescribeCapacityReservation(_ context.Context, in *sdk.DescribeCapacityReservationInput) (*sdk.DescribeCapacityReservationOutput, error) {
	if _, err := s.balancer(in.LoadBalancerArn); err != nil {
		return nil, err
	}
	return &sdk.DescribeCapacityReservationOutput{}, nil
}
