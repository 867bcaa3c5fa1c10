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

// InstanceProfile hands a role to servers. It yields name and arn.
type InstanceProfile struct {
	// Name is unique in the account, ≤ 128 characters.
	Name string `json:"name" stack:"create"`
	// Path is PathOf the stack.
	Path string `json:"path" stack:"create"`
	// Role is the name of the one role in it; "" is none.
	Role stack.Ref `json:"role"`
}

// Kind implements stack.Spec.
func (*InstanceProfile) Kind() string { return "iam/instance_profile" }

type profiles struct {
	c      *awsapi.Clients
	lister *awsapi.Lister[types.InstanceProfile]
}

func newProfiles(c *awsapi.Clients) *profiles {
	k := &profiles{c: c}
	// GetInstanceProfile takes one name a call (aws-facts §16).
	k.lister = awsapi.NewLister(c, k.owned, byName(k.get), 1,
		func(p types.InstanceProfile) string { return aws.ToString(p.InstanceProfileName) })
	return k
}

func (k *profiles) Name() string { return (*InstanceProfile)(nil).Kind() }

// owned returns the profiles of all stacks, by their paths.
func (k *profiles) owned(ctx context.Context, _ []string) (map[string][]types.InstanceProfile, error) {
	byStack := map[string][]types.InstanceProfile{}
	pages := sdk.NewListInstanceProfilesPaginator(k.c.IAMPages(), &sdk.ListInstanceProfilesInput{PathPrefix: aws.String(pathPrefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing instance profiles: %w", err)
		}
		for _, profile := range page.InstanceProfiles {
			id := stackOf(aws.ToString(profile.Path))
			byStack[id] = append(byStack[id], profile)
		}
	}
	return byStack, nil
}

func (k *profiles) get(ctx context.Context, name string) (types.InstanceProfile, error) {
	out, err := awsapi.IAM(k.c).GetInstanceProfile(ctx, &sdk.GetInstanceProfileInput{InstanceProfileName: &name})
	if err != nil {
		return types.InstanceProfile{}, fmt.Errorf("reading instance profile %s: %w", name, err)
	}
	return *out.InstanceProfile, nil
}

// List implements engine.Kind. A profile of a name that the state knows, but at
// another path, is not the one it knew: a profile's path never changes.
func (k *profiles) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	found, err := k.lister.Find(ctx, scope.Stack.String(), scope.IDs, scope.Recent)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(f awsapi.Found[types.InstanceProfile]) bool {
		return aws.ToString(f.Object.Path) != PathOf(scope.Stack)
	})
	return readAll(ctx, scope.Stack, found, func(ctx context.Context, profile types.InstanceProfile) (engine.Live, error) {
		return k.read(ctx, aws.ToString(profile.InstanceProfileName))
	})
}

// read returns a profile with its tags, which lists lack.
func (k *profiles) read(ctx context.Context, name string) (engine.Live, error) {
	profile, err := k.get(ctx, name)
	if err != nil {
		return engine.Live{}, err
	}
	return liveProfile(profile), nil
}

func liveProfile(profile types.InstanceProfile) engine.Live {
	name, role := aws.ToString(profile.InstanceProfileName), ""
	if len(profile.Roles) > 0 {
		role = aws.ToString(profile.Roles[0].RoleName)
	}
	tags := tagMap(profile.Tags)
	return engine.Live{
		Key:  tags[stack.TagPart],
		ID:   name,
		Out:  map[string]string{"name": name, "arn": aws.ToString(profile.Arn)},
		Spec: &InstanceProfile{Name: name, Path: aws.ToString(profile.Path), Role: stack.Literal(role)},
		Tags: tags,
	}
}

// Create implements engine.Kind.
func (k *profiles) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	have, err := k.create(ctx, want)
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating instance profile %s: %w", spec[*InstanceProfile](want.Spec).Name, err)
	}
	return k.Update(ctx, have, want, engine.Difference(want.Spec, want.Tags, have))
}

// create returns the profile without its role, or the one that an earlier call
// made, with or without a role.
func (k *profiles) create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*InstanceProfile](want.Spec)
	out, err := awsapi.IAM(k.c).CreateInstanceProfile(ctx, &sdk.CreateInstanceProfileInput{
		InstanceProfileName: &s.Name,
		Path:                &s.Path,
		Tags:                tagList(want.Tags),
	})
	if err == nil {
		have := liveProfile(*out.InstanceProfile)
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
	return have, checkOurs(have, want, "an instance profile of that name")
}

