package rds_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

func (l *lab) parameterGroup(name, family string) {
	l.Helper()
	simtest.Do(l.T, l.CreateDBParameterGroup, &sdk.CreateDBParameterGroupInput{DBParameterGroupName: &name, DBParameterGroupFamily: &family,
		Description: aws.String("test")})
}

func parameter(name, value string, method types.ApplyMethod) types.Parameter {
	return types.Parameter{ParameterName: &name, ParameterValue: &value, ApplyMethod: method}
}

func (l *lab) setParameters(group string, parameters ...types.Parameter) {
	l.Helper()
	simtest.Do(l.T, l.ModifyDBParameterGroup, &sdk.ModifyDBParameterGroupInput{DBParameterGroupName: &group, Parameters: parameters})
	l.pass(5 * time.Second)
}

func applyStatus(db types.DBInstance) string { return *db.DBParameterGroups[0].ParameterApplyStatus }

func TestParametersReachTheInstance(t *testing.T) {
	l := newLab(t)
	l.parameterGroup("Custom", "postgres16")
	l.create("db", func(in *sdk.CreateDBInstanceInput) { in.DBParameterGroupName = aws.String("custom") })
	l.setParameters("custom", parameter("log_statement", "DDL", types.ApplyMethodImmediate))
	if got := applyStatus(l.read("db")); got != "applying" {
		t.Errorf("after a dynamic parameter: %s", got)
	}
	l.pass(time.Minute)
	if got := applyStatus(l.read("db")); got != "in-sync" {
		t.Errorf("a minute later: %s", got)
	}
	l.setParameters("custom", parameter("shared_buffers", "65536", types.ApplyMethodPendingReboot))
	l.pass(8 * 24 * time.Hour) // no window applies it
	if got := applyStatus(l.read("db")); got != "pending-reboot" {
		t.Errorf("after a static parameter: %s", got)
	}
	simtest.Do(t, l.RebootDBInstance, &sdk.RebootDBInstanceInput{DBInstanceIdentifier: aws.String("db")})
	l.pass(5 * time.Minute)
	if got := applyStatus(l.expect("db", "available")); got != "in-sync" {
		t.Errorf("after the reboot: %s", got)
	}
}

func TestOtherParameterGroupWaitsForAReboot(t *testing.T) {
	l := newLab(t)
	l.parameterGroup("custom", "postgres16")
	l.create("db")
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) { in.DBParameterGroupName = aws.String("custom") })
	l.pass(time.Minute)
	if db := l.read("db"); applyStatus(db) != "pending-reboot" || *db.DBParameterGroups[0].DBParameterGroupName != "custom" {
		t.Errorf("group %v", db.DBParameterGroups[0])
	}
}

func TestDescribeParametersOfAUser(t *testing.T) {
	l := newLab(t)
	l.parameterGroup("custom", "mysql8.4")
	l.setParameters("custom", parameter("innodb_buffer_pool_size", "{DBInstanceClassMemory*1/2}", types.ApplyMethodPendingReboot),
		parameter("event_scheduler", "on", types.ApplyMethodImmediate))
	read := func(source *string) []types.Parameter {
		return simtest.Do(t, l.DescribeDBParameters, &sdk.DescribeDBParametersInput{DBParameterGroupName: aws.String("custom"), Source: source}).Parameters
	}
	user := read(aws.String("user"))
	if len(user) != 2 || *user[0].ParameterValue != "ON" || user[0].ApplyMethod != types.ApplyMethodImmediate {
		t.Fatalf("user parameters: %+v", user)
	}
	if all := read(nil); len(all) < 20 {
		t.Errorf("only %d parameters", len(all))
	}
	simtest.Do(t, l.ResetDBParameterGroup, &sdk.ResetDBParameterGroupInput{DBParameterGroupName: aws.String("custom"), ResetAllParameters: aws.Bool(true)})
	if user := read(aws.String("user")); len(user) != 0 {
		t.Errorf("after the reset: %+v", user)
	}
}

