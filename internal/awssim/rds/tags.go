package rds

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// newTags returns tags with those of a request added.
func newTags(current tagset.Set, added []types.Tag) (tagset.Set, error) {
	tags, err := current.With(tagset.Of(added, func(t types.Tag) (key, value *string) { return t.Key, t.Value }))
	if err != nil {
		return nil, badValue("%s", err)
	}
	return tags, nil
}

// tagList shows the tags of a resource by key.
func (s *Service) tagList(arn string) []types.Tag {
	return tagset.List(s.tags[arn], func(key, value *string) types.Tag { return types.Tag{Key: key, Value: value} })
}

// retag moves tags when a name, and with it the ARN, changes (aws-facts §6.1).
func (s *Service) retag(from, to string) {
	s.tags[to] = s.tags[from]
	delete(s.tags, from)
}

// tagged finds a resource by ARN, and answers with the error of its type if there
// is none.
func (s *Service) tagged(arn *string) (string, error) {
	name := aws.ToString(arn)
	if _, ok := s.tags[name]; ok {
		return name, nil
	}
	rest, own := strings.CutPrefix(name, s.ARN("rds", ""))
	kind, id, ok := strings.Cut(rest, ":")
	missing := map[string]func(string) error{"db": noInstance, "cluster": noCluster, "snapshot": noSnapshot,
		"cluster-snapshot": noClusterSnapshot, "subgrp": noSubnetGroup, "pg": noParameterGroup, "cluster-pg": noClusterParameterGroup,
		"deployment": noDeployment, "es": noSubscription}[kind]
	if !own || !ok || missing == nil {
		return "", badValue("Invalid resource name: %s", name)
	}
	return "", missing(id)
}

// AddTagsToResource implements the operation.
func (s *Service) AddTagsToResource(_ context.Context, in *sdk.AddTagsToResourceInput) (*sdk.AddTagsToResourceOutput, error) {
	arn, err := s.tagged(in.ResourceName)
	if err != nil {
		return nil, err
	}
	tags, err := newTags(s.tags[arn], in.Tags)
	if err != nil {
		return nil, err
	}
	s.tags[arn] = tags
	return &sdk.AddTagsToResourceOutput{}, nil
}

// RemoveTagsFromResource implements the operation.
func (s *Service) RemoveTagsFromResource(_ context.Context, in *sdk.RemoveTagsFromResourceInput) (*sdk.RemoveTagsFromResourceOutput, error) {
	arn, err := s.tagged(in.ResourceName)
	if err != nil {
		return nil, err
	}
	s.tags[arn] = s.tags[arn].Without(in.TagKeys)
	return &sdk.RemoveTagsFromResourceOutput{}, nil
}

// ListTagsForResource implements the operation.
func (s *Service) ListTagsForResource(_ context.Context, in *sdk.ListTagsForResourceInput) (*sdk.ListTagsForResourceOutput, error) {
	arn, err := s.tagged(in.ResourceName)
	if err != nil {
		return nil, err
	}
	return &sdk.ListTagsForResourceOutput{TagList: s.tagList(arn)}, nil
}
