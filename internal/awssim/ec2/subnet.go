package ec2

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// reservedAddresses are the first four and the last of every subnet (aws-facts §2.2).
const reservedAddresses = 5

// subnet is a part of a VPC in one zone.
type subnet struct {
	id, vpcID, zone, zoneID, aclAssociationID string
	cidr                                      netip.Prefix
	mapPublicIP, resourceNameA                bool
	hostnameType                              types.HostnameType
	availableAt                               time.Time
	used                                      map[netip.Addr]string // interface by address
	next                                      netip.Addr            // where to look for a free address
}

func (s *Service) subnet(id string) (*subnet, error) {
	sn, ok := s.subnets.get(id)
	if !ok {
		return nil, kindSubnet.missing(id)
	}
	return sn, nil
}

// Subnet returns a subnet as DescribeSubnets shows it now.
func (s *Service) Subnet(id string) (types.Subnet, bool) {
	sn, ok := s.subnets.get(id)
	if !ok {
		return types.Subnet{}, false
	}
	s.liveInterfaces()
	return s.shownSubnet(sn), true
}

func (sn *subnet) capacity() int { return 1<<(32-sn.cidr.Bits()) - reservedAddresses }

// takeAddress finds a free address. It goes on from the last one given out, so
// that the address of something gone is not met again at once.
func (s *Service) takeAddress(sn *subnet) (netip.Addr, bool) {
	s.liveInterfaces()
	if len(sn.used) >= sn.capacity() {
		return netip.Addr{}, false
	}
	first := sn.cidr.Addr().Next().Next().Next().Next()
	for ip := sn.next; ; ip = ip.Next() {
		if !sn.cidr.Contains(ip) || !sn.cidr.Contains(ip.Next()) || ip.Less(first) {
			ip = first
		}
		if sn.used[ip] == "" {
			sn.next = ip.Next()
			return ip, true
		}
	}
}

// CreateSubnet makes a subnet.
func (s *Service) CreateSubnet(_ context.Context, in *sdk.CreateSubnetInput) (*sdk.CreateSubnetOutput, error) {
	if err := s.checkCreate(in.DryRun, in.TagSpecifications, types.ResourceTypeSubnet); err != nil {
		return nil, err
	}
	if in.Ipv6CidrBlock != nil || in.Ipv6IpamPoolId != nil || aws.ToBool(in.Ipv6Native) || in.Ipv4IpamPoolId != nil || in.OutpostArn != nil {
		return nil, notSimulated("CreateSubnet with IPv6, IPAM or an Outpost")
	}
	v, err := s.vpc(aws.ToString(in.VpcId))
	if err != nil {
		return nil, err
	}
	if in.CidrBlock == nil {
		return nil, apierr.New("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' must be provided.")
	}
	cidr, err := parseCIDR(*in.CidrBlock, "cidrBlock")
	if err != nil {
		return nil, err
	}
	if err := s.checkSubnetRange(v, cidr); err != nil {
		return nil, err
	}
	zone, err := s.subnetZone(in)
	if err != nil {
		return nil, err
	}
	sn := &subnet{id: s.NewID("subnet"), vpcID: v.id, zone: zone.Name, zoneID: zone.ID, aclAssociationID: s.NewID("aclassoc"),
		cidr: cidr, hostnameType: types.HostnameTypeIpName, availableAt: s.Now().Add(s.Timings.SubnetAvailable),
		used: map[netip.Addr]string{}, next: cidr.Addr()}
	s.subnets.add(sn.id, sn)
	s.tagOnCreate(types.ResourceTypeSubnet, sn.id, in.TagSpecifications)
	out := s.shownSubnet(sn)
	return &sdk.CreateSubnetOutput{Subnet: &out}, nil
}

func (s *Service) checkSubnetRange(v *vpc, cidr netip.Prefix) error {
	if !networkSize(cidr) || !contains(v.cidr, cidr) {
		return apierr.New("InvalidSubnet.Range", "The CIDR '%s' is invalid.", cidr)
	}
	for _, other := range s.subnets.all() {
		if other.vpcID == v.id && other.cidr.Overlaps(cidr) {
			return apierr.New("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", cidr)
		}
	}
	return nil
}

