package multiserver

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/kind/elbv2"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// partMasters is the target group of the masters: existing servers that get what
// the routes send to them, such as writes.
const partMasters = "target_group/masters"

// masters is the attribute of that name.
type masters struct {
	InstanceIDs     types.Set    `tfsdk:"instance_ids"`
	SecurityGroupID types.String `tfsdk:"security_group_id"`
	Port            types.Int32  `tfsdk:"port"`
	ServeReads      types.Bool   `tfsdk:"serve_reads"`
	SyncPort        types.Int32  `tfsdk:"sync_port"`
	Promote         types.Bool   `tfsdk:"promote"`
	Script          types.String `tfsdk:"script"`
}

var mastersTypes = map[string]attr.Type{"instance_ids": stringSet, "security_group_id": types.StringType, "port": types.Int32Type,
	"serve_reads": types.BoolType, "sync_port": types.Int32Type, "promote": types.BoolType, "script": types.StringType}

// route is an element of the attribute routes.
type route struct {
	Name    types.String `tfsdk:"name"`
	To      types.String `tfsdk:"to"`
	Hosts   types.Set    `tfsdk:"hosts"`
	Paths   types.Set    `tfsdk:"paths"`
	Methods types.Set    `tfsdk:"methods"`
	Header  types.String `tfsdk:"header"`
	Values  types.Set    `tfsdk:"values"`
}

var routeType = types.ObjectType{AttrTypes: map[string]attr.Type{"name": types.StringType, "to": types.StringType, "hosts": stringSet,
	"paths": stringSet, "methods": stringSet, "header": types.StringType, "values": stringSet}}

// toMasters reports whether the route leads to the masters, as it does by default.
func (r route) toMasters() bool { return r.To.IsNull() || r.To.ValueString() == toMasters }

// Where a route leads.
const (
	toMasters = "masters"
	toServers = "servers"
)

func (m *Model) masters() masters { return composite.Decode[masters](m.Masters) }

// routes returns the elements of the attribute that are known.
func (m *Model) routes() []route {
	var all []route
	for _, element := range m.Routes.Elements() {
		if object, ok := element.(types.Object); ok && !object.IsUnknown() {
			all = append(all, composite.Decode[route](object))
		}
	}
	return all
}

// port is where the masters listen.
func (s masters) port(m *Model) int32 {
	if s.Port.IsNull() {
		return m.Port.ValueInt32()
	}
	return s.Port.ValueInt32()
}

// routed reports whether some route leads to the masters: a target group that no
// listener names has no health (aws-facts §4.6).
func (m *Model) routed() bool {
	return slices.ContainsFunc(m.routes(), func(r route) bool { return r.toMasters() })
}

// targetTags are those of a target group in which masters are registered.
func (b *builder) targetTags(key string, registered bool) map[string]string {
	tags := map[string]string{"Name": b.Env.Stack.Name + "-" + strings.ReplaceAll(key, "/", "-")}
	if registered {
		tags[elbv2.TagTargets] = strings.Join(composite.Strings(b.masters().InstanceIDs), " ")
	}
	return tags
}

// masterRules opens the way from the load balancer to the masters, and from the
// servers to the masters' content.
func (b *builder) masterRules() {
	s := b.Model.masters()
	if s.SecurityGroupID.IsNull() {
		return
	}
	group, balancer := stack.Literal(s.SecurityGroupID.ValueString()), stack.Output(partBalancerGroup, "id")
	var ports []int32
	if b.routed() {
		ports = append(ports, s.port(b.Model))
	}
	if s.ServeReads.ValueBool() && !slices.Contains(ports, b.Port.ValueInt32()) {
		ports = append(ports, b.Port.ValueInt32())
	}
	for _, port := range ports {
		b.Rule(fmt.Sprintf("rule/load_balancer/to/masters/%d", port),
			ec2.SecurityGroupRule{Group: balancer, Direction: "egress", FromPort: port, ToPort: port, PeerGroup: group, Description: "Requests and health checks"})
		b.Rule(fmt.Sprintf("rule/masters/%d/from/load_balancer", port),
			ec2.SecurityGroupRule{Group: group, Direction: "ingress", FromPort: port, ToPort: port, PeerGroup: balancer, Description: "Requests and health checks"})
	}
	if port := s.SyncPort.ValueInt32(); port != 0 {
		b.Rule(fmt.Sprintf("rule/masters/%d/from/servers", port),
			ec2.SecurityGroupRule{Group: group, Direction: "ingress", FromPort: port, ToPort: port, PeerGroup: stack.Output(servers.PartSecurityGroup, "id"), Description: "Content for clones"})
	}
}

