package autoscaling

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// healthWait waits until the instances of a group are healthy targets.
type healthWait struct {
	k             *attachments
	group, target string
	// least is how many must be healthy, if not the whole capacity of the group, which
	// may be more; negative: unknown, for the attachment was there before.
	least int32

	launches *launchWatch
}

const defaultHealthLimit = 15 * time.Minute

func (w *healthWait) run(ctx context.Context, minutes int32) error {
	limit := defaultHealthLimit
	if minutes > 0 {
		limit = time.Duration(minutes) * time.Minute
	}
	what := fmt.Sprintf("%d healthy targets of %s in %s", w.least, w.group, groupLabel(w.target))
	if w.least < 0 {
		what = fmt.Sprintf("%s to be in service in %s", w.group, groupLabel(w.target))
	}
	return w.k.c.Pace.Until(ctx, awsapi.Waiting{What: what, Expect: 150 * time.Second, Limit: limit}, w.check)
}

// check reports whether the attachment is ready. It fails when no instance can be
// launched.
func (w *healthWait) check(ctx context.Context) (bool, string, error) {
	state, healthy, needed := "", 0, int(w.least)
	if w.least >= 0 {
		var err error
		if healthy, err = w.healthy(ctx); err != nil {
			return false, "", err
		}
		if needed, err = w.needed(ctx); err != nil {
			return false, "", err
		}
	}
	if healthy >= needed {
		var err error
		if state, err = w.k.state(ctx, w.group, w.target); err != nil {
			return false, "", err
		}
		// A group takes part in health checks once a target was healthy (aws-facts §5.3).
		if state == "InService" {
			return true, "", nil
		}
		if done, err := w.neverInService(ctx, state); done || err != nil {
			return done, "", err
		}
	}
	if err := w.launches.look(ctx); err != nil {
		return false, "", err
	}
	return false, strings.TrimSpace(fmt.Sprintf("%d healthy %s", healthy, state)), nil
}

// needed is how many targets must be healthy before requests are sent to them: as
// many as the group has now, which may have been scaled out.
func (w *healthWait) needed(ctx context.Context) (int, error) {
	g, found, err := w.k.r.group.Get(ctx, w.group, false)
	if err != nil || !found {
		return int(w.least), err
	}
	return int(max(w.least, aws.ToInt32(g.DesiredCapacity))), nil
}

// neverInService reports whether an attachment is as far as it gets: that of a
// group which does not ask the load balancer, and of one that may be empty.
func (w *healthWait) neverInService(ctx context.Context, state string) (bool, error) {
	if state != "Added" {
		return false, nil
	}
	g, found, err := w.k.r.group.Get(ctx, w.group, false)
	return found && (!strings.Contains(aws.ToString(g.HealthCheckType), "ELB") || w.least < 0 && aws.ToInt32(g.MinSize) == 0), err
}

func (w *healthWait) healthy(ctx context.Context) (int, error) {
	targets, err := w.targets(ctx)
	n := 0
	for _, t := range targets {
		if t.TargetHealth != nil && t.TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy {
			n++
		}
	}
	return n, err
}

// targets reads the targets. A target group that was just made may not be found, or
// have no health to tell (aws-facts §4.6).
func (w *healthWait) targets(ctx context.Context) ([]elbtypes.TargetHealthDescription, error) {
	out, err := awsapi.ELBv2(w.k.c).DescribeTargetHealth(ctx, &elbv2.DescribeTargetHealthInput{TargetGroupArn: &w.target})
	switch {
	case awsapi.IsNotFound(err) || awsapi.Is(err, "HealthUnavailable"):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading the targets of %s: %w", groupLabel(w.target), err)
	}
	return out.TargetHealthDescriptions, nil
}
