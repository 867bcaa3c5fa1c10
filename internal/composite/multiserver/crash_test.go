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

// TestCrashDuringBlueGreen ends, whatever happens in the middle, with one group of
// servers that gets all requests.
func TestCrashDuringBlueGreen(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: "testdata/full", Prepare: acctest.PrepareVPC,
		Before: blueGreen("ami-0e5b0000000000001", ""), After: blueGreen(secondImage, ", steps = [10, 50], step_delay = 10")})
}

// TestCrashDuringPortChange does the same without steps.
func TestCrashDuringPortChange(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: "testdata/full", Prepare: acctest.PrepareVPC,
		Before: map[string]string{}, After: map[string]string{"port": "8081"}})
}
