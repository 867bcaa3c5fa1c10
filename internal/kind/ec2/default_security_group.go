package ec2

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// DefaultSecurityGroup is the group that comes with a VPC and that everything
// without a group of its own falls into. It cannot be made or deleted, only
// emptied: Create tags it and revokes its rules, Delete leaves it to go with the
// VPC (aws-facts §2.1). Outputs: id.
type DefaultSecurityGroup struct {
	VPC stack.Ref `json:"vpc" stack:"create"`
	// Rules is to be empty. Observed rules are in words: "ingress tcp 22 from
	// 0.0.0.0/0", "egress all to ::/0".
	Rules []string `json:"rules" stack:"set"`
}

// Kind names the kind.
func (*DefaultSecurityGroup) Kind() string { return "ec2/default_security_group" }

type defaultSecurityGroups struct {
	c *awsapi.Clients
	*objects[types.SecurityGroup]
}

func newDefaultSecurityGroup(c *awsapi.Clients) engine.Kind {
	return &defaultSecurityGroups{c, newObjects(c, objects[types.SecurityGroup]{
		describe: func(ctx context.Context, filters ...types.Filter) ([]types.SecurityGroup, error) {
			// The name keeps the groups that are a kind of their own out of this one.
			filters = append(filters, filter("group-name", "default"))
			return allPages(ctx, sdk.NewDescribeSecurityGroupsPaginator(c.EC2Pages(), &sdk.DescribeSecurityGroupsInput{Filters: filters}),
				func(out *sdk.DescribeSecurityGroupsOutput) []types.SecurityGroup { return out.SecurityGroups })
		},
		idFilter: "group-id",
		id:       func(group types.SecurityGroup) string { return aws.ToString(group.GroupId) },
		tags:     func(group types.SecurityGroup) []types.Tag { return group.Tags },
	})}
}

func (k *defaultSecurityGroups) Name() string { return (*DefaultSecurityGroup)(nil).Kind() }

func (k *defaultSecurityGroups) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return k.list(ctx, scope, func(_ context.Context, group types.SecurityGroup) (engine.Live, error) {
		return showDefaultGroup(group), nil
	})
}

func showDefaultGroup(group types.SecurityGroup) engine.Live {
	id := aws.ToString(group.GroupId)
	rules := append(inWords("ingress", "from", group.IpPermissions), inWords("egress", "to", group.IpPermissionsEgress)...)
	return engine.Live{
		ID:   id,
		Out:  map[string]string{"id": id},
		Spec: &DefaultSecurityGroup{VPC: stack.Literal(aws.ToString(group.VpcId)), Rules: rules},
		Tags: tagMap(group.Tags),
	}
}

// inWords returns a line for every peer of every permission.
func inWords(direction, preposition string, permissions []types.IpPermission) []string {
	var lines []string
	for _, permission := range permissions {
		for _, peer := range peers(permission) {
			lines = append(lines, fmt.Sprintf("%s %s %s %s", direction, traffic(permission), preposition, peer))
		}
	}
	return lines
}

func peers(permission types.IpPermission) []string {
	var names []string
	for _, block := range permission.IpRanges {
		names = append(names, aws.ToString(block.CidrIp))
	}
	for _, block := range permission.Ipv6Ranges {
		names = append(names, aws.ToString(block.CidrIpv6))
	}
	for _, list := range permission.PrefixListIds {
		names = append(names, aws.ToString(list.PrefixListId))
	}
	for _, pair := range permission.UserIdGroupPairs {
		names = append(names, aws.ToString(pair.GroupId))
	}
	return names
}

// traffic is "all", "tcp 22", "udp 8000-8100" or "icmp".
func traffic(permission types.IpPermission) string {
	protocol := aws.ToString(permission.IpProtocol)
	if protocol == "-1" {
		return "all"
	}
	if permission.FromPort == nil || strings.HasPrefix(protocol, "icmp") {
		return protocol
	}
	from, to := *permission.FromPort, aws.ToInt32(permission.ToPort)
	if from == to {
		return fmt.Sprintf("%s %d", protocol, from)
	}
	return fmt.Sprintf("%s %d-%d", protocol, from, to)
}

func (k *defaultSecurityGroups) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	wanted := spec[*DefaultSecurityGroup](want.Spec)
	var live engine.Live
	w := awsapi.Waiting{What: "the default security group of " + wanted.VPC.String() + " to be shown", Limit: propagation}
	err := k.c.Pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
		groups, err := k.describe(ctx, filter("vpc-id", wanted.VPC.String()))
		if err != nil || len(groups) == 0 {
			return false, "not shown", err
		}
		live = showDefaultGroup(groups[0])
		return true, "", nil
	})
	if err != nil {
		return engine.Live{}, err
	}
	if live.Tags[stack.TagStack] != "" && !isOurs(live.Tags, want) {
		return engine.Live{}, fmt.Errorf("the default security group %s of %s is %s already: only one can have it",
			live.ID, wanted.VPC, owner(live.Tags))
	}
	live.Key = want.Key
	return k.Update(ctx, live, want, stack.Compare(want.Spec, live.Spec))
}

func (k *defaultSecurityGroups) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	// The tags come first: a group that is emptied is then known as ours.
	have, err := retag(ctx, k.c, have, want)
	if err != nil || !diff.Has("rules") {
		return have, err
	}
	w := awsapi.Waiting{What: "the rules of default security group " + have.ID + " to be gone", Limit: propagation}
	group, err := k.await(ctx, have.ID, w, func(group types.SecurityGroup) (bool, string, error) {
		rules := spec[*DefaultSecurityGroup](showDefaultGroup(group).Spec).Rules
		if len(rules) == 0 {
			return true, "", nil
		}
		return false, strings.Join(rules, ", "), k.revoke(ctx, group)
	})
	if err != nil {
		return have, fmt.Errorf("revoking the rules of default security group %s: %w", have.ID, err)
	}
	have.Spec = showDefaultGroup(group).Spec
	return have, nil
}

// revoke takes all rules away, in one call for each direction. A rule that is gone
// already fails the whole call; the next look tells what is left (aws-facts §2.7).
func (k *defaultSecurityGroups) revoke(ctx context.Context, group types.SecurityGroup) error {
	if len(group.IpPermissions) > 0 {
		_, err := awsapi.EC2(k.c).RevokeSecurityGroupIngress(ctx, &sdk.RevokeSecurityGroupIngressInput{
			GroupId: group.GroupId, IpPermissions: group.IpPermissions})
		if err != nil && !awsapi.IsNotFound(err) {
			return err
		}
	}
	if len(group.IpPermissionsEgress) > 0 {
		_, err := awsapi.EC2(k.c).RevokeSecurityGroupEgress(ctx, &sdk.RevokeSecurityGroupEgressInput{
			GroupId: group.GroupId, IpPermissions: group.IpPermissionsEgress})
		if err != nil && !awsapi.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// Delete does nothing: AWS deletes the group with its VPC, and refuses to before.
func (k *defaultSecurityGroups) Delete(context.Context, engine.Live) error { return nil }

func (k *defaultSecurityGroups) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}
