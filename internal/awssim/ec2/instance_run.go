package ec2

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// RunInstances starts servers. The same token with the same parameters shows the
// first call's servers again, as they are now (aws-facts §12.4).
func (s *Service) RunInstances(_ context.Context, in *sdk.RunInstancesInput) (*sdk.RunInstancesOutput, error) {
	least, most := aws.ToInt32(in.MinCount), aws.ToInt32(in.MaxCount)
	if least < 1 || most < least {
		return nil, apierr.New("InvalidParameterValue", "Value (%d) for parameter maxCount is invalid. It must be at least minCount (%d), and this at least 1.", most, least)
	}
	ids, err := once(s, "RunInstances", in.ClientToken, in, func() ([]string, error) {
		l, err := s.launchOfRequest(in)
		if err != nil {
			return nil, err
		}
		if err := s.checkLaunch(l); err != nil {
			return nil, err
		}
		if err := refuseDryRun(in.DryRun); err != nil {
			return nil, err
		}
		if err := s.checkPlacement(l, int(least)); err != nil {
			return nil, err
		}
		started, err := s.start(l, int(least), int(most))
		var ids []string
		for _, i := range started {
			ids = append(ids, i.id())
		}
		return ids, err
	})
	if err != nil {
		return nil, err
	}
	out := &sdk.RunInstancesOutput{OwnerId: aws.String(s.Account)}
	for _, id := range ids {
		i, _ := s.instances.get(id)
		out.ReservationId = aws.String(i.reservation)
		if i.visible(s.Now()) {
			out.Instances = append(out.Instances, s.shownInstance(i, s.Now()))
		}
	}
	return out, nil
}

// launchOfRequest lays the request over its launch template.
func (s *Service) launchOfRequest(in *sdk.RunInstancesInput) (*launch, error) {
	if err := checkTagSpecifications(in.TagSpecifications, types.ResourceTypeInstance, types.ResourceTypeVolume, types.ResourceTypeNetworkInterface); err != nil {
		return nil, err
	}
	if in.PrivateIpAddress != nil || aws.ToInt32(in.Ipv6AddressCount) > 0 || len(in.Ipv6Addresses) > 0 {
		return nil, notSimulated("A launch with chosen addresses")
	}
	l := &launch{at: s.Now(), subnetID: aws.ToString(in.SubnetId), token: aws.ToString(in.ClientToken)}
	own := convert[types.ResponseLaunchTemplateData](in)
	if in.LaunchTemplate == nil {
		l.data = own
		return l, nil
	}
	t, err := s.template(in.LaunchTemplate.LaunchTemplateId, in.LaunchTemplate.LaunchTemplateName)
	if err != nil {
		return nil, err
	}
	if l.template, err = t.version(aws.ToString(in.LaunchTemplate.Version)); err != nil {
		return nil, err
	}
	base := convert[types.ResponseLaunchTemplateData](l.template.LaunchTemplateData)
	l.data = overlay(base, own)
	l.data.TagSpecifications = append(slices.Clone(base.TagSpecifications), own.TagSpecifications...)
	return l, nil
}