func TestParametersRefused(t *testing.T) {
	l := newLab(t)
	l.parameterGroup("custom", "postgres16")
	many := make([]types.Parameter, 21)
	for n := range many {
		many[n] = parameter(fmt.Sprint("p", n), "1", types.ApplyMethodImmediate)
	}
	for _, test := range []struct {
		name, group, code, text string
		parameters              []types.Parameter
	}{
		{"an unknown group", "none", "DBParameterGroupNotFound", "", []types.Parameter{parameter("work_mem", "64", types.ApplyMethodImmediate)}},
		{"a default group", "default.postgres16", "InvalidDBParameterGroupState", "", []types.Parameter{parameter("work_mem", "64", types.ApplyMethodImmediate)}},
		{"a static parameter at once", "custom", "InvalidParameterCombination", "static parameter", []types.Parameter{parameter("shared_buffers", "65536", types.ApplyMethodImmediate)}},
		{"an unknown parameter", "custom", "InvalidParameterValue", "Could not find parameter", []types.Parameter{parameter("nonsense", "1", types.ApplyMethodImmediate)}},
		{"a value out of range", "custom", "InvalidParameterValue", "allowed values", []types.Parameter{parameter("work_mem", "1", types.ApplyMethodImmediate)}},
		{"a value not in the list", "custom", "InvalidParameterValue", "allowed values", []types.Parameter{parameter("rds.force_ssl", "yes", types.ApplyMethodImmediate)}},
		{"a fixed parameter", "custom", "InvalidParameterValue", "cannot be modified", []types.Parameter{parameter("config_file", "/x", types.ApplyMethodPendingReboot)}},
		{"more than 20", "custom", "InvalidParameterValue", "20", many},
	} {
		t.Run(test.name, func(t *testing.T) {
			simtest.Refused(t, l.ModifyDBParameterGroup, &sdk.ModifyDBParameterGroupInput{DBParameterGroupName: &test.group, Parameters: test.parameters}, test.code, test.text)
		})
	}
}

func TestParameterGroupIsBusyAfterAChange(t *testing.T) {
	l := newLab(t)
	l.parameterGroup("custom", "postgres16")
	in := &sdk.ModifyDBParameterGroupInput{DBParameterGroupName: aws.String("custom"),
		Parameters: []types.Parameter{parameter("work_mem", "8192", types.ApplyMethodImmediate)}}
	simtest.Do(t, l.ModifyDBParameterGroup, in)
	simtest.Do(t, l.ModifyDBParameterGroup, in) // nobody uses it yet
	l.create("db", func(in *sdk.CreateDBInstanceInput) { in.DBParameterGroupName = aws.String("custom") })
	simtest.Do(t, l.ModifyDBParameterGroup, in)
	simtest.Refused(t, l.ModifyDBParameterGroup, in, "InvalidDBParameterGroupState", "Try your request later")
	l.pass(5 * time.Second)
	simtest.Do(t, l.ModifyDBParameterGroup, in)
}

func TestParameterGroupIsHeldByAnInstance(t *testing.T) {
	l := newLab(t)
	l.parameterGroup("custom", "postgres16")
	l.create("db", func(in *sdk.CreateDBInstanceInput) { in.DBParameterGroupName = aws.String("custom") })
	in := &sdk.DeleteDBParameterGroupInput{DBParameterGroupName: aws.String("custom")}
	simtest.Refused(t, l.DeleteDBParameterGroup, in, "InvalidDBParameterGroupState", "still members")
	l.delete("db")
	l.pass(5 * time.Minute)
	simtest.Refused(t, l.DeleteDBParameterGroup, in, "InvalidDBParameterGroupState", "")
	l.pass(time.Minute)
	simtest.Do(t, l.DeleteDBParameterGroup, in)
	simtest.Refused(t, l.DeleteDBParameterGroup, in, "DBParameterGroupNotFound", "")
}

func TestClusterParameterGroup(t *testing.T) {
	l := newLab(t)
	name := aws.String("custom")
	simtest.Do(t, l.CreateDBClusterParameterGroup, &sdk.CreateDBClusterParameterGroupInput{DBClusterParameterGroupName: name,
		DBParameterGroupFamily: aws.String("aurora-mysql8.0"), Description: aws.String("test")})
	simtest.Refused(t, l.DescribeDBParameterGroups, &sdk.DescribeDBParameterGroupsInput{DBParameterGroupName: name}, "DBParameterGroupNotFound", "")
	simtest.Do(t, l.ModifyDBClusterParameterGroup, &sdk.ModifyDBClusterParameterGroupInput{DBClusterParameterGroupName: name,
		Parameters: []types.Parameter{parameter("require_secure_transport", "ON", types.ApplyMethodImmediate)}})
	out := simtest.Do(t, l.DescribeDBClusterParameters, &sdk.DescribeDBClusterParametersInput{DBClusterParameterGroupName: name, Source: aws.String("user")})
	if len(out.Parameters) != 1 {
		t.Errorf("parameters %+v", out.Parameters)
	}
	simtest.Refused(t, l.DescribeDBClusterParameters, &sdk.DescribeDBClusterParametersInput{DBClusterParameterGroupName: aws.String("none")},
		"DBClusterParameterGroupNotFound", "")
}

