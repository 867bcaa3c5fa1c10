package page

import (
	"encoding/json"
	"errors"
	"path"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Queue is an SQS queue.
type Queue struct {
	Name        string `json:"name"`
	Waiting     int    `json:"waiting"`
	InFlight    int    `json:"inFlight"`
	Delayed     int    `json:"delayed"`
	DeadLetters string `json:"deadLetterQueue,omitempty"`
}

func (r *reader) readQueues() {
	most := int32(1000) // with a page size SQS gives a token, without one it cuts off
	urls := list(r, func(token *string) ([]string, *string, error) {
		out, err := r.SQS.ListQueues(r.ctx, &sqs.ListQueuesInput{NextToken: token, MaxResults: &most})
		if err != nil {
			return nil, nil, err
		}
		return out.QueueUrls, out.NextToken, nil
	})
	for _, url := range urls {
		out, err := r.SQS.GetQueueAttributes(r.ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
		var missing *types.QueueDoesNotExist
		switch {
		case errors.As(err, &missing):
			continue // a queue is listed somewhat earlier and later than it can be used
		case err != nil:
			r.Problems = append(r.Problems, err.Error())
			continue
		}
		count := func(name types.QueueAttributeName) int {
			n, _ := strconv.Atoi(out.Attributes[string(name)]) // absent is 0
			return n
		}
		r.Queues = append(r.Queues, Queue{Name: path.Base(url), Waiting: count(types.QueueAttributeNameApproximateNumberOfMessages),
			InFlight: count(types.QueueAttributeNameApproximateNumberOfMessagesNotVisible),
			Delayed:  count(types.QueueAttributeNameApproximateNumberOfMessagesDelayed), DeadLetters: deadLetters(out.Attributes)})
	}
}

// deadLetters names the queue to which messages go that nobody could handle.
func deadLetters(attributes map[string]string) string {
	var policy struct {
		DeadLetterTargetARN string `json:"deadLetterTargetArn"`
	}
	if json.Unmarshal([]byte(attributes[string(types.QueueAttributeNameRedrivePolicy)]), &policy) != nil {
		return ""
	}
	return policy.DeadLetterTargetARN[strings.LastIndex(policy.DeadLetterTargetARN, ":")+1:]
}
