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

func untag(t *testing.T, c *awsapi.Clients, live engine.Live) {
	must[*sdk.RemoveTagsFromResourceOutput](t)(awsapi.RDS(c).RemoveTagsFromResource(t.Context(), &sdk.RemoveTagsFromResourceInput{
		ResourceName: aws.String(live.Out["arn"]), TagKeys: []string{stack.TagStack, stack.TagPart, stack.TagVersion, "team", "cost:centre"}}))
}

func retag(t *testing.T, c *awsapi.Clients, live engine.Live) {
	must[*sdk.AddTagsToResourceOutput](t)(awsapi.RDS(c).AddTagsToResource(t.Context(), &sdk.AddTagsToResourceInput{
		ResourceName: aws.String(live.Out["arn"]), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("b")}}}))
}

func TestSubnetGroup(t *testing.T) {
	var p place
	modify := func(description string, subnets ...int) func(*testing.T, *awsapi.Clients, engine.Live) {
		return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			in := &sdk.ModifyDBSubnetGroupInput{DBSubnetGroupName: &live.ID, DBSubnetGroupDescription: &description}
			for _, i := range subnets {
				in.SubnetIds = append(in.SubnetIds, p.subnets[i])
			}
			must[*sdk.ModifyDBSubnetGroupOutput](t)(awsapi.RDS(c).ModifyDBSubnetGroup(t.Context(), in))
		}
	}
	kindtest.Run(t, kindtest.Case{
		Kind: kind("rds/subnet_group"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			p = newPlace(t, c)
			return &rds.SubnetGroup{Name: "trial-subnets-0a1b2c", Description: "trial", VPC: stack.Literal(p.vpc), Subnets: stack.Literals(p.subnets...)}
		},
		Outside: outside{"subnets": modify("trial", 0, 1), "description": modify("other", 0, 1, 2), "tags.team": retag},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"everything": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				group := s.(*rds.SubnetGroup)
				group.Subnets, group.Description = stack.Literals(p.subnets[1:]...), "changed"
			},
		},
		Untag: untag,
	})
}

func TestParameterGroup(t *testing.T) {
	modify := func(name, value string, method types.ApplyMethod) func(*testing.T, *awsapi.Clients, engine.Live) {
		return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			settle()
			must[*sdk.ModifyDBParameterGroupOutput](t)(awsapi.RDS(c).ModifyDBParameterGroup(t.Context(), &sdk.ModifyDBParameterGroupInput{
				DBParameterGroupName: &live.ID, Parameters: []types.Parameter{{ParameterName: &name, ParameterValue: &value, ApplyMethod: method}}}))
		}
	}
	kindtest.Run(t, kindtest.Case{
		Kind: kind("rds/parameter_group"),
		Setup: func(*testing.T, *awsapi.Clients) stack.Spec {
			return &rds.ParameterGroup{Name: "trial-postgres16-0a1b2c", Family: "postgres16", Description: "trial",
				Parameters: map[string]string{"rds.force_ssl": "1", "shared_buffers": "65536", "work_mem": "8192"}}
		},
		Outside: outside{"parameters.work_mem": modify("work_mem", "16384", types.ApplyMethodImmediate),
			"parameters.statement_timeout": modify("statement_timeout", "1000", types.ApplyMethodImmediate), "tags.team": retag},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"set, change and reset": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				s.(*rds.ParameterGroup).Parameters = map[string]string{"rds.force_ssl": "1", "shared_buffers": "32768", "wal_buffers": "1024"}
			},
		},
		Untag: untag,
	})
}

// left is what a deleted instance leaves.
var left = []string{"rds snapshot ", "rds automated-backup "}

func modifyInstance(change func(*sdk.ModifyDBInstanceInput)) func(*testing.T, *awsapi.Clients, engine.Live) {
	return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
		in := &sdk.ModifyDBInstanceInput{DBInstanceIdentifier: &live.ID, ApplyImmediately: aws.Bool(true)}
		change(in)
		must[*sdk.ModifyDBInstanceOutput](t)(awsapi.RDS(c).ModifyDBInstance(t.Context(), in))
		settle()
	}
}

