package s3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// What no bucket has here, because it cannot be set. Whoever looks at a bucket whole,
// as hashicorp/aws does, asks for it.

// GetBucketAcl tells that the owner alone has access.
func (s *Service) GetBucketAcl(_ context.Context, in *sdk.GetBucketAclInput) (*sdk.GetBucketAclOutput, error) {
	if _, err := s.bucket(in.Bucket, in.ExpectedBucketOwner); err != nil {
		return nil, err
	}
	owner := s.owner()
	return &sdk.GetBucketAclOutput{Owner: owner, Grants: []types.Grant{{Permission: types.PermissionFullControl,
		Grantee: &types.Grantee{Type: types.TypeCanonicalUser, ID: owner.ID}}}}, nil
}

// GetBucketVersioning tells that there are no versions.
func (s *Service) GetBucketVersioning(_ context.Context, in *sdk.GetBucketVersioningInput) (*sdk.GetBucketVersioningOutput, error) {
	_, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	return &sdk.GetBucketVersioningOutput{}, err
}

// GetBucketAccelerateConfiguration tells that transfers are not accelerated.
func (s *Service) GetBucketAccelerateConfiguration(_ context.Context, in *sdk.GetBucketAccelerateConfigurationInput) (*sdk.GetBucketAccelerateConfigurationOutput, error) {
	_, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	return &sdk.GetBucketAccelerateConfigurationOutput{}, err
}

// GetBucketRequestPayment tells that the owner pays.
func (s *Service) GetBucketRequestPayment(_ context.Context, in *sdk.GetBucketRequestPaymentInput) (*sdk.GetBucketRequestPaymentOutput, error) {
	_, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	return &sdk.GetBucketRequestPaymentOutput{Payer: types.PayerBucketOwner}, err
}

// GetBucketLogging tells that access to the bucket is not logged.
func (s *Service) GetBucketLogging(_ context.Context, in *sdk.GetBucketLoggingInput) (*sdk.GetBucketLoggingOutput, error) {
	_, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	return &sdk.GetBucketLoggingOutput{}, err
}

// lacks answers that a bucket has no configuration of a kind.
func (s *Service) lacks(name, owner *string, code, message string) error {
	if _, err := s.bucket(name, owner); err != nil {
		return err
	}
	return noSuch(code, message, "BucketName", aws.ToString(name))
}

// GetBucketCors tells that there are no rules.
func (s *Service) GetBucketCors(_ context.Context, in *sdk.GetBucketCorsInput) (*sdk.GetBucketCorsOutput, error) {
	return nil, s.lacks(in.Bucket, in.ExpectedBucketOwner, "NoSuchCORSConfiguration", "The CORS configuration does not exist")
}

// GetBucketWebsite tells that the bucket is no website.
func (s *Service) GetBucketWebsite(_ context.Context, in *sdk.GetBucketWebsiteInput) (*sdk.GetBucketWebsiteOutput, error) {
	return nil, s.lacks(in.Bucket, in.ExpectedBucketOwner, "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration")
}

// GetBucketReplication tells that nothing is replicated.
func (s *Service) GetBucketReplication(_ context.Context, in *sdk.GetBucketReplicationInput) (*sdk.GetBucketReplicationOutput, error) {
	return nil, s.lacks(in.Bucket, in.ExpectedBucketOwner, "ReplicationConfigurationNotFoundError", "The replication configuration was not found")
}

// GetObjectLockConfiguration tells that objects are not locked.
func (s *Service) GetObjectLockConfiguration(_ context.Context, in *sdk.GetObjectLockConfigurationInput) (*sdk.GetObjectLockConfigurationOutput, error) {
	return nil, s.lacks(in.Bucket, in.ExpectedBucketOwner, "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket")
}
