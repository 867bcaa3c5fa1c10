package multiserver

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int32validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int32default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
)

const description = "A load balancer over several Availability Zones and, behind it, a group of servers that replaces those that die " +
	"and rolls new versions out one after another: application or network load balancer, target group, listeners, security groups, " +
	"launch template, IAM role and Auto Scaling group as one resource."

var (
	certificatePattern = regexp.MustCompile(`^arn:[a-z-]+:(acm:[a-z0-9-]+:\d{12}:certificate|iam::\d{12}:server-certificate)/.+$`)
	matcherPattern     = regexp.MustCompile(`^\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*$`)
)

// attributes are those of the servers and these.
var attributes = composite.Merge(servers.Attributes, masterAttributes, userDataAttributes, map[string]schema.Attribute{
	// Required.
	"load_balancer": schema.SingleNestedAttribute{Required: true, MarkdownDescription: "The load balancer.", Attributes: loadBalancerAttributes},
	"port": schema.Int32Attribute{Required: true,
		MarkdownDescription: "Port on which the servers listen. A change goes through a second group of servers, without interruption.",
		Validators:          []validator.Int32{int32validator.Between(1, 65535)}},

	// Optional.
	"protocol": schema.StringAttribute{Optional: true, Computed: true,
		MarkdownDescription: "Protocol that the servers speak: `HTTP` (default) or `HTTPS` behind an application load balancer, `TCP` (default) or `TLS` behind a network load balancer.",
		Validators:          []validator.String{stringvalidator.OneOf("HTTP", "HTTPS", "TCP", "TLS")}},
	"health_check": schema.SingleNestedAttribute{Optional: true, Computed: true, MarkdownDescription: "How load balancer and group tell whether a server works.",
		Attributes: healthCheckAttributes,
		Default: objectdefault.StaticValue(composite.Encode(healthCheckTypes, healthCheck{Path: types.StringValue("/"), Matcher: types.StringValue("200"),
			Interval: types.Int32Value(15), Timeout: types.Int32Value(5), Healthy: types.Int32Value(2), Unhealthy: types.Int32Value(3), GracePeriod: types.Int32Value(300)}))},
	"scaling": schema.SingleNestedAttribute{Optional: true, Computed: true,
		MarkdownDescription: "What the number of servers follows. `{}` keeps it fixed.",
		Attributes: map[string]schema.Attribute{
			"cpu_utilization": schema.Float64Attribute{Optional: true,
				MarkdownDescription: "Average CPU utilization to keep, in percent. Default, when `scaling` is absent: 50.",
				Validators:          []validator.Float64{float64validator.Between(1, 100)}},
			"requests_per_target": schema.Float64Attribute{Optional: true,
				MarkdownDescription: "Requests that each server gets in a minute, to keep. Not for a network load balancer. With several goals the largest number of servers wins.",
				Validators:          []validator.Float64{float64validator.AtLeast(1)}},
			"schedules": schedulesAttribute,
		},
		Default: objectdefault.StaticValue(composite.Encode(scalingTypes, scaling{CPUUtilization: types.Float64Value(50), RequestsPerTarget: types.Float64Null(), Schedules: types.MapNull(scheduleType)}))},
	"deregistration_delay": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(60),
		MarkdownDescription: "Seconds that a server may finish its requests before it is terminated.",
		Validators:          []validator.Int32{int32validator.Between(0, 3600)}},
	"stickiness": schema.SingleNestedAttribute{Optional: true, MarkdownDescription: "Keep a client on one server. Its session is lost with the server: prefer shared session state.",
		Attributes: map[string]schema.Attribute{
			"duration": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(3600),
				MarkdownDescription: "Seconds that the load balancer's cookie is valid; not used by a network load balancer, which goes by the client's address.",
				Validators:          []validator.Int32{int32validator.Between(1, 604800)}},
		}},
	"min_healthy_after_az_loss": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(defaultAfterLoss),
		MarkdownDescription: "How many servers must be left when the zone with most of them is lost: the plan refuses a `min_size` that is too small for it, and says which one is enough. " +
			"Default: 1. A change changes nothing in AWS; an import takes the default.",
		Validators: []validator.Int32{int32validator.Between(0, 1000)}},
	"dns":           dnsAttribute,
	"alarm_actions": alarmActionsAttribute,
	"zonal_shift": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(true),
		MarkdownDescription: "Let load balancer and group be shifted out of an impaired zone (ARC zonal shift)."},

	// Computed.
	"capacity_after_az_loss":          schema.Int32Attribute{Computed: true, MarkdownDescription: "How many of `min_size` servers are left when the zone with most of them is lost."},
	"dns_name":                        schema.StringAttribute{Computed: true, MarkdownDescription: "DNS name of the load balancer."},
	"zone_id":                         schema.StringAttribute{Computed: true, MarkdownDescription: "Hosted zone of the DNS name, for alias records."},
	"load_balancer_arn":               schema.StringAttribute{Computed: true, MarkdownDescription: "ARN of the load balancer."},
	"load_balancer_security_group_id": schema.StringAttribute{Computed: true, MarkdownDescription: "Security group of the load balancer."},
	"listener_arns":                   schema.MapAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "ARNs of the listeners by port."},
	"access_logs_bucket_name":         schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the bucket that `create_access_logs_bucket` made."},
	"target_group_arn":                schema.StringAttribute{Computed: true, MarkdownDescription: "ARN of the target group."},
})

