package multiserver

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// Model is the configuration and state of a webtier_multi_server.
type Model struct {
	composite.Common

	ImageID             types.String `tfsdk:"image_id"`
	InstanceTypes       types.List   `tfsdk:"instance_types"`
	InstanceSubnetIDs   types.Set    `tfsdk:"instance_subnet_ids"`
	LoadBalancer        types.Object `tfsdk:"load_balancer"`
	Port                types.Int32  `tfsdk:"port"`
	Protocol            types.String `tfsdk:"protocol"`
	HealthCheck         types.Object `tfsdk:"health_check"`
	MinSize             types.Int32  `tfsdk:"min_size"`
	MaxSize             types.Int32  `tfsdk:"max_size"`
	Scaling             types.Object `tfsdk:"scaling"`
	Rollout             types.Object `tfsdk:"rollout"`
	UserData            types.String `tfsdk:"user_data"`
	IAMPolicyARNs       types.Set    `tfsdk:"iam_policy_arns"`
	IAMInstanceProfile  types.String `tfsdk:"iam_instance_profile"`
	RootVolume          types.Object `tfsdk:"root_volume"`
	SecurityGroupIDs    types.Set    `tfsdk:"security_group_ids"`
	DeregistrationDelay types.Int32  `tfsdk:"deregistration_delay"`
	Stickiness          types.Object `tfsdk:"stickiness"`
	ZonalShift          types.Bool   `tfsdk:"zonal_shift"`

	VPCID          types.String `tfsdk:"vpc_id"`
	RootDeviceName types.String `tfsdk:"root_device_name"`

	DNSName                     types.String `tfsdk:"dns_name"`
	ZoneID                      types.String `tfsdk:"zone_id"`
	LoadBalancerARN             types.String `tfsdk:"load_balancer_arn"`
	LoadBalancerSecurityGroupID types.String `tfsdk:"load_balancer_security_group_id"`
	ListenerARNs                types.Map    `tfsdk:"listener_arns"`
	TargetGroupARN              types.String `tfsdk:"target_group_arn"`
	SecurityGroupID             types.String `tfsdk:"security_group_id"`
	LaunchTemplateID            types.String `tfsdk:"launch_template_id"`
	LaunchTemplateVersion       types.Int64  `tfsdk:"launch_template_version"`
	AutoScalingGroupName        types.String `tfsdk:"autoscaling_group_name"`
	AutoScalingGroupARN         types.String `tfsdk:"autoscaling_group_arn"`
	DesiredCapacity             types.Int64  `tfsdk:"desired_capacity"`
}

type loadBalancer struct {
	SubnetIDs         types.Set    `tfsdk:"subnet_ids"`
	Type              types.String `tfsdk:"type"`
	Internal          types.Bool   `tfsdk:"internal"`
	ListenerPort      types.Int32  `tfsdk:"listener_port"`
	CertificateARN    types.String `tfsdk:"certificate_arn"`
	SSLPolicy         types.String `tfsdk:"ssl_policy"`
	IngressCIDRBlocks types.Set    `tfsdk:"ingress_cidr_blocks"`
	AccessLogsBucket  types.String `tfsdk:"access_logs_bucket"`
	AccessLogsPrefix  types.String `tfsdk:"access_logs_prefix"`
	IdleTimeout       types.Int32  `tfsdk:"idle_timeout"`
}

var stringSet = types.SetType{ElemType: types.StringType}

var loadBalancerTypes = map[string]attr.Type{
	"subnet_ids": stringSet, "type": types.StringType, "internal": types.BoolType, "listener_port": types.Int32Type,
	"certificate_arn": types.StringType, "ssl_policy": types.StringType, "ingress_cidr_blocks": stringSet,
	"access_logs_bucket": types.StringType, "access_logs_prefix": types.StringType, "idle_timeout": types.Int32Type,
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
	CPUUtilization types.Float64 `tfsdk:"cpu_utilization"`
}

var scalingTypes = map[string]attr.Type{"cpu_utilization": types.Float64Type}

type rollout struct {
	MinHealthyPercentage types.Int32 `tfsdk:"min_healthy_percentage"`
	MaxHealthyPercentage types.Int32 `tfsdk:"max_healthy_percentage"`
	AutoRollback         types.Bool  `tfsdk:"auto_rollback"`
}

var rolloutTypes = map[string]attr.Type{
	"min_healthy_percentage": types.Int32Type, "max_healthy_percentage": types.Int32Type, "auto_rollback": types.BoolType,
}

type rootVolume struct {
	Size      types.Int32  `tfsdk:"size"`
	Type      types.String `tfsdk:"type"`
	Encrypted types.Bool   `tfsdk:"encrypted"`
	KMSKeyID  types.String `tfsdk:"kms_key_id"`
}

var rootVolumeTypes = map[string]attr.Type{
	"size": types.Int32Type, "type": types.StringType, "encrypted": types.BoolType, "kms_key_id": types.StringType,
}

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

// read decodes an object attribute; null and unknown objects leave the zero value.
func read[T any](object types.Object) T {
	var value T
	if !object.IsNull() && !object.IsUnknown() {
		object.As(context.Background(), &value, basetypes.ObjectAsOptions{})
	}
	return value
}

// object encodes a struct as an object attribute.
func object[T any](attributes map[string]attr.Type, value T) types.Object {
	encoded, diags := types.ObjectValueFrom(context.Background(), attributes, value)
	if diags.HasError() {
		panic(diags[0].Detail()) // the struct and its types disagree
	}
	return encoded
}

func (m *Model) loadBalancer() loadBalancer { return read[loadBalancer](m.LoadBalancer) }

// listenerPort is where clients connect.
func (lb loadBalancer) listenerPort() int32 { return lb.ListenerPort.ValueInt32() }

func (lb loadBalancer) secure() bool { return lb.CertificateARN.ValueString() != "" }
