package hadatabase

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/rds"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// The parts of clusters. Those of a Multi-AZ DB cluster come with it; an Aurora
// cluster has a part for each server.
const (
	partCluster  = "cluster"
	serverPrefix = "server/"
)

// clustered reports whether the database is a cluster, not an instance.
func (m *Model) clustered() bool { return m.multiAZCluster() || m.aurora() }

func (m *Model) multiAZCluster() bool { return m.AvailabilityMode.ValueString() == modeCluster }

func (m *Model) aurora() bool { return m.AvailabilityMode.ValueString() == modeAurora }

// data returns the part that holds the data.
func (m *Model) data() string {
	if m.clustered() {
		return partCluster
	}
	return partInstance
}

// auroraEngines are Aurora's names for the engines.
var auroraEngines = map[string]string{"postgres": "aurora-postgresql", "mysql": "aurora-mysql"}

// rdsEngine is the engine's name in RDS.
func (m *Model) rdsEngine() string {
	if m.aurora() {
		return auroraEngines[m.Engine.ValueString()]
	}
	return m.Engine.ValueString()
}

// cluster adds a Multi-AZ DB cluster, or an Aurora cluster with its servers.
func (b *builder) cluster() {
	managed := !b.ownPassword()
	s := &rds.Cluster{
		Identifier: identifier(b.env.Stack.Name, b.Model), Engine: b.rdsEngine(), EngineVersion: b.EngineVersion.ValueString(),
		SubnetGroup: stack.Output(partSubnetGroup, "name"), SecurityGroups: []stack.Ref{stack.Output(partDatabaseGroup, "id")},
		ParameterGroup: stack.Output(partParameterGroup, "name"), Port: b.Port.ValueInt32(), Username: b.Username.ValueString(),
		ManagedPassword: managed, Encrypted: true, BackupRetentionDays: b.BackupRetentionDays.ValueInt32(),
		BackupWindow: b.BackupWindow.ValueStringPointer(), MaintenanceWindow: b.MaintenanceWindow.ValueStringPointer(),
		LogExports: composite.Strings(b.LogExports), IAMAuthentication: b.IAMAuthentication.ValueBool(), CopyTagsToSnapshot: true,
		DeletionProtection: b.DeletionProtection.ValueBool(), ApplyImmediately: b.ApplyChanges.ValueString() == applyNow,
	}
	if !managed {
		s.Password = b.password()
	}
	if name := b.DatabaseName.ValueString(); name != "" {
		s.DatabaseName = &name
	}
	if key := b.KMSKeyID.ValueString(); key != "" {
		s.KMSKey = &key
	}
	if s.ApplyImmediately {
		nothing := ""
		s.Pending = &nothing
	}
	if !b.RestoreFrom.IsNull() {
		s.RestoreSnapshot = composite.Decode[restore](b.RestoreFrom).Snapshot.ValueStringPointer()
	}
	role := stack.Output(partRole, "arn")
	if b.multiAZCluster() {
		volume := b.storage()
		s.MultiAZ = &rds.MultiAZ{InstanceClass: b.InstanceClass.ValueString(), StorageType: volume.Type.ValueString(),
			AllocatedStorage: b.AllocatedStorage.ValueInt32(), IOPS: volume.IOPS.ValueInt32Pointer(), MonitoringInterval: monitoringSeconds,
			MonitoringRole: &role, PerformanceInsights: b.PerformanceInsights.ValueBool(), AutoMinorVersionUpgrade: true}
	}
	b.addTagged(partCluster, b.remembered(), s)
	if b.aurora() {
		b.servers(s, role)
	}
}

