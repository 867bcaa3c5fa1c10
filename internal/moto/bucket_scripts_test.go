package moto

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	bucket "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// inIreland is a request for a bucket in the Region that scripts work in.
func inIreland(name string, tags ...bucket.Tag) *s3.CreateBucketInput {
	return &s3.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: &bucket.CreateBucketConfiguration{LocationConstraint: "eu-west-1", Tags: tags}}
}

func bucketTag(key, value string) bucket.Tag { return bucket.Tag{Key: &key, Value: &value} }

func buckets(r *run) {
	name := aws.String("shop-logs")
	do(r, "a head of no bucket", "NotFound", r.s3.HeadBucket, &s3.HeadBucketInput{Bucket: name})
	do(r, "a bucket", ok, r.s3.CreateBucket, inIreland(*name))
	do(r, "a bucket again", "BucketAlreadyOwnedByYou", r.s3.CreateBucket, inIreland(*name))
	do(r, "a bucket without a location", "IllegalLocationConstraintException", r.s3.CreateBucket, &s3.CreateBucketInput{Bucket: aws.String("shop-none")})
	do(r, "a bucket in another Region than asked", "IllegalLocationConstraintException", r.s3.CreateBucket,
		&s3.CreateBucketInput{Bucket: aws.String("shop-none"), CreateBucketConfiguration: &bucket.CreateBucketConfiguration{LocationConstraint: "us-west-2"}})
	do(r, "a name of two letters", "InvalidBucketName", r.s3.CreateBucket, inIreland("ab"))
	do(r, "a name in capitals", "InvalidBucketName", r.s3.CreateBucket, inIreland("Shop"))
	do(r, "a name that is an address", "InvalidBucketName", r.s3.CreateBucket, inIreland("192.168.1.1"))
	do(r, "a bucket with tags", ok, r.s3.CreateBucket, inIreland("shop-tagged", bucketTag("a", "1")))
	tagged := do(r, "tags that were given to a new bucket", ok, r.s3.GetBucketTagging, &s3.GetBucketTaggingInput{Bucket: aws.String("shop-tagged")})
	see(r, "their number", 1, len(tagged.TagSet))
	head := do(r, "a head", ok, r.s3.HeadBucket, &s3.HeadBucketInput{Bucket: name})
	see(r, "where it is, by a head", "eu-west-1", aws.ToString(head.BucketRegion))
	do(r, "a head for another owner", "Forbidden", r.s3.HeadBucket, &s3.HeadBucketInput{Bucket: name, ExpectedBucketOwner: aws.String("210987654321")})
	location := do(r, "a location", ok, r.s3.GetBucketLocation, &s3.GetBucketLocationInput{Bucket: name})
	see(r, "where it is", bucket.BucketLocationConstraintEuWest1, location.LocationConstraint)
	listed := do(r, "buckets by prefix", ok, r.s3.ListBuckets, &s3.ListBucketsInput{Prefix: aws.String("shop-l")})
	see(r, "buckets with the prefix", 1, len(listed.Buckets))

	do(r, "no tags", "NoSuchTagSet", r.s3.GetBucketTagging, &s3.GetBucketTaggingInput{Bucket: name})
	tag := func(step, want string, tags ...bucket.Tag) {
		do(r, step, want, r.s3.PutBucketTagging, &s3.PutBucketTaggingInput{Bucket: name, Tagging: &bucket.Tagging{TagSet: tags}})
	}
	tag("tags", ok, bucketTag("a", "1"))
	tag("other tags", ok, bucketTag("b", "1"))
	got := do(r, "the tags", ok, r.s3.GetBucketTagging, &s3.GetBucketTaggingInput{Bucket: name})
	see(r, "tags after they were replaced", 1, len(got.TagSet))
	tag("a tag twice", "InvalidTag", bucketTag("a", "1"), bucketTag("a", "2"))
	tag("a tag of AWS's own", "InvalidTag", bucketTag("aws:a", "1"))

	block := do(r, "the public access block of a new bucket", ok, r.s3.GetPublicAccessBlock, &s3.GetPublicAccessBlockInput{Bucket: name})
	see(r, "a new bucket blocks public policies", true, block.PublicAccessBlockConfiguration != nil && aws.ToBool(block.PublicAccessBlockConfiguration.BlockPublicPolicy))
	do(r, "no block", ok, r.s3.DeletePublicAccessBlock, &s3.DeletePublicAccessBlockInput{Bucket: name})
	do(r, "the block that was removed", "NoSuchPublicAccessBlockConfiguration", r.s3.GetPublicAccessBlock, &s3.GetPublicAccessBlockInput{Bucket: name})
	do(r, "a new bucket's encryption", ok, r.s3.GetBucketEncryption, &s3.GetBucketEncryptionInput{Bucket: name})
	do(r, "a new bucket's ownership controls", ok, r.s3.GetBucketOwnershipControls, &s3.GetBucketOwnershipControlsInput{Bucket: name})
	do(r, "no lifecycle", "NoSuchLifecycleConfiguration", r.s3.GetBucketLifecycleConfiguration, &s3.GetBucketLifecycleConfigurationInput{Bucket: name})
	expire := func(step, want string, days int32) {
		do(r, step, want, r.s3.PutBucketLifecycleConfiguration, &s3.PutBucketLifecycleConfigurationInput{Bucket: name, LifecycleConfiguration: &bucket.BucketLifecycleConfiguration{
			Rules: []bucket.LifecycleRule{{ID: aws.String("a"), Status: bucket.ExpirationStatusEnabled, Filter: &bucket.LifecycleRuleFilter{Prefix: aws.String("")},
				Expiration: &bucket.LifecycleExpiration{Days: &days}}}}})
	}
	expire("a lifecycle", ok, 30)
	expire("objects that expire at once", "InvalidArgument", 0)
	do(r, "deleting a bucket", ok, r.s3.DeleteBucket, &s3.DeleteBucketInput{Bucket: name})
	do(r, "deleting a bucket again", "NoSuchBucket", r.s3.DeleteBucket, &s3.DeleteBucketInput{Bucket: name})
	r.pass(time.Minute)
	do(r, "its name again", ok, r.s3.CreateBucket, inIreland(*name))
}

