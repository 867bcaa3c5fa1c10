package rds

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// planServer changes the class of all members, and authentication through IAM.
func (m *clusterModification) planServer() error {
	in, c := m.in, m.cluster
	if iam := in.EnableIAMDatabaseAuthentication; iam != nil {
		m.plan(&change{setting: "iam", shows: map[string]any{"IAMDatabaseAuthenticationEnabled": aws.Bool(*iam)},
			status: "configuring-iam-database-auth", lasts: m.Timings.Configure,
			apply: func(time.Time) { c.IAMDatabaseAuthenticationEnabled = aws.Bool(*iam) }}, *iam == aws.ToBool(c.IAMDatabaseAuthenticationEnabled))
	}
	if in.DBClusterInstanceClass == nil {
		return nil
	}
	class, err := checkOrder(m.engine, *c.EngineVersion, *in.DBClusterInstanceClass, "io1", m.engine.license)
	if err != nil {
		return err
	}
	if !class.clusters {
		return badCombination("The DB instance class %s is not available for Multi-AZ DB clusters.", class.name)
	}
	for _, i := range m.members(c) {
		for _, n := range i.nodes {
			if !class.in(n.zone) {
				return badCombination("RDS does not support the DB instance class %s in the Availability Zone %s.", class.name, n.zone)
			}
		}
	}
	// ClusterPendingModifiedValues has no class: it is pending without being shown.
	m.plan(&change{setting: "class", status: statusModifying, lasts: m.Timings.ClassMultiAZ, apply: func(time.Time) {
		c.DBClusterInstanceClass = aws.String(class.name)
		for _, i := range m.members(c) {
			i.DBInstanceClass = aws.String(class.name)
		}
	}}, class.name == *c.DBClusterInstanceClass)
	return nil
}

// planStorage changes the volumes of all members (aws-facts §6.6, §6.14).
func (m *clusterModification) planStorage() error {
	in, c := m.in, m.cluster
	if in.StorageType == nil && in.AllocatedStorage == nil && in.Iops == nil {
		return nil
	}
	if m.aurora() {
		return m.planAuroraStorage()
	}
	have := disk{*c.StorageType, *c.AllocatedStorage, aws.ToInt32(c.Iops), aws.ToInt32(c.StorageThroughput)}
	wanted, err := m.engine.grow(have, diskRequest{kind: in.StorageType, size: in.AllocatedStorage, iops: in.Iops})
	if err == nil && wanted.kind == "gp2" {
		err = &types.StorageTypeNotSupportedFault{Message: text("Storage type gp2 is not supported for Multi-AZ DB clusters.")}
	}
	if err != nil {
		return err
	}
	iops, throughput := wanted.numbers()
	m.plan(&change{setting: "storage", status: statusModifying, lasts: m.Timings.StorageChange,
		shows: map[string]any{"AllocatedStorage": aws.Int32(wanted.size), "StorageType": aws.String(wanted.kind), "Iops": iops},
		apply: func(time.Time) {
			c.AllocatedStorage, c.StorageType, c.Iops, c.StorageThroughput = aws.Int32(wanted.size), aws.String(wanted.kind), iops, throughput
			for _, i := range m.members(c) {
				wanted.on(&i.DBInstance)
			}
		}}, wanted == have)
	return m.checkStorageQuota(wanted.size - have.size)
}

// planAuroraStorage chooses between Aurora's two kinds of storage.
func (m *clusterModification) planAuroraStorage() error {
	var kind *string
	switch *m.in.StorageType {
	case "aurora":
	case "aurora-iopt1":
		kind = aws.String("aurora-iopt1")
	default:
		return &types.StorageTypeNotSupportedFault{Message: text("Storage type %s is not supported.", *m.in.StorageType)}
	}
	m.plan(&change{setting: "storage", status: statusModifying, lasts: m.Timings.StorageChange,
		apply: func(time.Time) { m.cluster.StorageType = kind }}, aws.ToString(kind) == aws.ToString(m.StorageType))
	return nil
}

// planVersion upgrades the engine of all members.
func (m *clusterModification) planVersion() error {
	in, c := m.in, m.cluster
	if in.EngineVersion == nil {
		return nil
	}
	version, major, err := m.engine.upgrade(*c.EngineVersion, *in.EngineVersion, in.AllowMajorVersionUpgrade)
	if err != nil {
		return err
	}
	lasts, group, members := m.Timings.MinorUpgrade, c.group, ""
	if major {
		lasts = m.Timings.MajorUpgrade
		current, err := m.parameterGroup(&c.group, true)
		if err == nil && !current.isDefault() && in.DBClusterParameterGroupName == nil {
			return badCombination("The current DB cluster parameter group %s is custom. You must explicitly specify a new DB cluster "+
				"parameter group in this request, either default for the new version or a custom group.", c.group)
		}
		g, err := m.parameterGroupFor(in.DBClusterParameterGroupName, m.engine.family(version), true)
		if err != nil {
			return err
		}
		own, err := m.parameterGroupFor(in.DBInstanceParameterGroupName, m.engine.family(version), false)
		if err != nil {
			return err
		}
		group, members = g.name, own.name
	}
	m.plan(&change{setting: "version", shows: map[string]any{"EngineVersion": aws.String(version)}, status: "upgrading", lasts: lasts, group: group,
		apply: func(at time.Time) {
			m.release(c.group, true, at)
			c.EngineVersion, c.group = aws.String(version), group
			for _, i := range m.members(c) {
				i.EngineVersion, i.clusterParameters = aws.String(version), applied{}
				if members != "" {
					i.group, i.parameters = members, applied{}
				}
			}
			m.noteCluster(c, at, "maintenance", "Database cluster engine version upgraded to %s", version)
		}}, version == *c.EngineVersion)
	return nil
}

// planGroup associates a parameter group; with a major upgrade it comes with that.
func (m *clusterModification) planGroup() error {
	name := m.in.DBClusterParameterGroupName
	for _, ch := range m.changes {
		if ch.setting == "version" && ch.group != m.group {
			return nil
		}
	}
	if name == nil {
		return nil
	}
	g, err := m.parameterGroupFor(name, m.engine.family(*m.cluster.EngineVersion), true)
	if err != nil || g.name == m.group {
		return err
	}
	m.atOnce = append(m.atOnce, func() {
		m.release(m.group, true, m.Now())
		m.group = g.name
		for _, i := range m.members(m.cluster) {
			i.clusterParameters = applied{applyingUntil: m.Now().Add(m.Timings.ParametersApplied), pendingReboot: true}
		}
	})
	return nil
}

// planName renames the cluster.
func (m *clusterModification) planName() error {
	if m.in.NewDBClusterIdentifier == nil || lower(m.in.NewDBClusterIdentifier) == m.id {
		return nil
	}
	id, err := m.newClusterID(m.in.NewDBClusterIdentifier)
	if err != nil {
		return err
	}
	m.plan(&change{setting: "name", shows: map[string]any{"DBClusterIdentifier": aws.String(id)}, status: "renaming", lasts: m.Timings.Rename,
		apply: func(time.Time) { m.nameCluster(m.cluster, id) }}, false)
	return nil
}
