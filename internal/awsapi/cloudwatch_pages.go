package awsapi

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
)

// CloudWatchPages offers the paginated reads of CloudWatch to the SDK's paginators, as EC2Pages does.
type CloudWatchPages struct{ c *Clients }

// CloudWatchPages returns what the paginators of CloudWatch read with.
func (c *Clients) CloudWatchPages() CloudWatchPages { return CloudWatchPages{c} }

// DescribeAlarms implements the paginator's client.
func (p CloudWatchPages) DescribeAlarms(ctx context.Context, in *cloudwatch.DescribeAlarmsInput, options ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error) {
	return CloudWatch(p.c).DescribeAlarms(ctx, in, options...)
}
