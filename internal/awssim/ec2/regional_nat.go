package ec2

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// newRegionalNAT checks the request for one gateway for a whole VPC (aws-facts §2.5).
func (s *Service) newRegionalNAT(in *sdk.CreateNatGatewayInput) (*natGateway, error) {
	if in.SubnetId != nil || in.AllocationId != nil || in.ConnectivityType == types.ConnectivityTypePrivate {
		return nil, apierr.New("InvalidParameterCombination",
			"A regional NAT gateway is public and takes a VpcId, not a SubnetId or an AllocationId.")
	}
	if in.VpcId == nil {
		return nil, apierr.New("MissingParameter", "The request must contain the parameter vpcId")
	}
	v, err := s.vpc(*in.VpcId)
	if err != nil {
		return nil, err
	}
	for _, wanted := range in.AvailabilityZoneAddresses {
		if _, err := s.zoneOfAddresses(wanted); err != nil {
			return nil, err
		}
		for _, id := range wanted.AllocationIds {
			if _, ok := s.addresses.get(id); !ok {
				return nil, kindAddress.missing(id)
			}
		}
	}
	return &natGateway{vpcID: v.id, regional: true, expands: len(in.AvailabilityZoneAddresses) == 0}, nil
}

func (s *Service) zoneOfAddresses(wanted types.AvailabilityZoneAddress) (string, error) {
	name := aws.ToString(wanted.AvailabilityZone)
	if name == "" {
		name = aws.ToString(wanted.AvailabilityZoneId)
	}
	zone, ok := s.Zone(name)
	if !ok {
		return "", apierr.New("InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid.", name)
	}
	return zone.Name, nil
}

// bindRegional takes the addresses that were given for the zones, or new ones of
// the gateway's own in every zone that the VPC is in.
func (s *Service) bindRegional(nat *natGateway, in *sdk.CreateNatGatewayInput) {
	for _, wanted := range in.AvailabilityZoneAddresses {
		zone, _ := s.zoneOfAddresses(wanted)
		for _, id := range wanted.AllocationIds {
			a, _ := s.addresses.get(id)
			s.bindInZone(nat, a, zone)
		}
	}
	s.expand(nat)
}

func (s *Service) bindInZone(nat *natGateway, a *address, zone string) {
	s.bind(a, nat.id, nil)
	nat.addresses = append(nat.addresses, natAddress{allocationID: a.id, associationID: a.associationID, publicIP: a.publicIP, zone: zone})
}

// expandRegionalNATs lets gateways that expand by themselves follow their VPC
// into new zones.
func (s *Service) expandRegionalNATs() {
	for _, nat := range s.visibleNATs() {
		if nat.serves(s.Now()) {
			s.expand(nat)
		}
	}
}

func (s *Service) expand(nat *natGateway) {
	if !nat.expands {
		return
	}
	for _, sn := range s.subnets.all() {
		covered := slices.ContainsFunc(nat.addresses, func(a natAddress) bool { return a.zone == sn.zone })
		if sn.vpcID == nat.vpcID && !covered {
			a := &address{id: s.NewID("eipalloc"), publicIP: s.nextPublicIP(), managed: true}
			s.addresses.add(a.id, a)
			s.bindInZone(nat, a, sn.zone)
		}
	}
}
