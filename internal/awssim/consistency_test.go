package awssim

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// TestReadsAreStaleAfterWrites asks at instants within and after the window.
func TestReadsAreStaleAfterWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New(Options{StaleReads: 1})
		client := ec2.NewFromConfig(config(sim.Transport()))
		out, err := client.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")})
		if err != nil {
			t.Fatal(err)
		}
		id := *out.Vpc.VpcId
		byID := func() error {
			_, err := client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{id}})
			return err
		}
		listed := func() bool {
			out, err := client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
			if err != nil {
				t.Fatal(err)
			}
			return slices.ContainsFunc(out.Vpcs, func(v ec2types.Vpc) bool { return *v.VpcId == id })
		}
		if err := byID(); codeOf(err) != "InvalidVpcID.NotFound" || !strings.Contains(err.Error(), "'"+id+"'") {
			t.Errorf("by id: %v", err)
		}
		if listed() {
			t.Error("the list has it at once")
		}
		if calls := sim.Calls(); calls[len(calls)-1].Faulted != StaleRead {
			t.Error("the journal does not say that the read was stale")
		}
		// A write knows what reads do not.
		if _, err := client.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: &id, CidrBlock: aws.String("10.9.0.0/24")}); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Second)
		if err := byID(); err != nil || !listed() {
			t.Errorf("after the window: %v", err)
		}
	})
}

// TestStaleAttributesAndDeletedObjects: what a read answered before a write, it may
// answer again.
func TestStaleAttributesAndDeletedObjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := New(Options{})
		client := iam.NewFromConfig(config(sim.Transport()))
		create := &iam.CreateRoleInput{RoleName: aws.String("web"), Description: aws.String("old"),
			AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)}
		if _, err := client.CreateRole(t.Context(), create); err != nil {
			t.Fatal(err)
		}
		description := func() string {
			out, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("web")})
			if err != nil {
				return codeOf(err)
			}
			return *out.Role.Description
		}
		// The rule does not know what was written before it was there.
		addRule(t, sim, Rule{Kind: StaleRead, Operation: "GetRole", Nth: 2, Count: 1})
		if got := description(); got != "old" {
			t.Fatal(got)
		}
		if _, err := client.UpdateRole(t.Context(), &iam.UpdateRoleInput{RoleName: aws.String("web"), Description: aws.String("new")}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		if got := description() + description(); got != "oldnew" {
			t.Errorf("after the change: %s", got)
		}
		addRule(t, sim, Rule{Kind: StaleRead, Operation: "GetRole", Nth: 2, Count: -1})
		before := description()
		if _, err := client.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("web")}); err != nil {
			t.Fatal(err)
		}
		if got := before + description(); got != "newnew" {
			t.Errorf("after the deletion: %s", got)
		}
		time.Sleep(10 * time.Second)
		if got := description(); got != "NoSuchEntity" {
			t.Errorf("after the window: %s", got)
		}
	})
}

// TestStaleReadsFollowFromTheSeed: the same seed misses the same writes.
func TestStaleReadsFollowFromTheSeed(t *testing.T) {
	run := func(seed uint64) (pattern string) {
		synctest.Test(t, func(t *testing.T) {
			sim := New(Options{StaleReads: 0.5, Seed: seed})
			client := ec2.NewFromConfig(config(sim.Transport()))
			for range 20 {
				if err := createVPC(t.Context(), client); codeOf(err) == "VpcLimitExceeded" {
					continue
				}
				_, _ = client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
			}
			for _, call := range sim.Calls() {
				pattern += string(call.Faulted) + ";"
			}
		})
		return pattern
	}
	first := run(1)
	if first != run(1) || first == run(2) || !strings.Contains(first, string(StaleRead)) {
		t.Errorf("got %s", first)
	}
}
