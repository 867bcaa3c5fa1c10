package queueworker

import (
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
	"github.com/webtier/terraform-provider-webtier/internal/kind/cloudwatch"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/kind/sqs"
)

// absorb sets the model from what exists; the mirror of build. What a vanished part
// would tell stays as the state had it.
func absorb(m *Model, seen composite.Observed) {
	absorbQueues(m, seen)
	absorbNumbers(m, seen)
	absorbServers(m, seen)
	absorbAlarms(m, seen)
}

func absorbQueues(m *Model, seen composite.Observed) {
	if spec, ok := composite.PartSpec[*sqs.Queue](seen, partQueue); ok {
		m.FIFO = types.BoolValue(strings.HasSuffix(spec.Name, ".fifo"))
		m.VisibilityTimeout, m.MessageRetention = types.Int32Value(spec.VisibilityTimeout), types.Int32Value(spec.MessageRetention)
		m.MaxReceiveCount = types.Int32Value(spec.MaxReceiveCount)
		m.KMSKeyID = types.StringNull()
		if spec.Encryption != sqs.SSE {
			m.KMSKeyID = types.StringValue(spec.Encryption)
		}
		if len(spec.Producers) > 0 || len(m.ProducerPrincipals.Elements()) > 0 {
			m.ProducerPrincipals = composite.StringSet(spec.Producers)
		}
	}
	if spec, ok := composite.PartSpec[*sqs.Queue](seen, partDeadLetters); ok {
		m.DeadLetterRetention = types.Int32Value(spec.MessageRetention)
	}
	composite.Learn(&m.QueueURL, seen.Out(partQueue, "url"))
	composite.Learn(&m.QueueARN, seen.Out(partQueue, "arn"))
	composite.Learn(&m.QueueName, seen.Out(partQueue, "name"))
	composite.Learn(&m.DeadLetterQueueURL, seen.Out(partDeadLetters, "url"))
	composite.Learn(&m.DeadLetterQueueARN, seen.Out(partDeadLetters, "arn"))
}

// absorbNumbers reads the tags of the queue. One that is lost, or no number, tells
// nothing.
func absorbNumbers(m *Model, seen composite.Observed) {
	queue, _ := seen.Part(partQueue)
	if value, err := strconv.ParseFloat(queue.Tags[tagProcessingTime], 64); err == nil {
		m.AverageProcessingTime = types.Float64Value(value)
	}
	for tag, target := range map[string]*types.Int32{tagLatency: &m.TargetLatency, tagConcurrency: &m.ConcurrencyPerInstance} {
		if value, err := strconv.ParseInt(queue.Tags[tag], 10, 32); err == nil {
			*target = types.Int32Value(int32(value))
		}
	}
	if value, err := strconv.ParseFloat(queue.Tags[tagPeakRate], 64); err == nil {
		m.PeakRate = types.Float64Value(value)
	} else if queue.Tags[tagPeakRate] == notGiven {
		m.PeakRate = types.Float64Null()
	}
	setBacklogTarget(m)
}

func absorbServers(m *Model, seen composite.Observed) {
	header := ""
	if spec, ok := composite.PartSpec[*ec2.LaunchTemplate](seen, servers.PartTemplate); ok {
		if spec.UserData != nil {
			header = headerOf(*spec.UserData)
		}
		m.QueueEnvironment = types.BoolValue(header != "")
	}
	m.Fleet.Absorb(seen, header)
	if _, ok := seen.Part(partHook); ok {
		m.ScaleInProtection = types.StringValue(protectByHook)
	} else if m.ScaleInProtection.IsNull() {
		m.ScaleInProtection = types.StringValue(protectNone)
	}
}

func absorbAlarms(m *Model, seen composite.Observed) {
	for _, key := range toldAlarms {
		if spec, ok := composite.PartSpec[*cloudwatch.Alarm](seen, key); ok && len(spec.Actions) > 0 {
			m.AlarmActions = composite.StringSet(composite.Values(spec.Actions))
			return
		}
	}
}
