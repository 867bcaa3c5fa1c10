package network

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/kind/iam"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Tags that keep where an import finds it what no AWS object shows by itself.
const (
	tagSlots         = "webtier:reserved-az-slots"
	tagInstanceTypes = "webtier:instance-types"
	tagTierKind      = "webtier:tier-kind"
	tagTierBlock     = "webtier:tier-block"
)

const everywhere = "0.0.0.0/0"

// build renders a network as a stack, in the order of aws-facts §13.1.
func build(m *Model, env composite.Env) *stack.Stack {
	s := stack.New(env.Stack, env.Tags)
	b := builder{Model: m, stack: s, name: env.Stack.Name}
	s.Anchor = "vpc"
	b.vpc()
	b.subnets()
	gateways := b.gateways()
	b.routeTables(gateways)
	b.endpoints()
	b.flowLog(env)
	return s
}

type builder struct {
	*Model
	stack *stack.Stack
	name  string
	// tables are the keys of the route tables.
	tables []string
}

var vpc = stack.Output("vpc", "id")

// add adds a part with a Name tag, which the AWS console shows.
func (b *builder) add(key string, spec stack.Spec, tags map[string]string, after ...string) {
	all := map[string]string{"Name": b.name + "-" + strings.ReplaceAll(key, "/", "-")}
	maps.Copy(all, tags)
	b.stack.AddTagged(key, all, spec, after...)
}

func (b *builder) vpc() {
	tags := map[string]string{tagSlots: fmt.Sprint(slots(b.Model))}
	if instanceTypes := composite.Strings(b.InstanceTypes); len(instanceTypes) > 0 {
		tags[tagInstanceTypes] = strings.Join(instanceTypes, " ")
	}
	b.add("vpc", &ec2.VPC{CIDRBlock: b.CIDRBlock.ValueString(), EnableDNSSupport: true, EnableDNSHostnames: true}, tags)
	b.add("default_security_group", &ec2.DefaultSecurityGroup{VPC: vpc}, nil)
}

func (b *builder) subnets() {
	tiers, names := b.tiers()
	ranges := b.subnetRanges()
	for _, name := range names {
		t := tiers[name]
		tags := map[string]string{tagTierKind: t.Kind.ValueString(), tagTierBlock: fmt.Sprint(t.Block.ValueInt64())}
		for _, zone := range b.zoneIDs() {
			b.add(subnetKey(name, zone), &ec2.Subnet{VPC: vpc, CIDRBlock: ranges[name][zone], AvailabilityZoneID: zone,
				MapPublicIPOnLaunch: t.Kind.ValueString() == kindPublic}, tags)
		}
	}
}

func subnetKey(tier, zone string) string { return "subnet/" + tier + "/" + zone }

// gateways adds the ways to the internet and returns the NAT gateway of each zone.
func (b *builder) gateways() map[string]stack.Ref {
	tiers, names := b.tiers()
	public := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return tiers[name].Kind.ValueString() != kindPublic })
	mode := b.NATGatewayMode.ValueString()
	if len(public) > 0 || mode == natRegional {
		b.add("internet_gateway", &ec2.InternetGateway{VPC: vpc}, nil)
	}
	nat := map[string]stack.Ref{}
	zones := b.zoneIDs()
	switch mode {
	case natRegional:
		b.add("nat_gateway", &ec2.NATGateway{VPC: vpc}, nil, "internet_gateway")
		for _, zone := range zones {
			nat[zone] = stack.Output("nat_gateway", "id")
		}
	case natSingle, natPerAZ:
		for i, zone := range zones {
			if mode == natSingle && i > 0 {
				nat[zone] = nat[zones[0]]
				continue
			}
			b.add("address/"+zone, &ec2.Address{}, nil)
			b.add("nat_gateway/"+zone, &ec2.NATGateway{Subnet: stack.Output(subnetKey(public[0], zone), "id"),
				Address: stack.Output("address/"+zone, "id")}, nil, "internet_gateway")
			nat[zone] = stack.Output("nat_gateway/"+zone, "id")
		}
	}
	return nat
}

// routeTables adds one table per public or isolated tier, and one per zone for
// private tiers, so that a change of the NAT mode changes routes and no tables.
func (b *builder) routeTables(nat map[string]stack.Ref) {
	tiers, names := b.tiers()
	for _, name := range names {
		var all []stack.Ref
		for _, zone := range b.zoneIDs() {
			subnet := stack.Output(subnetKey(name, zone), "id")
			all = append(all, subnet)
			if tiers[name].Kind.ValueString() == kindPrivate {
				routes := map[string]stack.Ref{}
				if gateway, ok := nat[zone]; ok {
					routes[everywhere] = gateway
				}
				b.routeTable("route_table/"+name+"/"+zone, routes, []stack.Ref{subnet})
			}
		}
		switch tiers[name].Kind.ValueString() {
		case kindPublic:
			b.routeTable("route_table/"+name, map[string]stack.Ref{everywhere: stack.Output("internet_gateway", "id")}, all)
		case kindIsolated:
			b.routeTable("route_table/"+name, map[string]stack.Ref{}, all)
		}
	}
}

func (b *builder) routeTable(key string, routes map[string]stack.Ref, subnets []stack.Ref) {
	b.add(key, &ec2.RouteTable{VPC: vpc, Routes: routes, Subnets: subnets}, nil)
	b.tables = append(b.tables, key)
}

func (b *builder) endpoints() {
	for _, service := range composite.Strings(b.GatewayEndpoints) {
		var tables []stack.Ref
		for _, key := range b.tables {
			tables = append(tables, stack.Output(key, "id"))
		}
		b.add("vpc_endpoint/"+service, &ec2.VPCEndpoint{VPC: vpc, Service: service, RouteTables: tables}, nil)
	}
}

// flowLog adds the flow log and, for a log group, the role with which EC2 writes.
func (b *builder) flowLog(env composite.Env) {
	destination := strings.TrimSuffix(b.FlowLogDestination.ValueString(), ":*")
	if destination == "" {
		return
	}
	spec := &ec2.FlowLog{VPC: vpc, DestinationARN: destination}
	if strings.Split(destination, ":")[2] == "logs" {
		b.add("flow_log_role", &iam.Role{
			Name: awsapi.Name(b.name, "flow", 64, destination), Path: iam.PathOf(env.Stack), Service: "vpc-flow-logs.amazonaws.com",
			InlinePolicies: map[string]string{"write": iam.CanonicalPolicy(`{"Statement":[{"Action":["logs:CreateLogStream","logs:DescribeLogGroups","logs:DescribeLogStreams","logs:PutLogEvents"],` +
				`"Effect":"Allow","Resource":["` + destination + `","` + destination + `:*"]}],"Version":"2012-10-17"}`)},
		}, nil)
		spec.RoleARN = stack.Output("flow_log_role", "arn")
	}
	b.add("flow_log", spec, nil)
}
