package rds

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

// node is a database server's place: its network interface in a zone.
type node struct{ zone, subnetID, interfaceID string }

// maxGroups is how many security groups an interface can have (aws-facts §2.7).
const maxGroups = 5

// checkNetwork refuses a subnet group and security groups in which a database
// cannot be (aws-facts §6.4). Without security groups, it gets the VPC's default one.
func (s *Service) checkNetwork(g *subnetGroup, zones int, groups []string, public bool) ([]string, error) {
	if err := s.covers(g.subnets, zones); err != nil {
		return nil, err
	}
	for _, id := range g.subnets {
		if subnet, ok := s.net.Subnet(id); ok && aws.ToInt32(subnet.AvailableIpAddressCount) < 1 {
			return nil, &types.InsufficientAvailableIPsInSubnetFault{Message: text("There are not enough available IP addresses in the subnet %s.", id)}
		}
	}
	if public {
		if err := s.checkPublic(g.vpcID); err != nil {
			return nil, err
		}
	}
	if len(groups) > 0 {
		return slices.Clone(groups), s.checkGroups(groups, g.vpcID)
	}
	out, err := s.net.DescribeSecurityGroups(context.Background(), &ec2sdk.DescribeSecurityGroupsInput{
		Filters: append(ec2Filter("vpc-id", g.vpcID), ec2Filter("group-name", "default")...)})
	if err != nil {
		return nil, err
	}
	for _, group := range out.SecurityGroups {
		groups = append(groups, aws.ToString(group.GroupId))
	}
	return groups, nil
}

func (s *Service) checkGroups(groups []string, vpcID string) error {
	if len(groups) > maxGroups {
		return badValue("The maximum number of security groups per DB instance is %d.", maxGroups)
	}
	for _, id := range groups {
		group, ok := s.net.SecurityGroup(id)
		if !ok {
			return badValue("Invalid security group , groupId= %s, groupName=.", id)
		}
		if vpc := aws.ToString(group.VpcId); vpc != vpcID {
			return &types.InvalidVPCNetworkStateFault{Message: text("The DB instance and EC2 security group are in different VPCs. "+
				"The DB instance is in %s and the EC2 security group is in %s", vpcID, vpc)}
		}
	}
	return nil
}

// checkPublic refuses public access in a VPC that has no way out or no DNS.
func (s *Service) checkPublic(vpcID string) error {
	if !s.net.HasInternetGateway(vpcID) {
		return &types.InvalidVPCNetworkStateFault{Message: text(
			"Cannot create a publicly accessible DBInstance. The specified VPC has no internet gateway attached. Update the VPC and then try again")}
	}
	attribute := func(name ec2types.VpcAttributeName) *ec2sdk.DescribeVpcAttributeOutput {
		out, err := s.net.DescribeVpcAttribute(context.Background(), &ec2sdk.DescribeVpcAttributeInput{VpcId: aws.String(vpcID), Attribute: name})
		if err != nil {
			return &ec2sdk.DescribeVpcAttributeOutput{}
		}
		return out
	}
	support := attribute(ec2types.VpcAttributeNameEnableDnsSupport).EnableDnsSupport
	names := attribute(ec2types.VpcAttributeNameEnableDnsHostnames).EnableDnsHostnames
	if support == nil || !aws.ToBool(support.Value) || names == nil || !aws.ToBool(names.Value) {
		return &types.InvalidVPCNetworkStateFault{Message: text("Cannot create a publicly accessible DBInstance. The specified VPC does not " +
			"support DNS resolution, DNS hostnames, or both. Update the VPC and then try again")}
	}
	return nil
}

// chooseZones picks n zones of a subnet group that have the class, beginning with
// the wanted one or at random.
func (s *Service) chooseZones(g *subnetGroup, c class, n int, wanted *string) ([]string, error) {
	zones := s.zones(g.subnets)
	if wanted != nil {
		if z, ok := s.Zone(*wanted); !ok || z.Name != *wanted {
			return nil, badValue("%s is not a valid availability zone.", *wanted)
		}
		if !slices.Contains(zones, *wanted) {
			return nil, &types.InvalidVPCNetworkStateFault{Message: text("The DB subnet group '%s' has no subnet in %s.", g.name, *wanted)}
		}
	}
	zones = slices.DeleteFunc(zones, func(zone string) bool { return !c.in(zone) })
	if len(zones) < n || wanted != nil && !slices.Contains(zones, *wanted) {
		return nil, badCombination("RDS does not support creating a DB instance with the following combination: DBInstanceClass=%s, "+
			"AvailabilityZones of the DB subnet group '%s'. For supported combinations of instance class and zone, see the documentation.", c.name, g.name)
	}
	first := s.random(len(zones))
	if wanted != nil {
		first = slices.Index(zones, *wanted)
	}
	return append(zones[first:], zones[:first]...)[:n], nil
}

// addNode makes the network interface of a database server in a zone. It keeps its
// subnet and security groups in use until some time after the database is gone.
func (s *Service) addNode(i *instance, zone string) error {
	for _, id := range i.subnets.subnets {
		subnet, ok := s.net.Subnet(id)
		if !ok || aws.ToString(subnet.AvailabilityZone) != zone {
			continue
		}
		interfaceID, _, _, err := s.net.AddInterface(ec2.InterfaceSpec{SubnetID: id, Description: "RDSNetworkInterface",
			RequesterID: "amazon-rds", AttachmentOwner: "amazon-rds", RequesterManaged: true,
			Groups: i.securityGroups, PublicIP: aws.ToBool(i.PubliclyAccessible)})
		if err != nil {
			return &types.InsufficientAvailableIPsInSubnetFault{Message: text("%s", err)}
		}
		i.nodes = append(i.nodes, node{zone, id, interfaceID})
		return nil
	}
	return &types.InvalidVPCNetworkStateFault{Message: text("The DB subnet group '%s' has no subnet in %s.", i.subnets.name, zone)}
}

// place gives a new instance a server in each of the zones: all or none.
func (s *Service) place(i *instance, zones []string) error {
	for _, zone := range zones {
		if err := s.addNode(i, zone); err != nil {
			s.leave(i, 0, s.Now())
			return err
		}
	}
	return nil
}

// leave gives up the servers after the first keep ones.
func (s *Service) leave(i *instance, keep int, interfacesGone time.Time) {
	for _, n := range i.nodes[keep:] {
		s.net.ReleaseInterface(n.interfaceID, interfacesGone)
	}
	i.nodes = i.nodes[:keep]
}

// setGroups changes the security groups of a database. They are not active at once
// (aws-facts §6.3).
func (s *Service) setGroups(i *instance, groups []string, at time.Time) {
	if slices.Equal(i.securityGroups, groups) {
		return
	}
	i.securityGroups, i.groupsActiveAt = slices.Clone(groups), at.Add(s.Timings.SecurityGroupsActive)
	for _, n := range i.nodes {
		s.net.SetInterfaceGroups(n.interfaceID, slices.Clone(groups))
	}
}

// memberships shows the security groups.
func memberships(groups []string, activeAt, now time.Time) (list []types.VpcSecurityGroupMembership) {
	status := "active"
	if now.Before(activeAt) {
		status = "adding"
	}
	for _, id := range groups {
		list = append(list, types.VpcSecurityGroupMembership{VpcSecurityGroupId: aws.String(id), Status: aws.String(status)})
	}
	return list
}
