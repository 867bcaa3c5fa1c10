package rds

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/batch"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Cluster is a Multi-AZ DB cluster, whose three members come with it, or an Aurora
// cluster, whose instances are ClusterInstances. Outputs: id (the identifier), arn,
// resource_id, endpoint, reader_endpoint, port, engine_version, secret_arn, zones,
// final_snapshot, pending; of a Multi-AZ DB cluster also allocated_storage, and its
// servers: member_1 to member_3.
type Cluster struct {
	// Identifier is unique in the account and Region, lower case, ≤ 63 characters.
	Identifier string `json:"identifier" stack:"create"`
	// Engine is postgres or mysql for a Multi-AZ DB cluster, aurora-postgresql or
	// aurora-mysql for Aurora.
	Engine        string `json:"engine" stack:"create"`
	EngineVersion string `json:"engine_version" stack:"version"`
	// MultiAZ is nil for Aurora, whose instances and volume have settings of their own.
	MultiAZ *MultiAZ `json:"multi_az"`

	SubnetGroup    stack.Ref   `json:"subnet_group" stack:"create"`
	SecurityGroups []stack.Ref `json:"security_groups" stack:"set"`
	ParameterGroup stack.Ref   `json:"parameter_group"`

	DatabaseName *string `json:"database_name" stack:"create"`
	Username     string  `json:"username" stack:"create"`
	Port         int32   `json:"port" stack:"create"`
	// ManagedPassword says that RDS keeps the password in a secret of its own.
	ManagedPassword bool `json:"managed_password"`
	// Password is nil when RDS manages it.
	Password *stack.Secret `json:"password,omitempty"`

	Encrypted           bool     `json:"encrypted" stack:"create"`
	KMSKey              *string  `json:"kms_key" stack:"create"` // ARN; nil: the account's aws/rds
	BackupRetentionDays int32    `json:"backup_retention_days"`
	BackupWindow        *string  `json:"backup_window"`
	MaintenanceWindow   *string  `json:"maintenance_window"`
	LogExports          []string `json:"log_exports" stack:"set"`
	IAMAuthentication   bool     `json:"iam_authentication"`
	CopyTagsToSnapshot  bool     `json:"copy_tags_to_snapshot"`
	DeletionProtection  bool     `json:"deletion_protection"`
	// Pending are the changes that wait for the maintenance window, in words. An
	// empty text has them made now, nil leaves them.
	Pending *string `json:"pending,omitempty"`

	// RestoreSnapshot is the snapshot, of a cluster or an instance, that a new cluster
	// begins with.
	RestoreSnapshot *string `json:"restore_snapshot,omitempty" stack:"how"`
	// ApplyImmediately makes changes at once that could wait for the maintenance window.
	ApplyImmediately bool `json:"apply_immediately" stack:"how"`
}

// MultiAZ is what a Multi-AZ DB cluster says about its members.
type MultiAZ struct {
	InstanceClass           string     `json:"instance_class"`
	StorageType             string     `json:"storage_type"` // gp3, io1, io2
	AllocatedStorage        int32      `json:"allocated_storage" stack:"least"`
	IOPS                    *int32     `json:"iops"`
	MonitoringInterval      int32      `json:"monitoring_interval"` // seconds; 0 is off
	MonitoringRole          *stack.Ref `json:"monitoring_role"`     // ARN
	PerformanceInsights     bool       `json:"performance_insights"`
	AutoMinorVersionUpgrade bool       `json:"auto_minor_version_upgrade"`
}

// Kind implements stack.Spec.
func (*Cluster) Kind() string { return "rds/cluster" }

type clusters struct {
	c      *awsapi.Clients
	r      *reader
	lister *awsapi.Lister[types.DBCluster]
	one    *batch.Batcher[string, types.DBCluster]
}

func newClusters(c *awsapi.Clients, r *reader) *clusters {
	k := &clusters{c: c, r: r}
	k.lister = awsapi.NewLister(c, k.owned, k.byID, pageSize, func(cluster types.DBCluster) string { return aws.ToString(cluster.DBClusterIdentifier) })
	k.one = batched(c, pageSize, k.byID)
	return k
}

// Name implements engine.Kind.
func (k *clusters) Name() string { return (*Cluster)(nil).Kind() }

// owned returns the clusters of all stacks: RDS has no filter by tag, but tells the
// tags of all it describes (aws-facts §6.4).
func (k *clusters) owned(ctx context.Context, _ []string) (map[string][]types.DBCluster, error) {
	byStack := map[string][]types.DBCluster{}
	for pages := sdk.NewDescribeDBClustersPaginator(k.c.RDSPages(), &sdk.DescribeDBClustersInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing DB clusters: %w", err)
		}
		for _, cluster := range page.DBClusters {
			id := tagMap(cluster.TagList)[stack.TagStack]
			byStack[id] = append(byStack[id], cluster)
		}
	}
	return byStack, nil
}

