package queueworker

import (
	"fmt"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/kind/sqs"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// The keys of parts that other parts, absorb and the outputs name.
const (
	partQueue         = "queue"
	partDeadLetters   = "dead_letter_queue"
	partHook          = "lifecycle_hook/drain"
	partCapacity      = "capacity"
	partLatencyPolicy = "scaling_policy/latency"
	partWakePolicy    = "step_policy/wake"
)

// Tags that keep where an import finds it what no AWS object shows by itself.
const (
	tagProcessingTime = "webtier:average-processing-time"
	tagLatency        = "webtier:target-latency"
	tagConcurrency    = "webtier:concurrency-per-instance"
	tagPeakRate       = "webtier:peak-rate"
)

// build renders a queue and its workers as a stack, in the order of aws-facts §13.9.
func build(m *Model, env composite.Env) *stack.Stack {
	b := builder{Builder: servers.Builder{Fleet: &m.Fleet, Stack: stack.New(env.Stack, env.Tags), Env: env, Noun: noun}, Model: m}
	b.Stack.Anchor = partQueue
	b.queues()
	b.SecurityGroup(servers.PartSecurityGroup, true)
	b.Role(map[string]string{"queue": b.permissions()})
	b.group()
	b.scaling()
	b.alarms()
	return b.Stack
}

// noun is what the servers are called in names.
const noun = "workers"

type builder struct {
	servers.Builder
	*Model
}

// queueName returns the name of one of the two queues: <stack>-<role>-<hash>, and
// .fifo, by which AWS knows that kind.
func queueName(stackName, role string, fifo bool) string {
	const suffix, most = ".fifo", 80
	if !fifo {
		return awsapi.Name(stackName, role, most)
	}
	return awsapi.Name(stackName, role, most-len(suffix), "fifo") + suffix
}

func (b *builder) queueName() string { return queueName(b.Env.Stack.Name, "queue", b.FIFO.ValueBool()) }

// arn returns the ARN of an object of the stack's account and Region.
func (b *builder) arn(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", b.Env.Partition, service, b.Env.Region, b.Env.Account, resource)
}

func (b *builder) queues() {
	encryption := sqs.SSE
	if key := b.KMSKeyID.ValueString(); key != "" {
		encryption = key
	}
	b.Add(partDeadLetters, &sqs.Queue{Name: queueName(b.Env.Stack.Name, "dead", b.FIFO.ValueBool()), VisibilityTimeout: leastVisibility,
		MessageRetention: b.DeadLetterRetention.ValueInt32(), ReceiveWait: longPoll, Encryption: encryption,
		DeadLettersOf: []string{b.arn("sqs", b.queueName())}})
	tags := map[string]string{
		"Name":            b.Env.Stack.Name + "-" + partQueue,
		tagProcessingTime: number(b.AverageProcessingTime.ValueFloat64()), tagLatency: fmt.Sprint(b.TargetLatency.ValueInt32()),
		tagConcurrency: fmt.Sprint(b.ConcurrencyPerInstance.ValueInt32()), tagPeakRate: peakRate(b.PeakRate),
	}
	b.Stack.AddTagged(partQueue, tags, &sqs.Queue{Name: b.queueName(), VisibilityTimeout: b.VisibilityTimeout.ValueInt32(),
		MessageRetention: b.MessageRetention.ValueInt32(), ReceiveWait: longPoll, Encryption: encryption,
		DeadLetterQueue: stack.Output(partDeadLetters, "arn"), MaxReceiveCount: b.MaxReceiveCount.ValueInt32(),
		Producers: composite.Strings(b.ProducerPrincipals)})
}

// longPoll is for how long a server that finds no message waits for one: as long as
// SQS lets it, so that idle servers cost few calls (aws-facts §7).
const longPoll = 20 // seconds

func number(value float64) string { return strconv.FormatFloat(value, 'g', -1, 64) }

// notGiven stands for an argument that is not there: a tag that is left out would
// not be removed.
const notGiven = "none"

func peakRate(value types.Float64) string {
	if value.IsNull() {
		return notGiven
	}
	return number(value.ValueFloat64())
}

// group adds the servers. Auto Scaling replaces those that EC2 says are not well: no
// load balancer asks them.
func (b *builder) group() {
	header := ""
	if b.QueueEnvironment.ValueBool() {
		header = b.environment().header(b.UserData.ValueString())
	}
	zonalShift, warmup := true, int32(warmupSeconds)
	b.Group(servers.Group{HealthCheckType: "EC2", ZonalShift: &zonalShift, Warmup: &warmup, UserDataHeader: header, After: []string{partQueue}})
	group := stack.Output(servers.PartGroup, "name")
	if b.protects() {
		b.Stack.Add(partHook, &autoscaling.LifecycleHook{Group: group, Transition: autoscaling.Terminating,
			HeartbeatTimeout: b.heartbeat(), DefaultResult: "CONTINUE"})
	}
	b.Stack.Add(partCapacity, &autoscaling.Capacity{Group: group, New: true, LimitMinutes: capacityLimitMinutes})
}

const (
	// warmupSeconds is how long a new server may take until it takes messages.
	warmupSeconds = 60
	// capacityLimitMinutes is how long servers may take to come.
	capacityLimitMinutes = 15
)

func (b *builder) protects() bool { return b.ScaleInProtection.ValueString() == protectByHook }

// environment is what servers are told of their queue.
func (b *builder) environment() environment {
	e := environment{URL: queueURL(b.Env, b.queueName()), Region: b.Env.Region, Group: b.groupName(), Concurrency: b.ConcurrencyPerInstance.ValueInt32()}
	if b.protects() {
		e.Hook = partHook
	}
	return e
}

func (b *builder) groupName() string { return awsapi.Name(b.Env.Stack.Name, noun, 255) }

// queueURL returns the URL by which AWS knows a queue.
func queueURL(env composite.Env, name string) string {
	domain := "amazonaws.com"
	if env.Partition == "aws-cn" {
		domain = "amazonaws.com.cn"
	}
	return fmt.Sprintf("https://sqs.%s.%s/%s/%s", env.Region, domain, env.Account, name)
}
