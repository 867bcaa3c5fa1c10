package page

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Balancer is a load balancer.
type Balancer struct {
	Name      string     `json:"name"`
	Type      string     `json:"type"`
	Scheme    string     `json:"scheme"`
	State     string     `json:"state"`
	DNSName   string     `json:"dnsName"`
	Zones     []string   `json:"zones"`
	Listeners []Listener `json:"listeners"`
}

// Listener is a port of a load balancer and where its requests go, unless a rule says
// otherwise.
type Listener struct {
	Protocol string `json:"protocol"`
	Port     int32  `json:"port"`
	Rules    []Rule `json:"rules"` // besides the default, in the order in which they are tried
	Route
}

// Route is where requests go.
type Route struct {
	Targets []Target `json:"targets,omitempty"`
	// Answer is what happens to requests that go to no target group.
	Answer string `json:"answer,omitempty"`
}

// Target is a target group with its share of a listener's requests.
type Target struct {
	Group   string `json:"group"`
	Weight  int32  `json:"weight"`
	Percent int32  `json:"percent"`
	Healthy int    `json:"healthy"`
	Total   int    `json:"total"`
}

// Health is how a load balancer finds a server.
type Health struct {
	Group  string `json:"group"`
	Port   int32  `json:"port"`
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
}

func (r *reader) readBalancers() {
	groups := r.readTargetGroups()
	balancers := list(r, func(token *string) ([]types.LoadBalancer, *string, error) {
		out, err := r.ELBv2.DescribeLoadBalancers(r.ctx, &elb.DescribeLoadBalancersInput{Marker: token})
		if err != nil {
			return nil, nil, err
		}
		return out.LoadBalancers, out.NextMarker, nil
	})
	for _, b := range balancers {
		shown := Balancer{Name: aws.ToString(b.LoadBalancerName), Type: string(b.Type), Scheme: string(b.Scheme), DNSName: aws.ToString(b.DNSName),
			Listeners: r.listeners(b.LoadBalancerArn, groups)}
		if b.State != nil {
			shown.State = string(b.State.Code)
		}
		for _, zone := range b.AvailabilityZones {
			shown.Zones = append(shown.Zones, aws.ToString(zone.ZoneName))
		}
		r.Balancers = append(r.Balancers, shown)
	}
}

// readTargetGroups returns the target groups by ARN, and keeps the health of their
// targets for the servers.
func (r *reader) readTargetGroups() map[string]Target {
	described := list(r, func(token *string) ([]types.TargetGroup, *string, error) {
		out, err := r.ELBv2.DescribeTargetGroups(r.ctx, &elb.DescribeTargetGroupsInput{Marker: token})
		if err != nil {
			return nil, nil, err
		}
		return out.TargetGroups, out.NextMarker, nil
	})
	r.health = map[string][]Health{}
	groups := map[string]Target{}
	for _, g := range described {
		out, err := r.ELBv2.DescribeTargetHealth(r.ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: g.TargetGroupArn})
		if err != nil {
			r.Problems = append(r.Problems, err.Error())
			continue
		}
		group := Target{Group: aws.ToString(g.TargetGroupName), Total: len(out.TargetHealthDescriptions)}
		for _, d := range out.TargetHealthDescriptions {
			if d.TargetHealth.State == types.TargetHealthStateEnumHealthy {
				group.Healthy++
			}
			id := aws.ToString(d.Target.Id)
			r.health[id] = append(r.health[id], Health{Group: group.Group, Port: aws.ToInt32(d.Target.Port),
				State: string(d.TargetHealth.State), Reason: string(d.TargetHealth.Reason)})
		}
		groups[aws.ToString(g.TargetGroupArn)] = group
	}
	return groups
}

func (r *reader) listeners(balancer *string, groups map[string]Target) (shown []Listener) {
	listeners := list(r, func(token *string) ([]types.Listener, *string, error) {
		out, err := r.ELBv2.DescribeListeners(r.ctx, &elb.DescribeListenersInput{LoadBalancerArn: balancer, Marker: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Listeners, out.NextMarker, nil
	})
	for _, l := range listeners {
		listener := Listener{Protocol: string(l.Protocol), Port: aws.ToInt32(l.Port), Rules: r.rules(l.ListenerArn, groups)}
		for _, action := range l.DefaultActions {
			listener.follow(action, groups)
		}
		shown = append(shown, listener)
	}
	return shown
}

// follow adds where an action sends requests.
func (to *Route) follow(action types.Action, groups map[string]Target) {
	switch {
	case action.ForwardConfig != nil:
		total := int32(0)
		for _, t := range action.ForwardConfig.TargetGroups {
			total += aws.ToInt32(t.Weight)
		}
		for _, t := range action.ForwardConfig.TargetGroups {
			target := groups[aws.ToString(t.TargetGroupArn)]
			target.Weight = aws.ToInt32(t.Weight)
			switch {
			case len(action.ForwardConfig.TargetGroups) == 1:
				target.Percent = 100 // Network Load Balancers tell no weight
			case total > 0:
				target.Percent = 100 * target.Weight / total
			}
			to.Targets = append(to.Targets, target)
		}
	case action.TargetGroupArn != nil:
		target := groups[*action.TargetGroupArn]
		target.Percent = 100
		to.Targets = append(to.Targets, target)
	case action.RedirectConfig != nil:
		c := action.RedirectConfig
		code := strings.TrimPrefix(string(c.StatusCode), "HTTP_")
		to.Answer = fmt.Sprintf("redirect %s to %s, port %s", code, aws.ToString(c.Protocol), aws.ToString(c.Port))
	case action.FixedResponseConfig != nil:
		to.Answer = "answer " + aws.ToString(action.FixedResponseConfig.StatusCode)
	default:
		to.Answer = string(action.Type)
	}
}