// byID finds clusters by a filter, in which unknown ones are absent (aws-facts §6.18).
func (k *clusters) byID(ctx context.Context, ids []string) (map[string]types.DBCluster, error) {
	found := map[string]types.DBCluster{}
	in := &sdk.DescribeDBClustersInput{Filters: []types.Filter{{Name: aws.String("db-cluster-id"), Values: ids}}}
	for pages := sdk.NewDescribeDBClustersPaginator(k.c.RDSPages(), in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading DB clusters: %w", err)
		}
		for _, cluster := range page.DBClusters {
			found[aws.ToString(cluster.DBClusterIdentifier)] = cluster
		}
	}
	return found, nil
}

// List implements engine.Kind.
func (k *clusters) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	found, err := k.lister.Find(ctx, scope.Stack.String(), scope.IDs, scope.Recent)
	var lives []engine.Live
	for _, f := range found {
		live := liveCluster(f.Object)
		live.Key = cmp.Or(live.Tags[stack.TagPart], f.Key)
		lives = append(lives, live)
	}
	return lives, err
}

// liveCluster shows a change that waits for the maintenance window as made: it will
// be, and asking for it again changes nothing (aws-facts §6.5).
func liveCluster(cluster types.DBCluster) engine.Live {
	id := aws.ToString(cluster.DBClusterIdentifier)
	tags := tagMap(cluster.TagList)
	waiting := clusterPending(cluster.PendingModifiedValues)
	s := &Cluster{
		Identifier: id, Engine: aws.ToString(cluster.Engine), EngineVersion: aws.ToString(cluster.EngineVersion),
		SubnetGroup: stack.Literal(aws.ToString(cluster.DBSubnetGroup)), ParameterGroup: stack.Literal(aws.ToString(cluster.DBClusterParameterGroup)),
		DatabaseName: cluster.DatabaseName, Username: aws.ToString(cluster.MasterUsername), Port: aws.ToInt32(cluster.Port),
		ManagedPassword: cluster.MasterUserSecret != nil,
		Encrypted:       aws.ToBool(cluster.StorageEncrypted), KMSKey: cluster.KmsKeyId,
		BackupRetentionDays: aws.ToInt32(cluster.BackupRetentionPeriod), BackupWindow: cluster.PreferredBackupWindow, MaintenanceWindow: cluster.PreferredMaintenanceWindow,
		LogExports: cluster.EnabledCloudwatchLogsExports, IAMAuthentication: aws.ToBool(cluster.IAMDatabaseAuthenticationEnabled),
		CopyTagsToSnapshot: aws.ToBool(cluster.CopyTagsToSnapshot), DeletionProtection: aws.ToBool(cluster.DeletionProtection),
		Pending: &waiting,
	}
	for _, group := range cluster.VpcSecurityGroups {
		s.SecurityGroups = append(s.SecurityGroups, stack.Literal(aws.ToString(group.VpcSecurityGroupId)))
	}
	if version := tags[tagPassword]; version != "" && !s.ManagedPassword {
		s.Password = &stack.Secret{Name: PasswordAttribute, Version: version}
	}
	if cluster.DBClusterInstanceClass != nil {
		s.MultiAZ = liveMultiAZ(cluster)
	}
	if pending := cluster.PendingModifiedValues; pending != nil {
		s.foresee(pending)
	}
	// What was never backed up is no cluster yet: its creation failed (see stillborn).
	stillborn := slices.Contains(without, aws.ToString(cluster.Status)) && cluster.EarliestRestorableTime == nil
	live := engine.Live{
		ID: id, Tags: tags, Spec: s, Deleting: aws.ToString(cluster.Status) == statusDeleting || stillborn,
		Out: map[string]string{
			"id": id, "arn": aws.ToString(cluster.DBClusterArn), "resource_id": aws.ToString(cluster.DbClusterResourceId),
			"endpoint": aws.ToString(cluster.Endpoint), "reader_endpoint": aws.ToString(cluster.ReaderEndpoint),
			"port": fmt.Sprint(aws.ToInt32(cluster.Port)), "engine_version": aws.ToString(cluster.EngineVersion),
			"secret_arn": secretARN(cluster.MasterUserSecret), "pending": waiting,
			"allocated_storage": allocated(cluster), "zones": strings.Join(slices.Sorted(slices.Values(cluster.AvailabilityZones)), ","),
			"final_snapshot": FinalSnapshot(id, aws.ToString(cluster.DbClusterResourceId)),
		},
	}
	if s.MultiAZ != nil {
		for n, member := range memberIDs(cluster) {
			live.Out[Member(n)] = member
		}
	}
	return live
}

