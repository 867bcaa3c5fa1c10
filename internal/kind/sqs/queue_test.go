package sqs_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/sqs"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

type (
	outside = map[string]func(*testing.T, *awsapi.Clients, engine.Live)
	updates = map[string]func(*testing.T, *awsapi.Clients, stack.Spec)
)

const (
	arnPrefix = "arn:aws:sqs:eu-west-1:123456789012:"
	producer  = "arn:aws:iam::123456789012:root"
	key       = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
)

func kind(c *awsapi.Clients) engine.Kind { return sqs.Kinds(c)[0] }

// raw makes a queue that is not ours and returns its URL.
func raw(t *testing.T, c *awsapi.Clients, name string, attributes map[string]string) string {
	t.Helper()
	out, err := awsapi.SQS(c).CreateQueue(t.Context(), &sdk.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Second)
	return *out.QueueUrl
}

func jobs() *sqs.Queue {
	return &sqs.Queue{Name: "trial-queue-0a1b2c", VisibilityTimeout: 60, MessageRetention: 345600, ReceiveWait: 20, Encryption: sqs.SSE,
		DeadLetterQueue: stack.Literal(arnPrefix + "dead"), MaxReceiveCount: 5, Producers: []string{producer, "sns.amazonaws.com"}}
}

func set(name, value string) func(*testing.T, *awsapi.Clients, engine.Live) {
	return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
		t.Helper()
		if _, err := awsapi.SQS(c).SetQueueAttributes(t.Context(), &sdk.SetQueueAttributesInput{QueueUrl: &live.ID,
			Attributes: map[string]string{name: value}}); err != nil {
			t.Fatal(err)
		}
	}
}

func untag(t *testing.T, c *awsapi.Clients, live engine.Live) {
	t.Helper()
	var keys []string
	for key := range live.Tags {
		keys = append(keys, key)
	}
	if _, err := awsapi.SQS(c).UntagQueue(t.Context(), &sdk.UntagQueueInput{QueueUrl: &live.ID, TagKeys: keys}); err != nil {
		t.Fatal(err)
	}
}

func update(change func(*sqs.Queue)) func(*testing.T, *awsapi.Clients, stack.Spec) {
	return func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) { change(s.(*sqs.Queue)) }
}

func TestQueue(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Kind: kind,
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			raw(t, c, "dead", nil)
			raw(t, c, "other", nil)
			return jobs()
		},
		Outside: outside{
			"visibility_timeout": set("VisibilityTimeout", "30"),
			"message_retention":  set("MessageRetentionPeriod", "60"),
			"receive_wait":       set("ReceiveMessageWaitTimeSeconds", "0"),
			"delay":              set("DelaySeconds", "900"),
			"encryption":         set("KmsMasterKeyId", key),
			"dead_letter_queue":  set("RedrivePolicy", `{"deadLetterTargetArn":"`+arnPrefix+`other","maxReceiveCount":"5"}`),
			"max_receive_count":  set("RedrivePolicy", `{"deadLetterTargetArn":"`+arnPrefix+`dead","maxReceiveCount":1}`),
			"dead_letters_of":    set("RedriveAllowPolicy", `{"redrivePermission":"denyAll"}`),
			"producers":          set("Policy", ""),
			"tags.team": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				if _, err := awsapi.SQS(c).TagQueue(t.Context(), &sdk.TagQueueInput{QueueUrl: &live.ID, Tags: map[string]string{"team": "b"}}); err != nil {
					t.Fatal(err)
				}
			},
		},
		Updates: updates{
			"numbers":         update(func(q *sqs.Queue) { q.VisibilityTimeout, q.MessageRetention, q.ReceiveWait = 43200, 1209600, 0 }),
			"a KMS key":       update(func(q *sqs.Queue) { q.Encryption = key }),
			"no dead letters": update(func(q *sqs.Queue) { q.DeadLetterQueue, q.MaxReceiveCount = stack.Ref{}, 0 }),
			"another dead letter queue": update(func(q *sqs.Queue) {
				q.DeadLetterQueue, q.MaxReceiveCount = stack.Literal(arnPrefix+"other"), 1
			}),
			"is a dead letter queue": update(func(q *sqs.Queue) { q.DeadLettersOf = []string{arnPrefix + "z", arnPrefix + "a"} }),
			"no producers":           update(func(q *sqs.Queue) { q.Producers = nil }),
			"one service":            update(func(q *sqs.Queue) { q.Producers = []string{"events.amazonaws.com"} }),
		},
		Untag: untag,
	})
}

func TestQueueFIFO(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Kind: kind,
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			raw(t, c, "dead.fifo", map[string]string{"FifoQueue": "true"})
			q := jobs()
			q.Name, q.DeadLetterQueue, q.Encryption = "trial-queue-0a1b2c.fifo", stack.Literal(arnPrefix+"dead.fifo"), key
			return q
		},
		Outside: outside{"encryption": set("SqsManagedSseEnabled", "true")},
		Updates: updates{"SSE of SQS itself": update(func(q *sqs.Queue) { q.Encryption = sqs.SSE })},
		Untag:   untag,
	})
}

// inLab runs a test with clients of a simulator of its own, in virtual time.
func inLab(t *testing.T, test func(*testing.T, *awssim.Sim, *awsapi.Clients)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sim := awssim.New(awssim.Options{Account: kindtest.Account})
		test(t, sim, kindtest.Clients(t, sim))
	})
}

