package ec2

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// DescribeInstanceAttribute shows one attribute of an instance.
func (s *Service) DescribeInstanceAttribute(_ context.Context, in *sdk.DescribeInstanceAttributeInput) (*sdk.DescribeInstanceAttributeOutput, error) {
	i, err := s.knownInstance(aws.ToString(in.InstanceId))
	if err != nil {
		return nil, err
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	shown := s.shownInstance(i, s.Now())
	truth := func(b bool) *types.AttributeBooleanValue { return &types.AttributeBooleanValue{Value: aws.Bool(b)} }
	text := func(v *string) *types.AttributeValue { return &types.AttributeValue{Value: v} }
	out := &sdk.DescribeInstanceAttributeOutput{InstanceId: in.InstanceId}
	switch in.Attribute {
	case types.InstanceAttributeNameInstanceType:
		out.InstanceType = text(aws.String(string(shown.InstanceType)))
	case types.InstanceAttributeNameUserData:
		out.UserData = text(i.userData)
	case types.InstanceAttributeNameDisableApiTermination:
		out.DisableApiTermination = truth(i.protected)
	case types.InstanceAttributeNameDisableApiStop:
		out.DisableApiStop = truth(i.stopProtected)
	case types.InstanceAttributeNameInstanceInitiatedShutdownBehavior:
		out.InstanceInitiatedShutdownBehavior = text(aws.String(string(i.shutdown)))
	case types.InstanceAttributeNameRootDeviceName:
		out.RootDeviceName = text(shown.RootDeviceName)
	case types.InstanceAttributeNameBlockDeviceMapping:
		out.BlockDeviceMappings = shown.BlockDeviceMappings
	case types.InstanceAttributeNameGroupSet:
		out.Groups = shown.SecurityGroups
	case types.InstanceAttributeNameEbsOptimized:
		out.EbsOptimized = truth(aws.ToBool(shown.EbsOptimized))
	case types.InstanceAttributeNameSourceDestCheck:
		out.SourceDestCheck = truth(aws.ToBool(shown.SourceDestCheck))
	case types.InstanceAttributeNameEnaSupport:
		out.EnaSupport = truth(aws.ToBool(shown.EnaSupport))
	case types.InstanceAttributeNameSriovNetSupport:
		out.SriovNetSupport = text(shown.SriovNetSupport)
	case types.InstanceAttributeNameKernel:
		out.KernelId = text(shown.KernelId)
	case types.InstanceAttributeNameRamdisk:
		out.RamdiskId = text(shown.RamdiskId)
	case types.InstanceAttributeNameEnclaveOptions:
		out.EnclaveOptions = &types.EnclaveOptions{Enabled: aws.Bool(false)}
	case types.InstanceAttributeNameProductCodes:
	default:
		return nil, notSimulated("DescribeInstanceAttribute of " + string(in.Attribute))
	}
	return out, nil
}

// ModifyInstanceAttribute changes the security groups of an instance that has one
// interface (API_ModifyInstanceAttribute).
func (s *Service) ModifyInstanceAttribute(_ context.Context, in *sdk.ModifyInstanceAttributeInput) (*sdk.ModifyInstanceAttributeOutput, error) {
	i, err := s.knownInstance(aws.ToString(in.InstanceId))
	if err != nil {
		return nil, err
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	switch {
	case len(in.Groups) == 0:
		return nil, notSimulated("ModifyInstanceAttribute of anything but Groups")
	case len(i.data.NetworkInterfaces) != 1:
		return nil, apierr.New("InvalidInstanceID", "There are multiple interfaces attached to instance '%s'. Please specify an interface ID for the operation instead.", i.id())
	}
	sn, err := s.subnet(aws.ToString(i.data.SubnetId))
	if err != nil {
		return nil, err
	}
	if err := s.checkInterfaceGroups(in.Groups, sn); err != nil {
		return nil, err
	}
	nic := &i.data.NetworkInterfaces[0]
	s.SetInterfaceGroups(aws.ToString(nic.NetworkInterfaceId), in.Groups)
	nic.Groups = s.groupIdentifiers(in.Groups)
	i.data.SecurityGroups = nic.Groups
	return &sdk.ModifyInstanceAttributeOutput{}, nil
}
