package autoscaling

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

func TestCausesThatDoNotPass(t *testing.T) {
	for message, want := range map[string]bool{
		"The AMI ID 'ami-1' does not exist. Launching EC2 instance failed.":                                            true,
		"The image id '[ami-1]' does not exist. Launching EC2 instance failed.":                                        true,
		"The security group 'sg-1' does not exist. Launching EC2 instance failed.":                                     true,
		"The key pair 'k' does not exist. Launching EC2 instance failed.":                                              true,
		"The architecture 'arm64' of the specified instance type does not match the architecture 'x86_64' of the AMI.": true,
		"You have requested more vCPU capacity than your current vCPU limit of 32 allows.":                             true,
		"20 instance(s) are already running. Launching EC2 instance failed.":                                           true,
		"Client.InternalError: Client error on launch":                                                                 true,
		"The requested configuration is currently not supported. Launching EC2 instance failed.":                       true,
		"AMI 'ami-1' is pending, and cannot be run. Launching EC2 instance failed.":                                    false,
		"Invalid IAM Instance Profile name. Launching EC2 instance failed.":                                            true,
		"We currently do not have sufficient t3.micro capacity in the Availability Zone you requested (eu-west-1a).":   false,
		"Your requested instance type (m9.large) is not supported in your requested Availability Zone (eu-west-1a).":   false,
		"Instance failed to complete user's Lifecycle Action: Lifecycle Action Completed with ABANDON Result":          false,
		"Something new.": false,
	} {
		if _, after := causeOf(message); after > 0 != want {
			t.Errorf("%q is in vain after %s", message, after)
		}
	}
}

func TestInVain(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(after time.Duration, status types.ScalingActivityStatusCode, message string) types.Activity {
		return types.Activity{StartTime: aws.Time(start.Add(after)), StatusCode: status, StatusMessage: &message}
	}
	const fatal, passing, profile = "Client.InternalError", "ABANDON", "Invalid IAM Instance Profile name"
	failed, done := types.ScalingActivityStatusCodeFailed, types.ScalingActivityStatusCodeSuccessful
	for name, c := range map[string]struct {
		all    []types.Activity // the newest first
		recent int
		want   bool
	}{
		"nothing yet":              {},
		"a first attempt":          {all: []types.Activity{at(time.Second, failed, fatal), at(0, failed, fatal)}, recent: 2},
		"two attempts":             {all: []types.Activity{at(time.Minute, failed, fatal), at(0, failed, fatal)}, recent: 2, want: true},
		"the second one now":       {all: []types.Activity{at(time.Minute, failed, fatal), at(0, failed, fatal)}, recent: 1, want: true},
		"a cause that passes":      {all: []types.Activity{at(time.Minute, failed, passing), at(0, failed, fatal)}, recent: 2},
		"one that works":           {all: []types.Activity{at(time.Minute, failed, fatal), at(0, done, "")}, recent: 2},
		"one that worked before":   {all: []types.Activity{at(time.Hour, failed, fatal), at(0, done, "")}, recent: 1},
		"all since one worked":     {all: []types.Activity{at(3*time.Minute, failed, fatal), at(2*time.Minute, failed, fatal), at(0, done, "")}, recent: 3, want: true},
		"a young profile":          {all: []types.Activity{at(time.Minute, failed, profile), at(0, failed, profile)}, recent: 2},
		"a profile that is none":   {all: []types.Activity{at(3*time.Minute, failed, profile), at(0, failed, profile)}, recent: 2, want: true},
		"one that is under way":    {all: []types.Activity{at(time.Minute, "InProgress", ""), at(0, failed, fatal)}, recent: 2},
		"failures of another time": {all: []types.Activity{at(time.Minute, failed, fatal), at(0, failed, fatal)}},
	} {
		if got := inVain(c.all[:c.recent], c.all); got != c.want {
			t.Errorf("%s: in vain is %t", name, got)
		}
	}
}

func TestFailuresByZone(t *testing.T) {
	at := func(zone, message string) types.Activity {
		return types.Activity{StatusCode: types.ScalingActivityStatusCodeFailed, StatusMessage: &message,
			Details: aws.String(`{"Subnet ID":"subnet-1","Availability Zone":"` + zone + `"}`)}
	}
	got := failuresByZone([]types.Activity{at("eu-west-1b", "x: y"), at("eu-west-1a", "x: y"), at("eu-west-1b", "x: y"),
		{StatusCode: types.ScalingActivityStatusCodeSuccessful}, {StatusCode: types.ScalingActivityStatusCodeFailed, StatusMessage: aws.String("z")}})
	if want := "\n  eu-west-1a: 1 × x: y\n  eu-west-1b: 2 × x: y\n  no zone: 1 × z"; got != want {
		t.Errorf("got %q", got)
	}
}
