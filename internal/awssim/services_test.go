package awssim

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// TestEveryServiceAnswers reads from each service in its own protocol.
func TestEveryServiceAnswers(t *testing.T) {
	sim := New(Options{})
	c := config(sim.Transport())
	for name, read := range map[string]func(ctx context.Context) error{
		"cloudwatch": func(ctx context.Context) error {
			_, err := cloudwatch.NewFromConfig(c).DescribeAlarms(ctx, nil)
			return err
		},
		"sqs": func(ctx context.Context) error {
			_, err := sqs.NewFromConfig(c).ListQueues(ctx, nil)
			return err
		},
		"secretsmanager": func(ctx context.Context) error {
			_, err := secretsmanager.NewFromConfig(c).ListSecrets(ctx, nil)
			return err
		},
		"kms": func(ctx context.Context) error {
			_, err := kms.NewFromConfig(c).ListAliases(ctx, nil)
			return err
		},
		"acm": func(ctx context.Context) error {
			_, err := acm.NewFromConfig(c).ListCertificates(ctx, nil)
			return err
		},
		"ssm": func(ctx context.Context) error {
			_, err := ssm.NewFromConfig(c).DescribeParameters(ctx, nil)
			return err
		},
		"route53": func(ctx context.Context) error {
			_, err := route53.NewFromConfig(c).ListHostedZones(ctx, nil)
			return err
		},
		"s3": func(ctx context.Context) error {
			_, err := s3.NewFromConfig(c).ListBuckets(ctx, nil)
			return err
		},
		"rds": func(ctx context.Context) error {
			_, err := rds.NewFromConfig(c).DescribeDBInstances(ctx, nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := read(t.Context()); err != nil {
				t.Error(err)
			}
			if calls := sim.Calls(); calls[len(calls)-1].Service != name || calls[len(calls)-1].Mutating {
				t.Errorf("the journal has %+v", calls[len(calls)-1])
			}
		})
	}
}

// TestThrottlingOfJSON: a fault has the code of the service that it befalls.
func TestThrottlingOfJSON(t *testing.T) {
	sim := New(Options{})
	c := config(sim.Transport())
	if err := sim.AddRule(Rule{Kind: Throttle, Count: -1}); err != nil {
		t.Fatal(err)
	}
	_, ofSQS := sqs.NewFromConfig(c).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("a")})
	_, ofKMS := kms.NewFromConfig(c).ListAliases(t.Context(), nil)
	_, ofCloudWatch := cloudwatch.NewFromConfig(c).DescribeAlarms(t.Context(), nil)
	for err, want := range map[error]string{ofSQS: "RequestThrottled", ofKMS: "ThrottlingException", ofCloudWatch: "Throttling"} {
		if got := codeOf(err); got != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
