package rds_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/rds"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

const password = "correct-horse"

// lab is RDS on the simulated EC2: one VPC with a subnet in zones a, b and c, two
// security groups, and the DB subnet group "db" of all three.
type lab struct {
	*testing.T
	*rds.Service
	clock    *simtest.Clock
	ec2      *ec2.Service
	vpc      string
	subnets  []string
	groups   []string
	otherVPC string
	secrets  *vault
}

// vault stands in for Secrets Manager.
type vault struct{ made, deleted, rotated []string }

func (v *vault) CreateManaged(owner string) string {
	arn := fmt.Sprintf("arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-%d", len(v.made))
	v.made = append(v.made, owner)
	return arn
}
func (v *vault) DeleteManaged(arn string)      { v.deleted = append(v.deleted, arn) }
func (v *vault) RotateManaged(arn string) bool { v.rotated = append(v.rotated, arn); return true }

func newLab(t *testing.T) *lab {
	t.Helper()
	r, clock := simtest.New()
	l := &lab{T: t, clock: clock, ec2: ec2.New(r), secrets: &vault{}}
	l.Service = rds.New(r, l.ec2)
	l.Service.Secrets = l.secrets
	l.vpc, l.otherVPC = l.network("10.0.0.0/16"), l.network("10.1.0.0/16")
	for n, zone := range []string{"a", "b", "c"} {
		l.subnets = append(l.subnets, l.subnet(l.vpc, zone, fmt.Sprintf("10.0.%d.0/24", n)))
	}
	l.groups = []string{l.securityGroup(l.vpc, "one"), l.securityGroup(l.vpc, "two")}
	l.pass(time.Minute)
	l.subnetGroup("db", l.subnets...)
	return l
}

func (l *lab) network(cidr string) string {
	l.Helper()
	return *simtest.Do(l.T, l.ec2.CreateVpc, &ec2sdk.CreateVpcInput{CidrBlock: &cidr}).Vpc.VpcId
}

func (l *lab) subnet(vpc, zone, cidr string) string {
	l.Helper()
	return *simtest.Do(l.T, l.ec2.CreateSubnet, &ec2sdk.CreateSubnetInput{VpcId: &vpc, AvailabilityZone: aws.String("eu-west-1" + zone),
		CidrBlock: &cidr}).Subnet.SubnetId
}

func (l *lab) securityGroup(vpc, name string) string {
	l.Helper()
	return *simtest.Do(l.T, l.ec2.CreateSecurityGroup, &ec2sdk.CreateSecurityGroupInput{VpcId: &vpc, GroupName: &name, Description: &name}).GroupId
}

func (l *lab) subnetGroup(name string, subnets ...string) {
	l.Helper()
	simtest.Do(l.T, l.CreateDBSubnetGroup, &sdk.CreateDBSubnetGroupInput{DBSubnetGroupName: &name,
		DBSubnetGroupDescription: aws.String("test"), SubnetIds: subnets})
}

// pass lets time go by, in steps as the simulator does.
func (l *lab) pass(d time.Duration) {
	for until := l.clock.Now.Add(d); l.clock.Now.Before(until); {
		l.clock.Pass(min(time.Second*10, until.Sub(l.clock.Now)))
		l.Tick(l.clock.Now)
	}
}

// request is a small PostgreSQL instance, changed by the edits.
func request(id string, edits ...func(*sdk.CreateDBInstanceInput)) *sdk.CreateDBInstanceInput {
	in := &sdk.CreateDBInstanceInput{DBInstanceIdentifier: &id, Engine: aws.String("postgres"), EngineVersion: aws.String("16"),
		DBInstanceClass: aws.String("db.t4g.medium"), AllocatedStorage: aws.Int32(100), MasterUsername: aws.String("dbadmin"),
		MasterUserPassword: aws.String(password), DBSubnetGroupName: aws.String("db")}
	for _, edit := range edits {
		edit(in)
	}
	return in
}

func multiAZ(in *sdk.CreateDBInstanceInput) { in.MultiAZ = aws.Bool(true) }

// create makes an instance and waits until it is there.
func (l *lab) create(id string, edits ...func(*sdk.CreateDBInstanceInput)) types.DBInstance {
	l.Helper()
	simtest.Do(l.T, l.CreateDBInstance, request(id, edits...))
	l.pass(20 * time.Minute)
	return l.expect(id, "available")
}

func (l *lab) read(id string) types.DBInstance {
	l.Helper()
	return simtest.Do(l.T, l.DescribeDBInstances, &sdk.DescribeDBInstancesInput{DBInstanceIdentifier: &id}).DBInstances[0]
}

// expect reads an instance that must be in a status.
func (l *lab) expect(id, status string) types.DBInstance {
	l.Helper()
	db := l.read(id)
	if *db.DBInstanceStatus != status {
		l.Fatalf("%s is %s, want %s", id, *db.DBInstanceStatus, status)
	}
	return db
}

func (l *lab) modify(id string, edit func(*sdk.ModifyDBInstanceInput)) types.DBInstance {
	l.Helper()
	in := &sdk.ModifyDBInstanceInput{DBInstanceIdentifier: &id, ApplyImmediately: aws.Bool(true)}
	edit(in)
	return *simtest.Do(l.T, l.ModifyDBInstance, in).DBInstance
}

// refuseModify modifies an instance in a way that must fail.
func (l *lab) refuseModify(id, code, text string, edit func(*sdk.ModifyDBInstanceInput)) {
	l.Helper()
	in := &sdk.ModifyDBInstanceInput{DBInstanceIdentifier: &id, ApplyImmediately: aws.Bool(true)}
	edit(in)
	simtest.Refused(l.T, l.ModifyDBInstance, in, code, text)
}

func (l *lab) delete(id string) {
	l.Helper()
	simtest.Do(l.T, l.DeleteDBInstance, &sdk.DeleteDBInstanceInput{DBInstanceIdentifier: &id, SkipFinalSnapshot: aws.Bool(true)})
}

// statuses lists the different statuses of an instance during some time.
func (l *lab) statuses(id string, d time.Duration) (seen []string) {
	l.Helper()
	for until := l.clock.Now.Add(d); l.clock.Now.Before(until); l.pass(5 * time.Second) {
		seen = append(seen, *l.read(id).DBInstanceStatus)
	}
	return slices.Compact(seen)
}

// happened reports whether the log of the last hours has an event with the text.
func (l *lab) happened(text string) bool {
	l.Helper()
	out := simtest.Do(l.T, l.DescribeEvents, &sdk.DescribeEventsInput{Duration: aws.Int32(1440)})
	return slices.ContainsFunc(out.Events, func(e types.Event) bool { return strings.Contains(*e.Message, text) })
}

func (l *lab) interfaces() (list []string) {
	l.Helper()
	for _, eni := range simtest.Do(l.T, l.ec2.DescribeNetworkInterfaces, &ec2sdk.DescribeNetworkInterfacesInput{}).NetworkInterfaces {
		list = append(list, *eni.Description+" "+*eni.SubnetId)
	}
	return list
}
