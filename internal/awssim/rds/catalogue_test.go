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

func TestEngineVersions(t *testing.T) {
	l := newLab(t)
	read := func(engine, version string, onlyDefault bool) []types.DBEngineVersion {
		in := &sdk.DescribeDBEngineVersionsInput{Engine: &engine, DefaultOnly: &onlyDefault}
		if version != "" {
			in.EngineVersion = &version
		}
		return simtest.Do(t, l.DescribeDBEngineVersions, in).DBEngineVersions
	}
	if got := read("postgres", "16", false); len(got) != 4 || *got[0].DBParameterGroupFamily != "postgres16" || !slices.Contains(got[0].ExportableLogTypes, "postgresql") {
		t.Errorf("postgres 16: %d versions, %+v", len(got), got[0])
	}
	if got := read("postgres", "", true); len(got) != 1 || *got[0].EngineVersion != "17.5" {
		t.Errorf("the default: %+v", got)
	}
	if got := read("oracle-ee", "", false); len(got) != 0 {
		t.Errorf("an unknown engine: %+v", got)
	}
	targets := read("postgres", "15.14", false)[0].ValidUpgradeTarget
	if slices.ContainsFunc(targets, func(u types.UpgradeTarget) bool { return !*u.IsMajorVersionUpgrade }) || len(targets) != 8 {
		t.Errorf("targets of the last 15: %+v", targets)
	}
}

func TestOrderableOptions(t *testing.T) {
	l := newLab(t)
	find := func(engine, class, storage string) *types.OrderableDBInstanceOption {
		out := simtest.Do(t, l.DescribeOrderableDBInstanceOptions, &sdk.DescribeOrderableDBInstanceOptionsInput{Engine: &engine, DBInstanceClass: &class, MaxRecords: aws.Int32(1000)})
		for _, o := range out.OrderableDBInstanceOptions {
			if *o.StorageType == storage {
				return &o
			}
		}
		return nil
	}
	for _, test := range []struct {
		engine, class    string
		zones            int
		multiAZ, cluster bool
	}{
		{"postgres", "db.t4g.medium", 4, true, false},
		{"postgres", "db.m7g.large", 3, true, true},
		{"mariadb", "db.m6g.large", 4, true, false},
	} {
		o := find(test.engine, test.class, "gp3")
		if len(o.AvailabilityZones) != test.zones || *o.MultiAZCapable != test.multiAZ || *o.SupportsClusters != test.cluster || *o.MinStorageSize != 20 {
			t.Errorf("%s %s: %+v", test.engine, test.class, o)
		}
	}
	if find("aurora-mysql", "db.t4g.micro", "aurora") != nil || find("aurora-mysql", "db.r6g.large", "aurora") == nil {
		t.Error("classes of Aurora")
	}
	simtest.Refused(t, l.DescribeOrderableDBInstanceOptions, &sdk.DescribeOrderableDBInstanceOptionsInput{Engine: aws.String("none")}, "InvalidParameterValue", "")
}

func TestClassNotInEnoughZones(t *testing.T) {
	l := newLab(t)
	d := l.subnet(l.vpc, "d", "10.0.8.0/24")
	l.subnetGroup("ad", l.subnets[0], d)
	edit := func(in *sdk.CreateDBInstanceInput) {
		in.DBSubnetGroupName, in.DBInstanceClass, in.MultiAZ = aws.String("ad"), aws.String("db.m7g.large"), aws.Bool(true)
	}
	simtest.Refused(t, l.CreateDBInstance, request("db", edit), "InvalidParameterCombination", "RDS does not support creating a DB instance with the following combination")
	l.create("db", func(in *sdk.CreateDBInstanceInput) {
		edit(in)
		in.MultiAZ = aws.Bool(false)
	})
}

func TestDescribeEvents(t *testing.T) {
	l := newLab(t)
	l.create("one")
	l.create("two")
	in := &sdk.DescribeEventsInput{SourceIdentifier: aws.String("one")}
	simtest.Refused(t, l.DescribeEvents, in, "InvalidParameterCombination", "SourceType")
	in.SourceType, in.EventCategories = types.SourceTypeDbInstance, []string{"creation"}
	if got := simtest.Do(t, l.DescribeEvents, in).Events; len(got) != 1 || *got[0].Message != "DB instance created" || *got[0].SourceIdentifier != "one" {
		t.Errorf("events %+v", got)
	}
	l.pass(time.Hour)
	if got := simtest.Do(t, l.DescribeEvents, in).Events; len(got) != 0 {
		t.Errorf("events older than an hour: %+v", got)
	}
}

