package autoscaling_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

func TestCreatedGroupHasNoInstancesAtFirst(t *testing.T) {
	w := newWorld(t)
	w.create(3, 6)
	if n := len(w.group().Instances); n != 0 {
		t.Errorf("%d instances at once", n)
	}
	w.pass(2 * time.Second)
	if n := w.in(types.LifecycleStatePending); n != 3 {
		t.Errorf("%d pending", n)
	}
	w.settle(2 * time.Minute)
	if w.inService() != 3 || w.spread() != "map[a:1 b:1 c:1]" {
		t.Errorf("%d in service, %s", w.inService(), w.spread())
	}
	done := w.activities(types.ScalingActivityStatusCodeSuccessful)
	if len(done) != 3 || !strings.HasPrefix(*done[0].Description, "Launching a new EC2 instance: i-") ||
		!strings.Contains(*done[0].Cause, "a user request created an AutoScalingGroup changing the desired capacity from 0 to 3") {
		t.Errorf("activities %+v", done)
	}
}

func TestReadBack(t *testing.T) {
	w := newWorld(t)
	w.create(2, 4, func(in *sdk.CreateAutoScalingGroupInput) {
		in.LaunchTemplate = &types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("web")}
		in.Tags = []types.Tag{{Key: aws.String("webtier:part"), Value: aws.String("servers"), PropagateAtLaunch: aws.Bool(true)},
			{Key: aws.String("private"), Value: aws.String("x")}}
	})
	g := w.group()
	if *g.LaunchTemplate.LaunchTemplateId != templateID || *g.LaunchTemplate.LaunchTemplateName != "web" || *g.LaunchTemplate.Version != "$Default" {
		t.Errorf("template %+v", *g.LaunchTemplate)
	}
	if *g.DesiredCapacity != 2 || *g.HealthCheckGracePeriod != 0 || *g.DefaultCooldown != 300 || *g.HealthCheckType != "EC2" || g.TerminationPolicies[0] != "Default" {
		t.Errorf("defaults %+v", g)
	}
	if fmt.Sprint(g.AvailabilityZones) != "[eu-west-1a eu-west-1b eu-west-1c]" || len(g.AvailabilityZoneIds) != 3 {
		t.Errorf("zones %v %v", g.AvailabilityZones, g.AvailabilityZoneIds)
	}
	w.settle(2 * time.Minute)
	if tags := w.cloud.specs[0].Tags; tags["aws:autoscaling:groupName"] != group || tags["webtier:part"] != "servers" || len(tags) != 2 {
		t.Errorf("instance tags %v", tags)
	}
	if v := *w.group().Instances[0].LaunchTemplate.Version; v != "1" {
		t.Errorf("instance of version %s, want the number", v)
	}
	if got := strings.Join(w.Inventory(), "|"); got != "autoscaling group web servers" {
		t.Errorf("inventory %s", got)
	}
}

func TestCallersCannotReachState(t *testing.T) {
	w := newWorld(t)
	w.running(1, 2)
	g := w.group()
	*g.MaxSize, *g.Instances[0].HealthStatus, *g.LaunchTemplate.Version = 99, "Unhealthy", "9"
	if again := w.group(); *again.MaxSize != 2 || *again.Instances[0].HealthStatus != "Healthy" || *again.LaunchTemplate.Version != "1" {
		t.Error("a caller changed the group through what it was given")
	}
}

