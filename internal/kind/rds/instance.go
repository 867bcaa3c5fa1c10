package rds

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Instance is a database server, with its standby in another zone if it is
// Multi-AZ, or a read replica of one. What a replica takes from its source is nil.
// Outputs: id, arn, resource_id, endpoint, port, zones, secret_arn, engine_version,
// allocated_storage, pending, status, final_snapshot.
type Instance struct {
	// Identifier is unique in the account and Region, ≤ 63 lower-case letters, digits
	// and hyphens (aws-facts §6.1).
	Identifier string `json:"identifier" stack:"create"`
	// Source is the identifier of the instance of which this is a read replica.
	Source       stack.Ref `json:"source" stack:"create"`
	Engine       string    `json:"engine" stack:"create"`
	SubnetGroup  stack.Ref `json:"subnet_group" stack:"create"`
	Encrypted    bool      `json:"encrypted" stack:"create"`
	KMSKey       *string   `json:"kms_key,omitempty" stack:"create"` // ARN
	DatabaseName *string   `json:"database_name,omitempty" stack:"create"`
	Username     *string   `json:"username,omitempty" stack:"create"`

	// EngineVersion may be the beginning of one: 16.
	EngineVersion *string `json:"engine_version,omitempty" stack:"version"`
	Class         string  `json:"class"`
	MultiAZ       bool    `json:"multi_az"`

	StorageType *string `json:"storage_type,omitempty"`
	// AllocatedStorage in GiB grows by itself up to MaxAllocatedStorage; 0 there means
	// that it does not.
	AllocatedStorage    *int32 `json:"allocated_storage,omitempty" stack:"least"`
	MaxAllocatedStorage *int32 `json:"max_allocated_storage,omitempty"`
	IOPS                *int32 `json:"iops,omitempty"`
	Throughput          *int32 `json:"throughput,omitempty"`

	Port           int32       `json:"port"`
	SecurityGroups []stack.Ref `json:"security_groups" stack:"set"`
	Public         bool        `json:"public"`

	ParameterGroup stack.Ref `json:"parameter_group"`
	// StaticParameters are those that need a reboot, as StaticText renders them, with
	// which the instance is to run: it is rebooted for them. Nil leaves that to others.
	StaticParameters *string `json:"static_parameters,omitempty"`

	BackupRetentionDays *int32  `json:"backup_retention_days,omitempty"`
	BackupWindow        *string `json:"backup_window,omitempty"`
	MaintenanceWindow   string  `json:"maintenance_window"`
	CopyTagsToSnapshot  bool    `json:"copy_tags_to_snapshot"`
	AutoMinorUpgrade    bool    `json:"auto_minor_upgrade"`

	MonitoringRole      stack.Ref `json:"monitoring_role"` // ARN
	MonitoringInterval  int32     `json:"monitoring_interval"`
	PerformanceInsights bool      `json:"performance_insights"`
	LogExports          []string  `json:"log_exports" stack:"set"`
	IAMAuthentication   bool      `json:"iam_authentication"`

	// ManagedPassword has RDS keep the master password in Secrets Manager, else
	// Password is it.
	ManagedPassword *bool         `json:"managed_password,omitempty"`
	Password        *stack.Secret `json:"password,omitempty"`

	// Pending are the changes that wait for the maintenance window, in words. An
	// empty text has them made now, nil leaves them.
	Pending *string `json:"pending,omitempty"`

	// RestoreFrom is what a new instance is made from.
	RestoreFrom *Restore `json:"restore_from,omitempty" stack:"how"`
	// ApplyImmediately makes changes now that else wait for the maintenance window.
	ApplyImmediately bool `json:"apply_immediately" stack:"how"`
	// BlueGreen makes changes that would stop the instance by a blue/green deployment.
	BlueGreen bool `json:"blue_green" stack:"how"`
}

// Kind implements stack.Spec.
func (*Instance) Kind() string { return "rds/instance" }

// Restore names the backup that a new instance is made from: a snapshot, or another
// instance at a point in time, which is RFC 3339 or empty for the latest.
type Restore struct {
	Snapshot string `json:"snapshot,omitempty"`
	Instance string `json:"instance,omitempty"`
	Time     string `json:"time,omitempty"`
}

// tagPassword keeps the version of the password that was set last: RDS does not
// return passwords.
const tagPassword = "webtier:password-version"

type instances struct {
	c *awsapi.Clients
	r *reader
}

var _ engine.Keeper = (*instances)(nil)

// Name implements engine.Kind.
func (k *instances) Name() string { return (*Instance)(nil).Kind() }

// List implements engine.Kind.
func (k *instances) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	found, err := k.r.instance.Find(ctx, scope.Stack.String(), scope.IDs, scope.Recent)
	if err != nil {
		return nil, err
	}
	var lives []engine.Live
	for _, f := range found {
		if aws.ToString(f.Object.DBClusterIdentifier) != "" {
			continue // its cluster's
		}
		if isGreen(aws.ToString(f.Object.DBInstanceIdentifier)) {
			continue // its deployment's
		}
		live, err := k.live(ctx, f.Object, scope.Recent)
		if err != nil {
			return nil, err
		}
		live.Key = partKey(live.ID, cmp.Or(live.Tags[stack.TagPart], f.Key))
		lives = append(lives, live)
	}
	return lives, nil
}

