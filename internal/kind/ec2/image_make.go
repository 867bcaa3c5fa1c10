package ec2

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
)

// Create images the server, frozen if asked for. There is no client token: what an
// earlier, unanswered call made is found by its tags, which it had from the start,
// and by its name (aws-facts §3.4, §17).
func (k *images) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	wanted := spec[*Image](want.Spec)
	server := wanted.Server.String()
	if err := k.thawLeft(ctx, server); err != nil {
		return engine.Live{}, err
	}
	earlier, err := k.home.ofPart(ctx, want)
	if err != nil {
		return engine.Live{}, err
	}
	for _, image := range earlier {
		if shown(image, imagePrefix) && !unusableImage(image) {
			return k.made(want, image), nil
		}
	}
	image, err := k.image(ctx, want)
	if err != nil {
		return engine.Live{}, fmt.Errorf("imaging server %s: %w", server, err)
	}
	return k.made(want, image), nil
}

func (k *images) made(want engine.Want, image types.Image) engine.Live {
	tags := tagMap(image.Tags)
	return engine.Live{Key: want.Key, ID: aws.ToString(image.ImageId), Out: imageOut(k.home.c.Region, image, tags), Tags: tags,
		Spec: &Image{Server: spec[*Image](want.Spec).Server, Name: aws.ToString(image.Name)}}
}

// image makes the image and leaves the server thawed, whatever happens.
func (k *images) image(ctx context.Context, want engine.Want) (types.Image, error) {
	wanted := spec[*Image](want.Spec)
	if wanted.Freeze == nil {
		return k.createImage(ctx, want)
	}
	f := freezer{k.home.c, wanted.Server.String(), want.Stack.String(), *wanted.Freeze}
	image, err := types.Image{}, f.freeze(ctx)
	if err == nil {
		image, err = k.createImage(ctx, want)
		// The image holds the state at which its snapshots begin: not to be thawed
		// before, also when only the reply got lost.
		if err == nil || awsapi.IsLostReply(err) {
			begun, beginErr := k.begun(ctx, want)
			if beginErr == nil {
				image, err = begun, nil
			}
			if err == nil && beginErr != nil {
				err = errors.Join(beginErr, k.home.remove(context.WithoutCancel(ctx), k.made(want, image)))
			}
		}
	}
	if thawErr := f.thaw(context.WithoutCancel(ctx)); thawErr != nil {
		err = errors.Join(err, thawErr)
	}
	return image, err
}

// begunWithin is how long a server stays frozen at most for its snapshots to begin.
const begunWithin = time.Minute

// begun returns the part's image once all its snapshots have begun.
func (k *images) begun(ctx context.Context, want engine.Want) (types.Image, error) {
	var found types.Image
	w := awsapi.Waiting{What: "the snapshots of " + want.Key + " to begin", Limit: begunWithin}
	err := k.home.c.Pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
		made, err := k.home.ofPart(ctx, want)
		if err != nil {
			return false, "", err
		}
		for _, image := range made {
			if shown(image, imagePrefix) && !unusableImage(image) && len(image.BlockDeviceMappings) > 0 && allBegun(image) {
				found = image
				return true, "", nil
			}
		}
		return false, "not begun", nil
	})
	return found, err
}

func allBegun(image types.Image) bool {
	for _, device := range image.BlockDeviceMappings {
		if device.Ebs != nil && device.Ebs.SnapshotId == nil {
			return false
		}
	}
	return true
}

// busyLimit is how long a server may be between two states, or its volumes between
// two snapshots (aws-facts §3.4: 15 s).
const busyLimit = 2 * time.Minute

func imageable(err error) bool {
	return awsapi.IsBusy(err) || awsapi.Is(err, "SnapshotCreationPerVolumeRateExceeded")
}

// createImage sends the call. A name that another image has gets a suffix: one
// that outlived an earlier stack of this name, or that waits in the recycle bin.
func (k *images) createImage(ctx context.Context, want engine.Want) (types.Image, error) {
	wanted := spec[*Image](want.Spec)
	tags := withConsistency(want.Tags, wanted)
	in := &sdk.CreateImageInput{
		InstanceId: aws.String(wanted.Server.String()), NoReboot: aws.Bool(!wanted.Reboot),
		Description:       aws.String(fmt.Sprintf("Made of %s by webtier for %s", wanted.Server, want.Stack)),
		TagSpecifications: append(tagged(types.ResourceTypeImage, tags), tagged(types.ResourceTypeSnapshot, tags)...),
	}
	for _, device := range wanted.ExcludeDevices {
		in.BlockDeviceMappings = append(in.BlockDeviceMappings, types.BlockDeviceMapping{DeviceName: aws.String(device), NoDevice: aws.String("")})
	}
	var id string
	err := withFreeName(wanted.Name, func(name string) error {
		in.Name = aws.String(name)
		err := k.home.c.Pace.Retry(ctx, busyLimit, imageable, func(ctx context.Context) error {
			out, err := awsapi.EC2(k.home.c).CreateImage(ctx, in, unrepeated)
			if err == nil {
				id = aws.ToString(out.ImageId)
			}
			return err
		})
		if !awsapi.Is(err, "InvalidAMIName.Duplicate") {
			return err
		}
		if twin, found := k.home.namesake(ctx, want, name); found {
			id = aws.ToString(twin.ImageId)
			return nil
		}
		return err
	})
	if err != nil {
		return types.Image{}, uncertain(err)
	}
	image := types.Image{ImageId: aws.String(id), Name: in.Name, State: types.ImageStatePending, Tags: tagList(tags), SourceInstanceId: in.InstanceId}
	if seen, exists := k.home.see(ctx, image); exists {
		image = seen
	}
	return image, nil
}

func withConsistency(tags map[string]string, wanted *Image) map[string]string {
	all := maps.Clone(tags)
	switch {
	case wanted.Freeze != nil:
		all[tagConsistency] = "freeze"
	case wanted.Reboot:
		all[tagConsistency] = "reboot"
	default:
		all[tagConsistency] = "crash"
	}
	return all
}

// withFreeName tries a name, then others like it while AWS says that it is taken.
func withFreeName(name string, try func(name string) error) error {
	err := try(name)
	for _, suffix := range []string{"-b", "-c", "-d", "-e"} {
		if !awsapi.Is(err, "InvalidAMIName.Duplicate") {
			return err
		}
		err = try(name + suffix)
	}
	return err
}

// namesake returns the image of that name if it is the wanted part.
func (r *imageRegion) namesake(ctx context.Context, want engine.Want, name string) (types.Image, bool) {
	found, err := r.describe(ctx, filter("name", name))
	if err != nil {
		return types.Image{}, false
	}
	for _, image := range found {
		if isOurs(tagMap(image.Tags), want) && image.State != types.ImageStateDeregistered && !unusableImage(image) {
			return image, true
		}
	}
	return types.Image{}, false
}
