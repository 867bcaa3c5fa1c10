package sqs

import (
	"context"
	"encoding/base64"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// moveTask moves messages from a dead-letter queue to where they came from, or to
// one destination, at a rate.
type moveTask struct {
	handle              string
	source, destination string // ARNs; "": to where each message came from
	rate                int32  // messages a second; 0: as fast as SQS can
	started             time.Time
	total, moved        int
	status, failure     string
	messages            []*message // still to be moved
}

const (
	running   = "RUNNING"
	completed = "COMPLETED"
	cancelled = "CANCELLED"
	failed    = "FAILED"

	// maxRate is how many messages a second a task moves at most.
	maxRate = 500
)

// StartMessageMoveTask begins to empty a dead-letter queue. Only one task at a
// time runs on a queue.
func (s *Service) StartMessageMoveTask(_ context.Context, in *sdk.StartMessageMoveTaskInput) (*sdk.StartMessageMoveTaskOutput, error) {
	s.moveOn()
	q := s.byARN(*in.SourceArn)
	rate := aws.ToInt32(in.MaxNumberOfMessagesPerSecond)
	switch {
	case q == nil:
		return nil, noResource("The resource that you specified for the SourceArn parameter doesn't exist.")
	case len(s.sourcesOf(q)) == 0:
		return nil, invalid("SourceArn", *in.SourceArn, "Source queue must be configured as a Dead Letter Queue.")
	case in.DestinationArn != nil && s.byARN(*in.DestinationArn) == nil:
		return nil, noResource("The resource that you specified for the DestinationArn parameter doesn't exist.")
	case in.MaxNumberOfMessagesPerSecond != nil && (rate < 1 || rate > maxRate):
		return nil, invalid("MaxNumberOfMessagesPerSecond", rate, "Must be between 1 and 500, if provided.")
	case slices.ContainsFunc(s.tasks, func(t *moveTask) bool { return t.source == q.arn && t.status == running }):
		return nil, unsupported("There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
	}
	s.expire(q)
	t := &moveTask{source: q.arn, destination: aws.ToString(in.DestinationArn), rate: rate, started: s.Now(),
		total: len(q.messages), status: running, messages: slices.Clone(q.messages)}
	t.handle = base64.StdEncoding.EncodeToString([]byte(`{"taskId":"` + s.UUID() + `","sourceArn":"` + q.arn + `"}`))
	s.tasks = append(s.tasks, t)
	return &sdk.StartMessageMoveTaskOutput{TaskHandle: aws.String(t.handle)}, nil
}

// moveOn brings all move tasks to the present.
func (s *Service) moveOn() {
	for _, t := range s.tasks {
		if t.status != running {
			continue
		}
		rate := t.rate
		if rate == 0 {
			rate = maxRate
		}
		due := int(s.Now().Sub(t.started).Seconds() * float64(rate))
		for t.status == running && t.moved < due && len(t.messages) > 0 {
			s.moveNext(t)
		}
		if t.status == running && len(t.messages) == 0 && s.Now().After(t.started) {
			t.status = completed
		}
	}
}

// moveNext moves one message. It arrives as a new one.
func (s *Service) moveNext(t *moveTask) {
	from, m := s.byARN(t.source), t.messages[0]
	to := s.byARN(t.destination)
	if t.destination == "" {
		to = s.byARN(m.source)
	}
	if from == nil || to == nil {
		t.status, t.failure = failed, "AWS.SimpleQueueService.NonExistentQueue"
		return
	}
	t.messages = t.messages[1:]
	if !slices.Contains(from.messages, m) { // received and deleted meanwhile
		t.total--
		return
	}
	t.moved++
	from.take(m)
	to.messages = append(to.messages, &message{id: s.UUID(), body: m.body, group: m.group, deduplication: m.deduplication,
		sequence: m.sequence, attributes: m.attributes, trace: m.trace, sentAt: s.Now()})
}

// ListMessageMoveTasks lists the last tasks on a queue, the newest first.
func (s *Service) ListMessageMoveTasks(_ context.Context, in *sdk.ListMessageMoveTasksInput) (*sdk.ListMessageMoveTasksOutput, error) {
	s.moveOn()
	if s.byARN(*in.SourceArn) == nil {
		return nil, noResource("The resource that you specified for the SourceArn parameter doesn't exist.")
	}
	most := 1
	if in.MaxResults != nil {
		if most = int(*in.MaxResults); most < 1 || most > 10 {
			return nil, invalid("MaxResults", most, "Must be between 1 and 10, if provided.")
		}
	}
	out := &sdk.ListMessageMoveTasksOutput{}
	for _, t := range slices.Backward(s.tasks) {
		if t.source == *in.SourceArn && len(out.Results) < most {
			out.Results = append(out.Results, t.shown())
		}
	}
	return out, nil
}

func (t *moveTask) shown() types.ListMessageMoveTasksResultEntry {
	entry := types.ListMessageMoveTasksResultEntry{Status: aws.String(t.status), SourceArn: aws.String(t.source),
		StartedTimestamp: t.started.UnixMilli(), ApproximateNumberOfMessagesMoved: int64(t.moved),
		ApproximateNumberOfMessagesToMove: aws.Int64(int64(t.total))}
	if t.destination != "" {
		entry.DestinationArn = aws.String(t.destination)
	}
	if t.rate > 0 {
		entry.MaxNumberOfMessagesPerSecond = aws.Int32(t.rate)
	}
	if t.status == running {
		entry.TaskHandle = aws.String(t.handle)
	}
	if t.failure != "" {
		entry.FailureReason = aws.String(t.failure)
	}
	return entry
}

// CancelMessageMoveTask stops a task; what it has moved stays moved.
func (s *Service) CancelMessageMoveTask(_ context.Context, in *sdk.CancelMessageMoveTaskInput) (*sdk.CancelMessageMoveTaskOutput, error) {
	s.moveOn()
	i := slices.IndexFunc(s.tasks, func(t *moveTask) bool { return t.handle == *in.TaskHandle })
	if i < 0 {
		return nil, noResource("Task does not exist.")
	}
	t := s.tasks[i]
	if t.status != running {
		return nil, unsupported("Only active tasks can be cancelled.")
	}
	t.status = cancelled
	return &sdk.CancelMessageMoveTaskOutput{ApproximateNumberOfMessagesMoved: int64(t.moved)}, nil
}

func noResource(message string) error {
	return &types.ResourceNotFoundException{Message: aws.String(message)}
}
