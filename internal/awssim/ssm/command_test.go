package ssm_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

// newFleet has i-1 and i-2 with the role web, which answer, and i-3, which was
// just started.
func newFleet(t *testing.T) *lab {
	l := newLab(t)
	l.start("i-1", "web")
	l.start("i-2", "web")
	l.Pass(time.Minute)
	l.start("i-3", "web")
	return l
}

func shell(command string, ids ...string) *sdk.SendCommandInput {
	return &sdk.SendCommandInput{DocumentName: aws.String("AWS-RunShellScript"), InstanceIds: ids, Parameters: map[string][]string{"commands": {command}}}
}

func (l *lab) invocation(id, instance string) *sdk.GetCommandInvocationOutput {
	l.t.Helper()
	return simtest.Do(l.t, l.GetCommandInvocation, &sdk.GetCommandInvocationInput{CommandId: &id, InstanceId: &instance})
}

func (l *lab) command(id string) types.Command {
	l.t.Helper()
	return simtest.Do(l.t, l.ListCommands, &sdk.ListCommandsInput{CommandId: &id}).Commands[0]
}

func TestCommandRunsThroughItsStates(t *testing.T) {
	for command, want := range map[string]types.CommandInvocationStatus{"true": types.CommandInvocationStatusSuccess, "false": types.CommandInvocationStatusFailed} {
		t.Run(command, func(t *testing.T) {
			l := newFleet(t)
			id := *simtest.Do(t, l.SendCommand, shell(command, "i-1")).Command.CommandId
			get := &sdk.GetCommandInvocationInput{CommandId: &id, InstanceId: aws.String("i-1")}
			simtest.Refused(t, l.GetCommandInvocation, get, "InvocationDoesNotExist", "")
			var seen []types.CommandInvocationStatus
			for range 6 {
				l.pass(1)
				if got := l.invocation(id, "i-1").Status; !slices.Contains(seen, got) {
					seen = append(seen, got)
				}
			}
			if !slices.Equal(seen, []types.CommandInvocationStatus{"Pending", "InProgress", want}) {
				t.Errorf("states %q", seen)
			}
			got := l.invocation(id, "i-1")
			if *got.StandardOutputContent+*got.StandardErrorContent == "" || *got.ExecutionElapsedTime != "PT3.000S" || (got.ResponseCode == 0) != (command == "true") {
				t.Errorf("invocation %+v", got)
			}
			if c := l.command(id); string(c.Status) != string(want) || c.CompletedCount != 1 || !slices.Equal(l.ran, []string{"i-1 AWS-RunShellScript"}) {
				t.Errorf("command %+v, ran %q", c, l.ran)
			}
		})
	}
}

func TestCommandToTargets(t *testing.T) {
	l := newFleet(t)
	in := shell("true")
	in.Targets = []types.Target{{Key: aws.String("tag:role"), Values: []string{"web"}}}
	id := *simtest.Do(t, l.SendCommand, in).Command.CommandId
	l.stop("i-2", ec2types.InstanceStateNameStopped)
	l.pass(10)
	if c := l.command(id); c.TargetCount != 2 || c.CompletedCount != 1 || c.Status != types.CommandStatusInProgress {
		t.Errorf("command %+v", c)
	}
	l.Pass(time.Hour)
	if c := l.command(id); c.DeliveryTimedOutCount != 1 || c.Status != types.CommandStatusTimedOut {
		t.Errorf("an hour later %+v", c)
	}
	list := &sdk.ListCommandInvocationsInput{CommandId: &id, Details: true, Filters: []types.CommandFilter{{Key: types.CommandFilterKeyStatus, Value: aws.String("Success")}}}
	if got := simtest.Do(t, l.ListCommandInvocations, list).CommandInvocations; len(got) != 1 || *got[0].CommandPlugins[0].Output != "done" {
		t.Errorf("invocations %+v", got)
	}
	in.Targets[0].Values = []string{"none"}
	if c := simtest.Do(t, l.SendCommand, in).Command; *c.StatusDetails != "NoInstancesInTag" {
		t.Errorf("command %+v", c)
	}
}

func TestCommandsThatAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		in   *sdk.SendCommandInput
		code string
	}{
		"unknown document":     {&sdk.SendCommandInput{DocumentName: aws.String("none"), InstanceIds: []string{"i-1"}}, "InvalidDocument"},
		"unknown version":      {&sdk.SendCommandInput{DocumentName: aws.String("AWS-UpdateSSMAgent"), DocumentVersion: aws.String("9"), InstanceIds: []string{"i-1"}}, "InvalidDocumentVersion"},
		"missing parameter":    {&sdk.SendCommandInput{DocumentName: aws.String("AWS-RunShellScript"), InstanceIds: []string{"i-1"}}, "InvalidParameters"},
		"unknown parameter":    {&sdk.SendCommandInput{DocumentName: aws.String("AWS-UpdateSSMAgent"), Parameters: map[string][]string{"x": nil}, InstanceIds: []string{"i-1"}}, "InvalidParameters"},
		"instance not ready":   {shell("true", "i-3"), "InvalidInstanceId"},
		"unknown instance":     {shell("true", "i-9"), "InvalidInstanceId"},
		"instance twice":       {shell("true", "i-1", "i-1"), "DuplicateInstanceId"},
		"neither ids nor tags": {shell("true"), "ValidationException"},
		"too many instances":   {shell("true", make([]string, 51)...), "ValidationException"},
		"unknown kind of target": {func() *sdk.SendCommandInput {
			in := shell("true")
			in.Targets = []types.Target{{Key: aws.String("name"), Values: []string{"x"}}}
			return in
		}(), "InvalidTarget"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newFleet(t)
			simtest.Refused(t, l.SendCommand, test.in, test.code, "")
		})
	}
}

func TestCancelWhatHasNotBegun(t *testing.T) {
	l := newFleet(t)
	id := *simtest.Do(t, l.SendCommand, shell("true", "i-1", "i-2")).Command.CommandId
	simtest.Do(t, l.CancelCommand, &sdk.CancelCommandInput{CommandId: &id, InstanceIds: []string{"i-2"}})
	l.pass(10)
	if c := l.command(id); c.Status != types.CommandStatusCancelled || len(l.ran) != 1 {
		t.Errorf("command %+v, ran %q", c, l.ran)
	}
	simtest.Refused(t, l.CancelCommand, &sdk.CancelCommandInput{CommandId: aws.String("x")}, "InvalidCommandId", "")
}

