package ec2

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// InterfaceSpec describes an interface that a service makes in a customer's subnet.
type InterfaceSpec struct {
	SubnetID        string
	Description     string
	RequesterID     string
	AttachmentOwner string
	InstanceID      string
	InterfaceType   string // "interface" if empty
	Groups          []string
	// PublicIP maps a public address, which blocks DetachInternetGateway (aws-facts §2.3).
	PublicIP         bool
	RequesterManaged bool
	Tags             []types.Tag
}

// networkInterface is an elastic network interface.
type networkInterface struct {
	InterfaceSpec
	id, vpcID, zone, zoneID, mac string
	attachmentID, associationID  string
	allocationID                 string // of the elastic IP address, if that is the public one
	privateIP                    netip.Addr
	publicIP                     string
	createdAt                    time.Time
	goneAt                       time.Time // zero: it stays
}

// AddInterface makes an interface in a subnet and takes addresses for it. Its
// errors are those that RunInstances answers with.
func (s *Service) AddInterface(spec InterfaceSpec) (id, privateIP, publicIP string, err error) {
	eni, err := s.placeInterface(spec)
	if err != nil {
		return "", "", "", err
	}
	if spec.PublicIP {
		eni.publicIP = s.nextPublicIP()
	}
	return eni.id, eni.privateIP.String(), eni.publicIP, nil
}

func (s *Service) placeInterface(spec InterfaceSpec) (*networkInterface, error) {
	sn, err := s.subnet(spec.SubnetID)
	if err != nil {
		return nil, err
	}
	if err := s.checkInterfaceGroups(spec.Groups, sn); err != nil {
		return nil, err
	}
	ip, ok := s.takeAddress(sn)
	if !ok {
		return nil, apierr.New("InsufficientFreeAddressesInSubnet",
			"There are not enough free addresses in subnet '%s' to satisfy the requested number of instances.", sn.id)
	}
	spec.Groups = slices.Clone(spec.Groups)
	eni := &networkInterface{InterfaceSpec: spec, id: s.NewID("eni"), vpcID: sn.vpcID, zone: sn.zone, zoneID: sn.zoneID,
		mac: s.newMAC(), privateIP: ip, createdAt: s.Now()}
	switch {
	case spec.InstanceID != "":
		eni.attachmentID = s.NewID("eni-attach")
	case spec.AttachmentOwner != "":
		eni.attachmentID = s.NewID("ela-attach")
	}
	s.interfaces.add(eni.id, eni)
	sn.used[ip] = eni.id
	s.setTags(eni.id, spec.Tags)
	return eni, nil
}

func (s *Service) checkInterfaceGroups(groups []string, sn *subnet) error {
	if len(groups) > s.Quotas.GroupsPerInterface {
		return apierr.New("SecurityGroupsPerInterfaceLimitExceeded",
			"The maximum number of security groups per interface has been reached.")
	}
	for _, id := range groups {
		g, ok := s.groups.get(id)
		if !ok {
			return kindGroup.missing(id)
		}
		if g.vpcID != sn.vpcID {
			return apierr.New("InvalidParameter", "Security group %s and subnet %s belong to different networks.", id, sn.id)
		}
	}
	return nil
}

func (s *Service) newMAC() string {
	digits := s.Hex(10)
	return fmt.Sprintf("0a:%s:%s:%s:%s:%s", digits[0:2], digits[2:4], digits[4:6], digits[6:8], digits[8:10])
}

// nextPublicIP gives out the addresses of 198.18.0.0/15, which is for tests of
// networks and belongs to nobody on the Internet.
func (s *Service) nextPublicIP() string {
	s.publicIPs++
	n := s.publicIPs
	return netip.AddrFrom4([4]byte{198, byte(18 + n>>16&1), byte(n >> 8), byte(n)}).String()
}

// ReleaseInterface lets an interface go at an instant. Until then it stays, in
// use, and keeps its subnet, groups and public address in use (aws-facts §2.8).
func (s *Service) ReleaseInterface(id string, at time.Time) {
	if eni, ok := s.interfaces.get(id); ok {
		eni.goneAt = at
	}
}

// SetInterfaceGroups changes the security groups of an interface.
func (s *Service) SetInterfaceGroups(id string, groups []string) {
	if eni, ok := s.interfaces.get(id); ok {
		eni.Groups = slices.Clone(groups)
	}
}

