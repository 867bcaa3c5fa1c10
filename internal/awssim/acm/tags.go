package acm

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

func withTags(current tagset.Set, added []types.Tag) (tagset.Set, error) {
	set, err := current.With(tagset.Of(added, func(t types.Tag) (key, value *string) { return t.Key, t.Value }))
	switch {
	case errors.Is(err, tagset.ErrTooMany):
		return nil, &types.TooManyTagsException{Message: aws.String(err.Error())}
	case err != nil:
		return nil, &types.InvalidTagException{Message: aws.String(err.Error())}
	}
	return set, nil
}

// AddTagsToCertificate adds or overwrites tags.
func (s *Service) AddTagsToCertificate(_ context.Context, in *sdk.AddTagsToCertificateInput) (*sdk.AddTagsToCertificateOutput, error) {
	c, err := s.certificate(in.CertificateArn)
	if err != nil {
		return nil, err
	}
	tags, err := withTags(c.tags, in.Tags)
	if err != nil {
		return nil, err
	}
	c.tags = tags
	return &sdk.AddTagsToCertificateOutput{}, nil
}

// RemoveTagsFromCertificate removes tags; one that is given with a value only if
// it has that.
func (s *Service) RemoveTagsFromCertificate(_ context.Context, in *sdk.RemoveTagsFromCertificateInput) (*sdk.RemoveTagsFromCertificateOutput, error) {
	c, err := s.certificate(in.CertificateArn)
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, tag := range in.Tags {
		if tag.Value == nil || *tag.Value == c.tags[*tag.Key] {
			keys = append(keys, *tag.Key)
		}
	}
	c.tags = c.tags.Without(keys)
	return &sdk.RemoveTagsFromCertificateOutput{}, nil
}

// ListTagsForCertificate lists a certificate's tags.
func (s *Service) ListTagsForCertificate(_ context.Context, in *sdk.ListTagsForCertificateInput) (*sdk.ListTagsForCertificateOutput, error) {
	c, err := s.certificate(in.CertificateArn)
	if err != nil {
		return nil, err
	}
	return &sdk.ListTagsForCertificateOutput{Tags: tagset.List(c.tags, func(key, value *string) types.Tag { return types.Tag{Key: key, Value: value} })}, nil
}
