package ec2

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// ModifySecurityGroupRules changes rules in place, all of a call or none: the way
// to change one without a gap in traffic (aws-facts §2.7).
func (s *Service) ModifySecurityGroupRules(_ context.Context, in *sdk.ModifySecurityGroupRulesInput) (*sdk.ModifySecurityGroupRulesOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	g, err := s.namedGroup(in.GroupId, nil)
	if err != nil {
		return nil, err
	}
	changed := map[string]groupRule{}
	for _, update := range in.SecurityGroupRules {
		r, ok := s.groupRules.get(aws.ToString(update.SecurityGroupRuleId))
		if !ok || r.groupID != g.id {
			return nil, kindGroupRule.missing(aws.ToString(update.SecurityGroupRuleId))
		}
		wanted, err := s.changedRule(g, r, update.SecurityGroupRule)
		if err != nil {
			return nil, err
		}
		changed[r.id] = wanted
	}
	if err := s.checkChanged(g, changed); err != nil {
		return nil, err
	}
	for id, wanted := range changed {
		r, _ := s.groupRules.get(id)
		r.permission, r.description = wanted.permission, wanted.description
	}
	return &sdk.ModifySecurityGroupRulesOutput{Return: aws.Bool(true)}, nil
}

// changedRule is the rule as a request describes it.
func (s *Service) changedRule(g *securityGroup, r *groupRule, request *types.SecurityGroupRuleRequest) (groupRule, error) {
	if request == nil {
		return groupRule{}, apierr.New("MissingParameter", "The request must contain the parameter SecurityGroupRule")
	}
	if err := exactlyOne("a peer of the rule", request.CidrIpv4, request.CidrIpv6, request.PrefixListId, request.ReferencedGroupId); err != nil {
		return groupRule{}, err
	}
	p := types.IpPermission{IpProtocol: request.IpProtocol, FromPort: request.FromPort, ToPort: request.ToPort}
	switch {
	case request.CidrIpv4 != nil:
		p.IpRanges = []types.IpRange{{CidrIp: request.CidrIpv4, Description: request.Description}}
	case request.CidrIpv6 != nil:
		p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: request.CidrIpv6, Description: request.Description}}
	case request.PrefixListId != nil:
		p.PrefixListIds = []types.PrefixListId{{PrefixListId: request.PrefixListId, Description: request.Description}}
	default:
		p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: request.ReferencedGroupId, Description: request.Description}}
	}
	rules, err := s.expandPermissions(g, r.egress, []types.IpPermission{p})
	if err != nil {
		return groupRule{}, err
	}
	return rules[0], nil
}

// checkChanged: no two rules of a direction may come out the same.
func (s *Service) checkChanged(g *securityGroup, changed map[string]groupRule) error {
	seen := map[bool][]permission{}
	for _, r := range s.rulesByGroup()[g.id] {
		result := *r
		if wanted, ok := changed[r.id]; ok {
			result = wanted
		}
		if slices.Contains(seen[result.egress], result.permission) {
			return duplicateRule(result)
		}
		seen[result.egress] = append(seen[result.egress], result.permission)
	}
	return nil
}

var groupRuleListing = listing[types.SecurityGroupRule]{
	kind: kindGroupRule,
	id:   func(r types.SecurityGroupRule) string { return aws.ToString(r.SecurityGroupRuleId) },
	page: 1000,
	attributes: func(r types.SecurityGroupRule) map[string][]string {
		return map[string][]string{"group-id": values(r.GroupId), "security-group-rule-id": values(r.SecurityGroupRuleId)}
	},
}

// DescribeSecurityGroupRules lists rules of all groups.
func (s *Service) DescribeSecurityGroupRules(_ context.Context, in *sdk.DescribeSecurityGroupRulesInput) (*sdk.DescribeSecurityGroupRulesOutput, error) {
	var all []types.SecurityGroupRule
	for _, r := range s.groupRules.all() {
		all = append(all, s.shownRule(r))
	}
	page, next, err := list(s, groupRuleListing, all, query{in.SecurityGroupRuleIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeSecurityGroupRulesOutput{SecurityGroupRules: page, NextToken: next}, nil
}

// UpdateSecurityGroupRuleDescriptionsIngress changes descriptions of rules for
// what may come in.
func (s *Service) UpdateSecurityGroupRuleDescriptionsIngress(_ context.Context, in *sdk.UpdateSecurityGroupRuleDescriptionsIngressInput) (*sdk.UpdateSecurityGroupRuleDescriptionsIngressOutput, error) {
	if err := s.updateDescriptions(*in, false); err != nil {
		return nil, err
	}
	return &sdk.UpdateSecurityGroupRuleDescriptionsIngressOutput{Return: aws.Bool(true)}, nil
}

// UpdateSecurityGroupRuleDescriptionsEgress changes descriptions of rules for what
// may go out.
func (s *Service) UpdateSecurityGroupRuleDescriptionsEgress(_ context.Context, in *sdk.UpdateSecurityGroupRuleDescriptionsEgressInput) (*sdk.UpdateSecurityGroupRuleDescriptionsEgressOutput, error) {
	if err := s.updateDescriptions(convert[sdk.UpdateSecurityGroupRuleDescriptionsIngressInput](in), true); err != nil {
		return nil, err
	}
	return &sdk.UpdateSecurityGroupRuleDescriptionsEgressOutput{Return: aws.Bool(true)}, nil
}

// updateDescriptions sets descriptions, and removes those of rules that are named
// without one.
func (s *Service) updateDescriptions(in sdk.UpdateSecurityGroupRuleDescriptionsIngressInput, egress bool) error {
	if err := refuseDryRun(in.DryRun); err != nil {
		return err
	}
	g, err := s.namedGroup(in.GroupId, in.GroupName)
	if err != nil {
		return err
	}
	texts := map[*groupRule]string{}
	for _, d := range in.SecurityGroupRuleDescriptions {
		found, err := s.rulesByID(g.id, egress, values(d.SecurityGroupRuleId))
		if err != nil {
			return err
		}
		for _, r := range found {
			texts[r] = aws.ToString(d.Description)
		}
		if err := checkDescription("description", aws.ToString(d.Description)); err != nil {
			return err
		}
	}
	if len(texts) == 0 || len(in.IpPermissions) > 0 {
		if err := s.describedRules(g, egress, in.IpPermissions, texts); err != nil {
			return err
		}
	}
	for r, text := range texts {
		r.description = text
	}
	return nil
}

func (s *Service) describedRules(g *securityGroup, egress bool, asked []types.IpPermission, texts map[*groupRule]string) error {
	wanted, err := s.expandPermissions(g, egress, asked)
	if err != nil {
		return err
	}
	found, err := s.findRules(g, egress, asked)
	if err != nil {
		return err
	}
	for i, r := range found {
		texts[r] = wanted[i].description
	}
	return nil
}