func TestEngineDefaultsArePaged(t *testing.T) {
	l := newLab(t)
	in := &sdk.DescribeEngineDefaultParametersInput{DBParameterGroupFamily: aws.String("postgres16"), MaxRecords: aws.Int32(20)}
	first := simtest.Do(t, l.DescribeEngineDefaultParameters, in).EngineDefaults
	if len(first.Parameters) != 20 || first.Marker == nil {
		t.Fatalf("%d parameters, marker %v", len(first.Parameters), first.Marker)
	}
	in.Marker = first.Marker
	rest := simtest.Do(t, l.DescribeEngineDefaultParameters, in).EngineDefaults.Parameters
	if !slices.ContainsFunc(rest, func(p types.Parameter) bool { return *p.ParameterName == "rds.force_ssl" }) {
		t.Error("rds.force_ssl is missing")
	}
	in.MaxRecords = aws.Int32(10)
	simtest.Refused(t, l.DescribeEngineDefaultParameters, in, "InvalidParameterValue", "MaxRecords")
}

func TestSubnetGroupRefuses(t *testing.T) {
	l := newLab(t)
	same := l.subnet(l.vpc, "a", "10.0.9.0/24")
	foreign := l.subnet(l.otherVPC, "b", "10.1.0.0/24")
	for _, test := range []struct {
		name, group, code string
		subnets           []string
	}{
		{"one zone", "new", "DBSubnetGroupDoesNotCoverEnoughAZs", []string{l.subnets[0], same}},
		{"an unknown subnet", "new", "InvalidSubnet", []string{l.subnets[0], "subnet-none"}},
		{"two VPCs", "new", "InvalidSubnet", []string{l.subnets[0], foreign}},
		{"a name that is taken", "DB", "DBSubnetGroupAlreadyExists", l.subnets},
		{"the reserved name", "Default", "InvalidParameterValue", l.subnets},
	} {
		t.Run(test.name, func(t *testing.T) {
			simtest.Refused(t, l.CreateDBSubnetGroup, &sdk.CreateDBSubnetGroupInput{DBSubnetGroupName: &test.group,
				DBSubnetGroupDescription: aws.String("test"), SubnetIds: test.subnets}, test.code, "")
		})
	}
}

func TestSubnetGroupInUse(t *testing.T) {
	l := newLab(t)
	db := l.create("db", func(in *sdk.CreateDBInstanceInput) { in.AvailabilityZone = aws.String("eu-west-1a") })
	if *db.DBSubnetGroup.SubnetGroupStatus != "Complete" || *db.AvailabilityZone != "eu-west-1a" {
		t.Fatalf("group %s, zone %s", *db.DBSubnetGroup.SubnetGroupStatus, *db.AvailabilityZone)
	}
	change := func(subnets ...string) *sdk.ModifyDBSubnetGroupInput {
		return &sdk.ModifyDBSubnetGroupInput{DBSubnetGroupName: aws.String("db"), SubnetIds: subnets}
	}
	simtest.Refused(t, l.ModifyDBSubnetGroup, change(l.subnets[1:]...), "SubnetAlreadyInUse", "")
	simtest.Do(t, l.ModifyDBSubnetGroup, change(l.subnets[:2]...))
	remove := &sdk.DeleteDBSubnetGroupInput{DBSubnetGroupName: aws.String("db")}
	simtest.Refused(t, l.DeleteDBSubnetGroup, remove, "InvalidDBSubnetGroupStateFault", "")
	l.delete("db")
	simtest.Refused(t, l.DeleteDBSubnetGroup, remove, "InvalidDBSubnetGroupStateFault", "")
	l.pass(6 * time.Minute)
	simtest.Do(t, l.DeleteDBSubnetGroup, remove)
}

func TestListGroups(t *testing.T) {
	l := newLab(t)
	l.parameterGroup("custom", "postgres16")
	l.create("db")
	l.create("other")
	var names []string
	for _, g := range simtest.Do(t, l.DescribeDBParameterGroups, &sdk.DescribeDBParameterGroupsInput{}).DBParameterGroups {
		names = append(names, *g.DBParameterGroupName)
	}
	if !slices.Equal(names, []string{"custom", "default.postgres16"}) {
		t.Errorf("groups %v", names)
	}
	simtest.Do(t, l.DescribeDBClusterParameterGroups, &sdk.DescribeDBClusterParameterGroupsInput{DBClusterParameterGroupName: aws.String("default.mysql8.4")})
	simtest.Do(t, l.DescribeEngineDefaultClusterParameters, &sdk.DescribeEngineDefaultClusterParametersInput{DBParameterGroupFamily: aws.String("aurora-mysql8.0")})
	if groups := simtest.Do(t, l.DescribeDBSubnetGroups, &sdk.DescribeDBSubnetGroupsInput{DBSubnetGroupName: aws.String("DB")}).DBSubnetGroups; len(groups[0].Subnets) != 3 {
		t.Errorf("subnet groups %+v", groups)
	}
	simtest.Refused(t, l.DescribeDBSubnetGroups, &sdk.DescribeDBSubnetGroupsInput{DBSubnetGroupName: aws.String("none")}, "DBSubnetGroupNotFoundFault", "")
}
