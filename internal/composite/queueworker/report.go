package queueworker

import (
	"fmt"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// findings names the weaknesses of workers so configured.
func findings(m *Model) []composite.Finding {
	var found []composite.Finding
	add := func(when bool, id, severity, message, fix string) {
		if when {
			found = append(found, composite.Finding{ID: id, Severity: severity, Message: message, Fix: fix})
		}
	}
	least := m.MinSize.ValueInt32()
	add(least == 0, "WT-QW-01", "low", "With min_size = 0 the first message waits until a server has booted.", "Set min_size to 1 or more.")
	add(least == 1, "WT-AZ-07", "medium", "With min_size = 1 nothing is processed from the loss of a server or zone until a new one has booted.",
		"Set min_size to the number of zones or more.")
	add(m.ScaleInProtection.ValueString() == protectNone, "WT-QW-02", "medium",
		"Servers that are not needed any more are ended in the middle of their messages, which are then processed twice.", `Set scale_in_protection = "lifecycle_hook".`)
	add(m.MaxReceiveCount.ValueInt32() == 1, "WT-QW-03", "high",
		"With max_receive_count = 1 a message whose server is lost goes to the dead-letter queue, and is never processed.", "Set max_receive_count to 3 or more.")
	add(float64(m.VisibilityTimeout.ValueInt32()) < 2*m.AverageProcessingTime.ValueFloat64(), "WT-QW-04", "medium",
		fmt.Sprintf("Messages that take longer than %d s, not much more than the average, are processed twice unless the worker extends their time.", m.VisibilityTimeout.ValueInt32()),
		fmt.Sprintf("Set visibility_timeout to %d or more, or leave it out.", m.defaultVisibility()))
	add(len(m.AlarmActions.Elements()) == 0, "WT-QW-05", "low", "Nobody is told when messages wait for too long, or are given up.", "Set alarm_actions.")
	return append(found, m.Fleet.Findings()...)
}

// billableUnits counts what AWS bills for beside the messages, at the least and the
// largest size.
func billableUnits(m *Model) map[string]int64 {
	return map[string]int64{"instances_min": int64(m.MinSize.ValueInt32()), "instances_max": int64(m.MaxSize.ValueInt32())}
}
