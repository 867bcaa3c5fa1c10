package multiserver_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/zclconf/go-cty/cty"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
)

const badImage = "ami-0e5b000000000bad0"

// TestAKeptCreateIsGoneOnWith: with "keep" a create whose servers never answer is a
// warning; the apply of a mended configuration goes on in place and changes neither
// name nor ARN of the load balancer.
func TestAKeptCreateIsGoneOnWith(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		variables := map[string]string{"on_create_failure": "keep", "image_id": badImage, "deletion_protection": "true"}
		if err := lab.Apply(t.Context(), "testdata/full", variables); err != nil {
			t.Fatal(err)
		}
		mustWarn(t, lab, "create not finished", "Target.FailedHealthChecks", "applying again goes on")
		if lab.Tainted(address) || text(lab, "health_status") != "failed" || !strings.Contains(text(lab, "last_failure"), "Target.FailedHealthChecks") {
			t.Errorf("tainted %v, health_status %s, last_failure %s", lab.Tainted(address), text(lab, "health_status"), text(lab, "last_failure"))
		}
		arn, name := text(lab, "load_balancer_arn"), text(lab, "dns_name")
		plan, err := lab.Plan(t.Context(), "testdata/full", variables)
		if err != nil || !strings.Contains(plan.String(), "update "+address) || !strings.Contains(plan.String(), "health_status: ") {
			t.Errorf("the following plan does not go on: %v\n%s", err, plan)
		}
		variables["image_id"] = "ami-0e5b0000000000001"
		lab.MustApply(t, "testdata/full", variables)
		if text(lab, "load_balancer_arn") != arn || text(lab, "dns_name") != name || arn == "" {
			t.Errorf("load balancer is %s (%s), was %s (%s)", text(lab, "load_balancer_arn"), text(lab, "dns_name"), arn, name)
		}
		if text(lab, "health_status") != "healthy" || !lab.Value(address).GetAttr("last_failure").IsNull() {
			t.Errorf("health_status is %s after a finished apply", text(lab, "health_status"))
		}
	})
}

// TestAKeptCreateThatIsStoppedEarly: what was not made yet is made by the next
// apply, and what it yields is known only then.
func TestAKeptCreateThatIsStoppedEarly(t *testing.T) {
	keep := map[string]string{"on_create_failure": "keep"}
	for _, operation := range []string{"CreateLoadBalancer", "CreateRole", "CreateLaunchTemplate"} {
		t.Run(operation, func(t *testing.T) {
			inTier(t, func(t *testing.T, lab *acctest.Lab) {
				end := acctest.Refuse(lab, operation)
				if err := lab.Apply(t.Context(), "testdata/full", keep); err != nil {
					t.Fatal(err)
				}
				end()
				mustWarn(t, lab, operation, "Not tried:")
				lab.MustApply(t, "testdata/full", keep)
				lab.MustRoundTrip(t, "testdata/full", nil, address, "shop-full")
			})
		})
	}
}

// TestAKeptCreateCanBeDestroyed although protection was asked for: that starts with
// a finished create.
func TestAKeptCreateCanBeDestroyed(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		before := lab.Inventory()
		variables := map[string]string{"on_create_failure": "keep", "image_id": badImage, "deletion_protection": "true"}
		if err := lab.Apply(t.Context(), "testdata/full", variables); err != nil {
			t.Fatal(err)
		}
		if err := lab.Destroy(t.Context(), "testdata/full", variables); err != nil {
			t.Fatal(err)
		}
		if after := lab.Inventory(); !slices.Equal(after, before) {
			t.Errorf("left: %v", after)
		}
	})
}

// TestServersMayBootForAsLongAsTheyAreGiven: the create waits for those whose grace
// period is long.
func TestServersMayBootForAsLongAsTheyAreGiven(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		nothingListens(t, lab)
		time.AfterFunc(20*time.Minute, func() { inWorld(lab, func(w *awssim.World) { w.EC2.ServesPorts = nil }) })
		lab.MustApply(t, "testdata/full", map[string]string{"health_check": "{ grace_period = 1500 }"})
	})
}

