package ec2

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// launch is a request to start servers, after the launch template and the request
// have become one.
type launch struct {
	data      types.ResponseLaunchTemplateData
	template  *types.LaunchTemplateVersion // nil without one
	subnetID  string                       // of the request, not of an interface
	tags      map[string]string            // on the instance, over the template's
	at        time.Time
	token     string
	requester string // empty for the user
	// partial is set for a template on its own: the image and the type may come
	// with the request. anySubnet is set if the subnet is not known yet.
	partial, anySubnet bool

	// checkLaunch finds the rest.
	image *image
	row   instanceType
	nics  []nic
	zone  types.Subnet // the subnet of the first interface, for its zone and VPC
}

// nic is a network interface to make.
type nic struct {
	spec  InterfaceSpec
	index int32
}

// checkLaunch finds and checks everything that the request names. These are the
// checks that RunInstances with DryRun makes too (aws-facts §3.1).
func (s *Service) checkLaunch(l *launch) error {
	for _, check := range []func(*launch) error{
		s.checkShape, s.checkImage, s.checkProfile, s.checkKeyPair, s.findInterfaces, s.checkDisks,
	} {
		if err := check(l); err != nil {
			return err
		}
	}
	return nil
}

// checkShape checks what can be seen without looking anything up.
func (s *Service) checkShape(l *launch) error {
	d := &l.data
	if err := checkUserData(d.UserData); err != nil {
		return err
	}
	for _, spec := range d.TagSpecifications {
		// One by one: template and request may both have tags for a type.
		one := []types.TagSpecification{convert[types.TagSpecification](spec)}
		if err := checkTagSpecifications(one, types.ResourceTypeInstance, types.ResourceTypeVolume, types.ResourceTypeNetworkInterface,
			types.ResourceTypeSpotInstancesRequest, types.ResourceTypeElasticGpu); err != nil {
			return err
		}
	}
	if len(d.NetworkInterfaces) > 0 && len(d.SecurityGroupIds)+len(d.SecurityGroups) > 0 {
		return apierr.New("InvalidParameterCombination", "Network interfaces and an instance-level security groups may not be specified on the same request")
	}
	if len(d.NetworkInterfaces) > 0 && l.subnetID != "" {
		return apierr.New("InvalidParameterCombination", "Network interfaces and an instance-level subnet ID may not be specified on the same request")
	}
	if len(d.SecurityGroups) > 0 && l.subnetID != "" {
		return apierr.New("InvalidParameterCombination", "The parameter groupName cannot be used with the parameter subnet")
	}
	if d.InstanceType == "" && d.InstanceRequirements != nil && !l.partial {
		return notSimulated("A launch by instance requirements")
	}
	if d.InstanceType == "" && !l.partial {
		d.InstanceType = "m1.small" // EC2's old default
	}
	row, known := findInstanceType(d.InstanceType)
	if d.InstanceType != "" && !known {
		return apierr.New("InvalidParameterValue", "Invalid value '%s' for InstanceType.", d.InstanceType)
	}
	l.row = row
	return nil
}

func (s *Service) checkImage(l *launch) error {
	id := aws.ToString(l.data.ImageId)
	switch {
	case id == "" && l.partial:
		return nil
	case id == "":
		return apierr.New("MissingParameter", "The request must contain the parameter ImageId")
	case strings.HasPrefix(id, "resolve:ssm:"):
		return notSimulated("An image by SSM parameter")
	}
	img, err := s.liveImage(id)
	if err != nil {
		return err
	}
	switch state := img.state(l.at); state {
	case types.ImageStateAvailable:
	case types.ImageStatePending:
		// aws-facts §3.4, §5.9: an image must be available before it can be launched.
		return apierr.New("InvalidAMIID.Unavailable", "AMI %s is pending, and cannot be run.", id)
	default:
		return apierr.New("InvalidAMIID.Unavailable", "The image ID '%s' is not available: it is %s.", id, state)
	}
	l.image = img
	return nil
}

