package elbv2_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func (c *cloud) trySetAttributes(arn string, pairs ...string) error {
	in := &sdk.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &arn}
	for i := 0; i < len(pairs); i += 2 {
		in.Attributes = append(in.Attributes, types.LoadBalancerAttribute{Key: &pairs[i], Value: &pairs[i+1]})
	}
	_, err := c.ModifyLoadBalancerAttributes(c.Context(), in)
	return err
}

func (c *cloud) setAttribute(arn, key, value string) {
	c.Helper()
	if err := c.trySetAttributes(arn, key, value); err != nil {
		c.Fatal(err)
	}
}

func (c *cloud) attributes(arn string) map[string]string {
	c.Helper()
	out := do(c.T, c.DescribeLoadBalancerAttributes, &sdk.DescribeLoadBalancerAttributesInput{LoadBalancerArn: &arn})
	values := map[string]string{}
	for _, a := range out.Attributes {
		values[*a.Key] = *a.Value
	}
	return values
}

func TestAttributesOfEachTypeOfLoadBalancer(t *testing.T) {
	c := newCloud(t)
	application, network := c.attributes(c.balancer("app")), c.attributes(c.balancer("net", network1))
	if application["idle_timeout.timeout_seconds"] != "60" || application["load_balancing.cross_zone.enabled"] != "true" {
		t.Errorf("application: %v", application)
	}
	if _, ok := network["idle_timeout.timeout_seconds"]; ok || network["load_balancing.cross_zone.enabled"] != "false" {
		t.Errorf("network: %v", network)
	}
}

func TestModifyLoadBalancerAttributesRefusals(t *testing.T) {
	tests := []struct {
		name, code, text string
		network          bool
		set              []string
	}{
		{"unknown key", "ValidationError", "attribute key 'a.b' is not recognized", false, []string{"a.b", "1"}},
		{"other type's key", "InvalidConfigurationRequest", "'idle_timeout.timeout_seconds' is not supported on load balancers with type 'network'",
			true, []string{"idle_timeout.timeout_seconds", "60"}},
		{"out of range", "ValidationError", "between '1-4000'", false, []string{"idle_timeout.timeout_seconds", "4001"}},
		{"no boolean", "ValidationError", "one of [true, false]", false, []string{"routing.http2.enabled", "yes"}},
		{"cross-zone off", "InvalidConfigurationRequest", "cannot be changed", false, []string{"load_balancing.cross_zone.enabled", "false"}},
		{"no IPv6", "InvalidConfigurationRequest", "IP address type 'ipv4'", false, []string{"ipv6.deny_all_igw_traffic", "true"}},
		{"no bucket", "InvalidConfigurationRequest", "access_logs.s3.bucket", false, []string{"access_logs.s3.enabled", "true"}},
		{"closed bucket", "InvalidConfigurationRequest", "Access Denied for bucket: logs", false,
			[]string{"access_logs.s3.enabled", "true", "access_logs.s3.bucket", "logs"}},
		{"twice", "ValidationError", "more than once", false,
			[]string{"idle_timeout.timeout_seconds", "60", "idle_timeout.timeout_seconds", "61"}},
		{"all or nothing", "ValidationError", "between", false,
			[]string{"routing.http2.enabled", "false", "idle_timeout.timeout_seconds", "0"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(t)
			arn := c.balancer("web")
			if test.network {
				arn = c.balancer("net", network1)
			}
			c.wantCode(c.trySetAttributes(arn, test.set...), test.code, test.text)
			if !test.network && c.attributes(arn)["routing.http2.enabled"] != "true" {
				t.Error("an attribute was set")
			}
		})
	}
}

func TestSecondaryAddressesCannotBecomeFewer(t *testing.T) {
	c := newCloud(t)
	arn := c.balancer("net", network1)
	c.setAttribute(arn, "secondary_ips.auto_assigned.per_subnet", "3")
	c.wantCode(c.trySetAttributes(arn, "secondary_ips.auto_assigned.per_subnet", "2"), "InvalidConfigurationRequest", "cannot be decreased")
}

