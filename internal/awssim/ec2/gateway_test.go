package ec2_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

// internet attaches a new Internet gateway to the lab's VPC.
func (l *lab) internet() string {
	l.t.Helper()
	out := do(l.t, l.ec2.CreateInternetGateway, &sdk.CreateInternetGatewayInput{})
	id := *out.InternetGateway.InternetGatewayId
	do(l.t, l.ec2.AttachInternetGateway, &sdk.AttachInternetGatewayInput{InternetGatewayId: &id, VpcId: &l.vpc})
	return id
}

func (l *lab) address() string {
	l.t.Helper()
	return *do(l.t, l.ec2.AllocateAddress, &sdk.AllocateAddressInput{}).AllocationId
}

// newNAT makes a NAT gateway in zone a.
func (l *lab) newNAT(address string) string {
	l.t.Helper()
	out := do(l.t, l.ec2.CreateNatGateway, &sdk.CreateNatGatewayInput{SubnetId: &l.subnets[0], AllocationId: &address})
	return *out.NatGateway.NatGatewayId
}

func (l *lab) nat(id string) types.NatGateway {
	l.t.Helper()
	return do(l.t, l.ec2.DescribeNatGateways, &sdk.DescribeNatGatewaysInput{NatGatewayIds: []string{id}}).NatGateways[0]
}

func (l *lab) wantNAT(id string, state types.NatGatewayState) {
	l.t.Helper()
	if got := l.nat(id).State; got != state {
		l.t.Errorf("the NAT gateway is %s, want %s", got, state)
	}
}

func TestInternetGatewayAttachment(t *testing.T) {
	l := newLab(t)
	id := l.internet()
	refused(t, l.ec2.AttachInternetGateway, &sdk.AttachInternetGatewayInput{InternetGatewayId: &id, VpcId: &l.vpc}, "Resource.AlreadyAssociated", "")
	second := do(t, l.ec2.CreateInternetGateway, &sdk.CreateInternetGatewayInput{})
	refused(t, l.ec2.AttachInternetGateway, &sdk.AttachInternetGatewayInput{InternetGatewayId: second.InternetGateway.InternetGatewayId, VpcId: &l.vpc}, "Resource.AlreadyAssociated", "")
	refused(t, l.ec2.DetachInternetGateway, &sdk.DetachInternetGatewayInput{InternetGatewayId: second.InternetGateway.InternetGatewayId, VpcId: &l.vpc}, "Gateway.NotAttached", "")
	refused(t, l.ec2.DeleteInternetGateway, &sdk.DeleteInternetGatewayInput{InternetGatewayId: &id}, "DependencyViolation", "")
	got := do(t, l.ec2.DescribeInternetGateways, &sdk.DescribeInternetGatewaysInput{Filters: filter("attachment.vpc-id", l.vpc)})
	if len(got.InternetGateways) != 1 || got.InternetGateways[0].Attachments[0].State != "available" {
		t.Errorf("gateways: %+v", got.InternetGateways)
	}
	do(t, l.ec2.DetachInternetGateway, &sdk.DetachInternetGatewayInput{InternetGatewayId: &id, VpcId: &l.vpc})
	do(t, l.ec2.DeleteInternetGateway, &sdk.DeleteInternetGatewayInput{InternetGatewayId: &id})
}

func TestPublicInterfaceBlocksDetach(t *testing.T) {
	l := newLab(t)
	id := l.internet()
	eni, _, public, err := l.ec2.AddInterface(ec2.InterfaceSpec{SubnetID: l.subnets[0], PublicIP: true, AttachmentOwner: "amazon-elb"})
	if err != nil || public == "" {
		t.Fatal(public, err)
	}
	refused(t, l.ec2.DetachInternetGateway, &sdk.DetachInternetGatewayInput{InternetGatewayId: &id, VpcId: &l.vpc}, "DependencyViolation", "has some mapped public address(es)")
	l.ec2.ReleaseInterface(eni, l.now)
	do(t, l.ec2.DetachInternetGateway, &sdk.DetachInternetGatewayInput{InternetGatewayId: &id, VpcId: &l.vpc})
}

