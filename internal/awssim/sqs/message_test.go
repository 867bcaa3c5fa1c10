package sqs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

func TestMessageComesBackAfterTheVisibilityTimeout(t *testing.T) {
	l := newLab(t)
	url := l.make("jobs", nil)
	l.send(url, "a")
	first := l.wantBodies(url, "a")[0]
	l.Pass(29 * time.Second)
	l.wantBodies(url)
	if got := l.read(url); got["ApproximateNumberOfMessagesNotVisible"] != "1" || got["ApproximateNumberOfMessages"] != "0" {
		t.Errorf("counts %v", got)
	}
	l.Pass(time.Second)
	second := l.wantBodies(url, "a")[0]
	if second.Attributes["ApproximateReceiveCount"] != "2" || *second.ReceiptHandle == *first.ReceiptHandle {
		t.Errorf("second receive %+v", second)
	}
	// The first handle is no longer good, but no error in a standard queue.
	simtest.Do(t, l.DeleteMessage, &sdk.DeleteMessageInput{QueueUrl: url, ReceiptHandle: first.ReceiptHandle})
	l.Pass(30 * time.Second)
	third := l.wantBodies(url, "a")[0]
	for range 2 {
		simtest.Do(t, l.DeleteMessage, &sdk.DeleteMessageInput{QueueUrl: url, ReceiptHandle: third.ReceiptHandle})
	}
	l.Pass(time.Hour)
	l.wantBodies(url)
	simtest.Refused(t, l.DeleteMessage, &sdk.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("x")}, "ReceiptHandleIsInvalid", "")
}

func TestDelayAndRetention(t *testing.T) {
	l := newLab(t)
	url := l.make("jobs", settings{"DelaySeconds": "10", "MessageRetentionPeriod": "60"})
	l.send(url, "a")
	if got := l.read(url); got["ApproximateNumberOfMessagesDelayed"] != "1" {
		t.Errorf("counts %v", got)
	}
	l.wantBodies(url)
	l.Pass(10 * time.Second)
	l.wantBodies(url, "a")
	l.Pass(50 * time.Second)
	l.wantBodies(url)
	if got := l.read(url)["ApproximateNumberOfMessages"]; got != "0" {
		t.Errorf("%s expired messages", got)
	}
}

func TestMessageReceivedTooOftenGoesToTheDeadLetterQueue(t *testing.T) {
	l := newLab(t)
	dead := l.make("dead", nil)
	url := l.make("jobs", settings{"VisibilityTimeout": "10", "RedrivePolicy": redrive("dead", "2")})
	l.send(url, "poison")
	for range 2 {
		l.wantBodies(url, "poison")
		l.Pass(10 * time.Second)
	}
	l.wantBodies(dead)
	l.wantBodies(url)
	m := l.wantBodies(dead, "poison")[0]
	if m.Attributes["ApproximateReceiveCount"] != "3" || m.Attributes["DeadLetterQueueSourceArn"] != arn("jobs") {
		t.Errorf("attributes %v", m.Attributes)
	}
}

func TestGroupsOfFIFOQueue(t *testing.T) {
	l := newLab(t)
	url := l.make("jobs.fifo", settings{"FifoQueue": "true"})
	l.sendTo(url, "x", "x1")
	l.sendTo(url, "x", "x2")
	one := simtest.Do(t, l.ReceiveMessage, &sdk.ReceiveMessageInput{QueueUrl: url}).Messages[0]
	l.sendTo(url, "y", "y1")
	l.sendTo(url, "x", "x3")
	l.wantBodies(url, "y1") // x waits for x1
	simtest.Do(t, l.DeleteMessage, &sdk.DeleteMessageInput{QueueUrl: url, ReceiptHandle: one.ReceiptHandle})
	held := l.wantBodies(url, "x2", "x3")
	l.Pass(30 * time.Second)
	simtest.Refused(t, l.DeleteMessage, &sdk.DeleteMessageInput{QueueUrl: url, ReceiptHandle: held[0].ReceiptHandle}, "InvalidParameterValue", "expired")
}

func TestDeduplication(t *testing.T) {
	l := newLab(t)
	url := l.make("jobs.fifo", settings{"FifoQueue": "true"})
	first := l.sendTo(url, "x", "a")
	if again := l.sendTo(url, "y", "a"); *again.MessageId != *first.MessageId || *again.SequenceNumber != *first.SequenceNumber {
		t.Errorf("sent %+v, then %+v", first, again)
	}
	l.wantBodies(url, "a")
	l.Pass(5 * time.Minute)
	if later := l.sendTo(url, "x", "a"); *later.MessageId == *first.MessageId || *later.SequenceNumber <= *first.SequenceNumber {
		t.Errorf("five minutes later: %+v", later)
	}
	// With the scope of a group, other groups do not count.
	l.set(url, settings{"DeduplicationScope": "messageGroup"})
	l.sendTo(url, "x", "b")
	l.sendTo(url, "y", "b")
	if got := len(l.receive(url)); got != 4 {
		t.Errorf("%d messages", got)
	}
}

