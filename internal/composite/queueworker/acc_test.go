package queueworker_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/kms"
)

const address = "webtier_queue_worker.this"

// inTier runs a test in an account that has a VPC over three zones.
func inTier(t *testing.T, try func(t *testing.T, lab *acctest.Lab)) {
	t.Helper()
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		acctest.PrepareVPC(t, lab)
		try(t, lab)
	})
}

func TestBasic(t *testing.T) {
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		before := strings.Join(lab.Inventory(), "\n")
		lab.MustApply(t, "testdata/basic", nil)
		if err := lab.Destroy(t.Context(), "testdata/basic", nil); err != nil {
			t.Fatal(err)
		}
		if after := strings.Join(lab.Inventory(), "\n"); after != before {
			t.Errorf("left:\n%s\nbefore:\n%s", after, before)
		}
	})
}

// TestEveryArgument changes each argument in place; after each step the plan is
// empty, also after an import. The queue is replaced only where AWS has no other way.
func TestEveryArgument(t *testing.T) {
	steps := []struct {
		argument, value string
		newQueue        bool
	}{
		{argument: "average_processing_time", value: "12.5"},
		{argument: "target_latency", value: "600"},
		{argument: "concurrency_per_instance", value: "2"},
		{argument: "peak_rate", value: "null"},
		{argument: "peak_rate", value: "0.5"},
		{argument: "min_size", value: "2"},
		{argument: "min_size", value: "0"},
		{argument: "min_size", value: "null"},
		{argument: "max_size", value: "12"},
		{argument: "visibility_timeout", value: "null"},
		{argument: "visibility_timeout", value: "43200"},
		{argument: "visibility_timeout", value: "60"},
		{argument: "max_receive_count", value: "10"},
		{argument: "message_retention", value: "3600"},
		{argument: "dead_letter_retention", value: "null"},
		{argument: "scale_in_protection", value: `"none"`},
		{argument: "scale_in_protection", value: "null"},
		{argument: "producer_principals", value: `["events.amazonaws.com"]`},
		{argument: "producer_principals", value: "null"},
		{argument: "kms_key_id", value: "a key"},
		{argument: "kms_key_id", value: "null"},
		{argument: "queue_environment", value: "false"},
		{argument: "queue_environment", value: "true"},
		{argument: "user_data", value: `"#cloud-config\npackages: [jq]\n"`},
		{argument: "user_data", value: "null"},
		{argument: "alarm_actions", value: `["arn:aws:sns:eu-west-1:123456789012:ops", "arn:aws:sns:eu-west-1:123456789012:more"]`},
		{argument: "alarm_actions", value: "null"},
		{argument: "image_id", value: `"ami-0e5b0000000000012"`},
		{argument: "instance_types", value: `["t3.medium", "t3.small"]`},
		{argument: "spot", value: "{ on_demand_base = 1, percentage = 50 }"},
		{argument: "spot", value: "null"},
		{argument: "root_volume", value: `{ size = 30, type = "gp2" }`},
		{argument: "rollout", value: `{ auto_rollback = true, min_healthy_percentage = 90, max_healthy_percentage = 110 }`},
		{argument: "iam_policy_arns", value: "null"},
		{argument: "tags", value: `{ team = "web" }`},
		{argument: "deletion_protection", value: "true"},
		{argument: "deletion_protection", value: "false"},
		{argument: "fifo", value: "true", newQueue: true},
	}
	inTier(t, func(t *testing.T, lab *acctest.Lab) {
		world := lab.Sim.World(acctest.Region)
		var key string
		world.Do(func() { key = world.KMS.AddKey(kms.KeySpec{}) })
		variables := map[string]string{}
		lab.MustApply(t, "testdata/full", variables)
		for _, step := range steps {
			queue := lab.Parts(address)["queue"]
			variables[step.argument] = strings.ReplaceAll(step.value, "a key", strconv.Quote(key))
			lab.MustApply(t, "testdata/full", variables)
			if now := lab.Parts(address)["queue"]; (now != queue) != step.newQueue {
				t.Fatalf("%s = %s: queue %s, was %s", step.argument, step.value, now, queue)
			}
			lab.MustRoundTrip(t, "testdata/full", variables, address, "jobs-full")
		}
		if err := lab.Destroy(t.Context(), "testdata/full", variables); err != nil {
			t.Fatal(err)
		}
	})
}
