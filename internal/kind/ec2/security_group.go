package ec2

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// SecurityGroup is a firewall around network interfaces. Its rules are parts of
// their own. Outputs: id.
type SecurityGroup struct {
	// Name is unique in the VPC, ≤ 255 characters, and does not begin with sg-.
	Name        string    `json:"name" stack:"create"`
	Description string    `json:"description" stack:"create"`
	VPC         stack.Ref `json:"vpc" stack:"create"`
	// AllowAllEgress keeps the rule that AWS gives every new group, by which all
	// IPv4 traffic may leave (aws-facts §2.7). Without it the rule is removed, with
	// the like one for IPv6 that a group in an IPv6 VPC has.
	AllowAllEgress bool `json:"allow_all_egress"`
}

// Kind names the kind.
func (*SecurityGroup) Kind() string { return "ec2/security_group" }

// securityGroup is a group with those of its rules that nobody asked for.
type securityGroup struct {
	types.SecurityGroup
	given []types.SecurityGroupRule
}

type securityGroups struct {
	c *awsapi.Clients
	*objects[securityGroup]
}

func newSecurityGroup(c *awsapi.Clients) engine.Kind {
	return &securityGroups{c, newObjects(c, objects[securityGroup]{
		describe: func(ctx context.Context, filters ...types.Filter) ([]securityGroup, error) {
			return describeGroups(ctx, c, filters...)
		},
		idFilter: "group-id",
		id:       func(group securityGroup) string { return aws.ToString(group.GroupId) },
		tags:     func(group securityGroup) []types.Tag { return group.Tags },
	})}
}

// describeGroups asks for the rules of all groups that let everything out in one
// call: only a rule's tags tell whether it is a part or came with the group.
func describeGroups(ctx context.Context, c *awsapi.Clients, filters ...types.Filter) ([]securityGroup, error) {
	found, err := allPages(ctx, sdk.NewDescribeSecurityGroupsPaginator(c.EC2Pages(), &sdk.DescribeSecurityGroupsInput{Filters: filters}),
		func(out *sdk.DescribeSecurityGroupsOutput) []types.SecurityGroup { return out.SecurityGroups })
	if err != nil {
		return nil, err
	}
	groups := make([]securityGroup, len(found))
	var open []string
	for i, group := range found {
		groups[i].SecurityGroup = group
		if slices.ContainsFunc(group.IpPermissionsEgress, allowsAll) {
			open = append(open, aws.ToString(group.GroupId))
		}
	}
	given := map[string][]types.SecurityGroupRule{}
	for ids := range slices.Chunk(open, mostValues) {
		rules, err := describeRules(ctx, c, filter("group-id", ids...))
		if err != nil {
			return nil, err
		}
		for _, rule := range rules {
			if isGiven(rule) {
				given[aws.ToString(rule.GroupId)] = append(given[aws.ToString(rule.GroupId)], rule)
			}
		}
	}
	for i := range groups {
		groups[i].given = given[aws.ToString(groups[i].GroupId)]
	}
	return groups, nil
}

const (
	allProtocols = "-1"
	anywhere     = "0.0.0.0/0"
	anywhere6    = "::/0"
)

func allowsAll(permission types.IpPermission) bool {
	return aws.ToString(permission.IpProtocol) == allProtocols &&
		slices.ContainsFunc(permission.IpRanges, func(r types.IpRange) bool { return aws.ToString(r.CidrIp) == anywhere })
}

// isGiven reports whether a rule is one that AWS gives a new group. Such rules have
// no description and no tags of ours.
func isGiven(rule types.SecurityGroupRule) bool {
	return aws.ToBool(rule.IsEgress) && aws.ToString(rule.IpProtocol) == allProtocols &&
		(aws.ToString(rule.CidrIpv4) == anywhere || aws.ToString(rule.CidrIpv6) == anywhere6) &&
		aws.ToString(rule.Description) == "" && tagMap(rule.Tags)[stack.TagStack] == ""
}

func (k *securityGroups) Name() string { return (*SecurityGroup)(nil).Kind() }

