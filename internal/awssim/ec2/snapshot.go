package ec2

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// snapshotInterval is how long EC2 wants between two snapshots of one volume
// (aws-facts §3.4: SnapshotCreationPerVolumeRateExceeded, retry after about 15 s).
const snapshotInterval = 15 * time.Second

// snapshot is an EBS snapshot.
type snapshot struct {
	data types.Snapshot
	// origin is the catalogue image whose software is on it, if any.
	origin string
	// readyAt is when it is completed, or ends in error if failure says why.
	readyAt time.Time
	failure string
	// permissions are those to make volumes of it.
	permissions []types.CreateVolumePermission
}

func (p *snapshot) id() string { return aws.ToString(p.data.SnapshotId) }

// completed tells whether an image or a volume can be made of the snapshot.
func (p *snapshot) completed(at time.Time) bool { return p.failure == "" && !at.Before(p.readyAt) }

func (s *Service) shownSnapshot(p *snapshot, at time.Time) types.Snapshot {
	out := convert[types.Snapshot](p.data)
	out.Tags = s.tagList(p.id())
	switch {
	case at.Before(p.readyAt):
		out.State = types.SnapshotStatePending
		done := 100 * at.Sub(*p.data.StartTime) / p.readyAt.Sub(*p.data.StartTime)
		out.Progress = aws.String(fmt.Sprintf("%d%%", done))
	case p.failure != "":
		// aws-facts §3.5: a copy with an unusable key fails later, not at the call.
		out.State, out.StateMessage = types.SnapshotStateError, aws.String(p.failure)
		out.Progress = aws.String("0%")
	default:
		out.State, out.CompletionTime = types.SnapshotStateCompleted, aws.Time(p.readyAt)
		out.Progress = aws.String("100%")
	}
	return out
}

// addSnapshot begins a snapshot. data brings what its maker knows of it.
func (s *Service) addSnapshot(data types.Snapshot, origin string, takes time.Duration, failure string) *snapshot {
	now := s.Now()
	data.SnapshotId, data.OwnerId = aws.String(s.NewID("snap")), aws.String(s.Account)
	data.StartTime, data.StorageTier = aws.Time(now), types.StorageTierStandard
	p := &snapshot{data: data, origin: origin, readyAt: now.Add(takes), failure: failure}
	s.snapshots.add(p.id(), p)
	return p
}

// snapshotVolume begins a snapshot of the volume.
func (s *Service) snapshotVolume(v *volume, description *string) *snapshot {
	v.snapshotAt = s.Now()
	return s.addSnapshot(types.Snapshot{VolumeId: v.data.VolumeId, VolumeSize: v.data.Size, Description: description,
		Encrypted: v.data.Encrypted, KmsKeyId: v.data.KmsKeyId}, v.origin, s.ComputeTimings.Snapshot, "")
}

func (s *Service) checkSnapshotRate(v *volume) error {
	if !v.snapshotAt.IsZero() && s.Now().Sub(v.snapshotAt) < snapshotInterval {
		return apierr.New("SnapshotCreationPerVolumeRateExceeded",
			"The maximum per volume CreateSnapshot request rate has been exceeded. Use an increasing or variable sleep interval between requests.")
	}
	return nil
}

