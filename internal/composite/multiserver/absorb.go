package multiserver

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/kind/elbv2"
	"github.com/webtier/terraform-provider-webtier/internal/kind/iam"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// absorb sets the model from what exists; the mirror of build. What a vanished
// part would tell stays as the state had it.
func absorb(m *Model, seen composite.Observed) {
	absorbLoadBalancer(m, seen)
	absorbTargetGroup(m, seen)
	absorbTemplate(m, seen)
	absorbGroup(m, seen)
	absorbRole(m, seen)
	set(&m.LoadBalancerSecurityGroupID, seen.Out(partBalancerGroup, "id"))
	set(&m.SecurityGroupID, seen.Out(partServersGroup, "id"))
	if spec, ok := composite.PartSpec[*ec2.SecurityGroup](seen, partServersGroup); ok {
		set(&m.VPCID, spec.VPC.String())
	}
}

// set sets a value that is known, and makes one null that never was.
func set(target *types.String, value string) {
	if value != "" {
		*target = types.StringValue(value)
	} else if target.IsUnknown() {
		*target = types.StringNull()
	}
}

func values(refs []stack.Ref) []string {
	texts := make([]string, len(refs))
	for i, ref := range refs {
		texts[i] = ref.String()
	}
	slices.Sort(texts)
	return texts
}

func absorbLoadBalancer(m *Model, seen composite.Observed) {
	lb := m.loadBalancer()
	if spec, ok := composite.PartSpec[*elbv2.LoadBalancer](seen, partLoadBalancer); ok {
		lb.SubnetIDs = composite.StringSet(values(spec.Subnets))
		lb.Type = types.StringValue(spec.Type)
		lb.Internal = types.BoolValue(spec.Scheme == "internal")
		if seconds, err := strconv.ParseInt(spec.Attributes["idle_timeout.timeout_seconds"], 10, 32); err == nil {
			lb.IdleTimeout = types.Int32Value(int32(seconds))
		}
		lb.AccessLogsBucket, lb.AccessLogsPrefix = accessLogs(spec.Attributes)
		m.ZonalShift = types.BoolValue(spec.Attributes["zonal_shift.config.enabled"] == "true")
		set(&m.DNSName, seen.Out(partLoadBalancer, "dns_name"))
		set(&m.ZoneID, seen.Out(partLoadBalancer, "zone_id"))
		set(&m.LoadBalancerARN, seen.Out(partLoadBalancer, "arn"))
	}
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
	m.LoadBalancer = object(loadBalancerTypes, lb)
}

func accessLogs(settings map[string]string) (bucket, prefix types.String) {
	if settings["access_logs.s3.enabled"] != "true" {
		return types.StringNull(), types.StringNull()
	}
	bucket, prefix = types.StringValue(settings["access_logs.s3.bucket"]), types.StringNull()
	if text := settings["access_logs.s3.prefix"]; text != "" {
		prefix = types.StringValue(text)
	}
	return bucket, prefix
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
	h := read[healthCheck](m.HealthCheck)
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
	m.HealthCheck = object(healthCheckTypes, h)
	if delay, err := strconv.ParseInt(spec.Attributes["deregistration_delay.timeout_seconds"], 10, 32); err == nil {
		m.DeregistrationDelay = types.Int32Value(int32(delay))
	}
	m.Stickiness = absorbStickiness(m, spec.Attributes)
	set(&m.TargetGroupARN, seen.Out(partTargetGroup, "arn"))
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
	value := read[stickiness](m.Stickiness)
	if duration, err := strconv.ParseInt(settings["stickiness.lb_cookie.duration_seconds"], 10, 32); err == nil && m.loadBalancer().Type.ValueString() != typeNetwork {
		value.Duration = types.Int32Value(int32(duration))
	} else if value.Duration.IsNull() {
		value.Duration = types.Int32Value(3600)
	}
	return object(stickinessTypes, value)
}

