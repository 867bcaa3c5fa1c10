package autoscaling_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

func (w *world) putTracking(metric types.MetricType, label string, disableScaleIn bool) (*sdk.PutScalingPolicyOutput, error) {
	spec := &types.PredefinedMetricSpecification{PredefinedMetricType: metric}
	if label != "" {
		spec.ResourceLabel = &label
	}
	return w.PutScalingPolicy(ctx, &sdk.PutScalingPolicyInput{AutoScalingGroupName: aws.String(group), PolicyName: aws.String("load"),
		PolicyType: aws.String("TargetTrackingScaling"), TargetTrackingConfiguration: &types.TargetTrackingConfiguration{
			TargetValue: aws.Float64(50), PredefinedMetricSpecification: spec, DisableScaleIn: &disableScaleIn}})
}

func TestTargetTracking(t *testing.T) {
	w := newWorld(t)
	w.create(0, 1)
	first := must(w.putTracking(types.MetricTypeASGAverageCPUUtilization, "", false))(w)
	if len(first.Alarms) != 2 || !strings.HasPrefix(*first.Alarms[0].AlarmName, "TargetTracking-web-AlarmHigh-") {
		t.Errorf("alarms %+v", first.Alarms)
	}
	// Putting it again changes the policy and keeps its identity.
	again := must(w.putTracking(types.MetricTypeASGAverageCPUUtilization, "", true))(w)
	if *again.PolicyARN != *first.PolicyARN || len(again.Alarms) != 1 || *again.Alarms[0].AlarmName != *first.Alarms[0].AlarmName {
		t.Errorf("put again: %+v", again)
	}
	described := must(w.DescribePolicies(ctx, &sdk.DescribePoliciesInput{AutoScalingGroupName: aws.String(group)}))(w).ScalingPolicies
	if len(described) != 1 || !*described[0].Enabled {
		t.Errorf("policies %+v", described)
	}
	must(w.DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyName: first.PolicyARN}))(w)
	_, err := w.DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyName: aws.String("load"), AutoScalingGroupName: aws.String(group)})
	w.wantError(err, "ValidationError", "load")
}

func TestResourceLabelMustBeOfAnAttachedGroup(t *testing.T) {
	const label = "app/web/1/targetgroup/one/1"
	w := newWorld(t)
	w.create(0, 1)
	put := func(label string) error {
		_, err := w.putTracking(types.MetricTypeALBRequestCountPerTarget, label, false)
		return err
	}
	w.wantError(put(label), "ValidationError", "Resource label")
	must(w.AttachLoadBalancerTargetGroups(ctx, &sdk.AttachLoadBalancerTargetGroupsInput{AutoScalingGroupName: aws.String(group), TargetGroupARNs: []string{tg1}}))(w)
	if err := put(label); err != nil {
		t.Error(err)
	}
	w.wantError(put(""), "ValidationError", "Resource label")
	w.wantError(put("app/web/1/targetgroup/two/2"), "ValidationError", "Resource label")
}

