package cloudwatch

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
)

// tagMap returns an alarm's tags without those that AWS services set; never nil.
func tagMap(list []types.Tag) map[string]string {
	tags := map[string]string{}
	for _, tag := range list {
		if key := aws.ToString(tag.Key); !strings.HasPrefix(key, "aws:") {
			tags[key] = aws.ToString(tag.Value)
		}
	}
	return tags
}

// tagList returns tags in the order of their keys, so that equal requests are equal.
func tagList(tags map[string]string) []types.Tag {
	var list []types.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}

// retag gives an alarm the wanted tags that it lacks, removes those that it must
// lose, and leaves all others.
func (k *alarms) retag(ctx context.Context, have *engine.Live, want engine.Want) error {
	arn := have.Out["arn"]
	set, unset := want.TagChanges(have.Tags)
	err := k.c.Pace.Retry(ctx, propagation, isGone, func(ctx context.Context) error {
		if len(set) == 0 {
			return nil
		}
		_, err := awsapi.CloudWatch(k.c).TagResource(ctx, &sdk.TagResourceInput{ResourceARN: &arn, Tags: tagList(set)})
		return err
	})
	if err == nil && len(unset) > 0 {
		_, err = awsapi.CloudWatch(k.c).UntagResource(ctx, &sdk.UntagResourceInput{ResourceARN: &arn, TagKeys: unset})
	}
	if err == nil {
		have.Tags = want.Tagged(have.Tags)
	}
	return err
}
