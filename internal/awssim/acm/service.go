// Package acm simulates AWS Certificate Manager for one account and Region.
//
// A handler is a method named after the operation; the wire layer finds it by
// that name. A certificate's status is worked out from the clock when it is read;
// Tick looks whether domains have been validated. There are no keys and no real
// certificates. Private certificates and validation by HTTP are not simulated and
// answer 501.
package acm

import (
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// Timings are the durations of the service (aws-facts §11.1, §14).
type Timings struct {
	// Described is how long a requested certificate is not found yet.
	Described time.Duration
	// Records is how long it takes until the DNS records to be made are known.
	Records time.Duration
	// Validation is how long it takes to issue once the records are there.
	Validation time.Duration
	// GivenUp is how long a request waits for validation.
	GivenUp time.Duration
	// Idempotency is how long a request's token is remembered.
	Idempotency time.Duration
	// Released is how long a certificate stays in use after its last listener.
	Released time.Duration
}

// Service is ACM in one account and Region.
type Service struct {
	*region.Region
	Timings Timings

	// Resolve returns the values of a public DNS record; nil: there are no records.
	Resolve func(name, kind string) (values []string)
	// Users returns the ARNs of what uses a certificate; nil: nothing does.
	Users func(certificateARN string) []string

	certificates []*certificate // in the order of creation
}

// New returns ACM without certificates.
func New(r *region.Region) *Service {
	return &Service{Region: r, Timings: Timings{Described: 3 * time.Second, Records: 10 * time.Second, Validation: 2 * time.Minute,
		GivenUp: 72 * time.Hour, Idempotency: time.Hour, Released: 2 * time.Minute}}
}

// CertificateSpec describes a certificate that is there without a request. Its
// zero value but for the domain is one that is issued and valid for 13 months.
type CertificateSpec struct {
	ID       string // the end of its ARN; default: a new one
	Domain   string
	Others   []string // further names
	Status   types.CertificateStatus
	NotAfter time.Time
	Key      types.KeyAlgorithm
	Imported bool
	Tags     map[string]string
}

// AddCertificate makes a certificate and returns its ARN. One that is to be EXPIRED
// has expired a day ago.
func (s *Service) AddCertificate(spec CertificateSpec) (arn string) {
	now := s.Now()
	c := s.newCertificate(spec.Domain, spec.Others)
	if spec.ID != "" {
		c.arn = s.ARN("acm", "certificate/"+spec.ID)
	}
	c.requested = now.Add(-s.Timings.Records)
	c.tags, c.imported = tagset.Set(spec.Tags), spec.Imported
	if spec.Key != "" {
		c.key = spec.Key
	}
	switch spec.Status {
	case types.CertificateStatusPendingValidation:
	case types.CertificateStatusExpired:
		c.issue(now.Add(-validity - 24*time.Hour))
	case "", types.CertificateStatusIssued:
		c.issue(now)
	default:
		c.fixed = spec.Status
	}
	if !spec.NotAfter.IsZero() {
		c.notAfter = spec.NotAfter
	}
	return c.arn
}

// Issue issues a certificate that waits for validation, as if its owner had
// answered the mail.
func (s *Service) Issue(arn string) {
	for _, c := range s.certificates {
		if c.arn == arn && c.issued.IsZero() {
			c.issue(s.Now())
		}
	}
}

// Usable reports whether a listener can use the certificate: it is issued and has
// not expired (aws-facts §11.1).
func (s *Service) Usable(arn string) bool {
	c, err := s.certificate(&arn)
	return err == nil && c.status(s) == types.CertificateStatusIssued
}

// Tick looks at DNS records and users. It reports whether no certificate was
// issued: another service may wait for one.
func (s *Service) Tick(now time.Time) (settled bool) {
	settled = true
	for _, c := range s.certificates {
		if c.issued.IsZero() && s.validated(c, now) {
			c.issue(now.Add(s.Timings.Validation))
			settled = false
		}
		if len(s.users(c)) > 0 {
			c.lastUse = now
		}
	}
	return settled
}

func (s *Service) users(c *certificate) []string {
	if s.Users == nil {
		return nil
	}
	return s.Users(c.arn)
}

// Inventory names the certificates, one a line.
func (s *Service) Inventory() []string {
	var lines []string
	for _, c := range s.certificates {
		lines = append(lines, fmt.Sprintf("acm certificate %s %s", c.domain, c.tags.Part()))
	}
	return lines
}

var arnForm = regexp.MustCompile(`^arn:aws:acm:[a-z0-9-]+:\d{12}:certificate/.+$`)

// certificate finds a certificate, which a request makes only after some seconds
// (aws-facts §11.1).
func (s *Service) certificate(arn *string) (*certificate, error) {
	name := aws.ToString(arn)
	for _, c := range s.certificates {
		if c.arn == name && !s.Now().Before(c.requested.Add(s.Timings.Described)) {
			return c, nil
		}
	}
	if !arnForm.MatchString(name) {
		return nil, &types.InvalidArnException{Message: text("The Amazon Resource Name (ARN) is not valid: %s", name)}
	}
	return nil, &types.ResourceNotFoundException{Message: text("Could not find certificate %s.", name)}
}

func text(format string, args ...any) *string {
	message := fmt.Sprintf(format, args...)
	return &message
}

// notSimulated answers a request for something that the simulator lacks.
func notSimulated(what string) error {
	return apierr.WithStatus(501, "NotImplemented", "%s: not simulated", what)
}
