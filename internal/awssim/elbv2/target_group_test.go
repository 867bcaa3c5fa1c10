package elbv2_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func TestTargetGroupDefaults(t *testing.T) {
	tests := []struct {
		protocol, check types.ProtocolEnum
		want            types.TargetGroup
	}{
		{types.ProtocolEnumHttp, "", types.TargetGroup{HealthCheckProtocol: types.ProtocolEnumHttp, HealthCheckTimeoutSeconds: aws.Int32(5),
			HealthCheckPath: aws.String("/"), Matcher: &types.Matcher{HttpCode: aws.String("200")}, ProtocolVersion: aws.String("HTTP1")}},
		{types.ProtocolEnumTcp, "", types.TargetGroup{HealthCheckProtocol: types.ProtocolEnumTcp, HealthCheckTimeoutSeconds: aws.Int32(10)}},
		{types.ProtocolEnumTcp, types.ProtocolEnumHttp, types.TargetGroup{HealthCheckProtocol: types.ProtocolEnumHttp, HealthCheckTimeoutSeconds: aws.Int32(6),
			HealthCheckPath: aws.String("/"), Matcher: &types.Matcher{HttpCode: aws.String("200-399")}}},
	}
	for _, test := range tests {
		c := newCloud(t)
		out := do(t, c.CreateTargetGroup, &sdk.CreateTargetGroupInput{Name: aws.String("web"),
			Protocol: test.protocol, HealthCheckProtocol: test.check, Port: aws.Int32(80), VpcId: aws.String("vpc-1")})
		got := out.TargetGroups[0]
		matcher := func(m *types.Matcher) string {
			if m == nil {
				return ""
			}
			return aws.ToString(m.HttpCode)
		}
		if got.HealthCheckProtocol != test.want.HealthCheckProtocol || *got.HealthCheckTimeoutSeconds != *test.want.HealthCheckTimeoutSeconds ||
			aws.ToString(got.HealthCheckPath) != aws.ToString(test.want.HealthCheckPath) || matcher(got.Matcher) != matcher(test.want.Matcher) ||
			aws.ToString(got.ProtocolVersion) != aws.ToString(test.want.ProtocolVersion) || *got.HealthCheckIntervalSeconds != 30 ||
			*got.HealthyThresholdCount != 5 || *got.UnhealthyThresholdCount != 2 || *got.HealthCheckPort != "traffic-port" {
			t.Errorf("%s/%s: got %+v", test.protocol, test.check, got)
		}
	}
}

func TestCreateTargetGroupRefusals(t *testing.T) {
	tests := []struct {
		name, code, text string
		change           func(*sdk.CreateTargetGroupInput)
	}{
		{"name", "ValidationError", "hyphen", func(in *sdk.CreateTargetGroupInput) { in.Name = aws.String("-a") }},
		{"no port", "ValidationError", "port", func(in *sdk.CreateTargetGroupInput) { in.Port = nil }},
		{"no VPC", "ValidationError", "VPC", func(in *sdk.CreateTargetGroupInput) { in.VpcId = nil }},
		{"unknown VPC", "ValidationError", "'vpc-9' is not found", func(in *sdk.CreateTargetGroupInput) { in.VpcId = aws.String("vpc-9") }},
		{"timeout", "ValidationError", "interval must be greater than the timeout", func(in *sdk.CreateTargetGroupInput) {
			in.HealthCheckTimeoutSeconds = aws.Int32(10)
		}},
		{"TCP check of HTTP", "InvalidConfigurationRequest", "'TCP'", func(in *sdk.CreateTargetGroupInput) {
			in.HealthCheckProtocol = types.ProtocolEnumTcp
		}},
		{"matcher", "ValidationError", "'200-499'", func(in *sdk.CreateTargetGroupInput) { in.Matcher = &types.Matcher{HttpCode: aws.String("200,500")} }},
		{"matcher of TCP", "InvalidConfigurationRequest", "matcher", func(in *sdk.CreateTargetGroupInput) {
			tcp(in)
			in.Matcher = &types.Matcher{HttpCode: aws.String("200")}
		}},
		{"path", "ValidationError", "must begin with", func(in *sdk.CreateTargetGroupInput) { in.HealthCheckPath = aws.String("health") }},
		{"health port", "ValidationError", "1-65535", func(in *sdk.CreateTargetGroupInput) { in.HealthCheckPort = aws.String("http") }},
		{"no checks", "InvalidConfigurationRequest", "must be true", func(in *sdk.CreateTargetGroupInput) { in.HealthCheckEnabled = aws.Bool(false) }},
		{"addresses", "NotImplemented", "ip", func(in *sdk.CreateTargetGroupInput) { in.TargetType = types.TargetTypeEnumIp }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(t)
			in := &sdk.CreateTargetGroupInput{Name: aws.String("web"), Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80),
				VpcId: aws.String("vpc-1"), HealthCheckIntervalSeconds: aws.Int32(10)}
			test.change(in)
			_, err := c.CreateTargetGroup(t.Context(), in)
			c.wantCode(err, test.code, test.text)
		})
	}
}

