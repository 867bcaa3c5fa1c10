package multiserver

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// promotions take masters that are servers of the tier out of its group. That comes
// before the group changes, for a rollout would replace them, and before a target group
// names them as ours: what is registered there until then, the group takes away.
func (b *builder) promotions() {
	s := b.Model.masters()
	if !s.Promote.ValueBool() {
		return
	}
	for _, id := range composite.Strings(s.InstanceIDs) {
		key := autoscaling.PromotionKey(id)
		b.Stack.Add(key, &autoscaling.Promotion{Instance: id, Leave: stack.Output(servers.PartSecurityGroup, "id")}, b.Rules...)
		b.promoted = append(b.promoted, key)
	}
	b.group.After = append(b.group.After, b.promoted...)
}

// checkMember refuses a master that a group may end at any time.
func checkMember(instance ec2types.Instance, m, prior *Model) error {
	group := tag(instance, autoscaling.TagGroup)
	switch {
	case group == "":
		return nil
	case prior == nil || group != prior.AutoScalingGroupName.ValueString():
		return fmt.Errorf("belongs to Auto Scaling group %s, which may end it at any time: detach it there first", group)
	case m.masters().Promote.ValueBool():
		return nil
	}
	return fmt.Errorf("is a server of this tier, which may end it at any time: set promote = true to take it out of the group and make it the master")
}

func tag(instance ec2types.Instance, key string) string {
	for _, tag := range instance.Tags {
		if aws.ToString(tag.Key) == key {
			return aws.ToString(tag.Value)
		}
	}
	return ""
}

// clones says which servers of a group could become the master; nothing when it has
// none, or they cannot be read.
func clones(ctx context.Context, c *awsapi.Clients, group string) string {
	if group == "" {
		return ""
	}
	out, err := awsapi.EC2(c).DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: []ec2types.Filter{
		{Name: aws.String("tag:" + autoscaling.TagGroup), Values: []string{group}}, {Name: aws.String("instance-state-name"), Values: []string{"running"}}}})
	if err != nil {
		return ""
	}
	var lines []string
	for _, reservation := range out.Reservations {
		for _, instance := range reservation.Instances {
			zone := ""
			if instance.Placement != nil {
				zone = aws.ToString(instance.Placement.AvailabilityZone)
			}
			lines = append(lines, fmt.Sprintf("  %s  %s  %s", aws.ToString(instance.InstanceId), zone, aws.ToString(instance.PrivateIpAddress)))
		}
	}
	if len(lines) == 0 {
		return ""
	}
	slices.Sort(lines)
	return "A clone can become the master: name one of these in masters.instance_ids, with promote = true:\n" + strings.Join(lines, "\n")
}
