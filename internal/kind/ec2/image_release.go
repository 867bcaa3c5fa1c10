package ec2

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// ImageRelease is the last step of an image or copy, after which it may be used: it
// is shared, its deprecation set, it is protected and marked. AWS stores this in the
// image. Its key is release/<generation>, or release/<generation>/<region>.
// Outputs: id, image_id, released_at.
type ImageRelease struct {
	Image  stack.Ref `json:"image" stack:"create"`
	Region string    `json:"region" stack:"create"`
	// SharedWith are accounts that may start servers from it.
	SharedWith []string `json:"shared_with,omitempty" stack:"set"`
	// DeprecateAfterDays counts from its making; 0: never.
	DeprecateAfterDays       int32 `json:"deprecate_after_days"`
	DeregistrationProtection bool  `json:"deregistration_protection"`
	RetainOnDestroy          bool  `json:"retain_on_destroy"`
}

// Kind names the kind.
func (*ImageRelease) Kind() string { return "ec2/image_release" }

// Untagged implements stack.Untagged.
func (*ImageRelease) Untagged() {}

const (
	releaseSuffix = "#release"
	// tagDeprecation keeps the days that were asked for: a date that had passed when
	// they were set cannot be had (aws-facts §3.4).
	tagDeprecation = "webtier:deprecate-after-days"
)

type imageReleases struct{ *imageReader }

func newImageRelease(r *imageReader) engine.Kind { return &imageReleases{r} }

func (k *imageReleases) Name() string { return (*ImageRelease)(nil).Kind() }

func (k *imageReleases) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	lives, err := k.everywhere(ctx, suffixed(scope, releaseSuffix), func(ctx context.Context, r *imageRegion, image types.Image) (engine.Live, error) {
		if !shown(image, "") || tagMap(image.Tags)[tagReleased] == "" {
			return engine.Live{}, nil
		}
		observed, err := r.observeRelease(ctx, image)
		out := map[string]string{"image_id": aws.ToString(image.ImageId), "released_at": tagMap(image.Tags)[tagReleased]}
		return engine.Live{Out: out, Spec: observed, Retain: observed != nil && observed.RetainOnDestroy}, err
	})
	for i := range lives {
		lives[i] = k.facet(lives[i])
	}
	return lives, err
}

// facet makes what is listed of an image that of its release.
func (k *imageReleases) facet(live engine.Live) engine.Live {
	live.ID += releaseSuffix
	live.Out["id"] = live.ID
	live.Key = releaseKey(live.Key)
	live.Tags = nil
	return live
}

// releaseKey is the key of the release of an image or copy.
func releaseKey(of string) string {
	for _, prefix := range []string{imagePrefix, copyPrefix} {
		if rest, ok := strings.CutPrefix(of, prefix); ok {
			return releasePrefix + rest
		}
	}
	return of
}

func (r *imageRegion) observeRelease(ctx context.Context, image types.Image) (*ImageRelease, error) {
	tags := tagMap(image.Tags)
	shared, err := r.sharedWith(ctx, image)
	if err != nil {
		return nil, err
	}
	return &ImageRelease{
		Image: stack.Literal(aws.ToString(image.ImageId)), Region: r.c.Region, SharedWith: shared,
		DeprecateAfterDays:       r.deprecation(image),
		DeregistrationProtection: isProtected(image),
		RetainOnDestroy:          tags[tagRetain] == "true",
	}, nil
}

func isProtected(image types.Image) bool {
	return strings.HasPrefix(aws.ToString(image.DeregistrationProtection), "enabled")
}

// deprecation returns after how many days the image is deprecated: as it was asked
// for, unless somebody chose another date since.
func (r *imageRegion) deprecation(image types.Image) int32 {
	at, err := time.Parse(time.RFC3339, aws.ToString(image.DeprecationTime))
	if err != nil {
		return 0
	}
	made := createdAt(image)
	if days, err := strconv.ParseInt(tagMap(image.Tags)[tagDeprecation], 10, 32); err == nil {
		asked := made.AddDate(0, 0, int(days))
		if at.Sub(asked).Abs() < time.Hour || asked.Before(r.c.Now()) {
			return int32(days)
		}
	}
	return int32(max(1, at.Sub(made).Round(24*time.Hour)/(24*time.Hour)))
}

// partly marks an account that may use the image or some of its snapshots only.
const partly = " (in part)"