func TestModifyTargetGroupAttributesRefusals(t *testing.T) {
	udp := func(in *sdk.CreateTargetGroupInput) {
		in.Protocol, in.HealthCheckTimeoutSeconds = types.ProtocolEnumUdp, aws.Int32(5)
	}
	tests := []struct {
		name, code, text string
		protocol         func(*sdk.CreateTargetGroupInput)
		set              [][2]string
	}{
		{"delay", "ValidationError", "between '0-3600'", nil, [][2]string{{"deregistration_delay.timeout_seconds", "3601"}}},
		{"slow start range", "ValidationError", "'0' or between '30-900'", nil, [][2]string{{"slow_start.duration_seconds", "29"}}},
		{"slow start and algorithm", "InvalidConfigurationRequest", "Slow start", nil,
			[][2]string{{"slow_start.duration_seconds", "30"}, {"load_balancing.algorithm.type", "least_outstanding_requests"}}},
		{"anomaly mitigation", "InvalidConfigurationRequest", "weighted_random", nil, [][2]string{{"load_balancing.algorithm.anomaly_mitigation", "on"}}},
		{"stickiness of the other kind", "InvalidConfigurationRequest", "Stickiness type 'source_ip' is not supported", nil,
			[][2]string{{"stickiness.type", "source_ip"}}},
		{"cookie on TCP", "InvalidConfigurationRequest", "Stickiness type 'lb_cookie' is not supported", tcp, [][2]string{{"stickiness.type", "lb_cookie"}}},
		{"key of the other kind", "InvalidConfigurationRequest", "protocol 'TCP'", tcp, [][2]string{{"slow_start.duration_seconds", "30"}}},
		{"cookie without name", "InvalidConfigurationRequest", "cookie_name", nil,
			[][2]string{{"stickiness.enabled", "true"}, {"stickiness.type", "app_cookie"}}},
		{"reserved cookie", "InvalidConfigurationRequest", "reserved", nil, [][2]string{{"stickiness.app_cookie.cookie_name", "AWSALBX"}}},
		{"client address of UDP", "InvalidConfigurationRequest", "UDP", udp, [][2]string{{"preserve_client_ip.enabled", "false"}}},
		{"draining while terminating", "InvalidConfigurationRequest", "only be configured", tcp,
			[][2]string{{"target_health_state.unhealthy.draining_interval_seconds", "10"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(t)
			if test.protocol == nil {
				test.protocol = func(*sdk.CreateTargetGroupInput) {}
			}
			arn := c.group("web", test.protocol)
			in := &sdk.ModifyTargetGroupAttributesInput{TargetGroupArn: &arn}
			for _, pair := range test.set {
				in.Attributes = append(in.Attributes, types.TargetGroupAttribute{Key: aws.String(pair[0]), Value: aws.String(pair[1])})
			}
			_, err := c.ModifyTargetGroupAttributes(t.Context(), in)
			c.wantCode(err, test.code, test.text)
		})
	}
}

func TestListenerAttributes(t *testing.T) {
	c := newCloud(t)
	web := c.listener(c.balancer("web"), 80, notFound())
	raw := c.listener(c.balancer("net", network1), 80, forward(c.group("raw", tcp)))
	set := func(arn, key, value string) error {
		_, err := c.ModifyListenerAttributes(t.Context(), &sdk.ModifyListenerAttributesInput{ListenerArn: &arn,
			Attributes: []types.ListenerAttribute{{Key: &key, Value: &value}}})
		return err
	}
	if err := set(raw, "tcp.idle_timeout.seconds", "60"); err != nil {
		t.Error(err)
	}
	c.wantCode(set(raw, "tcp.idle_timeout.seconds", "59"), "ValidationError", "between '60-6000'")
	c.wantCode(set(web, "tcp.idle_timeout.seconds", "60"), "InvalidConfigurationRequest", "protocol 'HTTP'")
	out := do(t, c.DescribeListenerAttributes, &sdk.DescribeListenerAttributesInput{ListenerArn: &raw})
	if len(out.Attributes) != 1 || *out.Attributes[0].Value != "60" {
		t.Errorf("got %v", out.Attributes)
	}
}

func TestAttributesOfEachKindOfTargetGroup(t *testing.T) {
	c := newCloud(t)
	values := func(arn string) map[string]string {
		values := map[string]string{}
		for _, a := range do(t, c.DescribeTargetGroupAttributes, &sdk.DescribeTargetGroupAttributesInput{TargetGroupArn: &arn}).Attributes {
			values[*a.Key] = *a.Value
		}
		return values
	}
	web, raw := values(c.group("web")), values(c.group("raw", tcp))
	if web["stickiness.type"] != "lb_cookie" || web["deregistration_delay.timeout_seconds"] != "300" || web["slow_start.duration_seconds"] != "0" {
		t.Errorf("HTTP: %v", web)
	}
	if _, ok := raw["slow_start.duration_seconds"]; ok || raw["stickiness.type"] != "source_ip" || raw["preserve_client_ip.enabled"] != "true" {
		t.Errorf("TCP: %v", raw)
	}
}

func TestDescribeAccountLimits(t *testing.T) {
	c := newCloud(t)
	c.Limits = map[string]int{"target-groups": 7}
	out := do(t, c.DescribeAccountLimits, &sdk.DescribeAccountLimitsInput{})
	if len(out.Limits) != 1 || *out.Limits[0].Name != "target-groups" || *out.Limits[0].Max != "7" {
		t.Errorf("got %v", out.Limits)
	}
}
