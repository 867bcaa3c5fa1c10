package ec2

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// ModifyVpcEndpoint adds to and removes from what an endpoint has (aws-facts §12.1).
func (s *Service) ModifyVpcEndpoint(_ context.Context, in *sdk.ModifyVpcEndpointInput) (*sdk.ModifyVpcEndpointOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	e, err := s.endpoint(aws.ToString(in.VpcEndpointId))
	if err != nil {
		return nil, err
	}
	if in.DnsOptions != nil || len(in.SubnetConfigurations) > 0 || in.IpAddressType != "" && in.IpAddressType != types.IpAddressTypeIpv4 {
		return nil, notSimulated("ModifyVpcEndpoint of DNS options or IPv6")
	}
	if !e.goneAt.IsZero() {
		return nil, apierr.New("IncorrectState", "The VPC endpoint %s is in state deleting.", e.id)
	}
	modify := s.modifyInterfaceEndpoint
	if e.kind == types.VpcEndpointTypeGateway {
		modify = s.modifyGatewayEndpoint
	}
	policy := e.policy
	if in.PolicyDocument != nil {
		if policy, err = endpointPolicy(*in.PolicyDocument); err != nil {
			return nil, err
		}
	}
	if aws.ToBool(in.ResetPolicy) {
		policy = openPolicy
	}
	if err := modify(e, in); err != nil {
		return nil, err
	}
	e.policy = policy
	return &sdk.ModifyVpcEndpointOutput{Return: aws.Bool(true)}, nil
}

func (s *Service) modifyGatewayEndpoint(e *vpcEndpoint, in *sdk.ModifyVpcEndpointInput) error {
	if len(in.AddSubnetIds)+len(in.RemoveSubnetIds)+len(in.AddSecurityGroupIds)+len(in.RemoveSecurityGroupIds) > 0 ||
		aws.ToBool(in.PrivateDnsEnabled) {
		return apierr.New("InvalidParameter", "Subnets, security groups and private DNS are not supported for gateway endpoints.")
	}
	for _, id := range in.RemoveRouteTableIds {
		if !slices.Contains(e.tables, id) {
			return apierr.New("InvalidParameter", "Route table %s is not associated with VPC endpoint %s", id, e.id)
		}
	}
	if err := s.addTables(e, in.AddRouteTableIds); err != nil {
		return err
	}
	e.tables = slices.DeleteFunc(e.tables, func(id string) bool { return slices.Contains(in.RemoveRouteTableIds, id) })
	return nil
}

func (s *Service) modifyInterfaceEndpoint(e *vpcEndpoint, in *sdk.ModifyVpcEndpointInput) error {
	if len(in.AddRouteTableIds)+len(in.RemoveRouteTableIds) > 0 {
		return apierr.New("InvalidParameter", "Route tables are not supported for interface endpoints.")
	}
	wanted := *e
	wanted.groups = slices.DeleteFunc(slices.Clone(e.groups), func(id string) bool { return slices.Contains(in.RemoveSecurityGroupIds, id) })
	for _, id := range in.AddSecurityGroupIds {
		g, err := s.group(id)
		if err != nil {
			return err
		}
		if g.vpcID != e.vpcID {
			return apierr.New("InvalidParameter", "Security group %s and VPC %s belong to different networks.", id, e.vpcID)
		}
		if !slices.Contains(wanted.groups, id) {
			wanted.groups = append(wanted.groups, id)
		}
	}
	if len(wanted.groups) == 0 {
		return apierr.New("InvalidParameter", "At least one security group must be specified for VPC endpoint %s", e.id)
	}
	if in.PrivateDnsEnabled != nil {
		wanted.privateDNS = *in.PrivateDnsEnabled
		v, err := s.vpc(e.vpcID)
		if err != nil {
			return err
		}
		if err := s.checkPrivateDNS(&wanted, v); err != nil {
			return err
		}
	}
	for _, id := range in.RemoveSubnetIds {
		if !slices.Contains(e.subnetIDs(), id) {
			return apierr.New("InvalidParameter", "Subnet %s is not associated with VPC endpoint %s", id, e.id)
		}
	}
	wanted.interfaces = slices.DeleteFunc(slices.Clone(e.interfaces), func(eni endpointInterface) bool {
		return slices.Contains(in.RemoveSubnetIds, eni.subnetID)
	})
	if err := s.addEndpointSubnets(&wanted, in.AddSubnetIds); err != nil {
		return err
	}
	s.releaseEndpointInterfaces(e, s.Now().Add(s.Timings.EndpointDeleted), in.RemoveSubnetIds)
	*e = wanted
	for _, eni := range e.interfaces {
		s.SetInterfaceGroups(eni.id, e.groups)
	}
	return nil
}

