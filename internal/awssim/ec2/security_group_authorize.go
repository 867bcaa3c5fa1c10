package ec2

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// ruleRequest is what the four calls that add and remove rules have in common.
type ruleRequest struct {
	DryRun                     *bool
	GroupId, GroupName         *string
	IpPermissions              []types.IpPermission
	IpProtocol, CidrIp         *string
	FromPort, ToPort           *int32
	SourceSecurityGroupName    *string
	SourceSecurityGroupOwnerId *string
	SecurityGroupRuleIds       []string
	TagSpecifications          []types.TagSpecification
}

// permissions returns what the call asks for, also if it does so in the old form
// with a single peer.
func (r ruleRequest) permissions() ([]types.IpPermission, error) {
	if r.SourceSecurityGroupName != nil || r.SourceSecurityGroupOwnerId != nil {
		return nil, apierr.New("InvalidParameterCombination", "The parameter sourceSecurityGroupName is not supported for groups of a VPC.")
	}
	if r.IpProtocol == nil && r.CidrIp == nil {
		return r.IpPermissions, nil
	}
	if len(r.IpPermissions) > 0 {
		return nil, apierr.New("InvalidParameterCombination", "The parameter ipPermissions may not be used in combination with ipProtocol.")
	}
	return []types.IpPermission{{IpProtocol: r.IpProtocol, FromPort: r.FromPort, ToPort: r.ToPort,
		IpRanges: []types.IpRange{{CidrIp: r.CidrIp}}}}, nil
}

// AuthorizeSecurityGroupIngress adds rules for what may come in.
func (s *Service) AuthorizeSecurityGroupIngress(_ context.Context, in *sdk.AuthorizeSecurityGroupIngressInput) (*sdk.AuthorizeSecurityGroupIngressOutput, error) {
	rules, err := s.authorize(convert[ruleRequest](in), false)
	if err != nil {
		return nil, err
	}
	return &sdk.AuthorizeSecurityGroupIngressOutput{Return: aws.Bool(true), SecurityGroupRules: rules}, nil
}

// AuthorizeSecurityGroupEgress adds rules for what may go out.
func (s *Service) AuthorizeSecurityGroupEgress(_ context.Context, in *sdk.AuthorizeSecurityGroupEgressInput) (*sdk.AuthorizeSecurityGroupEgressOutput, error) {
	rules, err := s.authorize(convert[ruleRequest](in), true)
	if err != nil {
		return nil, err
	}
	return &sdk.AuthorizeSecurityGroupEgressOutput{Return: aws.Bool(true), SecurityGroupRules: rules}, nil
}

