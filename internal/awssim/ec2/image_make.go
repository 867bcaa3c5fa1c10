package ec2

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// checkImageName refuses a name that another image of the account has. The name is
// the only guard against making an image twice (aws-facts §3.4, §17).
func (s *Service) checkImageName(name *string) error {
	for _, img := range s.images.all() {
		if s.owns(img) && img.deregisteredAt.IsZero() && aws.ToString(img.data.Name) == aws.ToString(name) {
			return apierr.New("InvalidAMIName.Duplicate", "AMI name %s is already in use by AMI %s", aws.ToString(name), img.id())
		}
	}
	return nil
}

// addImage registers an image of this account.
func (s *Service) addImage(img *image, specs []types.TagSpecification) {
	img.data.ImageId = aws.String(s.NewID("ami"))
	img.data.OwnerId = aws.String(s.Account)
	img.data.ImageLocation = aws.String(s.Account + "/" + aws.ToString(img.data.Name))
	img.data.CreationDate = aws.String(stamp(s.Now()))
	img.data.Public = aws.Bool(false)
	img.data.ImageType = types.ImageTypeValuesMachine
	img.data.RootDeviceType = types.DeviceTypeEbs
	img.data.Hypervisor = types.HypervisorTypeXen
	img.data.PlatformDetails = aws.String("Linux/UNIX")
	img.data.UsageOperation = aws.String("RunInstances")
	s.images.add(img.id(), img)
	s.tagOnCreate(types.ResourceTypeImage, img.id(), specs)
	for _, id := range img.snapshotIDs() {
		s.tagOnCreate(types.ResourceTypeSnapshot, id, specs)
	}
}

