package rds

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// clusterModification is a request to modify a cluster.
type clusterModification struct {
	*Service
	*cluster
	plans
	in     *sdk.ModifyDBClusterInput
	engine *engine
}

// ModifyDBCluster implements the operation.
func (s *Service) ModifyDBCluster(_ context.Context, in *sdk.ModifyDBClusterInput) (*sdk.ModifyDBClusterOutput, error) {
	if err := refuseUnknownCluster(in); err != nil {
		return nil, err
	}
	c, err := s.availableCluster(in.DBClusterIdentifier)
	if err != nil {
		return nil, err
	}
	now := aws.ToBool(in.ApplyImmediately)
	if !asks(in, "DBClusterIdentifier", "ApplyImmediately", "AllowMajorVersionUpgrade") && !(now && len(c.pending) > 0) {
		return nil, badCombination("No modifications were requested")
	}
	e, err := findEngine(*c.Engine)
	if err != nil {
		return nil, err
	}
	m := &clusterModification{Service: s, cluster: c, in: in, engine: e}
	for _, plan := range []func() error{m.planKind, m.planSettings, m.planCredentials, m.planMonitoring, m.planLogs, m.planNetwork,
		m.planServer, m.planStorage, m.planVersion, m.planGroup, m.planName} {
		if err := plan(); err != nil {
			return nil, err
		}
	}
	c.pending = m.commit(c.pending)
	s.startClusterChanges(c, s.Now(), now)
	s.armCluster(c)
	out := s.viewCluster(c)
	return &sdk.ModifyDBClusterOutput{DBCluster: &out}, nil
}

// startClusterChanges begins a cluster's pending changes; the members go along.
func (s *Service) startClusterChanges(c *cluster, at time.Time, all bool) {
	made := func(ch *change, at time.Time) {
		c.pending = slices.DeleteFunc(c.pending, func(other *change) bool { return other == ch })
		if c.failure != "" && !ch.immediate {
			s.noteCluster(c, at, "failure", "%s: %s", ch.failed(), c.failure)
			c.failure = ""
			return
		}
		ch.apply(at)
	}
	before := len(c.steps)
	s.begin(&c.line, at, statusAvailable, waiting(c.pending, all), made, step{statusRebooting, s.Timings.Reboot, nil})
	s.lag(c, at, c.steps[before:])
}

// armCluster puts the next maintenance window on the agenda if changes wait for it.
func (s *Service) armCluster(c *cluster) {
	next := nextWindow(*c.PreferredMaintenanceWindow, s.Now())
	if len(waiting(c.pending, true)) == 0 || next.Equal(c.windowAt) {
		return
	}
	c.windowAt = next
	s.later(next, func(at time.Time) {
		if c.windowAt.Equal(at) && !c.deleting && c.status() == statusAvailable {
			c.windowAt = time.Time{}
			s.startClusterChanges(c, at, true)
		}
	})
}

// planKind refuses what the kind of cluster does not have (aws-facts §6.14).
func (m *clusterModification) planKind() error {
	if m.aurora() {
		if name := firstSet(m.in, "AllocatedStorage", "Iops", "DBClusterInstanceClass", "AutoMinorVersionUpgrade", "MonitoringInterval",
			"MonitoringRoleArn", "EnablePerformanceInsights"); name != "" {
			return badCombination("%s cannot be specified for the engine %s: it belongs to the DB instances of the cluster.", name, m.engine.name)
		}
		return nil
	}
	if name := firstSet(m.in, "Port", "OptionGroupName"); name != "" {
		return badCombination("%s cannot be modified for Multi-AZ DB clusters.", name)
	}
	return nil
}

// planSettings is for what takes effect without work on the servers.
func (m *clusterModification) planSettings() error {
	in, c := m.in, m.cluster
	backup, maintenance := c.PreferredBackupWindow, c.PreferredMaintenanceWindow
	if in.PreferredBackupWindow != nil {
		backup = in.PreferredBackupWindow
	}
	if in.PreferredMaintenanceWindow != nil {
		maintenance = in.PreferredMaintenanceWindow
	}
	daily, week, err := m.checkWindows(backup, maintenance)
	if err != nil {
		return err
	}
	if in.BackupRetentionPeriod != nil && *in.BackupRetentionPeriod < 1 {
		return badValue("Invalid backup retention period: %d. Must be between 1 and 35", *in.BackupRetentionPeriod)
	}
	if in.CACertificateIdentifier != nil {
		if err := checkCertificate(*in.CACertificateIdentifier); err != nil {
			return err
		}
	}
	m.atOnce = append(m.atOnce, func() {
		carry(&c.DBCluster, &sdk.ModifyDBClusterInput{CopyTagsToSnapshot: in.CopyTagsToSnapshot, DeletionProtection: in.DeletionProtection,
			AutoMinorVersionUpgrade: in.AutoMinorVersionUpgrade, BackupRetentionPeriod: in.BackupRetentionPeriod})
		c.PreferredBackupWindow, c.PreferredMaintenanceWindow = aws.String(daily), aws.String(week)
		if in.CACertificateIdentifier != nil {
			c.CertificateDetails = &types.CertificateDetails{CAIdentifier: in.CACertificateIdentifier, ValidTill: aws.Time(m.Now().Add(certificateLife))}
		}
		for _, i := range m.members(c) {
			i.BackupRetentionPeriod, i.PreferredBackupWindow = c.BackupRetentionPeriod, c.PreferredBackupWindow
		}
	})
	return m.engine.checkOptionGroup(in.OptionGroupName, *c.EngineVersion)
}

