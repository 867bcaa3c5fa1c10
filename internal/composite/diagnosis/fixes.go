package diagnosis

import (
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
)

// fixOfLaunch is what to change when launches fail for a cause. Each begins with the
// argument.
var fixOfLaunch = map[autoscaling.Cause]string{
	autoscaling.CauseImage:         "image_id: give an image that exists in this Region and that this account may use.",
	autoscaling.CauseImagePending:  "image_id: the image is still being made. The group tries again by itself; or give one that is available.",
	autoscaling.CauseArchitecture:  "image_id, instance_types: give types of the image's architecture, or an image for that of the types.",
	autoscaling.CauseSecurityGroup: "security_group_ids: take out the group that does not exist in the VPC of the servers.",
	autoscaling.CauseKeyPair:       "The launch template names a key pair, which webtier does not: apply again to get its own version back.",
	autoscaling.CauseProfile:       "iam_instance_profile: give an instance profile that exists, or leave it out for a role of their own.",
	autoscaling.CauseQuota:         "max_size, instance_types: ask for more vCPUs (Service Quotas, Amazon EC2; On-Demand and Spot Instances have one each), or take fewer or smaller servers. A rollout needs up to rollout.max_healthy_percentage of them.",
	autoscaling.CauseKey:           "root_volume.kms_key_id: the key must be enabled, in this Region, and its policy must let the role AWSServiceRoleForAutoScaling use it and create grants.",
	autoscaling.CauseDevice:        "image_id: the image's devices do not fit the instance type.",
	autoscaling.CauseConfiguration: "instance_types, root_volume: AWS does not offer this combination here; try another type.",
	autoscaling.CausePermission:    "The credentials may not launch servers like these: allow ec2:RunInstances with the template's resources, and iam:PassRole for the servers' role.",
	autoscaling.CauseTargetGroup:   "The target group was removed outside Terraform: apply again to get it back.",
	autoscaling.CauseCapacity:      "instance_types: AWS has no room for this type in the zone now. The group tries again and in other zones by itself; a second type in the list lets it take that.",
	autoscaling.CauseSpotCapacity:  "spot, instance_types: AWS has no Spot room for these types now. Lower spot.percentage, or add types.",
	autoscaling.CauseZone:          "instance_types, instance_subnet_ids: the zone does not offer the type; give another one, or take out the zone's subnet.",
	autoscaling.CauseAddresses:     "instance_subnet_ids: the subnet has no free addresses; give a larger one, or lower max_size.",
	autoscaling.CauseHook:          "user_data: a lifecycle hook was abandoned or the server stopped while it booted; its console tells more.",
}

// fixOfTarget is what to change when a target is not healthy for a reason
// (aws-facts §4.6).
var fixOfTarget = map[elbtypes.TargetHealthReasonEnum]string{
	elbtypes.TargetHealthReasonEnumResponseCodeMismatch:   "health_check.path, health_check.matcher: the servers answer, but not with the code that is expected; give a path that they answer so, or expect what they answer.",
	elbtypes.TargetHealthReasonEnumTimeout:                "health_check.timeout, port: the servers do not answer in time. Do they listen on that port on all addresses, and does a firewall of their own let it in?",
	elbtypes.TargetHealthReasonEnumFailedHealthChecks:     "port, image_id, user_data: the servers run, but nothing on them accepts connections on that port. Does the service start, and listen there?",
	elbtypes.TargetHealthReasonEnumNotInUse:               "load_balancer.subnet_ids: give the load balancer a subnet in each zone of the servers. If it has, no listener sends requests there: apply again.",
	elbtypes.TargetHealthReasonEnumInvalidState:           "The server is stopped: start or terminate it; the group replaces it.",
	elbtypes.TargetHealthReasonEnumInitialHealthChecking:  fixNotYet,
	elbtypes.TargetHealthReasonEnumRegistrationInProgress: fixNotYet,
	elbtypes.TargetHealthReasonEnumInternalError:          "Elastic Load Balancing had an error of its own: apply again.",
}

const (
	fixClosedPath = "Rules of the security groups were removed outside Terraform: apply again to get them back."
	// fixNotYet is worth saying only when nothing else is.
	fixNotYet      = "health_check.grace_period, timeouts: the servers are not checked yet. If they need longer to boot, allow more time."
	fixNeverWorked = "image_id, user_data, port: new servers were launched, but did not become healthy in time. Their console tells what they did."
	fixNoRoute     = "instance_subnet_ids: give subnets with a route to a NAT gateway (webtier_network: nat_gateway_mode), or an image that needs nothing from outside."
)
