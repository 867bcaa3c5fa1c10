package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/dataplane/load"
)

// lag is how much later than in AWS a loss may be noticed, in real time: the data
// plane looks ten times a second, and a busy machine less often.
const lag = 2 * time.Second

// loss is something that is lost while clients send requests.
type loss struct {
	lose func(context.Context) error
	heal func(context.Context) ([]server, error) // waits until the tier has healed
}

// loseServer terminates a server under load.
func (t *story) loseServer(ctx context.Context) error {
	servers, _, err := t.tier.servers(ctx)
	if err != nil {
		return err
	}
	if len(servers) == 0 {
		return errors.New("no server is healthy")
	}
	lost := servers[0]
	return t.withstand(ctx, loss{
		lose: func(ctx context.Context) error {
			t.say("%s: %s terminated", lost.zone, lost.id)
			return t.tier.lose(ctx, lost.id)
		},
		heal: func(ctx context.Context) ([]server, error) {
			if _, err := t.tier.replacement(ctx, servers, lost); err != nil {
				return nil, err
			}
			now, _, err := t.tier.servers(ctx)
			return now, err
		},
	})
}

// loseZone takes a zone away under load, and gives it back afterwards.
func (t *story) loseZone(ctx context.Context) error {
	servers, _, err := t.tier.servers(ctx)
	if err != nil {
		return err
	}
	zones := zonesOf(servers)
	if len(zones) < 2 {
		return fmt.Errorf("the servers are in the zones %v: none can be lost", zones)
	}
	lost := zones[len(zones)-1]
	err = t.withstand(ctx, loss{
		lose: func(ctx context.Context) error {
			t.say("%s: lost, with all its servers; nothing can be launched there", lost)
			return t.sim.loseZone(ctx, lost)
		},
		heal: func(ctx context.Context) ([]server, error) { return t.tier.elsewhere(ctx, lost) },
	})
	if err != nil {
		return err
	}
	if err := t.sim.endSituations(ctx); err != nil {
		return err
	}
	t.say("%s: back", lost)
	_, err = t.spread(ctx, zones)
	return err
}

// withstand sends requests to the load balancer while something is lost and until
// capacity is back, and says what became of them. They may fail only until the load
// balancer's health checks must have noticed.
func (t *story) withstand(ctx context.Context, l loss) error {
	window, err := t.tier.window(ctx)
	if err != nil {
		return err
	}
	url, err := t.sim.endpoint(ctx, t.tier.host)
	if err != nil {
		return err
	}
	sending, enough := context.WithCancel(ctx)
	defer enough()
	ended := make(chan load.Record, 1)
	go func() { ended <- load.Run(sending, load.Options{URL: url}) }()
	at, took, servers, err := t.happen(ctx, l)
	enough()
	record := <-ended
	if err != nil {
		return err
	}
	t.say("requests to %s: %d served, %d failed; %d failed before the loss", url, record.Served(), record.Failed(), record.Between(time.Time{}, at).Failed())
	if last := record.LastFailure(); !last.IsZero() {
		t.say("they failed for %s at a stretch, the last %s after the loss; the health checks take up to %s",
			t.asSimulated(record.LongestFailing()), t.asSimulated(last.Sub(at)), clock(window))
		if last.Sub(at) > time.Duration(float64(window)/t.speed)+lag {
			return fmt.Errorf("requests failed until %s after the loss", t.asSimulated(last.Sub(at)))
		}
	}
	t.say("%s later %d servers serve again, in %s", clock(took), len(servers), strings.Join(zonesOf(servers), ", "))
	return nil
}

// happen lets a loss happen after some requests that all should be served. It returns
// when in real time that was, and how much simulated time the tier took to heal.
func (t *story) happen(ctx context.Context, l loss) (at time.Time, took time.Duration, servers []server, err error) {
	for range 3 {
		if err := pause(ctx); err != nil {
			return at, took, nil, err
		}
	}
	since := t.simulated(ctx, t.sim)
	at = time.Now()
	if err := l.lose(ctx); err != nil {
		return at, took, nil, err
	}
	servers, err = l.heal(ctx)
	return at, t.simulated(ctx, t.sim) - since, servers, err
}

// asSimulated writes a real duration as the simulated one that passed meanwhile.
func (t *story) asSimulated(d time.Duration) string {
	return fmt.Sprintf("%s (%d ms real)", clock(time.Duration(float64(d)*t.speed)), d.Milliseconds())
}

// window is how long the load balancer's health checks take to notice a loss.
func (t *tier) window(ctx context.Context) (time.Duration, error) {
	out, err := t.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{t.targetGroup}})
	if err != nil {
		return 0, err
	}
	group := out.TargetGroups[0]
	checks := aws.ToInt32(group.HealthCheckIntervalSeconds) * aws.ToInt32(group.UnhealthyThresholdCount)
	return time.Duration(checks+aws.ToInt32(group.HealthCheckTimeoutSeconds)) * time.Second, nil
}

// elsewhere waits until the group is complete without the zone.
func (t *tier) elsewhere(ctx context.Context, zone string) ([]server, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, fmt.Errorf("the servers of %s were not replaced within a minute", zone))
	defer cancel()
	for {
		now, desired, err := t.servers(ctx)
		if err != nil {
			return nil, err
		}
		if len(now) == desired && !slices.Contains(zonesOf(now), zone) {
			return now, nil
		}
		if err := pause(ctx); err != nil {
			return nil, err
		}
	}
}
