package rds

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// planCredentials changes the master password or who manages it (aws-facts §6.10).
func (m *modification) planCredentials() error {
	in := m.in
	ch, err := m.credentialChange(credentialRequest{in.MasterUserPassword, in.MasterUserSecretKmsKeyId, in.ManageMasterUserPassword},
		m.engine, m.arn, &m.instance.secret)
	if ch != nil {
		m.plan(ch, false)
	}
	if aws.ToBool(in.RotateMasterUserPassword) {
		m.atOnce = append(m.atOnce, func() { m.rotateSecret(m.secret) })
	}
	return firstError(err, checkRotation(in.RotateMasterUserPassword, in.ApplyImmediately, m.secret))
}

// credentialRequest is what a modification says of the master user's password.
type credentialRequest struct {
	password, key *string
	manage        *bool
}

// credentialChange works out what happens to a password, for instances and clusters
// alike; no change means nothing. The password itself is checked and forgotten.
func (s *Service) credentialChange(r credentialRequest, e *engine, owner string, have **secret) (*change, error) {
	managed := *have != nil
	if r.manage != nil {
		managed = *r.manage
	}
	ch := &change{setting: "password", status: "resetting-master-credentials", lasts: s.Timings.Configure, immediate: true}
	switch {
	case managed && r.password != nil:
		return nil, badCombination("You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled.")
	case managed:
		if *have != nil {
			return nil, s.sameKey(*have, r.key)
		}
		ch.apply = func(time.Time) { *have, _ = s.newSecret(owner, r.key) }
		_, err := s.key(r.key, defaultKey)
		return ch, err
	case r.password == nil && *have != nil:
		return nil, badCombination("You must specify MasterUserPassword when you turn off ManageMasterUserPassword.")
	case r.password == nil:
		return nil, nil
	}
	ch.shows = map[string]any{"MasterUserPassword": aws.String("****")}
	ch.apply = func(time.Time) {
		s.dropSecret(*have)
		*have = nil
	}
	return ch, e.checkPassword(*r.password)
}

// sameKey refuses another key for a secret (aws-facts §6.10).
func (s *Service) sameKey(x *secret, key *string) error {
	if key == nil {
		return nil
	}
	if arn, err := s.key(key, defaultKey); err != nil || arn != x.key {
		return badCombination("The KMS key of a managed master user password cannot be changed.")
	}
	return nil
}

// checkRotation checks a request to rotate a managed password now.
func checkRotation(rotate, now *bool, x *secret) error {
	if aws.ToBool(rotate) && (x == nil || !aws.ToBool(now)) {
		return badCombination("RotateMasterUserPassword requires a managed master user password and ApplyImmediately.")
	}
	return nil
}

// planNetwork changes security groups and public access.
func (m *modification) planNetwork() error {
	in := m.in
	if in.VpcSecurityGroupIds != nil && in.DBSubnetGroupName == nil {
		if err := m.checkGroups(in.VpcSecurityGroupIds, m.subnets.vpcID); err != nil {
			return err
		}
		m.atOnce = append(m.atOnce, func() { m.setGroups(m.instance, in.VpcSecurityGroupIds, m.Now()) })
	}
	if in.PubliclyAccessible == nil || *in.PubliclyAccessible == aws.ToBool(m.PubliclyAccessible) {
		return nil
	}
	if *in.PubliclyAccessible {
		if err := m.checkPublic(m.subnets.vpcID); err != nil {
			return err
		}
	}
	m.plan(&change{setting: "public", status: statusModifying, lasts: m.Timings.Configure, immediate: true, apply: func(at time.Time) {
		i := m.instance
		i.PubliclyAccessible = aws.Bool(*in.PubliclyAccessible)
		old := i.nodes
		i.nodes = nil
		for _, n := range old { // an interface keeps its kind of address
			if err := m.addNode(i, n.zone); err != nil {
				i.nodes = append(i.nodes, n)
				continue
			}
			m.net.ReleaseInterface(n.interfaceID, at)
		}
	}}, false)
	return nil
}

