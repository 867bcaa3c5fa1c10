package multiserver

import (
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
)

// words puts what is planned into words.
func words(prior, m *Model, steps []composite.Step) []string {
	var fleet *servers.Fleet
	if prior != nil {
		fleet = &prior.Fleet
	}
	return m.Fleet.Words(fleet, steps, func(step composite.Step) string {
		if id, promotes := strings.CutPrefix(step.Part, "promotion/"); promotes && step.Verb == "create" {
			return "take " + id + " out of the group, which starts another server in its place, and make it a master"
		}
		if step.Deletes(partLogBucket) {
			return "delete " + partLogBucket + ", unless it holds logs: then it stays, and belongs to no tier"
		}
		if strings.HasPrefix(step.Part, "traffic/") && (step.Updates(step.Part) || step.IsRepair()) {
			return m.ShiftWords()
		}
		return ""
	})
}
