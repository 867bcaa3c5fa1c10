package multiserver

import (
	"fmt"
	"maps"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/kind/elbv2"
	"github.com/webtier/terraform-provider-webtier/internal/kind/iam"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// The keys of parts that other parts, absorb and the outputs name.
const (
	partBalancerGroup = "security_group/load_balancer"
	partServersGroup  = "security_group/servers"
	partRole          = "role"
	partProfile       = "instance_profile"
	partLoadBalancer  = "load_balancer"
	partTargetGroup   = "target_group"
	partTemplate      = "launch_template"
	partGroup         = "autoscaling_group"
	partAttachment    = "target_group_attachment"
	partCPUPolicy     = "scaling_policy/cpu"
	partProtection    = "deletion_protection"
)

const redirectPort = 80

// build renders a tier as a stack, in the order of aws-facts §13.3: the listener
// before the group, for targets of a group that no listener names stay unused.
func build(m *Model, env composite.Env) *stack.Stack {
	b := builder{Model: m, stack: stack.New(env.Stack, env.Tags), env: env, lb: m.loadBalancer()}
	b.stack.Anchor = partLoadBalancer
	b.securityGroups()
	b.role()
	b.loadBalancer()
	b.targetGroup()
	b.listeners()
	b.servers()
	b.traffic()
	b.scaling()
	if m.DeletionProtection.ValueBool() {
		var all []string
		for _, part := range b.stack.Parts() {
			all = append(all, part.Key)
		}
		b.stack.Add(partProtection, &elbv2.DeletionProtection{LoadBalancer: stack.Output(partLoadBalancer, "arn")}, all...)
	}
	return b.stack
}

type builder struct {
	*Model
	stack *stack.Stack
	env   composite.Env
	lb    loadBalancer
	// rules are the keys of the security group rules.
	rules []string
}

func (b *builder) add(key string, spec stack.Spec, after ...string) {
	b.stack.AddTagged(key, map[string]string{"Name": b.env.Stack.Name + "-" + strings.ReplaceAll(key, "/", "-")}, spec, after...)
}

// balancerIdentity is what makes a load balancer, and with it everything bound to
// it, another one.
func (b *builder) balancerIdentity() []any {
	return []any{b.lb.Type.ValueString(), b.lb.Internal.ValueBool(), b.VPCID.ValueString()}
}

func (b *builder) securityGroups() {
	vpc := stack.Literal(b.VPCID.ValueString())
	for _, key := range []string{partBalancerGroup, partServersGroup} {
		role := strings.ReplaceAll(strings.TrimPrefix(key, "security_group/"), "_", "-")
		b.add(key, &ec2.SecurityGroup{Name: awsapi.Name(b.env.Stack.Name, role, 255, b.VPCID.ValueString()),
			Description: "webtier " + b.env.Stack.String() + " " + role, VPC: vpc, AllowAllEgress: key == partServersGroup})
	}
	balancer, servers := stack.Output(partBalancerGroup, "id"), stack.Output(partServersGroup, "id")
	for _, port := range b.listenerPorts() {
		for _, cidr := range composite.Strings(b.lb.IngressCIDRBlocks) {
			// A dot in a key would look like the beginning of a setting's path.
			b.rule(fmt.Sprintf("rule/load_balancer/%d/from/%s", port, strings.ReplaceAll(cidr, ".", "-")),
				ec2.SecurityGroupRule{Group: balancer, Direction: "ingress", FromPort: port, ToPort: port, CIDRBlock: cidr, Description: "Clients"})
		}
	}
	port := b.Port.ValueInt32()
	b.rule(fmt.Sprintf("rule/load_balancer/to/servers/%d", port),
		ec2.SecurityGroupRule{Group: balancer, Direction: "egress", FromPort: port, ToPort: port, PeerGroup: servers, Description: "Requests and health checks"})
	b.rule(fmt.Sprintf("rule/servers/%d/from/load_balancer", port),
		ec2.SecurityGroupRule{Group: servers, Direction: "ingress", FromPort: port, ToPort: port, PeerGroup: balancer, Description: "Requests and health checks"})
}

func (b *builder) rule(key string, rule ec2.SecurityGroupRule) {
	rule.Protocol = "tcp"
	b.add(key, &rule)
	b.rules = append(b.rules, key)
}

// role adds the servers' role, unless the user brings an instance profile.
func (b *builder) role() {
	if b.IAMInstanceProfile.ValueString() != "" {
		return
	}
	path := iam.PathOf(b.env.Stack)
	b.add(partRole, &iam.Role{Name: awsapi.Name(b.env.Stack.Name, b.env.Region+"-servers", 64), Path: path, Service: "ec2.amazonaws.com",
		ManagedPolicies: composite.Strings(b.IAMPolicyARNs), InlinePolicies: map[string]string{}})
	b.add(partProfile, &iam.InstanceProfile{Name: awsapi.Name(b.env.Stack.Name, b.env.Region+"-servers", 128), Path: path, Role: stack.Output(partRole, "name")})
}

func (b *builder) loadBalancer() {
	scheme := "internet-facing"
	if b.lb.Internal.ValueBool() {
		scheme = "internal"
	}
	b.add(partLoadBalancer, &elbv2.LoadBalancer{
		Name: awsapi.Name(b.env.Stack.Name, "lb", 32, b.balancerIdentity()...), Type: b.lb.Type.ValueString(), Scheme: scheme,
		Subnets:        stack.Literals(composite.Strings(b.lb.SubnetIDs)...),
		SecurityGroups: []stack.Ref{stack.Output(partBalancerGroup, "id")},
		Attributes:     b.balancerSettings(),
	}, b.rules...)
}

func (b *builder) balancerSettings() map[string]string {
	settings := map[string]string{
		"zonal_shift.config.enabled": fmt.Sprint(b.ZonalShift.ValueBool()),
		"access_logs.s3.enabled":     fmt.Sprint(b.lb.AccessLogsBucket.ValueString() != ""),
	}
	if bucket := b.lb.AccessLogsBucket.ValueString(); bucket != "" {
		settings["access_logs.s3.bucket"] = bucket
		settings["access_logs.s3.prefix"] = b.lb.AccessLogsPrefix.ValueString()
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
	h := read[healthCheck](b.HealthCheck)
	check := elbv2.HealthCheck{Protocol: "TCP", Port: "traffic-port", IntervalSeconds: h.Interval.ValueInt32(), TimeoutSeconds: h.Timeout.ValueInt32(),
		HealthyThreshold: h.Healthy.ValueInt32(), UnhealthyThreshold: h.Unhealthy.ValueInt32()}
	if b.lb.Type.ValueString() != typeNetwork {
		check.Protocol = b.Protocol.ValueString()
		check.Path, check.Matcher = h.Path.ValueStringPointer(), h.Matcher.ValueStringPointer()
	}
	immutable := append(b.balancerIdentity(), b.Port.ValueInt32(), b.Protocol.ValueString())
	b.add(partTargetGroup, &elbv2.TargetGroup{
		Name: awsapi.Name(b.env.Stack.Name, "tg", 32, immutable...), Port: b.Port.ValueInt32(), Protocol: b.Protocol.ValueString(),
		VPC: stack.Literal(b.VPCID.ValueString()), HealthCheck: check, Attributes: b.targetSettings(),
	})
}

func (b *builder) targetSettings() map[string]string {
	settings := map[string]string{
		"deregistration_delay.timeout_seconds": fmt.Sprint(b.DeregistrationDelay.ValueInt32()),
		"stickiness.enabled":                   fmt.Sprint(!b.Stickiness.IsNull()),
	}
	if b.Stickiness.IsNull() {
		return settings
	}
	if b.lb.Type.ValueString() == typeNetwork {
		settings["stickiness.type"] = "source_ip"
		return settings
	}
	settings["stickiness.type"] = "lb_cookie"
	settings["stickiness.lb_cookie.duration_seconds"] = fmt.Sprint(read[stickiness](b.Stickiness).Duration.ValueInt32())
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
	b.add(listenerKey(port), main)
	if b.redirects() {
		b.add(listenerKey(redirectPort), &elbv2.Listener{LoadBalancer: balancer, Port: redirectPort, Protocol: "HTTP",
			Redirect: &elbv2.Redirect{Protocol: "HTTPS", Port: fmt.Sprint(port), StatusCode: "HTTP_301"}})
	}
}

func (b *builder) servers() {
	volume := read[rootVolume](b.RootVolume)
	profile := stack.Literal(b.IAMInstanceProfile.ValueString())
	if profile == stack.Literal("") {
		profile = stack.Output(partProfile, "name")
	}
	userData := b.UserData.ValueString()
	instanceTags := maps.Clone(b.env.Tags)
	maps.Copy(instanceTags, map[string]string{"Name": b.env.Stack.Name, "webtier:tier": b.env.Stack.String()})
	b.add(partTemplate, &ec2.LaunchTemplate{
		Name: awsapi.Name(b.env.Stack.Name, "servers", 128), ImageID: b.ImageID.ValueString(), InstanceType: composite.Strings(b.InstanceTypes)[0],
		UserData: &userData, InstanceProfile: profile, HTTPTokens: "required", HopLimit: 1, InstanceTags: instanceTags,
		SecurityGroups: append([]stack.Ref{stack.Output(partServersGroup, "id")}, stack.Literals(composite.Strings(b.SecurityGroupIDs)...)...),
		RootVolume: ec2.RootVolume{DeviceName: b.RootDeviceName.ValueString(), SizeGiB: volume.Size.ValueInt32Pointer(), Type: volume.Type.ValueString(),
			Encrypted: volume.Encrypted.ValueBool(), KMSKeyID: volume.KMSKeyID.ValueStringPointer()},
	})
	h, r := read[healthCheck](b.HealthCheck), read[rollout](b.Rollout)
	zonalShift := b.ZonalShift.ValueBool()
	b.add(partGroup, &autoscaling.Group{
		Name: awsapi.Name(b.env.Stack.Name, "servers", 255), MinSize: b.MinSize.ValueInt32(), MaxSize: b.MaxSize.ValueInt32(),
		LaunchTemplate: stack.Output(partTemplate, "id"), LaunchTemplateVersion: stack.Output(partTemplate, "latest_version"),
		Subnets: stack.Literals(composite.Strings(b.InstanceSubnetIDs)...), HealthCheckType: "ELB", HealthCheckGracePeriod: h.GracePeriod.ValueInt32(),
		MinHealthyPercentage: r.MinHealthyPercentage.ValueInt32(), MaxHealthyPercentage: r.MaxHealthyPercentage.ValueInt32(),
		Metrics: true, ZonalShift: &zonalShift, InstanceTags: map[string]string{},
		Rollout: autoscaling.Rollout{MinHealthyPercentage: r.MinHealthyPercentage.ValueInt32(), MaxHealthyPercentage: r.MaxHealthyPercentage.ValueInt32(),
			AutoRollback: r.AutoRollback.ValueBool(), LimitMinutes: rolloutLimitMinutes},
	}, append([]string{listenerKey(b.lb.listenerPort())}, b.rules...)...)
	b.add(partAttachment, &autoscaling.TargetGroupAttachment{Group: stack.Output(partGroup, "name"), TargetGroup: stack.Output(partTargetGroup, "arn"),
		MinHealthy: b.MinSize.ValueInt32(), LimitMinutes: healthyLimitMinutes})
}

// How long servers may take to become healthy, and a rollout to finish; one that
// makes no progress for an hour has failed by itself (aws-facts §5.5).
const (
	healthyLimitMinutes = 15
	rolloutLimitMinutes = 80
)

// traffic moves the listener's requests to the target group, when enough servers
// in it are healthy.
func (b *builder) traffic() {
	port := b.lb.listenerPort()
	b.stack.Add(fmt.Sprintf("traffic/%d", port), &elbv2.Traffic{Listener: stack.Output(listenerKey(port), "arn"),
		TargetGroup: stack.Output(partTargetGroup, "arn")}, partAttachment)
}

func (b *builder) scaling() {
	if target := read[scaling](b.Scaling).CPUUtilization; !target.IsNull() {
		b.stack.Add(partCPUPolicy, &autoscaling.ScalingPolicy{Group: stack.Output(partGroup, "name"), Metric: "ASGAverageCPUUtilization",
			TargetValue: target.ValueFloat64()}, partAttachment)
	}
}
