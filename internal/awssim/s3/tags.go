package s3

import (
	"context"
	"errors"

	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// tagSet checks the tags of a bucket (S3 API, PutBucketTagging).
func tagSet(list []types.Tag) (tagset.Set, error) {
	for _, tag := range list {
		switch {
		case len(*tag.Key) == 0 || len([]rune(*tag.Key)) > 128:
			return nil, apierr.New("InvalidTag", "The TagKey you have provided is invalid")
		case len([]rune(*tag.Value)) > 256:
			return nil, apierr.New("InvalidTag", "The TagValue you have provided is invalid")
		}
	}
	tags, err := tagset.Set{}.With(tagset.Of(list, func(t types.Tag) (key, value *string) { return t.Key, t.Value }))
	switch {
	case errors.Is(err, tagset.ErrReserved):
		return nil, apierr.New("InvalidTag", "System tags cannot be added/updated by requester")
	case errors.Is(err, tagset.ErrTwice):
		return nil, apierr.New("InvalidTag", "Cannot provide multiple Tags with the same key")
	case err != nil:
		return nil, apierr.New("BadRequest", "Bucket tag count cannot be greater than 50")
	}
	return tags, nil
}

// PutBucketTagging sets a bucket's tags: those that it had and are not given are gone.
func (s *Service) PutBucketTagging(_ context.Context, in *sdk.PutBucketTaggingInput) (*sdk.PutBucketTaggingOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	tags, err := tagSet(in.Tagging.TagSet)
	if err != nil {
		return nil, err
	}
	b.tags = tags
	return &sdk.PutBucketTaggingOutput{}, nil
}

// GetBucketTagging lists a bucket's tags. To have none is an error.
func (s *Service) GetBucketTagging(_ context.Context, in *sdk.GetBucketTaggingInput) (*sdk.GetBucketTaggingOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if len(b.tags) == 0 {
		return nil, noSuch("NoSuchTagSet", "The TagSet does not exist", "BucketName", b.name)
	}
	return &sdk.GetBucketTaggingOutput{TagSet: tagset.List(b.tags, func(key, value *string) types.Tag { return types.Tag{Key: key, Value: value} })}, nil
}

// DeleteBucketTagging removes all of a bucket's tags.
func (s *Service) DeleteBucketTagging(_ context.Context, in *sdk.DeleteBucketTaggingInput) (*sdk.DeleteBucketTaggingOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	b.tags = nil
	return &sdk.DeleteBucketTaggingOutput{}, nil
}
