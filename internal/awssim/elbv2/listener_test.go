package elbv2_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

const (
	certificate  = "arn:aws:acm:eu-west-1:123456789012:certificate/1"
	certificate2 = "arn:aws:acm:eu-west-1:123456789012:certificate/2"
)

func https(in *sdk.CreateListenerInput) {
	in.Protocol, in.Certificates = types.ProtocolEnumHttps, []types.Certificate{{CertificateArn: aws.String(certificate)}}
}

func redirect(change func(*types.RedirectActionConfig)) []types.Action {
	config := &types.RedirectActionConfig{StatusCode: types.RedirectActionStatusCodeEnumHttp301}
	change(config)
	return []types.Action{{Type: types.ActionTypeEnumRedirect, RedirectConfig: config}}
}

func weighted(groups ...string) []types.Action {
	config := &types.ForwardActionConfig{}
	for i, arn := range groups {
		config.TargetGroups = append(config.TargetGroups, types.TargetGroupTuple{TargetGroupArn: aws.String(arn), Weight: aws.Int32(int32(i))})
	}
	return []types.Action{{Type: types.ActionTypeEnumForward, ForwardConfig: config}}
}

func TestCreateListenerRefusals(t *testing.T) {
	tests := []struct {
		name, code, text string
		change           func(*cloud, *sdk.CreateListenerInput)
	}{
		{"unknown load balancer", "LoadBalancerNotFound", "", func(_ *cloud, in *sdk.CreateListenerInput) { in.LoadBalancerArn = aws.String("arn") }},
		{"protocol", "ValidationError", "must be one of", func(_ *cloud, in *sdk.CreateListenerInput) { in.Protocol = types.ProtocolEnumTcp }},
		{"no port", "ValidationError", "port", func(_ *cloud, in *sdk.CreateListenerInput) { in.Port = nil }},
		{"no certificate", "ValidationError", "A certificate must be specified for HTTPS listeners", func(_ *cloud, in *sdk.CreateListenerInput) {
			in.Protocol = types.ProtocolEnumHttps
		}},
		{"certificate of HTTP", "ValidationError", "cannot be specified for HTTP", func(_ *cloud, in *sdk.CreateListenerInput) {
			https(in)
			in.Protocol = types.ProtocolEnumHttp
		}},
		{"unknown certificate", "CertificateNotFound", certificate, func(c *cloud, in *sdk.CreateListenerInput) {
			https(in)
			c.CertificateUsable = func(string) bool { return false }
		}},
		{"other Region's certificate", "CertificateNotFound", "us-east-1", func(_ *cloud, in *sdk.CreateListenerInput) {
			https(in)
			in.Certificates[0].CertificateArn = aws.String("arn:aws:acm:us-east-1:123456789012:certificate/1")
		}},
		{"unknown policy", "SSLPolicyNotFound", "Strong", func(_ *cloud, in *sdk.CreateListenerInput) {
			https(in)
			in.SslPolicy = aws.String("Strong")
		}},
		{"unknown target group", "TargetGroupNotFound", "", func(_ *cloud, in *sdk.CreateListenerInput) { in.DefaultActions = forward("arn") }},
		{"group of another protocol", "IncompatibleProtocols", "TCP", func(c *cloud, in *sdk.CreateListenerInput) {
			in.DefaultActions = forward(c.group("raw", tcp))
		}},
		{"group of another VPC", "InvalidConfigurationRequest", "different VPCs", func(c *cloud, in *sdk.CreateListenerInput) {
			in.DefaultActions = forward(c.group("far", func(in *sdk.CreateTargetGroupInput) { in.VpcId = aws.String("vpc-2") }))
		}},
		{"GRPC over HTTP", "InvalidConfigurationRequest", "GRPC", func(c *cloud, in *sdk.CreateListenerInput) {
			in.DefaultActions = forward(c.group("rpc", func(in *sdk.CreateTargetGroupInput) { in.ProtocolVersion = aws.String("GRPC") }))
		}},
		{"six groups", "ValidationError", "between 1 and 5", func(c *cloud, in *sdk.CreateListenerInput) {
			in.DefaultActions = weighted(c.group("a"), c.group("b"), c.group("c"), c.group("d"), c.group("e"), c.group("f"))
		}},
		{"group twice", "ValidationError", "more than once", func(c *cloud, in *sdk.CreateListenerInput) {
			in.DefaultActions = weighted(c.group("a"), c.group("a"))
		}},
		{"no action", "InvalidLoadBalancerAction", "Exactly one", func(_ *cloud, in *sdk.CreateListenerInput) { in.DefaultActions = nil }},
		{"redirect loop", "InvalidLoadBalancerAction", "loop", func(_ *cloud, in *sdk.CreateListenerInput) {
			in.DefaultActions = redirect(func(r *types.RedirectActionConfig) { r.Port = aws.String("80") })
		}},
		{"redirect to HTTP", "InvalidLoadBalancerAction", "HTTPS", func(_ *cloud, in *sdk.CreateListenerInput) {
			https(in)
			in.DefaultActions = redirect(func(r *types.RedirectActionConfig) { r.Protocol = aws.String("HTTP") })
		}},
		{"quota", "TooManyListeners", "", func(c *cloud, _ *sdk.CreateListenerInput) { c.Limits["listeners-per-application-load-balancer"] = 0 }},
		{"quota of groups", "TooManyUniqueTargetGroupsPerLoadBalancer", "[1]", func(c *cloud, in *sdk.CreateListenerInput) {
			c.Limits["target-groups-per-application-load-balancer"] = 1
			in.DefaultActions = weighted(c.group("a"), c.group("b"))
		}},
		{"authentication", "NotImplemented", "oidc", func(_ *cloud, in *sdk.CreateListenerInput) {
			in.DefaultActions[0].Type = types.ActionTypeEnumAuthenticateOidc
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(t)
			in := c.listenerIn(c.balancer("web"), 80, notFound())
			test.change(c, in)
			_, err := c.CreateListener(t.Context(), in)
			c.wantCode(err, test.code, test.text)
		})
	}
}

