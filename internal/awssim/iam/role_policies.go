package iam

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const (
	// maxAttached is the quota of managed policies per role.
	maxAttached = 10
	// maxInlineBytes bounds all inline policies of a role together, without white space.
	maxInlineBytes = 10240
)

// AttachRolePolicy attaches a managed policy; attaching it twice is no error.
func (s *Service) AttachRolePolicy(_ context.Context, in *sdk.AttachRolePolicyInput) (*sdk.AttachRolePolicyOutput, error) {
	r, err := s.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	if _, known := managedPolicy(*in.PolicyArn); !known {
		return nil, noSuchEntity("Policy %s does not exist or is not attachable.", *in.PolicyArn)
	}
	if slices.Contains(r.attached, *in.PolicyArn) {
		return &sdk.AttachRolePolicyOutput{}, nil
	}
	if len(r.attached) >= maxAttached {
		return nil, limitExceeded("Cannot exceed quota for PoliciesPerRole: %d", maxAttached)
	}
	r.attached = append(r.attached, *in.PolicyArn)
	return &sdk.AttachRolePolicyOutput{}, nil
}

// DetachRolePolicy detaches a managed policy.
func (s *Service) DetachRolePolicy(_ context.Context, in *sdk.DetachRolePolicyInput) (*sdk.DetachRolePolicyOutput, error) {
	r, err := s.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	at := slices.Index(r.attached, *in.PolicyArn)
	if at < 0 {
		return nil, noSuchEntity("Policy %s was not found.", *in.PolicyArn)
	}
	r.attached = slices.Delete(r.attached, at, at+1)
	return &sdk.DetachRolePolicyOutput{}, nil
}

// ListAttachedRolePolicies lists a role's managed policies below a path.
func (s *Service) ListAttachedRolePolicies(_ context.Context, in *sdk.ListAttachedRolePoliciesInput) (*sdk.ListAttachedRolePoliciesOutput, error) {
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	var policies []types.AttachedPolicy
	for _, arn := range r.attached {
		policy, _ := managedPolicy(arn)
		if strings.HasPrefix(policy.path, pathOrRoot(in.PathPrefix)) {
			policies = append(policies, types.AttachedPolicy{PolicyArn: aws.String(arn), PolicyName: aws.String(policy.name)})
		}
	}
	out := &sdk.ListAttachedRolePoliciesOutput{}
	out.AttachedPolicies, out.Marker, out.IsTruncated, err = page(policies, in.Marker, in.MaxItems)
	return out, err
}

// PutRolePolicy sets an inline policy.
func (s *Service) PutRolePolicy(_ context.Context, in *sdk.PutRolePolicyInput) (*sdk.PutRolePolicyOutput, error) {
	r, err := s.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	if err := checkPermissions(*in.PolicyDocument); err != nil {
		return nil, err
	}
	size := 0
	for name, document := range r.inline {
		if name != *in.PolicyName {
			size += bytesOf(document)
		}
	}
	if size+bytesOf(*in.PolicyDocument) > maxInlineBytes {
		return nil, limitExceeded("Maximum policy size of %d bytes exceeded for role %s", maxInlineBytes, *r.RoleName)
	}
	r.inline[*in.PolicyName] = *in.PolicyDocument
	return &sdk.PutRolePolicyOutput{}, nil
}

// bytesOf is a document's size as the quota counts it.
func bytesOf(document string) int {
	return len(strings.Join(strings.Fields(document), ""))
}

// GetRolePolicy returns an inline policy, its document URL-encoded.
func (s *Service) GetRolePolicy(_ context.Context, in *sdk.GetRolePolicyInput) (*sdk.GetRolePolicyOutput, error) {
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	document, ok := r.inline[*in.PolicyName]
	if !ok {
		return nil, noSuchEntity("The role policy with name %s cannot be found.", *in.PolicyName)
	}
	return &sdk.GetRolePolicyOutput{RoleName: r.RoleName, PolicyName: in.PolicyName,
		PolicyDocument: aws.String(encodeDocument(document))}, nil
}

// DeleteRolePolicy deletes an inline policy.
func (s *Service) DeleteRolePolicy(_ context.Context, in *sdk.DeleteRolePolicyInput) (*sdk.DeleteRolePolicyOutput, error) {
	r, err := s.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	if _, ok := r.inline[*in.PolicyName]; !ok {
		return nil, noSuchEntity("The role policy with name %s cannot be found.", *in.PolicyName)
	}
	delete(r.inline, *in.PolicyName)
	return &sdk.DeleteRolePolicyOutput{}, nil
}

// ListRolePolicies lists the names of a role's inline policies.
func (s *Service) ListRolePolicies(_ context.Context, in *sdk.ListRolePoliciesInput) (*sdk.ListRolePoliciesOutput, error) {
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	out := &sdk.ListRolePoliciesOutput{}
	out.PolicyNames, out.Marker, out.IsTruncated, err = page(slices.Sorted(maps.Keys(r.inline)), in.Marker, in.MaxItems)
	return out, err
}
