package ec2

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Image is one generation of a machine image of a server; its key is
// image/<generation>. What the image holds cannot be compared: another server or
// other devices are another generation, so the settings say how it is made.
// Outputs: those of imageOut.
type Image struct {
	Server         stack.Ref `json:"server" stack:"how"` // instance id
	Name           string    `json:"name" stack:"how"`
	Reboot         bool      `json:"reboot" stack:"how"`
	ExcludeDevices []string  `json:"exclude_devices,omitempty" stack:"how"`
	Freeze         *Freeze   `json:"freeze,omitempty" stack:"how"`
}

// Kind names the kind.
func (*Image) Kind() string { return "ec2/image" }

// Tags that tell of an image what AWS does not.
const (
	tagConsistency = "webtier:consistency" // crash, reboot or freeze
	tagVerified    = "webtier:verified"    // when, by RFC 3339
	tagRejected    = "webtier:rejected"    // why the verification failed
	tagReleased    = "webtier:released"    // when, by RFC 3339
	tagRetain      = "webtier:retain"      // true: it outlives its stack
	tagRetained    = "webtier:retained"    // the stack that it has outlived
	// TagCopies names the Regions that have copies, separated by spaces: where to
	// look for them.
	TagCopies = "webtier:copies"
)

type images struct{ *imageReader }

func newImage(r *imageReader) engine.Kind { return &images{r} }

func (k *images) Name() string { return (*Image)(nil).Kind() }

func (k *images) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return k.home.list(ctx, scope, func(ctx context.Context, image types.Image) (engine.Live, error) {
		if !shown(image, imagePrefix) {
			return engine.Live{}, nil
		}
		return k.home.show(ctx, image, scope.Recent), nil
	})
}

// show shows an image that failed, or that failed its verification, as one that is
// going away: it is never used, so that the next apply makes another and deletes
// this one.
func (r *imageRegion) show(ctx context.Context, image types.Image, recent bool) engine.Live {
	tags := tagMap(image.Tags)
	id := aws.ToString(image.ImageId)
	out := imageOut(r.c.Region, image, tags)
	live := engine.Live{ID: id, Out: out, Tags: tags, Spec: &Image{Server: stack.Literal(aws.ToString(image.SourceInstanceId)), Name: aws.ToString(image.Name)},
		Deleting: unusableImage(image), Retain: tags[tagRetain] == "true"}
	users, _, err := r.users.Get(ctx, id, recent)
	switch {
	case err != nil:
		out["use_unknown"] = awsapi.Code(err) + ": " + awsapi.Message(err)
		if awsapi.Code(err) == "" {
			out["use_unknown"] = err.Error()
		}
	case len(users) > 0:
		out["in_use_by"] = strings.Join(users, "\n")
	}
	return live
}

// imageOut are the outputs of an image: id, region, name, state, created_at,
// root_device_name, architecture, snapshot_ids (comma separated); where it applies
// also failure, consistency, verified_at, released_at; from show in_use_by (one user
// a line) or use_unknown (why that cannot be told).
func imageOut(region string, image types.Image, tags map[string]string) map[string]string {
	out := map[string]string{
		"id": aws.ToString(image.ImageId), "region": region, "name": aws.ToString(image.Name), "state": string(image.State),
		"created_at": createdAt(image).Format(time.RFC3339), "root_device_name": aws.ToString(image.RootDeviceName),
		"architecture": string(image.Architecture), "snapshot_ids": strings.Join(snapshotsOf(image), ","),
		"consistency": tags[tagConsistency], "verified_at": tags[tagVerified], "released_at": tags[tagReleased],
	}
	if failedImage(image) {
		out["failure"] = "no reason given"
		if image.StateReason != nil {
			out["failure"] = aws.ToString(image.StateReason.Message)
		}
	}
	for name, value := range out {
		if value == "" {
			delete(out, name)
		}
	}
	return out
}

func createdAt(image types.Image) time.Time {
	at, err := time.Parse(time.RFC3339, aws.ToString(image.CreationDate))
	if err != nil {
		return time.Time{}
	}
	return at.UTC().Truncate(time.Second)
}

func snapshotsOf(image types.Image) []string {
	var ids []string
	for _, device := range image.BlockDeviceMappings {
		if device.Ebs != nil && device.Ebs.SnapshotId != nil {
			ids = append(ids, *device.Ebs.SnapshotId)
		}
	}
	return ids
}

