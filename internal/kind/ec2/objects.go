package ec2

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// objects finds and reads the EC2 objects of one type; T is the SDK's struct.
//
// It always asks with filters: an id that does not exist is then absent from the
// answer, where a call with ids would fail as a whole (aws-facts §16).
type objects[T any] struct {
	pace     awsapi.Pace
	describe func(ctx context.Context, filters ...types.Filter) ([]T, error)
	idFilter string
	id       func(T) string
	tags     func(T) []types.Tag
	lister   *awsapi.Lister[T]
}

// mostValues is the number of values that one filter takes (aws-facts §16).
const mostValues = 200

func newObjects[T any](c *awsapi.Clients, o objects[T]) *objects[T] {
	o.pace = c.Pace
	o.lister = awsapi.NewLister(c, o.byStack, o.byID, mostValues, o.id)
	return &o
}

// byStack returns the objects of all stacks, whichever were asked for: one call
// serves a refresh of many stacks.
func (o *objects[T]) byStack(ctx context.Context, _ []string) (map[string][]T, error) {
	all, err := o.describe(ctx, filter("tag-key", stack.TagStack))
	if err != nil {
		return nil, err
	}
	byStack := map[string][]T{}
	for _, object := range all {
		owner := tagMap(o.tags(object))[stack.TagStack]
		byStack[owner] = append(byStack[owner], object)
	}
	return byStack, nil
}

func (o *objects[T]) byID(ctx context.Context, ids []string) (map[string]T, error) {
	found, err := o.describe(ctx, filter(o.idFilter, ids...))
	if err != nil {
		return nil, err
	}
	byID := map[string]T{}
	for _, object := range found {
		byID[o.id(object)] = object
	}
	return byID, nil
}

// list returns the objects of a stack as show makes them out of the SDK's structs.
// What show returns without a Spec, or cannot find any more, is not listed. Calls
// of show run at the same time, for it may have to read attributes.
func (o *objects[T]) list(ctx context.Context, scope engine.Scope, show func(context.Context, T) (engine.Live, error)) ([]engine.Live, error) {
	found, err := o.lister.Find(ctx, scope.Stack.String(), scope.IDs, scope.Recent)
	if err != nil {
		return nil, err
	}
	shown := make([]engine.Live, len(found))
	errs := make([]error, len(found))
	var wg sync.WaitGroup
	for i, f := range found {
		wg.Go(func() {
			live, err := show(ctx, f.Object)
			if err != nil && !awsapi.IsNotFound(err) {
				errs[i] = fmt.Errorf("reading %s: %w", o.id(f.Object), err)
				return
			}
			if err == nil && live.Spec != nil {
				live.ID = o.id(f.Object)
				live.Tags = tagMap(o.tags(f.Object))
				live.Key = cmp.Or(live.Tags[stack.TagPart], f.Key)
				shown[i] = live
			}
		})
	}
	wg.Wait()
	var lives []engine.Live
	for _, live := range shown {
		if live.Spec != nil {
			lives = append(lives, live)
		}
	}
	return lives, errors.Join(errs...)
}

// get reads one object, and whether it exists.
func (o *objects[T]) get(ctx context.Context, id string) (T, bool, error) {
	found, err := o.byID(ctx, []string{id})
	object, exists := found[id]
	return object, exists, err
}

// ofPart returns the objects that carry the tags of the wanted part.
func (o *objects[T]) ofPart(ctx context.Context, want engine.Want) ([]T, error) {
	return o.describe(ctx, filter("tag:"+stack.TagStack, want.Stack.String()), filter("tag:"+stack.TagPart, want.Key))
}

// await reads an object until it is ready. A new object may not be shown at first
// (aws-facts §1.4), so that absence is a state like another.
func (o *objects[T]) await(ctx context.Context, id string, w awsapi.Waiting, ready func(T) (done bool, state string, err error)) (T, error) {
	var object T
	err := o.pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
		now, exists, err := o.get(ctx, id)
		if err != nil || !exists {
			return false, "not shown", err
		}
		object = now
		return ready(object)
	})
	return object, err
}

// The states that VPCs, subnets and NAT gateways have in common, as shown in the
// output "state".
const (
	available = "available"
	failed    = "failed"
)

// whenAvailable returns the object with its outputs when its state is available. An
// object seen so already is not read again.
func (o *objects[T]) whenAvailable(ctx context.Context, have engine.Live, w awsapi.Waiting, show func(T) engine.Live) (engine.Live, error) {
	if have.Out["state"] == available {
		return have, nil
	}
	w.What = have.ID + " to become available"
	object, err := o.await(ctx, have.ID, w, func(object T) (bool, string, error) {
		out := show(object).Out
		if out["state"] == failed {
			return false, failed, fmt.Errorf("%s failed: %s", have.ID, out["failure"])
		}
		return out["state"] == available, out["state"], nil
	})
	if err != nil {
		return have, err
	}
	have.Out = show(object).Out
	return have, nil
}

// filter restricts a Describe call to objects whose attribute has one of the values.
func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: aws.String(name), Values: values}
}

// pager is what the SDK's paginators have in common; O is a pointer to the output.
type pager[O any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*sdk.Options)) (O, error)
}

// allPages gathers the items of all pages.
func allPages[O, T any](ctx context.Context, p pager[O], items func(O) []T) ([]T, error) {
	var all []T
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, items(page)...)
	}
	return all, nil
}
