package ssm

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

func withTags(current tagset.Set, added []types.Tag) (tagset.Set, error) {
	set, err := current.With(tagset.Of(added, func(t types.Tag) (key, value *string) { return t.Key, t.Value }))
	switch {
	case errors.Is(err, tagset.ErrTooMany):
		return nil, &types.TooManyTagsError{Message: aws.String(err.Error())}
	case err != nil:
		return nil, invalid("%v", err)
	}
	return set, nil
}

func tagList(set tagset.Set) []types.Tag {
	return tagset.List(set, func(key, value *string) types.Tag { return types.Tag{Key: key, Value: value} })
}

// tagged finds the tags of a parameter, a document or an association.
func (s *Service) tagged(kind types.ResourceTypeForTagging, id string) (*tagset.Set, error) {
	switch kind {
	case types.ResourceTypeForTaggingParameter:
		if p := s.parameters[id]; p != nil {
			return &p.tags, nil
		}
	case types.ResourceTypeForTaggingDocument:
		if d := s.documents[id]; d != nil && d.owner == s.Account {
			return &d.tags, nil
		}
	case types.ResourceTypeForTaggingAssociation:
		if a := s.byID(id); a != nil {
			return &a.tags, nil
		}
	default:
		return nil, notSimulated("tags of " + string(kind))
	}
	return nil, &types.InvalidResourceId{Message: text("The resource ID is not valid: %s", id)}
}

// AddTagsToResource adds or overwrites tags.
func (s *Service) AddTagsToResource(_ context.Context, in *sdk.AddTagsToResourceInput) (*sdk.AddTagsToResourceOutput, error) {
	set, err := s.tagged(in.ResourceType, *in.ResourceId)
	if err != nil {
		return nil, err
	}
	tags, err := withTags(*set, in.Tags)
	if err != nil {
		return nil, err
	}
	*set = tags
	return &sdk.AddTagsToResourceOutput{}, nil
}

// RemoveTagsFromResource removes tags.
func (s *Service) RemoveTagsFromResource(_ context.Context, in *sdk.RemoveTagsFromResourceInput) (*sdk.RemoveTagsFromResourceOutput, error) {
	set, err := s.tagged(in.ResourceType, *in.ResourceId)
	if err != nil {
		return nil, err
	}
	*set = set.Without(in.TagKeys)
	return &sdk.RemoveTagsFromResourceOutput{}, nil
}

// ListTagsForResource lists tags.
func (s *Service) ListTagsForResource(_ context.Context, in *sdk.ListTagsForResourceInput) (*sdk.ListTagsForResourceOutput, error) {
	set, err := s.tagged(in.ResourceType, *in.ResourceId)
	if err != nil {
		return nil, err
	}
	return &sdk.ListTagsForResourceOutput{TagList: tagList(*set)}, nil
}
