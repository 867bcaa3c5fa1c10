package awsapi

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// S3Pages offers the paginated reads of S3 to the SDK's paginators, as EC2Pages does.
type S3Pages struct{ c *Clients }

// S3Pages returns what the paginators of S3 read with.
func (c *Clients) S3Pages() S3Pages { return S3Pages{c} }

// ListBuckets implements the paginator's client.
func (p S3Pages) ListBuckets(ctx context.Context, in *s3.ListBucketsInput, options ...func(*s3.Options)) (*s3.ListBucketsOutput, error) {
	return S3(p.c).ListBuckets(ctx, in, options...)
}
