package ec2

import (
	"context"
	"net/netip"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// vpc is a network with the objects that come and go with it.
type vpc struct {
	id, cidrAssociationID                    string
	cidr                                     netip.Prefix
	tenancy                                  types.Tenancy
	dnsSupport, dnsHostnames, addressMetrics bool
	aclID, defaultGroupID                    string
	availableAt                              time.Time
}

func (s *Service) vpc(id string) (*vpc, error) {
	v, ok := s.vpcs.get(id)
	if !ok {
		return nil, kindVPC.missing(id)
	}
	return v, nil
}

// CreateVpc makes a network, with its main route table, default network ACL and
// default security group (aws-facts §2.1).
func (s *Service) CreateVpc(_ context.Context, in *sdk.CreateVpcInput) (*sdk.CreateVpcOutput, error) {
	if err := s.checkCreate(in.DryRun, in.TagSpecifications, types.ResourceTypeVpc); err != nil {
		return nil, err
	}
	if aws.ToBool(in.AmazonProvidedIpv6CidrBlock) || in.Ipv6CidrBlock != nil || in.Ipv6IpamPoolId != nil ||
		in.Ipv6Pool != nil || in.Ipv4IpamPoolId != nil || in.VpcEncryptionControl != nil {
		return nil, notSimulated("CreateVpc with IPv6, IPAM or encryption control")
	}
	if in.CidrBlock == nil {
		return nil, apierr.New("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' must be provided.")
	}
	cidr, err := parseCIDR(*in.CidrBlock, "cidrBlock")
	if err != nil {
		return nil, err
	}
	if !networkSize(cidr) {
		return nil, apierr.New("InvalidVpc.Range", "The CIDR '%s' is invalid.", cidr)
	}
	if len(s.vpcs.all()) >= s.Quotas.VPCs {
		return nil, apierr.New("VpcLimitExceeded", "The maximum number of VPCs has been reached.")
	}
	tenancy := in.InstanceTenancy
	if tenancy == "" {
		tenancy = types.TenancyDefault
	}
	v := &vpc{id: s.NewID("vpc"), cidrAssociationID: s.NewID("vpc-cidr-assoc"), cidr: cidr, tenancy: tenancy,
		dnsSupport: true, aclID: s.NewID("acl"), availableAt: s.Now().Add(s.Timings.VPCAvailable)}
	s.vpcs.add(v.id, v)
	table := s.newRouteTable(v.id)
	s.associate(table, tableAssociation{main: true})
	v.defaultGroupID = s.newDefaultGroup(v.id).id
	s.tagOnCreate(types.ResourceTypeVpc, v.id, in.TagSpecifications)
	out := s.shownVPC(v)
	return &sdk.CreateVpcOutput{Vpc: &out}, nil
}

// DeleteVpc removes an empty network and what came with it.
func (s *Service) DeleteVpc(_ context.Context, in *sdk.DeleteVpcInput) (*sdk.DeleteVpcOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	v, err := s.vpc(aws.ToString(in.VpcId))
	if err != nil {
		return nil, err
	}
	if s.vpcInUse(v) {
		return nil, dependency("vpc", v.id) // aws-facts §2.1
	}
	for _, association := range s.associations.all() {
		if table, ok := s.routeTables.get(association.tableID); ok && table.vpcID == v.id {
			s.associations.remove(association.id)
		}
	}
	for _, table := range s.routeTables.all() {
		if table.vpcID == v.id {
			s.routeTables.remove(table.id)
			delete(s.tags, table.id)
		}
	}
	s.dropGroup(v.defaultGroupID)
	s.vpcs.remove(v.id)
	delete(s.tags, v.id)
	delete(s.tags, v.aclID)
	return &sdk.DeleteVpcOutput{}, nil
}

// vpcInUse reports whether the network holds anything that does not go with it.
func (s *Service) vpcInUse(v *vpc) bool {
	for _, sn := range s.subnets.all() {
		if sn.vpcID == v.id {
			return true
		}
	}
	for _, g := range s.groups.all() {
		if g.vpcID == v.id && g.id != v.defaultGroupID {
			return true
		}
	}
	for _, table := range s.routeTables.all() {
		if table.vpcID == v.id && !s.isMain(table.id) {
			return true
		}
	}
	for _, nat := range s.visibleNATs() {
		if state := nat.state(s.Now()); nat.vpcID == v.id && state != types.NatGatewayStateDeleted && state != types.NatGatewayStateFailed {
			return true
		}
	}
	for _, endpoint := range s.liveEndpoints() {
		if endpoint.vpcID == v.id {
			return true
		}
	}
	return s.HasInternetGateway(v.id) || s.anyInterface(func(eni *networkInterface) bool { return eni.vpcID == v.id })
}

var vpcListing = listing[types.Vpc]{
	kind: kindVPC,
	id:   func(v types.Vpc) string { return aws.ToString(v.VpcId) },
	page: 1000,
	attributes: func(v types.Vpc) map[string][]string {
		blocks := v.CidrBlockAssociationSet
		return map[string][]string{
			"cidr":                                  values(v.CidrBlock),
			"cidr-block":                            values(v.CidrBlock),
			"dhcp-options-id":                       values(v.DhcpOptionsId),
			"is-default":                            flag(v.IsDefault),
			"isDefault":                             flag(v.IsDefault),
			"owner-id":                              values(v.OwnerId),
			"state":                                 {string(v.State)},
			"vpc-id":                                values(v.VpcId),
			"cidr-block-association.association-id": each(blocks, func(b types.VpcCidrBlockAssociation) []string { return values(b.AssociationId) }),
			"cidr-block-association.cidr-block":     each(blocks, func(b types.VpcCidrBlockAssociation) []string { return values(b.CidrBlock) }),
			"cidr-block-association.state":          each(blocks, func(b types.VpcCidrBlockAssociation) []string { return []string{string(b.CidrBlockState.State)} }),
			// No network here has an IPv6 block.
			"ipv6-cidr-block-association.association-id":  nil,
			"ipv6-cidr-block-association.ipv6-cidr-block": nil,
			"ipv6-cidr-block-association.ipv6-pool":       nil,
			"ipv6-cidr-block-association.state":           nil,
		}
	},
}

// DescribeVpcs lists networks.
func (s *Service) DescribeVpcs(_ context.Context, in *sdk.DescribeVpcsInput) (*sdk.DescribeVpcsOutput, error) {
	var all []types.Vpc
	for _, v := range s.vpcs.all() {
		all = append(all, s.shownVPC(v))
	}
	page, next, err := list(s, vpcListing, all, query{in.VpcIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeVpcsOutput{Vpcs: page, NextToken: next}, nil
}

func (s *Service) shownVPC(v *vpc) types.Vpc {
	state := types.VpcStateAvailable
	if s.Now().Before(v.availableAt) {
		state = types.VpcStatePending
	}
	return types.Vpc{
		CidrBlock: aws.String(v.cidr.String()),
		CidrBlockAssociationSet: []types.VpcCidrBlockAssociation{{
			AssociationId:  aws.String(v.cidrAssociationID),
			CidrBlock:      aws.String(v.cidr.String()),
			CidrBlockState: &types.VpcCidrBlockState{State: types.VpcCidrBlockStateCodeAssociated},
		}},
		DhcpOptionsId:   aws.String(s.dhcpOptionsID),
		InstanceTenancy: v.tenancy,
		IsDefault:       aws.Bool(false),
		OwnerId:         aws.String(s.Account),
		State:           state,
		Tags:            s.tagList(v.id),
		VpcId:           aws.String(v.id),
	}
}

// ModifyVpcAttribute changes one attribute of a network.
func (s *Service) ModifyVpcAttribute(_ context.Context, in *sdk.ModifyVpcAttributeInput) (*sdk.ModifyVpcAttributeOutput, error) {
	v, err := s.vpc(aws.ToString(in.VpcId))
	if err != nil {
		return nil, err
	}
	// aws-facts §2.1: one attribute per call.
	if err := oneAttribute(map[string]bool{
		"enableDnsSupport":                 in.EnableDnsSupport != nil,
		"enableDnsHostnames":               in.EnableDnsHostnames != nil,
		"enableNetworkAddressUsageMetrics": in.EnableNetworkAddressUsageMetrics != nil,
	}); err != nil {
		return nil, err
	}
	switch {
	case in.EnableDnsSupport != nil:
		v.dnsSupport = aws.ToBool(in.EnableDnsSupport.Value)
	case in.EnableNetworkAddressUsageMetrics != nil:
		v.addressMetrics = aws.ToBool(in.EnableNetworkAddressUsageMetrics.Value)
	case aws.ToBool(in.EnableDnsHostnames.Value) && !v.dnsSupport:
		// aws-facts §2.1: host names require DNS support.
		return nil, apierr.New("InvalidParameterCombination", "enableDnsHostnames requires enableDnsSupport on vpc %s", v.id)
	default:
		v.dnsHostnames = aws.ToBool(in.EnableDnsHostnames.Value)
	}
	return &sdk.ModifyVpcAttributeOutput{}, nil
}

// DescribeVpcAttribute reads one attribute of a network.
func (s *Service) DescribeVpcAttribute(_ context.Context, in *sdk.DescribeVpcAttributeInput) (*sdk.DescribeVpcAttributeOutput, error) {
	v, err := s.vpc(aws.ToString(in.VpcId))
	if err != nil {
		return nil, err
	}
	out := &sdk.DescribeVpcAttributeOutput{VpcId: aws.String(v.id)}
	switch in.Attribute {
	case types.VpcAttributeNameEnableDnsSupport:
		out.EnableDnsSupport = &types.AttributeBooleanValue{Value: aws.Bool(v.dnsSupport)}
	case types.VpcAttributeNameEnableDnsHostnames:
		out.EnableDnsHostnames = &types.AttributeBooleanValue{Value: aws.Bool(v.dnsHostnames)}
	case types.VpcAttributeNameEnableNetworkAddressUsageMetrics:
		out.EnableNetworkAddressUsageMetrics = &types.AttributeBooleanValue{Value: aws.Bool(v.addressMetrics)}
	}
	return out, nil
}
