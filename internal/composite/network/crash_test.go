package network_test

import (
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

func TestCrashDuringCreate(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: "testdata/full", After: map[string]string{}})
}

func TestCrashDuringChange(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: "testdata/full", Before: map[string]string{}, After: map[string]string{
		"zones":                `["euw1-az1", "euw1-az3"]`,
		"gateway_endpoints":    `["dynamodb"]`,
		"flow_log_destination": "arn:aws:s3:::other-logs",
		"tags":                 `{ team = "web", stage = "test" }`,
	}})
}

func TestCrashDuringDestroy(t *testing.T) {
	acctest.Crash(t, acctest.Scenario{Dir: "testdata/full", Before: map[string]string{}})
}
