package hadatabase_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// clusters are the modes in which the database is a cluster.
var clusters = map[string]map[string]string{"cluster": nil, "aurora": nil}

// TestClusterBasic makes, imports and destroys a cluster of each kind, and Aurora's of
// the other engine.
func TestClusterBasic(t *testing.T) {
	for name, test := range map[string]struct {
		dir       string
		variables map[string]string
		servers   int
	}{
		"multi-az":          {"testdata/cluster", nil, 0},
		"aurora-postgresql": {"testdata/aurora", nil, 3},
		"aurora-mysql":      {"testdata/aurora", map[string]string{"engine": "mysql", "engine_version": `"8.0"`, "reader_count": "1"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			inTier(t, func(t *testing.T, lab *acctest.Lab) {
				before := lab.Inventory()
				lab.MustApply(t, test.dir, test.variables)
				db := lab.Value(address)
				if reader := db.GetAttr("reader_endpoint"); reader.IsNull() || reader.RawEquals(db.GetAttr("endpoint")) {
					t.Errorf("the endpoint of the readers is %#v", reader)
				}
				if zones := db.GetAttr("availability_zones").LengthInt(); zones < min(3, max(2, test.servers)) {
					t.Errorf("it is in %d zones", zones)
				}
				if servers := lab.Parts(address); test.servers > 0 && servers["server/1"] == "" || servers["server/4"] != "" {
					t.Errorf("servers: %v", servers)
				}
				lab.MustRoundTrip(t, test.dir, test.variables, address, "shop")
				if err := lab.Destroy(t.Context(), test.dir, test.variables); err != nil {
					t.Fatal(err)
				}
				if after := remaining(lab); !slices.Equal(after, before) {
					t.Errorf("before there was:\n%v\nand in the end:\n%v", before, after)
				}
				snapshots, err := awsapi.RDS(lab.Clients(t)).DescribeDBClusterSnapshots(t.Context(), &sdk.DescribeDBClusterSnapshotsInput{})
				if err != nil || len(snapshots.DBClusterSnapshots) != 1 || *snapshots.DBClusterSnapshots[0].Status != "available" ||
					*snapshots.DBClusterSnapshots[0].DBClusterSnapshotIdentifier != db.GetAttr("final_snapshot_identifier").AsString() {
					t.Errorf("final snapshots %+v: %v", snapshots, err)
				}
			})
		})
	}
}

// pager is an SNS topic that is told of problems.
const pager = `["arn:aws:sns:eu-west-1:123456789012:pager"]`

// TestClusterChanges changes what a cluster has in common with an instance, in place.
func TestClusterChanges(t *testing.T) {
	steps := map[string][]struct{ name, value, does string }{
		"cluster": {
			{"engine_version", `"16.10"`, "update cluster: engine_version: 16 -> 16.10"},
			{"instance_class", "db.r6g.large", "update cluster: multi_az.instance_class"},
			{"allocated_storage", "200", "multi_az.allocated_storage: 100 -> 200"},
			{"parameters", `{ work_mem = "16384" }`, "update parameter_group"},
			{"iam_authentication", "false", "iam_authentication: true -> false"},
			{"backup_retention_days", "7", "backup_retention_days: 14 -> 7"},
			{"log_exports", `["postgresql", "upgrade"]`, "log_exports"},
			{"engine_version", `"17"`, "down for 10 to 60 minutes"},
			{"deletion_protection", "true", "deletion_protection: false -> true"},
			{"alarm_actions", pager, "create alarm/lag/3"},
		},
		"aurora": {
			{"reader_count", "3", "create server/4"},
			{"reader_count", "1", "delete server/3"},
			{"instance_class", "db.r7g.large", "update server/1: instance_class"},
			{"engine_version", `"17"`, "down for 10 to 60 minutes"},
			{"deletion_protection", "true", "deletion_protection: false -> true"},
			{"alarm_actions", pager, "create events/1"},
		},
	}
	for mode := range clusters {
		t.Run(mode, func(t *testing.T) {
			inTier(t, func(t *testing.T, lab *acctest.Lab) {
				dir, variables := "testdata/"+mode, map[string]string{}
				lab.MustApply(t, dir, variables)
				identifier := lab.Value(address).GetAttr("identifier")
				for _, step := range steps[mode] {
					variables[step.name] = step.value
					plan, err := lab.Plan(t.Context(), dir, variables)
					if err != nil || len(plan) != 1 || plan[0].Action != "update" {
						t.Fatalf("%s: the plan is no update: %v\n%s", step.name, err, plan)
					}
					if !strings.Contains(plan.String(), step.does) {
						t.Errorf("%s: the plan does not say %q:\n%s", step.name, step.does, plan)
					}
					lab.MustApply(t, dir, variables)
				}
				if now := lab.Value(address).GetAttr("identifier"); !now.RawEquals(identifier) {
					t.Errorf("the cluster is another one: %#v", now)
				}
				lab.MustRoundTrip(t, dir, variables, address, "shop")
			})
		})
	}
}

// TestModesStay: AWS turns no instance into a cluster, nor back; the plan says so, and
// what to do.
func TestModesStay(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/cluster", nil)
		for _, mode := range []string{"multi_az_instance", "single_az"} {
			_, err := lab.Plan(t.Context(), "testdata/cluster", map[string]string{"availability_mode": mode})
			acctest.MustSay(t, err, "refused to replace", "AWS turns no instance into a cluster", "dump its data into it")
		}
		_, err := lab.Plan(t.Context(), "testdata/cluster", map[string]string{"availability_mode": "aurora", "allocated_storage": "null"})
		acctest.MustSay(t, err, "refused to replace", "engine: postgres -> aurora-postgresql")
	})
}

// TestClusterDrift: what happens to a cluster by itself is no difference.
func TestClusterDrift(t *testing.T) {
	for mode := range clusters {
		t.Run(mode, func(t *testing.T) {
			inTier(t, func(t *testing.T, lab *acctest.Lab) {
				dir, variables := "testdata/"+mode, map[string]string{"alarm_actions": pager}
				lab.MustApply(t, dir, variables)
				id := lab.Value(address).GetAttr("identifier").AsString()
				world := lab.Sim.World(acctest.Region)
				world.Do(func() {
					if err := world.RDS.FailOver(id); err != nil {
						t.Error(err)
					}
				})
				time.Sleep(time.Second)
				lab.MustPlanEmpty(t, dir, variables)
				time.Sleep(time.Hour)
				lab.MustPlanEmpty(t, dir, variables)
				version := map[string]string{"cluster": "16.10", "aurora": "16.8"}[mode]
				world.Do(func() {
					if err := world.RDS.UpgradeMinor(id, version); err != nil {
						t.Error(err)
					}
				})
				lab.MustPlanEmpty(t, dir, variables)
				if _, err := awsapi.RDS(lab.Clients(t)).ModifyDBCluster(t.Context(), &sdk.ModifyDBClusterInput{DBClusterIdentifier: &id,
					CACertificateIdentifier: aws.String("rds-ca-rsa4096-g1"), ApplyImmediately: aws.Bool(true)}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour)
				lab.MustPlanEmpty(t, dir, variables)
			})
		})
	}
}

// TestBadModes: what a mode or a strategy does not have is refused, with the reason.
func TestBadModes(t *testing.T) { acctest.BadInput(t, "testdata/bad-modes", acctest.PrepareVPC) }
