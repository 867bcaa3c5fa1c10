package s3_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/policy"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/s3"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

const writer = `"Principal": {"Service": "writer.amazonaws.com"}`

// statement is a policy of one statement.
func statement(fields string) *sdk.PutBucketPolicyInput {
	return &sdk.PutBucketPolicyInput{Bucket: logs, Policy: aws.String(fmt.Sprintf(`{"Version": "2012-10-17", "Statement": {%s}}`, fields))}
}

func letWriter() *sdk.PutBucketPolicyInput {
	return statement(`"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/*", ` + writer)
}

func TestPolicyIsKept(t *testing.T) {
	l := newLab(t)
	get := &sdk.GetBucketPolicyInput{Bucket: logs}
	simtest.Refused(t, l.GetBucketPolicy, get, "NoSuchBucketPolicy", "The bucket policy does not exist")
	simtest.Do(t, l.PutBucketPolicy, letWriter())
	if got := *simtest.Do(t, l.GetBucketPolicy, get).Policy; got != strings.ReplaceAll(*letWriter().Policy, " ", "") {
		t.Errorf("got %s", got)
	}
	simtest.Do(t, l.DeleteBucketPolicy, &sdk.DeleteBucketPolicyInput{Bucket: logs})
	simtest.Do(t, l.DeleteBucketPolicy, &sdk.DeleteBucketPolicyInput{Bucket: logs})
	simtest.Refused(t, l.GetBucketPolicy, get, "NoSuchBucketPolicy", "")
}

// TestAccountsInPoliciesAreARNs: as which they are read back.
func TestAccountsInPoliciesAreARNs(t *testing.T) {
	l := newLab(t)
	simtest.Do(t, l.PutBucketPolicy, statement(`"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/*",
		"Principal": {"AWS": ["127311923021", "arn:aws:iam::123456789012:root"]}, "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}`))
	got := *simtest.Do(t, l.GetBucketPolicy, &sdk.GetBucketPolicyInput{Bucket: logs}).Policy
	if !strings.Contains(got, `"AWS":["arn:aws:iam::127311923021:root","arn:aws:iam::123456789012:root"]`) || !strings.Contains(got, `"aws:SourceAccount":"123456789012"`) {
		t.Errorf("got %s", got)
	}
}

func TestPoliciesThatAreRefused(t *testing.T) {
	l := newLab(t)
	l.PrincipalExists = func(arn string) bool { return !strings.HasSuffix(arn, "role/none") }
	const allow, put, all = `"Effect": "Allow", `, `"Action": "s3:PutObject", `, `"Resource": "arn:aws:s3:::logs/*", `
	for _, c := range []struct{ fields, text string }{
		{`"Effect"`, "must be valid JSON"},
		{put + all + writer, "Effect"},
		{allow + put + `"Resource": "arn:aws:s3:::logs/*"`, "Principal"},
		{allow + all + writer, "Action"},
		{allow + put + writer, "Resource"},
		{allow + put + all + `"Principal": {"AWS": "arn:aws:iam::123456789012:role/none"}`, "Invalid principal"},
		{allow + put + all + `"Principal": {"AWS": "somebody"}`, "Invalid principal"},
		{allow + put + all + `"Principal": {"Service": "writer"}`, "Invalid principal"},
		{allow + put + all + `"Principal": "somebody"`, "Invalid principal"},
		{allow + `"Action": "sqs:SendMessage", ` + all + writer, "invalid action"},
		{allow + put + `"Resource": "arn:aws:s3:::other/*", ` + writer, "invalid resource"},
		{allow + put + `"Resource": "arn:aws:s3:::logs-2/*", ` + writer, "invalid resource"},
		{allow + put + `"Resource": "arn:aws:s3:::logs", ` + writer, "does not apply"},
		{allow + `"Action": ["s3:PutObject", "s3:GetBucketAcl"], ` + all + writer, "does not apply"},
		{allow + put + all + writer + `, "Condition": {"StringEquals": {"owner": "x"}}`, "condition key"},
		{allow + put + all + writer + `, "Sid": "` + strings.Repeat("x", 20<<10) + `"`, "size"},
	} {
		simtest.Refused(t, l.PutBucketPolicy, statement(c.fields), "MalformedPolicy", c.text)
	}
	simtest.Do(t, l.PutBucketPolicy, statement(allow+`"Action": ["s3:PutObject", "s3:GetBucketAcl"], "Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/AWSLogs/*"],
		"Principal": {"AWS": ["123456789012", "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:role/some"]}`))
}

