package rds

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Update implements engine.Kind. It returns when the changes are made, or wait for
// the maintenance window as they should.
func (k *instances) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	s := spec[*Instance](want.Spec)
	if s.BlueGreen && diff.Has(greenChanges...) {
		live, err := k.byBlueGreen(ctx, have, want, diff)
		if err != nil {
			return live, fmt.Errorf("changing database instance %s by a blue/green deployment: %w", have.ID, err)
		}
		have, diff = live, engine.Difference(want.Spec, want.Tags, live, want.Untag...)
	}
	live, err := k.change(ctx, have, want, diff)
	if err != nil {
		return have, err
	}
	live.Key = have.Key
	if s.Password != nil && diff.Has("password") {
		err := k.tagPassword(ctx, live.Out["arn"], s.Password.Version)
		if err != nil {
			return live, fmt.Errorf("noting the version of the password of %s: %w", have.ID, err)
		}
		shown := *spec[*Instance](live.Spec)
		shown.Password = s.Password
		live.Spec = &shown
	}
	return live, k.r.retag(ctx, &live, want)
}

// change makes the changes that are none of tags, and reboots for those that need it.
func (k *instances) change(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	s, now := spec[*Instance](want.Spec), spec[*Instance](have.Spec)
	in, err := modifyInput(s, now, want, diff)
	if err != nil {
		return have, err
	}
	live := have
	switch {
	case in != nil:
		if live, err = k.modify(ctx, have, in, s, diff); err != nil {
			return have, fmt.Errorf("changing database instance %s: %w", have.ID, err)
		}
	case diff.Has("static_parameters"):
		if live, err = k.Wait(ctx, have); err != nil {
			return have, err
		}
	}
	if s.StaticParameters != nil && needsReboot(s, now, spec[*Instance](live.Spec), diff) {
		if live, err = k.reboot(ctx, live); err != nil {
			return have, fmt.Errorf("rebooting database instance %s: %w", have.ID, err)
		}
	}
	return live, nil
}

func (k *instances) tagPassword(ctx context.Context, arn, version string) error {
	_, err := awsapi.RDS(k.c).AddTagsToResource(ctx, &sdk.AddTagsToResourceInput{ResourceName: &arn,
		Tags: []types.Tag{{Key: aws.String(tagPassword), Value: &version}}})
	return err
}

// modifyInput is the request for the changes of a diff; nil when they need none.
func modifyInput(s, now *Instance, want engine.Want, diff stack.Diff) (*sdk.ModifyDBInstanceInput, error) {
	in := &sdk.ModifyDBInstanceInput{DBInstanceIdentifier: &s.Identifier, ApplyImmediately: &s.ApplyImmediately}
	var asks bool
	for _, change := range diff {
		path, _, _ := strings.Cut(change.Path, ".")
		if path == "port" && now.Port == 0 {
			continue // not shown before the instance has an endpoint
		}
		if set := settings[path]; set != nil {
			set(in, s)
			asks = true
		}
	}
	if diff.Has("pending") {
		// Alone, ApplyImmediately is for what is pending (aws-facts §6.5).
		asks, in.ApplyImmediately = true, aws.Bool(true)
	}
	if !asks {
		return nil, nil
	}
	if diff.Has("engine_version") {
		// The group goes with a major version and must be named in the same call.
		in.AllowMajorVersionUpgrade, in.DBParameterGroupName = aws.Bool(true), aws.String(s.ParameterGroup.String())
	}
	keepPerformance(in, now)
	in.CloudwatchLogsExportConfiguration = logChanges(in, s, now)
	if diff.Has("max_allocated_storage") && aws.ToInt32(s.MaxAllocatedStorage) == 0 {
		// A limit that is the size turns autoscaling off (aws-facts §6.6).
		in.MaxAllocatedStorage = aws.Int32(max(aws.ToInt32(s.AllocatedStorage), aws.ToInt32(now.AllocatedStorage)))
	}
	if !diff.Has("password") || s.Password == nil {
		return in, nil
	}
	value, err := want.Secret(*s.Password)
	in.MasterUserPassword, in.ManageMasterUserPassword = &value, aws.Bool(false)
	return in, err
}

