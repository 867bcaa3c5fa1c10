package ec2

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// natGateway is a zonal NAT gateway in one subnet, or a regional one of a VPC.
type natGateway struct {
	id, vpcID, subnetID, zone, interfaceID string
	regional                               bool
	// expands: a regional gateway that follows the VPC into new zones by itself.
	expands      bool
	connectivity types.ConnectivityType
	addresses    []natAddress

	createdAt, settledAt        time.Time // settled: available or failed
	deleteAt, deletedAt         time.Time // zero: not asked to delete
	failureCode, failureMessage string
}

// natAddress is one address of a NAT gateway; it outlives its allocation, because
// deleted gateways are still described.
type natAddress struct {
	allocationID, associationID, publicIP string // empty for a private gateway
	interfaceID, privateIP                string // empty for a regional gateway
	zone                                  string // for a regional gateway only
}

func (n *natGateway) state(now time.Time) types.NatGatewayState {
	switch {
	case !n.deletedAt.IsZero() && !now.Before(n.deletedAt):
		return types.NatGatewayStateDeleted
	case !n.deletedAt.IsZero():
		return types.NatGatewayStateDeleting
	case now.Before(n.settledAt):
		return types.NatGatewayStatePending
	case n.failureCode != "":
		return types.NatGatewayStateFailed
	}
	return types.NatGatewayStateAvailable
}

// serves reports whether the gateway is one that a route can use, or soon can.
func (n *natGateway) serves(now time.Time) bool {
	state := n.state(now)
	return state == types.NatGatewayStatePending || state == types.NatGatewayStateAvailable
}

// visibleNATs returns the gateways that are still described: those that failed or
// were deleted are so for about an hour (aws-facts §2.5).
func (s *Service) visibleNATs() []*natGateway {
	now := s.Now()
	var visible []*natGateway
	for _, nat := range s.nats.all() {
		end := nat.deletedAt
		if nat.state(now) == types.NatGatewayStateFailed {
			end = nat.settledAt
		}
		if !end.IsZero() && !now.Before(end.Add(s.Timings.NATVisible)) {
			s.nats.remove(nat.id)
			delete(s.tags, nat.id)
			continue
		}
		visible = append(visible, nat)
	}
	return visible
}

func (s *Service) natGateway(id string) (*natGateway, error) {
	s.visibleNATs()
	nat, ok := s.nats.get(id)
	if !ok {
		return nil, kindNAT.missing(id)
	}
	return nat, nil
}

// CreateNatGateway starts to make a gateway. It answers well even if the gateway
// is going to fail (aws-facts §2.5).
func (s *Service) CreateNatGateway(_ context.Context, in *sdk.CreateNatGatewayInput) (*sdk.CreateNatGatewayOutput, error) {
	if err := s.checkCreate(in.DryRun, in.TagSpecifications, types.ResourceTypeNatgateway); err != nil {
		return nil, err
	}
	if in.PrivateIpAddress != nil || len(in.SecondaryAllocationIds) > 0 || in.SecondaryPrivateIpAddressCount != nil ||
		len(in.SecondaryPrivateIpAddresses) > 0 {
		return nil, notSimulated("CreateNatGateway with chosen or secondary addresses")
	}
	shown, err := createOnce(s, "CreateNatGateway", in.ClientToken, in,
		func() (string, error) { return s.newNAT(in) },
		func(id string) (types.NatGateway, bool) {
			nat, err := s.natGateway(id)
			if err != nil {
				return types.NatGateway{}, false
			}
			return s.shownNAT(nat), true
		})
	if err != nil {
		return nil, err
	}
	return &sdk.CreateNatGatewayOutput{ClientToken: in.ClientToken, NatGateway: &shown}, nil
}

func (s *Service) newNAT(in *sdk.CreateNatGatewayInput) (string, error) {
	check := s.newZonalNAT
	if in.AvailabilityMode == types.AvailabilityModeRegional {
		check = s.newRegionalNAT
	}
	nat, err := check(in)
	if err != nil {
		return "", err
	}
	nat.id, nat.createdAt, nat.connectivity = s.NewID("nat"), s.Now(), in.ConnectivityType
	if nat.connectivity == "" {
		nat.connectivity = types.ConnectivityTypePublic
	}
	s.nats.add(nat.id, nat)
	s.startNAT(nat, in)
	s.tagOnCreate(types.ResourceTypeNatgateway, nat.id, in.TagSpecifications)
	return nat.id, nil
}

