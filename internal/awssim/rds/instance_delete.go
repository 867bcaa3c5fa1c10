package rds

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// deletable are the statuses in which an instance can be deleted; in others, the
// operation under way must end first (aws-facts §6.11).
var deletable = []string{statusAvailable, statusOptimization, statusStopped, "failed", "incompatible-restore", "incompatible-network",
	"incompatible-parameters", "incompatible-create", "insufficient-capacity", "storage-full"}

// DeleteDBInstance implements the operation.
func (s *Service) DeleteDBInstance(_ context.Context, in *sdk.DeleteDBInstanceInput) (*sdk.DeleteDBInstanceOutput, error) {
	i, err := s.instance(in.DBInstanceIdentifier)
	if err != nil {
		return nil, err
	}
	if err := s.checkStatus(i, deletable...); err != nil {
		return nil, err
	}
	c := s.clusterOf(i)
	switch {
	case aws.ToBool(i.DeletionProtection):
		return nil, badCombination("Cannot delete protected DB Instance, please disable deletion protection and try again.")
	case c != nil && !c.aurora():
		return nil, &types.InvalidDBInstanceStateFault{Message: text("The DB instance %s is a member of the Multi-AZ DB cluster %s. Delete the DB cluster instead.", i.id, c.id)}
	case s.deploymentOf(i) != nil && s.deploymentOf(i).source == i:
		return nil, &types.InvalidDBInstanceStateFault{Message: text("The DB instance %s is the source of a blue/green deployment.", i.id)}
	}
	final := in.FinalDBSnapshotIdentifier
	if c != nil || i.source != nil {
		if final != nil {
			return nil, badCombination("FinalDBSnapshotIdentifier cannot be specified when deleting a replica instance or a cluster member.")
		}
	} else if err := checkFinal(in.SkipFinalSnapshot, final, i.broken); err != nil {
		return nil, err
	}
	lasts := s.Timings.Delete
	if final != nil {
		snap, err := s.newSnapshot(false, final, s.snapshotTags(i.arn, i.CopyTagsToSnapshot))
		if err != nil {
			return nil, err
		}
		snap.of(s, i, s.Timings.FinalSnapshot)
		lasts += s.Timings.FinalSnapshot
	}
	keepBackups := in.DeleteAutomatedBackups != nil && !*in.DeleteAutomatedBackups
	s.remove(i, s.Now(), lasts, keepBackups)
	out := s.view(i)
	return &sdk.DeleteDBInstanceOutput{DBInstance: &out}, nil
}

// checkFinal checks what a deletion says of a final snapshot: it is taken or
// skipped, and a database that never worked has nothing to take (aws-facts §6.11).
func checkFinal(skip *bool, id *string, broken string) error {
	switch {
	case aws.ToBool(skip) && id != nil:
		return badCombination("FinalDBSnapshotIdentifier cannot be specified when SkipFinalSnapshot is enabled.")
	case !aws.ToBool(skip) && id == nil:
		return badCombination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
	case id != nil && broken != "":
		return badCombination("A final snapshot cannot be taken of a database in status %s.", broken)
	}
	return nil
}

// remove has an instance deleted. Its network interfaces outlive it (aws-facts §6.9).
func (s *Service) remove(i *instance, at time.Time, lasts time.Duration, keepBackups bool) {
	i.abandon()
	i.deleting = true
	s.enqueue(&i.line, at, step{statusDeleting, lasts, func(at time.Time) {
		i.abandon()
		if keepBackups && aws.ToInt32(i.BackupRetentionPeriod) > 0 && !i.restorableFrom.IsZero() {
			s.retain(i, at)
		}
		// aws-facts §6.11: its replicas in the Region become independent.
		for _, replica := range s.replicas(i) {
			s.promoted(replica, at)
		}
		if c := s.clusterOf(i); c != nil && c.writer == i {
			c.writer = nil
			for _, other := range s.members(c) {
				if !other.deleting {
					c.writer = other
				}
			}
		}
		s.leave(i, 0, at.Add(s.Timings.InterfacesGone))
		s.dropSecret(i.secret)
		s.release(i.group, false, at)
		delete(s.tags, i.arn)
		s.instances = slices.DeleteFunc(s.instances, func(other *instance) bool { return other == i })
		s.noteInstance(i, at, "deletion", "DB instance deleted")
	}})
}

// backup is what is kept of an instance's automated backups after its deletion.
type backup struct {
	types.DBInstanceAutomatedBackup
	arn      string
	instance types.DBInstance // as it was
	part     string
}

