package autoscaling_test

import (
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	simec2 "github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

func wantCapacity() *autoscaling.Capacity {
	return &autoscaling.Capacity{Group: stack.Literal("trial-0a1b2c"), New: true, LimitMinutes: 10}
}

func TestCapacity(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Kind: facet("autoscaling/capacity", "capacity"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			newTier(t, c).rawGroup("1")
			return wantCapacity()
		},
		Outlives: true,
	})
}

// TestCapacityWaits returns when the instances of a new group are in service.
func TestCapacityWaits(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		s := w.group()
		s.HealthCheckType = "EC2"
		start := time.Now()
		w.made(kind("autoscaling/group")(w.c), "autoscaling_group", s)
		w.made(kind("autoscaling/capacity")(w.c), "capacity", wantCapacity())
		serving := 0
		for _, instance := range w.describe().Instances {
			if instance.LifecycleState == "InService" {
				serving++
			}
		}
		if serving != 2 || time.Since(start) < 10*time.Second {
			t.Errorf("after %s %d instances are in service", time.Since(start), serving)
		}
	})
}

// TestCapacityInVain does not wait until the time is up, and says why.
func TestCapacityInVain(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		s := w.group()
		s.LaunchTemplateVersion = literal(w.version(simec2.ImageBroken))
		w.made(kind("autoscaling/group")(w.c), "autoscaling_group", s)
		capacities := kind("autoscaling/capacity")(w.c)
		live, err := capacities.Create(t.Context(), part("capacity", wantCapacity()))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, err = capacities.Wait(t.Context(), live)
		says(t, err, "launching instances of trial-0a1b2c is in vain: ", "Client.InternalError")
		if took := time.Since(start); took > 5*time.Minute {
			t.Errorf("it took %s", took)
		}
		// After a crash the group is there, and has no instance.
		_, err = capacities.Wait(t.Context(), w.listed(capacities))
		says(t, err, "launching instances of trial-0a1b2c is in vain")
	})
}

// TestCapacityOfDegradedGroup is not in the way of a change.
func TestCapacityOfDegradedGroup(t *testing.T) {
	inTier(t, func(t *testing.T, w *tier) {
		_, live := w.serving()
		w.suspend(live.ID, "Launch")
		id := *w.describe().Instances[0].InstanceId
		must[*sdk.TerminateInstanceInAutoScalingGroupOutput](t)(awsapi.AutoScaling(w.c).TerminateInstanceInAutoScalingGroup(t.Context(),
			&sdk.TerminateInstanceInAutoScalingGroupInput{InstanceId: &id, ShouldDecrementDesiredCapacity: new(bool)}))
		time.Sleep(5 * time.Minute)
		capacities := kind("autoscaling/capacity")(w.c)
		if _, err := capacities.Wait(t.Context(), w.listed(capacities)); err != nil {
			t.Error(err)
		}
	})
}
