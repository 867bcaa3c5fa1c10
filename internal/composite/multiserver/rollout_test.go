package multiserver_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

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
		time.Sleep(time.Minute) // for what a rollout had more than wanted
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
		// The servers that have the requests need not be made again.
		if plan, err = lab.Plan(t.Context(), "testdata/full", nil); err != nil {
			t.Fatal(err)
		}
		if steps := fmt.Sprintf("%#v", plan[0].Planned.GetAttr("planned_actions")); strings.Contains(steps, "start 3 servers") || !strings.Contains(steps, "delete the old servers") {
			t.Errorf("going back is planned as %s", steps)
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

// refreshes returns the parameters of the refreshes started, and how many there were
// cancelled.
func refreshes(lab *acctest.Lab) (started []map[string]string, cancelled int) {
	for _, call := range lab.Sim.Calls() {
		switch call.Operation {
		case "StartInstanceRefresh":
			params := map[string]string{}
			for name, value := range call.Params {
				params[name] = fmt.Sprint(value)
			}
			started = append(started, params)
		case "CancelInstanceRefresh":
			cancelled++
		}
	}
	return started, cancelled
}

// TestEverySettingOfARollout reaches Auto Scaling, and an import finds it there.
func TestEverySettingOfARollout(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", nil)
		lab.MustRoundTrip(t, "testdata/full", nil, address, "shop-full") // without a rollout
		variables := map[string]string{"image_id": secondImage, "rollout": `{ min_healthy_percentage = 90, max_healthy_percentage = 120,
			auto_rollback = false, alarm_names = ["errors"], bake_time = 60, checkpoint_percentages = [34, 100], checkpoint_delay = 30, skip_matching = true }`}
		lab.MustApply(t, "testdata/full", variables)
		started, _ := refreshes(lab)
		if len(started) != 1 {
			t.Fatalf("%d refreshes", len(started))
		}
		for name, want := range map[string]string{"MinHealthyPercentage": "90", "MaxHealthyPercentage": "120", "AutoRollback": "false", "SkipMatching": "true",
			"AlarmSpecification.Alarms.member.1": "errors", "BakeTime": "60", "CheckpointPercentages.member.1": "34", "CheckpointPercentages.member.2": "100",
			"CheckpointDelay": "30"} {
			if got := started[0]["Preferences."+name]; got != want {
				t.Errorf("%s is %s, want %s", name, got, want)
			}
		}
		lab.MustRoundTrip(t, "testdata/full", variables, address, "shop-full")
		variables["image_id"], variables["rollout"] = "ami-0e5b0000000000001", "{ checkpoint_percentages = [50, 100] }"
		lab.MustApply(t, "testdata/full", variables)
		lab.MustRoundTrip(t, "testdata/full", variables, address, "shop-full")
	})
}

// TestOnlyPublished: with the strategy "none" no server is replaced, and the version
// that the group launches stays; another strategy rolls it out later.
func TestOnlyPublished(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		none := map[string]string{"image_id": secondImage, "rollout": `{ strategy = "none" }`}
		lab.MustApply(t, "testdata/full", nil)
		lab.MustApply(t, "testdata/full", none)
		if started, _ := refreshes(lab); len(started) != 0 || !slices.Equal(versions(t, lab), []string{"1", "1", "1", "1"}) {
			t.Errorf("%d refreshes, versions of group and servers: %v", len(started), versions(t, lab))
		}
		if latest, good := number(lab, "launch_template_version"), number(lab, "last_good_launch_template_version"); latest != "2" || good != "1" {
			t.Errorf("version %s, last good one %s", latest, good)
		}
		lab.MustRoundTrip(t, "testdata/full", none, address, "shop-full")
		lab.MustApply(t, "testdata/full", map[string]string{"image_id": secondImage})
		if good := number(lab, "last_good_launch_template_version"); good != "2" {
			t.Errorf("last good version %s after the rollout", good)
		}
	})
}

// number returns a number of the tier's state.
func number(lab *acctest.Lab, attribute string) string {
	return lab.Value(address).GetAttr(attribute).AsBigFloat().String()
}

// TestARolloutThatIsNotWaitedFor is shown by the following plans until it is over.
func TestARolloutThatIsNotWaitedFor(t *testing.T) {
	variables := func(image string) map[string]string {
		return map[string]string{"image_id": image, "rollout": "{ wait = false }"}
	}
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", variables("ami-0e5b0000000000001"))
		began := time.Now()
		if err := lab.Apply(t.Context(), "testdata/full", variables(secondImage)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("the apply took %s", took)
		}
		mustPlan(t, lab, variables(secondImage), "roll 3 servers to image "+secondImage, "instance refresh to 2: ")
		if err := lab.Apply(t.Context(), "testdata/full", variables(secondImage)); err != nil {
			t.Fatal(err)
		}
		if started, _ := refreshes(lab); len(started) != 1 {
			t.Errorf("%d refreshes were started", len(started))
		}
		time.Sleep(time.Hour)
		lab.MustPlanEmpty(t, "testdata/full", variables(secondImage))
		if err := lab.Apply(t.Context(), "testdata/full", variables(badImage)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * time.Hour)
		mustPlan(t, lab, variables(badImage), "is 2 (instance refresh to 3: RollbackSuccessful), wanted 3")
	})
}

func mustPlan(t *testing.T, lab *acctest.Lab, variables map[string]string, texts ...string) {
	t.Helper()
	plan, err := lab.Plan(t.Context(), "testdata/full", variables)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		if !strings.Contains(plan.String(), text) {
			t.Errorf("the plan does not say %q:\n%s", text, plan)
		}
	}
}

