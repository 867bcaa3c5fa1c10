package elbv2

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// trafficPort stands for the port on which a target receives traffic.
const trafficPort = "traffic-port"

// healthCheck is the settings of a request; what is not set stays as it is.
type healthCheck struct {
	enabled                               *bool
	protocol                              types.ProtocolEnum
	path, port                            *string
	matcher                               *types.Matcher
	interval, timeout, healthy, unhealthy *int32
}

func healthCheckOf(in *sdk.CreateTargetGroupInput) healthCheck {
	return healthCheck{enabled: in.HealthCheckEnabled, protocol: in.HealthCheckProtocol, path: in.HealthCheckPath,
		port: in.HealthCheckPort, matcher: in.Matcher, interval: in.HealthCheckIntervalSeconds,
		timeout: in.HealthCheckTimeoutSeconds, healthy: in.HealthyThresholdCount, unhealthy: in.UnhealthyThresholdCount}
}

func (tg *targetGroup) checksHTTP() bool {
	return tg.HealthCheckProtocol == types.ProtocolEnumHttp || tg.HealthCheckProtocol == types.ProtocolEnumHttps
}

// setHealthCheckDefaults sets the defaults (aws-facts §4.5).
func (tg *targetGroup) setHealthCheckDefaults(protocol types.ProtocolEnum) {
	tg.HealthCheckPort = aws.String(trafficPort)
	tg.HealthCheckIntervalSeconds = aws.Int32(30)
	tg.HealthyThresholdCount, tg.UnhealthyThresholdCount = aws.Int32(5), aws.Int32(2)
	initial := types.ProtocolEnumTcp
	if tg.kind() == types.LoadBalancerTypeEnumApplication {
		initial = types.ProtocolEnumHttp
	}
	tg.changeHealthCheckProtocol(cmp.Or(protocol, initial))
	timeout := int32(10)
	switch {
	case tg.Protocol == types.ProtocolEnumHttp:
		timeout = 5
	case tg.HealthCheckProtocol == types.ProtocolEnumHttp && tg.kind() == types.LoadBalancerTypeEnumNetwork:
		timeout = 6
	}
	tg.HealthCheckTimeoutSeconds = aws.Int32(timeout)
}

// changeHealthCheckProtocol sets the protocol and the path and matcher that go
// with it, which checks of connections do not have.
func (tg *targetGroup) changeHealthCheckProtocol(protocol types.ProtocolEnum) {
	tg.HealthCheckProtocol = protocol
	switch {
	case !tg.checksHTTP():
		tg.HealthCheckPath, tg.Matcher = nil, nil
	case tg.Matcher != nil:
	case aws.ToString(tg.ProtocolVersion) == "GRPC":
		tg.HealthCheckPath = aws.String("/AWS.ALB/healthcheck")
		tg.Matcher = &types.Matcher{GrpcCode: aws.String("12")}
	case tg.kind() == types.LoadBalancerTypeEnumNetwork:
		tg.HealthCheckPath = aws.String("/")
		tg.Matcher = &types.Matcher{HttpCode: aws.String("200-399")}
	default:
		tg.HealthCheckPath = aws.String("/")
		tg.Matcher = &types.Matcher{HttpCode: aws.String("200")}
	}
}

// setHealthCheck checks and applies the settings of a request to a target group
// that has the right protocol already.
func (tg *targetGroup) setHealthCheck(c healthCheck) error {
	if c.enabled != nil && !*c.enabled {
		return badConfiguration("Health check enabled must be true for target groups with target type 'instance'")
	}
	if err := tg.checkHealthCheckProtocol(); err != nil {
		return err
	}
	if !tg.checksHTTP() && (c.path != nil || c.matcher != nil) {
		return badConfiguration("A health check path or matcher cannot be specified for health checks with the %s protocol", tg.HealthCheckProtocol)
	}
	if c.path != nil {
		if !strings.HasPrefix(*c.path, "/") {
			return invalid("Health check path '%s' must begin with a '/' character", *c.path)
		}
		tg.HealthCheckPath = aws.String(*c.path)
	}
	if c.port != nil {
		if n, err := strconv.Atoi(*c.port); *c.port != trafficPort && (err != nil || n < 1 || n > 65535) {
			return invalid("Health check port '%s' must be '%s' or in the range of 1-65535", *c.port, trafficPort)
		}
		tg.HealthCheckPort = aws.String(*c.port)
	}
	if c.matcher != nil {
		matcher, err := tg.checkedMatcher(*c.matcher)
		if err != nil {
			return err
		}
		tg.Matcher = matcher
	}
	for _, n := range []struct{ to, from **int32 }{
		{&tg.HealthCheckIntervalSeconds, &c.interval}, {&tg.HealthCheckTimeoutSeconds, &c.timeout},
		{&tg.HealthyThresholdCount, &c.healthy}, {&tg.UnhealthyThresholdCount, &c.unhealthy},
	} {
		if *n.from != nil {
			*n.to = aws.Int32(**n.from)
		}
	}
	// aws-facts §4.5.
	if *tg.HealthCheckTimeoutSeconds >= *tg.HealthCheckIntervalSeconds {
		return invalid("Health check interval must be greater than the timeout.")
	}
	return nil
}

func (tg *targetGroup) checkHealthCheckProtocol() error {
	allowed := []types.ProtocolEnum{types.ProtocolEnumHttp, types.ProtocolEnumHttps}
	if tg.kind() == types.LoadBalancerTypeEnumNetwork {
		allowed = append(allowed, types.ProtocolEnumTcp)
	}
	if !slices.Contains(allowed, tg.HealthCheckProtocol) {
		return badConfiguration("Health check protocol '%s' is not supported for target groups with the %s protocol",
			tg.HealthCheckProtocol, tg.Protocol)
	}
	return nil
}

// checkedMatcher checks that a matcher is of the right kind and within its range
// (aws-facts §4.5).
func (tg *targetGroup) checkedMatcher(m types.Matcher) (*types.Matcher, error) {
	grpc := aws.ToString(tg.ProtocolVersion) == "GRPC"
	codes, low, high := m.HttpCode, 200, 499
	switch {
	case grpc:
		codes, low, high = m.GrpcCode, 0, 99
	case tg.kind() == types.LoadBalancerTypeEnumNetwork:
		high = 599
	}
	if codes == nil || (m.HttpCode != nil && m.GrpcCode != nil) {
		return nil, badConfiguration("A health check matcher must hold either HTTP codes or, for the protocol version GRPC, gRPC codes")
	}
	for _, r := range ranges(*codes) {
		if r[0] < low || r[1] > high || r[0] > r[1] {
			return nil, invalid("Health check matcher code '%s' must be within '%d-%d' inclusive", *codes, low, high)
		}
	}
	if grpc {
		return &types.Matcher{GrpcCode: aws.String(*codes)}, nil
	}
	return &types.Matcher{HttpCode: aws.String(*codes)}, nil
}

// ranges parses 200,202 or 200-299; what is no number becomes -1.
func ranges(codes string) [][2]int {
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			return -1
		}
		return n
	}
	var list [][2]int
	for part := range strings.SplitSeq(codes, ",") {
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		list = append(list, [2]int{number(low), number(high)})
	}
	return list
}

// accepts reports whether the group's matcher has the status code.
func (tg *targetGroup) accepts(code int) bool {
	if tg.Matcher == nil || tg.Matcher.HttpCode == nil {
		return true
	}
	return slices.ContainsFunc(ranges(*tg.Matcher.HttpCode), func(r [2]int) bool { return code >= r[0] && code <= r[1] })
}
