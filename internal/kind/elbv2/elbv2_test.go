package elbv2_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/acm"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/elbv2"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

type outside = map[string]func(*testing.T, *awsapi.Clients, engine.Live)

func setAttribute(key, value string) func(*testing.T, *awsapi.Clients, engine.Live) {
	return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
		arn := live.Out["arn"]
		if arn == "" {
			arn = live.Spec.(*elbv2.DeletionProtection).LoadBalancer.String()
		}
		must[*sdk.ModifyLoadBalancerAttributesOutput](t)(awsapi.ELBv2(c).ModifyLoadBalancerAttributes(t.Context(),
			&sdk.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &arn,
				Attributes: []types.LoadBalancerAttribute{{Key: &key, Value: &value}}}))
	}
}

func TestLoadBalancer(t *testing.T) {
	var n net
	kindtest.Run(t, kindtest.Case{
		Kind: kind("elbv2/load_balancer"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			n = newNet(t, c)
			return &elbv2.LoadBalancer{Name: "trial-lb-0a1b2c", Type: "application", Scheme: "internet-facing",
				Subnets: stack.Literals(n.subnets[:2]...), SecurityGroups: stack.Literals(n.groupA),
				Attributes: map[string]string{"idle_timeout.timeout_seconds": "90", "routing.http.drop_invalid_header_fields.enabled": "true"}}
		},
		Outside: outside{
			"attributes.idle_timeout.timeout_seconds": setAttribute("idle_timeout.timeout_seconds", "30"),
			"subnets": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				must[*sdk.SetSubnetsOutput](t)(awsapi.ELBv2(c).SetSubnets(t.Context(), &sdk.SetSubnetsInput{LoadBalancerArn: &live.ID, Subnets: n.subnets}))
			},
			"security_groups": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				must[*sdk.SetSecurityGroupsOutput](t)(awsapi.ELBv2(c).SetSecurityGroups(t.Context(), &sdk.SetSecurityGroupsInput{
					LoadBalancerArn: &live.ID, SecurityGroups: []string{n.groupB}}))
			},
			"tags.team": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				must[*sdk.AddTagsOutput](t)(awsapi.ELBv2(c).AddTags(t.Context(), &sdk.AddTagsInput{
					ResourceArns: []string{live.ID}, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("b")}}}))
			},
		},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"everything": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				lb := s.(*elbv2.LoadBalancer)
				lb.Subnets, lb.SecurityGroups = stack.Literals(n.subnets[1:]...), stack.Literals(n.groupB, n.groupA)
				lb.Attributes = map[string]string{"client_keep_alive.seconds": "120"}
			},
		},
		Untag: untag,
	})
}

func TestTargetGroup(t *testing.T) {
	modify := func(change func(*sdk.ModifyTargetGroupInput)) func(*testing.T, *awsapi.Clients, engine.Live) {
		return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			in := &sdk.ModifyTargetGroupInput{TargetGroupArn: &live.ID}
			change(in)
			must[*sdk.ModifyTargetGroupOutput](t)(awsapi.ELBv2(c).ModifyTargetGroup(t.Context(), in))
		}
	}
	kindtest.Run(t, kindtest.Case{
		Kind: kind("elbv2/target_group"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			return &elbv2.TargetGroup{Name: "trial-tg-0a1b2c", Port: 8080, Protocol: "HTTP", VPC: stack.Literal(newNet(t, c).vpc),
				HealthCheck: elbv2.HealthCheck{Protocol: "HTTP", Port: "traffic-port", Path: aws.String("/healthz"), Matcher: aws.String("200-299"),
					IntervalSeconds: 15, TimeoutSeconds: 5, HealthyThreshold: 3, UnhealthyThreshold: 2},
				Attributes: map[string]string{"deregistration_delay.timeout_seconds": "60", "stickiness.enabled": "true", "stickiness.type": "lb_cookie"}}
		},
		Outside: outside{
			"health_check.path":                modify(func(in *sdk.ModifyTargetGroupInput) { in.HealthCheckPath = aws.String("/") }),
			"health_check.matcher":             modify(func(in *sdk.ModifyTargetGroupInput) { in.Matcher = &types.Matcher{HttpCode: aws.String("200")} }),
			"health_check.port":                modify(func(in *sdk.ModifyTargetGroupInput) { in.HealthCheckPort = aws.String("9090") }),
			"health_check.protocol":            modify(func(in *sdk.ModifyTargetGroupInput) { in.HealthCheckProtocol = types.ProtocolEnumHttps }),
			"health_check.interval_seconds":    modify(func(in *sdk.ModifyTargetGroupInput) { in.HealthCheckIntervalSeconds = aws.Int32(300) }),
			"health_check.timeout_seconds":     modify(func(in *sdk.ModifyTargetGroupInput) { in.HealthCheckTimeoutSeconds = aws.Int32(2) }),
			"health_check.healthy_threshold":   modify(func(in *sdk.ModifyTargetGroupInput) { in.HealthyThresholdCount = aws.Int32(10) }),
			"health_check.unhealthy_threshold": modify(func(in *sdk.ModifyTargetGroupInput) { in.UnhealthyThresholdCount = aws.Int32(10) }),
			"attributes.deregistration_delay.timeout_seconds": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				must[*sdk.ModifyTargetGroupAttributesOutput](t)(awsapi.ELBv2(c).ModifyTargetGroupAttributes(t.Context(), &sdk.ModifyTargetGroupAttributesInput{
					TargetGroupArn: &live.ID, Attributes: []types.TargetGroupAttribute{
						{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("300")}}}))
			},
		},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"everything": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				tg := s.(*elbv2.TargetGroup)
				tg.HealthCheck = elbv2.HealthCheck{Protocol: "HTTPS", Port: "443", Path: aws.String("/up"), Matcher: aws.String("204"),
					IntervalSeconds: 30, TimeoutSeconds: 20, HealthyThreshold: 2, UnhealthyThreshold: 5}
				tg.Attributes = map[string]string{"slow_start.duration_seconds": "30"}
			},
		},
		Untag: untag,
	})
}

