package sqs

import (
	"context"
	"errors"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

const (
	maxBatch      = 10
	maxBatchBytes = 1048576
)

var entryID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// each carries out the entries of a batch one by one. What is wrong with an entry
// fails this entry only; what is wrong with the batch fails the call.
func each[E, R any](entries []E, id func(E) *string, do func(E) (R, error)) (done []R, failed []types.BatchResultErrorEntry, err error) {
	if err := checkBatch(entries, id); err != nil {
		return nil, nil, err
	}
	done, failed = []R{}, []types.BatchResultErrorEntry{}
	for _, entry := range entries {
		result, err := do(entry)
		var problem smithy.APIError
		switch {
		case err == nil:
			done = append(done, result)
		case errors.As(err, &problem):
			failed = append(failed, types.BatchResultErrorEntry{Id: id(entry), SenderFault: true,
				Code: aws.String(problem.ErrorCode()), Message: aws.String(problem.ErrorMessage())})
		default:
			return nil, nil, err
		}
	}
	return done, failed, nil
}

func checkBatch[E any](entries []E, id func(E) *string) error {
	if len(entries) == 0 {
		return &types.EmptyBatchRequest{Message: aws.String("There should be at least one entry in the request.")}
	}
	if len(entries) > maxBatch {
		return &types.TooManyEntriesInBatchRequest{Message: text("Maximum number of entries per request are %d. You have sent %d.", maxBatch, len(entries))}
	}
	seen := map[string]bool{}
	for _, entry := range entries {
		name := aws.ToString(id(entry))
		if !entryID.MatchString(name) {
			return &types.InvalidBatchEntryId{Message: aws.String("A batch entry id can only contain alphanumeric characters, hyphens and underscores. " +
				"It can be at most 80 letters long.")}
		}
		if seen[name] {
			return &types.BatchEntryIdsNotDistinct{Message: text("Id %s repeated.", name)}
		}
		seen[name] = true
	}
	return nil
}

// SendMessageBatch puts up to ten messages into a queue.
func (s *Service) SendMessageBatch(_ context.Context, in *sdk.SendMessageBatchInput) (*sdk.SendMessageBatchOutput, error) {
	q, err := s.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := s.checkKey(q); err != nil {
		return nil, err
	}
	size := 0
	for _, entry := range in.Entries {
		size += sizeOf(asMessage(entry))
	}
	if size > maxBatchBytes {
		return nil, &types.BatchRequestTooLong{Message: text("Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxBatchBytes, size)}
	}
	out := &sdk.SendMessageBatchOutput{}
	out.Successful, out.Failed, err = each(in.Entries,
		func(entry types.SendMessageBatchRequestEntry) *string { return entry.Id },
		func(entry types.SendMessageBatchRequestEntry) (types.SendMessageBatchResultEntry, error) {
			sent, err := s.send(q, asMessage(entry))
			if err != nil {
				return types.SendMessageBatchResultEntry{}, err
			}
			return types.SendMessageBatchResultEntry{Id: entry.Id, MessageId: sent.MessageId, MD5OfMessageBody: sent.MD5OfMessageBody,
				MD5OfMessageAttributes: sent.MD5OfMessageAttributes, SequenceNumber: sent.SequenceNumber}, nil
		})
	return out, err
}

func asMessage(entry types.SendMessageBatchRequestEntry) *sdk.SendMessageInput {
	return &sdk.SendMessageInput{MessageBody: entry.MessageBody, DelaySeconds: entry.DelaySeconds, MessageAttributes: entry.MessageAttributes,
		MessageDeduplicationId: entry.MessageDeduplicationId, MessageGroupId: entry.MessageGroupId, MessageSystemAttributes: entry.MessageSystemAttributes}
}

// DeleteMessageBatch deletes up to ten messages.
func (s *Service) DeleteMessageBatch(_ context.Context, in *sdk.DeleteMessageBatchInput) (*sdk.DeleteMessageBatchOutput, error) {
	q, err := s.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	out := &sdk.DeleteMessageBatchOutput{}
	out.Successful, out.Failed, err = each(in.Entries,
		func(entry types.DeleteMessageBatchRequestEntry) *string { return entry.Id },
		func(entry types.DeleteMessageBatchRequestEntry) (types.DeleteMessageBatchResultEntry, error) {
			return types.DeleteMessageBatchResultEntry{Id: entry.Id}, s.remove(q, entry.ReceiptHandle)
		})
	return out, err
}

// ChangeMessageVisibilityBatch changes how long up to ten messages are hidden.
func (s *Service) ChangeMessageVisibilityBatch(_ context.Context, in *sdk.ChangeMessageVisibilityBatchInput) (*sdk.ChangeMessageVisibilityBatchOutput, error) {
	q, err := s.queue(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	out := &sdk.ChangeMessageVisibilityBatchOutput{}
	out.Successful, out.Failed, err = each(in.Entries,
		func(entry types.ChangeMessageVisibilityBatchRequestEntry) *string { return entry.Id },
		func(entry types.ChangeMessageVisibilityBatchRequestEntry) (types.ChangeMessageVisibilityBatchResultEntry, error) {
			return types.ChangeMessageVisibilityBatchResultEntry{Id: entry.Id}, s.changeVisibility(q, entry.ReceiptHandle, entry.VisibilityTimeout)
		})
	return out, err
}
