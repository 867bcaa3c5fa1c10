package hadatabase_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

func attribute(lab *acctest.Lab, name string) string {
	return lab.Value(address).GetAttr(name).AsString()
}

// TestAReplacementIsAllowedByName: a snapshot is there before anything is deleted,
// and the old database leaves its own.
func TestAReplacementIsAllowedByName(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/basic", nil)
		old := attribute(lab, "identifier")
		other := map[string]string{"username": "owner", "allow_replacement_from": "somebody-else"}
		_, err := lab.Plan(t.Context(), "testdata/change", other)
		acctest.MustSay(t, err, "refused to replace "+old, `username: dbadmin -> owner`, `allow_replacement_from = "`+old+`"`)
		other["allow_replacement_from"] = old
		lab.Sim.ResetCalls()
		lab.MustApply(t, "testdata/change", other)
		if now := attribute(lab, "identifier"); now == old {
			t.Error("the database was not replaced")
		}
		var order []string
		for _, call := range lab.Sim.Calls() {
			switch call.Operation {
			case "CreateDBSnapshot", "CreateDBInstance", "DeleteDBInstance":
				order = append(order, call.Operation)
			}
		}
		if got := strings.Join(order, " "); got != "CreateDBSnapshot CreateDBInstance DeleteDBInstance" {
			t.Errorf("the order was %s", got)
		}
		checkAvailable(t, lab, 2)
	})
}

func checkAvailable(t *testing.T, lab *acctest.Lab, want int) {
	t.Helper()
	out, err := awsapi.RDS(lab.Clients(t)).DescribeDBSnapshots(t.Context(), &rds.DescribeDBSnapshotsInput{})
	if err != nil || len(out.DBSnapshots) != want {
		t.Fatalf("%d snapshots, want %d: %v", len(out.DBSnapshots), want, err)
	}
	for _, snapshot := range out.DBSnapshots {
		if aws.ToString(snapshot.Status) != "available" {
			t.Errorf("snapshot %s is %s", *snapshot.DBSnapshotIdentifier, *snapshot.Status)
		}
	}
}

// TestProtectionIsJudgedOnTheState, not on the configuration that would end it.
func TestProtectionIsJudgedOnTheState(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		protected := map[string]string{"deletion_protection": "true"}
		lab.MustApply(t, "testdata/change", protected)
		err := lab.Destroy(t.Context(), "testdata/change", map[string]string{"deletion_protection": "false"})
		acctest.MustSay(t, err, "protected from deletion")
		_, err = lab.Plan(t.Context(), "testdata/change", map[string]string{"name": "other"})
		acctest.MustSay(t, err, "protected from deletion")
		lab.MustApply(t, "testdata/change", nil)
		_, err = lab.Plan(t.Context(), "testdata/change", map[string]string{"name": "other"})
		acctest.MustSay(t, err, "refused to replace "+attribute(lab, "identifier"), "name changes")
	})
}

// TestAMajorUpgradeSwapsTheParameterGroup in the call that makes it.
func TestAMajorUpgradeSwapsTheParameterGroup(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		now := map[string]string{"apply_changes": "immediately", "parameters": `{ work_mem = "8192" }`}
		lab.MustApply(t, "testdata/change", now)
		old := lab.Parts(address)["parameter_group"]
		_, err := lab.Plan(t.Context(), "testdata/change", map[string]string{"engine_version": `"17"`, "parameters": now["parameters"]})
		acctest.MustSay(t, err, "A major upgrade does not wait")
		now["engine_version"] = `"17"`
		plan, err := lab.Plan(t.Context(), "testdata/change", now)
		if err != nil || !strings.Contains(plan.String(), "down for 10 to 60 minutes") {
			t.Errorf("the plan does not say how long it is down: %v\n%s", err, plan)
		}
		lab.MustApply(t, "testdata/change", now)
		if got := lab.Parts(address)["parameter_group"]; got == old || !strings.Contains(got, "postgres17") {
			t.Errorf("the parameter group is %s, was %s", got, old)
		}
		if version := attribute(lab, "engine_version_actual"); !strings.HasPrefix(version, "17.") {
			t.Errorf("it runs %s", version)
		}
		_, err = lab.Plan(t.Context(), "testdata/change", map[string]string{"apply_changes": "immediately"})
		acctest.MustSay(t, err, "No way from 17.", "it never goes back")
	})
}

