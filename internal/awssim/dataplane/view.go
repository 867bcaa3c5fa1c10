package dataplane

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

// view is what the control plane says at one moment.
type view struct {
	zones     map[string]int // numbers by name, from 1
	servers   []ec2.Server
	listeners map[string]listener // by ARN
	groups    map[string]group    // by ARN
}

// listener is a port of an active load balancer that speaks a protocol served here.
type listener struct {
	arn      string
	host     string
	port     int32
	protocol types.ProtocolEnum
	names    []string // that its certificates are for
	rules    []rule   // in the order in which they are tried; the default one is the last
}

// rule is what a listener does with the requests that fulfil all conditions.
type rule struct {
	arn        string
	conditions []types.RuleCondition
	action     types.Action
	transforms bool
}

// served are the protocols of listeners that have a site.
var served = []types.ProtocolEnum{types.ProtocolEnumHttp, types.ProtocolEnumHttps, types.ProtocolEnumTcp, types.ProtocolEnumTls}

// encrypted tells whether clients speak TLS.
func (l listener) encrypted() bool {
	return l.protocol == types.ProtocolEnumHttps || l.protocol == types.ProtocolEnumTls
}

// relays tells whether it passes connections on, not requests.
func (l listener) relays() bool {
	return l.protocol == types.ProtocolEnumTcp || l.protocol == types.ProtocolEnumTls
}

// name is how a client writes the listener in a URL.
func (l listener) name() string {
	if l.port == 80 {
		return l.host
	}
	return l.host + ":" + strconv.Itoa(int(l.port))
}

// scheme is that of the URL of the listener's site.
func (l listener) scheme() string {
	return map[types.ProtocolEnum]string{types.ProtocolEnumHttp: "http", types.ProtocolEnumHttps: "https",
		types.ProtocolEnumTcp: "tcp", types.ProtocolEnumTls: "tls"}[l.protocol]
}

// group is a target group.
type group struct {
	targets []target
	// sticky is how long a cookie binds a client to a target; 0: it does not.
	sticky time.Duration
}

// target is an instance in a target group.
type target struct {
	instance string
	state    types.TargetHealthStateEnum
	up       bool // its server is there and listens on the target's port
}

// observe reads what the data plane has to follow. What cannot be described at the
// moment is not there.
func observe(ctx context.Context, w *awssim.World) view {
	v := view{zones: map[string]int{}, listeners: map[string]listener{}, groups: map[string]group{}}
	w.Do(func() {
		for i, zone := range w.Region.Zones {
			v.zones[zone.Name] = i + 1
		}
		v.servers = w.EC2.Servers(w.Region.Now())
		balancers, err := w.ELBv2.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{})
		if err != nil {
			return
		}
		for _, lb := range balancers.LoadBalancers {
			if lb.State.Code == types.LoadBalancerStateEnumActive {
				v.addListeners(ctx, w, lb)
			}
		}
	})
	return v
}

func (v *view) addListeners(ctx context.Context, w *awssim.World, lb types.LoadBalancer) {
	out, err := w.ELBv2.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: lb.LoadBalancerArn})
	if err != nil {
		return
	}
	for _, described := range out.Listeners {
		if !slices.Contains(served, described.Protocol) {
			continue
		}
		rules, err := w.ELBv2.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: described.ListenerArn})
		if err != nil {
			continue
		}
		l := listener{arn: *described.ListenerArn, host: aws.ToString(lb.DNSName), port: aws.ToInt32(described.Port),
			protocol: described.Protocol, rules: inOrder(rules.Rules)}
		if l.encrypted() {
			l.names = certificateNames(ctx, w, described.ListenerArn)
		}
		v.listeners[l.arn] = l
		for _, r := range l.rules {
			for _, arn := range targetGroups(r.action) {
				v.addGroup(ctx, w, arn)
			}
		}
	}
}