func TestAddressQuota(t *testing.T) {
	l := newLab(t)
	l.ec2.Quotas.Addresses = 1
	l.address()
	refused(t, l.ec2.AllocateAddress, &sdk.AllocateAddressInput{}, "AddressLimitExceeded", "maximum number of addresses")
}

func TestAddressesByUnknownID(t *testing.T) {
	l := newLab(t)
	refused(t, l.ec2.DescribeAddresses, &sdk.DescribeAddressesInput{AllocationIds: []string{"eipalloc-00000000000000000"}}, "InvalidAllocationID.NotFound", "")
	refused(t, l.ec2.DescribeAddresses, &sdk.DescribeAddressesInput{PublicIps: []string{"192.0.2.1"}}, "InvalidAddress.NotFound", "")
	refused(t, l.ec2.ReleaseAddress, &sdk.ReleaseAddressInput{AllocationId: aws.String("eipalloc-00000000000000000")}, "InvalidAllocationID.NotFound", "")
	refused(t, l.ec2.DescribeAddressesAttribute, &sdk.DescribeAddressesAttributeInput{AllocationIds: []string{"eipalloc-00000000000000000"}}, "InvalidAllocationID.NotFound", "")
	refused(t, l.ec2.DisassociateAddress, &sdk.DisassociateAddressInput{AssociationId: aws.String("eipassoc-00000000000000000")}, "InvalidAssociationID.NotFound", "")
}

func TestAddressesHaveNoNames(t *testing.T) {
	l := newLab(t)
	id := l.address()
	out := do(t, l.ec2.DescribeAddressesAttribute, &sdk.DescribeAddressesAttributeInput{AllocationIds: []string{id}, Attribute: types.AddressAttributeNameDomainName})
	if len(out.Addresses) != 1 || *out.Addresses[0].AllocationId != id || out.Addresses[0].PtrRecord != nil {
		t.Errorf("%+v", out.Addresses)
	}
}

func TestNATLife(t *testing.T) {
	l := newLab(t)
	gateway, address := l.internet(), l.address()
	id := l.newNAT(address)
	l.wantNAT(id, types.NatGatewayStatePending)
	refused(t, l.ec2.ReleaseAddress, &sdk.ReleaseAddressInput{AllocationId: &address}, "InvalidIPAddress.InUse", "")
	association := do(t, l.ec2.DescribeAddresses, &sdk.DescribeAddressesInput{}).Addresses[0].AssociationId
	refused(t, l.ec2.DisassociateAddress, &sdk.DisassociateAddressInput{AssociationId: association}, "AuthFailure", "")
	l.pass(2 * time.Minute)
	l.wantNAT(id, types.NatGatewayStateAvailable)
	if a := l.nat(id).NatGatewayAddresses[0]; *a.AllocationId != address || a.PublicIp == nil || a.NetworkInterfaceId == nil {
		t.Errorf("address: %+v", a)
	}
	do(t, l.ec2.DeleteNatGateway, &sdk.DeleteNatGatewayInput{NatGatewayId: &id})
	l.wantNAT(id, types.NatGatewayStateDeleting)
	refused(t, l.ec2.ReleaseAddress, &sdk.ReleaseAddressInput{AllocationId: &address}, "AuthFailure", "")
	refused(t, l.ec2.DeleteSubnet, &sdk.DeleteSubnetInput{SubnetId: &l.subnets[0]}, "DependencyViolation", "")
	refused(t, l.ec2.DetachInternetGateway, &sdk.DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &l.vpc}, "DependencyViolation", "mapped public")
	l.pass(2 * time.Minute)
	l.wantNAT(id, types.NatGatewayStateDeleted)
	refused(t, l.ec2.DeleteNatGateway, &sdk.DeleteNatGatewayInput{NatGatewayId: &id}, "NatGatewayNotFound", id)
	do(t, l.ec2.ReleaseAddress, &sdk.ReleaseAddressInput{AllocationId: &address})
	do(t, l.ec2.DeleteSubnet, &sdk.DeleteSubnetInput{SubnetId: &l.subnets[0]})
	do(t, l.ec2.DetachInternetGateway, &sdk.DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &l.vpc})
	l.pass(time.Hour)
	refused(t, l.ec2.DescribeNatGateways, &sdk.DescribeNatGatewaysInput{NatGatewayIds: []string{id}}, "NatGatewayNotFound", id)
}

