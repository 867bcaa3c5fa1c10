package ssm

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
)

// command is a document that was sent to instances.
type command struct {
	types.Command
	invocations []*invocation
}

// invocation is a command on one instance.
type invocation struct {
	instance       string
	status         types.CommandInvocationStatus
	detail         string
	startsAt       time.Time
	started, ended time.Time // zero: not yet
	stdout, stderr string
	exit           int
}

const (
	maxInstances   = 50
	defaultTimeout = 3600 // seconds
)

// SendCommand runs a document on instances that are named, all of which must be
// online, or on those that targets match.
func (s *Service) SendCommand(_ context.Context, in *sdk.SendCommandInput) (*sdk.SendCommandOutput, error) {
	d, err := s.document(in.DocumentName)
	if err != nil {
		return nil, err
	}
	index, err := d.version(in.DocumentVersion)
	if err != nil {
		return nil, err
	}
	if err := s.checkSend(d, index, in); err != nil {
		return nil, err
	}
	ids := slices.Clone(in.InstanceIds)
	if len(in.Targets) > 0 {
		ids = s.matched(in.Targets, s.Now())
	}
	timeout := cmp.Or(aws.ToInt32(in.TimeoutSeconds), defaultTimeout)
	c := &command{Command: types.Command{CommandId: aws.String(s.UUID()), Comment: aws.String(aws.ToString(in.Comment)), DocumentName: in.DocumentName,
		DocumentVersion: aws.String(cmp.Or(aws.ToString(in.DocumentVersion), "$DEFAULT")), InstanceIds: append([]string{}, in.InstanceIds...),
		Targets: slices.Clone(in.Targets), Parameters: maps.Clone(in.Parameters), TimeoutSeconds: &timeout, RequestedDateTime: aws.Time(s.Now()),
		ExpiresAfter:   aws.Time(s.Now().Add(time.Duration(timeout)*time.Second + time.Hour)),
		MaxConcurrency: aws.String(cmp.Or(aws.ToString(in.MaxConcurrency), "50")), MaxErrors: aws.String(cmp.Or(aws.ToString(in.MaxErrors), "0")),
		OutputS3BucketName: in.OutputS3BucketName, OutputS3KeyPrefix: in.OutputS3KeyPrefix, OutputS3Region: in.OutputS3Region,
		ServiceRole: in.ServiceRoleArn, NotificationConfig: in.NotificationConfig, CloudWatchOutputConfig: in.CloudWatchOutputConfig}}
	for _, id := range ids {
		c.invocations = append(c.invocations, &invocation{instance: id, status: types.CommandInvocationStatusPending, detail: "Pending", startsAt: s.Now().Add(s.Timings.Delivery)})
	}
	s.commands = append(s.commands, c)
	return &sdk.SendCommandOutput{Command: c.shown()}, nil
}

func (s *Service) checkSend(d *document, index int, in *sdk.SendCommandInput) error {
	if d.kind != types.DocumentTypeCommand {
		return &types.InvalidDocument{Message: text("Document %s is of type %s, not Command.", d.name, d.kind)}
	}
	if in.AlarmConfiguration != nil {
		return notSimulated("commands with alarms")
	}
	if err := d.versions[index].checkParameters(in.Parameters); err != nil {
		return err
	}
	switch {
	case len(in.InstanceIds) > maxInstances:
		return invalid("InstanceIds can have at most %d values.", maxInstances)
	case (len(in.InstanceIds) > 0) == (len(in.Targets) > 0):
		return invalid("Exactly one of InstanceIds and Targets must be specified.")
	}
	for n, id := range in.InstanceIds {
		if slices.Contains(in.InstanceIds[:n], id) {
			return &types.DuplicateInstanceId{Message: text("The instance ID %s is given twice.", id)}
		}
		if !s.online(id, s.Now()) {
			return &types.InvalidInstanceId{Message: text("Instances [[%s]] not in a valid state for account %s", id, s.Account)}
		}
	}
	return checkTargets(in.Targets)
}

