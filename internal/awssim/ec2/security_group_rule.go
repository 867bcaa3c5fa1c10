package ec2

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// groupRule is one rule: one direction, one peer. EC2 makes as many of them out of
// an IpPermission as it names peers (aws-facts §2.7).
type groupRule struct {
	id, groupID string
	egress      bool
	description string
	permission
}

// permission is what makes two rules of one group and direction duplicates.
type permission struct {
	protocol string // as shown: tcp, udp, icmp, icmpv6, a number, or -1 for all
	from, to int32  // -1, -1: all; type and code for ICMP
	// The peer is one of these.
	cidr                  netip.Prefix
	prefixList, reference string
}

// covers reports whether the permission is for the protocol and port.
func (p permission) covers(protocol string, port int32) bool {
	if p.protocol == "-1" {
		return true
	}
	return p.protocol == protocolName(protocol) && (p.from == -1 || p.from <= port && port <= p.to)
}

func (p permission) peer() string {
	switch {
	case p.cidr.IsValid():
		return p.cidr.String()
	case p.prefixList != "":
		return p.prefixList
	}
	return p.reference
}

// protocolName is the name under which EC2 shows a protocol (aws-facts §2.7).
func protocolName(text string) string {
	switch text = strings.ToLower(text); text {
	case "6":
		return "tcp"
	case "17":
		return "udp"
	case "1":
		return "icmp"
	case "58":
		return "icmpv6"
	case "all":
		return "-1"
	}
	return text
}

func (s *Service) addRule(r groupRule) *groupRule {
	r.id = s.NewID("sgr")
	s.groupRules.add(r.id, &r)
	return &r
}

func (s *Service) dropRule(r *groupRule) {
	s.groupRules.remove(r.id)
	delete(s.tags, r.id)
}

func (s *Service) rulesByGroup() map[string][]*groupRule {
	rules := map[string][]*groupRule{}
	for _, r := range s.groupRules.all() {
		rules[r.groupID] = append(rules[r.groupID], r)
	}
	return rules
}

// rulesIn returns a group's rules of one direction.
func (s *Service) rulesIn(groupID string, egress bool) []*groupRule {
	return slices.DeleteFunc(s.groupRules.all(), func(r *groupRule) bool { return r.groupID != groupID || r.egress != egress })
}

// expand makes rules of what a call asks for, one for each peer.
func (s *Service) expandPermissions(g *securityGroup, egress bool, asked []types.IpPermission) ([]groupRule, error) {
	if len(asked) == 0 {
		return nil, apierr.New("MissingParameter", "The request must contain the parameter ipPermissions")
	}
	var rules []groupRule
	for _, p := range asked {
		ports, err := checkPorts(p.IpProtocol, p.FromPort, p.ToPort)
		if err != nil {
			return nil, err
		}
		before := len(rules)
		add := func(description *string, peer permission) error {
			ports.cidr, ports.prefixList, ports.reference = peer.cidr, peer.prefixList, peer.reference
			rules = append(rules, groupRule{groupID: g.id, egress: egress, description: aws.ToString(description), permission: ports})
			return checkDescription("description", aws.ToString(description))
		}
		if err := s.eachPeer(g, p, add); err != nil {
			return nil, err
		}
		if len(rules) == before {
			return nil, apierr.New("MissingParameter", "The request must contain a CIDR block, a prefix list or a security group")
		}
	}
	for i, r := range rules {
		if slices.ContainsFunc(rules[:i], func(other groupRule) bool { return other.permission == r.permission }) {
			return nil, apierr.New("InvalidParameterValue", "The same permission must not appear multiple times")
		}
	}
	return rules, nil
}

// eachPeer calls add with each peer of a permission, canonicalised and known.
func (s *Service) eachPeer(g *securityGroup, p types.IpPermission, add func(*string, permission) error) error {
	cidr := func(text, description *string, v4 bool) error {
		prefix, err := netip.ParsePrefix(aws.ToString(text))
		if err != nil || prefix.Addr().Is4() != v4 {
			return apierr.New("InvalidParameterValue", "CIDR block %s is malformed", aws.ToString(text))
		}
		return add(description, permission{cidr: prefix.Masked()})
	}
	for _, r := range p.IpRanges {
		if err := cidr(r.CidrIp, r.Description, true); err != nil {
			return err
		}
	}
	for _, r := range p.Ipv6Ranges {
		if err := cidr(r.CidrIpv6, r.Description, false); err != nil {
			return err
		}
	}
	for _, l := range p.PrefixListIds {
		if !s.isPrefixList(aws.ToString(l.PrefixListId)) {
			return kindPrefixList.missing(aws.ToString(l.PrefixListId))
		}
		if err := add(l.Description, permission{prefixList: *l.PrefixListId}); err != nil {
			return err
		}
	}
	for _, pair := range p.UserIdGroupPairs {
		id, err := s.referencedGroup(g, pair.GroupId)
		if err != nil {
			return err
		}
		if err := add(pair.Description, permission{reference: id}); err != nil {
			return err
		}
	}
	return nil
}