// TestChangesThatWait are shown until the window makes them, and are no difference.
func TestChangesThatWait(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/change", nil)
		lab.MustApply(t, "testdata/change", map[string]string{"instance_class": "db.r6g.large"})
		pending := lab.Value(address).GetAttr("pending_changes").AsValueSlice()
		if len(pending) != 1 || pending[0].AsString() != "instance_class = db.r6g.large" {
			t.Errorf("pending: %v", pending)
		}
		time.Sleep(8 * 24 * time.Hour)
		lab.MustPlanEmpty(t, "testdata/change", map[string]string{"instance_class": "db.r6g.large"})
		if err := lab.Apply(t.Context(), "testdata/change", map[string]string{"instance_class": "db.r6g.large"}); err != nil {
			t.Fatal(err)
		}
		if left := lab.Value(address).GetAttr("pending_changes").LengthInt(); left != 0 {
			t.Errorf("%d changes still wait", left)
		}
	})
}

// TestStaticParametersAreFlagged, and wait for a reboot that is allowed.
func TestStaticParametersAreFlagged(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/change", nil)
		variables := map[string]string{"parameters": `{ shared_buffers = "65536", work_mem = "8192" }`}
		lab.MustApply(t, "testdata/change", variables)
		flagged := lab.Value(address).GetAttr("static_parameters").AsValueSlice()
		waiting := lab.Value(address).GetAttr("pending_changes").LengthInt()
		if len(flagged) != 1 || flagged[0].AsString() != "shared_buffers" || waiting != 1 {
			t.Errorf("flagged %v, %d changes wait", flagged, waiting)
		}
		lab.Sim.ResetCalls()
		variables["allow_reboot"] = "true"
		lab.MustApply(t, "testdata/change", variables)
		reboots := 0
		for _, call := range lab.Sim.Calls() {
			if call.Operation == "RebootDBInstance" && call.Params["ForceFailover"] == "true" {
				reboots++
			}
		}
		if left := lab.Value(address).GetAttr("pending_changes").LengthInt(); reboots != 1 || left != 0 {
			t.Errorf("%d reboots with fail-over, %d changes wait", reboots, left)
		}
	})
}

// TestStorageThatGrewLeavesRoom: RDS takes no ceiling close to what the database has.
func TestStorageThatGrewLeavesRoom(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", map[string]string{"read_replicas": "null"})
		do(t, lab, func(r control) error { return r.GrowStorage(attribute(lab, "identifier"), 90) })
		for _, change := range []map[string]string{{"max_allocated_storage": "80"}, {"max_allocated_storage": "98"},
			{"max_allocated_storage": "null", "allocated_storage": "21"}} { // four times 21
			_, err := lab.Plan(t.Context(), "testdata/full", with(change, "read_replicas", "null"))
			acctest.MustSay(t, err, "No room for storage to grow", "has grown to 90 GiB", "at least 99")
		}
		lab.MustApply(t, "testdata/full", map[string]string{"read_replicas": "null", "max_allocated_storage": "0"})
	})
}

// TestSubnetsOfServersStay: AWS takes none away from under a server.
func TestSubnetsOfServersStay(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/change", nil)
		zones := lab.Value(address).GetAttr("availability_zones").AsValueSlice()
		var subnets []string
		if err := json.Unmarshal([]byte(lab.Variables["private_subnet_ids"]), &subnets); err != nil {
			t.Fatal(err)
		}
		refused := 0
		for i := range subnets {
			rest, _ := json.Marshal(slices.Delete(slices.Clone(subnets), i, i+1))
			lab.Variables["private_subnet_ids"] = string(rest)
			if _, err := lab.Plan(t.Context(), "testdata/change", nil); err != nil {
				acctest.MustSay(t, err, "Subnets that are in use", "has a server in eu-west-1")
				refused++
				continue
			}
			lab.MustApply(t, "testdata/change", nil)
		}
		if refused != len(zones) {
			t.Errorf("%d of three removals were refused; it has servers in %d zones", refused, len(zones))
		}
	})
}
