package autoscaling

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

const (
	transitionLaunching   = "autoscaling:EC2_INSTANCE_LAUNCHING"
	transitionTerminating = "autoscaling:EC2_INSTANCE_TERMINATING"
	maxHooks              = 50
)

// PutLifecycleHook adds or changes a hook (aws-facts §5.7).
func (s *Service) PutLifecycleHook(_ context.Context, in *sdk.PutLifecycleHookInput) (*sdk.PutLifecycleHookOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	err = s.putHook(g, types.LifecycleHookSpecification{
		LifecycleHookName: in.LifecycleHookName, LifecycleTransition: in.LifecycleTransition, DefaultResult: in.DefaultResult,
		HeartbeatTimeout: in.HeartbeatTimeout, NotificationMetadata: in.NotificationMetadata,
		NotificationTargetARN: in.NotificationTargetARN, RoleARN: in.RoleARN,
	})
	if err != nil {
		return nil, err
	}
	return &sdk.PutLifecycleHookOutput{}, nil
}

func (g *group) hook(name *string) *types.LifecycleHook {
	for _, hook := range g.hooks {
		if *hook.LifecycleHookName == aws.ToString(name) {
			return hook
		}
	}
	return nil
}

func (s *Service) putHook(g *group, spec types.LifecycleHookSpecification) error {
	spec = clone(spec)
	hook := g.hook(spec.LifecycleHookName)
	if hook == nil {
		if spec.LifecycleTransition == nil {
			return invalid("LifecycleTransition is required when a lifecycle hook is created")
		}
		if len(g.hooks) >= maxHooks {
			return limitExceeded("You have already reached your maximum number of lifecycle hooks: %d", maxHooks)
		}
		hook = &types.LifecycleHook{AutoScalingGroupName: aws.String(g.name()), LifecycleHookName: spec.LifecycleHookName,
			DefaultResult: aws.String("ABANDON"), HeartbeatTimeout: aws.Int32(3600)}
	}
	next := *hook
	set(&next.LifecycleTransition, spec.LifecycleTransition)
	set(&next.DefaultResult, spec.DefaultResult)
	set(&next.HeartbeatTimeout, spec.HeartbeatTimeout)
	set(&next.NotificationMetadata, spec.NotificationMetadata)
	set(&next.NotificationTargetARN, spec.NotificationTargetARN)
	set(&next.RoleARN, spec.RoleARN)
	if err := s.checkHook(g, &next); err != nil {
		return err
	}
	// At most 48 hours or a hundred heartbeats in all.
	next.GlobalTimeout = aws.Int32(min(48*3600, 100**next.HeartbeatTimeout))
	if *hook = next; g.hook(next.LifecycleHookName) == nil {
		g.hooks = append(g.hooks, hook)
	}
	return nil
}

func (s *Service) checkHook(g *group, hook *types.LifecycleHook) error {
	switch transition := *hook.LifecycleTransition; {
	case transition != transitionLaunching && transition != transitionTerminating:
		return invalid("LifecycleTransition %s is not one of %s, %s", transition, transitionLaunching, transitionTerminating)
	case *hook.DefaultResult != "CONTINUE" && *hook.DefaultResult != "ABANDON":
		return invalid("DefaultResult %s is not one of CONTINUE, ABANDON", *hook.DefaultResult)
	case *hook.HeartbeatTimeout < 30 || *hook.HeartbeatTimeout > 7200:
		return invalid("HeartbeatTimeout must be from 30 to 7200 seconds")
	}
	target, role := aws.ToString(hook.NotificationTargetARN), aws.ToString(hook.RoleARN)
	if target != "" && (s.Notify == nil || !s.Notify(target, role, s.testMessage(g))) {
		return invalid("Unable to publish test message to notification target %s using IAM role %s. "+
			"Please check your target and role configuration and try to put lifecycle hook again.", target, role)
	}
	return nil
}

// DeleteLifecycleHook deletes a hook and completes what waits for it: launches are
// abandoned, terminations go on (aws-facts §5.7).
func (s *Service) DeleteLifecycleHook(_ context.Context, in *sdk.DeleteLifecycleHookInput) (*sdk.DeleteLifecycleHookOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	hook := g.hook(in.LifecycleHookName)
	if hook == nil {
		return nil, invalid("No Lifecycle Hook found with name: %s", *in.LifecycleHookName)
	}
	result := "CONTINUE"
	if *hook.LifecycleTransition == transitionLaunching {
		result = "ABANDON"
	}
	for _, m := range g.members {
		for _, action := range m.actions {
			if action.hook == *hook.LifecycleHookName {
				action.complete(result)
			}
		}
	}
	g.hooks = slices.DeleteFunc(g.hooks, func(h *types.LifecycleHook) bool { return h == hook })
	return &sdk.DeleteLifecycleHookOutput{}, nil
}

// DescribeLifecycleHooks lists a group's hooks by name.
func (s *Service) DescribeLifecycleHooks(_ context.Context, in *sdk.DescribeLifecycleHooksInput) (*sdk.DescribeLifecycleHooksOutput, error) {
	g, err := s.group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	hooks := cloneAll(g.hooks)
	if len(in.LifecycleHookNames) > 0 {
		hooks = slices.DeleteFunc(hooks, func(h types.LifecycleHook) bool { return !slices.Contains(in.LifecycleHookNames, *h.LifecycleHookName) })
	}
	slices.SortFunc(hooks, func(a, b types.LifecycleHook) int { return cmp.Compare(*a.LifecycleHookName, *b.LifecycleHookName) })
	return &sdk.DescribeLifecycleHooksOutput{LifecycleHooks: hooks}, nil
}
