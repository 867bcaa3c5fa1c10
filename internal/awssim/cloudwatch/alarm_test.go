package cloudwatch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

const topic = "arn:aws:sns:eu-west-1:123456789012:pages"

func TestAlarmFollowsItsMetric(t *testing.T) {
	l := newLab(t)
	l.alarm(func(in *sdk.PutMetricAlarmInput) {
		in.AlarmActions, in.OKActions = []string{topic}, []string{topic + "-ok"}
	})
	l.wantState("long", "INSUFFICIENT_DATA")
	l.measure(5)
	l.wantState("long", "OK")
	l.measure(11)
	l.wantState("long", "ALARM")
	l.measure(12, 10)
	l.wantState("long", "OK")
	want := []string{"long OK " + topic + "-ok", "long ALARM " + topic, "long OK " + topic + "-ok"}
	if !slices.Equal(l.acted, want) {
		t.Errorf("acted %q", l.acted)
	}
	l.pass(4)
	l.wantState("long", "INSUFFICIENT_DATA")
}

// TestMissingData has the cases of AWS's table for alarms with 3 of 3 periods: the
// data points, oldest first, X over the threshold, 0 not, - missing.
func TestMissingData(t *testing.T) {
	treatments := []string{"missing", "ignore", "breaching", "notBreaching"}
	for points, want := range map[string]string{
		"0-X-X": "OK OK OK OK",
		"----0": "OK OK OK OK",
		"-----": "INSUFFICIENT_DATA kept ALARM OK",
		"0XX-X": "ALARM ALARM ALARM ALARM",
		"--X--": "ALARM kept ALARM OK",
	} {
		for i, treatment := range treatments {
			t.Run(points+" "+treatment, func(t *testing.T) {
				l := newLab(t)
				l.alarm(func(in *sdk.PutMetricAlarmInput) {
					in.EvaluationPeriods, in.TreatMissingData = aws.Int32(3), &treatment
				})
				before := l.AlarmState("long")
				for _, point := range points {
					if point != '-' {
						l.put("length", map[rune]float64{'X': 11, '0': 1}[point])
					}
					l.Pass(60e9)
				}
				l.Tick(l.Now)
				l.wantState("long", strings.Replace(strings.Fields(want)[i], "kept", before, 1))
			})
		}
	}
}

func TestDatapointsToAlarm(t *testing.T) {
	l := newLab(t)
	l.alarm(func(in *sdk.PutMetricAlarmInput) {
		in.EvaluationPeriods, in.DatapointsToAlarm = aws.Int32(3), aws.Int32(2)
	})
	l.measure(1, 1, 11)
	l.wantState("long", "OK")
	l.measure(1, 11)
	l.wantState("long", "ALARM")
}

func TestPutOverwritesAllButStateAndTags(t *testing.T) {
	l := newLab(t)
	l.alarm(func(in *sdk.PutMetricAlarmInput) {
		in.AlarmDescription, in.AlarmActions, in.Tags = aws.String("first"), []string{topic}, []types.Tag{{Key: aws.String("webtier:part"), Value: aws.String("alarms")}}
	})
	l.measure(11)
	l.alarm(func(in *sdk.PutMetricAlarmInput) {
		in.Tags = []types.Tag{{Key: aws.String("other"), Value: aws.String("x")}}
	})
	got := l.describe("long")
	if got.AlarmDescription != nil || len(got.AlarmActions) != 0 || got.StateValue != types.StateValueAlarm {
		t.Errorf("alarm %+v", got)
	}
	tags := simtest.Do(t, l.ListTagsForResource, &sdk.ListTagsForResourceInput{ResourceARN: got.AlarmArn}).Tags
	if len(tags) != 1 || *tags[0].Key != "webtier:part" {
		t.Errorf("tags %v", tags)
	}
	if lines := l.Inventory(); len(lines) != 1 || lines[0] != "cloudwatch alarm long alarms" {
		t.Errorf("inventory %q", lines)
	}
}

