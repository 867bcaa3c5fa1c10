package ec2

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// tableAssociation binds a route table to a subnet, or, as the main table, to
// all the subnets of its VPC that have no association of their own.
type tableAssociation struct {
	id, tableID, subnetID string
	main                  bool
}

// associate adds an association like the given one for the table.
func (s *Service) associate(table *routeTable, a tableAssociation) *tableAssociation {
	a.id, a.tableID = s.NewID("rtbassoc"), table.id
	s.associations.add(a.id, &a)
	return &a
}

func (a *tableAssociation) shown() types.RouteTableAssociation {
	out := types.RouteTableAssociation{
		AssociationState:        associated(),
		Main:                    aws.Bool(a.main),
		RouteTableAssociationId: aws.String(a.id),
		RouteTableId:            aws.String(a.tableID),
	}
	if a.subnetID != "" {
		out.SubnetId = aws.String(a.subnetID)
	}
	return out
}

func associated() *types.RouteTableAssociationState {
	return &types.RouteTableAssociationState{State: types.RouteTableAssociationStateCodeAssociated}
}

func (s *Service) tableAssociation(id string) (*tableAssociation, error) {
	a, ok := s.associations.get(id)
	if !ok {
		return nil, apierr.New("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", id)
	}
	return a, nil
}

// AssociateRouteTable binds a table to a subnet that has none of its own.
func (s *Service) AssociateRouteTable(_ context.Context, in *sdk.AssociateRouteTableInput) (*sdk.AssociateRouteTableOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	if in.GatewayId != nil || in.PublicIpv4Pool != nil {
		return nil, notSimulated("AssociateRouteTable with a gateway or a pool")
	}
	table, err := s.routeTable(aws.ToString(in.RouteTableId))
	if err != nil {
		return nil, err
	}
	sn, err := s.subnet(aws.ToString(in.SubnetId))
	if err != nil {
		return nil, err
	}
	if sn.vpcID != table.vpcID {
		return nil, differentNetworks("subnet", table.id, sn.id)
	}
	for _, other := range s.associations.all() {
		if other.subnetID == sn.id { // aws-facts §2.6
			return nil, apierr.New("Resource.AlreadyAssociated",
				"the specified association for route table %s conflicts with an existing association", table.id)
		}
	}
	a := s.associate(table, tableAssociation{subnetID: sn.id})
	return &sdk.AssociateRouteTableOutput{AssociationId: aws.String(a.id), AssociationState: associated()}, nil
}

// DisassociateRouteTable ends an association; the subnet then uses the main table.
func (s *Service) DisassociateRouteTable(_ context.Context, in *sdk.DisassociateRouteTableInput) (*sdk.DisassociateRouteTableOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	a, err := s.tableAssociation(aws.ToString(in.AssociationId))
	if err != nil {
		return nil, err
	}
	if a.main {
		return nil, apierr.New("InvalidParameterValue", "cannot disassociate the main route table association %s", a.id)
	}
	s.associations.remove(a.id)
	return &sdk.DisassociateRouteTableOutput{}, nil
}

// ReplaceRouteTableAssociation moves a subnet, or a VPC's main association, to
// another table. The association gets a new id (aws-facts §2.6).
func (s *Service) ReplaceRouteTableAssociation(_ context.Context, in *sdk.ReplaceRouteTableAssociationInput) (*sdk.ReplaceRouteTableAssociationOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	old, err := s.tableAssociation(aws.ToString(in.AssociationId))
	if err != nil {
		return nil, err
	}
	table, err := s.routeTable(aws.ToString(in.RouteTableId))
	if err != nil {
		return nil, err
	}
	if was, ok := s.routeTables.get(old.tableID); ok && was.vpcID != table.vpcID {
		return nil, differentNetworks("route table", table.id, was.id)
	}
	s.associations.remove(old.id)
	a := s.associate(table, tableAssociation{subnetID: old.subnetID, main: old.main})
	return &sdk.ReplaceRouteTableAssociationOutput{NewAssociationId: aws.String(a.id), AssociationState: associated()}, nil
}

func differentNetworks(noun, tableID, id string) error {
	return apierr.New("InvalidParameterValue", "route table %s and %s %s belong to different networks", tableID, noun, id)
}
