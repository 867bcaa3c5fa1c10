// Package route53 simulates hosted zones and records of Amazon Route 53 for one
// account.
//
// A handler is a method named after the operation; the wire layer finds it by
// that name. Route 53 is global. Health checks, traffic policies, DNSSEC, reusable
// delegation sets and changes of a private zone's networks are not simulated and
// answer 501.
package route53

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// Timings are the durations of the service.
type Timings struct {
	// InSync is how long a change is PENDING (aws-facts §11.2, §14).
	InSync time.Duration
}

// Service is Route 53 of one account. The Region lends its clock and identifiers
// only.
type Service struct {
	*region.Region
	Timings Timings

	zones   map[string]*zone // by id
	changes map[string]*types.ChangeInfo
}

// New returns Route 53 without hosted zones.
func New(r *region.Region) *Service {
	return &Service{Region: r, Timings: Timings{InSync: 40 * time.Second}, zones: map[string]*zone{}, changes: map[string]*types.ChangeInfo{}}
}

// Resolve returns the values of a record in a public hosted zone. Of records with
// a routing policy it returns those of the first. Alias records have none.
func (s *Service) Resolve(name, kind string) (values []string) {
	name = canonical(name)
	for _, z := range s.sorted() {
		if z.config.PrivateZone {
			continue
		}
		for _, r := range z.records {
			if *r.Name == name && string(r.Type) == kind && values == nil {
				for _, record := range r.ResourceRecords {
					values = append(values, *record.Value)
				}
			}
		}
	}
	return values
}

// Inventory names the zones and the records that users made, one a line.
func (s *Service) Inventory() []string {
	var lines []string
	for _, z := range s.sorted() {
		lines = append(lines, fmt.Sprintf("route53 hostedzone %s %s", z.name, z.tags.Part()))
		for _, r := range z.records {
			if !z.own(r) {
				lines = append(lines, fmt.Sprintf("route53 record %s/%s %s", *r.Name, r.Type, z.tags.Part()))
			}
		}
	}
	return lines
}

// sorted returns the zones by id.
func (s *Service) sorted() []*zone {
	var list []*zone
	for _, id := range slices.Sorted(maps.Keys(s.zones)) {
		list = append(list, s.zones[id])
	}
	return list
}

// zone finds a hosted zone by its id, with or without /hostedzone/ before it.
func (s *Service) zone(id *string) (*zone, error) {
	name := strings.TrimPrefix(aws.ToString(id), "/hostedzone/")
	if z := s.zones[name]; z != nil {
		return z, nil
	}
	return nil, &types.NoSuchHostedZone{Message: text("No hosted zone found with ID: %s", name)}
}

// change notes a change, which reaches all name servers some time later.
func (s *Service) change(comment *string) *types.ChangeInfo {
	c := &types.ChangeInfo{Id: aws.String("/change/C" + strings.ToUpper(s.Hex(20))), SubmittedAt: aws.Time(s.Now()), Comment: comment}
	s.changes[*c.Id] = c
	return s.shownChange(c)
}

func (s *Service) shownChange(c *types.ChangeInfo) *types.ChangeInfo {
	shown := *c
	shown.Status = types.ChangeStatusPending
	if !s.Now().Before(c.SubmittedAt.Add(s.Timings.InSync)) {
		shown.Status = types.ChangeStatusInsync
	}
	return &shown
}

func text(format string, args ...any) *string {
	message := fmt.Sprintf(format, args...)
	return &message
}

func invalidInput(format string, args ...any) error {
	return &types.InvalidInput{Message: text(format, args...)}
}

// notSimulated answers a request for something that the simulator lacks.
func notSimulated(what string) error {
	return apierr.WithStatus(501, "NotImplemented", "%s: not simulated", what)
}
