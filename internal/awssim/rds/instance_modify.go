package rds

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// modification is a request to modify an instance.
type modification struct {
	*Service
	*instance
	plans
	in     *sdk.ModifyDBInstanceInput
	engine *engine
}

// ModifyDBInstance implements the operation.
func (s *Service) ModifyDBInstance(_ context.Context, in *sdk.ModifyDBInstanceInput) (*sdk.ModifyDBInstanceOutput, error) {
	if err := refuseUnknown(in); err != nil {
		return nil, err
	}
	i, err := s.instance(in.DBInstanceIdentifier)
	if err != nil {
		return nil, err
	}
	if err := s.checkStatus(i, statusAvailable, statusOptimization); err != nil {
		return nil, err
	}
	now := aws.ToBool(in.ApplyImmediately)
	// aws-facts §6.5: alone, ApplyImmediately is for what is pending.
	if !asks(in, "DBInstanceIdentifier", "ApplyImmediately", "AllowMajorVersionUpgrade") && !(now && len(i.pending) > 0) {
		return nil, badCombination("No modifications were requested")
	}
	e, err := findEngine(*i.Engine)
	if err != nil {
		return nil, err
	}
	m := &modification{Service: s, instance: i, in: in, engine: e}
	for _, plan := range []func() error{m.planMember, m.planSettings, m.planWindows, m.planBackups, m.planCredentials, m.planMonitoring,
		m.planInsights, m.planLogs, m.planNetwork, m.planPort, m.planStorage, m.planClass, m.planMultiAZ, m.planVersion, m.planGroup,
		m.planIAM, m.planCertificate, m.planMove, m.planName} {
		if err := plan(); err != nil {
			return nil, err
		}
	}
	i.pending = m.commit(i.pending)
	s.startChanges(i, s.Now(), now)
	s.arm(i)
	out := s.view(i)
	return &sdk.ModifyDBInstanceOutput{DBInstance: &out}, nil
}

// planMember refuses what a member's cluster decides (aws-facts §6.14).
func (m *modification) planMember() error {
	c := m.clusterOf(m.instance)
	if c == nil {
		return nil
	}
	if !c.aurora() {
		return badCombination("The DB instance %s is a member of the Multi-AZ DB cluster %s. Modify the DB cluster instead.", m.id, c.id)
	}
	if name := firstSet(m.in, "AllocatedStorage", "StorageType", "Iops", "StorageThroughput", "MaxAllocatedStorage", "EngineVersion", "MultiAZ",
		"BackupRetentionPeriod", "PreferredBackupWindow", "MasterUserPassword", "ManageMasterUserPassword", "RotateMasterUserPassword",
		"VpcSecurityGroupIds", "DBPortNumber", "EnableIAMDatabaseAuthentication", "DBSubnetGroupName", "CloudwatchLogsExportConfiguration"); name != "" {
		return badCombination("%s is managed by the DB cluster %s. Modify the DB cluster instead.", name, c.id)
	}
	return nil
}

// planSettings is for what takes effect without work on the server (aws-facts §6.5).
func (m *modification) planSettings() error {
	in := m.in
	if in.LicenseModel != nil && *in.LicenseModel != m.engine.license {
		return badCombination("The license model %s is not available for %s.", *in.LicenseModel, m.engine.name)
	}
	if in.Engine != nil && lower(in.Engine) != m.engine.name {
		return badCombination("The engine of a DB instance cannot be changed.")
	}
	if in.NetworkType != nil && *in.NetworkType != "IPV4" {
		return notSimulated("NetworkType " + *in.NetworkType)
	}
	if in.DatabaseInsightsMode == types.DatabaseInsightsModeAdvanced {
		return notSimulated("the advanced mode of Database Insights")
	}
	m.atOnce = append(m.atOnce, func() {
		settings := sdk.ModifyDBInstanceInput{CopyTagsToSnapshot: in.CopyTagsToSnapshot, DeletionProtection: in.DeletionProtection,
			AutoMinorVersionUpgrade: in.AutoMinorVersionUpgrade, PromotionTier: in.PromotionTier, EngineLifecycleSupport: in.EngineLifecycleSupport}
		carry(&m.DBInstance, &settings)
	})
	return m.engine.checkOptionGroup(in.OptionGroupName, *m.EngineVersion)
}

func (m *modification) planWindows() error {
	backup, maintenance := m.PreferredBackupWindow, m.PreferredMaintenanceWindow
	if m.in.PreferredBackupWindow != nil {
		backup = m.in.PreferredBackupWindow
	}
	if m.in.PreferredMaintenanceWindow != nil {
		maintenance = m.in.PreferredMaintenanceWindow
	}
	daily, week, err := m.checkWindows(backup, maintenance)
	m.atOnce = append(m.atOnce, func() {
		m.instance.PreferredBackupWindow, m.instance.PreferredMaintenanceWindow = aws.String(daily), aws.String(week)
	})
	return err
}

