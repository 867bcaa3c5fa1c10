package awsapi

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// IAMPages offers the paginated reads of IAM to the SDK's paginators, as EC2Pages does.
type IAMPages struct{ c *Clients }

// IAMPages returns what the paginators of IAM read with.
func (c *Clients) IAMPages() IAMPages { return IAMPages{c} }

// ListAttachedRolePolicies implements the paginator's client.
func (p IAMPages) ListAttachedRolePolicies(ctx context.Context, in *iam.ListAttachedRolePoliciesInput, options ...func(*iam.Options)) (*iam.ListAttachedRolePoliciesOutput, error) {
	return IAM(p.c).ListAttachedRolePolicies(ctx, in, options...)
}

// ListInstanceProfiles implements the paginator's client.
func (p IAMPages) ListInstanceProfiles(ctx context.Context, in *iam.ListInstanceProfilesInput, options ...func(*iam.Options)) (*iam.ListInstanceProfilesOutput, error) {
	return IAM(p.c).ListInstanceProfiles(ctx, in, options...)
}

// ListInstanceProfilesForRole implements the paginator's client.
func (p IAMPages) ListInstanceProfilesForRole(ctx context.Context, in *iam.ListInstanceProfilesForRoleInput, options ...func(*iam.Options)) (*iam.ListInstanceProfilesForRoleOutput, error) {
	return IAM(p.c).ListInstanceProfilesForRole(ctx, in, options...)
}

// ListRolePolicies implements the paginator's client.
func (p IAMPages) ListRolePolicies(ctx context.Context, in *iam.ListRolePoliciesInput, options ...func(*iam.Options)) (*iam.ListRolePoliciesOutput, error) {
	return IAM(p.c).ListRolePolicies(ctx, in, options...)
}

// ListRoles implements the paginator's client.
func (p IAMPages) ListRoles(ctx context.Context, in *iam.ListRolesInput, options ...func(*iam.Options)) (*iam.ListRolesOutput, error) {
	return IAM(p.c).ListRoles(ctx, in, options...)
}
