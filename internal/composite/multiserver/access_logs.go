package multiserver

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/hashicorp/terraform-plugin-framework-validators/int32validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/elbv2"
	kinds3 "github.com/webtier/terraform-provider-webtier/internal/kind/s3"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Access logs go to a bucket that is there already, or to one that is made here.

const (
	partLogBucket = "access_logs"
	logsPrefix    = "access_logs.s3.prefix" // an attribute of the load balancer
	// defaultRetention is for how many days logs are kept in a bucket made here.
	defaultRetention = 90
)

var (
	logsBucketAttribute = schema.StringAttribute{Optional: true,
		MarkdownDescription: "S3 bucket for access logs, of this Region, encrypted by S3's own keys, with a policy that lets Elastic Load Balancing write. " +
			"One that is made in the same configuration is best named by its policy, `aws_s3_bucket_policy.logs.bucket`, which then comes first. " +
			"`create_access_logs_bucket` makes one in place of all this.",
		Validators: []validator.String{stringvalidator.LengthBetween(3, 63)}}
	createLogsBucketAttribute = schema.BoolAttribute{Optional: true,
		MarkdownDescription: "Makes a private bucket for access logs, with the policy that it needs; `access_logs_bucket_name` tells its name. " +
			"A bucket that holds logs stays when it is not wanted any more, also on destroy, and a warning says so; a tier of the same name takes it back."}
	logsRetentionAttribute = schema.Int32Attribute{Optional: true,
		MarkdownDescription: fmt.Sprintf("Days after which logs in the bucket made by `create_access_logs_bucket` are deleted; `0`: never. Default: %d.", defaultRetention),
		Validators:          []validator.Int32{int32validator.Between(0, 36500)}}
	logsPrefixAttribute = schema.StringAttribute{Optional: true,
		MarkdownDescription: "Prefix of the access logs, without a slash at its ends.", Validators: []validator.String{stringvalidator.LengthBetween(1, 512)}}
)

// makesLogBucket reports whether the bucket is a part of the tier.
func (lb loadBalancer) makesLogBucket() bool { return lb.CreateAccessLogsBucket.ValueBool() }

// accessLogs adds the bucket, if it is to be made, and returns its name.
func (b *builder) accessLogs() stack.Ref {
	if !b.lb.makesLogBucket() {
		return stack.Literal(b.lb.AccessLogsBucket.ValueString())
	}
	days := int32(defaultRetention)
	if !b.lb.AccessLogsRetention.IsNull() {
		days = b.lb.AccessLogsRetention.ValueInt32()
	}
	b.Add(partLogBucket, &kinds3.LogBucket{Name: kinds3.LogBucketName(b.Env.Stack, b.Env.Account, b.Env.Region),
		Writable: kinds3.LogPath(b.lb.AccessLogsPrefix.ValueString()), RetentionDays: days, Encryption: kinds3.SSE, BlockPublicAccess: true})
	return stack.Output(partLogBucket, "name")
}

// absorbAccessLogs is the mirror of accessLogs. A bucket made here that the load
// balancer does not write to is drift.
func absorbAccessLogs(lb *loadBalancer, spec *elbv2.LoadBalancer, seen composite.Observed) {
	if text := spec.Attributes[logsPrefix]; text != "" && spec.LogBucket != (stack.Ref{}) {
		lb.AccessLogsPrefix = types.StringValue(text)
	} else {
		lb.AccessLogsPrefix = types.StringNull()
	}
	made, isMade := composite.PartSpec[*kinds3.LogBucket](seen, partLogBucket)
	if !isMade {
		if !lb.makesLogBucket() {
			lb.AccessLogsBucket = types.StringNull()
			if name, _ := spec.LogBucket.Value(); name != "" {
				lb.AccessLogsBucket = types.StringValue(name)
			}
		}
		return
	}
	lb.CreateAccessLogsBucket = types.BoolValue(true)
	if made.RetentionDays != defaultRetention || !lb.AccessLogsRetention.IsNull() {
		lb.AccessLogsRetention = types.Int32Value(made.RetentionDays)
	}
}

func checkAccessLogs(m *Model, diags *diag.Diagnostics) {
	lb, at := m.loadBalancer(), path.Root("load_balancer")
	prefix := lb.AccessLogsPrefix.ValueString()
	wrong := func(argument, summary, detail string) {
		diags.AddAttributeError(at.AtName(argument), summary, detail)
	}
	if strings.Contains(prefix, "AWSLogs") {
		wrong("access_logs_prefix", "Reserved word in the prefix", "AWS adds AWSLogs itself; leave it out (aws: ModifyLoadBalancerAttributes).")
	}
	if strings.Trim(prefix, "/") != prefix {
		wrong("access_logs_prefix", "Slash at an end of the prefix", fmt.Sprintf("AWS adds the slash between prefix and logs itself. Write %q.", strings.Trim(prefix, "/")))
	}
	if lb.CreateAccessLogsBucket.IsUnknown() {
		return
	}
	if lb.makesLogBucket() {
		if !lb.AccessLogsBucket.IsNull() {
			wrong("create_access_logs_bucket", "Two buckets for access logs", "A load balancer writes to one bucket. Leave out access_logs_bucket to have one made, or create_access_logs_bucket to use that one.")
		}
		return
	}
	if prefix != "" && lb.AccessLogsBucket.IsNull() {
		wrong("access_logs_prefix", "Prefix without a bucket", "No access logs are written. Set create_access_logs_bucket = true, or access_logs_bucket.")
	}
	if !lb.AccessLogsRetention.IsNull() {
		wrong("access_logs_retention_days", "Retention without a bucket of its own",
			"It is a setting of the bucket that create_access_logs_bucket makes. That of another bucket is a matter of its lifecycle rules.")
	}
}

