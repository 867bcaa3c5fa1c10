package sqs_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/sqs"
)

// lab is SQS with a clock that the test sets.
type lab struct {
	*sqs.Service
	*simtest.Clock
	t *testing.T
}

func newLab(t *testing.T) *lab {
	r, clock := simtest.New()
	return &lab{Service: sqs.New(r), Clock: clock, t: t}
}

type settings = map[string]string

// make makes a queue, waits until it is found, and returns its URL.
func (l *lab) make(name string, attributes settings) *string {
	l.t.Helper()
	out := simtest.Do(l.t, l.CreateQueue, &sdk.CreateQueueInput{QueueName: &name, Attributes: attributes})
	l.Pass(time.Second)
	return out.QueueUrl
}

func arn(name string) string { return "arn:aws:sqs:eu-west-1:123456789012:" + name }

func redrive(target string, count string) string {
	return `{"deadLetterTargetArn":"` + arn(target) + `","maxReceiveCount":` + count + `}`
}

func (l *lab) set(url *string, attributes settings) {
	l.t.Helper()
	simtest.Do(l.t, l.SetQueueAttributes, &sdk.SetQueueAttributesInput{QueueUrl: url, Attributes: attributes})
}

func (l *lab) read(url *string) settings {
	l.t.Helper()
	return simtest.Do(l.t, l.GetQueueAttributes, &sdk.GetQueueAttributesInput{QueueUrl: url,
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}}).Attributes
}

func (l *lab) send(url *string, bodies ...string) {
	l.t.Helper()
	for _, body := range bodies {
		simtest.Do(l.t, l.SendMessage, &sdk.SendMessageInput{QueueUrl: url, MessageBody: &body})
	}
}

// sendTo sends to a group of a FIFO queue.
func (l *lab) sendTo(url *string, group, body string) *sdk.SendMessageOutput {
	l.t.Helper()
	return simtest.Do(l.t, l.SendMessage, &sdk.SendMessageInput{QueueUrl: url, MessageBody: &body, MessageGroupId: &group, MessageDeduplicationId: &body})
}

func (l *lab) receive(url *string) []types.Message {
	l.t.Helper()
	return simtest.Do(l.t, l.ReceiveMessage, &sdk.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 20,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll}}).Messages
}

// wantBodies receives and compares what comes.
func (l *lab) wantBodies(url *string, want ...string) []types.Message {
	l.t.Helper()
	messages := l.receive(url)
	var got []string
	for _, m := range messages {
		got = append(got, *m.Body)
	}
	if len(got) != len(want) {
		l.t.Fatalf("received %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			l.t.Fatalf("received %q, want %q", got, want)
		}
	}
	return messages
}

func (l *lab) delete(url *string) {
	l.t.Helper()
	simtest.Do(l.t, l.DeleteQueue, &sdk.DeleteQueueInput{QueueUrl: url})
}

func (l *lab) refuseCreate(name string, attributes settings, code, text string) {
	l.t.Helper()
	simtest.Refused(l.t, l.CreateQueue, &sdk.CreateQueueInput{QueueName: aws.String(name), Attributes: attributes}, code, text)
}