// live returns an instance with its pending changes as if they were made: what
// waits for the maintenance window is no difference, and Pending names it.
func (k *instances) live(ctx context.Context, db types.DBInstance, recent bool) (engine.Live, error) {
	s, err := k.observed(ctx, db, recent)
	if err != nil {
		return engine.Live{}, err
	}
	tags := tagMap(db.TagList)
	if version := tags[tagPassword]; version != "" && db.MasterUserSecret == nil {
		s.Password = &stack.Secret{Name: PasswordAttribute, Version: version}
	}
	out := outputs(db)
	overlay(s, db.PendingModifiedValues)
	return engine.Live{Key: tags[stack.TagPart], ID: s.Identifier, Spec: s, Out: out, Tags: tags, Deleting: out["status"] == statusDeleting || stillborn(db)}, nil
}

// stillborn reports whether the creation of an instance failed: it never held data,
// RDS cannot mend it, and another one can have its name only when it is gone.
func stillborn(db types.DBInstance) bool {
	return slices.Contains(without, aws.ToString(db.DBInstanceStatus)) && db.InstanceCreateTime == nil && db.LatestRestorableTime == nil
}

// PasswordAttribute is the name of the write-only attribute with the master password.
const PasswordAttribute = "master_password_wo"

// The statuses that are asked for by name (aws-facts §6.2).
const (
	statusAvailable    = "available"
	statusOptimization = "storage-optimization"
	statusCreating     = "creating"
	statusDeleting     = "deleting"

	// Those of a parameter group.
	pendingReboot = "pending-reboot"
	applying      = "applying"
)

// unknownYet stands for static parameters while others are being applied.
const unknownYet = "(being applied)"

// observed returns the settings that are in force.
func (k *instances) observed(ctx context.Context, db types.DBInstance, recent bool) (*Instance, error) {
	s := &Instance{
		Identifier: aws.ToString(db.DBInstanceIdentifier), Source: stack.Literal(aws.ToString(db.ReadReplicaSourceDBInstanceIdentifier)),
		Engine: aws.ToString(db.Engine), Encrypted: aws.ToBool(db.StorageEncrypted), KMSKey: db.KmsKeyId,
		DatabaseName: aws.String(aws.ToString(db.DBName)), Username: db.MasterUsername,
		EngineVersion: db.EngineVersion, Class: aws.ToString(db.DBInstanceClass), MultiAZ: aws.ToBool(db.MultiAZ),
		StorageType: db.StorageType, AllocatedStorage: db.AllocatedStorage, MaxAllocatedStorage: aws.Int32(aws.ToInt32(db.MaxAllocatedStorage)),
		IOPS: db.Iops, Throughput: db.StorageThroughput, Public: aws.ToBool(db.PubliclyAccessible),
		BackupRetentionDays: aws.Int32(aws.ToInt32(db.BackupRetentionPeriod)), BackupWindow: db.PreferredBackupWindow,
		MaintenanceWindow: strings.ToLower(aws.ToString(db.PreferredMaintenanceWindow)), CopyTagsToSnapshot: aws.ToBool(db.CopyTagsToSnapshot),
		AutoMinorUpgrade: aws.ToBool(db.AutoMinorVersionUpgrade), MonitoringRole: stack.Literal(aws.ToString(db.MonitoringRoleArn)),
		MonitoringInterval: aws.ToInt32(db.MonitoringInterval), PerformanceInsights: aws.ToBool(db.PerformanceInsightsEnabled),
		LogExports: db.EnabledCloudwatchLogsExports, IAMAuthentication: aws.ToBool(db.IAMDatabaseAuthenticationEnabled),
		ManagedPassword: aws.Bool(db.MasterUserSecret != nil), Pending: aws.String(pendingText(db.PendingModifiedValues)),
	}
	if db.Endpoint != nil {
		s.Port = aws.ToInt32(db.Endpoint.Port)
	}
	if db.DBSubnetGroup != nil {
		s.SubnetGroup = stack.Literal(aws.ToString(db.DBSubnetGroup.DBSubnetGroupName))
	}
	for _, group := range db.VpcSecurityGroups {
		s.SecurityGroups = append(s.SecurityGroups, stack.Literal(aws.ToString(group.VpcSecurityGroupId)))
	}
	if len(db.DBParameterGroups) == 0 {
		return s, nil
	}
	group := db.DBParameterGroups[0]
	s.ParameterGroup = stack.Literal(aws.ToString(group.DBParameterGroupName))
	switch aws.ToString(group.ParameterApplyStatus) {
	case pendingReboot:
		s.StaticParameters = aws.String("(other ones until a reboot)")
		return s, nil
	case applying: // whether a reboot is needed shows only afterwards
		s.StaticParameters = aws.String(unknownYet)
		return s, nil
	}
	parameters, _, err := k.r.parameters.Get(ctx, s.ParameterGroup.String(), recent)
	statics := map[string]string{}
	for _, p := range parameters {
		if aws.ToString(p.ApplyType) == static {
			statics[aws.ToString(p.ParameterName)] = aws.ToString(p.ParameterValue)
		}
	}
	s.StaticParameters = aws.String(StaticText(statics))
	return s, err
}

