package iam

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/webtier/terraform-provider-webtier/internal/engine"
)

// tagList returns the tags as IAM takes them, in the order of their keys.
func tagList(tags map[string]string) []types.Tag {
	var list []types.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}

// tagMap returns the tags but those of AWS itself; never nil.
func tagMap(list []types.Tag) map[string]string {
	tags := map[string]string{}
	for _, tag := range list {
		if key := aws.ToString(tag.Key); !strings.HasPrefix(key, "aws:") {
			tags[key] = aws.ToString(tag.Value)
		}
	}
	return tags
}

// retag makes the tag changes of an object: the wanted tags that it lacks are set,
// those that it must lose are removed, and all others stay.
func retag(have engine.Live, want engine.Want, set func([]types.Tag) error, unset func([]string) error) error {
	missing, surplus := want.TagChanges(have.Tags)
	if len(missing) > 0 {
		if err := set(tagList(missing)); err != nil {
			return err
		}
	}
	if len(surplus) > 0 {
		return unset(surplus)
	}
	return nil
}

// updated returns the object as it is after it was brought to what is wanted.
func updated(have engine.Live, want engine.Want) engine.Live {
	have.Key, have.Spec, have.Tags = want.Key, want.Spec, want.Tagged(have.Tags)
	return have
}
