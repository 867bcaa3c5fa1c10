package queueworker_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/worker"
)

// plant is a queue with its workers at work, and what a test sees of them.
type plant struct {
	*testing.T
	lab   *acctest.Lab
	world *awssim.World
	c     *awsapi.Clients
	url   string
	group string
	// processed counts how often each message was processed.
	processed map[string]int
	slowest   time.Duration
}

// atWork applies the configuration and runs a test in which time passes by the second.
func atWork(t *testing.T, variables map[string]string, try func(*plant)) {
	t.Helper()
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/workers", variables)
		parts := lab.Parts(address)
		p := &plant{T: t, lab: lab, world: lab.Sim.World(acctest.Region), c: lab.Clients(t), url: parts["queue"],
			group: parts["autoscaling_group"], processed: map[string]int{}}
		p.world.Workers.Done = func(_, body string, waited time.Duration) {
			p.processed[body]++
			p.slowest = max(p.slowest, waited)
		}
		try(p)
		p.world.Workers.Done = nil
		if err := lab.Destroy(t.Context(), "testdata/workers", variables); err != nil {
			t.Error(err)
		}
	})
}

// send puts messages into the queue, numbered from one.
func (p *plant) send(from, to int) {
	p.Helper()
	for first := from; first <= to; first += 10 {
		in := &sqs.SendMessageBatchInput{QueueUrl: &p.url}
		for i := first; i <= min(to, first+9); i++ {
			in.Entries = append(in.Entries, sqstypes.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), MessageBody: aws.String(fmt.Sprintf("message %d", i))})
		}
		out, err := awsapi.SQS(p.c).SendMessageBatch(p.Context(), in)
		if err != nil || len(out.Failed) > 0 {
			p.Fatal(out, err)
		}
	}
}

// sendOne puts a message into the queue. Workers take as long for it as it says.
func (p *plant) sendOne(body string) {
	p.Helper()
	if _, err := awsapi.SQS(p.c).SendMessage(p.Context(), &sqs.SendMessageInput{QueueUrl: &p.url, MessageBody: &body}); err != nil {
		p.Fatal(err)
	}
}

// pass lets time pass second by second, until done says so if it is not nil, and
// returns how long it took.
func (p *plant) pass(most time.Duration, done func() bool) time.Duration {
	start := time.Now()
	for time.Since(start) < most && (done == nil || !done()) {
		time.Sleep(time.Second)
		p.world.Do(func() {})
	}
	return time.Since(start)
}

// messages counts those in a queue, also the ones in work.
func (p *plant) messages(part string) int {
	p.Helper()
	url := p.lab.Parts(address)[part]
	out, err := awsapi.SQS(p.c).GetQueueAttributes(p.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
	if err != nil {
		p.Fatal(err)
	}
	sum := 0
	for _, name := range []string{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"} {
		var n int
		if _, err := fmt.Sscan(out.Attributes[name], &n); err != nil {
			p.Fatal(err)
		}
		sum += n
	}
	return sum
}

// servers returns the ids of the group's instances that are in service, of one zone if
// it is named.
func (p *plant) servers(zone ...string) []string {
	p.Helper()
	out, err := awsapi.AutoScaling(p.c).DescribeAutoScalingGroups(p.Context(), &asg.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{p.group}})
	if err != nil || len(out.AutoScalingGroups) != 1 {
		p.Fatal(out, err)
	}
	var ids []string
	for _, instance := range out.AutoScalingGroups[0].Instances {
		if instance.LifecycleState == "InService" && (len(zone) == 0 || slices.Contains(zone, *instance.AvailabilityZone)) {
			ids = append(ids, *instance.InstanceId)
		}
	}
	return ids
}

// inWork counts the messages that the instances work on.
func (p *plant) inWork(ids ...string) (n int) {
	p.world.Do(func() {
		for _, id := range ids {
			n += p.world.Workers.InWork(id)
		}
	})
	return n
}

// kill ends instances the hard way, as a crash does.
func (p *plant) kill(ids ...string) {
	p.Helper()
	if _, err := awsapi.EC2(p.c).TerminateInstances(p.Context(), &ec2.TerminateInstancesInput{InstanceIds: ids}); err != nil {
		p.Fatal(err)
	}
}

