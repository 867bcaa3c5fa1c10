package iam

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// profile is an instance profile with its one role.
type profile struct {
	types.InstanceProfile
	role   *role
	roleAt time.Time // when it got the role
}

// never is the usable instant of a profile that has no role.
const never = 100 * 365 * 24 * time.Hour

// InstanceProfileUsable tells whether a profile exists and when EC2 began or will
// begin to accept it: Timings.Propagation after it got its role, in the far future
// as long as it has none (aws-facts §9.1).
func (s *Service) InstanceProfileUsable(nameOrARN string) (usableAt time.Time, found bool) {
	p, ok := s.profiles[strings.ToLower(nameOrARN[strings.LastIndex(nameOrARN, "/")+1:])]
	if !ok || strings.Contains(nameOrARN, "/") && *p.Arn != nameOrARN {
		return time.Time{}, false
	}
	if p.role == nil {
		return s.Now().Add(never), true
	}
	return p.roleAt.Add(s.Timings.Propagation), true
}

func (p *profile) described() *types.InstanceProfile {
	out := p.InstanceProfile
	out.Tags = slices.Clone(p.Tags)
	out.Roles = []types.Role{}
	if p.role != nil {
		out.Roles = append(out.Roles, p.role.listed())
	}
	return &out
}

// listed returns a profile as lists hold it: without tags.
func (p *profile) listed() types.InstanceProfile {
	out := p.described()
	out.Tags = nil
	return *out
}

func (s *Service) profile(name *string) (*profile, error) {
	if p, ok := s.profiles[fold(name)]; ok {
		return p, nil
	}
	return nil, noSuchEntity("Instance Profile %s cannot be found.", aws.ToString(name))
}

func (s *Service) profilesOf(r *role) []*profile {
	return slices.DeleteFunc(sorted(s.profiles), func(p *profile) bool { return p.role != r })
}

// CreateInstanceProfile makes a profile without a role.
func (s *Service) CreateInstanceProfile(_ context.Context, in *sdk.CreateInstanceProfileInput) (*sdk.CreateInstanceProfileOutput, error) {
	name := *in.InstanceProfileName
	if _, ok := s.profiles[fold(&name)]; ok {
		return nil, alreadyExists("Instance Profile %s already exists.", name)
	}
	tags, err := withTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	path := pathOrRoot(in.Path)
	p := &profile{InstanceProfile: types.InstanceProfile{
		InstanceProfileName: aws.String(name), Path: aws.String(path), Tags: tags,
		Arn: aws.String(s.arn("instance-profile", path, name)), InstanceProfileId: aws.String(s.uniqueID("AIPA")),
		CreateDate: aws.Time(s.Now()),
	}}
	s.profiles[fold(&name)] = p
	return &sdk.CreateInstanceProfileOutput{InstanceProfile: p.described()}, nil
}

// GetInstanceProfile returns a profile.
func (s *Service) GetInstanceProfile(_ context.Context, in *sdk.GetInstanceProfileInput) (*sdk.GetInstanceProfileOutput, error) {
	p, err := s.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	return &sdk.GetInstanceProfileOutput{InstanceProfile: p.described()}, nil
}

// ListInstanceProfiles lists the profiles below a path.
func (s *Service) ListInstanceProfiles(_ context.Context, in *sdk.ListInstanceProfilesInput) (*sdk.ListInstanceProfilesOutput, error) {
	var profiles []types.InstanceProfile
	for _, p := range sorted(s.profiles) {
		if strings.HasPrefix(*p.Path, pathOrRoot(in.PathPrefix)) {
			profiles = append(profiles, p.listed())
		}
	}
	out := &sdk.ListInstanceProfilesOutput{}
	var err error
	out.InstanceProfiles, out.Marker, out.IsTruncated, err = page(profiles, in.Marker, in.MaxItems)
	return out, err
}

// ListInstanceProfilesForRole lists the profiles that hold a role.
func (s *Service) ListInstanceProfilesForRole(_ context.Context, in *sdk.ListInstanceProfilesForRoleInput) (*sdk.ListInstanceProfilesForRoleOutput, error) {
	r, err := s.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	var profiles []types.InstanceProfile
	for _, p := range s.profilesOf(r) {
		profiles = append(profiles, p.listed())
	}
	out := &sdk.ListInstanceProfilesForRoleOutput{}
	out.InstanceProfiles, out.Marker, out.IsTruncated, err = page(profiles, in.Marker, in.MaxItems)
	return out, err
}

// AddRoleToInstanceProfile gives a profile its role. It holds exactly one, so even
// the same role a second time is too many (aws-facts §9.2).
func (s *Service) AddRoleToInstanceProfile(_ context.Context, in *sdk.AddRoleToInstanceProfileInput) (*sdk.AddRoleToInstanceProfileOutput, error) {
	p, err := s.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	r, err := s.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	if p.role != nil {
		return nil, limitExceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
	}
	p.role, p.roleAt = r, s.Now()
	return &sdk.AddRoleToInstanceProfileOutput{}, nil
}

// RemoveRoleFromInstanceProfile takes the role out of a profile.
func (s *Service) RemoveRoleFromInstanceProfile(_ context.Context, in *sdk.RemoveRoleFromInstanceProfileInput) (*sdk.RemoveRoleFromInstanceProfileOutput, error) {
	p, err := s.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	if p.role == nil || fold(p.role.RoleName) != fold(in.RoleName) {
		return nil, noSuchEntity("The role with name %s cannot be found.", *in.RoleName)
	}
	p.role = nil
	return &sdk.RemoveRoleFromInstanceProfileOutput{}, nil
}

// DeleteInstanceProfile deletes a profile without a role. Use by launch templates
// and groups does not hinder it (aws-facts §9.2).
func (s *Service) DeleteInstanceProfile(_ context.Context, in *sdk.DeleteInstanceProfileInput) (*sdk.DeleteInstanceProfileOutput, error) {
	p, err := s.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	if p.role != nil {
		return nil, deleteConflict("Cannot delete entity, must remove roles from instance profile first.")
	}
	delete(s.profiles, fold(in.InstanceProfileName))
	return &sdk.DeleteInstanceProfileOutput{}, nil
}

// TagInstanceProfile adds or overwrites tags.
func (s *Service) TagInstanceProfile(_ context.Context, in *sdk.TagInstanceProfileInput) (*sdk.TagInstanceProfileOutput, error) {
	p, err := s.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	tags, err := withTags(p.Tags, in.Tags)
	if err != nil {
		return nil, err
	}
	p.Tags = tags
	return &sdk.TagInstanceProfileOutput{}, nil
}

// UntagInstanceProfile removes tags.
func (s *Service) UntagInstanceProfile(_ context.Context, in *sdk.UntagInstanceProfileInput) (*sdk.UntagInstanceProfileOutput, error) {
	p, err := s.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	p.Tags = withoutTags(p.Tags, in.TagKeys)
	return &sdk.UntagInstanceProfileOutput{}, nil
}

// ListInstanceProfileTags lists a profile's tags.
func (s *Service) ListInstanceProfileTags(_ context.Context, in *sdk.ListInstanceProfileTagsInput) (*sdk.ListInstanceProfileTagsOutput, error) {
	p, err := s.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	out := &sdk.ListInstanceProfileTagsOutput{}
	out.Tags, out.Marker, out.IsTruncated, err = page(slices.Clone(p.Tags), in.Marker, in.MaxItems)
	return out, err
}