// newZonalNAT checks the request for a gateway in one subnet.
func (s *Service) newZonalNAT(in *sdk.CreateNatGatewayInput) (*natGateway, error) {
	if in.VpcId != nil || len(in.AvailabilityZoneAddresses) > 0 {
		return nil, apierr.New("InvalidParameterCombination", "VpcId and AvailabilityZoneAddresses are for regional NAT gateways only.")
	}
	if in.SubnetId == nil {
		return nil, apierr.New("MissingParameter", "The request must contain the parameter subnetId")
	}
	sn, err := s.subnet(*in.SubnetId)
	if err != nil {
		return nil, err
	}
	private := in.ConnectivityType == types.ConnectivityTypePrivate
	switch {
	case private && in.AllocationId != nil:
		return nil, apierr.New("InvalidParameterCombination", "An allocation ID cannot be specified for a private NAT gateway.")
	case !private && in.AllocationId == nil:
		return nil, apierr.New("MissingParameter", "The request must include the AllocationId parameter. Add the required parameter and retry the request.")
	}
	if in.AllocationId != nil {
		if _, ok := s.addresses.get(*in.AllocationId); !ok {
			return nil, kindAddress.missing(*in.AllocationId)
		}
	}
	if zone, ok := s.Zone(sn.zone); ok && zone.State != "available" {
		// aws-facts §2.5, §12.6: constrained zones refuse NAT gateways.
		return nil, apierr.New("NotAvailableInZone", "Nat Gateway is not available in this availability zone")
	}
	taken := 0
	for _, other := range s.visibleNATs() {
		if state := other.state(s.Now()); other.zone == sn.zone && state != types.NatGatewayStateDeleted && state != types.NatGatewayStateFailed {
			taken++
		}
	}
	if taken >= s.Quotas.NATGatewaysPerZone {
		return nil, apierr.New("NatGatewayLimitExceeded",
			"Performing this operation would exceed the limit of %d NAT gateways", s.Quotas.NATGatewaysPerZone)
	}
	return &natGateway{vpcID: sn.vpcID, subnetID: sn.id, zone: sn.zone}, nil
}

// startNAT finds out how the making of the gateway is going to end, and takes the
// addresses for it if well.
func (s *Service) startNAT(nat *natGateway, in *sdk.CreateNatGatewayInput) {
	nat.settledAt = nat.createdAt.Add(s.Timings.NATAvailable)
	nat.failureCode, nat.failureMessage = s.natFailure(nat, in)
	if nat.failureCode == "" && !nat.regional {
		s.placeNAT(nat, in)
	}
	if nat.failureCode == "" && nat.regional {
		s.bindRegional(nat, in)
	}
	if nat.failureCode != "" {
		nat.settledAt = nat.createdAt.Add(s.Timings.NATFailed)
	}
}

// natFailure names the reasons that a gateway fails for (aws-facts §2.5).
func (s *Service) natFailure(nat *natGateway, in *sdk.CreateNatGatewayInput) (code, message string) {
	if nat.connectivity == types.ConnectivityTypePublic && !s.HasInternetGateway(nat.vpcID) {
		return "Gateway.NotAttached", "Network " + nat.vpcID + " has no Internet gateway attached"
	}
	ids := values(in.AllocationId)
	for _, zone := range in.AvailabilityZoneAddresses {
		ids = append(ids, zone.AllocationIds...)
	}
	for _, id := range ids {
		if a, ok := s.addresses.get(id); ok && a.inUse(s.Now()) {
			return "Resource.AlreadyAssociated", "Elastic IP address " + id + " is already associated"
		}
	}
	return "", ""
}

func (s *Service) placeNAT(nat *natGateway, in *sdk.CreateNatGatewayInput) {
	eni, err := s.placeInterface(InterfaceSpec{SubnetID: nat.subnetID, Description: "Interface for NAT Gateway " + nat.id,
		RequesterID: "amazon-nat", AttachmentOwner: "amazon-aws", InterfaceType: string(types.NetworkInterfaceTypeNatGateway),
		RequesterManaged: true})
	if err != nil {
		nat.failureCode = "InsufficientFreeAddressesInSubnet"
		nat.failureMessage = "Subnet has insufficient free addresses to create this NAT gateway"
		return
	}
	nat.interfaceID = eni.id
	taken := natAddress{interfaceID: eni.id, privateIP: eni.privateIP.String()}
	if in.AllocationId != nil {
		a, _ := s.addresses.get(*in.AllocationId)
		s.bind(a, nat.id, eni)
		taken.allocationID, taken.associationID, taken.publicIP = a.id, a.associationID, a.publicIP
	}
	nat.addresses = []natAddress{taken}
}

