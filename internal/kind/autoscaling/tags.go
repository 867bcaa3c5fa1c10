package autoscaling

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// resourceType is what a group is called in tags.
const resourceType = "auto-scaling-group"

// tagMap returns a group's tags without those that AWS services set; never nil.
func tagMap(list []types.TagDescription) map[string]string {
	return tagsWhere(list, func(types.TagDescription) bool { return true })
}

// instanceTags returns those tags that new instances get.
func instanceTags(list []types.TagDescription) map[string]string {
	return tagsWhere(list, func(tag types.TagDescription) bool { return aws.ToBool(tag.PropagateAtLaunch) })
}

func tagsWhere(list []types.TagDescription, keep func(types.TagDescription) bool) map[string]string {
	tags := map[string]string{}
	for _, tag := range list {
		if key := aws.ToString(tag.Key); !strings.HasPrefix(key, "aws:") && keep(tag) {
			tags[key] = aws.ToString(tag.Value)
		}
	}
	return tags
}

// tagList returns the group's own tags and those for its instances, in the order of
// their keys. A key has one value, propagated or not.
func tagList(name string, own, propagated map[string]string) ([]types.Tag, error) {
	all := maps.Clone(own)
	if all == nil {
		all = map[string]string{}
	}
	for key, value := range propagated {
		if mine, both := own[key]; both && mine != value {
			return nil, fmt.Errorf("tag %q cannot be %q on the Auto Scaling group and %q on its instances", key, mine, value)
		}
		all[key] = value
	}
	var list []types.Tag
	for _, key := range slices.Sorted(maps.Keys(all)) {
		_, propagate := propagated[key]
		list = append(list, types.Tag{ResourceId: &name, ResourceType: aws.String(resourceType),
			Key: aws.String(key), Value: aws.String(all[key]), PropagateAtLaunch: &propagate})
	}
	return list, nil
}

func isOurs(tags map[string]string, want engine.Want) bool {
	return tags[stack.TagStack] == want.Stack.String() && tags[stack.TagPart] == want.Key
}

// owner says in words whose a group is.
func owner(tags map[string]string) string {
	if tags[stack.TagStack] == "" {
		return "was not made by webtier"
	}
	return fmt.Sprintf("is part %s of %s", tags[stack.TagPart], tags[stack.TagStack])
}
