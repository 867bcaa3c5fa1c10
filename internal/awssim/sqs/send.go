package sqs

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// sending is a message that a FIFO queue knows again.
type sending struct {
	id, sequence string
	at           time.Time
}

// maxRemembered bounds the memory of a FIFO queue for messages whose time is over.
const maxRemembered = 1000

// SendMessage puts a message into a queue.
func (s *Service) SendMessage(_ context.Context, in *sdk.SendMessageInput) (*sdk.SendMessageOutput, error) {
	q, err := s.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := s.checkKey(q); err != nil {
		return nil, err
	}
	return s.send(q, in)
}

func (s *Service) send(q *queue, in *sdk.SendMessageInput) (*sdk.SendMessageOutput, error) {
	if err := q.checkMessage(in); err != nil {
		return nil, err
	}
	m := &message{id: s.UUID(), body: *in.MessageBody, attributes: maps.Clone(in.MessageAttributes),
		group: aws.ToString(in.MessageGroupId), sentAt: s.Now()}
	if trace, ok := in.MessageSystemAttributes["AWSTraceHeader"]; ok {
		m.trace = aws.ToString(trace.StringValue)
	}
	if delay := cmp.Or(time.Duration(in.DelaySeconds)*time.Second, q.seconds("DelaySeconds")); delay > 0 {
		m.visibleAt = s.Now().Add(delay)
	}
	if !q.fifo || s.firstSending(q, m, in.MessageDeduplicationId) {
		q.messages = append(q.messages, m)
	}
	out := &sdk.SendMessageOutput{MessageId: aws.String(m.id), MD5OfMessageBody: digest(m.body), MD5OfMessageAttributes: digestAttributes(m.attributes)}
	if m.sequence != "" {
		out.SequenceNumber = aws.String(m.sequence)
	}
	return out, nil
}

// firstSending gives a message to a FIFO queue its number, or those of the same
// message if it was sent before, within five minutes.
func (s *Service) firstSending(q *queue, m *message, token *string) bool {
	m.deduplication = aws.ToString(token)
	if m.deduplication == "" {
		sum := sha256.Sum256([]byte(m.body))
		m.deduplication = hex.EncodeToString(sum[:])
	}
	key := m.deduplication
	if q.settings["DeduplicationScope"] == "messageGroup" {
		key = m.group + "\x00" + key
	}
	if before, ok := q.sent[key]; ok && s.Now().Before(before.at.Add(s.Timings.Deduplication)) {
		m.id, m.sequence = before.id, before.sequence
		return false
	}
	if len(q.sent) >= maxRemembered {
		maps.DeleteFunc(q.sent, func(_ string, x sending) bool { return !s.Now().Before(x.at.Add(s.Timings.Deduplication)) })
	}
	s.serial++
	m.sequence = fmt.Sprintf("188%017d", s.serial)
	q.sent[key] = sending{m.id, m.sequence, s.Now()}
	return true
}

const wrongQueueType = "The request include parameter that is not valid for this queue type"

// checkMessage checks a message against its queue.
func (q *queue) checkMessage(in *sdk.SendMessageInput) error {
	switch {
	case aws.ToString(in.MessageBody) == "":
		return missing("MessageBody")
	case strings.ContainsFunc(*in.MessageBody, notAllowed):
		return &types.InvalidMessageContents{Message: aws.String("Invalid characters found. Valid unicode characters are " +
			"#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")}
	case in.DelaySeconds < 0 || in.DelaySeconds > 900:
		return invalid("DelaySeconds", in.DelaySeconds, "DelaySeconds must be >= 0 and <= 900.")
	}
	if err := q.checkType(in); err != nil {
		return err
	}
	if err := checkMessageAttributes(in.MessageAttributes); err != nil {
		return err
	}
	if most := q.number("MaximumMessageSize"); sizeOf(in) > most {
		return apierr.New("InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", most)
	}
	return nil
}

// checkType checks what only one type of queue takes or needs.
func (q *queue) checkType(in *sdk.SendMessageInput) error {
	switch {
	case q.fifo && in.DelaySeconds > 0:
		return invalid("DelaySeconds", in.DelaySeconds, wrongQueueType+".")
	case q.fifo && in.MessageGroupId == nil:
		return missing("MessageGroupId")
	case q.fifo && in.MessageDeduplicationId == nil && q.settings["ContentBasedDeduplication"] != "true":
		return apierr.New("InvalidParameterValue", "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	case !q.fifo && in.MessageDeduplicationId != nil:
		return invalid("MessageDeduplicationId", *in.MessageDeduplicationId, wrongQueueType+".")
	}
	return nil
}

func notAllowed(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
}

// sizeOf is how much of the size limit a message takes.
func sizeOf(in *sdk.SendMessageInput) int {
	size := len(aws.ToString(in.MessageBody))
	for name, value := range in.MessageAttributes {
		size += len(name) + len(aws.ToString(value.DataType)) + len(aws.ToString(value.StringValue)) + len(value.BinaryValue)
	}
	return size
}

var attributeName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// checkMessageAttributes checks the message attributes, of which a message has at
// most ten.
func checkMessageAttributes(attributes map[string]types.MessageAttributeValue) error {
	if len(attributes) > 10 {
		return apierr.New("InvalidParameterValue", "Number of message attributes [%d] exceeds the allowed maximum [10].", len(attributes))
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value, lower := attributes[name], strings.ToLower(name)
		kind, _, _ := strings.Cut(aws.ToString(value.DataType), ".")
		switch {
		case len(name) > 256 || !attributeName.MatchString(name) || strings.HasPrefix(lower, "aws.") || strings.HasPrefix(lower, "amazon."):
			return apierr.New("InvalidParameterValue", "The message attribute name '%s' is invalid.", name)
		case kind != "String" && kind != "Number" && kind != "Binary":
			return apierr.New("InvalidParameterValue", "The message attribute '%s' has an invalid message attribute type, the set of "+
				"supported type prefixes is Binary, Number, and String.", name)
		case kind == "Binary" && len(value.BinaryValue) == 0 || kind != "Binary" && aws.ToString(value.StringValue) == "":
			return apierr.New("InvalidParameterValue", "The message attribute '%s' must contain non-empty message attribute value for "+
				"message attribute type '%s'.", name, aws.ToString(value.DataType))
		}
	}
	return nil
}

// checkKey checks that SQS can use the queue's KMS key. Setting a key does not.
func (s *Service) checkKey(q *queue) error {
	key := q.settings["KmsMasterKeyId"]
	if key == "" || s.KeyState == nil {
		return nil
	}
	switch state := s.KeyState(key); state {
	case "Enabled":
		return nil
	case "":
		return &types.KmsNotFound{Message: text("Invalid keyId '%s'", key)}
	case "Disabled":
		return &types.KmsDisabled{Message: text("%s is disabled.", key)}
	default:
		return &types.KmsInvalidState{Message: text("%s is in the state %s.", key, state)}
	}
}

// Deliver lets another AWS service send a message. It reports whether it arrived.
func (s *Service) Deliver(queueARN, body string) bool {
	q := s.byARN(queueARN)
	if q == nil || s.checkKey(q) != nil {
		return false
	}
	in := &sdk.SendMessageInput{MessageBody: &body}
	if q.fifo {
		in.MessageGroupId, in.MessageDeduplicationId = aws.String("aws"), aws.String(s.UUID())
	}
	_, err := s.send(q, in)
	return err == nil
}
