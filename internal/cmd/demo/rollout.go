package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

// nextImage is the image that is rolled out: one of those that the simulator has.
const nextImage = "ami-0e5b0000000000002"

// roll changes the image, and shows how the servers are replaced meanwhile.
func (t *story) roll(ctx context.Context) error {
	_, err := t.work.run(ctx, []string{"plan", "-out=roll.tfplan", "-var=image_id=" + nextImage, "-input=false", "-no-color"})
	if err != nil {
		return err
	}
	actions, err := t.work.plannedActions(ctx, "roll.tfplan")
	if err != nil {
		return err
	}
	for _, action := range actions {
		t.say("planned: %s", action)
	}
	before, _, err := t.tier.servers(ctx)
	if err != nil {
		return err
	}
	summary, fewest, err := t.applyWatched(ctx, "roll.tfplan")
	if err != nil {
		return err
	}
	t.say("%s", summary)
	after, err := t.spread(ctx, zonesOf(before))
	if err != nil {
		return err
	}
	t.say("serving: %s", strings.Join(describe(after), ", "))
	if images := imagesOf(after); !slices.Equal(images, []string{nextImage}) {
		return fmt.Errorf("the servers run %s instead of %s", strings.Join(images, ", "), nextImage)
	}
	if fewest < len(before) {
		return fmt.Errorf("only %d of %d servers were healthy at some time", fewest, len(before))
	}
	t.say("the load balancer had %d healthy servers or more all the time", fewest)
	return nil
}

// spread waits until the servers are in all the zones again: a rollout may leave two
// in one zone, and then the group evens it out by itself.
func (t *story) spread(ctx context.Context, zones []string) ([]server, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, fmt.Errorf("a zone of %v has no server after a minute", zones))
	defer cancel()
	since := t.simulated(ctx, t.sim)
	for waited := false; ; waited = true {
		servers, desired, err := t.tier.servers(ctx)
		if err != nil {
			return nil, err
		}
		if len(servers) == desired && slices.Equal(zonesOf(servers), zones) {
			if waited {
				t.say("the group evened out its zones in %s", clock(t.simulated(ctx, t.sim)-since))
			}
			return servers, nil
		}
		if err := pause(ctx); err != nil {
			return nil, err
		}
	}
}

// applyWatched applies a plan, says each new state of the rolling refresh, and
// returns the least number of healthy servers that it saw.
func (t *story) applyWatched(ctx context.Context, plan string) (summary string, fewest int, err error) {
	watching, enough := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	var watchErr error
	watcher.Go(func() { fewest, watchErr = t.watch(watching) })
	summary, err = t.work.apply(ctx, plan)
	enough()
	watcher.Wait()
	if err == nil {
		err = watchErr
	}
	return summary, fewest, err
}

// watch looks at group and load balancer until ctx ends. It says each new state, and
// returns the least number of healthy servers that it has seen.
func (t *story) watch(ctx context.Context) (fewest int, err error) {
	fewest = math.MaxInt
	for last := ""; ctx.Err() == nil; {
		healthy, state, err := t.look(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			return fewest, err
		default:
			fewest = min(fewest, healthy)
			if state != last {
				t.say("%s", state)
				last = state
			}
			_ = pause(ctx) // the loop sees the end of ctx
		}
	}
	return fewest, nil
}

func (t *story) look(ctx context.Context) (healthy int, state string, err error) {
	ids, err := t.tier.healthy(ctx)
	if err != nil {
		return 0, "", err
	}
	state, err = t.tier.refresh(ctx)
	return len(ids), state, err
}

// refresh puts the state of the latest refresh into words.
func (t *tier) refresh(ctx context.Context) (string, error) {
	out, err := t.autoscaling.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: aws.String(t.group)})
	if err != nil {
		return "", err
	}
	if len(out.InstanceRefreshes) == 0 {
		return "refresh not begun", nil
	}
	latest := out.InstanceRefreshes[0]
	return fmt.Sprintf("refresh %s: %d %%, servers to go: %d", latest.Status, aws.ToInt32(latest.PercentageComplete), aws.ToInt32(latest.InstancesToUpdate)), nil
}
