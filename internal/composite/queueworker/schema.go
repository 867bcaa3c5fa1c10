package queueworker

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int32validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int32default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
)

const description = "A queue with a dead-letter queue and, behind it, a group of servers over several Availability Zones that process its messages: " +
	"as many as keep the time that messages wait below a target, from zero if wanted, and none of them ended while it has a message in work. " +
	"Queues, scaling, alarms, security group, launch template, IAM role and Auto Scaling group as one resource."

var keyPattern = regexp.MustCompile(`^((arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:)?alias/[A-Za-z0-9/_-]+|(arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/)?(mrk-)?[0-9a-f-]{32,36})$`)

// producerPattern has no groups, which are no principals, and no wildcards, which none
// may have (IAM User Guide, reference_policies_elements_principal).
var producerPattern = regexp.MustCompile(`^(arn:[a-z-]+:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)/[^*?]+)|[a-z0-9.-]+\.amazonaws\.com(\.cn)?)$`)

// attributes are those of the servers and these.
var attributes = composite.Merge(servers.Attributes, map[string]schema.Attribute{
	// Required.
	"average_processing_time": schema.Float64Attribute{Required: true,
		MarkdownDescription: "Seconds that a server works on a message on average. Scaling and the default of `visibility_timeout` follow from it.",
		Validators:          []validator.Float64{float64validator.Between(0.001, maxVisibility)}},

	// Optional.
	"min_size": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(defaultMinSize),
		MarkdownDescription: "Least number of servers. With 0 the group is empty while there is nothing to do, and the first message starts a server.",
		Validators:          []validator.Int32{int32validator.Between(0, 1000)}},
	"max_size": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(defaultMaxSize),
		MarkdownDescription: "Largest number of servers.",
		Validators:          []validator.Int32{int32validator.Between(1, 2000)}},
	"fifo": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false),
		MarkdownDescription: "Messages of a group are processed in their order, each exactly once. A change makes new queues with other URLs; it is refused while there are messages in the old ones."},
	"target_latency": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(defaultLatency),
		MarkdownDescription: "Seconds that a message may wait. Servers are added when more messages wait for each than it can take in that time: `target_latency / average_processing_time * concurrency_per_instance`.",
		Validators:          []validator.Int32{int32validator.Between(1, 86400)}},
	"concurrency_per_instance": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(1),
		MarkdownDescription: "How many messages a server works on at the same time. A change is rolled out.",
		Validators:          []validator.Int32{int32validator.Between(1, 1000)}},
	"peak_rate": schema.Float64Attribute{Optional: true,
		MarkdownDescription: "Messages a second at the busiest time. When given, the plan refuses a `max_size` with which the backlog would grow without end.",
		Validators:          []validator.Float64{float64validator.AtLeast(0)}},
	"visibility_timeout": schema.Int32Attribute{Optional: true, Computed: true,
		MarkdownDescription: "Seconds after which a message that was received and not deleted is given to another server. Default: six times `average_processing_time`, at least 30.",
		Validators:          []validator.Int32{int32validator.Between(1, maxVisibility)}},
	"max_receive_count": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(defaultReceives),
		MarkdownDescription: "How often a message is received before it goes to the dead-letter queue.",
		Validators:          []validator.Int32{int32validator.Between(1, 1000)}},
	"message_retention": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(defaultRetention),
		MarkdownDescription: "Seconds for which the queue keeps a message. AWS deletes older ones as soon as it is lowered.",
		Validators:          []validator.Int32{int32validator.Between(leastRetention, mostRetention)}},
	"dead_letter_retention": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(defaultDeadLetters),
		MarkdownDescription: "The same for the dead-letter queue. A message keeps its age when it goes there, so it must not be less than `message_retention`.",
		Validators:          []validator.Int32{int32validator.Between(leastRetention, mostRetention)}},
	"scale_in_protection": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString(protectByHook),
		MarkdownDescription: "`lifecycle_hook`: a server that is to go finishes its messages first and says so, as the script of `provider::webtier::worker_user_data` does; " +
			"one that is not heard from for `visibility_timeout` (at most 45 minutes) goes. `none`: servers go at once, and their messages are processed again.",
		Validators: []validator.String{stringvalidator.OneOf(protectByHook, protectNone)}},
	"producer_principals": schema.SetAttribute{ElementType: types.StringType, Optional: true,
		MarkdownDescription: "Who else may send messages: ARNs of IAM principals, or AWS services of this account such as `sns.amazonaws.com`. Principals of the account may with a policy of their own.",
		Validators: []validator.Set{setvalidator.SizeBetween(1, 100), setvalidator.ValueStringsAre(stringvalidator.RegexMatches(producerPattern,
			"must be the ARN of an IAM principal, such as arn:aws:iam::123456789012:root for a whole account, or an AWS service, such as sns.amazonaws.com"))}},
	"kms_key_id": schema.StringAttribute{Optional: true,
		MarkdownDescription: "KMS key that encrypts the messages: its id, alias or ARN. Default: keys of SQS itself. The servers are allowed to use it; for producers its policy must.",
		Validators:          []validator.String{stringvalidator.RegexMatches(keyPattern, "must be the id, alias or ARN of a KMS key, such as alias/jobs")}},
	"queue_environment": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(true),
		MarkdownDescription: "Write `/etc/webtier/queue.env` on each server before `user_data` runs: `QUEUE_URL`, `AWS_REGION` and what else a worker has to know. A change is rolled out."},
	"alarm_actions": servers.AlarmActions("the oldest message is older than twice `target_latency`, a message is in the dead-letter queue, all servers are there and it is not enough"),

	// Computed.
	"queue_url":                   schema.StringAttribute{Computed: true, MarkdownDescription: "URL of the queue, to which producers send."},
	"queue_arn":                   schema.StringAttribute{Computed: true, MarkdownDescription: "ARN of the queue."},
	"queue_name":                  schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the queue, for metrics."},
	"dead_letter_queue_url":       schema.StringAttribute{Computed: true, MarkdownDescription: "URL of the dead-letter queue."},
	"dead_letter_queue_arn":       schema.StringAttribute{Computed: true, MarkdownDescription: "ARN of the dead-letter queue."},
	"backlog_per_instance_target": schema.Float64Attribute{Computed: true, MarkdownDescription: "Messages that may wait for each server; scaling keeps the backlog there."},
})