// TestNoMessageIsLost sends 10000 messages and, while they are processed, kills
// workers and loses a zone: every message is processed, and none is given up but the
// one that nobody can process.
func TestNoMessageIsLost(t *testing.T) {
	const messages = 10000
	atWork(t, nil, func(p *plant) {
		p.send(1, messages)
		p.sendOne(worker.Poison)
		p.pass(2*time.Minute, nil)
		lost := 0
		for range 3 {
			victims := p.servers()[:2]
			lost += p.inWork(victims...)
			p.kill(victims...)
			p.pass(time.Minute, nil)
		}
		const zone = "eu-west-1b"
		dark := p.inWork(p.servers(zone)...)
		if err := p.world.AddSituation(awssim.Situation{Kind: awssim.ZoneLost, Zone: zone}); err != nil {
			p.Fatal(err)
		}
		took := p.pass(2*time.Hour, func() bool { return len(p.processed) == messages })
		p.pass(10*time.Minute, nil) // for what may be in the queue still
		twice := 0
		for _, times := range p.processed {
			twice += times - 1
		}
		if len(p.processed) != messages || p.messages("queue") != 0 || p.messages("dead_letter_queue") != 1 {
			p.Errorf("%d of %d messages processed, %d in the queue, %d dead letters instead of one", len(p.processed), messages, p.messages("queue"), p.messages("dead_letter_queue"))
		}
		if lost == 0 || dark == 0 {
			p.Errorf("%d messages were in work on the workers that were killed, %d in the zone: the test shows nothing", lost, dark)
		}
		p.Logf("%d messages: %d in work on the six killed workers, %d in the zone, %d processed twice, the slowest waited %s, all done %s after the loss of the zone",
			messages, lost, dark, twice, p.slowest.Round(time.Second), took)
	})
}

// TestScalingFromZero: an empty group wakes for the first message, grows under a
// backlog, and shrinks to nothing without any message being given up by a worker.
func TestScalingFromZero(t *testing.T) {
	const messages = 3000
	atWork(t, map[string]string{"min_size": "0"}, func(p *plant) {
		p.pass(10*time.Minute, nil)
		if idle := p.servers(); len(idle) != 0 {
			p.Fatalf("%d servers with nothing to do", len(idle))
		}
		p.send(1, 1)
		woke := p.pass(15*time.Minute, func() bool { return len(p.processed) == 1 })
		if len(p.processed) != 1 {
			p.Fatal("nobody takes the first message")
		}
		p.send(2, messages)
		most := 0
		busy := p.pass(2*time.Hour, func() bool {
			most = max(most, len(p.servers()))
			return len(p.processed) == messages
		})
		if len(p.processed) != messages || most < 5 {
			p.Errorf("%d of %d messages processed, by %d servers at most", len(p.processed), messages, most)
		}
		// Work goes on while the group shrinks: a message that takes long is not cut off.
		p.pass(5*time.Minute, nil)
		const slow = "40m"
		p.sendOne(slow)
		p.pass(time.Minute, nil)
		down := p.pass(3*time.Hour, func() bool { return p.processed[slow] > 0 && len(p.servers()) == 0 })
		if len(p.servers()) != 0 {
			p.Errorf("%d servers are left with nothing to do", len(p.servers()))
		}
		twice := slices.ContainsFunc(p.bodies(), func(body string) bool { return p.processed[body] != 1 })
		if twice || p.processed[slow] != 1 || p.messages("dead_letter_queue") != 0 {
			p.Errorf("messages were processed twice or not: %t, the slow one %d times, %d dead letters", twice, p.processed[slow], p.messages("dead_letter_queue"))
		}
		p.Logf("the first message was processed after %s, %d more with %d servers at most after %s, nobody is left after another %s",
			woke, messages-1, most, busy, down)
	})
}

func (p *plant) bodies() []string {
	var bodies []string
	for body := range p.processed {
		bodies = append(bodies, body)
	}
	return bodies
}

// purge deletes all messages.
func (p *plant) purge() {
	p.Helper()
	if _, err := awsapi.SQS(p.c).PurgeQueue(p.Context(), &sqs.PurgeQueueInput{QueueUrl: &p.url}); err != nil {
		p.Fatal(err)
	}
}
