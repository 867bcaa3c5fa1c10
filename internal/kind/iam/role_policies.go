package iam

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

func (k *roles) attached(ctx context.Context, name string) ([]string, error) {
	var arns []string
	pages := sdk.NewListAttachedRolePoliciesPaginator(k.c.IAMPages(), &sdk.ListAttachedRolePoliciesInput{RoleName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the policies attached to role %s: %w", name, err)
		}
		for _, policy := range page.AttachedPolicies {
			arns = append(arns, aws.ToString(policy.PolicyArn))
		}
	}
	return arns, nil
}

func (k *roles) inlineNames(ctx context.Context, name string) ([]string, error) {
	var names []string
	pages := sdk.NewListRolePoliciesPaginator(k.c.IAMPages(), &sdk.ListRolePoliciesInput{RoleName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the inline policies of role %s: %w", name, err)
		}
		names = append(names, page.PolicyNames...)
	}
	return names, nil
}

func (k *roles) inline(ctx context.Context, name string) (map[string]string, error) {
	names, err := k.inlineNames(ctx, name)
	if err != nil {
		return nil, err
	}
	documents := make([]string, len(names))
	tasks := make([]func() error, len(names))
	for i, policy := range names {
		tasks[i] = func() error {
			out, err := awsapi.IAM(k.c).GetRolePolicy(ctx, &sdk.GetRolePolicyInput{RoleName: &name, PolicyName: &policy})
			if awsapi.IsNotFound(err) {
				return nil // a list may still name it (aws-facts §9.1); whether the role is there, GetRole says
			}
			if err != nil {
				return fmt.Errorf("reading inline policy %s of role %s: %w", policy, name, err)
			}
			documents[i] = CanonicalPolicy(decoded(aws.ToString(out.PolicyDocument)))
			return nil
		}
	}
	if err := together(tasks...); err != nil {
		return nil, err
	}
	policies := map[string]string{}
	for i, policy := range names {
		if documents[i] != "" {
			policies[policy] = documents[i]
		}
	}
	return policies, nil
}

// setManaged attaches before it detaches, so that a permission which both the old
// and the new policies give is never missing; unless the role is full.
func (k *roles) setManaged(ctx context.Context, name string, have, want []string) error {
	err := k.attach(ctx, name, without(want, have))
	full := awsapi.Is(err, "LimitExceeded")
	if err != nil && !full {
		return err
	}
	for _, arn := range without(have, want) {
		if err := k.detach(ctx, name, arn); err != nil {
			return err
		}
	}
	if full {
		return k.attach(ctx, name, without(want, have))
	}
	return nil
}

func (k *roles) attach(ctx context.Context, name string, arns []string) error {
	for _, arn := range arns {
		err := settled(ctx, k.c.Pace, func(ctx context.Context) error {
			_, err := awsapi.IAM(k.c).AttachRolePolicy(ctx, &sdk.AttachRolePolicyInput{RoleName: &name, PolicyArn: &arn})
			return err
		})
		if err != nil {
			return fmt.Errorf("attaching policy %s: %w", arn, err)
		}
	}
	return nil
}

func (k *roles) detach(ctx context.Context, name, arn string) error {
	_, err := awsapi.IAM(k.c).DetachRolePolicy(ctx, &sdk.DetachRolePolicyInput{RoleName: &name, PolicyArn: &arn})
	if err := ignoreGone(err); err != nil {
		return fmt.Errorf("detaching policy %s: %w", arn, err)
	}
	return nil
}

func (k *roles) setInline(ctx context.Context, name string, have, want map[string]string) error {
	for _, policy := range slices.Sorted(maps.Keys(want)) {
		if have[policy] == want[policy] {
			continue
		}
		err := settled(ctx, k.c.Pace, func(ctx context.Context) error {
			_, err := awsapi.IAM(k.c).PutRolePolicy(ctx, &sdk.PutRolePolicyInput{
				RoleName: &name, PolicyName: &policy, PolicyDocument: aws.String(want[policy])})
			return err
		})
		if err != nil {
			return fmt.Errorf("putting inline policy %s: %w", policy, err)
		}
	}
	for _, policy := range slices.Sorted(maps.Keys(have)) {
		if _, wanted := want[policy]; wanted {
			continue
		}
		if err := k.deleteInline(ctx, name, policy); err != nil {
			return err
		}
	}
	return nil
}

func (k *roles) deleteInline(ctx context.Context, name, policy string) error {
	_, err := awsapi.IAM(k.c).DeleteRolePolicy(ctx, &sdk.DeleteRolePolicyInput{RoleName: &name, PolicyName: &policy})
	if err := ignoreGone(err); err != nil {
		return fmt.Errorf("deleting inline policy %s: %w", policy, err)
	}
	return nil
}

func without(list, excluded []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(excluded, s) })
}
