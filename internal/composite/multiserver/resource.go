// Package multiserver defines webtier_multi_server: a load-balanced, self-healing
// group of servers over several zones.
//
//	clients --> load_balancer --- listener/443 (and listener/80, which redirects)
//	            security_group/      |  traffic/443: where requests go
//	              load_balancer      v
//	                 |          target_group <-- target_group_attachment
//	                 | rule/…                         |
//	                 v                         autoscaling_group -- scaling_policy/cpu
//	            security_group/servers                | latest version, by instance refresh
//	                 '------------------------ launch_template
//	                                                  | instance_profile -- role
//	            target_group/masters <-- registration/… of existing instances, or of
//	                                     servers that left the group by promotion/…
//	            dns_record/A and web_acl stand before the load balancer
//	            scheduled_action/… change the group's sizes at certain times
//	            access_logs is the bucket that the load balancer writes to, if one is made
//	            alarm/… on targets, answers and the group, when somebody is to be told
//	            deletion_protection: made last, removed first
package multiserver

import (
	"slices"
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
)

// Definition is the resource webtier_multi_server.
var Definition = composite.Definition[Model, *Model]{
	Name:        "multi_server",
	Description: description,
	Kinds: slices.Concat(servers.Kinds, []string{"elbv2/load_balancer", "elbv2/target_group", "elbv2/listener", "elbv2/traffic", "elbv2/routes", "elbv2/registration",
		"elbv2/deletion_protection", "autoscaling/target_group_attachment", "autoscaling/scaling_policy", "autoscaling/promotion", "autoscaling/scheduled_action",
		"ssm/association", "wafv2/association", "route53/alias", "cloudwatch/alarm", "s3/log_bucket"}),
	Optional:   []string{"autoscaling/scheduled_action", "ssm/association", "cloudwatch/alarm", "s3/log_bucket"},
	Attributes: attributes,
	Outputs: composite.Merge(servers.Outputs, map[string][]string{
		"dns_name":                        {"load_balancer"},
		"zone_id":                         {"load_balancer"},
		"load_balancer_arn":               {"load_balancer"},
		"load_balancer_security_group_id": {"security_group/load_balancer"},
		"listener_arns":                   {"listener/*"},
		"target_group_arn":                {"target_group"},
		"access_logs_bucket_name":         {"access_logs"},
	}),
	Shapeless:     append([]string{"load_balancer.subnet_ids", "capacity_after_az_loss"}, servers.Shapeless...),
	Check:         check,
	Resolve:       resolve,
	Preflight:     slices.Concat(preflight, edgePreflights, logPreflights),
	Build:         build,
	Absorb:        absorb,
	Explain:       explain,
	Words:         words,
	Findings:      findings,
	BillableUnits: billableUnits,
	Timeouts:      limits,
}

// A rollout may take an hour without being stuck (aws-facts §5.5); interfaces of a
// deleted load balancer linger for up to 35 minutes (§4.4).
var limits = composite.Timeouts{Create: 30 * time.Minute, Update: 90 * time.Minute, Delete: 60 * time.Minute}