func TestPublicPolicyIsBlocked(t *testing.T) {
	l := newLab(t)
	public := `"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*", "Principal": "*"`
	fixed := public + `, "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}`
	wild := public + `, "Condition": {"StringLike": {"aws:SourceVpce": "*"}}`
	denial := strings.Replace(public, "Allow", "Deny", 1)
	simtest.Do(t, l.PutBucketPolicy, statement(fixed))
	simtest.Do(t, l.PutBucketPolicy, statement(denial))
	for _, fields := range []string{public, wild, strings.Replace(public, `"*"`, `{"AWS": ["*"]}`, 1)} {
		simtest.Refused(t, l.PutBucketPolicy, statement(fields), "AccessDenied", "BlockPublicPolicy")
	}
	simtest.Do(t, l.PutPublicAccessBlock, &sdk.PutPublicAccessBlockInput{Bucket: logs, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{}})
	simtest.Do(t, l.PutBucketPolicy, statement(public))
	if got := simtest.Do(t, l.GetBucketPolicyStatus, &sdk.GetBucketPolicyStatusInput{Bucket: logs}).PolicyStatus; !*got.IsPublic {
		t.Error("the policy does not count as public")
	}
}

// delivery is what writer.amazonaws.com stores in a bucket.
func delivery(bucket string) s3.Delivery {
	return s3.Delivery{Bucket: bucket, Key: "a", Body: []byte("1"), Ways: [][]policy.Request{{{Kind: "Service", Principal: "writer.amazonaws.com",
		Action: "s3:PutObject", Resource: "arn:aws:s3:::" + bucket + "/a"}}}}
}

func TestPolicyTakesTimeToBeKnown(t *testing.T) {
	l := newLab(t)
	want := func(may bool) {
		t.Helper()
		if got := l.Deliver(delivery("logs")); got != may {
			t.Errorf("delivered: %t, want %t", got, may)
		}
	}
	want(false)
	simtest.Do(t, l.PutBucketPolicy, letWriter())
	want(false)
	l.Pass(20 * time.Second)
	want(true)
	simtest.Do(t, l.PutBucketPolicy, letWriter()) // changes nothing
	want(true)
	simtest.Do(t, l.DeleteBucketPolicy, &sdk.DeleteBucketPolicyInput{Bucket: logs})
	want(true)
	l.Pass(20 * time.Second)
	want(false)
}

func TestDeliveryNeedsABucketThatCanBeWritten(t *testing.T) {
	l := newLab(t)
	simtest.Do(t, l.PutBucketPolicy, letWriter())
	l.Pass(time.Minute)
	if !l.Deliver(delivery("logs")) || l.Deliver(delivery("none")) || l.in("us-west-2").Deliver(delivery("logs")) {
		t.Error("only the bucket of the Region can be written")
	}
	encrypt := func(key *string) {
		simtest.Do(t, l.PutBucketEncryption, &sdk.PutBucketEncryptionInput{Bucket: logs, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
				SSEAlgorithm: types.ServerSideEncryptionAwsKms, KMSMasterKeyID: key}}}}})
	}
	able := delivery("logs")
	able.CustomerKeys = true
	encrypt(nil)
	if l.Deliver(able) {
		t.Error("delivered with AWS's own key")
	}
	encrypt(aws.String("arn:aws:kms:eu-west-1:123456789012:key/1"))
	if l.Deliver(delivery("logs")) || !l.Deliver(able) {
		t.Error("a customer's key is for those who can use it")
	}
}
