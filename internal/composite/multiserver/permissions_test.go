package multiserver_test

import (
	"strings"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

// TestWhatIsNotUsedNeedsNoPermission: a tier without schedules, alarms, a bucket of its
// own and a script for masters is led through its life by somebody who may not list any. Each apply says what
// it did not look for; with alarms it is refused before anything changes.
func TestWhatIsNotUsedNeedsNoPermission(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		for _, operation := range []string{"DescribeScheduledActions", "DescribeAlarms", "ListAssociations", "ListBuckets"} {
			acctest.Refuse(lab, operation)
		}
		apply := func(variables map[string]string, unseen ...string) {
			t.Helper()
			if err := lab.Apply(t.Context(), "testdata/full", variables); err != nil {
				t.Fatal(err)
			}
			for _, action := range unseen {
				if len(lab.Warnings) != 1 || !strings.Contains(lab.Warnings[0], "for lack of "+action) {
					t.Errorf("the warnings are %q", lab.Warnings)
				}
			}
		}
		variables := map[string]string{"create_access_logs_bucket": "null", "access_logs_retention_days": "null", "access_logs_bucket": theirs}
		apply(variables, "cloudwatch:DescribeAlarms", "ssm:ListAssociations", "s3:ListAllMyBuckets")
		variables["idle_timeout"], variables["max_size"] = "45", "8"
		apply(variables, "cloudwatch:DescribeAlarms", "ssm:ListAssociations", "s3:ListAllMyBuckets", "autoscaling:DescribeScheduledActions")
		lab.MustRoundTrip(t, "testdata/full", variables, address, "shop-full")
		if len(lab.Warnings) > 0 {
			t.Errorf("reading warns: %q", lab.Warnings)
		}

		before := lab.Mutations()
		variables["alarm_actions"] = `["arn:aws:sns:eu-west-1:123456789012:ops"]`
		acctest.MustSay(t, lab.Apply(t.Context(), "testdata/full", variables), "cloudwatch/alarm: list: ", "DescribeAlarms answered")
		if made := lab.Mutations() - before; made > 0 {
			t.Errorf("%d calls were made before that", made)
		}
		delete(variables, "alarm_actions")
		if err := lab.Destroy(t.Context(), "testdata/full", variables); err != nil {
			t.Fatal(err)
		}
	})
}
