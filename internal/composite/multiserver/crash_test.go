package multiserver_test

import (
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

func TestCrashDuringCreate(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: "testdata/full", Prepare: acctest.PrepareVPC, After: map[string]string{}})
}

func TestCrashDuringChange(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: "testdata/full", Prepare: acctest.PrepareVPC, Before: map[string]string{}, After: map[string]string{
		"port":                "8081",
		"image_id":            "ami-0e5b0000000000002",
		"ingress_cidr_blocks": `["192.0.2.0/24"]`,
		"idle_timeout":        "40",
		"scaling":             "{}",
		"tags":                `{ team = "web" }`,
	}})
}

func TestCrashDuringDestroy(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: "testdata/full", Prepare: acctest.PrepareVPC, Before: map[string]string{}})
}
