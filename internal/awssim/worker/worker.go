// Package worker simulates what runs on instances of a worker image: a program that
// takes messages from a queue, works on each for some time, and deletes it.
//
// It knows its queue from /etc/webtier/queue.env, in the form that an instance's user
// data writes it, and behaves as a good worker does: it hides its messages for longer
// while it works, takes no more once its group wants it to go, and then says so. What
// an instance holds when it is lost, it can neither delete nor hide: the messages
// come back after their visibility timeout.
//
// Time passes for workers as requests, or World.Do, bring the Region to the present:
// a test that counts seconds has to do so every second.
package worker

import (
	"context"
	"encoding/base64"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asg "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/sqs"
)

// Service is all workers of a Region.
type Service struct {
	*region.Region
	// Processing is how long a worker works on a message whose body is not a duration
	// such as 8s.
	Processing time.Duration
	// Done is called when a message was processed, with how long it had waited for its
	// turn. It may be nil.
	Done func(instance, body string, waited time.Duration)

	compute *ec2.Service
	groups  *autoscaling.Service
	queues  *sqs.Service
	// running are the workers that were there at the last tick, by instance.
	running map[string]*program
}

// New returns the workers of a Region.
func New(r *region.Region, compute *ec2.Service, groups *autoscaling.Service, queues *sqs.Service) *Service {
	return &Service{Region: r, Processing: 10 * time.Second, compute: compute, groups: groups, queues: queues, running: map[string]*program{}}
}

// program is the worker on one instance.
type program struct {
	settings settings
	jobs     []*job
	gone     bool      // it has said that its instance may go
	beat     time.Time // when it last said that it is not ready to go
}

// settings are what a worker knows of its queue.
type settings struct {
	queue, group, hook string
	concurrency        int
	visibility         time.Duration
}

// job is a message in work.
type job struct {
	body, handle string
	began, ends  time.Time
	hidden       time.Time // until when no other worker gets it
	waited       time.Duration
}

// Tick lets all workers go on. It reports whether none has anything to do.
func (s *Service) Tick(now time.Time) (settled bool) {
	up := map[string]bool{}
	settled = true
	for _, server := range s.compute.Workers(now) {
		up[server.ID] = true
		p := s.running[server.ID]
		if p == nil {
			p = &program{settings: readSettings(server.UserData)}
			s.running[server.ID] = p
		}
		if p.settings.queue != "" {
			s.work(server.ID, p, now)
			settled = settled && len(p.jobs) == 0
		}
	}
	maps.DeleteFunc(s.running, func(id string, _ *program) bool { return !up[id] })
	return settled
}

// InWork counts the messages that an instance works on.
func (s *Service) InWork(instance string) int {
	if p := s.running[instance]; p != nil {
		return len(p.jobs)
	}
	return 0
}

func (s *Service) work(id string, p *program, now time.Time) {
	p.jobs = slices.DeleteFunc(p.jobs, func(j *job) bool { return s.finish(id, p, j, now) })
	if s.groups.TargetState(id) == "Terminated" {
		s.leave(id, p, now)
		return
	}
	for len(p.jobs) < p.settings.concurrency {
		if !s.receive(p, now) {
			return
		}
	}
}

// Poison is the body of a message that no worker can process: each gives it up, and
// it comes back until it has been received too often.
const Poison = "poison"

// finish deletes the message of a job that is done, and hides that of one that is
// not for longer once half of its time is over. It reports whether the job is done.
func (s *Service) finish(id string, p *program, j *job, now time.Time) bool {
	ctx := context.Background()
	if now.Before(j.ends) {
		if now.After(j.hidden.Add(-p.settings.visibility / 2)) {
			_, err := s.queues.ChangeMessageVisibility(ctx, &sdk.ChangeMessageVisibilityInput{
				QueueUrl: &p.settings.queue, ReceiptHandle: &j.handle, VisibilityTimeout: int32(p.settings.visibility.Seconds())})
			if err == nil {
				j.hidden = now.Add(p.settings.visibility)
			}
		}
		return false
	}
	if j.body == Poison {
		return true
	}
	_, err := s.queues.DeleteMessage(ctx, &sdk.DeleteMessageInput{QueueUrl: &p.settings.queue, ReceiptHandle: &j.handle})
	if err == nil && s.Done != nil {
		s.Done(id, j.body, j.waited)
	}
	return true
}

// leave tells the group that the instance may go, once no message is in work, and
// until then that it is alive.
func (s *Service) leave(id string, p *program, now time.Time) {
	if p.gone || p.settings.hook == "" {
		return
	}
	ctx := context.Background()
	if len(p.jobs) > 0 {
		if now.Sub(p.beat) >= heartbeat {
			p.beat = now
			// What refuses it here would refuse it on AWS: the hook then ends the instance.
			_, _ = s.groups.RecordLifecycleActionHeartbeat(ctx, &asg.RecordLifecycleActionHeartbeatInput{
				AutoScalingGroupName: &p.settings.group, LifecycleHookName: &p.settings.hook, InstanceId: &id})
		}
		return
	}
	_, err := s.groups.CompleteLifecycleAction(ctx, &asg.CompleteLifecycleActionInput{
		AutoScalingGroupName: &p.settings.group, LifecycleHookName: &p.settings.hook, InstanceId: &id, LifecycleActionResult: aws.String("CONTINUE")})
	p.gone = err == nil
}

// heartbeat is how often a worker that is to go says that it still works.
const heartbeat = 10 * time.Second

// receive takes messages, and reports whether there were any.
func (s *Service) receive(p *program, now time.Time) bool {
	ctx := context.Background()
	if p.settings.visibility == 0 {
		p.settings.visibility = s.visibility(p.settings.queue)
	}
	out, err := s.queues.ReceiveMessage(ctx, &sdk.ReceiveMessageInput{QueueUrl: &p.settings.queue,
		MaxNumberOfMessages:         int32(min(10, p.settings.concurrency-len(p.jobs))),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameSentTimestamp}})
	if err != nil || len(out.Messages) == 0 {
		return false
	}
	for _, m := range out.Messages {
		takes, err := time.ParseDuration(aws.ToString(m.Body))
		if err != nil {
			takes = s.Processing
		}
		sent, _ := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64)
		p.jobs = append(p.jobs, &job{body: aws.ToString(m.Body), handle: aws.ToString(m.ReceiptHandle), began: now, ends: now.Add(takes),
			hidden: now.Add(p.settings.visibility), waited: now.Sub(time.UnixMilli(sent))})
	}
	return true
}

func (s *Service) visibility(url string) time.Duration {
	const name = types.QueueAttributeNameVisibilityTimeout
	out, err := s.queues.GetQueueAttributes(context.Background(), &sdk.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{name}})
	if err != nil {
		return 0
	}
	seconds, _ := strconv.Atoi(out.Attributes[string(name)])
	return time.Duration(seconds) * time.Second
}

var setting = regexp.MustCompile(`(?m)^([A-Z_]+)=(.*)$`)

// readSettings reads what user data, as EC2 has it, writes to the file.
func readSettings(userData string) settings {
	text, err := base64.StdEncoding.DecodeString(userData)
	if err != nil {
		return settings{}
	}
	values := map[string]string{}
	for _, match := range setting.FindAllStringSubmatch(string(text), -1) {
		if _, taken := values[match[1]]; !taken {
			values[match[1]] = match[2]
		}
	}
	concurrency, err := strconv.Atoi(values["CONCURRENCY"])
	if err != nil {
		concurrency = 1
	}
	return settings{queue: values["QUEUE_URL"], group: values["AUTO_SCALING_GROUP"], hook: values["LIFECYCLE_HOOK"], concurrency: concurrency}
}
