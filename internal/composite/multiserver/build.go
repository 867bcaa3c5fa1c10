package multiserver

import (
	"fmt"
	"maps"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/kind/elbv2"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// The keys of parts that other parts, absorb and the outputs name.
const (
	partBalancerGroup = "security_group/load_balancer"
	partLoadBalancer  = "load_balancer"
	partTargetGroup   = "target_group"
	partAttachment    = "target_group_attachment"
	partCPUPolicy     = "scaling_policy/cpu"
	partRequestPolicy = "scaling_policy/requests"
	partProtection    = "deletion_protection"
)

const redirectPort = 80

// build renders a tier as a stack, in the order of aws-facts §13.3: the listener
// before the group, for targets of a group that no listener names stay unused.
func build(m *Model, env composite.Env) *stack.Stack {
	b := builder{Builder: servers.Builder{Fleet: &m.Fleet, Stack: stack.New(env.Stack, env.Tags), Env: env, Noun: "servers"}, Model: m, lb: m.loadBalancer()}
	b.group = fleet(m, b.lb)
	b.Stack.Anchor = partLoadBalancer
	b.securityGroups()
	b.Role(nil)
	b.loadBalancer()
	b.promotions()
	b.targetGroup()
	b.masterTargets()
	b.listeners()
	b.Group(b.group)
	b.attachment()
	b.traffic()
	b.routeRules()
	b.masterScript()
	b.scaling()
	b.schedules()
	b.edge()
	b.alarms()
	if m.DeletionProtection.ValueBool() {
		var all []string
		for _, part := range b.Stack.Parts() {
			all = append(all, part.Key)
		}
		b.Stack.Add(partProtection, &elbv2.DeletionProtection{LoadBalancer: stack.Output(partLoadBalancer, "arn")}, all...)
	}
	return b.Stack
}

type builder struct {
	servers.Builder
	*Model
	lb loadBalancer
	// group is what makes the servers those of this tier.
	group servers.Group
	// promoted are the keys of what takes masters out of the group.
	promoted []string
}

// balancerIdentity is what makes a load balancer, and with it everything bound to
// it, another one.
func (m *Model) balancerIdentity() []any {
	lb := m.loadBalancer()
	return []any{lb.Type.ValueString(), lb.Internal.ValueBool(), m.VPCID.ValueString()}
}

func (m *Model) balancerName(stack string) string {
	return awsapi.Name(stack, "lb", 32, m.balancerIdentity()...)
}

func (b *builder) securityGroups() {
	b.SecurityGroup(partBalancerGroup, false)
	b.SecurityGroup(servers.PartSecurityGroup, true)
	balancer, group := stack.Output(partBalancerGroup, "id"), stack.Output(servers.PartSecurityGroup, "id")
	for _, port := range b.listenerPorts() {
		for _, cidr := range composite.Strings(b.lb.IngressCIDRBlocks) {
			// A dot in a key would look like the beginning of a setting's path.
			b.Rule(fmt.Sprintf("rule/load_balancer/%d/from/%s", port, strings.ReplaceAll(cidr, ".", "-")),
				ec2.SecurityGroupRule{Group: balancer, Direction: "ingress", FromPort: port, ToPort: port, CIDRBlock: cidr, Description: "Clients"})
		}
	}
	port := b.Port.ValueInt32()
	b.Rule(fmt.Sprintf("rule/load_balancer/to/servers/%d", port),
		ec2.SecurityGroupRule{Group: balancer, Direction: "egress", FromPort: port, ToPort: port, PeerGroup: group, Description: "Requests and health checks"})
	b.Rule(servers.RuleKey(port, partLoadBalancer),
		ec2.SecurityGroupRule{Group: group, Direction: "ingress", FromPort: port, ToPort: port, PeerGroup: balancer, Description: "Requests and health checks"})
	b.masterRules()
}

func (b *builder) loadBalancer() {
	scheme := "internet-facing"
	if b.lb.Internal.ValueBool() {
		scheme = "internal"
	}
	b.Add(partLoadBalancer, &elbv2.LoadBalancer{
		Name: b.balancerName(b.Env.Stack.Name), Type: b.lb.Type.ValueString(), Scheme: scheme,
		Subnets:        stack.Literals(composite.Strings(b.lb.SubnetIDs)...),
		SecurityGroups: []stack.Ref{stack.Output(partBalancerGroup, "id")},
		LogBucket:      b.accessLogs(),
		Attributes:     b.balancerSettings(),
	}, b.Rules...)
}

func (b *builder) balancerSettings() map[string]string {
	settings := map[string]string{
		"zonal_shift.config.enabled": fmt.Sprint(b.ZonalShift.ValueBool()),
	}
	if b.lb.makesLogBucket() || b.lb.AccessLogsBucket.ValueString() != "" {
		settings[logsPrefix] = b.lb.AccessLogsPrefix.ValueString()
	}
	if b.lb.Type.ValueString() == typeNetwork {
		// An application load balancer always balances over zones (aws-facts §4.3).
		settings["load_balancing.cross_zone.enabled"] = "true"
		return settings
	}
	maps.Copy(settings, map[string]string{
		"idle_timeout.timeout_seconds":                    fmt.Sprint(b.lb.IdleTimeout.ValueInt32()),
		"routing.http.drop_invalid_header_fields.enabled": "true",
		"routing.http.desync_mitigation_mode":             "defensive",
	})
	return settings
}

func (b *builder) targetGroup() {
	spec := b.targetGroupOn(b.Port.ValueInt32())
	spec.Name = awsapi.Name(b.Env.Stack.Name, "tg", 32, append(b.balancerIdentity(), b.Generation(b.group)...)...)
	b.Stack.AddTagged(partTargetGroup, b.targetTags(partTargetGroup, b.Model.masters().ServeReads.ValueBool()), spec, b.promoted...)
}

// targetGroupOn is a target group, without a name, of servers that listen on the port.
func (b *builder) targetGroupOn(port int32) *elbv2.TargetGroup {
	h := composite.Decode[healthCheck](b.HealthCheck)
	check := elbv2.HealthCheck{Protocol: "TCP", Port: "traffic-port", IntervalSeconds: h.Interval.ValueInt32(), TimeoutSeconds: h.Timeout.ValueInt32(),
		HealthyThreshold: h.Healthy.ValueInt32(), UnhealthyThreshold: h.Unhealthy.ValueInt32()}
	if b.lb.Type.ValueString() != typeNetwork {
		check.Protocol = b.Protocol.ValueString()
		check.Path, check.Matcher = h.Path.ValueStringPointer(), h.Matcher.ValueStringPointer()
	}
	return &elbv2.TargetGroup{
		Port: port, Protocol: b.Protocol.ValueString(),
		VPC: stack.Literal(b.VPCID.ValueString()), HealthCheck: check, Attributes: b.targetSettings(),
	}
}

func (b *builder) targetSettings() map[string]string {
	settings := map[string]string{
		"deregistration_delay.timeout_seconds": fmt.Sprint(b.DeregistrationDelay.ValueInt32()),
		"stickiness.enabled":                   fmt.Sprint(!b.Stickiness.IsNull()),
		// With less healthy targets in a zone, clients are sent to the others, and if
		// there is none anywhere, all targets are tried.
		"target_group_health.dns_failover.minimum_healthy_targets.count":                 "1",
		"target_group_health.dns_failover.minimum_healthy_targets.percentage":            "off",
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count":      "1",
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
	}
	if b.Stickiness.IsNull() {
		return settings
	}
	if b.lb.Type.ValueString() == typeNetwork {
		settings["stickiness.type"] = "source_ip"
		return settings
	}
	settings["stickiness.type"] = "lb_cookie"
	settings["stickiness.lb_cookie.duration_seconds"] = fmt.Sprint(composite.Decode[stickiness](b.Stickiness).Duration.ValueInt32())
	return settings
}

// redirects reports whether port 80 is there to send clients to HTTPS.
func (b *builder) redirects() bool {
	return b.lb.secure() && b.lb.Type.ValueString() != typeNetwork && b.lb.listenerPort() != redirectPort
}

func (b *builder) listenerPorts() []int32 {
	if b.redirects() {
		return []int32{redirectPort, b.lb.listenerPort()}
	}
	return []int32{b.lb.listenerPort()}
}

func listenerKey(port int32) string { return fmt.Sprintf("listener/%d", port) }

func trafficKey(port int32) string { return fmt.Sprintf("traffic/%d", port) }

func (b *builder) listeners() {
	balancer := stack.Output(partLoadBalancer, "arn")
	port := b.lb.listenerPort()
	main := &elbv2.Listener{LoadBalancer: balancer, Port: port, Protocol: "HTTP", TargetGroups: []stack.Ref{stack.Output(partTargetGroup, "arn")}}
	if b.lb.Type.ValueString() == typeNetwork {
		main.Protocol = "TCP"
	}
	if b.lb.secure() {
		main.Protocol = map[string]string{"HTTP": "HTTPS", "TCP": "TLS"}[main.Protocol]
		main.CertificateARN, main.SSLPolicy = b.lb.CertificateARN.ValueStringPointer(), b.lb.SSLPolicy.ValueStringPointer()
	}
	tags := map[string]string{"Name": fmt.Sprintf("%s-listener-%d", b.Env.Stack.Name, port)}
	if len(b.routes()) > 0 {
		tags[elbv2.TagRoutes] = "true"
	}
	b.Stack.AddTagged(listenerKey(port), tags, main)
	if b.redirects() {
		b.Add(listenerKey(redirectPort), &elbv2.Listener{LoadBalancer: balancer, Port: redirectPort, Protocol: "HTTP",
			Redirect: &elbv2.Redirect{Protocol: "HTTPS", Port: fmt.Sprint(port), StatusCode: "HTTP_301"}})
	}
}

// fleet describes the group of servers. A port that servers are asked for cannot
// change while they serve: those of a new port are others.
func fleet(m *Model, lb loadBalancer) servers.Group {
	zonalShift := m.ZonalShift.ValueBool()
	return servers.Group{HealthCheckType: "ELB", UserDataSecret: m.secretUserData(), HealthCheckGracePeriod: composite.Decode[healthCheck](m.HealthCheck).GracePeriod.ValueInt32(),
		ZonalShift: &zonalShift, Identity: []any{m.Port.ValueInt32(), m.Protocol.ValueString()}, After: []string{listenerKey(lb.listenerPort())}}
}

func (b *builder) attachment() {
	b.Add(partAttachment, &autoscaling.TargetGroupAttachment{Group: stack.Output(servers.PartGroup, "name"), TargetGroup: stack.Output(partTargetGroup, "arn"),
		MinHealthy: b.MinSize.ValueInt32(), LimitMinutes: max(healthyLimitMinutes, b.graceMinutes()+10)})
}

// healthyLimitMinutes is how long servers may take to become healthy, if they may not
// take longer than that to boot.
const healthyLimitMinutes = 15

// traffic moves the listener's requests to the target group, when enough servers
// in it are healthy.
func (b *builder) traffic() {
	port := b.lb.listenerPort()
	b.Stack.Add(trafficKey(port), &elbv2.Traffic{Listener: stack.Output(listenerKey(port), "arn"),
		TargetGroup: stack.Output(partTargetGroup, "arn"), Shift: b.Shift()}, partAttachment)
}

// scaling follows when the servers have their requests: before, there is nothing
// that it could measure.
func (b *builder) scaling() {
	goals := composite.Decode[scaling](b.Scaling)
	if target := goals.RequestsPerTarget; !target.IsNull() {
		b.Stack.Add(partRequestPolicy, &autoscaling.ScalingPolicy{Group: stack.Output(servers.PartGroup, "name"), Metric: "ALBRequestCountPerTarget",
			TargetValue: target.ValueFloat64(), LoadBalancerLabel: stack.Output(partLoadBalancer, "label"), TargetGroupLabel: stack.Output(partTargetGroup, "label")}, partAttachment)
	}
	if target := goals.CPUUtilization; !target.IsNull() {
		b.Stack.Add(partCPUPolicy, &autoscaling.ScalingPolicy{Group: stack.Output(servers.PartGroup, "name"), Metric: "ASGAverageCPUUtilization",
			TargetValue: target.ValueFloat64()}, trafficKey(b.lb.listenerPort()))
	}
}
