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

// Update implements engine.Kind. It returns when the cluster has the settings, or
// has them noted for its maintenance window.
func (k *clusters) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	live, err := k.update(ctx, have, want, diff)
	live.Key = want.Key
	if err != nil {
		return live, fmt.Errorf("updating DB cluster %s: %w", have.ID, err)
	}
	return live, nil
}

func (k *clusters) update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	if err := k.r.retag(ctx, &have, want); err != nil {
		return have, err
	}
	in, err := clusterInput(spec[*Cluster](have.Spec), want, diff)
	if err != nil || in == nil {
		return have, err
	}
	err = k.c.Pace.Retry(ctx, busy, func(err error) bool { return awsapi.IsBusy(err) || isFresh(err) }, func(ctx context.Context) error {
		_, err := awsapi.RDS(k.c).ModifyDBCluster(ctx, in)
		return err
	})
	if err != nil && !nothingToDo(err) {
		return have, err
	}
	if diff.Has("password") {
		// Last, so that after a crash before it the password is set once more.
		if err := k.r.retag(ctx, &have, engine.Want{Tags: withPassword(want, spec[*Cluster](want.Spec).Password)}); err != nil {
			return have, err
		}
	}
	return k.reached(ctx, have, want)
}

// nothingToDo reports whether everything is as it was asked for (aws-facts §6.5).
func nothingToDo(err error) bool {
	return awsapi.Says(err, "InvalidParameterCombination", "No modifications were requested")
}

// clusterInput has the settings that differ; nil when only tags do.
func clusterInput(have *Cluster, want engine.Want, diff stack.Diff) (*sdk.ModifyDBClusterInput, error) {
	s := spec[*Cluster](want.Spec)
	if !slices.ContainsFunc(diff, func(c stack.Change) bool { return !strings.HasPrefix(c.Path, "tags.") }) {
		return nil, nil
	}
	// What waits for the window is named once more, so that it is made now.
	now := diff.Has("pending")
	in := &sdk.ModifyDBClusterInput{DBClusterIdentifier: &s.Identifier, ApplyImmediately: aws.Bool(s.ApplyImmediately || now)}
	if diff.Has("engine_version") || now && have.EngineVersion != "" && stack.VersionMet(s.EngineVersion, have.EngineVersion) {
		in.EngineVersion, in.AllowMajorVersionUpgrade = &s.EngineVersion, aws.Bool(true)
	}
	if diff.Has("engine_version", "parameter_group") {
		in.DBClusterParameterGroupName = aws.String(s.ParameterGroup.String())
	}
	if diff.Has("security_groups") {
		in.VpcSecurityGroupIds = values(s.SecurityGroups)
	}
	if diff.Has("backup_retention_days") || now {
		in.BackupRetentionPeriod = &s.BackupRetentionDays
	}
	if diff.Has("backup_window") {
		in.PreferredBackupWindow = s.BackupWindow
	}
	if diff.Has("maintenance_window") {
		in.PreferredMaintenanceWindow = s.MaintenanceWindow
	}
	if diff.Has("iam_authentication") || now {
		in.EnableIAMDatabaseAuthentication = &s.IAMAuthentication
	}
	if diff.Has("copy_tags_to_snapshot") {
		in.CopyTagsToSnapshot = &s.CopyTagsToSnapshot
	}
	if diff.Has("deletion_protection") {
		in.DeletionProtection = &s.DeletionProtection
	}
	if diff.Has("log_exports") {
		in.CloudwatchLogsExportConfiguration = &types.CloudwatchLogsExportConfiguration{
			EnableLogTypes: missing(have.LogExports, s.LogExports), DisableLogTypes: missing(s.LogExports, have.LogExports)}
	}
	modifyMembers(in, s.MultiAZ, diff, now)
	return in, modifyPassword(in, want, diff)
}

// modifyMembers has the settings of a Multi-AZ DB cluster's members that differ.
func modifyMembers(in *sdk.ModifyDBClusterInput, m *MultiAZ, diff stack.Diff, now bool) {
	if m == nil {
		return
	}
	if diff.Has("multi_az.instance_class") || now {
		in.DBClusterInstanceClass = &m.InstanceClass
	}
	if diff.Has("multi_az.storage_type", "multi_az.allocated_storage", "multi_az.iops") || now {
		// The IOPS go along with the size (aws-facts §6.6).
		in.StorageType, in.AllocatedStorage, in.Iops = &m.StorageType, &m.AllocatedStorage, m.IOPS
	}
	if diff.Has("multi_az.monitoring_interval", "multi_az.monitoring_role") {
		in.MonitoringInterval = &m.MonitoringInterval
		if m.MonitoringRole != nil {
			in.MonitoringRoleArn = aws.String(m.MonitoringRole.String())
		}
	}
	if diff.Has("multi_az.performance_insights") {
		in.EnablePerformanceInsights = &m.PerformanceInsights
	}
	if diff.Has("multi_az.auto_minor_version_upgrade") {
		in.AutoMinorVersionUpgrade = &m.AutoMinorVersionUpgrade
	}
}

// modifyPassword gives the password to RDS to manage, or takes it back by setting
// one's own (aws-facts §6.10).
func modifyPassword(in *sdk.ModifyDBClusterInput, want engine.Want, diff stack.Diff) (err error) {
	s := spec[*Cluster](want.Spec)
	if diff.Has("managed_password") {
		in.ManageMasterUserPassword = &s.ManagedPassword
	}
	if !s.ManagedPassword && diff.Has("managed_password", "password") {
		in.MasterUserPassword, err = passwordOf(want, s.Password)
	}
	return err
}

// silence is how long a cluster may look idle and unchanged after a modification
// was accepted: at first nothing shows, and a change that failed shows the same for
// ever (aws-facts §6.2, §6.3).
const silence = 3 * time.Minute

// reached waits until the cluster has the wanted settings and works again.
func (k *clusters) reached(ctx context.Context, have engine.Live, want engine.Want) (engine.Live, error) {
	var idle time.Time
	changed := awsapi.Waiting{What: "DB cluster " + have.ID + " to change", Expect: 2 * time.Minute, Limit: busy}
	err := k.c.Pace.Until(ctx, changed, func(ctx context.Context) (bool, string, error) {
		state, err := k.state(ctx, have.ID)
		if err != nil {
			return false, "", err
		}
		have.Spec, have.Out = state.live.Spec, state.live.Out
		left := stack.Compare(want.Spec, state.live.Spec)
		if !state.ready || len(left) == 0 {
			idle = time.Time{}
			return state.ready, state.words, nil
		}
		if idle.IsZero() {
			idle = time.Now()
		}
		if time.Since(idle) >= k.c.Pace.Scale(silence) {
			return false, "", because(ctx, k.c, types.SourceTypeDbCluster, have.ID, fmt.Sprintf("AWS took the change and did not make it: %v", left))
		}
		return false, fmt.Sprint(left), nil
	})
	return have, err
}