// CreateImage makes an image of an instance, with a snapshot of each volume. The
// instance restarts unless the call says not to (aws-facts §3.4).
func (s *Service) CreateImage(_ context.Context, in *sdk.CreateImageInput) (*sdk.CreateImageOutput, error) {
	now := s.Now()
	i, err := s.knownInstance(aws.ToString(in.InstanceId))
	if err != nil {
		return nil, err
	}
	if err := checkTagSpecifications(in.TagSpecifications, types.ResourceTypeImage, types.ResourceTypeSnapshot); err != nil {
		return nil, err
	}
	if err := s.checkImageName(in.Name); err != nil {
		return nil, err
	}
	state := i.phaseAt(now).state
	if state != types.InstanceStateNameRunning && state != types.InstanceStateNameStopped {
		return nil, apierr.New("IncorrectState", "Instance is not in state 'running' or 'stopped'")
	}
	if i.data.RootDeviceType == types.DeviceTypeInstanceStore {
		// Only a server on EBS can be imaged (AWS: CreateImage).
		return nil, apierr.New("InvalidParameterValue", "The instance '%s' is not backed by Amazon EBS.", i.id())
	}
	disks := s.imagedDisks(i, in.BlockDeviceMappings)
	for _, disk := range disks {
		if disk.volume != nil {
			if err := s.checkSnapshotRate(disk.volume); err != nil {
				return nil, err
			}
		}
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	source, _ := s.images.get(aws.ToString(i.data.ImageId))
	img := &image{origin: i.origin, readyAt: now.Add(s.ComputeTimings.Image), data: types.Image{
		Name: in.Name, Description: in.Description, SourceInstanceId: in.InstanceId, SourceImageId: i.data.ImageId,
		SourceImageRegion: aws.String(s.Name), Architecture: i.data.Architecture, RootDeviceName: i.data.RootDeviceName,
		EnaSupport: aws.Bool(true), VirtualizationType: types.VirtualizationTypeHvm, SriovNetSupport: aws.String("simple"),
	}}
	if source != nil {
		img.data.BootMode, img.data.ImdsSupport = source.data.BootMode, source.data.ImdsSupport
	}
	for _, disk := range disks {
		if disk.volume != nil {
			p := s.snapshotVolume(disk.volume, nil)
			disk.mapping.Ebs.SnapshotId = aws.String(p.id())
		}
		img.data.BlockDeviceMappings = append(img.data.BlockDeviceMappings, disk.mapping)
	}
	s.addImage(img, in.TagSpecifications)
	for _, id := range img.snapshotIDs() {
		p, _ := s.snapshots.get(id)
		p.data.Description = aws.String(fmt.Sprintf("Created by CreateImage(%s) for %s", i.id(), img.id()))
	}
	if !aws.ToBool(in.NoReboot) && state == types.InstanceStateNameRunning {
		i.restartedAt = now
	}
	return &sdk.CreateImageOutput{ImageId: aws.String(img.id())}, nil
}

// imagedDisk is one block device of a new image; volume is nil for an empty disk
// that the instance does not have.
type imagedDisk struct {
	mapping types.BlockDeviceMapping
	volume  *volume
}

// imagedDisks are the instance's volumes as the request changes them: NoDevice
// leaves one out, and is ignored for a device that is not there (aws-facts §12.4).
func (s *Service) imagedDisks(i *instance, changes []types.BlockDeviceMapping) []imagedDisk {
	var disks []imagedDisk
	seen := map[string]bool{}
	for _, id := range i.volumes {
		v, _ := s.volumes.get(id)
		attachment := v.attachment()
		device := aws.ToString(attachment.Device)
		seen[device] = true
		mapping := types.BlockDeviceMapping{DeviceName: aws.String(device), Ebs: &types.EbsBlockDevice{
			VolumeSize: v.data.Size, VolumeType: v.data.VolumeType, Iops: v.data.Iops, Throughput: v.data.Throughput,
			Encrypted: v.data.Encrypted, DeleteOnTermination: attachment.DeleteOnTermination,
		}}
		change := slices.IndexFunc(changes, func(m types.BlockDeviceMapping) bool { return aws.ToString(m.DeviceName) == device })
		if change >= 0 && changes[change].NoDevice != nil {
			continue
		}
		if change >= 0 && changes[change].Ebs != nil {
			*mapping.Ebs = overlay(*mapping.Ebs, convert[types.EbsBlockDevice](changes[change].Ebs))
		}
		disks = append(disks, imagedDisk{mapping, v})
	}
	for _, change := range changes {
		if !seen[aws.ToString(change.DeviceName)] && change.NoDevice == nil && change.Ebs != nil {
			disks = append(disks, imagedDisk{mapping: convert[types.BlockDeviceMapping](change)})
		}
	}
	return disks
}

// CopyImage copies an image into this Region. Tags of the source come along only
// if asked for, permissions never. A key that cannot be used shows only later: the
// copy becomes failed (aws-facts §3.4).
func (s *Service) CopyImage(_ context.Context, in *sdk.CopyImageInput) (*sdk.CopyImageOutput, error) {
	if err := checkTagSpecifications(in.TagSpecifications, types.ResourceTypeImage, types.ResourceTypeSnapshot); err != nil {
		return nil, err
	}
	if in.KmsKeyId != nil && !aws.ToBool(in.Encrypted) {
		return nil, apierr.New("InvalidParameterDependency", "The parameter [KmsKeyId] requires the parameter Encrypted to be set.")
	}
	if minutes := aws.ToInt64(in.SnapshotCopyCompletionDurationMinutes); minutes%15 != 0 {
		return nil, apierr.New("InvalidParameterValue", "The completion duration must be specified in 15 minute increments.")
	}
	if in.DestinationOutpostArn != nil || in.DestinationAvailabilityZone != nil || in.DestinationAvailabilityZoneId != nil {
		return nil, notSimulated("CopyImage to an Outpost or a Local Zone")
	}
	out, err := once(s, "CopyImage", in.ClientToken, in, func() (sdk.CopyImageOutput, error) {
		home, source, err := s.copySource(aws.ToString(in.SourceRegion), aws.ToString(in.SourceImageId))
		if err == nil {
			err = s.checkImageName(in.Name)
		}
		if err == nil {
			err = refuseDryRun(in.DryRun)
		}
		if err != nil {
			return sdk.CopyImageOutput{}, err
		}
		return sdk.CopyImageOutput{ImageId: aws.String(s.copyImage(home, source, in).id())}, nil
	})
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// copySource finds an image to copy, in this Region or in another.
func (s *Service) copySource(name, id string) (*Service, *image, error) {
	home := s
	if name != s.Name {
		if s.Peer == nil || s.Peer(name) == nil {
			return nil, nil, apierr.New("InvalidParameterValue", "Value (%s) for parameter sourceRegion is invalid.", name)
		}
		home = s.Peer(name)
	}
	source, err := home.liveImage(id)
	if err != nil {
		return nil, nil, err
	}
	if state := source.state(home.Now()); state != types.ImageStateAvailable {
		return nil, nil, apierr.New("InvalidRequest", "The image %s is not available: it is %s.", id, state)
	}
	return home, source, nil
}

func (s *Service) copyImage(home *Service, source *image, in *sdk.CopyImageInput) *image {
	img := &image{origin: source.origin, readyAt: s.Now().Add(s.ComputeTimings.Copy), data: convert[types.Image](source.data)}
	img.data.Name, img.data.Description, img.data.ImageOwnerAlias = in.Name, in.Description, nil
	img.data.SourceImageId, img.data.SourceImageRegion = in.SourceImageId, in.SourceRegion
	img.data.SourceInstanceId = nil
	for n := range img.data.BlockDeviceMappings {
		if ebs := img.data.BlockDeviceMappings[n].Ebs; ebs != nil && ebs.SnapshotId != nil {
			img.failure = s.copySnapshot(home, ebs, in) + img.failure
		}
	}
	if img.failure != "" {
		img.failure = "Copy image failed with an internal error: Given key ID is not accessible"
	}
	s.addImage(img, in.TagSpecifications)
	if aws.ToBool(in.CopyImageTags) {
		for key, value := range home.tags[source.id()] {
			if _, set := s.tags[img.id()][key]; !set && !strings.HasPrefix(key, "aws:") {
				s.setTags(img.id(), []types.Tag{{Key: aws.String(key), Value: aws.String(value)}})
			}
		}
	}
	return img
}

// copySnapshot points the block device at a copy of its snapshot. It returns why
// the copy will fail, if so. What is encrypted stays encrypted.
func (s *Service) copySnapshot(home *Service, ebs *types.EbsBlockDevice, in *sdk.CopyImageInput) string {
	source, _ := home.snapshots.get(*ebs.SnapshotId)
	data := types.Snapshot{VolumeSize: source.data.VolumeSize, VolumeId: aws.String("vol-ffffffff"),
		Encrypted:   aws.Bool(aws.ToBool(in.Encrypted) || aws.ToBool(source.data.Encrypted)),
		Description: aws.String(fmt.Sprintf("Copied for DestinationAmi from SourceAmi %s for SourceSnapshot %s.", *in.SourceImageId, source.id()))}
	failure := ""
	if *data.Encrypted {
		data.KmsKeyId = aws.String(s.keyOr(in.KmsKeyId))
		if !s.keyUsable(*data.KmsKeyId) {
			failure = "Given key ID is not accessible"
		}
	}
	p := s.addSnapshot(data, source.origin, s.ComputeTimings.Copy, failure)
	ebs.SnapshotId, ebs.Encrypted, ebs.KmsKeyId = aws.String(p.id()), data.Encrypted, nil
	return failure
}

// keyOr returns the key, or the account's default key.
func (s *Service) keyOr(key *string) string {
	if aws.ToString(key) == "" {
		return s.DefaultKey
	}
	if s.KeyARN != nil {
		return cmp.Or(s.KeyARN(*key), *key)
	}
	return *key
}

func (s *Service) keyUsable(key string) bool { return s.KeyUsable == nil || s.KeyUsable(key) }

// RegisterImage makes an image of snapshots that exist. It has no client token
// (aws-facts §3.5).
func (s *Service) RegisterImage(_ context.Context, in *sdk.RegisterImageInput) (*sdk.RegisterImageOutput, error) {
	if err := checkTagSpecifications(in.TagSpecifications, types.ResourceTypeImage); err != nil {
		return nil, err
	}
	if err := s.checkImageName(in.Name); err != nil {
		return nil, err
	}
	origin, err := s.registeredRoot(in)
	if err != nil {
		return nil, err
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	img := &image{origin: origin, readyAt: s.Now().Add(s.ComputeTimings.Register), data: types.Image{
		Name: in.Name, Description: in.Description, Architecture: in.Architecture, RootDeviceName: in.RootDeviceName,
		EnaSupport: aws.Bool(aws.ToBool(in.EnaSupport)), SriovNetSupport: in.SriovNetSupport, BootMode: in.BootMode,
		ImdsSupport: in.ImdsSupport, TpmSupport: in.TpmSupport, VirtualizationType: types.VirtualizationType(aws.ToString(in.VirtualizationType)),
		BlockDeviceMappings: convert[[]types.BlockDeviceMapping](in.BlockDeviceMappings),
	}}
	// EC2's old defaults: an image that nitro types cannot run.
	if img.data.Architecture == "" {
		img.data.Architecture = types.ArchitectureValuesI386
	}
	if img.data.VirtualizationType == "" {
		img.data.VirtualizationType = types.VirtualizationTypeParavirtual
	}
	for _, m := range img.data.BlockDeviceMappings {
		if p, ok := s.snapshots.get(aws.ToString(m.Ebs.SnapshotId)); ok {
			m.Ebs.Encrypted = p.data.Encrypted
			if m.Ebs.VolumeSize == nil {
				m.Ebs.VolumeSize = p.data.VolumeSize
			}
		}
		*m.Ebs = withDiskDefaults(*m.Ebs)
	}
	s.addImage(img, in.TagSpecifications)
	return &sdk.RegisterImageOutput{ImageId: aws.String(img.id())}, nil
}

// registeredRoot checks the block devices of RegisterImage and returns the origin
// of the root device's snapshot.
func (s *Service) registeredRoot(in *sdk.RegisterImageInput) (origin string, err error) {
	root := false
	for _, m := range in.BlockDeviceMappings {
		if m.Ebs == nil {
			return "", notSimulated("RegisterImage with a device that is not an EBS volume")
		}
		if m.Ebs.SnapshotId == nil {
			continue
		}
		p, err := s.findSnapshot(*m.Ebs.SnapshotId)
		if err != nil {
			return "", err
		}
		if m.Ebs.Encrypted != nil {
			return "", apierr.New("InvalidBlockDeviceMapping", "You cannot specify the encrypted flag if specifying a snapshot id in a block device mapping.")
		}
		if !p.completed(s.Now()) {
			return "", apierr.New("IncorrectState", "Snapshot is in invalid state - %s", s.shownSnapshot(p, s.Now()).State)
		}
		if aws.ToString(m.DeviceName) == aws.ToString(in.RootDeviceName) {
			root, origin = true, p.origin
		}
	}
	if !root {
		return "", apierr.New("InvalidBlockDeviceMapping", "The image has no snapshot for its root device '%s'.", aws.ToString(in.RootDeviceName))
	}
	return origin, nil
}
