package autoscaling

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

const tagResourceType = "auto-scaling-group"

// tag adds or overwrites one tag. Running instances keep theirs (aws-facts §5.1).
func (g *group) tag(tag types.Tag) error {
	key := aws.ToString(tag.Key)
	if strings.HasPrefix(strings.ToLower(key), "aws:") {
		return invalid("Tag keys starting with 'aws:' are reserved for system use")
	}
	if kind := aws.ToString(tag.ResourceType); kind != "" && kind != tagResourceType {
		return invalid("Resource type %s is not supported, use %s", kind, tagResourceType)
	}
	g.untag(key)
	if len(g.Tags) >= maxTags {
		return limitExceeded("The number of tags of an AutoScalingGroup may not be larger than %d", maxTags)
	}
	g.Tags = append(g.Tags, types.TagDescription{
		Key: aws.String(key), Value: aws.String(aws.ToString(tag.Value)), PropagateAtLaunch: aws.Bool(aws.ToBool(tag.PropagateAtLaunch)),
		ResourceId: aws.String(g.name()), ResourceType: aws.String(tagResourceType),
	})
	slices.SortFunc(g.Tags, func(a, b types.TagDescription) int { return cmp.Compare(*a.Key, *b.Key) })
	return nil
}

func (g *group) untag(key string) {
	g.Tags = slices.DeleteFunc(g.Tags, func(tag types.TagDescription) bool { return *tag.Key == key })
}

// CreateOrUpdateTags adds or overwrites tags of groups.
func (s *Service) CreateOrUpdateTags(_ context.Context, in *sdk.CreateOrUpdateTagsInput) (*sdk.CreateOrUpdateTagsOutput, error) {
	for _, tag := range in.Tags {
		g, err := s.live(tag.ResourceId)
		if err != nil {
			return nil, err
		}
		if err := g.tag(tag); err != nil {
			return nil, err
		}
	}
	return &sdk.CreateOrUpdateTagsOutput{}, nil
}

// DeleteTags removes tags of groups, those with another value too.
func (s *Service) DeleteTags(_ context.Context, in *sdk.DeleteTagsInput) (*sdk.DeleteTagsOutput, error) {
	for _, tag := range in.Tags {
		g, err := s.live(tag.ResourceId)
		if err != nil {
			return nil, err
		}
		g.untag(aws.ToString(tag.Key))
	}
	return &sdk.DeleteTagsOutput{}, nil
}

// DescribeTags lists the tags that pass all filters.
func (s *Service) DescribeTags(_ context.Context, in *sdk.DescribeTagsInput) (*sdk.DescribeTagsOutput, error) {
	var tags []types.TagDescription
	for _, g := range s.sorted() {
		for _, tag := range g.Tags {
			ok, err := tagPasses(tag, in.Filters)
			if err != nil {
				return nil, err
			}
			if ok {
				tags = append(tags, clone(tag))
			}
		}
	}
	out := &sdk.DescribeTagsOutput{}
	var err error
	out.Tags, out.NextToken, err = page(tags, in.NextToken, in.MaxRecords, 100)
	return out, err
}

func tagPasses(tag types.TagDescription, filters []types.Filter) (bool, error) {
	for _, filter := range filters {
		var have string
		switch name := aws.ToString(filter.Name); name {
		case "auto-scaling-group":
			have = *tag.ResourceId
		case "key":
			have = *tag.Key
		case "value":
			have = *tag.Value
		case "propagate-at-launch":
			have = strconv.FormatBool(*tag.PropagateAtLaunch)
		default:
			return false, invalid("Filter type %s is not correct. Allowed filter types are: auto-scaling-group key value propagate-at-launch", name)
		}
		if !slices.Contains(filter.Values, have) {
			return false, nil
		}
	}
	return true, nil
}
