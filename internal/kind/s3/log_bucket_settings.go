package s3

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
)

// read returns a bucket with the settings that it has. Each is a call of its own.
func (k *logBuckets) read(ctx context.Context, name string, tags map[string]string) (engine.Live, error) {
	s := &LogBucket{Name: name}
	reads := []func(context.Context, *LogBucket) error{k.readPolicy, k.readLifecycle, k.readEncryption, k.readPublicAccess}
	errs := make([]error, len(reads))
	var wg sync.WaitGroup
	for i, read := range reads {
		wg.Go(func() { errs[i] = read(ctx, s) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return engine.Live{}, fmt.Errorf("reading bucket %s: %w", name, err)
	}
	return engine.Live{ID: name, Spec: s, Tags: tags, Out: map[string]string{"id": name, "name": name, "arn": k.arn(name)}}, nil
}

func (k *logBuckets) arn(name string) string {
	return fmt.Sprintf("arn:%s:s3:::%s", k.c.Partition, name)
}

// awsLogs is the path that load balancers add to the prefix of their logs.
const awsLogs = "AWSLogs"

// LogPath is where load balancers write whose logs have the prefix, which has no
// slashes at its ends and may be empty.
func LogPath(prefix string) string {
	if prefix == "" {
		return awsLogs
	}
	return prefix + "/" + awsLogs
}

// policy returns the document that lets load balancers of the account write below a
// path, and refuses whoever does not speak TLS. Application Load Balancers write by a
// principal that is one in all Regions (aws: Enable access logs for your Application
// Load Balancer), Network Load Balancers by that of all delivered logs, which also
// asks who owns the bucket (aws: Enable access logs for your Network Load Balancer).
func (k *logBuckets) policy(name, path string) string {
	bucket := k.arn(name)
	objects := fmt.Sprintf("%s/%s/%s/*", bucket, path, k.c.Account)
	deliveries := map[string]any{"Service": "delivery.logs.amazonaws.com"}
	raw, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{"Sid": "OnlyTLS", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": []string{bucket, bucket + "/*"},
			"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}}},
		map[string]any{"Sid": "ApplicationLoadBalancers", "Effect": "Allow", "Principal": map[string]any{"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
			"Action": "s3:PutObject", "Resource": objects},
		map[string]any{"Sid": "NetworkLoadBalancers", "Effect": "Allow", "Principal": deliveries, "Action": "s3:PutObject", "Resource": objects,
			"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": k.c.Account, "s3:x-amz-acl": "bucket-owner-full-control"}}},
		map[string]any{"Sid": "NetworkLoadBalancersLook", "Effect": "Allow", "Principal": deliveries, "Action": "s3:GetBucketAcl", "Resource": bucket,
			"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": k.c.Account}}},
	}})
	if err != nil {
		panic(fmt.Sprintf("policy of bucket %s: %v", name, err))
	}
	return string(raw)
}

// writable returns the path of a document that says no more and no less than policy
// does, and any other document as it is.
func (k *logBuckets) writable(name, document string) string {
	var parsed struct{ Statement []struct{ Resource any } }
	if json.Unmarshal([]byte(document), &parsed) != nil {
		return document
	}
	for _, statement := range parsed.Statement {
		objects, _ := statement.Resource.(string)
		path := strings.TrimSuffix(strings.TrimPrefix(objects, k.arn(name)+"/"), "/"+k.c.Account+"/*")
		if same(document, k.policy(name, path)) {
			return path
		}
	}
	return document
}

// same reports whether two documents say the same.
func same(a, b string) bool {
	var left, right any
	return json.Unmarshal([]byte(a), &left) == nil && json.Unmarshal([]byte(b), &right) == nil && reflect.DeepEqual(left, right)
}

func (k *logBuckets) readPolicy(ctx context.Context, s *LogBucket) error {
	out, err := awsapi.S3(k.c).GetBucketPolicy(ctx, &sdk.GetBucketPolicyInput{Bucket: &s.Name})
	if isUnset(err) {
		return nil
	}
	if err == nil {
		s.Writable = k.writable(s.Name, aws.ToString(out.Policy))
	}
	return err
}

func (k *logBuckets) setPolicy(ctx context.Context, bucket, path string) error {
	err := k.write(ctx, func(ctx context.Context) error {
		_, err := awsapi.S3(k.c).PutBucketPolicy(ctx, &sdk.PutBucketPolicyInput{Bucket: &bucket, Policy: aws.String(k.policy(bucket, path))})
		return err
	})
	if err != nil {
		return fmt.Errorf("writing its policy: %w", err)
	}
	return nil
}

// expiryRule is the id of the lifecycle rule that is ours. Others stay.
const expiryRule = "webtier-access-logs"

// rules returns the lifecycle rules of a bucket, ours apart from the others.
func (k *logBuckets) rules(ctx context.Context, bucket string) (days int32, others []types.LifecycleRule, err error) {
	out, err := awsapi.S3(k.c).GetBucketLifecycleConfiguration(ctx, &sdk.GetBucketLifecycleConfigurationInput{Bucket: &bucket})
	if isUnset(err) {
		return 0, nil, nil
	}
	if err != nil {
		return 0, nil, err
	}
	for _, rule := range out.Rules {
		switch {
		case aws.ToString(rule.ID) != expiryRule:
			others = append(others, rule)
		case rule.Status == types.ExpirationStatusEnabled && rule.Expiration != nil && rule.Filter != nil && aws.ToString(rule.Filter.Prefix) == "":
			days = aws.ToInt32(rule.Expiration.Days)
		}
	}
	return days, others, nil
}

func (k *logBuckets) readLifecycle(ctx context.Context, s *LogBucket) (err error) {
	s.RetentionDays, _, err = k.rules(ctx, s.Name)
	return err
}

// retain lets objects go after so many days, or never for 0.
func (k *logBuckets) retain(ctx context.Context, bucket string, days int32) error {
	_, rules, err := k.rules(ctx, bucket)
	if err != nil {
		return fmt.Errorf("reading its lifecycle rules: %w", err)
	}
	if days > 0 {
		rules = append(rules, types.LifecycleRule{ID: aws.String(expiryRule), Status: types.ExpirationStatusEnabled,
			Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")}, Expiration: &types.LifecycleExpiration{Days: &days}})
	}
	err = k.write(ctx, func(ctx context.Context) (err error) {
		if len(rules) == 0 {
			_, err = awsapi.S3(k.c).DeleteBucketLifecycle(ctx, &sdk.DeleteBucketLifecycleInput{Bucket: &bucket})
			return err
		}
		_, err = awsapi.S3(k.c).PutBucketLifecycleConfiguration(ctx, &sdk.PutBucketLifecycleConfigurationInput{Bucket: &bucket,
			LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: rules}})
		return err
	})
	if err != nil {
		return fmt.Errorf("writing its lifecycle rules: %w", err)
	}
	return nil
}

func (k *logBuckets) readEncryption(ctx context.Context, s *LogBucket) error {
	out, err := awsapi.S3(k.c).GetBucketEncryption(ctx, &sdk.GetBucketEncryptionInput{Bucket: &s.Name})
	if isUnset(err) {
		return nil
	}
	if err == nil && out.ServerSideEncryptionConfiguration != nil {
		for _, rule := range out.ServerSideEncryptionConfiguration.Rules {
			if rule.ApplyServerSideEncryptionByDefault != nil {
				s.Encryption = string(rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm)
			}
		}
	}
	return err
}

func (k *logBuckets) encrypt(ctx context.Context, bucket, algorithm string) error {
	rule := types.ServerSideEncryptionRule{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryption(algorithm)}}
	err := k.write(ctx, func(ctx context.Context) error {
		_, err := awsapi.S3(k.c).PutBucketEncryption(ctx, &sdk.PutBucketEncryptionInput{Bucket: &bucket,
			ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{rule}}})
		return err
	})
	if err != nil {
		return fmt.Errorf("setting its encryption: %w", err)
	}
	return nil
}

func (k *logBuckets) readPublicAccess(ctx context.Context, s *LogBucket) error {
	out, err := awsapi.S3(k.c).GetPublicAccessBlock(ctx, &sdk.GetPublicAccessBlockInput{Bucket: &s.Name})
	if isUnset(err) {
		return nil
	}
	if err == nil && out.PublicAccessBlockConfiguration != nil {
		block := out.PublicAccessBlockConfiguration
		s.BlockPublicAccess = !slices.ContainsFunc([]*bool{block.BlockPublicAcls, block.BlockPublicPolicy, block.IgnorePublicAcls, block.RestrictPublicBuckets},
			func(on *bool) bool { return !aws.ToBool(on) })
	}
	return err
}

func (k *logBuckets) blockPublicAccess(ctx context.Context, bucket string, on bool) error {
	err := k.write(ctx, func(ctx context.Context) error {
		_, err := awsapi.S3(k.c).PutPublicAccessBlock(ctx, &sdk.PutPublicAccessBlockInput{Bucket: &bucket,
			PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicAcls: &on, BlockPublicPolicy: &on, IgnorePublicAcls: &on, RestrictPublicBuckets: &on}})
		return err
	})
	if err != nil {
		return fmt.Errorf("blocking public access: %w", err)
	}
	return nil
}
