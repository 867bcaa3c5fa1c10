package elbv2

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

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

// mayBeOurs tells by its name whether an object can be part of some stack, so that
// the tags of all others need not be read: they are read 20 a call.
func mayBeOurs(name string) bool { return madeName.MatchString(name) }

func isOurs(tags map[string]string, want engine.Want) bool {
	return tags[stack.TagStack] == want.Stack.String() && tags[stack.TagPart] == want.Key
}

// foreignError says that the object that is in the way is not the wanted part.
type foreignError struct {
	id   string
	tags map[string]string
}

func (e *foreignError) Error() string {
	owner := "was not made by webtier"
	if id := e.tags[stack.TagStack]; id != "" {
		owner = fmt.Sprintf("is part %s of %s", e.tags[stack.TagPart], id)
	}
	return fmt.Sprintf("%s exists and %s: delete it, or choose another name or port", e.id, owner)
}

// tagLag is how long tags may lag behind the object that was made with them.
const tagLag = 15 * time.Second

// complete makes of what a create call returned the wanted part. It was made by
// this call or by an earlier one that was cut off; then the rest is done now. That
// of somebody else is left alone.
func (r *reader) complete(ctx context.Context, kind engine.Kind, have engine.Live, want engine.Want) (engine.Live, error) {
	tags, err := r.tagsOfNew(ctx, have.ID, want)
	if foreign := (*foreignError)(nil); errors.As(err, &foreign) {
		return engine.Live{}, err
	}
	have.Key, have.Tags = want.Key, tags
	if err != nil {
		return have, err
	}
	diff := engine.Difference(want.Spec, want.Tags, have, want.Untag...)
	switch {
	case diff.Replaces():
		return engine.Live{}, fmt.Errorf("%s exists with other settings: %v", have.ID, diff)
	case len(diff) == 0:
		return have, nil
	}
	return kind.Update(ctx, have, want, diff)
}

// tagsOfNew returns the tags of what a create call returned, or a foreignError. An
// object that cannot be read yet was made by the call: an older one can.
func (r *reader) tagsOfNew(ctx context.Context, arn string, want engine.Want) (map[string]string, error) {
	tags := maps.Clone(want.Tags)
	isForeign := func(err error) bool { return errors.As(err, new(*foreignError)) }
	err := r.c.Pace.Retry(ctx, tagLag, isForeign, func(ctx context.Context) error {
		read, found, err := r.tags.Get(ctx, arn, false)
		switch {
		case awsapi.IsNotFound(err) || err == nil && !found:
			return nil
		case err != nil:
			return err
		case !isOurs(read, want):
			return &foreignError{arn, read}
		}
		tags = read
		return nil
	})
	return tags, err
}

// retag gives an object the wanted tags that it lacks, removes those that it must
// lose, and leaves all others.
func (r *reader) retag(ctx context.Context, have *engine.Live, want engine.Want) error {
	set, unset := want.TagChanges(have.Tags)
	err := r.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
		if len(set) == 0 {
			return nil
		}
		_, err := awsapi.ELBv2(r.c).AddTags(ctx, &sdk.AddTagsInput{ResourceArns: []string{have.ID}, Tags: tagList(set)})
		return err
	})
	if err == nil && len(unset) > 0 {
		_, err = awsapi.ELBv2(r.c).RemoveTags(ctx, &sdk.RemoveTagsInput{ResourceArns: []string{have.ID}, TagKeys: unset})
	}
	if err != nil {
		return fmt.Errorf("tagging: %w", err)
	}
	have.Tags = want.Tagged(have.Tags)
	return nil
}

// differing returns the wanted pairs that are missing or have another value.
func differing(have, want map[string]string) map[string]string {
	missing := map[string]string{}
	for key, value := range want {
		if now, ok := have[key]; !ok || now != value {
			missing[key] = value
		}
	}
	return missing
}

// merged returns have with the pairs of more.
func merged(have, more map[string]string) map[string]string {
	both := map[string]string{}
	maps.Copy(both, have)
	maps.Copy(both, more)
	return both
}
