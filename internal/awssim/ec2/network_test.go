package ec2_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

func TestRouteToAnInterface(t *testing.T) {
	l := newLab(t)
	table := l.newTable()
	eni, _, _, err := l.ec2.AddInterface(ec2.InterfaceSpec{SubnetID: l.subnets[0], InstanceID: "i-00000000000000001"})
	if err != nil {
		t.Fatal(err)
	}
	do(t, l.ec2.CreateRoute, &sdk.CreateRouteInput{RouteTableId: &table, DestinationCidrBlock: aws.String("192.0.2.0/24"), NetworkInterfaceId: &eni})
	if r := l.table(table).Routes[1]; r.State != types.RouteStateActive || *r.InstanceId != "i-00000000000000001" {
		t.Errorf("route: %+v", r)
	}
	l.ec2.ReleaseInterface(eni, l.now)
	if r := l.table(table).Routes[1]; r.State != types.RouteStateBlackhole || *r.NetworkInterfaceId != eni {
		t.Errorf("route: %+v", r)
	}
}

func TestAddressOfNATIsOnItsInterface(t *testing.T) {
	l := newLab(t)
	l.internet()
	l.dnsNames()
	address := l.address()
	l.newNAT(address)
	eni := do(t, l.ec2.DescribeNetworkInterfaces, &sdk.DescribeNetworkInterfacesInput{Filters: filter("association.allocation-id", address)}).NetworkInterfaces[0]
	got := do(t, l.ec2.DescribeAddresses, &sdk.DescribeAddressesInput{AllocationIds: []string{address}}).Addresses[0]
	if *got.NetworkInterfaceId != *eni.NetworkInterfaceId || *got.PrivateIpAddress != *eni.PrivateIpAddress || *got.PublicIp != *eni.Association.PublicIp {
		t.Errorf("address %+v on interface %+v", got, eni)
	}
	if eni.InterfaceType != types.NetworkInterfaceTypeNatGateway || *eni.Association.PublicDnsName == "" {
		t.Errorf("interface: %+v", eni)
	}
}

func TestVPCIsInUse(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(l *lab)
	}{
		{"by a group", func(l *lab) { l.newGroup("x") }},
		{"by a route table", func(l *lab) { l.newTable() }},
		{"by a subnet", func(l *lab) {
			do(l.t, l.ec2.CreateSubnet, &sdk.CreateSubnetInput{VpcId: &l.vpc, CidrBlock: aws.String("10.1.0.0/24")})
		}},
		{"by an endpoint", func(l *lab) {
			do(l.t, l.ec2.CreateVpcEndpoint, &sdk.CreateVpcEndpointInput{VpcId: &l.vpc, ServiceName: aws.String("com.amazonaws.eu-west-1.s3")})
		}},
		{"by a regional NAT gateway", func(l *lab) {
			gateway := l.internet()
			do(l.t, l.ec2.CreateNatGateway, &sdk.CreateNatGatewayInput{AvailabilityMode: types.AvailabilityModeRegional, VpcId: &l.vpc})
			do(l.t, l.ec2.DetachInternetGateway, &sdk.DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &l.vpc})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			l.vpc = *do(t, l.ec2.CreateVpc, &sdk.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16")}).Vpc.VpcId
			c.make(l)
			refused(t, l.ec2.DeleteVpc, &sdk.DeleteVpcInput{VpcId: &l.vpc}, "DependencyViolation", l.vpc)
		})
	}
}

func TestFlowLogIsShown(t *testing.T) {
	l := newLab(t)
	id := do(t, l.ec2.CreateFlowLogs, &sdk.CreateFlowLogsInput{ResourceIds: []string{l.vpc}, ResourceType: types.FlowLogsResourceTypeVpc,
		TrafficType: types.TrafficTypeAll, LogDestination: aws.String("arn:aws:logs:eu-west-1:123456789012:log-group:flows"),
		DeliverLogsPermissionArn: aws.String("arn:aws:iam::123456789012:role/flows")}).FlowLogIds[0]
	got := do(t, l.ec2.DescribeFlowLogs, &sdk.DescribeFlowLogsInput{Filter: filter("resource-id", l.vpc)}).FlowLogs
	if len(got) != 1 || *got[0].FlowLogId != id || *got[0].LogGroupName != "flows" || *got[0].FlowLogStatus != "ACTIVE" || *got[0].MaxAggregationInterval != 600 {
		t.Errorf("flow logs: %+v", got)
	}
}