// checkProfile refuses a profile that does not exist or that EC2 does not know yet,
// both in the same words (aws-facts §9.1).
func (s *Service) checkProfile(l *launch) error {
	profile := l.data.IamInstanceProfile
	if profile == nil {
		return nil
	}
	field, value, what := "name", aws.ToString(profile.Name), "name"
	if profile.Arn != nil {
		field, value, what = "arn", *profile.Arn, "ARN"
	}
	if profile.Arn != nil && profile.Name != nil {
		return apierr.New("InvalidParameterCombination", "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'")
	}
	if s.InstanceProfile != nil {
		if usableAt, found := s.InstanceProfile(value); found && !l.at.Before(usableAt) {
			return nil
		}
	}
	return apierr.New("InvalidParameterValue", "Value (%s) for parameter iamInstanceProfile.%s is invalid. Invalid IAM Instance Profile %s", value, field, what)
}

func (s *Service) checkKeyPair(l *launch) error {
	if l.data.KeyName == nil || slices.Contains(s.KeyPairs, *l.data.KeyName) {
		return nil
	}
	return apierr.New("InvalidKeyPair.NotFound", "The key pair '%s' does not exist", *l.data.KeyName)
}

// findInterfaces works out the interfaces, their subnets and groups.
func (s *Service) findInterfaces(l *launch) error {
	wanted := l.data.NetworkInterfaces
	if len(wanted) == 0 {
		wanted = []types.LaunchTemplateInstanceNetworkInterfaceSpecification{
			{DeviceIndex: aws.Int32(0), Groups: l.data.SecurityGroupIds}}
		if l.subnetID != "" {
			wanted[0].SubnetId = aws.String(l.subnetID)
		}
	}
	first := false
	l.nics = nil
	for _, w := range wanted {
		if w.DeviceIndex == nil {
			return apierr.New("MissingParameter", "Each network interface requires a device index.")
		}
		first = first || *w.DeviceIndex == 0
		if len(wanted) > 1 && w.AssociatePublicIpAddress != nil {
			return apierr.New("InvalidParameterCombination", "The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.")
		}
		if err := checkInterfaceSettings(w); err != nil {
			return err
		}
		if err := s.findInterface(l, w); err != nil {
			return err
		}
	}
	if !first {
		return apierr.New("InvalidParameterCombination", "A network interface with device index 0 is required.")
	}
	return nil
}

// checkInterfaceSettings refuses settings that would be lost silently.
func checkInterfaceSettings(w types.LaunchTemplateInstanceNetworkInterfaceSpecification) error {
	for _, unknown := range []struct {
		what string
		set  bool
	}{
		{"A launch with an existing interface", w.NetworkInterfaceId != nil},
		{"A launch with a chosen private address", w.PrivateIpAddress != nil || len(w.PrivateIpAddresses) > 0},
		{"A launch with secondary addresses", aws.ToInt32(w.SecondaryPrivateIpAddressCount) > 0},
		{"A launch with IPv6 addresses", aws.ToInt32(w.Ipv6AddressCount) > 0 || len(w.Ipv6Addresses) > 0},
		{"A launch with prefixes", aws.ToInt32(w.Ipv4PrefixCount)+aws.ToInt32(w.Ipv6PrefixCount) > 0 || len(w.Ipv4Prefixes)+len(w.Ipv6Prefixes) > 0},
		{"An interface that outlives its instance", w.DeleteOnTermination != nil && !*w.DeleteOnTermination},
		{"A launch with an interface of a special type", aws.ToString(w.InterfaceType) != "" && *w.InterfaceType != "interface"},
		{"A launch with several network cards", aws.ToInt32(w.NetworkCardIndex) > 0},
		{"A launch with a carrier address", aws.ToBool(w.AssociateCarrierIpAddress)},
	} {
		if unknown.set {
			return notSimulated(unknown.what)
		}
	}
	return nil
}

