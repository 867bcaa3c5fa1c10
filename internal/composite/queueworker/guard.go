package queueworker

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// guard keeps queues from being replaced while there are messages in them.
var guard = composite.Guard[*Model]{
	Parts:      []string{partQueue, partDeadLetters},
	Attributes: map[string]string{"name": "fifo"},
	Holds:      messages,
	Advice:     "stop the producers, let the workers empty the queue, move or purge the dead letters, and apply again",
}

// counts are the attributes with the numbers of messages.
var counts = []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages,
	types.QueueAttributeNameApproximateNumberOfMessagesNotVisible, types.QueueAttributeNameApproximateNumberOfMessagesDelayed}

// messages says how many messages a queue has, as far as SQS knows at the moment;
// "" if none.
func messages(ctx context.Context, c *awsapi.Clients, url string) (string, error) {
	out, err := awsapi.SQS(c).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: counts})
	if awsapi.Is(err, "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue") {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("counting the messages of %s: %w", url, err)
	}
	sum := 0
	for _, name := range counts {
		n, _ := strconv.Atoi(out.Attributes[string(name)])
		sum += n
	}
	if sum == 0 {
		return "", nil
	}
	return fmt.Sprintf("%d messages", sum), nil
}
