package elbv2

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// targetGroup is a target group of instances.
type targetGroup struct {
	types.TargetGroup
	arn, name  string
	attributes map[string]string
	targets    []*target

	balancer   *loadBalancer // whose listeners or rules name the group; nil: unused
	releasedAt time.Time     // until when a group without a balancer still counts as used

	asked, load Requests // in the minute under way, and in every minute
}

// kind is the type of load balancer that can use the group.
func (tg *targetGroup) kind() types.LoadBalancerTypeEnum {
	if tg.Protocol == types.ProtocolEnumHttp || tg.Protocol == types.ProtocolEnumHttps {
		return types.LoadBalancerTypeEnumApplication
	}
	return types.LoadBalancerTypeEnumNetwork
}

func (tg *targetGroup) carriesUDP() bool {
	return tg.Protocol == types.ProtocolEnumUdp || tg.Protocol == types.ProtocolEnumTcpUdp
}

// CreateTargetGroup implements the operation.
func (s *Service) CreateTargetGroup(_ context.Context, in *sdk.CreateTargetGroupInput) (*sdk.CreateTargetGroupOutput, error) {
	tg, err := s.newGroup(in)
	if err != nil {
		return nil, err
	}
	tags, err := newTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	for _, old := range s.groups {
		if old.name != tg.name {
			continue
		}
		// aws-facts §4.5, §17: identical settings mean the existing one.
		if old.sameSettings(tg) {
			return &sdk.CreateTargetGroupOutput{TargetGroups: []types.TargetGroup{old.view()}}, nil
		}
		return nil, &types.DuplicateTargetGroupNameException{Message: aws.String(fmt.Sprintf(
			"A target group with the same name '%s' exists, but with different settings", tg.name))}
	}
	if len(s.groups) >= s.Limits["target-groups"] {
		return nil, &types.TooManyTargetGroupsException{Message: aws.String("The maximum number of target groups has been reached")}
	}
	tg.arn = s.ARN("elasticloadbalancing", "targetgroup/"+tg.name+"/"+s.Hex(16))
	tg.TargetGroupArn = aws.String(tg.arn)
	s.groups = append(s.groups, tg)
	s.tags[tg.arn] = tags
	return &sdk.CreateTargetGroupOutput{TargetGroups: []types.TargetGroup{tg.view()}}, nil
}

// newGroup makes a target group of the request's settings and the defaults.
func (s *Service) newGroup(in *sdk.CreateTargetGroupInput) (*targetGroup, error) {
	name := aws.ToString(in.Name)
	if problem := nameProblem(name); problem != "" {
		return nil, invalid("Target group name '%s' %s", name, problem)
	}
	if err := s.checkGroupRequest(in); err != nil {
		return nil, err
	}
	tg := &targetGroup{name: name, TargetGroup: types.TargetGroup{
		TargetGroupName: aws.String(name), Protocol: in.Protocol, Port: in.Port, VpcId: in.VpcId,
		TargetType: types.TargetTypeEnumInstance, HealthCheckEnabled: aws.Bool(true),
		IpAddressType: cmp.Or(in.IpAddressType, types.TargetGroupIpAddressTypeEnumIpv4),
	}}
	if tg.kind() == types.LoadBalancerTypeEnumApplication {
		tg.ProtocolVersion = aws.String(cmp.Or(aws.ToString(in.ProtocolVersion), "HTTP1"))
		if !slices.Contains([]string{"HTTP1", "HTTP2", "GRPC"}, *tg.ProtocolVersion) {
			return nil, invalid("Protocol version '%s' must be one of '[GRPC, HTTP1, HTTP2]'", *tg.ProtocolVersion)
		}
	} else if in.ProtocolVersion != nil {
		return nil, badConfiguration("A protocol version cannot be specified for target groups with the %s protocol", tg.Protocol)
	}
	tg.setHealthCheckDefaults(in.HealthCheckProtocol)
	if err := tg.setHealthCheck(healthCheckOf(in)); err != nil {
		return nil, err
	}
	// The attributes only depend on what cannot change.
	tg.attributes = tg.initialAttributes()
	return tg, nil
}

func (s *Service) checkGroupRequest(in *sdk.CreateTargetGroupInput) error {
	switch {
	case in.TargetType != "" && in.TargetType != types.TargetTypeEnumInstance:
		return notSimulated("a target group of type " + string(in.TargetType))
	case in.TargetControlPort != nil:
		return notSimulated("a target control port")
	case in.Protocol == "":
		return invalid("A protocol must be specified")
	case in.Protocol == types.ProtocolEnumGeneve || in.Protocol == types.ProtocolEnumQuic || in.Protocol == types.ProtocolEnumTcpQuic:
		return notSimulated("a target group with the protocol " + string(in.Protocol))
	case in.Port == nil:
		return invalid("A port must be specified")
	case in.VpcId == nil:
		return invalid("A VPC ID must be specified")
	}
	out, err := s.net.DescribeVpcs(context.Background(), &ec2sdk.DescribeVpcsInput{
		Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{*in.VpcId}}}})
	if err != nil {
		return err
	}
	if len(out.Vpcs) == 0 {
		return invalid("The VPC ID '%s' is not found", *in.VpcId)
	}
	return nil
}

// sameSettings compares everything but the identity of two target groups.
func (tg *targetGroup) sameSettings(wanted *targetGroup) bool {
	have := tg.TargetGroup
	have.TargetGroupArn = nil
	return reflect.DeepEqual(have, wanted.TargetGroup)
}