func TestInstanceInformation(t *testing.T) {
	l := newFleet(t)
	l.stop("i-2", ec2types.InstanceStateNameStopped)
	list := func(filters ...types.InstanceInformationStringFilter) (ids []string) {
		for _, i := range simtest.Do(t, l.DescribeInstanceInformation, &sdk.DescribeInstanceInformationInput{Filters: filters}).InstanceInformationList {
			ids = append(ids, *i.InstanceId+" "+string(i.PingStatus))
		}
		return ids
	}
	filter := func(key, value string) types.InstanceInformationStringFilter {
		return types.InstanceInformationStringFilter{Key: &key, Values: []string{value}}
	}
	for _, test := range []struct{ got, want []string }{
		{list(), []string{"i-1 Online", "i-2 ConnectionLost"}},
		{list(filter("InstanceIds", "i-2")), []string{"i-2 ConnectionLost"}},
		{list(filter("PingStatus", "Online"), filter("tag:role", "web")), []string{"i-1 Online"}},
		{list(filter("tag:role", "db")), nil},
	} {
		if !slices.Equal(test.got, test.want) {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
	l.stop("i-1", ec2types.InstanceStateNameTerminated)
	l.servers[2].IamInstanceProfile = nil
	l.Pass(time.Hour)
	if got := list(); len(got) != 1 {
		t.Errorf("after termination %q", got)
	}
	bad := &sdk.DescribeInstanceInformationInput{Filters: []types.InstanceInformationStringFilter{filter("Colour", "red")}}
	simtest.Refused(t, l.DescribeInstanceInformation, bad, "InvalidInstanceInformationFilterValue", "Colour")
}

func TestAssociationReachesNewInstances(t *testing.T) {
	l := newFleet(t)
	made := simtest.Do(t, l.CreateAssociation, &sdk.CreateAssociationInput{Name: aws.String("AWS-UpdateSSMAgent"), AssociationName: aws.String("agent"),
		Targets: []types.Target{{Key: aws.String("tag:role"), Values: []string{"web"}}}, ScheduleExpression: aws.String("rate(1 day)"),
		Tags: []types.Tag{{Key: aws.String("webtier:part"), Value: aws.String("agent")}}}).AssociationDescription
	if *made.Overview.Status != "Pending" {
		t.Errorf("made %+v", made.Overview)
	}
	l.pass(5)
	describe := &sdk.DescribeAssociationInput{AssociationId: made.AssociationId}
	if got := simtest.Do(t, l.DescribeAssociation, describe).AssociationDescription.Overview; *got.Status != "Success" || got.AssociationStatusAggregatedCount["Success"] != 2 {
		t.Errorf("at first %+v", got)
	}
	l.pass(70)
	if got := simtest.Do(t, l.DescribeAssociation, describe).AssociationDescription.Overview; got.AssociationStatusAggregatedCount["Success"] != 3 {
		t.Errorf("later %+v", got)
	}
	update := &sdk.UpdateAssociationInput{AssociationId: made.AssociationId, Parameters: map[string][]string{"version": {"latest"}}}
	updated := simtest.Do(t, l.UpdateAssociation, update).AssociationDescription
	if *updated.AssociationVersion != "2" || updated.ScheduleExpression != nil || len(updated.Targets) != 1 || *updated.Overview.Status != "Pending" {
		t.Errorf("updated %+v", updated)
	}
	l.pass(5)
	if len(l.ran) != 6 {
		t.Errorf("ran %q", l.ran)
	}
	if lines := l.Inventory(); len(lines) != 1 || lines[0] != "ssm association "+*made.AssociationId+" agent" {
		t.Errorf("inventory %q", lines)
	}
	simtest.Do(t, l.DeleteAssociation, &sdk.DeleteAssociationInput{AssociationId: made.AssociationId})
	simtest.Refused(t, l.DescribeAssociation, describe, "AssociationDoesNotExist", "")
}

func TestAssociationsThatAreRefused(t *testing.T) {
	l := newFleet(t)
	in := func(change func(*sdk.CreateAssociationInput)) *sdk.CreateAssociationInput {
		in := &sdk.CreateAssociationInput{Name: aws.String("AWS-UpdateSSMAgent"), InstanceId: aws.String("i-1")}
		change(in)
		return in
	}
	same := in(func(*sdk.CreateAssociationInput) {})
	simtest.Do(t, l.CreateAssociation, same)
	simtest.Refused(t, l.CreateAssociation, same, "AssociationAlreadyExists", "i-1")
	simtest.Refused(t, l.CreateAssociation, in(func(in *sdk.CreateAssociationInput) { in.Name = aws.String("none") }), "InvalidDocument", "")
	simtest.Refused(t, l.CreateAssociation, in(func(in *sdk.CreateAssociationInput) { in.InstanceId = nil }), "InvalidTarget", "")
	simtest.Refused(t, l.CreateAssociation, in(func(in *sdk.CreateAssociationInput) { in.ScheduleExpression = aws.String("daily") }), "InvalidSchedule", "")
	filter := types.AssociationFilter{Key: types.AssociationFilterKeyInstanceId, Value: aws.String("i-1")}
	if got := simtest.Do(t, l.ListAssociations, &sdk.ListAssociationsInput{AssociationFilterList: []types.AssociationFilter{filter}}).Associations; len(got) != 1 {
		t.Errorf("associations %+v", got)
	}
}
