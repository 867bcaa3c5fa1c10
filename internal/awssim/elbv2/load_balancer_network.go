package elbv2

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

// place is a subnet in which a load balancer has or will have a node.
type place struct{ zone, subnetID string }

// minFreeAddresses and maxSubnetBits are what an Application Load Balancer needs
// of each subnet (aws-facts §4.2).
const (
	minFreeAddresses = 8
	maxSubnetBits    = 27
)

// SetSubnets implements the operation: it replaces the set (aws-facts §4.3).
func (s *Service) SetSubnets(_ context.Context, in *sdk.SetSubnetsInput) (*sdk.SetSubnetsOutput, error) {
	lb, err := s.balancer(in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	if in.EnablePrefixForIpv6SourceNat == types.EnablePrefixForIpv6SourceNatEnumOn {
		return nil, notSimulated("an IPv6 prefix for source NAT")
	}
	wanted := &loadBalancer{LoadBalancer: lb.LoadBalancer}
	if in.IpAddressType != "" {
		wanted.IpAddressType = in.IpAddressType
	}
	if err := checkAddressType(lb, wanted.IpAddressType); err != nil {
		return nil, err
	}
	subnets, err := requestedSubnets(in.Subnets, in.SubnetMappings)
	if err != nil {
		return nil, err
	}
	places, err := s.places(wanted, subnets, lb.nodes)
	if err != nil {
		return nil, err
	}
	if err := s.moveNodes(lb, places); err != nil {
		return nil, err
	}
	lb.setAddressType(wanted.IpAddressType)
	s.relink()
	return &sdk.SetSubnetsOutput{AvailabilityZones: lb.zones(), IpAddressType: lb.IpAddressType,
		EnablePrefixForIpv6SourceNat: lb.EnablePrefixForIpv6SourceNat}, nil
}

// moveNodes gives a load balancer nodes in exactly these places. It is
// provisioning for a while if that changes anything (aws-facts §4.3).
func (s *Service) moveNodes(lb *loadBalancer, places []place) error {
	in := func(subnetID string) bool {
		return slices.ContainsFunc(places, func(p place) bool { return p.subnetID == subnetID })
	}
	var kept, left []node
	for _, n := range lb.nodes {
		if in(n.subnetID) {
			kept = append(kept, n)
		} else {
			left = append(left, n)
		}
	}
	places = slices.DeleteFunc(slices.Clone(places), func(p place) bool {
		return slices.ContainsFunc(kept, func(n node) bool { return n.subnetID == p.subnetID })
	})
	if len(places)+len(left) == 0 {
		return nil
	}
	added, err := s.addNodes(lb, places)
	if err != nil {
		return err
	}
	lb.nodes = append(kept, added...)
	s.releaseNodes(lb, left)
	if ready := s.Now().Add(s.Timings.SubnetsChanged); ready.After(lb.readyAt) {
		lb.readyAt = ready
	}
	return nil
}

// requestedSubnets returns the subnets of a request, from either of its two lists.
func requestedSubnets(subnets []string, mappings []types.SubnetMapping) ([]string, error) {
	if len(subnets) > 0 && len(mappings) > 0 {
		return nil, invalid("You must specify either subnets or subnet mappings, but not both")
	}
	for _, m := range mappings {
		if m.AllocationId != nil || m.PrivateIPv4Address != nil || m.IPv6Address != nil || m.SourceNatIpv6Prefix != nil {
			return nil, notSimulated("an address in a subnet mapping")
		}
		subnets = append(subnets, aws.ToString(m.SubnetId))
	}
	if len(subnets) == 0 {
		return nil, invalid("At least one subnet must be specified")
	}
	return subnets, nil
}

// places checks the subnets of a load balancer and sets its VPC. Subnets in which
// it already has a node need no free addresses.
func (s *Service) places(lb *loadBalancer, subnetIDs []string, have []node) ([]place, error) {
	vpcID := aws.ToString(lb.VpcId)
	var places []place
	for _, id := range subnetIDs {
		subnet, ok := s.net.Subnet(id)
		if !ok {
			return nil, &types.SubnetNotFoundException{Message: aws.String(fmt.Sprintf("The subnet ID '%s' does not exist", id))}
		}
		if vpcID == "" {
			vpcID = aws.ToString(subnet.VpcId)
		}
		if vpcID != aws.ToString(subnet.VpcId) {
			return nil, badConfiguration("All subnets must belong to the same VPC: '%s'", vpcID)
		}
		p := place{zone: aws.ToString(subnet.AvailabilityZone), subnetID: id}
		if slices.ContainsFunc(places, func(other place) bool { return other.zone == p.zone }) {
			return nil, badConfiguration("A load balancer cannot be attached to multiple subnets in the same Availability Zone")
		}
		existing := slices.ContainsFunc(have, func(n node) bool { return n.subnetID == id })
		if err := checkSubnet(lb, subnet, existing); err != nil {
			return nil, err
		}
		places = append(places, p)
	}
	// aws-facts §4.2.
	if lb.Type == types.LoadBalancerTypeEnumApplication && len(places) < 2 {
		return nil, invalid("At least two subnets in two different Availability Zones must be specified")
	}
	// aws-facts §4.2: the gateway is checked, a route to it is not.
	if lb.Scheme == types.LoadBalancerSchemeEnumInternetFacing && !s.net.HasInternetGateway(vpcID) {
		return nil, badSubnet("VPC %s has no internet gateway", vpcID)
	}
	lb.VpcId = aws.String(vpcID)
	return places, nil
}

func checkSubnet(lb *loadBalancer, subnet ec2types.Subnet, existing bool) error {
	id := aws.ToString(subnet.SubnetId)
	if lb.IpAddressType != types.IpAddressTypeIpv4 && len(subnet.Ipv6CidrBlockAssociationSet) == 0 {
		return badSubnet("The subnet '%s' has no IPv6 CIDR block", id)
	}
	if lb.Type != types.LoadBalancerTypeEnumApplication || existing {
		return nil
	}
	cidr, err := netip.ParsePrefix(aws.ToString(subnet.CidrBlock))
	if err != nil || cidr.Bits() > maxSubnetBits || aws.ToInt32(subnet.AvailableIpAddressCount) < minFreeAddresses {
		return badSubnet("Not enough IP space available in %s. ELB requires at least %d free IP addresses in each subnet", id, minFreeAddresses)
	}
	return nil
}

func badSubnet(format string, args ...any) error {
	return &types.InvalidSubnetException{Message: aws.String(fmt.Sprintf(format, args...))}
}

// addNodes makes the load balancer's network interfaces: all or none.
func (s *Service) addNodes(lb *loadBalancer, places []place) ([]node, error) {
	spec := ec2.InterfaceSpec{
		Description: "ELB " + suffix(lb.arn), Groups: slices.Clone(lb.SecurityGroups), RequesterManaged: true,
		PublicIP: lb.Scheme == types.LoadBalancerSchemeEnumInternetFacing &&
			lb.IpAddressType != types.IpAddressTypeDualstackWithoutPublicIpv4,
		// aws-facts §2.8, §4.4: who holds the attachment tells the types apart.
		RequesterID: "amazon-elb", AttachmentOwner: "amazon-elb", InterfaceType: "interface",
	}
	if lb.Type == types.LoadBalancerTypeEnumNetwork {
		spec.AttachmentOwner, spec.InterfaceType = "amazon-aws", "network_load_balancer"
	}
	var nodes []node
	for _, p := range places {
		spec.SubnetID = p.subnetID
		id, privateIP, _, err := s.net.AddInterface(spec)
		if err != nil {
			for _, n := range nodes {
				s.net.ReleaseInterface(n.interfaceID, s.Now())
			}
			return nil, badSubnet("%s", err)
		}
		nodes = append(nodes, node{zone: p.zone, subnetID: p.subnetID, interfaceID: id, privateIP: privateIP})
	}
	return nodes, nil
}

// releaseNodes lets interfaces go; they stay for minutes (aws-facts §4.4).
func (s *Service) releaseNodes(lb *loadBalancer, nodes []node) {
	for _, n := range nodes {
		s.net.ReleaseInterface(n.interfaceID, s.Now().Add(s.Timings.kind(lb.Type).InterfacesGone))
	}
}

// SetSecurityGroups implements the operation: it overrides the set (aws-facts §4.3).
func (s *Service) SetSecurityGroups(_ context.Context, in *sdk.SetSecurityGroupsInput) (*sdk.SetSecurityGroupsOutput, error) {
	lb, err := s.balancer(in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	network := lb.Type == types.LoadBalancerTypeEnumNetwork
	enforce := in.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic
	switch {
	case network && len(lb.SecurityGroups) == 0:
		return nil, badConfiguration("You cannot set security groups on a Network Load Balancer which was created without any security groups.")
	case len(in.SecurityGroups) == 0:
		return nil, badConfiguration("You must specify at least one security group")
	case enforce != "" && !network:
		return nil, badConfiguration("Inbound rules on PrivateLink traffic are not supported for load balancers with type 'application'")
	}
	groups := slices.Sorted(slices.Values(in.SecurityGroups))
	if err := s.checkGroups(groups, aws.ToString(lb.VpcId)); err != nil {
		return nil, err
	}
	lb.SecurityGroups = groups
	for _, n := range lb.nodes {
		s.net.SetInterfaceGroups(n.interfaceID, slices.Clone(groups))
	}
	if enforce != "" {
		lb.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = aws.String(string(enforce))
	}
	return &sdk.SetSecurityGroupsOutput{SecurityGroupIds: slices.Clone(groups),
		EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: types.EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum(
			aws.ToString(lb.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic))}, nil
}

// completeGroups checks the security groups of a new load balancer. An Application
// Load Balancer without any gets the VPC's default group.
func (s *Service) completeGroups(lb *loadBalancer) error {
	vpcID := aws.ToString(lb.VpcId)
	if len(lb.SecurityGroups) == 0 && lb.Type == types.LoadBalancerTypeEnumApplication {
		filter := func(name, value string) ec2types.Filter {
			return ec2types.Filter{Name: aws.String(name), Values: []string{value}}
		}
		out, err := s.net.DescribeSecurityGroups(context.Background(), &ec2sdk.DescribeSecurityGroupsInput{
			Filters: []ec2types.Filter{filter("vpc-id", vpcID), filter("group-name", "default")}})
		if err != nil {
			return err
		}
		for _, group := range out.SecurityGroups {
			lb.SecurityGroups = []string{aws.ToString(group.GroupId)}
		}
	}
	return s.checkGroups(lb.SecurityGroups, vpcID)
}

// maxGroups is how many security groups an interface can have (aws-facts §2.7).
const maxGroups = 5

func (s *Service) checkGroups(groups []string, vpcID string) error {
	if len(slices.Compact(slices.Clone(groups))) != len(groups) {
		return badConfiguration("A security group was specified more than once")
	}
	if len(groups) > maxGroups {
		return badConfiguration("The maximum number of security groups for a load balancer is %d", maxGroups)
	}
	for _, id := range groups {
		if group, ok := s.net.SecurityGroup(id); !ok || aws.ToString(group.VpcId) != vpcID {
			return &types.InvalidSecurityGroupException{Message: aws.String("One or more security groups are invalid: " + id)}
		}
	}
	return nil
}

// SetIpAddressType implements the operation.
func (s *Service) SetIpAddressType(_ context.Context, in *sdk.SetIpAddressTypeInput) (*sdk.SetIpAddressTypeOutput, error) {
	lb, err := s.balancer(in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	if err := checkAddressType(lb, in.IpAddressType); err != nil {
		return nil, err
	}
	wanted := &loadBalancer{LoadBalancer: lb.LoadBalancer}
	wanted.IpAddressType = in.IpAddressType
	for _, n := range lb.nodes {
		if subnet, ok := s.net.Subnet(n.subnetID); ok {
			if err := checkSubnet(wanted, subnet, true); err != nil {
				return nil, err
			}
		}
	}
	lb.setAddressType(in.IpAddressType)
	return &sdk.SetIpAddressTypeOutput{IpAddressType: lb.IpAddressType}, nil
}

// setAddressType changes the address type and the attributes that come with it.
func (lb *loadBalancer) setAddressType(addressType types.IpAddressType) {
	lb.IpAddressType = addressType
	merged := initialValues(lb.attributed().all)
	for key := range merged {
		if value, ok := lb.attributes[key]; ok {
			merged[key] = value
		}
	}
	lb.attributes = merged
}

// checkAddressType refuses the address types that the load balancer cannot have
// (aws-facts §4.3).
func checkAddressType(lb *loadBalancer, addressType types.IpAddressType) error {
	if addressType == types.IpAddressTypeDualstackWithoutPublicIpv4 &&
		(lb.Type != types.LoadBalancerTypeEnumApplication || lb.Scheme == types.LoadBalancerSchemeEnumInternal) {
		return badConfiguration("The IP address type '%s' is not supported for %s load balancers with type '%s'",
			addressType, lb.Scheme, lb.Type)
	}
	return nil
}
