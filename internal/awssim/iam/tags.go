package iam

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// maxTags is IAM's limit of tags per object.
const maxTags = 50

// withTags returns the tags with more added or overwritten, in the order of their
// keys. Keys differ by more than case.
func withTags(have, more []types.Tag) ([]types.Tag, error) {
	tags := slices.Clone(have)
	for i, tag := range more {
		key := aws.ToString(tag.Key)
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return nil, invalidInput("Tag keys starting with 'aws:' are reserved for system use")
		}
		if slices.ContainsFunc(more[:i], hasKey(key)) {
			return nil, invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		tag := types.Tag{Key: aws.String(key), Value: aws.String(aws.ToString(tag.Value))}
		if at := slices.IndexFunc(tags, hasKey(key)); at >= 0 {
			tags[at] = tag
		} else {
			tags = append(tags, tag)
		}
	}
	if len(tags) > maxTags {
		return nil, limitExceeded("The number of tags has reached the maximum limit.")
	}
	slices.SortFunc(tags, func(a, b types.Tag) int { return cmp.Compare(*a.Key, *b.Key) })
	return tags, nil
}

// withoutTags returns the tags without those keys; unknown keys are no error.
func withoutTags(have []types.Tag, keys []string) []types.Tag {
	tags := slices.Clone(have)
	for _, key := range keys {
		tags = slices.DeleteFunc(tags, hasKey(key))
	}
	return tags
}

func hasKey(key string) func(types.Tag) bool {
	return func(tag types.Tag) bool { return strings.EqualFold(aws.ToString(tag.Key), key) }
}