func TestEgressRules(t *testing.T) {
	l := newLab(t)
	made := do(t, l.ec2.AuthorizeSecurityGroupEgress, &sdk.AuthorizeSecurityGroupEgressInput{GroupId: &l.group, IpPermissions: []types.IpPermission{tcp(443, "0.0.0.0/0")}})
	if !*made.SecurityGroupRules[0].IsEgress {
		t.Errorf("rules: %+v", made.SecurityGroupRules)
	}
	do(t, l.ec2.RevokeSecurityGroupEgress, &sdk.RevokeSecurityGroupEgressInput{GroupId: &l.group, IpPermissions: []types.IpPermission{
		{IpProtocol: aws.String("-1"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}})
	g, _ := l.ec2.SecurityGroup(l.group)
	if len(g.IpPermissionsEgress) != 1 || *g.IpPermissionsEgress[0].FromPort != 443 {
		t.Errorf("egress: %+v", g.IpPermissionsEgress)
	}
}

func TestNetworkDefaults(t *testing.T) {
	l := newLab(t)
	v := do(t, l.ec2.DescribeVpcs, &sdk.DescribeVpcsInput{}).Vpcs[0]
	options := do(t, l.ec2.DescribeDhcpOptions, &sdk.DescribeDhcpOptionsInput{DhcpOptionsIds: []string{*v.DhcpOptionsId}}).DhcpOptions
	if len(options) != 1 || *options[0].DhcpConfigurations[0].Values[0].Value != "eu-west-1.compute.internal" {
		t.Errorf("options: %+v", options)
	}
	attributes := do(t, l.ec2.DescribeAccountAttributes, &sdk.DescribeAccountAttributesInput{AttributeNames: []types.AccountAttributeName{"default-vpc"}}).AccountAttributes
	if len(attributes) != 1 || *attributes[0].AttributeValues[0].AttributeValue != "none" {
		t.Errorf("attributes: %+v", attributes)
	}
}

// TestNetworkIsTakenDown walks through aws-facts §13.2, with every wait that it asks for.
func TestNetworkIsTakenDown(t *testing.T) {
	l := newLab(t)
	l.dnsNames()
	gateway, address, table := l.internet(), l.address(), l.newTable()
	nat := l.newNAT(address)
	do(t, l.ec2.CreateRoute, defaultRoute(table, gateway))
	association := do(t, l.ec2.AssociateRouteTable, &sdk.AssociateRouteTableInput{RouteTableId: &table, SubnetId: &l.subnets[0]}).AssociationId
	endpoint := *do(t, l.ec2.CreateVpcEndpoint, l.endpointInput()).VpcEndpoint.VpcEndpointId
	log := do(t, l.ec2.CreateFlowLogs, flowLogInput(l.vpc)).FlowLogIds
	l.pass(5 * time.Minute)

	do(t, l.ec2.DeleteFlowLogs, &sdk.DeleteFlowLogsInput{FlowLogIds: log})
	do(t, l.ec2.DeleteVpcEndpoints, &sdk.DeleteVpcEndpointsInput{VpcEndpointIds: []string{endpoint}})
	do(t, l.ec2.DeleteNatGateway, &sdk.DeleteNatGatewayInput{NatGatewayId: &nat})
	l.pass(5 * time.Minute)
	do(t, l.ec2.ReleaseAddress, &sdk.ReleaseAddressInput{AllocationId: &address})
	do(t, l.ec2.DisassociateRouteTable, &sdk.DisassociateRouteTableInput{AssociationId: association})
	do(t, l.ec2.DeleteRouteTable, &sdk.DeleteRouteTableInput{RouteTableId: &table})
	do(t, l.ec2.DeleteSecurityGroup, &sdk.DeleteSecurityGroupInput{GroupId: &l.group})
	for _, id := range l.subnets {
		do(t, l.ec2.DeleteSubnet, &sdk.DeleteSubnetInput{SubnetId: &id})
	}
	do(t, l.ec2.DetachInternetGateway, &sdk.DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &l.vpc})
	do(t, l.ec2.DeleteInternetGateway, &sdk.DeleteInternetGatewayInput{InternetGatewayId: &gateway})
	do(t, l.ec2.DeleteVpc, &sdk.DeleteVpcInput{VpcId: &l.vpc})
	if left := l.ec2.Inventory(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
