package ec2

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// internetGateway joins one VPC to the Internet, or none.
type internetGateway struct{ id, vpcID string }

func (s *Service) internetGateway(id string) (*internetGateway, error) {
	gateway, ok := s.gateways.get(id)
	if !ok {
		return nil, kindGateway.missing(id)
	}
	return gateway, nil
}

// HasInternetGateway reports whether an Internet gateway is attached to the VPC.
func (s *Service) HasInternetGateway(vpcID string) bool {
	for _, gateway := range s.gateways.all() {
		if gateway.vpcID == vpcID {
			return true
		}
	}
	return false
}

// CreateInternetGateway makes a gateway, attached to nothing.
func (s *Service) CreateInternetGateway(_ context.Context, in *sdk.CreateInternetGatewayInput) (*sdk.CreateInternetGatewayOutput, error) {
	if err := s.checkCreate(in.DryRun, in.TagSpecifications, types.ResourceTypeInternetGateway); err != nil {
		return nil, err
	}
	gateway := &internetGateway{id: s.NewID("igw")}
	s.gateways.add(gateway.id, gateway)
	s.tagOnCreate(types.ResourceTypeInternetGateway, gateway.id, in.TagSpecifications)
	out := s.shownGateway(gateway)
	return &sdk.CreateInternetGatewayOutput{InternetGateway: &out}, nil
}

// AttachInternetGateway attaches a gateway; a VPC has one at most (aws-facts §2.3).
func (s *Service) AttachInternetGateway(_ context.Context, in *sdk.AttachInternetGatewayInput) (*sdk.AttachInternetGatewayOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	gateway, err := s.internetGateway(aws.ToString(in.InternetGatewayId))
	if err != nil {
		return nil, err
	}
	v, err := s.vpc(aws.ToString(in.VpcId))
	if err != nil {
		return nil, err
	}
	if gateway.vpcID != "" {
		return nil, apierr.New("Resource.AlreadyAssociated", "resource %s is already attached to network %s", gateway.id, gateway.vpcID)
	}
	if s.HasInternetGateway(v.id) {
		return nil, apierr.New("Resource.AlreadyAssociated", "Network %s already has an internet gateway attached", v.id)
	}
	gateway.vpcID = v.id
	return &sdk.AttachInternetGatewayOutput{}, nil
}

// DetachInternetGateway detaches a gateway from a VPC without public addresses.
func (s *Service) DetachInternetGateway(_ context.Context, in *sdk.DetachInternetGatewayInput) (*sdk.DetachInternetGatewayOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	gateway, err := s.internetGateway(aws.ToString(in.InternetGatewayId))
	if err != nil {
		return nil, err
	}
	v, err := s.vpc(aws.ToString(in.VpcId))
	if err != nil {
		return nil, err
	}
	if gateway.vpcID != v.id {
		return nil, apierr.New("Gateway.NotAttached", "resource %s is not attached to network %s", gateway.id, v.id)
	}
	// aws-facts §2.3: not while any public address is mapped in the VPC.
	if s.hasPublicAddress(v.id) {
		return nil, apierr.New("DependencyViolation",
			"Network %s has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.", v.id)
	}
	gateway.vpcID = ""
	return &sdk.DetachInternetGatewayOutput{}, nil
}

func (s *Service) hasPublicAddress(vpcID string) bool {
	for _, address := range s.addresses.all() {
		if nat, ok := s.nats.get(address.natID); ok && nat.vpcID == vpcID && address.inUse(s.Now()) {
			return true
		}
	}
	return s.anyInterface(func(eni *networkInterface) bool { return eni.vpcID == vpcID && eni.publicIP != "" })
}

// DeleteInternetGateway removes a gateway that is not attached.
func (s *Service) DeleteInternetGateway(_ context.Context, in *sdk.DeleteInternetGatewayInput) (*sdk.DeleteInternetGatewayOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	gateway, err := s.internetGateway(aws.ToString(in.InternetGatewayId))
	if err != nil {
		return nil, err
	}
	if gateway.vpcID != "" {
		return nil, dependency("internetGateway", gateway.id) // aws-facts §2.3
	}
	s.gateways.remove(gateway.id)
	delete(s.tags, gateway.id)
	return &sdk.DeleteInternetGatewayOutput{}, nil
}

var gatewayListing = listing[types.InternetGateway]{
	kind: kindGateway,
	id:   func(gateway types.InternetGateway) string { return aws.ToString(gateway.InternetGatewayId) },
	page: 1000,
	attributes: func(gateway types.InternetGateway) map[string][]string {
		return map[string][]string{
			"attachment.state": each(gateway.Attachments, func(a types.InternetGatewayAttachment) []string {
				return []string{string(a.State)}
			}),
			"attachment.vpc-id": each(gateway.Attachments, func(a types.InternetGatewayAttachment) []string {
				return values(a.VpcId)
			}),
			"internet-gateway-id": values(gateway.InternetGatewayId),
			"owner-id":            values(gateway.OwnerId),
		}
	},
}

// DescribeInternetGateways lists gateways.
func (s *Service) DescribeInternetGateways(_ context.Context, in *sdk.DescribeInternetGatewaysInput) (*sdk.DescribeInternetGatewaysOutput, error) {
	var all []types.InternetGateway
	for _, gateway := range s.gateways.all() {
		all = append(all, s.shownGateway(gateway))
	}
	page, next, err := list(s, gatewayListing, all, query{in.InternetGatewayIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeInternetGatewaysOutput{InternetGateways: page, NextToken: next}, nil
}

func (s *Service) shownGateway(gateway *internetGateway) types.InternetGateway {
	out := types.InternetGateway{
		InternetGatewayId: aws.String(gateway.id),
		OwnerId:           aws.String(s.Account),
		Tags:              s.tagList(gateway.id),
	}
	if gateway.vpcID != "" {
		// aws-facts §2.3: an attached gateway says available.
		out.Attachments = []types.InternetGatewayAttachment{{State: "available", VpcId: aws.String(gateway.vpcID)}}
	}
	return out
}
