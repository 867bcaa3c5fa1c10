package rds

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// ModifyEventSubscription implements the operation; the sources have operations of
// their own.
func (s *Service) ModifyEventSubscription(_ context.Context, in *sdk.ModifyEventSubscriptionInput) (*sdk.ModifyEventSubscriptionOutput, error) {
	sub, err := s.settledSubscription(in.SubscriptionName)
	if err != nil {
		return nil, err
	}
	wanted := subscription{EventSubscription: sub.EventSubscription}
	carry(&wanted.EventSubscription, in)
	if in.EventCategories != nil {
		wanted.EventCategoriesList = slices.Clone(in.EventCategories)
	}
	if err := s.checkSubscription(&wanted.EventSubscription); err != nil {
		return nil, err
	}
	sub.EventSubscription = wanted.EventSubscription
	return &sdk.ModifyEventSubscriptionOutput{EventSubscription: s.changed(sub, "modifying")}, nil
}

// AddSourceIdentifierToSubscription implements the operation.
func (s *Service) AddSourceIdentifierToSubscription(_ context.Context, in *sdk.AddSourceIdentifierToSubscriptionInput) (*sdk.AddSourceIdentifierToSubscriptionOutput, error) {
	sub, err := s.settledSubscription(in.SubscriptionName)
	if err != nil {
		return nil, err
	}
	if err := s.checkSource(aws.ToString(sub.SourceType), *in.SourceIdentifier); err != nil {
		return nil, err
	}
	if !slices.Contains(sub.SourceIdsList, *in.SourceIdentifier) {
		sub.SourceIdsList = append(sub.SourceIdsList, *in.SourceIdentifier)
	}
	return &sdk.AddSourceIdentifierToSubscriptionOutput{EventSubscription: s.changed(sub, "modifying")}, nil
}

// RemoveSourceIdentifierFromSubscription implements the operation.
func (s *Service) RemoveSourceIdentifierFromSubscription(_ context.Context, in *sdk.RemoveSourceIdentifierFromSubscriptionInput) (*sdk.RemoveSourceIdentifierFromSubscriptionOutput, error) {
	sub, err := s.settledSubscription(in.SubscriptionName)
	if err != nil {
		return nil, err
	}
	at := slices.Index(sub.SourceIdsList, *in.SourceIdentifier)
	if at < 0 {
		return nil, &types.SourceNotFoundFault{Message: text("Source %s not found.", *in.SourceIdentifier)}
	}
	sub.SourceIdsList = slices.Delete(slices.Clone(sub.SourceIdsList), at, at+1)
	return &sdk.RemoveSourceIdentifierFromSubscriptionOutput{EventSubscription: s.changed(sub, "modifying")}, nil
}

// DeleteEventSubscription implements the operation.
func (s *Service) DeleteEventSubscription(_ context.Context, in *sdk.DeleteEventSubscriptionInput) (*sdk.DeleteEventSubscriptionOutput, error) {
	sub, err := s.settledSubscription(in.SubscriptionName)
	if err != nil {
		return nil, err
	}
	sub.deleting = true
	out := s.changed(sub, "deleting")
	s.later(sub.readyAt, func(time.Time) {
		s.subscriptions = slices.DeleteFunc(s.subscriptions, func(other *subscription) bool { return other == sub })
		delete(s.tags, sub.arn)
	})
	return &sdk.DeleteEventSubscriptionOutput{EventSubscription: out}, nil
}

// DescribeEventSubscriptions implements the operation.
func (s *Service) DescribeEventSubscriptions(_ context.Context, in *sdk.DescribeEventSubscriptionsInput) (*sdk.DescribeEventSubscriptionsOutput, error) {
	var all []types.EventSubscription
	for _, sub := range s.subscriptions {
		if in.SubscriptionName == nil || *in.SubscriptionName == sub.name {
			all = append(all, s.viewed(sub))
		}
	}
	if in.SubscriptionName != nil && len(all) == 0 {
		return nil, noSubscription(*in.SubscriptionName)
	}
	list, next, err := filtered(all, in.Filters, in.Marker, in.MaxRecords, func(types.EventSubscription) map[string][]string { return nil })
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeEventSubscriptionsOutput{EventSubscriptionsList: list, Marker: next}, nil
}

// isARN reports whether the text is an ARN of a service.
func isARN(text, service string) bool {
	parts := strings.SplitN(text, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[2] == service && parts[5] != ""
}
