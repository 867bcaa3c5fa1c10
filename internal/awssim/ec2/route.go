package ec2

import (
	"context"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// route sends a destination to a gateway, NAT gateway or interface.
type route struct {
	destination netip.Prefix
	target      string // the id tells what it is
}

// CreateRoute adds a route. An identical one may be there already; one with
// another target is RouteAlreadyExists (aws-facts §2.6).
func (s *Service) CreateRoute(_ context.Context, in *sdk.CreateRouteInput) (*sdk.CreateRouteOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	table, wanted, err := s.resolveRoute(in)
	if err != nil {
		return nil, err
	}
	if i := table.find(wanted.destination); i >= 0 {
		if table.routes[i] != wanted {
			return nil, apierr.New("RouteAlreadyExists", "The route identified by %s already exists.", wanted.destination)
		}
		return &sdk.CreateRouteOutput{Return: aws.Bool(true)}, nil
	}
	if len(table.routes) >= s.Quotas.RoutesPerTable {
		return nil, apierr.New("RouteLimitExceeded", "The maximum number of routes has been reached.")
	}
	table.routes = append(table.routes, wanted)
	return &sdk.CreateRouteOutput{Return: aws.Bool(true)}, nil
}

// ReplaceRoute changes the target of a route.
func (s *Service) ReplaceRoute(_ context.Context, in *sdk.ReplaceRouteInput) (*sdk.ReplaceRouteOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	if aws.ToBool(in.LocalTarget) {
		return nil, notSimulated("ReplaceRoute with a local target")
	}
	request := convert[sdk.CreateRouteInput](in)
	table, wanted, err := s.resolveRoute(&request)
	if err != nil {
		return nil, err
	}
	i := table.find(wanted.destination)
	if i < 0 {
		return nil, apierr.New("InvalidParameterValue",
			"There is no route defined for '%s' in the route table. Use CreateRoute instead.", wanted.destination)
	}
	table.routes[i] = wanted
	return &sdk.ReplaceRouteOutput{}, nil
}

// DeleteRoute removes a route.
func (s *Service) DeleteRoute(_ context.Context, in *sdk.DeleteRouteInput) (*sdk.DeleteRouteOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	table, err := s.routeTable(aws.ToString(in.RouteTableId))
	if err != nil {
		return nil, err
	}
	if err := exactlyOne("a destination", in.DestinationCidrBlock, in.DestinationIpv6CidrBlock, in.DestinationPrefixListId); err != nil {
		return nil, err
	}
	if in.DestinationCidrBlock == nil {
		return nil, noRoute(aws.ToString(in.DestinationIpv6CidrBlock)+aws.ToString(in.DestinationPrefixListId), table.id)
	}
	destination, err := parseCIDR(*in.DestinationCidrBlock, "destinationCidrBlock")
	if err != nil {
		return nil, err
	}
	if v, ok := s.vpcs.get(table.vpcID); ok && v.cidr == destination {
		return nil, apierr.New("InvalidParameterValue", "cannot remove local route %s in route table %s", destination, table.id)
	}
	i := table.find(destination)
	if i < 0 {
		return nil, noRoute(destination.String(), table.id)
	}
	table.routes = slices.Delete(table.routes, i, i+1)
	return &sdk.DeleteRouteOutput{}, nil
}

func noRoute(destination, tableID string) error {
	return apierr.New("InvalidRoute.NotFound", "no route with destination-cidr-block %s in route table %s", destination, tableID)
}

func (table *routeTable) find(destination netip.Prefix) int {
	return slices.IndexFunc(table.routes, func(r route) bool { return r.destination == destination })
}

// resolveRoute checks a wanted route and canonicalises its destination.
func (s *Service) resolveRoute(in *sdk.CreateRouteInput) (*routeTable, route, error) {
	table, err := s.routeTable(aws.ToString(in.RouteTableId))
	if err != nil {
		return nil, route{}, err
	}
	if err := exactlyOne("a destination", in.DestinationCidrBlock, in.DestinationIpv6CidrBlock, in.DestinationPrefixListId); err != nil {
		return nil, route{}, err
	}
	others := values(in.CarrierGatewayId, in.CoreNetworkArn, in.EgressOnlyInternetGatewayId, in.LocalGatewayId,
		in.OdbNetworkArn, in.TransitGatewayId, in.VpcEndpointId, in.VpcPeeringConnectionId)
	if in.DestinationCidrBlock == nil || len(others) > 0 {
		return nil, route{}, notSimulated("A route with such a destination or target")
	}
	destination, err := parseCIDR(*in.DestinationCidrBlock, "destinationCidrBlock")
	if err != nil {
		return nil, route{}, err
	}
	if v, ok := s.vpcs.get(table.vpcID); ok && contains(v.cidr, destination) {
		return nil, route{}, apierr.New("InvalidParameterValue",
			"The destination CIDR block %s is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.", destination)
	}
	if err := exactlyOne("a target", in.GatewayId, in.NatGatewayId, in.NetworkInterfaceId, in.InstanceId); err != nil {
		return nil, route{}, err
	}
	target, err := s.routeTarget(table, in)
	return table, route{destination, target}, err
}

// routeTarget checks that the target exists, in the table's VPC.
func (s *Service) routeTarget(table *routeTable, in *sdk.CreateRouteInput) (string, error) {
	switch {
	case in.GatewayId != nil:
		gateway, ok := s.gateways.get(*in.GatewayId)
		if !ok {
			return "", apierr.New("InvalidGatewayID.NotFound", "The gateway ID '%s' does not exist", *in.GatewayId)
		}
		if gateway.vpcID != table.vpcID {
			return "", differentNetworks("network gateway", table.id, gateway.id)
		}
		return gateway.id, nil
	case in.NatGatewayId != nil:
		// aws-facts §2.5: a gateway in pending may be the target.
		nat, err := s.natGateway(*in.NatGatewayId)
		if err != nil || !nat.serves(s.Now()) {
			return "", apierr.New("InvalidNatGatewayID.NotFound", "The natGateway ID '%s' does not exist", *in.NatGatewayId)
		}
		if nat.vpcID != table.vpcID {
			return "", differentNetworks("NAT gateway", table.id, nat.id)
		}
		return nat.id, nil
	}
	eni := s.targetInterface(aws.ToString(in.NetworkInterfaceId), aws.ToString(in.InstanceId))
	switch {
	case eni == nil && in.NetworkInterfaceId != nil:
		return "", kindInterface.missing(*in.NetworkInterfaceId)
	case eni == nil:
		return "", kindInstance.missing(*in.InstanceId)
	case eni.vpcID != table.vpcID:
		return "", differentNetworks("interface", table.id, eni.id)
	}
	return eni.id, nil
}

func (s *Service) targetInterface(id, instanceID string) *networkInterface {
	for _, eni := range s.liveInterfaces() {
		if eni.id == id || instanceID != "" && eni.InstanceID == instanceID {
			return eni
		}
	}
	return nil
}

// shownRoutes lists the local route, the routes that were made, and those that
// gateway endpoints put into the table (aws-facts §12.1).
func (s *Service) shownRoutes(table *routeTable) []types.Route {
	var list []types.Route
	if v, ok := s.vpcs.get(table.vpcID); ok {
		list = append(list, types.Route{DestinationCidrBlock: aws.String(v.cidr.String()), GatewayId: aws.String("local"),
			Origin: types.RouteOriginCreateRouteTable, State: types.RouteStateActive})
	}
	for _, r := range table.routes {
		list = append(list, s.shownRoute(table, r))
	}
	for _, endpoint := range s.liveEndpoints() {
		if endpoint.routes() && slices.Contains(endpoint.tables, table.id) {
			list = append(list, types.Route{DestinationPrefixListId: aws.String(s.prefixListOf(endpoint.service)),
				GatewayId: aws.String(endpoint.id), Origin: types.RouteOriginCreateRoute, State: types.RouteStateActive})
		}
	}
	return list
}

// shownRoute tells a route's state: one whose target is gone is a black hole, and
// stays (aws-facts §2.5, §2.6).
func (s *Service) shownRoute(table *routeTable, r route) types.Route {
	out := types.Route{DestinationCidrBlock: aws.String(r.destination.String()), Origin: types.RouteOriginCreateRoute,
		State: types.RouteStateBlackhole}
	alive := false
	switch k, _ := kindOf(r.target); k {
	case kindGateway:
		out.GatewayId = aws.String(r.target)
		gateway, ok := s.gateways.get(r.target)
		alive = ok && gateway.vpcID == table.vpcID
	case kindNAT:
		out.NatGatewayId = aws.String(r.target)
		nat, ok := s.nats.get(r.target)
		alive = ok && (nat.serves(s.Now()) || nat.state(s.Now()) == types.NatGatewayStateDeleting)
	case kindInterface:
		out.NetworkInterfaceId = aws.String(r.target)
		if eni := s.targetInterface(r.target, ""); eni != nil {
			alive = true
			if eni.InstanceID != "" {
				out.InstanceId, out.InstanceOwnerId = aws.String(eni.InstanceID), aws.String(s.Account)
			}
		}
	}
	if alive {
		out.State = types.RouteStateActive
	}
	return out
}
