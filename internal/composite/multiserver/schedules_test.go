package multiserver_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// TestASchedule: what it did to the sizes is neither drift nor undone by an apply of
// something else; without it the sizes are those of the configuration again.
func TestASchedule(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		sizes := func(when string, least, most, desired int32) {
			t.Helper()
			out, err := awsapi.AutoScaling(lab.Clients(t)).DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{})
			if err != nil {
				t.Fatal(err)
			}
			g := out.AutoScalingGroups[0]
			if aws.ToInt32(g.MinSize) != least || aws.ToInt32(g.MaxSize) != most || aws.ToInt32(g.DesiredCapacity) != desired {
				t.Fatalf("%s: %d to %d servers, %d wanted", when, *g.MinSize, *g.MaxSize, *g.DesiredCapacity)
			}
		}
		variables := map[string]string{"scaling": `{ schedules = { rush = { recurrence = "*/30 * * * *", min_size = 6, max_size = 12 } } }`}
		lab.MustApply(t, "testdata/full", variables)
		time.Sleep(40 * time.Minute)
		sizes("after the schedule", 6, 12, 6)
		lab.MustPlanEmpty(t, "testdata/full", variables)
		if most := lab.Value(address).GetAttr("billable_units").AsValueMap()["instances_max"].AsBigFloat().String(); most != "12" {
			t.Errorf("at most %s servers are billed", most)
		}
		variables["idle_timeout"] = "45"
		lab.MustApply(t, "testdata/full", variables)
		sizes("after an apply of something else", 6, 12, 6)
		variables["image_id"] = secondImage
		lab.MustApply(t, "testdata/full", variables)
		sizes("after a rollout", 6, 12, 6)
		variables["max_size"] = "10"
		lab.MustApply(t, "testdata/full", variables)
		variables["scaling"] = "{}"
		lab.MustApply(t, "testdata/full", variables)
		sizes("without the schedule", 3, 10, 6)
		lab.MustRoundTrip(t, "testdata/full", variables, address, "shop-full")
	})
}
