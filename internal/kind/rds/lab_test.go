package rds_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/rds"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

type outside = map[string]func(*testing.T, *awsapi.Clients, engine.Live)

// kind returns one of the package's kinds.
func kind(name string) func(*awsapi.Clients) engine.Kind {
	return func(c *awsapi.Clients) engine.Kind {
		for _, k := range rds.Kinds(c) {
			if k.Name() == name {
				return k
			}
		}
		panic("no kind " + name)
	}
}

// keyed lets the harness try a kind whose key is not free: to the harness it is
// "object".
type keyed struct{ engine.Kind }

const protectionKey = "deletion_protection/instance"

func (k keyed) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	if id, ok := scope.IDs["object"]; ok {
		scope.IDs = map[string]string{protectionKey: id}
	}
	lives, err := k.Kind.List(ctx, scope)
	for i := range lives {
		lives[i].Key = "object"
	}
	return lives, err
}

func (k keyed) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	want.Key = protectionKey
	live, err := k.Kind.Create(ctx, want)
	live.Key = "object"
	return live, err
}

// must returns the output of a raw call that has to succeed.
func must[T any](t *testing.T) func(T, error) T {
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// place is where databases can be.
type place struct {
	vpc, group, other string // security groups
	subnets           []string
	subnetGroup       string
	parameterGroup    string
}

// newPlace makes a VPC over three zones with the groups that a database needs.
func newPlace(t *testing.T, c *awsapi.Clients) place {
	t.Helper()
	vpc := must[*ec2.CreateVpcOutput](t)(awsapi.EC2(c).CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}))
	p := place{vpc: *vpc.Vpc.VpcId, subnetGroup: "place-subnets", parameterGroup: "place-parameters"}
	for zone := range 3 {
		subnet := must[*ec2.CreateSubnetOutput](t)(awsapi.EC2(c).CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: &p.vpc,
			CidrBlock: aws.String(fmt.Sprintf("10.0.%d.0/24", zone)), AvailabilityZoneId: aws.String(fmt.Sprintf("euw1-az%d", zone+1))}))
		p.subnets = append(p.subnets, *subnet.Subnet.SubnetId)
	}
	for name, id := range map[string]*string{"group": &p.group, "other": &p.other} {
		group := must[*ec2.CreateSecurityGroupOutput](t)(awsapi.EC2(c).CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
			GroupName: &name, Description: &name, VpcId: &p.vpc}))
		*id = *group.GroupId
	}
	must[*sdk.CreateDBSubnetGroupOutput](t)(awsapi.RDS(c).CreateDBSubnetGroup(t.Context(), &sdk.CreateDBSubnetGroupInput{
		DBSubnetGroupName: &p.subnetGroup, DBSubnetGroupDescription: aws.String("place"), SubnetIds: p.subnets}))
	must[*sdk.CreateDBParameterGroupOutput](t)(awsapi.RDS(c).CreateDBParameterGroup(t.Context(), &sdk.CreateDBParameterGroupInput{
		DBParameterGroupName: &p.parameterGroup, DBParameterGroupFamily: aws.String("postgres16"), Description: aws.String("place")}))
	return p
}

// database is an instance as composites want it.
func (p place) database(id string) *rds.Instance {
	return &rds.Instance{
		Identifier: id, Engine: "postgres", EngineVersion: aws.String("16"), Class: "db.t4g.medium", MultiAZ: true, Encrypted: true,
		Username: aws.String("dbadmin"), DatabaseName: aws.String("shop"), StorageType: aws.String("gp3"), AllocatedStorage: aws.Int32(20),
		MaxAllocatedStorage: aws.Int32(100), Port: 5432, SubnetGroup: stack.Literal(p.subnetGroup), SecurityGroups: stack.Literals(p.group),
		ParameterGroup: stack.Literal(p.parameterGroup), BackupRetentionDays: aws.Int32(14), BackupWindow: aws.String("03:00-03:30"),
		MaintenanceWindow: "sun:04:00-sun:04:30", CopyTagsToSnapshot: true, AutoMinorUpgrade: true, PerformanceInsights: true,
		MonitoringInterval: 60, MonitoringRole: stack.Literal("arn:aws:iam::123456789012:role/monitoring"), LogExports: []string{"postgresql", "upgrade"},
		IAMAuthentication: true, ManagedPassword: aws.Bool(true), ApplyImmediately: true,
	}
}

// world is a simulator with one place, and a kind of instances.
type world struct {
	*testing.T
	sim   *awssim.Sim
	c     *awsapi.Clients
	place place
	kind  engine.Kind
}

// inWorld runs a test of instances in virtual time.
func inWorld(t *testing.T, try func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, sim: awssim.New(awssim.Options{Account: kindtest.Account})}
		w.c = kindtest.Clients(t, w.sim)
		w.place = newPlace(t, w.c)
		w.kind = kind("rds/instance")(w.c)
		try(w)
	})
}

func wanted(s stack.Spec) engine.Want {
	return engine.Want{Stack: stack.ID{Type: "trial", Name: "shop"}, Key: "instance", Spec: s,
		Tags: map[string]string{stack.TagStack: "trial/shop", stack.TagPart: "instance"}}
}

// make creates an object and waits for it.
func (w *world) make(s stack.Spec) engine.Live {
	w.Helper()
	live, err := w.kind.Create(w.Context(), wanted(s))
	if err == nil {
		live, err = w.kind.Wait(w.Context(), live)
	}
	if err != nil {
		w.Fatal(err)
	}
	return live
}

// change updates an object to the spec.
func (w *world) change(live engine.Live, s stack.Spec, secrets stack.Secrets) (engine.Live, error) {
	w.Helper()
	want := wanted(s)
	want.Secrets = secrets
	diff := engine.Difference(s, want.Tags, live)
	if len(diff) == 0 || diff.Replaces() {
		w.Fatalf("the difference is %v", diff)
	}
	return w.kind.Update(w.Context(), live, want, diff)
}

// ask runs f in the simulated RDS.
func (w *world) control(f func(r control) error) {
	w.Helper()
	world := w.sim.World(kindtest.Region)
	world.Do(func() {
		if err := f(world.RDS); err != nil {
			w.Fatal(err)
		}
	})
}

// control is what happens in RDS without being asked for.
type control interface {
	FailCreation(id, reason string)
	FailModification(id, reason string) error
	GrowStorage(id string, gib int32) error
	UpgradeMinor(id, version string) error
	RotateCA(id, ca string) error
	FailOver(id string) error
}

// seen returns the instance as List shows it.
func (w *world) seen() engine.Live {
	w.Helper()
	lives, err := kind("rds/instance")(w.c).List(context.WithoutCancel(w.Context()), engine.Scope{Stack: stack.ID{Type: "trial", Name: "shop"}})
	if err != nil || len(lives) != 1 {
		w.Fatalf("%d instances: %v", len(lives), err)
	}
	return lives[0]
}
