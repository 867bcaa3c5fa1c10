// Package servers is what composites have in common that are, for a part, a group
// of servers over several zones: the attributes of the servers, the parts that
// they become, and the way back.
//
//	rule/servers/… --> security_group/servers
//	                          |
//	role <-- instance_profile <-- launch_template <-- autoscaling_group
//
// A composite embeds Fleet in its model, merges Attributes and Outputs into its
// definition, and calls Check, Resolve, a Builder and Absorb from its own functions
// of those names. What differs between composites they tell the Builder.
package servers

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// Fleet are the attributes of the servers. Models embed it.
type Fleet struct {
	ImageID            types.String `tfsdk:"image_id"`
	InstanceTypes      types.List   `tfsdk:"instance_types"`
	InstanceSubnetIDs  types.Set    `tfsdk:"instance_subnet_ids"`
	MinSize            types.Int32  `tfsdk:"min_size"`
	MaxSize            types.Int32  `tfsdk:"max_size"`
	Rollout            types.Object `tfsdk:"rollout"`
	UserData           types.String `tfsdk:"user_data"`
	IAMPolicyARNs      types.Set    `tfsdk:"iam_policy_arns"`
	IAMInstanceProfile types.String `tfsdk:"iam_instance_profile"`
	RootVolume         types.Object `tfsdk:"root_volume"`
	SecurityGroupIDs   types.Set    `tfsdk:"security_group_ids"`
	Spot               types.Object `tfsdk:"spot"`

	VPCID          types.String `tfsdk:"vpc_id"`
	RootDeviceName types.String `tfsdk:"root_device_name"`

	SecurityGroupID       types.String `tfsdk:"security_group_id"`
	LaunchTemplateID      types.String `tfsdk:"launch_template_id"`
	LaunchTemplateVersion types.Int64  `tfsdk:"launch_template_version"`
	LastGoodVersion       types.Int64  `tfsdk:"last_good_launch_template_version"`
	AutoScalingGroupName  types.String `tfsdk:"autoscaling_group_name"`
	AutoScalingGroupARN   types.String `tfsdk:"autoscaling_group_arn"`
	DesiredCapacity       types.Int64  `tfsdk:"desired_capacity"`
}

// Outputs are those of the attributes that only AWS knows, as in
// composite.Definition.
var Outputs = map[string][]string{
	"security_group_id":       {PartSecurityGroup},
	"launch_template_id":      {PartTemplate},
	"launch_template_version": {PartTemplate + "!"},
	// The group takes over a version when its rollout has succeeded.
	"last_good_launch_template_version": {PartTemplate + "!", PartGroup + "!"},
	"autoscaling_group_name":            {PartGroup},
	"autoscaling_group_arn":             {PartGroup},
	"desired_capacity":                  {composite.Always},
}

// Shapeless are the attributes on which it does not depend what parts there are.
var Shapeless = []string{"image_id", "instance_subnet_ids", "vpc_id", "min_size", "max_size", "root_device_name", "security_group_ids", "user_data"}

// Kinds are the kinds of the parts.
var Kinds = []string{"ec2/security_group", "ec2/security_group_rule", "iam/role", "iam/instance_profile", "ec2/launch_template", "autoscaling/group"}

// RootVolume is the attribute root_volume.
type RootVolume struct {
	Size      types.Int32  `tfsdk:"size"`
	Type      types.String `tfsdk:"type"`
	Encrypted types.Bool   `tfsdk:"encrypted"`
	KMSKeyID  types.String `tfsdk:"kms_key_id"`
}

var rootVolumeTypes = map[string]attr.Type{
	"size": types.Int32Type, "type": types.StringType, "encrypted": types.BoolType, "kms_key_id": types.StringType,
}

// Object returns the attribute's value.
func (v RootVolume) Object() types.Object { return composite.Encode(rootVolumeTypes, v) }