// refusals are requests that CreateAutoScalingGroup refuses.
var refusals = []struct {
	name, code, text string
	change           func(*sdk.CreateAutoScalingGroupInput)
}{
	{"template by both names", "ValidationError", "either launchTemplateId or LaunchTemplateName", func(in *sdk.CreateAutoScalingGroupInput) {
		in.LaunchTemplate.LaunchTemplateName = aws.String("web")
	}},
	{"unknown template", "ValidationError", "You must use a valid fully-formed launch template. The specified launch template", func(in *sdk.CreateAutoScalingGroupInput) {
		in.LaunchTemplate.LaunchTemplateId = aws.String("lt-none")
	}},
	{"no template", "ValidationError", "LaunchTemplate", func(in *sdk.CreateAutoScalingGroupInput) { in.LaunchTemplate = nil }},
	{"no subnet", "ValidationError", "At least one Availability Zone or VPC Subnet is required", func(in *sdk.CreateAutoScalingGroupInput) {
		in.VPCZoneIdentifier = nil
	}},
	{"unknown subnet", "ValidationError", "The subnet ID 'subnet-x' does not exist", func(in *sdk.CreateAutoScalingGroupInput) {
		in.VPCZoneIdentifier = aws.String("subnet-a,subnet-x")
	}},
	{"zones of other subnets", "ValidationError", "do not match", func(in *sdk.CreateAutoScalingGroupInput) {
		in.AvailabilityZones = []string{"eu-west-1a"}
	}},
	{"unknown target group", "ValidationError", "Target group 'arn:tg/none' not found", func(in *sdk.CreateAutoScalingGroupInput) {
		in.TargetGroupARNs = []string{"arn:tg/none"}
	}},
	{"max below min", "ValidationError", "Max bound, 1, must be greater than or equal to min bound, 2", func(in *sdk.CreateAutoScalingGroupInput) {
		in.MaxSize = aws.Int32(1)
	}},
	{"desired above max", "ValidationError", "Desired capacity:9 must be between", func(in *sdk.CreateAutoScalingGroupInput) {
		in.DesiredCapacity = aws.Int32(9)
	}},
	{"half a maintenance policy", "ValidationError", "both", func(in *sdk.CreateAutoScalingGroupInput) {
		in.InstanceMaintenancePolicy = &types.InstanceMaintenancePolicy{MinHealthyPercentage: aws.Int32(100)}
	}},
	{"short lifetime", "ValidationError", "lifetime", func(in *sdk.CreateAutoScalingGroupInput) { in.MaxInstanceLifetime = aws.Int32(60) }},
	{"reserved tag", "ValidationError", "aws:", func(in *sdk.CreateAutoScalingGroupInput) {
		in.Tags = []types.Tag{{Key: aws.String("aws:x")}}
	}},
	{"hook with an unreachable target", "ValidationError", "Unable to publish test message", func(in *sdk.CreateAutoScalingGroupInput) {
		withHook("autoscaling:EC2_INSTANCE_LAUNCHING")(in)
		in.LifecycleHookSpecificationList[0].NotificationTargetARN = aws.String("arn:aws:sqs:eu-west-1:123456789012:q")
	}},
	{"override of more than the type", "NotImplemented", "", func(in *sdk.CreateAutoScalingGroupInput) {
		in.MixedInstancesPolicy = &types.MixedInstancesPolicy{LaunchTemplate: &types.LaunchTemplate{LaunchTemplateSpecification: in.LaunchTemplate,
			Overrides: []types.LaunchTemplateOverrides{{InstanceRequirements: &types.InstanceRequirements{}}}}}
		in.LaunchTemplate = nil
	}},
}

func TestCreateRefuses(t *testing.T) {
	for _, test := range refusals {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			in := &sdk.CreateAutoScalingGroupInput{AutoScalingGroupName: aws.String(group), MinSize: aws.Int32(2), MaxSize: aws.Int32(4),
				VPCZoneIdentifier: aws.String("subnet-a,subnet-b"), LaunchTemplate: version("1")}
			test.change(in)
			_, err := w.CreateAutoScalingGroup(ctx, in)
			w.wantError(err, test.code, test.text)
			if w.group().AutoScalingGroupName != nil {
				t.Error("the group is there all the same")
			}
		})
	}
}

func TestProfileThatHasNotSpread(t *testing.T) {
	w := newWorld(t)
	w.cloud.checkErr = apierr.New("InvalidParameterValue", "Value (web) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name")
	_, err := w.CreateAutoScalingGroup(ctx, &sdk.CreateAutoScalingGroupInput{AutoScalingGroupName: aws.String(group), MinSize: aws.Int32(0),
		MaxSize: aws.Int32(0), VPCZoneIdentifier: aws.String("subnet-a"), LaunchTemplate: version("1")})
	w.wantError(err, "ValidationError", "Invalid IAM Instance Profile name")
}

