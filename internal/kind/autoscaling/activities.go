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

// cause is why a launch fails, as the status message of its scaling activity tells.
type cause struct {
	text *regexp.Regexp
	// fatal says that trying again does not help: something has to be changed.
	fatal bool
}

// causes are the known ones (aws-facts §5.9). Those that concern one zone are not
// fatal, for the group goes on in the others; nor those that pass by themselves.
// Unknown ones are not fatal.
var causes = []cause{
	{regexp.MustCompile(`is pending, and cannot be run`), false},
	{regexp.MustCompile(`Invalid IAM Instance Profile`), false}, // retried by Auto Scaling, aws-facts §5.4
	{regexp.MustCompile(`do not have sufficient .*capacity|no Spot capacity available`), false},
	{regexp.MustCompile(`not supported in your requested Availability Zone|Availability Zone is no longer supported`), false},
	{regexp.MustCompile(`free addresses`), false},
	{regexp.MustCompile(`ABANDON|did not stabilize`), false},

	{regexp.MustCompile(`(?i)(AMI ID|image id) .*does not exist`), true},
	{regexp.MustCompile(`architecture .*does not match`), true},
	{regexp.MustCompile(`security group .*does not exist`), true},
	{regexp.MustCompile(`key pair .*does not exist`), true},
	{regexp.MustCompile(`instance\(s\) are already running|more vCPU capacity than your current vCPU limit`), true},
	{regexp.MustCompile(`Client\.InternalError`), true}, // as a rule: the KMS key of a volume, aws-facts §11.3
	{regexp.MustCompile(`Invalid device name`), true},
	{regexp.MustCompile(`requested configuration is currently not supported`), true},
	{regexp.MustCompile(`not authorized`), true},
	{regexp.MustCompile(`target groups not found`), true},
}

// isFatal reports whether trying a launch again is in vain.
func isFatal(message string) bool {
	i := slices.IndexFunc(causes, func(c cause) bool { return c.text.MatchString(message) })
	return i >= 0 && causes[i].fatal
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

// secondAttempt is how far apart failures must be to be no passing ones: something
// that was made just now may not be known everywhere at the first attempt.
const secondAttempt = 30 * time.Second

// inVain reports whether no launch can succeed: all recent activities failed, for
// reasons that do not pass, and they are no first attempt. all are those and the
// older ones, the newest first. Only times of AWS's clock are compared.
func inVain(recent, all []types.Activity) bool {
	if len(recent) == 0 || slices.ContainsFunc(recent, func(a types.Activity) bool {
		return !hasFailed(a) || !isFatal(aws.ToString(a.StatusMessage))
	}) {
		return false
	}
	streak := all
	if i := slices.IndexFunc(all, func(a types.Activity) bool { return !hasFailed(a) }); i >= 0 {
		streak = all[:i]
	}
	if len(streak) == 0 {
		return false
	}
	first, last := streak[len(streak)-1], streak[0]
	return aws.ToTime(last.StartTime).Sub(aws.ToTime(first.StartTime)) >= secondAttempt
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