func TestAlarmsThatAreRefused(t *testing.T) {
	long := func(change func(*sdk.PutMetricAlarmInput)) *sdk.PutMetricAlarmInput {
		in := onLength()
		change(in)
		return in
	}
	expression := func(queries ...types.MetricDataQuery) *sdk.PutMetricAlarmInput {
		return long(func(in *sdk.PutMetricAlarmInput) {
			in.Namespace, in.MetricName, in.Period, in.Statistic, in.Metrics = nil, nil, nil, "", queries
		})
	}
	for _, test := range []struct {
		in         *sdk.PutMetricAlarmInput
		code, text string
	}{
		{long(func(in *sdk.PutMetricAlarmInput) { in.Period = aws.Int32(90) }), "InvalidParameterValueException", "Period"},
		{long(func(in *sdk.PutMetricAlarmInput) { in.Period = aws.Int32(5) }), "ValidationError", "10, 20, 30"},
		{long(func(in *sdk.PutMetricAlarmInput) { in.EvaluationPeriods = aws.Int32(1441) }), "ValidationError", "86400"},
		{long(func(in *sdk.PutMetricAlarmInput) { in.Period, in.EvaluationPeriods = aws.Int32(3600), aws.Int32(169) }), "ValidationError", "604800"},
		{long(func(in *sdk.PutMetricAlarmInput) { in.DatapointsToAlarm = aws.Int32(2) }), "ValidationError", "DatapointsToAlarm"},
		{long(func(in *sdk.PutMetricAlarmInput) { in.TreatMissingData = aws.String("maybe") }), "ValidationError", "TreatMissingData"},
		{long(func(in *sdk.PutMetricAlarmInput) { in.Threshold = nil }), "ValidationError", "Threshold"},
		{long(func(in *sdk.PutMetricAlarmInput) { in.Statistic = "" }), "ValidationError", "Statistic"},
		{long(func(in *sdk.PutMetricAlarmInput) { in.ExtendedStatistic = aws.String("p90") }), "ValidationError", "Statistic"},
		{long(func(in *sdk.PutMetricAlarmInput) { in.AlarmActions = []string{"page me"} }), "ValidationError", "Invalid arn syntax"},
		{long(func(in *sdk.PutMetricAlarmInput) { in.OKActions = []string{"arn:aws:sns:eu-west-2:123456789012:x"} }), "ValidationError", "Invalid region eu-west-2"},
		{long(func(in *sdk.PutMetricAlarmInput) {
			in.AlarmActions = []string{"arn:aws:autoscaling:eu-west-1:999999999999:scalingPolicy:x"}
		}), "ValidationError", "Invalid account"},
		{long(func(in *sdk.PutMetricAlarmInput) { in.AlarmActions = slices.Repeat([]string{topic}, 6) }), "ValidationError", "5 actions"},
		{long(func(in *sdk.PutMetricAlarmInput) { in.ThresholdMetricId = aws.String("ad1") }), "NotImplemented", ""},
		{expression(metricQuery("m1", "length"), metricQuery("m2", "width")), "ValidationError", "Exactly one element"},
		{expression(metricQuery("M1", "length")), "ValidationError", "expected pattern"},
		{expression(metricQuery("m1", "length"), mathQuery("e1", "m1 +")), "ValidationError", "Error in expression 'e1'"},
		{expression(metricQuery("m1", "length"), mathQuery("e1", "m2")), "ValidationError", "not defined"},
	} {
		t.Run(test.text, func(t *testing.T) {
			l := newLab(t)
			simtest.Refused(t, l.PutMetricAlarm, test.in, test.code, test.text)
		})
	}
}

func TestAlarmOnExpression(t *testing.T) {
	l := newLab(t)
	hidden := metricQuery("m1", "length")
	hidden.ReturnData = aws.Bool(false)
	l.alarm(func(in *sdk.PutMetricAlarmInput) {
		in.Namespace, in.MetricName, in.Period, in.Statistic = nil, nil, nil, ""
		in.Metrics = []types.MetricDataQuery{hidden, mathQuery("e1", "m1 / 2")}
	})
	l.measure(20)
	l.wantState("long", "OK")
	l.measure(22)
	l.wantState("long", "ALARM")
}