// List leaves out default groups: they come and go with their VPC.
func (k *securityGroups) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return k.list(ctx, scope, func(_ context.Context, group securityGroup) (engine.Live, error) {
		if aws.ToString(group.GroupName) == "default" {
			return engine.Live{}, nil
		}
		return showGroup(group), nil
	})
}

func showGroup(group securityGroup) engine.Live {
	id := aws.ToString(group.GroupId)
	return engine.Live{
		ID:  id,
		Out: map[string]string{"id": id},
		Spec: &SecurityGroup{
			Name:        aws.ToString(group.GroupName),
			Description: aws.ToString(group.Description),
			VPC:         stack.Literal(aws.ToString(group.VpcId)),
			AllowAllEgress: slices.ContainsFunc(group.given, func(rule types.SecurityGroupRule) bool {
				return aws.ToString(rule.CidrIpv4) == anywhere
			}),
		},
		Tags: tagMap(group.Tags),
	}
}

func (k *securityGroups) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	group, err := k.create(ctx, want)
	if err != nil {
		wanted := spec[*SecurityGroup](want.Spec)
		return engine.Live{}, fmt.Errorf("creating security group %s in %s: %w", wanted.Name, wanted.VPC, err)
	}
	live := showGroup(group)
	live.Key = want.Key
	return k.Update(ctx, live, want, stack.Compare(want.Spec, live.Spec))
}

// create needs no token: a name can be had once in a VPC, so that what an earlier,
// unanswered call made is found behind the duplicate (aws-facts §2.7). It returns
// when the group is shown with the rule that every new group has.
func (k *securityGroups) create(ctx context.Context, want engine.Want) (securityGroup, error) {
	wanted := spec[*SecurityGroup](want.Spec)
	var id string
	err := k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
		out, err := awsapi.EC2(k.c).CreateSecurityGroup(ctx, &sdk.CreateSecurityGroupInput{
			GroupName:         aws.String(wanted.Name),
			Description:       aws.String(wanted.Description),
			VpcId:             aws.String(wanted.VPC.String()),
			TagSpecifications: tagged(types.ResourceTypeSecurityGroup, want.Tags),
		})
		if err == nil {
			id = aws.ToString(out.GroupId)
		}
		return err
	})
	if awsapi.Is(err, "InvalidGroup.Duplicate") {
		return k.adopt(ctx, want, err)
	}
	if err != nil {
		return securityGroup{}, err
	}
	w := awsapi.Waiting{What: id + " to be shown with its egress rule", Limit: agreement}
	return k.await(ctx, id, w, func(group securityGroup) (bool, string, error) {
		return len(group.given) > 0, "no egress rule", nil
	})
}

// adopt returns the group that has the name, if it is the wanted one.
func (k *securityGroups) adopt(ctx context.Context, want engine.Want, duplicate error) (securityGroup, error) {
	wanted := spec[*SecurityGroup](want.Spec)
	var holder securityGroup
	w := awsapi.Waiting{What: "the security group named " + wanted.Name + " to be shown", Limit: seenWithin}
	err := k.c.Pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
		found, err := k.describe(ctx, filter("vpc-id", wanted.VPC.String()), filter("group-name", wanted.Name))
		if err != nil || len(found) == 0 {
			return false, "not shown", err
		}
		holder = found[0]
		return true, "", nil
	})
	if err != nil {
		return holder, fmt.Errorf("%w: %w", duplicate, err)
	}
	live := showGroup(holder)
	if isOurs(live.Tags, want) && !stack.Compare(wanted, live.Spec).Replaces() {
		return holder, nil
	}
	return holder, fmt.Errorf("%w: %s (%s) has this name: delete or rename that group, or use another name", duplicate, live.ID, owner(live.Tags))
}

func (k *securityGroups) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	wanted, now := spec[*SecurityGroup](want.Spec), *spec[*SecurityGroup](have.Spec)
	have.Spec = &now
	if diff.Has("allow_all_egress") {
		set := k.closeEgress
		if wanted.AllowAllEgress {
			set = k.openEgress
		}
		if err := set(ctx, have.ID); err != nil {
			return have, fmt.Errorf("setting allow_all_egress of %s to %t: %w", have.ID, wanted.AllowAllEgress, err)
		}
		now.AllowAllEgress = wanted.AllowAllEgress
	}
	return retag(ctx, k.c, have, want)
}

