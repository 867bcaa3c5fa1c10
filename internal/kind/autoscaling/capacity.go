package autoscaling

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Capacity waits for the instances of a group without a load balancer, whose calls
// succeed while every launch fails (aws-facts §0.1). It is no object of AWS: it is
// there with its group, and its key is always capacity. Output: id.
type Capacity struct {
	Group stack.Ref `json:"group" stack:"create"` // name
	// New says that the group was just made, and is to have its least size; false in
	// what is observed, where one instance will do: a lost zone must not be in the way
	// of a change.
	New          bool  `json:"new" stack:"how"`
	LimitMinutes int32 `json:"limit_minutes" stack:"how"` // how long to wait; 0 is 15
}

// Kind implements stack.Spec.
func (*Capacity) Kind() string { return "autoscaling/capacity" }

// Untagged implements stack.Untagged.
func (*Capacity) Untagged() {}

const capacityKey = "capacity"

type capacities struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *capacities) Name() string { return (*Capacity)(nil).Kind() }

// List implements engine.Kind. It reads nothing but the groups.
func (k *capacities) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	known := map[string]string{}
	for key, id := range scope.IDs {
		known[key], _, _ = strings.Cut(id, "#")
	}
	return k.r.list(ctx, scope, known, func(g types.AutoScalingGroup, _ string) ([]engine.Live, error) {
		if isDeleting(g) {
			return nil, nil
		}
		return []engine.Live{liveCapacity(&Capacity{Group: stack.Literal(aws.ToString(g.AutoScalingGroupName))})}, nil
	})
}

func liveCapacity(s *Capacity) engine.Live {
	id := s.Group.String() + "#" + capacityKey
	return engine.Live{Key: capacityKey, ID: id, Out: map[string]string{"id": id}, Spec: s}
}

// Create implements engine.Kind: there is nothing to make.
func (k *capacities) Create(_ context.Context, want engine.Want) (engine.Live, error) {
	return liveCapacity(spec[*Capacity](want.Spec)), nil
}

// Update implements engine.Kind: nothing can change.
func (k *capacities) Update(_ context.Context, have engine.Live, _ engine.Want, _ stack.Diff) (engine.Live, error) {
	return have, nil
}

// Delete implements engine.Kind: it goes with its group.
func (k *capacities) Delete(context.Context, engine.Live) error { return nil }

// Wait implements engine.Kind. It fails when no instance can be launched.
func (k *capacities) Wait(ctx context.Context, have engine.Live) (engine.Live, error) {
	s := spec[*Capacity](have.Spec)
	limit := defaultHealthLimit
	if s.LimitMinutes > 0 {
		limit = time.Duration(s.LimitMinutes) * time.Minute
	}
	name := s.Group.String()
	launches := &launchWatch{r: k.r, group: name, isNew: s.New}
	what := "the instances of " + name + " to be in service"
	return have, k.c.Pace.Until(ctx, awsapi.Waiting{What: what, Expect: 90 * time.Second, Limit: limit}, func(ctx context.Context) (bool, string, error) {
		serving, least, err := k.serving(ctx, name, s.New)
		if err != nil || serving >= least {
			return err == nil, "", err
		}
		return false, fmt.Sprintf("%d of %d", serving, least), launches.look(ctx)
	})
}

// serving returns how many instances are in service, and how many must be.
func (k *capacities) serving(ctx context.Context, name string, isNew bool) (serving, least int, err error) {
	g, found, err := k.r.group.Get(ctx, name, false)
	if err != nil || !found {
		return 0, 1, err // a group that was just made may not be known everywhere (aws-facts §1.4)
	}
	for _, instance := range g.Instances {
		if instance.LifecycleState == types.LifecycleStateInService {
			serving++
		}
	}
	least = int(aws.ToInt32(g.MinSize))
	if !isNew {
		least = min(least, 1)
	}
	return serving, least, nil
}
