package sqs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Queue is a queue to which everybody must speak TLS. Outputs: id and url, name, arn.
type Queue struct {
	// Name is unique in the account and Region, ≤ 80 characters, of the form that
	// awsapi.Name makes, with .fifo behind it for a FIFO queue.
	Name              string `json:"name" stack:"create"`
	VisibilityTimeout int32  `json:"visibility_timeout"` // seconds, to 43200
	MessageRetention  int32  `json:"message_retention"`  // seconds, 60 to 1209600
	ReceiveWait       int32  `json:"receive_wait"`       // seconds, to 20
	Delay             int32  `json:"delay"`              // seconds until a message can be received, to 900
	// Encryption is the id, alias or ARN of a KMS key, or SSE for SQS's own keys.
	Encryption string `json:"encryption"`
	// DeadLetterQueue is the ARN of the queue for messages that were received
	// MaxReceiveCount times; empty and 0: none.
	DeadLetterQueue stack.Ref `json:"dead_letter_queue"`
	MaxReceiveCount int32     `json:"max_receive_count"`
	// DeadLettersOf are the ARNs of all queues that may name this one as their
	// dead-letter queue. They need not exist yet. None: every queue may.
	DeadLettersOf []string `json:"dead_letters_of" stack:"set"`
	// Producers are the principals that may send messages, beside those of the account
	// with a permission of their own: ARNs, or AWS services such as sns.amazonaws.com.
	// Observed, it is the whole policy when that is not the one which says just this.
	Producers []string `json:"producers" stack:"set"`
}

// SSE is the encryption with keys of SQS itself.
const SSE = "sse-sqs"

// fifoSuffix ends the names of FIFO queues, and of no others.
const fifoSuffix = ".fifo"

// Kind implements stack.Spec.
func (*Queue) Kind() string { return "sqs/queue" }

// queue is a queue as it is read.
type queue struct {
	url        string
	attributes map[string]string
	tags       map[string]string
}

func (q queue) name() string { return nameOf(q.url) }

// nameOf returns the queue's name, with which its URL ends.
func nameOf(url string) string { return url[strings.LastIndex(url, "/")+1:] }

type queues struct {
	c      *awsapi.Clients
	lister *awsapi.Lister[queue]
}

func newQueues(c *awsapi.Clients) *queues {
	k := &queues{c: c}
	k.lister = awsapi.NewLister(c, k.owned, k.known, 0, func(q queue) string { return q.url })
	return k
}

// Name implements engine.Kind.
func (k *queues) Name() string { return (*Queue)(nil).Kind() }

// madeName is the form of the names that awsapi.Name makes.
var madeName = regexp.MustCompile(`-[0-9a-f]{6}(\.fifo)?$`)

// owned returns the queues of the stacks, whose names begin with those of the stacks.
func (k *queues) owned(ctx context.Context, stacks []string) (map[string][]queue, error) {
	byStack := map[string][]queue{}
	for _, id := range stacks {
		_, name, _ := strings.Cut(id, "/")
		urls, err := k.named(ctx, name+"-")
		if err != nil {
			return nil, err
		}
		read, err := k.known(ctx, urls)
		if err != nil {
			return nil, err
		}
		byStack[id] = nil
		for _, url := range urls {
			if q, ok := read[url]; ok && q.tags[stack.TagStack] == id {
				byStack[id] = append(byStack[id], q)
			}
		}
	}
	return byStack, nil
}

// named returns the URLs of the queues that may be ours by their names.
func (k *queues) named(ctx context.Context, prefix string) ([]string, error) {
	var urls []string
	pages := sdk.NewListQueuesPaginator(k.c.SQSPages(), &sdk.ListQueuesInput{QueueNamePrefix: &prefix, MaxResults: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing queues: %w", err)
		}
		urls = append(urls, page.QueueUrls...)
	}
	return slices.DeleteFunc(urls, func(url string) bool { return !madeName.MatchString(url) }), nil
}

// known reads the queues that exist, all at once.
func (k *queues) known(ctx context.Context, urls []string) (map[string]queue, error) {
	read := make([]queue, len(urls))
	errs := make([]error, len(urls))
	var wg sync.WaitGroup
	for i, url := range urls {
		wg.Go(func() { read[i], errs[i] = k.read(ctx, url) })
	}
	wg.Wait()
	byURL := map[string]queue{}
	for i, url := range urls {
		if isAbsent(errs[i]) {
			errs[i] = nil
		} else {
			byURL[url] = read[i]
		}
	}
	return byURL, errors.Join(errs...)
}

