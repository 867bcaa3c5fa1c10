package hadatabase_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/kms"
)

const address = "webtier_ha_database.this"

// inTier runs a test in an account that has a VPC over three zones.
func inTier(t *testing.T, try func(t *testing.T, lab *acctest.Lab)) {
	t.Helper()
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		acctest.PrepareVPC(t, lab)
		try(t, lab)
	})
}

// left are the beginnings of what a destroyed database leaves on purpose.
var left = []string{"rds snapshot ", "rds automated-backup "}

// remaining returns the inventory without what databases leave.
func remaining(lab *acctest.Lab) []string {
	return slices.DeleteFunc(lab.Inventory(), func(line string) bool {
		return slices.ContainsFunc(left, func(prefix string) bool { return strings.HasPrefix(line, prefix) })
	})
}

// TestWithoutAlarmsNobodyLooksForThem who is not allowed to; an apply says so.
func TestWithoutAlarmsNobodyLooksForThem(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		acctest.Refuse(lab, "DescribeAlarms")
		acctest.Refuse(lab, "DescribeEventSubscriptions")
		if err := lab.Apply(t.Context(), "testdata/basic", nil); err != nil {
			t.Fatal(err)
		}
		for _, action := range []string{"cloudwatch:DescribeAlarms", "rds:DescribeEventSubscriptions"} {
			if len(lab.Warnings) != 1 || !strings.Contains(lab.Warnings[0], "for lack of "+action) {
				t.Errorf("the warnings are %q", lab.Warnings)
			}
		}
		lab.MustPlanEmpty(t, "testdata/basic", nil)
	})
}

func TestBasic(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		before := lab.Inventory()
		lab.MustApply(t, "testdata/basic", nil)
		lab.MustRoundTrip(t, "testdata/basic", nil, address, "shop")
		if err := lab.Destroy(t.Context(), "testdata/basic", nil); err != nil {
			t.Fatal(err)
		}
		if after := remaining(lab); !slices.Equal(after, before) {
			t.Errorf("before there was:\n%v\nand in the end:\n%v", before, after)
		}
	})
}

// everyArgument changes each argument once, one after another, and checks that the
// plan is in place or, for those that AWS cannot change, refused.
var everyArgument = []struct {
	name  string
	value string
	// refused is what the plan then says.
	refused string
	// does is what planned_actions then says.
	does string
	// with are other arguments that have to go with it.
	with map[string]string
}{
	{name: "engine", value: "mysql", refused: "engine: postgres -> mysql", with: map[string]string{"engine_version": `"8.0"`, "parameters": "{}", "log_exports": "null"}},
	{name: "engine_version", value: `"16.10"`, does: "16.8 -> 16.10; down for some minutes, now"},
	{name: "instance_class", value: "db.r6g.large", does: "class: db.m7g.large -> db.r6g.large; fails over"},
	{name: "availability_mode", value: "single_az", does: "multi_az: true -> false; no downtime"},
	{name: "availability_mode", value: "multi_az_instance", does: "multi_az: false -> true; no downtime"},
	{name: "availability_mode", value: "multi_az_cluster", refused: "read_replicas"},
	{name: "reader_count", value: "2", refused: "Only Aurora has readers to count"},
	{name: "upgrade_strategy", value: "blue_green", refused: "Remove read_replicas"},
	{name: "subnet_ids", value: "null", does: "update subnet_group: subnets"},
	{name: "storage", value: `{ type = "gp3", iops = 12000 }`, refused: "gp3 volume too small to choose its performance"},
	{name: "allocated_storage", value: "30", does: "allocated_storage: 20 -> 30; no downtime"},
	{name: "max_allocated_storage", value: "200", does: "max_allocated_storage: 100 -> 200"},
	{name: "kms_key_id", value: "a key", refused: "kms_key_id: (none)"},
	{name: "database_name", value: "other", refused: "database_name: shop"},
	{name: "username", value: "other", refused: "username: owner"},
	{name: "master_password_wo_version", value: "2", does: "password.version: 1 -> 2"},
	{name: "port", value: "5433", does: "port: 5432 -> 5433; restarts now"},
	{name: "allowed_security_group_ids", value: `["sg-0e5b0000000000001"]`, does: "create rule/database/sg-0e5b0000000000001"},
	{name: "parameters", value: `{ work_mem = "16384", shared_buffers = "32768" }`, does: "parameters.shared_buffers: 65536 -> 32768"},
	{name: "allow_reboot", value: "true", does: "static_parameters: (none) -> shared_buffers=32768; reboots now with a fail-over"},
	{name: "backup_retention_days", value: "20", does: "backup_retention_days: 10 -> 20"},
	{name: "backup_window", value: "02:30-03:00", does: "backup_window"},
	{name: "maintenance_window", value: "tue:04:00-tue:04:30", does: "maintenance_window"},
	{name: "apply_changes", value: "maintenance_window", does: "tags.webtier:apply-changes"},
	{name: "restore_from", value: `{ snapshot_identifier = "another", source_identifier = null, time = null }`},
	{name: "performance_insights", value: "false", does: "performance_insights: true -> false"},
	{name: "log_exports", value: `["postgresql", "upgrade"]`, does: "log_exports"},
	{name: "iam_authentication", value: "false", does: "iam_authentication: true -> false; no downtime, in the maintenance window tue:04:00-tue:04:30"},
	{name: "read_replicas", value: `{ reports = { instance_class = "db.r7g.large", multi_az = null } }`, does: "update replica/reports: class"},
	{name: "alarm_actions", value: pager, does: "create alarm/lag/reports"},
	{name: "alarm_actions", value: `["arn:aws:sns:eu-west-1:123456789012:desk"]`, does: "update events/1: topic"},
	{name: "on_create_failure", value: "keep"},
	{name: "tags", value: `{ team = "shop", stage = "test" }`, does: "tags.stage"},
	{name: "deletion_protection", value: "true", does: "create deletion_protection/instance"},
	{name: "name", value: "other", refused: "protected from deletion"},
}