// TestTargetGroupTCP has health checks that know neither path nor matcher.
func TestTargetGroupTCP(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Kind: kind("elbv2/target_group"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			return &elbv2.TargetGroup{Name: "trial-tcp-0a1b2c", Port: 5432, Protocol: "TCP", VPC: stack.Literal(newNet(t, c).vpc),
				HealthCheck: elbv2.HealthCheck{Protocol: "TCP", Port: "traffic-port", IntervalSeconds: 30, TimeoutSeconds: 10,
					HealthyThreshold: 3, UnhealthyThreshold: 3}}
		},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"HTTP checks": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				h := &s.(*elbv2.TargetGroup).HealthCheck
				h.Protocol, h.Path, h.Matcher = "HTTP", aws.String("/up"), aws.String("200")
			},
		},
		Untag: untag,
	})
}

const (
	certificate      = "arn:aws:acm:eu-west-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
	otherCertificate = "arn:aws:acm:eu-west-1:123456789012:certificate/66666666-2222-3333-4444-555555555555"
	policy           = "ELBSecurityPolicy-TLS13-1-2-2021-06"
)

func addCertificates(w *awssim.World) {
	for _, arn := range []string{certificate, otherCertificate} {
		w.ACM.AddCertificate(acm.CertificateSpec{ID: arn[strings.LastIndex(arn, "/")+1:], Domain: "shop.example.com"})
	}
}

