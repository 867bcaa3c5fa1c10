package cloneserverimage

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// Model is the configuration and state of a webtier_clone_server_image.
type Model struct {
	composite.Common

	SourceInstanceID         types.String `tfsdk:"source_instance_id"`
	Triggers                 types.Map    `tfsdk:"triggers"`
	MaxAgeDays               types.Int32  `tfsdk:"max_age_days"`
	Paused                   types.Bool   `tfsdk:"paused"`
	Reboot                   types.Bool   `tfsdk:"reboot"`
	Freeze                   types.Object `tfsdk:"freeze"`
	ExcludeDevices           types.Set    `tfsdk:"exclude_devices"`
	KeepLast                 types.Int32  `tfsdk:"keep_last"`
	MinAgeBeforeDelete       types.String `tfsdk:"min_age_before_delete"`
	Copies                   types.Map    `tfsdk:"copies"`
	ShareWithAccountIDs      types.Set    `tfsdk:"share_with_account_ids"`
	DeprecateAfterDays       types.Int32  `tfsdk:"deprecate_after_days"`
	DeregistrationProtection types.Bool   `tfsdk:"deregistration_protection"`
	Verify                   types.Object `tfsdk:"verify"`
	RetainOnDestroy          types.Bool   `tfsdk:"retain_on_destroy"`

	Generation      types.String `tfsdk:"generation"`
	KeptGenerations types.Map    `tfsdk:"kept_generations"`

	ImageID        types.String `tfsdk:"image_id"`
	CreatedAt      types.String `tfsdk:"created_at"`
	Consistency    types.String `tfsdk:"consistency"`
	RootDeviceName types.String `tfsdk:"root_device_name"`
	Architecture   types.String `tfsdk:"architecture"`
	CopiesImageIDs types.Map    `tfsdk:"copies_image_ids"`
	ImageIDs       types.List   `tfsdk:"image_ids"`
	SnapshotIDs    types.List   `tfsdk:"snapshot_ids"`
	Generations    types.List   `tfsdk:"generations"`
	InUseBy        types.Map    `tfsdk:"in_use_by"`
}

var (
	stringList = types.ListType{ElemType: types.StringType}
	stringSet  = types.SetType{ElemType: types.StringType}
	stringMap  = types.MapType{ElemType: types.StringType}
)

type freeze struct {
	DocumentName types.String `tfsdk:"document_name"`
	Before       types.List   `tfsdk:"before"`
	After        types.List   `tfsdk:"after"`
	Timeout      types.String `tfsdk:"timeout"`
}

var freezeTypes = map[string]attr.Type{"document_name": types.StringType, "before": stringList, "after": stringList, "timeout": types.StringType}

type imageCopy struct {
	KMSKeyID  types.String `tfsdk:"kms_key_id"`
	Encrypted types.Bool   `tfsdk:"encrypted"`
}

var copyTypes = map[string]attr.Type{"kms_key_id": types.StringType, "encrypted": types.BoolType}

type verify struct {
	InstanceType       types.String `tfsdk:"instance_type"`
	SubnetID           types.String `tfsdk:"subnet_id"`
	SecurityGroupIDs   types.Set    `tfsdk:"security_group_ids"`
	IAMInstanceProfile types.String `tfsdk:"iam_instance_profile"`
	Timeout            types.String `tfsdk:"timeout"`
	HTTPPath           types.String `tfsdk:"http_path"`
	HTTPPort           types.Int32  `tfsdk:"http_port"`
}

var verifyTypes = map[string]attr.Type{"instance_type": types.StringType, "subnet_id": types.StringType, "security_group_ids": stringSet,
	"iam_instance_profile": types.StringType, "timeout": types.StringType, "http_path": types.StringType, "http_port": types.Int32Type}

// kept is a generation beside the wanted one that stays, and what there is of it.
type kept struct {
	Because  types.String `tfsdk:"because"`
	Regions  types.Set    `tfsdk:"regions"` // with a copy
	Verified types.Bool   `tfsdk:"verified"`
	Released types.Bool   `tfsdk:"released"`
}

var keptTypes = map[string]attr.Type{"because": types.StringType, "regions": stringSet, "verified": types.BoolType, "released": types.BoolType}

type generation struct {
	Generation       types.String `tfsdk:"generation"`
	ImageID          types.String `tfsdk:"image_id"`
	CreatedAt        types.String `tfsdk:"created_at"`
	SourceInstanceID types.String `tfsdk:"source_instance_id"`
	Consistency      types.String `tfsdk:"consistency"`
	VerifiedAt       types.String `tfsdk:"verified_at"`
	ReleasedAt       types.String `tfsdk:"released_at"`
	CopiesImageIDs   types.Map    `tfsdk:"copies_image_ids"`
}

var generationTypes = map[string]attr.Type{"generation": types.StringType, "image_id": types.StringType, "created_at": types.StringType,
	"source_instance_id": types.StringType, "consistency": types.StringType, "verified_at": types.StringType, "released_at": types.StringType, "copies_image_ids": stringMap}

// copies returns the configured copies by Region.
func (m *Model) copies() map[string]imageCopy {
	all := map[string]imageCopy{}
	for region, value := range m.Copies.Elements() {
		if object, ok := value.(types.Object); ok {
			all[region] = composite.Decode[imageCopy](object)
		}
	}
	return all
}

// kept returns the kept generations.
func (m *Model) kept() map[string]kept {
	all := map[string]kept{}
	for id, value := range m.KeptGenerations.Elements() {
		if object, ok := value.(types.Object); ok {
			all[id] = composite.Decode[kept](object)
		}
	}
	return all
}

// duration reads a time limit that check has found good, or returns the fallback.
func duration(value types.String, fallback time.Duration) time.Duration {
	d, err := time.ParseDuration(value.ValueString())
	if err != nil {
		return fallback
	}
	return d
}
