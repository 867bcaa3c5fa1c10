package sqs

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// attempt is a receive call that its caller may repeat.
type attempt struct {
	messages []*message
	handles  []int
	at       time.Time
}

// How many messages consumers may hold at once.
const maxHeld = 120000

// ReceiveMessage hands out messages that are visible, oldest first, and hides them
// for the visibility timeout.
func (s *Service) ReceiveMessage(_ context.Context, in *sdk.ReceiveMessageInput) (*sdk.ReceiveMessageOutput, error) {
	q, err := s.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := s.checkReceive(q, in); err != nil {
		return nil, err
	}
	s.expire(q)
	hold := q.seconds("VisibilityTimeout")
	if in.VisibilityTimeout > 0 {
		hold = time.Duration(in.VisibilityTimeout) * time.Second
	}
	messages, again := s.repeated(q, aws.ToString(in.ReceiveRequestAttemptId))
	if !again {
		most := max(1, int(in.MaxNumberOfMessages))
		if messages = s.ready(q, most); q.heldTooMany(s.Now(), len(messages)) {
			return nil, &types.OverLimit{Message: aws.String("The maximum number of in flight messages is reached.")}
		}
		for _, m := range messages {
			s.hold(m)
		}
	}
	s.remember(q, aws.ToString(in.ReceiveRequestAttemptId), messages)
	out := &sdk.ReceiveMessageOutput{}
	for _, m := range messages {
		m.visibleAt = s.Now().Add(hold)
		out.Messages = append(out.Messages, s.shownMessage(q, m, in))
	}
	return out, nil
}

func (s *Service) checkReceive(q *queue, in *sdk.ReceiveMessageInput) error {
	switch {
	case in.MaxNumberOfMessages < 0 || in.MaxNumberOfMessages > 10:
		return invalid("MaxNumberOfMessages", in.MaxNumberOfMessages, "Must be between 1 and 10, if provided.")
	case in.WaitTimeSeconds < 0 || in.WaitTimeSeconds > 20:
		return invalid("WaitTimeSeconds", in.WaitTimeSeconds, "Must be >= 0 and <= 20, if provided.")
	case in.VisibilityTimeout < 0 || in.VisibilityTimeout > 43200:
		return invalid("VisibilityTimeout", in.VisibilityTimeout, "Must be between 0 and 43200, if provided.")
	case in.ReceiveRequestAttemptId != nil && !q.fifo:
		return invalid("ReceiveRequestAttemptId", *in.ReceiveRequestAttemptId, wrongQueueType+".")
	}
	return s.checkKey(q)
}

func (q *queue) heldTooMany(now time.Time, more int) bool {
	_, held, _ := q.count(now)
	return more > 0 && held+more > maxHeld
}

// ready returns up to most messages that can be received. A message that has been
// received too often goes to the dead-letter queue instead. In a FIFO queue a
// message waits for those of its group before it.
func (s *Service) ready(q *queue, most int) []*message {
	now := s.Now()
	target, receives := s.deadLetter(q)
	waiting := map[string]bool{} // groups
	var list []*message
	for _, m := range slices.Clone(q.messages) {
		switch {
		case q.fifo && waiting[m.group]:
		case !m.visible(now):
			waiting[m.group] = true
		case target != nil && m.receives >= receives:
			s.bury(q, m, target)
		default:
			if list = append(list, m); len(list) == most {
				return list
			}
		}
	}
	return list
}

// hold gives a message to a consumer.
func (s *Service) hold(m *message) {
	m.receives++
	m.handles++
	m.heldSince = s.Now()
	if m.receives == 1 {
		m.firstReceived = s.Now()
	}
}

// repeated returns the messages of an earlier call with the same id, if none of
// them has changed since.
func (s *Service) repeated(q *queue, id string) (messages []*message, again bool) {
	before, ok := q.attempts[id]
	if !ok || !s.Now().Before(before.at.Add(s.Timings.Deduplication)) {
		return nil, false
	}
	for i, m := range before.messages {
		if m.handles != before.handles[i] || !m.held(s.Now()) || !slices.Contains(q.messages, m) {
			return nil, false
		}
	}
	return before.messages, len(before.messages) > 0
}

func (s *Service) remember(q *queue, id string, messages []*message) {
	if id == "" {
		return
	}
	a := attempt{messages: messages, at: s.Now()}
	for _, m := range messages {
		a.handles = append(a.handles, m.handles)
	}
	q.attempts[id] = a
}

