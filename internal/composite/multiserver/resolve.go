package multiserver

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
)

// resolve reads what subnets and image tell: VPC, zones, root device. It fills the
// defaults that depend on them and refuses what cannot work.
func resolve(ctx context.Context, c *awsapi.Clients, m *Model) diag.Diagnostics {
	var diags diag.Diagnostics
	if m.LoadBalancer.IsUnknown() {
		return diags
	}
	resolveOffline(m)
	m.Fleet.Resolve(ctx, c, &diags)
	lb := m.loadBalancer()
	if servers.KnownSet(m.InstanceSubnetIDs) && servers.KnownSet(lb.SubnetIDs) {
		resolveSubnets(ctx, c, m, &diags)
	}
	return diags
}

// resolveOffline fills the defaults that follow from other arguments.
func resolveOffline(m *Model) {
	lb := m.loadBalancer()
	if m.Protocol.IsUnknown() {
		m.Protocol = types.StringValue(protocols(lb.Type.ValueString())[0])
	}
	if lb.ListenerPort.IsUnknown() && !lb.CertificateARN.IsUnknown() && !m.Port.IsUnknown() {
		switch {
		case lb.secure():
			lb.ListenerPort = types.Int32Value(443)
		case lb.Type.ValueString() == typeNetwork:
			lb.ListenerPort = m.Port
		default:
			lb.ListenerPort = types.Int32Value(80)
		}
	}
	if lb.IngressCIDRBlocks.IsUnknown() && !lb.Internal.IsUnknown() && !lb.Internal.ValueBool() {
		lb.IngressCIDRBlocks = composite.StringSet([]string{"0.0.0.0/0"})
	}
	m.LoadBalancer = composite.Encode(loadBalancerTypes, lb)
}

func resolveSubnets(ctx context.Context, c *awsapi.Clients, m *Model, diags *diag.Diagnostics) {
	lb := m.loadBalancer()
	serverIDs, lbIDs := composite.Strings(m.InstanceSubnetIDs), composite.Strings(lb.SubnetIDs)
	subnets, err := servers.ReadSubnets(ctx, c, append(serverIDs, lbIDs...)...)
	if err != nil {
		diags.Append(composite.Unread("the subnets", err))
		return
	}
	zones := subnets.Zones(serverIDs, path.Root("instance_subnet_ids"), diags)
	subnets.Zones(lbIDs, path.Root("load_balancer").AtName("subnet_ids"), diags)
	if diags.HasError() {
		return
	}
	m.Place(subnets, zones, diags)
	checkZoneLoss(m, len(zones), diags)
	checkSchedules(m, diags) // again, for sizes that have their defaults only now
	if !diags.HasError() && lb.IngressCIDRBlocks.IsUnknown() {
		resolveIngress(ctx, c, m, diags)
	}
}

// resolveIngress opens an internal load balancer to its VPC.
func resolveIngress(ctx context.Context, c *awsapi.Clients, m *Model, diags *diag.Diagnostics) {
	out, err := awsapi.EC2(c).DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{m.VPCID.ValueString()}})
	if err == nil && len(out.Vpcs) == 0 {
		err = errors.New("it is not there") // its subnets are
	}
	if err != nil {
		diags.Append(composite.Unread("the VPC "+m.VPCID.ValueString(), err))
		return
	}
	lb := m.loadBalancer()
	lb.IngressCIDRBlocks = composite.StringSet([]string{aws.ToString(out.Vpcs[0].CidrBlock)})
	m.LoadBalancer = composite.Encode(loadBalancerTypes, lb)
}