func TestListener(t *testing.T) {
	var tg, other string
	modify := func(change func(*sdk.ModifyListenerInput)) func(*testing.T, *awsapi.Clients, engine.Live) {
		return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			in := &sdk.ModifyListenerInput{ListenerArn: &live.ID}
			change(in)
			must[*sdk.ModifyListenerOutput](t)(awsapi.ELBv2(c).ModifyListener(t.Context(), in))
		}
	}
	update := func(change func(*elbv2.Listener)) func(*testing.T, *awsapi.Clients, stack.Spec) {
		return func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) { change(s.(*elbv2.Listener)) }
	}
	kindtest.Run(t, kindtest.Case{
		Kind:    kind("elbv2/listener"),
		Prepare: addCertificates,
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			n := newNet(t, c)
			tg, other = n.group(t, c, "trial-tg-0a1b2c"), n.group(t, c, "trial-tg-3d4e5f")
			return &elbv2.Listener{LoadBalancer: stack.Literal(n.balancer(t, c, "trial-lb-0a1b2c", tags("load_balancer"))),
				Port: 443, Protocol: "HTTPS", CertificateARN: aws.String(certificate), SSLPolicy: aws.String(policy),
				TargetGroups: stack.Literals(tg)}
		},
		Outside: outside{
			"port": modify(func(in *sdk.ModifyListenerInput) { in.Port = aws.Int32(8443) }),
			"certificate_arn": modify(func(in *sdk.ModifyListenerInput) {
				in.Certificates = []types.Certificate{{CertificateArn: aws.String(otherCertificate)}}
			}),
			"ssl_policy":    modify(func(in *sdk.ModifyListenerInput) { in.SslPolicy = aws.String("ELBSecurityPolicy-2016-08") }),
			"target_groups": modify(func(in *sdk.ModifyListenerInput) { in.DefaultActions = forwardTo([]int32{1}, other) }),
		},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"another target group": update(func(l *elbv2.Listener) { l.TargetGroups = stack.Literals(other) }),
			"redirect": update(func(l *elbv2.Listener) {
				l.TargetGroups, l.Redirect = nil, &elbv2.Redirect{Protocol: "HTTPS", Port: "8443", StatusCode: "HTTP_302"}
			}),
			"HTTP": update(func(l *elbv2.Listener) { l.Port, l.Protocol, l.CertificateARN, l.SSLPolicy = 80, "HTTP", nil, nil }),
			"HTTP that redirects": update(func(l *elbv2.Listener) {
				l.Port, l.Protocol, l.CertificateARN, l.SSLPolicy = 80, "HTTP", nil, nil
				l.TargetGroups, l.Redirect = nil, &elbv2.Redirect{Protocol: "HTTPS", Port: "443", StatusCode: "HTTP_301"}
			}),
		},
		Untag: untag,
	})
}

// TestRedirect is a listener that becomes one with target groups.
func TestRedirect(t *testing.T) {
	var tg, other string
	kindtest.Run(t, kindtest.Case{
		Kind:    kind("elbv2/listener"),
		Prepare: addCertificates,
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			n := newNet(t, c)
			tg, other = n.group(t, c, "trial-tg-0a1b2c"), n.group(t, c, "trial-tg-3d4e5f")
			return &elbv2.Listener{LoadBalancer: stack.Literal(n.balancer(t, c, "trial-lb-0a1b2c", tags("load_balancer"))),
				Port: 80, Protocol: "HTTP", Redirect: &elbv2.Redirect{Protocol: "HTTPS", Port: "443", StatusCode: "HTTP_301"}}
		},
		Outside: outside{
			"redirect.status_code": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				setActions(t, c, live.ID, []types.Action{{Type: types.ActionTypeEnumRedirect, RedirectConfig: &types.RedirectActionConfig{
					Protocol: aws.String("HTTPS"), Port: aws.String("443"), StatusCode: types.RedirectActionStatusCodeEnumHttp302}}})
			},
			"redirect": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				setActions(t, c, live.ID, forwardTo([]int32{1}, tg))
			},
		},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"forward over HTTPS": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				l := s.(*elbv2.Listener)
				l.Redirect, l.TargetGroups = nil, stack.Literals(tg, other)
				l.Protocol, l.CertificateARN = "HTTPS", aws.String(certificate)
			},
		},
		Untag: untag,
	})
}

func TestTraffic(t *testing.T) {
	var tg, other string
	kindtest.Run(t, kindtest.Case{
		Kind: facet("elbv2/traffic", "traffic/80"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			n := newNet(t, c)
			tg, other = n.group(t, c, "trial-tg-0a1b2c"), n.group(t, c, "trial-tg-3d4e5f")
			balancer := n.balancer(t, c, "trial-lb-0a1b2c", tags("load_balancer"))
			listener := rawListener(t, c, balancer, 80, forwardTo([]int32{1, 0}, other, tg))
			return &elbv2.Traffic{Listener: stack.Literal(listener), TargetGroup: stack.Literal(tg)}
		},
		Outside: outside{
			"target_group": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				setActions(t, c, live.Spec.(*elbv2.Traffic).Listener.String(), forwardTo([]int32{9, 1}, tg, other))
			},
		},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"switch": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				s.(*elbv2.Traffic).TargetGroup = stack.Literal(other)
			},
		},
		Outlives: true,
	})
}

func TestDeletionProtection(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Kind: facet("elbv2/deletion_protection", "deletion_protection"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			balancer := newNet(t, c).balancer(t, c, "trial-lb-0a1b2c", tags("load_balancer"))
			return &elbv2.DeletionProtection{LoadBalancer: stack.Literal(balancer)}
		},
		Vanish: setAttribute("deletion_protection.enabled", "false"),
	})
}