// authorize adds all the rules of a call or, if one cannot be, none (aws-facts §2.7).
func (s *Service) authorize(in ruleRequest, egress bool) ([]types.SecurityGroupRule, error) {
	if err := s.checkCreate(in.DryRun, in.TagSpecifications, types.ResourceTypeSecurityGroupRule); err != nil {
		return nil, err
	}
	g, err := s.namedGroup(in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	asked, err := in.permissions()
	if err != nil {
		return nil, err
	}
	rules, err := s.expandPermissions(g, egress, asked)
	if err != nil {
		return nil, err
	}
	existing := s.rulesIn(g.id, egress)
	for _, r := range rules {
		if slices.ContainsFunc(existing, func(other *groupRule) bool { return other.permission == r.permission }) {
			return nil, duplicateRule(r)
		}
	}
	if err := s.checkRuleQuota(existing, rules); err != nil {
		return nil, err
	}
	var shown []types.SecurityGroupRule
	for _, r := range rules {
		added := s.addRule(r)
		s.tagOnCreate(types.ResourceTypeSecurityGroupRule, added.id, in.TagSpecifications)
		shown = append(shown, s.shownRule(added))
	}
	return shown, nil
}

func duplicateRule(r groupRule) error {
	protocol, ports := strings.ToUpper(r.protocol), ""
	if r.protocol == "-1" {
		protocol = "ALL"
	} else if r.hasPorts() {
		ports = ", from port: " + number(&r.from)[0] + ", to port: " + number(&r.to)[0]
	}
	return apierr.New("InvalidPermission.Duplicate", "the specified rule \"peer: %s, %s%s, ALLOW\" already exists", r.peer(), protocol, ports)
}

// checkRuleQuota counts as EC2 does: each address family has the quota for itself,
// and rules that name groups or prefix lists count for both (aws-facts §2.7).
func (s *Service) checkRuleQuota(existing []*groupRule, added []groupRule) error {
	v4, v6 := 0, 0
	count := func(p permission) {
		switch {
		case !p.cidr.IsValid():
			v4++
			v6++
		case p.cidr.Addr().Is4():
			v4++
		default:
			v6++
		}
	}
	for _, r := range existing {
		count(r.permission)
	}
	for _, r := range added {
		count(r.permission)
	}
	if max(v4, v6) > s.Quotas.RulesPerGroup {
		return apierr.New("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
	}
	return nil
}

// RevokeSecurityGroupIngress removes rules for what may come in.
func (s *Service) RevokeSecurityGroupIngress(_ context.Context, in *sdk.RevokeSecurityGroupIngressInput) (*sdk.RevokeSecurityGroupIngressOutput, error) {
	revoked, err := s.revoke(convert[ruleRequest](in), false)
	if err != nil {
		return nil, err
	}
	return &sdk.RevokeSecurityGroupIngressOutput{Return: aws.Bool(true), RevokedSecurityGroupRules: revoked}, nil
}

// RevokeSecurityGroupEgress removes rules for what may go out.
func (s *Service) RevokeSecurityGroupEgress(_ context.Context, in *sdk.RevokeSecurityGroupEgressInput) (*sdk.RevokeSecurityGroupEgressOutput, error) {
	revoked, err := s.revoke(convert[ruleRequest](in), true)
	if err != nil {
		return nil, err
	}
	return &sdk.RevokeSecurityGroupEgressOutput{Return: aws.Bool(true), RevokedSecurityGroupRules: revoked}, nil
}

// revoke removes all the rules of a call or, if one is not there, none
// (aws-facts §2.7). Descriptions play no part in finding them.
func (s *Service) revoke(in ruleRequest, egress bool) ([]types.RevokedSecurityGroupRule, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	g, err := s.namedGroup(in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	asked, err := in.permissions()
	if err != nil {
		return nil, err
	}
	found, err := s.rulesByID(g.id, egress, in.SecurityGroupRuleIds)
	if err != nil {
		return nil, err
	}
	if len(asked) > 0 || len(found) == 0 {
		matching, err := s.findRules(g, egress, asked)
		if err != nil {
			return nil, err
		}
		found = append(found, matching...)
	}
	var revoked []types.RevokedSecurityGroupRule
	for _, r := range found {
		shown := convert[types.RevokedSecurityGroupRule](s.shownRule(r))
		if r.reference != "" {
			shown.ReferencedGroupId = aws.String(r.reference)
		}
		revoked = append(revoked, shown)
		s.dropRule(r)
	}
	return revoked, nil
}

func (s *Service) rulesByID(groupID string, egress bool, ids []string) ([]*groupRule, error) {
	var rules []*groupRule
	for _, id := range ids {
		r, ok := s.groupRules.get(id)
		if !ok || r.groupID != groupID || r.egress != egress {
			return nil, kindGroupRule.missing(id)
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// findRules returns the group's rules that are the asked ones.
func (s *Service) findRules(g *securityGroup, egress bool, asked []types.IpPermission) ([]*groupRule, error) {
	wanted, err := s.expandPermissions(g, egress, asked)
	if err != nil {
		return nil, err
	}
	existing := s.rulesIn(g.id, egress)
	var found []*groupRule
	for _, w := range wanted {
		i := slices.IndexFunc(existing, func(r *groupRule) bool { return r.permission == w.permission })
		if i < 0 {
			return nil, apierr.New("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
		}
		found = append(found, existing[i])
	}
	return found, nil
}
