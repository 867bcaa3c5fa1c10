package elbv2

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// badAction is the error for an action that a listener or rule cannot have.
func badAction(format string, args ...any) error {
	return &types.InvalidLoadBalancerActionException{Message: aws.String(fmt.Sprintf(format, args...))}
}

// checkedActions checks the actions of a listener or of one of its rules and
// returns them as they are read back.
func (s *Service) checkedActions(l *listener, actions []types.Action) ([]types.Action, error) {
	// Authentication would come before the one routing action; it is not simulated.
	for _, a := range actions {
		switch a.Type {
		case types.ActionTypeEnumAuthenticateCognito, types.ActionTypeEnumAuthenticateOidc, types.ActionTypeEnumJwtValidation:
			return nil, notSimulated("an action of type " + string(a.Type))
		}
	}
	if len(actions) != 1 {
		return nil, badAction("Exactly one action of type forward, redirect or fixed-response must be specified")
	}
	a := actions[0]
	if l.balancer.Type == types.LoadBalancerTypeEnumNetwork && a.Type != types.ActionTypeEnumForward {
		return nil, badAction("Action type '%s' is not supported for load balancers with type 'network'", a.Type)
	}
	checked := types.Action{Type: a.Type, Order: a.Order}
	var err error
	switch a.Type {
	case types.ActionTypeEnumForward:
		checked.ForwardConfig, err = s.checkedForward(l, a)
		if err == nil && len(checked.ForwardConfig.TargetGroups) == 1 {
			// aws-facts §4.7: a single target group is read back in both places.
			checked.TargetGroupArn = checked.ForwardConfig.TargetGroups[0].TargetGroupArn
		}
	case types.ActionTypeEnumRedirect:
		checked.RedirectConfig, err = checkedRedirect(l, a)
	case types.ActionTypeEnumFixedResponse:
		checked.FixedResponseConfig, err = checkedResponse(a)
	}
	if err != nil {
		return nil, err
	}
	return []types.Action{checked}, nil
}

// checkedForward checks the target groups of a forward action.
func (s *Service) checkedForward(l *listener, a types.Action) (*types.ForwardActionConfig, error) {
	if a.RedirectConfig != nil || a.FixedResponseConfig != nil {
		return nil, invalid("An action of type 'forward' can only have a target group ARN or a forward configuration")
	}
	tuples, stickiness, err := forwardTuples(a)
	if err != nil {
		return nil, err
	}
	most := s.Limits["target-groups-per-action-on-"+string(l.balancer.Type)+"-load-balancer"]
	if len(tuples) == 0 || len(tuples) > most {
		return nil, invalid("A forward action must have between 1 and %d target groups", most)
	}
	config := &types.ForwardActionConfig{}
	var seen []string
	for _, tuple := range tuples {
		tg, err := s.group(tuple.TargetGroupArn)
		if err != nil {
			return nil, err
		}
		if slices.Contains(seen, tg.arn) {
			return nil, invalid("Target group '%s' was specified more than once", tg.arn)
		}
		seen = append(seen, tg.arn)
		if err := checkForward(l, tg); err != nil {
			return nil, err
		}
		weight := aws.ToInt32(cmp.Or(tuple.Weight, aws.Int32(1)))
		if weight < 0 || weight > 999 {
			return nil, invalid("The weight '%d' must be between '0-999' inclusive", weight)
		}
		config.TargetGroups = append(config.TargetGroups,
			types.TargetGroupTuple{TargetGroupArn: aws.String(tg.arn), Weight: aws.Int32(weight)})
	}
	config.TargetGroupStickinessConfig, err = checkedStickiness(stickiness)
	return config, err
}