// sharedWith returns the accounts that may use the image and all its snapshots.
func (r *imageRegion) sharedWith(ctx context.Context, image types.Image) ([]string, error) {
	out, err := awsapi.EC2(r.c).DescribeImageAttribute(ctx, &sdk.DescribeImageAttributeInput{ImageId: image.ImageId, Attribute: types.ImageAttributeNameLaunchPermission})
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, p := range out.LaunchPermissions {
		count[aws.ToString(p.UserId)+string(p.Group)+aws.ToString(p.OrganizationArn)+aws.ToString(p.OrganizationalUnitArn)]++
	}
	snapshots := snapshotsOf(image)
	for _, id := range snapshots {
		out, err := awsapi.EC2(r.c).DescribeSnapshotAttribute(ctx, &sdk.DescribeSnapshotAttributeInput{SnapshotId: aws.String(id), Attribute: types.SnapshotAttributeNameCreateVolumePermission})
		if err != nil {
			return nil, err
		}
		for _, p := range out.CreateVolumePermissions {
			count[aws.ToString(p.UserId)+string(p.Group)]++
		}
	}
	var users []string
	for _, user := range slices.Sorted(maps.Keys(count)) {
		if count[user] <= len(snapshots) {
			user += partly
		}
		users = append(users, user)
	}
	return users, nil
}

// Create releases the image: what makes it usable first, the mark last.
func (k *imageReleases) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	wanted := spec[*ImageRelease](want.Spec)
	r := k.in(wanted.Region)
	id := wanted.Image.String()
	at, err := r.converge(ctx, wanted)
	if err != nil {
		return engine.Live{}, fmt.Errorf("releasing image %s in %s: %w", id, wanted.Region, err)
	}
	live := k.facet(engine.Live{ID: k.joinRegion(wanted.Region, id), Out: map[string]string{"image_id": id, "released_at": at}, Spec: wanted, Retain: wanted.RetainOnDestroy})
	live.Key = want.Key
	return live, nil
}

// converge makes the release as wanted, whatever of it there is already, and
// returns when the image was first released.
func (r *imageRegion) converge(ctx context.Context, wanted *ImageRelease) (at string, err error) {
	id := wanted.Image.String()
	image, exists, err := r.get(ctx, id)
	if err == nil && !exists {
		err = fmt.Errorf("it does not exist any more")
	}
	if err != nil {
		return "", err
	}
	have, err := r.observeRelease(ctx, image)
	if err != nil {
		return "", err
	}
	if err := r.share(ctx, image, wanted.SharedWith, have.SharedWith); err != nil {
		return "", err
	}
	if err := r.deprecate(ctx, image, wanted.DeprecateAfterDays, have.DeprecateAfterDays); err != nil {
		return "", err
	}
	if wanted.DeregistrationProtection != have.DeregistrationProtection {
		if err := r.protect(ctx, id, wanted.DeregistrationProtection); err != nil {
			return "", err
		}
	}
	tags := tagMap(image.Tags)
	marks := map[string]string{tagReleased: tags[tagReleased], tagRetain: strconv.FormatBool(wanted.RetainOnDestroy), tagDeprecation: strconv.Itoa(int(wanted.DeprecateAfterDays))}
	if marks[tagReleased] == "" {
		marks[tagReleased] = r.c.Now().UTC().Format(time.RFC3339)
	}
	set := map[string]string{}
	for key, value := range marks {
		if tags[key] != value {
			set[key] = value
		}
	}
	if len(set) > 0 {
		_, err = awsapi.EC2(r.c).CreateTags(ctx, &sdk.CreateTagsInput{Resources: []string{id}, Tags: tagList(set)})
	}
	return marks[tagReleased], err
}

// share lets the wanted accounts use the image and its snapshots, and nobody else.
func (r *imageRegion) share(ctx context.Context, image types.Image, want, have []string) error {
	var add, remove []string
	for _, user := range want {
		if !slices.Contains(have, user) {
			add = append(add, user)
		}
	}
	for _, user := range have {
		if user = strings.TrimSuffix(user, partly); !slices.Contains(want, user) {
			remove = append(remove, user)
		}
	}
	if len(add)+len(remove) == 0 {
		return nil
	}
	_, err := awsapi.EC2(r.c).ModifyImageAttribute(ctx, &sdk.ModifyImageAttributeInput{ImageId: image.ImageId,
		LaunchPermission: &types.LaunchPermissionModifications{Add: launchPermissions(add), Remove: launchPermissions(remove)}})
	if err != nil {
		return fmt.Errorf("sharing it with %s: %w", strings.Join(want, ", "), err)
	}
	for _, id := range snapshotsOf(image) {
		// One call either adds or removes (AWS: ModifySnapshotAttribute).
		for _, change := range []types.CreateVolumePermissionModifications{{Add: volumePermissions(add)}, {Remove: volumePermissions(remove)}} {
			if len(change.Add)+len(change.Remove) == 0 {
				continue
			}
			if _, err := awsapi.EC2(r.c).ModifySnapshotAttribute(ctx, &sdk.ModifySnapshotAttributeInput{SnapshotId: aws.String(id), CreateVolumePermission: &change}); err != nil {
				return fmt.Errorf("sharing its snapshot %s with %s: %w", id, strings.Join(want, ", "), err)
			}
		}
	}
	return nil
}

