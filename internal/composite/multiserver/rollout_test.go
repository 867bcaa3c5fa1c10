package multiserver_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// TestANewImageIsRolledOut: the group's own template version changes only through
// the refresh, to a number.
func TestANewImageIsRolledOut(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", nil)
		lab.Sim.ResetCalls()
		lab.MustApply(t, "testdata/full", map[string]string{"image_id": "ami-0e5b0000000000002"})
		started := false
		for _, call := range lab.Sim.Calls() {
			for parameter := range call.Params {
				if call.Operation == "UpdateAutoScalingGroup" && strings.Contains(parameter, "LaunchTemplate") {
					t.Errorf("the group's template was changed past the refresh: %v", call.Params)
				}
			}
			if call.Operation == "StartInstanceRefresh" {
				started = true
				if got := call.Params["DesiredConfiguration.LaunchTemplate.Version"]; got != "2" || call.Params["Preferences.AutoRollback"] != "true" {
					t.Errorf("refresh started with %v", call.Params)
				}
			}
		}
		if got := versions(t, lab); !started || !slices.Equal(got, []string{"2", "2", "2", "2"}) {
			t.Errorf("versions of group and servers: %v", got)
		}
	})
}

// TestABadImageRollsBack: the apply fails with the cause, the servers run the old
// version, and the plan still proposes the change.
func TestABadImageRollsBack(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", nil)
		bad := map[string]string{"image_id": "ami-0e5b000000000bad0"}
		err := lab.Apply(t.Context(), "testdata/full", bad)
		acctest.MustSay(t, err, "autoscaling_group", "RollbackSuccessful", "to launch template version 2")
		if got := versions(t, lab); !slices.Equal(got, []string{"1", "1", "1", "1"}) {
			t.Errorf("versions of group and servers after the rollback: %v", got)
		}
		if lab.Tainted(address) {
			t.Error("the tier is tainted")
		}
		plan, err := lab.Plan(t.Context(), "testdata/full", bad)
		if err != nil || plan.Empty() {
			t.Errorf("the following plan proposes nothing: %v", err)
		}
		lab.MustApply(t, "testdata/full", map[string]string{"image_id": "ami-0e5b0000000000003"})
	})
}

// TestAPortNobodyListensOn leaves the traffic where it was.
func TestAPortNobodyListensOn(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		world := lab.Sim.World(acctest.Region)
		world.Do(func() { world.EC2.ServesPorts = map[string][]int32{"ami-0e5b0000000000001": {8080}} })
		lab.MustApply(t, "testdata/full", nil)
		before := lab.Parts(address)["target_group"]
		err := lab.Apply(t.Context(), "testdata/full", map[string]string{"port": "8081"})
		acctest.MustSay(t, err, "target_group_attachment", "healthy targets", "Target.FailedHealthChecks")
		plan, err := lab.Plan(t.Context(), "testdata/full", map[string]string{"port": "8081"})
		if err != nil || !strings.Contains(plan.String(), "traffic/443") {
			t.Errorf("the plan does not go on with the change: %v\n%s", err, plan)
		}
		lab.MustApply(t, "testdata/full", nil)
		if now := lab.Parts(address)["target_group"]; now != before {
			t.Errorf("going back made target group %s, was %s", now, before)
		}
	})
}

func TestServersThatNeverAnswerAreReported(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		err := lab.Apply(t.Context(), "testdata/full", map[string]string{"image_id": "ami-0e5b000000000bad0"})
		acctest.MustSay(t, err, `webtier_multi_server "shop-full": create not finished`, "Did not succeed:", "target_group_attachment",
			"Target.FailedHealthChecks", "eu-west-1", "Not tried:", "traffic/443 (needs target_group_attachment)", "Exists now:", "terraform untaint")
		balancer := lab.Parts(address)["load_balancer"]
		lab.Untaint(address)
		lab.MustApply(t, "testdata/full", nil)
		if now := lab.Parts(address)["load_balancer"]; now != balancer {
			t.Errorf("load balancer %s was replaced by %s", balancer, now)
		}
	})
}

// versions returns the launch template versions of the group and of its servers.
func versions(t *testing.T, lab *acctest.Lab) []string {
	t.Helper()
	out, err := awsapi.AutoScaling(lab.Clients(t)).DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{})
	if err != nil {
		t.Fatal(err)
	}
	group := out.AutoScalingGroups[0]
	found := []string{aws.ToString(group.LaunchTemplate.Version)}
	for _, instance := range group.Instances {
		if instance.LifecycleState == "InService" {
			found = append(found, aws.ToString(instance.LaunchTemplate.Version))
		}
	}
	return found
}