// forwardTuples returns the target groups of either form of a forward action.
func forwardTuples(a types.Action) ([]types.TargetGroupTuple, *types.TargetGroupStickinessConfig, error) {
	if a.ForwardConfig == nil {
		if a.TargetGroupArn == nil {
			return nil, nil, invalid("A target group ARN or a forward configuration must be specified for an action of type 'forward'")
		}
		return []types.TargetGroupTuple{{TargetGroupArn: a.TargetGroupArn}}, nil, nil
	}
	tuples := a.ForwardConfig.TargetGroups
	if a.TargetGroupArn != nil && (len(tuples) != 1 || aws.ToString(tuples[0].TargetGroupArn) != *a.TargetGroupArn) {
		return nil, nil, invalid("The target group ARN of an action must be the only target group of its forward configuration")
	}
	return tuples, a.ForwardConfig.TargetGroupStickinessConfig, nil
}

// checkedStickiness completes the stickiness of a forward action, which is read
// back even if it was not specified (aws-facts §4.7).
func checkedStickiness(config *types.TargetGroupStickinessConfig) (*types.TargetGroupStickinessConfig, error) {
	checked := &types.TargetGroupStickinessConfig{Enabled: aws.Bool(false)}
	if config == nil {
		return checked, nil
	}
	checked.Enabled = aws.Bool(aws.ToBool(config.Enabled))
	if config.DurationSeconds != nil {
		checked.DurationSeconds = aws.Int32(*config.DurationSeconds)
	}
	seconds := aws.ToInt32(config.DurationSeconds)
	if seconds > 604800 || seconds < 1 && (*checked.Enabled || config.DurationSeconds != nil) {
		return nil, invalid("The stickiness duration '%d' must be between '1-604800' inclusive", seconds)
	}
	return checked, nil
}

// checkForward checks that traffic of the listener can go to the target group.
func checkForward(l *listener, tg *targetGroup) error {
	// aws-facts §4.5: a target group belongs to one load balancer.
	if tg.balancer != nil && tg.balancer != l.balancer {
		return &types.TargetGroupAssociationLimitException{Message: aws.String(fmt.Sprintf(
			"The following target groups cannot be associated with more than one load balancer: %s", tg.arn))}
	}
	if aws.ToString(tg.VpcId) != aws.ToString(l.balancer.VpcId) {
		return badConfiguration("Target group '%s' and load balancer '%s' are in different VPCs", tg.arn, l.balancer.arn)
	}
	accepted := map[types.ProtocolEnum][]types.ProtocolEnum{
		types.ProtocolEnumHttp:   {types.ProtocolEnumHttp, types.ProtocolEnumHttps},
		types.ProtocolEnumHttps:  {types.ProtocolEnumHttp, types.ProtocolEnumHttps},
		types.ProtocolEnumTcp:    {types.ProtocolEnumTcp, types.ProtocolEnumTcpUdp},
		types.ProtocolEnumTls:    {types.ProtocolEnumTcp, types.ProtocolEnumTls},
		types.ProtocolEnumUdp:    {types.ProtocolEnumUdp, types.ProtocolEnumTcpUdp},
		types.ProtocolEnumTcpUdp: {types.ProtocolEnumTcpUdp},
	}[l.Protocol]
	if !slices.Contains(accepted, tg.Protocol) {
		return &types.IncompatibleProtocolsException{Message: aws.String(fmt.Sprintf(
			"The protocol %s of target group '%s' is not compatible with the listener protocol %s", tg.Protocol, tg.arn, l.Protocol))}
	}
	if aws.ToString(tg.ProtocolVersion) == "GRPC" && l.Protocol != types.ProtocolEnumHttps {
		return badConfiguration("Listener protocol '%s' is not supported with a target group with the protocol-version 'GRPC'", l.Protocol)
	}
	return nil
}

// checkGroupCount enforces the quota of target groups per load balancer.
func (s *Service) checkGroupCount(changed *listener) error {
	seen := map[string]bool{}
	for _, arn := range changed.groupARNs() {
		seen[arn] = true
	}
	for _, l := range s.listenersOf(changed.balancer) {
		if l.arn == changed.arn {
			continue
		}
		for _, arn := range l.groupARNs() {
			seen[arn] = true
		}
	}
	most, ok := s.Limits["target-groups-per-"+string(changed.balancer.Type)+"-load-balancer"]
	if ok && len(seen) > most {
		return &types.TooManyUniqueTargetGroupsPerLoadBalancerException{Message: aws.String(fmt.Sprintf(
			"You have reached the maximum number of unique target groups that you can associate with a load balancer of type '%s': [%d]",
			changed.balancer.Type, most))}
	}
	return nil
}

