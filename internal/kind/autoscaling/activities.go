package autoscaling

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// Cause is a known reason why servers cannot be launched.
type Cause string

// The known causes (aws-facts §5.9).
const (
	CauseImage         Cause = "image"
	CauseImagePending  Cause = "image pending"
	CauseArchitecture  Cause = "architecture"
	CauseSecurityGroup Cause = "security group"
	CauseKeyPair       Cause = "key pair"
	CauseProfile       Cause = "instance profile"
	CauseQuota         Cause = "quota"
	CauseKey           Cause = "key"
	CauseDevice        Cause = "device"
	CauseConfiguration Cause = "configuration"
	CausePermission    Cause = "permission"
	CauseTargetGroup   Cause = "target group"
	CauseCapacity      Cause = "capacity"
	CauseSpotCapacity  Cause = "Spot capacity"
	CauseZone          Cause = "zone"
	CauseAddresses     Cause = "addresses"
	CauseHook          Cause = "lifecycle hook"
)

// causes tell causes by the status messages of scaling activities. A fatal one is one
// for which trying again does not help, for something has to be changed: it has after
// as the time for which launches must have failed to be sure. Those that concern one
// zone are not, for the group goes on in the others; nor those that pass by themselves.
var causes = []struct {
	text  *regexp.Regexp
	cause Cause
	after time.Duration
}{
	{regexp.MustCompile(`is pending, and cannot be run`), CauseImagePending, 0},
	{regexp.MustCompile(`Invalid IAM Instance Profile`), CauseProfile, afterPropagation}, // retried by Auto Scaling, aws-facts §5.4
	{regexp.MustCompile(`no Spot capacity available`), CauseSpotCapacity, 0},
	{regexp.MustCompile(`do not have sufficient .*capacity`), CauseCapacity, 0},
	{regexp.MustCompile(`not supported in your requested Availability Zone|Availability Zone is no longer supported`), CauseZone, 0},
	{regexp.MustCompile(`free addresses`), CauseAddresses, 0},
	{regexp.MustCompile(`ABANDON|did not stabilize`), CauseHook, 0},

	{regexp.MustCompile(`(?i)(AMI ID|image id) .*does not exist`), CauseImage, secondAttempt},
	{regexp.MustCompile(`architecture .*does not match`), CauseArchitecture, secondAttempt},
	{regexp.MustCompile(`security group .*does not exist`), CauseSecurityGroup, secondAttempt},
	{regexp.MustCompile(`key pair .*does not exist`), CauseKeyPair, secondAttempt},
	{regexp.MustCompile(`instance\(s\) are already running|Max spot instance count exceeded|more vCPU capacity than your current vCPU limit`), CauseQuota, secondAttempt},
	{regexp.MustCompile(`Client\.InternalError`), CauseKey, secondAttempt}, // as a rule: the KMS key of a volume, aws-facts §11.3
	{regexp.MustCompile(`Invalid device name`), CauseDevice, secondAttempt},
	{regexp.MustCompile(`requested configuration is currently not supported`), CauseConfiguration, secondAttempt},
	{regexp.MustCompile(`not authorized`), CausePermission, secondAttempt},
	{regexp.MustCompile(`target groups not found`), CauseTargetGroup, secondAttempt},
}

// secondAttempt is how far apart failures must be to be no passing ones: something
// that was made just now may not be known everywhere at the first attempt.
// afterPropagation is that for an instance profile, which needs more (aws-facts §9.1).
const (
	secondAttempt    = 30 * time.Second
	afterPropagation = 3 * time.Minute
)

// CauseOf returns the cause that a scaling activity's status message tells; "" for one
// that is not known.
func CauseOf(message string) Cause {
	cause, _ := causeOf(message)
	return cause
}

// causeOf also returns after what time of failures a launch is in vain; 0: never, as
// for causes that are not known.
func causeOf(message string) (cause Cause, after time.Duration) {
	for _, known := range causes {
		if known.text.MatchString(message) {
			return known.cause, known.after
		}
	}
	return "", 0
}

// activities returns the newest scaling activities of a group, the newest first.
func (r *reader) activities(ctx context.Context, group string) ([]types.Activity, error) {
	out, err := awsapi.AutoScaling(r.c).DescribeScalingActivities(ctx, &sdk.DescribeScalingActivitiesInput{AutoScalingGroupName: &group})
	if err != nil {
		return nil, fmt.Errorf("reading the scaling activities of %s: %w", group, err)
	}
	return out.Activities, nil
}

func hasFailed(a types.Activity) bool {
	return a.StatusCode == types.ScalingActivityStatusCodeFailed || a.StatusCode == types.ScalingActivityStatusCodeCancelled
}

// inVain reports whether no launch can succeed: the newest of the recent activities
// failed, for reasons that do not pass, and launches have for long enough. all are the
// recent and the older ones, the newest first. Only times of AWS's clock are compared.
func inVain(recent, all []types.Activity) bool {
	enough := time.Duration(0)
	for _, a := range streak(recent) {
		_, after := causeOf(aws.ToString(a.StatusMessage))
		if after == 0 {
			return false
		}
		enough = max(enough, after)
	}
	failures := streak(all)
	if enough == 0 || len(failures) == 0 {
		return false
	}
	first, last := failures[len(failures)-1], failures[0]
	return aws.ToTime(last.StartTime).Sub(aws.ToTime(first.StartTime)) >= enough
}

// streak returns the newest activities up to one that has not failed.
func streak(activities []types.Activity) []types.Activity {
	if i := slices.IndexFunc(activities, func(a types.Activity) bool { return !hasFailed(a) }); i >= 0 {
		return activities[:i]
	}
	return activities
}

// failuresByZone lists the messages of failed activities, zone by zone with their
// numbers, each on a line of its own; it begins with a line break.
func failuresByZone(activities []types.Activity) string {
	var lines []string
	for _, a := range activities {
		if hasFailed(a) {
			lines = append(lines, zoneOf(a)+": "+aws.ToString(a.StatusMessage))
		}
	}
	return counted(lines)
}

// counted sorts lines "zone: text" and joins equal ones.
func counted(lines []string) string {
	times := map[string]int{}
	for _, line := range lines {
		times[line]++
	}
	var text strings.Builder
	for _, line := range slices.Sorted(maps.Keys(times)) {
		zone, what, _ := strings.Cut(line, ": ")
		fmt.Fprintf(&text, "\n  %s: %d × %s", zone, times[line], what)
	}
	return text.String()
}

// zoneOf returns the zone of an activity, which is found in its details only.
func zoneOf(a types.Activity) string {
	var details map[string]any
	if json.Unmarshal([]byte(aws.ToString(a.Details)), &details) == nil {
		if zone, ok := details["Availability Zone"].(string); ok && zone != "" {
			return zone
		}
	}
	return "no zone"
}

// failedSince lists why scaling activities have failed since an instant of AWS's
// clock. What cannot be read is left out: it is the explanation of another error.
func (r *reader) failedSince(ctx context.Context, group string, since *time.Time) string {
	all, err := r.activities(ctx, group)
	if err != nil {
		return ""
	}
	return failuresByZone(slices.DeleteFunc(all, func(a types.Activity) bool {
		return aws.ToTime(a.StartTime).Before(aws.ToTime(since))
	}))
}
