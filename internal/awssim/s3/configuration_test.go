package s3_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

func TestNewBucketIsClosed(t *testing.T) {
	l := newLab(t)
	block := simtest.Do(t, l.GetPublicAccessBlock, &sdk.GetPublicAccessBlockInput{Bucket: logs}).PublicAccessBlockConfiguration
	if !*block.BlockPublicAcls || !*block.BlockPublicPolicy || !*block.IgnorePublicAcls || !*block.RestrictPublicBuckets {
		t.Errorf("block %+v", block)
	}
	rule := simtest.Do(t, l.GetBucketEncryption, &sdk.GetBucketEncryptionInput{Bucket: logs}).ServerSideEncryptionConfiguration.Rules[0]
	if rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm != types.ServerSideEncryptionAes256 {
		t.Errorf("encryption %+v", rule)
	}
	controls := simtest.Do(t, l.GetBucketOwnershipControls, &sdk.GetBucketOwnershipControlsInput{Bucket: logs}).OwnershipControls
	if controls.Rules[0].ObjectOwnership != types.ObjectOwnershipBucketOwnerEnforced {
		t.Errorf("ownership %+v", controls.Rules)
	}
}

func TestPublicAccessBlockIsSetWhole(t *testing.T) {
	l := newLab(t)
	simtest.Do(t, l.PutPublicAccessBlock, &sdk.PutPublicAccessBlockInput{Bucket: logs,
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicPolicy: aws.Bool(true)}})
	get := &sdk.GetPublicAccessBlockInput{Bucket: logs}
	if got := simtest.Do(t, l.GetPublicAccessBlock, get).PublicAccessBlockConfiguration; !*got.BlockPublicPolicy || *got.BlockPublicAcls || *got.RestrictPublicBuckets {
		t.Errorf("got %+v", got)
	}
	simtest.Do(t, l.DeletePublicAccessBlock, &sdk.DeletePublicAccessBlockInput{Bucket: logs})
	simtest.Refused(t, l.GetPublicAccessBlock, get, "NoSuchPublicAccessBlockConfiguration", "")
}

func TestEncryptionGoesBackToS3sKeys(t *testing.T) {
	l := newLab(t)
	put := func(rules ...types.ServerSideEncryptionRule) *sdk.PutBucketEncryptionInput {
		return &sdk.PutBucketEncryptionInput{Bucket: logs, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: rules}}
	}
	rule := func(algorithm types.ServerSideEncryption, key string) types.ServerSideEncryptionRule {
		return types.ServerSideEncryptionRule{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: algorithm, KMSMasterKeyID: &key}}
	}
	simtest.Refused(t, l.PutBucketEncryption, put(), "MalformedXML", "")
	simtest.Refused(t, l.PutBucketEncryption, put(rule(types.ServerSideEncryptionAes256, "k")), "InvalidArgument", "KMSMasterKeyID")
	simtest.Do(t, l.PutBucketEncryption, put(rule(types.ServerSideEncryptionAwsKms, "k")))
	for _, want := range []types.ServerSideEncryption{types.ServerSideEncryptionAwsKms, types.ServerSideEncryptionAes256} {
		got := simtest.Do(t, l.GetBucketEncryption, &sdk.GetBucketEncryptionInput{Bucket: logs}).ServerSideEncryptionConfiguration.Rules[0]
		if got.ApplyServerSideEncryptionByDefault.SSEAlgorithm != want || *got.BucketKeyEnabled {
			t.Errorf("got %+v, want %s", got, want)
		}
		simtest.Do(t, l.DeleteBucketEncryption, &sdk.DeleteBucketEncryptionInput{Bucket: logs})
	}
}

func TestOwnershipControls(t *testing.T) {
	l := newLab(t)
	get := &sdk.GetBucketOwnershipControlsInput{Bucket: logs}
	simtest.Do(t, l.PutBucketOwnershipControls, &sdk.PutBucketOwnershipControlsInput{Bucket: logs, OwnershipControls: &types.OwnershipControls{
		Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipObjectWriter}}}})
	if got := simtest.Do(t, l.GetBucketOwnershipControls, get).OwnershipControls.Rules[0].ObjectOwnership; got != types.ObjectOwnershipObjectWriter {
		t.Errorf("got %s", got)
	}
	simtest.Do(t, l.DeleteBucketOwnershipControls, &sdk.DeleteBucketOwnershipControlsInput{Bucket: logs})
	simtest.Refused(t, l.GetBucketOwnershipControls, get, "OwnershipControlsNotFoundError", "")
}

func lifecycle(rules ...types.LifecycleRule) *sdk.PutBucketLifecycleConfigurationInput {
	return &sdk.PutBucketLifecycleConfigurationInput{Bucket: logs, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: rules}}
}

func expiry(id string, days int32) types.LifecycleRule {
	return types.LifecycleRule{ID: &id, Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")},
		Expiration: &types.LifecycleExpiration{Days: &days}}
}

