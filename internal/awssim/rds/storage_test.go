package rds_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

func TestStorageGrowsByATenthAtLeast(t *testing.T) {
	for _, test := range []struct{ from, asked, want int32 }{{100, 101, 110}, {100, 110, 110}, {100, 200, 200}, {25, 26, 28}} {
		l := newLab(t)
		l.create("db", func(in *sdk.CreateDBInstanceInput) { in.AllocatedStorage = &test.from })
		l.modify("db", func(in *sdk.ModifyDBInstanceInput) { in.AllocatedStorage = &test.asked })
		l.pass(10 * time.Minute)
		if got := *l.read("db").AllocatedStorage; got != test.want {
			t.Errorf("%d GiB, asked for %d: got %d, want %d", test.from, test.asked, got, test.want)
		}
	}
}

func TestStorageIsLockedAfterAChange(t *testing.T) {
	l := newLab(t)
	l.create("db")
	grow := func(in *sdk.ModifyDBInstanceInput) { in.AllocatedStorage = aws.Int32(200) }
	l.modify("db", grow)
	l.pass(10 * time.Minute)
	l.expect("db", "storage-optimization")
	l.refuseModify("db", "InvalidParameterCombination", "previous storage change is being optimized",
		func(in *sdk.ModifyDBInstanceInput) { in.AllocatedStorage = aws.Int32(300) })
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) { in.BackupRetentionPeriod = aws.Int32(7) })
	l.modify("db", grow) // the size that it has
	l.pass(6 * time.Hour)
	l.expect("db", "available")
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) { in.AllocatedStorage = aws.Int32(300) })
}

func TestLargeVolumesNeedIops(t *testing.T) {
	l := newLab(t)
	db := l.create("db", func(in *sdk.CreateDBInstanceInput) { in.AllocatedStorage = aws.Int32(500) })
	if *db.Iops != 12000 || *db.StorageThroughput != 500 {
		t.Fatalf("a large gp3 volume has %d IOPS, %d MiB/s", *db.Iops, *db.StorageThroughput)
	}
	l.refuseModify("db", "InvalidParameterCombination", "Iops", func(in *sdk.ModifyDBInstanceInput) { in.AllocatedStorage = aws.Int32(600) })
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) { in.AllocatedStorage, in.Iops = aws.Int32(600), aws.Int32(14000) })
	l.pass(10 * time.Minute)
	if db := l.read("db"); *db.AllocatedStorage != 600 || *db.Iops != 14000 {
		t.Errorf("%d GiB, %d IOPS", *db.AllocatedStorage, *db.Iops)
	}
}

func TestChangeOfStorageType(t *testing.T) {
	l := newLab(t)
	l.create("db")
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) { in.StorageType, in.Iops = aws.String("io2"), aws.Int32(3000) })
	l.pass(10 * time.Minute)
	if db := l.read("db"); *db.StorageType != "io2" || *db.Iops != 3000 || db.StorageThroughput != nil {
		t.Errorf("%s, %d IOPS, %v MiB/s", *db.StorageType, *db.Iops, db.StorageThroughput)
	}
}

func TestAutoscalingCeiling(t *testing.T) {
	l := newLab(t)
	l.create("db", func(in *sdk.CreateDBInstanceInput) { in.MaxAllocatedStorage = aws.Int32(400) })
	l.refuseModify("db", "InvalidParameterCombination", "Invalid max storage size", func(in *sdk.ModifyDBInstanceInput) { in.MaxAllocatedStorage = aws.Int32(101) })
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) { in.MaxAllocatedStorage = aws.Int32(100) })
	if ceiling := l.read("db").MaxAllocatedStorage; ceiling != nil {
		t.Errorf("autoscaling is off, and the ceiling is %d", *ceiling)
	}
}

func TestGrowStorage(t *testing.T) {
	l := newLab(t)
	l.create("db")
	if err := l.GrowStorage("db", 150); err != nil {
		t.Fatal(err)
	}
	if db := l.expect("db", "storage-optimization"); *db.AllocatedStorage != 150 || !l.happened("autoscaling") || len(l.Events()) == 0 {
		t.Errorf("%d GiB", *db.AllocatedStorage)
	}
}

func TestValidModifications(t *testing.T) {
	l := newLab(t)
	l.create("db")
	out := simtest.Do(t, l.DescribeValidDBInstanceModifications, &sdk.DescribeValidDBInstanceModificationsInput{DBInstanceIdentifier: aws.String("db")})
	for _, storage := range out.ValidDBInstanceModificationsMessage.Storage {
		if *storage.StorageSize[0].From != 110 {
			t.Errorf("%s from %d GiB", *storage.StorageType, *storage.StorageSize[0].From)
		}
	}
}
