package iam

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Role is a role that one AWS service may assume, with its permissions. It yields
// name and arn.
type Role struct {
	// Name is unique in the account, ≤ 64 characters.
	Name string `json:"name" stack:"create"`
	// Path is PathOf the stack.
	Path string `json:"path" stack:"create"`
	// Service may assume the role: ec2.amazonaws.com. Observed, it is the whole
	// trust policy when that is not the one which says just this.
	Service string `json:"service"`
	// ManagedPolicies are the ARNs of all attached policies.
	ManagedPolicies []string `json:"managed_policies" stack:"set"`
	// InlinePolicies are all inline policies, name to document. Documents are
	// compared as text: wanted ones must come from CanonicalPolicy.
	InlinePolicies map[string]string `json:"inline_policies"`
}

// Kind implements stack.Spec.
func (*Role) Kind() string { return "iam/role" }

type roles struct {
	c      *awsapi.Clients
	lister *awsapi.Lister[types.Role]
}

func newRoles(c *awsapi.Clients) *roles {
	k := &roles{c: c}
	// GetRole takes one name a call (aws-facts §16).
	k.lister = awsapi.NewLister(c, k.owned, byName(k.get), 1, func(r types.Role) string { return aws.ToString(r.RoleName) })
	return k
}

func (k *roles) Name() string { return (*Role)(nil).Kind() }

// owned returns the roles of all stacks, by their paths.
func (k *roles) owned(ctx context.Context, _ []string) (map[string][]types.Role, error) {
	byStack := map[string][]types.Role{}
	pages := sdk.NewListRolesPaginator(k.c.IAMPages(), &sdk.ListRolesInput{PathPrefix: aws.String(pathPrefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing roles: %w", err)
		}
		for _, role := range page.Roles {
			id := stackOf(aws.ToString(role.Path))
			byStack[id] = append(byStack[id], role)
		}
	}
	return byStack, nil
}

func (k *roles) get(ctx context.Context, name string) (types.Role, error) {
	out, err := awsapi.IAM(k.c).GetRole(ctx, &sdk.GetRoleInput{RoleName: &name})
	if err != nil {
		return types.Role{}, fmt.Errorf("reading role %s: %w", name, err)
	}
	return *out.Role, nil
}

// List implements engine.Kind. A role of a name that the state knows, but at
// another path, is not the one it knew: a role's path never changes.
func (k *roles) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	found, err := k.lister.Find(ctx, scope.Stack.String(), scope.IDs, scope.Recent)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(f awsapi.Found[types.Role]) bool {
		return aws.ToString(f.Object.Path) != PathOf(scope.Stack)
	})
	return readAll(ctx, scope.Stack, found, func(ctx context.Context, role types.Role) (engine.Live, error) {
		return k.read(ctx, aws.ToString(role.RoleName))
	})
}

// read returns a role with what IAM gives only one role at a time: tags and policies.
func (k *roles) read(ctx context.Context, name string) (engine.Live, error) {
	var role types.Role
	var attached []string
	var inline map[string]string
	err := together(
		func() (err error) { role, err = k.get(ctx, name); return err },
		func() (err error) { attached, err = k.attached(ctx, name); return err },
		func() (err error) { inline, err = k.inline(ctx, name); return err },
	)
	if err != nil {
		return engine.Live{}, err
	}
	return live(role, attached, inline), nil
}

func live(role types.Role, attached []string, inline map[string]string) engine.Live {
	tags := tagMap(role.Tags)
	return engine.Live{
		Key: tags[stack.TagPart],
		ID:  aws.ToString(role.RoleName),
		Out: map[string]string{"name": aws.ToString(role.RoleName), "arn": aws.ToString(role.Arn)},
		Spec: &Role{
			Name:            aws.ToString(role.RoleName),
			Path:            aws.ToString(role.Path),
			Service:         trustedService(decoded(aws.ToString(role.AssumeRolePolicyDocument))),
			ManagedPolicies: attached,
			InlinePolicies:  inline,
		},
		Tags: tags,
	}
}

// Create implements engine.Kind.
func (k *roles) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	have, err := k.create(ctx, want)
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating role %s: %w", spec[*Role](want.Spec).Name, err)
	}
	return k.Update(ctx, have, want, engine.Difference(want.Spec, want.Tags, have))
}