func TestForcedStateLastsUntilTheNextEvaluation(t *testing.T) {
	l := newLab(t)
	l.alarm(func(in *sdk.PutMetricAlarmInput) { in.AlarmActions = []string{topic} })
	force := &sdk.SetAlarmStateInput{AlarmName: aws.String("long"), StateValue: types.StateValueAlarm, StateReason: aws.String("drill")}
	simtest.Do(t, l.SetAlarmState, force)
	if got := l.describe("long"); got.StateValue != types.StateValueAlarm || *got.StateReason != "drill" || len(l.acted) != 1 {
		t.Errorf("alarm %+v, acted %q", got, l.acted)
	}
	l.pass(1)
	l.wantState("long", "INSUFFICIENT_DATA")
	force.AlarmName = aws.String("none")
	simtest.Refused(t, l.SetAlarmState, force, "ResourceNotFound", "")
}

func TestActionsOfAutoScalingRepeat(t *testing.T) {
	l := newLab(t)
	policy := "arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:1:autoScalingGroupName/web:policyName/out"
	l.alarm(func(in *sdk.PutMetricAlarmInput) { in.AlarmActions = []string{policy} })
	l.measure(11, 11, 11)
	if len(l.acted) != 3 {
		t.Errorf("acted %q", l.acted)
	}
	simtest.Do(t, l.DisableAlarmActions, &sdk.DisableAlarmActionsInput{AlarmNames: []string{"long", "none"}})
	l.measure(11)
	simtest.Do(t, l.EnableAlarmActions, &sdk.EnableAlarmActionsInput{AlarmNames: []string{"long"}})
	l.measure(11)
	if len(l.acted) != 4 {
		t.Errorf("acted %q", l.acted)
	}
}

func TestDeleteDeletesWhatThereIs(t *testing.T) {
	l := newLab(t)
	l.alarm(nil)
	simtest.Refused(t, l.DeleteAlarms, &sdk.DeleteAlarmsInput{AlarmNames: []string{"none", "long"}}, "ResourceNotFound", "none")
	if out := simtest.Do(t, l.DescribeAlarms, &sdk.DescribeAlarmsInput{AlarmNames: []string{"none", "long"}}); len(out.MetricAlarms) != 0 {
		t.Errorf("left %+v", out.MetricAlarms)
	}
}

func TestCompositeAlarm(t *testing.T) {
	l := newLab(t)
	l.alarm(nil)
	simtest.Refused(t, l.PutCompositeAlarm, &sdk.PutCompositeAlarmInput{AlarmName: aws.String("both"), AlarmRule: aws.String("ALARM(none)")}, "ValidationError", "do not exist")
	simtest.Refused(t, l.PutCompositeAlarm, &sdk.PutCompositeAlarmInput{AlarmName: aws.String("both"), AlarmRule: aws.String("ALARM(")}, "ValidationError", "AlarmRule")
	l.composite("bad", `ALARM("long") AND NOT (OK(long) OR FALSE)`)
	l.composite("worse", "ALARM(arn:aws:cloudwatch:eu-west-1:123456789012:alarm:bad)")
	l.measure(11)
	l.Tick(l.Now)
	l.wantState("worse", "ALARM")
	if out := simtest.Do(t, l.DescribeAlarms, &sdk.DescribeAlarmsInput{}); len(out.CompositeAlarms) != 0 || len(out.MetricAlarms) != 1 {
		t.Errorf("without types: %+v", out)
	}
	all := &sdk.DescribeAlarmsInput{AlarmTypes: []types.AlarmType{types.AlarmTypeCompositeAlarm, types.AlarmTypeMetricAlarm}}
	if out := simtest.Do(t, l.DescribeAlarms, all); len(out.CompositeAlarms) != 2 || len(out.MetricAlarms) != 1 {
		t.Errorf("with types: %+v", out)
	}
	if out := simtest.Do(t, l.DescribeAlarms, &sdk.DescribeAlarmsInput{ParentsOfAlarmName: aws.String("long")}); len(out.CompositeAlarms) != 1 {
		t.Errorf("parents: %+v", out)
	}
	simtest.Refused(t, l.PutMetricAlarm, func() *sdk.PutMetricAlarmInput { in := onLength(); in.AlarmName = aws.String("bad"); return in }(), "ValidationError", "another type")
	simtest.Refused(t, l.DeleteAlarms, &sdk.DeleteAlarmsInput{AlarmNames: []string{"long"}}, "ValidationError", "composite alarm bad")
	l.composite("bad", "FALSE")
	simtest.Do(t, l.DeleteAlarms, &sdk.DeleteAlarmsInput{AlarmNames: []string{"long"}})
	l.composite("worse", "TRUE")
	simtest.Refused(t, l.DeleteAlarms, &sdk.DeleteAlarmsInput{AlarmNames: []string{"bad", "worse"}}, "ValidationError", "one composite")
}