func (s *Service) findInterface(l *launch, w types.LaunchTemplateInstanceNetworkInterfaceSpecification) error {
	id := aws.ToString(w.SubnetId)
	var subnet types.Subnet
	if id == "" && !l.anySubnet {
		return apierr.New("VPCIdNotSpecified", "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.")
	}
	if id != "" {
		found, ok := s.Subnet(id)
		if !ok {
			return kindSubnet.missing(id)
		}
		subnet = found
	}
	for _, groupID := range w.Groups {
		group, ok := s.SecurityGroup(groupID)
		if !ok {
			return kindGroup.missing(groupID)
		}
		if id != "" && aws.ToString(group.VpcId) != aws.ToString(subnet.VpcId) {
			return apierr.New("InvalidParameter", "Security group %s and subnet %s belong to different networks.", groupID, id)
		}
	}
	groups := w.Groups
	if len(groups) == 0 && id != "" {
		groups = s.defaultGroup(aws.ToString(subnet.VpcId))
	}
	public := aws.ToBool(subnet.MapPublicIpOnLaunch)
	if w.AssociatePublicIpAddress != nil {
		public = *w.AssociatePublicIpAddress
	}
	l.nics = append(l.nics, nic{index: *w.DeviceIndex, spec: InterfaceSpec{SubnetID: id, Description: aws.ToString(w.Description),
		AttachmentOwner: s.Account, Groups: groups, PublicIP: public && *w.DeviceIndex == 0}})
	if *w.DeviceIndex == 0 {
		l.zone = subnet
	}
	return nil
}

// defaultGroup is the group of interfaces for which none is named.
func (s *Service) defaultGroup(vpcID string) []string {
	for _, group := range s.groups.all() {
		if group.vpcID == vpcID && group.name == "default" {
			return []string{group.id}
		}
	}
	return nil
}

// checkPlacement makes the checks that only a launch makes (aws-facts §3.2, §3.3, §5.9).
func (s *Service) checkPlacement(l *launch, least int) error {
	if string(l.image.data.Architecture) != string(l.row.arch) {
		return apierr.New("InvalidParameterValue", "The architecture '%s' of the specified instance type does not match the architecture '%s' of the specified AMI. "+
			"Specify an instance type and an AMI that have matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' "+
			"to discover the architecture of the instance type or AMI.", l.row.arch, l.image.data.Architecture)
	}
	if l.image.data.VirtualizationType != types.VirtualizationTypeHvm {
		return apierr.New("InvalidParameterCombination", "The instance type '%s' does not support the virtualization type '%s' of the specified AMI.",
			l.row.name, l.image.data.VirtualizationType)
	}
	if !aws.ToBool(l.image.data.EnaSupport) {
		return apierr.New("InvalidParameterCombination", "Enhanced networking with the Elastic Network Adapter (ENA) is required for the '%s' instance type. "+
			"Ensure that you are using an AMI that is enabled for ENA.", l.row.name)
	}
	zone := aws.ToString(l.zone.AvailabilityZone)
	if p := l.data.Placement; p != nil && p.AvailabilityZone != nil && *p.AvailabilityZone != zone {
		return apierr.New("InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid. Subnet '%s' is in the availability zone %s",
			*p.AvailabilityZone, aws.ToString(l.zone.SubnetId), zone)
	}
	if err := s.checkOffered(l.row, zone); err != nil {
		return err
	}
	if err := s.checkQuota(l, least); err != nil {
		return err
	}
	return s.checkCapacity(l.row, zone, l.spot())
}

// spot reports whether a launch is one of Spot Instances.
func (l *launch) spot() bool {
	market := l.data.InstanceMarketOptions
	return market != nil && market.MarketType == types.MarketTypeSpot
}

// checkQuota refuses what the account may not run (aws-facts §3.2). Spot Instances have
// a quota of their own.
func (s *Service) checkQuota(l *launch, least int) error {
	limit := s.VCPULimit
	if l.spot() {
		limit = s.SpotVCPULimit
	}
	if limit == 0 {
		return nil
	}
	used := l.row.vCPUs * int32(least)
	for _, i := range s.instances.all() {
		if (i.data.InstanceLifecycle == types.InstanceLifecycleTypeSpot) != l.spot() {
			continue
		}
		switch i.phaseAt(l.at).state {
		case types.InstanceStateNamePending, types.InstanceStateNameRunning:
			row, _ := findInstanceType(i.data.InstanceType)
			used += row.vCPUs
		}
	}
	if used > limit && l.spot() {
		return apierr.New("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded")
	}
	if used > limit {
		return apierr.New("VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit of %d allows for the instance bucket "+
			"that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.", limit)
	}
	return nil
}