// create returns the role without its policies, or the one that an earlier call
// made, with as much as it then has.
func (k *roles) create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*Role](want.Spec)
	out, err := awsapi.IAM(k.c).CreateRole(ctx, &sdk.CreateRoleInput{
		RoleName:                 &s.Name,
		Path:                     &s.Path,
		AssumeRolePolicyDocument: aws.String(trustPolicy(s.Service)),
		Tags:                     tagList(want.Tags),
	})
	if err == nil {
		have := live(*out.Role, nil, nil)
		have.Spec = &Role{Name: s.Name, Path: s.Path, Service: s.Service}
		have.Tags = maps.Clone(want.Tags)
		return have, nil
	}
	if !awsapi.Is(err, "EntityAlreadyExists") {
		return engine.Live{}, err
	}
	var have engine.Live
	err = settled(ctx, k.c.Pace, func(ctx context.Context) (err error) {
		have, err = k.read(ctx, s.Name)
		return err
	})
	if err != nil {
		return engine.Live{}, err
	}
	return have, checkOurs(have, want, "a role of that name")
}

// Update implements engine.Kind.
func (k *roles) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	if err := k.update(ctx, have, want, diff); err != nil {
		return have, fmt.Errorf("updating role %s: %w", have.ID, err)
	}
	return updated(have, want), nil
}

func (k *roles) update(ctx context.Context, live engine.Live, want engine.Want, diff stack.Diff) error {
	have, s := spec[*Role](live.Spec), spec[*Role](want.Spec)
	if diff.Has("service") {
		err := settled(ctx, k.c.Pace, func(ctx context.Context) error {
			_, err := awsapi.IAM(k.c).UpdateAssumeRolePolicy(ctx, &sdk.UpdateAssumeRolePolicyInput{
				RoleName: &s.Name, PolicyDocument: aws.String(trustPolicy(s.Service))})
			return err
		})
		if err != nil {
			return fmt.Errorf("letting %s assume it: %w", s.Service, err)
		}
	}
	if diff.Has("managed_policies") {
		if err := k.setManaged(ctx, s.Name, have.ManagedPolicies, s.ManagedPolicies); err != nil {
			return err
		}
	}
	if diff.Has("inline_policies") {
		if err := k.setInline(ctx, s.Name, have.InlinePolicies, s.InlinePolicies); err != nil {
			return err
		}
	}
	if !diff.Has("tags") {
		return nil
	}
	return settled(ctx, k.c.Pace, func(ctx context.Context) error {
		return retag(live, want, func(tags []types.Tag) error {
			_, err := awsapi.IAM(k.c).TagRole(ctx, &sdk.TagRoleInput{RoleName: &s.Name, Tags: tags})
			return err
		}, func(keys []string) error {
			_, err := awsapi.IAM(k.c).UntagRole(ctx, &sdk.UntagRoleInput{RoleName: &s.Name, TagKeys: keys})
			return err
		})
	})
}

// Delete implements engine.Kind. IAM deletes a role that is in no profile and has
// no policies (aws-facts §9.2).
func (k *roles) Delete(ctx context.Context, have engine.Live) error {
	err := cleared(ctx, k.c.Pace, func(ctx context.Context) error { return k.remove(ctx, have.ID) })
	if err != nil {
		return fmt.Errorf("deleting role %s: %w", have.ID, err)
	}
	return nil
}

func (k *roles) remove(ctx context.Context, name string) error {
	if err := k.leaveProfiles(ctx, name); err != nil {
		return err
	}
	attached, err := k.attached(ctx, name)
	if err != nil {
		return err
	}
	for _, arn := range attached {
		if err := k.detach(ctx, name, arn); err != nil {
			return err
		}
	}
	inline, err := k.inlineNames(ctx, name)
	if err != nil {
		return err
	}
	for _, policy := range inline {
		if err := k.deleteInline(ctx, name, policy); err != nil {
			return err
		}
	}
	_, err = awsapi.IAM(k.c).DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: &name})
	return err
}

func (k *roles) leaveProfiles(ctx context.Context, name string) error {
	pages := sdk.NewListInstanceProfilesForRolePaginator(k.c.IAMPages(), &sdk.ListInstanceProfilesForRoleInput{RoleName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("listing the instance profiles with role %s: %w", name, err)
		}
		for _, profile := range page.InstanceProfiles {
			if err := removeRole(ctx, k.c, aws.ToString(profile.InstanceProfileName), name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Wait implements engine.Kind. What uses a role retries until it sees it.
func (k *roles) Wait(_ context.Context, have engine.Live) (engine.Live, error) { return have, nil }