func TestNetworkListenerOnlyForwards(t *testing.T) {
	c := newCloud(t)
	_, err := c.CreateListener(t.Context(), c.listenerIn(c.balancer("net", network1), 80, notFound()))
	c.wantCode(err, "InvalidLoadBalancerAction", "'network'")
}

func TestCreateListenerIsIdempotentForTheSameSettings(t *testing.T) {
	c := newCloud(t)
	group, balancer := c.group("web"), c.balancer("web")
	first := c.listener(balancer, 80, forward(group))
	if second := c.listener(balancer, 80, weighted1(group)); second != first {
		t.Errorf("got another listener: %s, %s", first, second)
	}
	_, err := c.CreateListener(t.Context(), c.listenerIn(balancer, 80, notFound()))
	c.wantCode(err, "DuplicateListener", "already exists on this port")
}

// weighted1 is another way to write the forward action to one group.
func weighted1(group string) []types.Action {
	return []types.Action{{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{
		TargetGroups: []types.TargetGroupTuple{{TargetGroupArn: aws.String(group), Weight: aws.Int32(1)}}}}}
}

func (c *cloud) describeListener(arn string) types.Listener {
	c.Helper()
	return do(c.T, c.DescribeListeners, &sdk.DescribeListenersInput{ListenerArns: []string{arn}}).Listeners[0]
}

func TestForwardIsReadBackInBothForms(t *testing.T) {
	c := newCloud(t)
	blue, green, balancer := c.group("blue"), c.group("green"), c.balancer("web")
	one := c.describeListener(c.listener(balancer, 80, forward(blue))).DefaultActions[0]
	if *one.TargetGroupArn != blue || *one.ForwardConfig.TargetGroups[0].TargetGroupArn != blue ||
		*one.ForwardConfig.TargetGroups[0].Weight != 1 || *one.ForwardConfig.TargetGroupStickinessConfig.Enabled {
		t.Errorf("one group: %+v", one)
	}
	two := c.describeListener(c.listener(balancer, 81, weighted(blue, green))).DefaultActions[0]
	if two.TargetGroupArn != nil || len(two.ForwardConfig.TargetGroups) != 2 || *two.ForwardConfig.TargetGroups[0].Weight != 0 {
		t.Errorf("two groups: %+v", two)
	}
}

func TestReadListenerIsACopy(t *testing.T) {
	c := newCloud(t)
	arn := c.listener(c.balancer("web"), 80, weighted(c.group("blue"), c.group("green")))
	c.describeListener(arn).DefaultActions[0].ForwardConfig.TargetGroups[0].Weight = aws.Int32(7)
	if got := *c.describeListener(arn).DefaultActions[0].ForwardConfig.TargetGroups[0].Weight; got != 0 {
		t.Errorf("a reader changed the weight to %d", got)
	}
}

