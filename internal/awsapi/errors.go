package awsapi

import (
	"cmp"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// IsMutating reports whether an operation changes anything, by its name.
func IsMutating(operation string) bool {
	for _, prefix := range []string{"Describe", "Get", "List", "Head", "Lookup", "Search"} {
		if strings.HasPrefix(operation, prefix) {
			return false
		}
	}
	return true
}

// Code returns AWS's error code; empty when err is not an answer of AWS.
func Code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// Message returns AWS's error message; empty when err is not an answer of AWS.
func Message(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorMessage()
	}
	return ""
}

// Is reports whether AWS answered with one of the codes.
func Is(err error, codes ...string) bool {
	code := Code(err)
	return code != "" && slices.Contains(codes, code)
}

// Says reports whether AWS answered with the code and the text in its message.
func Says(err error, code, text string) bool {
	return Is(err, code) && strings.Contains(Message(err), text)
}

// IsNotFound reports whether the object does not exist, or not yet. EC2 spells it
// Invalid…NotFound, IAM NoSuchEntity, ELBv2 …NotFound, RDS both …NotFound and
// …NotFoundFault; Auto Scaling answers ValidationError with a text (aws-facts §1.3).
func IsNotFound(err error) bool {
	code := Code(err)
	return strings.HasSuffix(code, "NotFound") || strings.HasSuffix(code, "NotFoundFault") || strings.HasSuffix(code, ".NotFoundException") ||
		strings.HasSuffix(code, ".VersionNotFound") || code == "NoSuchEntity" ||
		Says(err, "ValidationError", "name not found") || Says(err, "ValidationError", "not found - null")
}

// IsInUse reports whether a delete has to wait for dependants (aws-facts §1.5).
func IsInUse(err error) bool {
	return Is(err, "DependencyViolation", "InvalidGroup.InUse", "ResourceInUse", "InvalidIPAddress.InUse", "DeleteConflict",
		"ScalingActivityInProgress", "InvalidSnapshot.InUse", "InvalidDBSubnetGroupStateFault", "InvalidDBParameterGroupState") ||
		// A NAT gateway or interface still holds the address (aws-facts §2.4).
		Says(err, "AuthFailure", "permission to access the specified resource")
}

// IsBusy reports whether the object is occupied by another operation (aws-facts §1.5).
func IsBusy(err error) bool {
	return Is(err, "ResourceContention", "ScalingActivityInProgress", "InstanceRefreshInProgress", "ConcurrentModification",
		"EntityTemporarilyUnmodifiable", "IncorrectState", "OperationInProgress", "PriorRequestNotComplete",
		"InvalidDBInstanceState", "InvalidDBClusterStateFault")
}

// IsNotPropagated reports whether one service does not see yet what was just made
// in another (aws-facts §9.1, §1.5).
func IsNotPropagated(err error) bool {
	message := Message(err)
	for _, text := range []string{"Invalid IAM Instance Profile", "has no associated IAM Roles", "Invalid principal in policy",
		"Unable to publish test message", "Unable to assume given IAM role"} {
		if strings.Contains(message, text) {
			return true
		}
	}
	return Is(err, "ServiceLinkedRoleFailure")
}

// IsThrottled reports whether AWS asked to come back later. Nothing was changed.
func IsThrottled(err error) bool {
	_, throttled := retry.DefaultThrottleErrorCodes[Code(err)]
	return throttled
}

// IsDenied reports whether the credentials lack the permission (aws-facts §20).
func IsDenied(err error) bool {
	return Is(err, "UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "AuthorizationError")
}

// prefixes are the names of services in IAM actions where they do not follow from
// the SDK's.
var prefixes = map[string]string{
	"cloudwatchlogs": "logs", "elasticloadbalancingv2": "elasticloadbalancing",
}

// Action returns the IAM action of the call that failed, such as ec2:DescribeImages;
// empty when err is not of a call.
func Action(err error) string {
	var operation *smithy.OperationError
	if !errors.As(err, &operation) {
		return ""
	}
	service := strings.ReplaceAll(strings.ToLower(operation.ServiceID), " ", "")
	if prefix := prefixes[service]; prefix != "" {
		service = prefix
	}
	return ActionOf(service + ":" + operation.OperationName)
}

// renamed are the operations that IAM knows by another name (aws: Service
// Authorization Reference, Amazon S3).
var renamed = map[string]string{
	"s3:DeleteBucketLifecycle":           "s3:PutLifecycleConfiguration",
	"s3:GetBucketEncryption":             "s3:GetEncryptionConfiguration",
	"s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
	"s3:GetPublicAccessBlock":            "s3:GetBucketPublicAccessBlock",
	"s3:HeadBucket":                      "s3:ListBucket",
	"s3:ListBuckets":                     "s3:ListAllMyBuckets",
	"s3:ListObjectsV2":                   "s3:ListBucket",
	"s3:PutBucketEncryption":             "s3:PutEncryptionConfiguration",
	"s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
	"s3:PutPublicAccessBlock":            "s3:PutBucketPublicAccessBlock",
}

// ActionOf returns the IAM action of an operation that is given with the prefix of its
// service, such as s3:PutBucketEncryption.
func ActionOf(operation string) string { return cmp.Or(renamed[operation], operation) }

// IsLostReply reports whether a call failed in a way that leaves open if it took
// effect: the connection broke, or the service failed inside.
func IsLostReply(err error) bool {
	if err == nil || IsThrottled(err) {
		return false
	}
	// A broken connection comes wrapped as a response, too, with status code 0.
	var response *awshttp.ResponseError
	if errors.As(err, &response) && response.HTTPStatusCode() != 0 {
		return response.HTTPStatusCode() >= 500 && response.HTTPStatusCode() != 501 && response.HTTPStatusCode() != 503
	}
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return false
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// ResendOnlyIfRefused is the retryer for creates that have neither token nor
// unique name (aws-facts §17): sending them again after a lost reply would make a
// second object, so only refusals for throttling are retried.
func ResendOnlyIfRefused(base aws.Retryer) aws.Retryer {
	return refusedOnly{base}
}

type refusedOnly struct{ aws.Retryer }

func (r refusedOnly) IsErrorRetryable(err error) bool {
	return !IsLostReply(err) && r.Retryer.IsErrorRetryable(err)
}
