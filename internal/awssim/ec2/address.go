package ec2

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// address is an elastic IP address.
type address struct {
	id, publicIP string
	// managed: a regional NAT gateway brought it and takes it along.
	managed bool

	// What uses it, until freeAt (zero: without end).
	associationID, natID, interfaceID, privateIP string
	freeAt                                       time.Time
}

func (a *address) inUse(now time.Time) bool {
	return a.associationID != "" && (a.freeAt.IsZero() || now.Before(a.freeAt))
}

// bind gives the address to a NAT gateway; eni is nil for a regional one.
func (s *Service) bind(a *address, natID string, eni *networkInterface) {
	a.associationID, a.natID, a.freeAt = s.NewID("eipassoc"), natID, time.Time{}
	a.interfaceID, a.privateIP = "", ""
	if eni != nil {
		a.interfaceID, a.privateIP = eni.id, eni.privateIP.String()
		eni.publicIP, eni.allocationID, eni.associationID = a.publicIP, a.id, a.associationID
	}
}

// liveAddresses returns the addresses that exist now.
func (s *Service) liveAddresses() []*address {
	var live []*address
	for _, a := range s.addresses.all() {
		if a.managed && !a.inUse(s.Now()) {
			s.addresses.remove(a.id)
			delete(s.tags, a.id)
			continue
		}
		live = append(live, a)
	}
	return live
}

// AllocateAddress gives the account an address.
func (s *Service) AllocateAddress(_ context.Context, in *sdk.AllocateAddressInput) (*sdk.AllocateAddressOutput, error) {
	if err := s.checkCreate(in.DryRun, in.TagSpecifications, types.ResourceTypeElasticIp); err != nil {
		return nil, err
	}
	if in.Address != nil || in.CustomerOwnedIpv4Pool != nil || in.IpamPoolId != nil ||
		aws.ToString(in.PublicIpv4Pool) != "" && *in.PublicIpv4Pool != "amazon" || in.Domain == types.DomainTypeStandard {
		return nil, notSimulated("AllocateAddress from a pool")
	}
	if group := aws.ToString(in.NetworkBorderGroup); group != "" && group != s.Name {
		return nil, apierr.New("InvalidParameterValue", "Value (%s) for parameter networkBorderGroup is invalid.", group)
	}
	owned := slices.DeleteFunc(s.liveAddresses(), func(a *address) bool { return a.managed })
	if len(owned) >= s.Quotas.Addresses {
		return nil, apierr.New("AddressLimitExceeded", "The maximum number of addresses has been reached.") // aws-facts §2.4
	}
	a := &address{id: s.NewID("eipalloc"), publicIP: s.nextPublicIP()}
	s.addresses.add(a.id, a)
	s.tagOnCreate(types.ResourceTypeElasticIp, a.id, in.TagSpecifications)
	return &sdk.AllocateAddressOutput{
		AllocationId:       aws.String(a.id),
		Domain:             types.DomainTypeVpc,
		NetworkBorderGroup: aws.String(s.Name),
		PublicIp:           aws.String(a.publicIP),
		PublicIpv4Pool:     aws.String("amazon"),
	}, nil
}

// ReleaseAddress gives an address back that nothing uses.
func (s *Service) ReleaseAddress(_ context.Context, in *sdk.ReleaseAddressInput) (*sdk.ReleaseAddressOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	if in.AllocationId == nil {
		return nil, apierr.New("MissingParameter", "The request must contain the parameter AllocationId")
	}
	s.liveAddresses()
	a, ok := s.addresses.get(*in.AllocationId)
	if !ok {
		return nil, kindAddress.missing(*in.AllocationId)
	}
	if err := s.checkReleasable(a); err != nil {
		return nil, err
	}
	s.addresses.remove(a.id)
	delete(s.tags, a.id)
	return &sdk.ReleaseAddressOutput{}, nil
}

// checkReleasable: the address of a NAT gateway is not free before the gateway is
// deleted, and while that goes on EC2 denies access to it (aws-facts §2.4).
func (s *Service) checkReleasable(a *address) error {
	if !a.inUse(s.Now()) {
		return nil
	}
	if a.managed || !a.freeAt.IsZero() {
		return apierr.New("AuthFailure", "You do not have permission to access the specified resource.")
	}
	return apierr.New("InvalidIPAddress.InUse", "Address %s is in use.", a.publicIP)
}