// servers adds the writer of an Aurora cluster and its readers, each in the next zone.
// Which one writes changes with every fail-over.
func (b *builder) servers(cluster *rds.Cluster, role stack.Ref) {
	zones := composite.Strings(b.Zones)
	for n := range 1 + int(b.ReaderCount.ValueInt32()) {
		s := &rds.ClusterInstance{
			Identifier: awsapi.Name(b.env.Stack.Name, fmt.Sprintf("server-%d", n+1), 63, cluster.Identifier), Cluster: stack.Output(partCluster, "id"),
			Engine: cluster.Engine, InstanceClass: b.InstanceClass.ValueString(), PromotionTier: 1, MonitoringInterval: monitoringSeconds,
			MonitoringRole: &role, PerformanceInsights: b.PerformanceInsights.ValueBool(), AutoMinorVersionUpgrade: true,
			ApplyImmediately: cluster.ApplyImmediately,
		}
		if len(zones) > 0 {
			s.Zone = zones[n%len(zones)]
		}
		after := []string{}
		if n > 0 {
			// The first server becomes the writer.
			after = append(after, serverPrefix+"1")
		}
		key := serverPrefix + strconv.Itoa(n+1)
		b.stack.AddTagged(key, map[string]string{"Name": b.env.Stack.Name + "-" + strings.ReplaceAll(key, "/", "-")}, s, after...)
	}
}

// absorbCluster sets the model from a cluster; the mirror of cluster.
func absorbCluster(m *Model, seen composite.Observed) {
	live, _ := seen.Part(partCluster)
	s, ok := live.Spec.(*rds.Cluster)
	if m.ApplyChanges.IsNull() && ok {
		absorbTags(m, live.Tags)
	}
	if !ok {
		return
	}
	imported := m.Engine.IsNull()
	m.Engine, m.AvailabilityMode = types.StringValue(s.Engine), types.StringValue(modeCluster)
	for name, aurora := range auroraEngines {
		if s.Engine == aurora {
			m.Engine, m.AvailabilityMode = types.StringValue(name), types.StringValue(modeAurora)
		}
	}
	m.absorbVersion(s.EngineVersion)
	m.Port, m.Username = types.Int32Value(s.Port), types.StringValue(s.Username)
	m.BackupRetentionDays = types.Int32Value(s.BackupRetentionDays)
	m.BackupWindow, m.MaintenanceWindow = types.StringPointerValue(s.BackupWindow), types.StringPointerValue(s.MaintenanceWindow)
	m.IAMAuthentication, m.LogExports = types.BoolValue(s.IAMAuthentication), composite.StringSet(s.LogExports)
	m.MaxAllocatedStorage = types.Int32Value(0)
	absorbPassword(m, &rds.Instance{Password: s.Password, ManagedPassword: &s.ManagedPassword})
	if c := s.MultiAZ; c != nil {
		m.InstanceClass, m.PerformanceInsights = types.StringValue(c.InstanceClass), types.BoolValue(c.PerformanceInsights)
		if m.AllocatedStorage.ValueInt32() == 0 || c.AllocatedStorage < m.AllocatedStorage.ValueInt32() {
			m.AllocatedStorage = types.Int32Value(c.AllocatedStorage)
		}
		m.Storage = composite.Encode(storageTypes, absorbedStorage(m, &rds.Instance{StorageType: &c.StorageType, IOPS: c.IOPS}))
	}
	absorbServers(m, seen)
	if imported {
		if m.aurora() {
			m.Storage = composite.Encode(storageTypes, storage{Type: types.StringValue("gp3")})
		}
		absorbImmutable(m, &rds.Instance{Identifier: s.Identifier, KMSKey: s.KMSKey, DatabaseName: s.DatabaseName})
	}
}

// absorbServers counts Aurora's servers. One that vanished is drift, not another
// configuration.
func absorbServers(m *Model, seen composite.Observed) {
	for _, live := range seen.Parts(serverPrefix) {
		if s, ok := live.Spec.(*rds.ClusterInstance); ok {
			m.InstanceClass, m.PerformanceInsights = types.StringValue(s.InstanceClass), types.BoolValue(s.PerformanceInsights)
		}
		if n, err := strconv.ParseInt(strings.TrimPrefix(live.Key, serverPrefix), 10, 32); err == nil && int32(n) > m.ReaderCount.ValueInt32()+1 {
			m.ReaderCount = types.Int32Value(int32(n) - 1)
		}
	}
	if m.aurora() && m.ReaderCount.IsNull() {
		m.ReaderCount = types.Int32Value(0)
	}
}

// zonesOf returns the zones in which Aurora's servers are, from their parts.
func zonesOf(seen composite.Observed) string {
	var zones []string
	for _, live := range seen.Parts(serverPrefix) {
		if zone := live.Out["zone"]; zone != "" {
			zones = append(zones, zone)
		}
	}
	slices.Sort(zones)
	return strings.Join(slices.Compact(zones), ",")
}
