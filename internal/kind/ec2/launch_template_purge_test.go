package ec2

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// TestOldVersionsAreDeleted when a new one is published: all but the last five and those
// that the group, one of its instances or a refresh needs.
func TestOldVersionsAreDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := kindtest.Clients(t, awssim.New(awssim.Options{}))
		k := newLaunchTemplate(c)
		template := webTemplate()
		vpc := rawVPC(t, c)
		template.SecurityGroups, template.InstanceProfile = stack.Literals(rawGroup(t, c, vpc, "web")), stack.Ref{}
		live := must[engine.Live](t)(k.Create(t.Context(), part(template)))
		publish := func(from, to int) {
			for n := from; n <= to; n++ {
				template.UserData = aws.String(fmt.Sprintf("version %d", n))
				wanted := part(template)
				live = must[engine.Live](t)(k.Update(t.Context(), live, wanted, stack.Compare(wanted.Spec, live.Spec)))
			}
		}
		publish(2, 4)
		launches := func(version string) *astypes.LaunchTemplateSpecification {
			return &astypes.LaunchTemplateSpecification{LaunchTemplateId: &live.ID, Version: &version}
		}
		client, name := awsapi.AutoScaling(c), aws.String("web")
		must[any](t)(client.CreateAutoScalingGroup(t.Context(), &autoscaling.CreateAutoScalingGroupInput{AutoScalingGroupName: name, MinSize: aws.Int32(1), MaxSize: aws.Int32(2),
			LaunchTemplate: launches("2"), VPCZoneIdentifier: aws.String(rawSubnet(t, c, vpc, "10.0.0.0/24")),
			Tags: []astypes.Tag{{Key: aws.String(stack.TagStack), Value: aws.String(part(template).Stack.String())}}}))
		time.Sleep(10 * time.Minute) // its instance runs
		must[any](t)(client.UpdateAutoScalingGroup(t.Context(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: name, LaunchTemplate: launches("3")}))
		must[any](t)(client.StartInstanceRefresh(t.Context(), &autoscaling.StartInstanceRefreshInput{AutoScalingGroupName: name,
			DesiredConfiguration: &astypes.DesiredConfiguration{LaunchTemplate: launches("4")}}))
		publish(5, 9)
		mustHaveVersions(t, c, live.ID, 1, 2, 3, 4, 5, 6, 7, 8, 9)

		time.Sleep(time.Hour) // the instance is of version 4, as the group is
		publish(10, 10)
		mustHaveVersions(t, c, live.ID, 1, 4, 6, 7, 8, 9, 10)
	})
}

func mustHaveVersions(t *testing.T, c *awsapi.Clients, id string, want ...int64) {
	t.Helper()
	out := must[*sdk.DescribeLaunchTemplateVersionsOutput](t)(awsapi.EC2(c).DescribeLaunchTemplateVersions(t.Context(),
		&sdk.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id}))
	var have []int64
	for _, version := range out.LaunchTemplateVersions {
		have = append(have, aws.ToInt64(version.VersionNumber))
	}
	if slices.Sort(have); !slices.Equal(have, want) {
		t.Errorf("the versions are %v, not %v", have, want)
	}
}
