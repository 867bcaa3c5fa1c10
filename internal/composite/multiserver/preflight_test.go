package multiserver_test

import (
	"slices"
	"strings"
	"testing"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

// TestPreflightWarns: what AWS does not refuse can be had nevertheless.
func TestPreflightWarns(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		if err := lab.Apply(t.Context(), "testdata/preflight", map[string]string{"preflight": "warn"}); err != nil {
			t.Fatal(err)
		}
		if !says(lab.Warnings, "All servers in one zone") {
			t.Errorf("the warnings are %q", lab.Warnings)
		}
	})
}

func TestPreflightOffAsksNothing(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.Sim.ResetCalls()
		if _, err := lab.Plan(t.Context(), "testdata/preflight", map[string]string{"preflight": "off"}); err != nil {
			t.Fatal(err)
		}
		for _, call := range lab.Sim.Calls() {
			if !slices.Contains([]string{"GetCallerIdentity", "DescribeImages", "DescribeSubnets"}, call.Operation) {
				t.Errorf("asked %s", call.Operation)
			}
		}
	})
}

// TestPreflightWithoutPermission is one note that names all that is missing; the plan
// succeeds.
func TestPreflightWithoutPermission(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		for _, operation := range []string{"RunInstances", "DescribeInstanceTypes", "DescribeInstanceTypeOfferings", "DescribeCertificate", "DescribeSSLPolicies"} {
			acctest.Refuse(lab, operation)
		}
		if _, err := lab.Plan(t.Context(), "testdata/full", nil); err != nil {
			t.Fatal(err)
		}
		if len(lab.Warnings) != 1 {
			t.Fatalf("%d warnings: %q", len(lab.Warnings), lab.Warnings)
		}
		for _, action := range []string{"ec2:RunInstances", "ec2:DescribeInstanceTypes", "ec2:DescribeInstanceTypeOfferings", "acm:DescribeCertificate",
			"elasticloadbalancing:DescribeSSLPolicies"} {
			if !strings.Contains(lab.Warnings[0], "for lack of "+action+"\n") {
				t.Errorf("the note does not name %s:\n%s", action, lab.Warnings[0])
			}
		}
	})
}

// TestASchedulesSizeIsCheckedWhenItIsAdded: a rollout at that time may not fit.
func TestASchedulesSizeIsCheckedWhenItIsAdded(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		if err := lab.Sim.World(acctest.Region).SetQuota("L-1216C47A", 64); err != nil {
			t.Fatal(err)
		}
		lab.MustApply(t, "testdata/full", nil)
		if _, err := lab.Plan(t.Context(), "testdata/full", map[string]string{"scaling": `{ schedules = { rush = { recurrence = "0 8 * * *", max_size = 40 } } }`}); err != nil {
			t.Fatal(err)
		}
		if !says(lab.Warnings, `Quota of vCPUs too small for a rollout at scaling.schedules["rush"].max_size`) {
			t.Errorf("the warnings are %q", lab.Warnings)
		}
	})
}

// TestWhatMayNotBeReadIsLeftOpen by the plan; the apply needs it, and makes nothing
// without.
func TestWhatMayNotBeReadIsLeftOpen(t *testing.T) {
	for operation, what := range map[string]string{"DescribeImages": "the image ami-0e5b0000000000001", "DescribeSubnets": "the subnets", "DescribeVpcs": "the VPC vpc-"} {
		t.Run(operation, func(t *testing.T) {
			inTier(t, func(t *testing.T, lab *acctest.Lab) {
				variables := map[string]string{"internal": "true", "ingress_cidr_blocks": "null"}
				end := acctest.Refuse(lab, operation)
				plan, err := lab.Plan(t.Context(), "testdata/full", variables)
				if err != nil {
					t.Fatal(err)
				}
				if !says(lab.Warnings, "Not allowed to read "+what) || !says(lab.Warnings, "For lack of ec2:"+operation) {
					t.Errorf("the warnings are %q", lab.Warnings)
				}
				if text := plan.String(); !strings.Contains(text, "create "+address) {
					t.Errorf("the plan is\n%s", text)
				}
				before := lab.Mutations()
				acctest.MustSay(t, lab.Apply(t.Context(), "testdata/full", variables), "Cannot read "+what, "EC2 "+operation+" answered UnauthorizedOperation", "lack this permission")
				if n := lab.Mutations() - before; n != 0 {
					t.Errorf("%d mutating calls", n)
				}
				end()
				lab.MustApply(t, "testdata/full", variables)
				end = acctest.Refuse(lab, operation)
				variables["idle_timeout"] = "44"
				if _, err := lab.Plan(t.Context(), "testdata/full", variables); err != nil {
					t.Errorf("of a change: %v", err)
				}
				end()
				lab.MustApply(t, "testdata/full", variables)
			})
		})
	}
}

func TestCertificateThatEndsSoonIsANote(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		arn := "arn:aws:acm:eu-west-1:123456789012:certificate/44444444-2222-3333-4444-555555555555"
		if _, err := lab.Plan(t.Context(), "testdata/full", map[string]string{"certificate_arn": arn}); err != nil {
			t.Fatal(err)
		}
		if !says(lab.Warnings, "Certificate ends soon") {
			t.Errorf("the warnings are %q", lab.Warnings)
		}
	})
}

// TestAlarmsOfARolloutAreLookedAt: those that could not end it, or would at once, are
// notes, for they may be made in the same apply, or be off by then.
func TestAlarmsOfARolloutAreLookedAt(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		variables := map[string]string{"rollout": `{ alarm_names = ["errors", "erors"] }`}
		lab.MustApply(t, "testdata/full", variables)
		setAlarm(t, lab, cwtypes.StateValueAlarm)
		variables["image_id"] = secondImage
		if _, err := lab.Plan(t.Context(), "testdata/full", variables); err != nil {
			t.Fatal(err)
		}
		if !says(lab.Warnings, "Alarm does not exist: erors") || !says(lab.Warnings, "Alarm is on: errors") {
			t.Errorf("the warnings are %q", lab.Warnings)
		}
	})
}

// TestUnknownValuesAreCheckedBeforeTheFirstWrite: subnets that are made in the same
// apply are not known in the plan; nothing of the tier is made when they will not do.
func TestUnknownValuesAreCheckedBeforeTheFirstWrite(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		variables := map[string]string{"instance_type": "t4g.micro", "image_id": "ami-0e5b00000000000a1"}
		if _, err := lab.Plan(t.Context(), "testdata/with_network", variables); err != nil {
			t.Fatalf("the plan knows what it cannot: %v", err)
		}
		err := lab.Apply(t.Context(), "testdata/with_network", variables)
		acctest.MustSay(t, err, "t4g.micro is not offered in eu-west-1c")
		for _, line := range lab.Inventory() {
			if strings.Contains(line, "multi_server") || strings.Contains(line, "load_balancer") {
				t.Errorf("made nevertheless: %s", line)
			}
		}
	})
}

// TestChecksAreShared: the plan of many tiers asks about their common image, types
// and subnets once.
func TestChecksAreShared(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.Sim.ResetCalls()
		if _, err := lab.Plan(t.Context(), "testdata/many", nil); err != nil {
			t.Fatal(err)
		}
		if calls := lab.Sim.Calls(); len(calls) > 10 {
			t.Errorf("%d tiers are planned with %d calls", tiers, len(calls))
		}
	})
}

func says(texts []string, want string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, want) })
}