// shownMessage is a message as its consumer sees it.
func (s *Service) shownMessage(q *queue, m *message, in *sdk.ReceiveMessageInput) types.Message {
	shown := types.Message{MessageId: aws.String(m.id), Body: aws.String(m.body), MD5OfBody: digest(m.body), ReceiptHandle: aws.String(q.handle(m))}
	for name, value := range s.systemAttributes(m) {
		if !wantsSystem(in, name) {
			continue
		}
		if shown.Attributes == nil {
			shown.Attributes = map[string]string{}
		}
		shown.Attributes[name] = value
	}
	for name, value := range m.attributes {
		if !slices.ContainsFunc(in.MessageAttributeNames, func(asked string) bool { return wantsNamed(asked, name) }) {
			continue
		}
		if shown.MessageAttributes == nil {
			shown.MessageAttributes = map[string]types.MessageAttributeValue{}
		}
		shown.MessageAttributes[name] = value
	}
	shown.MD5OfMessageAttributes = digestAttributes(shown.MessageAttributes)
	return shown
}

func wantsSystem(in *sdk.ReceiveMessageInput, name string) bool {
	for _, asked := range in.MessageSystemAttributeNames {
		if asked == types.MessageSystemAttributeNameAll || string(asked) == name {
			return true
		}
	}
	for _, asked := range in.AttributeNames { //nolint:staticcheck // clients of some age send it
		if asked == types.QueueAttributeNameAll || string(asked) == name {
			return true
		}
	}
	return false
}

// wantsNamed matches a message attribute's name: itself, All, .* or prefix.*.
func wantsNamed(asked, name string) bool {
	prefix, wild := strings.CutSuffix(asked, ".*")
	return asked == "All" || asked == name || wild && strings.HasPrefix(name, prefix)
}

func (s *Service) systemAttributes(m *message) map[string]string {
	all := map[string]string{
		"SenderId":                         s.Account,
		"SentTimestamp":                    strconv.FormatInt(m.sentAt.UnixMilli(), 10),
		"ApproximateReceiveCount":          strconv.Itoa(m.receives),
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(m.firstReceived.UnixMilli(), 10),
		"SequenceNumber":                   m.sequence,
		"MessageGroupId":                   m.group,
		"MessageDeduplicationId":           m.deduplication,
		"AWSTraceHeader":                   m.trace,
		"DeadLetterQueueSourceArn":         m.source,
	}
	for name, value := range all {
		if value == "" {
			delete(all, name)
		}
	}
	return all
}

// DeleteMessage deletes a message by the handle of its last receive. For a message
// that is gone it succeeds. An older handle does nothing, and fails in a FIFO queue.
func (s *Service) DeleteMessage(_ context.Context, in *sdk.DeleteMessageInput) (*sdk.DeleteMessageOutput, error) {
	q, err := s.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return &sdk.DeleteMessageOutput{}, s.remove(q, in.ReceiptHandle)
}

func (s *Service) remove(q *queue, handle *string) error {
	s.expire(q)
	r, err := q.open(handle)
	switch {
	case err != nil:
		return err
	case r.message == nil:
		return nil
	case q.fifo && (!r.last || r.message.visible(s.Now())):
		return invalid("ReceiptHandle", *handle, "The receipt handle has expired.")
	case r.last:
		q.take(r.message)
	}
	return nil
}

// ChangeMessageVisibility hides a message that a consumer holds for another time,
// 12 hours at most from its receive.
func (s *Service) ChangeMessageVisibility(_ context.Context, in *sdk.ChangeMessageVisibilityInput) (*sdk.ChangeMessageVisibilityOutput, error) {
	q, err := s.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return &sdk.ChangeMessageVisibilityOutput{}, s.changeVisibility(q, in.ReceiptHandle, in.VisibilityTimeout)
}

func (s *Service) changeVisibility(q *queue, handle *string, seconds int32) error {
	const most = 43200
	if seconds < 0 || seconds > most {
		return invalid("VisibilityTimeout", seconds, "VisibilityTimeout must be an integer between 0 and 43200.")
	}
	s.expire(q)
	r, err := q.open(handle)
	if err != nil {
		return err
	}
	const reason = "Message does not exist or is not available for visibility timeout change."
	switch {
	case r.message == nil || !r.last:
		return invalid("ReceiptHandle", *handle, reason)
	case !r.message.held(s.Now()):
		return &types.MessageNotInflight{Message: text("Value %s for parameter ReceiptHandle is invalid. Reason: %s", *handle, reason)}
	}
	until := s.Now().Add(time.Duration(seconds) * time.Second)
	if until.Sub(r.message.heldSince) > most*time.Second {
		return apierr.New("InvalidParameterValue", "Total VisibilityTimeout for the message is beyond the limit [%d seconds]", most)
	}
	r.message.visibleAt = until
	return nil
}
