// Package secretsmanager simulates AWS Secrets Manager for one account and Region.
//
// A handler is a method named after the operation; the wire layer finds it by
// that name. What the recovery window and rotation do is worked out from the
// clock when a secret is read. Replicas in other Regions are not simulated and
// answer 501.
package secretsmanager

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// Timings are the durations of the service (aws-facts §10, §14).
type Timings struct {
	// ForceDeleted is how long a name stays taken after a deletion without recovery.
	ForceDeleted time.Duration
	// Listed is how long it takes until ListSecrets knows of a change, which may be
	// five minutes on AWS.
	Listed time.Duration
	// Rotation is how long a rotation takes.
	Rotation time.Duration
}

// Service is Secrets Manager in one account and Region.
type Service struct {
	*region.Region
	Timings Timings

	// KeyUsable tells whether a KMS key can encrypt a secret; nil: any key.
	KeyUsable func(keyID string) bool
	// Rotate is what a rotation function makes of a value; nil: no function exists.
	Rotate func(functionARN, secretARN, value string) (string, error)

	secrets []*secret // in the order of creation
}

// New returns Secrets Manager without secrets.
func New(r *region.Region) *Service {
	return &Service{Region: r, Timings: Timings{ForceDeleted: 10 * time.Second, Listed: 10 * time.Second, Rotation: 5 * time.Second}}
}

// settle brings secrets to the present: it drops those whose time is over and
// carries out rotations that are due.
func (s *Service) settle() {
	now := s.Now()
	s.secrets = slices.DeleteFunc(s.secrets, func(x *secret) bool { return !x.goneAt.IsZero() && !now.Before(x.goneAt) })
	for _, x := range s.secrets {
		s.rotateDue(x, now)
	}
}

// find finds a secret by name, ARN, or ARN without the random end, also one that
// is scheduled for deletion.
func (s *Service) find(id *string) (*secret, error) {
	s.settle()
	for _, x := range s.secrets {
		if want := aws.ToString(id); want == x.name || want == x.arn || want == x.arn[:len(x.arn)-randomEnd] {
			return x, nil
		}
	}
	return nil, notFound("Secrets Manager can't find the specified secret.")
}

// live finds a secret that may be used, which one scheduled for deletion may not.
func (s *Service) live(id *string) (*secret, error) {
	x, err := s.find(id)
	if err == nil && x.deleted() {
		return nil, badRequest("You can't perform this operation on the secret because it was marked for deletion.")
	}
	return x, err
}

// own finds a secret that its user may change, which one of a service may not be.
func (s *Service) own(id *string) (*secret, error) {
	x, err := s.live(id)
	if err == nil && x.service != "" {
		return nil, managed(x)
	}
	return x, err
}

func managed(x *secret) error {
	return badRequest("You can't perform this operation on the secret because it is managed by %s.", x.service)
}

func text(format string, args []any) *string {
	message := fmt.Sprintf(format, args...)
	return &message
}

func notFound(format string, args ...any) error {
	return &types.ResourceNotFoundException{Message: text(format, args)}
}

func badRequest(format string, args ...any) error {
	return &types.InvalidRequestException{Message: text(format, args)}
}

func badParameter(message string) error {
	return &types.InvalidParameterException{Message: aws.String(message)}
}

func exists(format string, args ...any) error {
	return &types.ResourceExistsException{Message: text(format, args)}
}

// notSimulated answers a request for something that the simulator lacks.
func notSimulated(what string) error {
	return apierr.WithStatus(501, "NotImplemented", "%s: not simulated", what)
}

// Inventory names the secrets that users made, one a line, but not those that are
// scheduled for deletion.
func (s *Service) Inventory() []string {
	s.settle()
	var lines []string
	for _, x := range s.sorted() {
		if !x.deleted() && x.service == "" {
			lines = append(lines, fmt.Sprintf("secretsmanager secret %s %s", x.name, x.tags.Part()))
		}
	}
	return lines
}

// sorted returns the secrets by name.
func (s *Service) sorted() []*secret {
	return slices.SortedFunc(slices.Values(s.secrets), func(a, b *secret) int { return strings.Compare(a.name, b.name) })
}
