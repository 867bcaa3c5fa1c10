// Package iam simulates the part of AWS IAM that servers need: roles, their
// policies and instance profiles.
//
// IAM answers at once, yet EC2 accepts a new instance profile only seconds later;
// InstanceProfileUsable tells when.
package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// Timings are the durations of the service.
type Timings struct {
	// Propagation is how long after it got its role a profile becomes usable by EC2.
	Propagation time.Duration
}

// Service is IAM of one account. IAM is global; the Region lends its clock and
// identifiers only.
type Service struct {
	*region.Region
	Timings Timings

	roles    map[string]*role    // by lower-case name
	profiles map[string]*profile // by lower-case name
}

// New returns an IAM without roles and profiles.
func New(r *region.Region) *Service {
	return &Service{
		Region: r,
		// aws-facts §14: usable by EC2 and Auto Scaling after 5-20 s.
		Timings:  Timings{Propagation: 12 * time.Second},
		roles:    map[string]*role{},
		profiles: map[string]*profile{},
	}
}

// arn returns an IAM ARN, which names no Region: arn:aws:iam::<account>:<kind><path><name>.
func (s *Service) arn(kind, path, name string) string {
	return fmt.Sprintf("arn:aws:iam::%s:%s%s%s", s.Account, kind, path, name)
}

// uniqueID returns an identifier in IAM's form, such as AROA and 17 capitals or digits.
func (s *Service) uniqueID(prefix string) string {
	return prefix + strings.ToUpper(s.Hex(17))
}

// fold is the form under which a name is unique: names differ by more than case
// (aws-facts §9.2).
func fold(name *string) string { return strings.ToLower(aws.ToString(name)) }

// pathOrRoot is the path of a new object.
func pathOrRoot(path *string) string {
	if aws.ToString(path) == "" {
		return "/"
	}
	return *path
}

// page cuts a list as IAM does: 100 items by default, 1000 at most.
func page[T any](items []T, marker *string, size *int32) (out []T, next *string, truncated bool, err error) {
	out, next, err = paging.Page(items, marker, size, 100, 1000, "ValidationError")
	return out, next, next != nil, err
}

// sorted returns the values of a map in the order of their keys.
func sorted[T any](byName map[string]T) []T {
	list := make([]T, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		list = append(list, byName[name])
	}
	return list
}

// Inventory names the roles and profiles that users made, one a line.
func (s *Service) Inventory() []string {
	var lines []string
	for _, r := range sorted(s.roles) {
		if !r.serviceLinked {
			lines = append(lines, fmt.Sprintf("iam role %s %s", *r.RoleName, partOf(r.Tags)))
		}
	}
	for _, p := range sorted(s.profiles) {
		lines = append(lines, fmt.Sprintf("iam instance-profile %s %s", *p.InstanceProfileName, partOf(p.Tags)))
	}
	return lines
}

func partOf(tags []types.Tag) string {
	for _, tag := range tags {
		if aws.ToString(tag.Key) == "webtier:part" {
			return aws.ToString(tag.Value)
		}
	}
	return "-"
}
