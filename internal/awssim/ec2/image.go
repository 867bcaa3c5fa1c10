package ec2

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// image is a machine image.
type image struct {
	data types.Image
	// origin is the catalogue image whose software it holds, if any.
	origin string
	// readyAt is when it is available, or failed if failure says why.
	readyAt        time.Time
	failure        string
	deregisteredAt time.Time // zero: it is registered
	launchedAt     time.Time // zero: never
	permissions    []types.LaunchPermission
	// protection is that from deregistration, as shown; "" is disabled. It may go on
	// for a while after it was disabled.
	protection     string
	protectedUntil time.Time
}

func (img *image) id() string { return aws.ToString(img.data.ImageId) }

func (img *image) state(at time.Time) types.ImageState {
	switch {
	case !img.deregisteredAt.IsZero():
		return types.ImageStateDeregistered
	case at.Before(img.readyAt):
		return types.ImageStatePending
	case img.failure != "":
		return types.ImageStateFailed
	}
	return types.ImageStateAvailable
}

// snapshotIDs are the snapshots of its block devices.
func (img *image) snapshotIDs() []string {
	return each(img.data.BlockDeviceMappings, func(m types.BlockDeviceMapping) []string {
		if m.Ebs == nil {
			return nil
		}
		return values(m.Ebs.SnapshotId)
	})
}

func (s *Service) shownImage(img *image) types.Image {
	out := convert[types.Image](img.data)
	out.State = img.state(s.Now())
	if out.State == types.ImageStateFailed {
		out.StateReason = &types.StateReason{Code: aws.String("Client.InternalError"), Message: aws.String(img.failure)}
	}
	out.Public = aws.Bool(aws.ToBool(out.Public) || slices.ContainsFunc(img.permissions, func(p types.LaunchPermission) bool { return p.Group != "" }))
	// aws-facts §3.4: LastLaunchedTime is a day late.
	if late := img.launchedAt.Add(24 * time.Hour); !img.launchedAt.IsZero() && !s.Now().Before(late) && s.owns(img) {
		out.LastLaunchedTime = aws.String(stamp(img.launchedAt))
	}
	out.Tags = s.tagList(img.id())
	if s.owns(img) {
		out.DeregistrationProtection = img.shownProtection()
	}
	return out
}

func (s *Service) owns(img *image) bool { return aws.ToString(img.data.OwnerId) == s.Account }

// missingImages is the error for images that do not exist. Its text has brackets,
// unlike that of other kinds.
func missingImages(ids ...string) error {
	for _, id := range ids {
		if !strings.HasPrefix(id, "ami-") {
			return apierr.New("InvalidAMIID.Malformed", "Invalid id: \"%s\" (expecting \"ami-...\")", id)
		}
	}
	if len(ids) > 1 {
		return apierr.New("InvalidAMIID.NotFound", "The image ids '[%s]' do not exist", strings.Join(ids, ", "))
	}
	return apierr.New("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", ids[0])
}

// liveImage finds an image that is not deregistered.
func (s *Service) liveImage(id string) (*image, error) {
	img, ok := s.images.get(id)
	if !ok || s.forgotten(img) {
		return nil, missingImages(id)
	}
	if !img.deregisteredAt.IsZero() {
		return nil, apierr.New("InvalidAMIID.Unavailable", "The image ID '%s' is no longer available", id)
	}
	return img, nil
}

// ownImage finds an image of this account that is not deregistered.
func (s *Service) ownImage(id string) (*image, error) {
	img, err := s.liveImage(id)
	if err == nil && !s.owns(img) {
		err = apierr.New("AuthFailure", "Not authorized for image:%s", id)
	}
	return img, err
}

// lingers tells whether DescribeImages still shows the image: a deregistered one
// is shown for a while (aws-facts §3.4).
func (s *Service) lingers(img *image) bool {
	return img.deregisteredAt.IsZero() || s.Now().Before(img.deregisteredAt.Add(s.ComputeTimings.Deregistered))
}

// forgotten tells whether asking for the image by its id is an error. Between the
// two the answer is an empty list.
func (s *Service) forgotten(img *image) bool {
	return !img.deregisteredAt.IsZero() &&
		!s.Now().Before(img.deregisteredAt.Add(s.ComputeTimings.Deregistered+s.ComputeTimings.DeregisteredEmpty))
}

