package multiserver_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbsdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	kinds3 "github.com/webtier/terraform-provider-webtier/internal/kind/s3"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// newBucket makes a bucket that is not ours, in eu-west-1 unless an option says
// otherwise.
func newBucket(t *testing.T, lab *acctest.Lab, name string, options ...func(*s3.Options)) {
	t.Helper()
	region := acctest.Region
	in := &s3.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{}}
	client := s3.New(awsapi.S3(lab.Clients(t)).Options(), options...)
	if given := client.Options().Region; given != "" {
		region = given
	}
	in.CreateBucketConfiguration.LocationConstraint = s3types.BucketLocationConstraint(region)
	acctest.Must(t)(client.CreateBucket(t.Context(), in))
}

// prepareLogBuckets makes buckets that cannot be used, each for a reason of its own.
func prepareLogBuckets(t *testing.T, lab *acctest.Lab) {
	t.Helper()
	newBucket(t, lab, "logs-elsewhere", func(o *s3.Options) { o.Region = "us-west-2" })
	newBucket(t, lab, "logs-without-policy")
	lab.Sim.World(acctest.Region).AddLogBucket("logs-with-kms")
	acctest.Must(t)(awsapi.S3(lab.Clients(t)).PutBucketEncryption(t.Context(), &s3.PutBucketEncryptionInput{Bucket: aws.String("logs-with-kms"),
		ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{Rules: []s3types.ServerSideEncryptionRule{{
			ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: s3types.ServerSideEncryptionAwsKms}}}}}))
	newBucket(t, lab, logBucketOf("taken"))
}

func logBucketOf(tier string) string {
	return kinds3.LogBucketName(stack.ID{Type: "multi_server", Name: tier}, kindtest.Account, acctest.Region)
}

// theirs is a bucket for logs that PrepareVPC makes.
const theirs = "access-logs"

// logsTo returns the bucket to which the tier's load balancer writes, or "".
func logsTo(t *testing.T, lab *acctest.Lab) string {
	t.Helper()
	arn := lab.Parts(address)["load_balancer"]
	out, err := awsapi.ELBv2(lab.Clients(t)).DescribeLoadBalancerAttributes(t.Context(), &elbsdk.DescribeLoadBalancerAttributesInput{LoadBalancerArn: &arn})
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{}
	for _, attribute := range out.Attributes {
		settings[*attribute.Key] = *attribute.Value
	}
	if settings["access_logs.s3.enabled"] != "true" {
		return ""
	}
	return settings["access_logs.s3.bucket"]
}

// putLog writes what a load balancer would.
func putLog(t *testing.T, lab *acctest.Lab, bucket string) {
	t.Helper()
	acctest.Must(t)(awsapi.S3(lab.Clients(t)).PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket,
		Key: aws.String("AWSLogs/123456789012/elasticloadbalancing/eu-west-1/2026/01/02/x.log.gz"), Body: strings.NewReader("a line")}))
}

// buckets returns the inventory's lines of buckets.
func buckets(lab *acctest.Lab) []string {
	return slices.DeleteFunc(lab.Inventory(), func(line string) bool { return !strings.HasPrefix(line, "s3 bucket") })
}

// TestLogBucketIsMade with the tier, told as an output, and gone with it as long as it
// holds no logs.
func TestLogBucketIsMade(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/logs", nil)
		bucket := lab.Value(address).GetAttr("access_logs_bucket_name").AsString()
		if bucket != logBucketOf("shop") || logsTo(t, lab) != bucket {
			t.Errorf("the output is %s, logs go to %q", bucket, logsTo(t, lab))
		}
		lab.MustRoundTrip(t, "testdata/logs", nil, address, "shop")
		if err := lab.Destroy(t.Context(), "testdata/logs", nil); err != nil {
			t.Fatal(err)
		}
		if left := buckets(lab); len(left) != 1 {
			t.Errorf("left: %v", left)
		}
	})
}

// TestLogsOutliveTheTier: a bucket that holds logs stays, a warning says so, and a tier
// of the same name takes it back.
func TestLogsOutliveTheTier(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/logs", nil)
		bucket := logsTo(t, lab)
		putLog(t, lab, bucket)
		if err := lab.Destroy(t.Context(), "testdata/logs", nil); err != nil {
			t.Fatal(err)
		}
		if !says(lab.Warnings, "access_logs was not deleted") || !says(lab.Warnings, "aws s3 rb s3://"+bucket) {
			t.Errorf("the warnings are %q", lab.Warnings)
		}
		if left := buckets(lab); len(left) != 2 {
			t.Errorf("left: %v", left)
		}
		lab.MustApply(t, "testdata/logs", nil)
		if logsTo(t, lab) != bucket {
			t.Errorf("logs go to %q", logsTo(t, lab))
		}
	})
}

// TestLogsMoveToAnotherBucket and back, in place.
func TestLogsMoveToAnotherBucket(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/logs", nil)
		balancer, made := lab.Parts(address)["load_balancer"], logsTo(t, lab)
		putLog(t, lab, made)
		for _, step := range []struct{ create, bucket, want string }{{"null", theirs, theirs}, {"true", "null", made}, {"null", "null", ""}} {
			lab.MustApply(t, "testdata/logs", map[string]string{"create": step.create, "bucket": step.bucket})
			if now := logsTo(t, lab); now != step.want {
				t.Errorf("logs go to %q, want %q", now, step.want)
			}
		}
		if lab.Parts(address)["load_balancer"] != balancer {
			t.Error("the load balancer was replaced")
		}
		if left := buckets(lab); len(left) != 2 {
			t.Errorf("left: %v", left)
		}
	})
}