// tagsFor gathers the tags that the launch gives to a type of resource.
func (l *launch) tagsFor(resource types.ResourceType) []types.Tag {
	merged := map[string]string{}
	for _, spec := range l.data.TagSpecifications {
		if spec.ResourceType == resource {
			for _, tag := range spec.Tags {
				merged[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
			}
		}
	}
	if resource == types.ResourceTypeInstance {
		// aws-facts §3.1: a group's tags win, and go to the instance alone.
		maps.Copy(merged, l.tags)
		if l.template != nil {
			merged["aws:ec2launchtemplate:id"] = aws.ToString(l.template.LaunchTemplateId)
			merged["aws:ec2launchtemplate:version"] = strconv.FormatInt(*l.template.VersionNumber, 10)
		}
	}
	var tags []types.Tag
	for key, value := range merged {
		tags = append(tags, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	return tags
}

// start makes at most most instances, or none if the subnet has no room for least.
func (s *Service) start(l *launch, least, most int) ([]*instance, error) {
	reservation := s.NewID("r")
	var started []*instance
	for n := range most {
		i := s.newInstance(l, reservation, n)
		if err := s.attachInterfaces(i, l); err != nil {
			s.letGo(i, l.at)
			if n >= least {
				break
			}
			for _, earlier := range started {
				s.letGo(earlier, l.at)
			}
			return nil, err
		}
		started = append(started, i)
	}
	for _, i := range started {
		s.instances.add(i.id(), i)
		for _, device := range l.data.BlockDeviceMappings {
			s.attachVolume(i, device, l)
		}
		s.setTags(i.id(), l.tagsFor(types.ResourceTypeInstance))
		s.begin(i, l)
	}
	l.image.launchedAt = l.at
	return started, nil
}

// begin sets the phases of a new instance: pending, then running, or terminated if
// EC2 gives it up (aws-facts §3.2).
func (s *Service) begin(i *instance, l *launch) {
	i.phases = []phase{{l.at, types.InstanceStateNamePending, "pending: pending", ""}}
	failure := traitsOf(i.origin).FailsLaunch
	for _, device := range l.data.BlockDeviceMappings {
		if key := device.Ebs.KmsKeyId; key != nil && !s.keyUsable(*key) {
			failure = failsToStart
		}
	}
	if failure == "" {
		i.phases = append(i.phases, phase{l.at.Add(s.ComputeTimings.Running), types.InstanceStateNameRunning, "", ""})
		return
	}
	end := l.at.Add(s.ComputeTimings.Rejected)
	code, _, _ := strings.Cut(failure, ":")
	i.phases = append(i.phases, phase{end, types.InstanceStateNameTerminated, failure, code})
	s.letGo(i, end)
	s.Record("ec2", i.id(), "cannot start: %s", failure)
}

func (s *Service) newInstance(l *launch, reservation string, index int) *instance {
	d, img := l.data, l.image.data
	i := &instance{origin: l.image.origin, reservation: reservation, requester: l.requester, userData: d.UserData,
		protected: aws.ToBool(d.DisableApiTermination), stopProtected: aws.ToBool(d.DisableApiStop),
		shutdown: d.InstanceInitiatedShutdownBehavior, endVisible: s.ComputeTimings.TerminatedVisible}
	if i.shutdown == "" {
		i.shutdown = types.ShutdownBehaviorStop
	}
	i.data = types.Instance{
		InstanceId: aws.String(s.NewID("i")), ImageId: d.ImageId, InstanceType: l.row.name, KeyName: d.KeyName,
		AmiLaunchIndex: aws.Int32(int32(index)), LaunchTime: aws.Time(l.at), Architecture: img.Architecture,
		EbsOptimized: aws.Bool(aws.ToBool(d.EbsOptimized)), EnaSupport: aws.Bool(true), Hypervisor: types.HypervisorTypeXen,
		VirtualizationType: types.VirtualizationTypeHvm, PlatformDetails: aws.String("Linux/UNIX"), UsageOperation: aws.String("RunInstances"),
		RootDeviceName: img.RootDeviceName, RootDeviceType: types.DeviceTypeEbs, SourceDestCheck: aws.Bool(true), BootMode: img.BootMode,
		Placement: &types.Placement{AvailabilityZone: l.zone.AvailabilityZone, AvailabilityZoneId: l.zone.AvailabilityZoneId,
			GroupName: aws.String(""), Tenancy: types.TenancyDefault},
		Monitoring:      &types.Monitoring{State: types.MonitoringStateDisabled},
		MetadataOptions: metadataOptions(d.MetadataOptions, img.ImdsSupport),
		CpuOptions: &types.CpuOptions{CoreCount: l.row.info().VCpuInfo.DefaultCores,
			ThreadsPerCore: l.row.info().VCpuInfo.DefaultThreadsPerCore},
	}
	if l.token != "" {
		i.data.ClientToken = aws.String(l.token)
	}
	if d.Placement != nil && d.Placement.Tenancy != "" {
		i.data.Placement.Tenancy = d.Placement.Tenancy
	}
	if d.Monitoring != nil && aws.ToBool(d.Monitoring.Enabled) {
		i.data.Monitoring.State = types.MonitoringStateEnabled
	}
	if d.InstanceMarketOptions != nil && d.InstanceMarketOptions.MarketType == types.MarketTypeSpot {
		i.data.InstanceLifecycle = types.InstanceLifecycleTypeSpot
		i.data.SpotInstanceRequestId = aws.String("sir-" + s.Hex(8))
	}
	if p := d.IamInstanceProfile; p != nil {
		arn := aws.ToString(p.Arn)
		if arn == "" {
			arn = "arn:aws:iam::" + s.Account + ":instance-profile/" + aws.ToString(p.Name)
		}
		i.data.IamInstanceProfile = &types.IamInstanceProfile{Arn: aws.String(arn)}
	}
	return i
}

// metadataOptions fills in the defaults; an image can ask for IMDSv2.
func metadataOptions(asked *types.LaunchTemplateInstanceMetadataOptions, image types.ImdsSupportValues) *types.InstanceMetadataOptionsResponse {
	options := types.InstanceMetadataOptionsResponse{
		State: types.InstanceMetadataOptionsStateApplied, HttpEndpoint: types.InstanceMetadataEndpointStateEnabled,
		HttpProtocolIpv6: types.InstanceMetadataProtocolStateDisabled, HttpPutResponseHopLimit: aws.Int32(1),
		HttpTokens: types.HttpTokensStateOptional, InstanceMetadataTags: types.InstanceMetadataTagsStateDisabled,
	}
	if image == types.ImdsSupportValuesV20 {
		options.HttpTokens, options.HttpPutResponseHopLimit = types.HttpTokensStateRequired, aws.Int32(2)
	}
	if asked != nil {
		options = overlay(options, convert[types.InstanceMetadataOptionsResponse](asked))
		options.State = types.InstanceMetadataOptionsStateApplied
	}
	return &options
}

// attachInterfaces makes the instance's network interfaces.
func (s *Service) attachInterfaces(i *instance, l *launch) error {
	for _, n := range l.nics {
		spec := n.spec
		spec.InstanceID, spec.Tags = i.id(), l.tagsFor(types.ResourceTypeNetworkInterface)
		id, privateIP, publicIP, err := s.AddInterface(spec)
		if err != nil {
			return err
		}
		subnet, _ := s.Subnet(spec.SubnetID)
		eni, _ := s.interfaces.get(id)
		nic := types.InstanceNetworkInterface{
			NetworkInterfaceId: aws.String(id), SubnetId: aws.String(spec.SubnetID), VpcId: subnet.VpcId, OwnerId: aws.String(s.Account),
			Description: aws.String(spec.Description), InterfaceType: aws.String("interface"), Status: types.NetworkInterfaceStatusInUse,
			PrivateIpAddress: aws.String(privateIP), PrivateDnsName: aws.String(s.PrivateDNSName(privateIP)),
			Groups: s.groupIdentifiers(spec.Groups), SourceDestCheck: aws.Bool(true),
			PrivateIpAddresses: []types.InstancePrivateIpAddress{{Primary: aws.Bool(true), PrivateIpAddress: aws.String(privateIP)}},
			Attachment: &types.InstanceNetworkInterfaceAttachment{DeviceIndex: aws.Int32(n.index), NetworkCardIndex: aws.Int32(0),
				AttachTime: aws.Time(l.at), DeleteOnTermination: aws.Bool(true), Status: types.AttachmentStatusAttached,
				AttachmentId: aws.String(eni.attachmentID)},
			MacAddress: aws.String(eni.mac),
		}
		publicName := aws.String(s.PublicDNSName(aws.ToString(subnet.VpcId), publicIP))
		if publicIP != "" {
			nic.Association = &types.InstanceNetworkInterfaceAssociation{PublicIp: aws.String(publicIP),
				PublicDnsName: publicName, IpOwnerId: aws.String("amazon")}
		}
		i.data.NetworkInterfaces = append(i.data.NetworkInterfaces, nic)
		if n.index != 0 {
			continue
		}
		i.data.SubnetId, i.data.VpcId, i.data.SecurityGroups = nic.SubnetId, nic.VpcId, nic.Groups
		i.data.PrivateIpAddress, i.data.PrivateDnsName, i.data.PublicDnsName = nic.PrivateIpAddress, nic.PrivateDnsName, publicName
		if publicIP != "" {
			i.data.PublicIpAddress = aws.String(publicIP)
		}
	}
	return nil
}

// attachVolume makes one volume of a new instance. Only the root disk holds the
// image's software.
func (s *Service) attachVolume(i *instance, device types.LaunchTemplateBlockDeviceMapping, l *launch) {
	origin := ""
	if aws.ToString(device.DeviceName) == aws.ToString(i.data.RootDeviceName) {
		origin = i.origin
	}
	v := s.addVolume(i, device, origin, l.at)
	i.volumes = append(i.volumes, v.id())
	s.setTags(v.id(), l.tagsFor(types.ResourceTypeVolume))
	i.data.BlockDeviceMappings = append(i.data.BlockDeviceMappings, types.InstanceBlockDeviceMapping{
		DeviceName: device.DeviceName, Ebs: &types.EbsInstanceBlockDevice{VolumeId: aws.String(v.id()), AttachTime: aws.Time(l.at),
			DeleteOnTermination: device.Ebs.DeleteOnTermination, Status: types.AttachmentStatusAttached}})
}
