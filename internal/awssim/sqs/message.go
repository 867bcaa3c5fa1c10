package sqs

import (
	"crypto/md5" // SQS's own digest, not a safeguard
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// message is a message in a queue.
type message struct {
	id, body, group, deduplication, sequence string
	attributes                               map[string]types.MessageAttributeValue
	trace                                    string // AWSTraceHeader
	sentAt, firstReceived                    time.Time
	visibleAt                                time.Time // delayed or held until then
	receives                                 int
	// handles counts the receipt handles given out by this queue; only the last is
	// good. heldSince is when that was.
	handles   int
	heldSince time.Time
	source    string // ARN of the queue it comes from, in a dead-letter queue
}

func (m *message) visible(now time.Time) bool { return !now.Before(m.visibleAt) }

// held reports whether a consumer has the message.
func (m *message) held(now time.Time) bool { return m.handles > 0 && !m.visible(now) }

// count returns how many messages can be received, are held by consumers, and are
// delayed.
func (q *queue) count(now time.Time) (visible, held, delayed int) {
	for _, m := range q.messages {
		switch {
		case m.visible(now):
			visible++
		case m.held(now):
			held++
		default:
			delayed++
		}
	}
	return visible, held, delayed
}

// expire drops the messages whose retention period is over.
func (s *Service) expire(q *queue) {
	oldest := s.Now().Add(-q.seconds("MessageRetentionPeriod"))
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return !m.sentAt.After(oldest) })
}

// take removes a message from the queue.
func (q *queue) take(m *message) {
	q.messages = slices.DeleteFunc(q.messages, func(other *message) bool { return other == m })
}

// bury moves a message to a dead-letter queue. There it keeps its age, except in
// FIFO queues, and its count of receives.
func (s *Service) bury(q *queue, m *message, target *queue) {
	q.take(m)
	m.source, m.visibleAt, m.handles = q.arn, time.Time{}, 0
	if q.fifo {
		m.sentAt = s.Now()
	}
	target.messages = append(target.messages, m)
}

// handle returns the receipt handle of the last receive.
func (q *queue) handle(m *message) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s %s %d", q.arn, m.id, m.handles))
}

// receipt is what a receipt handle says.
type receipt struct {
	message *message // nil: no longer in the queue
	last    bool     // it is the message's last handle
}

// open reads a receipt handle.
func (q *queue) open(handle *string) (receipt, error) {
	invalid := &types.ReceiptHandleIsInvalid{Message: text(`The input receipt handle "%s" is not a valid receipt handle.`, aws.ToString(handle))}
	raw, err := base64.StdEncoding.DecodeString(aws.ToString(handle))
	parts := strings.Split(string(raw), " ")
	if err != nil || len(parts) != 3 || parts[0] != q.arn {
		return receipt{}, invalid
	}
	number, err := strconv.Atoi(parts[2])
	if err != nil {
		return receipt{}, invalid
	}
	i := slices.IndexFunc(q.messages, func(m *message) bool { return m.id == parts[1] })
	if i < 0 {
		return receipt{}, nil
	}
	return receipt{q.messages[i], q.messages[i].handles == number}, nil
}

// digest is the MD5 of a text as SQS writes it.
func digest(value string) *string {
	sum := md5.Sum([]byte(value))
	return aws.String(hex.EncodeToString(sum[:]))
}

// digestAttributes is SQS's digest of message attributes; nil if there are none.
func digestAttributes(attributes map[string]types.MessageAttributeValue) *string {
	if len(attributes) == 0 {
		return nil
	}
	sum := md5.New()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value := attributes[name]
		writeField(sum, []byte(name))
		writeField(sum, []byte(aws.ToString(value.DataType)))
		if value.BinaryValue != nil {
			sum.Write([]byte{2})
			writeField(sum, value.BinaryValue)
		} else {
			sum.Write([]byte{1})
			writeField(sum, []byte(aws.ToString(value.StringValue)))
		}
	}
	return aws.String(hex.EncodeToString(sum.Sum(nil)))
}

func writeField(sum hash.Hash, field []byte) {
	sum.Write(binary.BigEndian.AppendUint32(nil, uint32(len(field))))
	sum.Write(field)
}