var loadBalancerAttributes = map[string]schema.Attribute{
	"subnet_ids": schema.SetAttribute{ElementType: types.StringType, Required: true,
		MarkdownDescription: "Subnets of the load balancer, one a zone, in at least two zones and in each zone that has servers."},
	"type": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString(typeApplication),
		MarkdownDescription: "`application` (HTTP) or `network` (TCP). A change makes a new load balancer with another DNS name.",
		Validators:          []validator.String{stringvalidator.OneOf(typeApplication, typeNetwork)}},
	"internal": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false),
		MarkdownDescription: "Reachable from the VPC only. A change makes a new load balancer with another DNS name."},
	"listener_port": schema.Int32Attribute{Optional: true, Computed: true,
		MarkdownDescription: "Port to which clients connect. Default: 443 with a certificate, else 80; for a network load balancer `port`, with which it changes.",
		Validators:          []validator.Int32{int32validator.Between(1, 65535)}},
	"certificate_arn": schema.StringAttribute{Optional: true,
		MarkdownDescription: "Certificate for HTTPS (or TLS). An application load balancer then redirects port 80 to it.",
		Validators:          []validator.String{stringvalidator.RegexMatches(certificatePattern, "must be the ARN of an ACM certificate or IAM server certificate")}},
	"ssl_policy": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString(defaultSSLPolicy),
		MarkdownDescription: "TLS policy; the default speaks TLS 1.2 and 1.3."},
	"ingress_cidr_blocks": schema.SetAttribute{ElementType: types.StringType, Optional: true, Computed: true,
		MarkdownDescription: "Who may connect. Default: everybody, or the VPC's range for an internal load balancer.",
		Validators:          []validator.Set{setvalidator.SizeBetween(1, 25)}},
	"web_acl_arn":                webACLAttribute,
	"access_logs_bucket":         logsBucketAttribute,
	"create_access_logs_bucket":  createLogsBucketAttribute,
	"access_logs_prefix":         logsPrefixAttribute,
	"access_logs_retention_days": logsRetentionAttribute,
	"idle_timeout": schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(defaultIdleTimeout),
		MarkdownDescription: "Seconds after which an idle connection is closed (application load balancer).",
		Validators:          []validator.Int32{int32validator.Between(1, 4000)}},
}

var healthCheckAttributes = map[string]schema.Attribute{
	"path": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("/"),
		MarkdownDescription: "Path to ask for over HTTP. A network load balancer only connects.",
		Validators:          []validator.String{stringvalidator.RegexMatches(regexp.MustCompile(`^/`), "must begin with /"), stringvalidator.LengthAtMost(1024)}},
	"matcher": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("200"),
		MarkdownDescription: "HTTP codes of a healthy answer, for example `200-399` or `200,204`.",
		Validators:          []validator.String{stringvalidator.RegexMatches(matcherPattern, "must be HTTP codes such as 200, 200-399 or 200,204")}},
	"interval":     seconds("between checks", 15, 5, 300),
	"timeout":      seconds("after which a check has failed; less than `interval`", 5, 2, 120),
	"healthy":      thresholds("good checks that make an unhealthy server healthy", 2),
	"unhealthy":    thresholds("bad checks that make a server unhealthy", 3),
	"grace_period": seconds("that a new server may take to boot before bad checks count", 300, 0, 7200),
}

func seconds(what string, fallback, least, most int32) schema.Attribute {
	return schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(fallback),
		MarkdownDescription: "Seconds " + what + ".", Validators: []validator.Int32{int32validator.Between(least, most)}}
}

func thresholds(what string, fallback int32) schema.Attribute {
	return schema.Int32Attribute{Optional: true, Computed: true, Default: int32default.StaticInt32(fallback),
		MarkdownDescription: "Number of " + what + ".", Validators: []validator.Int32{int32validator.Between(2, 10)}}
}
