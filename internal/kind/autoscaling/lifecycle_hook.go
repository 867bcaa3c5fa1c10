package autoscaling

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// LifecycleHook holds an instance that is to be launched or terminated until it, or
// somebody else, says that it may go on. The part key, lifecycle_hook/<x>, is the
// hook's name; hooks with other names are somebody else's. Outputs: id and name.
type LifecycleHook struct {
	Group            stack.Ref `json:"group" stack:"create"`      // name
	Transition       string    `json:"transition" stack:"create"` // Terminating, …
	HeartbeatTimeout int32     `json:"heartbeat_timeout"`         // seconds, 30 to 7200
	DefaultResult    string    `json:"default_result"`            // CONTINUE, ABANDON: when nobody has said it in time
}

// Terminating is the Transition of an instance that is to be terminated.
const Terminating = "autoscaling:EC2_INSTANCE_TERMINATING"

// Kind implements stack.Spec.
func (*LifecycleHook) Kind() string { return "autoscaling/lifecycle_hook" }

// Untagged implements stack.Untagged.
func (*LifecycleHook) Untagged() {}

const hookPrefix = "lifecycle_hook/"

type hooks struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *hooks) Name() string { return (*LifecycleHook)(nil).Kind() }

// List implements engine.Kind.
func (k *hooks) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return listWithin(ctx, k.r, scope, beforeSeparator, k.r.hooks, func(hook types.LifecycleHook) (engine.Live, bool) {
		name := aws.ToString(hook.LifecycleHookName)
		return liveHook(name, &LifecycleHook{
			Group: stack.Literal(aws.ToString(hook.AutoScalingGroupName)), Transition: aws.ToString(hook.LifecycleTransition),
			HeartbeatTimeout: aws.ToInt32(hook.HeartbeatTimeout), DefaultResult: aws.ToString(hook.DefaultResult)}), strings.HasPrefix(name, hookPrefix)
	})
}

// beforeSeparator returns the group of an id.
func beforeSeparator(id string) string {
	group, _, _ := strings.Cut(id, hookSeparator)
	return group
}

// hookSeparator stands between group and hook in an id: neither name can have it.
const hookSeparator = ":"

func liveHook(name string, s *LifecycleHook) engine.Live {
	id := s.Group.String() + hookSeparator + name
	return engine.Live{Key: name, ID: id, Out: map[string]string{"id": id, "name": name}, Spec: s}
}

// Create implements engine.Kind.
func (k *hooks) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	if !strings.HasPrefix(want.Key, hookPrefix) {
		return engine.Live{}, fmt.Errorf("the key of a lifecycle hook begins with %s, not %q", hookPrefix, want.Key)
	}
	return k.put(ctx, want)
}

// Update implements engine.Kind.
func (k *hooks) Update(ctx context.Context, have engine.Live, want engine.Want, _ stack.Diff) (engine.Live, error) {
	live, err := k.put(ctx, want)
	if err != nil {
		return have, err
	}
	return live, nil
}

// put makes or changes the hook by its name (aws-facts §5.7).
func (k *hooks) put(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*LifecycleHook](want.Spec)
	in := &sdk.PutLifecycleHookInput{
		AutoScalingGroupName: aws.String(s.Group.String()), LifecycleHookName: &want.Key, LifecycleTransition: &s.Transition,
		HeartbeatTimeout: &s.HeartbeatTimeout, DefaultResult: &s.DefaultResult,
	}
	soon := func(err error) bool { return isOccupied(err) || awsapi.IsNotFound(err) }
	err := k.c.Pace.Retry(ctx, propagation, soon, func(ctx context.Context) error {
		_, err := awsapi.AutoScaling(k.c).PutLifecycleHook(ctx, in)
		return err
	})
	if err != nil {
		return engine.Live{}, fmt.Errorf("putting lifecycle hook %s on Auto Scaling group %s: %w", want.Key, s.Group, err)
	}
	return liveHook(want.Key, s), nil
}

// Delete implements engine.Kind. What the hook holds goes on: terminations are
// completed (aws-facts §5.7).
func (k *hooks) Delete(ctx context.Context, have engine.Live) error {
	group, name, _ := strings.Cut(have.ID, hookSeparator)
	if absent, err := k.r.absent(ctx, group); err != nil || absent {
		return err
	}
	err := k.c.Pace.Retry(ctx, busy, isOccupied, func(ctx context.Context) error {
		_, err := awsapi.AutoScaling(k.c).DeleteLifecycleHook(ctx, &sdk.DeleteLifecycleHookInput{AutoScalingGroupName: &group, LifecycleHookName: &name})
		return err
	})
	if err != nil && !awsapi.IsNotFound(err) && !awsapi.Says(err, "ValidationError", "No Lifecycle Hook found") {
		return fmt.Errorf("deleting lifecycle hook %s of Auto Scaling group %s: %w", name, group, err)
	}
	return nil
}

// Wait implements engine.Kind: a hook works at once.
func (k *hooks) Wait(_ context.Context, have engine.Live) (engine.Live, error) { return have, nil }