// step brings an invocation to the present. It reports whether it has ended.
func (s *Service) step(c *command, i *invocation, now time.Time) (ended bool) {
	if i.status == types.CommandInvocationStatusPending && !now.Before(i.startsAt) {
		switch {
		case s.online(i.instance, now):
			i.status, i.detail, i.started = types.CommandInvocationStatusInProgress, "InProgress", now
			i.stdout, i.stderr, i.exit = s.run(i.instance, *c.DocumentName, c.Parameters)
		case !now.Before(c.RequestedDateTime.Add(time.Duration(*c.TimeoutSeconds) * time.Second)):
			i.status, i.detail, i.ended, i.exit = types.CommandInvocationStatusTimedOut, "DeliveryTimedOut", now, -1
		}
	}
	if i.status == types.CommandInvocationStatusInProgress && !now.Before(i.started.Add(s.Timings.Execution)) {
		i.status, i.ended = types.CommandInvocationStatusSuccess, i.started.Add(s.Timings.Execution)
		if i.exit != 0 {
			i.status = types.CommandInvocationStatusFailed
		}
		i.detail = string(i.status)
	}
	return !i.ended.IsZero()
}

func (s *Service) run(instance, document string, parameters map[string][]string) (stdout, stderr string, exit int) {
	if s.Run == nil {
		return "", "", 0
	}
	return s.Run(instance, document, maps.Clone(parameters))
}

// shown is the command with what has become of it.
func (c *command) shown() *types.Command {
	shown := c.Command
	count := map[types.CommandInvocationStatus]int32{}
	ended := int32(0)
	for _, i := range c.invocations {
		count[i.status]++
		if !i.ended.IsZero() {
			ended++
		}
	}
	total := int32(len(c.invocations))
	shown.TargetCount, shown.CompletedCount = total, ended
	shown.ErrorCount, shown.DeliveryTimedOutCount = count[types.CommandInvocationStatusFailed], count[types.CommandInvocationStatusTimedOut]
	switch {
	case count[types.CommandInvocationStatusPending] == total && total > 0:
		shown.Status = types.CommandStatusPending
	case ended < total:
		shown.Status = types.CommandStatusInProgress
	case count[types.CommandInvocationStatusFailed] > 0:
		shown.Status = types.CommandStatusFailed
	case count[types.CommandInvocationStatusTimedOut] > 0:
		shown.Status = types.CommandStatusTimedOut
	case count[types.CommandInvocationStatusCancelled] > 0:
		shown.Status = types.CommandStatusCancelled
	default:
		shown.Status = types.CommandStatusSuccess
	}
	shown.StatusDetails = aws.String(string(shown.Status))
	if total == 0 {
		shown.StatusDetails = aws.String("NoInstancesInTag")
	}
	return &shown
}

// command finds a command and brings all to the present.
func (s *Service) command(id string) (*command, error) {
	s.Tick(s.Now())
	i := slices.IndexFunc(s.commands, func(c *command) bool { return *c.CommandId == id })
	if i < 0 {
		return nil, &types.InvalidCommandId{Message: text("The command ID %s is not valid.", id)}
	}
	return s.commands[i], nil
}

// CancelCommand cancels what has not begun.
func (s *Service) CancelCommand(_ context.Context, in *sdk.CancelCommandInput) (*sdk.CancelCommandOutput, error) {
	c, err := s.command(*in.CommandId)
	if err != nil {
		return nil, err
	}
	for _, i := range c.invocations {
		if i.status == types.CommandInvocationStatusPending && (len(in.InstanceIds) == 0 || slices.Contains(in.InstanceIds, i.instance)) {
			i.status, i.detail, i.ended, i.exit = types.CommandInvocationStatusCancelled, "Cancelled", s.Now(), -1
		}
	}
	return &sdk.CancelCommandOutput{}, nil
}

// ListCommands lists commands, the newest first.
func (s *Service) ListCommands(_ context.Context, in *sdk.ListCommandsInput) (*sdk.ListCommandsOutput, error) {
	s.Tick(s.Now())
	list := []types.Command{}
	for _, c := range slices.Backward(s.commands) {
		passes, err := passesCommand(c, string(c.shown().Status), in.Filters)
		if err != nil {
			return nil, err
		}
		here := in.InstanceId == nil || slices.ContainsFunc(c.invocations, func(i *invocation) bool { return i.instance == *in.InstanceId })
		if passes && here && (in.CommandId == nil || *in.CommandId == *c.CommandId) {
			list = append(list, *c.shown())
		}
	}
	out := &sdk.ListCommandsOutput{}
	var err error
	out.Commands, out.NextToken, err = paging.Page(list, in.NextToken, in.MaxResults, 50, 50, badToken)
	return out, err
}
