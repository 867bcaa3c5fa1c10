package ec2_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func (l *lab) newTable() string {
	l.t.Helper()
	return *do(l.t, l.ec2.CreateRouteTable, &sdk.CreateRouteTableInput{VpcId: &l.vpc}).RouteTable.RouteTableId
}

func (l *lab) table(id string) types.RouteTable {
	l.t.Helper()
	return do(l.t, l.ec2.DescribeRouteTables, &sdk.DescribeRouteTablesInput{RouteTableIds: []string{id}}).RouteTables[0]
}

func defaultRoute(table, gateway string) *sdk.CreateRouteInput {
	return &sdk.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: &gateway}
}

func TestRouteToInternetGateway(t *testing.T) {
	l := newLab(t)
	gateway, table := l.internet(), l.newTable()
	do(t, l.ec2.CreateRoute, defaultRoute(table, gateway))
	do(t, l.ec2.CreateRoute, defaultRoute(table, gateway)) // the identical route
	routes := l.table(table).Routes
	if len(routes) != 2 || *routes[0].GatewayId != "local" || *routes[1].GatewayId != gateway || routes[1].State != types.RouteStateActive {
		t.Errorf("routes: %+v", routes)
	}
	do(t, l.ec2.DetachInternetGateway, &sdk.DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &l.vpc})
	if got := l.table(table).Routes[1].State; got != types.RouteStateBlackhole {
		t.Errorf("the route to a detached gateway is %s", got)
	}
}

func TestRouteToNATOutlivesIt(t *testing.T) {
	l := newLab(t)
	l.internet()
	nat, table := l.newNAT(l.address()), l.newTable()
	in := &sdk.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: &nat}
	do(t, l.ec2.CreateRoute, in) // while it is pending
	do(t, l.ec2.DeleteNatGateway, &sdk.DeleteNatGatewayInput{NatGatewayId: &nat})
	l.pass(2 * time.Minute)
	if r := l.table(table).Routes[1]; r.State != types.RouteStateBlackhole || *r.NatGatewayId != nat {
		t.Errorf("route: %+v", r)
	}
	do(t, l.ec2.DeleteRoute, &sdk.DeleteRouteInput{RouteTableId: &table, DestinationCidrBlock: aws.String("0.0.0.0/0")})
	refused(t, l.ec2.CreateRoute, in, "InvalidNatGatewayID.NotFound", nat)
}

func TestRouteIsReplaced(t *testing.T) {
	l := newLab(t)
	gateway, table := l.internet(), l.newTable()
	nat := l.newNAT(l.address())
	replace := &sdk.ReplaceRouteInput{RouteTableId: &table, DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: &nat}
	refused(t, l.ec2.ReplaceRoute, replace, "InvalidParameterValue", "no route defined")
	do(t, l.ec2.CreateRoute, defaultRoute(table, gateway))
	refused(t, l.ec2.CreateRoute, &sdk.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: &nat},
		"RouteAlreadyExists", "0.0.0.0/0")
	do(t, l.ec2.ReplaceRoute, replace)
	if r := l.table(table).Routes[1]; r.GatewayId != nil || *r.NatGatewayId != nat {
		t.Errorf("route: %+v", r)
	}
}

func TestRouteRequests(t *testing.T) {
	l := newLab(t)
	gateway, table := l.internet(), l.newTable()
	other := do(t, l.ec2.CreateInternetGateway, &sdk.CreateInternetGatewayInput{})
	for _, c := range []struct {
		name, table, cidr, gateway, code, text string
	}{
		{"unknown table", "rtb-00000000000000000", "0.0.0.0/0", gateway, "InvalidRouteTableID.NotFound", ""},
		{"unknown gateway", table, "0.0.0.0/0", "igw-00000000000000000", "InvalidGatewayID.NotFound", ""},
		{"gateway of no VPC", table, "0.0.0.0/0", *other.InternetGateway.InternetGatewayId, "InvalidParameterValue", "different networks"},
		{"within the VPC", table, "10.0.1.0/24", gateway, "InvalidParameterValue", "more specific"},
		{"no block", table, "anywhere", gateway, "InvalidParameterValue", "not a valid CIDR block"},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused(t, l.ec2.CreateRoute, &sdk.CreateRouteInput{RouteTableId: &c.table, DestinationCidrBlock: &c.cidr, GatewayId: &c.gateway}, c.code, c.text)
		})
	}
	refused(t, l.ec2.DeleteRoute, &sdk.DeleteRouteInput{RouteTableId: &table, DestinationCidrBlock: aws.String("0.0.0.0/0")}, "InvalidRoute.NotFound", "")
}

func TestRouteDestinationIsCanonical(t *testing.T) {
	l := newLab(t)
	gateway, table := l.internet(), l.newTable()
	do(t, l.ec2.CreateRoute, &sdk.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: aws.String("100.68.0.18/18"), GatewayId: &gateway})
	if got := *l.table(table).Routes[1].DestinationCidrBlock; got != "100.68.0.0/18" {
		t.Errorf("destination %s", got)
	}
}

func TestRouteQuota(t *testing.T) {
	l := newLab(t)
	gateway, table := l.internet(), l.newTable()
	l.ec2.Quotas.RoutesPerTable = 0
	refused(t, l.ec2.CreateRoute, defaultRoute(table, gateway), "RouteLimitExceeded", "")
	l.ec2.Quotas.RouteTablesPerVPC = 2 // the main one and the one above
	refused(t, l.ec2.CreateRouteTable, &sdk.CreateRouteTableInput{VpcId: &l.vpc}, "RouteTableLimitExceeded", "")
}