func TestNameIsTaken(t *testing.T) {
	w := newWorld(t)
	w.running(1, 1)
	again := func() error {
		_, err := w.CreateAutoScalingGroup(ctx, &sdk.CreateAutoScalingGroupInput{AutoScalingGroupName: aws.String(group), MinSize: aws.Int32(1),
			MaxSize: aws.Int32(1), VPCZoneIdentifier: aws.String("subnet-a"), LaunchTemplate: version("1")})
		return err
	}
	w.wantError(again(), "AlreadyExists", "")
	must(w.DeleteAutoScalingGroup(ctx, &sdk.DeleteAutoScalingGroupInput{AutoScalingGroupName: aws.String(group), ForceDelete: aws.Bool(true)}))(w)
	w.pass(5 * time.Second)
	if status := aws.ToString(w.group().Status); status != "Delete in progress" {
		t.Errorf("status %q", status)
	}
	w.wantError(again(), "AlreadyExists", "")
	w.until("gone", 2*time.Minute, func() bool { return w.group().AutoScalingGroupName == nil })
	if err := again(); err != nil {
		t.Error(err)
	}
}

func TestDelete(t *testing.T) {
	w := newWorld(t)
	w.running(2, 4)
	remove := func(force bool) error {
		_, err := w.DeleteAutoScalingGroup(ctx, &sdk.DeleteAutoScalingGroupInput{AutoScalingGroupName: aws.String(group), ForceDelete: &force})
		return err
	}
	w.wantError(remove(false), "ResourceInUse", "instances")
	if err := w.update(func(in *sdk.UpdateAutoScalingGroupInput) { in.DeletionProtection = "prevent-all-deletion" }); err != nil {
		t.Fatal(err)
	}
	w.wantError(remove(true), "ValidationError", "protected")
	if err := w.update(func(in *sdk.UpdateAutoScalingGroupInput) {
		in.DeletionProtection, in.MinSize, in.MaxSize, in.DesiredCapacity = "none", aws.Int32(0), aws.Int32(0), aws.Int32(0)
	}); err != nil {
		t.Fatal(err)
	}
	w.pass(2 * time.Second)
	w.wantError(remove(false), "ScalingActivityInProgress", "")
	w.settle(2 * time.Minute)
	if err := remove(false); err != nil {
		t.Fatal(err)
	}
	w.until("gone", time.Minute, func() bool { return w.group().AutoScalingGroupName == nil })
	w.wantError(remove(false), "ValidationError", "AutoScalingGroup name not found")
	past := must(w.DescribeScalingActivities(ctx, &sdk.DescribeScalingActivitiesInput{IncludeDeletedGroups: aws.Bool(true)}))(w).Activities
	if len(past) != 4 {
		t.Errorf("%d activities of the deleted group", len(past))
	}
}

func TestUnknownGroup(t *testing.T) {
	w := newWorld(t)
	w.wantError(w.update(func(*sdk.UpdateAutoScalingGroupInput) {}), "ValidationError", "AutoScalingGroup name not found")
	w.wantError(w.desire(1), "ValidationError", "AutoScalingGroup name not found")
	if got := must(w.DescribeAutoScalingInstances(ctx, &sdk.DescribeAutoScalingInstancesInput{InstanceIds: []string{"i-none"}}))(w); len(got.AutoScalingInstances) != 0 {
		t.Error("an unknown instance was found")
	}
}

func TestBounds(t *testing.T) {
	w := newWorld(t)
	w.running(2, 4)
	w.wantError(w.desire(5), "ValidationError", "above max value 4")
	w.wantError(w.desire(1), "ValidationError", "below min value 2")
	tests := []struct {
		low, high, want int32
	}{{3, 6, 3}, {0, 6, 3}, {0, 2, 2}, {2, 2, 2}}
	for _, test := range tests {
		if err := w.update(func(in *sdk.UpdateAutoScalingGroupInput) { in.MinSize, in.MaxSize = &test.low, &test.high }); err != nil {
			t.Fatal(err)
		}
		if got := *w.group().DesiredCapacity; got != test.want {
			t.Errorf("bounds %d to %d: desired %d, want %d", test.low, test.high, got, test.want)
		}
		w.settle(5 * time.Minute)
		if w.inService() != int(test.want) {
			t.Errorf("%d in service", w.inService())
		}
	}
	err := w.update(func(in *sdk.UpdateAutoScalingGroupInput) { in.MinSize = aws.Int32(5) })
	w.wantError(err, "ValidationError", "Max bound")
	if *w.group().MinSize != 2 {
		t.Error("a refused update changed the group")
	}
}