func TestRepeatedReceiveOfFIFOQueue(t *testing.T) {
	l := newLab(t)
	url := l.make("jobs.fifo", settings{"FifoQueue": "true"})
	l.sendTo(url, "x", "a")
	in := &sdk.ReceiveMessageInput{QueueUrl: url, ReceiveRequestAttemptId: aws.String("once")}
	first := simtest.Do(t, l.ReceiveMessage, in).Messages
	l.Pass(20 * time.Second)
	again := simtest.Do(t, l.ReceiveMessage, in).Messages
	if len(again) != 1 || *again[0].ReceiptHandle != *first[0].ReceiptHandle {
		t.Fatalf("again %+v", again)
	}
	l.Pass(29 * time.Second) // the timeout began anew
	simtest.Do(t, l.DeleteMessage, &sdk.DeleteMessageInput{QueueUrl: url, ReceiptHandle: first[0].ReceiptHandle})
	if rest := simtest.Do(t, l.ReceiveMessage, in).Messages; len(rest) != 0 {
		t.Errorf("after deletion %+v", rest)
	}
}

func TestMessagesThatAreRefused(t *testing.T) {
	standard, fifo := "jobs", "jobs.fifo"
	for _, test := range []struct {
		name, queue string
		change      func(*sdk.SendMessageInput)
		code, text  string
	}{
		{"empty", standard, func(in *sdk.SendMessageInput) { in.MessageBody = aws.String("") }, "MissingParameter", "MessageBody"},
		{"too long", standard, func(in *sdk.SendMessageInput) { in.MessageBody = aws.String(strings.Repeat("x", 1025)) }, "InvalidParameterValue", "1024 bytes"},
		{"control character", standard, func(in *sdk.SendMessageInput) { in.MessageBody = aws.String("\x01") }, "InvalidMessageContents", ""},
		{"delay", standard, func(in *sdk.SendMessageInput) { in.DelaySeconds = 901 }, "InvalidParameterValue", "DelaySeconds"},
		{"delay in FIFO queue", fifo, func(in *sdk.SendMessageInput) { in.DelaySeconds = 1 }, "InvalidParameterValue", "queue type"},
		{"no group", fifo, func(in *sdk.SendMessageInput) { in.MessageGroupId = nil }, "MissingParameter", "MessageGroupId"},
		{"no token", fifo, func(in *sdk.SendMessageInput) { in.MessageDeduplicationId = nil }, "InvalidParameterValue", "ContentBasedDeduplication"},
		{"token in standard queue", standard, func(in *sdk.SendMessageInput) { in.MessageDeduplicationId = aws.String("x") }, "InvalidParameterValue", "queue type"},
		{"attribute of unknown type", standard, func(in *sdk.SendMessageInput) {
			in.MessageAttributes = map[string]types.MessageAttributeValue{"a": {DataType: aws.String("Date"), StringValue: aws.String("x")}}
		}, "InvalidParameterValue", "prefixes"},
		{"attribute without value", standard, func(in *sdk.SendMessageInput) {
			in.MessageAttributes = map[string]types.MessageAttributeValue{"a": {DataType: aws.String("String")}}
		}, "InvalidParameterValue", "non-empty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			in := &sdk.SendMessageInput{MessageBody: aws.String("body")}
			if test.queue == fifo {
				in.QueueUrl = l.make(fifo, settings{"FifoQueue": "true"})
				in.MessageGroupId, in.MessageDeduplicationId = aws.String("x"), aws.String("y")
			} else {
				in.QueueUrl = l.make(standard, settings{"MaximumMessageSize": "1024"})
			}
			test.change(in)
			simtest.Refused(t, l.SendMessage, in, test.code, test.text)
		})
	}
}

