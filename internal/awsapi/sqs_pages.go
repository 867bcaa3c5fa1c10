package awsapi

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// SQSPages offers the paginated reads of SQS to the SDK's paginators, as EC2Pages does.
type SQSPages struct{ c *Clients }

// SQSPages returns what the paginators of SQS read with.
func (c *Clients) SQSPages() SQSPages { return SQSPages{c} }

// ListQueues implements the paginator's client.
func (p SQSPages) ListQueues(ctx context.Context, in *sqs.ListQueuesInput, options ...func(*sqs.Options)) (*sqs.ListQueuesOutput, error) {
	return SQS(p.c).ListQueues(ctx, in, options...)
}
