package iam

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const managedPrefix = "arn:aws:iam::aws:policy"

// managed holds the AWS managed policies that the simulator knows, by path and name.
var managed = map[string]bool{
	"/AdministratorAccess":                                       true,
	"/AmazonDynamoDBReadOnlyAccess":                              true,
	"/AmazonEC2ContainerRegistryReadOnly":                        true,
	"/AmazonEC2ReadOnlyAccess":                                   true,
	"/AmazonElasticFileSystemClientReadWriteAccess":              true,
	"/AmazonRDSReadOnlyAccess":                                   true,
	"/AmazonS3FullAccess":                                        true,
	"/AmazonS3ReadOnlyAccess":                                    true,
	"/AmazonSNSFullAccess":                                       true,
	"/AmazonSQSFullAccess":                                       true,
	"/AmazonSQSReadOnlyAccess":                                   true,
	"/AmazonSSMManagedInstanceCore":                              true,
	"/AmazonSSMPatchAssociation":                                 true,
	"/AmazonSSMReadOnlyAccess":                                   true,
	"/AWSXRayDaemonWriteAccess":                                  true,
	"/CloudWatchAgentAdminPolicy":                                true,
	"/CloudWatchAgentServerPolicy":                               true,
	"/CloudWatchLogsFullAccess":                                  true,
	"/CloudWatchReadOnlyAccess":                                  true,
	"/ReadOnlyAccess":                                            true,
	"/SecretsManagerReadWrite":                                   true,
	"/aws-service-role/AutoScalingServiceRolePolicy":             true,
	"/aws-service-role/AWSElasticLoadBalancingServiceRolePolicy": true,
	"/service-role/AmazonEC2RoleforAWSCodeDeploy":                true,
	"/service-role/AmazonEC2RoleforSSM":                          true,
	"/service-role/AmazonRDSEnhancedMonitoringRole":              true,
	"/service-role/AutoScalingNotificationAccessRole":            true,
}

type policyName struct{ path, name string }

// managedPolicy splits the ARN of a known AWS managed policy.
func managedPolicy(arn string) (policyName, bool) {
	full, ok := strings.CutPrefix(arn, managedPrefix)
	if !ok || !managed[full] {
		return policyName{}, false
	}
	at := strings.LastIndex(full, "/") + 1
	return policyName{path: full[:at], name: full[at:]}, true
}

// boundaryOf checks a permissions boundary.
func boundaryOf(arn *string) (*types.AttachedPermissionsBoundary, error) {
	if arn == nil {
		return nil, nil
	}
	if _, ok := managedPolicy(*arn); !ok {
		return nil, noSuchEntity("Scope ARN: %s does not exist or is not attachable.", *arn)
	}
	return &types.AttachedPermissionsBoundary{PermissionsBoundaryArn: arn,
		PermissionsBoundaryType: types.PermissionsBoundaryAttachmentTypePolicy}, nil
}

// GetPolicy returns an AWS managed policy; customers' own policies are not simulated.
func (s *Service) GetPolicy(_ context.Context, in *sdk.GetPolicyInput) (*sdk.GetPolicyOutput, error) {
	policy, ok := managedPolicy(*in.PolicyArn)
	if !ok {
		return nil, noSuchEntity("Policy %s was not found.", *in.PolicyArn)
	}
	var attached, bounding int32
	for _, r := range s.roles {
		for _, arn := range r.attached {
			if arn == *in.PolicyArn {
				attached++
			}
		}
		if b := r.PermissionsBoundary; b != nil && *b.PermissionsBoundaryArn == *in.PolicyArn {
			bounding++
		}
	}
	since := time.Date(2019, time.March, 15, 17, 22, 0, 0, time.UTC)
	return &sdk.GetPolicyOutput{Policy: &types.Policy{
		Arn: in.PolicyArn, PolicyName: aws.String(policy.name), Path: aws.String(policy.path),
		PolicyId: aws.String(managedID(policy.name)), DefaultVersionId: aws.String("v1"), IsAttachable: true,
		AttachmentCount: aws.Int32(attached), PermissionsBoundaryUsageCount: aws.Int32(bounding),
		CreateDate: aws.Time(since), UpdateDate: aws.Time(since),
	}}, nil
}

// managedID makes the lasting identifier of a managed policy from its name.
func managedID(name string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	hash := uint64(14695981039346656037)
	id := []byte("ANPA")
	for i := range 17 {
		for _, c := range []byte(name) {
			hash = (hash ^ uint64(c) ^ uint64(i)) * 1099511628211
		}
		id = append(id, alphabet[hash>>59])
	}
	return string(id)
}