func TestMaintenance(t *testing.T) {
	l := newLab(t)
	db := l.create("db", multiAZ)
	if err := l.OfferMaintenance("db", "system-update", "New Operating System update is available"); err != nil {
		t.Fatal(err)
	}
	list := func() []types.ResourcePendingMaintenanceActions {
		return simtest.Do(t, l.DescribePendingMaintenanceActions, &sdk.DescribePendingMaintenanceActionsInput{}).PendingMaintenanceActions
	}
	if got := list(); len(got) != 1 || *got[0].ResourceIdentifier != *db.DBInstanceArn {
		t.Fatalf("actions %+v", got)
	}
	in := &sdk.ApplyPendingMaintenanceActionInput{ResourceIdentifier: db.DBInstanceArn, ApplyAction: aws.String("hardware-maintenance"), OptInType: aws.String("immediate")}
	simtest.Refused(t, l.ApplyPendingMaintenanceAction, in, "ResourceNotFoundFault", "")
	in.ApplyAction = aws.String("system-update")
	simtest.Do(t, l.ApplyPendingMaintenanceAction, in)
	l.pass(time.Minute)
	l.expect("db", "maintenance")
	l.pass(20 * time.Minute)
	if after := l.expect("db", "available"); len(list()) != 0 || *after.AvailabilityZone != *db.SecondaryAvailabilityZone {
		t.Errorf("actions %+v, zone %s", list(), *after.AvailabilityZone)
	}
}

