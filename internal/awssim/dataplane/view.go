package dataplane

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
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
	groups    map[string][]target // by ARN
}

// listener is a port of an active load balancer that speaks HTTP.
type listener struct {
	host   string
	port   int32
	action types.Action
	rules  bool // it has more than the default one
}

// name is how a client writes the listener in a URL.
func (l listener) name() string {
	if l.port == 80 {
		return l.host
	}
	return fmt.Sprintf("%s:%d", l.host, l.port)
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
	v := view{zones: map[string]int{}, listeners: map[string]listener{}, groups: map[string][]target{}}
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
			if lb.Type == types.LoadBalancerTypeEnumApplication && lb.State.Code == types.LoadBalancerStateEnumActive {
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
	for _, l := range out.Listeners {
		if l.Protocol != types.ProtocolEnumHttp || len(l.DefaultActions) != 1 {
			continue
		}
		rules, err := w.ELBv2.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: l.ListenerArn})
		if err != nil {
			continue
		}
		action := l.DefaultActions[0]
		v.listeners[*l.ListenerArn] = listener{host: aws.ToString(lb.DNSName), port: aws.ToInt32(l.Port),
			action: action, rules: len(rules.Rules) > 1}
		if action.ForwardConfig != nil {
			for _, group := range action.ForwardConfig.TargetGroups {
				v.addGroup(ctx, w, aws.ToString(group.TargetGroupArn))
			}
		}
	}
}

func (v *view) addGroup(ctx context.Context, w *awssim.World, arn string) {
	out, err := w.ELBv2.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &arn})
	if err != nil {
		return
	}
	v.groups[arn] = []target{}
	for _, d := range out.TargetHealthDescriptions {
		id := aws.ToString(d.Target.Id)
		v.groups[arn] = append(v.groups[arn], target{instance: id, state: d.TargetHealth.State,
			up: w.EC2.Serving(id, aws.ToInt32(d.Target.Port), w.Region.Now())})
	}
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
