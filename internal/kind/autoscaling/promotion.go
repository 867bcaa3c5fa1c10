package autoscaling

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Promotion takes an instance out of the stack's group, which starts another in its
// place: it is nobody's then, and no scaling, rollout or destroy ends it. It is no
// object of AWS: it is done when the instance is in no group, and ours is what the
// state remembers. Its key is promotion/<instance>. Output: id.
type Promotion struct {
	Instance string `json:"instance" stack:"create"`
	// Leave is the security group that goes with the stack; the instance keeps others.
	Leave stack.Ref `json:"leave" stack:"how"`
}

// Kind implements stack.Spec.
func (*Promotion) Kind() string { return "autoscaling/promotion" }

// Untagged implements stack.Untagged.
func (*Promotion) Untagged() {}

const (
	promotionSuffix = "#promotion"
	// TagGroup is the tag by which EC2 shows the group of an instance; it goes when the
	// instance is detached (AWS: "Tag Auto Scaling groups and instances").
	TagGroup = "aws:autoscaling:groupName"
	// detached is how long an instance may finish its requests: the largest delay that
	// can be set (aws-facts §4.6).
	detached = time.Hour + 2*time.Minute
)

// PromotionKey is the part key of an instance's promotion.
func PromotionKey(instance string) string { return "promotion/" + instance }

type promotions struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *promotions) Name() string { return (*Promotion)(nil).Kind() }

// List implements engine.Kind. An instance that has gone, or is in a group again, is
// not promoted.
func (k *promotions) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	var lives []engine.Live
	for key, id := range scope.IDs {
		id = strings.TrimSuffix(id, promotionSuffix)
		instance, exists, err := k.instance(ctx, id)
		if err != nil {
			return nil, err
		}
		if exists && memberOf(instance) == "" {
			lives = append(lives, livePromotion(key, &Promotion{Instance: id}))
		}
	}
	return lives, nil
}

func livePromotion(key string, s *Promotion) engine.Live {
	id := s.Instance + promotionSuffix
	return engine.Live{Key: key, ID: id, Out: map[string]string{"id": id}, Spec: s}
}

// instance reads an instance that is not terminated.
func (k *promotions) instance(ctx context.Context, id string) (ec2types.Instance, bool, error) {
	out, err := awsapi.EC2(k.c).DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: []ec2types.Filter{{Name: aws.String("instance-id"), Values: []string{id}}}})
	if err != nil {
		return ec2types.Instance{}, false, fmt.Errorf("reading instance %s: %w", id, err)
	}
	for _, reservation := range out.Reservations {
		for _, instance := range reservation.Instances {
			ended := instance.State != nil && (instance.State.Name == ec2types.InstanceStateNameShuttingDown || instance.State.Name == ec2types.InstanceStateNameTerminated)
			return instance, !ended, nil
		}
	}
	return ec2types.Instance{}, false, nil
}

// memberOf is the group that an instance is in; "" is none.
func memberOf(instance ec2types.Instance) string {
	for _, tag := range instance.Tags {
		if aws.ToString(tag.Key) == TagGroup {
			return aws.ToString(tag.Value)
		}
	}
	return ""
}

// Create implements engine.Kind. After a crash it goes on from what it finds.
func (k *promotions) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*Promotion](want.Spec)
	if err := k.promote(ctx, want.Stack, s); err != nil {
		return engine.Live{}, fmt.Errorf("making a master of instance %s: %w", s.Instance, err)
	}
	return livePromotion(want.Key, s), nil
}

func (k *promotions) promote(ctx context.Context, id stack.ID, s *Promotion) error {
	member, group, err := k.member(ctx, s.Instance)
	if err != nil {
		return err
	}
	if group != "" {
		if err := k.detach(ctx, id, group, member); err != nil {
			return err
		}
	}
	instance, exists, err := k.instance(ctx, s.Instance)
	if err == nil && !exists {
		err = fmt.Errorf("it is terminated: name another server")
	}
	if err != nil {
		return err
	}
	return k.leave(ctx, instance, s.Leave.String())
}

