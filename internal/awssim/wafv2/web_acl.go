package wafv2

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// CreateWebACL makes a list.
func (s *Service) CreateWebACL(_ context.Context, in *sdk.CreateWebACLInput) (*sdk.CreateWebACLOutput, error) {
	if in.Scope != types.ScopeRegional {
		return nil, notSimulated("a web ACL for CloudFront")
	}
	for _, l := range s.lists {
		if *l.Name == *in.Name {
			return nil, &types.WAFDuplicateItemException{Message: aws.String(
				"AWS WAF couldn’t perform the operation because some resource in your request is a duplicate of an existing one.")}
		}
	}
	tags, err := tagset.Set{}.With(tagset.Of(in.Tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value }))
	switch {
	case errors.Is(err, tagset.ErrTooMany):
		return nil, &types.WAFLimitsExceededException{Message: aws.String(err.Error())}
	case err != nil:
		return nil, invalid(err.Error(), types.ParameterExceptionFieldTags, "")
	}
	l := s.newList(types.WebACL{Name: in.Name, DefaultAction: in.DefaultAction, Description: in.Description, Rules: in.Rules,
		VisibilityConfig: in.VisibilityConfig})
	l.tags = tags
	return &sdk.CreateWebACLOutput{Summary: &types.WebACLSummary{ARN: l.ARN, Id: l.Id, Name: l.Name, Description: l.Description, LockToken: &l.token}}, nil
}

// GetWebACL describes a list, by its ARN or by name and id.
func (s *Service) GetWebACL(_ context.Context, in *sdk.GetWebACLInput) (*sdk.GetWebACLOutput, error) {
	arn := in.ARN
	for _, l := range s.lists {
		if arn == nil && aws.ToString(in.Id) == *l.Id && aws.ToString(in.Name) == *l.Name {
			arn = l.ARN
		}
	}
	if arn == nil {
		arn = aws.String(s.ARN("wafv2", "regional/webacl/"+aws.ToString(in.Name)+"/"+aws.ToString(in.Id)))
	}
	l, err := s.list(arn)
	if err != nil {
		return nil, err
	}
	shown := l.WebACL
	return &sdk.GetWebACLOutput{WebACL: &shown, LockToken: &l.token}, nil
}

// DeleteWebACL removes a list that protects nothing (aws-facts §12.3).
func (s *Service) DeleteWebACL(ctx context.Context, in *sdk.DeleteWebACLInput) (*sdk.DeleteWebACLOutput, error) {
	out, err := s.GetWebACL(ctx, &sdk.GetWebACLInput{Id: in.Id, Name: in.Name, Scope: in.Scope})
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.LockToken) != *out.LockToken {
		return nil, &types.WAFOptimisticLockException{Message: aws.String("AWS WAF couldn’t save your changes because someone changed the resource after you started to edit it. Reapply your changes.")}
	}
	if len(s.protected(*out.WebACL.ARN)) > 0 {
		return nil, &types.WAFAssociatedItemException{Message: aws.String("AWS WAF couldn’t perform the operation because your resource is being used by another resource or it’s associated with another resource.")}
	}
	delete(s.lists, *out.WebACL.ARN)
	return &sdk.DeleteWebACLOutput{}, nil
}

// AssociateWebACL protects a load balancer. It has one list: that of before is
// replaced silently (aws-facts §12.3).
func (s *Service) AssociateWebACL(_ context.Context, in *sdk.AssociateWebACLInput) (*sdk.AssociateWebACLOutput, error) {
	l, err := s.list(in.WebACLArn)
	if err != nil {
		return nil, err
	}
	balancer, err := s.balancer(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if !s.known(l.made) {
		return nil, unavailable()
	}
	s.protection[balancer] = *l.ARN
	return &sdk.AssociateWebACLOutput{}, nil
}

// DisassociateWebACL ends the protection of a load balancer, also where there is none.
func (s *Service) DisassociateWebACL(_ context.Context, in *sdk.DisassociateWebACLInput) (*sdk.DisassociateWebACLOutput, error) {
	balancer, err := s.balancer(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	delete(s.protection, balancer)
	return &sdk.DisassociateWebACLOutput{}, nil
}

// GetWebACLForResource describes the list of a load balancer, or nothing.
func (s *Service) GetWebACLForResource(_ context.Context, in *sdk.GetWebACLForResourceInput) (*sdk.GetWebACLForResourceOutput, error) {
	balancer, err := s.balancer(in.ResourceArn)
	if err != nil {
		if _, ok := s.Balancer(aws.ToString(in.ResourceArn)); !ok && balancerForm.MatchString(aws.ToString(in.ResourceArn)) {
			return nil, nonexistent()
		}
		return nil, err
	}
	l := s.lists[s.protection[balancer]]
	if l == nil {
		return &sdk.GetWebACLForResourceOutput{}, nil
	}
	shown := l.WebACL
	return &sdk.GetWebACLForResourceOutput{WebACL: &shown}, nil
}

// ListResourcesForWebACL lists the load balancers of a list.
func (s *Service) ListResourcesForWebACL(_ context.Context, in *sdk.ListResourcesForWebACLInput) (*sdk.ListResourcesForWebACLOutput, error) {
	l, err := s.list(in.WebACLArn)
	if err != nil {
		return nil, err
	}
	if in.ResourceType != "" && in.ResourceType != types.ResourceTypeApplicationLoadBalancer {
		return &sdk.ListResourcesForWebACLOutput{ResourceArns: []string{}}, nil
	}
	return &sdk.ListResourcesForWebACLOutput{ResourceArns: s.protected(*l.ARN)}, nil
}
