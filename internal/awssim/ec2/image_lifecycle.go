package ec2

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// How DescribeImages shows deregistration protection.
const (
	protectionDisabled        = "disabled"
	protectionEnabled         = "enabled-without-cooldown"
	protectionEnabledCooldown = "enabled-with-cooldown"
)

// protectionCooldown is how long an image stays protected after protection with
// cooldown was disabled (aws-facts §3.4).
const protectionCooldown = 24 * time.Hour

// mostDeprecation is how far ahead a private image can be deprecated (aws-facts §3.4).
const mostDeprecation = 10 * 365 * 24 * time.Hour

// EnableImageDeprecation sets when the image is deprecated: not in the past, and to
// the minute (aws-facts §3.4).
func (s *Service) EnableImageDeprecation(_ context.Context, in *sdk.EnableImageDeprecationInput) (*sdk.EnableImageDeprecationOutput, error) {
	img, err := s.ownImage(aws.ToString(in.ImageId))
	if err != nil {
		return nil, err
	}
	at := aws.ToTime(in.DeprecateAt).UTC()
	if at.Before(s.Now()) || at.After(s.Now().Add(mostDeprecation)) {
		return nil, apierr.New("InvalidParameterValue", "Value (%s) for parameter DeprecateAt is invalid. The date must be in the future and at most 10 years ahead.", stamp(at))
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	img.data.DeprecationTime = aws.String(stamp(at.Round(time.Minute)))
	return &sdk.EnableImageDeprecationOutput{Return: aws.Bool(true)}, nil
}

// DisableImageDeprecation cancels the deprecation of the image.
func (s *Service) DisableImageDeprecation(_ context.Context, in *sdk.DisableImageDeprecationInput) (*sdk.DisableImageDeprecationOutput, error) {
	img, err := s.ownImage(aws.ToString(in.ImageId))
	if err != nil {
		return nil, err
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	img.data.DeprecationTime = nil
	return &sdk.DisableImageDeprecationOutput{Return: aws.Bool(true)}, nil
}

// EnableImageDeregistrationProtection makes DeregisterImage fail.
func (s *Service) EnableImageDeregistrationProtection(_ context.Context, in *sdk.EnableImageDeregistrationProtectionInput) (*sdk.EnableImageDeregistrationProtectionOutput, error) {
	img, err := s.ownImage(aws.ToString(in.ImageId))
	if err != nil {
		return nil, err
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	img.protection, img.protectedUntil = protectionEnabled, time.Time{}
	if aws.ToBool(in.WithCooldown) {
		img.protection = protectionEnabledCooldown
	}
	return &sdk.EnableImageDeregistrationProtectionOutput{Return: aws.String("true")}, nil
}

// DisableImageDeregistrationProtection ends the protection: at once, or after a day
// if it was enabled with cooldown.
func (s *Service) DisableImageDeregistrationProtection(_ context.Context, in *sdk.DisableImageDeregistrationProtectionInput) (*sdk.DisableImageDeregistrationProtectionOutput, error) {
	img, err := s.ownImage(aws.ToString(in.ImageId))
	if err != nil {
		return nil, err
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	if img.protection == protectionEnabledCooldown {
		img.protectedUntil = s.Now().Add(protectionCooldown)
	}
	img.protection = protectionDisabled
	return &sdk.DisableImageDeregistrationProtectionOutput{Return: aws.String("true")}, nil
}

// shownProtection is the protection as DescribeImages and DescribeImageAttribute
// show it.
func (img *image) shownProtection() *string {
	if img.protection == "" {
		return aws.String(protectionDisabled)
	}
	return aws.String(img.protection)
}

// checkDeregistration refuses to deregister a protected image.
func (s *Service) checkDeregistration(img *image) error {
	if *img.shownProtection() != protectionDisabled || s.Now().Before(img.protectedUntil) {
		return apierr.New("OperationNotPermitted", "The AMI '%s' is protected from deregistration.", img.id())
	}
	return nil
}

// DescribeSnapshotAttribute shows who may make volumes of the snapshot.
func (s *Service) DescribeSnapshotAttribute(_ context.Context, in *sdk.DescribeSnapshotAttributeInput) (*sdk.DescribeSnapshotAttributeOutput, error) {
	p, err := s.findSnapshot(aws.ToString(in.SnapshotId))
	if err != nil {
		return nil, err
	}
	if in.Attribute != types.SnapshotAttributeNameCreateVolumePermission {
		return nil, notSimulated("DescribeSnapshotAttribute of " + string(in.Attribute))
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	return &sdk.DescribeSnapshotAttributeOutput{SnapshotId: in.SnapshotId, CreateVolumePermissions: convert[[]types.CreateVolumePermission](p.permissions)}, nil
}

// ModifySnapshotAttribute adds or removes, but not both, accounts that may make
// volumes of the snapshot. One that is encrypted by the default key cannot be
// shared (aws-facts §3.4).
func (s *Service) ModifySnapshotAttribute(_ context.Context, in *sdk.ModifySnapshotAttributeInput) (*sdk.ModifySnapshotAttributeOutput, error) {
	p, err := s.findSnapshot(aws.ToString(in.SnapshotId))
	if err != nil {
		return nil, err
	}
	if in.CreateVolumePermission == nil || len(in.UserIds)+len(in.GroupNames) > 0 {
		return nil, notSimulated("ModifySnapshotAttribute by other than CreateVolumePermission")
	}
	add, remove := in.CreateVolumePermission.Add, in.CreateVolumePermission.Remove
	if len(add) > 0 && len(remove) > 0 {
		return nil, apierr.New("InvalidParameterCombination", "Permissions cannot be added and removed in one call.")
	}
	if len(add) > 0 && aws.ToString(p.data.KmsKeyId) == s.DefaultKey {
		return nil, apierr.New("InvalidParameter", "Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot.")
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	p.permit(add, remove)
	return &sdk.ModifySnapshotAttributeOutput{}, nil
}

// permit adds and removes permissions; both can be repeated.
func (p *snapshot) permit(add, remove []types.CreateVolumePermission) {
	for _, permission := range append(add, remove...) {
		for i, other := range p.permissions {
			if other.Group == permission.Group && aws.ToString(other.UserId) == aws.ToString(permission.UserId) {
				p.permissions = append(p.permissions[:i:i], p.permissions[i+1:]...)
				break
			}
		}
	}
	p.permissions = append(p.permissions, add...)
}