// member returns an instance's place in its group; none: "".
func (k *promotions) member(ctx context.Context, id string) (types.AutoScalingInstanceDetails, string, error) {
	out, err := awsapi.AutoScaling(k.c).DescribeAutoScalingInstances(ctx, &sdk.DescribeAutoScalingInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		return types.AutoScalingInstanceDetails{}, "", fmt.Errorf("reading its group: %w", err)
	}
	if len(out.AutoScalingInstances) == 0 {
		return types.AutoScalingInstanceDetails{}, "", nil
	}
	return out.AutoScalingInstances[0], aws.ToString(out.AutoScalingInstances[0].AutoScalingGroupName), nil
}

// detach takes the instance out of a group of the stack and returns when it has
// finished its requests there.
func (k *promotions) detach(ctx context.Context, id stack.ID, group string, member types.AutoScalingInstanceDetails) error {
	g, found, err := k.r.group.Get(ctx, group, false)
	switch {
	case err != nil:
		return err
	case !found || tagMap(g.Tags)[stack.TagStack] != id.String():
		return fmt.Errorf("it belongs to Auto Scaling group %s, which is not of %s: detach it there first", group, id)
	}
	if !isDetaching(member) {
		err := k.c.Pace.Retry(ctx, busy, isOccupied, func(ctx context.Context) error {
			_, err := awsapi.AutoScaling(k.c).DetachInstances(ctx, &sdk.DetachInstancesInput{AutoScalingGroupName: &group,
				InstanceIds: []string{aws.ToString(member.InstanceId)}, ShouldDecrementDesiredCapacity: aws.Bool(false)})
			return err
		})
		if err != nil && !k.leaves(ctx, aws.ToString(member.InstanceId)) {
			return fmt.Errorf("detaching it from %s, where it is %s: %w", group, aws.ToString(member.LifecycleState), err)
		}
	}
	waiting := awsapi.Waiting{What: fmt.Sprintf("instance %s to leave %s", aws.ToString(member.InstanceId), group), Expect: time.Minute, Limit: detached}
	return k.c.Pace.Until(ctx, waiting, func(ctx context.Context) (bool, string, error) {
		member, group, err := k.member(ctx, aws.ToString(member.InstanceId))
		return err == nil && group == "", aws.ToString(member.LifecycleState), err
	})
}

func isDetaching(member types.AutoScalingInstanceDetails) bool {
	return aws.ToString(member.LifecycleState) == string(types.LifecycleStateDetaching)
}

// leaves reports whether an instance is on its way out of its group, as after a call
// whose reply was lost: its repetition is refused.
func (k *promotions) leaves(ctx context.Context, id string) bool {
	member, group, err := k.member(ctx, id)
	return err == nil && (group == "" || isDetaching(member))
}

// leave takes the instance out of a security group.
func (k *promotions) leave(ctx context.Context, instance ec2types.Instance, group string) error {
	var keep []string
	for _, g := range instance.SecurityGroups {
		keep = append(keep, aws.ToString(g.GroupId))
	}
	had := len(keep)
	keep = slices.DeleteFunc(keep, func(id string) bool { return id == group })
	if len(keep) == had || len(keep) == 0 {
		return nil
	}
	_, err := awsapi.EC2(k.c).ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: instance.InstanceId, Groups: keep})
	if err != nil {
		return fmt.Errorf("taking it out of security group %s: %w", group, err)
	}
	return nil
}

// Update implements engine.Kind: there is nothing that could change.
func (k *promotions) Update(_ context.Context, have engine.Live, _ engine.Want, _ stack.Diff) (engine.Live, error) {
	return have, nil
}

// Delete implements engine.Kind: a master stays one.
func (k *promotions) Delete(context.Context, engine.Live) error { return nil }

// Wait implements engine.Kind.
func (k *promotions) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}
