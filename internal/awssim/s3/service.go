// Package s3 simulates general purpose buckets of Amazon S3 for one account, as far
// as buckets for logs need them.
//
// A handler is a method named after the operation; the wire layer finds it by that
// name. Names are global, so that the Regions share a Store. Versions, access control
// lists, uploads in parts, ranges, object lock and customers' own keys are not
// simulated and answer 501. Directory buckets do not exist.
package s3

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// Timings are the durations of the service.
type Timings struct {
	// Policy is how long other services do not know a changed bucket policy
	// (aws-facts §4.3, §12.7).
	Policy time.Duration
	// Release is how long the name of a deleted bucket cannot be used again, and Move
	// how long in another Region. S3 promises neither (User Guide, deleting a bucket);
	// about an hour is what people report of the latter.
	Release, Move time.Duration
}

// Store holds the buckets of all Regions.
type Store struct {
	Timings Timings
	// Limit is how many buckets the account may have.
	Limit int
	// Foreign are names that other accounts have.
	Foreign map[string]bool

	buckets map[string]*bucket
	gone    map[string]grave
}

// grave is where a bucket was, and until when.
type grave struct {
	region string
	at     time.Time
}

// NewStore returns a store without buckets.
func NewStore() *Store {
	return &Store{Timings: Timings{Policy: 20 * time.Second, Release: 5 * time.Second, Move: time.Hour}, Limit: 10000,
		Foreign: map[string]bool{}, buckets: map[string]*bucket{}, gone: map[string]grave{}}
}

// Service is S3 of one account as a Region's endpoint shows it.
type Service struct {
	*region.Region
	*Store

	// PrincipalExists reports whether a policy can name an AWS principal; nil: all.
	PrincipalExists func(arn string) bool
}

// New returns the service at a Region's endpoint.
func New(r *region.Region, store *Store) *Service { return &Service{Region: r, Store: store} }

// Inventory names the buckets in the Region, one a line.
func (s *Service) Inventory() []string {
	var lines []string
	for _, b := range s.sorted() {
		if b.region == s.Name {
			lines = append(lines, fmt.Sprintf("s3 bucket %s %s", b.name, b.tags.Part()))
		}
	}
	return lines
}

// sorted returns the buckets by name.
func (s *Store) sorted() []*bucket {
	var list []*bucket
	for _, name := range slices.Sorted(maps.Keys(s.buckets)) {
		list = append(list, s.buckets[name])
	}
	return list
}

// bucket finds a bucket of this Region. owner is the account that the caller expects it
// to belong to (S3, verifying bucket ownership).
func (s *Service) bucket(name, owner *string) (*bucket, error) {
	b := s.buckets[*name]
	switch {
	case s.Foreign[*name]:
		return nil, accessDenied("Access Denied")
	case b == nil:
		return nil, noSuch("NoSuchBucket", "The specified bucket does not exist", "BucketName", *name)
	case b.region != s.Name:
		return nil, elsewhere(b)
	case owner != nil && *owner != s.Account:
		return nil, accessDenied("Access Denied")
	}
	return b, nil
}

// elsewhere sends a caller to the bucket's own Region (S3, request routing).
func elsewhere(b *bucket) error {
	err := apierr.WithStatus(301, "PermanentRedirect",
		"The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.")
	err.Fields = map[string]string{"Bucket": b.name, "Endpoint": b.name + ".s3." + b.region + ".amazonaws.com"}
	err.Header = map[string]string{"X-Amz-Bucket-Region": b.region}
	return err
}

func accessDenied(format string, args ...any) error {
	return apierr.WithStatus(403, "AccessDenied", format, args...)
}

// noSuch says that something does not exist, and which by a field of the error.
func noSuch(code, message, field, value string) error {
	err := apierr.WithStatus(404, code, "%s", message)
	err.Fields = map[string]string{field: value}
	return err
}

func invalidArgument(format string, args ...any) error {
	return apierr.New("InvalidArgument", format, args...)
}

func malformedXML() error {
	return apierr.New("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}

// notSimulated answers a request for something that the simulator lacks.
func notSimulated(what string) error {
	return apierr.WithStatus(501, "NotImplemented", "%s: not simulated", what)
}