// openEgress gives the group the rule that it had when it was new.
func (k *securityGroups) openEgress(ctx context.Context, id string) error {
	err := k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
		_, err := awsapi.EC2(k.c).AuthorizeSecurityGroupEgress(ctx, &sdk.AuthorizeSecurityGroupEgressInput{
			GroupId: aws.String(id),
			IpPermissions: []types.IpPermission{{
				IpProtocol: aws.String(allProtocols),
				IpRanges:   []types.IpRange{{CidrIp: aws.String(anywhere)}},
			}},
		})
		return err
	})
	if awsapi.Is(err, "InvalidPermission.Duplicate") {
		return nil
	}
	return err
}

// closeEgress removes the rules that came with the group, and no other.
func (k *securityGroups) closeEgress(ctx context.Context, id string) error {
	group, exists, err := k.get(ctx, id)
	if err != nil || !exists || len(group.given) == 0 {
		return err
	}
	return revoke(ctx, k.c, group.given)
}

// Delete waits for interfaces that AWS removes by itself, such as those of a
// deleted load balancer, and returns when the group is not shown any more, for the
// VPC can go only then (aws-facts §2.7).
func (k *securityGroups) Delete(ctx context.Context, have engine.Live) error {
	w := awsapi.Waiting{What: have.ID + " to be used by nothing", Expect: time.Minute, Limit: 15 * time.Minute}
	freed := false
	err := deleteWhenFree(ctx, k.c, w, k.blockers(have.ID), func(ctx context.Context) error {
		_, err := awsapi.EC2(k.c).DeleteSecurityGroup(ctx, &sdk.DeleteSecurityGroupInput{GroupId: aws.String(have.ID)})
		if !awsapi.IsInUse(err) || freed {
			return err
		}
		freed = true
		if freeErr := k.revokeReferences(ctx, have); freeErr != nil {
			return fmt.Errorf("%w: %w", freeErr, err)
		}
		return err
	})
	if err == nil {
		w = awsapi.Waiting{What: have.ID + " to be gone", Limit: agreement}
		err = k.c.Pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
			_, exists, err := k.get(ctx, have.ID)
			return !exists, "still shown", err
		})
	}
	if err != nil {
		return fmt.Errorf("deleting %s: %w", have.ID, err)
	}
	return nil
}

// revokeReferences removes the rules of the group's own stack that refer to it:
// rules go before groups, so that one that is left was hidden by a stale listing.
// Rules of others are theirs to remove.
func (k *securityGroups) revokeReferences(ctx context.Context, have engine.Live) error {
	id := have.Tags[stack.TagStack]
	if id == "" {
		return nil
	}
	rules, err := describeRules(ctx, k.c, filter("tag:"+stack.TagStack, id))
	if err != nil {
		return err
	}
	rules = slices.DeleteFunc(rules, func(rule types.SecurityGroupRule) bool {
		return rule.ReferencedGroupInfo == nil || aws.ToString(rule.ReferencedGroupInfo.GroupId) != have.ID ||
			aws.ToString(rule.GroupId) == have.ID
	})
	for _, rule := range rules {
		if err := revoke(ctx, k.c, []types.SecurityGroupRule{rule}); err != nil {
			return err
		}
	}
	return nil
}

// blockers names the interfaces in the group and the groups whose rules refer to it.
func (k *securityGroups) blockers(id string) func(context.Context) string {
	return func(ctx context.Context) string {
		names := []string{interfaces(k.c, filter("group-id", id))(ctx)}
		for _, name := range []string{"ip-permission.group-id", "egress.ip-permission.group-id"} {
			groups, err := k.describe(ctx, filter(name, id))
			if err != nil {
				continue
			}
			for _, group := range groups {
				if aws.ToString(group.GroupId) != id {
					names = append(names, fmt.Sprintf("a rule of %s (%s)", aws.ToString(group.GroupId), aws.ToString(group.GroupName)))
				}
			}
		}
		slices.Sort(names)
		return strings.TrimPrefix(strings.Join(slices.Compact(names), ", "), ", ")
	}
}

// Wait has nothing to wait for: Create returns when the group is shown.
func (k *securityGroups) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}
