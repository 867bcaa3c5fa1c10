package s3_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/s3"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

// lab is S3 in eu-west-1 with the bucket "logs", and a clock that the test sets.
type lab struct {
	*s3.Service
	*simtest.Clock
	t *testing.T
}

func newLab(t *testing.T) *lab {
	r, clock := simtest.New()
	l := &lab{Service: s3.New(r, s3.NewStore()), Clock: clock, t: t}
	l.create("logs")
	return l
}

// in returns the same account's S3 in another Region.
func (l *lab) in(name string) *lab {
	r := region.New(simtest.Account, name, l.Region.Now, 2)
	return &lab{Service: s3.New(r, l.Store), Clock: l.Clock, t: l.t}
}

var logs = aws.String("logs")

// bucket is a request for a bucket in the Region.
func (l *lab) bucket(name string, tags ...types.Tag) *sdk.CreateBucketInput {
	in := &sdk.CreateBucketInput{Bucket: &name}
	if l.Name != "us-east-1" || tags != nil {
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{Tags: tags}
	}
	if l.Name != "us-east-1" {
		in.CreateBucketConfiguration.LocationConstraint = types.BucketLocationConstraint(l.Name)
	}
	return in
}

func (l *lab) create(name string, tags ...types.Tag) *sdk.CreateBucketOutput {
	l.t.Helper()
	return simtest.Do(l.t, l.CreateBucket, l.bucket(name, tags...))
}

func (l *lab) remove(name string) {
	l.t.Helper()
	simtest.Do(l.t, l.DeleteBucket, &sdk.DeleteBucketInput{Bucket: &name})
}

func tag(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }
