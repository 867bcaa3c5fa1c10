package multiserver_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// kinds counts the servers that run by type and market.
func kinds(t *testing.T, lab *acctest.Lab) map[string]int {
	t.Helper()
	out, err := awsapi.EC2(lab.Clients(t)).DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{
		Filters: []ec2types.Filter{{Name: aws.String("instance-state-name"), Values: []string{"running"}}}})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, reservation := range out.Reservations {
		for _, i := range reservation.Instances {
			counts[string(i.InstanceType)+" "+string(i.InstanceLifecycle)]++
		}
	}
	return counts
}

const (
	twoTypes  = `["t3.medium", "t3.small"]`
	someSpots = "{ on_demand_base = 1, percentage = 100 }"
)

// TestAMixReachesTheServers by each strategy in its own way: one after another, in a
// second group, or only from then on.
func TestAMixReachesTheServers(t *testing.T) {
	mixed := map[string]int{"t3.medium ": 1, "t3.medium spot": 2}
	for strategy, test := range map[string]struct {
		refreshes, groups int
		want              map[string]int
		words             string
	}{
		"rolling": {1, 1, mixed, "roll 3 servers to image ami-0e5b0000000000001 (launch template version 2), of the types t3.medium, t3.small, 100 % Spot above 1 On-Demand"},
		"blue_green": {0, 2, mixed,
			"start 3 servers with image ami-0e5b0000000000001 (launch template version 2), of the types t3.medium, t3.small, 100 % Spot above 1 On-Demand"},
		"none": {0, 1, map[string]int{"t3.small ": 3}, "update autoscaling_group: mix.types: [] -> [t3.medium t3.small]"},
	} {
		t.Run(strategy, func(t *testing.T) {
			inTier(t, func(t *testing.T, lab *acctest.Lab) {
				variables := map[string]string{"rollout": fmt.Sprintf("{ strategy = %q }", strategy)}
				lab.MustApply(t, "testdata/full", variables)
				before := groups(t, lab)
				lab.Sim.ResetCalls()
				variables["instance_types"], variables["spot"] = twoTypes, someSpots
				mustPlan(t, lab, variables, test.words)
				lab.MustApply(t, "testdata/full", variables)
				if started, _ := refreshes(lab); len(started) != test.refreshes {
					t.Errorf("%d instance refreshes", len(started))
				}
				maps.Copy(before, groups(t, lab))
				if len(before) != test.groups {
					t.Errorf("groups before and after: %v", slices.Sorted(maps.Keys(before)))
				}
				if got := kinds(t, lab); !maps.Equal(got, test.want) {
					t.Errorf("servers %v, want %v", got, test.want)
				}
				lab.MustRoundTrip(t, "testdata/full", variables, address, "shop-full")
			})
		})
	}
}

// TestABadImageOfAMix: the group goes back to the types that it had.
func TestABadImageOfAMix(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", nil)
		bad := map[string]string{"image_id": badImage, "instance_types": twoTypes, "spot": someSpots}
		acctest.MustSay(t, lab.Apply(t.Context(), "testdata/full", bad), "RollbackSuccessful")
		if got := kinds(t, lab); !maps.Equal(got, map[string]int{"t3.small ": 3}) {
			t.Errorf("servers %v", got)
		}
		mustPlan(t, lab, bad, "roll 3 servers to image "+badImage)
		bad["image_id"] = secondImage
		lab.MustApply(t, "testdata/full", bad)
	})
}

// TestTheOtherTypeIsTaken where AWS has none of the first one.
func TestTheOtherTypeIsTaken(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		world := lab.Sim.World(acctest.Region)
		world.Do(func() {
			world.EC2.FailCapacity = func(zone, instanceType string, _ bool) bool {
				return zone == "eu-west-1b" && instanceType == "t3.medium"
			}
		})
		lab.MustApply(t, "testdata/full", map[string]string{"instance_types": twoTypes})
		if got := kinds(t, lab); !maps.Equal(got, map[string]int{"t3.medium ": 2, "t3.small ": 1}) {
			t.Errorf("servers %v", got)
		}
		out, err := awsapi.AutoScaling(lab.Clients(t)).DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{})
		if err != nil || out.AutoScalingGroups[0].LaunchTemplate != nil {
			t.Errorf("the group has a launch template beside its policy: %v", err)
		}
	})
}