// Members is how many servers a Multi-AZ DB cluster has, and Member the output with
// the identifier of the nth: AWS names them.
const Members = 3

// Member returns the name of an output.
func Member(n int) string { return fmt.Sprintf("member_%d", n+1) }

// memberIDs returns the identifiers of a cluster's servers, in an order that a
// fail-over does not change.
func memberIDs(cluster types.DBCluster) []string {
	var ids []string
	for _, member := range cluster.DBClusterMembers {
		ids = append(ids, aws.ToString(member.DBInstanceIdentifier))
	}
	slices.Sort(ids)
	return ids
}

// allocated is the size of a Multi-AZ DB cluster's storage; Aurora's has none.
func allocated(cluster types.DBCluster) string {
	if cluster.DBClusterInstanceClass == nil {
		return ""
	}
	return fmt.Sprint(aws.ToInt32(cluster.AllocatedStorage))
}

func liveMultiAZ(cluster types.DBCluster) *MultiAZ {
	m := &MultiAZ{
		InstanceClass: aws.ToString(cluster.DBClusterInstanceClass), StorageType: aws.ToString(cluster.StorageType),
		AllocatedStorage: aws.ToInt32(cluster.AllocatedStorage), IOPS: cluster.Iops,
		MonitoringInterval: aws.ToInt32(cluster.MonitoringInterval), PerformanceInsights: aws.ToBool(cluster.PerformanceInsightsEnabled),
		AutoMinorVersionUpgrade: aws.ToBool(cluster.AutoMinorVersionUpgrade),
	}
	if cluster.MonitoringRoleArn != nil {
		role := stack.Literal(*cluster.MonitoringRoleArn)
		m.MonitoringRole = &role
	}
	return m
}

// foresee sets what the cluster will have once its pending changes are made.
func (s *Cluster) foresee(pending *types.ClusterPendingModifiedValues) {
	if pending.EngineVersion != nil {
		s.EngineVersion = *pending.EngineVersion
	}
	if pending.IAMDatabaseAuthenticationEnabled != nil {
		s.IAMAuthentication = *pending.IAMDatabaseAuthenticationEnabled
	}
	if pending.BackupRetentionPeriod != nil {
		s.BackupRetentionDays = *pending.BackupRetentionPeriod
	}
	if s.MultiAZ == nil {
		return
	}
	if pending.AllocatedStorage != nil {
		s.MultiAZ.AllocatedStorage = *pending.AllocatedStorage
	}
	if pending.StorageType != nil {
		s.MultiAZ.StorageType = *pending.StorageType
	}
	if pending.Iops != nil {
		s.MultiAZ.IOPS = pending.Iops
	}
}

// Create implements engine.Kind.
func (k *clusters) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	s := spec[*Cluster](want.Spec)
	err := k.launch(ctx, s, want)
	if err != nil && !awsapi.Is(err, "DBClusterAlreadyExistsFault") {
		return engine.Live{}, fmt.Errorf("creating DB cluster %s: %w", s.Identifier, err)
	}
	have, exists, err := k.read(ctx, s.Identifier)
	if err == nil && !exists {
		err = errors.New("AWS says that it exists, and does not show it")
	}
	if err == nil {
		err = checkOurs(have, want, "DB cluster")
	}
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating DB cluster %s: %w", s.Identifier, err)
	}
	have.Key = want.Key
	if s.RestoreSnapshot == nil {
		return have, nil
	}
	// Many settings are those of the snapshot at first (aws-facts §6.12).
	if have, err = k.Wait(ctx, have); err != nil {
		return have, err
	}
	if diff := engine.Difference(want.Spec, want.Tags, have); len(diff) > 0 {
		return k.Update(ctx, have, want, diff)
	}
	return have, nil
}

// launch asks for the cluster. A monitoring role that was just made is refused for a
// while (aws-facts §6.4).
func (k *clusters) launch(ctx context.Context, s *Cluster, want engine.Want) error {
	in, err := k.createInput(s, want)
	if err != nil {
		return err
	}
	return k.r.once(ctx, func(ctx context.Context) error {
		if s.RestoreSnapshot != nil {
			_, err := awsapi.RDS(k.c).RestoreDBClusterFromSnapshot(ctx, restoreInput(in, *s.RestoreSnapshot))
			return err
		}
		_, err := awsapi.RDS(k.c).CreateDBCluster(ctx, in)
		return err
	})
}

