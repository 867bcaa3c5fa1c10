package autoscaling

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/batch"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// reader reads for all kinds of this package and all stacks. All calls of the
// service share one bucket of unknown size (aws-facts §5.12), so polls share their
// calls too.
type reader struct {
	c      *awsapi.Clients
	lister *awsapi.Lister[types.AutoScalingGroup]
	// What follows is by the group's name.
	group     *batch.Batcher[string, types.AutoScalingGroup]
	hooks     *batch.Batcher[string, []types.LifecycleHook]
	policies  *batch.Batcher[string, []types.ScalingPolicy]
	schedules *batch.Batcher[string, []types.ScheduledUpdateGroupAction]
}

const (
	// window is how long a look-up waits for company, memory how old an answer may
	// be that serves a refresh.
	window = 20 * time.Millisecond
	memory = 30 * time.Second
	// mostNames and pageSize are what one call takes and returns (aws-facts §5.12).
	mostNames = 50
	pageSize  = 100
)

func newReader(c *awsapi.Clients) *reader {
	r := &reader{c: c}
	r.group = batched(c, mostNames, r.fetchGroups)
	r.hooks = batched(c, 0, r.fetchHooks)
	r.policies = batched(c, 0, byGroup(r.describePolicies))
	r.schedules = batched(c, 0, byGroup(r.describeSchedules))
	r.lister = awsapi.NewLister(c, r.ownedGroups, r.fetchGroups, mostNames,
		func(g types.AutoScalingGroup) string { return aws.ToString(g.AutoScalingGroupName) })
	return r
}

func batched[V any](c *awsapi.Clients, most int, fetch func(context.Context, []string) (map[string]V, error)) *batch.Batcher[string, V] {
	return &batch.Batcher[string, V]{Fetch: fetch, Most: most, Window: c.Pace.Scale(window), Memory: memory, Epoch: c.Epoch}
}

// ownedGroups returns the groups of all stacks. Stacks that were asked for and have
// none get an entry, so that the answer is remembered.
func (r *reader) ownedGroups(ctx context.Context, stacks []string) (map[string][]types.AutoScalingGroup, error) {
	all, err := r.describeGroups(ctx, &sdk.DescribeAutoScalingGroupsInput{
		Filters: []types.Filter{{Name: aws.String("tag-key"), Values: []string{stack.TagStack}}}})
	if err != nil {
		return nil, err
	}
	byStack := map[string][]types.AutoScalingGroup{}
	for _, id := range stacks {
		byStack[id] = nil
	}
	for _, g := range all {
		id := tagMap(g.Tags)[stack.TagStack]
		byStack[id] = append(byStack[id], g)
	}
	return byStack, nil
}

// fetchGroups leaves out names that do not exist (aws-facts §5.12).
func (r *reader) fetchGroups(ctx context.Context, names []string) (map[string]types.AutoScalingGroup, error) {
	all, err := r.describeGroups(ctx, &sdk.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: names})
	if err != nil {
		return nil, err
	}
	byName := map[string]types.AutoScalingGroup{}
	for _, g := range all {
		byName[aws.ToString(g.AutoScalingGroupName)] = g
	}
	return byName, nil
}

func (r *reader) describeGroups(ctx context.Context, in *sdk.DescribeAutoScalingGroupsInput) ([]types.AutoScalingGroup, error) {
	in.MaxRecords = aws.Int32(pageSize)
	var all []types.AutoScalingGroup
	pages := sdk.NewDescribeAutoScalingGroupsPaginator(r.c.AutoScalingPages(), in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading Auto Scaling groups: %w", err)
		}
		all = append(all, page.AutoScalingGroups...)
	}
	return all, nil
}

// manyGroups is from how many groups on all policies, or scheduled actions, of the
// account are read instead of those of each group (aws-facts §16).
const manyGroups = 4

// byGroup reads for groups with a function that reads for one, or for all with nil.
func byGroup[V any](describe func(ctx context.Context, name *string) (map[string][]V, error)) func(context.Context, []string) (map[string][]V, error) {
	return func(ctx context.Context, names []string) (map[string][]V, error) {
		if len(names) >= manyGroups {
			all, err := describe(ctx, nil)
			for _, name := range names {
				if _, some := all[name]; !some && err == nil {
					all[name] = nil // an answer that there is none is remembered, too
				}
			}
			return all, err
		}
		all := map[string][]V{}
		for _, name := range names {
			found, err := describe(ctx, &name)
			if err != nil && !awsapi.IsNotFound(err) {
				return nil, err
			}
			all[name] = found[name]
		}
		return all, nil
	}
}

