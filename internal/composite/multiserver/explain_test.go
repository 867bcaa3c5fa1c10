package multiserver_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/stacktest"
)

// TestFailuresAreExplained creates tiers that cannot work and compares what the user
// reads about their servers with a golden file.
func TestFailuresAreExplained(t *testing.T) {
	for name, test := range map[string]struct {
		variables map[string]string
		spoil     func(t *testing.T, lab *acctest.Lab)
	}{
		"bad image":   {variables: map[string]string{"image_id": badImage}},
		"no capacity": {spoil: situation(awssim.Situation{Kind: awssim.NoCapacity})},
		"no Spot capacity": {variables: map[string]string{"instance_types": `["t3.micro", "t3.small"]`, "spot": "{ percentage = 50 }"},
			spoil: situation(awssim.Situation{Kind: awssim.NoCapacity, Spot: true})},
		"failing path": {spoil: situation(awssim.Situation{Kind: awssim.FailingPath, Path: "/healthz", Status: 404})},
		"closed group": {spoil: closeServers},
		"no route":     {variables: map[string]string{"user_data": "#!/bin/sh\ncurl -f https://example.com/install | sh\n"}, spoil: nothingListens},
		"quota":        {variables: map[string]string{"preflight": "off"}, spoil: func(_ *testing.T, lab *acctest.Lab) { inWorld(lab, func(w *awssim.World) { w.EC2.VCPULimit = 2 }) }},
		"denied": {variables: map[string]string{"image_id": badImage}, spoil: func(_ *testing.T, lab *acctest.Lab) {
			acctest.Refuse(lab, "GetConsoleOutput")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			inTier(t, func(t *testing.T, lab *acctest.Lab) {
				if test.spoil != nil {
					test.spoil(t, lab)
				}
				err := lab.Apply(t.Context(), "testdata/failing", test.variables)
				if err == nil {
					t.Fatal("the apply succeeded")
				}
				stacktest.Text(t, name, explanation(t, err))
			})
		})
	}
}

// TestRolledBackServersAreExplained: the console is that of a server of the version
// that failed, which is gone by then.
func TestRolledBackServersAreExplained(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/failing", nil)
		time.Sleep(time.Hour)
		err := lab.Apply(t.Context(), "testdata/failing", map[string]string{"image_id": badImage})
		if err == nil {
			t.Fatal("the apply succeeded")
		}
		stacktest.Text(t, "rolled back", explanation(t, err))
	})
}

// TestForgottenServersAreExplained: the console was read while the rollout went on.
func TestForgottenServersAreExplained(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		inWorld(lab, func(w *awssim.World) { w.EC2.ComputeTimings.TerminatedVisible = time.Minute })
		lab.MustApply(t, "testdata/failing", nil)
		acctest.MustSay(t, lab.Apply(t.Context(), "testdata/failing", map[string]string{"image_id": badImage}), "RollbackSuccessful", emergency)
	})
}

// emergency is what servers of the bad image write last.
const emergency = `nginx: [emerg] unknown directive "serverr" in /etc/nginx/nginx.conf:12`

// idPattern matches what differs from run to run.
var idPattern = regexp.MustCompile(`\b(i|sg|sgr|subnet|vpc|lt)-[0-9a-f]{17}\b|\b(lb|tg)-[0-9a-f]{6}\b|/[0-9a-f]{16}\b|\w{3}, [\w ]+ [0-9:]{8} UTC|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`)

// explanation returns what an error says about the servers.
func explanation(t *testing.T, err error) string {
	t.Helper()
	_, text, found := strings.Cut(err.Error(), "\n\nServers by zone:")
	if !found {
		t.Fatalf("the error does not speak of servers:\n%v", err)
	}
	text, _, _ = strings.Cut(text, "\n\nNot tried:")
	return idPattern.ReplaceAllString("Servers by zone:"+text, "$1$2-…")
}

func inWorld(lab *acctest.Lab, do func(*awssim.World)) {
	world := lab.Sim.World(acctest.Region)
	world.Do(func() { do(world) })
}

func situation(s awssim.Situation) func(*testing.T, *acctest.Lab) {
	return func(t *testing.T, lab *acctest.Lab) {
		if err := lab.Sim.World(acctest.Region).AddSituation(s); err != nil {
			t.Fatal(err)
		}
	}
}

func nothingListens(_ *testing.T, lab *acctest.Lab) {
	inWorld(lab, func(w *awssim.World) { w.EC2.ServesPorts = map[string][]int32{"ami-0e5b0000000000001": {}} })
}

// closeServers removes, as soon as it is there, the rule that lets the load balancer
// reach the servers.
func closeServers(t *testing.T, lab *acctest.Lab) {
	c := awsapi.EC2(lab.Clients(t))
	go func() {
		for t.Context().Err() == nil {
			out, err := c.DescribeSecurityGroupRules(t.Context(), &ec2.DescribeSecurityGroupRulesInput{Filters: []types.Filter{
				{Name: aws.String("tag:webtier:part"), Values: []string{"rule/servers/8080/from/load_balancer"}}}})
			if err == nil && len(out.SecurityGroupRules) > 0 {
				rule := out.SecurityGroupRules[0]
				if _, err := c.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{
					GroupId: rule.GroupId, SecurityGroupRuleIds: []string{*rule.SecurityGroupRuleId}}); err != nil {
					t.Error(err)
				}
				return
			}
			time.Sleep(time.Second)
		}
	}()
}
