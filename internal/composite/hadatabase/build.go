package hadatabase

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/kind/iam"
	"github.com/webtier/terraform-provider-webtier/internal/kind/rds"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// The keys of parts that other parts, absorb and the outputs name.
const (
	partClientGroup    = "security_group/client"
	partDatabaseGroup  = "security_group/database"
	partSubnetGroup    = "subnet_group"
	partParameterGroup = "parameter_group"
	partRole           = "role/monitoring"
	partInstance       = "instance"

	rulePrefix    = "rule/database/"
	replicaPrefix = "replica/"
)

// monitoringSeconds is how often Enhanced Monitoring looks.
const monitoringSeconds = 60

// build renders a database as a stack, in the order of aws-facts §13.7.
func build(m *Model, env composite.Env) *stack.Stack {
	b := builder{Model: m, env: env, stack: stack.New(env.Stack, env.Tags)}
	b.stack.Anchor = partDatabaseGroup
	b.securityGroups()
	b.groups()
	b.role()
	if b.clustered() {
		b.cluster()
		b.alarms()
		return b.stack
	}
	b.instance()
	b.replicas()
	b.alarms()
	b.protection()
	return b.stack
}

type builder struct {
	*Model
	env   composite.Env
	stack *stack.Stack
}

// add adds a part with the Name tag that all parts have.
func (b *builder) add(key string, spec stack.Spec) { b.addTagged(key, map[string]string{}, spec) }

func (b *builder) addTagged(key string, tags map[string]string, spec stack.Spec) {
	tags["Name"] = b.env.Stack.Name + "-" + strings.ReplaceAll(key, "/", "-")
	b.stack.AddTagged(key, tags, spec)
}

// Tags of the database that keep what an import could not find out otherwise.
const (
	tagVersion = "webtier:engine-version" // as the configuration has it
	tagApply   = "webtier:apply-changes"
	tagReboot  = "webtier:allow-reboot"
	tagUpgrade = "webtier:upgrade-strategy" // only when it is not the default
)

// securityGroups lets clients reach the database, and nobody else: the groups let
// nothing else in or out.
func (b *builder) securityGroups() {
	for _, key := range []string{partClientGroup, partDatabaseGroup} {
		role := strings.TrimPrefix(key, "security_group/")
		b.add(key, &ec2.SecurityGroup{Name: awsapi.Name(b.env.Stack.Name, role, 255, b.VPCID.ValueString()),
			Description: "webtier " + b.env.Stack.String() + " " + role, VPC: stack.Literal(b.VPCID.ValueString())})
	}
	client, database := stack.Output(partClientGroup, "id"), stack.Output(partDatabaseGroup, "id")
	b.rule("rule/client/database", ec2.SecurityGroupRule{Group: client, Direction: "egress", PeerGroup: database, Description: "Queries"})
	b.rule(rulePrefix+"client", ec2.SecurityGroupRule{Group: database, Direction: "ingress", PeerGroup: client, Description: "Queries"})
	for _, id := range composite.Strings(b.AllowedSecurityGroupIDs) {
		b.rule(rulePrefix+id, ec2.SecurityGroupRule{Group: database, Direction: "ingress", PeerGroup: stack.Literal(id), Description: "Queries"})
	}
}

func (b *builder) rule(key string, rule ec2.SecurityGroupRule) {
	rule.Protocol, rule.FromPort, rule.ToPort = "tcp", b.Port.ValueInt32(), b.Port.ValueInt32()
	b.add(key, &rule)
}

// groups adds the subnet group, and the parameter group of the major version: with
// another one comes another group.
func (b *builder) groups() {
	about := "webtier " + b.env.Stack.String()
	b.add(partSubnetGroup, &rds.SubnetGroup{Name: awsapi.Name(b.env.Stack.Name, "subnets", 255, b.VPCID.ValueString()), Description: about,
		VPC: stack.Literal(b.VPCID.ValueString()), Subnets: stack.Literals(composite.Strings(b.SubnetIDs)...)})
	parameters := maps.Clone(b.parameters())
	if parameters == nil {
		parameters = map[string]string{}
	}
	maps.Copy(parameters, b.imposed())
	name := awsapi.Name(b.env.Stack.Name, strings.ReplaceAll(b.family(), ".", "-"), 255)
	if b.clustered() {
		b.add(partParameterGroup, &rds.ClusterParameterGroup{Name: name, Family: b.family(), Description: about, Parameters: parameters})
		return
	}
	b.add(partParameterGroup, &rds.ParameterGroup{Name: name, Family: b.family(), Description: about, Parameters: parameters})
}

// role lets RDS write what Enhanced Monitoring sees.
func (b *builder) role() {
	b.add(partRole, &iam.Role{Name: awsapi.Name(b.env.Stack.Name, b.env.Region+"-monitoring", 64), Path: iam.PathOf(b.env.Stack),
		Service:         "monitoring.rds.amazonaws.com",
		ManagedPolicies: []string{"arn:" + b.env.Partition + ":iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"},
		InlinePolicies:  map[string]string{}})
}