func TestARolledBackCreateLeavesNothing(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		before := lab.Inventory()
		variables := map[string]string{"on_create_failure": "rollback", "image_id": badImage}
		err := lab.Apply(t.Context(), "testdata/full", variables)
		acctest.MustSay(t, err, "create not finished", "Target.FailedHealthChecks", "All that was made is deleted again")
		if lab.Value(address) != cty.NilVal {
			t.Error("a state is left")
		}
		if after := lab.Inventory(); !slices.Equal(after, before) {
			t.Errorf("left: %v", after)
		}
		lab.MustApply(t, "testdata/full", map[string]string{"on_create_failure": "rollback"})
	})
}

// TestARollbackThatIsRefused keeps in the state what could not be deleted.
func TestARollbackThatIsRefused(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		variables := map[string]string{"on_create_failure": "rollback", "image_id": badImage}
		end := acctest.Refuse(lab, "DeleteLoadBalancer")
		err := lab.Apply(t.Context(), "testdata/full", variables)
		end()
		acctest.MustSay(t, err, "Target.FailedHealthChecks", "Could not be deleted again:", "DeleteLoadBalancer")
		if !lab.Tainted(address) || lab.Parts(address)["load_balancer"] == "" || lab.Parts(address)["autoscaling_group"] != "" {
			t.Errorf("tainted %v, parts %v", lab.Tainted(address), lab.Parts(address))
		}
		lab.MustApply(t, "testdata/full", map[string]string{"on_create_failure": "rollback"})
	})
}

// TestARollbackSparesWhatWasFinished: a create that meets a finished stack of the
// same configuration, whose state was lost, has not made it.
func TestARollbackSparesWhatWasFinished(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		variables := map[string]string{"on_create_failure": "rollback"}
		lab.MustApply(t, "testdata/full", variables)
		before, arn := lab.Inventory(), text(lab, "load_balancer_arn")
		lab.Forget(address)
		acctest.Must(t)(awsapi.ELBv2(lab.Clients(t)).ModifyLoadBalancerAttributes(t.Context(), &elbv2.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &arn,
			Attributes: []elbtypes.LoadBalancerAttribute{{Key: aws.String("idle_timeout.timeout_seconds"), Value: aws.String("77")}}}))
		end := acctest.Refuse(lab, "ModifyLoadBalancerAttributes")
		err := lab.Apply(t.Context(), "testdata/full", variables)
		end()
		acctest.MustSay(t, err, "create not finished", "State is kept")
		if after := lab.Inventory(); !slices.Equal(after, before) {
			t.Errorf("inventory is %v, was %v", after, before)
		}
	})
}

// TestAFailedUpdateIsTold until an apply has finished.
func TestAFailedUpdateIsTold(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		lab.MustApply(t, "testdata/full", nil)
		end := acctest.Refuse(lab, "ModifyLoadBalancerAttributes")
		err := lab.Apply(t.Context(), "testdata/full", map[string]string{"idle_timeout": "45"})
		end()
		acctest.MustSay(t, err, "update not finished")
		if text(lab, "health_status") != "degraded" || !strings.Contains(text(lab, "last_failure"), "ModifyLoadBalancerAttributes") {
			t.Errorf("health_status %s, last_failure %s", text(lab, "health_status"), text(lab, "last_failure"))
		}
		lab.MustApply(t, "testdata/full", nil)
		if text(lab, "health_status") != "healthy" {
			t.Errorf("health_status is %s after a finished apply", text(lab, "health_status"))
		}
	})
}

// text returns a string of the tier's state.
func text(lab *acctest.Lab, attribute string) string {
	value := lab.Value(address).GetAttr(attribute)
	if value.IsNull() {
		return ""
	}
	return value.AsString()
}

// mustWarn fails the test unless the last apply warned once, with all the texts.
func mustWarn(t *testing.T, lab *acctest.Lab, texts ...string) {
	t.Helper()
	if len(lab.Warnings) != 1 {
		t.Fatalf("%d warnings: %v", len(lab.Warnings), lab.Warnings)
	}
	for _, text := range texts {
		if !strings.Contains(lab.Warnings[0], text) {
			t.Errorf("the warning does not say %q:\n%s", text, lab.Warnings[0])
		}
	}
}
