package autoscaling

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// TargetGroupAttachment joins a group to a target group, in which its instances are
// then registered. It is no object of AWS with tags of its own: its key is always
// target_group_attachment. Output: id.
type TargetGroupAttachment struct {
	Group       stack.Ref `json:"group" stack:"create"`        // name
	TargetGroup stack.Ref `json:"target_group" stack:"create"` // ARN
	// MinHealthy is how many targets must be healthy before others can use it; -1 in
	// what is observed, since AWS does not know it.
	MinHealthy   int32 `json:"min_healthy" stack:"how"`
	LimitMinutes int32 `json:"limit_minutes" stack:"how"` // how long to wait for them; 0 is 15
}

// Kind implements stack.Spec.
func (*TargetGroupAttachment) Kind() string { return "autoscaling/target_group_attachment" }

// Untagged implements stack.Untagged.
func (*TargetGroupAttachment) Untagged() {}

const (
	attachmentKey = "target_group_attachment"
	// refreshLimit is how long an instance refresh that somebody else started may
	// keep a group from being attached (aws-facts §5.5).
	refreshLimit = 15 * time.Minute
	// drainLimit is how long instances may drain: an hour at most (aws-facts §4.5).
	drainLimit = 65 * time.Minute
)

type attachments struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *attachments) Name() string { return (*TargetGroupAttachment)(nil).Kind() }

// List implements engine.Kind. It reads nothing but the groups.
func (k *attachments) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	known := map[string]string{}
	for key, id := range scope.IDs {
		known[key], _, _ = strings.Cut(id, "#")
	}
	return k.r.list(ctx, scope, known, func(g types.AutoScalingGroup, _ string) ([]engine.Live, error) {
		var lives []engine.Live
		for _, arn := range g.TargetGroupARNs {
			live := liveAttachment(&TargetGroupAttachment{
				Group: stack.Literal(aws.ToString(g.AutoScalingGroupName)), TargetGroup: stack.Literal(arn), MinHealthy: -1})
			live.Deleting = isDeleting(g)
			lives = append(lives, live)
		}
		return lives, nil
	})
}

func liveAttachment(s *TargetGroupAttachment) engine.Live {
	id := s.Group.String() + "#" + s.TargetGroup.String()
	return engine.Live{Key: attachmentKey, ID: id, Out: map[string]string{"id": id}, Spec: s}
}

// groupLabel returns targetgroup/<name>/<id>.
func groupLabel(arn string) string { return arn[strings.LastIndex(arn, ":")+1:] }

// Create implements engine.Kind. Attaching may be repeated (aws-facts §5.3).
func (k *attachments) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*TargetGroupAttachment](want.Spec)
	in := &sdk.AttachLoadBalancerTargetGroupsInput{
		AutoScalingGroupName: aws.String(s.Group.String()), TargetGroupARNs: []string{s.TargetGroup.String()}}
	soon := func(err error) bool {
		return isOccupied(err) || awsapi.IsNotPropagated(err) || awsapi.IsNotFound(err) || awsapi.Says(err, "ValidationError", "not found")
	}
	err := k.c.Pace.Retry(ctx, refreshLimit, isRefreshing, func(ctx context.Context) error {
		return k.c.Pace.Retry(ctx, propagation, soon, func(ctx context.Context) error {
			_, err := awsapi.AutoScaling(k.c).AttachLoadBalancerTargetGroups(ctx, in)
			return err
		})
	})
	if err != nil {
		return engine.Live{}, fmt.Errorf("attaching Auto Scaling group %s to %s: %w", s.Group, groupLabel(s.TargetGroup.String()), err)
	}
	return liveAttachment(s), nil
}

// Update implements engine.Kind: nothing can change.
func (k *attachments) Update(_ context.Context, have engine.Live, _ engine.Want, _ stack.Diff) (engine.Live, error) {
	return have, nil
}

// Delete implements engine.Kind. It returns when the instances have drained: until
// then the target group is still used (aws-facts §5.3).
func (k *attachments) Delete(ctx context.Context, have engine.Live) error {
	s := spec[*TargetGroupAttachment](have.Spec)
	group, target := s.Group.String(), s.TargetGroup.String()
	if absent, err := k.r.absent(ctx, group); err != nil || absent {
		return err
	}
	again := func(err error) bool { return isOccupied(err) || isRefreshing(err) }
	err := k.c.Pace.Retry(ctx, refreshLimit, again, func(ctx context.Context) error {
		_, err := awsapi.AutoScaling(k.c).DetachLoadBalancerTargetGroups(ctx, &sdk.DetachLoadBalancerTargetGroupsInput{
			AutoScalingGroupName: &group, TargetGroupARNs: []string{target}})
		return err
	})
	if err == nil || awsapi.Is(err, "ValidationError") {
		// What is not attached any more is refused like any other mistake.
		err = k.awaitDetached(ctx, group, target, err)
	}
	if err != nil {
		return fmt.Errorf("detaching Auto Scaling group %s from %s: %w", group, groupLabel(target), err)
	}
	return nil
}

// awaitDetached waits until the target group is not attached. When detaching was
// refused, it must not be already, or be about to.
func (k *attachments) awaitDetached(ctx context.Context, group, target string, refused error) error {
	off := awsapi.Waiting{What: "the instances of " + group + " to drain", Expect: time.Minute, Limit: drainLimit}
	return k.c.Pace.Until(ctx, off, func(ctx context.Context) (bool, string, error) {
		state, err := k.state(ctx, group, target)
		switch {
		case awsapi.IsNotFound(err) || err == nil && (state == "" || state == "Removed"):
			return true, "", nil
		case err == nil && refused != nil && state != "Removing":
			return false, "", refused
		}
		return false, state, err
	})
}

// state returns the state of an attachment; "" if there is none.
func (k *attachments) state(ctx context.Context, group, target string) (string, error) {
	pages := sdk.NewDescribeLoadBalancerTargetGroupsPaginator(k.c.AutoScalingPages(), &sdk.DescribeLoadBalancerTargetGroupsInput{AutoScalingGroupName: &group})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", fmt.Errorf("reading the target groups of %s: %w", group, err)
		}
		for _, attached := range page.LoadBalancerTargetGroups {
			if aws.ToString(attached.LoadBalancerTargetGroupARN) == target {
				return aws.ToString(attached.State), nil
			}
		}
	}
	return "", nil
}

// Wait implements engine.Kind. One that was just made is ready when enough targets
// are healthy and the group takes part in their health checks; one that was there
// before, when it has been in service.
func (k *attachments) Wait(ctx context.Context, have engine.Live) (engine.Live, error) {
	s := spec[*TargetGroupAttachment](have.Spec)
	w := &healthWait{k: k, group: s.Group.String(), target: s.TargetGroup.String(), least: s.MinHealthy,
		launches: &launchWatch{r: k.r, group: s.Group.String(), isNew: s.MinHealthy >= 0}}
	if s.MinHealthy == 0 {
		return have, nil
	}
	return have, w.run(ctx, s.LimitMinutes)
}