func (k *queues) read(ctx context.Context, url string) (queue, error) {
	out, err := awsapi.SQS(k.c).GetQueueAttributes(ctx, &sdk.GetQueueAttributesInput{QueueUrl: &url,
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	if err != nil {
		return queue{}, fmt.Errorf("reading queue %s: %w", nameOf(url), err)
	}
	tags, err := awsapi.SQS(k.c).ListQueueTags(ctx, &sdk.ListQueueTagsInput{QueueUrl: &url})
	if err != nil {
		return queue{}, fmt.Errorf("reading the tags of queue %s: %w", nameOf(url), err)
	}
	q := queue{url: url, attributes: out.Attributes, tags: map[string]string{}}
	for key, value := range tags.Tags {
		if !strings.HasPrefix(key, "aws:") {
			q.tags[key] = value
		}
	}
	return q, nil
}

// List implements engine.Kind.
func (k *queues) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	all, err := k.lister.Find(ctx, scope.Stack.String(), scope.IDs, scope.Recent)
	var lives []engine.Live
	for _, f := range all {
		live := k.live(f.Object)
		live.Key = cmp.Or(live.Tags[stack.TagPart], f.Key)
		lives = append(lives, live)
	}
	return lives, err
}

func (k *queues) live(q queue) engine.Live {
	return engine.Live{ID: q.url, Out: k.out(q.url), Spec: k.observed(q.name(), q.attributes), Tags: q.tags}
}

func (k *queues) out(url string) map[string]string {
	return map[string]string{"id": url, "url": url, "name": nameOf(url), "arn": ARN(k.c, nameOf(url))}
}

// ARN returns the ARN of the account's queue of that name.
func ARN(c *awsapi.Clients, name string) string {
	return fmt.Sprintf("arn:%s:sqs:%s:%s:%s", c.Partition, c.Region, c.Account, name)
}

// Create implements engine.Kind. SQS answers a repeated create with the queue that
// there is, whosever it may be, so the tags have the last word (aws-facts §7).
func (k *queues) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*Queue](want.Spec)
	have, err := k.create(ctx, s, want)
	if err == nil {
		diff := engine.Difference(want.Spec, want.Tags, have, want.Untag...)
		switch {
		case diff.Replaces():
			err = fmt.Errorf("it exists with other settings: %v", diff)
		case len(diff) > 0:
			return k.Update(ctx, have, want, diff)
		}
	}
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating queue %s: %w", s.Name, err)
	}
	return have, nil
}

// create returns the queue of the wanted name, a new one or the one that an earlier
// call made.
func (k *queues) create(ctx context.Context, s *Queue, want engine.Want) (engine.Live, error) {
	in := &sdk.CreateQueueInput{QueueName: &s.Name, Tags: want.Tags, Attributes: k.attributes(s, nil)}
	if strings.HasSuffix(s.Name, fifoSuffix) {
		in.Attributes["FifoQueue"] = "true"
	}
	url := ""
	again := func(err error) bool { return isBlocked(err) || isUnrelated(err) }
	err := k.c.Pace.Retry(ctx, max(nameBlocked, related), again, func(ctx context.Context) error {
		out, err := awsapi.SQS(k.c).CreateQueue(ctx, in)
		if err == nil {
			url = aws.ToString(out.QueueUrl)
		}
		return err
	})
	if isTaken(err) {
		var taken *sdk.GetQueueUrlOutput
		if taken, err = awsapi.SQS(k.c).GetQueueUrl(ctx, &sdk.GetQueueUrlInput{QueueName: &s.Name}); err == nil {
			url = aws.ToString(taken.QueueUrl)
		}
	}
	if err != nil {
		return engine.Live{}, err
	}
	var q queue
	err = k.c.Pace.Retry(ctx, found, isAbsent, func(ctx context.Context) (err error) {
		q, err = k.read(ctx, url)
		return err
	})
	if err != nil {
		return engine.Live{}, err
	}
	if q.tags[stack.TagStack] != want.Stack.String() || q.tags[stack.TagPart] != want.Key {
		owner := "was not made by webtier"
		if id := q.tags[stack.TagStack]; id != "" {
			owner = fmt.Sprintf("is part %s of %s", q.tags[stack.TagPart], id)
		}
		return engine.Live{}, fmt.Errorf("a queue of that name exists and %s: delete it, or choose another name", owner)
	}
	have := k.live(q)
	have.Key = want.Key
	return have, nil
}