// TestAnInterruptedRollout goes on by itself; the next apply waits for it, or
// replaces it when another version is wanted.
func TestAnInterruptedRollout(t *testing.T) {
	for _, test := range []struct {
		name, next         string
		started, cancelled int
	}{
		{name: "same version", next: secondImage, started: 1},
		{name: "another version", next: "ami-0e5b0000000000003", started: 2, cancelled: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			inTier(t, func(t *testing.T, lab *acctest.Lab) {
				lab.MustApply(t, "testdata/full", nil)
				lab.Sim.ResetCalls()
				ctx, interrupt := context.WithTimeout(t.Context(), 2*time.Minute)
				defer interrupt()
				err := lab.Apply(ctx, "testdata/full", map[string]string{"image_id": secondImage})
				acctest.MustSay(t, err, "interrupted while waiting for instance refresh", "it goes on, and the next apply waits for it")
				lab.MustApply(t, "testdata/full", map[string]string{"image_id": test.next})
				if started, cancelled := refreshes(lab); len(started) != test.started || cancelled != test.cancelled {
					t.Errorf("%d refreshes started and %d cancelled, want %d and %d", len(started), cancelled, test.started, test.cancelled)
				}
			})
		})
	}
}

// TestALongRollout is waited for as long as the timeouts of the resource say.
func TestALongRollout(t *testing.T) {
	slow := map[string]string{"health_check": "{ grace_period = 1800 }", "rollout": "{ max_healthy_percentage = 134 }", "timeouts": `{ update = "5h" }`}
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", slow)
		slow["image_id"] = secondImage
		began := time.Now()
		lab.MustApply(t, "testdata/full", slow)
		if took := time.Since(began); took < 90*time.Minute {
			t.Errorf("the rollout took %s, which proves nothing", took)
		}
	})
}

// TestAnAlarmEndsARollout: the servers return to the old version, and the error names
// the alarm.
func TestAnAlarmEndsARollout(t *testing.T) {
	variables := func(image string) map[string]string {
		return map[string]string{"image_id": image, "rollout": `{ alarm_names = ["errors"] }`}
	}
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", variables("ami-0e5b0000000000001"))
		setAlarm(t, lab, cwtypes.StateValueOk)
		time.AfterFunc(3*time.Minute, func() { setAlarm(t, lab, cwtypes.StateValueAlarm) })
		err := lab.Apply(t.Context(), "testdata/full", variables(secondImage))
		acctest.MustSay(t, err, "RollbackSuccessful", "alarm errors")
		if got := versions(t, lab); !slices.Equal(got, []string{"1", "1", "1", "1"}) {
			t.Errorf("versions of group and servers: %v", got)
		}
	})
}

// TestOneServerIsRolledWithoutOutage: there is a healthy target all the time.
func TestOneServerIsRolledWithoutOutage(t *testing.T) {
	one := map[string]string{"min_size": "1", "max_size": "1", "min_healthy_after_az_loss": "0", "rollout": "null"}
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", one)
		target := lab.Parts(address)["target_group"]
		fewest, end, ended := 1, make(chan bool), make(chan bool)
		go func() {
			defer close(ended)
			for {
				out, err := awsapi.ELBv2(lab.Clients(t)).DescribeTargetHealth(t.Context(), &elbv2.DescribeTargetHealthInput{TargetGroupArn: &target})
				if err != nil {
					t.Error(err)
					return
				}
				healthy := 0
				for _, one := range out.TargetHealthDescriptions {
					if one.TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy {
						healthy++
					}
				}
				fewest = min(fewest, healthy)
				select {
				case <-end:
					return
				case <-time.After(5 * time.Second):
				}
			}
		}()
		one["image_id"] = secondImage
		lab.MustApply(t, "testdata/full", one)
		close(end)
		if <-ended; fewest < 1 {
			t.Error("there was no healthy server for a while")
		}
		if got := versions(t, lab); !slices.Equal(got, []string{"2", "2"}) {
			t.Errorf("versions of group and servers: %v", got)
		}
	})
}

// TestOldVersionsOfGenerationsArePurged: each blue/green rollout makes a version, too.
func TestOldVersionsOfGenerationsArePurged(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		variables := blueGreen(secondImage, "")
		for i := range 7 {
			variables["user_data"] = fmt.Sprintf("#!/bin/sh\necho %d\n", i)
			lab.MustApply(t, "testdata/full", variables)
		}
		if left, want := templateVersions(t, lab), []int64{1, 3, 4, 5, 6, 7}; !slices.Equal(left, want) {
			t.Errorf("versions left: %v, want %v", left, want)
		}
	})
}

// TestOldVersionsArePurged also when they are only published: the last ones stay, and
// what is used.
func TestOldVersionsArePurged(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", nil)
		variables := map[string]string{"image_id": secondImage}
		lab.MustApply(t, "testdata/full", variables)
		variables["rollout"] = `{ strategy = "none" }`
		for i := range 6 {
			variables["user_data"] = fmt.Sprintf("#!/bin/sh\necho %d\n", i)
			lab.MustApply(t, "testdata/full", variables)
		}
		if left, want := templateVersions(t, lab), []int64{1, 2, 4, 5, 6, 7, 8}; !slices.Equal(left, want) {
			t.Errorf("versions left: %v, want %v", left, want)
		}
	})
}

// templateVersions returns the numbers of the launch template's versions, in order.
func templateVersions(t *testing.T, lab *acctest.Lab) []int64 {
	t.Helper()
	out, err := awsapi.EC2(lab.Clients(t)).DescribeLaunchTemplateVersions(t.Context(), &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateId: aws.String(lab.Parts(address)["launch_template"])})
	if err != nil {
		t.Fatal(err)
	}
	var left []int64
	for _, version := range out.LaunchTemplateVersions {
		left = append(left, aws.ToInt64(version.VersionNumber))
	}
	slices.Sort(left)
	return left
}
