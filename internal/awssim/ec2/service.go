// Package ec2 simulates Amazon EC2 for one account and Region: networks,
// security groups, launch templates, instances and images.
//
// A handler is a method named after the operation; the wire layer finds it by
// that name. Objects are the SDK's structs plus the instants at which they change
// state; a state is worked out from the clock when it is read. Handlers run one
// at a time under the simulator's lock.
package ec2

import (
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// Service is EC2 in one account and Region.
type Service struct {
	*region.Region

	// InstanceProfile looks an instance profile up by name or ARN and tells when
	// EC2 began or will begin to accept it (aws-facts §9.1). Set by the simulator.
	InstanceProfile func(nameOrARN string) (usableAt time.Time, found bool)

	tags map[string]map[string]string // by resource id
	network
	compute
}

// New returns EC2 without any network, with the images and instance types that
// the simulator offers.
func New(r *region.Region) *Service {
	s := &Service{Region: r, tags: map[string]map[string]string{}}
	s.network = newNetwork(r)
	s.compute = newCompute(s)
	return s
}

// Tick lets things happen that nobody asked for, up to now. States are worked out
// when they are read, so nothing is ever left to do.
func (s *Service) Tick(now time.Time) (settled bool) { return true }

// tagOnCreate applies the tags that a create call carries for the resource type.
func (s *Service) tagOnCreate(resourceType types.ResourceType, id string, specs []types.TagSpecification) {
	for _, spec := range specs {
		if spec.ResourceType == resourceType {
			s.setTags(id, spec.Tags)
		}
	}
}

func (s *Service) setTags(id string, tags []types.Tag) {
	if s.tags[id] == nil {
		s.tags[id] = map[string]string{}
	}
	for _, tag := range tags {
		s.tags[id][aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
}

// tagList returns a resource's tags in the order of their keys.
func (s *Service) tagList(id string) []types.Tag {
	var list []types.Tag
	for _, key := range slices.Sorted(maps.Keys(s.tags[id])) {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(s.tags[id][key])})
	}
	return list
}

// matches reports whether an object passes all filters. attributes holds the
// values of every filter name that the operation knows, by name; tag:KEY and
// tag-key are answered from the object's tags. A filter that the operation does
// not know is InvalidParameterValue, as on EC2, never ignored. Values may hold
// the wildcards * and ?.
func (s *Service) matches(id string, filters []types.Filter, attributes map[string][]string) (bool, error) {
	if err := checkFilters(filters, attributes); err != nil {
		return false, err
	}
	for _, filter := range filters {
		name := aws.ToString(filter.Name)
		have := attributes[name]
		if key, isTag := strings.CutPrefix(name, "tag:"); isTag {
			have = nil
			if value, ok := s.tags[id][key]; ok {
				have = []string{value}
			}
		} else if name == "tag-key" {
			have = slices.Collect(maps.Keys(s.tags[id]))
		}
		if !anyMatch(filter.Values, have) {
			return false, nil
		}
	}
	return true, nil
}

// checkFilters refuses filters that the operation does not know, whether or not
// there is an object to apply them to.
func checkFilters(filters []types.Filter, known map[string][]string) error {
	for _, filter := range filters {
		name := aws.ToString(filter.Name)
		if _, ok := known[name]; !ok && name != "tag-key" && !strings.HasPrefix(name, "tag:") {
			return apierr.New("InvalidParameterValue", "The filter '%s' is invalid", name)
		}
		if len(filter.Values) > 200 {
			return apierr.New("FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200")
		}
	}
	return nil
}

func anyMatch(patterns, values []string) bool {
	for _, pattern := range patterns {
		// path.Match treats [ as special, EC2 does not.
		pattern = strings.ReplaceAll(pattern, "[", "\\[")
		for _, value := range values {
			// "/" is no separator in EC2's wildcards.
			if ok, _ := path.Match(strings.ReplaceAll(pattern, "/", "\x00"), strings.ReplaceAll(value, "/", "\x00")); ok {
				return true
			}
		}
	}
	return false
}