var imageListing = listing[types.Image]{
	kind: kindImage,
	id:   func(img types.Image) string { return aws.ToString(img.ImageId) },
	page: 1000,
	attributes: func(img types.Image) map[string][]string {
		var ebs []types.EbsBlockDevice
		for _, m := range img.BlockDeviceMappings {
			if m.Ebs != nil {
				ebs = append(ebs, *m.Ebs)
			}
		}
		return map[string][]string{
			"architecture":  {string(img.Architecture)},
			"creation-date": values(img.CreationDate),
			"description":   values(img.Description),
			"ena-support":   flag(img.EnaSupport),
			"hypervisor":    {string(img.Hypervisor)},
			"image-id":      values(img.ImageId),
			"image-type":    {string(img.ImageType)},
			"is-public":     flag(img.Public),
			"name":          values(img.Name),
			"owner-alias":   values(img.ImageOwnerAlias),
			"owner-id":      values(img.OwnerId),
			"block-device-mapping.delete-on-termination": each(ebs, func(e types.EbsBlockDevice) []string { return flag(e.DeleteOnTermination) }),
			"block-device-mapping.device-name": each(img.BlockDeviceMappings, func(m types.BlockDeviceMapping) []string {
				return values(m.DeviceName)
			}),
			"block-device-mapping.encrypted":   each(ebs, func(e types.EbsBlockDevice) []string { return flag(e.Encrypted) }),
			"block-device-mapping.snapshot-id": each(ebs, func(e types.EbsBlockDevice) []string { return values(e.SnapshotId) }),
			"block-device-mapping.volume-size": each(ebs, func(e types.EbsBlockDevice) []string { return number(e.VolumeSize) }),
			"block-device-mapping.volume-type": each(ebs, func(e types.EbsBlockDevice) []string { return []string{string(e.VolumeType)} }),
			"platform":                         {string(img.Platform)},
			"root-device-name":                 values(img.RootDeviceName),
			"root-device-type":                 {string(img.RootDeviceType)},
			"source-image-id":                  values(img.SourceImageId),
			"source-image-region":              values(img.SourceImageRegion),
			"source-instance-id":               values(img.SourceInstanceId),
			"state":                            {string(img.State)},
			"virtualization-type":              {string(img.VirtualizationType)},
		}
	},
}

// DescribeImages lists the images that the account may launch.
func (s *Service) DescribeImages(_ context.Context, in *sdk.DescribeImagesInput) (*sdk.DescribeImagesOutput, error) {
	if err := checkListing(in.DryRun, in.MaxResults, 1, 1000, 0, ""); err != nil {
		return nil, err
	}
	var unknown []string
	for _, id := range in.ImageIds {
		if img, ok := s.images.get(id); !ok || s.forgotten(img) {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) > 0 {
		return nil, missingImages(unknown...)
	}
	var shown []types.Image
	for _, img := range s.images.all() {
		if s.lingers(img) && (len(in.ImageIds) == 0 || slices.Contains(in.ImageIds, img.id())) &&
			s.ownedBy(in.Owners, img.data.OwnerId, img.data.ImageOwnerAlias) && s.launchableBy(img, in.ExecutableUsers) {
			shown = append(shown, s.shownImage(img))
		}
	}
	page, next, err := list(s, imageListing, shown, query{nil, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeImagesOutput{Images: page, NextToken: next}, nil
}

// launchableBy tells whether one of the users (an account id, self or all) has an
// explicit permission. No user matches all images.
func (s *Service) launchableBy(img *image, users []string) bool {
	return len(users) == 0 || slices.ContainsFunc(users, func(user string) bool {
		if user == "self" {
			user = s.Account
		}
		return user == "all" && aws.ToBool(img.data.Public) || slices.ContainsFunc(img.permissions, func(p types.LaunchPermission) bool {
			return aws.ToString(p.UserId) == user || string(p.Group) == user
		})
	})
}

// DeregisterImage takes an image away. Its snapshots stay unless the call asks to
// delete them, and then those that another image uses (aws-facts §3.4). Its name is
// free at once.
func (s *Service) DeregisterImage(_ context.Context, in *sdk.DeregisterImageInput) (*sdk.DeregisterImageOutput, error) {
	img, err := s.ownImage(aws.ToString(in.ImageId))
	if err != nil {
		return nil, err
	}
	if err := s.checkDeregistration(img); err != nil {
		return nil, err
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	img.deregisteredAt = s.Now()
	out := &sdk.DeregisterImageOutput{Return: aws.Bool(true)}
	if !aws.ToBool(in.DeleteAssociatedSnapshots) {
		return out, nil
	}
	for _, id := range img.snapshotIDs() {
		result := types.DeleteSnapshotReturnCode{SnapshotId: aws.String(id), ReturnCode: types.SnapshotReturnCodesSuccess}
		p, ok := s.snapshots.get(id)
		switch {
		case !ok:
			result.ReturnCode = types.SnapshotReturnCodesErrorCodeClientError
		case aws.ToString(p.data.OwnerId) != s.Account:
			result.ReturnCode = types.SnapshotReturnCodesErrorMissingPermissions
		case len(s.imagesOf(id)) > 0:
			result.ReturnCode = types.SnapshotReturnCodesWarnSkipped
		default:
			s.dropSnapshot(id)
		}
		out.DeleteSnapshotResults = append(out.DeleteSnapshotResults, result)
	}
	return out, nil
}
