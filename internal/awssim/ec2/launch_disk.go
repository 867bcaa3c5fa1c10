package ec2

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// checkDisks checks the block devices and makes the request's the whole list: the
// image's, changed by the request's of the same name, then the request's own.
func (s *Service) checkDisks(l *launch) error {
	if l.image == nil {
		return nil
	}
	var disks []types.LaunchTemplateBlockDeviceMapping
	own := convert[[]types.LaunchTemplateBlockDeviceMapping](l.data.BlockDeviceMappings)
	for _, m := range l.image.data.BlockDeviceMappings {
		disk := convert[types.LaunchTemplateBlockDeviceMapping](m)
		n := slices.IndexFunc(own, func(o types.LaunchTemplateBlockDeviceMapping) bool {
			return aws.ToString(o.DeviceName) == aws.ToString(m.DeviceName)
		})
		if n >= 0 {
			change := own[n]
			own = slices.Delete(own, n, n+1)
			if change.NoDevice != nil {
				continue
			}
			if change.Ebs != nil && disk.Ebs != nil {
				*disk.Ebs = overlay(*disk.Ebs, *change.Ebs)
			}
		}
		disks = append(disks, disk)
	}
	for _, m := range own {
		if m.NoDevice == nil {
			disks = append(disks, m)
		}
	}
	for n := range disks {
		if err := s.finishDisk(&disks[n]); err != nil {
			return err
		}
	}
	l.data.BlockDeviceMappings = disks
	return nil
}

// finishDisk fills in what follows from the snapshot and from EBS's defaults.
func (s *Service) finishDisk(disk *types.LaunchTemplateBlockDeviceMapping) error {
	device, ebs := aws.ToString(disk.DeviceName), disk.Ebs
	if ebs == nil {
		return notSimulated("A block device that is not an EBS volume")
	}
	if device == "" {
		return apierr.New("InvalidBlockDeviceMapping", "The device name is missing in a block device mapping.")
	}
	if ebs.SnapshotId != nil {
		p, err := s.findSnapshot(*ebs.SnapshotId)
		if err != nil {
			return err
		}
		if ebs.VolumeSize == nil {
			ebs.VolumeSize = p.data.VolumeSize
		}
		if *ebs.VolumeSize < *p.data.VolumeSize {
			return apierr.New("InvalidBlockDeviceMapping", "Volume of size %dGB is smaller than snapshot '%s', expect size >= %dGB",
				*ebs.VolumeSize, p.id(), *p.data.VolumeSize)
		}
		// What is encrypted stays encrypted, and by its own key unless another is named.
		if aws.ToBool(p.data.Encrypted) {
			ebs.Encrypted = aws.Bool(true)
			if ebs.KmsKeyId == nil {
				ebs.KmsKeyId = p.data.KmsKeyId
			}
		}
	}
	if ebs.VolumeSize == nil {
		return apierr.New("MissingParameter", "The request must contain the parameter size or snapshotId")
	}
	if ebs.KmsKeyId != nil && !aws.ToBool(ebs.Encrypted) {
		return apierr.New("InvalidParameterDependency", "The parameter [KmsKeyId] requires the parameter Encrypted to be set.")
	}
	if aws.ToBool(ebs.Encrypted) {
		ebs.KmsKeyId = aws.String(s.keyOr(ebs.KmsKeyId))
	}
	*ebs = convert[types.LaunchTemplateEbsBlockDevice](withDiskDefaults(convert[types.EbsBlockDevice](*ebs)))
	return nil
}

// withDiskDefaults fills in EBS's defaults for a volume.
func withDiskDefaults(ebs types.EbsBlockDevice) types.EbsBlockDevice {
	if ebs.VolumeType == "" {
		ebs.VolumeType = types.VolumeTypeGp2
	}
	if ebs.VolumeType != types.VolumeTypeGp3 {
		ebs.Throughput = nil
	} else {
		ebs = overlay(types.EbsBlockDevice{Iops: aws.Int32(3000), Throughput: aws.Int32(125)}, ebs)
	}
	if ebs.VolumeType == types.VolumeTypeGp2 {
		// 3 IOPS for each GiB, at least 100.
		ebs.Iops = aws.Int32(max(100, min(16000, 3*aws.ToInt32(ebs.VolumeSize))))
	}
	if ebs.DeleteOnTermination == nil {
		ebs.DeleteOnTermination = aws.Bool(true)
	}
	return ebs
}