func TestDescribePages(t *testing.T) {
	l := newLab(t)
	for i := range 60 {
		l.alarm(func(in *sdk.PutMetricAlarmInput) { in.AlarmName = aws.String(fmt.Sprintf("long-%02d", i)) })
	}
	in := &sdk.DescribeAlarmsInput{AlarmNamePrefix: aws.String("long-")}
	first := simtest.Do(t, l.DescribeAlarms, in)
	in.NextToken = first.NextToken
	if second := simtest.Do(t, l.DescribeAlarms, in); len(first.MetricAlarms) != 50 || len(second.MetricAlarms) != 10 || second.NextToken != nil {
		t.Errorf("pages of %d and %d", len(first.MetricAlarms), len(second.MetricAlarms))
	}
	simtest.Refused(t, l.DescribeAlarms, &sdk.DescribeAlarmsInput{AlarmNamePrefix: aws.String("l"), AlarmNames: []string{"x"}}, "ValidationError", "same time")
	if out := simtest.Do(t, l.DescribeAlarms, &sdk.DescribeAlarmsInput{StateValue: types.StateValueOk}); len(out.MetricAlarms) != 0 {
		t.Errorf("%d alarms are OK", len(out.MetricAlarms))
	}
}

func TestAlarmsForMetric(t *testing.T) {
	l := newLab(t)
	l.alarm(nil)
	l.alarm(func(in *sdk.PutMetricAlarmInput) {
		in.AlarmName, in.Dimensions = aws.String("other"), []types.Dimension{{Name: aws.String("queue"), Value: aws.String("q")}}
	})
	in := &sdk.DescribeAlarmsForMetricInput{Namespace: aws.String("jobs"), MetricName: aws.String("length")}
	if out := simtest.Do(t, l.DescribeAlarmsForMetric, in); len(out.MetricAlarms) != 1 || *out.MetricAlarms[0].AlarmName != "long" {
		t.Errorf("alarms %+v", out.MetricAlarms)
	}
}

func TestTagsOfAlarm(t *testing.T) {
	l := newLab(t)
	l.alarm(nil)
	arn := l.describe("long").AlarmArn
	simtest.Do(t, l.TagResource, &sdk.TagResourceInput{ResourceARN: arn, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}})
	simtest.Do(t, l.UntagResource, &sdk.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"a"}})
	if tags := simtest.Do(t, l.ListTagsForResource, &sdk.ListTagsForResourceInput{ResourceARN: arn}).Tags; len(tags) != 1 || *tags[0].Value != "2" {
		t.Errorf("tags %v", tags)
	}
	simtest.Refused(t, l.ListTagsForResource, &sdk.ListTagsForResourceInput{ResourceARN: aws.String(*arn + "x")}, "ResourceNotFoundException", "")
}