// planBackups changes the retention period at once, but turns backups on and off as
// a deferred change (aws-facts §6.5).
func (m *modification) planBackups() error {
	wanted, have := m.in.BackupRetentionPeriod, aws.ToInt32(m.BackupRetentionPeriod)
	if wanted == nil {
		return nil
	}
	if err := checkRetention(wanted); err != nil {
		return err
	}
	if *wanted == 0 && len(m.replicas(m.instance)) > 0 {
		return badCombination("Automated backups cannot be turned off for the DB instance %s: it has read replicas.", m.id)
	}
	keep := func() { m.instance.BackupRetentionPeriod = aws.Int32(*wanted) }
	if (*wanted == 0) == (have == 0) {
		m.atOnce = append(m.atOnce, keep)
		m.reverts = append(m.reverts, "backups")
		return nil
	}
	ch := &change{setting: "backups", shows: map[string]any{"BackupRetentionPeriod": aws.Int32(*wanted)}, status: statusModifying,
		lasts: m.Timings.Configure, apply: func(at time.Time) {
			keep()
			m.restorableFrom = time.Time{}
		}}
	if *wanted > 0 {
		ch.status, ch.lasts = statusBackingUp, m.Timings.Backup
		ch.apply = func(at time.Time) {
			keep()
			m.restorableFrom = at
		}
	}
	m.plan(ch, false)
	return nil
}

// planMonitoring changes Enhanced Monitoring.
func (m *modification) planMonitoring() error {
	in := m.in
	if in.MonitoringInterval == nil && in.MonitoringRoleArn == nil {
		return nil
	}
	interval, role := m.MonitoringInterval, m.MonitoringRoleArn
	if in.MonitoringInterval != nil {
		interval = in.MonitoringInterval
	}
	if in.MonitoringRoleArn != nil {
		role = in.MonitoringRoleArn
	}
	if *interval == 0 && in.MonitoringRoleArn == nil {
		role = nil
	}
	if err := m.checkMonitoring(interval, role); err != nil {
		return err
	}
	m.plan(&change{setting: "monitoring", status: "configuring-enhanced-monitoring", lasts: m.Timings.Configure, immediate: true,
		apply: func(time.Time) { m.instance.MonitoringInterval, m.instance.MonitoringRoleArn = interval, role }},
		*interval == aws.ToInt32(m.MonitoringInterval) && aws.ToString(role) == aws.ToString(m.MonitoringRoleArn))
	return nil
}

func (m *modification) planInsights() error {
	in := m.in
	if in.EnablePerformanceInsights == nil && in.PerformanceInsightsRetentionPeriod == nil && in.PerformanceInsightsKMSKeyId == nil {
		return nil
	}
	enable := in.EnablePerformanceInsights
	if enable == nil {
		enable = m.PerformanceInsightsEnabled
	}
	key, retention := in.PerformanceInsightsKMSKeyId, in.PerformanceInsightsRetentionPeriod
	if m.PerformanceInsightsEnabled != nil && *m.PerformanceInsightsEnabled && aws.ToBool(enable) {
		if key == nil {
			key = m.PerformanceInsightsKMSKeyId
		}
		if retention == nil {
			retention = m.PerformanceInsightsRetentionPeriod
		}
	}
	c, _ := findClass(*m.DBInstanceClass)
	set, err := m.insights(enable, retention, key, c, m.engine)
	m.plan(&change{setting: "insights", status: statusModifying, lasts: m.Timings.Configure, immediate: true, apply: func(time.Time) {
		i := m.instance
		set.on(&i.PerformanceInsightsEnabled, &i.PerformanceInsightsRetentionPeriod, &i.PerformanceInsightsKMSKeyId)
	}}, set == insightSettings{aws.ToBool(m.PerformanceInsightsEnabled), aws.ToInt32(m.PerformanceInsightsRetentionPeriod), aws.ToString(m.PerformanceInsightsKMSKeyId)})
	return err
}

// planLogs changes which logs go to CloudWatch.
func (m *modification) planLogs() error {
	config := m.in.CloudwatchLogsExportConfiguration
	if config == nil {
		return nil
	}
	exports, ch, err := m.exportChange(m.engine, m.EnabledCloudwatchLogsExports, config)
	if err != nil {
		return err
	}
	ch.apply = func(time.Time) { m.instance.EnabledCloudwatchLogsExports = exports }
	m.plan(ch, slices.Equal(exports, m.EnabledCloudwatchLogsExports))
	return nil
}

// exportChange works out the new set of exported logs.
func (s *Service) exportChange(e *engine, have []string, config *types.CloudwatchLogsExportConfiguration) ([]string, *change, error) {
	if err := e.checkLogs(slices.Concat(config.EnableLogTypes, config.DisableLogTypes)); err != nil {
		return nil, nil, err
	}
	exports := slices.DeleteFunc(slices.Concat(have, config.EnableLogTypes), func(name string) bool {
		return slices.Contains(config.DisableLogTypes, name)
	})
	slices.Sort(exports)
	shown := &types.PendingCloudwatchLogsExports{LogTypesToEnable: slices.Clone(config.EnableLogTypes), LogTypesToDisable: slices.Clone(config.DisableLogTypes)}
	return slices.Compact(exports), &change{setting: "logs", status: "configuring-log-exports", lasts: s.Timings.Configure, immediate: true,
		shows: map[string]any{"PendingCloudwatchLogsExports": shown}}, nil
}