// outputs returns what others use of an instance.
func outputs(db types.DBInstance) map[string]string {
	id := aws.ToString(db.DBInstanceIdentifier)
	out := map[string]string{"id": id, "arn": aws.ToString(db.DBInstanceArn), "resource_id": aws.ToString(db.DbiResourceId),
		"engine_version": aws.ToString(db.EngineVersion), "status": aws.ToString(db.DBInstanceStatus),
		"allocated_storage": fmt.Sprint(aws.ToInt32(db.AllocatedStorage)), "pending": pendingText(db.PendingModifiedValues),
		"final_snapshot": FinalSnapshot(id, aws.ToString(db.DbiResourceId))}
	if db.Endpoint != nil {
		out["endpoint"], out["port"] = aws.ToString(db.Endpoint.Address), fmt.Sprint(aws.ToInt32(db.Endpoint.Port))
	}
	if db.MasterUserSecret != nil {
		out["secret_arn"] = aws.ToString(db.MasterUserSecret.SecretArn)
	}
	if len(db.DBParameterGroups) > 0 && aws.ToString(db.DBParameterGroups[0].ParameterApplyStatus) == pendingReboot {
		out["pending"] = strings.TrimPrefix(out["pending"]+", static parameters (with a reboot)", ", ")
	}
	zones := []string{aws.ToString(db.AvailabilityZone), aws.ToString(db.SecondaryAvailabilityZone)}
	zones = slices.DeleteFunc(zones, func(zone string) bool { return zone == "" })
	slices.Sort(zones) // they swap with every fail-over (aws-facts §6.15)
	out["zones"] = strings.Join(zones, ",")
	return out
}

// overlay sets the pending changes as if they were made.
func overlay(s *Instance, pending *types.PendingModifiedValues) {
	if pending == nil {
		return
	}
	s.Class = cmp.Or(aws.ToString(pending.DBInstanceClass), s.Class)
	s.Port = cmp.Or(aws.ToInt32(pending.Port), s.Port)
	for target, value := range map[**string]*string{&s.EngineVersion: pending.EngineVersion, &s.StorageType: pending.StorageType} {
		if value != nil {
			*target = value
		}
	}
	for target, value := range map[**int32]*int32{&s.AllocatedStorage: pending.AllocatedStorage, &s.IOPS: pending.Iops,
		&s.Throughput: pending.StorageThroughput, &s.BackupRetentionDays: pending.BackupRetentionPeriod} {
		if value != nil {
			*target = value
		}
	}
	if pending.MultiAZ != nil {
		s.MultiAZ = *pending.MultiAZ
	}
	if pending.IAMDatabaseAuthenticationEnabled != nil {
		s.IAMAuthentication = *pending.IAMDatabaseAuthenticationEnabled
	}
}

// pendingText names the changes that are pending, in words. A certificate that waits
// for a restart is none that anybody asked for (aws-facts §6.17).
func pendingText(pending *types.PendingModifiedValues) string {
	if pending == nil {
		return ""
	}
	var words []string
	add := func(name string, value any, given bool) {
		if given {
			words = append(words, fmt.Sprintf("%s = %v", name, value))
		}
	}
	add("instance_class", aws.ToString(pending.DBInstanceClass), pending.DBInstanceClass != nil)
	add("engine_version", aws.ToString(pending.EngineVersion), pending.EngineVersion != nil)
	add("multi_az", aws.ToBool(pending.MultiAZ), pending.MultiAZ != nil)
	add("allocated_storage", aws.ToInt32(pending.AllocatedStorage), pending.AllocatedStorage != nil)
	add("storage.type", aws.ToString(pending.StorageType), pending.StorageType != nil)
	add("storage.iops", aws.ToInt32(pending.Iops), pending.Iops != nil)
	add("storage.throughput", aws.ToInt32(pending.StorageThroughput), pending.StorageThroughput != nil)
	add("port", aws.ToInt32(pending.Port), pending.Port != nil)
	add("backup_retention_days", aws.ToInt32(pending.BackupRetentionPeriod), pending.BackupRetentionPeriod != nil)
	add("iam_authentication", aws.ToBool(pending.IAMDatabaseAuthenticationEnabled), pending.IAMDatabaseAuthenticationEnabled != nil)
	add("identifier", aws.ToString(pending.DBInstanceIdentifier), pending.DBInstanceIdentifier != nil)
	return strings.Join(words, ", ")
}
