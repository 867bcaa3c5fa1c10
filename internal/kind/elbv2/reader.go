package elbv2

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/batch"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// reader reads for all kinds of this package and all stacks.
type reader struct {
	c        *awsapi.Clients
	balancer *awsapi.Lister[tagged[types.LoadBalancer]]
	group    *awsapi.Lister[tagged[types.TargetGroup]]

	// What follows is read by ARN.
	state      *batch.Batcher[string, types.LoadBalancer]
	listener   *batch.Batcher[string, types.Listener]
	listenerOf *batch.Batcher[string, []types.Listener] // by the load balancer's
	ruleOf     *batch.Batcher[string, []types.Rule]     // by the listener's
	target     *batch.Batcher[string, []types.TargetHealthDescription]
	tags       *batch.Batcher[string, map[string]string]
	attribute  *batch.Batcher[string, map[string]string] // of load balancers
	groupAttr  *batch.Batcher[string, map[string]string] // of target groups

	// interfaces are the ids of network interfaces by their description.
	interfaces *batch.Batcher[string, []string]
}

// tagged is an object with its tags, which have to be read by a call of their own.
type tagged[T any] struct {
	it   T
	arn  string
	tags map[string]string
}

const (
	// window is how long a look-up waits for company, memory how old an answer may
	// be that serves a refresh.
	window = 20 * time.Millisecond
	memory = 30 * time.Second
	// mostARNs is how many ARNs one call takes (aws-facts §4.8, §16).
	mostARNs = 20
	// mostValues is how many values a filter takes (aws-facts §16).
	mostValues = 200
	// pageSize is the largest page (aws-facts §4.8).
	pageSize = 400
	// atOnce bounds the calls that are made at the same time, one an object.
	atOnce = 10
)

func newReader(c *awsapi.Clients) *reader {
	r := &reader{c: c}
	r.state = batched(c, mostARNs, r.fetchBalancers)
	r.listener = batched(c, mostARNs, r.fetchListeners)
	r.tags = batched(c, mostARNs, r.fetchTags)
	r.interfaces = batched(c, mostValues, r.fetchInterfaces)
	r.listenerOf = batched(c, 0, each(r.listenersOf))
	r.ruleOf = batched(c, 0, each(r.rulesOf))
	r.target = batched(c, 0, each(r.targetsIn))
	r.attribute = batched(c, 0, each(r.balancerAttributes))
	r.groupAttr = batched(c, 0, each(r.groupAttributes))
	r.balancer = awsapi.NewLister(c, r.ownedBalancers, withTags(r, r.fetchBalancers), mostARNs,
		func(lb tagged[types.LoadBalancer]) string { return lb.arn })
	r.group = awsapi.NewLister(c, r.ownedGroups, withTags(r, r.fetchGroups), mostARNs,
		func(tg tagged[types.TargetGroup]) string { return tg.arn })
	return r
}

func batched[V any](c *awsapi.Clients, most int, fetch func(context.Context, []string) (map[string]V, error)) *batch.Batcher[string, V] {
	return &batch.Batcher[string, V]{Fetch: fetch, Most: most, Window: c.Pace.Scale(window), Memory: memory, Epoch: c.Epoch}
}

// each makes a look-up of many objects from one of a single object. What does not
// exist is left out.
func each[V any](read func(ctx context.Context, arn string) (V, error)) func(context.Context, []string) (map[string]V, error) {
	return func(ctx context.Context, arns []string) (map[string]V, error) {
		var mu sync.Mutex
		found := map[string]V{}
		err := together(arns, func(arn string) error {
			value, err := read(ctx, arn)
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				found[arn] = value
			}
			return err
		})
		return found, err
	}
}

