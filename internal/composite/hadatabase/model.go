package hadatabase

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// Model is the configuration and state of a webtier_ha_database.
type Model struct {
	composite.Common
	composite.Health

	Engine                  types.String `tfsdk:"engine"`
	EngineVersion           types.String `tfsdk:"engine_version"`
	InstanceClass           types.String `tfsdk:"instance_class"`
	AvailabilityMode        types.String `tfsdk:"availability_mode"`
	ReaderCount             types.Int32  `tfsdk:"reader_count"`
	SubnetIDs               types.Set    `tfsdk:"subnet_ids"`
	AllocatedStorage        types.Int32  `tfsdk:"allocated_storage"`
	MaxAllocatedStorage     types.Int32  `tfsdk:"max_allocated_storage"`
	Storage                 types.Object `tfsdk:"storage"`
	KMSKeyID                types.String `tfsdk:"kms_key_id"`
	DatabaseName            types.String `tfsdk:"database_name"`
	Username                types.String `tfsdk:"username"`
	MasterPassword          types.String `tfsdk:"master_password_wo"`
	MasterPasswordVersion   types.Int64  `tfsdk:"master_password_wo_version"`
	Port                    types.Int32  `tfsdk:"port"`
	AllowedSecurityGroupIDs types.Set    `tfsdk:"allowed_security_group_ids"`
	Parameters              types.Map    `tfsdk:"parameters"`
	AllowReboot             types.Bool   `tfsdk:"allow_reboot"`
	BackupRetentionDays     types.Int32  `tfsdk:"backup_retention_days"`
	BackupWindow            types.String `tfsdk:"backup_window"`
	MaintenanceWindow       types.String `tfsdk:"maintenance_window"`
	ApplyChanges            types.String `tfsdk:"apply_changes"`
	UpgradeStrategy         types.String `tfsdk:"upgrade_strategy"`
	RestoreFrom             types.Object `tfsdk:"restore_from"`
	AllowReplacementFrom    types.String `tfsdk:"allow_replacement_from"`
	PerformanceInsights     types.Bool   `tfsdk:"performance_insights"`
	LogExports              types.Set    `tfsdk:"log_exports"`
	IAMAuthentication       types.Bool   `tfsdk:"iam_authentication"`
	ReadReplicas            types.Map    `tfsdk:"read_replicas"`
	AlarmActions            types.Set    `tfsdk:"alarm_actions"`

	VPCID            types.String `tfsdk:"vpc_id"`
	Zones            types.List   `tfsdk:"zones"`
	StaticParameters types.Set    `tfsdk:"static_parameters"`

	Endpoint                types.String `tfsdk:"endpoint"`
	ReaderEndpoint          types.String `tfsdk:"reader_endpoint"`
	ReadReplicaEndpoints    types.Map    `tfsdk:"read_replica_endpoints"`
	SecretARN               types.String `tfsdk:"secret_arn"`
	ClientSecurityGroupID   types.String `tfsdk:"client_security_group_id"`
	SecurityGroupID         types.String `tfsdk:"security_group_id"`
	Identifier              types.String `tfsdk:"identifier"`
	ARN                     types.String `tfsdk:"arn"`
	ResourceID              types.String `tfsdk:"resource_id"`
	EngineVersionActual     types.String `tfsdk:"engine_version_actual"`
	AllocatedStorageActual  types.Int64  `tfsdk:"allocated_storage_actual"`
	PendingChanges          types.List   `tfsdk:"pending_changes"`
	AvailabilityZones       types.List   `tfsdk:"availability_zones"`
	FinalSnapshotIdentifier types.String `tfsdk:"final_snapshot_identifier"`
}

type storage struct {
	Type       types.String `tfsdk:"type"`
	IOPS       types.Int32  `tfsdk:"iops"`
	Throughput types.Int32  `tfsdk:"throughput"`
}

var storageTypes = map[string]attr.Type{"type": types.StringType, "iops": types.Int32Type, "throughput": types.Int32Type}

type restore struct {
	Snapshot types.String `tfsdk:"snapshot_identifier"`
	Source   types.String `tfsdk:"source_identifier"`
	Time     types.String `tfsdk:"time"`
}

var restoreTypes = map[string]attr.Type{"snapshot_identifier": types.StringType, "source_identifier": types.StringType, "time": types.StringType}

type replica struct {
	InstanceClass types.String `tfsdk:"instance_class"`
	MultiAZ       types.Bool   `tfsdk:"multi_az"`
}

var replicaType = types.ObjectType{AttrTypes: map[string]attr.Type{"instance_class": types.StringType, "multi_az": types.BoolType}}

// The values of availability_mode.
const (
	modeInstance = "multi_az_instance"
	modeCluster  = "multi_az_cluster"
	modeAurora   = "aurora"
	modeSingle   = "single_az"
)

// The values of apply_changes.
const (
	applyInWindow = "maintenance_window"
	applyNow      = "immediately"
)

func (m *Model) storage() storage { return composite.Decode[storage](m.Storage) }

// replicas returns the read replicas by name.
func (m *Model) replicas() map[string]replica {
	var replicas map[string]replica
	if composite.IsKnown(m.ReadReplicas) {
		m.ReadReplicas.ElementsAs(context.Background(), &replicas, false)
	}
	return replicas
}

// parameters returns the parameters by name.
func (m *Model) parameters() map[string]string {
	return composite.StringMap(context.Background(), m.Parameters)
}

// ownPassword reports whether the user gives the master password.
func (m *Model) ownPassword() bool { return !m.MasterPasswordVersion.IsNull() }

// replaces reports whether the database that there is gives way to another one, as
// allow_replacement_from allows.
func (m *Model) replaces(prior *Model) bool {
	return m.AllowReplacementFrom.Equal(prior.Identifier) &&
		(m.data() != prior.data() || identifier(m.Name.ValueString(), m) != prior.Identifier.ValueString())
}

// keptWhenRemoved keeps what the state has when the configuration has it no more;
// unless the database may be replaced: the new one is not made from what the old one
// was made from.
type keptWhenRemoved struct{}

func (keptWhenRemoved) Description(context.Context) string { return "stays when it is removed" }

func (k keptWhenRemoved) MarkdownDescription(ctx context.Context) string { return k.Description(ctx) }

func (keptWhenRemoved) PlanModifyObject(ctx context.Context, req planmodifier.ObjectRequest, resp *planmodifier.ObjectResponse) {
	if !req.ConfigValue.IsNull() {
		return
	}
	var allowed, identifier types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("allow_replacement_from"), &allowed)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("identifier"), &identifier)...)
	}
	if resp.PlanValue = req.StateValue; !identifier.IsNull() && allowed.Equal(identifier) {
		resp.PlanValue = types.ObjectNull(restoreTypes)
	}
}
