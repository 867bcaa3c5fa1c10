package rds

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// tagMap returns an object's tags without those that AWS services set; never nil.
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

// madeName is the form of the names that awsapi.Name makes.
var madeName = regexp.MustCompile(`-[0-9a-f]{6}$`)

// retag gives an object the wanted tags that it lacks, removes those that it must
// lose, and leaves all others.
func (r *reader) retag(ctx context.Context, have *engine.Live, want engine.Want) error {
	set, unset := want.TagChanges(have.Tags)
	arn := have.Out["arn"]
	if len(set) > 0 {
		err := r.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
			_, err := awsapi.RDS(r.c).AddTagsToResource(ctx, &sdk.AddTagsToResourceInput{ResourceName: &arn, Tags: tagList(set)})
			return err
		})
		if err != nil {
			return fmt.Errorf("tagging %s: %w", have.ID, err)
		}
	}
	if len(unset) > 0 {
		if _, err := awsapi.RDS(r.c).RemoveTagsFromResource(ctx, &sdk.RemoveTagsFromResourceInput{ResourceName: &arn, TagKeys: unset}); err != nil {
			return fmt.Errorf("untagging %s: %w", have.ID, err)
		}
	}
	have.Tags = want.Tagged(have.Tags)
	return nil
}

// adopted makes of an existing object of the wanted name the wanted part. It was
// made by an earlier call that was cut off; that of somebody else is left alone.
func (r *reader) adopted(ctx context.Context, kind engine.Kind, have engine.Live, want engine.Want, object string) (engine.Live, error) {
	if have.Tags == nil {
		tags, _, err := r.tags.Get(ctx, have.Out["arn"], false)
		if err != nil {
			return engine.Live{}, err
		}
		have.Tags = tags
	}
	have.Key = want.Key
	if err := checkOurs(have, want, object); err != nil {
		return engine.Live{}, err
	}
	if diff := engine.Difference(want.Spec, want.Tags, have, want.Untag...); len(diff) > 0 {
		return kind.Update(ctx, have, want, diff)
	}
	return have, nil
}

// checkOurs says why an existing object of the wanted name cannot be taken: it is
// not ours, or it is another than wanted.
func checkOurs(have engine.Live, want engine.Want, object string) error {
	switch owner, part := have.Tags[stack.TagStack], have.Tags[stack.TagPart]; {
	case owner == "":
		return fmt.Errorf("%s %s exists and was not made by webtier: delete it, or choose another name", object, have.ID)
	case owner != want.Stack.String() || part != want.Key:
		return fmt.Errorf("%s %s exists and is part %s of %s: choose another name", object, have.ID, part, owner)
	}
	if diff := stack.Compare(want.Spec, have.Spec); diff.Replaces() {
		return fmt.Errorf("%s %s exists with other settings: %v", object, have.ID, diff)
	}
	return nil
}