// planPort changes the port, which restarts the database whatever ApplyImmediately
// says (aws-facts §6.5).
func (m *modification) planPort() error {
	wanted := m.in.DBPortNumber
	if wanted == nil {
		return nil
	}
	m.plan(&change{setting: "port", shows: map[string]any{"Port": aws.Int32(*wanted)}, status: statusModifying, lasts: m.Timings.Configure,
		immediate: true, restart: true, apply: func(time.Time) { m.port = *wanted }}, *wanted == m.port)
	return checkPort(wanted)
}

// planStorage changes the volume (aws-facts §6.6).
func (m *modification) planStorage() error {
	in := m.in
	have := disk{aws.ToString(m.StorageType), aws.ToInt32(m.AllocatedStorage), aws.ToInt32(m.Iops), aws.ToInt32(m.StorageThroughput)}
	wanted, err := m.engine.grow(have, diskRequest{in.StorageType, in.AllocatedStorage, in.Iops, in.StorageThroughput})
	if err != nil {
		return err
	}
	if in.MaxAllocatedStorage != nil {
		ceiling, err := m.engine.checkCeiling(in.MaxAllocatedStorage, wanted)
		if err != nil {
			return err
		}
		m.atOnce = append(m.atOnce, func() { m.instance.MaxAllocatedStorage = ceiling })
	}
	if wanted == have {
		if in.AllocatedStorage != nil {
			m.reverts = append(m.reverts, "storage")
		}
		return nil
	}
	if m.Now().Before(m.optimizedUntil) {
		return badCombination("You can't currently modify the storage of this DB instance because the previous storage change is being optimized.")
	}
	iops, throughput := wanted.numbers()
	shows := map[string]any{"AllocatedStorage": aws.Int32(wanted.size)}
	if wanted.kind != have.kind {
		shows["StorageType"] = aws.String(wanted.kind)
	}
	if iops != nil && wanted.iops != have.iops {
		shows["Iops"] = iops
	}
	if throughput != nil && wanted.throughput != have.throughput {
		shows["StorageThroughput"] = throughput
	}
	m.plan(&change{setting: "storage", shows: shows, status: statusModifying, lasts: m.Timings.StorageChange, apply: func(at time.Time) {
		wanted.on(&m.DBInstance)
		m.optimizedUntil = at.Add(m.Timings.StorageOptimization)
		m.noteInstance(m.instance, at, "configuration change", "Finished applying modification to allocated storage")
	}}, false)
	return m.checkStorageQuota(wanted.size - have.size)
}

func (m *modification) planClass() error {
	name := m.in.DBInstanceClass
	if name == nil {
		return nil
	}
	// aws-facts §6.5: the current version must know the new class.
	c, err := checkOrder(m.engine, *m.EngineVersion, *name, aws.ToString(m.StorageType), m.engine.license)
	if err != nil {
		return err
	}
	for _, n := range m.nodes {
		if !c.in(n.zone) {
			return badCombination("RDS does not support the DB instance class %s in the Availability Zone %s.", c.name, n.zone)
		}
	}
	if aws.ToBool(m.PerformanceInsightsEnabled) && !c.insights(m.engine) {
		return badCombination("Performance Insights not supported for this configuration.")
	}
	lasts := m.Timings.Class
	if len(m.nodes) > 1 {
		lasts = m.Timings.ClassMultiAZ
	}
	m.plan(&change{setting: "class", shows: map[string]any{"DBInstanceClass": aws.String(c.name)}, status: statusModifying, lasts: lasts,
		apply: func(at time.Time) {
			m.instance.DBInstanceClass = aws.String(c.name)
			m.noteInstance(m.instance, at, "configuration change", "Finished applying modification to DB instance class")
			m.swap(m.instance, at) // the standby is changed first and takes over
		}}, c.name == *m.DBInstanceClass)
	return nil
}

