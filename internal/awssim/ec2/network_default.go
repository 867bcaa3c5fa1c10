package ec2

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

var aclListing = listing[types.NetworkAcl]{
	kind: kindACL,
	id:   func(acl types.NetworkAcl) string { return aws.ToString(acl.NetworkAclId) },
	page: 1000,
	attributes: func(acl types.NetworkAcl) map[string][]string {
		ofAssociations := func(value func(types.NetworkAclAssociation) *string) []string {
			return each(acl.Associations, func(a types.NetworkAclAssociation) []string { return values(value(a)) })
		}
		ofEntries := func(value func(types.NetworkAclEntry) []string) []string { return each(acl.Entries, value) }
		return map[string][]string{
			"association.association-id": ofAssociations(func(a types.NetworkAclAssociation) *string { return a.NetworkAclAssociationId }),
			"association.network-acl-id": ofAssociations(func(a types.NetworkAclAssociation) *string { return a.NetworkAclId }),
			"association.subnet-id":      ofAssociations(func(a types.NetworkAclAssociation) *string { return a.SubnetId }),
			"default":                    flag(acl.IsDefault),
			"entry.cidr":                 ofEntries(func(e types.NetworkAclEntry) []string { return values(e.CidrBlock) }),
			"entry.egress":               ofEntries(func(e types.NetworkAclEntry) []string { return flag(e.Egress) }),
			"entry.protocol":             ofEntries(func(e types.NetworkAclEntry) []string { return values(e.Protocol) }),
			"entry.rule-action":          ofEntries(func(e types.NetworkAclEntry) []string { return []string{string(e.RuleAction)} }),
			"entry.rule-number":          ofEntries(func(e types.NetworkAclEntry) []string { return number(e.RuleNumber) }),
			"network-acl-id":             values(acl.NetworkAclId),
			"owner-id":                   values(acl.OwnerId),
			"vpc-id":                     values(acl.VpcId),
		}
	},
}

// DescribeNetworkAcls lists the default network ACLs; there are no others.
func (s *Service) DescribeNetworkAcls(_ context.Context, in *sdk.DescribeNetworkAclsInput) (*sdk.DescribeNetworkAclsOutput, error) {
	var all []types.NetworkAcl
	for _, v := range s.vpcs.all() {
		all = append(all, s.shownACL(v))
	}
	page, next, err := list(s, aclListing, all, query{in.NetworkAclIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeNetworkAclsOutput{NetworkAcls: page, NextToken: next}, nil
}

func (s *Service) shownACL(v *vpc) types.NetworkAcl {
	acl := types.NetworkAcl{IsDefault: aws.Bool(true), NetworkAclId: aws.String(v.aclID), OwnerId: aws.String(s.Account),
		Tags: s.tagList(v.aclID), VpcId: aws.String(v.id)}
	for _, sn := range s.subnets.all() {
		if sn.vpcID == v.id {
			acl.Associations = append(acl.Associations, types.NetworkAclAssociation{NetworkAclAssociationId: aws.String(sn.aclAssociationID),
				NetworkAclId: aws.String(v.aclID), SubnetId: aws.String(sn.id)})
		}
	}
	for _, egress := range []bool{true, false} {
		for _, rule := range []struct {
			number int32
			action types.RuleAction
		}{{100, types.RuleActionAllow}, {32767, types.RuleActionDeny}} {
			acl.Entries = append(acl.Entries, types.NetworkAclEntry{CidrBlock: aws.String("0.0.0.0/0"), Egress: aws.Bool(egress),
				Protocol: aws.String("-1"), RuleAction: rule.action, RuleNumber: aws.Int32(rule.number)})
		}
	}
	return acl
}

var dhcpOptionsListing = listing[types.DhcpOptions]{
	kind: kindDHCPOptions,
	id:   func(o types.DhcpOptions) string { return aws.ToString(o.DhcpOptionsId) },
	page: 1000,
	attributes: func(o types.DhcpOptions) map[string][]string {
		return map[string][]string{
			"dhcp-options-id": values(o.DhcpOptionsId),
			"key":             each(o.DhcpConfigurations, func(c types.DhcpConfiguration) []string { return values(c.Key) }),
			"owner-id":        values(o.OwnerId),
			"value": each(o.DhcpConfigurations, func(c types.DhcpConfiguration) []string {
				return each(c.Values, func(v types.AttributeValue) []string { return values(v.Value) })
			}),
		}
	},
}

// DescribeDhcpOptions lists the Region's default options; there are no others.
func (s *Service) DescribeDhcpOptions(_ context.Context, in *sdk.DescribeDhcpOptionsInput) (*sdk.DescribeDhcpOptionsOutput, error) {
	option := func(key, value string) types.DhcpConfiguration {
		return types.DhcpConfiguration{Key: aws.String(key), Values: []types.AttributeValue{{Value: aws.String(value)}}}
	}
	all := []types.DhcpOptions{{
		DhcpConfigurations: []types.DhcpConfiguration{
			option("domain-name", s.privateDomain()),
			option("domain-name-servers", "AmazonProvidedDNS"),
		},
		DhcpOptionsId: aws.String(s.dhcpOptionsID), OwnerId: aws.String(s.Account), Tags: s.tagList(s.dhcpOptionsID),
	}}
	page, next, err := list(s, dhcpOptionsListing, all, query{in.DhcpOptionsIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeDhcpOptionsOutput{DhcpOptions: page, NextToken: next}, nil
}
