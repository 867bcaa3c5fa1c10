package multiserver

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
)

// Model is the configuration and state of a webtier_multi_server.
type Model struct {
	composite.Common
	composite.Health
	servers.Fleet

	LoadBalancer          types.Object `tfsdk:"load_balancer"`
	Port                  types.Int32  `tfsdk:"port"`
	Protocol              types.String `tfsdk:"protocol"`
	HealthCheck           types.Object `tfsdk:"health_check"`
	Scaling               types.Object `tfsdk:"scaling"`
	DeregistrationDelay   types.Int32  `tfsdk:"deregistration_delay"`
	Stickiness            types.Object `tfsdk:"stickiness"`
	ZonalShift            types.Bool   `tfsdk:"zonal_shift"`
	Masters               types.Object `tfsdk:"masters"`
	Routes                types.List   `tfsdk:"routes"`
	DNS                   types.Object `tfsdk:"dns"`
	MinHealthyAfterAZLoss types.Int32  `tfsdk:"min_healthy_after_az_loss"`
	AlarmActions          types.Set    `tfsdk:"alarm_actions"`
	UserDataWO            types.String `tfsdk:"user_data_wo"`
	UserDataWOVersion     types.Int64  `tfsdk:"user_data_wo_version"`

	CapacityAfterAZLoss types.Int32 `tfsdk:"capacity_after_az_loss"`

	DNSName                     types.String `tfsdk:"dns_name"`
	ZoneID                      types.String `tfsdk:"zone_id"`
	LoadBalancerARN             types.String `tfsdk:"load_balancer_arn"`
	LoadBalancerSecurityGroupID types.String `tfsdk:"load_balancer_security_group_id"`
	ListenerARNs                types.Map    `tfsdk:"listener_arns"`
	TargetGroupARN              types.String `tfsdk:"target_group_arn"`
	AccessLogsBucketName        types.String `tfsdk:"access_logs_bucket_name"`
}

type loadBalancer struct {
	SubnetIDs              types.Set    `tfsdk:"subnet_ids"`
	Type                   types.String `tfsdk:"type"`
	Internal               types.Bool   `tfsdk:"internal"`
	ListenerPort           types.Int32  `tfsdk:"listener_port"`
	CertificateARN         types.String `tfsdk:"certificate_arn"`
	SSLPolicy              types.String `tfsdk:"ssl_policy"`
	IngressCIDRBlocks      types.Set    `tfsdk:"ingress_cidr_blocks"`
	AccessLogsBucket       types.String `tfsdk:"access_logs_bucket"`
	AccessLogsPrefix       types.String `tfsdk:"access_logs_prefix"`
	CreateAccessLogsBucket types.Bool   `tfsdk:"create_access_logs_bucket"`
	AccessLogsRetention    types.Int32  `tfsdk:"access_logs_retention_days"`
	IdleTimeout            types.Int32  `tfsdk:"idle_timeout"`
	WebACLARN              types.String `tfsdk:"web_acl_arn"`
}

var stringSet = types.SetType{ElemType: types.StringType}

var loadBalancerTypes = map[string]attr.Type{
	"subnet_ids": stringSet, "type": types.StringType, "internal": types.BoolType, "listener_port": types.Int32Type,
	"certificate_arn": types.StringType, "ssl_policy": types.StringType, "ingress_cidr_blocks": stringSet,
	"access_logs_bucket": types.StringType, "access_logs_prefix": types.StringType,
	"create_access_logs_bucket": types.BoolType, "access_logs_retention_days": types.Int32Type, "idle_timeout": types.Int32Type,
	"web_acl_arn": types.StringType,
}

type healthCheck struct {
	Path        types.String `tfsdk:"path"`
	Matcher     types.String `tfsdk:"matcher"`
	Interval    types.Int32  `tfsdk:"interval"`
	Timeout     types.Int32  `tfsdk:"timeout"`
	Healthy     types.Int32  `tfsdk:"healthy"`
	Unhealthy   types.Int32  `tfsdk:"unhealthy"`
	GracePeriod types.Int32  `tfsdk:"grace_period"`
}

var healthCheckTypes = map[string]attr.Type{
	"path": types.StringType, "matcher": types.StringType, "interval": types.Int32Type, "timeout": types.Int32Type,
	"healthy": types.Int32Type, "unhealthy": types.Int32Type, "grace_period": types.Int32Type,
}

type scaling struct {
	CPUUtilization    types.Float64 `tfsdk:"cpu_utilization"`
	RequestsPerTarget types.Float64 `tfsdk:"requests_per_target"`
	Schedules         types.Map     `tfsdk:"schedules"`
}

var scalingTypes = map[string]attr.Type{"cpu_utilization": types.Float64Type, "requests_per_target": types.Float64Type,
	"schedules": types.MapType{ElemType: scheduleType}}

type stickiness struct {
	Duration types.Int32 `tfsdk:"duration"`
}

var stickinessTypes = map[string]attr.Type{"duration": types.Int32Type}

// Defaults that also stand for what a load balancer does not show.
const (
	defaultSSLPolicy   = "ELBSecurityPolicy-TLS13-1-2-2021-06"
	defaultIdleTimeout = 60 // seconds
)

// The types of load balancers.
const (
	typeApplication = "application"
	typeNetwork     = "network"
)

func (m *Model) loadBalancer() loadBalancer { return composite.Decode[loadBalancer](m.LoadBalancer) }

// listenerPort is where clients connect.
func (lb loadBalancer) listenerPort() int32 { return lb.ListenerPort.ValueInt32() }

func (lb loadBalancer) secure() bool { return lb.CertificateARN.ValueString() != "" }