func (k *clusters) createInput(s *Cluster, want engine.Want) (*sdk.CreateDBClusterInput, error) {
	in := &sdk.CreateDBClusterInput{
		DBClusterIdentifier: &s.Identifier, Engine: &s.Engine, EngineVersion: &s.EngineVersion,
		DBSubnetGroupName: aws.String(s.SubnetGroup.String()), VpcSecurityGroupIds: values(s.SecurityGroups),
		DBClusterParameterGroupName: aws.String(s.ParameterGroup.String()), DatabaseName: s.DatabaseName, MasterUsername: &s.Username, Port: &s.Port,
		StorageEncrypted: &s.Encrypted, KmsKeyId: s.KMSKey, BackupRetentionPeriod: &s.BackupRetentionDays,
		PreferredBackupWindow: s.BackupWindow, PreferredMaintenanceWindow: s.MaintenanceWindow, EnableCloudwatchLogsExports: s.LogExports,
		EnableIAMDatabaseAuthentication: &s.IAMAuthentication, CopyTagsToSnapshot: &s.CopyTagsToSnapshot,
		DeletionProtection: &s.DeletionProtection, Tags: tagList(withPassword(want, s.Password)),
	}
	if s.ManagedPassword {
		in.ManageMasterUserPassword = aws.Bool(true)
	}
	var err error
	if in.MasterUserPassword, err = passwordOf(want, s.Password); err != nil {
		return nil, err
	}
	if m := s.MultiAZ; m != nil {
		in.DBClusterInstanceClass, in.StorageType, in.AllocatedStorage, in.Iops = &m.InstanceClass, &m.StorageType, &m.AllocatedStorage, m.IOPS
		in.MonitoringInterval, in.EnablePerformanceInsights = &m.MonitoringInterval, &m.PerformanceInsights
		in.AutoMinorVersionUpgrade, in.PubliclyAccessible = &m.AutoMinorVersionUpgrade, aws.Bool(false)
		if m.MonitoringRole != nil {
			in.MonitoringRoleArn = aws.String(m.MonitoringRole.String())
		}
	}
	return in, nil
}

// restoreInput has of a create what a restore takes; the rest follows by Update.
func restoreInput(in *sdk.CreateDBClusterInput, snapshot string) *sdk.RestoreDBClusterFromSnapshotInput {
	return &sdk.RestoreDBClusterFromSnapshotInput{
		SnapshotIdentifier: &snapshot, DBClusterIdentifier: in.DBClusterIdentifier, Engine: in.Engine, EngineVersion: in.EngineVersion,
		DBSubnetGroupName: in.DBSubnetGroupName, VpcSecurityGroupIds: in.VpcSecurityGroupIds,
		DBClusterParameterGroupName: in.DBClusterParameterGroupName, KmsKeyId: in.KmsKeyId,
		EnableCloudwatchLogsExports: in.EnableCloudwatchLogsExports, EnableIAMDatabaseAuthentication: in.EnableIAMDatabaseAuthentication,
		CopyTagsToSnapshot: in.CopyTagsToSnapshot, DeletionProtection: in.DeletionProtection, Port: in.Port, DBClusterInstanceClass: in.DBClusterInstanceClass,
		StorageType: in.StorageType, Iops: in.Iops, PubliclyAccessible: in.PubliclyAccessible, Tags: in.Tags,
	}
}

// read returns a cluster as it is now.
func (k *clusters) read(ctx context.Context, id string) (engine.Live, bool, error) {
	cluster, exists, err := k.one.Get(ctx, id, false)
	if err != nil || !exists {
		return engine.Live{}, false, err
	}
	return liveCluster(cluster), true, nil
}

// withPassword returns the wanted tags, and the one that tells the password's version.
func withPassword(want engine.Want, secret *stack.Secret) map[string]string {
	tags := maps.Clone(want.Tags)
	if secret != nil {
		tags[tagPassword] = secret.Version
	}
	return tags
}

// passwordOf returns the password that is wanted; nil when RDS manages it.
func passwordOf(want engine.Want, secret *stack.Secret) (*string, error) {
	if secret == nil {
		return nil, nil
	}
	value, err := want.Secret(*secret)
	return &value, err
}

func secretARN(secret *types.MasterUserSecret) string {
	if secret == nil {
		return ""
	}
	return aws.ToString(secret.SecretArn)
}

// clusterPending names the changes that wait for the maintenance window, in words.
func clusterPending(pending *types.ClusterPendingModifiedValues) string {
	if pending == nil {
		return ""
	}
	// What instances and clusters have in common.
	return pendingText(&types.PendingModifiedValues{EngineVersion: pending.EngineVersion, AllocatedStorage: pending.AllocatedStorage,
		StorageType: pending.StorageType, Iops: pending.Iops, BackupRetentionPeriod: pending.BackupRetentionPeriod,
		IAMDatabaseAuthenticationEnabled: pending.IAMDatabaseAuthenticationEnabled, DBInstanceIdentifier: pending.DBClusterIdentifier})
}
