package servers

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/int32validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	imagePattern  = regexp.MustCompile(`^ami-[0-9a-f]{8,17}$`)
	actionPattern = regexp.MustCompile(`^arn:[a-z-]+:[a-z0-9-]+:.+$`)
)

// AlarmActions is the attribute alarm_actions of a composite whose alarms say that.
func AlarmActions(alarms string) schema.Attribute {
	return schema.SetAttribute{ElementType: types.StringType, Optional: true,
		MarkdownDescription: "ARNs, such as that of an SNS topic, that are told of alarms: " + alarms + ". Without, there are none of these alarms.",
		Validators:          []validator.Set{setvalidator.SizeBetween(1, 5), setvalidator.ValueStringsAre(stringvalidator.RegexMatches(actionPattern, "must be an ARN"))}}
}

// Attributes are the attributes of Fleet, for composites to merge into their own.
var Attributes = map[string]schema.Attribute{
	// Required.
	"image_id": schema.StringAttribute{Required: true,
		MarkdownDescription: "AMI of the servers. A change is rolled out.",
		Validators:          []validator.String{stringvalidator.RegexMatches(imagePattern, "must be an AMI id, such as ami-0123456789abcdef0; resolve SSM parameters with a data source, for a rollout to an alias cannot be rolled back")}},
	"instance_types": schema.ListAttribute{ElementType: types.StringType, Required: true,
		MarkdownDescription: "EC2 instance types of the servers, the preferred one first: each of those after it is taken where AWS has none of those before. A change is rolled out.",
		Validators:          []validator.List{listvalidator.SizeBetween(1, mostTypes), listvalidator.UniqueValues()}},
	"instance_subnet_ids": schema.SetAttribute{ElementType: types.StringType, Required: true,
		MarkdownDescription: "Subnets of the servers, in at least two zones."},

	// Optional.
	"min_size": schema.Int32Attribute{Optional: true, Computed: true,
		MarkdownDescription: "Least number of servers. Default: the number of zones.",
		Validators:          []validator.Int32{int32validator.Between(1, 1000)}},
	"max_size": schema.Int32Attribute{Optional: true, Computed: true,
		MarkdownDescription: "Largest number of servers. Default: twice `min_size`.",
		Validators:          []validator.Int32{int32validator.Between(1, 2000)}},
	"rollout": schema.SingleNestedAttribute{Optional: true, Computed: true,
		MarkdownDescription: "How a new image, type or user data reaches the servers. An import finds the strategy and the percentages, and what else the last `rolling` rollout was asked for, " +
			"if that is less than six weeks ago; the rest has its defaults.", Attributes: rolloutAttributes,
		Default: objectdefault.StaticValue(DefaultRollout.Object())},
	"user_data": schema.StringAttribute{Optional: true, MarkdownDescription: "Script or cloud-init configuration in plain text, at most 16 KiB. A change is rolled out."},
	"iam_policy_arns": schema.SetAttribute{ElementType: types.StringType, Optional: true, Computed: true,
		MarkdownDescription: "Policies of the servers' role. Default: `AmazonSSMManagedInstanceCore`, for Session Manager instead of SSH keys.",
		Validators:          []validator.Set{setvalidator.ConflictsWith(path.MatchRoot("iam_instance_profile"))}},
	"iam_instance_profile": schema.StringAttribute{Optional: true, MarkdownDescription: "Name of an existing instance profile, instead of a role made for the servers."},
	"root_volume": schema.SingleNestedAttribute{Optional: true, Computed: true, MarkdownDescription: "The servers' root volume. A change is rolled out.",
		Attributes: rootVolumeAttributes,
		Default: objectdefault.StaticValue(RootVolume{Size: types.Int32Null(), Type: types.StringValue("gp3"),
			Encrypted: types.BoolValue(true), KMSKeyID: types.StringNull()}.Object())},
	"security_group_ids": schema.SetAttribute{ElementType: types.StringType, Optional: true,
		MarkdownDescription: "Further security groups of the servers, such as a database's client group.",
		Validators:          []validator.Set{setvalidator.SizeBetween(1, 4)}},
	"spot": spotAttribute,

	// Computed.
	"vpc_id":                            schema.StringAttribute{Computed: true, MarkdownDescription: "VPC of the subnets."},
	"root_device_name":                  schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the image's root device."},
	"security_group_id":                 schema.StringAttribute{Computed: true, MarkdownDescription: "Security group of the servers."},
	"launch_template_id":                schema.StringAttribute{Computed: true, MarkdownDescription: "Id of the launch template."},
	"launch_template_version":           schema.Int64Attribute{Computed: true, MarkdownDescription: "Latest version of the launch template."},
	"last_good_launch_template_version": schema.Int64Attribute{Computed: true, MarkdownDescription: "Version of the launch template that the group launches: the last one whose rollout succeeded."},
	"autoscaling_group_name":            schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the Auto Scaling group."},
	"autoscaling_group_arn":             schema.StringAttribute{Computed: true, MarkdownDescription: "ARN of the Auto Scaling group."},
	"desired_capacity":                  schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of servers that the group keeps now; scaling decides it, not the configuration."},
}

var rootVolumeAttributes = map[string]schema.Attribute{
	"size": schema.Int32Attribute{Optional: true, MarkdownDescription: "GiB. Default: the image's.", Validators: []validator.Int32{int32validator.Between(1, 65536)}},
	"type": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("gp3"), MarkdownDescription: "EBS volume type.",
		Validators: []validator.String{stringvalidator.OneOf("gp2", "gp3", "standard")}},
	"encrypted":  schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(true), MarkdownDescription: "Encrypt the volume."},
	"kms_key_id": schema.StringAttribute{Optional: true, MarkdownDescription: "KMS key of the volume. Default: the account's key for EBS."},
}