// DisassociateAddress takes an address from what has it. Here only NAT gateways have
// addresses, which they do not give up before they are deleted.
func (s *Service) DisassociateAddress(_ context.Context, in *sdk.DisassociateAddressInput) (*sdk.DisassociateAddressOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	if in.AssociationId == nil {
		return nil, apierr.New("MissingParameter", "The request must contain the parameter AssociationId")
	}
	s.expandRegionalNATs()
	for _, a := range s.liveAddresses() {
		if a.inUse(s.Now()) && a.associationID == *in.AssociationId {
			return nil, apierr.New("AuthFailure", "You do not have permission to access the specified resource.") // aws-facts §2.4
		}
	}
	return nil, apierr.New("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", *in.AssociationId)
}

func addressAttributes(a types.Address) map[string][]string {
	return map[string][]string{
		"allocation-id":              values(a.AllocationId),
		"association-id":             values(a.AssociationId),
		"domain":                     {string(a.Domain)},
		"instance-id":                values(a.InstanceId),
		"network-border-group":       values(a.NetworkBorderGroup),
		"network-interface-id":       values(a.NetworkInterfaceId),
		"network-interface-owner-id": values(a.NetworkInterfaceOwnerId),
		"private-ip-address":         values(a.PrivateIpAddress),
		"public-ip":                  values(a.PublicIp),
	}
}

// DescribeAddresses lists addresses, all of them at once (aws-facts §2.4).
func (s *Service) DescribeAddresses(_ context.Context, in *sdk.DescribeAddressesInput) (*sdk.DescribeAddressesOutput, error) {
	var all []types.Address
	var ips []string
	s.expandRegionalNATs()
	for _, a := range s.liveAddresses() {
		ips = append(ips, a.publicIP)
		if len(in.PublicIps) == 0 || slices.Contains(in.PublicIps, a.publicIP) {
			all = append(all, s.shownAddress(a))
		}
	}
	for _, ip := range in.PublicIps {
		if !slices.Contains(ips, ip) {
			return nil, apierr.New("InvalidAddress.NotFound", "Address '%s' not found.", ip)
		}
	}
	listing := listing[types.Address]{
		kind:       kindAddress,
		id:         func(a types.Address) string { return aws.ToString(a.AllocationId) },
		attributes: addressAttributes,
		page:       max(len(all), 1),
	}
	page, _, err := list(s, listing, all, query{ids: in.AllocationIds, filters: in.Filters})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeAddressesOutput{Addresses: page}, nil
}

// DescribeAddressesAttribute lists the names in reverse DNS of addresses. Nobody can
// set one here, so there are none.
func (s *Service) DescribeAddressesAttribute(_ context.Context, in *sdk.DescribeAddressesAttributeInput) (*sdk.DescribeAddressesAttributeOutput, error) {
	if err := checkListing(in.DryRun, in.MaxResults, 1, 1000, 0, "allocationIds"); err != nil {
		return nil, err
	}
	var all []types.AddressAttribute
	for _, a := range s.liveAddresses() {
		all = append(all, types.AddressAttribute{AllocationId: aws.String(a.id), PublicIp: aws.String(a.publicIP)})
	}
	listing := listing[types.AddressAttribute]{
		kind:       kindAddress,
		id:         func(a types.AddressAttribute) string { return aws.ToString(a.AllocationId) },
		attributes: func(types.AddressAttribute) map[string][]string { return nil },
		page:       1000,
	}
	page, token, err := list(s, listing, all, query{ids: in.AllocationIds, size: in.MaxResults, token: in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeAddressesAttributeOutput{Addresses: page, NextToken: token}, nil
}

func (s *Service) shownAddress(a *address) types.Address {
	out := types.Address{
		AllocationId:       aws.String(a.id),
		Domain:             types.DomainTypeVpc,
		NetworkBorderGroup: aws.String(s.Name),
		PublicIp:           aws.String(a.publicIP),
		PublicIpv4Pool:     aws.String("amazon"),
		Tags:               s.tagList(a.id),
	}
	if a.managed {
		out.ServiceManaged = types.ServiceManagedRnat
	}
	if !a.inUse(s.Now()) {
		return out
	}
	out.AssociationId = aws.String(a.associationID)
	if a.interfaceID != "" {
		out.NetworkInterfaceId = aws.String(a.interfaceID)
		out.NetworkInterfaceOwnerId = aws.String(s.Account)
		out.PrivateIpAddress = aws.String(a.privateIP)
	}
	return out
}
