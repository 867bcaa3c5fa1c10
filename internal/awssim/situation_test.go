package awssim

import (
	"encoding/base64"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/rds"
)

func begin(t *testing.T, sim *Sim, situation Situation) {
	t.Helper()
	if err := sim.World(home).AddSituation(situation); err != nil {
		t.Fatal(err)
	}
}

// zones returns how many servers of the tier live in each zone.
func (w *tier) zones() map[string]int {
	w.t.Helper()
	count := map[string]int{}
	out := must(w.ec2.DescribeInstances(w.t.Context(), &ec2.DescribeInstancesInput{Filters: []ec2types.Filter{
		{Name: aws.String("instance-state-name"), Values: []string{"pending", "running"}}}}))(w.t)
	for _, reservation := range out.Reservations {
		for _, i := range reservation.Instances {
			count[*i.Placement.AvailabilityZone]++
		}
	}
	return count
}

// TestZoneLost: its servers end, Auto Scaling replaces them elsewhere, and when the
// zone is back it can be used again.
func TestZoneLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New(Options{})
		w := newTier(t, sim)
		time.Sleep(10 * time.Minute)
		if got := w.zones(); got[home+"a"] != 1 || got[home+"b"] != 1 {
			t.Fatalf("before: %v", got)
		}
		begin(t, sim, Situation{Kind: ZoneLost, Zone: home + "a"})
		if got := w.zones(); got[home+"a"] != 0 {
			t.Errorf("at once: %v", got)
		}
		time.Sleep(15 * time.Minute)
		if got := w.zones(); got[home+"a"] != 0 || got[home+"b"] != 2 {
			t.Errorf("without the zone: %v\n%s", got, events(sim))
		}
		if state := w.zoneState(home + "a"); state != ec2types.AvailabilityZoneStateUnavailable {
			t.Errorf("the zone is %s", state)
		}
		world := sim.World(home)
		world.Do(func() {
			if !world.Lost(home+"a") || world.Lost(home+"b") {
				t.Error("the wrong zone is lost")
			}
		})
		world.ClearSituations()
		if state := w.zoneState(home + "a"); state != ec2types.AvailabilityZoneStateAvailable {
			t.Errorf("the zone is %s after its return", state)
		}
		must(w.asg.SetDesiredCapacity(t.Context(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String("web"), DesiredCapacity: aws.Int32(4)}))(t)
		time.Sleep(10 * time.Minute)
		if got := w.zones(); got[home+"a"] == 0 {
			t.Errorf("after its return: %v", got)
		}
	})
}

func (w *tier) zoneState(zone string) ec2types.AvailabilityZoneState {
	w.t.Helper()
	return must(w.ec2.DescribeAvailabilityZones(w.t.Context(), &ec2.DescribeAvailabilityZonesInput{ZoneNames: []string{zone}}))(w.t).AvailabilityZones[0].State
}

func TestNoCapacity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New(Options{})
		begin(t, sim, Situation{Kind: NoCapacity, Zone: home + "a", InstanceType: "t3.*"})
		w := newTier(t, sim)
		run := func(kind ec2types.InstanceType, subnet int) error {
			_, err := w.ec2.RunInstances(t.Context(), &ec2.RunInstancesInput{ImageId: aws.String("ami-0e5b0000000000001"), InstanceType: kind,
				MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: &w.subnets[subnet]})
			return err
		}
		if err := run(ec2types.InstanceTypeT3Micro, 0); codeOf(err) != "InsufficientInstanceCapacity" {
			t.Errorf("got %v", err)
		}
		if err := run(ec2types.InstanceTypeM5Large, 0); err != nil {
			t.Errorf("another type: %v", err)
		}
		if err := run(ec2types.InstanceTypeT3Micro, 1); err != nil {
			t.Errorf("another zone: %v", err)
		}
		sim.World(home).ClearSituations()
		if err := run(ec2types.InstanceTypeT3Micro, 0); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// TestBadImage: servers run and never become healthy; their console says why.
func TestBadImage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New(Options{})
		begin(t, sim, Situation{Kind: BadImage, Image: "ami-0e5b0000000000001"})
		w := newTier(t, sim)
		time.Sleep(4 * time.Minute)
		if healthy := w.healthy(); len(healthy) > 0 {
			t.Errorf("%v are healthy", healthy)
		}
		out := must(w.ec2.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{}))(t)
		id := out.Reservations[0].Instances[0].InstanceId
		console := must(w.ec2.GetConsoleOutput(t.Context(), &ec2.GetConsoleOutputInput{InstanceId: id}))(t)
		if text, err := base64.StdEncoding.DecodeString(aws.ToString(console.Output)); err != nil || !strings.Contains(string(text), "nginx.service: Failed") {
			t.Errorf("console: %s", text)
		}
		sim.World(home).ClearSituations()
		time.Sleep(15 * time.Minute)
		if healthy := w.healthy(); len(healthy) != 2 {
			t.Errorf("afterwards: %v", healthy)
		}
	})
}

