package autoscaling

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

const (
	// cancelLimit is how long a refresh may take to be cancelled (aws-facts §5.5).
	cancelLimit = 15 * time.Minute
	// longestRefresh is how long AWS lets a refresh go on; one without progress it gives
	// up after an hour (aws-facts §5.5). Who waits for it says when that is long enough.
	longestRefresh = 14 * 24 * time.Hour
	// looks bounds how often a refresh is looked for that AWS says is there.
	looks = 20
)

var finished = []types.InstanceRefreshStatus{
	types.InstanceRefreshStatusSuccessful, types.InstanceRefreshStatusFailed, types.InstanceRefreshStatusCancelled,
	types.InstanceRefreshStatusRollbackSuccessful, types.InstanceRefreshStatusRollbackFailed,
}

// failures are the ends of a refresh after which its change is not live.
var failures = []types.InstanceRefreshStatus{
	types.InstanceRefreshStatusFailed, types.InstanceRefreshStatusRollbackSuccessful, types.InstanceRefreshStatusRollbackFailed,
}

// running returns the instance refresh of the group that is under way, or nil.
func (r *reader) running(ctx context.Context, name string) (*types.InstanceRefresh, error) {
	newest, err := r.newest(ctx, name)
	if newest == nil || isOver(newest) {
		return nil, err
	}
	return newest, nil
}

// newest returns the instance refresh of the group that is under way, of which
// there is one at most, or else the latest one; nil if there was none.
func (r *reader) newest(ctx context.Context, name string) (*types.InstanceRefresh, error) {
	out, err := awsapi.AutoScaling(r.c).DescribeInstanceRefreshes(ctx, &sdk.DescribeInstanceRefreshesInput{AutoScalingGroupName: &name})
	if err != nil {
		return nil, fmt.Errorf("reading the instance refreshes of %s: %w", name, err)
	}
	var newest *types.InstanceRefresh
	for _, refresh := range out.InstanceRefreshes {
		if !isOver(&refresh) {
			return &refresh, nil
		}
		if newest == nil || aws.ToTime(newest.StartTime).Before(aws.ToTime(refresh.StartTime)) {
			newest = &refresh
		}
	}
	return newest, nil
}

func isOver(refresh *types.InstanceRefresh) bool { return slices.Contains(finished, refresh.Status) }

func (r *reader) refresh(ctx context.Context, name, id string) (types.InstanceRefresh, bool, error) {
	out, err := awsapi.AutoScaling(r.c).DescribeInstanceRefreshes(ctx, &sdk.DescribeInstanceRefreshesInput{
		AutoScalingGroupName: &name, InstanceRefreshIds: []string{id}})
	if err != nil || len(out.InstanceRefreshes) == 0 {
		return types.InstanceRefresh{}, false, err
	}
	return out.InstanceRefreshes[0], true, nil
}

// rolledOut are the settings that reach the instances by a refresh.
var rolledOut = []string{"launch_template", "launch_template_version", "mix"}

// unfinished says what makes a group differ from the version that it shows: a
// refresh that leads elsewhere, for the version is updated only after its success
// (aws-facts §5.5), the latest one if it failed, or instances that one left
// behind. It is empty when all is well.
func unfinished(g types.AutoScalingGroup, refresh *types.InstanceRefresh) string {
	if refresh != nil {
		if text := elsewhere(g, refresh); text != "" || !isOver(refresh) {
			return text
		}
	}
	template, version := configurationOf(g).version()
	others := 0
	for _, instance := range g.Instances {
		of, ofVersion := templateOf(instance.LaunchTemplate)
		if serves(instance) && of != "" && (of != template || ofVersion != version) && !strings.HasPrefix(version, "$") {
			others++
		}
	}
	if others == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d of %d instances are of another)", others, len(g.Instances))
}

// elsewhere names a refresh that leads to another version than the group's, or has
// failed to.
func elsewhere(g types.AutoScalingGroup, refresh *types.InstanceRefresh) string {
	template, version := configurationOf(g).version()
	to, toVersion := goal(refresh).version()
	underWay := !isOver(refresh) && to != "" && !goal(refresh).is(configurationOf(g))
	inVain := slices.Contains(failures, refresh.Status) && to == template && isLater(toVersion, version)
	if !underWay && !inVain {
		return ""
	}
	return fmt.Sprintf(" (instance refresh to %s: %s)", toVersion, refresh.Status)
}