// Update implements engine.Kind.
func (k *profiles) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	if err := k.update(ctx, have, want, diff); err != nil {
		return have, fmt.Errorf("updating instance profile %s: %w", have.ID, err)
	}
	return updated(have, want), nil
}

func (k *profiles) update(ctx context.Context, live engine.Live, want engine.Want, diff stack.Diff) error {
	have, s := spec[*InstanceProfile](live.Spec), spec[*InstanceProfile](want.Spec)
	if diff.Has("role") {
		if err := k.setRole(ctx, s.Name, have.Role.String(), s.Role.String()); err != nil {
			return err
		}
	}
	if !diff.Has("tags") {
		return nil
	}
	return settled(ctx, k.c.Pace, func(ctx context.Context) error {
		return retag(live, want, func(tags []types.Tag) error {
			_, err := awsapi.IAM(k.c).TagInstanceProfile(ctx, &sdk.TagInstanceProfileInput{InstanceProfileName: &s.Name, Tags: tags})
			return err
		}, func(keys []string) error {
			_, err := awsapi.IAM(k.c).UntagInstanceProfile(ctx, &sdk.UntagInstanceProfileInput{InstanceProfileName: &s.Name, TagKeys: keys})
			return err
		})
	})
}

// setRole exchanges the role. A profile holds exactly one, so there is a moment
// without; running servers keep the credentials they have (aws-facts §9.1).
func (k *profiles) setRole(ctx context.Context, name, have, want string) error {
	if have != "" {
		if err := removeRole(ctx, k.c, name, have); err != nil {
			return err
		}
	}
	if want == "" {
		return nil
	}
	err := settled(ctx, k.c.Pace, func(ctx context.Context) error {
		_, err := awsapi.IAM(k.c).AddRoleToInstanceProfile(ctx, &sdk.AddRoleToInstanceProfileInput{InstanceProfileName: &name, RoleName: &want})
		return err
	})
	if awsapi.Is(err, "LimitExceeded") && k.holds(ctx, name, want) {
		return nil // added by a call whose reply got lost
	}
	if err != nil {
		return fmt.Errorf("adding role %s: %w", want, err)
	}
	return nil
}

func (k *profiles) holds(ctx context.Context, name, role string) bool {
	have, err := k.read(ctx, name)
	return err == nil && spec[*InstanceProfile](have.Spec).Role.String() == role
}

// removeRole takes a role out of a profile; being out of it already is no error.
func removeRole(ctx context.Context, c *awsapi.Clients, profile, role string) error {
	_, err := awsapi.IAM(c).RemoveRoleFromInstanceProfile(ctx, &sdk.RemoveRoleFromInstanceProfileInput{InstanceProfileName: &profile, RoleName: &role})
	if err := ignoreGone(err); err != nil {
		return fmt.Errorf("removing role %s from instance profile %s: %w", role, profile, err)
	}
	return nil
}

// Delete implements engine.Kind.
func (k *profiles) Delete(ctx context.Context, have engine.Live) error {
	err := cleared(ctx, k.c.Pace, func(ctx context.Context) error { return k.remove(ctx, have.ID) })
	if err != nil {
		return fmt.Errorf("deleting instance profile %s: %w", have.ID, err)
	}
	return nil
}

func (k *profiles) remove(ctx context.Context, name string) error {
	profile, err := k.get(ctx, name)
	if err != nil {
		return err
	}
	for _, role := range profile.Roles {
		if err := removeRole(ctx, k.c, name, aws.ToString(role.RoleName)); err != nil {
			return err
		}
	}
	_, err = awsapi.IAM(k.c).DeleteInstanceProfile(ctx, &sdk.DeleteInstanceProfileInput{InstanceProfileName: &name})
	return err
}

// Wait implements engine.Kind. One good read is enough: however often IAM shows the
// profile, EC2 and Auto Scaling may refuse it for another 10-15 s, so whoever uses
// it retries on "Invalid IAM Instance Profile" anyway (aws-facts §9.1).
func (k *profiles) Wait(ctx context.Context, have engine.Live) (engine.Live, error) {
	role := spec[*InstanceProfile](have.Spec).Role.String()
	err := k.c.Pace.Until(ctx, awsapi.Waiting{What: fmt.Sprintf("instance profile %s to hold role %s", have.ID, role), Limit: settleLimit},
		func(ctx context.Context) (bool, string, error) {
			seen, err := k.read(ctx, have.ID)
			if awsapi.IsNotFound(err) {
				return false, "not there yet", nil
			}
			if err != nil {
				return false, "", err
			}
			now := spec[*InstanceProfile](seen.Spec).Role.String()
			return now == role, fmt.Sprintf("role %q", now), nil
		})
	return have, err
}