func absorbTemplate(m *Model, seen composite.Observed) {
	spec, ok := composite.PartSpec[*ec2.LaunchTemplate](seen, partTemplate)
	if !ok {
		return
	}
	m.ImageID = types.StringValue(spec.ImageID)
	m.InstanceTypes = composite.StringList([]string{spec.InstanceType})
	if spec.UserData != nil && *spec.UserData != m.UserData.ValueString() {
		m.UserData = types.StringValue(*spec.UserData)
		if *spec.UserData == "" {
			m.UserData = types.StringNull()
		}
	}
	volume := read[rootVolume](m.RootVolume)
	volume.Size, volume.Type = types.Int32PointerValue(spec.RootVolume.SizeGiB), types.StringValue(spec.RootVolume.Type)
	volume.Encrypted, volume.KMSKeyID = types.BoolValue(spec.RootVolume.Encrypted), types.StringPointerValue(spec.RootVolume.KMSKeyID)
	m.RootVolume = object(rootVolumeTypes, volume)
	set(&m.RootDeviceName, spec.RootVolume.DeviceName)
	own := seen.Out(partServersGroup, "id")
	extra := slices.DeleteFunc(values(spec.SecurityGroups), func(id string) bool { return id == own })
	if len(extra) > 0 || len(m.SecurityGroupIDs.Elements()) > 0 {
		m.SecurityGroupIDs = composite.StringSet(extra)
	}
	if _, made := seen.Part(partProfile); !made && m.IAMInstanceProfile.IsNull() && m.ID.IsNull() {
		set(&m.IAMInstanceProfile, spec.InstanceProfile.String())
	}
	set(&m.LaunchTemplateID, seen.Out(partTemplate, "id"))
	if version, err := strconv.ParseInt(seen.Out(partTemplate, "latest_version"), 10, 64); err == nil {
		m.LaunchTemplateVersion = types.Int64Value(version)
	}
}

func absorbGroup(m *Model, seen composite.Observed) {
	spec, ok := composite.PartSpec[*autoscaling.Group](seen, partGroup)
	if !ok {
		return
	}
	m.MinSize, m.MaxSize = types.Int32Value(spec.MinSize), types.Int32Value(spec.MaxSize)
	m.InstanceSubnetIDs = composite.StringSet(values(spec.Subnets))
	h := read[healthCheck](m.HealthCheck)
	h.GracePeriod = types.Int32Value(spec.HealthCheckGracePeriod)
	m.HealthCheck = object(healthCheckTypes, h)
	r := read[rollout](m.Rollout)
	r.MinHealthyPercentage, r.MaxHealthyPercentage = types.Int32Value(spec.MinHealthyPercentage), types.Int32Value(spec.MaxHealthyPercentage)
	if r.AutoRollback.IsNull() {
		r.AutoRollback = types.BoolValue(true)
	}
	m.Rollout = object(rolloutTypes, r)
	s := read[scaling](m.Scaling)
	if policy, exists := composite.PartSpec[*autoscaling.ScalingPolicy](seen, partCPUPolicy); exists {
		s.CPUUtilization = types.Float64Value(policy.TargetValue)
	}
	m.Scaling = object(scalingTypes, s)
	set(&m.AutoScalingGroupName, seen.Out(partGroup, "name"))
	set(&m.AutoScalingGroupARN, seen.Out(partGroup, "arn"))
	if capacity, err := strconv.ParseInt(seen.Out(partGroup, "desired_capacity"), 10, 64); err == nil {
		m.DesiredCapacity = types.Int64Value(capacity)
	}
}

func absorbRole(m *Model, seen composite.Observed) {
	if spec, ok := composite.PartSpec[*iam.Role](seen, partRole); ok {
		m.IAMPolicyARNs = composite.StringSet(slices.Sorted(slices.Values(spec.ManagedPolicies)))
	} else if m.IAMPolicyARNs.IsNull() {
		m.IAMPolicyARNs = composite.StringSet(nil)
	}
}
