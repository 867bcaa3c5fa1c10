package ec2

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// SecurityGroupRule lets traffic pass into or out of a security group. Outputs: id.
//
// Rules that carry no tags of ours are nobody's business here: they are neither
// listed nor removed.
type SecurityGroupRule struct {
	Group stack.Ref `json:"group" stack:"create"`
	// Direction is ingress or egress.
	Direction string `json:"direction" stack:"create"`
	// Protocol is tcp, udp, or -1 for all, which has the ports -1 and -1.
	Protocol string `json:"protocol" stack:"create"`
	FromPort int32  `json:"from_port" stack:"create"`
	ToPort   int32  `json:"to_port" stack:"create"`
	// CIDRBlock is the other side, IPv4 or IPv6, in canonical form with the host
	// bits clear: 10.0.0.0/16, 2001:db8::/32. Or PeerGroup is, never both.
	CIDRBlock   string    `json:"cidr_block" stack:"create"`
	PeerGroup   stack.Ref `json:"peer_group" stack:"create"`
	Description string    `json:"description"`
}

// Kind names the kind.
func (*SecurityGroupRule) Kind() string { return "ec2/security_group_rule" }

// The directions of a rule.
const (
	ingress = "ingress"
	egress  = "egress"
)

type securityGroupRules struct {
	c *awsapi.Clients
	*objects[types.SecurityGroupRule]
}

func newSecurityGroupRule(c *awsapi.Clients) engine.Kind {
	return &securityGroupRules{c, newObjects(c, objects[types.SecurityGroupRule]{
		describe: func(ctx context.Context, filters ...types.Filter) ([]types.SecurityGroupRule, error) {
			return describeRules(ctx, c, filters...)
		},
		idFilter: "security-group-rule-id",
		id:       func(rule types.SecurityGroupRule) string { return aws.ToString(rule.SecurityGroupRuleId) },
		tags:     func(rule types.SecurityGroupRule) []types.Tag { return rule.Tags },
	})}
}

// describeRules asks for "tag:key = *" instead of "tag-key = key", which EC2 does
// not document as a filter of rules.
func describeRules(ctx context.Context, c *awsapi.Clients, filters ...types.Filter) ([]types.SecurityGroupRule, error) {
	filters = slices.Clone(filters)
	for i, f := range filters {
		if aws.ToString(f.Name) == "tag-key" {
			filters[i] = filter("tag:"+f.Values[0], "*")
		}
	}
	return allPages(ctx, sdk.NewDescribeSecurityGroupRulesPaginator(c.EC2Pages(), &sdk.DescribeSecurityGroupRulesInput{Filters: filters}),
		func(out *sdk.DescribeSecurityGroupRulesOutput) []types.SecurityGroupRule {
			return out.SecurityGroupRules
		})
}

func (k *securityGroupRules) Name() string { return (*SecurityGroupRule)(nil).Kind() }

func (k *securityGroupRules) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return k.list(ctx, scope, func(_ context.Context, rule types.SecurityGroupRule) (engine.Live, error) { return showRule(rule), nil })
}

func showRule(rule types.SecurityGroupRule) engine.Live {
	id := aws.ToString(rule.SecurityGroupRuleId)
	shown := &SecurityGroupRule{
		Group:       stack.Literal(aws.ToString(rule.GroupId)),
		Direction:   ingress,
		Protocol:    protocolName(aws.ToString(rule.IpProtocol)),
		FromPort:    aws.ToInt32(rule.FromPort),
		ToPort:      aws.ToInt32(rule.ToPort),
		CIDRBlock:   cmp.Or(aws.ToString(rule.CidrIpv4), aws.ToString(rule.CidrIpv6)),
		Description: aws.ToString(rule.Description),
	}
	if aws.ToBool(rule.IsEgress) {
		shown.Direction = egress
	}
	if rule.ReferencedGroupInfo != nil {
		shown.PeerGroup = stack.Literal(aws.ToString(rule.ReferencedGroupInfo.GroupId))
	}
	if shown.Protocol == allProtocols {
		shown.FromPort, shown.ToPort = -1, -1
	}
	return engine.Live{ID: id, Out: map[string]string{"id": id}, Spec: shown, Tags: tagMap(rule.Tags)}
}

