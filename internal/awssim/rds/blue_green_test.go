package rds_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

func (l *lab) deployment() types.BlueGreenDeployment {
	l.Helper()
	return simtest.Do(l.T, l.DescribeBlueGreenDeployments, &sdk.DescribeBlueGreenDeploymentsInput{}).BlueGreenDeployments[0]
}

// deploy makes a blue/green deployment of a MySQL instance "db" and waits for it.
func (l *lab) deploy(edit func(*sdk.CreateBlueGreenDeploymentInput)) types.BlueGreenDeployment {
	l.Helper()
	blue := l.create("db", multiAZ, func(in *sdk.CreateDBInstanceInput) {
		in.Engine, in.EngineVersion, in.DeletionProtection = aws.String("mysql"), aws.String("8.0.42"), aws.Bool(true)
		in.Tags = []types.Tag{{Key: aws.String("webtier:part"), Value: aws.String("database")}}
	})
	in := &sdk.CreateBlueGreenDeploymentInput{BlueGreenDeploymentName: aws.String("upgrade"), Source: blue.DBInstanceArn}
	edit(in)
	if d := simtest.Do(l.T, l.CreateBlueGreenDeployment, in).BlueGreenDeployment; *d.Status != "PROVISIONING" {
		l.Fatalf("the deployment is %s", *d.Status)
	}
	l.pass(40 * time.Minute)
	return l.deployment()
}

func toMySQL84(in *sdk.CreateBlueGreenDeploymentInput) { in.TargetEngineVersion = aws.String("8.4") }

func TestBlueGreenSwitchover(t *testing.T) {
	l := newLab(t)
	d := l.deploy(toMySQL84)
	if *d.Status != "AVAILABLE" || len(d.Tasks) != 3 || *d.Tasks[2].Status != "COMPLETED" {
		t.Fatalf("deployment %+v", d)
	}
	green, blue := l.read(*d.Target), l.read("db")
	if *green.EngineVersion != "8.4.5" || !*green.MultiAZ || green.ReadReplicaSourceDBInstanceIdentifier != nil || len(green.TagList) != 1 {
		t.Errorf("green %+v", green)
	}
	protected := &sdk.DeleteBlueGreenDeploymentInput{BlueGreenDeploymentIdentifier: d.BlueGreenDeploymentIdentifier, DeleteTarget: aws.Bool(true)}
	simtest.Refused(t, l.DeleteBlueGreenDeployment, protected, "InvalidParameterCombination", "protected")
	in := &sdk.SwitchoverBlueGreenDeploymentInput{BlueGreenDeploymentIdentifier: d.BlueGreenDeploymentIdentifier, SwitchoverTimeout: aws.Int32(20)}
	simtest.Refused(t, l.SwitchoverBlueGreenDeployment, in, "InvalidParameterValue", "timeout")
	in.SwitchoverTimeout = nil
	simtest.Do(t, l.SwitchoverBlueGreenDeployment, in)
	if d = l.deployment(); *d.Status != "SWITCHOVER_IN_PROGRESS" {
		t.Errorf("the deployment is %s", *d.Status)
	}
	l.pass(2 * time.Minute)
	if d = l.deployment(); *d.Status != "SWITCHOVER_COMPLETED" || *d.SwitchoverDetails[0].Status != "SWITCHOVER_COMPLETED" {
		t.Fatalf("deployment %+v", d)
	}
	if db := l.read("db"); *db.DbiResourceId != *green.DbiResourceId || *db.EngineVersion != "8.4.5" {
		t.Errorf("db is %+v", db)
	}
	if old := l.read("db-old1"); *old.DbiResourceId != *blue.DbiResourceId || !*old.DeletionProtection {
		t.Errorf("the old instance is %+v", old)
	}
	simtest.Refused(t, l.DeleteBlueGreenDeployment, protected, "InvalidBlueGreenDeploymentStateFault", "")
	simtest.Do(t, l.DeleteBlueGreenDeployment, &sdk.DeleteBlueGreenDeploymentInput{BlueGreenDeploymentIdentifier: d.BlueGreenDeploymentIdentifier})
	if *l.deployment().Status != "DELETING" {
		t.Error("the deployment is not being deleted")
	}
	l.pass(5 * time.Minute)
	got := l.Inventory()
	slices.Sort(got)
	if want := []string{"rds instance db database", "rds instance db-old1 database", "rds subnet-group db -"}; !slices.Equal(got, want) {
		t.Errorf("inventory %v", got)
	}
}

