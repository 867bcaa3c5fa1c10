package queueworker_test

import (
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

func TestCrashDuringCreate(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: "testdata/full", Prepare: acctest.PrepareVPC, After: map[string]string{}})
}

func TestCrashDuringChange(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: "testdata/full", Prepare: acctest.PrepareVPC, Before: map[string]string{}, After: map[string]string{
		"fifo":                "true", // new queues, then the old ones go
		"image_id":            "ami-0e5b0000000000012",
		"min_size":            "2", // nothing is to be woken
		"visibility_timeout":  "120",
		"kms_key_id":          "null",
		"producer_principals": "null",
		"tags":                `{ team = "web" }`,
	}})
}

func TestCrashDuringDestroy(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: "testdata/full", Prepare: acctest.PrepareVPC, Before: map[string]string{}})
}