func (m *clusterModification) planCredentials() error {
	in := m.in
	ch, err := m.credentialChange(credentialRequest{in.MasterUserPassword, in.MasterUserSecretKmsKeyId, in.ManageMasterUserPassword},
		m.engine, m.arn, &m.cluster.secret)
	if ch != nil {
		m.plan(ch, false)
	}
	if aws.ToBool(in.RotateMasterUserPassword) {
		m.atOnce = append(m.atOnce, func() { m.rotateSecret(m.secret) })
	}
	return firstError(err, checkRotation(in.RotateMasterUserPassword, in.ApplyImmediately, m.secret))
}

// planMonitoring changes Enhanced Monitoring and Performance Insights of all members.
func (m *clusterModification) planMonitoring() error {
	in, c := m.in, m.cluster
	if m.aurora() {
		return nil
	}
	interval, role := c.MonitoringInterval, c.MonitoringRoleArn
	if in.MonitoringInterval != nil {
		interval = in.MonitoringInterval
	}
	if in.MonitoringRoleArn != nil {
		role = in.MonitoringRoleArn
	}
	if aws.ToInt32(interval) == 0 && in.MonitoringRoleArn == nil {
		role = nil
	}
	enable, days, key := in.EnablePerformanceInsights, in.PerformanceInsightsRetentionPeriod, in.PerformanceInsightsKMSKeyId
	if enable == nil {
		enable = c.PerformanceInsightsEnabled
	}
	if aws.ToBool(enable) && aws.ToBool(c.PerformanceInsightsEnabled) {
		fill(&days, aws.ToInt32(c.PerformanceInsightsRetentionPeriod))
		fill(&key, aws.ToString(c.PerformanceInsightsKMSKeyId))
	}
	class, _ := findClass(aws.ToString(c.DBClusterInstanceClass))
	set, err := m.insights(enable, days, key, class, m.engine)
	if err := firstError(err, m.checkMonitoring(interval, role)); err != nil {
		return err
	}
	have := insightSettings{aws.ToBool(c.PerformanceInsightsEnabled), aws.ToInt32(c.PerformanceInsightsRetentionPeriod), aws.ToString(c.PerformanceInsightsKMSKeyId)}
	same := aws.ToInt32(interval) == aws.ToInt32(c.MonitoringInterval) && aws.ToString(role) == aws.ToString(c.MonitoringRoleArn) && set == have
	m.plan(&change{setting: "monitoring", status: "configuring-enhanced-monitoring", lasts: m.Timings.Configure, immediate: true, apply: func(time.Time) {
		c.MonitoringInterval, c.MonitoringRoleArn = interval, role
		set.on(&c.PerformanceInsightsEnabled, &c.PerformanceInsightsRetentionPeriod, &c.PerformanceInsightsKMSKeyId)
		for _, i := range m.members(c) {
			i.MonitoringInterval, i.MonitoringRoleArn = interval, role
			set.on(&i.PerformanceInsightsEnabled, &i.PerformanceInsightsRetentionPeriod, &i.PerformanceInsightsKMSKeyId)
		}
	}}, same)
	return nil
}

func (m *clusterModification) planLogs() error {
	if m.in.CloudwatchLogsExportConfiguration == nil {
		return nil
	}
	exports, ch, err := m.exportChange(m.engine, m.EnabledCloudwatchLogsExports, m.in.CloudwatchLogsExportConfiguration)
	if err != nil {
		return err
	}
	ch.apply = func(time.Time) { m.cluster.EnabledCloudwatchLogsExports = exports }
	m.plan(ch, slices.Equal(exports, m.EnabledCloudwatchLogsExports))
	return nil
}

// planNetwork changes the security groups of all members, and an Aurora cluster's port.
func (m *clusterModification) planNetwork() error {
	in, c := m.in, m.cluster
	if in.VpcSecurityGroupIds != nil {
		if err := m.checkGroups(in.VpcSecurityGroupIds, c.subnets.vpcID); err != nil {
			return err
		}
		m.atOnce = append(m.atOnce, func() {
			if !slices.Equal(c.securityGroups, in.VpcSecurityGroupIds) {
				c.securityGroups, c.groupsActiveAt = slices.Clone(in.VpcSecurityGroupIds), m.Now().Add(m.Timings.SecurityGroupsActive)
			}
			for _, i := range m.members(c) {
				m.setGroups(i, in.VpcSecurityGroupIds, m.Now())
			}
		})
	}
	if in.Port == nil {
		return nil
	}
	m.plan(&change{setting: "port", status: statusModifying, lasts: m.Timings.Configure, immediate: true, restart: true, apply: func(time.Time) {
		c.Port = aws.Int32(*in.Port)
		for _, i := range m.members(c) {
			i.port = *in.Port
		}
	}}, *in.Port == *c.Port)
	return checkPort(in.Port)
}