// logPreflights ask whether the load balancer will be able to write.
var logPreflights = []composite.Preflight[*Model]{
	{Name: "bucket for access logs", Reads: []string{"load_balancer.access_logs_bucket", "load_balancer.type"}, Ask: askLogBucket},
	{Name: "name of the bucket for access logs", Reads: []string{"load_balancer.create_access_logs_bucket"}, Ask: askLogBucketName},
}

var logsBucketAt = path.Root("load_balancer").AtName("access_logs_bucket")

// askLogBucket looks at a bucket that is there already. A load balancer tries to write
// when it is told of it, minutes into an apply (aws-facts §4.3).
func askLogBucket(ctx context.Context, c *awsapi.Clients, m, _ *Model) ([]composite.Problem, error) {
	bucket := m.loadBalancer().AccessLogsBucket.ValueString()
	if bucket == "" {
		return nil, nil
	}
	problem := func(summary, format string, values ...any) ([]composite.Problem, error) {
		return []composite.Problem{{At: logsBucketAt, Summary: summary + ": " + bucket, Detail: fmt.Sprintf(format, values...)}}, nil
	}
	encryption, err := awsapi.S3(c).GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &bucket})
	switch {
	case awsapi.Is(err, "NoSuchBucket"):
		return problem("Bucket does not exist", "There is no bucket of that name. Make it and its policy first, or set create_access_logs_bucket = true instead.")
	case awsapi.Is(err, "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"):
		return problem("Bucket of another Region", "A load balancer in %s writes access logs only to a bucket of its Region.", c.Region)
	case awsapi.Is(err, "ServerSideEncryptionConfigurationNotFoundError"):
	case err != nil:
		return nil, err
	case m.loadBalancer().Type.ValueString() != typeNetwork && slices.ContainsFunc(encryption.ServerSideEncryptionConfiguration.Rules, usesKMS):
		return problem("Bucket encrypted with a KMS key", "Application load balancers write only to buckets whose default encryption is with keys of S3 itself (SSE-S3, AES256). Change it, or give another bucket.")
	}
	policy, err := awsapi.S3(c).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &bucket})
	if err != nil && !awsapi.Is(err, "NoSuchBucketPolicy") {
		return nil, err
	}
	if err != nil || !letsWrite(aws.ToString(policy.Policy)) {
		return problem("Bucket without a policy for access logs", "No statement of its policy allows s3:PutObject, so that the load balancer could not write. "+
			"Let %s write to arn:%s:s3:::%s/%s/%s/*; if a policy is made in this configuration, name it in depends_on.",
			writerFor(m), c.Partition, bucket, kinds3.LogPath(m.loadBalancer().AccessLogsPrefix.ValueString()), c.Account)
	}
	return nil, nil
}

func usesKMS(rule s3types.ServerSideEncryptionRule) bool {
	by := rule.ApplyServerSideEncryptionByDefault
	return by != nil && by.SSEAlgorithm != s3types.ServerSideEncryptionAes256
}

func writerFor(m *Model) string {
	if m.loadBalancer().Type.ValueString() == typeNetwork {
		return "delivery.logs.amazonaws.com"
	}
	return "logdelivery.elasticloadbalancing.amazonaws.com"
}

// letsWrite reports whether some statement of a policy allows somebody to write
// objects. Whom, where and when is for AWS to judge: it knows more ways than one.
func letsWrite(document string) bool {
	const putObject = "s3:putobject"
	var policy struct {
		Statement []struct {
			Effect string
			Action any
		}
	}
	if json.Unmarshal([]byte(document), &policy) != nil {
		return true // a single statement, or what this does not understand
	}
	for _, statement := range policy.Statement {
		actions, isList := statement.Action.([]any)
		if !isList {
			actions = []any{statement.Action}
		}
		for _, action := range actions {
			name, _ := action.(string)
			if fixed, _, wild := strings.Cut(strings.ToLower(name), "*"); statement.Effect == "Allow" &&
				(fixed == putObject || wild && strings.HasPrefix(putObject, fixed)) {
				return true
			}
		}
	}
	return false
}

// askLogBucketName makes sure that the name of the bucket to be made is free, or that
// an earlier tier of this name has left it.
func askLogBucketName(ctx context.Context, c *awsapi.Clients, m, prior *Model) ([]composite.Problem, error) {
	if !m.loadBalancer().makesLogBucket() || prior != nil && prior.loadBalancer().makesLogBucket() {
		return nil, nil
	}
	name, taken, err := kinds3.Taken(ctx, c, stack.ID{Type: "multi_server", Name: m.Name.ValueString()})
	if err != nil || !taken {
		return nil, err
	}
	return []composite.Problem{{At: path.Root("load_balancer").AtName("create_access_logs_bucket"), Summary: "Bucket exists already: " + name,
		Detail: "A bucket of the name that this tier gives its own is there and was not made for it. Delete it, use it with access_logs_bucket, or choose another name for the tier."}}, nil
}
