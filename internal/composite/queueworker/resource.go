// Package queueworker defines webtier_queue_worker: a queue, and behind it a group of
// servers over several zones that process its messages.
//
//	producers --> queue ---- received too often ----> dead_letter_queue
//	                | messages                              |
//	                v                             alarm/dead_letters
//	         autoscaling_group -- capacity: waits for the servers
//	           |    |      '-- lifecycle_hook/drain: ends work in hand before a server goes
//	           |    |-- scaling_policy/latency: servers by backlog
//	           |    '-- step_policy/wake <-- alarm/wake: the first server, from zero
//	           |    alarm/oldest_message, alarm/at_maximum
//	         launch_template -- security_group/servers
//	                | instance_profile -- role, which may take messages
package queueworker

import (
	"slices"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
)

// Definition is the resource webtier_queue_worker.
var Definition = composite.Definition[Model, *Model]{
	Name:        "queue_worker",
	Description: description,
	Kinds: slices.Concat(servers.Kinds, []string{"sqs/queue", "autoscaling/capacity", "autoscaling/lifecycle_hook",
		"autoscaling/scaling_policy", "autoscaling/step_policy", "cloudwatch/alarm"}),
	Attributes: attributes,
	Outputs: composite.Merge(servers.Outputs, map[string][]string{
		"queue_url":             {partQueue},
		"queue_arn":             {partQueue},
		"queue_name":            {partQueue},
		"dead_letter_queue_url": {partDeadLetters},
		"dead_letter_queue_arn": {partDeadLetters},
	}),
	Guard:         &guard,
	Preflight:     preflights,
	Shapeless:     servers.Shapeless,
	Check:         check,
	Resolve:       resolve,
	Build:         build,
	Absorb:        absorb,
	Explain:       explain,
	Findings:      findings,
	BillableUnits: billableUnits,
	Timeouts:      limits,
}

// A rollout may take an hour without being stuck (aws-facts §5.5).
var limits = composite.Timeouts{Create: 30 * time.Minute, Update: 90 * time.Minute, Delete: 45 * time.Minute}