// checkedRedirect completes a redirect with the parts that it keeps.
func checkedRedirect(l *listener, a types.Action) (*types.RedirectActionConfig, error) {
	if a.RedirectConfig == nil {
		return nil, invalid("A redirect configuration must be specified for an action of type 'redirect'")
	}
	if a.TargetGroupArn != nil || a.ForwardConfig != nil || a.FixedResponseConfig != nil {
		return nil, invalid("An action of type 'redirect' can only have a redirect configuration")
	}
	r := *a.RedirectConfig
	for _, part := range []struct {
		value **string
		kept  string
	}{{&r.Host, "#{host}"}, {&r.Path, "/#{path}"}, {&r.Port, "#{port}"}, {&r.Protocol, "#{protocol}"}, {&r.Query, "#{query}"}} {
		value := part.kept
		if *part.value != nil {
			value = **part.value
		}
		*part.value = &value
	}
	if n, err := strconv.Atoi(*r.Port); *r.Port != "#{port}" && (err != nil || n < 1 || n > 65535) {
		return nil, invalid("The redirect port '%s' must be '#{port}' or in the range of 1-65535", *r.Port)
	}
	if !strings.HasPrefix(*r.Path, "/") {
		return nil, invalid("The redirect path '%s' must begin with a '/' character", *r.Path)
	}
	if l.Protocol == types.ProtocolEnumHttps && *r.Protocol == "HTTP" {
		return nil, badAction("An HTTPS listener cannot redirect to HTTP")
	}
	samePort := *r.Port == "#{port}" || *r.Port == strconv.Itoa(int(*l.Port))
	sameProtocol := *r.Protocol == "#{protocol}" || *r.Protocol == string(l.Protocol)
	if *r.Host == "#{host}" && *r.Path == "/#{path}" && *r.Query == "#{query}" && samePort && sameProtocol {
		return nil, badAction("The redirect configuration is not valid because it creates a loop.")
	}
	return &r, nil
}

func checkedResponse(a types.Action) (*types.FixedResponseActionConfig, error) {
	if a.FixedResponseConfig == nil {
		return nil, invalid("A fixed response configuration must be specified for an action of type 'fixed-response'")
	}
	if a.TargetGroupArn != nil || a.ForwardConfig != nil || a.RedirectConfig != nil {
		return nil, invalid("An action of type 'fixed-response' can only have a fixed response configuration")
	}
	r := *a.FixedResponseConfig
	contentTypes := []string{"text/plain", "text/css", "text/html", "application/javascript", "application/json"}
	if r.ContentType != nil && !slices.Contains(contentTypes, *r.ContentType) {
		return nil, invalid("The content type '%s' must be one of '%v'", *r.ContentType, contentTypes)
	}
	return &r, nil
}

// forwardedTo returns the target groups that actions name.
func forwardedTo(actions []types.Action) []string {
	var arns []string
	for _, a := range actions {
		if a.ForwardConfig == nil {
			continue
		}
		for _, tuple := range a.ForwardConfig.TargetGroups {
			arns = append(arns, aws.ToString(tuple.TargetGroupArn))
		}
	}
	return arns
}

// copyActions copies what callers could change.
func copyActions(actions []types.Action) []types.Action {
	copied := slices.Clone(actions)
	for i, a := range copied {
		if a.ForwardConfig != nil {
			config := *a.ForwardConfig
			config.TargetGroups = slices.Clone(config.TargetGroups)
			copied[i].ForwardConfig = &config
		}
		if a.RedirectConfig != nil {
			config := *a.RedirectConfig
			copied[i].RedirectConfig = &config
		}
		if a.FixedResponseConfig != nil {
			config := *a.FixedResponseConfig
			copied[i].FixedResponseConfig = &config
		}
	}
	return copied
}
