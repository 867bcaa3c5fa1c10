package hadatabase_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

type change = func(t *testing.T, c *awsapi.Clients, parts map[string]string)

// modified changes the instance from outside, and lets that be done.
func modified(change func(*rds.ModifyDBInstanceInput)) change {
	return func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
		in := &rds.ModifyDBInstanceInput{DBInstanceIdentifier: aws.String(parts["instance"]), ApplyImmediately: aws.Bool(true)}
		change(in)
		acctest.Must(t)(awsapi.RDS(c).ModifyDBInstance(t.Context(), in))
		time.Sleep(time.Hour)
	}
}

func TestDriftIsShownAndRepaired(t *testing.T) {
	tests := map[string]acctest.Drift{
		"class":      {Shows: "instance_class", Change: modified(func(in *rds.ModifyDBInstanceInput) { in.DBInstanceClass = aws.String("db.r6g.large") })},
		"standby":    {Shows: "availability_mode", Change: modified(func(in *rds.ModifyDBInstanceInput) { in.MultiAZ = aws.Bool(false) })},
		"public":     {Shows: "instance.copy_tags_to_snapshot", Change: modified(func(in *rds.ModifyDBInstanceInput) { in.CopyTagsToSnapshot = aws.Bool(false) })},
		"protection": {Shows: "deletion_protection/instance", Change: modified(func(in *rds.ModifyDBInstanceInput) { in.DeletionProtection = aws.Bool(true) })},
		"password": {Shows: "master_password_wo_version", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			modified(func(in *rds.ModifyDBInstanceInput) { in.ManageMasterUserPassword = aws.Bool(true) })(t, c, parts)
		}},
		"parameter": {Shows: "work_mem", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.RDS(c).ModifyDBParameterGroup(t.Context(), &rds.ModifyDBParameterGroupInput{DBParameterGroupName: aws.String(parts["parameter_group"]),
				Parameters: []rdstypes.Parameter{{ParameterName: aws.String("work_mem"), ParameterValue: aws.String("64"), ApplyMethod: rdstypes.ApplyMethodImmediate}}}))
		}},
		"TLS": {Shows: "parameter_group.parameters.rds.force_ssl", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.RDS(c).ModifyDBParameterGroup(t.Context(), &rds.ModifyDBParameterGroupInput{DBParameterGroupName: aws.String(parts["parameter_group"]),
				Parameters: []rdstypes.Parameter{{ParameterName: aws.String("rds.force_ssl"), ParameterValue: aws.String("0"), ApplyMethod: rdstypes.ApplyMethodImmediate}}}))
		}},
		"missing rule": {Shows: "rule/database/client", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
				GroupId: aws.String(parts["security_group/database"]), SecurityGroupRuleIds: []string{parts["rule/database/client"]}}))
		}},
		"lost tags": {Shows: "security_group/client", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.EC2(c).DeleteTags(t.Context(), &ec2.DeleteTagsInput{Resources: []string{parts["security_group/client"]}, Tags: []ec2types.Tag{{Key: aws.String("webtier:stack")}}}))
		}},
		"missing replica": {Shows: "replica/reports", Change: func(t *testing.T, c *awsapi.Clients, parts map[string]string) {
			acctest.Must(t)(awsapi.RDS(c).DeleteDBInstance(t.Context(), &rds.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String(parts["replica/reports"]), SkipFinalSnapshot: aws.Bool(true)}))
			time.Sleep(time.Hour)
		}},
	}
	for name, drift := range tests {
		t.Run(name, func(t *testing.T) {
			inTier(t, func(t *testing.T, lab *acctest.Lab) {
				lab.MustApply(t, "testdata/full", nil)
				lab.MustRepair(t, "testdata/full", address, drift)
			})
		})
	}
}

// TestWhatHappensByItselfPlansNothing (aws-facts §18).
func TestWhatHappensByItselfPlansNothing(t *testing.T) {
	tests := map[string]func(r control, id string) error{
		"storage grows": func(r control, id string) error { return r.GrowStorage(id, 45) },
		"minor upgrade": func(r control, id string) error { return r.UpgradeMinor(id, "16.10") },
		"fail-over":     func(r control, id string) error { return r.FailOver(id) },
		"another CA":    func(r control, id string) error { return r.RotateCA(id, "rds-ca-ecc384-g1") },
	}
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/basic", nil)
		id := lab.Value(address).GetAttr("identifier").AsString()
		for name, happen := range tests {
			do(t, lab, func(r control) error { return happen(r, id) })
			time.Sleep(time.Hour)
			plan, err := lab.Plan(t.Context(), "testdata/basic", nil)
			if err != nil || !plan.Empty() {
				t.Errorf("%s: %v\n%s", name, err, plan)
			}
		}
		if got := lab.Value(address).GetAttr("engine_version_actual").AsString(); got != "16.10" {
			t.Errorf("engine_version_actual is %s", got)
		}
		if got := lab.Value(address).GetAttr("allocated_storage_actual").AsBigFloat().String(); got != "45" {
			t.Errorf("allocated_storage_actual is %s", got)
		}
	})
}

// control is what happens in RDS without being asked for.
type control interface {
	GrowStorage(id string, gib int32) error
	UpgradeMinor(id, version string) error
	RotateCA(id, ca string) error
	FailOver(id string) error
	FailCreation(id, reason string)
}

func do(t *testing.T, lab *acctest.Lab, f func(r control) error) {
	t.Helper()
	world := lab.Sim.World(acctest.Region)
	var err error
	world.Do(func() { err = f(world.RDS) })
	if err != nil {
		t.Fatal(err)
	}
}
