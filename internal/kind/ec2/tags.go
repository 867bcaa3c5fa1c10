package ec2

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// tagMap returns an object's tags without those that AWS services set (aws-facts §2.9).
func tagMap(tags []types.Tag) map[string]string {
	byKey := map[string]string{}
	for _, tag := range tags {
		if key := aws.ToString(tag.Key); !strings.HasPrefix(key, "aws:") {
			byKey[key] = aws.ToString(tag.Value)
		}
	}
	return byKey
}

// tagList returns tags in the order of their keys, so that equal requests are equal.
func tagList(tags map[string]string) []types.Tag {
	var list []types.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}

// tagged is what a create call carries so that its object is found again.
func tagged(resource types.ResourceType, tags map[string]string) []types.TagSpecification {
	return []types.TagSpecification{{ResourceType: resource, Tags: tagList(tags)}}
}

// isOurs reports whether tags say that the object is the part that is wanted.
func isOurs(tags map[string]string, want engine.Want) bool {
	return tags[stack.TagStack] == want.Stack.String() && tags[stack.TagPart] == want.Key
}

// owner says in words whose an object is.
func owner(tags map[string]string) string {
	if tags[stack.TagStack] == "" {
		return "not made by webtier"
	}
	return fmt.Sprintf("part %s of %s", tags[stack.TagPart], tags[stack.TagStack])
}

// retag gives the object the wanted tags that it lacks, removes those that it must
// lose, and leaves all others.
func retag(ctx context.Context, c *awsapi.Clients, live engine.Live, want engine.Want) (engine.Live, error) {
	set, unset := want.TagChanges(live.Tags)
	// Right after a create the id may not be known everywhere (aws-facts §2.9).
	err := c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
		if len(set) == 0 {
			return nil
		}
		_, err := awsapi.EC2(c).CreateTags(ctx, &sdk.CreateTagsInput{Resources: []string{live.ID}, Tags: tagList(set)})
		return err
	})
	if err == nil && len(unset) > 0 {
		var keys []types.Tag
		for _, key := range unset {
			keys = append(keys, types.Tag{Key: aws.String(key)})
		}
		_, err = awsapi.EC2(c).DeleteTags(ctx, &sdk.DeleteTagsInput{Resources: []string{live.ID}, Tags: keys})
	}
	if err != nil {
		return live, fmt.Errorf("tagging %s: %w", live.ID, err)
	}
	live.Tags = want.Tagged(live.Tags)
	return live, nil
}