// isLater compares numbers of template versions.
func isLater(a, b string) bool {
	one, err := strconv.ParseInt(a, 10, 64)
	other, otherErr := strconv.ParseInt(b, 10, 64)
	return err == nil && otherErr == nil && one > other
}

// serves reports whether an instance works or is about to. One in standby was put
// aside by somebody.
func serves(instance types.Instance) bool {
	state := string(instance.LifecycleState)
	return state == "InService" || strings.HasPrefix(state, "Pending")
}

func suspends(g types.AutoScalingGroup, processes ...string) bool {
	return slices.ContainsFunc(g.SuspendedProcesses, func(p types.SuspendedProcess) bool {
		return slices.Contains(processes, aws.ToString(p.ProcessName))
	})
}

// rollOut replaces the instances by those of the wanted version. A refresh to that
// version which is under way already, as after a crash, is waited for; any other is
// cancelled first.
func (k *groups) rollOut(ctx context.Context, s *Group, diff stack.Diff) error {
	if s.LaunchTemplateVersion == nil || !diff.Has(rolledOut...) {
		return nil
	}
	if err := k.checkProcesses(ctx, s.Name); err != nil {
		return err
	}
	for look := 1; ; look++ {
		running, err := k.r.running(ctx, s.Name)
		switch {
		case err != nil:
			return err
		case running == nil:
			id, err := k.start(ctx, s)
			if err == nil {
				return k.await(ctx, s, id)
			}
			if !isRefreshing(err) || look >= looks {
				return fmt.Errorf("starting an instance refresh to launch template version %s: %w", s.version(), err)
			}
			if err := k.c.Pace.Pause(ctx, 10*time.Second); err != nil {
				return err
			}
		case s.isGoalOf(running):
			return k.await(ctx, s, aws.ToString(running.InstanceRefreshId))
		default:
			if err := k.cancel(ctx, s.Name); err != nil {
				return err
			}
		}
	}
}

// isGoalOf reports whether a refresh leads to the wanted version and goes on.
func (s *Group) isGoalOf(refresh *types.InstanceRefresh) bool {
	return refresh.Status != types.InstanceRefreshStatusCancelling && goal(refresh).is(s.configuration(s.version()))
}

// checkProcesses refuses a rollout that could replace nothing and would fail after
// an hour (aws-facts §5.5).
func (k *groups) checkProcesses(ctx context.Context, name string) error {
	g, _, err := k.r.group.Get(ctx, name, false)
	if err != nil {
		return err
	}
	for _, process := range []string{"Launch", "Terminate", "InstanceRefresh"} {
		if suspends(g, process) {
			return fmt.Errorf("the process %s of the group is suspended, so that no instance can be replaced: resume it", process)
		}
	}
	return nil
}

// start begins a refresh. The group's own version stays what it is until the
// refresh is successful: an automatic rollback returns to it (aws-facts §5.5).
func (k *groups) start(ctx context.Context, s *Group) (id string, err error) {
	how, launches := s.Rollout, s.configuration(s.version())
	in := &sdk.StartInstanceRefreshInput{
		AutoScalingGroupName: &s.Name,
		DesiredConfiguration: &types.DesiredConfiguration{LaunchTemplate: launches.template, MixedInstancesPolicy: launches.mixed},
		Preferences: &types.RefreshPreferences{
			MinHealthyPercentage: &how.MinHealthyPercentage, MaxHealthyPercentage: pick(how.MaxHealthyPercentage > 0, &how.MaxHealthyPercentage),
			AutoRollback: &how.AutoRollback, SkipMatching: &how.SkipMatching, BakeTime: pick(how.BakeSeconds > 0, &how.BakeSeconds),
			CheckpointPercentages: how.Checkpoints, CheckpointDelay: how.CheckpointSeconds,
		},
	}
	if len(how.Alarms) > 0 {
		in.Preferences.AlarmSpecification = &types.AlarmSpecification{Alarms: how.Alarms}
	}
	err = k.settled(ctx, func(ctx context.Context) error {
		out, err := awsapi.AutoScaling(k.c).StartInstanceRefresh(ctx, in)
		if err == nil {
			id = aws.ToString(out.InstanceRefreshId)
		}
		return err
	})
	return id, err
}