// referencedGroup checks the group that a rule is to name. Names of groups are for
// a default VPC.
func (s *Service) referencedGroup(g *securityGroup, id *string) (string, error) {
	if id == nil {
		return "", apierr.New("InvalidParameterValue", "Invalid value 'null' for groupId. Groups of a VPC must be specified by their ID.")
	}
	other, err := s.group(*id)
	if err != nil {
		return "", err
	}
	if other.vpcID != g.vpcID {
		return "", apierr.New("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
	}
	return other.id, nil
}

// checkPorts normalises a protocol and its ports (aws-facts §2.7).
func checkPorts(protocol *string, from, to *int32) (permission, error) {
	p := permission{protocol: protocolName(aws.ToString(protocol)), from: -1, to: -1}
	bad := func(format string, args ...any) (permission, error) {
		return permission{}, apierr.New("InvalidParameterValue", format, args...)
	}
	switch p.protocol {
	case "":
		return bad("Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.")
	case "-1":
		return p, nil // every port, whatever was asked for
	case "tcp", "udp":
		if from == nil || to == nil {
			return bad("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
		}
		p.from, p.to = *from, *to
		if p.from < 0 || p.to > 65535 || p.from > p.to {
			return bad("Invalid value '%d-%d' for portRange. Must be between 0 and 65535, from the lower to the higher.", p.from, p.to)
		}
	case "icmp", "icmpv6":
		if from == nil || to == nil {
			return bad("Invalid value 'Must specify type and code with ICMP.' for portRange.")
		}
		p.from, p.to = *from, *to
		if p.from < -1 || p.from > 255 || p.to < -1 || p.to > 255 {
			return bad("Invalid ICMP type or code (%d, %d)", p.from, p.to)
		}
	default:
		n, err := strconv.Atoi(p.protocol)
		if err != nil || n < 0 || n > 255 {
			return bad("Invalid value '%s' for IP protocol. Unknown protocol.", aws.ToString(protocol))
		}
	}
	return p, nil
}

// shownPermissions gathers rules of one direction as EC2 shows them in a group: by
// protocol and ports.
func (s *Service) shownPermissions(rules []*groupRule, egress bool) []types.IpPermission {
	var list []types.IpPermission
	at := map[permission]int{}
	for _, r := range rules {
		if r.egress != egress {
			continue
		}
		key := permission{protocol: r.protocol, from: r.from, to: r.to}
		i, known := at[key]
		if !known {
			i = len(list)
			at[key] = i
			list = append(list, types.IpPermission{IpProtocol: aws.String(r.protocol)})
			if r.hasPorts() {
				list[i].FromPort, list[i].ToPort = aws.Int32(r.from), aws.Int32(r.to)
			}
		}
		s.addPeer(&list[i], r)
	}
	return list
}

// hasPorts: a rule for all protocols, or for one without ports, shows none.
func (p permission) hasPorts() bool {
	return p.protocol == "tcp" || p.protocol == "udp" || p.protocol == "icmp" || p.protocol == "icmpv6"
}

func (s *Service) addPeer(to *types.IpPermission, r *groupRule) {
	var description *string
	if r.description != "" {
		description = aws.String(r.description)
	}
	switch {
	case r.reference != "":
		to.UserIdGroupPairs = append(to.UserIdGroupPairs, types.UserIdGroupPair{Description: description,
			GroupId: aws.String(r.reference), UserId: aws.String(s.Account)})
	case r.prefixList != "":
		to.PrefixListIds = append(to.PrefixListIds, types.PrefixListId{Description: description, PrefixListId: aws.String(r.prefixList)})
	case r.cidr.Addr().Is4():
		to.IpRanges = append(to.IpRanges, types.IpRange{Description: description, CidrIp: aws.String(r.cidr.String())})
	default:
		to.Ipv6Ranges = append(to.Ipv6Ranges, types.Ipv6Range{Description: description, CidrIpv6: aws.String(r.cidr.String())})
	}
}

// shownRule shows a rule as DescribeSecurityGroupRules does, which says -1 for
// ports where there are none.
func (s *Service) shownRule(r *groupRule) types.SecurityGroupRule {
	out := types.SecurityGroupRule{
		FromPort:             aws.Int32(r.from),
		GroupId:              aws.String(r.groupID),
		GroupOwnerId:         aws.String(s.Account),
		IpProtocol:           aws.String(r.protocol),
		IsEgress:             aws.Bool(r.egress),
		SecurityGroupRuleArn: aws.String(s.ARN("ec2", "security-group-rule/"+r.id)),
		SecurityGroupRuleId:  aws.String(r.id),
		Tags:                 s.tagList(r.id),
		ToPort:               aws.Int32(r.to),
	}
	if r.description != "" {
		out.Description = aws.String(r.description)
	}
	switch {
	case r.reference != "":
		out.ReferencedGroupInfo = &types.ReferencedSecurityGroup{GroupId: aws.String(r.reference), UserId: aws.String(s.Account)}
	case r.prefixList != "":
		out.PrefixListId = aws.String(r.prefixList)
	case r.cidr.Addr().Is4():
		out.CidrIpv4 = aws.String(r.cidr.String())
	default:
		out.CidrIpv6 = aws.String(r.cidr.String())
	}
	return out
}