// ModifyTargetGroup implements the operation: health checks are all that can
// change (aws-facts §4.5).
func (s *Service) ModifyTargetGroup(_ context.Context, in *sdk.ModifyTargetGroupInput) (*sdk.ModifyTargetGroupOutput, error) {
	tg, err := s.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	s.advance(tg, s.Now())
	changed := *tg
	if in.HealthCheckProtocol != "" && in.HealthCheckProtocol != tg.HealthCheckProtocol {
		changed.changeHealthCheckProtocol(in.HealthCheckProtocol)
	}
	if err := changed.setHealthCheck(healthCheck{enabled: in.HealthCheckEnabled, protocol: in.HealthCheckProtocol,
		path: in.HealthCheckPath, port: in.HealthCheckPort, matcher: in.Matcher, interval: in.HealthCheckIntervalSeconds,
		timeout: in.HealthCheckTimeoutSeconds, healthy: in.HealthyThresholdCount, unhealthy: in.UnhealthyThresholdCount}); err != nil {
		return nil, err
	}
	tg.TargetGroup = changed.TargetGroup
	return &sdk.ModifyTargetGroupOutput{TargetGroups: []types.TargetGroup{tg.view()}}, nil
}

// DeleteTargetGroup implements the operation. An unknown target group is no error
// in AWS's model.
func (s *Service) DeleteTargetGroup(_ context.Context, in *sdk.DeleteTargetGroupInput) (*sdk.DeleteTargetGroupOutput, error) {
	if !isARN(in.TargetGroupArn, "targetgroup") {
		return nil, invalid("'%s' is not a valid target group ARN", aws.ToString(in.TargetGroupArn))
	}
	tg, unknown := s.group(in.TargetGroupArn)
	if unknown != nil {
		return &sdk.DeleteTargetGroupOutput{}, nil //nolint:nilerr // See above.
	}
	// aws-facts §4.5: in use for a while after the last reference has gone. Its
	// targets and an Auto Scaling group do not block it.
	if tg.balancer != nil || s.Now().Before(tg.releasedAt) {
		return nil, &types.ResourceInUseException{Message: aws.String(fmt.Sprintf(
			"Target group '%s' is currently in use by a listener or a rule", tg.arn))}
	}
	s.groups = slices.DeleteFunc(s.groups, func(other *targetGroup) bool { return other == tg })
	delete(s.tags, tg.arn)
	return &sdk.DeleteTargetGroupOutput{}, nil
}

// DescribeTargetGroups implements the operation.
func (s *Service) DescribeTargetGroups(_ context.Context, in *sdk.DescribeTargetGroupsInput) (*sdk.DescribeTargetGroupsOutput, error) {
	groups := s.groups
	if in.LoadBalancerArn != nil {
		if len(in.Names)+len(in.TargetGroupArns) > 0 {
			return nil, invalid("Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time")
		}
		lb, err := s.balancer(in.LoadBalancerArn)
		if err != nil {
			return nil, err
		}
		groups = slices.DeleteFunc(slices.Clone(groups), func(tg *targetGroup) bool { return tg.balancer != lb })
	}
	groups, err := pick(groups, selection{what: "Target group", arns: in.TargetGroupArns, names: in.Names, missing: noGroup},
		func(tg *targetGroup) string { return tg.arn }, func(tg *targetGroup) string { return tg.name })
	if err != nil {
		return nil, err
	}
	groups, next, err := page(groups, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &sdk.DescribeTargetGroupsOutput{NextMarker: next}
	for _, tg := range groups {
		out.TargetGroups = append(out.TargetGroups, tg.view())
	}
	return out, nil
}

func noGroup(string) error {
	return &types.TargetGroupNotFoundException{Message: aws.String("One or more target groups not found")}
}

func (s *Service) group(arn *string) (*targetGroup, error) {
	for _, tg := range s.groups {
		if tg.arn == aws.ToString(arn) {
			return tg, nil
		}
	}
	return nil, noGroup(aws.ToString(arn))
}

// view returns a copy of the target group with its load balancer.
func (tg *targetGroup) view() types.TargetGroup {
	v := tg.TargetGroup
	if v.Matcher != nil {
		matcher := *v.Matcher
		v.Matcher = &matcher
	}
	v.LoadBalancerArns = []string{}
	if tg.balancer != nil {
		v.LoadBalancerArns = append(v.LoadBalancerArns, tg.balancer.arn)
	}
	return v
}

// relink works out which load balancer each target group serves, after listeners,
// rules or subnets have changed, and starts or ends the checks of its targets.
func (s *Service) relink() {
	now, named := s.Now(), s.balancersOf()
	for _, tg := range s.groups {
		s.advance(tg, now)
		balancer := named[tg.arn]
		if balancer == nil && tg.balancer != nil {
			tg.releasedAt = now.Add(s.Timings.TargetGroupReleased)
		}
		if balancer != tg.balancer {
			for _, t := range tg.targets {
				t.used = false
			}
		}
		tg.balancer = balancer
		for _, t := range tg.targets {
			s.enlist(tg, t, now)
		}
	}
}

// balancersOf returns the load balancers by the target groups that they name.
func (s *Service) balancersOf() map[string]*loadBalancer {
	named := map[string]*loadBalancer{}
	for _, l := range s.listeners {
		for _, arn := range l.groupARNs() {
			named[arn] = l.balancer
		}
	}
	return named
}