// CreateSnapshot begins a snapshot of a volume. It has no client token: repeating
// the call makes another one (aws-facts §17).
func (s *Service) CreateSnapshot(_ context.Context, in *sdk.CreateSnapshotInput) (*sdk.CreateSnapshotOutput, error) {
	v, ok := s.volumes.get(aws.ToString(in.VolumeId))
	if !ok || !v.exists(s.Now()) {
		return nil, apierr.New("InvalidVolume.NotFound", "The volume '%s' does not exist.", aws.ToString(in.VolumeId))
	}
	if err := checkTagSpecifications(in.TagSpecifications, types.ResourceTypeSnapshot); err != nil {
		return nil, err
	}
	if err := s.checkSnapshotRate(v); err != nil {
		return nil, err
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	p := s.snapshotVolume(v, in.Description)
	s.tagOnCreate(types.ResourceTypeSnapshot, p.id(), in.TagSpecifications)
	out := convert[sdk.CreateSnapshotOutput](s.shownSnapshot(p, s.Now()))
	return &out, nil
}

// findSnapshot returns a snapshot of this account.
func (s *Service) findSnapshot(id string) (*snapshot, error) {
	p, ok := s.snapshots.get(id)
	if !ok {
		return nil, kindSnapshot.called("snapshot").missing(id)
	}
	return p, nil
}

// imagesOf returns the ids of the images that use the snapshot.
func (s *Service) imagesOf(snapshotID string) []string {
	var ids []string
	for _, img := range s.images.all() {
		if img.deregisteredAt.IsZero() && slices.Contains(img.snapshotIDs(), snapshotID) {
			ids = append(ids, img.id())
		}
	}
	return ids
}

// DeleteSnapshot removes a snapshot that no image uses (aws-facts §3.4).
func (s *Service) DeleteSnapshot(_ context.Context, in *sdk.DeleteSnapshotInput) (*sdk.DeleteSnapshotOutput, error) {
	p, err := s.findSnapshot(aws.ToString(in.SnapshotId))
	if err != nil {
		return nil, err
	}
	if aws.ToString(p.data.OwnerId) != s.Account {
		return nil, apierr.New("UnauthorizedOperation", "You are not authorized to perform this operation.")
	}
	if users := s.imagesOf(p.id()); len(users) > 0 {
		return nil, apierr.New("InvalidSnapshot.InUse", "The snapshot %s is currently in use by %s", p.id(), users[0])
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	s.dropSnapshot(p.id())
	return &sdk.DeleteSnapshotOutput{}, nil
}

func (s *Service) dropSnapshot(id string) {
	s.snapshots.remove(id)
	delete(s.tags, id)
}

var snapshotListing = listing[types.Snapshot]{
	kind: kindSnapshot.called("snapshot"),
	id:   func(p types.Snapshot) string { return aws.ToString(p.SnapshotId) },
	page: 1000,
	attributes: func(p types.Snapshot) map[string][]string {
		return map[string][]string{
			"snapshot-id":  values(p.SnapshotId),
			"description":  values(p.Description),
			"encrypted":    flag(p.Encrypted),
			"owner-alias":  values(p.OwnerAlias),
			"owner-id":     values(p.OwnerId),
			"progress":     values(p.Progress),
			"start-time":   stamps(p.StartTime),
			"status":       {string(p.State)},
			"storage-tier": {string(p.StorageTier)},
			"volume-id":    values(p.VolumeId),
			"volume-size":  number(p.VolumeSize),
		}
	},
}

// DescribeSnapshots lists snapshots that the account may see.
func (s *Service) DescribeSnapshots(_ context.Context, in *sdk.DescribeSnapshotsInput) (*sdk.DescribeSnapshotsOutput, error) {
	if err := checkListing(in.DryRun, in.MaxResults, 5, 1000, len(in.SnapshotIds), "snapshotSet"); err != nil {
		return nil, err
	}
	for _, id := range in.SnapshotIds {
		if _, err := s.findSnapshot(id); err != nil {
			return nil, err
		}
	}
	var shown []types.Snapshot
	for _, p := range s.snapshots.all() {
		if s.ownedBy(in.OwnerIds, p.data.OwnerId, p.data.OwnerAlias) {
			shown = append(shown, s.shownSnapshot(p, s.Now()))
		}
	}
	wanted := query{in.SnapshotIds, in.Filters, in.MaxResults, in.NextToken}
	if len(in.OwnerIds) > 0 {
		// Ids and owners narrow each other: another owner's snapshot is left out, not unknown.
		wanted.ids = slices.DeleteFunc(slices.Clone(in.SnapshotIds), func(id string) bool {
			return !slices.ContainsFunc(shown, func(p types.Snapshot) bool { return *p.SnapshotId == id })
		})
		if len(wanted.ids) == 0 && len(in.SnapshotIds) > 0 {
			return &sdk.DescribeSnapshotsOutput{}, nil
		}
	}
	page, next, err := list(s, snapshotListing, shown, wanted)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeSnapshotsOutput{Snapshots: page, NextToken: next}, nil
}

// ownedBy tells whether one of the wanted owners (an account id, self or an alias)
// is the object's. No wanted owner matches all.
func (s *Service) ownedBy(wanted []string, owner, alias *string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(name string) bool {
		return name == aws.ToString(owner) || (alias != nil && name == *alias) || (name == "self" && aws.ToString(owner) == s.Account)
	})
}
