package ec2

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// ModifyImageAttribute changes one attribute: the description, the support of IMDS
// or the launch permissions (aws-facts §3.4).
func (s *Service) ModifyImageAttribute(_ context.Context, in *sdk.ModifyImageAttributeInput) (*sdk.ModifyImageAttributeOutput, error) {
	img, err := s.ownImage(aws.ToString(in.ImageId))
	if err != nil {
		return nil, err
	}
	attribute, err := modifiedAttribute(in)
	if err != nil {
		return nil, err
	}
	var change func()
	switch attribute {
	case "description":
		change = func() { img.data.Description = newText(in.Description, in.Value) }
	case "imdsSupport":
		if version := aws.ToString(newText(in.ImdsSupport, in.Value)); version != "v2.0" {
			// aws-facts §3.4: once set it cannot be undone.
			return nil, apierr.New("InvalidAMIAttributeItemValue", "Invalid attribute item value \"%s\" for imdsSupport item type.", version)
		}
		change = func() { img.data.ImdsSupport = types.ImdsSupportValuesV20 }
	case "launchPermission":
		if err := s.checkSharing(img); err != nil {
			return nil, err
		}
		change = func() { img.permit(permissionChanges(in)) }
	default:
		return nil, notSimulated("ModifyImageAttribute of " + attribute)
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	change()
	return &sdk.ModifyImageAttributeOutput{}, nil
}

// modifiedAttribute names the attribute that the request changes: exactly one.
func modifiedAttribute(in *sdk.ModifyImageAttributeInput) (string, error) {
	given := map[string]bool{
		"description": in.Description != nil, "imdsSupport": in.ImdsSupport != nil, "launchPermission": in.LaunchPermission != nil,
	}
	if in.Attribute != nil {
		given[*in.Attribute] = true
	}
	if err := oneAttribute(given); err != nil {
		return "", err
	}
	for name, set := range given {
		if set {
			return name, nil
		}
	}
	return "", nil
}

func newText(value *types.AttributeValue, plain *string) *string {
	if value != nil {
		return value.Value
	}
	return plain
}

// checkSharing refuses launch permissions for images that nobody else could use:
// those encrypted by the default key (aws-facts §3.4).
func (s *Service) checkSharing(img *image) error {
	if state := img.state(s.Now()); state != types.ImageStateAvailable {
		return apierr.New("InvalidAMIID.Unavailable", "The image ID '%s' is not available (state: %s)", img.id(), state)
	}
	for _, id := range img.snapshotIDs() {
		if p, ok := s.snapshots.get(id); ok && aws.ToString(p.data.KmsKeyId) == s.DefaultKey {
			return apierr.New("InvalidParameter", "Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot.")
		}
	}
	return nil
}

// permissionChanges gathers both ways of asking for them.
func permissionChanges(in *sdk.ModifyImageAttributeInput) types.LaunchPermissionModifications {
	var changes types.LaunchPermissionModifications
	if in.LaunchPermission != nil {
		changes = *in.LaunchPermission
	}
	var plain []types.LaunchPermission
	for _, user := range in.UserIds {
		plain = append(plain, types.LaunchPermission{UserId: aws.String(user)})
	}
	for _, group := range in.UserGroups {
		plain = append(plain, types.LaunchPermission{Group: types.PermissionGroup(group)})
	}
	for _, arn := range in.OrganizationArns {
		plain = append(plain, types.LaunchPermission{OrganizationArn: aws.String(arn)})
	}
	for _, arn := range in.OrganizationalUnitArns {
		plain = append(plain, types.LaunchPermission{OrganizationalUnitArn: aws.String(arn)})
	}
	if in.OperationType == types.OperationTypeRemove {
		changes.Remove = append(slices.Clone(changes.Remove), plain...)
	} else {
		changes.Add = append(slices.Clone(changes.Add), plain...)
	}
	return changes
}

// permit adds and removes launch permissions; both can be repeated (aws-facts §3.4).
func (img *image) permit(changes types.LaunchPermissionModifications) {
	has := func(p types.LaunchPermission) func(types.LaunchPermission) bool {
		return func(other types.LaunchPermission) bool {
			return p.Group == other.Group && aws.ToString(p.UserId) == aws.ToString(other.UserId) &&
				aws.ToString(p.OrganizationArn) == aws.ToString(other.OrganizationArn) &&
				aws.ToString(p.OrganizationalUnitArn) == aws.ToString(other.OrganizationalUnitArn)
		}
	}
	for _, p := range changes.Add {
		if !slices.ContainsFunc(img.permissions, has(p)) {
			img.permissions = append(img.permissions, p)
		}
	}
	for _, p := range changes.Remove {
		img.permissions = slices.DeleteFunc(img.permissions, has(p))
	}
}

// DescribeImageAttribute shows one attribute to the owner of the image.
func (s *Service) DescribeImageAttribute(_ context.Context, in *sdk.DescribeImageAttributeInput) (*sdk.DescribeImageAttributeOutput, error) {
	img, err := s.ownImage(aws.ToString(in.ImageId))
	if err != nil {
		return nil, err
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	shown := s.shownImage(img)
	out := &sdk.DescribeImageAttributeOutput{ImageId: in.ImageId}
	switch in.Attribute {
	case types.ImageAttributeNameDescription:
		out.Description = &types.AttributeValue{Value: shown.Description}
	case types.ImageAttributeNameLaunchPermission:
		out.LaunchPermissions = convert[[]types.LaunchPermission](img.permissions)
	case types.ImageAttributeNameBlockDeviceMapping:
		out.BlockDeviceMappings = shown.BlockDeviceMappings
	case types.ImageAttributeNameImdsSupport:
		out.ImdsSupport = &types.AttributeValue{}
		if shown.ImdsSupport != "" {
			out.ImdsSupport.Value = aws.String(string(shown.ImdsSupport))
		}
	case types.ImageAttributeNameBootMode:
		out.BootMode = &types.AttributeValue{Value: aws.String(string(shown.BootMode))}
	case types.ImageAttributeNameSriovNetSupport:
		out.SriovNetSupport = &types.AttributeValue{Value: shown.SriovNetSupport}
	case types.ImageAttributeNameLastLaunchedTime:
		out.LastLaunchedTime = &types.AttributeValue{Value: shown.LastLaunchedTime}
	case types.ImageAttributeNameDeregistrationProtection:
		out.DeregistrationProtection = &types.AttributeValue{Value: img.shownProtection()}
	default:
		return nil, notSimulated("DescribeImageAttribute of " + string(in.Attribute))
	}
	return out, nil
}