// subnetZone finds the zone that a new subnet is to be in: an existing one that
// the account has not to opt in to, or has (aws-facts §12.6).
func (s *Service) subnetZone(in *sdk.CreateSubnetInput) (region.Zone, error) {
	parameter, wanted := "availabilityZone", aws.ToString(in.AvailabilityZone)
	if in.AvailabilityZone == nil && in.AvailabilityZoneId != nil {
		parameter, wanted = "availabilityZoneId", *in.AvailabilityZoneId
	}
	var names []string
	for _, zone := range s.Zones {
		if !usableZone(zone) {
			continue
		}
		name := zone.Name
		if parameter == "availabilityZoneId" {
			name = zone.ID
		}
		if name == wanted || wanted == "" {
			if id := aws.ToString(in.AvailabilityZoneId); id != "" && id != zone.ID {
				return region.Zone{}, apierr.New("InvalidParameterCombination",
					"The Availability Zone %s and the Availability Zone ID %s do not match.", wanted, id)
			}
			return zone, nil
		}
		names = append(names, name)
	}
	return region.Zone{}, apierr.New("InvalidParameterValue",
		"Value (%s) for parameter %s is invalid. Subnets can currently only be created in the following availability zones: %s.",
		wanted, parameter, strings.Join(names, ", "))
}

// DeleteSubnet removes a subnet without interfaces.
func (s *Service) DeleteSubnet(_ context.Context, in *sdk.DeleteSubnetInput) (*sdk.DeleteSubnetOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	sn, err := s.subnet(aws.ToString(in.SubnetId))
	if err != nil {
		return nil, err
	}
	// aws-facts §2.2: DependencyViolation while any interface is in it.
	if s.anyInterface(func(eni *networkInterface) bool { return eni.SubnetID == sn.id }) {
		return nil, dependency("subnet", sn.id)
	}
	for _, association := range s.associations.all() {
		if association.subnetID == sn.id {
			s.associations.remove(association.id)
		}
	}
	s.subnets.remove(sn.id)
	delete(s.tags, sn.id)
	return &sdk.DeleteSubnetOutput{}, nil
}

var subnetListing = listing[types.Subnet]{
	kind: kindSubnet,
	id:   func(sn types.Subnet) string { return aws.ToString(sn.SubnetId) },
	page: 1000,
	attributes: func(sn types.Subnet) map[string][]string {
		dns := sn.PrivateDnsNameOptionsOnLaunch
		if dns == nil {
			dns = &types.PrivateDnsNameOptionsOnLaunch{}
		}
		return map[string][]string{
			"availability-zone":          values(sn.AvailabilityZone),
			"availabilityZone":           values(sn.AvailabilityZone),
			"availability-zone-id":       values(sn.AvailabilityZoneId),
			"availabilityZoneId":         values(sn.AvailabilityZoneId),
			"available-ip-address-count": number(sn.AvailableIpAddressCount),
			"cidr-block":                 values(sn.CidrBlock),
			"cidr":                       values(sn.CidrBlock),
			"cidrBlock":                  values(sn.CidrBlock),
			"default-for-az":             flag(sn.DefaultForAz),
			"defaultForAz":               flag(sn.DefaultForAz),
			"enable-dns64":               flag(sn.EnableDns64),
			"ipv6-native":                flag(sn.Ipv6Native),
			"map-public-ip-on-launch":    flag(sn.MapPublicIpOnLaunch),
			"owner-id":                   values(sn.OwnerId),
			"private-dns-name-options-on-launch.hostname-type":                     {string(dns.HostnameType)},
			"private-dns-name-options-on-launch.enable-resource-name-dns-a-record": flag(dns.EnableResourceNameDnsARecord),
			"state":      {string(sn.State)},
			"subnet-arn": values(sn.SubnetArn),
			"subnet-id":  values(sn.SubnetId),
			"vpc-id":     values(sn.VpcId),
		}
	},
}