func TestLifecycleRules(t *testing.T) {
	l := newLab(t)
	get := &sdk.GetBucketLifecycleConfigurationInput{Bucket: logs}
	simtest.Refused(t, l.GetBucketLifecycleConfiguration, get, "NoSuchLifecycleConfiguration", "")
	simtest.Do(t, l.PutBucketLifecycleConfiguration, lifecycle(expiry("", 30), expiry("b", 60)))
	got := simtest.Do(t, l.GetBucketLifecycleConfiguration, get)
	if len(got.Rules) != 2 || *got.Rules[0].ID == "" || *got.Rules[1].Expiration.Days != 60 || got.TransitionDefaultMinimumObjectSize != "all_storage_classes_128K" {
		t.Errorf("got %+v", got)
	}
	simtest.Do(t, l.DeleteBucketLifecycle, &sdk.DeleteBucketLifecycleInput{Bucket: logs})
	simtest.Refused(t, l.GetBucketLifecycleConfiguration, get, "NoSuchLifecycleConfiguration", "")
}

func TestLifecycleRulesThatAreRefused(t *testing.T) {
	l := newLab(t)
	change := func(f func(*types.LifecycleRule)) []types.LifecycleRule {
		rule := expiry("a", 60)
		f(&rule)
		return []types.LifecycleRule{rule}
	}
	for name, c := range map[string]struct {
		rules []types.LifecycleRule
		code  string
	}{
		"none":        {nil, "MalformedXML"},
		"ids":         {[]types.LifecycleRule{expiry("a", 1), expiry("a", 2)}, "InvalidArgument"},
		"days":        {change(func(r *types.LifecycleRule) { r.Expiration.Days = aws.Int32(0) }), "InvalidArgument"},
		"no filter":   {change(func(r *types.LifecycleRule) { r.Filter = nil }), "MalformedXML"},
		"two filters": {change(func(r *types.LifecycleRule) { r.Filter.ObjectSizeLessThan = aws.Int64(1) }), "MalformedXML"},
		"and of one": {change(func(r *types.LifecycleRule) {
			r.Filter = &types.LifecycleRuleFilter{And: &types.LifecycleRuleAndOperator{}}
		}), "MalformedXML"},
		"no action": {change(func(r *types.LifecycleRule) { r.Expiration = nil }), "InvalidRequest"},
		"days and date": {change(func(r *types.LifecycleRule) {
			r.Expiration.Date = aws.Time(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		}), "MalformedXML"},
		"not midnight": {change(func(r *types.LifecycleRule) {
			r.Expiration = &types.LifecycleExpiration{Date: aws.Time(time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC))}
		}), "InvalidArgument"},
		"too soon for a class": {change(func(r *types.LifecycleRule) {
			r.Transitions = []types.Transition{{Days: aws.Int32(29), StorageClass: types.TransitionStorageClassStandardIa}}
		}), "InvalidArgument"},
		"expires before it moves": {change(func(r *types.LifecycleRule) {
			r.Transitions = []types.Transition{{Days: aws.Int32(60), StorageClass: types.TransitionStorageClassGlacier}}
		}), "InvalidArgument"},
		"uploads": {change(func(r *types.LifecycleRule) {
			r.AbortIncompleteMultipartUpload = &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(0)}
		}), "InvalidArgument"},
	} {
		t.Run(name, func(t *testing.T) {
			simtest.Refused(t, l.PutBucketLifecycleConfiguration, lifecycle(c.rules...), c.code, "")
		})
	}
}

func TestWhatNoBucketHas(t *testing.T) {
	l := newLab(t)
	grants := simtest.Do(t, l.GetBucketAcl, &sdk.GetBucketAclInput{Bucket: logs}).Grants
	if len(grants) != 1 || grants[0].Permission != types.PermissionFullControl || len(*grants[0].Grantee.ID) != 64 {
		t.Errorf("grants %+v", grants)
	}
	simtest.Do(t, l.GetBucketVersioning, &sdk.GetBucketVersioningInput{Bucket: logs})
	simtest.Do(t, l.GetBucketAccelerateConfiguration, &sdk.GetBucketAccelerateConfigurationInput{Bucket: logs})
	simtest.Do(t, l.GetBucketRequestPayment, &sdk.GetBucketRequestPaymentInput{Bucket: logs})
	simtest.Do(t, l.GetBucketLogging, &sdk.GetBucketLoggingInput{Bucket: logs})
	simtest.Refused(t, l.GetBucketCors, &sdk.GetBucketCorsInput{Bucket: logs}, "NoSuchCORSConfiguration", "")
	simtest.Refused(t, l.GetBucketWebsite, &sdk.GetBucketWebsiteInput{Bucket: logs}, "NoSuchWebsiteConfiguration", "")
	simtest.Refused(t, l.GetBucketReplication, &sdk.GetBucketReplicationInput{Bucket: logs}, "ReplicationConfigurationNotFoundError", "")
	simtest.Refused(t, l.GetObjectLockConfiguration, &sdk.GetObjectLockConfigurationInput{Bucket: logs}, "ObjectLockConfigurationNotFoundError", "")
	simtest.Refused(t, l.GetBucketCors, &sdk.GetBucketCorsInput{Bucket: aws.String("none")}, "NoSuchBucket", "")
}
