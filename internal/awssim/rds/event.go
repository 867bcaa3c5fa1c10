package rds

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// eventsKept is how long RDS remembers events, and eventsShown how far it looks
// back if not told (aws-facts §6.17).
const (
	eventsKept  = 14 * 24 * time.Hour
	eventsShown = 60 * time.Minute
)

// event is one entry of RDS's log.
type event struct {
	at             time.Time
	source         types.SourceType
	id, arn        string
	category, text string
}

// note adds to the log.
func (s *Service) note(e event, format string, args ...any) {
	e.text = fmt.Sprintf(format, args...)
	s.events = slices.DeleteFunc(s.events, func(old event) bool { return e.at.Sub(old.at) > eventsKept })
	s.events = append(s.events, e)
}

// DescribeEvents implements the operation.
func (s *Service) DescribeEvents(_ context.Context, in *sdk.DescribeEventsInput) (*sdk.DescribeEventsOutput, error) {
	if in.SourceIdentifier != nil && in.SourceType == "" {
		return nil, badCombination("The parameter SourceType must be provided when SourceIdentifier is specified")
	}
	if len(in.Filters) > 0 {
		return nil, badValue("Unrecognized filter name: %s", aws.ToString(in.Filters[0].Name))
	}
	end := s.Now()
	if in.EndTime != nil {
		end = *in.EndTime
	}
	start := end.Add(-eventsShown)
	switch {
	case in.StartTime != nil:
		start = *in.StartTime
	case in.Duration != nil:
		start = end.Add(-time.Duration(*in.Duration) * time.Minute)
	}
	var all []types.Event
	for _, e := range s.events {
		if e.at.Before(start) || e.at.After(end) || !e.matches(in) {
			continue
		}
		all = append(all, types.Event{Date: aws.Time(e.at), EventCategories: []string{e.category}, Message: aws.String(e.text),
			SourceArn: aws.String(e.arn), SourceIdentifier: aws.String(e.id), SourceType: e.source})
	}
	list, next, err := page(all, in.Marker, in.MaxRecords, pageSize)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeEventsOutput{Events: list, Marker: next}, nil
}

// matches reports whether a request asks for events of the kind.
func (e event) matches(in *sdk.DescribeEventsInput) bool {
	return (in.SourceType == "" || e.source == in.SourceType) &&
		(in.SourceIdentifier == nil || lower(in.SourceIdentifier) == e.id) &&
		(len(in.EventCategories) == 0 || slices.Contains(in.EventCategories, e.category))
}

// eventCategories are those that subscriptions to a type of source can name.
var eventCategories = map[string][]string{
	"db-instance": {"availability", "backup", "configuration change", "creation", "deletion", "failover", "failure", "low storage",
		"maintenance", "notification", "read replica", "recovery", "restoration", "security patching"},
	"db-cluster": {"configuration change", "creation", "deletion", "failover", "failure", "global-failover", "maintenance",
		"migration", "notification", "serverless"},
	"db-snapshot":           {"creation", "deletion", "notification", "restoration"},
	"db-cluster-snapshot":   {"backup", "notification"},
	"db-parameter-group":    {"configuration change"},
	"db-security-group":     {"configuration change", "failure"},
	"blue-green-deployment": {"creation", "deletion", "failure", "notification"},
}

// subscription sends events to a topic. Nothing is sent here.
type subscription struct {
	types.EventSubscription
	name, arn string
	readyAt   time.Time
	deleting  bool
}

func noSubscription(name string) error {
	return &types.SubscriptionNotFoundFault{Message: text("EventSubscription %s not found.", name)}
}

func (s *Service) subscription(name *string) (*subscription, error) {
	for _, sub := range s.subscriptions {
		if sub.name == aws.ToString(name) {
			return sub, nil
		}
	}
	return nil, noSubscription(aws.ToString(name))
}

// settledSubscription finds a subscription on which nothing is under way.
func (s *Service) settledSubscription(name *string) (*subscription, error) {
	sub, err := s.subscription(name)
	if err == nil && s.Now().Before(sub.readyAt) {
		err = &types.InvalidEventSubscriptionStateFault{Message: text("Subscription %s is not in an active state.", sub.name)}
	}
	return sub, err
}