// protocolName returns the name of a protocol that AWS gave by number (aws-facts §2.7).
func protocolName(protocol string) string {
	switch protocol {
	case "6":
		return "tcp"
	case "17":
		return "udp"
	}
	return protocol
}

func (k *securityGroupRules) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	rule, err := k.create(ctx, want)
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating the rule %s: %w", ruleText(spec[*SecurityGroupRule](want.Spec)), err)
	}
	live := showRule(rule)
	live.Key = want.Key
	return k.Update(ctx, live, want, stack.Compare(want.Spec, live.Spec))
}

// ruleText names a rule for a message: "ingress tcp 80-80 of sg-1 with sg-2".
func ruleText(rule *SecurityGroupRule) string {
	return fmt.Sprintf("%s %s %d-%d of %s with %s", rule.Direction, rule.Protocol, rule.FromPort, rule.ToPort, rule.Group,
		cmp.Or(rule.CIDRBlock, rule.PeerGroup.String()))
}

// create needs no token: a group has a rule once, so that what an earlier,
// unanswered call made is found behind the duplicate (aws-facts §17).
func (k *securityGroupRules) create(ctx context.Context, want engine.Want) (types.SecurityGroupRule, error) {
	wanted := spec[*SecurityGroupRule](want.Spec)
	var made []types.SecurityGroupRule
	// Either group may be too new to be known everywhere (aws-facts §2.7).
	err := k.c.Pace.Retry(ctx, agreement, awsapi.IsNotFound, func(ctx context.Context) (err error) {
		made, err = k.authorize(ctx, wanted, tagged(types.ResourceTypeSecurityGroupRule, want.Tags))
		return err
	})
	if awsapi.Is(err, "InvalidPermission.Duplicate") {
		return k.adopt(ctx, want, err)
	}
	if err != nil {
		return types.SecurityGroupRule{}, err
	}
	if len(made) != 1 {
		return types.SecurityGroupRule{}, fmt.Errorf("AWS made %d rules of one", len(made))
	}
	return made[0], nil
}

func (k *securityGroupRules) authorize(ctx context.Context, rule *SecurityGroupRule, tags []types.TagSpecification) ([]types.SecurityGroupRule, error) {
	group, permissions := aws.String(rule.Group.String()), []types.IpPermission{permission(rule)}
	if rule.Direction == egress {
		out, err := awsapi.EC2(k.c).AuthorizeSecurityGroupEgress(ctx, &sdk.AuthorizeSecurityGroupEgressInput{
			GroupId: group, IpPermissions: permissions, TagSpecifications: tags})
		if err != nil {
			return nil, err
		}
		return out.SecurityGroupRules, nil
	}
	out, err := awsapi.EC2(k.c).AuthorizeSecurityGroupIngress(ctx, &sdk.AuthorizeSecurityGroupIngressInput{
		GroupId: group, IpPermissions: permissions, TagSpecifications: tags})
	if err != nil {
		return nil, err
	}
	return out.SecurityGroupRules, nil
}

func permission(rule *SecurityGroupRule) types.IpPermission {
	p := types.IpPermission{IpProtocol: aws.String(rule.Protocol), FromPort: aws.Int32(rule.FromPort), ToPort: aws.Int32(rule.ToPort)}
	description := textOrNil(rule.Description)
	switch {
	case rule.PeerGroup.String() != "":
		p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: aws.String(rule.PeerGroup.String()), Description: description}}
	case isIPv6(rule.CIDRBlock):
		p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: aws.String(rule.CIDRBlock), Description: description}}
	default:
		p.IpRanges = []types.IpRange{{CidrIp: aws.String(rule.CIDRBlock), Description: description}}
	}
	return p
}

func isIPv6(cidr string) bool { return strings.Contains(cidr, ":") }