// retain keeps the backups of an instance that is deleted, for as long as they were
// kept before.
func (s *Service) retain(i *instance, at time.Time) {
	b := &backup{DBInstanceAutomatedBackup: s.shownBackup(i), instance: s.view(i)}
	b.arn = *b.DBInstanceAutomatedBackupsArn
	b.Status = aws.String("retained")
	b.RestoreWindow = &types.RestoreWindow{EarliestTime: aws.Time(i.restorableFrom), LatestTime: aws.Time(i.latestRestorable(at))}
	b.TagList, b.part = s.tagList(i.arn), s.tags[i.arn].Part()
	s.backups = append(s.backups, b)
	s.later(at.AddDate(0, 0, int(*i.BackupRetentionPeriod)), func(time.Time) { s.forget(b) })
}

func (s *Service) forget(b *backup) {
	s.backups = slices.DeleteFunc(s.backups, func(other *backup) bool { return other == b })
}

func (s *Service) shownBackup(i *instance) types.DBInstanceAutomatedBackup {
	db := s.view(i)
	var b types.DBInstanceAutomatedBackup
	carry(&b, &db)
	b.Encrypted, b.Region, b.VpcId = db.StorageEncrypted, aws.String(s.Name), aws.String(i.subnets.vpcID)
	b.DBInstanceAutomatedBackupsArn = aws.String(s.ARN("rds", "auto-backup:"+*db.DbiResourceId))
	b.Port, b.OptionGroupName, b.AvailabilityZone = aws.Int32(i.port), db.OptionGroupMemberships[0].OptionGroupName, db.AvailabilityZone
	b.Status = aws.String("creating")
	if !i.restorableFrom.IsZero() {
		b.Status = aws.String("active")
		b.RestoreWindow = &types.RestoreWindow{EarliestTime: aws.Time(i.restorableFrom), LatestTime: db.LatestRestorableTime}
	}
	return b
}

// DescribeDBInstanceAutomatedBackups implements the operation.
func (s *Service) DescribeDBInstanceAutomatedBackups(_ context.Context, in *sdk.DescribeDBInstanceAutomatedBackupsInput) (*sdk.DescribeDBInstanceAutomatedBackupsOutput, error) {
	var all []types.DBInstanceAutomatedBackup
	for _, i := range s.instances {
		if i.clusterID() == "" && aws.ToInt32(i.BackupRetentionPeriod) > 0 && i.InstanceCreateTime != nil {
			all = append(all, s.shownBackup(i))
		}
	}
	for _, b := range s.backups {
		all = append(all, b.DBInstanceAutomatedBackup)
	}
	differs := func(want, have *string) bool { return want != nil && lower(want) != lower(have) }
	all = slices.DeleteFunc(all, func(b types.DBInstanceAutomatedBackup) bool {
		return differs(in.DBInstanceIdentifier, b.DBInstanceIdentifier) || differs(in.DbiResourceId, b.DbiResourceId) ||
			differs(in.DBInstanceAutomatedBackupsArn, b.DBInstanceAutomatedBackupsArn)
	})
	named := in.DBInstanceIdentifier != nil || in.DbiResourceId != nil || in.DBInstanceAutomatedBackupsArn != nil
	if named && len(all) == 0 {
		return nil, noBackup()
	}
	list, next, err := filtered(all, in.Filters, in.Marker, in.MaxRecords, func(b types.DBInstanceAutomatedBackup) map[string][]string {
		return map[string][]string{"status": values(b.Status), "db-instance-id": values(b.DBInstanceIdentifier, b.DBInstanceArn),
			"dbi-resource-id": values(b.DbiResourceId)}
	})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeDBInstanceAutomatedBackupsOutput{DBInstanceAutomatedBackups: list, Marker: next}, nil
}

func noBackup() error {
	return &types.DBInstanceAutomatedBackupNotFoundFault{Message: text("No automated backup was found.")}
}

// DeleteDBInstanceAutomatedBackup implements the operation, for backups that were
// retained.
func (s *Service) DeleteDBInstanceAutomatedBackup(_ context.Context, in *sdk.DeleteDBInstanceAutomatedBackupInput) (*sdk.DeleteDBInstanceAutomatedBackupOutput, error) {
	for _, b := range s.backups {
		if b.arn == aws.ToString(in.DBInstanceAutomatedBackupsArn) || lower(b.DbiResourceId) == lower(in.DbiResourceId) {
			s.forget(b)
			out := b.DBInstanceAutomatedBackup
			out.Status = aws.String(statusDeleting)
			return &sdk.DeleteDBInstanceAutomatedBackupOutput{DBInstanceAutomatedBackup: &out}, nil
		}
	}
	return nil, noBackup()
}
