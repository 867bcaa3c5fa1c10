package multiserver_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/elbv2"
)

// TestAlarms brings about what each alarm looks for.
func TestAlarms(t *testing.T) {
	asked := func(r elbv2.Requests) func(*testing.T, *acctest.Lab) {
		return func(t *testing.T, lab *acctest.Lab) {
			r.PerMinute = true
			if err := lab.Sim.World(acctest.Region).SetLoad(awssim.Load{TargetGroup: text(lab, "target_group_arn"), Requests: r}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, test := range map[string]struct {
		spoil func(t *testing.T, lab *acctest.Lab)
		want  []string
	}{
		"all is well":            {asked(elbv2.Requests{Count: 100, Failed: 5, Seconds: 20}), nil},
		"few requests, all fail": {asked(elbv2.Requests{Count: 10, Failed: 10, Seconds: 2}), nil},
		"requests fail":          {asked(elbv2.Requests{Count: 100, Failed: 6, Seconds: 20}), []string{"target_5xx"}},
		"requests are refused":   {asked(elbv2.Requests{Count: 100, Unrouted: 11, Seconds: 20}), []string{"load_balancer_5xx"}},
		"answers are slow":       {asked(elbv2.Requests{Count: 100, Seconds: 450}), []string{"response_time"}},
		"health checks fail": {situation(awssim.Situation{Kind: awssim.FailingPath, Path: "/healthz", Status: 404}),
			[]string{"few_healthy_hosts", "unhealthy_hosts"}},
		"servers are lost for good": {loseServers, []string{"below_desired", "few_healthy_hosts"}},
	} {
		t.Run(name, func(t *testing.T) {
			inTier(t, func(t *testing.T, lab *acctest.Lab) {
				lab.MustApply(t, "testdata/full", map[string]string{"alarm_actions": `["arn:aws:sns:eu-west-1:123456789012:ops"]`})
				time.Sleep(10 * time.Minute)
				if on := raised(t, lab); len(on) > 0 {
					t.Fatalf("raised by a tier that was just made: %v", on)
				}
				test.spoil(t, lab)
				time.Sleep(20 * time.Minute)
				if on := raised(t, lab); !slices.Equal(on, test.want) {
					t.Errorf("raised: %v, want %v", on, test.want)
				}
			})
		})
	}
}

// loseServers terminates two servers, and lets no other take their place.
func loseServers(t *testing.T, lab *acctest.Lab) {
	situation(awssim.Situation{Kind: awssim.NoCapacity})(t, lab)
	c := awsapi.EC2(lab.Clients(t))
	out, err := c.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, reservation := range out.Reservations[:2] {
		acctest.Must(t)(c.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{aws.ToString(reservation.Instances[0].InstanceId)}}))
	}
}

// raised returns the names of the tier's alarms that have gone off, in order.
func raised(t *testing.T, lab *acctest.Lab) []string {
	t.Helper()
	out, err := awsapi.CloudWatch(lab.Clients(t)).DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{StateValue: types.StateValueAlarm})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, alarm := range out.MetricAlarms {
		for key, id := range lab.Parts(address) {
			if id == aws.ToString(alarm.AlarmName) {
				names = append(names, strings.TrimPrefix(key, "alarm/"))
			}
		}
	}
	slices.Sort(names)
	return names
}