// masterTargets adds the masters' target group, and the masters to it and, for
// reads, to that of the servers.
func (b *builder) masterTargets() {
	s := b.Model.masters()
	ids := composite.Strings(s.InstanceIDs)
	if b.routed() {
		port := s.port(b.Model)
		spec := b.targetGroupOn(port)
		spec.Name = awsapi.Name(b.Env.Stack.Name, "masters", 32, append(b.balancerIdentity(), port, b.Protocol.ValueString())...)
		b.Stack.AddTagged(partMasters, b.targetTags(partMasters, true), spec, b.promoted...)
	}
	for _, id := range ids {
		if b.routed() {
			b.Stack.Add(elbv2.RegistrationKey(partMasters, id), &elbv2.Registration{TargetGroup: stack.Output(partMasters, "arn"), Instance: id, Port: s.port(b.Model)}, b.Rules...)
		}
		if s.ServeReads.ValueBool() {
			b.Stack.Add(elbv2.RegistrationKey(partTargetGroup, id), &elbv2.Registration{TargetGroup: stack.Output(partTargetGroup, "arn"), Instance: id, Port: b.Port.ValueInt32()}, b.Rules...)
		}
	}
}

// routeRules adds the rules of the listener. Those that lead to the servers follow
// when the servers have all other requests.
func (b *builder) routeRules() {
	if len(b.routes()) == 0 {
		return
	}
	port := b.lb.listenerPort()
	spec := &elbv2.Routes{Listener: stack.Output(listenerKey(port), "arn")}
	for _, r := range b.routes() {
		target := partMasters
		if r.To.ValueString() == toServers {
			target = partTargetGroup
		}
		spec.Rules = append(spec.Rules, elbv2.Route{Name: r.Name.ValueString(), Hosts: composite.Strings(r.Hosts), Paths: composite.Strings(r.Paths),
			Methods: composite.Strings(r.Methods), Header: r.Header.ValueString(), Values: composite.Strings(r.Values), TargetGroup: stack.Output(target, "arn")})
	}
	b.Add(routesKey(port), spec, trafficKey(port))
}

func routesKey(port int32) string { return fmt.Sprintf("routes/%d", port) }

// absorbMasters sets masters and routes from what exists. A registration or rule
// that has vanished is drift, not another configuration.
func absorbMasters(m *Model, seen composite.Observed) {
	s := m.masters()
	ids := composite.Strings(s.InstanceIDs)
	for _, live := range seen.Parts("registration/") {
		spec, ok := live.Spec.(*elbv2.Registration)
		if !ok {
			continue
		}
		ids = append(ids, spec.Instance)
		if m.Masters.IsNull() {
			s = importMasters(m, s, spec, strings.HasPrefix(live.Key, "registration/"+partMasters+"/"))
		}
	}
	if len(ids) == 0 {
		return
	}
	for _, live := range seen.Parts("rule/masters/") {
		if rule, ok := live.Spec.(*ec2.SecurityGroupRule); ok {
			s.SecurityGroupID = types.StringValue(rule.Group.String())
			if strings.HasSuffix(live.Key, "/from/servers") {
				s.SyncPort = types.Int32Value(rule.FromPort)
			}
		}
	}
	absorbScript(&s, seen)
	slices.Sort(ids)
	s.InstanceIDs = composite.StringSet(slices.Compact(ids))
	m.Masters = composite.Encode(mastersTypes, s)
}

// importMasters learns from one registration what a state without masters lacks.
func importMasters(m *Model, s masters, spec *elbv2.Registration, inOwnGroup bool) masters {
	if s.ServeReads.IsNull() {
		s.ServeReads, s.Promote = types.BoolValue(false), types.BoolValue(false)
	}
	if !inOwnGroup {
		s.ServeReads = types.BoolValue(true)
	} else if spec.Port != m.Port.ValueInt32() {
		s.Port = types.Int32Value(spec.Port)
	}
	return s
}

func absorbRoutes(m *Model, seen composite.Observed) {
	spec, ok := composite.PartSpec[*elbv2.Routes](seen, routesKey(m.loadBalancer().listenerPort()))
	if !ok {
		return
	}
	var elements []attr.Value
	for _, rule := range spec.Rules {
		r := route{Name: types.StringValue(rule.Name), To: types.StringValue(toServers), Hosts: optionalSet(rule.Hosts), Paths: optionalSet(rule.Paths),
			Methods: optionalSet(rule.Methods), Values: optionalSet(rule.Values)}
		if rule.TargetGroup.String() == seen.Out(partMasters, "arn") {
			r.To = types.StringValue(toMasters)
		}
		if rule.Header != "" {
			r.Header = types.StringValue(rule.Header)
		}
		elements = append(elements, composite.Encode(routeType.AttrTypes, r))
	}
	m.Routes = types.ListValueMust(routeType, elements)
}

func optionalSet(values []string) types.Set {
	if len(values) == 0 {
		return types.SetNull(types.StringType)
	}
	return composite.StringSet(values)
}