func TestUnaskedChanges(t *testing.T) {
	l := newLab(t)
	before := l.create("db", multiAZ)
	for _, err := range []error{l.UpgradeMinor("db", "16.10"), l.RotateCA("db", "rds-ca-ecc384-g1"), l.FailOver("db")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := l.UpgradeMinor("db", "16.99"); err == nil {
		t.Error("upgraded to a version that does not exist")
	}
	l.pass(10 * time.Minute)
	db := l.expect("db", "available")
	if *db.EngineVersion != "16.10" || *db.CACertificateIdentifier != "rds-ca-ecc384-g1" || *db.AvailabilityZone != *before.SecondaryAvailabilityZone {
		t.Errorf("instance %+v", db)
	}
	if len(l.Events()) < 4 {
		t.Errorf("events %+v", l.Events())
	}
}

func TestTags(t *testing.T) {
	l := newLab(t)
	db := l.create("db")
	tag := func(key, value string) []types.Tag { return []types.Tag{{Key: &key, Value: &value}} }
	simtest.Do(t, l.AddTagsToResource, &sdk.AddTagsToResourceInput{ResourceName: db.DBInstanceArn, Tags: tag("a", "1")})
	simtest.Do(t, l.AddTagsToResource, &sdk.AddTagsToResourceInput{ResourceName: db.DBInstanceArn, Tags: tag("b", "2")})
	simtest.Do(t, l.RemoveTagsFromResource, &sdk.RemoveTagsFromResourceInput{ResourceName: db.DBInstanceArn, TagKeys: []string{"a", "none"}})
	if got := l.read("db").TagList; len(got) != 1 || *got[0].Key != "b" {
		t.Errorf("tags %+v", got)
	}
	simtest.Refused(t, l.AddTagsToResource, &sdk.AddTagsToResourceInput{ResourceName: db.DBInstanceArn, Tags: tag("aws:x", "1")}, "InvalidParameterValue", "")
	missing := map[string]string{"db:none": "DBInstanceNotFound", "cluster:none": "DBClusterNotFoundFault", "subgrp:none": "DBSubnetGroupNotFoundFault",
		"pg:none": "DBParameterGroupNotFound", "snapshot:none": "DBSnapshotNotFound", "deployment:none": "BlueGreenDeploymentNotFoundFault", "x:none": "InvalidParameterValue"}
	for name, code := range missing {
		simtest.Refused(t, l.ListTagsForResource, &sdk.ListTagsForResourceInput{ResourceName: aws.String("arn:aws:rds:eu-west-1:123456789012:" + name)}, code, "")
	}
}

func TestEventSubscription(t *testing.T) {
	l := newLab(t)
	in := &sdk.CreateEventSubscriptionInput{SubscriptionName: aws.String("ops"), SnsTopicArn: aws.String("arn:aws:sns:eu-west-1:123456789012:ops"),
		SourceType: aws.String("db-instance"), EventCategories: []string{"nonsense"}}
	simtest.Refused(t, l.CreateEventSubscription, in, "SubscriptionCategoryNotFound", "")
	in.EventCategories, in.SourceIds = []string{"failover"}, []string{"none"}
	simtest.Refused(t, l.CreateEventSubscription, in, "SourceNotFound", "")
	in.SourceIds, in.SnsTopicArn = nil, aws.String("arn:aws:sns:eu-west-1:123456789012:ops.fifo")
	simtest.Refused(t, l.CreateEventSubscription, in, "SNSInvalidTopic", "")
	topic := "arn:aws:sns:eu-west-1:123456789012:ops"
	in.SnsTopicArn = &topic
	l.LoseTopic(topic, "no-permission")
	simtest.Refused(t, l.CreateEventSubscription, in, "SNSNoAuthorization", "")
	l.LoseTopic(topic, "topic-not-exist")
	simtest.Refused(t, l.CreateEventSubscription, in, "SNSTopicArnNotFound", "")
	l.LoseTopic(topic, "")
	if got := simtest.Do(t, l.CreateEventSubscription, in).EventSubscription; *got.Status != "creating" || !*got.Enabled {
		t.Errorf("subscription %+v", got)
	}
	remove := &sdk.DeleteEventSubscriptionInput{SubscriptionName: aws.String("ops")}
	simtest.Refused(t, l.DeleteEventSubscription, remove, "InvalidEventSubscriptionState", "")
	l.create("db")
	source := &sdk.AddSourceIdentifierToSubscriptionInput{SubscriptionName: aws.String("ops"), SourceIdentifier: aws.String("db")}
	if got := simtest.Do(t, l.AddSourceIdentifierToSubscription, source).EventSubscription; len(got.SourceIdsList) != 1 {
		t.Errorf("subscription %+v", got)
	}
	l.pass(time.Minute)
	simtest.Refused(t, l.RemoveSourceIdentifierFromSubscription, &sdk.RemoveSourceIdentifierFromSubscriptionInput{SubscriptionName: aws.String("ops"),
		SourceIdentifier: aws.String("none")}, "SourceNotFound", "")
	simtest.Do(t, l.ModifyEventSubscription, &sdk.ModifyEventSubscriptionInput{SubscriptionName: aws.String("ops"), Enabled: aws.Bool(false)})
	l.pass(time.Minute)
	if got := simtest.Do(t, l.DescribeEventSubscriptions, &sdk.DescribeEventSubscriptionsInput{}).EventSubscriptionsList; len(got) != 1 || *got[0].Enabled || *got[0].Status != "active" {
		t.Errorf("subscriptions %+v", got)
	}
	l.LoseTopic(topic, "topic-not-exist")
	if got := simtest.Do(t, l.DescribeEventSubscriptions, &sdk.DescribeEventSubscriptionsInput{}).EventSubscriptionsList[0]; *got.Status != "topic-not-exist" {
		t.Errorf("without its topic the subscription is %s", *got.Status)
	}
	simtest.Do(t, l.DeleteEventSubscription, remove)
	l.pass(time.Minute)
	simtest.Refused(t, l.DescribeEventSubscriptions, &sdk.DescribeEventSubscriptionsInput{SubscriptionName: aws.String("ops")}, "SubscriptionNotFound", "")
}

func TestAccount(t *testing.T) {
	l := newLab(t)
	l.Quotas["DBInstances"] = 1
	l.create("db")
	simtest.Refused(t, l.CreateDBInstance, request("two"), "InstanceQuotaExceeded", "")
	for _, quota := range simtest.Do(t, l.DescribeAccountAttributes, &sdk.DescribeAccountAttributesInput{}).AccountQuotas {
		if *quota.AccountQuotaName == "DBInstances" && (*quota.Max != 1 || *quota.Used != 1) {
			t.Errorf("quota %d, used %d", *quota.Max, *quota.Used)
		}
	}
	if got := simtest.Do(t, l.DescribeOptionGroups, &sdk.DescribeOptionGroupsInput{EngineName: aws.String("mysql"), MajorEngineVersion: aws.String("8.0")}).OptionGroupsList; len(got) != 1 ||
		*got[0].OptionGroupName != "default:mysql-8-0" {
		t.Errorf("option groups %+v", got)
	}
	simtest.Refused(t, l.DescribeCertificates, &sdk.DescribeCertificatesInput{CertificateIdentifier: aws.String("rds-ca-2015")}, "CertificateNotFound", "")
	simtest.Do(t, l.DescribeGlobalClusters, &sdk.DescribeGlobalClustersInput{})
}