// settings put one setting each into a request.
var settings = map[string]func(in *sdk.ModifyDBInstanceInput, s *Instance){
	"engine_version": func(in *sdk.ModifyDBInstanceInput, s *Instance) { in.EngineVersion = s.EngineVersion },
	"class":          func(in *sdk.ModifyDBInstanceInput, s *Instance) { in.DBInstanceClass = &s.Class },
	"multi_az":       func(in *sdk.ModifyDBInstanceInput, s *Instance) { in.MultiAZ = &s.MultiAZ },
	"storage_type": func(in *sdk.ModifyDBInstanceInput, s *Instance) {
		in.StorageType, in.Iops, in.StorageThroughput = s.StorageType, s.IOPS, s.Throughput
	},
	"allocated_storage":     func(in *sdk.ModifyDBInstanceInput, s *Instance) { in.AllocatedStorage = s.AllocatedStorage },
	"max_allocated_storage": func(in *sdk.ModifyDBInstanceInput, s *Instance) { in.MaxAllocatedStorage = s.MaxAllocatedStorage },
	"iops":                  func(in *sdk.ModifyDBInstanceInput, s *Instance) { in.Iops = s.IOPS },
	"throughput":            func(in *sdk.ModifyDBInstanceInput, s *Instance) { in.StorageThroughput = s.Throughput },
	"port":                  func(in *sdk.ModifyDBInstanceInput, s *Instance) { in.DBPortNumber = &s.Port },
	"security_groups":       func(in *sdk.ModifyDBInstanceInput, s *Instance) { in.VpcSecurityGroupIds = values(s.SecurityGroups) },
	"public":                func(in *sdk.ModifyDBInstanceInput, s *Instance) { in.PubliclyAccessible = &s.Public },
	"parameter_group": func(in *sdk.ModifyDBInstanceInput, s *Instance) {
		in.DBParameterGroupName = aws.String(s.ParameterGroup.String())
	},
	"backup_retention_days": func(in *sdk.ModifyDBInstanceInput, s *Instance) { in.BackupRetentionPeriod = s.BackupRetentionDays },
	"backup_window":         func(in *sdk.ModifyDBInstanceInput, s *Instance) { in.PreferredBackupWindow = s.BackupWindow },
	"maintenance_window":    func(in *sdk.ModifyDBInstanceInput, s *Instance) { in.PreferredMaintenanceWindow = &s.MaintenanceWindow },
	"copy_tags_to_snapshot": func(in *sdk.ModifyDBInstanceInput, s *Instance) { in.CopyTagsToSnapshot = &s.CopyTagsToSnapshot },
	"auto_minor_upgrade":    func(in *sdk.ModifyDBInstanceInput, s *Instance) { in.AutoMinorVersionUpgrade = &s.AutoMinorUpgrade },
	"monitoring_role":       monitoring,
	"monitoring_interval":   monitoring,
	"performance_insights": func(in *sdk.ModifyDBInstanceInput, s *Instance) {
		in.EnablePerformanceInsights = &s.PerformanceInsights
	},
	"log_exports": func(in *sdk.ModifyDBInstanceInput, _ *Instance) {
		in.CloudwatchLogsExportConfiguration = &types.CloudwatchLogsExportConfiguration{}
	},
	"iam_authentication": func(in *sdk.ModifyDBInstanceInput, s *Instance) {
		in.EnableIAMDatabaseAuthentication = &s.IAMAuthentication
	},
	"managed_password": func(in *sdk.ModifyDBInstanceInput, s *Instance) { in.ManageMasterUserPassword = s.ManagedPassword },
	"password":         func(*sdk.ModifyDBInstanceInput, *Instance) {},
}

func monitoring(in *sdk.ModifyDBInstanceInput, s *Instance) {
	in.MonitoringInterval, in.MonitoringRoleArn = &s.MonitoringInterval, refOrNil(s.MonitoringRole)
}

// gp3Threshold is the size from which gp3 volumes have numbers of their own
// (aws-facts §6.4).
const gp3Threshold = 400

// keepPerformance repeats the numbers of a volume that grows: RDS wants them in the
// same request (aws-facts §6.6).
func keepPerformance(in *sdk.ModifyDBInstanceInput, now *Instance) {
	kind := aws.ToString(now.StorageType)
	chosen := strings.HasPrefix(kind, "io") || kind == "gp3" && aws.ToInt32(now.AllocatedStorage) >= gp3Threshold
	if in.AllocatedStorage == nil || in.StorageType != nil || !chosen {
		return
	}
	if in.Iops == nil {
		in.Iops = now.IOPS
	}
	if in.StorageThroughput == nil && kind == "gp3" {
		in.StorageThroughput = now.Throughput
	}
}

// logChanges says which logs are exported from now on, and which not any more.
func logChanges(in *sdk.ModifyDBInstanceInput, s, now *Instance) *types.CloudwatchLogsExportConfiguration {
	if in.CloudwatchLogsExportConfiguration == nil {
		return nil
	}
	return &types.CloudwatchLogsExportConfiguration{EnableLogTypes: missing(now.LogExports, s.LogExports), DisableLogTypes: missing(s.LogExports, now.LogExports)}
}

// missing returns what of the second list is not in the first.
func missing(from, list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(item string) bool { return slices.Contains(from, item) })
}

