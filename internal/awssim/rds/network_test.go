package rds_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

func TestWithoutADefaultNetwork(t *testing.T) {
	l := newLab(t)
	simtest.Refused(t, l.CreateDBInstance, request("db", func(in *sdk.CreateDBInstanceInput) { in.DBSubnetGroupName = nil }), "InvalidSubnet", "default")
}

func TestPublicAccess(t *testing.T) {
	l := newLab(t)
	l.create("db")
	public := func(in *sdk.ModifyDBInstanceInput) { in.PubliclyAccessible = aws.Bool(true) }
	l.refuseModify("db", "InvalidVPCNetworkStateFault", "internet gateway", public)
	gateway := simtest.Do(t, l.ec2.CreateInternetGateway, &ec2sdk.CreateInternetGatewayInput{}).InternetGateway.InternetGatewayId
	simtest.Do(t, l.ec2.AttachInternetGateway, &ec2sdk.AttachInternetGatewayInput{VpcId: &l.vpc, InternetGatewayId: gateway})
	l.refuseModify("db", "InvalidVPCNetworkStateFault", "DNS hostnames", public)
	simtest.Do(t, l.ec2.ModifyVpcAttribute, &ec2sdk.ModifyVpcAttributeInput{VpcId: &l.vpc, EnableDnsHostnames: &ec2types.AttributeBooleanValue{Value: aws.Bool(true)}})
	l.modify("db", public)
	l.pass(5 * time.Minute)
	if !*l.expect("db", "available").PubliclyAccessible || len(l.interfaces()) != 1 {
		t.Errorf("interfaces %v", l.interfaces())
	}
	simtest.Refused(t, l.ec2.DetachInternetGateway, &ec2sdk.DetachInternetGatewayInput{VpcId: &l.vpc, InternetGatewayId: gateway}, "DependencyViolation", "")
}

func TestMoveToAnotherNetwork(t *testing.T) {
	l := newLab(t)
	l.subnetGroup("same", l.subnets...)
	l.subnetGroup("other", l.subnet(l.otherVPC, "a", "10.1.0.0/24"), l.subnet(l.otherVPC, "b", "10.1.1.0/24"))
	l.create("db")
	l.refuseModify("db", "InvalidVPCNetworkStateFault", "same VPC", func(in *sdk.ModifyDBInstanceInput) { in.DBSubnetGroupName = aws.String("same") })
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) { in.DBSubnetGroupName = aws.String("other") })
	simtest.Refused(t, l.DeleteDBSubnetGroup, &sdk.DeleteDBSubnetGroupInput{DBSubnetGroupName: aws.String("other")}, "InvalidDBSubnetGroupStateFault", "")
	l.pass(time.Minute)
	l.expect("db", "moving-to-vpc")
	l.pass(20 * time.Minute)
	if db := l.expect("db", "available"); *db.DBSubnetGroup.VpcId != l.otherVPC || len(l.interfaces()) != 1 {
		t.Errorf("VPC %s, interfaces %v", *db.DBSubnetGroup.VpcId, l.interfaces())
	}
	simtest.Do(t, l.DeleteDBSubnetGroup, &sdk.DeleteDBSubnetGroupInput{DBSubnetGroupName: aws.String("db")})
}

func TestRemoveTheStandby(t *testing.T) {
	l := newLab(t)
	l.create("db", multiAZ)
	l.modify("db", func(in *sdk.ModifyDBInstanceInput) { in.MultiAZ = aws.Bool(false) })
	l.pass(10 * time.Minute)
	if db := l.expect("db", "available"); *db.MultiAZ || db.SecondaryAvailabilityZone != nil || len(l.interfaces()) != 1 {
		t.Errorf("Multi-AZ %t, interfaces %v", *db.MultiAZ, l.interfaces())
	}
}