// liveInterfaces returns the interfaces that exist now, and forgets the others.
func (s *Service) liveInterfaces() []*networkInterface {
	now := s.Now()
	var live []*networkInterface
	for _, eni := range s.interfaces.all() {
		if eni.goneAt.IsZero() || now.Before(eni.goneAt) {
			live = append(live, eni)
			continue
		}
		s.interfaces.remove(eni.id)
		delete(s.tags, eni.id)
		if sn, ok := s.subnets.get(eni.SubnetID); ok {
			delete(sn.used, eni.privateIP)
		}
	}
	return live
}

// anyInterface reports whether an interface exists now that satisfies the condition.
func (s *Service) anyInterface(condition func(*networkInterface) bool) bool {
	return slices.ContainsFunc(s.liveInterfaces(), condition)
}

var interfaceListing = listing[types.NetworkInterface]{
	kind: kindInterface,
	id:   func(eni types.NetworkInterface) string { return aws.ToString(eni.NetworkInterfaceId) },
	page: 1000,
	attributes: func(eni types.NetworkInterface) map[string][]string {
		association, attachment := eni.Association, eni.Attachment
		if association == nil {
			association = &types.NetworkInterfaceAssociation{}
		}
		if attachment == nil {
			attachment = &types.NetworkInterfaceAttachment{}
		}
		return map[string][]string{
			"addresses.association.public-ip":  values(association.PublicIp),
			"addresses.private-ip-address":     values(eni.PrivateIpAddress),
			"association.allocation-id":        values(association.AllocationId),
			"association.association-id":       values(association.AssociationId),
			"association.ip-owner-id":          values(association.IpOwnerId),
			"association.public-ip":            values(association.PublicIp),
			"attachment.attachment-id":         values(attachment.AttachmentId),
			"attachment.delete-on-termination": flag(attachment.DeleteOnTermination),
			"attachment.instance-id":           values(attachment.InstanceId),
			"attachment.instance-owner-id":     values(attachment.InstanceOwnerId),
			"attachment.status":                {string(attachment.Status)},
			"availability-zone":                values(eni.AvailabilityZone),
			"availability-zone-id":             values(eni.AvailabilityZoneId),
			"description":                      values(eni.Description),
			"group-id":                         each(eni.Groups, func(g types.GroupIdentifier) []string { return values(g.GroupId) }),
			"interface-type":                   {string(eni.InterfaceType)},
			"mac-address":                      values(eni.MacAddress),
			"network-interface-id":             values(eni.NetworkInterfaceId),
			"owner-id":                         values(eni.OwnerId),
			"private-dns-name":                 values(eni.PrivateDnsName),
			"private-ip-address":               values(eni.PrivateIpAddress),
			"requester-id":                     values(eni.RequesterId),
			"requester-managed":                flag(eni.RequesterManaged),
			"source-dest-check":                flag(eni.SourceDestCheck),
			"status":                           {string(eni.Status)},
			"subnet-id":                        values(eni.SubnetId),
			"vpc-id":                           values(eni.VpcId),
		}
	},
}