// failedImage reports whether the image will never be available (aws-facts §3.4).
func failedImage(image types.Image) bool {
	switch image.State {
	case types.ImageStateFailed, types.ImageStateError, types.ImageStateInvalid:
		return true
	}
	return false
}

func unusableImage(image types.Image) bool {
	tags := tagMap(image.Tags)
	return failedImage(image) || tags[tagRejected] != "" && tags[tagReleased] == ""
}

// Update has only tags to change; the snapshots carry them, too.
func (k *images) Update(ctx context.Context, have engine.Live, want engine.Want, _ stack.Diff) (engine.Live, error) {
	return k.home.retag(ctx, have, want)
}

func (r *imageRegion) retag(ctx context.Context, have engine.Live, want engine.Want) (engine.Live, error) {
	for _, id := range append(splitList(have.Out["snapshot_ids"]), have.Out["id"]) {
		one := have
		one.ID = id
		if _, err := retag(ctx, r.c, one, want); err != nil {
			return have, err
		}
	}
	have.Tags = want.Tagged(have.Tags)
	return have, nil
}

func splitList(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
}

// Wait returns when the image is available. A server that an earlier apply left
// frozen is thawed first: its snapshots have begun.
func (k *images) Wait(ctx context.Context, have engine.Live) (engine.Live, error) {
	server := spec[*Image](have.Spec).Server.String()
	if have.Out["state"] != available && server != "" {
		if err := k.thawLeft(ctx, server); err != nil {
			return have, err
		}
	}
	return k.home.whenAvailable(ctx, have)
}

// The time that an image takes depends on the volumes: minutes, or hours for
// terabytes. The operation's own timeout ends the wait (aws-facts §14).
const imageLimit = 24 * time.Hour

func (r *imageRegion) whenAvailable(ctx context.Context, have engine.Live) (engine.Live, error) {
	id := have.Out["id"]
	if have.Out["state"] == available {
		return have, nil
	}
	w := awsapi.Waiting{What: fmt.Sprintf("image %s in %s to become available", id, r.c.Region), Expect: 4 * time.Minute, Limit: imageLimit}
	image, err := r.await(ctx, id, w, func(image types.Image) (bool, string, error) {
		if failedImage(image) {
			return false, "failed", fmt.Errorf("image %s in %s failed: %s", id, r.c.Region, imageOut(r.c.Region, image, nil)["failure"])
		}
		return image.State == types.ImageStateAvailable, string(image.State) + r.progress(ctx, image), nil
	})
	if err != nil {
		return have, err
	}
	users, unknown := have.Out["in_use_by"], have.Out["use_unknown"]
	have.Out = imageOut(r.c.Region, image, have.Tags)
	for name, value := range map[string]string{"in_use_by": users, "use_unknown": unknown} {
		if value != "" {
			have.Out[name] = value
		}
	}
	return have, nil
}

// progress tells how far the snapshots of a pending image are, for the log.
func (r *imageRegion) progress(ctx context.Context, image types.Image) string {
	ids := snapshotsOf(image)
	if image.State != types.ImageStatePending || len(ids) == 0 {
		return ""
	}
	out, err := awsapi.EC2(r.c).DescribeSnapshots(ctx, &sdk.DescribeSnapshotsInput{Filters: []types.Filter{filter("snapshot-id", ids...)}})
	if err != nil {
		return ""
	}
	var parts []string
	for _, snapshot := range out.Snapshots {
		parts = append(parts, aws.ToString(snapshot.Progress))
	}
	return ", snapshots at " + strings.Join(parts, " and ")
}

// Delete deregisters the image, unless somebody uses it.
func (k *images) Delete(ctx context.Context, have engine.Live) error { return k.home.remove(ctx, have) }

// Release lets the image outlive its stack.
func (k *images) Release(ctx context.Context, have engine.Live) error {
	return k.home.release(ctx, have)
}

// InUseError says that an image cannot be deleted, and for whom it is kept.
type InUseError struct{ Image, Region, Users string }

func (e *InUseError) Error() string {
	return fmt.Sprintf("image %s in %s is in use and was kept: %s.\n"+
		"Without it those could not start servers any more. Let them use another image, or, to destroy the rest, set retain_on_destroy = true and apply first",
		e.Image, e.Region, strings.ReplaceAll(e.Users, "\n", "; "))
}