func TestSwitchoverThatTakesTooLong(t *testing.T) {
	l := newLab(t)
	d := l.deploy(toMySQL84)
	l.Timings.Switchover = 2 * time.Minute
	simtest.Do(t, l.SwitchoverBlueGreenDeployment, &sdk.SwitchoverBlueGreenDeploymentInput{BlueGreenDeploymentIdentifier: d.BlueGreenDeploymentIdentifier,
		SwitchoverTimeout: aws.Int32(60)})
	l.pass(2 * time.Minute)
	if after := l.deployment(); *after.Status != "SWITCHOVER_FAILED" || *after.Source != *d.Source || *l.read("db").EngineVersion != "8.0.42" {
		t.Errorf("deployment %+v", after)
	}
}

func TestSwitchoverBeforeItIsReady(t *testing.T) {
	l := newLab(t)
	l.Timings.BlueGreen = 2 * time.Hour
	d := l.deploy(toMySQL84)
	simtest.Refused(t, l.SwitchoverBlueGreenDeployment, &sdk.SwitchoverBlueGreenDeploymentInput{BlueGreenDeploymentIdentifier: d.BlueGreenDeploymentIdentifier},
		"InvalidBlueGreenDeploymentStateFault", "")
	simtest.Refused(t, l.DeleteDBInstance, &sdk.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String("db"), SkipFinalSnapshot: aws.Bool(true)},
		"InvalidParameterCombination", "protected")
}

func TestDeploymentThatFails(t *testing.T) {
	l := newLab(t)
	blue := l.create("db")
	l.FailCreation("", "incompatible-parameters")
	simtest.Do(t, l.CreateBlueGreenDeployment, &sdk.CreateBlueGreenDeploymentInput{BlueGreenDeploymentName: aws.String("upgrade"), Source: blue.DBInstanceArn})
	l.pass(time.Hour)
	if d := l.deployment(); *d.Status != "PROVISIONING_FAILED" {
		t.Errorf("the deployment is %s", *d.Status)
	}
}

func TestBlueGreenBlockers(t *testing.T) {
	for _, test := range []struct {
		name, code, text string
		blue             func(*sdk.CreateDBInstanceInput)
		edit             func(*sdk.CreateBlueGreenDeploymentInput)
	}{
		{"no backups", "SourceDatabaseNotSupportedFault", "backups", func(in *sdk.CreateDBInstanceInput) { in.BackupRetentionPeriod = aws.Int32(0) }, nil},
		{"a managed password", "SourceDatabaseNotSupportedFault", "Secrets Manager", func(in *sdk.CreateDBInstanceInput) {
			in.ManageMasterUserPassword, in.MasterUserPassword = aws.Bool(true), nil
		}, nil},
		{"a major upgrade without logical replication", "SourceDatabaseNotSupportedFault", "rds.logical_replication", func(*sdk.CreateDBInstanceInput) {},
			func(in *sdk.CreateBlueGreenDeploymentInput) { in.TargetEngineVersion = aws.String("17") }},
		{"an older version", "InvalidParameterCombination", "Cannot upgrade", func(*sdk.CreateDBInstanceInput) {},
			func(in *sdk.CreateBlueGreenDeploymentInput) { in.TargetEngineVersion = aws.String("15.14") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			in := &sdk.CreateBlueGreenDeploymentInput{BlueGreenDeploymentName: aws.String("upgrade"), Source: l.create("db", test.blue).DBInstanceArn}
			if test.edit != nil {
				test.edit(in)
			}
			simtest.Refused(t, l.CreateBlueGreenDeployment, in, test.code, test.text)
		})
	}
}

func TestBlueGreenCanHaveLessStorage(t *testing.T) {
	l := newLab(t)
	d := l.deploy(func(in *sdk.CreateBlueGreenDeploymentInput) { in.TargetAllocatedStorage = aws.Int32(40) })
	if green := l.read(*d.Target); *green.AllocatedStorage != 40 {
		t.Errorf("green has %d GiB", *green.AllocatedStorage)
	}
}