func want(q *sqs.Queue) engine.Want {
	s := stack.New(stack.ID{Type: "kindtest", Name: "trial"}, nil)
	s.Add("queue", q)
	part, _ := s.Part("queue")
	return engine.Want{Stack: s.ID, Key: "queue", Spec: q, Tags: s.TagsOf(part)}
}

func alone() *sqs.Queue {
	q := jobs()
	q.DeadLetterQueue, q.MaxReceiveCount = stack.Ref{}, 0
	return q
}

// TestForeignQueue is not taken, although SQS answers a create with it.
func TestForeignQueue(t *testing.T) {
	inLab(t, func(t *testing.T, _ *awssim.Sim, c *awsapi.Clients) {
		made, err := kind(c).Create(t.Context(), want(alone()))
		if err != nil {
			t.Fatal(err)
		}
		for name, tags := range map[string]map[string]string{
			"was not made by webtier":   nil,
			"is part queue of theirs/x": {stack.TagStack: "theirs/x", stack.TagPart: "queue"},
		} {
			untag(t, c, engine.Live{ID: made.ID, Tags: made.Tags})
			if tags != nil {
				if _, err := awsapi.SQS(c).TagQueue(t.Context(), &sdk.TagQueueInput{QueueUrl: &made.ID, Tags: tags}); err != nil {
					t.Fatal(err)
				}
			}
			for _, change := range []func(*sqs.Queue){func(*sqs.Queue) {}, func(q *sqs.Queue) { q.VisibilityTimeout = 7 }} {
				q := alone()
				change(q)
				_, err := kind(c).Create(t.Context(), want(q))
				if err == nil || !strings.Contains(err.Error(), "a queue of that name exists and "+name+": delete it, or choose another name") {
					t.Errorf("Create says %v", err)
				}
			}
		}
	})
}

// TestNameOfDeletedQueue waits a minute until the name is free again.
func TestNameOfDeletedQueue(t *testing.T) {
	inLab(t, func(t *testing.T, _ *awssim.Sim, c *awsapi.Clients) {
		k := kind(c)
		live, err := k.Create(t.Context(), want(alone()))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := k.Delete(t.Context(), live); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 5*time.Second || took > 30*time.Second {
			t.Errorf("the queue was gone after %s", took)
		}
		if _, err := k.Create(t.Context(), want(alone())); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < time.Minute || took > 75*time.Second {
			t.Errorf("the name was free after %s", took)
		}
	})
}

// TestDeadLetterQueueNotSeenYet waits until SQS knows the dead-letter queue.
func TestDeadLetterQueueNotSeenYet(t *testing.T) {
	inLab(t, func(t *testing.T, sim *awssim.Sim, c *awsapi.Clients) {
		sim.World(kindtest.Region).SQS.Timings.Usable = 30 * time.Second
		if _, err := awsapi.SQS(c).CreateQueue(t.Context(), &sdk.CreateQueueInput{QueueName: aws.String("dead")}); err != nil {
			t.Fatal(err)
		}
		q := jobs()
		done := make(chan error)
		go func() {
			_, err := kind(c).Create(t.Context(), want(q))
			done <- err
		}()
		time.Sleep(40 * time.Second)
		sim.World(kindtest.Region).SQS.Timings.Usable = time.Second
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestChangeIsSeen returns from a change when no read shows what was before.
func TestChangeIsSeen(t *testing.T) {
	inLab(t, func(t *testing.T, sim *awssim.Sim, c *awsapi.Clients) {
		k := kind(c)
		live, err := k.Create(t.Context(), want(alone()))
		if err != nil {
			t.Fatal(err)
		}
		sim.World(kindtest.Region).SQS.StaleReads = true
		q := alone()
		q.VisibilityTimeout = 600
		if _, err := k.Update(t.Context(), live, want(q), engine.Difference(q, want(q).Tags, live)); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			lives, err := k.List(t.Context(), engine.Scope{Stack: want(q).Stack})
			if err != nil || len(lives) != 1 || len(engine.Difference(q, want(q).Tags, lives[0])) != 0 {
				t.Errorf("List shows %v %v", lives, err)
			}
		}
	})
}

// TestRetentionIsLate does not wait a quarter of an hour for the retention period.
func TestRetentionIsLate(t *testing.T) {
	inLab(t, func(t *testing.T, sim *awssim.Sim, c *awsapi.Clients) {
		k := kind(c)
		live, err := k.Create(t.Context(), want(alone()))
		if err != nil {
			t.Fatal(err)
		}
		sim.World(kindtest.Region).SQS.StaleReads = true
		q := alone()
		q.MessageRetention = 600
		start := time.Now()
		if _, err := k.Update(t.Context(), live, want(q), engine.Difference(q, want(q).Tags, live)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 4*time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}

// TestInterruptedWait ends with its context.
func TestInterruptedWait(t *testing.T) {
	inLab(t, func(t *testing.T, sim *awssim.Sim, c *awsapi.Clients) {
		k := kind(c)
		live, err := k.Create(t.Context(), want(alone()))
		if err != nil {
			t.Fatal(err)
		}
		sim.World(kindtest.Region).SQS.Timings.Deleted = time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := k.Delete(ctx, live); err == nil || !strings.Contains(err.Error(), "interrupted while waiting for queue trial-queue-0a1b2c to be gone") {
			t.Errorf("Delete says %v", err)
		}
	})
}