// DescribeSubnets lists subnets.
func (s *Service) DescribeSubnets(_ context.Context, in *sdk.DescribeSubnetsInput) (*sdk.DescribeSubnetsOutput, error) {
	s.liveInterfaces()
	var all []types.Subnet
	for _, sn := range s.subnets.all() {
		all = append(all, s.shownSubnet(sn))
	}
	page, next, err := list(s, subnetListing, all, query{in.SubnetIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeSubnetsOutput{Subnets: page, NextToken: next}, nil
}

func (s *Service) shownSubnet(sn *subnet) types.Subnet {
	state := types.SubnetStateAvailable
	if s.Now().Before(sn.availableAt) {
		state = types.SubnetStatePending
	}
	return types.Subnet{
		AssignIpv6AddressOnCreation: aws.Bool(false),
		AvailabilityZone:            aws.String(sn.zone),
		AvailabilityZoneId:          aws.String(sn.zoneID),
		AvailableIpAddressCount:     aws.Int32(int32(sn.capacity() - len(sn.used))),
		CidrBlock:                   aws.String(sn.cidr.String()),
		DefaultForAz:                aws.Bool(false),
		EnableDns64:                 aws.Bool(false),
		Ipv6Native:                  aws.Bool(false),
		MapCustomerOwnedIpOnLaunch:  aws.Bool(false),
		MapPublicIpOnLaunch:         aws.Bool(sn.mapPublicIP),
		OwnerId:                     aws.String(s.Account),
		PrivateDnsNameOptionsOnLaunch: &types.PrivateDnsNameOptionsOnLaunch{
			HostnameType:                    sn.hostnameType,
			EnableResourceNameDnsARecord:    aws.Bool(sn.resourceNameA),
			EnableResourceNameDnsAAAARecord: aws.Bool(false),
		},
		State:     state,
		SubnetArn: aws.String(s.ARN("ec2", "subnet/"+sn.id)),
		SubnetId:  aws.String(sn.id),
		Tags:      s.tagList(sn.id),
		VpcId:     aws.String(sn.vpcID),
	}
}

// ModifySubnetAttribute changes one attribute of a subnet.
func (s *Service) ModifySubnetAttribute(_ context.Context, in *sdk.ModifySubnetAttributeInput) (*sdk.ModifySubnetAttributeOutput, error) {
	sn, err := s.subnet(aws.ToString(in.SubnetId))
	if err != nil {
		return nil, err
	}
	if in.AssignIpv6AddressOnCreation != nil || in.CustomerOwnedIpv4Pool != nil || in.DisableLniAtDeviceIndex != nil ||
		in.EnableDns64 != nil || in.EnableLniAtDeviceIndex != nil || in.EnableResourceNameDnsAAAARecordOnLaunch != nil ||
		in.MapCustomerOwnedIpOnLaunch != nil {
		return nil, notSimulated("ModifySubnetAttribute of an IPv6, Outpost or local attribute")
	}
	// aws-facts §2.2: one attribute per call.
	if err := oneAttribute(map[string]bool{
		"mapPublicIpOnLaunch":                  in.MapPublicIpOnLaunch != nil,
		"enableResourceNameDnsARecordOnLaunch": in.EnableResourceNameDnsARecordOnLaunch != nil,
		"privateDnsHostnameTypeOnLaunch":       in.PrivateDnsHostnameTypeOnLaunch != "",
	}); err != nil {
		return nil, err
	}
	switch {
	case in.MapPublicIpOnLaunch != nil:
		sn.mapPublicIP = aws.ToBool(in.MapPublicIpOnLaunch.Value)
	case in.EnableResourceNameDnsARecordOnLaunch != nil:
		sn.resourceNameA = aws.ToBool(in.EnableResourceNameDnsARecordOnLaunch.Value)
	default:
		sn.hostnameType = in.PrivateDnsHostnameTypeOnLaunch
	}
	return &sdk.ModifySubnetAttributeOutput{}, nil
}
