package rds

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// planVersion upgrades the engine (aws-facts §6.5).
func (m *modification) planVersion() error {
	if m.in.EngineVersion == nil {
		return nil
	}
	have := *m.instance.EngineVersion
	version, major, err := m.engine.upgrade(have, *m.in.EngineVersion, m.in.AllowMajorVersionUpgrade)
	if err != nil {
		return err
	}
	if version == have {
		m.reverts = append(m.reverts, "version")
		return nil
	}
	if err := m.checkReplication(version); err != nil {
		return err
	}
	group, lasts := m.group, m.Timings.MinorUpgrade
	if major {
		lasts = m.Timings.MajorUpgrade
		if group, err = m.groupAfterUpgrade(m.engine.family(version)); err != nil {
			return err
		}
	}
	m.plan(&change{setting: "version", shows: map[string]any{"EngineVersion": aws.String(version)}, status: "upgrading", lasts: lasts, group: group,
		apply: func(at time.Time) { m.upgraded(m.instance, version, group, at) }}, false)
	return nil
}

// upgraded gives an instance, and PostgreSQL replicas with it, a new version.
func (s *Service) upgraded(i *instance, version, group string, at time.Time) {
	e, _ := findEngine(*i.Engine)
	if e.family(*i.EngineVersion) != e.family(version) {
		for _, replica := range s.replicas(i) {
			if !e.replicasFirst {
				s.upgraded(replica, version, s.defaultGroup(e.family(version), false).name, at)
			}
		}
		s.release(i.group, false, at)
		i.group, i.parameters = group, applied{}
	}
	i.EngineVersion = aws.String(version)
	s.noteInstance(i, at, "maintenance", "Database instance patched to %s", version)
}

// groupAfterUpgrade is the parameter group of a new major version. If the current
// one is not a default group, the request must name it.
func (m *modification) groupAfterUpgrade(family string) (string, error) {
	if m.in.DBParameterGroupName == nil {
		if current, err := m.parameterGroup(&m.group, false); err == nil && !current.isDefault() {
			return "", badCombination("The current DB instance parameter group %s is custom. You must explicitly specify a new DB parameter "+
				"group in this request, either default for the new version or a custom group.", m.group)
		}
	}
	g, err := m.parameterGroupFor(m.in.DBParameterGroupName, family, false)
	if err != nil {
		return "", err
	}
	return g.name, nil
}

// checkReplication keeps the versions of a source and its replicas in order
// (aws-facts §6.5, §6.13).
func (m *modification) checkReplication(version string) error {
	if m.source != nil && m.engine.older(version, *m.source.EngineVersion) {
		return badCombination("The engine version of a read replica must be the same as or later than that of its source.")
	}
	for _, replica := range m.replicas(m.instance) {
		if m.engine.replicasFirst && m.engine.older(*replica.EngineVersion, version) {
			return &types.DBUpgradeDependencyFailureFault{Message: text("One or more of the DB Instance's read replicas need to be upgraded: %s", replica.id)}
		}
	}
	return nil
}

// planGroup associates a parameter group, which is immediate but takes effect at the
// next reboot (aws-facts §6.5, §6.7). With a major upgrade, the group comes with it.
func (m *modification) planGroup() error {
	name := m.in.DBParameterGroupName
	upgrading := slices.ContainsFunc(m.changes, func(ch *change) bool { return ch.setting == "version" })
	if name == nil || upgrading && m.movesAcross() {
		return nil
	}
	g, err := m.parameterGroupFor(name, m.engine.family(*m.instance.EngineVersion), false)
	if err != nil || g.name == m.group {
		return err
	}
	m.atOnce = append(m.atOnce, func() {
		m.release(m.group, false, m.Now())
		m.group = g.name
		m.parameters = applied{applyingUntil: m.Now().Add(m.Timings.ParametersApplied), pendingReboot: true}
	})
	return nil
}

// movesAcross reports whether the request upgrades to another family.
func (m *modification) movesAcross() bool {
	for _, ch := range m.changes {
		if version, ok := ch.shows["EngineVersion"].(*string); ok {
			return m.engine.family(*version) != m.engine.family(*m.instance.EngineVersion)
		}
	}
	return false
}

// planMove moves the instance to another VPC (aws-facts §6.9).
func (m *modification) planMove() error {
	if m.in.DBSubnetGroupName == nil || lower(m.in.DBSubnetGroupName) == m.subnets.name {
		return nil
	}
	g, err := m.subnetGroup(m.in.DBSubnetGroupName)
	if err != nil {
		return err
	}
	switch {
	case g.vpcID == m.subnets.vpcID:
		return &types.InvalidVPCNetworkStateFault{Message: text("You cannot move DB instance %s to subnet group %s. The specified DB subnet "+
			"group and DB instance are in the same VPC. Choose a DB subnet group in different VPC than the specified DB instance and try again.", m.id, g.name)}
	case aws.ToBool(m.MultiAZ), m.source != nil, len(m.replicas(m.instance)) > 0:
		return &types.InvalidVPCNetworkStateFault{Message: text("You cannot move DB instance %s to another VPC: it is Multi-AZ or replicated.", m.id)}
	}
	groups, err := m.checkNetwork(g, 2, m.in.VpcSecurityGroupIds, aws.ToBool(m.PubliclyAccessible))
	if err != nil {
		return err
	}
	c, _ := findClass(*m.DBInstanceClass)
	zones, err := m.chooseZones(g, c, 1, nil)
	if err != nil {
		return err
	}
	m.plan(&change{setting: "subnets", shows: map[string]any{"DBSubnetGroupName": aws.String(g.name)}, status: "moving-to-vpc", lasts: m.Timings.Move, subnets: g,
		apply: func(at time.Time) {
			i := m.instance
			m.leave(i, 0, at.Add(m.Timings.InterfacesGone))
			i.subnets, i.securityGroups, i.groupsActiveAt = g, groups, at.Add(m.Timings.SecurityGroupsActive)
			if err := m.place(i, zones); err != nil {
				i.broken = "incompatible-network"
				m.surprise(i, at, "failure", "The DB instance is in an incompatible network: %s", err)
			}
		}}, false)
	return nil
}
