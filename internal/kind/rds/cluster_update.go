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
	return k.reached(ctx, have, want, diff)
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
	for _, setting := range clusterSettings {
		if diff.Has(setting.paths...) || now && setting.waits {
			setting.set(in, s)
		}
	}
	if diff.Has("engine_version") || now && have.EngineVersion != "" && stack.VersionMet(s.EngineVersion, have.EngineVersion) {
		in.EngineVersion, in.AllowMajorVersionUpgrade = &s.EngineVersion, aws.Bool(true)
	}
	if diff.Has("log_exports") {
		in.CloudwatchLogsExportConfiguration = &types.CloudwatchLogsExportConfiguration{
			EnableLogTypes: missing(have.LogExports, s.LogExports), DisableLogTypes: missing(s.LogExports, have.LogExports)}
	}
	return in, modifyPassword(in, want, diff)
}

// clusterSettings put one setting each into a request, if one of the paths differs.
var clusterSettings = []struct {
	paths []string
	// waits says that the setting may be pending.
	waits bool
	set   func(in *sdk.ModifyDBClusterInput, s *Cluster)
}{
	{[]string{"engine_version", "parameter_group"}, false, func(in *sdk.ModifyDBClusterInput, s *Cluster) {
		in.DBClusterParameterGroupName = aws.String(s.ParameterGroup.String())
	}},
	{[]string{"security_groups"}, false, func(in *sdk.ModifyDBClusterInput, s *Cluster) { in.VpcSecurityGroupIds = values(s.SecurityGroups) }},
	{[]string{"backup_retention_days"}, true, func(in *sdk.ModifyDBClusterInput, s *Cluster) { in.BackupRetentionPeriod = &s.BackupRetentionDays }},
	{[]string{"backup_window"}, false, func(in *sdk.ModifyDBClusterInput, s *Cluster) { in.PreferredBackupWindow = s.BackupWindow }},
	{[]string{"maintenance_window"}, false, func(in *sdk.ModifyDBClusterInput, s *Cluster) { in.PreferredMaintenanceWindow = s.MaintenanceWindow }},
	{[]string{"iam_authentication"}, true, func(in *sdk.ModifyDBClusterInput, s *Cluster) {
		in.EnableIAMDatabaseAuthentication = &s.IAMAuthentication
	}},
	{[]string{"copy_tags_to_snapshot"}, false, func(in *sdk.ModifyDBClusterInput, s *Cluster) { in.CopyTagsToSnapshot = &s.CopyTagsToSnapshot }},
	{[]string{"deletion_protection"}, false, func(in *sdk.ModifyDBClusterInput, s *Cluster) { in.DeletionProtection = &s.DeletionProtection }},
	{[]string{"multi_az.instance_class"}, true, ofMembers(func(in *sdk.ModifyDBClusterInput, m *MultiAZ) { in.DBClusterInstanceClass = &m.InstanceClass })},
	{[]string{"multi_az.storage_type", "multi_az.allocated_storage", "multi_az.iops"}, true, ofMembers(func(in *sdk.ModifyDBClusterInput, m *MultiAZ) {
		// The IOPS go along with the size (aws-facts §6.6).
		in.StorageType, in.AllocatedStorage, in.Iops = &m.StorageType, &m.AllocatedStorage, m.IOPS
	})},
	{[]string{"multi_az.monitoring_interval", "multi_az.monitoring_role"}, false, ofMembers(func(in *sdk.ModifyDBClusterInput, m *MultiAZ) {
		in.MonitoringInterval = &m.MonitoringInterval
		if m.MonitoringRole != nil {
			in.MonitoringRoleArn = aws.String(m.MonitoringRole.String())
		}
	})},
	{[]string{"multi_az.performance_insights"}, false, ofMembers(func(in *sdk.ModifyDBClusterInput, m *MultiAZ) {
		in.EnablePerformanceInsights = &m.PerformanceInsights
	})},
	{[]string{"multi_az.auto_minor_version_upgrade"}, false, ofMembers(func(in *sdk.ModifyDBClusterInput, m *MultiAZ) {
		in.AutoMinorVersionUpgrade = &m.AutoMinorVersionUpgrade
	})},
}

// ofMembers sets what only a Multi-AZ DB cluster says about its members.
func ofMembers(set func(in *sdk.ModifyDBClusterInput, m *MultiAZ)) func(*sdk.ModifyDBClusterInput, *Cluster) {
	return func(in *sdk.ModifyDBClusterInput, s *Cluster) {
		if s.MultiAZ != nil {
			set(in, s.MultiAZ)
		}
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

// clusterChangesTake is how long changes of clusters take (aws-facts §14).
var clusterChangesTake = []change{
	{"parameter_group", 15 * time.Minute}, {"multi_az.instance_class", 8 * time.Minute}, {"engine_version", 8 * time.Minute},
	{"multi_az.allocated_storage", 3 * time.Minute}, {"multi_az.storage_type", 3 * time.Minute},
}

// reached waits until the cluster has the wanted settings and works again.
func (k *clusters) reached(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	var idle time.Time
	changed := awsapi.Waiting{What: "DB cluster " + have.ID + " to change", Limit: busy,
		Expect: longest(clusterChangesTake, instanceTakes, func(path string) bool { return diff.Has(path) })}
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