// DescribeNetworkInterfaces lists interfaces, those of services included.
func (s *Service) DescribeNetworkInterfaces(_ context.Context, in *sdk.DescribeNetworkInterfacesInput) (*sdk.DescribeNetworkInterfacesOutput, error) {
	// aws-facts §16: ids and MaxResults are exclusive for interfaces.
	if len(in.NetworkInterfaceIds) > 0 && in.MaxResults != nil {
		return nil, apierr.New("InvalidParameterCombination",
			"The parameter NetworkInterfaceIds cannot be used with the parameter MaxResults")
	}
	var all []types.NetworkInterface
	for _, eni := range s.liveInterfaces() {
		all = append(all, s.shownInterface(eni))
	}
	page, next, err := list(s, interfaceListing, all, query{in.NetworkInterfaceIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeNetworkInterfacesOutput{NetworkInterfaces: page, NextToken: next}, nil
}

func (s *Service) shownInterface(eni *networkInterface) types.NetworkInterface {
	kind := types.NetworkInterfaceType(eni.InterfaceType)
	if kind == "" {
		kind = types.NetworkInterfaceTypeInterface
	}
	out := types.NetworkInterface{
		AvailabilityZone:   aws.String(eni.zone),
		AvailabilityZoneId: aws.String(eni.zoneID),
		Description:        aws.String(eni.Description),
		Groups:             s.groupIdentifiers(eni.Groups),
		InterfaceType:      kind,
		MacAddress:         aws.String(eni.mac),
		NetworkInterfaceId: aws.String(eni.id),
		OwnerId:            aws.String(s.Account),
		PrivateDnsName:     aws.String(s.PrivateDNSName(eni.privateIP.String())),
		PrivateIpAddress:   aws.String(eni.privateIP.String()),
		RequesterManaged:   aws.Bool(eni.RequesterManaged),
		SourceDestCheck:    aws.Bool(kind == types.NetworkInterfaceTypeInterface),
		Status:             types.NetworkInterfaceStatusAvailable,
		SubnetId:           aws.String(eni.SubnetID),
		TagSet:             s.tagList(eni.id),
		VpcId:              aws.String(eni.vpcID),
		Association:        s.shownAssociation(eni),
	}
	if eni.RequesterID != "" {
		out.RequesterId = aws.String(eni.RequesterID)
	}
	if eni.attachmentID != "" {
		out.Status = types.NetworkInterfaceStatusInUse
		out.Attachment = s.shownAttachment(eni)
	}
	out.PrivateIpAddresses = []types.NetworkInterfacePrivateIpAddress{{
		Association: s.shownAssociation(eni), Primary: aws.Bool(true),
		PrivateDnsName: out.PrivateDnsName, PrivateIpAddress: out.PrivateIpAddress,
	}}
	return out
}

func (s *Service) shownAttachment(eni *networkInterface) *types.NetworkInterfaceAttachment {
	attachment := &types.NetworkInterfaceAttachment{
		AttachmentId:        aws.String(eni.attachmentID),
		AttachTime:          aws.Time(eni.createdAt),
		DeleteOnTermination: aws.Bool(eni.InstanceID != ""),
		DeviceIndex:         aws.Int32(1),
		InstanceOwnerId:     aws.String(eni.AttachmentOwner),
		Status:              types.AttachmentStatusAttached,
	}
	if eni.InstanceID != "" {
		attachment.DeviceIndex = aws.Int32(0)
		attachment.InstanceId = aws.String(eni.InstanceID)
		if eni.AttachmentOwner == "" {
			attachment.InstanceOwnerId = aws.String(s.Account)
		}
	}
	return attachment
}

func (s *Service) shownAssociation(eni *networkInterface) *types.NetworkInterfaceAssociation {
	if eni.publicIP == "" {
		return nil
	}
	association := &types.NetworkInterfaceAssociation{
		IpOwnerId:     aws.String("amazon"),
		PublicDnsName: aws.String(s.PublicDNSName(eni.vpcID, eni.publicIP)),
		PublicIp:      aws.String(eni.publicIP),
	}
	if eni.allocationID != "" {
		association.AllocationId = aws.String(eni.allocationID)
		association.AssociationId = aws.String(eni.associationID)
		association.IpOwnerId = aws.String(s.Account)
	}
	return association
}

// PrivateDNSName is the name by which a private address resolves in its VPC.
func (s *Service) PrivateDNSName(ip string) string {
	return "ip-" + strings.ReplaceAll(ip, ".", "-") + "." + s.privateDomain()
}

func (s *Service) privateDomain() string {
	if s.Name == "us-east-1" {
		return "ec2.internal"
	}
	return s.Name + ".compute.internal"
}

// PublicDNSName is the name of a public address; it is empty in a VPC without DNS
// host names.
func (s *Service) PublicDNSName(vpcID, ip string) string {
	if v, ok := s.vpcs.get(vpcID); !ok || !v.dnsHostnames || ip == "" {
		return ""
	}
	domain := s.Name + ".compute.amazonaws.com"
	if s.Name == "us-east-1" {
		domain = "compute-1.amazonaws.com"
	}
	return "ec2-" + strings.ReplaceAll(ip, ".", "-") + "." + domain
}

func (s *Service) groupIdentifiers(ids []string) []types.GroupIdentifier {
	var list []types.GroupIdentifier
	for _, id := range ids {
		name := ""
		if g, ok := s.groups.get(id); ok {
			name = g.name
		}
		list = append(list, types.GroupIdentifier{GroupId: aws.String(id), GroupName: aws.String(name)})
	}
	return list
}
