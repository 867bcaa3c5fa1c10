package awsapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// answering stands for AWS: it answers everything with status and nothing.
type answering int

func (status answering) RoundTrip(r *http.Request) (*http.Response, error) {
	body := "<Response/>"
	if status != http.StatusOK {
		body = "<Response><Errors><Error><Code>InvalidVpc.Range</Code></Error></Errors></Response>"
	}
	return &http.Response{StatusCode: int(status), Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func clientsOf(status answering) *awsapi.Clients {
	return awsapi.New(aws.Config{Region: "eu-west-1", HTTPClient: &http.Client{Transport: status}, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "example"}, nil
		})}, nil, 1)
}

// TestReadsWaitForOwnWrites: a read of the same service is sent when the write is
// known, another at once; a refused write makes nobody wait.
func TestReadsWaitForOwnWrites(t *testing.T) {
	for name, test := range map[string]struct {
		status answering
		elb    bool
		want   time.Duration
	}{
		"same service":  {status: http.StatusOK, want: 3 * time.Second},
		"other service": {status: http.StatusOK, elb: true},
		"refused":       {status: http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := clientsOf(test.status)
				read := func() time.Duration {
					start := time.Now()
					if test.elb {
						_, _ = awsapi.ELBv2(c).DescribeTargetGroups(t.Context(), &elasticloadbalancingv2.DescribeTargetGroupsInput{})
					} else {
						_, _ = awsapi.EC2(c).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
					}
					return time.Since(start)
				}
				if waited := read(); waited != 0 {
					t.Errorf("the first read waited %s", waited)
				}
				_, _ = awsapi.EC2(c).CreateVpc(t.Context(), &ec2.CreateVpcInput{})
				if waited := read(); waited != test.want {
					t.Errorf("the read after the write waited %s, want %s", waited, test.want)
				}
				if waited := read(); waited != 0 {
					t.Errorf("the read after that waited %s", waited)
				}
			})
		})
	}
}

func TestWaitingReadsCanBeInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clientsOf(http.StatusOK)
		_, _ = awsapi.EC2(c).CreateVpc(t.Context(), &ec2.CreateVpcInput{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := awsapi.EC2(c).DescribeVpcs(ctx, &ec2.DescribeVpcsInput{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}

// TestANewProcessAwaitsOthers once, and only while it is new.
func TestANewProcessAwaitsOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clientsOf(http.StatusOK)
		start := time.Now()
		for range 2 {
			if err := c.AwaitOthers(t.Context()); err != nil || time.Since(start) != 3*time.Second {
				t.Errorf("waited %s: %v", time.Since(start), err)
			}
		}
	})
}

// TestWhatOneWroteIsKnownToTheNext: the wait is the longest of what was written.
func TestWhatOneWroteIsKnownToTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clientsOf(http.StatusOK)
		start := time.Now()
		if c.AwaitOwn(t.Context()); time.Since(start) != 0 {
			t.Errorf("without a write it waited %s", time.Since(start))
		}
		_, _ = awsapi.EC2(c).CreateVpc(t.Context(), &ec2.CreateVpcInput{})
		if c.AwaitOwn(t.Context()); time.Since(start) != 3*time.Second {
			t.Errorf("after a write it waited %s", time.Since(start))
		}
	})
}