var endpointListing = listing[types.VpcEndpoint]{
	kind: kindEndpoint,
	id:   func(e types.VpcEndpoint) string { return aws.ToString(e.VpcEndpointId) },
	page: 1000,
	attributes: func(e types.VpcEndpoint) map[string][]string {
		return map[string][]string{
			"ip-address-type":    {string(e.IpAddressType)},
			"service-name":       values(e.ServiceName),
			"service-region":     values(e.ServiceRegion),
			"vpc-endpoint-id":    values(e.VpcEndpointId),
			"vpc-endpoint-state": {string(e.State)},
			"vpc-endpoint-type":  {string(e.VpcEndpointType)},
			"vpc-id":             values(e.VpcId),
		}
	},
}

// DescribeVpcEndpoints lists endpoints.
func (s *Service) DescribeVpcEndpoints(_ context.Context, in *sdk.DescribeVpcEndpointsInput) (*sdk.DescribeVpcEndpointsOutput, error) {
	var all []types.VpcEndpoint
	for _, e := range s.liveEndpoints() {
		all = append(all, s.shownEndpoint(e))
	}
	page, next, err := list(s, endpointListing, all, query{in.VpcEndpointIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeVpcEndpointsOutput{VpcEndpoints: page, NextToken: next}, nil
}

func (s *Service) shownEndpoint(e *vpcEndpoint) types.VpcEndpoint {
	out := types.VpcEndpoint{
		CreationTimestamp: aws.Time(e.createdAt),
		OwnerId:           aws.String(s.Account),
		PolicyDocument:    aws.String(e.policy),
		PrivateDnsEnabled: aws.Bool(e.privateDNS),
		RequesterManaged:  aws.Bool(false),
		RouteTableIds:     slices.Clone(e.tables),
		ServiceName:       aws.String(e.service),
		ServiceRegion:     aws.String(s.Name),
		State:             e.state(s.Now()),
		SubnetIds:         e.subnetIDs(),
		Tags:              s.tagList(e.id),
		VpcEndpointId:     aws.String(e.id),
		VpcEndpointType:   e.kind,
		VpcId:             aws.String(e.vpcID),
	}
	if e.kind == types.VpcEndpointTypeGateway {
		return out
	}
	out.IpAddressType = types.IpAddressTypeIpv4
	out.DnsOptions = &types.DnsOptions{DnsRecordIpType: types.DnsRecordIpTypeIpv4}
	for _, g := range s.groupIdentifiers(e.groups) {
		out.Groups = append(out.Groups, types.SecurityGroupIdentifier{GroupId: g.GroupId, GroupName: g.GroupName})
	}
	for _, eni := range e.interfaces {
		out.NetworkInterfaceIds = append(out.NetworkInterfaceIds, eni.id)
	}
	out.DnsEntries = s.endpointNames(e)
	return out
}

// endpointNames are the endpoint's own name and, with private DNS, the service's.
func (s *Service) endpointNames(e *vpcEndpoint) []types.DnsEntry {
	short := e.service[len("com.amazonaws."+s.Name+"."):]
	entries := []types.DnsEntry{{
		DnsName:      aws.String(e.id + "-" + e.id[len(e.id)-8:] + "." + short + "." + s.Name + ".vpce.amazonaws.com"),
		HostedZoneId: aws.String(e.hostedZone),
	}}
	if e.privateDNS {
		entries = append(entries, types.DnsEntry{DnsName: aws.String(s.privateDNSName(short)), HostedZoneId: aws.String(e.hostedZone)})
	}
	return entries
}