// twoZones returns private subnets of two zones.
func twoZones(t *testing.T, lab *acctest.Lab) string {
	t.Helper()
	var subnets []string
	if err := json.Unmarshal([]byte(lab.Variables["private_subnet_ids"]), &subnets); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("[%q, %q]", subnets[0], subnets[1])
}

// TestEveryArgument: nothing that is changed ever plans a replacement.
func TestEveryArgument(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		group := lab.SecurityGroup(t)
		world := lab.Sim.World(acctest.Region)
		var key string
		world.Do(func() { key = world.KMS.AddKey(kms.KeySpec{}) })
		variables := map[string]string{"subnet_ids": twoZones(t, lab)}
		lab.MustApply(t, "testdata/full", variables)
		identifier := lab.Value(address).GetAttr("identifier").AsString()
		for _, step := range everyArgument {
			changed := maps.Clone(variables)
			changed[step.name] = strings.NewReplacer("sg-0e5b0000000000001", group, "a key", key).Replace(step.value)
			maps.Copy(changed, step.with)
			plan, err := lab.Plan(t.Context(), "testdata/full", changed)
			if step.refused != "" {
				acctest.MustSay(t, err, step.refused)
				continue
			}
			variables = changed
			if err != nil || len(plan) != 1 || plan[0].Action != "update" {
				t.Fatalf("%s: the plan is no update: %v\n%s", step.name, err, plan)
			}
			if does := strings.ReplaceAll(step.does, "sg-0e5b0000000000001", group); !strings.Contains(plan.String(), does) {
				t.Errorf("%s: the plan does not say %q:\n%s", step.name, does, plan)
			}
			lab.MustApply(t, "testdata/full", variables)
		}
		if now := lab.Value(address).GetAttr("identifier").AsString(); now != identifier {
			t.Errorf("the database %s has become %s", identifier, now)
		}
		// What a database was made from cannot be told, nor what its create was to do.
		variables["restore_from"], variables["on_create_failure"] = "null", "fail"
		if err := lab.Apply(t.Context(), "testdata/full", variables); err != nil {
			t.Fatal(err)
		}
		lab.MustPlanEmpty(t, "testdata/full", variables)
		lab.MustRoundTrip(t, "testdata/full", variables, address, "shop-full")
	})
}
