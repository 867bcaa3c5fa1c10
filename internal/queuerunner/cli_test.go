package queuerunner_test

import (
	"net/http/httptest"
	"os/exec"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	simec2 "github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/queuerunner"
)

// must passes on what a call returned and fails the test on its error.
func must[T any](t *testing.T) func(T, error) T {
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// cloud is a simulated Region with a queue and a group of one server, in which time
// passes twenty times as fast as here.
type cloud struct {
	*testing.T
	sim   *awssim.Sim
	c     *awsapi.Clients
	queue string
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	sim := awssim.New(awssim.Options{Account: kindtest.Account, Clock: region.Scaled(20)})
	c, ctx := kindtest.Clients(t, sim), t.Context()
	vpc := must[*ec2.CreateVpcOutput](t)(awsapi.EC2(c).CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}))
	subnet := must[*ec2.CreateSubnetOutput](t)(awsapi.EC2(c).CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.0.0.0/24")}))
	must[any](t)(awsapi.EC2(c).CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String(group),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: aws.String(simec2.ImageWeb1), InstanceType: ec2types.InstanceTypeT3Micro}}))
	must[any](t)(awsapi.AutoScaling(c).CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{AutoScalingGroupName: aws.String(group),
		MinSize: aws.Int32(0), MaxSize: aws.Int32(1), DesiredCapacity: aws.Int32(1), VPCZoneIdentifier: subnet.Subnet.SubnetId,
		LaunchTemplate: &astypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String(group)},
		LifecycleHookSpecificationList: []astypes.LifecycleHookSpecification{{LifecycleHookName: aws.String(hook), DefaultResult: aws.String("CONTINUE"),
			LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_TERMINATING"), HeartbeatTimeout: aws.Int32(7200)}}}))
	queue := must[*sqs.CreateQueueOutput](t)(awsapi.SQS(c).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("jobs"),
		Attributes: map[string]string{"VisibilityTimeout": "1200"}}))
	return &cloud{T: t, sim: sim, c: c, queue: *queue.QueueUrl}
}

// server returns the id and state of the group's server; empty when there is none.
func (c *cloud) server() (id, state string) {
	c.Helper()
	out := must[*autoscaling.DescribeAutoScalingGroupsOutput](c.T)(awsapi.AutoScaling(c.c).DescribeAutoScalingGroups(c.Context(), &autoscaling.DescribeAutoScalingGroupsInput{}))
	for _, instance := range out.AutoScalingGroups[0].Instances {
		return *instance.InstanceId, string(instance.LifecycleState)
	}
	return "", ""
}

func (c *cloud) called(operation string) (n int) {
	for _, call := range c.sim.Calls() {
		if call.Operation == operation {
			n++
		}
	}
	return n
}

func (c *cloud) send(body string) {
	c.Helper()
	must[any](c.T)(awsapi.SQS(c.c).SendMessage(c.Context(), &sqs.SendMessageInput{QueueUrl: &c.queue, MessageBody: &body}))
}

// TestWithTheAWSCLI runs the worker with AWS's own CLI on the simulator: the hook holds
// the server, whose group wants it gone, until its message is processed.
func TestWithTheAWSCLI(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the AWS CLI is not installed")
	}
	c := newCloud(t)
	endpoint := httptest.NewServer(c.sim.Handler())
	t.Cleanup(endpoint.Close)
	s := newServer(t, queuerunner.Worker{Command: "cat >\"$FAKE/got\"\n[ \"$(cat \"$FAKE/got\")\" = quick ] || until [ -e \"$FAKE/release\" ]; do sleep 0.1; done"})
	s.program("aws", "#!/bin/sh\nAWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=example AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null "+
		"exec "+cli+" --endpoint-url "+endpoint.URL+" \"$@\"\n")
	s.configure(c.queue)
	s.until("a server is in service", func() bool {
		id, state := c.server()
		s.instance = id
		return state == "InService"
	})
	world := c.sim.World(kindtest.Region)
	s.state = func() (state string) {
		world.Do(func() { state = world.AutoScaling.TargetState(s.instance) })
		return state
	}
	c.send("quick")
	s.start()
	s.until("a message is deleted", func() bool { return c.called("DeleteMessage") == 1 })
	const slow = "slow\tand\nof two lines: ü"
	c.send(slow)
	s.until("the other is in work", func() bool { return s.read("got") == slow })
	must[any](t)(awsapi.AutoScaling(c.c).SetDesiredCapacity(t.Context(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String(group), DesiredCapacity: aws.Int32(0)}))
	s.until("the hook hears of the worker", func() bool { return c.called("RecordLifecycleActionHeartbeat") == 1 })
	if _, state := c.server(); state != "Terminating:Wait" || c.called("CompleteLifecycleAction") > 0 {
		t.Errorf("the server is %s in the middle of its work", state)
	}
	s.write("release", "")
	s.mustEnd()
	if c.called("DeleteMessage") != 2 || c.called("CompleteLifecycleAction") != 1 {
		t.Errorf("%d messages deleted, the action completed %d times", c.called("DeleteMessage"), c.called("CompleteLifecycleAction"))
	}
	s.until("the server is gone", func() bool { id, _ := c.server(); return id == "" })
}
