package rds_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/rds"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// clusterGroup makes a cluster parameter group of the family and returns its name.
func clusterGroup(t *testing.T, c *awsapi.Clients, family string) string {
	t.Helper()
	name := "place-" + family
	must[*sdk.CreateDBClusterParameterGroupOutput](t)(awsapi.RDS(c).CreateDBClusterParameterGroup(t.Context(), &sdk.CreateDBClusterParameterGroupInput{
		DBClusterParameterGroupName: &name, DBParameterGroupFamily: &family, Description: aws.String("place")}))
	return name
}

// cluster is what Multi-AZ DB clusters and Aurora clusters have in common.
func (p place) cluster(id, engineName, group string) *rds.Cluster {
	return &rds.Cluster{
		Identifier: id, Engine: engineName, EngineVersion: "16", SubnetGroup: stack.Literal(p.subnetGroup), SecurityGroups: stack.Literals(p.group),
		ParameterGroup: stack.Literal(group), DatabaseName: aws.String("shop"), Username: "dbadmin", Port: 5432, ManagedPassword: true, Encrypted: true,
		BackupRetentionDays: 14, BackupWindow: aws.String("03:00-03:30"), MaintenanceWindow: aws.String("sun:04:00-sun:04:30"),
		LogExports: []string{"postgresql"}, IAMAuthentication: true, CopyTagsToSnapshot: true, DeletionProtection: true, ApplyImmediately: true,
	}
}

func (p place) multiAZ(group string) *rds.Cluster {
	s := p.cluster("trial-db-0a1b2c", "postgres", group)
	role := stack.Literal("arn:aws:iam::123456789012:role/monitoring")
	s.MultiAZ = &rds.MultiAZ{InstanceClass: "db.m6g.large", StorageType: "gp3", AllocatedStorage: 100, MonitoringInterval: 60,
		MonitoringRole: &role, PerformanceInsights: true, AutoMinorVersionUpgrade: true}
	return s
}

func modifyCluster(change func(*sdk.ModifyDBClusterInput)) func(*testing.T, *awsapi.Clients, engine.Live) {
	return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
		in := &sdk.ModifyDBClusterInput{DBClusterIdentifier: &live.ID, ApplyImmediately: aws.Bool(true)}
		change(in)
		must[*sdk.ModifyDBClusterOutput](t)(awsapi.RDS(c).ModifyDBCluster(t.Context(), in))
		settle()
	}
}

// clusterChanges are changes from outside that clusters of both kinds know.
func clusterChanges(p *place) outside {
	return outside{
		"security_groups":       modifyCluster(func(in *sdk.ModifyDBClusterInput) { in.VpcSecurityGroupIds = []string{p.other} }),
		"backup_retention_days": modifyCluster(func(in *sdk.ModifyDBClusterInput) { in.BackupRetentionPeriod = aws.Int32(1) }),
		"backup_window":         modifyCluster(func(in *sdk.ModifyDBClusterInput) { in.PreferredBackupWindow = aws.String("05:00-06:00") }),
		"maintenance_window":    modifyCluster(func(in *sdk.ModifyDBClusterInput) { in.PreferredMaintenanceWindow = aws.String("mon:06:00-mon:07:00") }),
		"iam_authentication":    modifyCluster(func(in *sdk.ModifyDBClusterInput) { in.EnableIAMDatabaseAuthentication = aws.Bool(false) }),
		"copy_tags_to_snapshot": modifyCluster(func(in *sdk.ModifyDBClusterInput) { in.CopyTagsToSnapshot = aws.Bool(false) }),
		"deletion_protection":   modifyCluster(func(in *sdk.ModifyDBClusterInput) { in.DeletionProtection = aws.Bool(false) }),
		"log_exports": modifyCluster(func(in *sdk.ModifyDBClusterInput) {
			in.CloudwatchLogsExportConfiguration = &types.CloudwatchLogsExportConfiguration{DisableLogTypes: []string{"postgresql"}}
		}),
		"managed_password": modifyCluster(func(in *sdk.ModifyDBClusterInput) {
			in.ManageMasterUserPassword, in.MasterUserPassword = aws.Bool(false), aws.String("somebody-elses")
		}),
		"tags.team": retag,
	}
}