func TestAttributesOfMessage(t *testing.T) {
	l := newLab(t)
	url := l.make("jobs", nil)
	sent := simtest.Do(t, l.SendMessage, &sdk.SendMessageInput{QueueUrl: url, MessageBody: aws.String("This is a test message"),
		MessageAttributes: map[string]types.MessageAttributeValue{
			"a.b": {DataType: aws.String("String"), StringValue: aws.String("1")},
			"c":   {DataType: aws.String("Binary"), BinaryValue: []byte{1}},
		}})
	if *sent.MD5OfMessageBody != "fafb00f5732ab283681e124bf8747ed1" {
		t.Errorf("digest %s", *sent.MD5OfMessageBody)
	}
	got := simtest.Do(t, l.ReceiveMessage, &sdk.ReceiveMessageInput{QueueUrl: url, MessageAttributeNames: []string{"a.*"}}).Messages[0]
	if len(got.MessageAttributes) != 1 || *got.MessageAttributes["a.b"].StringValue != "1" || len(got.Attributes) != 0 {
		t.Errorf("received %+v", got)
	}
}

func TestChangeVisibility(t *testing.T) {
	l := newLab(t)
	url := l.make("jobs", nil)
	l.send(url, "a")
	handle := l.wantBodies(url, "a")[0].ReceiptHandle
	change := func(seconds int32) *sdk.ChangeMessageVisibilityInput {
		return &sdk.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: handle, VisibilityTimeout: seconds}
	}
	simtest.Do(t, l.ChangeMessageVisibility, change(100))
	l.Pass(99 * time.Second)
	l.wantBodies(url)
	simtest.Refused(t, l.ChangeMessageVisibility, change(43200), "InvalidParameterValue", "beyond the limit")
	simtest.Do(t, l.ChangeMessageVisibility, change(0))
	simtest.Refused(t, l.ChangeMessageVisibility, change(10), "MessageNotInflight", "")
	l.wantBodies(url, "a")
}

func TestBatches(t *testing.T) {
	l := newLab(t)
	url := l.make("jobs", nil)
	entry := func(id, body string) types.SendMessageBatchRequestEntry {
		return types.SendMessageBatchRequestEntry{Id: aws.String(id), MessageBody: aws.String(body)}
	}
	sent := simtest.Do(t, l.SendMessageBatch, &sdk.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{entry("1", "a"), entry("2", "")}})
	if len(sent.Successful) != 1 || len(sent.Failed) != 1 || *sent.Failed[0].Code != "MissingParameter" {
		t.Fatalf("sent %+v", sent)
	}
	handle := l.wantBodies(url, "a")[0].ReceiptHandle
	changed := simtest.Do(t, l.ChangeMessageVisibilityBatch, &sdk.ChangeMessageVisibilityBatchInput{QueueUrl: url,
		Entries: []types.ChangeMessageVisibilityBatchRequestEntry{{Id: aws.String("1"), ReceiptHandle: handle}}})
	deleted := simtest.Do(t, l.DeleteMessageBatch, &sdk.DeleteMessageBatchInput{QueueUrl: url,
		Entries: []types.DeleteMessageBatchRequestEntry{{Id: aws.String("1"), ReceiptHandle: handle}, {Id: aws.String("2"), ReceiptHandle: aws.String("x")}}})
	if len(changed.Successful) != 1 || len(deleted.Successful) != 1 || *deleted.Failed[0].Code != "ReceiptHandleIsInvalid" {
		t.Errorf("changed %+v, deleted %+v", changed, deleted)
	}
	for code, entries := range map[string][]types.SendMessageBatchRequestEntry{
		"EmptyBatchRequest":            nil,
		"TooManyEntriesInBatchRequest": slices.Repeat([]types.SendMessageBatchRequestEntry{entry("1", "a")}, 11),
		"BatchEntryIdsNotDistinct":     {entry("1", "a"), entry("1", "b")},
		"InvalidBatchEntryId":          {entry("!", "a")},
		"BatchRequestTooLong":          {entry("1", strings.Repeat("x", 1<<19)), entry("2", strings.Repeat("x", 1<<19+1))},
	} {
		simtest.Refused(t, l.SendMessageBatch, &sdk.SendMessageBatchInput{QueueUrl: url, Entries: entries}, code, "")
	}
}

func TestPurgeOnceAMinute(t *testing.T) {
	l := newLab(t)
	url := l.make("jobs", nil)
	l.send(url, "a", "b")
	purge := &sdk.PurgeQueueInput{QueueUrl: url}
	simtest.Do(t, l.PurgeQueue, purge)
	l.wantBodies(url)
	l.Pass(59 * time.Second)
	simtest.Refused(t, l.PurgeQueue, purge, "PurgeQueueInProgress", "")
	l.Pass(time.Second)
	simtest.Do(t, l.PurgeQueue, purge)
}