func (r *reader) describeSchedules(ctx context.Context, name *string) (map[string][]types.ScheduledUpdateGroupAction, error) {
	all := map[string][]types.ScheduledUpdateGroupAction{}
	pages := sdk.NewDescribeScheduledActionsPaginator(r.c.AutoScalingPages(), &sdk.DescribeScheduledActionsInput{AutoScalingGroupName: name, MaxRecords: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading scheduled actions: %w", err)
		}
		for _, action := range page.ScheduledUpdateGroupActions {
			group := aws.ToString(action.AutoScalingGroupName)
			all[group] = append(all[group], action)
		}
	}
	return all, nil
}

func (r *reader) describePolicies(ctx context.Context, name *string) (map[string][]types.ScalingPolicy, error) {
	byGroup := map[string][]types.ScalingPolicy{}
	pages := sdk.NewDescribePoliciesPaginator(r.c.AutoScalingPages(), &sdk.DescribePoliciesInput{AutoScalingGroupName: name, MaxRecords: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading scaling policies: %w", err)
		}
		for _, policy := range page.ScalingPolicies {
			group := aws.ToString(policy.AutoScalingGroupName)
			byGroup[group] = append(byGroup[group], policy)
		}
	}
	return byGroup, nil
}

// fetchHooks reads the hooks of one group a call (aws-facts §16).
func (r *reader) fetchHooks(ctx context.Context, names []string) (map[string][]types.LifecycleHook, error) {
	byGroup := map[string][]types.LifecycleHook{}
	for _, name := range names {
		out, err := awsapi.AutoScaling(r.c).DescribeLifecycleHooks(ctx, &sdk.DescribeLifecycleHooksInput{AutoScalingGroupName: &name})
		if awsapi.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the lifecycle hooks of Auto Scaling group %s: %w", name, err)
		}
		byGroup[name] = out.LifecycleHooks
	}
	return byGroup, nil
}

// statusDeleting is how the status of a group begins that is being deleted. Its
// name is taken until it is gone (aws-facts §5.1, §5.10).
const statusDeleting = "Delete in progress"

func isDeleting(g types.AutoScalingGroup) bool {
	return strings.HasPrefix(aws.ToString(g.Status), statusDeleting)
}

// list returns the lives of all groups of the stack, as show makes them; known are
// names of groups. Calls of show run at the same time.
func (r *reader) list(ctx context.Context, scope engine.Scope, known map[string]string, show func(g types.AutoScalingGroup, known string) ([]engine.Live, error)) ([]engine.Live, error) {
	found, err := r.lister.Find(ctx, scope.Stack.String(), known, scope.Recent)
	if err != nil {
		return nil, err
	}
	shown := make([][]engine.Live, len(found))
	errs := make([]error, len(found))
	var wg sync.WaitGroup
	for i, f := range found {
		wg.Go(func() {
			shown[i], errs[i] = show(f.Object, f.Key)
			if awsapi.IsNotFound(errs[i]) {
				shown[i], errs[i] = nil, nil // deleted in between
			}
		})
	}
	wg.Wait()
	var lives []engine.Live
	for _, some := range shown {
		lives = append(lives, some...)
	}
	return lives, errors.Join(errs...)
}

// absent reports whether a group is gone, or about to be.
func (r *reader) absent(ctx context.Context, name string) (bool, error) {
	g, found, err := r.group.Get(ctx, name, false)
	return err == nil && (!found || isDeleting(g)), err
}

// listWithin returns what the stack's groups have of a kind, as far as show knows it
// as the stack's. groupOf tells the group from an id. What belongs to a group that is
// being deleted goes with it.
func listWithin[T any](ctx context.Context, r *reader, scope engine.Scope, groupOf func(id string) string, within *batch.Batcher[string, []T], show func(T) (engine.Live, bool)) ([]engine.Live, error) {
	known := map[string]string{}
	for key, id := range scope.IDs {
		known[key] = groupOf(id)
	}
	return r.list(ctx, scope, known, func(g types.AutoScalingGroup, _ string) ([]engine.Live, error) {
		if isDeleting(g) {
			return nil, nil
		}
		all, _, err := within.Get(ctx, aws.ToString(g.AutoScalingGroupName), scope.Recent)
		var lives []engine.Live
		for _, one := range all {
			if live, ours := show(one); ours {
				lives = append(lives, live)
			}
		}
		return lives, err
	})
}