func bucketPolicies(r *run) {
	name := aws.String("shop-policies")
	setUp(r, r.s3.CreateBucket, inIreland(*name))
	const writing = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"logdelivery.elasticloadbalancing.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::shop-policies/*"}]}`
	put := func(step, want, document string) {
		do(r, step, want, r.s3.PutBucketPolicy, &s3.PutBucketPolicyInput{Bucket: name, Policy: &document})
	}
	do(r, "no policy", "NoSuchBucketPolicy", r.s3.GetBucketPolicy, &s3.GetBucketPolicyInput{Bucket: name})
	put("a policy", ok, writing)
	got := do(r, "the policy", ok, r.s3.GetBucketPolicy, &s3.GetBucketPolicyInput{Bucket: name})
	see(r, "the policy is what was put", true, aws.ToString(got.Policy) == writing)
	put("no JSON", "MalformedPolicy", "{")
	put("a policy for another bucket", "MalformedPolicy", strings.ReplaceAll(writing, "shop-policies", "other"))
	put("an action on objects for the bucket", "MalformedPolicy", strings.ReplaceAll(writing, "/*", ""))
	put("no principal", "MalformedPolicy", strings.ReplaceAll(writing, `"Principal":{"Service":"logdelivery.elasticloadbalancing.amazonaws.com"},`, ""))
	setUp(r, r.s3.PutPublicAccessBlock, &s3.PutPublicAccessBlockInput{Bucket: name, PublicAccessBlockConfiguration: &bucket.PublicAccessBlockConfiguration{BlockPublicPolicy: aws.Bool(true)}})
	put("a public policy that is blocked", "AccessDenied", strings.ReplaceAll(writing, `{"Service":"logdelivery.elasticloadbalancing.amazonaws.com"}`, `"*"`))
	do(r, "no policy any more", ok, r.s3.DeleteBucketPolicy, &s3.DeleteBucketPolicyInput{Bucket: name})
	do(r, "no policy any more, again", ok, r.s3.DeleteBucketPolicy, &s3.DeleteBucketPolicyInput{Bucket: name})
}

func objects(r *run) {
	name := aws.String("shop-objects")
	setUp(r, r.s3.CreateBucket, inIreland(*name))
	put := func(step, key string) {
		do(r, step, ok, r.s3.PutObject, &s3.PutObjectInput{Bucket: name, Key: &key, Body: strings.NewReader("text")})
	}
	put("an object", "a/b c")
	put("another", "d")
	head := do(r, "a head of an object", ok, r.s3.HeadObject, &s3.HeadObjectInput{Bucket: name, Key: aws.String("a/b c")})
	see(r, "its encryption", bucket.ServerSideEncryptionAes256, head.ServerSideEncryption)
	do(r, "an object that is not there", "NoSuchKey", r.s3.GetObject, &s3.GetObjectInput{Bucket: name, Key: aws.String("none")})
	do(r, "a head of one that is not there", "NotFound", r.s3.HeadObject, &s3.HeadObjectInput{Bucket: name, Key: aws.String("none")})
	do(r, "an object in place of none", "PreconditionFailed", r.s3.PutObject, &s3.PutObjectInput{Bucket: name, Key: aws.String("d"), IfNoneMatch: aws.String("*")})
	do(r, "an object for everybody", "AccessControlListNotSupported", r.s3.PutObject, &s3.PutObjectInput{Bucket: name, Key: aws.String("e"), ACL: bucket.ObjectCannedACLPublicRead})
	page := do(r, "a page of one", ok, r.s3.ListObjectsV2, &s3.ListObjectsV2Input{Bucket: name, MaxKeys: aws.Int32(1)})
	see(r, "there are more", true, aws.ToBool(page.IsTruncated))
	see(r, "the first one's length", 4, aws.ToInt64(page.Contents[0].Size))
	folders := do(r, "objects by folder", ok, r.s3.ListObjectsV2, &s3.ListObjectsV2Input{Bucket: name, Delimiter: aws.String("/")})
	see(r, "folders", 1, len(folders.CommonPrefixes))
	do(r, "deleting a bucket with objects", "BucketNotEmpty", r.s3.DeleteBucket, &s3.DeleteBucketInput{Bucket: name})
	do(r, "deleting an object that is not there", ok, r.s3.DeleteObject, &s3.DeleteObjectInput{Bucket: name, Key: aws.String("none")})
	deleted := do(r, "deleting objects", ok, r.s3.DeleteObjects, &s3.DeleteObjectsInput{Bucket: name, Delete: &bucket.Delete{Objects: []bucket.ObjectIdentifier{
		{Key: aws.String("a/b c")}, {Key: aws.String("d")}, {Key: aws.String("e")}}}})
	see(r, "deleted, and what was not there", 3, len(deleted.Deleted))
	see(r, "errors", 0, len(deleted.Errors))
	do(r, "deleting the empty bucket", ok, r.s3.DeleteBucket, &s3.DeleteBucketInput{Bucket: name})
}