const everybody = "all"

func launchPermissions(users []string) []types.LaunchPermission {
	var list []types.LaunchPermission
	for _, user := range users {
		switch {
		case user == everybody:
			list = append(list, types.LaunchPermission{Group: types.PermissionGroupAll})
		case strings.Contains(user, ":ou/"):
			list = append(list, types.LaunchPermission{OrganizationalUnitArn: aws.String(user)})
		case strings.HasPrefix(user, "arn:"):
			list = append(list, types.LaunchPermission{OrganizationArn: aws.String(user)})
		default:
			list = append(list, types.LaunchPermission{UserId: aws.String(user)})
		}
	}
	return list
}

// volumePermissions leaves out organizations, with which snapshots are not shared.
func volumePermissions(users []string) []types.CreateVolumePermission {
	var list []types.CreateVolumePermission
	for _, user := range users {
		switch {
		case user == everybody:
			list = append(list, types.CreateVolumePermission{Group: types.PermissionGroupAll})
		case !strings.HasPrefix(user, "arn:"):
			list = append(list, types.CreateVolumePermission{UserId: aws.String(user)})
		}
	}
	return list
}

// soonest is how far ahead a deprecation is set whose date has passed.
const soonest = 10 * time.Minute

func (r *imageRegion) deprecate(ctx context.Context, image types.Image, want, have int32) error {
	if want == have {
		return nil
	}
	var err error
	if want == 0 {
		_, err = awsapi.EC2(r.c).DisableImageDeprecation(ctx, &sdk.DisableImageDeprecationInput{ImageId: image.ImageId})
	} else {
		at := createdAt(image).AddDate(0, 0, int(want))
		if earliest := r.c.Now().Add(soonest); at.Before(earliest) {
			at = earliest
		}
		_, err = awsapi.EC2(r.c).EnableImageDeprecation(ctx, &sdk.EnableImageDeprecationInput{ImageId: image.ImageId, DeprecateAt: aws.Time(at.UTC())})
	}
	if err != nil {
		return fmt.Errorf("setting when it is deprecated: %w", err)
	}
	return nil
}

func (r *imageRegion) protect(ctx context.Context, id string, on bool) error {
	var err error
	if on {
		_, err = awsapi.EC2(r.c).EnableImageDeregistrationProtection(ctx, &sdk.EnableImageDeregistrationProtectionInput{ImageId: aws.String(id), WithCooldown: aws.Bool(false)})
	} else {
		_, err = awsapi.EC2(r.c).DisableImageDeregistrationProtection(ctx, &sdk.DisableImageDeregistrationProtectionInput{ImageId: aws.String(id)})
	}
	if err != nil {
		return fmt.Errorf("protecting it from deregistration (%t): %w", on, err)
	}
	return nil
}

// Update makes the release as wanted.
func (k *imageReleases) Update(ctx context.Context, have engine.Live, want engine.Want, _ stack.Diff) (engine.Live, error) {
	live, err := k.Create(ctx, want)
	if err != nil {
		return have, err
	}
	return live, nil
}

// Delete takes the release back, so that the image can be deregistered; not of one
// that is used, for that will stay.
func (k *imageReleases) Delete(ctx context.Context, have engine.Live) error {
	wanted := spec[*ImageRelease](have.Spec)
	r, id := k.in(wanted.Region), wanted.Image.String()
	if err := r.unused(ctx, id); err != nil {
		return err
	}
	var err error
	if wanted.DeregistrationProtection {
		err = r.protect(ctx, id, false)
	}
	if err == nil {
		_, err = awsapi.EC2(r.c).DeleteTags(ctx, &sdk.DeleteTagsInput{Resources: []string{id}, Tags: []types.Tag{{Key: aws.String(tagReleased)}}})
	}
	if err != nil && !goneImage(err) {
		return fmt.Errorf("taking back the release of image %s in %s: %w", id, wanted.Region, err)
	}
	return nil
}

// Release has nothing to do: an image that outlives its stack stays as it is.
func (k *imageReleases) Release(context.Context, engine.Live) error { return nil }

// Wait has nothing to do: the calls take effect at once.
func (k *imageReleases) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}
