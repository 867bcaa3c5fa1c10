package multiserver_test

import (
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

// tiers is how many there are in testdata/many.
const tiers = 30

// oneByOne are the reads that AWS offers for one object a call (aws-facts §16), with
// what they read. There may be one for each tier.
var oneByOne = map[string]string{
	"elbv2 DescribeLoadBalancerAttributes":  "attributes of a load balancer; listings do not have them",
	"elbv2 DescribeTargetGroupAttributes":   "attributes of a target group; listings do not have them",
	"autoscaling DescribeInstanceRefreshes": "a rollout under way, or one that has failed",
	"iam GetRole":                           "tags of a role; ListRoles does not have them",
	"iam ListAttachedRolePolicies":          "managed policies of a role",
	"iam ListRolePolicies":                  "inline policies of a role",
	"iam GetInstanceProfile":                "tags of an instance profile; ListInstanceProfiles does not have them",
}

// merged are the reads of many objects in one call: of how many kinds of object they
// read, and how many objects a call or page takes.
var merged = map[string]struct{ kinds, page int }{
	"sts GetCallerIdentity":                 {1, tiers}, // the provider's own, at its start
	"ec2 DescribeSecurityGroups":            {1, 1000},
	"ec2 DescribeSecurityGroupRules":        {2, 1000}, // the parts, and those that AWS gives a new group
	"ec2 DescribeLaunchTemplates":           {1, 200},
	"ec2 DescribeLaunchTemplateVersions":    {1, 200},
	"elbv2 DescribeLoadBalancers":           {1, 400},
	"elbv2 DescribeTargetGroups":            {1, 400},
	"elbv2 DescribeListeners":               {1, 20},
	"elbv2 DescribeTags":                    {3, 20}, // load balancers, target groups, listeners
	"autoscaling DescribeAutoScalingGroups": {1, 50},
	"autoscaling DescribePolicies":          {1, 100},
	// These tiers have none: that is remembered of those that have asked, ten at a time.
	"autoscaling DescribeScheduledActions": {1, 10},
	"cloudwatch DescribeAlarms":            {1, 10},
	"s3 ListBuckets":                       {1, 10},
	"iam ListRoles":                        {1, 100},
	"iam ListInstanceProfiles":             {1, 100},
}

// callsPerKind is how many calls a refresh may take for all objects of one kind that
// fit on a page: one, and one more for those who come too late to share it.
const callsPerKind = 2

// TestMergedReads refreshes many tiers of one configuration: their reads must be
// shared, so that API limits are not what ends a large apply.
func TestMergedReads(t *testing.T) {
	if testing.Short() {
		t.Skip("making so many tiers takes half a minute")
	}
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		if err := lab.Apply(t.Context(), "testdata/many", nil); err != nil {
			t.Fatal(err)
		}
		lab.Sim.ResetCalls()
		lab.MustPlanEmpty(t, "testdata/many", nil)
		counts := map[string]int{}
		for _, call := range lab.Sim.Calls() {
			counts[call.Service+" "+call.Operation]++
		}
		total := 0
		for operation, n := range counts {
			total += n
			limit := 0
			if read, ok := merged[operation]; ok {
				limit = callsPerKind * read.kinds * ((tiers + read.page - 1) / read.page)
			} else if oneByOne[operation] != "" {
				limit = tiers
			}
			if n > limit {
				t.Errorf("%s was called %d times for %d tiers, more than %d", operation, n, tiers, limit)
			}
		}
		t.Logf("%d tiers are refreshed with %d calls, %d of them in merged ones", tiers, total, total-tiers*len(oneByOne))
	})
}