// together calls do for all keys, a few at a time. NotFound is no error.
func together(keys []string, do func(key string) error) error {
	errs := make([]error, len(keys))
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, key := range keys {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if err := do(key); !awsapi.IsNotFound(err) {
				errs[i] = err
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// getAll returns the values of all keys that exist. All keys ask at once, so that
// they share their calls.
func getAll[V any](ctx context.Context, b *batch.Batcher[string, V], keys []string, recent bool) (map[string]V, error) {
	all := map[string]V{}
	errs := make([]error, len(keys))
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i, key := range keys {
		wg.Go(func() {
			value, found, err := b.Get(ctx, key, recent)
			if err != nil && !awsapi.IsNotFound(err) {
				errs[i] = err
			} else if found {
				mu.Lock()
				defer mu.Unlock()
				all[key] = value
			}
		})
	}
	wg.Wait()
	return all, errors.Join(errs...)
}

// withTags makes of a look-up by ARN one that returns the tags too.
func withTags[T any](r *reader, fetch func(context.Context, []string) (map[string]T, error)) func(context.Context, []string) (map[string]tagged[T], error) {
	return func(ctx context.Context, arns []string) (map[string]tagged[T], error) {
		objects, err := fetch(ctx, arns)
		if err != nil {
			return nil, err
		}
		tags, err := getAll(ctx, r.tags, arns, false)
		if err != nil {
			return nil, err
		}
		all := map[string]tagged[T]{}
		for arn, object := range objects {
			if tags[arn] != nil { // else it was deleted in between
				all[arn] = tagged[T]{object, arn, tags[arn]}
			}
		}
		return all, nil
	}
}

// owned groups those of the objects that belong to stacks. Stacks that were asked
// for and have none get an entry, so that the answer is remembered.
func owned[T any](ctx context.Context, r *reader, stacks []string, objects []T, identify func(T) (name, arn *string)) (map[string][]tagged[T], error) {
	var candidates []tagged[T]
	var arns []string
	for _, object := range objects {
		if name, arn := identify(object); mayBeOurs(aws.ToString(name)) {
			candidates = append(candidates, tagged[T]{it: object, arn: aws.ToString(arn)})
			arns = append(arns, aws.ToString(arn))
		}
	}
	tags, err := getAll(ctx, r.tags, arns, false)
	if err != nil {
		return nil, err
	}
	byStack := map[string][]tagged[T]{}
	for _, id := range stacks {
		byStack[id] = nil
	}
	for _, object := range candidates {
		object.tags = tags[object.arn]
		if id := object.tags[stack.TagStack]; id != "" {
			byStack[id] = append(byStack[id], object)
		}
	}
	return byStack, nil
}

func (r *reader) ownedBalancers(ctx context.Context, stacks []string) (map[string][]tagged[types.LoadBalancer], error) {
	var all []types.LoadBalancer
	pages := sdk.NewDescribeLoadBalancersPaginator(r.c.ELBv2Pages(), &sdk.DescribeLoadBalancersInput{PageSize: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing load balancers: %w", err)
		}
		all = append(all, page.LoadBalancers...)
	}
	return owned(ctx, r, stacks, all, func(lb types.LoadBalancer) (name, arn *string) { return lb.LoadBalancerName, lb.LoadBalancerArn })
}

func (r *reader) ownedGroups(ctx context.Context, stacks []string) (map[string][]tagged[types.TargetGroup], error) {
	var all []types.TargetGroup
	pages := sdk.NewDescribeTargetGroupsPaginator(r.c.ELBv2Pages(), &sdk.DescribeTargetGroupsInput{PageSize: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing target groups: %w", err)
		}
		all = append(all, page.TargetGroups...)
	}
	return owned(ctx, r, stacks, all, func(tg types.TargetGroup) (name, arn *string) { return tg.TargetGroupName, tg.TargetGroupArn })
}

func (r *reader) fetchBalancers(ctx context.Context, arns []string) (map[string]types.LoadBalancer, error) {
	out, err := awsapi.ELBv2(r.c).DescribeLoadBalancers(ctx, &sdk.DescribeLoadBalancersInput{LoadBalancerArns: arns})
	if err != nil {
		return nil, fmt.Errorf("reading load balancers: %w", err)
	}
	return byARN(out.LoadBalancers, func(lb types.LoadBalancer) *string { return lb.LoadBalancerArn }), nil
}

func (r *reader) fetchGroups(ctx context.Context, arns []string) (map[string]types.TargetGroup, error) {
	out, err := awsapi.ELBv2(r.c).DescribeTargetGroups(ctx, &sdk.DescribeTargetGroupsInput{TargetGroupArns: arns})
	if err != nil {
		return nil, fmt.Errorf("reading target groups: %w", err)
	}
	return byARN(out.TargetGroups, func(tg types.TargetGroup) *string { return tg.TargetGroupArn }), nil
}

func (r *reader) fetchListeners(ctx context.Context, arns []string) (map[string]types.Listener, error) {
	out, err := awsapi.ELBv2(r.c).DescribeListeners(ctx, &sdk.DescribeListenersInput{ListenerArns: arns})
	if err != nil {
		return nil, fmt.Errorf("reading listeners: %w", err)
	}
	return byARN(out.Listeners, func(l types.Listener) *string { return l.ListenerArn }), nil
}

func (r *reader) fetchTags(ctx context.Context, arns []string) (map[string]map[string]string, error) {
	out, err := awsapi.ELBv2(r.c).DescribeTags(ctx, &sdk.DescribeTagsInput{ResourceArns: arns})
	if err != nil {
		return nil, fmt.Errorf("reading tags: %w", err)
	}
	tags := map[string]map[string]string{}
	for _, d := range out.TagDescriptions {
		tags[aws.ToString(d.ResourceArn)] = tagMap(d.Tags)
	}
	return tags, nil
}

// listenersOf returns the listeners of a load balancer.
func (r *reader) listenersOf(ctx context.Context, balancer string) ([]types.Listener, error) {
	var all []types.Listener
	pages := sdk.NewDescribeListenersPaginator(r.c.ELBv2Pages(), &sdk.DescribeListenersInput{LoadBalancerArn: &balancer})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading the listeners of %s: %w", balancer, err)
		}
		all = append(all, page.Listeners...)
	}
	return all, nil
}

func (r *reader) balancerAttributes(ctx context.Context, arn string) (map[string]string, error) {
	out, err := awsapi.ELBv2(r.c).DescribeLoadBalancerAttributes(ctx, &sdk.DescribeLoadBalancerAttributesInput{LoadBalancerArn: &arn})
	if err != nil {
		return nil, fmt.Errorf("reading the attributes of %s: %w", arn, err)
	}
	attributes := map[string]string{}
	for _, a := range out.Attributes {
		attributes[aws.ToString(a.Key)] = aws.ToString(a.Value)
	}
	return attributes, nil
}

func (r *reader) groupAttributes(ctx context.Context, arn string) (map[string]string, error) {
	out, err := awsapi.ELBv2(r.c).DescribeTargetGroupAttributes(ctx, &sdk.DescribeTargetGroupAttributesInput{TargetGroupArn: &arn})
	if err != nil {
		return nil, fmt.Errorf("reading the attributes of %s: %w", arn, err)
	}
	attributes := map[string]string{}
	for _, a := range out.Attributes {
		attributes[aws.ToString(a.Key)] = aws.ToString(a.Value)
	}
	return attributes, nil
}

func (r *reader) fetchInterfaces(ctx context.Context, descriptions []string) (map[string][]string, error) {
	found := map[string][]string{}
	pages := ec2.NewDescribeNetworkInterfacesPaginator(r.c.EC2Pages(), &ec2.DescribeNetworkInterfacesInput{
		Filters: []ec2types.Filter{{Name: aws.String("description"), Values: descriptions}}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading network interfaces: %w", err)
		}
		for _, eni := range page.NetworkInterfaces {
			description := aws.ToString(eni.Description)
			found[description] = append(found[description], aws.ToString(eni.NetworkInterfaceId))
		}
	}
	return found, nil
}

func byARN[T any](objects []T, arn func(T) *string) map[string]T {
	all := map[string]T{}
	for _, object := range objects {
		all[aws.ToString(arn(object))] = object
	}
	return all
}
