package rds

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// snapshot is a copy of an instance's or a cluster's storage, with the settings
// that a restore takes from it. Snapshots of clusters have names of their own.
type snapshot struct {
	id, arn   string
	ofCluster bool
	createdAt time.Time
	readyAt   time.Time
	copyOf    string

	instance types.DBInstance // as it was
	cluster  types.DBCluster
	vpcID    string
	zones    []string
}

func noSnapshot(id string) error {
	return &types.DBSnapshotNotFoundFault{Message: text("DBSnapshot %s not found.", id)}
}

func noClusterSnapshot(id string) error {
	return &types.DBClusterSnapshotNotFoundFault{Message: text("DBClusterSnapshot %s not found.", id)}
}

// snapshot finds one by identifier or ARN.
func (s *Service) snapshot(id *string, ofCluster bool) (*snapshot, error) {
	for _, snap := range s.snapshots {
		if snap.ofCluster == ofCluster && (snap.id == lower(id) || snap.arn == aws.ToString(id)) {
			return snap, nil
		}
	}
	if ofCluster {
		return nil, noClusterSnapshot(lower(id))
	}
	return nil, noSnapshot(lower(id))
}

// newSnapshot makes an empty snapshot under a new name. A name that is taken is an
// error, also for final snapshots (aws-facts §6.11).
func (s *Service) newSnapshot(ofCluster bool, wanted *string, tags tagset.Set) (*snapshot, error) {
	what, resource, quota := "DBSnapshotIdentifier", "snapshot:", quotaSnapshots
	if ofCluster {
		what, resource, quota = "DBClusterSnapshotIdentifier", "cluster-snapshot:", quotaClusterSnapshots
	}
	id, err := identifier(what, wanted, 255)
	if err != nil {
		return nil, err
	}
	if _, err := s.snapshot(wanted, ofCluster); err == nil {
		if ofCluster {
			return nil, &types.DBClusterSnapshotAlreadyExistsFault{Message: text("Cannot create the snapshot because a snapshot with the identifier %s already exists.", id)}
		}
		return nil, &types.DBSnapshotAlreadyExistsFault{Message: text("Cannot create the snapshot because a snapshot with the identifier %s already exists.", id)}
	}
	if s.countSnapshots(ofCluster) >= s.Quotas[quota] {
		return nil, &types.SnapshotQuotaExceededFault{Message: text("Cannot create more than %d manual snapshots", s.Quotas[quota])}
	}
	snap := &snapshot{id: id, arn: s.ARN("rds", resource+id), ofCluster: ofCluster, createdAt: s.Now()}
	s.snapshots = append(s.snapshots, snap)
	s.tags[snap.arn] = tags
	return snap, nil
}

// of fills a snapshot with an instance as it is now.
func (snap *snapshot) of(s *Service, i *instance, lasts time.Duration) {
	snap.instance, snap.vpcID, snap.readyAt = s.view(i), i.subnets.vpcID, s.Now().Add(lasts)
	snap.instance.DbInstancePort = aws.Int32(i.port)
	source := types.SourceTypeDbSnapshot
	s.note(event{at: s.Now(), source: source, id: snap.id, arn: snap.arn, category: "creation"}, "Creating snapshot")
}

// ofDBCluster fills a snapshot with a cluster as it is now.
func (snap *snapshot) ofDBCluster(s *Service, c *cluster, lasts time.Duration) {
	snap.cluster, snap.vpcID, snap.readyAt = s.viewCluster(c), c.subnets.vpcID, s.Now().Add(lasts)
	snap.zones = s.zones(c.subnets.subnets)
}

func (s *Service) countSnapshots(ofCluster bool) (n int64) {
	for _, snap := range s.snapshots {
		if snap.ofCluster == ofCluster {
			n++
		}
	}
	return n
}

// snapshotTags are the tags of a snapshot that has none of its own.
func (s *Service) snapshotTags(arn string, copied *bool) tagset.Set {
	tags := tagset.Set{}
	if aws.ToBool(copied) {
		tags, _ = newTags(s.tags[arn], nil)
	}
	return tags
}

// takeSnapshot makes a manual snapshot of an instance.
func (s *Service) takeSnapshot(i *instance, id *string, added []types.Tag) (*snapshot, error) {
	tags, err := newTags(s.snapshotTags(i.arn, i.CopyTagsToSnapshot), added)
	if err != nil {
		return nil, err
	}
	snap, err := s.newSnapshot(false, id, tags)
	if err == nil {
		snap.of(s, i, s.Timings.Snapshot)
	}
	return snap, err
}

// status is creating until the snapshot is there, and its progress in percent.
func (snap *snapshot) status(now time.Time) (*string, *int32) {
	if !now.Before(snap.readyAt) {
		return aws.String(statusAvailable), aws.Int32(100)
	}
	done := now.Sub(snap.createdAt) * 100 / max(1, snap.readyAt.Sub(snap.createdAt))
	if snap.copyOf != "" {
		return aws.String("copying"), aws.Int32(int32(done))
	}
	return aws.String(statusCreating), aws.Int32(int32(done))
}

func (s *Service) dropSnapshot(snap *snapshot) {
	s.snapshots = slices.DeleteFunc(s.snapshots, func(other *snapshot) bool { return other == snap })
	delete(s.tags, snap.arn)
}

// shownSnapshot is a snapshot of an instance.
func (s *Service) shownSnapshot(snap *snapshot) types.DBSnapshot {
	var out types.DBSnapshot
	carry(&out, &snap.instance)
	out.DBSnapshotIdentifier, out.DBSnapshotArn, out.SnapshotType = aws.String(snap.id), aws.String(snap.arn), aws.String("manual")
	out.Encrypted, out.Port, out.VpcId = snap.instance.StorageEncrypted, snap.instance.DbInstancePort, aws.String(snap.vpcID)
	out.OptionGroupName = snap.instance.OptionGroupMemberships[0].OptionGroupName
	out.SnapshotTarget = aws.String("region")
	out.Status, out.PercentProgress = snap.status(s.Now())
	out.SnapshotCreateTime, out.OriginalSnapshotCreateTime = aws.Time(snap.createdAt), aws.Time(snap.createdAt)
	if snap.copyOf != "" {
		out.SourceDBSnapshotIdentifier = aws.String(snap.copyOf)
	}
	out.TagList = s.tagList(snap.arn)
	return out
}

// shownClusterSnapshot is a snapshot of a cluster.
func (s *Service) shownClusterSnapshot(snap *snapshot) types.DBClusterSnapshot {
	var out types.DBClusterSnapshot
	carry(&out, &snap.cluster)
	out.DBClusterSnapshotIdentifier, out.DBClusterSnapshotArn, out.SnapshotType = aws.String(snap.id), aws.String(snap.arn), aws.String("manual")
	out.VpcId, out.AvailabilityZones = aws.String(snap.vpcID), slices.Clone(snap.zones)
	out.Status, out.PercentProgress = snap.status(s.Now())
	out.SnapshotCreateTime = aws.Time(snap.createdAt)
	if snap.copyOf != "" {
		out.SourceDBClusterSnapshotArn = aws.String(snap.copyOf)
	}
	e, _ := findEngine(*out.Engine)
	out.LicenseModel = aws.String(e.license)
	out.TagList = s.tagList(snap.arn)
	return out
}