// modify makes the request and returns the instance when what it asked for is there.
func (k *instances) modify(ctx context.Context, have engine.Live, in *sdk.ModifyDBInstanceInput, s *Instance, diff stack.Diff) (engine.Live, error) {
	again := func(err error) bool { return isFresh(err) || awsapi.IsBusy(err) }
	started := time.Now()
	err := k.c.Pace.Retry(ctx, busy, again, func(ctx context.Context) error {
		started = time.Now()
		_, err := awsapi.RDS(k.c).ModifyDBInstance(ctx, in)
		return err
	})
	if err != nil && !awsapi.Says(err, "InvalidParameterCombination", "No modifications were requested") {
		return have, err
	}
	live := have
	_, err = k.await(ctx, have.ID, awsapi.Waiting{What: "the changes of database instance " + have.ID, Expect: duration(s, diff, *in.ApplyImmediately), Limit: busy},
		func(db types.DBInstance) (bool, string, error) {
			seen, err := k.live(ctx, db, false)
			if err != nil {
				return false, "", err
			}
			live = seen
			left := k.left(s, seen, db, diff, *in.ApplyImmediately)
			if len(left) == 0 {
				return true, "", nil
			}
			return false, fmt.Sprint(left), k.fellBack(ctx, db, started, left)
		})
	return live, err
}

// left returns the changes that were asked for and are not there yet.
func (k *instances) left(s *Instance, seen engine.Live, db types.DBInstance, diff stack.Diff, immediately bool) stack.Diff {
	shown := spec[*Instance](seen.Spec)
	if immediately && *shown.Pending != "" {
		return stack.Diff{{Path: "pending", Have: *shown.Pending, Want: "(nothing)"}}
	}
	if diff.Has("password") && db.PendingModifiedValues != nil && db.PendingModifiedValues.MasterUserPassword != nil {
		return stack.Diff{{Path: "password", Have: "old", Want: "new"}}
	}
	return slices.DeleteFunc(stack.Compare(s, shown), func(c stack.Change) bool {
		return !diff.Has(c.Path) || c.Path == "static_parameters" || c.Path == "pending" || strings.HasPrefix(c.Path, "password")
	})
}

// fellBack returns an error when RDS has given up changes: the instance is then as
// before, with only an event to tell (aws-facts §6.3).
func (k *instances) fellBack(ctx context.Context, db types.DBInstance, started time.Time, left stack.Diff) error {
	if pendingText(db.PendingModifiedValues) != "" {
		return nil
	}
	events, err := Events(ctx, k.c, types.SourceTypeDbInstance, aws.ToString(db.DBInstanceIdentifier), started)
	if err != nil {
		return err
	}
	if bad := failures(events); len(bad) > 0 {
		return fmt.Errorf("RDS has given up (%v); %s", left, said(bad))
	}
	return nil
}

// change is how long the change of a setting takes at least.
type change struct {
	path string
	time time.Duration
}

// takes is how long changes of instances take (aws-facts §14). The parameter group
// goes with a major version.
var takes = []change{
	{"parameter_group", 15 * time.Minute}, {"multi_az", 12 * time.Minute}, {"class", 8 * time.Minute}, {"engine_version", 8 * time.Minute},
	{"pending", 5 * time.Minute}, {"allocated_storage", 3 * time.Minute}, {"storage_type", 3 * time.Minute},
}

func duration(s *Instance, diff stack.Diff, immediately bool) time.Duration {
	if !immediately {
		return instanceTakes
	}
	return longest(takes, instanceTakes, func(path string) bool {
		// A standby goes sooner than it comes.
		return diff.Has(path) && (path != "multi_az" || s.MultiAZ)
	})
}

// longest returns the time of the first change that is made, else the least.
func longest(changes []change, least time.Duration, made func(path string) bool) time.Duration {
	for _, c := range changes {
		if made(c.path) {
			return c.time
		}
	}
	return least
}

// needsReboot reports whether parameters wait for a reboot: that shows, if not at
// once. An upgrade restarts the instance by itself.
func needsReboot(s, before, now *Instance, diff stack.Diff) bool {
	if *now.StaticParameters != *s.StaticParameters {
		return true
	}
	return diff.Has("static_parameters") && *before.StaticParameters != unknownYet && !diff.Has("engine_version")
}

// reboot restarts an instance, in the other zone if it has one there, which takes
// less time.
func (k *instances) reboot(ctx context.Context, have engine.Live) (engine.Live, error) {
	err := k.c.Pace.Retry(ctx, busy, awsapi.IsBusy, func(ctx context.Context) error {
		_, err := awsapi.RDS(k.c).RebootDBInstance(ctx, &sdk.RebootDBInstanceInput{DBInstanceIdentifier: &have.ID,
			ForceFailover: aws.Bool(spec[*Instance](have.Spec).MultiAZ)})
		return err
	})
	if err != nil {
		return have, err
	}
	live := have
	_, err = k.await(ctx, have.ID, awsapi.Waiting{What: "database instance " + have.ID + " to be back", Expect: instanceTakes, Limit: busy},
		func(db types.DBInstance) (bool, string, error) {
			seen, err := k.live(ctx, db, false)
			live = seen
			waits := len(db.DBParameterGroups) > 0 && aws.ToString(db.DBParameterGroups[0].ParameterApplyStatus) == pendingReboot
			return !waits, "parameters wait for the reboot", err
		})
	return live, err
}
