package ec2

import (
	"context"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// securityGroup is a set of rules for interfaces of one VPC.
type securityGroup struct{ id, name, description, vpcID string }

func (s *Service) group(id string) (*securityGroup, error) {
	g, ok := s.groups.get(id)
	if !ok {
		return nil, kindGroup.missing(id)
	}
	return g, nil
}

// SecurityGroup returns a group as DescribeSecurityGroups shows it now.
func (s *Service) SecurityGroup(id string) (types.SecurityGroup, bool) {
	g, ok := s.groups.get(id)
	if !ok {
		return types.SecurityGroup{}, false
	}
	return s.shownGroup(g), true
}

// AllowsIngress reports whether a group lets a connection in: to the port, from a
// sender with one of the groups or with the address (empty: unknown).
func (s *Service) AllowsIngress(groupID string, protocol string, port int32, fromGroups []string, fromIP string) bool {
	ip, _ := netip.ParseAddr(fromIP)
	for _, r := range s.groupRules.all() {
		if r.groupID != groupID || r.egress || !r.covers(protocol, port) {
			continue
		}
		if r.reference != "" && slices.Contains(fromGroups, r.reference) || r.cidr.IsValid() && ip.IsValid() && r.cidr.Contains(ip) {
			return true
		}
	}
	return false
}

// newDefaultGroup makes the group that comes with a VPC: it lets its members talk
// to each other and to everybody (aws-facts §2.1).
func (s *Service) newDefaultGroup(vpcID string) *securityGroup {
	g := s.addGroup("default", "default VPC security group", vpcID)
	s.addRule(groupRule{groupID: g.id, permission: permission{protocol: "-1", from: -1, to: -1, reference: g.id}})
	return g
}

// addGroup makes a group, which lets everything out (aws-facts §2.7).
func (s *Service) addGroup(name, description, vpcID string) *securityGroup {
	g := &securityGroup{s.NewID("sg"), name, description, vpcID}
	s.groups.add(g.id, g)
	s.addRule(groupRule{groupID: g.id, egress: true,
		permission: permission{protocol: "-1", from: -1, to: -1, cidr: netip.MustParsePrefix("0.0.0.0/0")}})
	return g
}

// dropGroup forgets a group and its rules.
func (s *Service) dropGroup(id string) {
	for _, r := range s.groupRules.all() {
		if r.groupID == id {
			s.dropRule(r)
		}
	}
	s.groups.remove(id)
	delete(s.tags, id)
}

// describable is what names and descriptions of groups may hold (aws-facts §2.7).
var describable = regexp.MustCompile(`^[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*$`)

// CreateSecurityGroup makes a group; its name is unique in the VPC (aws-facts §2.7).
func (s *Service) CreateSecurityGroup(_ context.Context, in *sdk.CreateSecurityGroupInput) (*sdk.CreateSecurityGroupOutput, error) {
	if err := s.checkCreate(in.DryRun, in.TagSpecifications, types.ResourceTypeSecurityGroup); err != nil {
		return nil, err
	}
	name, description := aws.ToString(in.GroupName), aws.ToString(in.Description)
	if err := checkGroupName(name, description); err != nil {
		return nil, err
	}
	if in.VpcId == nil {
		return nil, apierr.New("VPCIdNotSpecified", "No default VPC for this user")
	}
	v, err := s.vpc(*in.VpcId)
	if err != nil {
		return nil, err
	}
	for _, other := range s.groups.all() {
		if other.vpcID == v.id && other.name == name {
			return nil, apierr.New("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", name, v.id)
		}
	}
	g := s.addGroup(name, description, v.id)
	s.tagOnCreate(types.ResourceTypeSecurityGroup, g.id, in.TagSpecifications)
	return &sdk.CreateSecurityGroupOutput{GroupId: aws.String(g.id), SecurityGroupArn: aws.String(s.groupARN(g)), Tags: s.tagList(g.id)}, nil
}

func checkGroupName(name, description string) error {
	switch {
	case name == "":
		return apierr.New("MissingParameter", "The request must contain the parameter GroupName")
	case description == "":
		return apierr.New("MissingParameter", "The request must contain the parameter GroupDescription")
	case name == "default":
		return apierr.New("InvalidParameterValue", "Cannot use reserved security group name: %s", name)
	case strings.HasPrefix(name, "sg-"):
		return apierr.New("InvalidParameterValue", "Value (%s) for parameter GroupName is invalid. Group names may not be in the format sg-*", name)
	case len(name) > 255 || !describable.MatchString(name):
		return apierr.New("InvalidParameterValue", "Value (%s) for parameter GroupName is invalid. Character sets beyond ASCII are not supported.", name)
	}
	return checkDescription("GroupDescription", description)
}

func checkDescription(parameter, text string) error {
	if len(text) > 255 || !describable.MatchString(text) {
		return apierr.New("InvalidParameterValue",
			"Value (%s) for parameter %s is invalid. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*", text, parameter)
	}
	return nil
}

// DeleteSecurityGroup removes a group that no interface uses and no other group's
// rule names (aws-facts §2.7).
func (s *Service) DeleteSecurityGroup(_ context.Context, in *sdk.DeleteSecurityGroupInput) (*sdk.DeleteSecurityGroupOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	g, err := s.namedGroup(in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	if g.name == "default" {
		return nil, apierr.New("CannotDelete", "the specified group: \"%s\" name: \"%s\" cannot be deleted by a user", g.id, g.name)
	}
	used := s.anyInterface(func(eni *networkInterface) bool { return slices.Contains(eni.Groups, g.id) })
	referenced := slices.ContainsFunc(s.groupRules.all(), func(r *groupRule) bool { return r.reference == g.id && r.groupID != g.id })
	if used || referenced {
		return nil, apierr.New("DependencyViolation", "resource %s has a dependent object", g.id)
	}
	s.dropGroup(g.id)
	return &sdk.DeleteSecurityGroupOutput{GroupId: aws.String(g.id), Return: aws.Bool(true)}, nil
}

// namedGroup finds the group that a call means. Names are for groups of a default
// VPC, and there is none.
func (s *Service) namedGroup(id, name *string) (*securityGroup, error) {
	switch {
	case id != nil:
		return s.group(*id)
	case name != nil:
		return nil, apierr.New("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC 'none'", *name)
	}
	return nil, apierr.New("MissingParameter", "The request must contain the parameter GroupName or GroupId")
}

var groupListing = listing[types.SecurityGroup]{
	kind:       kindGroup,
	id:         func(g types.SecurityGroup) string { return aws.ToString(g.GroupId) },
	page:       1000,
	attributes: groupAttributes,
}

func groupAttributes(g types.SecurityGroup) map[string][]string {
	attributes := map[string][]string{
		"description": values(g.Description),
		"group-id":    values(g.GroupId),
		"group-name":  values(g.GroupName),
		"owner-id":    values(g.OwnerId),
		"vpc-id":      values(g.VpcId),
	}
	for prefix, permissions := range map[string][]types.IpPermission{"": g.IpPermissions, "egress.": g.IpPermissionsEgress} {
		of := func(name string, value func(types.IpPermission) []string) {
			attributes[prefix+"ip-permission."+name] = each(permissions, value)
		}
		ofPairs := func(name string, value func(types.UserIdGroupPair) *string) {
			of(name, func(p types.IpPermission) []string {
				return each(p.UserIdGroupPairs, func(pair types.UserIdGroupPair) []string { return values(value(pair)) })
			})
		}
		of("protocol", func(p types.IpPermission) []string { return values(p.IpProtocol) })
		of("from-port", func(p types.IpPermission) []string { return number(p.FromPort) })
		of("to-port", func(p types.IpPermission) []string { return number(p.ToPort) })
		of("cidr", func(p types.IpPermission) []string {
			return each(p.IpRanges, func(r types.IpRange) []string { return values(r.CidrIp) })
		})
		of("ipv6-cidr", func(p types.IpPermission) []string {
			return each(p.Ipv6Ranges, func(r types.Ipv6Range) []string { return values(r.CidrIpv6) })
		})
		of("prefix-list-id", func(p types.IpPermission) []string {
			return each(p.PrefixListIds, func(l types.PrefixListId) []string { return values(l.PrefixListId) })
		})
		ofPairs("group-id", func(pair types.UserIdGroupPair) *string { return pair.GroupId })
		ofPairs("group-name", func(pair types.UserIdGroupPair) *string { return pair.GroupName })
		ofPairs("user-id", func(pair types.UserIdGroupPair) *string { return pair.UserId })
	}
	return attributes
}

// DescribeSecurityGroups lists groups, default ones included.
func (s *Service) DescribeSecurityGroups(_ context.Context, in *sdk.DescribeSecurityGroupsInput) (*sdk.DescribeSecurityGroupsOutput, error) {
	if len(in.GroupNames) > 0 {
		_, err := s.namedGroup(nil, &in.GroupNames[0])
		return nil, err
	}
	rules := s.rulesByGroup()
	var all []types.SecurityGroup
	for _, g := range s.groups.all() {
		all = append(all, s.shownGroupWith(g, rules[g.id]))
	}
	page, next, err := list(s, groupListing, all, query{in.GroupIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeSecurityGroupsOutput{SecurityGroups: page, NextToken: next}, nil
}

func (s *Service) shownGroup(g *securityGroup) types.SecurityGroup {
	return s.shownGroupWith(g, s.rulesByGroup()[g.id])
}

func (s *Service) shownGroupWith(g *securityGroup, rules []*groupRule) types.SecurityGroup {
	return types.SecurityGroup{
		Description:         aws.String(g.description),
		GroupId:             aws.String(g.id),
		GroupName:           aws.String(g.name),
		IpPermissions:       s.shownPermissions(rules, false),
		IpPermissionsEgress: s.shownPermissions(rules, true),
		OwnerId:             aws.String(s.Account),
		SecurityGroupArn:    aws.String(s.groupARN(g)),
		Tags:                s.tagList(g.id),
		VpcId:               aws.String(g.vpcID),
	}
}

func (s *Service) groupARN(g *securityGroup) string { return s.ARN("ec2", "security-group/"+g.id) }
