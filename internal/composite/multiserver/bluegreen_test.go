package multiserver_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

const secondImage = "ami-0e5b0000000000002"

// blueGreen returns variables of the strategy, with more of its settings.
func blueGreen(image, settings string) map[string]string {
	return map[string]string{"image_id": image, "rollout": `{ strategy = "blue_green" ` + settings + ` }`}
}

// groups returns how many servers each Auto Scaling group keeps.
func groups(t *testing.T, lab *acctest.Lab) map[string]int32 {
	t.Helper()
	out, err := awsapi.AutoScaling(lab.Clients(t)).DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int32{}
	for _, group := range out.AutoScalingGroups {
		found[aws.ToString(group.AutoScalingGroupName)] = aws.ToInt32(group.DesiredCapacity)
	}
	return found
}

// shares returns the weights that a listener gave to its target groups, change by
// change; the old one's follows the new one's.
func shares(lab *acctest.Lab) []string {
	var all []string
	for _, call := range lab.Sim.Calls() {
		if call.Operation != "ModifyListener" {
			continue
		}
		var weights []string
		for i := 1; ; i++ {
			weight, ok := call.Params[fmt.Sprintf("DefaultActions.member.1.ForwardConfig.TargetGroups.member.%d.Weight", i)]
			if !ok {
				break
			}
			weights = append(weights, fmt.Sprint(weight))
		}
		all = append(all, strings.Join(weights, "/"))
	}
	return all
}

// TestBlueGreen: a second group with as many servers as the first one has gets the
// requests step by step, then the first one is deleted.
func TestBlueGreen(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", blueGreen("ami-0e5b0000000000001", ""))
		old := lab.Parts(address)
		acctest.Must(t)(awsapi.AutoScaling(lab.Clients(t)).SetDesiredCapacity(t.Context(), &autoscaling.SetDesiredCapacityInput{
			AutoScalingGroupName: aws.String(old["autoscaling_group"]), DesiredCapacity: aws.Int32(5)}))
		lab.Sim.ResetCalls()
		lab.MustApply(t, "testdata/full", blueGreen(secondImage, ", steps = [10, 50], step_delay = 30"))
		if got := shares(lab); !slices.Equal(got, []string{"1/0", "10/90", "50/50", "100/0", ""}) {
			t.Errorf("the listener's weights were %q", got)
		}
		now := lab.Parts(address)
		if got := groups(t, lab); len(got) != 1 || got[now["autoscaling_group"]] != 5 {
			t.Errorf("groups %v, want %s alone with the 5 servers of the old one", got, now["autoscaling_group"])
		}
		if now["autoscaling_group"] == old["autoscaling_group"] || now["load_balancer"] != old["load_balancer"] || now["launch_template"] != old["launch_template"] {
			t.Errorf("parts %v, were %v", now, old)
		}
		if got := versions(t, lab); slices.Contains(got, "1") {
			t.Errorf("versions of group and servers: %v", got)
		}
		lab.MustRoundTrip(t, "testdata/full", blueGreen(secondImage, ""), address, "shop-full")
	})
}

// setAlarm makes an alarm that has a state.
func setAlarm(t *testing.T, lab *acctest.Lab, state cwtypes.StateValue) {
	t.Helper()
	c := awsapi.CloudWatch(lab.Clients(t))
	acctest.Must(t)(c.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{AlarmName: aws.String("errors"), Namespace: aws.String("shop"),
		MetricName: aws.String("errors"), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold, Threshold: aws.Float64(1),
		TreatMissingData: aws.String("ignore"), EvaluationPeriods: aws.Int32(1), Period: aws.Int32(86400), Statistic: cwtypes.StatisticSum}))
	acctest.Must(t)(c.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("errors"), StateValue: state, StateReason: aws.String("too many errors")}))
}

// TestBlueGreenGoesBackOnAlarm: all requests are at the old servers again, which have
// never left; applying again goes on with the new group and makes no third one.
func TestBlueGreenGoesBackOnAlarm(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		const settings = `, steps = [10, 50], step_delay = 60, alarm_names = ["errors"]`
		setAlarm(t, lab, cwtypes.StateValueOk)
		lab.MustApply(t, "testdata/full", blueGreen("ami-0e5b0000000000001", settings))
		old := lab.Parts(address)["autoscaling_group"]
		go func() { // the alarm goes off when the new servers get half of the requests
			for !slices.Contains(shares(lab), "50/50") {
				time.Sleep(time.Second)
			}
			setAlarm(t, lab, cwtypes.StateValueAlarm)
		}()
		lab.Sim.ResetCalls()
		err := lab.Apply(t.Context(), "testdata/full", blueGreen(secondImage, settings))
		acctest.MustSay(t, err, "with 50 % of the requests", "the alarm errors went off: too many errors", "all of them are back at the old one")
		if got := groups(t, lab); len(got) != 2 || !serves(t, lab, old) {
			t.Errorf("groups %v; %s does not serve", got, old)
		}
		if text(lab, "health_status") != "degraded" || number(lab, "last_good_launch_template_version") != "1" {
			t.Errorf("health_status is %s, last good version %s", text(lab, "health_status"), number(lab, "last_good_launch_template_version"))
		}
		err = lab.Apply(t.Context(), "testdata/full", blueGreen(secondImage, settings))
		acctest.MustSay(t, err, "no requests were moved: the alarm errors went off")
		setAlarm(t, lab, cwtypes.StateValueOk)
		lab.MustApply(t, "testdata/full", blueGreen(secondImage, settings))
		if got := groups(t, lab); len(got) != 1 || serves(t, lab, old) {
			t.Errorf("groups %v, want one that is not %s", got, old)
		}
		if good := number(lab, "last_good_launch_template_version"); good != "2" {
			t.Errorf("last good version %s", good)
		}
	})
}

