package ec2

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// ImageCopy is a copy of an image in another Region; its key is
// copy/<generation>/<region>, its id <region>/<image id>. Outputs: those of
// imageOut.
type ImageCopy struct {
	Image  stack.Ref `json:"image" stack:"create"`
	Region string    `json:"region" stack:"create"`
	// How it is encrypted is settled when it is made.
	Encrypted bool   `json:"encrypted" stack:"how"`
	KMSKeyID  string `json:"kms_key_id,omitempty" stack:"how"` // empty: the Region's default key
	Name      string `json:"name" stack:"how"`
}

// Kind names the kind.
func (*ImageCopy) Kind() string { return "ec2/image_copy" }

type imageCopies struct{ *imageReader }

func newImageCopy(r *imageReader) engine.Kind { return &imageCopies{r} }

func (k *imageCopies) Name() string { return (*ImageCopy)(nil).Kind() }

// List looks in the Regions that the stack's images name, and in those of the ids
// that the state knows.
func (k *imageCopies) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return k.everywhere(ctx, scope, func(ctx context.Context, r *imageRegion, image types.Image) (engine.Live, error) {
		if r == k.home || !shown(image, copyPrefix) {
			return engine.Live{}, nil
		}
		live := r.show(ctx, image, scope.Recent)
		live.Spec = copyOf(r.c.Region, image)
		return live, nil
	})
}

func copyOf(region string, image types.Image) *ImageCopy {
	return &ImageCopy{Image: stack.Literal(aws.ToString(image.SourceImageId)), Region: region, Name: aws.ToString(image.Name)}
}

// Create asks the Region of the copy for it, with a client token. A key that cannot
// be used shows only in the end: the copy fails (aws-facts §3.4).
func (k *imageCopies) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	wanted := spec[*ImageCopy](want.Spec)
	r := k.in(wanted.Region)
	var image types.Image
	err := withFreeName(wanted.Name, func(name string) (err error) {
		image, err = k.copy(ctx, r, want, name)
		if awsapi.Is(err, "InvalidAMIName.Duplicate") {
			// That of an image that is gone is another, and will be deleted.
			if twin, found := r.namesake(ctx, want, name); found && aws.ToString(twin.SourceImageId) == wanted.Image.String() {
				image, err = twin, nil
			}
		}
		return err
	})
	if err != nil {
		return engine.Live{}, fmt.Errorf("copying image %s to %s: %w", wanted.Image, wanted.Region, err)
	}
	tags := tagMap(image.Tags)
	id := aws.ToString(image.ImageId)
	return engine.Live{Key: want.Key, ID: k.joinRegion(wanted.Region, id), Out: imageOut(wanted.Region, image, tags), Tags: tags, Spec: copyOf(wanted.Region, image)}, nil
}

func (k *imageCopies) copy(ctx context.Context, r *imageRegion, want engine.Want, name string) (types.Image, error) {
	wanted := spec[*ImageCopy](want.Spec)
	return createOnce(ctx, r.objects, want, []string{name}, unusableOrGone, func(ctx context.Context, token string) (types.Image, error) {
		in := &sdk.CopyImageInput{
			ClientToken: aws.String(token), Name: aws.String(name), SourceImageId: aws.String(wanted.Image.String()), SourceRegion: aws.String(k.home.c.Region),
			Description:       aws.String(fmt.Sprintf("Copied from %s by webtier for %s", k.home.c.Region, want.Stack)),
			Encrypted:         aws.Bool(wanted.Encrypted),
			TagSpecifications: append(tagged(types.ResourceTypeImage, want.Tags), tagged(types.ResourceTypeSnapshot, want.Tags)...),
		}
		if wanted.KMSKeyID != "" {
			in.KmsKeyId = aws.String(wanted.KMSKeyID)
		}
		out, err := awsapi.EC2(r.c).CopyImage(ctx, in)
		if err != nil {
			return types.Image{}, err
		}
		return types.Image{ImageId: out.ImageId, Name: in.Name, State: types.ImageStatePending, Tags: tagList(want.Tags), SourceImageId: in.SourceImageId}, nil
	})
}

func unusableOrGone(image types.Image) bool {
	return unusableImage(image) || image.State == types.ImageStateDeregistered
}

// Update has only tags to change; the snapshots carry them, too.
func (k *imageCopies) Update(ctx context.Context, have engine.Live, want engine.Want, _ stack.Diff) (engine.Live, error) {
	return k.region(have).retag(ctx, have, want)
}

func (k *imageCopies) region(have engine.Live) *imageRegion {
	return k.in(spec[*ImageCopy](have.Spec).Region)
}

// Wait returns when the copy is available.
func (k *imageCopies) Wait(ctx context.Context, have engine.Live) (engine.Live, error) {
	return k.region(have).whenAvailable(ctx, have)
}

// Delete deregisters the copy, unless somebody uses it.
func (k *imageCopies) Delete(ctx context.Context, have engine.Live) error {
	return k.region(have).remove(ctx, have)
}

// Release lets the copy outlive its stack.
func (k *imageCopies) Release(ctx context.Context, have engine.Live) error {
	return k.region(have).release(ctx, have)
}
