package ec2

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// routeTable is a VPC's route table. The local route and the routes to gateway
// endpoints are not kept: they follow from the VPC and its endpoints.
type routeTable struct {
	id, vpcID string
	routes    []route
}

func (s *Service) routeTable(id string) (*routeTable, error) {
	table, ok := s.routeTables.get(id)
	if !ok {
		return nil, kindRouteTable.missing(id)
	}
	return table, nil
}

func (s *Service) newRouteTable(vpcID string) *routeTable {
	table := &routeTable{id: s.NewID("rtb"), vpcID: vpcID}
	s.routeTables.add(table.id, table)
	return table
}

// isMain reports whether the table is its VPC's main one.
func (s *Service) isMain(tableID string) bool {
	return slices.ContainsFunc(s.associations.all(), func(a *tableAssociation) bool { return a.main && a.tableID == tableID })
}

// CreateRouteTable makes a table with nothing but the local route.
func (s *Service) CreateRouteTable(_ context.Context, in *sdk.CreateRouteTableInput) (*sdk.CreateRouteTableOutput, error) {
	if err := s.checkCreate(in.DryRun, in.TagSpecifications, types.ResourceTypeRouteTable); err != nil {
		return nil, err
	}
	shown, err := createOnce(s, "CreateRouteTable", in.ClientToken, in,
		func() (string, error) { return s.addRouteTable(in) },
		func(id string) (types.RouteTable, bool) {
			table, ok := s.routeTables.get(id)
			if !ok {
				return types.RouteTable{}, false
			}
			return s.shownRouteTable(table), true
		})
	if err != nil {
		return nil, err
	}
	return &sdk.CreateRouteTableOutput{ClientToken: in.ClientToken, RouteTable: &shown}, nil
}

func (s *Service) addRouteTable(in *sdk.CreateRouteTableInput) (string, error) {
	v, err := s.vpc(aws.ToString(in.VpcId))
	if err != nil {
		return "", err
	}
	tables := slices.DeleteFunc(s.routeTables.all(), func(table *routeTable) bool { return table.vpcID != v.id })
	if len(tables) >= s.Quotas.RouteTablesPerVPC {
		return "", apierr.New("RouteTableLimitExceeded", "The maximum number of route tables has been reached.")
	}
	table := s.newRouteTable(v.id)
	s.tagOnCreate(types.ResourceTypeRouteTable, table.id, in.TagSpecifications)
	return table.id, nil
}

// DeleteRouteTable removes a table that is associated with nothing; the main one
// always is, with its VPC (aws-facts §2.6).
func (s *Service) DeleteRouteTable(_ context.Context, in *sdk.DeleteRouteTableInput) (*sdk.DeleteRouteTableOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	table, err := s.routeTable(aws.ToString(in.RouteTableId))
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(s.associations.all(), func(a *tableAssociation) bool { return a.tableID == table.id }) {
		return nil, dependency("routeTable", table.id)
	}
	for _, endpoint := range s.liveEndpoints() {
		endpoint.tables = slices.DeleteFunc(endpoint.tables, func(id string) bool { return id == table.id })
	}
	s.routeTables.remove(table.id)
	delete(s.tags, table.id)
	return &sdk.DeleteRouteTableOutput{}, nil
}

var routeTableListing = listing[types.RouteTable]{
	kind:       kindRouteTable,
	id:         func(table types.RouteTable) string { return aws.ToString(table.RouteTableId) },
	page:       100,
	attributes: routeTableAttributes,
}

func routeTableAttributes(table types.RouteTable) map[string][]string {
	ofAssociations := func(value func(types.RouteTableAssociation) []string) []string {
		return each(table.Associations, value)
	}
	ofRoutes := func(value func(types.Route) *string) []string {
		return each(table.Routes, func(r types.Route) []string { return values(value(r)) })
	}
	return map[string][]string{
		"association.gateway-id":                 ofAssociations(func(a types.RouteTableAssociation) []string { return values(a.GatewayId) }),
		"association.main":                       ofAssociations(func(a types.RouteTableAssociation) []string { return flag(a.Main) }),
		"association.route-table-association-id": ofAssociations(func(a types.RouteTableAssociation) []string { return values(a.RouteTableAssociationId) }),
		"association.route-table-id":             ofAssociations(func(a types.RouteTableAssociation) []string { return values(a.RouteTableId) }),
		"association.subnet-id":                  ofAssociations(func(a types.RouteTableAssociation) []string { return values(a.SubnetId) }),
		"owner-id":                               values(table.OwnerId),
		"route-table-id":                         values(table.RouteTableId),
		"route.destination-cidr-block":           ofRoutes(func(r types.Route) *string { return r.DestinationCidrBlock }),
		"route.destination-ipv6-cidr-block":      ofRoutes(func(r types.Route) *string { return r.DestinationIpv6CidrBlock }),
		"route.destination-prefix-list-id":       ofRoutes(func(r types.Route) *string { return r.DestinationPrefixListId }),
		"route.egress-only-internet-gateway-id":  ofRoutes(func(r types.Route) *string { return r.EgressOnlyInternetGatewayId }),
		"route.gateway-id":                       ofRoutes(func(r types.Route) *string { return r.GatewayId }),
		"route.instance-id":                      ofRoutes(func(r types.Route) *string { return r.InstanceId }),
		"route.nat-gateway-id":                   ofRoutes(func(r types.Route) *string { return r.NatGatewayId }),
		"route.transit-gateway-id":               ofRoutes(func(r types.Route) *string { return r.TransitGatewayId }),
		"route.vpc-peering-connection-id":        ofRoutes(func(r types.Route) *string { return r.VpcPeeringConnectionId }),
		"route.origin":                           each(table.Routes, func(r types.Route) []string { return []string{string(r.Origin)} }),
		"route.state":                            each(table.Routes, func(r types.Route) []string { return []string{string(r.State)} }),
		"vpc-id":                                 values(table.VpcId),
	}
}

// DescribeRouteTables lists route tables, main ones included.
func (s *Service) DescribeRouteTables(_ context.Context, in *sdk.DescribeRouteTablesInput) (*sdk.DescribeRouteTablesOutput, error) {
	var all []types.RouteTable
	for _, table := range s.routeTables.all() {
		all = append(all, s.shownRouteTable(table))
	}
	page, next, err := list(s, routeTableListing, all, query{in.RouteTableIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeRouteTablesOutput{RouteTables: page, NextToken: next}, nil
}

func (s *Service) shownRouteTable(table *routeTable) types.RouteTable {
	out := types.RouteTable{
		OwnerId:      aws.String(s.Account),
		RouteTableId: aws.String(table.id),
		Routes:       s.shownRoutes(table),
		Tags:         s.tagList(table.id),
		VpcId:        aws.String(table.vpcID),
	}
	for _, a := range s.associations.all() {
		if a.tableID == table.id {
			out.Associations = append(out.Associations, a.shown())
		}
	}
	return out
}
