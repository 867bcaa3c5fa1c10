package elbv2

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Keys that the simulator itself reads.
const (
	deregistrationDelay     = "deregistration_delay.timeout_seconds"
	slowStart               = "slow_start.duration_seconds"
	algorithm               = "load_balancing.algorithm.type"
	anomalyMitigation       = "load_balancing.algorithm.anomaly_mitigation"
	stickinessEnabled       = "stickiness.enabled"
	stickinessType          = "stickiness.type"
	cookieName              = "stickiness.app_cookie.cookie_name"
	preserveClientIP        = "preserve_client_ip.enabled"
	delayedTermination      = "deregistration_delay.connection_termination.enabled"
	unhealthyTermination    = "target_health_state.unhealthy.connection_termination.enabled"
	unhealthyDrainingPeriod = "target_health_state.unhealthy.draining_interval_seconds"
)

// The attributes of target groups (aws-facts §4.5).
var (
	groupHealthAttributes = []attribute{
		{"target_group_health.dns_failover.minimum_healthy_targets.count", "1", either("off", between(1, 1000))},
		{"target_group_health.dns_failover.minimum_healthy_targets.percentage", "off", either("off", between(1, 100))},
		{"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1", between(1, 1000)},
		{"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off", either("off", between(1, 100))},
	}
	groupCommonAttributes = append([]attribute{
		{deregistrationDelay, "300", between(0, 3600)},
		{stickinessEnabled, "false", boolean},
		{crossZone, "use_load_balancer_configuration", oneOf("true", "false", "use_load_balancer_configuration")},
	}, groupHealthAttributes...)

	applicationGroupAttributes = append([]attribute{
		{stickinessType, "lb_cookie", oneOf("lb_cookie", "app_cookie")},
		{"stickiness.lb_cookie.duration_seconds", "86400", between(1, 604800)},
		{cookieName, "", atMost(4096)},
		{"stickiness.app_cookie.duration_seconds", "86400", between(1, 604800)},
		{slowStart, "0", either("0", between(30, 900))},
		{algorithm, "round_robin", oneOf("round_robin", "least_outstanding_requests", "weighted_random")},
		{anomalyMitigation, "off", oneOf("on", "off")},
	}, groupCommonAttributes...)

	networkGroupAttributes = append([]attribute{
		{stickinessType, "source_ip", oneOf("source_ip")},
		{delayedTermination, "false", boolean},
		{preserveClientIP, "true", boolean},
		{"proxy_protocol_v2.enabled", "false", boolean},
		{unhealthyTermination, "true", boolean},
		{unhealthyDrainingPeriod, "0", between(0, 360000)},
	}, groupCommonAttributes...)
)

// attributed describes the attributes that this target group has.
func (tg *targetGroup) attributed() object {
	o := object{what: "Target group", kind: "protocol '" + string(tg.Protocol) + "'", all: applicationGroupAttributes}
	if tg.kind() == types.LoadBalancerTypeEnumNetwork {
		o.all = networkGroupAttributes
	}
	o.known = func(key string) bool { return hasKey(key, applicationGroupAttributes, networkGroupAttributes) }
	return o
}

// initialAttributes returns the attributes of a new target group.
func (tg *targetGroup) initialAttributes() map[string]string {
	values := initialValues(tg.attributed().all)
	if tg.carriesUDP() {
		values[delayedTermination] = "true"
		values[unhealthyTermination] = "false"
	}
	return values
}

// DescribeTargetGroupAttributes implements the operation.
func (s *Service) DescribeTargetGroupAttributes(_ context.Context, in *sdk.DescribeTargetGroupAttributesInput) (*sdk.DescribeTargetGroupAttributesOutput, error) {
	tg, err := s.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeTargetGroupAttributesOutput{Attributes: tg.attributeList()}, nil
}

// ModifyTargetGroupAttributes implements the operation.
func (s *Service) ModifyTargetGroupAttributes(_ context.Context, in *sdk.ModifyTargetGroupAttributesInput) (*sdk.ModifyTargetGroupAttributesOutput, error) {
	tg, err := s.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	settings := settingsOf(in.Attributes, func(a types.TargetGroupAttribute) (*string, *string) { return a.Key, a.Value })
	if err := tg.checkStickinessType(settings); err != nil {
		return nil, err
	}
	merged, err := tg.attributed().merge(tg.attributes, settings)
	if err != nil {
		return nil, err
	}
	if err := tg.checkAttributes(merged); err != nil {
		return nil, err
	}
	tg.attributes = merged
	return &sdk.ModifyTargetGroupAttributesOutput{Attributes: tg.attributeList()}, nil
}

// checkStickinessType refuses the types of other protocols (aws-facts §4.5).
func (tg *targetGroup) checkStickinessType(settings []setting) error {
	for _, set := range settings {
		if set.key != stickinessType {
			continue
		}
		cookie := set.value == "lb_cookie" || set.value == "app_cookie"
		address := set.value == "source_ip" || set.value == "source_ip_dest_ip" || set.value == "source_ip_dest_ip_proto"
		network := tg.kind() == types.LoadBalancerTypeEnumNetwork
		if cookie && network || address && !network {
			return badConfiguration("Stickiness type '%s' is not supported for target groups with the %s protocol", set.value, tg.Protocol)
		}
	}
	return nil
}

// checkAttributes makes the checks that need more than one value (aws-facts §4.5).
func (tg *targetGroup) checkAttributes(merged map[string]string) error {
	switch name := merged[cookieName]; {
	case merged[slowStart] != "0" && merged[slowStart] != "" && merged[algorithm] != "round_robin":
		return badConfiguration("Slow start mode cannot be enabled with the load balancing algorithm '%s'", merged[algorithm])
	case merged[anomalyMitigation] == "on" && merged[algorithm] != "weighted_random":
		return badConfiguration("Anomaly mitigation can only be enabled with the load balancing algorithm 'weighted_random'")
	case strings.HasPrefix(name, "AWSALB"):
		return badConfiguration("The app cookie name '%s' is reserved for use by the load balancer", name)
	case merged[stickinessEnabled] == "true" && merged[stickinessType] == "app_cookie" && name == "":
		return badConfiguration("'%s' must be specified for the stickiness type 'app_cookie'", cookieName)
	case tg.carriesUDP() && merged[preserveClientIP] == "false":
		return badConfiguration("Client IP preservation cannot be disabled for target groups with the %s protocol", tg.Protocol)
	case tg.carriesUDP() && merged[unhealthyTermination] == "true":
		return badConfiguration("'%s' cannot be enabled for target groups with the %s protocol", unhealthyTermination, tg.Protocol)
	case merged[unhealthyTermination] == "true" && merged[unhealthyDrainingPeriod] != "0":
		return badConfiguration("'%s' can only be configured when '%s' is false", unhealthyDrainingPeriod, unhealthyTermination)
	}
	return nil
}

func (tg *targetGroup) attributeList() []types.TargetGroupAttribute {
	var list []types.TargetGroupAttribute
	for _, a := range tg.attributed().all {
		list = append(list, types.TargetGroupAttribute{Key: aws.String(a.key), Value: aws.String(tg.attributes[a.key])})
	}
	return list
}

// period returns the value of an attribute in seconds.
func (tg *targetGroup) period(key string) time.Duration {
	n, err := strconv.Atoi(tg.attributes[key])
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}
