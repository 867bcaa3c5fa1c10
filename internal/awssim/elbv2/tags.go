package elbv2

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// maxTags is how many tags a resource can have.
const maxTags = 50

// newTags returns the tags of a resource with those of a request added.
func newTags(current map[string]string, added []types.Tag) (map[string]string, error) {
	tags := map[string]string{}
	maps.Copy(tags, current)
	seen := map[string]bool{}
	for _, tag := range added {
		key := aws.ToString(tag.Key)
		if seen[key] {
			return nil, &types.DuplicateTagKeysException{Message: aws.String("Tag key was specified more than once: " + key)}
		}
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return nil, invalid("The tag key '%s' is reserved for system use", key)
		}
		seen[key] = true
		tags[key] = aws.ToString(tag.Value)
	}
	if len(tags) > maxTags {
		return nil, &types.TooManyTagsException{Message: aws.String(fmt.Sprintf("A resource can have at most %d tags", maxTags))}
	}
	return tags, nil
}

// checkTagged checks that all resources exist: one that does not fails the whole
// call, with the error of its type (aws-facts §4.8, §16).
func (s *Service) checkTagged(arns []string) error {
	if len(arns) == 0 || len(arns) > maxNamed {
		return invalid("The number of resource ARNs must be between 1 and %d", maxNamed)
	}
	for _, arn := range arns {
		if _, ok := s.tags[arn]; ok {
			continue
		}
		switch {
		case isARN(&arn, "loadbalancer"):
			return noBalancer(arn)
		case isARN(&arn, "targetgroup"):
			return noGroup(arn)
		case isARN(&arn, "listener"):
			return noListener(arn)
		case isARN(&arn, "listener-rule"):
			if !s.isDefaultRule(arn) {
				return noRule(arn)
			}
		default:
			return invalid("'%s' is not a valid resource ARN", arn)
		}
	}
	return nil
}

func (s *Service) isDefaultRule(arn string) bool {
	return slices.ContainsFunc(s.listeners, func(l *listener) bool { return l.defaultRuleARN == arn })
}

// AddTags implements the operation.
func (s *Service) AddTags(_ context.Context, in *sdk.AddTagsInput) (*sdk.AddTagsOutput, error) {
	if err := s.checkTagged(in.ResourceArns); err != nil {
		return nil, err
	}
	changed := map[string]map[string]string{}
	for _, arn := range in.ResourceArns {
		tags, err := newTags(s.tags[arn], in.Tags)
		if err != nil {
			return nil, err
		}
		changed[arn] = tags
	}
	maps.Copy(s.tags, changed)
	return &sdk.AddTagsOutput{}, nil
}

// RemoveTags implements the operation.
func (s *Service) RemoveTags(_ context.Context, in *sdk.RemoveTagsInput) (*sdk.RemoveTagsOutput, error) {
	if err := s.checkTagged(in.ResourceArns); err != nil {
		return nil, err
	}
	for _, arn := range in.ResourceArns {
		for _, key := range in.TagKeys {
			delete(s.tags[arn], key)
		}
	}
	return &sdk.RemoveTagsOutput{}, nil
}

// DescribeTags implements the operation: at most 20 resources of any types.
func (s *Service) DescribeTags(_ context.Context, in *sdk.DescribeTagsInput) (*sdk.DescribeTagsOutput, error) {
	if err := s.checkTagged(in.ResourceArns); err != nil {
		return nil, err
	}
	out := &sdk.DescribeTagsOutput{}
	for _, arn := range in.ResourceArns {
		out.TagDescriptions = append(out.TagDescriptions, types.TagDescription{ResourceArn: aws.String(arn), Tags: s.tagList(arn)})
	}
	return out, nil
}

func (s *Service) tagList(arn string) []types.Tag {
	list := []types.Tag{}
	for _, key := range slices.Sorted(maps.Keys(s.tags[arn])) {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(s.tags[arn][key])})
	}
	return list
}