// rolloutOf is how a refresh was asked for, as start does; none without a refresh.
func rolloutOf(refresh *types.InstanceRefresh) Rollout {
	if refresh == nil || refresh.Preferences == nil {
		return Rollout{}
	}
	how := refresh.Preferences
	rollout := Rollout{
		MinHealthyPercentage: aws.ToInt32(how.MinHealthyPercentage), MaxHealthyPercentage: aws.ToInt32(how.MaxHealthyPercentage),
		AutoRollback: aws.ToBool(how.AutoRollback), SkipMatching: aws.ToBool(how.SkipMatching), BakeSeconds: aws.ToInt32(how.BakeTime),
		Checkpoints: how.CheckpointPercentages, CheckpointSeconds: how.CheckpointDelay,
	}
	if how.AlarmSpecification != nil {
		rollout.Alarms = how.AlarmSpecification.Alarms
	}
	return rollout
}

// IsNone reports whether nothing is known of a rollout.
func (r Rollout) IsNone() bool { return reflect.ValueOf(r).IsZero() }

// await waits for a refresh. Only Successful is success: after a rollback too the
// change is not live (aws-facts §5.5).
func (k *groups) await(ctx context.Context, s *Group, id string) error {
	if s.Rollout.NoWait {
		return nil
	}
	what := fmt.Sprintf("instance refresh %s of %s to launch template version %s", id, s.Name, s.version())
	saw := &witness{k: k, group: s.Name, goal: s.configuration(s.version()), last: map[string]Console{}}
	launches := &launchWatch{r: k.r, group: s.Name}
	// How long it takes cannot be told; polls stay rare (aws-facts §5.12).
	err := k.c.Pace.Until(ctx, awsapi.Waiting{What: what, Expect: longestRefresh, Limit: longestRefresh}, func(ctx context.Context) (bool, string, error) {
		refresh, found, err := k.r.refresh(ctx, s.Name, id)
		if err != nil || !found {
			return false, "not shown", err
		}
		reason := aws.ToString(refresh.StatusReason)
		if !isOver(&refresh) {
			saw.look(ctx)
			if vain := launches.look(ctx); errors.As(vain, new(*vainError)) && refresh.Status == types.InstanceRefreshStatusInProgress && !saw.works(ctx) {
				// AWS would try for an hour what cannot succeed.
				failed := saw.says(fmt.Sprintf("%s: cancelled: %v%s", what, vain, k.r.failedSince(ctx, s.Name, refresh.StartTime)))
				return false, "", errors.Join(failed, k.cancel(ctx, s.Name))
			}
			return false, fmt.Sprintf("%s, %d%% %s", refresh.Status, aws.ToInt32(refresh.PercentageComplete), reason), nil
		}
		if refresh.Status != types.InstanceRefreshStatusSuccessful {
			return false, "", saw.says(fmt.Sprintf("%s: %s: %s%s", what, refresh.Status, reason, k.r.failedSince(ctx, s.Name, refresh.StartTime)))
		}
		return true, "", nil
	})
	if isLate(err) || err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w; it goes on, and the next apply waits for it", err)
	}
	return err
}

// cancel stops the refresh under way, if any, and waits until it is.
func (k *groups) cancel(ctx context.Context, name string) error {
	_, err := awsapi.AutoScaling(k.c).CancelInstanceRefresh(ctx, &sdk.CancelInstanceRefreshInput{AutoScalingGroupName: &name})
	if err != nil && !awsapi.Is(err, "ActiveInstanceRefreshNotFound") {
		return fmt.Errorf("cancelling the instance refresh: %w", err)
	}
	// One that is being cancelled already is not active for AWS, but still in the way.
	over := awsapi.Waiting{What: "the instance refresh of " + name + " to be cancelled", Expect: time.Minute, Limit: cancelLimit}
	return k.c.Pace.Until(ctx, over, func(ctx context.Context) (bool, string, error) {
		running, err := k.r.running(ctx, name)
		if err != nil || running == nil {
			return running == nil, "", err
		}
		return false, string(running.Status), nil
	})
}
