package kms

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// DescribeKey describes a key.
func (s *Service) DescribeKey(_ context.Context, in *sdk.DescribeKeyInput) (*sdk.DescribeKeyOutput, error) {
	k, err := s.key(in.KeyId)
	if err != nil {
		return nil, err
	}
	data := &types.KeyMetadata{KeyId: aws.String(k.ID), Arn: aws.String(k.arn), AWSAccountId: aws.String(s.Account), CreationDate: aws.Time(k.created),
		Description: aws.String(k.Description), Enabled: k.State == types.KeyStateEnabled, KeyState: k.State, KeySpec: k.Spec,
		KeyUsage: k.Usage, KeyManager: types.KeyManagerTypeCustomer, Origin: types.OriginTypeAwsKms, MultiRegion: aws.Bool(k.MultiRegion)}
	data.CustomerMasterKeySpec = types.CustomerMasterKeySpec(k.Spec) //nolint:staticcheck // KMS still returns it
	if k.AWSManaged {
		data.KeyManager = types.KeyManagerTypeAws
	}
	if k.Spec == types.KeySpecSymmetricDefault {
		data.EncryptionAlgorithms = []types.EncryptionAlgorithmSpec{types.EncryptionAlgorithmSpecSymmetricDefault}
	}
	if !k.DeletionDate.IsZero() {
		data.DeletionDate = aws.Time(k.DeletionDate)
	}
	return &sdk.DescribeKeyOutput{KeyMetadata: data}, nil
}

// ListKeys lists all keys.
func (s *Service) ListKeys(_ context.Context, in *sdk.ListKeysInput) (*sdk.ListKeysOutput, error) {
	list := []types.KeyListEntry{}
	for _, k := range s.keys {
		list = append(list, types.KeyListEntry{KeyId: aws.String(k.ID), KeyArn: aws.String(k.arn)})
	}
	out := &sdk.ListKeysOutput{}
	var err error
	out.Keys, out.NextMarker, out.Truncated, err = page(list, in.Marker, in.Limit, 100, 1000)
	return out, err
}

// ListAliases lists the aliases, of one key or all.
func (s *Service) ListAliases(_ context.Context, in *sdk.ListAliasesInput) (*sdk.ListAliasesOutput, error) {
	only := ""
	if in.KeyId != nil {
		k, err := s.keyProper(in.KeyId)
		if err != nil {
			return nil, err
		}
		only = k.ID
	}
	list := []types.AliasListEntry{}
	for _, k := range s.keys {
		if k.Alias != "" && (only == "" || only == k.ID) {
			name := "alias/" + k.Alias
			list = append(list, types.AliasListEntry{AliasName: aws.String(name), AliasArn: aws.String(s.ARN("kms", name)), TargetKeyId: aws.String(k.ID),
				CreationDate: aws.Time(k.created), LastUpdatedDate: aws.Time(k.created)})
		}
	}
	slices.SortFunc(list, func(a, b types.AliasListEntry) int { return cmp.Compare(*a.AliasName, *b.AliasName) })
	out := &sdk.ListAliasesOutput{}
	var err error
	out.Aliases, out.NextMarker, out.Truncated, err = page(list, in.Marker, in.Limit, 50, 100)
	return out, err
}

// GetKeyPolicy returns a key's only policy, named default.
func (s *Service) GetKeyPolicy(_ context.Context, in *sdk.GetKeyPolicyInput) (*sdk.GetKeyPolicyOutput, error) {
	k, err := s.keyProper(in.KeyId)
	if err != nil {
		return nil, err
	}
	if name := cmp.Or(aws.ToString(in.PolicyName), "default"); name != "default" {
		return nil, notFound("No such policy exists")
	}
	return &sdk.GetKeyPolicyOutput{Policy: aws.String(k.Policy), PolicyName: aws.String("default")}, nil
}

// ListResourceTags lists a key's tags, which keys of AWS services do not have.
func (s *Service) ListResourceTags(_ context.Context, in *sdk.ListResourceTagsInput) (*sdk.ListResourceTagsOutput, error) {
	k, err := s.keyProper(in.KeyId)
	if err != nil {
		return nil, err
	}
	if k.AWSManaged {
		return nil, denied("The key %s is managed by AWS and has no tags.", k.arn)
	}
	tags := tagset.List(k.tags, func(key, value *string) types.Tag { return types.Tag{TagKey: key, TagValue: value} })
	out := &sdk.ListResourceTagsOutput{}
	out.Tags, out.NextMarker, out.Truncated, err = page(tags, in.Marker, in.Limit, 50, 50)
	return out, err
}