// identifier names the database. What cannot change in place gives another name, so
// that a new database stands beside the old one.
func identifier(stackName string, m *Model) string {
	return awsapi.Name(stackName, "db", 63, m.Engine.ValueString(), m.VPCID.ValueString(), m.KMSKeyID.ValueString(), m.DatabaseName.ValueString(), m.Username.ValueString())
}

func (b *builder) instance() {
	s := b.server()
	s.Identifier, s.EngineVersion, s.Class = identifier(b.env.Stack.Name, b.Model), b.EngineVersion.ValueStringPointer(), b.InstanceClass.ValueString()
	s.MultiAZ = b.AvailabilityMode.ValueString() == modeInstance
	s.Username = b.Username.ValueStringPointer()
	if name := b.DatabaseName.ValueString(); name != "" && b.RestoreFrom.IsNull() {
		s.DatabaseName = &name
	}
	volume := b.storage()
	s.StorageType, s.AllocatedStorage = volume.Type.ValueStringPointer(), b.AllocatedStorage.ValueInt32Pointer()
	s.IOPS, s.Throughput = volume.IOPS.ValueInt32Pointer(), volume.Throughput.ValueInt32Pointer()
	if key := b.KMSKeyID.ValueString(); key != "" {
		s.KMSKey = &key
	}
	s.BackupRetentionDays = b.BackupRetentionDays.ValueInt32Pointer()
	managed := !b.ownPassword()
	s.ManagedPassword = &managed
	if b.ownPassword() {
		s.Password = b.password()
	}
	if !b.RestoreFrom.IsNull() {
		from := composite.Decode[restore](b.RestoreFrom)
		s.RestoreFrom = &rds.Restore{Snapshot: from.Snapshot.ValueString(), Instance: from.Source.ValueString(), Time: from.Time.ValueString()}
	}
	s.BlueGreen = b.blueGreen()
	b.addTagged(partInstance, b.remembered(), s)
}

// remembered are the tags of the database that keep what an import could not find out.
func (b *builder) remembered() map[string]string {
	tags := map[string]string{tagVersion: b.EngineVersion.ValueString(), tagApply: b.ApplyChanges.ValueString(),
		tagReboot: fmt.Sprint(b.AllowReboot.ValueBool())}
	if b.blueGreen() {
		tags[tagUpgrade] = upgradeBlueGreen
	}
	return tags
}

func (b *builder) password() *stack.Secret {
	return &stack.Secret{Name: rds.PasswordAttribute, Version: fmt.Sprint(b.MasterPasswordVersion.ValueInt64())}
}

// server is what the database and its replicas have in common.
func (b *builder) server() *rds.Instance {
	s := &rds.Instance{
		Engine: b.Engine.ValueString(), SubnetGroup: stack.Output(partSubnetGroup, "name"), Encrypted: true, Port: b.Port.ValueInt32(),
		MaxAllocatedStorage: b.MaxAllocatedStorage.ValueInt32Pointer(),
		SecurityGroups:      []stack.Ref{stack.Output(partDatabaseGroup, "id")}, ParameterGroup: stack.Output(partParameterGroup, "name"),
		// A window of AWS's choice could overlap the other one.
		BackupWindow:      b.BackupWindow.ValueStringPointer(),
		MaintenanceWindow: b.MaintenanceWindow.ValueString(), CopyTagsToSnapshot: true, AutoMinorUpgrade: true,
		MonitoringRole: stack.Output(partRole, "arn"), MonitoringInterval: monitoringSeconds, PerformanceInsights: b.PerformanceInsights.ValueBool(),
		LogExports: composite.Strings(b.LogExports), IAMAuthentication: b.IAMAuthentication.ValueBool(),
		ApplyImmediately: b.ApplyChanges.ValueString() == applyNow,
	}
	if s.ApplyImmediately {
		nothing := ""
		s.Pending = &nothing
	}
	if b.AllowReboot.ValueBool() {
		statics := map[string]string{}
		for _, name := range composite.Strings(b.StaticParameters) {
			statics[name] = b.parameters()[name]
		}
		if value, imposed := b.imposed()[logicalReplication]; imposed {
			statics[logicalReplication] = value
		}
		text := rds.StaticText(statics)
		s.StaticParameters = &text
	}
	return s
}

// replicas follow the database and take from it what is nil here.
func (b *builder) replicas() {
	replicas := b.Model.replicas()
	for _, name := range slices.Sorted(maps.Keys(replicas)) {
		s := b.server()
		s.Identifier = awsapi.Name(b.env.Stack.Name, name, 63, identifier(b.env.Stack.Name, b.Model))
		s.Source = stack.Output(partInstance, "id")
		s.Class, s.MultiAZ = b.InstanceClass.ValueString(), replicas[name].MultiAZ.ValueBool()
		if class := replicas[name].InstanceClass.ValueString(); class != "" {
			s.Class = class
		}
		b.add(replicaPrefix+name, s)
	}
}

// protection comes after all else. A replica can always be made again.
func (b *builder) protection() {
	if !b.DeletionProtection.ValueBool() {
		return
	}
	var all []string
	for _, part := range b.stack.Parts() {
		all = append(all, part.Key)
	}
	b.stack.Add("deletion_protection/"+partInstance, &rds.DeletionProtection{Instance: stack.Output(partInstance, "id")}, all...)
}
