package rds

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// EventSubscription has RDS tell an SNS topic what happens to databases. Outputs: id
// (the name), arn.
type EventSubscription struct {
	// Name is unique in the account and Region, < 255 characters, of the form that
	// awsapi.Name makes.
	Name  string    `json:"name" stack:"create"`
	Topic stack.Ref `json:"topic"` // ARN, of no FIFO topic
	// SourceType is what Sources are identifiers of: db-instance or db-cluster.
	SourceType string      `json:"source_type" stack:"create"`
	Sources    []stack.Ref `json:"sources" stack:"set"`
	Categories []string    `json:"categories" stack:"set"`
	Enabled    bool        `json:"enabled"`
	// Delivers says that RDS reaches the topic: it is there, and lets RDS publish.
	Delivers bool `json:"delivers"`
}

// Kind implements stack.Spec.
func (*EventSubscription) Kind() string { return "rds/event_subscription" }

// The statuses of a subscription whose topic RDS does not reach (aws: EventSubscription).
const (
	topicGone   = "topic-not-exist"
	topicClosed = "no-permission"
)

type eventSubscriptions struct {
	c      *awsapi.Clients
	r      *reader
	lister *awsapi.Lister[tagged[types.EventSubscription]]
}

func newEventSubscriptions(c *awsapi.Clients, r *reader) *eventSubscriptions {
	k := &eventSubscriptions{c: c, r: r}
	k.lister = taggedLister(r, k.all)
	return k
}

// Name implements engine.Kind.
func (k *eventSubscriptions) Name() string { return (*EventSubscription)(nil).Kind() }

// all returns every subscription, without tags.
func (k *eventSubscriptions) all(ctx context.Context) ([]tagged[types.EventSubscription], error) {
	var all []tagged[types.EventSubscription]
	pages := sdk.NewDescribeEventSubscriptionsPaginator(k.c.RDSPages(), &sdk.DescribeEventSubscriptionsInput{MaxRecords: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing event subscriptions: %w", err)
		}
		for _, sub := range page.EventSubscriptionsList {
			all = append(all, tagged[types.EventSubscription]{it: sub, arn: aws.ToString(sub.EventSubscriptionArn)})
		}
	}
	return all, nil
}

// List implements engine.Kind.
func (k *eventSubscriptions) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	found, err := k.lister.Find(ctx, scope.Stack.String(), scope.IDs, scope.Recent)
	var lives []engine.Live
	for _, f := range found {
		live := liveSubscription(f.Object.it)
		live.Tags = f.Object.tags
		live.Key = cmp.Or(live.Tags[stack.TagPart], f.Key)
		lives = append(lives, live)
	}
	return lives, err
}

func liveSubscription(sub types.EventSubscription) engine.Live {
	name, status := aws.ToString(sub.CustSubscriptionId), aws.ToString(sub.Status)
	s := &EventSubscription{Name: name, Topic: stack.Literal(aws.ToString(sub.SnsTopicArn)), SourceType: aws.ToString(sub.SourceType),
		Sources: stack.Literals(sub.SourceIdsList...), Categories: sub.EventCategoriesList, Enabled: aws.ToBool(sub.Enabled),
		Delivers: status != topicGone && status != topicClosed}
	return engine.Live{ID: name, Spec: s, Out: map[string]string{"id": name, "arn": aws.ToString(sub.EventSubscriptionArn)}, Deleting: status == statusDeleting}
}

// Create implements engine.Kind.
func (k *eventSubscriptions) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*EventSubscription](want.Spec)
	var live engine.Live
	// What was just made may not be known as a source yet.
	unseen := func(err error) bool { return awsapi.Is(err, "SourceNotFound") }
	err := k.c.Pace.Retry(ctx, propagation, unseen, func(ctx context.Context) error {
		out, err := awsapi.RDS(k.c).CreateEventSubscription(ctx, &sdk.CreateEventSubscriptionInput{SubscriptionName: &s.Name,
			SnsTopicArn: aws.String(s.Topic.String()), SourceType: &s.SourceType, SourceIds: values(s.Sources), EventCategories: s.Categories,
			Enabled: &s.Enabled, Tags: tagList(want.Tags)})
		if err == nil {
			live = liveSubscription(*out.EventSubscription)
			live.Key, live.Tags = want.Key, want.Tags
		}
		return err
	})
	if awsapi.Is(err, "SubscriptionAlreadyExist") {
		return k.adopt(ctx, want)
	}
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating event subscription %s: %w", s.Name, unreachable(s, err))
	}
	return live, nil
}

// unreachable says what a topic needs that RDS refuses.
func unreachable(s *EventSubscription, err error) error {
	if !awsapi.Is(err, "SNSTopicArnNotFound", "SNSNoAuthorization", "SNSInvalidTopic") {
		return err
	}
	return fmt.Errorf("%w; topic %s must exist, be no FIFO topic, and have a policy that lets events.rds.amazonaws.com publish to it", err, s.Topic)
}

