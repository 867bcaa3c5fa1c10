package multiserver

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// resolve reads what subnets and image tell: VPC, zones, root device. It fills the
// defaults that depend on them and refuses what cannot work.
func resolve(ctx context.Context, c *awsapi.Clients, m *Model) diag.Diagnostics {
	var diags diag.Diagnostics
	if m.LoadBalancer.IsUnknown() {
		return diags
	}
	resolveOffline(c, m)
	if !m.ImageID.IsUnknown() {
		resolveImage(ctx, c, m, &diags)
	}
	lb := m.loadBalancer()
	if knownSet(m.InstanceSubnetIDs) && knownSet(lb.SubnetIDs) {
		resolveSubnets(ctx, c, m, &diags)
	}
	return diags
}

func knownSet(set types.Set) bool {
	return !set.IsUnknown() && !slices.ContainsFunc(set.Elements(), func(v attr.Value) bool { return v.IsUnknown() })
}

// resolveOffline fills the defaults that follow from other arguments.
func resolveOffline(c *awsapi.Clients, m *Model) {
	lb := m.loadBalancer()
	if m.Protocol.IsUnknown() {
		m.Protocol = types.StringValue(protocols(lb.Type.ValueString())[0])
	}
	if m.IAMPolicyARNs.IsUnknown() && !m.IAMInstanceProfile.IsUnknown() {
		m.IAMPolicyARNs = composite.StringSet(nil)
		if m.IAMInstanceProfile.IsNull() {
			m.IAMPolicyARNs = composite.StringSet([]string{"arn:" + c.Partition + ":iam::aws:policy/AmazonSSMManagedInstanceCore"})
		}
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
	m.LoadBalancer = object(loadBalancerTypes, lb)
}

func resolveImage(ctx context.Context, c *awsapi.Clients, m *Model, diags *diag.Diagnostics) {
	id := m.ImageID.ValueString()
	out, err := awsapi.EC2(c).DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{id}})
	if awsapi.IsNotFound(err) || err == nil && len(out.Images) == 0 {
		diags.AddAttributeError(path.Root("image_id"), "Image does not exist: "+id,
			fmt.Sprintf("%s has no image %s that account %s may use. Image ids differ from Region to Region.", c.Region, id, c.Account))
		return
	}
	if err != nil {
		diags.AddAttributeError(path.Root("image_id"), "Reading the image "+id, err.Error())
		return
	}
	image := out.Images[0]
	if image.State != ec2types.ImageStateAvailable {
		diags.AddAttributeError(path.Root("image_id"), "Image cannot be used: "+id, fmt.Sprintf("Its state is %s; servers start only from an available image.", image.State))
		return
	}
	m.RootDeviceName = types.StringValue(aws.ToString(image.RootDeviceName))
}

func resolveSubnets(ctx context.Context, c *awsapi.Clients, m *Model, diags *diag.Diagnostics) {
	lb := m.loadBalancer()
	serverIDs, lbIDs := composite.Strings(m.InstanceSubnetIDs), composite.Strings(lb.SubnetIDs)
	subnets, err := describeSubnets(ctx, c, append(slices.Clone(serverIDs), lbIDs...))
	if err != nil {
		diags.AddError("Reading the subnets", err.Error())
		return
	}
	servers := zonesOf(serverIDs, subnets, path.Root("instance_subnet_ids"), c.Region, diags)
	balancers := zonesOf(lbIDs, subnets, path.Root("load_balancer").AtName("subnet_ids"), c.Region, diags)
	if diags.HasError() {
		return
	}
	checkZones(servers, balancers, diags)
	vpcs := map[string]bool{}
	for _, subnet := range subnets {
		vpcs[aws.ToString(subnet.VpcId)] = true
		m.VPCID = types.StringValue(aws.ToString(subnet.VpcId))
	}
	if len(vpcs) > 1 {
		diags.AddAttributeError(path.Root("instance_subnet_ids"), "Subnets of several VPCs",
			fmt.Sprintf("Load balancer and servers must be in one VPC; the subnets are in %s.", strings.Join(sorted(vpcs), " and ")))
	}
	if diags.HasError() {
		return
	}
	if lb.IngressCIDRBlocks.IsUnknown() {
		resolveIngress(ctx, c, m, diags)
	}
	if m.MinSize.IsUnknown() {
		m.MinSize = types.Int32Value(int32(len(servers)))
		if isKnown(m.MaxSize) {
			m.MinSize = types.Int32Value(min(m.MinSize.ValueInt32(), m.MaxSize.ValueInt32()))
		}
	}
	if m.MaxSize.IsUnknown() {
		m.MaxSize = types.Int32Value(2 * m.MinSize.ValueInt32())
	}
}