// textOrNil returns nil for "", which EC2 refuses in many places.
func textOrNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// adopt returns the equal rule that exists already, if it is the wanted part or
// nobody's: Update then gives it our tags.
func (k *securityGroupRules) adopt(ctx context.Context, want engine.Want, duplicate error) (types.SecurityGroupRule, error) {
	wanted := spec[*SecurityGroupRule](want.Spec)
	var equal types.SecurityGroupRule
	w := awsapi.Waiting{What: "the equal rule of " + wanted.Group.String() + " to be shown", Limit: seenWithin}
	err := k.c.Pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
		rules, err := k.describe(ctx, filter("group-id", wanted.Group.String()))
		i := slices.IndexFunc(rules, func(rule types.SecurityGroupRule) bool {
			return !stack.Compare(wanted, showRule(rule).Spec).Replaces()
		})
		if err != nil || i < 0 {
			return false, "not shown", err
		}
		equal = rules[i]
		return true, "", nil
	})
	if err != nil {
		return equal, fmt.Errorf("%w: %w", duplicate, err)
	}
	tags := tagMap(equal.Tags)
	if tags[stack.TagStack] == "" || isOurs(tags, want) {
		return equal, nil
	}
	return equal, fmt.Errorf("%w: %s (%s) is the same rule: remove one of the two", duplicate, aws.ToString(equal.SecurityGroupRuleId), owner(tags))
}

func (k *securityGroupRules) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	wanted, now := spec[*SecurityGroupRule](want.Spec), *spec[*SecurityGroupRule](have.Spec)
	have.Spec = &now
	if diff.Has("description") {
		if err := k.modify(ctx, have.ID, wanted); err != nil {
			return have, fmt.Errorf("setting description of %s: %w", have.ID, err)
		}
		now.Description = wanted.Description
	}
	return retag(ctx, k.c, have, want)
}

// modify writes the whole rule, in place and without a gap (aws-facts §2.7).
func (k *securityGroupRules) modify(ctx context.Context, id string, rule *SecurityGroupRule) error {
	request := &types.SecurityGroupRuleRequest{
		IpProtocol:        aws.String(rule.Protocol),
		FromPort:          aws.Int32(rule.FromPort),
		ToPort:            aws.Int32(rule.ToPort),
		ReferencedGroupId: textOrNil(rule.PeerGroup.String()),
		Description:       textOrNil(rule.Description),
	}
	if isIPv6(rule.CIDRBlock) {
		request.CidrIpv6 = textOrNil(rule.CIDRBlock)
	} else {
		request.CidrIpv4 = textOrNil(rule.CIDRBlock)
	}
	return k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
		_, err := awsapi.EC2(k.c).ModifySecurityGroupRules(ctx, &sdk.ModifySecurityGroupRulesInput{
			GroupId:            aws.String(rule.Group.String()),
			SecurityGroupRules: []types.SecurityGroupRuleUpdate{{SecurityGroupRuleId: aws.String(id), SecurityGroupRule: request}},
		})
		return err
	})
}

func (k *securityGroupRules) Delete(ctx context.Context, have engine.Live) error {
	rule := spec[*SecurityGroupRule](have.Spec)
	err := revoke(ctx, k.c, []types.SecurityGroupRule{{
		SecurityGroupRuleId: aws.String(have.ID),
		GroupId:             aws.String(rule.Group.String()),
		IsEgress:            aws.Bool(rule.Direction == egress),
	}})
	if err != nil {
		return fmt.Errorf("deleting %s: %w", have.ID, err)
	}
	return nil
}

// revoke removes rules of one group and one direction. One that is absent, be it
// with its whole group, is removed already.
func revoke(ctx context.Context, c *awsapi.Clients, rules []types.SecurityGroupRule) error {
	var ids []string
	for _, rule := range rules {
		ids = append(ids, aws.ToString(rule.SecurityGroupRuleId))
	}
	var err error
	if aws.ToBool(rules[0].IsEgress) {
		_, err = awsapi.EC2(c).RevokeSecurityGroupEgress(ctx, &sdk.RevokeSecurityGroupEgressInput{GroupId: rules[0].GroupId, SecurityGroupRuleIds: ids})
	} else {
		_, err = awsapi.EC2(c).RevokeSecurityGroupIngress(ctx, &sdk.RevokeSecurityGroupIngressInput{GroupId: rules[0].GroupId, SecurityGroupRuleIds: ids})
	}
	if awsapi.IsNotFound(err) {
		return nil
	}
	return err
}

// Wait has nothing to wait for: a rule is in force when its call is answered.
func (k *securityGroupRules) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}
