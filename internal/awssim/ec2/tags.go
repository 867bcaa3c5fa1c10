package ec2

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// maxTags is how many tags of the user's own a resource can have (aws-facts §2.9).
const maxTags = 50

// exists reports whether an id is of an object that can be tagged now.
func (s *Service) exists(id string) bool {
	if present, ok := s.existing()[kindPrefix(id)]; ok {
		return present(id)
	}
	return s.computeExists(id)
}

func kindPrefix(id string) string {
	k, _ := kindOf(id)
	return k.prefix
}

// existing tells, for each kind of the networking half, whether an id is taken.
func (s *Service) existing() map[string]func(id string) bool {
	return map[string]func(string) bool{
		kindVPC.prefix:         has(&s.vpcs),
		kindSubnet.prefix:      has(&s.subnets),
		kindGateway.prefix:     has(&s.gateways),
		kindAddress.prefix:     func(id string) bool { s.liveAddresses(); return has(&s.addresses)(id) },
		kindNAT.prefix:         func(id string) bool { s.visibleNATs(); return has(&s.nats)(id) },
		kindRouteTable.prefix:  has(&s.routeTables),
		kindEndpoint.prefix:    func(id string) bool { s.liveEndpoints(); return has(&s.endpoints)(id) },
		kindFlowLog.prefix:     has(&s.flowLogs),
		kindGroup.prefix:       has(&s.groups),
		kindGroupRule.prefix:   has(&s.groupRules),
		kindInterface.prefix:   func(id string) bool { s.liveInterfaces(); return has(&s.interfaces)(id) },
		kindDHCPOptions.prefix: func(id string) bool { return id == s.dhcpOptionsID },
		kindACL.prefix: func(id string) bool {
			return slices.ContainsFunc(s.vpcs.all(), func(v *vpc) bool { return v.aclID == id })
		},
	}
}

func has[T any](c *collection[T]) func(id string) bool {
	return func(id string) bool {
		_, ok := c.get(id)
		return ok
	}
}

// checkTagSpecifications checks the tags of a call that makes resources: they may
// be for the types of resource that it makes.
func checkTagSpecifications(specs []types.TagSpecification, resourceTypes ...types.ResourceType) error {
	seen := map[types.ResourceType]bool{}
	for _, spec := range specs {
		switch {
		case !slices.Contains(resourceTypes, spec.ResourceType):
			return apierr.New("InvalidParameterValue", "'%s' is not a valid taggable resource type for this operation.", spec.ResourceType)
		case seen[spec.ResourceType]:
			return apierr.New("InvalidParameterValue", "Duplicate resource type '%s' in the tag specifications.", spec.ResourceType)
		case len(spec.Tags) > maxTags:
			return tooManyTags()
		}
		seen[spec.ResourceType] = true
		if err := checkTags(spec.Tags); err != nil {
			return err
		}
	}
	return nil
}

func tooManyTags() error {
	return apierr.New("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
}

// checkTags checks what a user's tags may be (aws-facts §2.9).
func checkTags(tags []types.Tag) error {
	seen := map[string]bool{}
	for _, tag := range tags {
		key, value := aws.ToString(tag.Key), aws.ToString(tag.Value)
		switch {
		case key == "":
			return apierr.New("InvalidParameterValue", "Tag keys must not be empty.")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return apierr.New("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
		case len([]rune(key)) > 128:
			return apierr.New("InvalidParameterValue", "Tag key exceeds the maximum length of 128 characters")
		case len([]rune(value)) > 256:
			return apierr.New("InvalidParameterValue", "Tag value exceeds the maximum length of 256 characters")
		case seen[key]:
			return apierr.New("InvalidParameterValue", "Duplicate tag key '%s' specified.", key)
		}
		seen[key] = true
	}
	return nil
}

// CreateTags sets tags of resources of any kind: of all that are named, or of
// none if one does not exist.
func (s *Service) CreateTags(_ context.Context, in *sdk.CreateTagsInput) (*sdk.CreateTagsOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	if len(in.Tags) == 0 {
		return nil, apierr.New("MissingParameter", "The request must contain the parameter tagSet")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if err := s.checkTagged(in.Resources); err != nil {
		return nil, err
	}
	for _, id := range in.Resources {
		after := maps.Clone(s.tags[id])
		if after == nil {
			after = map[string]string{}
		}
		for _, tag := range in.Tags {
			after[*tag.Key] = aws.ToString(tag.Value)
		}
		maps.DeleteFunc(after, func(key, _ string) bool { return strings.HasPrefix(key, "aws:") })
		if len(after) > maxTags {
			return nil, tooManyTags()
		}
	}
	for _, id := range in.Resources {
		s.setTags(id, in.Tags)
	}
	return &sdk.CreateTagsOutput{}, nil
}

// checkTagged checks the resources that a call is to tag.
func (s *Service) checkTagged(ids []string) error {
	if len(ids) > 1000 { // aws-facts §2.9
		return apierr.New("InvalidParameterValue", "The maximum number of resources that can be tagged in a call is 1000.")
	}
	for _, id := range ids {
		k, known := kindOf(id)
		if !known {
			return apierr.New("InvalidID", "The ID '%s' is not valid", id)
		}
		if !s.exists(id) {
			return k.missing(id)
		}
	}
	return nil
}

// DeleteTags removes tags: a key with a value only where the value is that one,
// and all of the user's if no tag is named.
func (s *Service) DeleteTags(_ context.Context, in *sdk.DeleteTagsInput) (*sdk.DeleteTagsOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if err := s.checkTagged(in.Resources); err != nil {
		return nil, err
	}
	for _, id := range in.Resources {
		maps.DeleteFunc(s.tags[id], func(key, value string) bool {
			if len(in.Tags) == 0 {
				return !strings.HasPrefix(key, "aws:")
			}
			return slices.ContainsFunc(in.Tags, func(tag types.Tag) bool {
				return aws.ToString(tag.Key) == key && (tag.Value == nil || *tag.Value == value)
			})
		})
	}
	return &sdk.DeleteTagsOutput{}, nil
}

var tagListing = listing[types.TagDescription]{
	id:   func(tag types.TagDescription) string { return aws.ToString(tag.ResourceId) },
	page: 1000,
	attributes: func(tag types.TagDescription) map[string][]string {
		return map[string][]string{
			"key":           values(tag.Key),
			"resource-id":   values(tag.ResourceId),
			"resource-type": {string(tag.ResourceType)},
			"value":         values(tag.Value),
		}
	},
}

// DescribeTags lists the tags of everything that exists.
func (s *Service) DescribeTags(_ context.Context, in *sdk.DescribeTagsInput) (*sdk.DescribeTagsOutput, error) {
	var all []types.TagDescription
	for _, id := range slices.Sorted(maps.Keys(s.tags)) {
		k, known := kindOf(id)
		if !known || !s.exists(id) {
			continue
		}
		for _, tag := range s.tagList(id) {
			all = append(all, types.TagDescription{Key: tag.Key, Value: tag.Value, ResourceId: aws.String(id), ResourceType: k.resource})
		}
	}
	page, next, err := list(s, tagListing, all, query{filters: in.Filters, size: in.MaxResults, token: in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeTagsOutput{Tags: page, NextToken: next}, nil
}
