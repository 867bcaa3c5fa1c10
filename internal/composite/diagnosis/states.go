package diagnosis

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
)

// launchPattern is the description of the activity that launched a server.
var launchPattern = regexp.MustCompile(`^Launching a new EC2 instance: (i-[0-9a-f]+)`)

// launched returns the ids of the servers that activities launched.
func launched(activities []astypes.Activity) []string {
	var ids []string
	for _, a := range activities {
		if match := launchPattern.FindStringSubmatch(aws.ToString(a.Description)); match != nil {
			ids = append(ids, match[1])
		}
	}
	return ids
}

// launchFailures says in each zone which launches failed and how often.
func (e *evidence) launchFailures() []statement {
	counts := map[statement]int{}
	for _, a := range e.activities {
		if a.StatusCode != astypes.ScalingActivityStatusCodeFailed && a.StatusCode != astypes.ScalingActivityStatusCodeCancelled {
			continue
		}
		message := aws.ToString(a.StatusMessage)
		counts[statement{zone: zoneOfActivity(a), text: message, fix: fixOfLaunch[autoscaling.CauseOf(message)]}]++
	}
	var statements []statement
	for _, s := range inOrder(counts) {
		s.text = fmt.Sprintf("%s: %s", counted(counts[s], "failed launch", "failed launches"), s.text)
		statements = append(statements, s)
	}
	return statements
}

// zoneOfActivity returns the zone of an activity, which its details alone tell.
func zoneOfActivity(a astypes.Activity) string {
	var details map[string]any
	if json.Unmarshal([]byte(aws.ToString(a.Details)), &details) == nil {
		if zone, ok := details["Availability Zone"].(string); ok && zone != "" {
			return zone
		}
	}
	return noZone
}

// serverStates says in each zone how many servers are in which state.
func (e *evidence) serverStates() []statement {
	if e.servers.TargetGroup == "" {
		return e.instanceStates()
	}
	counts := map[statement]int{}
	for _, t := range e.targets {
		if t.Target != nil && t.TargetHealth != nil {
			text, fix := e.explain(*t.TargetHealth)
			counts[statement{e.zoneOf(aws.ToString(t.Target.Id)), text, fix}]++
		}
	}
	return numbered(counts)
}

// vanished says in each zone how many servers were launched and removed again.
func (e *evidence) vanished() []statement {
	counts := map[statement]int{}
	for _, i := range e.failing() {
		id := aws.ToString(i.InstanceId)
		if !e.isTarget(id) && !e.isMember(id) {
			counts[statement{e.zoneOf(id), "launched, and removed without having worked", fixNeverWorked}]++
		}
	}
	return numbered(counts)
}

func (e *evidence) isTarget(id string) bool {
	return slices.ContainsFunc(e.targets, func(t elbtypes.TargetHealthDescription) bool {
		return t.Target != nil && aws.ToString(t.Target.Id) == id
	})
}

func (e *evidence) isMember(id string) bool {
	return slices.ContainsFunc(e.group.Instances, func(i astypes.Instance) bool { return aws.ToString(i.InstanceId) == id })
}

// instanceStates is serverStates where no load balancer tells them.
func (e *evidence) instanceStates() []statement {
	counts := map[statement]int{}
	for _, i := range e.group.Instances {
		text := string(i.LifecycleState)
		if health := aws.ToString(i.HealthStatus); health != "Healthy" {
			text += ", " + strings.ToLower(health)
		}
		counts[statement{zone: aws.ToString(i.AvailabilityZone), text: text}]++
	}
	return numbered(counts)
}

// explain puts a target's health into words and says what to change about it.
func (e *evidence) explain(health elbtypes.TargetHealth) (text, fix string) {
	text = string(health.State)
	if health.Reason == "" {
		return text, ""
	}
	text += " (" + string(health.Reason)
	if description := aws.ToString(health.Description); description != "" {
		text += ": " + description
	}
	return text + e.asked(health.Reason) + ")", fixOfTarget[health.Reason]
}

// asked says what the load balancer asked for, where that matters.
func (e *evidence) asked(reason elbtypes.TargetHealthReasonEnum) string {
	port := aws.ToString(e.health.HealthCheckPort)
	if port == "traffic-port" {
		port = fmt.Sprint(aws.ToInt32(e.health.Port))
	}
	switch reason {
	case elbtypes.TargetHealthReasonEnumResponseCodeMismatch, elbtypes.TargetHealthReasonEnumTimeout, elbtypes.TargetHealthReasonEnumFailedHealthChecks:
		if path := aws.ToString(e.health.HealthCheckPath); path != "" {
			return fmt.Sprintf("; asked for %s on port %s", path, port)
		}
		return "; asked on port " + port
	}
	return ""
}

// numbered puts the numbers into the texts: "2 healthy".
func numbered(counts map[statement]int) []statement {
	var statements []statement
	for _, s := range inOrder(counts) {
		s.text = fmt.Sprintf("%d %s", counts[s], s.text)
		statements = append(statements, s)
	}
	return statements
}

func inOrder(counts map[statement]int) []statement {
	return slices.SortedFunc(maps.Keys(counts), func(a, b statement) int {
		return strings.Compare(a.zone+"\x00"+a.text, b.zone+"\x00"+b.text)
	})
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
