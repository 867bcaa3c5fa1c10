package multiserver

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/kind/elbv2"
)

// absorb sets the model from what exists; the mirror of build. What a vanished
// part would tell stays as the state had it.
func absorb(m *Model, seen composite.Observed) {
	absorbLoadBalancer(m, seen)
	absorbTargetGroup(m, seen)
	absorbMasters(m, seen)
	absorbRoutes(m, seen)
	absorbGroup(m, seen)
	absorbEdge(m, seen)
	absorbAlarms(m, seen)
	m.Fleet.Absorb(seen, "")
	absorbLastGood(m, seen)
	absorbUserData(m, seen)
	composite.Learn(&m.LoadBalancerSecurityGroupID, seen.Out(partBalancerGroup, "id"))
}

// absorbLastGood takes the version of the group that has the requests, while another one
// has not got all of them.
func absorbLastGood(m *Model, seen composite.Observed) {
	traffic, ok := composite.PartSpec[*elbv2.Traffic](seen, trafficKey(m.loadBalancer().listenerPort()))
	if !ok || traffic.TargetGroup.String() == seen.Out(partTargetGroup, "arn") {
		return
	}
	for _, other := range seen.All(servers.PartGroup) {
		version, err := strconv.ParseInt(other.Out["launch_template_version"], 10, 64)
		if err == nil && other.ID != seen.Out(servers.PartGroup, "id") {
			m.LastGoodVersion = types.Int64Value(version)
			return
		}
	}
}

func absorbLoadBalancer(m *Model, seen composite.Observed) {
	lb := m.loadBalancer()
	if spec, ok := composite.PartSpec[*elbv2.LoadBalancer](seen, partLoadBalancer); ok {
		lb.SubnetIDs = composite.StringSet(composite.Values(spec.Subnets))
		lb.Type = types.StringValue(spec.Type)
		lb.Internal = types.BoolValue(spec.Scheme == "internal")
		if seconds, err := strconv.ParseInt(spec.Attributes["idle_timeout.timeout_seconds"], 10, 32); err == nil {
			lb.IdleTimeout = types.Int32Value(int32(seconds))
		}
		absorbAccessLogs(&lb, spec, seen)
		m.ZonalShift = types.BoolValue(spec.Attributes["zonal_shift.config.enabled"] == "true")
		composite.Learn(&m.DNSName, seen.Out(partLoadBalancer, "dns_name"))
		composite.Learn(&m.ZoneID, seen.Out(partLoadBalancer, "zone_id"))
		composite.Learn(&m.LoadBalancerARN, seen.Out(partLoadBalancer, "arn"))
	}
	composite.Learn(&m.AccessLogsBucketName, seen.Out(partLogBucket, "name"))
	arns := map[string]string{}
	for _, live := range seen.Parts("listener/") {
		spec, ok := live.Spec.(*elbv2.Listener)
		if !ok {
			continue
		}
		arns[strings.TrimPrefix(live.Key, "listener/")] = live.ID
		if spec.Redirect == nil && (lb.ListenerPort.IsNull() || lb.ListenerPort.IsUnknown() || live.Key == listenerKey(lb.listenerPort())) {
			lb.ListenerPort = types.Int32Value(spec.Port)
			lb.CertificateARN = types.StringPointerValue(spec.CertificateARN)
			if spec.SSLPolicy != nil {
				lb.SSLPolicy = types.StringPointerValue(spec.SSLPolicy)
			}
		}
	}
	if lb.SSLPolicy.IsNull() || lb.SSLPolicy.IsUnknown() {
		lb.SSLPolicy = types.StringValue(defaultSSLPolicy)
	}
	if lb.IdleTimeout.IsNull() || lb.IdleTimeout.IsUnknown() {
		lb.IdleTimeout = types.Int32Value(defaultIdleTimeout)
	}
	m.ListenerARNs = composite.StringMapValue(arns)
	lb.IngressCIDRBlocks = absorbIngress(lb, seen)
	m.LoadBalancer = composite.Encode(loadBalancerTypes, lb)
}

