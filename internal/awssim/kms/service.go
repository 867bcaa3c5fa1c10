// Package kms simulates the part of AWS KMS that others need to know of keys: what
// keys and aliases there are, their policies and grants.
//
// A handler is a method named after the operation; the wire layer finds it by
// that name. Keys are made by AddKey, not by calls; nothing is encrypted.
package kms

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// Service is KMS in one account and Region.
type Service struct {
	*region.Region

	// PrincipalKnown tells whether a grant may name a principal's ARN; nil: any.
	PrincipalKnown func(arn string) bool

	keys []*key
}

// managedAliases are the aliases of the keys that AWS services make for an account.
var managedAliases = []string{"aws/ebs", "aws/rds", "aws/secretsmanager", "aws/sqs", "aws/ssm"}

// New returns KMS with the keys of AWS services only.
func New(r *region.Region) *Service {
	s := &Service{Region: r}
	for _, alias := range managedAliases {
		s.AddKey(KeySpec{Alias: alias, AWSManaged: true, Description: "Default key of " + alias})
	}
	return s
}

// KeySpec describes a key. Its zero value is an enabled symmetric key of the user,
// whose policy lets the account do everything.
type KeySpec struct {
	ID          string // default: a new one
	Alias       string // without alias/; "": none
	Description string
	State       types.KeyState
	Spec        types.KeySpec
	Usage       types.KeyUsageType
	Policy      string
	AWSManaged  bool
	MultiRegion bool
	Tags        map[string]string
	// DeletionDate is of a key whose State is PendingDeletion.
	DeletionDate time.Time
}

// key is a key with its alias and grants.
type key struct {
	KeySpec
	arn     string
	created time.Time
	tags    tagset.Set
	grants  []*types.GrantListEntry
}

// AddKey makes a key, or replaces the one with the same ID. It returns its ARN.
func (s *Service) AddKey(spec KeySpec) (arn string) {
	if spec.ID == "" {
		spec.ID = s.UUID()
	}
	if spec.State == "" {
		spec.State = types.KeyStateEnabled
	}
	if spec.Spec == "" {
		spec.Spec = types.KeySpecSymmetricDefault
	}
	if spec.Usage == "" {
		spec.Usage = types.KeyUsageTypeEncryptDecrypt
	}
	if spec.Policy == "" {
		spec.Policy = fmt.Sprintf(`{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow",`+
			`"Principal":{"AWS":"arn:aws:iam::%s:root"},"Action":"kms:*","Resource":"*"}]}`, s.Account)
	}
	k := &key{KeySpec: spec, arn: s.ARN("kms", "key/"+spec.ID), created: s.Now(), tags: spec.Tags}
	for i, old := range s.keys {
		if old.ID == spec.ID {
			k.created, k.grants = old.created, old.grants
			s.keys[i] = k
			return k.arn
		}
	}
	s.keys = append(s.keys, k)
	return k.arn
}

// State tells the state of a key by id, ARN, alias or the ARN of an alias, as KMS
// calls it; it is "" if there is none.
func (s *Service) State(keyID string) string {
	k, err := s.key(&keyID)
	if err != nil {
		return ""
	}
	return string(k.State)
}

// KeyARN returns the ARN of a key by any of its names, or "" if there is none.
func (s *Service) KeyARN(keyID string) string {
	k, err := s.key(&keyID)
	if err != nil {
		return ""
	}
	return k.arn
}

// Usable reports whether a key can encrypt and decrypt data.
func (s *Service) Usable(keyIDorARN string) bool {
	k, err := s.key(&keyIDorARN)
	return err == nil && k.State == types.KeyStateEnabled && k.Usage == types.KeyUsageTypeEncryptDecrypt
}

// Inventory names the keys that users have, one a line.
func (s *Service) Inventory() []string {
	var lines []string
	for _, k := range s.keys {
		if k.AWSManaged {
			continue
		}
		lines = append(lines, fmt.Sprintf("kms key %s %s", k.ID, k.tags.Part()))
		for _, grant := range k.grants {
			lines = append(lines, fmt.Sprintf("kms grant %s/%s -", k.ID, *grant.GrantId))
		}
	}
	return lines
}

// key finds a key by id, ARN, alias or the ARN of an alias.
func (s *Service) key(id *string) (*key, error) {
	name := aws.ToString(id)
	if alias, ofAlias := strings.CutPrefix(strings.TrimPrefix(name, s.ARN("kms", "")), "alias/"); ofAlias {
		for _, k := range s.keys {
			if k.Alias == alias {
				return k, nil
			}
		}
		return nil, notFound("Alias %s is not found.", s.ARN("kms", "alias/"+alias))
	}
	return s.keyProper(id)
}

// keyProper finds a key by id or ARN, where aliases are not allowed.
func (s *Service) keyProper(id *string) (*key, error) {
	name := aws.ToString(id)
	for _, k := range s.keys {
		if name == k.ID || name == k.arn {
			return k, nil
		}
	}
	switch {
	case strings.HasPrefix(name, "arn:") && !strings.HasPrefix(name, s.ARN("kms", "")):
		return nil, notFound("Invalid arn %s", s.Name)
	case strings.HasPrefix(name, "arn:"):
		return nil, notFound("Key '%s' does not exist", name)
	case strings.HasPrefix(name, "alias/"):
		return nil, notFound("Invalid keyId '%s'", name)
	}
	return nil, notFound("Key '%s' does not exist", s.ARN("kms", "key/"+name))
}

func text(format string, args []any) *string {
	message := fmt.Sprintf(format, args...)
	return &message
}

func notFound(format string, args ...any) error {
	return &types.NotFoundException{Message: text(format, args)}
}

func invalidARN(format string, args ...any) error {
	return &types.InvalidArnException{Message: text(format, args)}
}

// page cuts a list; most is its largest and, as KMS does, usual page.
func page[T any](items []T, marker *string, limit *int32, fallback, most int) (out []T, next *string, truncated bool, err error) {
	out, next, err = paging.Page(items, marker, limit, fallback, most, "InvalidMarkerException")
	return out, next, next != nil, err
}

func denied(format string, args ...any) error {
	return apierr.New("AccessDeniedException", format, args...)
}