// inOrder returns rules in the order of their priorities, the default one last.
func inOrder(described []types.Rule) (rules []rule) {
	described = slices.DeleteFunc(slices.Clone(described), func(r types.Rule) bool { return len(r.Actions) != 1 })
	priority := func(r types.Rule) int {
		n, err := strconv.Atoi(aws.ToString(r.Priority))
		if err != nil { // "default"
			return 1 << 20
		}
		return n
	}
	slices.SortStableFunc(described, func(a, b types.Rule) int { return priority(a) - priority(b) })
	for _, r := range described {
		rules = append(rules, rule{arn: aws.ToString(r.RuleArn), conditions: r.Conditions, action: r.Actions[0], transforms: len(r.Transforms) > 0})
	}
	return rules
}

// targetGroups names the target groups of a forward action.
func targetGroups(action types.Action) (arns []string) {
	for _, g := range forwarding(action) {
		arns = append(arns, aws.ToString(g.TargetGroupArn))
	}
	return arns
}

// forwarding returns the target groups of a forward action with their weights. One
// that is alone may be written without a configuration, and without a weight.
func forwarding(action types.Action) []types.TargetGroupTuple {
	switch {
	case action.ForwardConfig != nil && len(action.ForwardConfig.TargetGroups) > 1:
		return action.ForwardConfig.TargetGroups
	case action.ForwardConfig != nil && len(action.ForwardConfig.TargetGroups) == 1:
		only := action.ForwardConfig.TargetGroups[0]
		if only.Weight == nil {
			only.Weight = aws.Int32(1)
		}
		return []types.TargetGroupTuple{only}
	case action.TargetGroupArn != nil:
		return []types.TargetGroupTuple{{TargetGroupArn: action.TargetGroupArn, Weight: aws.Int32(1)}}
	}
	return nil
}

// certificateNames returns the names that the certificates of a listener are for, as
// far as Certificate Manager knows them.
func certificateNames(ctx context.Context, w *awssim.World, arn *string) (names []string) {
	out, err := w.ELBv2.DescribeListenerCertificates(ctx, &elb.DescribeListenerCertificatesInput{ListenerArn: arn})
	if err != nil {
		return nil
	}
	for _, c := range out.Certificates {
		described, err := w.ACM.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: c.CertificateArn})
		if err == nil {
			names = append(names, described.Certificate.SubjectAlternativeNames...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (v *view) addGroup(ctx context.Context, w *awssim.World, arn string) {
	if _, ok := v.groups[arn]; ok {
		return
	}
	out, err := w.ELBv2.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &arn})
	if err != nil {
		return
	}
	g := group{sticky: stickiness(ctx, w, arn)}
	for _, d := range out.TargetHealthDescriptions {
		id := aws.ToString(d.Target.Id)
		g.targets = append(g.targets, target{instance: id, state: d.TargetHealth.State,
			up: w.EC2.Serving(id, aws.ToInt32(d.Target.Port), w.Region.Now())})
	}
	v.groups[arn] = g
}

// stickiness reads how long the load balancer's own cookie binds a client.
func stickiness(ctx context.Context, w *awssim.World, arn string) time.Duration {
	out, err := w.ELBv2.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: &arn})
	if err != nil {
		return 0
	}
	values := map[string]string{}
	for _, a := range out.Attributes {
		values[aws.ToString(a.Key)] = aws.ToString(a.Value)
	}
	if values["stickiness.enabled"] != "true" || values["stickiness.type"] != "lb_cookie" {
		return 0
	}
	seconds, err := strconv.Atoi(values["stickiness.lb_cookie.duration_seconds"])
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// eligible returns the targets that get requests: those that are healthy and, if
// none is, all of them, for the load balancer then fails open (aws-facts §4.6).
// Targets that drain or are unused get none.
func eligible(targets []target) []target {
	in := func(states ...types.TargetHealthStateEnum) []target {
		return slices.DeleteFunc(slices.Clone(targets), func(t target) bool { return !slices.Contains(states, t.state) })
	}
	if healthy := in(types.TargetHealthStateEnumHealthy); len(healthy) > 0 {
		return healthy
	}
	return in(types.TargetHealthStateEnumUnhealthy, types.TargetHealthStateEnumInitial)
}
