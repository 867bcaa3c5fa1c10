package sqs

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// queue is a queue and what is in it.
type queue struct {
	name, arn         string
	fifo              bool
	created, modified time.Time
	goneAt            time.Time // zero: not deleted
	purgedAt          time.Time
	tags              tagset.Set

	settings map[string]string // the attributes that can be set, with defaults
	// before holds what the last change overwrote; reads counts how often the
	// attributes have been read since.
	before map[string]string
	reads  int

	messages []*message // in the order of sending
	sent     map[string]sending
	attempts map[string]attempt
}

var (
	standardName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
	fifoName     = regexp.MustCompile(`^[A-Za-z0-9_-]+\.fifo$`)
)

const maxName = 80

// checkName checks a queue's name, whose suffix must fit its type (aws-facts §7).
func checkName(name string, fifo bool) error {
	switch {
	case fifo && (!fifoName.MatchString(name) || len(name) > maxName):
		return apierr.New("InvalidParameterValue", "The name of a FIFO queue can only include alphanumeric characters, hyphens, or "+
			"underscores, must end with .fifo suffix and be 1 to 80 in length.")
	case !fifo && !standardName.MatchString(name):
		return apierr.New("InvalidParameterValue", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	return nil
}

// CreateQueue makes a queue. For a name that is taken it answers with that queue
// if all given attributes are equal, and with an error otherwise; a name is
// blocked for a minute after its queue was deleted (aws-facts §7).
func (s *Service) CreateQueue(_ context.Context, in *sdk.CreateQueueInput) (*sdk.CreateQueueOutput, error) {
	s.moveOn()
	name, now := *in.QueueName, s.Now()
	fifo := in.Attributes["FifoQueue"] == "true"
	if err := checkName(name, fifo); err != nil {
		return nil, err
	}
	if now.Before(s.blocked[name]) {
		return nil, &types.QueueDeletedRecently{Message: aws.String(
			"You must wait 60 seconds after deleting a queue before you can create another with the same name.")}
	}
	if old := s.queues[name]; old != nil && old.goneAt.IsZero() {
		if err := s.sameAttributes(old, in.Attributes); err != nil {
			return nil, err
		}
		return &sdk.CreateQueueOutput{QueueUrl: s.url(name)}, nil
	}
	q := &queue{name: name, arn: s.ARN("sqs", name), fifo: fifo, created: now, modified: now,
		settings: defaults(fifo), sent: map[string]sending{}, attempts: map[string]attempt{}}
	changes, err := s.checkAttributes(q, in.Attributes)
	if err != nil {
		return nil, err
	}
	if q.tags, err = withTags(nil, in.Tags); err != nil {
		return nil, err
	}
	q.apply(changes)
	s.queues[name] = q
	return &sdk.CreateQueueOutput{QueueUrl: s.url(name)}, nil
}

// sameAttributes compares attributes as a request gives them with a queue's.
func (s *Service) sameAttributes(q *queue, given map[string]string) error {
	wanted, err := s.checkAttributes(q, given)
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		if wanted[key] != q.settings[key] {
			return &types.QueueNameExists{Message: text("A queue already exists with the same name and a different value for attribute %s", key)}
		}
	}
	return nil
}

func (s *Service) url(name string) *string {
	return aws.String(strings.TrimSuffix(s.BaseURL, "/") + "/" + s.Account + "/" + name)
}

// DeleteQueue deletes a queue with its messages. Calls may find it for some time.
func (s *Service) DeleteQueue(_ context.Context, in *sdk.DeleteQueueInput) (*sdk.DeleteQueueOutput, error) {
	q, err := s.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if q.goneAt.IsZero() {
		q.goneAt = s.Now().Add(s.Timings.Deleted)
		s.blocked[q.name] = s.Now().Add(s.Timings.NameBlocked)
		q.messages = nil
	}
	return &sdk.DeleteQueueOutput{}, nil
}

// GetQueueUrl finds a queue by name.
func (s *Service) GetQueueUrl(_ context.Context, in *sdk.GetQueueUrlInput) (*sdk.GetQueueUrlOutput, error) {
	q, err := s.named(*in.QueueName)
	if err != nil {
		return nil, err
	}
	if owner := in.QueueOwnerAWSAccountId; owner != nil && *owner != s.Account {
		return nil, noQueue()
	}
	return &sdk.GetQueueUrlOutput{QueueUrl: s.url(q.name)}, nil
}

// maxListed is how many queues a list call returns (aws-facts §7).
const maxListed = 1000

// page cuts a list of URLs. Only who asks for a size gets a token for the rest.
func page(urls []string, token *string, size *int32) ([]string, *string, error) {
	if size != nil && (*size < 1 || *size > maxListed) {
		return nil, nil, invalid("MaxResults", *size, "MaxResults must be an integer between 1 and 1000")
	}
	urls, next, err := paging.Page(urls, token, size, maxListed, maxListed, "InvalidParameterValue")
	if size == nil {
		next = nil
	}
	return urls, next, err
}

// ListQueues lists the queues whose names begin with a prefix.
func (s *Service) ListQueues(_ context.Context, in *sdk.ListQueuesInput) (*sdk.ListQueuesOutput, error) {
	var urls []string
	for _, q := range s.sorted() {
		if strings.HasPrefix(q.name, aws.ToString(in.QueueNamePrefix)) {
			urls = append(urls, *s.url(q.name))
		}
	}
	out := &sdk.ListQueuesOutput{}
	var err error
	out.QueueUrls, out.NextToken, err = page(urls, in.NextToken, in.MaxResults)
	return out, err
}

// ListDeadLetterSourceQueues lists the queues whose messages end in this one.
func (s *Service) ListDeadLetterSourceQueues(_ context.Context, in *sdk.ListDeadLetterSourceQueuesInput) (*sdk.ListDeadLetterSourceQueuesOutput, error) {
	q, err := s.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	urls := []string{}
	for _, source := range s.sourcesOf(q) {
		urls = append(urls, *s.url(source.name))
	}
	out := &sdk.ListDeadLetterSourceQueuesOutput{}
	out.QueueUrls, out.NextToken, err = page(urls, in.NextToken, in.MaxResults)
	return out, err
}

// PurgeQueue deletes all messages, at most once a minute.
func (s *Service) PurgeQueue(_ context.Context, in *sdk.PurgeQueueInput) (*sdk.PurgeQueueOutput, error) {
	q, err := s.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if s.Now().Before(q.purgedAt.Add(s.Timings.Purge)) {
		return nil, &types.PurgeQueueInProgress{Message: text("Only one PurgeQueue operation on %s is allowed every 60 seconds.", q.name)}
	}
	q.purgedAt, q.messages = s.Now(), nil
	return &sdk.PurgeQueueOutput{}, nil
}

// withTags returns tags with others added.
func withTags(current tagset.Set, added map[string]string) (tagset.Set, error) {
	var tags []tagset.Tag
	for key, value := range added {
		tags = append(tags, tagset.Tag{Key: key, Value: value})
	}
	set, err := current.With(tags)
	if err != nil {
		return nil, apierr.New("InvalidParameterValue", "%v", err)
	}
	return set, nil
}

// TagQueue adds or overwrites tags.
func (s *Service) TagQueue(_ context.Context, in *sdk.TagQueueInput) (*sdk.TagQueueOutput, error) {
	q, err := s.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	tags, err := withTags(q.tags, in.Tags)
	if err != nil {
		return nil, err
	}
	q.tags = tags
	return &sdk.TagQueueOutput{}, nil
}

// UntagQueue removes tags.
func (s *Service) UntagQueue(_ context.Context, in *sdk.UntagQueueInput) (*sdk.UntagQueueOutput, error) {
	q, err := s.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	q.tags = q.tags.Without(in.TagKeys)
	return &sdk.UntagQueueOutput{}, nil
}

// ListQueueTags lists a queue's tags.
func (s *Service) ListQueueTags(_ context.Context, in *sdk.ListQueueTagsInput) (*sdk.ListQueueTagsOutput, error) {
	q, err := s.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return &sdk.ListQueueTagsOutput{Tags: maps.Clone(q.tags)}, nil
}