// adopt returns the subscription that an earlier, unanswered call made.
func (k *eventSubscriptions) adopt(ctx context.Context, want engine.Want) (engine.Live, error) {
	name := spec[*EventSubscription](want.Spec).Name
	sub, err := k.read(ctx, name)
	if err != nil {
		return engine.Live{}, fmt.Errorf("reading event subscription %s: %w", name, err)
	}
	return k.r.adopted(ctx, k, liveSubscription(sub), want, "event subscription")
}

func (k *eventSubscriptions) read(ctx context.Context, name string) (types.EventSubscription, error) {
	out, err := awsapi.RDS(k.c).DescribeEventSubscriptions(ctx, &sdk.DescribeEventSubscriptionsInput{SubscriptionName: &name})
	if err != nil {
		return types.EventSubscription{}, err
	}
	return out.EventSubscriptionsList[0], nil
}

// Update implements engine.Kind. Sources come and go one a call.
func (k *eventSubscriptions) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	s, now := spec[*EventSubscription](want.Spec), spec[*EventSubscription](have.Spec)
	calls := []func(context.Context) error{}
	if diff.Has("topic", "categories", "enabled", "delivers") {
		calls = append(calls, func(ctx context.Context) error {
			_, err := awsapi.RDS(k.c).ModifyEventSubscription(ctx, &sdk.ModifyEventSubscriptionInput{SubscriptionName: &have.ID,
				SnsTopicArn: aws.String(s.Topic.String()), EventCategories: s.Categories, Enabled: &s.Enabled})
			return unreachable(s, err)
		})
	}
	for _, id := range missing(values(now.Sources), values(s.Sources)) {
		calls = append(calls, func(ctx context.Context) error {
			_, err := awsapi.RDS(k.c).AddSourceIdentifierToSubscription(ctx, &sdk.AddSourceIdentifierToSubscriptionInput{SubscriptionName: &have.ID, SourceIdentifier: &id})
			return err
		})
	}
	for _, id := range missing(values(s.Sources), values(now.Sources)) {
		calls = append(calls, func(ctx context.Context) error {
			_, err := awsapi.RDS(k.c).RemoveSourceIdentifierFromSubscription(ctx, &sdk.RemoveSourceIdentifierFromSubscriptionInput{SubscriptionName: &have.ID, SourceIdentifier: &id})
			if awsapi.Is(err, "SourceNotFound") {
				return nil // an earlier, unanswered call removed it
			}
			return err
		})
	}
	for _, call := range calls {
		if err := k.c.Pace.Retry(ctx, propagation, isBeingChanged, call); err != nil {
			return have, fmt.Errorf("changing event subscription %s: %w", have.ID, err)
		}
	}
	if len(calls) > 0 {
		have.Spec = s
	}
	return have, k.r.retag(ctx, &have, want)
}

// isBeingChanged reports whether a subscription is busy with the last change.
func isBeingChanged(err error) bool { return awsapi.Is(err, "InvalidEventSubscriptionState") }

// Delete implements engine.Kind.
func (k *eventSubscriptions) Delete(ctx context.Context, have engine.Live) error {
	err := k.c.Pace.Retry(ctx, propagation, isBeingChanged, func(ctx context.Context) error {
		if sub, err := k.read(ctx, have.ID); err != nil || aws.ToString(sub.Status) == statusDeleting {
			return err
		}
		_, err := awsapi.RDS(k.c).DeleteEventSubscription(ctx, &sdk.DeleteEventSubscriptionInput{SubscriptionName: &have.ID})
		return err
	})
	if err != nil && !awsapi.IsNotFound(err) {
		return fmt.Errorf("deleting event subscription %s: %w", have.ID, err)
	}
	gone := awsapi.Waiting{What: "event subscription " + have.ID + " to go", Limit: released}
	return k.c.Pace.Until(ctx, gone, func(ctx context.Context) (bool, string, error) {
		sub, err := k.read(ctx, have.ID)
		if awsapi.IsNotFound(err) {
			return true, "", nil
		}
		return false, aws.ToString(sub.Status), err
	})
}

// settling are the statuses that pass by themselves.
var settling = []string{statusCreating, "modifying"}

// Wait implements engine.Kind.
func (k *eventSubscriptions) Wait(ctx context.Context, have engine.Live) (engine.Live, error) {
	active := awsapi.Waiting{What: "event subscription " + have.ID + " to become active", Expect: 10 * time.Second, Limit: propagation}
	err := k.c.Pace.Until(ctx, active, func(ctx context.Context) (bool, string, error) {
		sub, err := k.read(ctx, have.ID)
		if awsapi.IsNotFound(err) {
			return false, "not shown", nil
		}
		status := aws.ToString(sub.Status)
		if err == nil && !slices.Contains(settling, status) {
			if live := liveSubscription(sub); !spec[*EventSubscription](live.Spec).Delivers {
				return false, status, fmt.Errorf("event subscription %s is in status %s: RDS cannot publish to topic %s", have.ID, status, aws.ToString(sub.SnsTopicArn))
			}
			return true, "", nil
		}
		return false, status, err
	})
	return have, err
}