// resolveIngress opens an internal load balancer to its VPC.
func resolveIngress(ctx context.Context, c *awsapi.Clients, m *Model, diags *diag.Diagnostics) {
	out, err := awsapi.EC2(c).DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{m.VPCID.ValueString()}})
	if err != nil || len(out.Vpcs) == 0 {
		diags.AddError("Reading the VPC "+m.VPCID.ValueString(), fmt.Sprint(err))
		return
	}
	lb := m.loadBalancer()
	lb.IngressCIDRBlocks = composite.StringSet([]string{aws.ToString(out.Vpcs[0].CidrBlock)})
	m.LoadBalancer = object(loadBalancerTypes, lb)
}

// describeSubnets reads subnets by filter: asking by id fails as a whole for one
// unknown id (aws-facts §16).
func describeSubnets(ctx context.Context, c *awsapi.Clients, ids []string) (map[string]ec2types.Subnet, error) {
	found := map[string]ec2types.Subnet{}
	slices.Sort(ids)
	pages := ec2.NewDescribeSubnetsPaginator(c.EC2Pages(), &ec2.DescribeSubnetsInput{
		Filters: []ec2types.Filter{{Name: aws.String("subnet-id"), Values: slices.Compact(ids)}}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, subnet := range page.Subnets {
			found[aws.ToString(subnet.SubnetId)] = subnet
		}
	}
	return found, nil
}

// zonesOf returns the subnets by zone.
func zonesOf(ids []string, subnets map[string]ec2types.Subnet, at path.Path, region string, diags *diag.Diagnostics) map[string][]string {
	zones := map[string][]string{}
	for _, id := range ids {
		subnet, exists := subnets[id]
		if !exists {
			diags.AddAttributeError(at, "Subnet does not exist: "+id, region+" has no subnet "+id+" in this account.")
			continue
		}
		zone := aws.ToString(subnet.AvailabilityZone)
		zones[zone] = append(zones[zone], id)
	}
	return zones
}

// checkZones makes sure that the tier survives the loss of a zone and that servers
// get requests in each of theirs.
func checkZones(servers, balancers map[string][]string, diags *diag.Diagnostics) {
	serversAt, balancerAt := path.Root("instance_subnet_ids"), path.Root("load_balancer").AtName("subnet_ids")
	if len(servers) < 2 {
		diags.AddAttributeError(serversAt, "All servers in one zone",
			fmt.Sprintf("The subnets are all in %s; with that zone all servers are lost. Give subnets in at least two zones, better three.", strings.Join(sorted(servers), "")))
	}
	if len(balancers) < 2 {
		diags.AddAttributeError(balancerAt, "Load balancer in one zone",
			fmt.Sprintf("The subnets are all in %s; a load balancer needs subnets in at least two zones.", strings.Join(sorted(balancers), "")))
	}
	for _, zone := range sorted(balancers) {
		if len(balancers[zone]) > 1 {
			diags.AddAttributeError(balancerAt, "Two subnets in one zone",
				fmt.Sprintf("A load balancer takes one subnet per zone; in %s there are %s.", zone, strings.Join(balancers[zone], " and ")))
		}
	}
	for _, zone := range sorted(servers) {
		if len(balancers) > 0 && balancers[zone] == nil {
			// Targets in a zone that is not enabled stay unused (aws-facts §4.6).
			diags.AddAttributeError(balancerAt, "Servers without load balancer in "+zone,
				fmt.Sprintf("Servers in %s would get no requests: the load balancer has no subnet there. Add one, or take %s out of instance_subnet_ids.",
					zone, strings.Join(servers[zone], ", ")))
		}
	}
}
