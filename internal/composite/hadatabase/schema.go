package hadatabase

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/int32validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int32default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

const description = "An SQL database that keeps all data in two zones at any time: PostgreSQL, MySQL or MariaDB on RDS, with subnet group, " +
	"security groups, parameter group, monitoring role and a master password that nobody has to know. It is always encrypted, private, backed up " +
	"and reachable over TLS only; it leaves a final snapshot; and what would replace it is refused in the plan."

var (
	userPattern     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,15}$`)
	replicaPattern  = regexp.MustCompile(`^[a-z][a-z0-9-]{0,18}[a-z0-9]$`)
	versionPattern  = regexp.MustCompile(`^\d+(\.[0-9a-z_]+)*$`)
	classPattern    = regexp.MustCompile(`^db\.[a-z0-9-]+\.[a-z0-9]+$`)
	keyPattern      = regexp.MustCompile(`^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/.+$`)
	dailyPattern    = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$`)
	weeklyPattern   = regexp.MustCompile(`^(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d-(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d$`)
	actionPattern   = regexp.MustCompile(`^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:\d*:.+$`)
	securityPattern = regexp.MustCompile(`^sg-[0-9a-f]{8,17}$`)
)

var attributes = map[string]schema.Attribute{
	// Required.
	"engine": schema.StringAttribute{Required: true,
		MarkdownDescription: "`postgres`, `mysql` or `mariadb`; with `availability_mode = \"aurora\"` the first two are Aurora's. " + replaced,
		Validators:          []validator.String{stringvalidator.OneOf(engineNames...)}},
	"engine_version": schema.StringAttribute{Required: true,
		MarkdownDescription: "Version, or the beginning of one, such as `16` or `8.0`: AWS then chooses the minor version. Upgrades that AWS makes show in " +
			"`engine_version_actual` and are never taken back. A later one upgrades the database; a later major version together with a new parameter group.",
		Validators: []validator.String{stringvalidator.RegexMatches(versionPattern, "must be a version or the beginning of one, such as 16 or 8.0.40")}},
	"instance_class": schema.StringAttribute{Required: true,
		MarkdownDescription: "Class of the servers, such as `db.r7g.large`. A change fails over, or restarts a database without standby.",
		Validators:          []validator.String{stringvalidator.RegexMatches(classPattern, "must be a class such as db.r7g.large")}},
	"subnet_ids": schema.SetAttribute{ElementType: types.StringType, Required: true,
		MarkdownDescription: "Private subnets of the database, in at least two zones. Those with a server of it cannot be removed. " + replacedVPC},
	"allocated_storage": schema.Int32Attribute{Optional: true,
		MarkdownDescription: "Storage in GiB; needed except for Aurora, whose storage has no size. It grows by itself up to `max_allocated_storage`, " +
			"which is no difference, and never shrinks.",
		Validators: []validator.Int32{int32validator.Between(20, 65536)}},

	// Optional.
	"availability_mode": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString(modeInstance),
		MarkdownDescription: "`multi_az_instance`: a standby in another zone takes over within a minute or two. `multi_az_cluster` (PostgreSQL, MySQL): two standbys in " +
			"two other zones, which can be read from, take over within some 35 seconds. `aurora` (PostgreSQL, MySQL): storage over three zones, a writer, and " +
			"`reader_count` readers in other zones that take over. `single_az`: none does; a finding says so. A change between `single_az` and " +
			"`multi_az_instance` is made in place; AWS makes no other one, and it is refused.",
		Validators: []validator.String{stringvalidator.OneOf(modeInstance, modeCluster, modeAurora, modeSingle)}},
	"reader_count": schema.Int32Attribute{Optional: true, Computed: true,
		MarkdownDescription: "How many readers an Aurora cluster has beside its writer, zone after zone. With 0 nobody takes over; a finding says so. Default: 1 for Aurora.",
		Validators:          []validator.Int32{int32validator.Between(0, 15)}},
	"max_allocated_storage": schema.Int32Attribute{Optional: true, Computed: true,
		MarkdownDescription: "Up to how many GiB storage grows by itself; 0: it does not. Default: four times `allocated_storage`.",
		Validators:          []validator.Int32{int32validator.Between(0, 65536)}},
	"storage": schema.SingleNestedAttribute{Optional: true, Computed: true, MarkdownDescription: "The volume. Changes are made without downtime.",
		Attributes: storageAttributes,
		Default:    objectdefault.StaticValue(composite.Encode(storageTypes, storage{Type: types.StringValue("gp3")}))},
	"kms_key_id": schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		MarkdownDescription: "ARN of the key that encrypts the storage. Default: the account's own key for RDS. " + replaced,
		Validators:          []validator.String{stringvalidator.RegexMatches(keyPattern, "must be the ARN of a KMS key; RDS keeps no alias")}},
	"database_name": schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		MarkdownDescription: "Name of the first database. Default: none beside the engine's own. " + replaced},
	"username": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("dbadmin"),
		MarkdownDescription: "Name of the master user. " + replaced},
	"master_password_wo": schema.StringAttribute{Optional: true, WriteOnly: true, Sensitive: true,
		MarkdownDescription: "Password of the master user, which is kept neither in the plan nor in the state. Default, and better: RDS makes one, keeps it in " +
			"Secrets Manager (`secret_arn`) and rotates it.",
		Validators: []validator.String{stringvalidator.AlsoRequires(path.MatchRoot("master_password_wo_version"))}},
	"master_password_wo_version": schema.Int64Attribute{Optional: true,
		MarkdownDescription: "Another number sets `master_password_wo` anew.",
		Validators:          []validator.Int64{int64validator.AtLeast(1), int64validator.AlsoRequires(path.MatchRoot("master_password_wo"))}},
	"port": schema.Int32Attribute{Optional: true, Computed: true,
		MarkdownDescription: "Port of the database. A change restarts it at once, whatever `apply_changes` says. Default: the engine's, 5432 or 3306.",
		Validators:          []validator.Int32{int32validator.Between(1150, 65535)}},
	"allowed_security_group_ids": schema.SetAttribute{ElementType: types.StringType, Optional: true, Computed: true,
		MarkdownDescription: "Security groups that may connect, beside `client_security_group_id`.",
		Default:             setdefault.StaticValue(composite.StringSet(nil)),
		Validators: []validator.Set{setvalidator.SizeAtMost(50), setvalidator.ValueStringsAre(stringvalidator.RegexMatches(securityPattern,
			"must be the id of a security group, such as sg-0123456789abcdef0"))}},
	"parameters": schema.MapAttribute{ElementType: types.StringType, Optional: true, Computed: true, Default: mapdefault.StaticValue(composite.StringMapValue(nil)),
		MarkdownDescription: "Parameters of the engine that differ from its defaults. Those in `static_parameters` take effect with a reboot.",
		Validators:          []validator.Map{mapvalidator.SizeAtMost(100)}},
	"allow_reboot": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false),
		MarkdownDescription: "Reboot the database, with a fail-over if it has a standby, when parameters wait for that."},
	"backup_retention_days": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(14),
		MarkdownDescription: "Days for which the database can be restored to any point in time.",
		Validators:          []validator.Int32{int32validator.Between(1, 35)}},
	"backup_window": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("03:00-03:30"),
		MarkdownDescription: "When backups are made, in UTC.",
		Validators:          []validator.String{stringvalidator.RegexMatches(dailyPattern, "must be of the form 03:00-03:30")}},
	"maintenance_window": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("sun:04:00-sun:04:30"),
		MarkdownDescription: "When AWS maintains the database and makes changes that wait for it, in UTC.",
		Validators:          []validator.String{stringvalidator.RegexMatches(weeklyPattern, "must be of the form sun:04:00-sun:04:30, in lower-case letters")}},
	"apply_changes": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString(applyInWindow),
		MarkdownDescription: "When changes are made that may interrupt the database: in the `maintenance_window`, until when they are in `pending_changes`, or `immediately`.",
		Validators:          []validator.String{stringvalidator.OneOf(applyInWindow, applyNow)}},
	"upgrade_strategy": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString(upgradeInPlace),
		MarkdownDescription: "How another `engine_version` or `instance_class` is had. `in_place`: the database is down meanwhile. `blue_green`: a copy of it is changed " +
			"and takes over within about a minute, at once, whatever `apply_changes` says; the old one is then removed and leaves a final snapshot. That needs " +
			"`master_password_wo`, for AWS has no blue/green deployment of a database whose password it manages, and for PostgreSQL the static parameter " +
			"`rds.logical_replication`, which is then set.",
		Validators: []validator.String{stringvalidator.OneOf(upgradeInPlace, upgradeBlueGreen)}},
	"restore_from": schema.SingleNestedAttribute{Optional: true, Computed: true,
		MarkdownDescription: "Make the database from a backup. It counts only when the database is created, also in place of another one; remove it or leave it afterwards.",
		Attributes:          restoreAttributes,
		PlanModifiers:       []planmodifier.Object{keptWhenRemoved{}}},
	"allow_replacement_from": schema.StringAttribute{Optional: true,
		MarkdownDescription: "The `identifier` of the database that may be replaced by a new, empty one, or one made from `restore_from`. A snapshot is taken first. Remove it afterwards."},
	"performance_insights": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(true),
		MarkdownDescription: "Record what the database spends its time on (Performance Insights)."},
	"log_exports": schema.SetAttribute{ElementType: types.StringType, Optional: true, Computed: true,
		MarkdownDescription: "Logs that go to CloudWatch Logs. Default: `postgresql` and `upgrade`, or `error` and `slowquery`."},
	"iam_authentication": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(true),
		MarkdownDescription: "Let users log in with tokens of IAM instead of passwords."},
	"read_replicas": schema.MapNestedAttribute{Optional: true,
		MarkdownDescription: "Read replicas by name. AWS makes none of a database whose password is managed by RDS: they need `master_password_wo`.",
		Validators: []validator.Map{mapvalidator.SizeBetween(1, 15), mapvalidator.KeysAre(stringvalidator.RegexMatches(replicaPattern,
			"must be 2 to 20 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen"))},
		NestedObject: schema.NestedAttributeObject{Attributes: replicaAttributes}},
	"alarm_actions": schema.SetAttribute{ElementType: types.StringType, Optional: true, Computed: true, Default: setdefault.StaticValue(composite.StringSet(nil)),
		MarkdownDescription: "ARNs, such as of an SNS topic, that are told when CPU, storage, memory or the lag of a reader or replica become a problem, CPU credits of a " +
			"burstable class, or connections where `parameters` has `max_connections`. In a cluster each server has alarms of its own. SNS topics are also told of the " +
			"events of RDS: fail-over, failure, maintenance and, of instances, availability, low storage, read replicas and recovery; the policy of a topic must let " +
			"`cloudwatch.amazonaws.com` and `events.rds.amazonaws.com` publish to it. Default: none, and no alarms.",
		Validators: []validator.Set{setvalidator.SizeAtMost(5), setvalidator.ValueStringsAre(stringvalidator.RegexMatches(actionPattern, "must be an ARN"))}},

	// Computed.
	"vpc_id":                    schema.StringAttribute{Computed: true, MarkdownDescription: "VPC of the subnets."},
	"zones":                     schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Zones of the subnets."},
	"static_parameters":         schema.SetAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Which of the `parameters` take effect only with a reboot; known in the plan."},
	"endpoint":                  schema.StringAttribute{Computed: true, MarkdownDescription: "Host name to which clients connect; it stays when the database fails over."},
	"reader_endpoint":           schema.StringAttribute{Computed: true, MarkdownDescription: "Host name of the readers of a `multi_az_cluster` or of Aurora."},
	"read_replica_endpoints":    schema.MapAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Host names of the read replicas by name."},
	"secret_arn":                schema.StringAttribute{Computed: true, MarkdownDescription: "ARN of the secret with the master user's name and password, when RDS manages it."},
	"client_security_group_id":  schema.StringAttribute{Computed: true, MarkdownDescription: "Security group to attach to clients: it opens the way to the database, and nothing else."},
	"security_group_id":         schema.StringAttribute{Computed: true, MarkdownDescription: "Security group of the database."},
	"identifier":                schema.StringAttribute{Computed: true, MarkdownDescription: "Identifier of the database in RDS."},
	"arn":                       schema.StringAttribute{Computed: true, MarkdownDescription: "ARN of the database."},
	"resource_id":               schema.StringAttribute{Computed: true, MarkdownDescription: "Id of the database that IAM policies name (`rds-db:connect`)."},
	"engine_version_actual":     schema.StringAttribute{Computed: true, MarkdownDescription: "Version that the database runs."},
	"allocated_storage_actual":  schema.Int64Attribute{Computed: true, MarkdownDescription: "Storage that the database has, in GiB."},
	"pending_changes":           schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Changes that wait for the maintenance window or a reboot."},
	"availability_zones":        schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Zones in which the database has servers."},
	"final_snapshot_identifier": schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the snapshot that the database leaves when it is destroyed."},
}

