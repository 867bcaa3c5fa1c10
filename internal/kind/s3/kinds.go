// Package s3 makes the S3 objects of a stack: buckets for the access logs of load
// balancers.
//
// A bucket's name is unique among all accounts, and its tags can be read only of a
// bucket whose name is known. So the name follows from the stack (LogBucketName), and
// by it the bucket is found again.
package s3

import (
	"context"
	"fmt"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Kinds returns all kinds of the package.
func Kinds(c *awsapi.Clients) []engine.Kind { return []engine.Kind{newLogBuckets(c)} }

// propagation is how long a bucket that was just made may be unknown, and the name of
// one that was just deleted be taken.
const propagation = 2 * time.Minute

// LogBucketName returns the name of a stack's bucket for access logs: at most 63
// characters, with the account in it, for it must differ from those of all others.
func LogBucketName(id stack.ID, account, region string) string {
	return awsapi.Name(id.Name, "logs-"+account, 63, id.String(), region)
}

// spec returns the settings as what they are known to be.
func spec(s stack.Spec) *LogBucket {
	typed, ok := s.(*LogBucket)
	if !ok {
		panic(fmt.Sprintf("s3: spec is %T, not %T", s, typed))
	}
	return typed
}

func isAbsent(err error) bool { return awsapi.Is(err, "NoSuchBucket") }

// isUnset reports whether a bucket has no setting of the sort that was asked for.
func isUnset(err error) bool {
	return awsapi.Is(err, "NoSuchTagSet", "NoSuchBucketPolicy", "NoSuchLifecycleConfiguration",
		"NoSuchPublicAccessBlockConfiguration", "ServerSideEncryptionConfigurationNotFoundError")
}

// isUnsettled reports whether another operation on a bucket of the name, such as its
// deletion or a change of its policy, is not over yet (aws: Amazon S3, Error responses).
func isUnsettled(err error) bool { return awsapi.Is(err, "OperationAborted") }

// Taken reports whether the name of a stack's log bucket is that of a bucket of the
// account which was not made for the stack.
func Taken(ctx context.Context, c *awsapi.Clients, id stack.ID) (name string, taken bool, err error) {
	name = LogBucketName(id, c.Account, c.Region)
	tags, err := tagsOf(ctx, c, name)
	if isAbsent(err) {
		return name, false, nil
	}
	return name, err == nil && tags[stack.TagStack] != id.String() && tags[tagKept] != id.String(), err
}
