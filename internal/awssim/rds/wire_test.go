package rds_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	kmssim "github.com/webtier/terraform-provider-webtier/internal/awssim/kms"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/rds"
	secretssim "github.com/webtier/terraform-provider-webtier/internal/awssim/secretsmanager"
)

var (
	_ rds.Keys    = (*kmssim.Service)(nil)
	_ rds.Secrets = (*secretssim.Service)(nil)
)

// TestWithTheRealClient takes a database through its life over the wire, with
// Secrets Manager, KMS and EC2 beside it.
func TestWithTheRealClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := awssim.New(awssim.Options{})
		world := sim.World("eu-west-1")
		config := aws.Config{Region: "eu-west-1", HTTPClient: &http.Client{Transport: sim.Transport()},
			Credentials: aws.CredentialsProviderFunc(credentials)}
		ctx, client, net := t.Context(), sdk.NewFromConfig(config), ec2sdk.NewFromConfig(config)
		vpc := must(net.CreateVpc(ctx, &ec2sdk.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})).Vpc.VpcId
		var subnets []string
		for _, place := range [][2]string{{"eu-west-1a", "10.0.0.0/24"}, {"eu-west-1b", "10.0.1.0/24"}, {"eu-west-1c", "10.0.2.0/24"}} {
			out := must(net.CreateSubnet(ctx, &ec2sdk.CreateSubnetInput{VpcId: vpc, AvailabilityZone: &place[0], CidrBlock: &place[1]}))
			subnets = append(subnets, *out.Subnet.SubnetId)
		}
		time.Sleep(time.Minute)
		must(client.CreateDBSubnetGroup(ctx, &sdk.CreateDBSubnetGroupInput{DBSubnetGroupName: aws.String("Net"),
			DBSubnetGroupDescription: aws.String("test"), SubnetIds: subnets}))
		must(client.CreateDBInstance(ctx, &sdk.CreateDBInstanceInput{DBInstanceIdentifier: aws.String("Main"), Engine: aws.String("mysql"),
			EngineVersion: aws.String("8.4"), DBInstanceClass: aws.String("db.m7g.large"), AllocatedStorage: aws.Int32(50), MultiAZ: aws.Bool(true),
			MasterUsername: aws.String("dbadmin"), ManageMasterUserPassword: aws.Bool(true), StorageEncrypted: aws.Bool(true), DBSubnetGroupName: aws.String("net"),
			EnableCloudwatchLogsExports: []string{"error"}, Tags: []types.Tag{{Key: aws.String("webtier:part"), Value: aws.String("database")}}}))
		one := &sdk.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String("main")}
		if err := sdk.NewDBInstanceAvailableWaiter(client).Wait(ctx, one, time.Hour, func(o *sdk.DBInstanceAvailableWaiterOptions) { o.MaxDelay = 30 * time.Second }); err != nil {
			t.Fatal(err)
		}
		db := must(client.DescribeDBInstances(ctx, one)).DBInstances[0]
		if !slices.Equal(db.EnabledCloudwatchLogsExports, []string{"error"}) || db.Endpoint == nil || db.PendingModifiedValues == nil ||
			len(db.DBSubnetGroup.Subnets) != 3 || *db.TagList[0].Value != "database" || db.SecondaryAvailabilityZone == nil {
			t.Errorf("instance %+v", db)
		}
		must(secretsmanager.NewFromConfig(config).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: db.MasterUserSecret.SecretArn}))
		if world.RDS.Keys != nil {
			must(kms.NewFromConfig(config).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: db.KmsKeyId}))
		}
		must(client.ModifyDBInstance(ctx, &sdk.ModifyDBInstanceInput{DBInstanceIdentifier: aws.String("main"), AllocatedStorage: aws.Int32(60), ApplyImmediately: aws.Bool(true)}))
		time.Sleep(10 * time.Minute)
		if db = must(client.DescribeDBInstances(ctx, one)).DBInstances[0]; *db.DBInstanceStatus != "storage-optimization" || *db.AllocatedStorage != 60 {
			t.Errorf("%s with %d GiB", *db.DBInstanceStatus, *db.AllocatedStorage)
		}
		must(client.DeleteDBInstance(ctx, &sdk.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String("main"), SkipFinalSnapshot: aws.Bool(true)}))
		time.Sleep(10 * time.Minute)
		var gone *types.DBInstanceNotFoundFault
		if _, err := client.DescribeDBInstances(ctx, one); !errors.As(err, &gone) {
			t.Errorf("after the deletion: %v", err)
		}
		left := slices.DeleteFunc(world.Inventory(), func(line string) bool {
			return !strings.HasPrefix(line, "rds ") && !strings.HasPrefix(line, "secretsmanager ")
		})
		if !slices.Equal(left, []string{"rds subnet-group net -"}) {
			t.Errorf("left: %v", left)
		}
	})
}

// TestRareOperationsOverTheWire are the ones that no kind of database calls.
func TestRareOperationsOverTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := awssim.New(awssim.Options{})
		client := sdk.NewFromConfig(aws.Config{Region: "eu-west-1", HTTPClient: &http.Client{Transport: sim.Transport()},
			Credentials: aws.CredentialsProviderFunc(credentials)})
		ctx := t.Context()
		must(client.CreateEventSubscription(ctx, &sdk.CreateEventSubscriptionInput{SubscriptionName: aws.String("ops"),
			SnsTopicArn: aws.String("arn:aws:sns:eu-west-1:123456789012:ops"), SourceType: aws.String("db-parameter-group")}))
		must(client.CreateDBParameterGroup(ctx, &sdk.CreateDBParameterGroupInput{DBParameterGroupName: aws.String("main"),
			DBParameterGroupFamily: aws.String("postgres16"), Description: aws.String("main")}))
		time.Sleep(time.Hour)
		added := must(client.AddSourceIdentifierToSubscription(ctx, &sdk.AddSourceIdentifierToSubscriptionInput{SubscriptionName: aws.String("ops"), SourceIdentifier: aws.String("main")}))
		time.Sleep(time.Hour)
		removed := must(client.RemoveSourceIdentifierFromSubscription(ctx, &sdk.RemoveSourceIdentifierFromSubscriptionInput{SubscriptionName: aws.String("ops"), SourceIdentifier: aws.String("main")}))
		if got := added.EventSubscription.SourceIdsList; !slices.Equal(got, []string{"main"}) || len(removed.EventSubscription.SourceIdsList) > 0 {
			t.Errorf("sources %v, then %v", got, removed.EventSubscription.SourceIdsList)
		}
		var noSnapshot *types.DBClusterSnapshotNotFoundFault
		if _, err := client.CopyDBClusterSnapshot(ctx, &sdk.CopyDBClusterSnapshotInput{SourceDBClusterSnapshotIdentifier: aws.String("none"),
			TargetDBClusterSnapshotIdentifier: aws.String("copy")}); !errors.As(err, &noSnapshot) {
			t.Errorf("copying a snapshot that does not exist: %v", err)
		}
		var noBackup *types.DBInstanceAutomatedBackupNotFoundFault
		if _, err := client.DeleteDBInstanceAutomatedBackup(ctx, &sdk.DeleteDBInstanceAutomatedBackupInput{DbiResourceId: aws.String("db-none")}); !errors.As(err, &noBackup) {
			t.Errorf("deleting a backup that does not exist: %v", err)
		}
	})
}

// must returns the answer of a call that must succeed.
func must[O any](out O, err error) O {
	if err != nil {
		panic(err)
	}
	return out
}

func credentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
}
