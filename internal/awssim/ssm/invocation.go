package ssm

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
)

// How many characters of the output each call returns.
const (
	maxContent = 24000
	maxOutput  = 2500
)

func cut(text string, most int) string { return text[:min(len(text), most)] }

// plugin is the only step of a command that is shown.
func plugin(c *command) string {
	switch *c.DocumentName {
	case "AWS-RunShellScript":
		return "aws:runShellScript"
	case "AWS-RunPowerShellScript":
		return "aws:runPowerShellScript"
	}
	return "mainStep"
}

// GetCommandInvocation tells what has become of a command on an instance. It does
// not find it at once.
func (s *Service) GetCommandInvocation(_ context.Context, in *sdk.GetCommandInvocationInput) (*sdk.GetCommandInvocationOutput, error) {
	c, err := s.command(*in.CommandId)
	if err != nil {
		return nil, err
	}
	n := slices.IndexFunc(c.invocations, func(i *invocation) bool { return i.instance == *in.InstanceId })
	if n < 0 || s.Now().Before(c.RequestedDateTime.Add(s.Timings.Visible)) {
		return nil, &types.InvocationDoesNotExist{Message: text("The command %s has no invocation on %s.", *in.CommandId, *in.InstanceId)}
	}
	i := c.invocations[n]
	if in.PluginName != nil && *in.PluginName != plugin(c) {
		return nil, &types.InvalidPluginName{Message: text("The plugin name %s is not valid.", *in.PluginName)}
	}
	out := &sdk.GetCommandInvocationOutput{CommandId: c.CommandId, InstanceId: in.InstanceId, Comment: c.Comment, DocumentName: c.DocumentName,
		DocumentVersion: c.DocumentVersion, PluginName: aws.String(plugin(c)), Status: i.status, StatusDetails: aws.String(i.detail), ResponseCode: -1,
		ExecutionStartDateTime: aws.String(""), ExecutionEndDateTime: aws.String(""), ExecutionElapsedTime: aws.String(""),
		StandardOutputContent: aws.String(""), StandardOutputUrl: aws.String(""), StandardErrorContent: aws.String(""), StandardErrorUrl: aws.String(""),
		CloudWatchOutputConfig: c.CloudWatchOutputConfig}
	if !i.started.IsZero() {
		out.ExecutionStartDateTime = aws.String(i.started.UTC().Format(time.RFC3339))
	}
	if !i.started.IsZero() && !i.ended.IsZero() {
		out.ResponseCode, out.ExecutionEndDateTime = int32(i.exit), aws.String(i.ended.UTC().Format(time.RFC3339))
		out.ExecutionElapsedTime = aws.String(fmt.Sprintf("PT%.3fS", i.ended.Sub(i.started).Seconds()))
		out.StandardOutputContent, out.StandardErrorContent = aws.String(cut(i.stdout, maxContent)), aws.String(cut(i.stderr, maxContent))
	}
	return out, nil
}

// ListCommandInvocations lists what has become of commands on instances, the
// newest first.
func (s *Service) ListCommandInvocations(_ context.Context, in *sdk.ListCommandInvocationsInput) (*sdk.ListCommandInvocationsOutput, error) {
	if in.CommandId != nil {
		if _, err := s.command(*in.CommandId); err != nil {
			return nil, err
		}
	}
	s.Tick(s.Now())
	list := []types.CommandInvocation{}
	for _, c := range slices.Backward(s.commands) {
		if in.CommandId != nil && *in.CommandId != *c.CommandId || s.Now().Before(c.RequestedDateTime.Add(s.Timings.Visible)) {
			continue
		}
		for _, i := range c.invocations {
			passes, err := passesCommand(c, string(i.status), in.Filters)
			if err != nil {
				return nil, err
			}
			if passes && (in.InstanceId == nil || *in.InstanceId == i.instance) {
				list = append(list, i.shown(c, in.Details))
			}
		}
	}
	out := &sdk.ListCommandInvocationsOutput{}
	var err error
	out.CommandInvocations, out.NextToken, err = paging.Page(list, in.NextToken, in.MaxResults, 50, 50, badToken)
	return out, err
}

func (i *invocation) shown(c *command, details bool) types.CommandInvocation {
	shown := types.CommandInvocation{CommandId: c.CommandId, InstanceId: aws.String(i.instance), Comment: c.Comment, DocumentName: c.DocumentName,
		DocumentVersion: c.DocumentVersion, RequestedDateTime: c.RequestedDateTime, Status: i.status, StatusDetails: aws.String(i.detail),
		ServiceRole: c.ServiceRole, NotificationConfig: c.NotificationConfig, CloudWatchOutputConfig: c.CloudWatchOutputConfig, CommandPlugins: []types.CommandPlugin{}}
	if details && !i.started.IsZero() {
		p := types.CommandPlugin{Name: aws.String(plugin(c)), Status: types.CommandPluginStatus(i.status), StatusDetails: aws.String(i.detail),
			ResponseCode: -1, ResponseStartDateTime: aws.Time(i.started)}
		if !i.ended.IsZero() {
			p.ResponseCode, p.ResponseFinishDateTime, p.Output = int32(i.exit), aws.Time(i.ended), aws.String(cut(i.stdout+i.stderr, maxOutput))
		}
		shown.CommandPlugins = append(shown.CommandPlugins, p)
	}
	return shown
}

// passesCommand applies filters to a command and a status of it.
func passesCommand(c *command, status string, filters []types.CommandFilter) (bool, error) {
	for _, f := range filters {
		value := aws.ToString(f.Value)
		at, err := time.Parse(time.RFC3339, value)
		var passes bool
		switch f.Key {
		case types.CommandFilterKeyStatus:
			passes, err = status == value, nil
		case types.CommandFilterKeyDocumentName:
			passes, err = *c.DocumentName == value, nil
		case types.CommandFilterKeyInvokedAfter:
			passes = c.RequestedDateTime.After(at)
		case types.CommandFilterKeyInvokedBefore:
			passes = c.RequestedDateTime.Before(at)
		default:
			return false, notSimulated("filter " + string(f.Key))
		}
		if err != nil {
			return false, invalid("The filter value %s is not a time.", value)
		}
		if !passes {
			return false, nil
		}
	}
	return true, nil
}
