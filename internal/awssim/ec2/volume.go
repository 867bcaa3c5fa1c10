package ec2

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// volume is an EBS volume. All volumes here are made by launches.
type volume struct {
	data types.Volume // with its attachment
	// origin is the catalogue image whose software is on the volume, if any.
	origin string
	// snapshotAt is when its last snapshot was begun.
	snapshotAt time.Time
	// leftAt is when its instance terminated: then it is gone, or available if it
	// was not to be deleted with the instance. Zero: attached.
	leftAt time.Time
}

func (v *volume) id() string                         { return aws.ToString(v.data.VolumeId) }
func (v *volume) attachment() types.VolumeAttachment { return v.data.Attachments[0] }

// outlives tells whether the volume stays when its instance terminates.
func (v *volume) outlives() bool { return !aws.ToBool(v.attachment().DeleteOnTermination) }

// left tells whether the instance has let go of the volume at the instant.
func (v *volume) left(at time.Time) bool { return !v.leftAt.IsZero() && !at.Before(v.leftAt) }

// exists tells whether the volume is there at the instant.
func (v *volume) exists(at time.Time) bool { return !v.left(at) || v.outlives() }

func (s *Service) shownVolume(v *volume, at time.Time) types.Volume {
	out := convert[types.Volume](v.data)
	out.State = types.VolumeStateInUse
	if v.left(at) {
		out.State, out.Attachments = types.VolumeStateAvailable, nil
	}
	out.Tags = s.tagList(v.id())
	return out
}

// addVolume makes the volume of one block device of an instance.
func (s *Service) addVolume(i *instance, device types.LaunchTemplateBlockDeviceMapping, origin string, at time.Time) *volume {
	ebs, id := device.Ebs, s.NewID("vol")
	v := &volume{origin: origin, data: types.Volume{
		VolumeId: aws.String(id), VolumeType: ebs.VolumeType, Size: ebs.VolumeSize,
		Iops: ebs.Iops, Throughput: ebs.Throughput, SnapshotId: ebs.SnapshotId,
		Encrypted: aws.Bool(aws.ToBool(ebs.Encrypted)), KmsKeyId: ebs.KmsKeyId,
		AvailabilityZone: i.data.Placement.AvailabilityZone, AvailabilityZoneId: i.data.Placement.AvailabilityZoneId,
		CreateTime: aws.Time(at), MultiAttachEnabled: aws.Bool(false),
		Attachments: []types.VolumeAttachment{{VolumeId: aws.String(id), InstanceId: i.data.InstanceId, Device: device.DeviceName,
			AttachTime: aws.Time(at), State: types.VolumeAttachmentStateAttached, DeleteOnTermination: ebs.DeleteOnTermination}},
	}}
	s.volumes.add(id, v)
	return v
}

var volumeListing = listing[types.Volume]{
	kind: kindVolume.called("volume"),
	id:   func(v types.Volume) string { return aws.ToString(v.VolumeId) },
	page: 1000,
	attributes: func(v types.Volume) map[string][]string {
		return map[string][]string{
			"volume-id":            values(v.VolumeId),
			"availability-zone":    values(v.AvailabilityZone),
			"availability-zone-id": values(v.AvailabilityZoneId),
			"create-time":          stamps(v.CreateTime),
			"encrypted":            flag(v.Encrypted),
			"size":                 number(v.Size),
			"snapshot-id":          values(v.SnapshotId),
			"status":               {string(v.State)},
			"volume-type":          {string(v.VolumeType)},
			"attachment.attach-time": each(v.Attachments, func(a types.VolumeAttachment) []string {
				return stamps(a.AttachTime)
			}),
			"attachment.delete-on-termination": each(v.Attachments, func(a types.VolumeAttachment) []string {
				return flag(a.DeleteOnTermination)
			}),
			"attachment.device":      each(v.Attachments, func(a types.VolumeAttachment) []string { return values(a.Device) }),
			"attachment.instance-id": each(v.Attachments, func(a types.VolumeAttachment) []string { return values(a.InstanceId) }),
			"attachment.status":      each(v.Attachments, func(a types.VolumeAttachment) []string { return []string{string(a.State)} }),
		}
	},
}

// DescribeVolumes lists volumes; an unknown id fails the whole call (aws-facts §16).
func (s *Service) DescribeVolumes(_ context.Context, in *sdk.DescribeVolumesInput) (*sdk.DescribeVolumesOutput, error) {
	if err := checkListing(in.DryRun, in.MaxResults, 5, 1000, len(in.VolumeIds), "volumeSet"); err != nil {
		return nil, err
	}
	var shown []types.Volume
	for _, v := range s.volumes.all() {
		if v.exists(s.Now()) {
			shown = append(shown, s.shownVolume(v, s.Now()))
		}
	}
	page, next, err := list(s, volumeListing, shown, query{in.VolumeIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeVolumesOutput{Volumes: page, NextToken: next}, nil
}
