package multiserver_test

import (
	"maps"
	"strings"
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

// mixed are variables of servers of several types and markets with a secret script,
// schedules, and somebody who is told.
func mixed(secret, schedules, actions string) map[string]string {
	variables := secretScript(secret, "secret-"+secret)
	maps.Copy(variables, map[string]string{"instance_types": twoTypes, "spot": someSpots, "alarm_actions": actions,
		"scaling": "{ cpu_utilization = 60, schedules = { " + schedules + " } }"})
	return variables
}

// Two states of such a tier.
var (
	mixedBefore = mixed("1", `day = { recurrence = "0 8 * * MON-FRI", min_size = 6 }, night = { recurrence = "0 20 * * *", min_size = 3, max_size = 9 }`,
		`["arn:aws:sns:eu-west-1:123456789012:ops"]`)
	mixedAfter = mixed("2", `day = { recurrence = "0 7 * * MON-FRI", min_size = 6, max_size = 12 }, evening = { recurrence = "0 22 * * *", min_size = 3, max_size = 9 }`, "null")
)

func TestCrashDuringCreateOfAMix(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: "testdata/full", Prepare: acctest.PrepareVPC, After: mixedBefore, Sample: 60})
}

func TestCrashDuringChangeOfAMix(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: "testdata/full", Prepare: acctest.PrepareVPC, Before: mixedBefore, After: mixedAfter, Sample: 45, Finally: func(t *testing.T, lab *acctest.Lab) {
		if script := scriptOf(t, lab); !strings.Contains(script, "secret-2") {
			t.Errorf("the servers get %q", script)
		}
	}})
}

func TestCrashDuringDestroyOfAMix(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: "testdata/full", Prepare: acctest.PrepareVPC, Before: mixedBefore, Sample: 60})
}
