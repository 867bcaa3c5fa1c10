package hadatabase

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/cloudwatch"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/kind/rds"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// absorb sets the model from what exists; the mirror of build. What a vanished
// part would tell stays as the state had it.
func absorb(m *Model, seen composite.Observed) {
	composite.Learn(&m.ClientSecurityGroupID, seen.Out(partClientGroup, "id"))
	composite.Learn(&m.SecurityGroupID, seen.Out(partDatabaseGroup, "id"))
	if spec, ok := composite.PartSpec[*ec2.SecurityGroup](seen, partDatabaseGroup); ok {
		composite.Learn(&m.VPCID, spec.VPC.String())
	}
	absorbAllowed(m, seen)
	if spec, ok := composite.PartSpec[*rds.SubnetGroup](seen, partSubnetGroup); ok {
		m.SubnetIDs = composite.StringSet(composite.Values(spec.Subnets))
	}
	absorbInstance(m, seen)
	absorbCluster(m, seen)
	absorbParameters(m, seen)
	absorbReplicas(m, seen)
	absorbAlarms(m, seen)
	absorbOutputs(m, seen)
}

// absorbAllowed adds the groups of rules that exist to those the state knows: a
// vanished rule is drift, not another configuration.
func absorbAllowed(m *Model, seen composite.Observed) {
	groups := composite.Strings(m.AllowedSecurityGroupIDs)
	for _, live := range seen.Parts(rulePrefix + "sg-") {
		if rule, ok := live.Spec.(*ec2.SecurityGroupRule); ok {
			groups = append(groups, rule.PeerGroup.String())
		}
	}
	slices.Sort(groups)
	m.AllowedSecurityGroupIDs = composite.StringSet(slices.Compact(groups))
}

// absorbAlarms takes the actions of any alarm: all have the same.
func absorbAlarms(m *Model, seen composite.Observed) {
	if m.AlarmActions.IsNull() {
		m.AlarmActions = composite.StringSet(nil)
	}
	for _, live := range seen.Parts(alarmPrefix + "cpu") {
		if alarm, ok := live.Spec.(*cloudwatch.Alarm); ok {
			m.AlarmActions = composite.StringSet(composite.Values(alarm.Actions))
		}
	}
}

func absorbInstance(m *Model, seen composite.Observed) {
	live, _ := seen.Part(partInstance)
	s, ok := live.Spec.(*rds.Instance)
	if !ok {
		return
	}
	if m.ApplyChanges.IsNull() {
		absorbTags(m, live.Tags)
	}
	imported := m.Engine.IsNull()
	m.Engine, m.InstanceClass = types.StringValue(s.Engine), types.StringValue(s.Class)
	if s.Port != 0 { // it is shown with the endpoint
		m.Port = types.Int32Value(s.Port)
	}
	m.absorbVersion(*s.EngineVersion)
	m.AvailabilityMode = types.StringValue(map[bool]string{true: modeInstance, false: modeSingle}[s.MultiAZ])
	if m.AllocatedStorage.ValueInt32() == 0 || *s.AllocatedStorage < m.AllocatedStorage.ValueInt32() {
		m.AllocatedStorage = types.Int32PointerValue(s.AllocatedStorage)
	}
	m.MaxAllocatedStorage = types.Int32PointerValue(s.MaxAllocatedStorage)
	m.Storage = composite.Encode(storageTypes, absorbedStorage(m, s))
	m.Username = types.StringPointerValue(s.Username)
	m.BackupRetentionDays, m.BackupWindow = types.Int32PointerValue(s.BackupRetentionDays), types.StringPointerValue(s.BackupWindow)
	m.MaintenanceWindow = types.StringValue(s.MaintenanceWindow)
	m.PerformanceInsights, m.IAMAuthentication = types.BoolValue(s.PerformanceInsights), types.BoolValue(s.IAMAuthentication)
	m.LogExports = composite.StringSet(slices.Sorted(slices.Values(s.LogExports)))
	absorbPassword(m, s)
	if imported {
		absorbImmutable(m, s)
	}
}

// absorbVersion keeps a version that the database's own is one of.
func (m *Model) absorbVersion(actual string) {
	if met := stack.VersionMet(m.EngineVersion.ValueString(), actual); !met || m.EngineVersion.ValueString() == "" {
		m.EngineVersion = types.StringValue(actual)
	}
}

// absorbTags takes after an import what only the tags tell.
func absorbTags(m *Model, tags map[string]string) {
	m.ApplyChanges, m.AllowReboot = types.StringValue(applyInWindow), types.BoolValue(tags[tagReboot] == "true")
	if tags[tagApply] == applyNow {
		m.ApplyChanges = types.StringValue(applyNow)
	}
	m.UpgradeStrategy = types.StringValue(upgradeInPlace)
	if tags[tagUpgrade] == upgradeBlueGreen {
		m.UpgradeStrategy = types.StringValue(upgradeBlueGreen)
	}
	if version := tags[tagVersion]; version != "" {
		m.EngineVersion = types.StringValue(version)
	}
}

