package queueworker

import (
	"context"
	"fmt"
	"math"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// check finds what is wrong with the values known so far, without AWS. Defaults
// apply after validation.
func check(ctx context.Context, m *Model) diag.Diagnostics {
	limit, diags := m.Timeouts.Update(ctx, limits.Update)
	m.CheckPauses(limit, &diags)
	checkUserData(m, &diags)
	checkTimes(m, &diags)
	checkRate(m, &diags)
	return diags
}

// multipart tells user data that is of several parts already.
var multipart = regexp.MustCompile(`(?i)^(content-type|mime-version):`)

func checkUserData(m *Model, diags *diag.Diagnostics) {
	header := ""
	if m.QueueEnvironment.IsNull() || m.QueueEnvironment.ValueBool() {
		// About as long as it will be.
		header = environment{URL: "https://sqs.ap-southeast-2.amazonaws.com/123456789012/" + queueName("name-of-twenty-chars", "queue", true),
			Region: "ap-southeast-2", Group: "name-of-twenty-chars-workers-0a1b2c", Hook: partHook}.header(m.UserData.ValueString())
		if multipart.MatchString(m.UserData.ValueString()) {
			diags.AddAttributeError(path.Root("user_data"), "User data of several parts",
				"queue_environment puts a part of its own before user_data, and parts cannot be nested. Give a script or a cloud-config, or set queue_environment = false.")
		}
	}
	m.Fleet.Check(header, diags)
	m.RefuseBlueGreen(diags)
}

func known(values ...attr.Value) bool {
	for _, value := range values {
		if !composite.IsKnown(value) {
			return false
		}
	}
	return true
}

func checkTimes(m *Model, diags *diag.Diagnostics) {
	if known(m.VisibilityTimeout, m.AverageProcessingTime) && float64(m.VisibilityTimeout.ValueInt32()) < m.AverageProcessingTime.ValueFloat64() {
		diags.AddAttributeError(path.Root("visibility_timeout"), "Messages would be processed twice",
			fmt.Sprintf("A message takes %s s on average, but is given to another server after %d s. Set visibility_timeout to %d or more, or leave it out.",
				number(m.AverageProcessingTime.ValueFloat64()), m.VisibilityTimeout.ValueInt32(), m.defaultVisibility()))
	}
	if known(m.MessageRetention, m.DeadLetterRetention) && m.DeadLetterRetention.ValueInt32() < m.MessageRetention.ValueInt32() {
		diags.AddAttributeError(path.Root("dead_letter_retention"), "Dead letters would vanish unseen",
			fmt.Sprintf("A message keeps its age when it goes to the dead-letter queue. There it would be deleted after %d s of its life, and the queue keeps it for up to %d s. Set dead_letter_retention to %d or more.",
				m.DeadLetterRetention.ValueInt32(), m.MessageRetention.ValueInt32(), m.MessageRetention.ValueInt32()))
	}
	if known(m.MessageRetention, m.TargetLatency) && m.MessageRetention.ValueInt32() <= m.TargetLatency.ValueInt32() {
		diags.AddAttributeError(path.Root("message_retention"), "Messages would be deleted before their turn",
			fmt.Sprintf("They may wait for %d s (target_latency), and are deleted after %d s. Raise message_retention.",
				m.TargetLatency.ValueInt32(), m.MessageRetention.ValueInt32()))
	} else if known(m.MessageRetention, m.AverageProcessingTime) && float64(m.MessageRetention.ValueInt32()) <= m.AverageProcessingTime.ValueFloat64() {
		diags.AddAttributeError(path.Root("message_retention"), "Messages would be deleted while they are processed",
			fmt.Sprintf("One takes %s s on average, and is deleted after %d s of its life, done or not: what then fails is lost. Raise message_retention.",
				number(m.AverageProcessingTime.ValueFloat64()), m.MessageRetention.ValueInt32()))
	}
}

// checkRate makes sure that the largest group keeps up with the busiest time.
func checkRate(m *Model, diags *diag.Diagnostics) {
	if !known(m.PeakRate, m.MaxSize, m.AverageProcessingTime, m.ConcurrencyPerInstance) {
		return
	}
	if rate := m.throughput(m.MaxSize.ValueInt32()); rate < m.PeakRate.ValueFloat64() {
		needed := math.Ceil(m.PeakRate.ValueFloat64() * m.AverageProcessingTime.ValueFloat64() / float64(m.ConcurrencyPerInstance.ValueInt32()))
		diags.AddAttributeError(path.Root("max_size"), "Too few servers for the busiest time",
			fmt.Sprintf("%d servers process %s messages a second, and peak_rate is %s: the backlog would grow without end. Raise max_size to %s or more, or concurrency_per_instance if the servers can do more at once.",
				m.MaxSize.ValueInt32(), number(math.Round(rate*1000)/1000), number(m.PeakRate.ValueFloat64()), number(needed)))
	}
}