func TestRedirectIsCompleted(t *testing.T) {
	c := newCloud(t)
	got := c.describeListener(c.listener(c.balancer("web"), 80, redirect(func(r *types.RedirectActionConfig) {
		r.Protocol, r.Port = aws.String("HTTPS"), aws.String("443")
	}))).DefaultActions[0].RedirectConfig
	c.wantLines([]string{*got.Host, *got.Path, *got.Port, *got.Protocol, *got.Query}, "#{host}", "/#{path}", "443", "HTTPS", "#{query}")
}

func TestModifyListener(t *testing.T) {
	c := newCloud(t)
	balancer, group := c.balancer("web"), c.group("web")
	arn := c.listener(balancer, 80, forward(group))
	c.listener(balancer, 81, notFound())
	modify := func(in *sdk.ModifyListenerInput) error {
		in.ListenerArn = &arn
		_, err := c.ModifyListener(t.Context(), in)
		return err
	}
	c.wantCode(modify(&sdk.ModifyListenerInput{Port: aws.Int32(81)}), "DuplicateListener", "")
	c.wantCode(modify(&sdk.ModifyListenerInput{Protocol: types.ProtocolEnumHttps}), "ValidationError", "certificate must be specified")
	if err := modify(&sdk.ModifyListenerInput{Protocol: types.ProtocolEnumHttps, Port: aws.Int32(443),
		Certificates: []types.Certificate{{CertificateArn: aws.String(certificate)}}}); err != nil {
		t.Fatal(err)
	}
	got := c.describeListener(arn)
	if *got.SslPolicy != "ELBSecurityPolicy-2016-08" || *got.Port != 443 || *got.DefaultActions[0].TargetGroupArn != group {
		t.Errorf("got %+v", got)
	}
	if err := modify(&sdk.ModifyListenerInput{Protocol: types.ProtocolEnumHttp}); err != nil {
		t.Fatal(err)
	}
	if got := c.describeListener(arn); got.SslPolicy != nil || len(got.Certificates) > 0 || got.MutualAuthentication != nil {
		t.Errorf("encryption is left: %+v", got)
	}
}

func TestListenerCertificates(t *testing.T) {
	c := newCloud(t)
	in := c.listenerIn(c.balancer("web"), 443, notFound())
	https(in)
	arn := *do(t, c.CreateListener, in).Listeners[0].ListenerArn
	extra := []types.Certificate{{CertificateArn: aws.String(certificate2)}}
	do(t, c.AddListenerCertificates, &sdk.AddListenerCertificatesInput{ListenerArn: &arn, Certificates: extra})
	list := func() (lines []string) {
		out := do(t, c.DescribeListenerCertificates, &sdk.DescribeListenerCertificatesInput{ListenerArn: &arn})
		for _, certificate := range out.Certificates {
			line := (*certificate.CertificateArn)[len(certificate2)-1:]
			if *certificate.IsDefault {
				line += " default"
			}
			lines = append(lines, line)
		}
		return lines
	}
	c.wantLines(list(), "1 default", "1", "2")
	_, err := c.RemoveListenerCertificates(t.Context(), &sdk.RemoveListenerCertificatesInput{ListenerArn: &arn, Certificates: in.Certificates})
	c.wantCode(err, "OperationNotPermitted", "default certificate")
	do(t, c.RemoveListenerCertificates, &sdk.RemoveListenerCertificatesInput{ListenerArn: &arn, Certificates: extra})
	c.wantLines(list(), "1 default", "1")
}

func TestDescribeListenersNeedsToKnowWhich(t *testing.T) {
	c := newCloud(t)
	_, err := c.DescribeListeners(t.Context(), &sdk.DescribeListenersInput{})
	c.wantCode(err, "ValidationError", "either listener ARNs or a load balancer ARN")
	arn := c.listener(c.balancer("web"), 80, notFound())
	_, err = c.DescribeListeners(t.Context(), &sdk.DescribeListenersInput{ListenerArns: []string{arn, "other"}})
	c.wantCode(err, "ListenerNotFound", "")
}

func TestDescribeSSLPolicies(t *testing.T) {
	c := newCloud(t)
	name := "ELBSecurityPolicy-TLS13-1-2-2021-06"
	out := do(t, c.DescribeSSLPolicies, &sdk.DescribeSSLPoliciesInput{Names: []string{name}})
	c.wantLines(out.SslPolicies[0].SslProtocols, "TLSv1.2", "TLSv1.3")
	_, err := c.DescribeSSLPolicies(t.Context(), &sdk.DescribeSSLPoliciesInput{Names: []string{name, "Strong"}})
	c.wantCode(err, "SSLPolicyNotFound", "Strong")
}
