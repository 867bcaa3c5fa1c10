package kms

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// CreateGrant lets a principal use a key. The same name with the same settings
// names the same grant (aws-facts §11.3, §17).
func (s *Service) CreateGrant(_ context.Context, in *sdk.CreateGrantInput) (*sdk.CreateGrantOutput, error) {
	k, err := s.keyProper(in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := s.checkGrant(k, in); err != nil {
		return nil, err
	}
	grant := &types.GrantListEntry{KeyId: aws.String(k.arn), Name: in.Name, GranteePrincipal: in.GranteePrincipal, RetiringPrincipal: in.RetiringPrincipal,
		GranteeServicePrincipal: in.GranteeServicePrincipal, RetiringServicePrincipal: in.RetiringServicePrincipal,
		Operations: slices.Clone(in.Operations), Constraints: cloned(in.Constraints), IssuingAccount: aws.String("arn:aws:iam::" + s.Account + ":root")}
	// Every call returns another token.
	token := aws.String(s.Hex(64))
	if same := k.sameGrant(grant); same != nil {
		return &sdk.CreateGrantOutput{GrantId: same.GrantId, GrantToken: token}, nil
	}
	if aws.ToBool(in.DryRun) {
		return nil, &types.DryRunOperationException{Message: aws.String("The request would have succeeded, but the DryRun option is set.")}
	}
	grant.GrantId, grant.CreationDate = aws.String(s.Hex(64)), aws.Time(s.Now())
	k.grants = append(k.grants, grant)
	return &sdk.CreateGrantOutput{GrantId: grant.GrantId, GrantToken: token}, nil
}

func cloned(c *types.GrantConstraints) *types.GrantConstraints {
	if c == nil {
		return nil
	}
	return &types.GrantConstraints{EncryptionContextEquals: maps.Clone(c.EncryptionContextEquals),
		EncryptionContextSubset: maps.Clone(c.EncryptionContextSubset), SourceArn: c.SourceArn}
}

// sameGrant finds a grant that has a name and is equal in all that callers set.
func (k *key) sameGrant(wanted *types.GrantListEntry) *types.GrantListEntry {
	for _, grant := range k.grants {
		plain := *grant
		plain.GrantId, plain.CreationDate = nil, nil
		if wanted.Name != nil && reflect.DeepEqual(plain, *wanted) {
			return grant
		}
	}
	return nil
}

func (s *Service) checkGrant(k *key, in *sdk.CreateGrantInput) error {
	switch {
	case k.AWSManaged:
		return denied("User is not authorized to perform: kms:CreateGrant on resource: %s", k.arn)
	case k.State == types.KeyStateDisabled:
		return &types.DisabledException{Message: aws.String(k.arn + " is disabled.")}
	case k.State != types.KeyStateEnabled:
		return &types.KMSInvalidStateException{Message: aws.String(k.arn + " is in the state " + string(k.State) + ".")}
	case in.GranteePrincipal == nil && in.GranteeServicePrincipal == nil:
		return invalidARN("A grantee principal is required")
	}
	for _, arn := range []*string{in.GranteePrincipal, in.RetiringPrincipal} {
		// A principal that is new is not known either (aws-facts §11.3).
		if arn != nil && (!strings.HasPrefix(*arn, "arn:aws:") || s.PrincipalKnown != nil && !s.PrincipalKnown(*arn)) {
			return invalidARN("ARN does not refer to a valid principal: %s", *arn)
		}
	}
	return nil
}

// ListGrants lists the grants on a key.
func (s *Service) ListGrants(_ context.Context, in *sdk.ListGrantsInput) (*sdk.ListGrantsOutput, error) {
	k, err := s.keyProper(in.KeyId)
	if err != nil {
		return nil, err
	}
	list := []types.GrantListEntry{}
	for _, grant := range k.grants {
		if matches(in.GrantId, grant.GrantId) && matches(in.GranteePrincipal, grant.GranteePrincipal) &&
			matches(in.GranteeServicePrincipal, grant.GranteeServicePrincipal) {
			list = append(list, *grant)
		}
	}
	if in.GrantId != nil && len(list) == 0 {
		return nil, &types.InvalidGrantIdException{Message: text("Grant ID %s not found", []any{*in.GrantId})}
	}
	out := &sdk.ListGrantsOutput{}
	out.Grants, out.NextMarker, out.Truncated, err = page(list, in.Marker, in.Limit, 50, 100)
	return out, err
}

func matches(asked, is *string) bool { return asked == nil || *asked == aws.ToString(is) }

// RevokeGrant ends a grant.
func (s *Service) RevokeGrant(_ context.Context, in *sdk.RevokeGrantInput) (*sdk.RevokeGrantOutput, error) {
	k, err := s.keyProper(in.KeyId)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(k.grants, func(grant *types.GrantListEntry) bool { return *grant.GrantId == *in.GrantId })
	if i < 0 {
		return nil, notFound("Grant ID %s not found", *in.GrantId)
	}
	if aws.ToBool(in.DryRun) {
		return nil, &types.DryRunOperationException{Message: aws.String("The request would have succeeded, but the DryRun option is set.")}
	}
	k.grants = slices.Delete(k.grants, i, i+1)
	return &sdk.RevokeGrantOutput{}, nil
}
