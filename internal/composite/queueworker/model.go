package queueworker

import (
	"math"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
)

// Model is the configuration and state of a webtier_queue_worker.
type Model struct {
	composite.Common
	composite.Health
	servers.Fleet

	FIFO                   types.Bool    `tfsdk:"fifo"`
	AverageProcessingTime  types.Float64 `tfsdk:"average_processing_time"`
	TargetLatency          types.Int32   `tfsdk:"target_latency"`
	ConcurrencyPerInstance types.Int32   `tfsdk:"concurrency_per_instance"`
	PeakRate               types.Float64 `tfsdk:"peak_rate"`
	VisibilityTimeout      types.Int32   `tfsdk:"visibility_timeout"`
	MaxReceiveCount        types.Int32   `tfsdk:"max_receive_count"`
	MessageRetention       types.Int32   `tfsdk:"message_retention"`
	DeadLetterRetention    types.Int32   `tfsdk:"dead_letter_retention"`
	ScaleInProtection      types.String  `tfsdk:"scale_in_protection"`
	ProducerPrincipals     types.Set     `tfsdk:"producer_principals"`
	KMSKeyID               types.String  `tfsdk:"kms_key_id"`
	QueueEnvironment       types.Bool    `tfsdk:"queue_environment"`
	AlarmActions           types.Set     `tfsdk:"alarm_actions"`

	QueueURL                 types.String  `tfsdk:"queue_url"`
	QueueARN                 types.String  `tfsdk:"queue_arn"`
	QueueName                types.String  `tfsdk:"queue_name"`
	DeadLetterQueueURL       types.String  `tfsdk:"dead_letter_queue_url"`
	DeadLetterQueueARN       types.String  `tfsdk:"dead_letter_queue_arn"`
	BacklogPerInstanceTarget types.Float64 `tfsdk:"backlog_per_instance_target"`
}

// What scale_in_protection may be.
const (
	protectByHook = "lifecycle_hook"
	protectNone   = "none"
)

// The bounds of AWS (aws-facts §7, §5.7), in seconds.
const (
	maxVisibility                 = 43200
	leastRetention, mostRetention = 60, 1209600
	leastHeartbeat                = 30
	// mostHeartbeat is less than AWS takes: a rollout in which no server is replaced for
	// an hour has failed (aws-facts §5.5).
	mostHeartbeat = 2700
)

// The defaults.
const (
	defaultMinSize     = 2
	defaultMaxSize     = 10
	defaultLatency     = 300 // seconds
	defaultReceives    = 5
	defaultRetention   = 345600  // seconds: four days
	defaultDeadLetters = 1209600 // seconds: two weeks
	// leastVisibility is the least visibility timeout, and visibilityFactor how many
	// times the average a message may take before others get it, too.
	leastVisibility  = 30 // seconds
	visibilityFactor = 6
)

// backlogTarget is how many messages may wait for each server so that none waits for
// longer than target_latency on average.
func (m *Model) backlogTarget() float64 {
	return float64(m.TargetLatency.ValueInt32()) / m.AverageProcessingTime.ValueFloat64() * float64(m.ConcurrencyPerInstance.ValueInt32())
}

// throughput is how many messages a second so many servers process.
func (m *Model) throughput(size int32) float64 {
	return float64(size) * float64(m.ConcurrencyPerInstance.ValueInt32()) / m.AverageProcessingTime.ValueFloat64()
}

// defaultVisibility is the visibility timeout when nothing is said.
func (m *Model) defaultVisibility() int32 {
	seconds := math.Ceil(visibilityFactor * m.AverageProcessingTime.ValueFloat64())
	return int32(min(max(seconds, leastVisibility), maxVisibility))
}

// heartbeat is for how long the hook holds a server without hearing from it: as long
// as its messages are hidden from the others.
func (m *Model) heartbeat() int32 {
	return min(max(m.VisibilityTimeout.ValueInt32(), leastHeartbeat), mostHeartbeat)
}
