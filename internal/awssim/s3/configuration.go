package s3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// PutPublicAccessBlock sets all four settings: those that are absent are off.
func (s *Service) PutPublicAccessBlock(_ context.Context, in *sdk.PutPublicAccessBlockInput) (*sdk.PutPublicAccessBlockOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	set := func(value *bool) *bool { return aws.Bool(aws.ToBool(value)) }
	given := in.PublicAccessBlockConfiguration
	b.block = &types.PublicAccessBlockConfiguration{BlockPublicAcls: set(given.BlockPublicAcls), BlockPublicPolicy: set(given.BlockPublicPolicy),
		IgnorePublicAcls: set(given.IgnorePublicAcls), RestrictPublicBuckets: set(given.RestrictPublicBuckets)}
	return &sdk.PutPublicAccessBlockOutput{}, nil
}

// GetPublicAccessBlock returns the settings, if there are any.
func (s *Service) GetPublicAccessBlock(_ context.Context, in *sdk.GetPublicAccessBlockInput) (*sdk.GetPublicAccessBlockOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if b.block == nil {
		return nil, noSuch("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found", "BucketName", b.name)
	}
	return &sdk.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: b.block}, nil
}

// DeletePublicAccessBlock removes the settings: nothing is blocked then.
func (s *Service) DeletePublicAccessBlock(_ context.Context, in *sdk.DeletePublicAccessBlockInput) (*sdk.DeletePublicAccessBlockOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	b.block = nil
	return &sdk.DeletePublicAccessBlockOutput{}, nil
}

// managedEncryption is with keys of S3's own: what every bucket has since January 2023
// that has nothing else.
func managedEncryption() types.ServerSideEncryptionRule {
	return types.ServerSideEncryptionRule{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAes256},
		BucketKeyEnabled: aws.Bool(false)}
}

// PutBucketEncryption sets how objects are encrypted whose writers do not say.
func (s *Service) PutBucketEncryption(_ context.Context, in *sdk.PutBucketEncryptionInput) (*sdk.PutBucketEncryptionOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if len(in.ServerSideEncryptionConfiguration.Rules) != 1 {
		return nil, malformedXML()
	}
	rule := in.ServerSideEncryptionConfiguration.Rules[0]
	if rule.ApplyServerSideEncryptionByDefault == nil {
		rule.ApplyServerSideEncryptionByDefault = managedEncryption().ApplyServerSideEncryptionByDefault
	}
	how := rule.ApplyServerSideEncryptionByDefault
	switch {
	case how.SSEAlgorithm == types.ServerSideEncryptionAes256 && how.KMSMasterKeyID != nil:
		return nil, invalidArgument("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
	case how.SSEAlgorithm == types.ServerSideEncryptionAwsFsx:
		return nil, malformedXML()
	}
	rule.BucketKeyEnabled = aws.Bool(aws.ToBool(rule.BucketKeyEnabled))
	b.encryption = rule
	return &sdk.PutBucketEncryptionOutput{}, nil
}

// GetBucketEncryption tells how objects are encrypted whose writers do not say.
func (s *Service) GetBucketEncryption(_ context.Context, in *sdk.GetBucketEncryptionInput) (*sdk.GetBucketEncryptionOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	return &sdk.GetBucketEncryptionOutput{ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
		Rules: []types.ServerSideEncryptionRule{b.encryption}}}, nil
}

// DeleteBucketEncryption goes back to S3's own keys.
func (s *Service) DeleteBucketEncryption(_ context.Context, in *sdk.DeleteBucketEncryptionInput) (*sdk.DeleteBucketEncryptionOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	b.encryption = managedEncryption()
	return &sdk.DeleteBucketEncryptionOutput{}, nil
}

// PutBucketOwnershipControls sets who owns objects that other accounts write.
func (s *Service) PutBucketOwnershipControls(_ context.Context, in *sdk.PutBucketOwnershipControlsInput) (*sdk.PutBucketOwnershipControlsOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if len(in.OwnershipControls.Rules) != 1 {
		return nil, malformedXML()
	}
	b.ownership = in.OwnershipControls.Rules[0].ObjectOwnership
	return &sdk.PutBucketOwnershipControlsOutput{}, nil
}

// GetBucketOwnershipControls tells who owns objects that other accounts write.
func (s *Service) GetBucketOwnershipControls(_ context.Context, in *sdk.GetBucketOwnershipControlsInput) (*sdk.GetBucketOwnershipControlsOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if b.ownership == "" {
		return nil, noSuch("OwnershipControlsNotFoundError", "The bucket ownership controls were not found", "BucketName", b.name)
	}
	return &sdk.GetBucketOwnershipControlsOutput{OwnershipControls: &types.OwnershipControls{
		Rules: []types.OwnershipControlsRule{{ObjectOwnership: b.ownership}}}}, nil
}

// DeleteBucketOwnershipControls removes the setting: writers own their objects then.
func (s *Service) DeleteBucketOwnershipControls(_ context.Context, in *sdk.DeleteBucketOwnershipControlsInput) (*sdk.DeleteBucketOwnershipControlsOutput, error) {
	b, err := s.bucket(in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	b.ownership = ""
	return &sdk.DeleteBucketOwnershipControlsOutput{}, nil
}
