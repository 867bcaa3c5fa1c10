package rds

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/batch"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// reader reads for all kinds of this package and all stacks.
type reader struct {
	c        *awsapi.Clients
	instance *awsapi.Lister[types.DBInstance]
	subnets  *awsapi.Lister[tagged[types.DBSubnetGroup]]
	group    *awsapi.Lister[tagged[types.DBParameterGroup]]

	// state reads instances by identifier, many waits at once.
	state *batch.Batcher[string, types.DBInstance]
	tags  *batch.Batcher[string, map[string]string] // by ARN
	// parameters are those that users have set, by the group's name.
	parameters *batch.Batcher[string, []types.Parameter]
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
	// pageSize is the largest page and the most values of a filter (aws-facts §16, §6.18).
	pageSize = 100
)

func newReader(c *awsapi.Clients) *reader {
	r := &reader{c: c}
	r.state = batched(c, pageSize, r.instancesByID)
	r.tags = batched(c, 0, r.fetchTags)
	r.parameters = batched(c, 0, r.fetchParameters)
	r.instance = awsapi.NewLister(c, r.ownedInstances, r.instancesByID, pageSize, func(db types.DBInstance) string { return aws.ToString(db.DBInstanceIdentifier) })
	r.subnets = taggedLister(r, r.allSubnetGroups)
	r.group = taggedLister(r, r.allParameterGroups)
	return r
}

func batched[V any](c *awsapi.Clients, most int, fetch func(context.Context, []string) (map[string]V, error)) *batch.Batcher[string, V] {
	return &batch.Batcher[string, V]{Fetch: fetch, Most: most, Window: c.Pace.Scale(window), Memory: memory, Epoch: c.Epoch}
}

// ownedInstances returns the instances of all stacks.
func (r *reader) ownedInstances(ctx context.Context, _ []string) (map[string][]types.DBInstance, error) {
	all, err := r.describeInstances(ctx, nil)
	byStack := map[string][]types.DBInstance{}
	for _, db := range all {
		if id := tagMap(db.TagList)[stack.TagStack]; id != "" {
			byStack[id] = append(byStack[id], db)
		}
	}
	return byStack, err
}

// instancesByID asks with a filter: an unknown identifier is then absent from the
// answer (aws-facts §6.18).
func (r *reader) instancesByID(ctx context.Context, ids []string) (map[string]types.DBInstance, error) {
	all, err := r.describeInstances(ctx, []types.Filter{{Name: aws.String("db-instance-id"), Values: ids}})
	byID := map[string]types.DBInstance{}
	for _, db := range all {
		byID[aws.ToString(db.DBInstanceIdentifier)] = db
	}
	return byID, err
}

func (r *reader) describeInstances(ctx context.Context, filters []types.Filter) ([]types.DBInstance, error) {
	var all []types.DBInstance
	pages := sdk.NewDescribeDBInstancesPaginator(r.c.RDSPages(), &sdk.DescribeDBInstancesInput{Filters: filters, MaxRecords: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading database instances: %w", err)
		}
		all = append(all, page.DBInstances...)
	}
	return all, nil
}

// allSubnetGroups returns every subnet group, without tags.
func (r *reader) allSubnetGroups(ctx context.Context) ([]tagged[types.DBSubnetGroup], error) {
	var all []tagged[types.DBSubnetGroup]
	pages := sdk.NewDescribeDBSubnetGroupsPaginator(r.c.RDSPages(), &sdk.DescribeDBSubnetGroupsInput{MaxRecords: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing subnet groups: %w", err)
		}
		for _, group := range page.DBSubnetGroups {
			all = append(all, tagged[types.DBSubnetGroup]{it: group, arn: aws.ToString(group.DBSubnetGroupArn)})
		}
	}
	return all, nil
}

// allParameterGroups returns every parameter group, without tags.
func (r *reader) allParameterGroups(ctx context.Context) ([]tagged[types.DBParameterGroup], error) {
	var all []tagged[types.DBParameterGroup]
	pages := sdk.NewDescribeDBParameterGroupsPaginator(r.c.RDSPages(), &sdk.DescribeDBParameterGroupsInput{MaxRecords: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing parameter groups: %w", err)
		}
		for _, group := range page.DBParameterGroups {
			all = append(all, tagged[types.DBParameterGroup]{it: group, arn: aws.ToString(group.DBParameterGroupArn)})
		}
	}
	return all, nil
}

// taggedLister finds objects that list lists without their tags.
func taggedLister[T any](r *reader, list func(context.Context) ([]tagged[T], error)) *awsapi.Lister[tagged[T]] {
	byStack := func(ctx context.Context, _ []string) (map[string][]tagged[T], error) {
		all, err := withTags(ctx, r, list)
		found := map[string][]tagged[T]{}
		for _, object := range all {
			if id := object.tags[stack.TagStack]; id != "" {
				found[id] = append(found[id], object)
			}
		}
		return found, err
	}
	byName := func(ctx context.Context, _ []string) (map[string]tagged[T], error) {
		all, err := withTags(ctx, r, list)
		found := map[string]tagged[T]{}
		for _, object := range all {
			found[nameOf(object.arn)] = object
		}
		return found, err
	}
	return awsapi.NewLister(r.c, byStack, byName, 0, func(object tagged[T]) string { return nameOf(object.arn) })
}

// nameOf returns the name at the end of an ARN.
func nameOf(arn string) string { return arn[strings.LastIndex(arn, ":")+1:] }

// withTags returns the objects that may be ours, by their names, with their tags.
// What has none was deleted since it was listed.
func withTags[T any](ctx context.Context, r *reader, list func(context.Context) ([]tagged[T], error)) ([]tagged[T], error) {
	all, err := list(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(object tagged[T]) bool { return !madeName.MatchString(object.arn) })
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() { all[i].tags, _, errs[i] = r.tags.Get(ctx, all[i].arn, false) })
	}
	wg.Wait()
	return slices.DeleteFunc(all, func(object tagged[T]) bool { return object.tags == nil }), errors.Join(errs...)
}

// fetchTags takes one ARN a call.
func (r *reader) fetchTags(ctx context.Context, arns []string) (map[string]map[string]string, error) {
	return each(arns, func(arn string) (map[string]string, error) {
		out, err := awsapi.RDS(r.c).ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceName: &arn})
		if err != nil {
			return nil, fmt.Errorf("reading the tags of %s: %w", arn, err)
		}
		return tagMap(out.TagList), nil
	})
}

// fetchParameters returns what users have set in parameter groups, one group a call.
func (r *reader) fetchParameters(ctx context.Context, groups []string) (map[string][]types.Parameter, error) {
	return each(groups, func(group string) ([]types.Parameter, error) {
		all := []types.Parameter{}
		pages := sdk.NewDescribeDBParametersPaginator(r.c.RDSPages(), &sdk.DescribeDBParametersInput{DBParameterGroupName: &group,
			Source: aws.String("user"), MaxRecords: aws.Int32(pageSize)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("reading the parameters of %s: %w", group, err)
			}
			all = append(all, page.Parameters...)
		}
		return all, nil
	})
}

// each reads objects one a call. What does not exist is left out.
func each[V any](keys []string, read func(key string) (V, error)) (map[string]V, error) {
	found := map[string]V{}
	for _, key := range keys {
		value, err := read(key)
		if awsapi.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found[key] = value
	}
	return found, nil
}