func TestInstance(t *testing.T) {
	var p place
	kindtest.Run(t, kindtest.Case{
		Kind:   kind("rds/instance"),
		Leaves: left,
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			p = newPlace(t, c)
			return p.database("trial-db-0a1b2c")
		},
		Outside: outside{
			"class":                 modifyInstance(func(in *sdk.ModifyDBInstanceInput) { in.DBInstanceClass = aws.String("db.r6g.large") }),
			"multi_az":              modifyInstance(func(in *sdk.ModifyDBInstanceInput) { in.MultiAZ = aws.Bool(false) }),
			"port":                  modifyInstance(func(in *sdk.ModifyDBInstanceInput) { in.DBPortNumber = aws.Int32(5433) }),
			"max_allocated_storage": modifyInstance(func(in *sdk.ModifyDBInstanceInput) { in.MaxAllocatedStorage = aws.Int32(200) }),
			"security_groups":       modifyInstance(func(in *sdk.ModifyDBInstanceInput) { in.VpcSecurityGroupIds = []string{p.other} }),
			"backup_retention_days": modifyInstance(func(in *sdk.ModifyDBInstanceInput) { in.BackupRetentionPeriod = aws.Int32(1) }),
			"backup_window":         modifyInstance(func(in *sdk.ModifyDBInstanceInput) { in.PreferredBackupWindow = aws.String("05:00-06:00") }),
			"maintenance_window":    modifyInstance(func(in *sdk.ModifyDBInstanceInput) { in.PreferredMaintenanceWindow = aws.String("mon:06:00-mon:07:00") }),
			"copy_tags_to_snapshot": modifyInstance(func(in *sdk.ModifyDBInstanceInput) { in.CopyTagsToSnapshot = aws.Bool(false) }),
			"auto_minor_upgrade":    modifyInstance(func(in *sdk.ModifyDBInstanceInput) { in.AutoMinorVersionUpgrade = aws.Bool(false) }),
			"monitoring_interval":   modifyInstance(func(in *sdk.ModifyDBInstanceInput) { in.MonitoringInterval = aws.Int32(15) }),
			"performance_insights":  modifyInstance(func(in *sdk.ModifyDBInstanceInput) { in.EnablePerformanceInsights = aws.Bool(false) }),
			"log_exports": modifyInstance(func(in *sdk.ModifyDBInstanceInput) {
				in.CloudwatchLogsExportConfiguration = &types.CloudwatchLogsExportConfiguration{DisableLogTypes: []string{"upgrade"}}
			}),
			"iam_authentication": modifyInstance(func(in *sdk.ModifyDBInstanceInput) { in.EnableIAMDatabaseAuthentication = aws.Bool(false) }),
			"managed_password": modifyInstance(func(in *sdk.ModifyDBInstanceInput) {
				in.ManageMasterUserPassword, in.MasterUserPassword = aws.Bool(false), aws.String("somebody-elses")
			}),
			"tags.team": retag,
		},
		Updates: map[string]func(*testing.T, *awsapi.Clients, stack.Spec){
			"much at once": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				db := s.(*rds.Instance)
				db.Class, db.MultiAZ, db.AllocatedStorage, db.MaxAllocatedStorage = "db.r6g.large", false, aws.Int32(50), aws.Int32(0)
				db.SecurityGroups, db.BackupRetentionDays, db.LogExports = stack.Literals(p.other, p.group), aws.Int32(7), []string{"postgresql"}
				db.IAMAuthentication, db.EngineVersion, db.PerformanceInsights = false, aws.String("16.10"), false
			},
			"a larger volume type": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				db := s.(*rds.Instance)
				db.StorageType, db.AllocatedStorage, db.IOPS = aws.String("io2"), aws.Int32(100), aws.Int32(3000)
				db.MaxAllocatedStorage = aws.Int32(400)
			},
		},
		Untag: untag,
	})
}

// TestDeletionProtection of an instance of the harness's stack.
func TestDeletionProtection(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Kind:     func(c *awsapi.Clients) engine.Kind { return keyed{kind("rds/deletion_protection")(c)} },
		Outlives: true,
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			want := wanted(newPlace(t, c).database("trial-db-0a1b2c"))
			want.Tags = map[string]string{stack.TagStack: "kindtest/trial", stack.TagPart: "instance"}
			instances := kind("rds/instance")(c)
			live, err := instances.Create(t.Context(), want)
			if err == nil {
				live, err = instances.Wait(t.Context(), live)
			}
			if err != nil {
				t.Fatal(err)
			}
			return &rds.DeletionProtection{Instance: stack.Literal(live.ID)}
		},
	})
}
