package multiserver_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

const masters = "testdata/masters"

// servers returns the instances of the tier's group that run.
func servers(t *testing.T, lab *acctest.Lab) []ec2types.Instance {
	t.Helper()
	group := lab.Value(address).GetAttr("autoscaling_group_name").AsString()
	out, err := awsapi.EC2(lab.Clients(t)).DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{Filters: []ec2types.Filter{
		{Name: aws.String("tag:aws:autoscaling:groupName"), Values: []string{group}}, {Name: aws.String("instance-state-name"), Values: []string{"running"}}}})
	if err != nil {
		t.Fatal(err)
	}
	var all []ec2types.Instance
	for _, reservation := range out.Reservations {
		all = append(all, reservation.Instances...)
	}
	if len(all) == 0 {
		t.Fatal("the group has no server")
	}
	return all
}

// loseTheMaster terminates the master and names a clone in its place.
func loseTheMaster(t *testing.T, lab *acctest.Lab) (clone string) {
	t.Helper()
	acctest.Must(t)(awsapi.EC2(lab.Clients(t)).TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{lab.Variables["first"]}}))
	time.Sleep(5 * time.Minute)
	clone = *servers(t, lab)[0].InstanceId
	lab.Variables["master_ids"] = fmt.Sprintf("[%q]", clone)
	return clone
}

// TestALostMasterIsReplacedByAClone: the error of the next apply says which servers
// can take its place; the one that is named leaves the group, gets the writes, and
// survives rollouts and the end of the tier.
func TestALostMasterIsReplacedByAClone(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		prepareMasters(t, lab)
		before := lab.Inventory()
		lab.MustApply(t, masters, nil)
		old := lab.Variables["master_ids"]
		clone := loseTheMaster(t, lab)

		lab.Variables["master_ids"] = old
		acctest.MustSay(t, lab.Apply(t.Context(), masters, nil), "A clone can become the master", clone)
		lab.Variables["master_ids"] = fmt.Sprintf("[%q]", clone)
		_, err := lab.Plan(t.Context(), masters, nil)
		acctest.MustSay(t, err, "Instance "+clone+" is a server of this tier", "set promote = true")

		promoted := map[string]string{"promote": "true"}
		plan, err := lab.Plan(t.Context(), masters, promoted)
		if err != nil || !strings.Contains(plan.String(), "take "+clone+" out of the group") {
			t.Fatalf("%v\n%s", err, plan)
		}
		lab.MustApply(t, masters, promoted)
		mustBeMaster(t, lab, clone)

		// A rollout replaces the clones, not the master; then it is a master like another.
		lab.MustApply(t, masters, map[string]string{"promote": "true", "image_id": "ami-0e5b0000000000002"})
		lab.MustApply(t, masters, map[string]string{"image_id": "ami-0e5b0000000000002"})
		mustBeMaster(t, lab, clone)
		lab.MustRoundTrip(t, masters, map[string]string{"image_id": "ami-0e5b0000000000002"}, address, "shop")
		if err := lab.Destroy(t.Context(), masters, promoted); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if after := lab.Inventory(); len(after) != len(before) {
			t.Errorf("of two servers one was lost, and one has come in its place; left:\n%s\nbefore:\n%s", strings.Join(after, "\n"), strings.Join(before, "\n"))
		}
	})
}

// mustBeMaster checks that the instance runs outside the group, which is complete
// without it, and gets what is for the master.
func mustBeMaster(t *testing.T, lab *acctest.Lab, id string) {
	t.Helper()
	time.Sleep(5 * time.Minute)
	for _, server := range servers(t, lab) {
		if *server.InstanceId == id {
			t.Fatalf("%s is in the group still", id)
		}
	}
	if n := len(servers(t, lab)); n != 3 {
		t.Errorf("the group has %d servers, not three", n)
	}
	found, err := awsapi.EC2(lab.Clients(t)).DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		t.Fatal(err)
	}
	if groups := found.Reservations[0].Instances[0].SecurityGroups; len(groups) != 1 || *groups[0].GroupId != lab.Variables["master_group"] {
		t.Errorf("the master has the security groups %+v", groups)
	}
	out, err := awsapi.ELBv2(lab.Clients(t)).DescribeTargetHealth(t.Context(), &elbv2.DescribeTargetHealthInput{TargetGroupArn: aws.String(lab.Parts(address)["target_group/masters"])})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.TargetHealthDescriptions) != 1 || *out.TargetHealthDescriptions[0].Target.Id != id || out.TargetHealthDescriptions[0].TargetHealth.State != "healthy" {
		t.Errorf("the masters' target group has %+v", out.TargetHealthDescriptions)
	}
}

func TestAServerOfAnotherGroupIsNoMaster(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		prepareMasters(t, lab)
		lab.MustApply(t, masters, nil)
		clone := *servers(t, lab)[0].InstanceId
		lab.Forget(address)
		lab.Variables["master_ids"] = fmt.Sprintf("[%q]", clone)
		_, err := lab.Plan(t.Context(), masters, map[string]string{"promote": "true"})
		acctest.MustSay(t, err, "Instance "+clone+" belongs to Auto Scaling group", "detach it there first")
	})
}

// TestCrashDuringPromotion: one server leaves the group, however often it takes.
func TestCrashDuringPromotion(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: masters, Prepare: prepareMasters, Before: map[string]string{}, After: map[string]string{"promote": "true"},
		Leaves:  []string{"ec2 instance", "ec2 network-interface", "ec2 volume"},
		Between: func(t *testing.T, lab *acctest.Lab) { loseTheMaster(t, lab) },
		Finally: func(t *testing.T, lab *acctest.Lab) {
			mustBeMaster(t, lab, strings.Trim(lab.Variables["master_ids"], `[]"`))
		}})
}