// absorbedStorage keeps numbers that AWS has chosen out of the configuration.
func absorbedStorage(m *Model, s *rds.Instance) storage {
	volume := m.storage()
	volume.Type = types.StringPointerValue(s.StorageType)
	if !volume.IOPS.IsNull() || *s.StorageType != "gp3" {
		volume.IOPS = types.Int32PointerValue(s.IOPS)
	}
	if !volume.Throughput.IsNull() {
		volume.Throughput = types.Int32PointerValue(s.Throughput)
	}
	return volume
}

// absorbPassword takes the version of the password that was set last.
func absorbPassword(m *Model, s *rds.Instance) {
	m.MasterPasswordVersion = types.Int64Null()
	if s.Password == nil {
		if !*s.ManagedPassword {
			m.MasterPasswordVersion = types.Int64Value(0) // one that somebody else has set
		}
		return
	}
	if version, err := strconv.ParseInt(s.Password.Version, 10, 64); err == nil {
		m.MasterPasswordVersion = types.Int64Value(version)
	}
}

// absorbImmutable finds out after an import which of the settings that RDS shows in
// any case were in the configuration: they are in the identifier.
func absorbImmutable(m *Model, s *rds.Instance) {
	keys := []types.String{types.StringNull(), types.StringPointerValue(s.KMSKey)}
	names := []types.String{types.StringNull(), types.StringPointerValue(s.DatabaseName)}
	for _, key := range keys {
		for _, name := range names {
			m.KMSKeyID, m.DatabaseName = key, name
			if identifier(m.Name.ValueString(), m) == s.Identifier {
				return
			}
		}
	}
}

func absorbParameters(m *Model, seen composite.Observed) {
	var set map[string]string
	if spec, ok := composite.PartSpec[*rds.ParameterGroup](seen, partParameterGroup); ok {
		set = spec.Parameters
	} else if spec, ok := composite.PartSpec[*rds.ClusterParameterGroup](seen, partParameterGroup); ok {
		set = spec.Parameters
	} else {
		return
	}
	parameters := map[string]string{}
	imposed := m.imposed()
	for name, value := range set {
		// What forces TLS is no argument, unless somebody makes it one.
		_, given := m.parameters()[name]
		if _, ours := imposed[name]; given || !ours {
			parameters[name] = value
		}
	}
	m.Parameters = composite.StringMapValue(parameters)
	if m.StaticParameters.IsNull() {
		m.StaticParameters = composite.StringSet(statics(seen))
	}
}

// statics returns the parameters that need a reboot.
func statics(seen composite.Observed) []string {
	names := seen.Out(partParameterGroup, "static")
	if names == "" {
		return nil
	}
	return strings.Split(names, ",")
}

func absorbReplicas(m *Model, seen composite.Observed) {
	replicas := m.replicas()
	endpoints := map[string]string{}
	elements := map[string]attr.Value{}
	for name, known := range replicas {
		elements[name] = encodeReplica(known)
	}
	for _, live := range seen.Parts(replicaPrefix) {
		s, ok := live.Spec.(*rds.Instance)
		if !ok {
			continue
		}
		name := strings.TrimPrefix(live.Key, replicaPrefix)
		known := replicas[name]
		if known.InstanceClass.ValueString() != "" || s.Class != m.InstanceClass.ValueString() {
			known.InstanceClass = types.StringValue(s.Class)
		}
		known.MultiAZ = types.BoolValue(s.MultiAZ)
		elements[name] = encodeReplica(known)
		endpoints[name] = live.Out["endpoint"]
	}
	if len(elements) > 0 {
		m.ReadReplicas = types.MapValueMust(replicaType, elements)
	}
	m.ReadReplicaEndpoints = composite.StringMapValue(endpoints)
}

func encodeReplica(r replica) attr.Value { return composite.Encode(replicaType.AttrTypes, r) }

func absorbOutputs(m *Model, seen composite.Observed) {
	part := m.data()
	for target, output := range map[*types.String]string{&m.Identifier: "id", &m.ARN: "arn", &m.ResourceID: "resource_id", &m.Endpoint: "endpoint",
		&m.EngineVersionActual: "engine_version", &m.FinalSnapshotIdentifier: "final_snapshot"} {
		composite.Learn(target, seen.Out(part, output))
	}
	m.ReaderEndpoint = types.StringNull()
	if reader := seen.Out(part, "reader_endpoint"); reader != "" {
		m.ReaderEndpoint = types.StringValue(reader)
	}
	m.SecretARN = types.StringNull()
	if arn := seen.Out(part, "secret_arn"); arn != "" {
		m.SecretARN = types.StringValue(arn)
	}
	m.AllocatedStorageActual = types.Int64Null()
	if size, err := strconv.ParseInt(seen.Out(part, "allocated_storage"), 10, 64); err == nil {
		m.AllocatedStorageActual = types.Int64Value(size)
	}
	m.PendingChanges = composite.StringList(list(seen.Out(part, "pending"), ", "))
	zones := seen.Out(part, "zones")
	if m.aurora() {
		zones = zonesOf(seen)
	}
	m.AvailabilityZones = composite.StringList(list(zones, ","))
}

func list(text, separator string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, separator)
}