func TestKeyThatCannotBeUsedFailsAtSending(t *testing.T) {
	l := newLab(t)
	state := ""
	l.KeyState = func(string) string { return state }
	url := l.make("jobs", settings{"KmsMasterKeyId": "alias/mine"})
	for given, code := range map[string]string{"": "KmsNotFound", "Disabled": "KmsDisabled", "PendingDeletion": "KmsInvalidState"} {
		state = given
		simtest.Refused(t, l.SendMessage, &sdk.SendMessageInput{QueueUrl: url, MessageBody: aws.String("a")}, code, "")
		simtest.Refused(t, l.ReceiveMessage, &sdk.ReceiveMessageInput{QueueUrl: url}, code, "")
	}
	if l.Deliver(arn("jobs"), "a") {
		t.Error("delivered in spite of the key")
	}
	state = "Enabled"
	l.send(url, "a")
}

func TestDeliver(t *testing.T) {
	l := newLab(t)
	url := l.make("jobs.fifo", settings{"FifoQueue": "true"})
	if l.Deliver(arn("none"), "a") || !l.Deliver(arn("jobs.fifo"), "a") {
		t.Error("delivered to the wrong queue")
	}
	l.wantBodies(url, "a")
}

func TestMoveTask(t *testing.T) {
	l := newLab(t)
	dead := l.make("dead", nil)
	url := l.make("jobs", settings{"VisibilityTimeout": "1", "RedrivePolicy": redrive("dead", "1")})
	start := &sdk.StartMessageMoveTaskInput{SourceArn: aws.String(arn("dead")), MaxNumberOfMessagesPerSecond: aws.Int32(1)}
	l.send(url, "a", "b", "c")
	l.wantBodies(url, "a", "b", "c")
	l.Pass(time.Second)
	l.wantBodies(url)
	started := simtest.Do(t, l.StartMessageMoveTask, start)
	simtest.Refused(t, l.StartMessageMoveTask, start, "UnsupportedOperation", "already a task running")
	l.Pass(2 * time.Second)
	l.wantBodies(url, "a", "b")
	list := &sdk.ListMessageMoveTasksInput{SourceArn: start.SourceArn}
	if got := simtest.Do(t, l.ListMessageMoveTasks, list).Results[0]; *got.Status != "RUNNING" || got.ApproximateNumberOfMessagesMoved != 2 ||
		*got.ApproximateNumberOfMessagesToMove != 3 || *got.TaskHandle != *started.TaskHandle {
		t.Errorf("task %+v", got)
	}
	cancel := &sdk.CancelMessageMoveTaskInput{TaskHandle: started.TaskHandle}
	if got := simtest.Do(t, l.CancelMessageMoveTask, cancel); got.ApproximateNumberOfMessagesMoved != 2 {
		t.Errorf("cancelled after %d", got.ApproximateNumberOfMessagesMoved)
	}
	simtest.Refused(t, l.CancelMessageMoveTask, cancel, "UnsupportedOperation", "active")
	l.Pass(time.Minute)
	l.wantBodies(dead, "c")
	simtest.Do(t, l.StartMessageMoveTask, &sdk.StartMessageMoveTaskInput{SourceArn: start.SourceArn})
	l.Pass(time.Second)
	if got := simtest.Do(t, l.ListMessageMoveTasks, list).Results[0]; *got.Status != "COMPLETED" || got.TaskHandle != nil {
		t.Errorf("task %+v", got)
	}
	simtest.Refused(t, l.StartMessageMoveTask, &sdk.StartMessageMoveTaskInput{SourceArn: aws.String(arn("jobs"))}, "InvalidParameterValue", "Dead Letter Queue")
	simtest.Refused(t, l.StartMessageMoveTask, &sdk.StartMessageMoveTaskInput{SourceArn: aws.String(arn("none"))}, "ResourceNotFoundException", "SourceArn")
}

func TestMetricsOnceAMinute(t *testing.T) {
	l := newLab(t)
	var told []string
	l.Measure = func(queue, metric string, value float64, at time.Time) {
		told = append(told, fmt.Sprint(queue, " ", metric, " ", value, " ", at.Format("15:04:05")))
	}
	url := l.make("jobs", nil)
	l.send(url, "a", "b")
	simtest.Do(t, l.ReceiveMessage, &sdk.ReceiveMessageInput{QueueUrl: url})
	for range 20 {
		l.Tick(l.Now)
		l.Pass(time.Second)
	}
	want := []string{"jobs ApproximateNumberOfMessagesVisible 1 03:00:00", "jobs ApproximateNumberOfMessagesNotVisible 1 03:00:00",
		"jobs ApproximateNumberOfMessagesDelayed 0 03:00:00", "jobs ApproximateAgeOfOldestMessage 0 03:00:00"}
	if !slices.Equal(told, want) {
		t.Errorf("told %q", told)
	}
}