func TestNATFails(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(l *lab, address string)
		code    string
	}{
		{"without an Internet gateway", func(*lab, string) {}, "Gateway.NotAttached"},
		{"with an address in use", func(l *lab, address string) {
			l.internet()
			l.newNAT(address)
		}, "Resource.AlreadyAssociated"},
		{"in a full subnet", func(l *lab, _ string) {
			l.internet()
			out := do(l.t, l.ec2.CreateSubnet, &sdk.CreateSubnetInput{VpcId: &l.vpc, CidrBlock: aws.String("10.0.9.0/28")})
			l.subnets[0] = *out.Subnet.SubnetId
			for range 11 {
				if _, _, _, err := l.ec2.AddInterface(ec2.InterfaceSpec{SubnetID: l.subnets[0]}); err != nil {
					l.t.Fatal(err)
				}
			}
		}, "InsufficientFreeAddressesInSubnet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			address := l.address()
			c.prepare(l, address)
			id := l.newNAT(address)
			l.wantNAT(id, types.NatGatewayStatePending)
			l.pass(time.Minute)
			l.wantNAT(id, types.NatGatewayStateFailed)
			if got := l.nat(id); *got.FailureCode != c.code || *got.FailureMessage == "" {
				t.Errorf("failure %s: %s", *got.FailureCode, *got.FailureMessage)
			}
		})
	}
}

func TestNATRequests(t *testing.T) {
	l := newLab(t)
	address := l.address()
	for _, c := range []struct {
		name string
		in   sdk.CreateNatGatewayInput
		code string
	}{
		{"public without address", sdk.CreateNatGatewayInput{SubnetId: &l.subnets[0]}, "MissingParameter"},
		{"private with address", sdk.CreateNatGatewayInput{SubnetId: &l.subnets[0], AllocationId: &address, ConnectivityType: types.ConnectivityTypePrivate}, "InvalidParameterCombination"},
		{"unknown address", sdk.CreateNatGatewayInput{SubnetId: &l.subnets[0], AllocationId: aws.String("eipalloc-00000000000000000")}, "InvalidAllocationID.NotFound"},
		{"unknown subnet", sdk.CreateNatGatewayInput{SubnetId: aws.String("subnet-00000000000000000"), AllocationId: &address}, "InvalidSubnetID.NotFound"},
		{"regional with subnet", sdk.CreateNatGatewayInput{AvailabilityMode: types.AvailabilityModeRegional, SubnetId: &l.subnets[0]}, "InvalidParameterCombination"},
		{"regional without VPC", sdk.CreateNatGatewayInput{AvailabilityMode: types.AvailabilityModeRegional}, "MissingParameter"},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, l.ec2.CreateNatGateway, &c.in, c.code, "") })
	}
}

func TestNATInConstrainedZone(t *testing.T) {
	l := newLab(t)
	l.ec2.Zones[0].State = "constrained"
	refused(t, l.ec2.CreateNatGateway, &sdk.CreateNatGatewayInput{SubnetId: &l.subnets[0], AllocationId: aws.String(l.address())}, "NotAvailableInZone", "")
}

func TestNATQuota(t *testing.T) {
	l := newLab(t)
	l.internet()
	l.ec2.Quotas.NATGatewaysPerZone = 1
	id := l.newNAT(l.address())
	in := &sdk.CreateNatGatewayInput{SubnetId: &l.subnets[0], AllocationId: aws.String(l.address())}
	refused(t, l.ec2.CreateNatGateway, in, "NatGatewayLimitExceeded", "limit of 1 NAT gateways")
	do(t, l.ec2.DeleteNatGateway, &sdk.DeleteNatGatewayInput{NatGatewayId: &id})
	refused(t, l.ec2.CreateNatGateway, in, "NatGatewayLimitExceeded", "")
	l.pass(2 * time.Minute)
	do(t, l.ec2.CreateNatGateway, in)
}