// serves reports whether the listener sends requests to a group's servers and to no
// others.
func serves(t *testing.T, lab *acctest.Lab, group string) bool {
	t.Helper()
	out, err := awsapi.AutoScaling(lab.Clients(t)).DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{group}})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.AutoScalingGroups) == 0 {
		return false
	}
	listeners, err := awsapi.ELBv2(lab.Clients(t)).DescribeListeners(t.Context(), &elbv2.DescribeListenersInput{ListenerArns: []string{lab.Parts(address)["listener/443"]}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tuple := range listeners.Listeners[0].DefaultActions[0].ForwardConfig.TargetGroups {
		ours := slices.Contains(out.AutoScalingGroups[0].TargetGroupARNs, aws.ToString(tuple.TargetGroupArn))
		if aws.ToInt32(tuple.Weight) > 0 != ours {
			return false
		}
	}
	return true
}

// TestABadImageGetsNoRequests in a blue/green rollout, and what it left behind goes
// before the next attempt makes servers.
func TestABadImageGetsNoRequests(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", blueGreen("ami-0e5b0000000000001", ""))
		old := lab.Parts(address)["autoscaling_group"]
		err := lab.Apply(t.Context(), "testdata/full", blueGreen(badImage, ""))
		acctest.MustSay(t, err, "healthy targets", "Target.FailedHealthChecks")
		if good := number(lab, "last_good_launch_template_version"); !serves(t, lab, old) || good != "1" {
			t.Errorf("%s does not serve; last good version %s", old, good)
		}
		most := 0
		watch, end := make(chan bool), make(chan bool)
		go func() {
			defer close(watch)
			for {
				most = max(most, len(groups(t, lab)))
				select {
				case <-end:
					return
				case <-time.After(5 * time.Second):
				}
			}
		}()
		lab.MustApply(t, "testdata/full", blueGreen(secondImage, ""))
		close(end)
		<-watch
		if most > 2 {
			t.Errorf("there were %d groups at a time", most)
		}
		if got := groups(t, lab); len(got) != 1 {
			t.Errorf("groups left: %v", got)
		}
	})
}

// TestTheOldGroupIsKept for as long as asked: meanwhile the plan is empty and going
// back needs no new servers; then the next apply deletes it.
func TestTheOldGroupIsKept(t *testing.T) {
	const keep = ", keep_old_for = 3600"
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		first, second := blueGreen("ami-0e5b0000000000001", keep), blueGreen(secondImage, keep)
		lab.MustApply(t, "testdata/full", first)
		old := lab.Parts(address)["autoscaling_group"]
		lab.MustApply(t, "testdata/full", second)
		if got := groups(t, lab); len(got) != 2 || serves(t, lab, old) {
			t.Errorf("groups %v; the old one serves: %v", got, serves(t, lab, old))
		}
		time.Sleep(10 * time.Minute)
		second["idle_timeout"] = "31"
		lab.MustApply(t, "testdata/full", second)
		if got := groups(t, lab); len(got) != 2 {
			t.Errorf("groups %v after an apply of something else", got)
		}
		lab.Sim.ResetCalls()
		began := time.Now()
		lab.MustApply(t, "testdata/full", first)
		if took := time.Since(began); !serves(t, lab, old) || took > 3*time.Minute {
			t.Errorf("going back took %s; the old group serves: %v", took, serves(t, lab, old))
		}
		for _, call := range lab.Sim.Calls() {
			if call.Operation == "CreateAutoScalingGroup" {
				t.Error("going back made a group")
			}
		}
		time.Sleep(time.Hour)
		plan, err := lab.Plan(t.Context(), "testdata/full", first)
		if err != nil || plan.Empty() {
			t.Errorf("the plan leaves the other group: %v", err)
		}
		lab.MustApply(t, "testdata/full", first)
		if got := groups(t, lab); len(got) != 1 || !serves(t, lab, old) {
			t.Errorf("groups %v, want %s", got, old)
		}
	})
}

// TestAGroupThatWasGivenUpIsNotKept: what an apply deletes to make room, so that there
// are never three groups, it does not look for when it keeps the rest.
func TestAGroupThatWasGivenUpIsNotKept(t *testing.T) {
	const keep = ", keep_old_for = 86400"
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", blueGreen("ami-0e5b0000000000001", keep))
		lab.MustApply(t, "testdata/full", blueGreen(secondImage, keep))
		served := lab.Parts(address)["autoscaling_group"]
		acctest.MustSay(t, lab.Apply(t.Context(), "testdata/full", blueGreen(badImage, keep)), "Target.FailedHealthChecks")
		lab.MustApply(t, "testdata/full", blueGreen("ami-0e5b0000000000001", keep))
		now := lab.Parts(address)["autoscaling_group"]
		if _, kept := groups(t, lab)[served]; !kept || !serves(t, lab, now) || len(groups(t, lab)) != 2 {
			t.Errorf("groups %v, want %s, which serves, and %s", groups(t, lab), now, served)
		}
	})
}

// TestANewPortAndAnImageForIt: servers that know the new port only, in one apply.
func TestANewPortAndAnImageForIt(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		world := lab.Sim.World(acctest.Region)
		world.Do(func() {
			world.EC2.ServesPorts = map[string][]int32{"ami-0e5b0000000000001": {8080}, secondImage: {9090}}
		})
		lab.MustApply(t, "testdata/full", nil)
		lab.MustApply(t, "testdata/full", map[string]string{"port": "9090", "image_id": secondImage})
		if got := groups(t, lab); len(got) != 1 {
			t.Errorf("groups left: %v", got)
		}
	})
}