// DeleteNatGateway starts to delete a gateway. Its interface and addresses stay
// in use until it is deleted; routes to it stay too (aws-facts §2.5).
func (s *Service) DeleteNatGateway(_ context.Context, in *sdk.DeleteNatGatewayInput) (*sdk.DeleteNatGatewayOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	nat, err := s.natGateway(aws.ToString(in.NatGatewayId))
	if err != nil {
		return nil, err
	}
	now := s.Now()
	switch nat.state(now) {
	case types.NatGatewayStateDeleted:
		return nil, kindNAT.missing(nat.id)
	case types.NatGatewayStateDeleting:
		return &sdk.DeleteNatGatewayOutput{NatGatewayId: aws.String(nat.id)}, nil
	}
	nat.deleteAt, nat.deletedAt = now, now.Add(s.Timings.NATDeleted)
	s.ReleaseInterface(nat.interfaceID, nat.deletedAt)
	for _, a := range s.addresses.all() {
		if a.natID == nat.id && a.inUse(now) {
			a.freeAt = nat.deletedAt
		}
	}
	return &sdk.DeleteNatGatewayOutput{NatGatewayId: aws.String(nat.id)}, nil
}

var natListing = listing[types.NatGateway]{
	kind: kindNAT,
	id:   func(nat types.NatGateway) string { return aws.ToString(nat.NatGatewayId) },
	page: 1000,
	attributes: func(nat types.NatGateway) map[string][]string {
		return map[string][]string{
			"nat-gateway-id": values(nat.NatGatewayId),
			"state":          {string(nat.State)},
			"subnet-id":      values(nat.SubnetId),
			"vpc-id":         values(nat.VpcId),
		}
	},
}

// DescribeNatGateways lists gateways, deleted and failed ones for a while.
func (s *Service) DescribeNatGateways(_ context.Context, in *sdk.DescribeNatGatewaysInput) (*sdk.DescribeNatGatewaysOutput, error) {
	s.expandRegionalNATs()
	var all []types.NatGateway
	for _, nat := range s.visibleNATs() {
		all = append(all, s.shownNAT(nat))
	}
	page, next, err := list(s, natListing, all, query{in.NatGatewayIds, in.Filter, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeNatGatewaysOutput{NatGateways: page, NextToken: next}, nil
}

func (s *Service) shownNAT(nat *natGateway) types.NatGateway {
	state := nat.state(s.Now())
	out := types.NatGateway{
		AvailabilityMode: types.AvailabilityModeZonal,
		ConnectivityType: nat.connectivity,
		CreateTime:       aws.Time(nat.createdAt),
		NatGatewayId:     aws.String(nat.id),
		State:            state,
		Tags:             s.tagList(nat.id),
		VpcId:            aws.String(nat.vpcID),
	}
	if nat.regional {
		out.AvailabilityMode = types.AvailabilityModeRegional
		out.AutoProvisionZones = types.AutoProvisionZonesStateDisabled
		out.AutoScalingIps = types.AutoScalingIpsStateDisabled
		if nat.expands {
			out.AutoProvisionZones = types.AutoProvisionZonesStateEnabled
			out.AutoScalingIps = types.AutoScalingIpsStateEnabled
		}
	} else {
		out.SubnetId = aws.String(nat.subnetID)
	}
	if !nat.deleteAt.IsZero() {
		out.DeleteTime = aws.Time(nat.deleteAt)
	}
	if state != types.NatGatewayStatePending && nat.failureCode != "" {
		out.FailureCode, out.FailureMessage = aws.String(nat.failureCode), aws.String(nat.failureMessage)
	}
	for i, a := range nat.addresses {
		out.NatGatewayAddresses = append(out.NatGatewayAddresses, s.shownNATAddress(a, i == 0, state))
	}
	return out
}

// shownNATAddress shows the interface and the addresses only when the gateway is
// no longer pending; before that only the allocation is known.
func (s *Service) shownNATAddress(a natAddress, primary bool, state types.NatGatewayState) types.NatGatewayAddress {
	out := types.NatGatewayAddress{IsPrimary: aws.Bool(primary), Status: types.NatGatewayAddressStatusAssociating}
	if a.allocationID != "" {
		out.AllocationId = aws.String(a.allocationID)
	}
	if state == types.NatGatewayStatePending {
		return out
	}
	out.Status = types.NatGatewayAddressStatusSucceeded
	if a.allocationID != "" {
		out.AssociationId, out.PublicIp = aws.String(a.associationID), aws.String(a.publicIP)
	}
	if a.interfaceID != "" {
		out.NetworkInterfaceId, out.PrivateIp = aws.String(a.interfaceID), aws.String(a.privateIP)
	}
	if zone, ok := s.Zone(a.zone); ok && a.zone != "" {
		out.AvailabilityZone, out.AvailabilityZoneId = aws.String(zone.Name), aws.String(zone.ID)
	}
	return out
}
