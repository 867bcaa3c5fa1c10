package hadatabase

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// backup is what a database can be made from, and what it then has.
type backup struct {
	engine, username, database, status string
	// ofCluster says that it is the snapshot of a cluster.
	ofCluster bool
	sizeGiB   int32
	encrypted bool
}

// askBackup checks that the backup exists and that the arguments are those of the
// database it was made of: a restore takes them from it (aws-facts §6.12).
func askBackup(ctx context.Context, c *awsapi.Clients, m, prior *Model) ([]composite.Problem, error) {
	if prior != nil && !m.replaces(prior) || m.RestoreFrom.IsNull() {
		return nil, nil
	}
	from, at := composite.Decode[restore](m.RestoreFrom), path.Root("restore_from")
	var found backup
	var err error
	switch name := from.Snapshot.ValueString(); {
	case name == "":
		at = at.AtName("source_identifier")
		found, err = readSource(ctx, c, from.Source.ValueString())
	case m.clustered() && !strings.Contains(name, ":snapshot:"):
		at = at.AtName("snapshot_identifier")
		found, err = readClusterSnapshot(ctx, c, name)
	default:
		at = at.AtName("snapshot_identifier")
		found, err = readSnapshot(ctx, c, name)
	}
	if awsapi.IsNotFound(err) {
		detail := c.Region + " has no such backup in this account: " + awsapi.Message(err)
		if m.clustered() {
			detail += " A cluster is made from the snapshot of a cluster, or from that of an instance, which has to be named by its ARN."
		}
		return []composite.Problem{{At: at, Summary: "Nothing to restore", Detail: detail}}, nil
	}
	if err != nil {
		return nil, err
	}
	return m.backupProblems(found, at), nil
}

func readSnapshot(ctx context.Context, c *awsapi.Clients, name string) (backup, error) {
	out, err := awsapi.RDS(c).DescribeDBSnapshots(ctx, &sdk.DescribeDBSnapshotsInput{DBSnapshotIdentifier: &name})
	if err != nil {
		return backup{}, err
	}
	s := out.DBSnapshots[0]
	return backup{engine: aws.ToString(s.Engine), username: aws.ToString(s.MasterUsername), status: aws.ToString(s.Status),
		sizeGiB: aws.ToInt32(s.AllocatedStorage), encrypted: aws.ToBool(s.Encrypted)}, nil
}

func readClusterSnapshot(ctx context.Context, c *awsapi.Clients, name string) (backup, error) {
	out, err := awsapi.RDS(c).DescribeDBClusterSnapshots(ctx, &sdk.DescribeDBClusterSnapshotsInput{DBClusterSnapshotIdentifier: &name})
	if err != nil {
		return backup{}, err
	}
	s := out.DBClusterSnapshots[0]
	return backup{engine: aws.ToString(s.Engine), username: aws.ToString(s.MasterUsername), status: aws.ToString(s.Status), ofCluster: true,
		sizeGiB: aws.ToInt32(s.AllocatedStorage), encrypted: aws.ToBool(s.StorageEncrypted)}, nil
}

func readSource(ctx context.Context, c *awsapi.Clients, id string) (backup, error) {
	out, err := awsapi.RDS(c).DescribeDBInstances(ctx, &sdk.DescribeDBInstancesInput{DBInstanceIdentifier: &id})
	if err != nil {
		return backup{}, err
	}
	db := out.DBInstances[0]
	found := backup{engine: aws.ToString(db.Engine), username: aws.ToString(db.MasterUsername), database: aws.ToString(db.DBName), status: "available",
		sizeGiB: aws.ToInt32(db.AllocatedStorage), encrypted: aws.ToBool(db.StorageEncrypted)}
	if aws.ToInt32(db.BackupRetentionPeriod) == 0 {
		found.status = "without backups"
	}
	return found, nil
}

func (m *Model) backupProblems(found backup, at path.Path) []composite.Problem {
	var problems []composite.Problem
	add := func(at path.Path, summary, detail string, args ...any) {
		problems = append(problems, composite.Problem{At: at, Summary: summary, Detail: fmt.Sprintf(detail, args...)})
	}
	if found.status != "available" {
		add(at, "Backup that cannot be restored", "It is %s.", found.status)
	}
	if !found.encrypted {
		add(at, "Backup that is not encrypted", "A database made from it would not be encrypted either. Copy the snapshot with a KMS key and restore the copy.")
	}
	// Aurora also takes snapshots of instances of its engine.
	if found.engine != m.rdsEngine() && (found.ofCluster || found.engine != m.Engine.ValueString()) {
		add(path.Root("engine"), "Backup of another engine", "It was made of %s; a restore cannot change that.", found.engine)
	}
	if found.username != m.Username.ValueString() {
		add(path.Root("username"), "Backup with another master user", "Its master user is %s, and a restore keeps it: set username = %q.", found.username, found.username)
	}
	if name := m.DatabaseName.ValueString(); name != "" && name != found.database && found.database != "" {
		add(path.Root("database_name"), "Backup of another database", "Its first database is %s, and a restore keeps it: leave database_name out.", found.database)
	}
	if m.AllocatedStorage.ValueInt32() < found.sizeGiB && !m.aurora() {
		add(path.Root("allocated_storage"), "Less storage than the backup", "It has %d GiB; a restore cannot be smaller.", found.sizeGiB)
	}
	return problems
}
