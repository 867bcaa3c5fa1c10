package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// role is a role with its policies. Documents are kept as they were sent.
type role struct {
	types.Role
	attached      []string          // policy ARNs in the order of attachment
	inline        map[string]string // documents by policy name
	serviceLinked bool
}

// described returns a copy of a role as single reads give it back.
func (r *role) described() *types.Role {
	out := r.Role
	out.AssumeRolePolicyDocument = aws.String(encodeDocument(*r.AssumeRolePolicyDocument))
	out.Tags = slices.Clone(r.Tags)
	out.RoleLastUsed = &types.RoleLastUsed{}
	return &out
}

// listed returns a role as lists and profiles hold it: without tags, last use and
// boundary.
func (r *role) listed() types.Role {
	out := r.described()
	out.Tags, out.RoleLastUsed, out.PermissionsBoundary = nil, nil, nil
	return *out
}

func (s *Service) role(name *string) (*role, error) {
	if r, ok := s.roles[fold(name)]; ok {
		return r, nil
	}
	return nil, noSuchEntity("The role with name %s cannot be found.", aws.ToString(name))
}

// ownRole finds a role that its account may change: a service-linked role belongs
// to its service (aws-facts §9.2).
func (s *Service) ownRole(name *string) (*role, error) {
	r, err := s.role(name)
	if err != nil {
		return nil, err
	}
	if r.serviceLinked {
		return nil, &types.UnmodifiableEntityException{Message: aws.String("Cannot perform the operation on the protected role '" +
			*r.RoleName + "' - this role is only modifiable by AWS")}
	}
	return r, nil
}

// CreateRole makes a role. The name decides whether it is there already, whatever
// its path (aws-facts §17).
func (s *Service) CreateRole(_ context.Context, in *sdk.CreateRoleInput) (*sdk.CreateRoleOutput, error) {
	if _, ok := s.roles[fold(in.RoleName)]; ok {
		return nil, alreadyExists("Role with name %s already exists.", *in.RoleName)
	}
	if err := s.checkTrust(*in.AssumeRolePolicyDocument); err != nil {
		return nil, err
	}
	boundary, err := boundaryOf(in.PermissionsBoundary)
	if err != nil {
		return nil, err
	}
	tags, err := withTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	path := pathOrRoot(in.Path)
	if strings.HasPrefix(path, "/aws-service-role/") {
		return nil, invalidInput("The path '%s' is reserved for service-linked roles.", path)
	}
	r := s.addRole(*in.RoleName, path, *in.AssumeRolePolicyDocument)
	r.Description, r.PermissionsBoundary, r.Tags = in.Description, boundary, tags
	if in.MaxSessionDuration != nil {
		r.MaxSessionDuration = in.MaxSessionDuration
	}
	out := r.described()
	out.RoleLastUsed = nil
	return &sdk.CreateRoleOutput{Role: out}, nil
}

func (s *Service) addRole(name, path, trust string) *role {
	r := &role{
		Role: types.Role{
			RoleName: aws.String(name), Path: aws.String(path), Arn: aws.String(s.arn("role", path, name)),
			RoleId: aws.String(s.uniqueID("AROA")), CreateDate: aws.Time(s.Now()),
			AssumeRolePolicyDocument: aws.String(trust), MaxSessionDuration: aws.Int32(3600),
		},
		inline: map[string]string{},
	}
	s.roles[strings.ToLower(name)] = r
	return r
}

// GetRole returns a role.
func (s *Service) GetRole(_ context.Context, in *sdk.GetRoleInput) (*sdk.GetRoleOutput, error) {
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	return &sdk.GetRoleOutput{Role: r.described()}, nil
}

// ListRoles lists the roles below a path.
func (s *Service) ListRoles(_ context.Context, in *sdk.ListRolesInput) (*sdk.ListRolesOutput, error) {
	var roles []types.Role
	for _, r := range sorted(s.roles) {
		if strings.HasPrefix(*r.Path, pathOrRoot(in.PathPrefix)) {
			roles = append(roles, r.listed())
		}
	}
	out := &sdk.ListRolesOutput{}
	var err error
	out.Roles, out.Marker, out.IsTruncated, err = page(roles, in.Marker, in.MaxItems)
	return out, err
}

// UpdateRole changes description and session duration.
func (s *Service) UpdateRole(_ context.Context, in *sdk.UpdateRoleInput) (*sdk.UpdateRoleOutput, error) {
	r, err := s.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	if in.Description != nil {
		r.Description = in.Description
	}
	// A missing duration is the default of one hour, not the present one.
	r.MaxSessionDuration = aws.Int32(3600)
	if in.MaxSessionDuration != nil {
		r.MaxSessionDuration = in.MaxSessionDuration
	}
	return &sdk.UpdateRoleOutput{}, nil
}

// UpdateAssumeRolePolicy replaces the trust policy.
func (s *Service) UpdateAssumeRolePolicy(_ context.Context, in *sdk.UpdateAssumeRolePolicyInput) (*sdk.UpdateAssumeRolePolicyOutput, error) {
	r, err := s.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	if err := s.checkTrust(*in.PolicyDocument); err != nil {
		return nil, err
	}
	r.AssumeRolePolicyDocument = in.PolicyDocument
	return &sdk.UpdateAssumeRolePolicyOutput{}, nil
}

// DeleteRole deletes a role that has no policies and is in no profile (aws-facts §9.2).
func (s *Service) DeleteRole(_ context.Context, in *sdk.DeleteRoleInput) (*sdk.DeleteRoleOutput, error) {
	r, err := s.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	switch {
	case len(s.profilesOf(r)) > 0:
		return nil, deleteConflict("Cannot delete entity, must remove roles from instance profile first.")
	case len(r.attached) > 0:
		return nil, deleteConflict("Cannot delete entity, must detach all policies first.")
	case len(r.inline) > 0:
		return nil, deleteConflict("Cannot delete entity, must delete policies first.")
	}
	delete(s.roles, fold(in.RoleName))
	return &sdk.DeleteRoleOutput{}, nil
}

// TagRole adds or overwrites tags.
func (s *Service) TagRole(_ context.Context, in *sdk.TagRoleInput) (*sdk.TagRoleOutput, error) {
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	tags, err := withTags(r.Tags, in.Tags)
	if err != nil {
		return nil, err
	}
	r.Tags = tags
	return &sdk.TagRoleOutput{}, nil
}

// UntagRole removes tags.
func (s *Service) UntagRole(_ context.Context, in *sdk.UntagRoleInput) (*sdk.UntagRoleOutput, error) {
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	r.Tags = withoutTags(r.Tags, in.TagKeys)
	return &sdk.UntagRoleOutput{}, nil
}

// ListRoleTags lists a role's tags.
func (s *Service) ListRoleTags(_ context.Context, in *sdk.ListRoleTagsInput) (*sdk.ListRoleTagsOutput, error) {
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	out := &sdk.ListRoleTagsOutput{}
	out.Tags, out.Marker, out.IsTruncated, err = page(slices.Clone(r.Tags), in.Marker, in.MaxItems)
	return out, err
}