func TestFailingPath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New(Options{})
		w := newTier(t, sim)
		time.Sleep(10 * time.Minute)
		begin(t, sim, Situation{Kind: FailingPath, Path: "/other"})
		time.Sleep(2 * time.Minute)
		if healthy := w.healthy(); len(healthy) != 2 {
			t.Errorf("another path: %v", healthy)
		}
		begin(t, sim, Situation{Kind: FailingPath, Path: "/", Status: 418})
		told := false
		for range 60 { // before Auto Scaling replaces the servers
			time.Sleep(2 * time.Second)
			out := must(w.elb.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: &w.group}))(t)
			for _, target := range out.TargetHealthDescriptions {
				told = told || strings.Contains(aws.ToString(target.TargetHealth.Description), "[418]")
			}
		}
		if !told {
			t.Error("no target has failed by its status code")
		}
		sim.World(home).ClearSituations()
		if sim.World(home).ELBv2.StatusCode != nil {
			t.Error("the hook is still there")
		}
	})
}

// TestDatabaseFailsOver when it is told to, and when it loses its zone.
func TestDatabaseFailsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New(Options{})
		w := newTier(t, sim)
		client := rds.NewFromConfig(config(sim.Transport()))
		must(client.CreateDBSubnetGroup(t.Context(), &rds.CreateDBSubnetGroupInput{DBSubnetGroupName: aws.String("db"),
			DBSubnetGroupDescription: aws.String("db"), SubnetIds: w.subnets}))(t)
		must(client.CreateDBInstance(t.Context(), &rds.CreateDBInstanceInput{DBInstanceIdentifier: aws.String("db"), Engine: aws.String("postgres"),
			DBInstanceClass: aws.String("db.t4g.medium"), AllocatedStorage: aws.Int32(20), MultiAZ: aws.Bool(true), DBSubnetGroupName: aws.String("db"),
			MasterUsername: aws.String("app"), MasterUserPassword: aws.String("correct-horse")}))(t)
		zone := func() string {
			out := must(client.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{}))(t)
			return aws.ToString(out.DBInstances[0].AvailabilityZone)
		}
		time.Sleep(time.Hour)
		first := zone()
		begin(t, sim, Situation{Kind: DatabaseFailover, Database: "db"})
		time.Sleep(20 * time.Minute)
		second := zone()
		if second == first || second == "" {
			t.Fatalf("still in %s", second)
		}
		begin(t, sim, Situation{Kind: ZoneLost, Zone: second})
		time.Sleep(20 * time.Minute)
		if third := zone(); third != first {
			t.Errorf("in %s although that is lost", third)
		}
	})
}

func TestControlOfSituations(t *testing.T) {
	sim := New(Options{})
	server := httptest.NewServer(sim.Handler())
	defer server.Close()
	url := server.URL + controlPrefix + "situations"
	for _, body := range []string{`{"kind":"no-capacity","zone":"eu-west-1a","instanceType":"t3.*"}`, `{"kind":"zone-lost","zone":"euw1-az2"}`,
		`{"kind":"bad-image","image":"ami-1"}`, `{"kind":"failing-path","path":"/health*","status":500}`} {
		if status, answer := ask(t, "POST", url+"?region="+home, body); status != 200 {
			t.Errorf("%s: %s", body, answer)
		}
	}
	world := sim.World(home)
	kept := slices.Clone(world.situations.list)
	if len(kept) != 4 || kept[0].InstanceType != "t3.*" || kept[1].Zone != home+"a" || kept[2].Image != "ami-1" || kept[3].Status != 500 {
		t.Errorf("got %+v", kept)
	}
	if status, answer := ask(t, "DELETE", url+"?region="+home, ""); status != 200 || len(world.situations.list) > 0 {
		t.Errorf("%d: %s", status, answer)
	}
	for _, body := range []string{`{}`, `{"kind":"flood"}`, `{"kind":"zone-lost","zone":"eu-west-1z"}`, `{"kind":"bad-image"}`,
		`{"kind":"failing-path"}`, `{"kind":"database-failover","database":"none"}`, `{"kind":"no-capacity","typo":1}`} {
		if status, _ := ask(t, "POST", url+"?region="+home, body); status != 400 {
			t.Errorf("%s: status %d", body, status)
		}
	}
	if status, _ := ask(t, "POST", url, `{"kind":"no-capacity"}`); status != 400 {
		t.Errorf("without a Region: status %d", status)
	}
}
