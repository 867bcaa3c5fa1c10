package servers

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// alarmStates are the states of CloudWatch alarms by name.
var alarmStates = awsapi.Question[string, cwtypes.StateValue]{Most: 100, Fetch: func(ctx context.Context, c *awsapi.Clients, names []string) (map[string]cwtypes.StateValue, error) {
	out, err := awsapi.CloudWatch(c).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: names, MaxRecords: aws.Int32(100),
		AlarmTypes: []cwtypes.AlarmType{cwtypes.AlarmTypeMetricAlarm, cwtypes.AlarmTypeCompositeAlarm}})
	if err != nil {
		return nil, err
	}
	states := map[string]cwtypes.StateValue{}
	for _, alarm := range out.MetricAlarms {
		states[aws.ToString(alarm.AlarmName)] = alarm.StateValue
	}
	for _, alarm := range out.CompositeAlarms {
		states[aws.ToString(alarm.AlarmName)] = alarm.StateValue
	}
	return states, nil
}}

// checkAlarms looks whether the alarms that are to end a rollout can (aws-facts §21).
// They may be made in the same apply, and go off and on: it only notes what it finds.
func checkAlarms(ctx context.Context, c *awsapi.Clients, f subject) ([]composite.Problem, error) {
	names := composite.Strings(f.rollout().AlarmNames)
	if f.prior == nil || f.rollout().is(strategyNone) {
		return nil, nil // nothing is rolled out
	}
	states, err := alarmStates.All(ctx, c, names)
	if err != nil {
		return nil, err
	}
	var problems []composite.Problem
	for _, name := range names {
		problem := composite.Problem{At: path.Root("rollout").AtName("alarm_names"), Note: true}
		switch state, exists := states[name]; {
		case !exists:
			problem.Summary = "Alarm does not exist: " + name
			problem.Detail = fmt.Sprintf("CloudWatch in %s has no alarm of this name. Unless it is made before the rollout begins, nothing ends that when it goes wrong.", c.Region)
		case state == cwtypes.StateValueAlarm:
			problem.Summary = "Alarm is on: " + name
			problem.Detail = "A rollout ends at once while it is. Wait until it is off, or take it out of alarm_names for this one."
		default:
			continue
		}
		problems = append(problems, problem)
	}
	return problems, nil
}