// planMultiAZ adds or removes the standby.
func (m *modification) planMultiAZ() error {
	wanted := m.in.MultiAZ
	if wanted == nil {
		return nil
	}
	var zones []string
	if *wanted {
		c, _ := findClass(*m.DBInstanceClass)
		var err error
		if zones, err = m.chooseZones(m.subnets, c, 2, &m.nodes[0].zone); err != nil {
			return err
		}
	}
	ch := &change{setting: "multi-az", shows: map[string]any{"MultiAZ": aws.Bool(*wanted)}, status: statusModifying, lasts: m.Timings.Configure,
		apply: func(at time.Time) {
			i := m.instance
			m.leave(i, 1, at.Add(m.Timings.InterfacesGone))
			if *wanted {
				if err := m.addNode(i, zones[1]); err != nil {
					m.surprise(i, at, "failure", "Unable to convert the DB instance to Multi-AZ: %s", err)
					return
				}
			}
			i.MultiAZ = aws.Bool(*wanted)
			m.noteInstance(i, at, "configuration change", "Finished applying modification to convert to a %s DB Instance",
				map[bool]string{true: "Multi-AZ", false: "standard"}[*wanted])
		}}
	if *wanted {
		ch.lasts = m.Timings.ToMultiAZ
	}
	m.plan(ch, *wanted == aws.ToBool(m.MultiAZ))
	return nil
}

// planIAM turns authentication through IAM on or off.
func (m *modification) planIAM() error {
	wanted := m.in.EnableIAMDatabaseAuthentication
	if wanted != nil {
		m.plan(&change{setting: "iam", shows: map[string]any{"IAMDatabaseAuthenticationEnabled": aws.Bool(*wanted)},
			status: "configuring-iam-database-auth", lasts: m.Timings.Configure,
			apply: func(time.Time) { m.instance.IAMDatabaseAuthenticationEnabled = aws.Bool(*wanted) }},
			*wanted == aws.ToBool(m.IAMDatabaseAuthenticationEnabled))
	}
	return nil
}

// planCertificate changes the certificate authority. Engines that cannot rotate
// without a restart do it with one, or at the next (aws-facts §6.17).
func (m *modification) planCertificate() error {
	name := m.in.CACertificateIdentifier
	if name == nil {
		return nil
	}
	waits := !m.engine.rotates && m.in.CertificateRotationRestart != nil && !*m.in.CertificateRotationRestart
	m.plan(&change{setting: "certificate", shows: map[string]any{"CACertificateIdentifier": aws.String(*name)}, status: statusModifying,
		lasts: m.Timings.Configure, restart: !m.engine.rotates, atReboot: waits,
		apply: func(time.Time) { m.instance.CACertificateIdentifier = aws.String(*name) }}, *name == aws.ToString(m.CACertificateIdentifier))
	return checkCertificate(*name)
}

// planName renames the instance (aws-facts §6.5).
func (m *modification) planName() error {
	if m.in.NewDBInstanceIdentifier == nil {
		return nil
	}
	id, err := identifier("NewDBInstanceIdentifier", m.in.NewDBInstanceIdentifier, 63)
	if err != nil {
		return err
	}
	taken := slices.ContainsFunc(m.instances, func(other *instance) bool { return other.id == id && other != m.instance })
	if taken {
		return &types.DBInstanceAlreadyExistsFault{Message: text("DB instance already exists")}
	}
	m.plan(&change{setting: "name", shows: map[string]any{"DBInstanceIdentifier": aws.String(id)}, status: "renaming", lasts: m.Timings.Rename,
		apply: func(at time.Time) {
			from := m.id
			m.name(m.instance, id)
			m.noteInstance(m.instance, at, "configuration change", "Renamed instance from %s to %s", from, id)
		}}, id == m.id)
	return nil
}