func TestUpdateSwitchesConfiguration(t *testing.T) {
	w := newWorld(t)
	w.running(1, 2)
	if err := w.update(func(in *sdk.UpdateAutoScalingGroupInput) {
		in.MixedInstancesPolicy = &types.MixedInstancesPolicy{LaunchTemplate: &types.LaunchTemplate{LaunchTemplateSpecification: version("2"),
			Overrides: []types.LaunchTemplateOverrides{{InstanceType: aws.String("m5.large")}, {InstanceType: aws.String("m6i.large")}}}}
	}); err != nil {
		t.Fatal(err)
	}
	g := w.group()
	if g.LaunchTemplate != nil || *g.MixedInstancesPolicy.InstancesDistribution.OnDemandAllocationStrategy != "prioritized" {
		t.Errorf("group %+v", g)
	}
	w.settle(time.Minute)
	if w.versions() != "1×1" {
		t.Errorf("running instances changed: %s", w.versions())
	}
	w.cloud.launchErr["m5.large"] = capacityError("eu-west-1b")
	if err := w.desire(2); err != nil {
		t.Fatal(err)
	}
	w.settle(2 * time.Minute)
	if spec := w.cloud.specs[1]; spec.InstanceType != "m6i.large" || spec.Version != "2" {
		t.Errorf("launched %+v", spec)
	}
}

func TestCooldown(t *testing.T) {
	w := newWorld(t)
	w.running(1, 3)
	honor := func() error {
		_, err := w.SetDesiredCapacity(ctx, &sdk.SetDesiredCapacityInput{AutoScalingGroupName: aws.String(group), DesiredCapacity: aws.Int32(2), HonorCooldown: aws.Bool(true)})
		return err
	}
	w.wantError(honor(), "ScalingActivityInProgress", "")
	w.pass(301 * time.Second)
	if err := honor(); err != nil {
		t.Error(err)
	}
}

func TestDescribePages(t *testing.T) {
	w := newWorld(t)
	for i := range 60 {
		w.create(0, 0, func(in *sdk.CreateAutoScalingGroupInput) {
			in.AutoScalingGroupName = aws.String(fmt.Sprintf("g-%02d", i))
			in.Tags = []types.Tag{{Key: aws.String("stack"), Value: aws.String(fmt.Sprint(i % 2))}}
		})
	}
	first := must(w.DescribeAutoScalingGroups(ctx, &sdk.DescribeAutoScalingGroupsInput{}))(w)
	if len(first.AutoScalingGroups) != 50 || first.NextToken == nil {
		t.Fatalf("%d groups on the first page", len(first.AutoScalingGroups))
	}
	second := must(w.DescribeAutoScalingGroups(ctx, &sdk.DescribeAutoScalingGroupsInput{NextToken: first.NextToken}))(w)
	if len(second.AutoScalingGroups) != 10 || second.NextToken != nil {
		t.Errorf("%d groups on the second page", len(second.AutoScalingGroups))
	}
	filtered := must(w.DescribeAutoScalingGroups(ctx, &sdk.DescribeAutoScalingGroupsInput{Filters: []types.Filter{{Name: aws.String("tag:stack"), Values: []string{"1"}}}}))(w)
	if len(filtered.AutoScalingGroups) != 30 {
		t.Errorf("%d groups by tag", len(filtered.AutoScalingGroups))
	}
	names := make([]string, 51)
	_, err := w.DescribeAutoScalingGroups(ctx, &sdk.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: names})
	w.wantError(err, "ValidationError", "")
	_, err = w.DescribeAutoScalingGroups(ctx, &sdk.DescribeAutoScalingGroupsInput{NextToken: aws.String("junk!")})
	w.wantError(err, "InvalidNextToken", "")
}
