package ec2

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// ImageLeftover is what an apply that was killed may leave beside images: a server
// that verifies one, a server that is still frozen, a snapshot whose image is gone.
// No stack wants any, so the next apply, or the destroy, clears them away.
type ImageLeftover struct {
	// What is canary, frozen or snapshot.
	What string `json:"what" stack:"create"`
	// Image is what a canary runs from; it goes after the canary.
	Image  stack.Ref `json:"image" stack:"create"`
	Region string    `json:"region" stack:"create"`
}

// Kind names the kind.
func (*ImageLeftover) Kind() string { return "ec2/image_leftover" }

const (
	leftCanary   = "canary"
	leftFrozen   = "frozen"
	leftSnapshot = "snapshot"
)

type leftovers struct{ *imageReader }

func newImageLeftover(r *imageReader) engine.Kind { return &leftovers{r} }

func (k *leftovers) Name() string { return (*ImageLeftover)(nil).Kind() }

func (k *leftovers) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	owned := filter("tag:"+stack.TagStack, scope.Stack.String())
	running := filter("instance-state-name", "pending", "running", "stopping", "stopped")
	canaries, err := describeInstances(ctx, k.home.c, owned, filter("tag:"+stack.TagPart, canaryPrefix+"*"), running)
	if err != nil {
		return nil, err
	}
	frozen, err := describeInstances(ctx, k.home.c, filter("tag:"+tagFrozen, scope.Stack.String()), running)
	if err != nil {
		return nil, err
	}
	var lives []engine.Live
	for _, i := range canaries {
		lives = append(lives, leftover(leftCanary, k.home.c.Region, aws.ToString(i.InstanceId), aws.ToString(i.ImageId)))
	}
	for _, i := range frozen {
		lives = append(lives, leftover(leftFrozen, k.home.c.Region, aws.ToString(i.InstanceId), ""))
	}
	scopes, err := k.abroad(ctx, scope)
	if err != nil {
		return nil, err
	}
	for _, region := range append([]string{k.home.c.Region}, slices.Sorted(maps.Keys(scopes))...) {
		snapshots, err := k.in(region).orphans(ctx, scope)
		if err != nil {
			return nil, err
		}
		for _, id := range snapshots {
			live := leftover(leftSnapshot, region, id, "")
			live.ID = k.joinRegion(region, id)
			lives = append(lives, live)
		}
	}
	return lives, nil
}

func leftover(what, region, id, image string) engine.Live {
	return engine.Live{Key: what + "/" + id, ID: id, Out: map[string]string{"id": id}, Spec: &ImageLeftover{What: what, Image: stack.Literal(image), Region: region}}
}

// orphans returns the stack's snapshots that no image of the account has. What is
// not shown yet is no matter: EC2 does not delete a snapshot that an image uses.
func (r *imageRegion) orphans(ctx context.Context, scope engine.Scope) ([]string, error) {
	in := &sdk.DescribeSnapshotsInput{OwnerIds: []string{"self"}, Filters: []types.Filter{filter("tag:"+stack.TagStack, scope.Stack.String())}}
	snapshots, err := allPages(ctx, sdk.NewDescribeSnapshotsPaginator(r.c.EC2Pages(), in), func(out *sdk.DescribeSnapshotsOutput) []types.Snapshot { return out.Snapshots })
	if err != nil || len(snapshots) == 0 {
		return nil, err
	}
	var ids []string
	for _, snapshot := range snapshots {
		part := tagMap(snapshot.Tags)[stack.TagPart]
		if strings.HasPrefix(part, imagePrefix) || strings.HasPrefix(part, copyPrefix) {
			ids = append(ids, aws.ToString(snapshot.SnapshotId))
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	used, err := r.describe(ctx, filter("block-device-mapping.snapshot-id", ids...))
	if err != nil {
		return nil, err
	}
	for _, image := range used {
		if image.State == types.ImageStateDeregistered {
			continue
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(snapshotsOf(image), id) })
	}
	return ids, nil
}

// Create is never asked for.
func (k *leftovers) Create(context.Context, engine.Want) (engine.Live, error) {
	return engine.Live{}, errors.New("nobody wants what is left over")
}

// Update is never asked for.
func (k *leftovers) Update(_ context.Context, have engine.Live, _ engine.Want, _ stack.Diff) (engine.Live, error) {
	return have, nil
}

// Wait is never asked for.
func (k *leftovers) Wait(_ context.Context, have engine.Live) (engine.Live, error) { return have, nil }

// Delete terminates the server, thaws it, or deletes the snapshot.
func (k *leftovers) Delete(ctx context.Context, have engine.Live) error {
	wanted, id := spec[*ImageLeftover](have.Spec), have.Out["id"]
	switch wanted.What {
	case leftCanary:
		return terminate(ctx, k.home.c, id)
	case leftFrozen:
		return k.thawLeft(ctx, id)
	}
	_, err := awsapi.EC2(k.in(wanted.Region).c).DeleteSnapshot(ctx, &sdk.DeleteSnapshotInput{SnapshotId: aws.String(id)})
	if awsapi.IsNotFound(err) || awsapi.Is(err, "InvalidSnapshot.InUse") {
		return nil // gone, or not left over: its image was not shown
	}
	if err != nil {
		return fmt.Errorf("deleting snapshot %s in %s, whose image is gone: %w", id, wanted.Region, err)
	}
	return nil
}

// consoleOf returns the console output of an instance, or nothing.
func consoleOf(ctx context.Context, c *awsapi.Clients, id string) string {
	out, err := awsapi.EC2(c).GetConsoleOutput(ctx, &sdk.GetConsoleOutputInput{InstanceId: aws.String(id)})
	if err != nil {
		return ""
	}
	text, err := base64.StdEncoding.DecodeString(aws.ToString(out.Output))
	if err != nil {
		return ""
	}
	return string(text)
}