func TestCreateTargetGroupIsIdempotentForTheSameSettings(t *testing.T) {
	c := newCloud(t)
	first := c.group("web")
	c.listener(c.balancer("web"), 80, forward(first))
	if second := c.group("web"); second != first {
		t.Errorf("got another target group: %s, %s", first, second)
	}
	_, err := c.CreateTargetGroup(t.Context(), &sdk.CreateTargetGroupInput{Name: aws.String("web"), Protocol: types.ProtocolEnumHttp,
		Port: aws.Int32(81), VpcId: aws.String("vpc-1"), HealthCheckIntervalSeconds: aws.Int32(10)})
	c.wantCode(err, "DuplicateTargetGroupName", "different settings")
}

func TestModifyTargetGroupKeepsWhatIsNotSet(t *testing.T) {
	c := newCloud(t)
	arn := c.group("web")
	out := do(t, c.ModifyTargetGroup, &sdk.ModifyTargetGroupInput{TargetGroupArn: &arn,
		HealthCheckPath: aws.String("/health"), Matcher: &types.Matcher{HttpCode: aws.String("204")}})
	got := out.TargetGroups[0]
	if *got.HealthCheckPath != "/health" || *got.Matcher.HttpCode != "204" || *got.HealthCheckIntervalSeconds != 10 {
		t.Errorf("got %+v", got)
	}
	_, err := c.ModifyTargetGroup(t.Context(), &sdk.ModifyTargetGroupInput{TargetGroupArn: &arn,
		HealthCheckPath: aws.String("/other"), HealthCheckIntervalSeconds: aws.Int32(5)})
	c.wantCode(err, "ValidationError", "greater than the timeout")
	described := do(t, c.DescribeTargetGroups, &sdk.DescribeTargetGroupsInput{TargetGroupArns: []string{arn}})
	if got := *described.TargetGroups[0].HealthCheckPath; got != "/health" {
		t.Errorf("a refused change set the path to %s", got)
	}
}

func TestTargetGroupStaysInUseForAWhile(t *testing.T) {
	tests := map[string]func(c *cloud, balancer, listener string){
		"listener deleted": func(c *cloud, _, listener string) {
			do(c.T, c.DeleteListener, &sdk.DeleteListenerInput{ListenerArn: &listener})
		},
		"listener changed": func(c *cloud, _, listener string) {
			do(c.T, c.ModifyListener, &sdk.ModifyListenerInput{ListenerArn: &listener, DefaultActions: notFound()})
		},
		"load balancer deleted": func(c *cloud, balancer, _ string) {
			do(c.T, c.DeleteLoadBalancer, &sdk.DeleteLoadBalancerInput{LoadBalancerArn: &balancer})
		},
	}
	for name, release := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			group, balancer := c.group("web"), c.balancer("web")
			listener := c.listener(balancer, 80, forward(group))
			remove := func() error {
				_, err := c.DeleteTargetGroup(t.Context(), &sdk.DeleteTargetGroupInput{TargetGroupArn: &group})
				return err
			}
			want := "Target group '" + group + "' is currently in use by a listener or a rule"
			c.wantCode(remove(), "ResourceInUse", want)
			release(c, balancer, listener)
			c.now = c.now.Add(9 * time.Second)
			c.wantCode(remove(), "ResourceInUse", want)
			c.now = c.now.Add(time.Second)
			for range 2 { // the second time it is not there
				if err := remove(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestTargetGroupServesOneLoadBalancer(t *testing.T) {
	c := newCloud(t)
	group, first, second := c.group("web"), c.balancer("first"), c.balancer("second")
	c.listener(first, 80, forward(group))
	_, err := c.CreateListener(t.Context(), c.listenerIn(second, 80, forward(group)))
	c.wantCode(err, "TargetGroupAssociationLimit", group)
	c.listener(first, 81, forward(group))

	out := do(t, c.DescribeTargetGroups, &sdk.DescribeTargetGroupsInput{LoadBalancerArn: &first})
	c.wantLines(out.TargetGroups[0].LoadBalancerArns, first)
	out = do(t, c.DescribeTargetGroups, &sdk.DescribeTargetGroupsInput{LoadBalancerArn: &second})
	if len(out.TargetGroups) > 0 {
		t.Errorf("got %v", out.TargetGroups)
	}
}
