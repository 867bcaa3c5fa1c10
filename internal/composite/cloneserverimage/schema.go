package cloneserverimage

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/int32validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int32default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

const description = "Machine images of a running server, one generation after another: a new one when a trigger changes or the last is too old, " +
	"verified by starting a server from it before anybody else does, copied to other Regions, shared, and deregistered with its snapshots " +
	"only when it is proven that nobody in the account uses it any more."

var (
	instancePattern = regexp.MustCompile(`^i-([0-9a-f]{8}|[0-9a-f]{17})$`)
	accountPattern  = regexp.MustCompile(`^[0-9]{12}$`)
	regionPattern   = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
	devicePattern   = regexp.MustCompile(`^(/dev/)?[a-z]+[a-z0-9]*$`)
	documentPattern = regexp.MustCompile(`^[a-zA-Z0-9_.:/-]{3,200}$`)
	pathPattern     = regexp.MustCompile(`^/[A-Za-z0-9._~!$&()*+,;=:@%/?-]*$`)
)

// durationPattern lets through what time.ParseDuration takes, without fractions.
var durationPattern = regexp.MustCompile(`^([0-9]+(h|m|s))+$`)

const durationHint = "must be a duration such as 10m, 90s or 24h"

var attributes = map[string]schema.Attribute{
	// Required.
	"source_instance_id": schema.StringAttribute{Required: true,
		MarkdownDescription: "The server to image. A change makes a new generation.",
		Validators:          []validator.String{stringvalidator.RegexMatches(instancePattern, "must be an instance id, such as i-0123456789abcdef0")}},

	// Optional.
	"triggers": schema.MapAttribute{ElementType: types.StringType, Optional: true,
		MarkdownDescription: "Any values; a change of one makes a new generation. For example the version that was just deployed to the server."},
	"max_age_days": schema.Int32Attribute{Optional: true,
		MarkdownDescription: "Age of the current image from which a plan proposes a new generation. Without it images do not age.",
		Validators:          []validator.Int32{int32validator.Between(1, 3650)}},
	"paused": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false),
		MarkdownDescription: "Make no new generation for now, whatever changes: the current image stays. For the time of a repair, such as the promotion of a clone to master; what changed meanwhile counts when it ends. The first image is made all the same."},
	"reboot": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false),
		MarkdownDescription: "Restart the server so that its file systems are imaged at rest. It does not answer meanwhile. Without it, and without `freeze`, an image holds what a power cut would have left (crash-consistent); the plan then warns. Used for generations to come."},
	"freeze": schema.SingleNestedAttribute{Optional: true,
		MarkdownDescription: "Bring the server to rest while its snapshots begin, through SSM, and thaw it afterwards, also when imaging fails; should the provider be killed in between, the next apply thaws. The server needs the SSM agent and an instance profile with `AmazonSSMManagedInstanceCore`. Used for generations to come.",
		Attributes: map[string]schema.Attribute{
			"document_name": schema.StringAttribute{Optional: true, MarkdownDescription: "SSM document of the kind that Amazon Data Lifecycle Manager runs: with a parameter `command`, which is `pre-script` to freeze and `post-script` to thaw.",
				Validators: []validator.String{stringvalidator.RegexMatches(documentPattern, "must be the name or ARN of an SSM document")}},
			"before": schema.ListAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: "Shell commands that freeze. They must return, and leave the server frozen.",
				Validators: []validator.List{listvalidator.SizeAtLeast(1)}},
			"after": schema.ListAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: "Shell commands that thaw. They must do no harm when they are run twice, or without a freeze.",
				Validators: []validator.List{listvalidator.SizeAtLeast(1)}},
			"timeout": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("5m"), MarkdownDescription: "How long freezing, and thawing, may take.",
				Validators: []validator.String{stringvalidator.RegexMatches(durationPattern, durationHint)}},
		}},
	"exclude_devices": schema.SetAttribute{ElementType: types.StringType, Optional: true,
		MarkdownDescription: "Devices of the server that are left out, such as `/dev/sdf` with data that clones must not have. A change makes a new generation.",
		Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(stringvalidator.RegexMatches(devicePattern, "must be a device name, such as /dev/sdf"))}},
	"keep_last": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(3),
		MarkdownDescription: "How many generations to keep, the current one included. Those that somebody uses are kept beside them: instances that are not terminated, launch templates by their latest or default version, Auto Scaling groups by theirs, and launch configurations, whoever owns them. What other accounts do with a shared image cannot be seen.",
		Validators:          []validator.Int32{int32validator.Between(1, 100)}},
	"min_age_before_delete": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("24h"),
		MarkdownDescription: "How long a generation is kept at least after a newer one has replaced it, so that one can go back.",
		Validators:          []validator.String{stringvalidator.RegexMatches(durationPattern, durationHint)}},
	"copies": schema.MapNestedAttribute{Optional: true, Computed: true, Default: mapdefault.StaticValue(types.MapValueMust(types.ObjectType{AttrTypes: copyTypes}, nil)),
		MarkdownDescription: "Other Regions that get a copy of the current image, each with its encryption. The settings of a Region are used for generations to come; a Region that is added or removed gains or loses its copies at once.",
		Validators:          []validator.Map{mapvalidator.KeysAre(stringvalidator.RegexMatches(regionPattern, "must be a Region, such as us-east-1"))},
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"kms_key_id": schema.StringAttribute{Optional: true, MarkdownDescription: "Id, ARN or alias of a KMS key in that Region. Default: the Region's `aws/ebs` key, with which a copy cannot be shared."},
			"encrypted":  schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(true), MarkdownDescription: "Encrypt the copy. What is encrypted already stays so."},
		}}},
	"share_with_account_ids": schema.SetAttribute{ElementType: types.StringType, Optional: true, Computed: true, Default: setdefault.StaticValue(composite.StringSet(nil)),
		MarkdownDescription: "Accounts that may start servers from the images and copies, and read their snapshots. What is encrypted by an `aws/ebs` key cannot be shared; the plan says so. The accounts need a grant for any other key.",
		Validators:          []validator.Set{setvalidator.ValueStringsAre(stringvalidator.RegexMatches(accountPattern, "must be an account id of 12 digits"))}},
	"deprecate_after_days": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(90),
		MarkdownDescription: "Days after its making when an image counts as deprecated. It still starts servers, but others do not find it any more. 0: never.",
		Validators:          []validator.Int32{int32validator.Between(0, 3650)}},
	"deregistration_protection": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false),
		MarkdownDescription: "Protect the images from being deregistered by others. Rotation takes the protection off before it deregisters."},
	"verify": schema.SingleNestedAttribute{Optional: true,
		MarkdownDescription: "Start one server from a new image, without a public address, and end it again. Only an image whose server passes becomes current. " +
			"That server is a copy of the source: choose a subnet and security groups in which what it does by itself (jobs, queue consumers) harms nothing.",
		Attributes: map[string]schema.Attribute{
			"instance_type":        schema.StringAttribute{Required: true, MarkdownDescription: "Instance type of the server."},
			"subnet_id":            schema.StringAttribute{Required: true, MarkdownDescription: "Subnet of the server."},
			"security_group_ids":   schema.SetAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: "Security groups of the server. Default: the VPC's default group."},
			"iam_instance_profile": schema.StringAttribute{Optional: true, MarkdownDescription: "Name of an instance profile of the server; needed for `http_path`, with the policy `AmazonSSMManagedInstanceCore`."},
			"timeout": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("10m"), MarkdownDescription: "How long the status checks may take, and then the answer from `http_path`.",
				Validators: []validator.String{stringvalidator.RegexMatches(durationPattern, durationHint)}},
			"http_path": schema.StringAttribute{Optional: true, MarkdownDescription: "Path for which the server asks itself on 127.0.0.1, through SSM, until it answers well. What lies between clients and the server is not tried.",
				Validators: []validator.String{stringvalidator.RegexMatches(pathPattern, "must be a path, such as /health")}},
			"http_port": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(80), MarkdownDescription: "Port for `http_path`.",
				Validators: []validator.Int32{int32validator.Between(1, 65535)}},
		}},
	"retain_on_destroy": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(true),
		MarkdownDescription: "Leave the released images, their copies and snapshots when the resource is destroyed, as images of nobody, tagged `webtier:retained`. With `false` they are deregistered; those that somebody uses then stop the destroy."},

	// Computed.
	"generation": schema.StringAttribute{Computed: true,
		MarkdownDescription: "The generation that the configuration wants: its number and a hash of what it holds. Another one than before: a new image is due."},
	"kept_generations": schema.MapNestedAttribute{Computed: true, MarkdownDescription: "The other generations that are kept, and why.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"because":  schema.StringAttribute{Computed: true, MarkdownDescription: "Why it is kept."},
			"regions":  schema.SetAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Regions with a copy."},
			"verified": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether it passed its verification."},
			"released": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether it was ever current."},
		}}},
	"image_id":         schema.StringAttribute{Computed: true, MarkdownDescription: "The current image: the newest that is available, verified and copied. It stays the one before when any of that fails."},
	"created_at":       schema.StringAttribute{Computed: true, MarkdownDescription: "When the current image was made."},
	"consistency":      schema.StringAttribute{Computed: true, MarkdownDescription: "How the current image was made: `crash`, `reboot` or `freeze`."},
	"root_device_name": schema.StringAttribute{Computed: true, MarkdownDescription: "Root device of the current image."},
	"architecture":     schema.StringAttribute{Computed: true, MarkdownDescription: "Architecture of the current image."},
	"copies_image_ids": schema.MapAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Copies of the current image by Region."},
	"image_ids":        schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "All released images, the newest first."},
	"snapshot_ids":     schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Snapshots of the current image."},
	"in_use_by": schema.MapAttribute{ElementType: types.ListType{ElemType: types.StringType}, Computed: true,
		MarkdownDescription: "Who in the account uses each image or copy, by image id."},
	"generations": schema.ListNestedAttribute{Computed: true, MarkdownDescription: "All generations that exist, the newest first.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"generation":         schema.StringAttribute{Computed: true, MarkdownDescription: "Its number and hash."},
			"image_id":           schema.StringAttribute{Computed: true, MarkdownDescription: "Its image."},
			"created_at":         schema.StringAttribute{Computed: true, MarkdownDescription: "When it was made."},
			"source_instance_id": schema.StringAttribute{Computed: true, MarkdownDescription: "The server that it was made of."},
			"consistency":        schema.StringAttribute{Computed: true, MarkdownDescription: "`crash`, `reboot` or `freeze`."},
			"verified_at":        schema.StringAttribute{Computed: true, MarkdownDescription: "When it passed its verification."},
			"released_at":        schema.StringAttribute{Computed: true, MarkdownDescription: "When it first became current."},
			"copies_image_ids":   schema.MapAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Its copies by Region."},
		}}},
}