// What a change of an argument does that AWS cannot make in place.
const (
	replaced    = "AWS cannot change it: a change is refused, unless `allow_replacement_from` names the database."
	replacedVPC = "Another VPC needs another database, which is refused, unless `allow_replacement_from` names the one there is."
)

var storageAttributes = map[string]schema.Attribute{
	"type": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("gp3"),
		MarkdownDescription: "`gp3`, `io1` or `io2`.", Validators: []validator.String{stringvalidator.OneOf("gp3", "io1", "io2")}},
	"iops": schema.Int32Attribute{Optional: true,
		MarkdownDescription: "I/O operations per second; for `gp3` only from 400 GiB on.", Validators: []validator.Int32{int32validator.Between(1000, 256000)}},
	"throughput": schema.Int32Attribute{Optional: true,
		MarkdownDescription: "MiB per second; for `gp3` from 400 GiB on.", Validators: []validator.Int32{int32validator.Between(125, 4000)}},
}

var restoreAttributes = map[string]schema.Attribute{
	"snapshot_identifier": schema.StringAttribute{Optional: true, MarkdownDescription: "Name or ARN of a snapshot. A cluster is made from that of a cluster of its kind, or from that of an instance, named by its ARN.",
		Validators: []validator.String{stringvalidator.ExactlyOneOf(path.MatchRelative().AtParent().AtName("snapshot_identifier"),
			path.MatchRelative().AtParent().AtName("source_identifier"))}},
	"source_identifier": schema.StringAttribute{Optional: true, MarkdownDescription: "Identifier of a database whose backups are restored."},
	"time": schema.StringAttribute{Optional: true, MarkdownDescription: "Point in time to which they are, such as `2026-01-31T12:00:00Z`. Default: the latest.",
		Validators: []validator.String{stringvalidator.AlsoRequires(path.MatchRelative().AtParent().AtName("source_identifier"))}},
}

var replicaAttributes = map[string]schema.Attribute{
	"instance_class": schema.StringAttribute{Optional: true, MarkdownDescription: "Class of the replica. Default: that of the database.",
		Validators: []validator.String{stringvalidator.RegexMatches(classPattern, "must be a class such as db.r7g.large")}},
	"multi_az": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false), MarkdownDescription: "Give the replica a standby of its own."},
}
