package multiserver_test

import (
	"fmt"
	"slices"
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

// prepareMasters makes, with somebody else's clients, two servers with a security
// group, beside the VPC.
func prepareMasters(t *testing.T, lab *acctest.Lab) {
	t.Helper()
	acctest.PrepareVPC(t, lab)
	group, profile := lab.SecurityGroup(t), acctest.InstanceProfile(t, lab)
	subnet := strings.Trim(strings.Split(lab.Variables["private_subnet_ids"], ",")[0], `[" `)
	out, err := awsapi.EC2(lab.Clients(t)).RunInstances(t.Context(), &ec2.RunInstancesInput{ImageId: aws.String("ami-0e5b0000000000001"),
		InstanceType: ec2types.InstanceTypeT3Small, SubnetId: &subnet, SecurityGroupIds: []string{group}, IamInstanceProfile: &ec2types.IamInstanceProfileSpecification{Name: profile}, MinCount: aws.Int32(2), MaxCount: aws.Int32(2)})
	if err != nil {
		t.Fatal(err)
	}
	lab.Variables["first"], lab.Variables["second"] = *out.Instances[0].InstanceId, *out.Instances[1].InstanceId
	lab.Variables["master_ids"] = fmt.Sprintf("[%q]", lab.Variables["first"])
	lab.Variables["master_group"] = group
	time.Sleep(5 * time.Minute) // SSM reaches them
}

// TestMasters changes every argument of masters and routes; after each step the plan
// is empty, also after an import.
func TestMasters(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		prepareMasters(t, lab)
		before := lab.Inventory()
		variables := map[string]string{}
		lab.MustApply(t, "testdata/masters", variables)
		lab.MustRoundTrip(t, "testdata/masters", variables, address, "shop")
		for _, step := range [][2]string{
			{"script", "echo one"},
			{"script", "echo two"},
			{"serve_reads", "false"},
			{"master_port", "9090"},
			{"sync_port", "null"},
			{"routes", `[{ name = "writes", methods = ["POST"] }, { name = "admin", hosts = ["admin.example.com"] }, { name = "uploads", paths = ["/upload/*"] }]`},
			{"master_ids", fmt.Sprintf("[%q, %q]", lab.Variables["first"], lab.Variables["second"])},
			{"master_ids", fmt.Sprintf("[%q]", lab.Variables["second"])},
			{"script", "null"},
			{"serve_reads", "true"},
			{"master_port", "null"},
			{"routes", "null"},
			{"masters_on", "false"},
		} {
			variables[step[0]] = step[1]
			lab.MustApply(t, "testdata/masters", variables)
			lab.MustRoundTrip(t, "testdata/masters", variables, address, "shop")
		}
		if err := lab.Destroy(t.Context(), "testdata/masters", variables); err != nil {
			t.Fatal(err)
		}
		if after := lab.Inventory(); !slices.Equal(before, after) {
			t.Errorf("left:\n%s\nbefore:\n%s", strings.Join(after, "\n"), strings.Join(before, "\n"))
		}
	})
}

// TestMastersGetTheirShare: reads go to master and clones, what routes name to the
// master only.
func TestMastersGetTheirShare(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		prepareMasters(t, lab)
		lab.MustApply(t, "testdata/masters", nil)
		c := awsapi.ELBv2(lab.Clients(t))
		parts := lab.Parts(address)
		targets := func(part string) []string {
			out, err := c.DescribeTargetHealth(t.Context(), &elbv2.DescribeTargetHealthInput{TargetGroupArn: aws.String(parts[part])})
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, state := range out.TargetHealthDescriptions {
				ids = append(ids, *state.Target.Id)
			}
			return ids
		}
		if got := targets("target_group/masters"); !slices.Equal(got, []string{lab.Variables["first"]}) {
			t.Errorf("the masters' target group has %v", got)
		}
		if got := targets("target_group"); len(got) != 4 || !slices.Contains(got, lab.Variables["first"]) {
			t.Errorf("of a master and three servers, the servers' target group has %v", got)
		}
		rules, err := c.DescribeRules(t.Context(), &elbv2.DescribeRulesInput{ListenerArn: aws.String(parts["listener/80"])})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"target_group/masters", "target_group/masters", "target_group"} {
			if got := *rules.Rules[i].Actions[0].TargetGroupArn; got != parts[want] {
				t.Errorf("rule %d leads to %s, not to %s", i, got, parts[want])
			}
		}
	})
}

func TestMasterOfAnotherGroupIsRefused(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		prepareMasters(t, lab)
		lab.Variables["master_group"] = "sg-0123456789abcdef0"
		_, err := lab.Plan(t.Context(), "testdata/masters", nil)
		if err == nil || !strings.Contains(err.Error(), "does not have the security group sg-0123456789abcdef0") {
			t.Errorf("planning: %v", err)
		}
	})
}

// TestTheScriptOfTheMasters runs once on each, and again when it changes or a master
// comes; one that fails is an error, and runs again.
func TestTheScriptOfTheMasters(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		prepareMasters(t, lab)
		var ran []string
		exit := 0
		lab.Sim.World(acctest.Region).SSM.Run = func(instance, document string, parameters map[string][]string) (string, string, int) {
			name := map[string]string{lab.Variables["first"]: "first", lab.Variables["second"]: "second"}[instance]
			ran = append(ran, document+" on "+name+": "+strings.Join(parameters["commands"], "\n"))
			return "", "", exit
		}
		both := fmt.Sprintf("[%q, %q]", lab.Variables["first"], lab.Variables["second"])
		one := map[string]string{"script": "echo one", "master_ids": both}
		delete(lab.Variables, "master_ids") // those of the lab go before
		lab.MustApply(t, "testdata/masters", one)
		slices.Sort(ran)
		if want := []string{"AWS-RunShellScript on first: echo one", "AWS-RunShellScript on second: echo one"}; !slices.Equal(ran, want) {
			t.Errorf("ran %q, not %q", ran, want)
		}
		ran, exit = nil, 1
		two := map[string]string{"script": "echo two", "master_ids": both}
		acctest.MustSay(t, lab.Apply(t.Context(), "testdata/masters", two), "the script failed on", "State Manager")
		exit = 0
		lab.MustApply(t, "testdata/masters", two)
		if len(ran) != 4 {
			t.Errorf("a script that failed on two masters, and then did not, ran %d times", len(ran))
		}
	})
}

func TestAScriptForAMasterThatIsNotReached(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		acctest.PrepareVPC(t, lab)
		acctest.PrepareMaster(t, lab)
		lab.Variables["master_ids"] = "[" + strings.Split(strings.TrimPrefix(lab.Variables["master"], "{ instance_id = "), ",")[0] + "]"
		lab.Variables["master_group"] = strings.Split(lab.Variables["master"], `"`)[5]
		_, err := lab.Plan(t.Context(), "testdata/masters", map[string]string{"script": "true"})
		acctest.MustSay(t, err, "The script cannot be run: Systems Manager does not reach i-", "or leave script out")
	})
}

func TestCrashWithMasters(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: "testdata/masters", Prepare: prepareMasters, Before: map[string]string{}, After: map[string]string{
		"serve_reads": "false",
		"script":      "echo one",
		"routes":      `[{ name = "writes", methods = ["POST"] }, { name = "uploads", paths = ["/upload/*"] }]`,
	}})
}