func TestNATClientToken(t *testing.T) {
	l := newLab(t)
	l.internet()
	address := l.address()
	in := func(subnet int) *sdk.CreateNatGatewayInput {
		return &sdk.CreateNatGatewayInput{SubnetId: &l.subnets[subnet], AllocationId: &address, ClientToken: aws.String("nat-a")}
	}
	first := do(t, l.ec2.CreateNatGateway, in(0))
	l.pass(2 * time.Minute)
	again := do(t, l.ec2.CreateNatGateway, in(0))
	if *first.NatGateway.NatGatewayId != *again.NatGateway.NatGatewayId || again.NatGateway.State != types.NatGatewayStateAvailable {
		t.Errorf("the same call again gives %+v", again.NatGateway)
	}
	refused(t, l.ec2.CreateNatGateway, in(1), "IdempotentParameterMismatch", "")
	do(t, l.ec2.DeleteNatGateway, &sdk.DeleteNatGatewayInput{NatGatewayId: first.NatGateway.NatGatewayId})
	l.pass(2 * time.Minute)
	if gone := do(t, l.ec2.CreateNatGateway, in(0)); gone.NatGateway.State != types.NatGatewayStateDeleted {
		t.Error("the token of a deleted gateway made a new one")
	}
}

func TestPrivateNATNeedsNoInternetGateway(t *testing.T) {
	l := newLab(t)
	out := do(t, l.ec2.CreateNatGateway, &sdk.CreateNatGatewayInput{SubnetId: &l.subnets[0], ConnectivityType: types.ConnectivityTypePrivate})
	l.pass(2 * time.Minute)
	l.wantNAT(*out.NatGateway.NatGatewayId, types.NatGatewayStateAvailable)
}

func TestRegionalNATFollowsTheVPC(t *testing.T) {
	l := newLab(t)
	gateway := l.internet()
	do(t, l.ec2.DeleteSubnet, &sdk.DeleteSubnetInput{SubnetId: &l.subnets[3]})
	out := do(t, l.ec2.CreateNatGateway, &sdk.CreateNatGatewayInput{AvailabilityMode: types.AvailabilityModeRegional, VpcId: &l.vpc})
	id := *out.NatGateway.NatGatewayId
	l.pass(2 * time.Minute)
	if n := len(l.nat(id).NatGatewayAddresses); n != 3 {
		t.Errorf("%d addresses in 3 zones", n)
	}
	do(t, l.ec2.CreateSubnet, &sdk.CreateSubnetInput{VpcId: &l.vpc, CidrBlock: aws.String("10.0.3.0/24"), AvailabilityZone: aws.String("eu-west-1d")})
	if n := len(l.nat(id).NatGatewayAddresses); n != 4 {
		t.Errorf("%d addresses in 4 zones", n)
	}
	if n := len(do(t, l.ec2.DescribeAddresses, &sdk.DescribeAddressesInput{}).Addresses); n != 4 {
		t.Errorf("%d addresses of the gateway's own are listed", n)
	}
	refused(t, l.ec2.DetachInternetGateway, &sdk.DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &l.vpc}, "DependencyViolation", "")
	do(t, l.ec2.DeleteNatGateway, &sdk.DeleteNatGatewayInput{NatGatewayId: &id})
	l.pass(2 * time.Minute)
	if n := len(do(t, l.ec2.DescribeAddresses, &sdk.DescribeAddressesInput{}).Addresses); n != 0 {
		t.Errorf("%d addresses stayed", n)
	}
	do(t, l.ec2.DetachInternetGateway, &sdk.DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &l.vpc})
}

func TestRegionalNATWithAddresses(t *testing.T) {
	l := newLab(t)
	l.internet()
	address := l.address()
	out := do(t, l.ec2.CreateNatGateway, &sdk.CreateNatGatewayInput{AvailabilityMode: types.AvailabilityModeRegional, VpcId: &l.vpc,
		AvailabilityZoneAddresses: []types.AvailabilityZoneAddress{{AvailabilityZone: aws.String("eu-west-1a"), AllocationIds: []string{address}}}})
	l.pass(2 * time.Minute)
	got := l.nat(*out.NatGateway.NatGatewayId)
	if len(got.NatGatewayAddresses) != 1 || *got.NatGatewayAddresses[0].AllocationId != address || *got.NatGatewayAddresses[0].AvailabilityZoneId != "euw1-az2" {
		t.Errorf("addresses: %+v", got.NatGatewayAddresses)
	}
	refused(t, l.ec2.ReleaseAddress, &sdk.ReleaseAddressInput{AllocationId: &address}, "InvalidIPAddress.InUse", "")
}