func TestMultiAZCluster(t *testing.T) {
	var p place
	changes := clusterChanges(&p)
	changes["multi_az.instance_class"] = modifyCluster(func(in *sdk.ModifyDBClusterInput) { in.DBClusterInstanceClass = aws.String("db.r6g.large") })
	changes["multi_az.monitoring_interval"] = modifyCluster(func(in *sdk.ModifyDBClusterInput) { in.MonitoringInterval = aws.Int32(15) })
	changes["multi_az.performance_insights"] = modifyCluster(func(in *sdk.ModifyDBClusterInput) { in.EnablePerformanceInsights = aws.Bool(false) })
	changes["multi_az.auto_minor_version_upgrade"] = modifyCluster(func(in *sdk.ModifyDBClusterInput) { in.AutoMinorVersionUpgrade = aws.Bool(false) })
	var next string
	kindtest.Run(t, kindtest.Case{
		Kind:   kind("rds/cluster"),
		Leaves: left,
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			p = newPlace(t, c)
			next = clusterGroup(t, c, "postgres17")
			return p.multiAZ(clusterGroup(t, c, "postgres16"))
		},
		Outside: changes,
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"much at once": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				cluster := s.(*rds.Cluster)
				cluster.MultiAZ.InstanceClass, cluster.MultiAZ.AllocatedStorage, cluster.EngineVersion = "db.r6g.large", 200, "16.10"
				cluster.SecurityGroups, cluster.BackupRetentionDays, cluster.LogExports = stack.Literals(p.other, p.group), 7, []string{"upgrade"}
			},
			"a major version": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				cluster := s.(*rds.Cluster)
				cluster.EngineVersion, cluster.ParameterGroup = "17", stack.Literal(next)
			},
			"another type of storage": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				cluster := s.(*rds.Cluster)
				cluster.MultiAZ.StorageType, cluster.MultiAZ.IOPS = "io2", aws.Int32(3000)
			},
		},
		Untag: untag,
	})
}

func TestAuroraCluster(t *testing.T) {
	var p place
	var next string
	kindtest.Run(t, kindtest.Case{
		Kind:   kind("rds/cluster"),
		Leaves: left,
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			p = newPlace(t, c)
			next = clusterGroup(t, c, "aurora-postgresql17")
			return p.cluster("trial-db-0a1b2c", "aurora-postgresql", clusterGroup(t, c, "aurora-postgresql16"))
		},
		Outside: clusterChanges(&p),
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"a major version": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				cluster := s.(*rds.Cluster)
				cluster.EngineVersion, cluster.ParameterGroup = "17", stack.Literal(next)
			},
		},
		Untag: untag,
	})
}

func TestClusterInstance(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Kind:   kind("rds/cluster_instance"),
		Leaves: left,
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			p := newPlace(t, c)
			must[*sdk.CreateDBClusterOutput](t)(awsapi.RDS(c).CreateDBCluster(t.Context(), &sdk.CreateDBClusterInput{
				DBClusterIdentifier: aws.String("place"), Engine: aws.String("aurora-mysql"), MasterUsername: aws.String("dbadmin"),
				ManageMasterUserPassword: aws.Bool(true), DBSubnetGroupName: &p.subnetGroup, StorageEncrypted: aws.Bool(true)}))
			return &rds.ClusterInstance{Identifier: "trial-db-1-0a1b2c", Cluster: stack.Literal("place"), Engine: "aurora-mysql", InstanceClass: "db.r6g.large",
				Zone: "eu-west-1b", PromotionTier: 1, PerformanceInsights: true, AutoMinorVersionUpgrade: true, ApplyImmediately: true}
		},
		Outside: outside{
			"instance_class":             modifyInstance(func(in *sdk.ModifyDBInstanceInput) { in.DBInstanceClass = aws.String("db.r7g.large") }),
			"promotion_tier":             modifyInstance(func(in *sdk.ModifyDBInstanceInput) { in.PromotionTier = aws.Int32(15) }),
			"performance_insights":       modifyInstance(func(in *sdk.ModifyDBInstanceInput) { in.EnablePerformanceInsights = aws.Bool(false) }),
			"auto_minor_version_upgrade": modifyInstance(func(in *sdk.ModifyDBInstanceInput) { in.AutoMinorVersionUpgrade = aws.Bool(false) }),
			"tags.team":                  retag,
		},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"monitoring": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				role := stack.Literal("arn:aws:iam::123456789012:role/monitoring")
				i := s.(*rds.ClusterInstance)
				i.MonitoringInterval, i.MonitoringRole = 60, &role
			},
		},
		Untag: untag,
	})
}

func TestClusterParameterGroup(t *testing.T) {
	modify := func(name, value string) func(*testing.T, *awsapi.Clients, engine.Live) {
		return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			settle()
			must[*sdk.ModifyDBClusterParameterGroupOutput](t)(awsapi.RDS(c).ModifyDBClusterParameterGroup(t.Context(), &sdk.ModifyDBClusterParameterGroupInput{
				DBClusterParameterGroupName: &live.ID, Parameters: []types.Parameter{{ParameterName: &name, ParameterValue: &value, ApplyMethod: types.ApplyMethodImmediate}}}))
		}
	}
	kindtest.Run(t, kindtest.Case{
		Kind: kind("rds/cluster_parameter_group"),
		Setup: func(*testing.T, *awsapi.Clients) stack.Spec {
			return &rds.ClusterParameterGroup{Name: "trial-parameters-0a1b2c", Family: "aurora-postgresql16", Description: "trial",
				Parameters: map[string]string{"rds.force_ssl": "1", "shared_buffers": "65536", "work_mem": "8192"}}
		},
		Outside: outside{"parameters.work_mem": modify("work_mem", "16384"), "parameters.statement_timeout": modify("statement_timeout", "1000"), "tags.team": retag},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"set, change and reset": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				s.(*rds.ClusterParameterGroup).Parameters = map[string]string{"rds.force_ssl": "1", "shared_buffers": "32768", "wal_buffers": "1024"}
			},
		},
		Untag: untag,
	})
}