// Update implements engine.Kind. It returns when the change is seen everywhere.
func (k *queues) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	err := k.set(ctx, have, spec[*Queue](want.Spec), diff)
	if err == nil && slices.ContainsFunc(diff, func(c stack.Change) bool { return !(stack.Diff{c}).Has("tags") }) {
		have.Spec = want.Spec
	}
	if err == nil {
		err = k.retag(ctx, &have, want)
	}
	if err != nil {
		return have, fmt.Errorf("updating queue %s: %w", have.Out["name"], err)
	}
	return have, nil
}

func (k *queues) set(ctx context.Context, have engine.Live, s *Queue, diff stack.Diff) error {
	attributes := k.attributes(s, diff)
	if len(attributes) == 0 {
		return nil
	}
	again := func(err error) bool { return isAbsent(err) || isUnrelated(err) }
	err := k.c.Pace.Retry(ctx, related, again, func(ctx context.Context) error {
		_, err := awsapi.SQS(k.c).SetQueueAttributes(ctx, &sdk.SetQueueAttributesInput{QueueUrl: &have.ID, Attributes: attributes})
		return err
	})
	if err != nil {
		return err
	}
	return k.seen(ctx, have, s)
}

// seenReads is how many reads one after the other must show a change: some servers
// still answer with what was before (aws-facts §7).
const seenReads = 4

// seen returns when reads show what was set. The retention period may be late.
func (k *queues) seen(ctx context.Context, have engine.Live, s *Queue) error {
	reads, diff := 0, stack.Diff{}
	err := k.c.Pace.Until(ctx, awsapi.Waiting{What: "the change to be seen", Limit: changed}, func(ctx context.Context) (bool, string, error) {
		q, err := k.read(ctx, have.ID)
		if err != nil {
			return false, "", err
		}
		diff = stack.Compare(s, k.observed(q.name(), q.attributes))
		if reads++; len(diff) > 0 {
			reads = 0
		}
		return reads >= seenReads, fmt.Sprint(diff), nil
	})
	if late := (*awsapi.TimeoutError)(nil); errors.As(err, &late) && len(diff) == 1 && diff.Has("message_retention") {
		return nil
	}
	return err
}

// retag gives a queue the wanted tags that it lacks, removes those that it must
// lose, and leaves all others.
func (k *queues) retag(ctx context.Context, have *engine.Live, want engine.Want) error {
	set, unset := want.TagChanges(have.Tags)
	if len(set) > 0 {
		if _, err := awsapi.SQS(k.c).TagQueue(ctx, &sdk.TagQueueInput{QueueUrl: &have.ID, Tags: set}); err != nil {
			return fmt.Errorf("tagging: %w", err)
		}
	}
	if len(unset) > 0 {
		if _, err := awsapi.SQS(k.c).UntagQueue(ctx, &sdk.UntagQueueInput{QueueUrl: &have.ID, TagKeys: unset}); err != nil {
			return fmt.Errorf("removing tags: %w", err)
		}
	}
	have.Tags = maps.Clone(want.Tagged(have.Tags))
	return nil
}

// goneReads is how many reads one after the other must not find a deleted queue.
const goneReads = 3

// Delete implements engine.Kind. It returns when reads find the queue no more.
func (k *queues) Delete(ctx context.Context, have engine.Live) error {
	_, err := awsapi.SQS(k.c).DeleteQueue(ctx, &sdk.DeleteQueueInput{QueueUrl: &have.ID})
	if isAbsent(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("deleting queue %s: %w", have.Out["name"], err)
	}
	reads := 0
	return k.c.Pace.Until(ctx, awsapi.Waiting{What: "queue " + nameOf(have.ID) + " to be gone", Expect: 10 * time.Second, Limit: removed},
		func(ctx context.Context) (bool, string, error) {
			_, err := k.read(ctx, have.ID)
			if err != nil && !isAbsent(err) {
				return false, "", err
			}
			if reads++; err == nil {
				reads = 0
			}
			return reads >= goneReads, "it is still found", nil
		})
}

// Wait implements engine.Kind: a queue that was read can be used.
func (k *queues) Wait(_ context.Context, have engine.Live) (engine.Live, error) { return have, nil }