// CreateEventSubscription implements the operation.
func (s *Service) CreateEventSubscription(_ context.Context, in *sdk.CreateEventSubscriptionInput) (*sdk.CreateEventSubscriptionOutput, error) {
	name := aws.ToString(in.SubscriptionName)
	if _, err := s.subscription(in.SubscriptionName); err == nil {
		return nil, &types.SubscriptionAlreadyExistFault{Message: text("Subscription %s already exists.", name)}
	}
	if int64(len(s.subscriptions)) >= s.Quotas[quotaSubscriptions] {
		return nil, &types.EventSubscriptionQuotaExceededFault{Message: text("The maximum number of event subscriptions has been reached.")}
	}
	if len(in.SourceIds) > 0 && in.SourceType == nil {
		return nil, badCombination("The parameter SourceType must be provided when SourceIds is specified")
	}
	tags, err := newTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	sub := &subscription{name: name, arn: s.ARN("rds", "es:"+name)}
	sub.EventSubscription = types.EventSubscription{CustSubscriptionId: aws.String(name), CustomerAwsId: aws.String(s.Account),
		EventSubscriptionArn: aws.String(sub.arn), SnsTopicArn: in.SnsTopicArn, Enabled: aws.Bool(in.Enabled == nil || *in.Enabled),
		SourceType: in.SourceType, SourceIdsList: slices.Clone(in.SourceIds), EventCategoriesList: slices.Clone(in.EventCategories),
		SubscriptionCreationTime: aws.String(s.Now().UTC().Format("2006-01-02 15:04:05.000"))}
	if err := s.checkSubscription(&sub.EventSubscription); err != nil {
		return nil, err
	}
	s.subscriptions = append(s.subscriptions, sub)
	s.tags[sub.arn] = tags
	return &sdk.CreateEventSubscriptionOutput{EventSubscription: s.changed(sub, "creating")}, nil
}

// topicUnreachable are the statuses of subscriptions whose topic RDS does not reach
// (aws: EventSubscription), each with what requests that name the topic are told.
var topicUnreachable = map[string]func(topic string) error{
	"topic-not-exist": func(topic string) error {
		return &types.SNSTopicArnNotFoundFault{Message: text("The SNS topic ARN %s does not exist.", topic)}
	},
	"no-permission": func(topic string) error {
		return &types.SNSNoAuthorizationFault{Message: text("You do not have permission to publish to the SNS topic ARN %s.", topic)}
	},
}

// checkSubscription refuses topics that cannot be reached, and types of source,
// categories and sources that do not exist. RDS takes no FIFO topics (aws:
// CreateEventSubscription).
func (s *Service) checkSubscription(sub *types.EventSubscription) error {
	topic := aws.ToString(sub.SnsTopicArn)
	if !isARN(topic, "sns") || strings.HasSuffix(topic, ".fifo") {
		return &types.SNSInvalidTopicFault{Message: text("Invalid SNS topic: %s", topic)}
	}
	if status := s.topics[topic]; status != "" {
		return topicUnreachable[status](topic)
	}
	if sub.SourceType == nil {
		return nil
	}
	known, ok := eventCategories[*sub.SourceType]
	if !ok {
		return badValue("Invalid source type: %s", *sub.SourceType)
	}
	for _, category := range sub.EventCategoriesList {
		if !slices.Contains(known, category) {
			return &types.SubscriptionCategoryNotFoundFault{Message: text("Event category %s not found.", category)}
		}
	}
	for _, id := range sub.SourceIdsList {
		if err := s.checkSource(*sub.SourceType, id); err != nil {
			return err
		}
	}
	return nil
}

// checkSource refuses a source that does not exist.
func (s *Service) checkSource(kind, id string) error {
	for _, prefix := range sourceARNs[kind] {
		if _, exists := s.tags[s.ARN("rds", prefix+lower(&id))]; exists {
			return nil
		}
	}
	return &types.SourceNotFoundFault{Message: text("Source %s not found.", id)}
}

// sourceARNs are what precedes the identifier in the ARNs of a type of source.
var sourceARNs = map[string][]string{
	"db-instance": {"db:"}, "db-cluster": {"cluster:"}, "db-snapshot": {"snapshot:"}, "db-cluster-snapshot": {"cluster-snapshot:"},
	"db-parameter-group": {"pg:", "cluster-pg:"}, "blue-green-deployment": {"deployment:"},
}

// changed shows a subscription on which something begins.
func (s *Service) changed(sub *subscription, status string) *types.EventSubscription {
	sub.readyAt = s.Now().Add(s.Timings.Subscription)
	out := s.viewed(sub)
	out.Status = aws.String(status)
	return &out
}

func (s *Service) viewed(sub *subscription) types.EventSubscription {
	var out types.EventSubscription
	carry(&out, &sub.EventSubscription)
	switch {
	case sub.deleting:
		out.Status = aws.String("deleting")
	case s.Now().Before(sub.readyAt):
		out.Status = aws.String("modifying")
	default:
		out.Status = aws.String(cmp.Or(s.topics[aws.ToString(sub.SnsTopicArn)], "active"))
	}
	return out
}
