package elbv2

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Traffic is where a listener sends its requests: all of them to one target group.
// It is no object of AWS but a facet of the listener with the part key listener/<x>,
// and has the key traffic/<x>: so that requests move to a new target group when its
// targets are healthy, which they cannot be before a listener names it (aws-facts
// §4.6). Moving them takes all other target groups out of the listener, so that
// they can be deleted.
type Traffic struct {
	Listener stack.Ref `json:"listener" stack:"create"` // ARN
	// TargetGroup is the ARN of the one that gets all requests. "" is observed when
	// they are split, and when others are named beside it: a rollout that was given
	// up leaves them there.
	TargetGroup stack.Ref `json:"target_group"`
	// Shift moves the requests in steps; nil: all at once.
	Shift *Shift `json:"shift,omitempty" stack:"how"`
}

// Kind implements stack.Spec.
func (*Traffic) Kind() string { return "elbv2/traffic" }

// Untagged implements stack.Untagged.
func (*Traffic) Untagged() {}

const (
	trafficSuffix  = "#traffic"
	trafficPrefix  = "traffic/"
	listenerPrefix = "listener/"
)

type traffics struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *traffics) Name() string { return (*Traffic)(nil).Kind() }

// List implements engine.Kind. Listeners that do not forward have no traffic.
func (k *traffics) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	found, err := k.r.listeners(ctx, scope, withoutSuffix(scope.IDs, trafficSuffix))
	var lives []engine.Live
	for _, f := range found {
		targets := targetsOf(f.Object.it.DefaultActions)
		if len(targets) == 0 {
			continue
		}
		live := liveTraffic(f.Object.arn, only(targets))
		live.Key = cmp.Or(trafficKey(f.Object.tags[stack.TagPart]), f.Key)
		lives = append(lives, live)
	}
	return lives, err
}

// trafficKey returns the key of the traffic of the listener with the key.
func trafficKey(listener string) string {
	name, ok := strings.CutPrefix(listener, listenerPrefix)
	if !ok {
		return ""
	}
	return trafficPrefix + name
}

func liveTraffic(listener, group string) engine.Live {
	id := listener + trafficSuffix
	return engine.Live{ID: id, Out: map[string]string{"id": id},
		Spec: &Traffic{Listener: stack.Literal(listener), TargetGroup: stack.Literal(group)}}
}

// Create implements engine.Kind. The listener of a new stack sends everything to
// its target group already.
func (k *traffics) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*Traffic](want.Spec)
	if err := k.direct(ctx, s); err != nil {
		return engine.Live{}, err
	}
	live := liveTraffic(s.Listener.String(), s.TargetGroup.String())
	live.Key = want.Key
	return live, nil
}

// Update implements engine.Kind.
func (k *traffics) Update(ctx context.Context, have engine.Live, want engine.Want, _ stack.Diff) (engine.Live, error) {
	if err := k.direct(ctx, spec[*Traffic](want.Spec)); err != nil {
		return have, err
	}
	have.Spec = want.Spec
	return have, nil
}

// send divides the requests of a listener among target groups: one call, so that no
// request is lost (aws-facts §4.7).
func (k *traffics) send(ctx context.Context, arn string, targets []target) error {
	l, err := k.r.oneListener(ctx, arn)
	if err != nil {
		return err
	}
	_, err = awsapi.ELBv2(k.c).ModifyListener(ctx, &sdk.ModifyListenerInput{ListenerArn: aws.String(arn),
		DefaultActions: reroute(l.DefaultActions, forward(targets, nil))})
	return err
}

// direct sends all requests of the listener to the target group.
func (k *traffics) direct(ctx context.Context, s *Traffic) error {
	arn, group := s.Listener.String(), s.TargetGroup.String()
	err := k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
		l, err := k.r.oneListener(ctx, arn)
		if err != nil || only(targetsOf(l.DefaultActions)) == group {
			return err
		}
		if s.Shift != nil {
			if err := k.shift(ctx, s, l); err != nil {
				return err
			}
		}
		return k.send(ctx, arn, []target{{group, 1}})
	})
	if err != nil {
		return fmt.Errorf("sending the requests of listener %s to target group %s: %w", arn, groupLabel(group), err)
	}
	return nil
}

// Delete implements engine.Kind: traffic goes with its listener.
func (k *traffics) Delete(context.Context, engine.Live) error { return nil }

// Wait implements engine.Kind.
func (k *traffics) Wait(_ context.Context, have engine.Live) (engine.Live, error) { return have, nil }