// unused returns an InUseError when anybody uses the image, or an error when that
// cannot be proven.
func (r *imageRegion) unused(ctx context.Context, id string) error {
	users, _, err := r.users.Get(ctx, id, false)
	if err != nil {
		return fmt.Errorf("image %s in %s is kept, for it cannot be proven unused: %w", id, r.c.Region, err)
	}
	if len(users) > 0 {
		return &InUseError{Image: id, Region: r.c.Region, Users: strings.Join(users, "\n")}
	}
	return nil
}

// remove deregisters an image that nobody uses, with its snapshots. Those that AWS
// did not delete with it are deleted one by one (aws-facts §3.4).
func (r *imageRegion) remove(ctx context.Context, have engine.Live) error {
	id := have.Out["id"]
	if err := r.unused(ctx, id); err != nil {
		return err
	}
	if err := r.unprotect(ctx, id); err != nil {
		return fmt.Errorf("deregistering image %s in %s: %w", id, r.c.Region, err)
	}
	out, err := awsapi.EC2(r.c).DeregisterImage(ctx, &sdk.DeregisterImageInput{ImageId: aws.String(id), DeleteAssociatedSnapshots: aws.Bool(true)})
	if err != nil && !goneImage(err) {
		return fmt.Errorf("deregistering image %s in %s: %w", id, r.c.Region, err)
	}
	done := map[string]bool{}
	if out != nil {
		for _, result := range out.DeleteSnapshotResults {
			// A snapshot that another image uses is that one's.
			done[aws.ToString(result.SnapshotId)] = result.ReturnCode == types.SnapshotReturnCodesSuccess || result.ReturnCode == types.SnapshotReturnCodesWarnSkipped
		}
	}
	var errs []error
	for _, snapshot := range splitList(have.Out["snapshot_ids"]) {
		if !done[snapshot] {
			errs = append(errs, r.deleteSnapshot(ctx, snapshot))
		}
	}
	return errors.Join(errs...)
}

// unprotect takes off the protection that a release left which was interrupted before
// its mark, and so is not listed.
func (r *imageRegion) unprotect(ctx context.Context, id string) error {
	image, exists, err := r.get(ctx, id)
	if err == nil && exists && isProtected(image) {
		err = r.protect(ctx, id, false)
	}
	return err
}

// goneImage reports whether there is no such image any more (aws-facts §3.4).
func goneImage(err error) bool {
	return awsapi.IsNotFound(err) || awsapi.Is(err, "InvalidAMIID.Unavailable")
}

// deleteSnapshot deletes a snapshot of an image that was just deregistered, which
// EC2 may still believe in use.
func (r *imageRegion) deleteSnapshot(ctx context.Context, id string) error {
	err := r.c.Pace.Retry(ctx, time.Minute, awsapi.IsInUse, func(ctx context.Context) error {
		_, err := awsapi.EC2(r.c).DeleteSnapshot(ctx, &sdk.DeleteSnapshotInput{SnapshotId: aws.String(id)})
		return err
	})
	if err != nil && !awsapi.IsNotFound(err) {
		return fmt.Errorf("deleting snapshot %s in %s: %w", id, r.c.Region, err)
	}
	return nil
}

// release takes the tags of the stack off an image and its snapshots. The note of
// where it came from comes first: an image without it would be found by its id.
func (r *imageRegion) release(ctx context.Context, have engine.Live) error {
	ids := append(splitList(have.Out["snapshot_ids"]), have.Out["id"])
	_, err := awsapi.EC2(r.c).CreateTags(ctx, &sdk.CreateTagsInput{Resources: ids,
		Tags: tagList(map[string]string{tagRetained: have.Tags[stack.TagStack]})})
	if err == nil {
		var keys []types.Tag
		for _, key := range []string{stack.TagStack, stack.TagPart, stack.TagVersion, stack.TagConfig, tagRetain} {
			keys = append(keys, types.Tag{Key: aws.String(key)})
		}
		_, err = awsapi.EC2(r.c).DeleteTags(ctx, &sdk.DeleteTagsInput{Resources: ids, Tags: keys})
	}
	if err != nil && !goneImage(err) {
		return fmt.Errorf("releasing image %s in %s from its stack: %w", have.Out["id"], r.c.Region, err)
	}
	return nil
}