func TestScheduledAction(t *testing.T) {
	w := newWorld(t)
	w.running(1, 3)
	put := func(at time.Time) error {
		_, err := w.PutScheduledUpdateGroupAction(ctx, &sdk.PutScheduledUpdateGroupActionInput{AutoScalingGroupName: aws.String(group),
			ScheduledActionName: aws.String("up"), StartTime: &at, DesiredCapacity: aws.Int32(2)})
		return err
	}
	w.wantError(put(w.now.Add(-time.Minute)), "ValidationError", "past")
	if err := put(w.now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n := len(must(w.DescribeScheduledActions(ctx, &sdk.DescribeScheduledActionsInput{}))(w).ScheduledUpdateGroupActions); n != 1 {
		t.Errorf("%d actions", n)
	}
	if w.pass(59*time.Minute) || *w.group().DesiredCapacity != 1 {
		t.Error("the action was not waited for")
	}
	if w.settle(5 * time.Minute); *w.group().DesiredCapacity != 2 || w.inService() != 2 {
		t.Errorf("desired %d", *w.group().DesiredCapacity)
	}
}

func TestTags(t *testing.T) {
	w := newWorld(t)
	w.running(1, 2)
	tag := types.Tag{ResourceId: aws.String(group), ResourceType: aws.String("auto-scaling-group"), Key: aws.String("stack"), Value: aws.String("one"), PropagateAtLaunch: aws.Bool(true)}
	for _, value := range []string{"one", "two"} {
		tag.Value = aws.String(value)
		must(w.CreateOrUpdateTags(ctx, &sdk.CreateOrUpdateTagsInput{Tags: []types.Tag{tag}}))(w)
	}
	found := must(w.DescribeTags(ctx, &sdk.DescribeTagsInput{Filters: []types.Filter{{Name: aws.String("auto-scaling-group"), Values: []string{group, "other"}}}}))(w).Tags
	if len(found) != 1 || *found[0].Value != "two" {
		t.Errorf("tags %+v", found)
	}
	if _, has := w.cloud.specs[0].Tags["stack"]; has {
		t.Error("a running instance was tagged")
	}
	must(w.DeleteTags(ctx, &sdk.DeleteTagsInput{Tags: []types.Tag{tag}}))(w)
	if len(w.group().Tags) != 0 {
		t.Error("the tag stayed")
	}
	tag.ResourceId = aws.String("none")
	_, err := w.CreateOrUpdateTags(ctx, &sdk.CreateOrUpdateTagsInput{Tags: []types.Tag{tag}})
	w.wantError(err, "ValidationError", "not found")
}

func TestMetrics(t *testing.T) {
	w := newWorld(t)
	w.create(0, 1)
	enable := func(names ...string) error {
		_, err := w.EnableMetricsCollection(ctx, &sdk.EnableMetricsCollectionInput{AutoScalingGroupName: aws.String(group), Granularity: aws.String("1Minute"), Metrics: names})
		return err
	}
	for range 2 {
		if err := enable("GroupMinSize"); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.group().EnabledMetrics; len(got) != 1 || *got[0].Granularity != "1Minute" {
		t.Errorf("metrics %v", got)
	}
	w.wantError(enable("None"), "ValidationError", "None")
	if err := enable(); err != nil || len(w.group().EnabledMetrics) < 8 {
		t.Errorf("all metrics: %v", err)
	}
	must(w.DisableMetricsCollection(ctx, &sdk.DisableMetricsCollectionInput{AutoScalingGroupName: aws.String(group)}))(w)
	if len(w.group().EnabledMetrics) != 0 {
		t.Error("metrics stayed")
	}
}

func TestRecurringAction(t *testing.T) {
	for _, test := range []struct{ cron, zone, from, want string }{
		{"30 8 * * *", "", "2026-03-02T08:30:00Z", "2026-03-03T08:30:00Z"},
		{"30 8 * * *", "Europe/Berlin", "2026-03-02T00:00:00Z", "2026-03-02T07:30:00Z"},
		{"30 8 * * *", "Europe/Berlin", "2026-04-02T00:00:00Z", "2026-04-02T06:30:00Z"},
		{"0 20 * * MON-FRI", "", "2026-03-06T20:00:00Z", "2026-03-09T20:00:00Z"},
		{"*/20 6,7 1 JAN-MAR/2 *", "", "2026-01-01T07:40:00Z", "2026-03-01T06:00:00Z"},
		{"0 0 29 2 *", "", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"0 0 13 * 5", "", "2026-03-01T00:00:00Z", "2026-03-06T00:00:00Z"},
	} {
		w := newWorld(t)
		w.now, _ = time.Parse(time.RFC3339, test.from)
		w.running(1, 3)
		in := &sdk.PutScheduledUpdateGroupActionInput{AutoScalingGroupName: aws.String(group), ScheduledActionName: aws.String("up"),
			Recurrence: &test.cron, TimeZone: &test.zone, DesiredCapacity: aws.Int32(2)}
		w.now, _ = time.Parse(time.RFC3339, test.from)
		must(w.PutScheduledUpdateGroupAction(ctx, in))(w)
		action := must(w.DescribeScheduledActions(ctx, &sdk.DescribeScheduledActionsInput{}))(w).ScheduledUpdateGroupActions[0]
		if got := action.StartTime.Format(time.RFC3339); got != test.want {
			t.Errorf("%s after %s in %q: %s, want %s", test.cron, test.from, test.zone, got, test.want)
		}
	}
	w := newWorld(t)
	w.running(1, 3)
	for _, cron := range []string{"* * * *", "60 * * * *", "* * * * MOND", "0 0 0 * *", "*/0 * * * *", "5- * * * *"} {
		_, err := w.PutScheduledUpdateGroupAction(ctx, &sdk.PutScheduledUpdateGroupActionInput{AutoScalingGroupName: aws.String(group),
			ScheduledActionName: aws.String("up"), Recurrence: &cron, DesiredCapacity: aws.Int32(2)})
		w.wantError(err, "ValidationError", cron)
	}
}