func TestSubnetHasOneAssociation(t *testing.T) {
	l := newLab(t)
	first, second := l.newTable(), l.newTable()
	a := do(t, l.ec2.AssociateRouteTable, &sdk.AssociateRouteTableInput{RouteTableId: &first, SubnetId: &l.subnets[0]})
	refused(t, l.ec2.AssociateRouteTable, &sdk.AssociateRouteTableInput{RouteTableId: &second, SubnetId: &l.subnets[0]}, "Resource.AlreadyAssociated", "")
	refused(t, l.ec2.DeleteRouteTable, &sdk.DeleteRouteTableInput{RouteTableId: &first}, "DependencyViolation", "")
	b := do(t, l.ec2.ReplaceRouteTableAssociation, &sdk.ReplaceRouteTableAssociationInput{AssociationId: a.AssociationId, RouteTableId: &second})
	if *b.NewAssociationId == *a.AssociationId {
		t.Error("the association has its old id")
	}
	do(t, l.ec2.DeleteRouteTable, &sdk.DeleteRouteTableInput{RouteTableId: &first})
	refused(t, l.ec2.DisassociateRouteTable, &sdk.DisassociateRouteTableInput{AssociationId: a.AssociationId}, "InvalidAssociationID.NotFound", "")
	do(t, l.ec2.DeleteSubnet, &sdk.DeleteSubnetInput{SubnetId: &l.subnets[0]})
	do(t, l.ec2.DeleteRouteTable, &sdk.DeleteRouteTableInput{RouteTableId: &second})
}

func TestMainAssociationMoves(t *testing.T) {
	l := newLab(t)
	main := do(t, l.ec2.DescribeRouteTables, &sdk.DescribeRouteTablesInput{Filters: filter("association.main", "true")}).RouteTables[0]
	association := main.Associations[0].RouteTableAssociationId
	refused(t, l.ec2.DisassociateRouteTable, &sdk.DisassociateRouteTableInput{AssociationId: association}, "InvalidParameterValue", "main")
	table := l.newTable()
	do(t, l.ec2.ReplaceRouteTableAssociation, &sdk.ReplaceRouteTableAssociationInput{AssociationId: association, RouteTableId: &table})
	if a := l.table(table).Associations; len(a) != 1 || !*a[0].Main {
		t.Errorf("associations: %+v", a)
	}
	do(t, l.ec2.DeleteRouteTable, &sdk.DeleteRouteTableInput{RouteTableId: main.RouteTableId})
}

func TestRouteTableClientToken(t *testing.T) {
	l := newLab(t)
	in := &sdk.CreateRouteTableInput{VpcId: &l.vpc, ClientToken: aws.String("private-a")}
	first, again := do(t, l.ec2.CreateRouteTable, in), do(t, l.ec2.CreateRouteTable, in)
	if *first.RouteTable.RouteTableId != *again.RouteTable.RouteTableId {
		t.Error("the same token made two tables")
	}
	in.TagSpecifications = []types.TagSpecification{tagSpec(types.ResourceTypeRouteTable, "a", "b")}
	refused(t, l.ec2.CreateRouteTable, in, "IdempotentParameterMismatch", "")
}

func TestGatewayEndpointPutsItsRouteIntoTables(t *testing.T) {
	l := newLab(t)
	first, second := l.newTable(), l.newTable()
	in := &sdk.CreateVpcEndpointInput{VpcId: &l.vpc, ServiceName: aws.String("com.amazonaws.eu-west-1.s3"), RouteTableIds: []string{first}}
	e := do(t, l.ec2.CreateVpcEndpoint, in).VpcEndpoint
	if e.State != "available" || e.VpcEndpointType != types.VpcEndpointTypeGateway {
		t.Errorf("endpoint: %+v", e)
	}
	lists := do(t, l.ec2.DescribePrefixLists, &sdk.DescribePrefixListsInput{Filters: filter("prefix-list-name", "com.amazonaws.eu-west-1.s3")})
	if r := l.table(first).Routes; len(r) != 2 || *r[1].GatewayId != *e.VpcEndpointId || *r[1].DestinationPrefixListId != *lists.PrefixLists[0].PrefixListId {
		t.Errorf("routes: %+v", r)
	}
	refused(t, l.ec2.CreateVpcEndpoint, in, "RouteAlreadyExists", first)
	do(t, l.ec2.ModifyVpcEndpoint, &sdk.ModifyVpcEndpointInput{VpcEndpointId: e.VpcEndpointId, AddRouteTableIds: []string{second}, RemoveRouteTableIds: []string{first}})
	if len(l.table(first).Routes) != 1 || len(l.table(second).Routes) != 2 {
		t.Error("the route did not move")
	}
	do(t, l.ec2.DeleteVpcEndpoints, &sdk.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*e.VpcEndpointId}})
	if len(l.table(second).Routes) != 1 {
		t.Error("the route stayed")
	}
	l.pass(time.Minute)
	refused(t, l.ec2.DescribeVpcEndpoints, &sdk.DescribeVpcEndpointsInput{VpcEndpointIds: []string{*e.VpcEndpointId}}, "InvalidVpcEndpointId.NotFound", "")
}