// absorbIngress adds the ranges of the rules that exist to those the state knows:
// a vanished rule is drift, not another configuration.
func absorbIngress(lb loadBalancer, seen composite.Observed) types.Set {
	var ranges []string
	for _, live := range seen.Parts("rule/load_balancer/") {
		if rule, ok := live.Spec.(*ec2.SecurityGroupRule); ok && rule.Direction == "ingress" {
			ranges = append(ranges, rule.CIDRBlock)
		}
	}
	ranges = append(ranges, composite.Strings(lb.IngressCIDRBlocks)...)
	slices.Sort(ranges)
	return composite.StringSet(slices.Compact(ranges))
}

func absorbTargetGroup(m *Model, seen composite.Observed) {
	spec, ok := composite.PartSpec[*elbv2.TargetGroup](seen, partTargetGroup)
	if !ok {
		return
	}
	m.Port, m.Protocol = types.Int32Value(spec.Port), types.StringValue(spec.Protocol)
	h := composite.Decode[healthCheck](m.HealthCheck)
	check := spec.HealthCheck
	h.Interval, h.Timeout = types.Int32Value(check.IntervalSeconds), types.Int32Value(check.TimeoutSeconds)
	h.Healthy, h.Unhealthy = types.Int32Value(check.HealthyThreshold), types.Int32Value(check.UnhealthyThreshold)
	// A network load balancer's group has neither; the arguments keep their defaults.
	if check.Path != nil || h.Path.IsNull() {
		h.Path = orDefault(check.Path, "/")
	}
	if check.Matcher != nil || h.Matcher.IsNull() {
		h.Matcher = orDefault(check.Matcher, "200")
	}
	if h.GracePeriod.IsNull() {
		h.GracePeriod = types.Int32Value(0)
	}
	m.HealthCheck = composite.Encode(healthCheckTypes, h)
	if delay, err := strconv.ParseInt(spec.Attributes["deregistration_delay.timeout_seconds"], 10, 32); err == nil {
		m.DeregistrationDelay = types.Int32Value(int32(delay))
	}
	m.Stickiness = absorbStickiness(m, spec.Attributes)
	composite.Learn(&m.TargetGroupARN, seen.Out(partTargetGroup, "arn"))
}

func orDefault(value *string, fallback string) types.String {
	if value == nil {
		return types.StringValue(fallback)
	}
	return types.StringValue(*value)
}

func absorbStickiness(m *Model, settings map[string]string) types.Object {
	if settings["stickiness.enabled"] != "true" {
		return types.ObjectNull(stickinessTypes)
	}
	value := composite.Decode[stickiness](m.Stickiness)
	if duration, err := strconv.ParseInt(settings["stickiness.lb_cookie.duration_seconds"], 10, 32); err == nil && m.loadBalancer().Type.ValueString() != typeNetwork {
		value.Duration = types.Int32Value(int32(duration))
	} else if value.Duration.IsNull() {
		value.Duration = types.Int32Value(3600)
	}
	return composite.Encode(stickinessTypes, value)
}

func absorbGroup(m *Model, seen composite.Observed) {
	spec, ok := composite.PartSpec[*autoscaling.Group](seen, servers.PartGroup)
	if !ok {
		return
	}
	h := composite.Decode[healthCheck](m.HealthCheck)
	h.GracePeriod = types.Int32Value(spec.HealthCheckGracePeriod)
	m.HealthCheck = composite.Encode(healthCheckTypes, h)
	if zones, err := strconv.Atoi(seen.Out(servers.PartGroup, "zones")); err == nil && zones > 0 {
		m.CapacityAfterAZLoss = types.Int32Value(int32(afterLoss(int(spec.MinSize), zones)))
	}
	if m.MinHealthyAfterAZLoss.IsNull() {
		m.MinHealthyAfterAZLoss = types.Int32Value(defaultAfterLoss)
	}
	s := composite.Decode[scaling](m.Scaling)
	if policy, exists := composite.PartSpec[*autoscaling.ScalingPolicy](seen, partCPUPolicy); exists {
		s.CPUUtilization = types.Float64Value(policy.TargetValue)
	}
	if policy, exists := composite.PartSpec[*autoscaling.ScalingPolicy](seen, partRequestPolicy); exists {
		s.RequestsPerTarget = types.Float64Value(policy.TargetValue)
	}
	s.Schedules = absorbSchedules(s.Schedules, seen)
	m.Scaling = composite.Encode(scalingTypes, s)
}
