package ec2

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// Freeze says what brings a server to a state that is good to be imaged, and back:
// shell commands, or an SSM document of the kind that Amazon Data Lifecycle Manager
// runs, with the parameter command = pre-script and then post-script.
type Freeze struct {
	Document string   `json:"document,omitempty"`
	Before   []string `json:"before,omitempty"`
	After    []string `json:"after,omitempty"`
	Seconds  int32    `json:"seconds"` // that each of the two may take
}

// tagFrozen is on a server while it may be frozen: set before, removed after. Its
// value is the stack.
const tagFrozen = "webtier:frozen"

// shellDocument runs commands. The freeze carries the thaw along in a comment: who
// finds a frozen server after a crash has no configuration, but the history of
// commands, which SSM keeps for 30 days.
const (
	shellDocument = "AWS-RunShellScript"
	thawNote      = "# webtier-thaw "
)

// freezer freezes and thaws one server.
type freezer struct {
	c             *awsapi.Clients
	server, stack string
	Freeze
}

func (f freezer) comment() string { return "webtier freeze " + f.stack }

// freeze freezes the server. It has to be thawed also when this fails.
func (f freezer) freeze(ctx context.Context) error {
	_, err := awsapi.EC2(f.c).CreateTags(ctx, &sdk.CreateTagsInput{Resources: []string{f.server}, Tags: tagList(map[string]string{tagFrozen: f.stack})})
	if err != nil {
		return fmt.Errorf("marking %s as frozen: %w", f.server, err)
	}
	commands := f.Before
	if f.Document == "" {
		note, err := json.Marshal(f.Freeze)
		if err != nil {
			return err
		}
		commands = append([]string{thawNote + base64.StdEncoding.EncodeToString(note)}, commands...)
	}
	if err := f.run(ctx, "pre-script", commands, f.comment(), awsapi.ResendOnlyIfRefused); err != nil {
		return fmt.Errorf("freezing: %w", err)
	}
	return nil
}

// thaw thaws the server, and says so aloud when it cannot.
func (f freezer) thaw(ctx context.Context) error {
	err := f.run(ctx, "post-script", f.After, "webtier thaw "+f.stack, nil)
	if err == nil {
		_, err = awsapi.EC2(f.c).DeleteTags(ctx, &sdk.DeleteTagsInput{Resources: []string{f.server}, Tags: []types.Tag{{Key: aws.String(tagFrozen)}}})
	}
	if err != nil {
		return fmt.Errorf("thawing server %s, WHICH MAY STILL BE FROZEN; the next apply tries again: %w", f.server, err)
	}
	return nil
}

// run sends one of the two halves to the server and waits for its end.
func (f freezer) run(ctx context.Context, half string, commands []string, comment string, retryer func(aws.Retryer) aws.Retryer) error {
	command := commandOn(f.c, f.server, comment, f.Seconds)
	if f.Document == "" {
		command.in.Parameters["commands"] = append([]string{"set -e"}, commands...)
	} else {
		command.in.DocumentName = aws.String(f.Document)
		command.in.Parameters = map[string][]string{"command": {half}}
	}
	command.retryer = retryer
	return command.run(ctx)
}

// serverCommand is a command to be run on a server through SSM.
type serverCommand struct {
	c       *awsapi.Clients
	in      *ssm.SendCommandInput
	limit   time.Duration
	retryer func(aws.Retryer) aws.Retryer
}

func commandOn(c *awsapi.Clients, server, comment string, seconds int32) serverCommand {
	return serverCommand{c: c, limit: time.Duration(seconds) * time.Second, in: &ssm.SendCommandInput{
		DocumentName: aws.String(shellDocument), InstanceIds: []string{server}, Comment: aws.String(comment),
		// An agent that does not answer by then never gets the command.
		TimeoutSeconds: aws.Int32(max(30, seconds)),
		Parameters:     map[string][]string{"executionTimeout": {fmt.Sprint(seconds)}},
	}}
}

// run sends the command and waits until it has succeeded.
func (s serverCommand) run(ctx context.Context) error {
	out, err := awsapi.SSM(s.c).SendCommand(ctx, s.in, func(o *ssm.Options) {
		if s.retryer != nil {
			o.Retryer = s.retryer(o.Retryer)
		}
	})
	if err != nil {
		return fmt.Errorf("sending a command to %s: %w", s.in.InstanceIds[0], err)
	}
	return s.await(ctx, aws.ToString(out.Command.CommandId))
}

// await waits for the end of a command that was sent.
func (s serverCommand) await(ctx context.Context, id string) error {
	server := s.in.InstanceIds[0]
	var last *ssm.GetCommandInvocationOutput
	w := awsapi.Waiting{What: fmt.Sprintf("command %s on %s to end", id, server), Expect: 5 * time.Second, Limit: s.limit + 2*time.Minute}
	err := s.c.Pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
		out, err := awsapi.SSM(s.c).GetCommandInvocation(ctx, &ssm.GetCommandInvocationInput{CommandId: aws.String(id), InstanceId: aws.String(server)})
		if awsapi.Is(err, "InvocationDoesNotExist") {
			return false, "not shown", nil // not yet known everywhere
		}
		if err != nil {
			return false, "", err
		}
		last = out
		switch out.Status {
		case ssmtypes.CommandInvocationStatusPending, ssmtypes.CommandInvocationStatusInProgress, ssmtypes.CommandInvocationStatusDelayed, ssmtypes.CommandInvocationStatusCancelling:
			return false, string(out.Status), nil
		}
		return true, string(out.Status), nil
	})
	if err != nil {
		return err
	}
	if last.Status != ssmtypes.CommandInvocationStatusSuccess {
		text := strings.TrimSpace(cmp.Or(aws.ToString(last.StandardErrorContent), aws.ToString(last.StandardOutputContent)))
		return &CommandError{Server: server, Command: id, Status: aws.ToString(last.StatusDetails), Code: last.ResponseCode, Output: text}
	}
	return nil
}

// CommandError is a command that ended, but not well.
type CommandError struct {
	Server, Command, Status, Output string
	Code                            int32
}

func (e *CommandError) Error() string {
	text := fmt.Sprintf("command %s on %s ended as %s with exit code %d", e.Command, e.Server, e.Status, e.Code)
	if e.Output != "" {
		text += ":\n" + e.Output
	}
	return text
}

// thawLeft thaws a server that an apply which did not come to its end left frozen,
// by what the history says. A server that was never frozen only loses its mark.
func (k *imageReader) thawLeft(ctx context.Context, server string) error {
	found, err := describeInstances(ctx, k.home.c, filter("instance-id", server), filter("tag-key", tagFrozen))
	if err != nil || len(found) == 0 {
		return err
	}
	return k.thawFound(ctx, found[0])
}

func (k *imageReader) thawFound(ctx context.Context, instance types.Instance) error {
	server := aws.ToString(instance.InstanceId)
	f := freezer{c: k.home.c, server: server, stack: tagMap(instance.Tags)[tagFrozen]}
	running := instance.State != nil && instance.State.Name == types.InstanceStateNameRunning
	sent, found, err := f.lastFreeze(ctx)
	if err != nil {
		return fmt.Errorf("finding how to thaw %s: %w", server, err)
	}
	if !running || !found {
		// A server that was stopped since is not frozen any more.
		_, err := awsapi.EC2(k.home.c).DeleteTags(ctx, &sdk.DeleteTagsInput{Resources: []string{server}, Tags: []types.Tag{{Key: aws.String(tagFrozen)}}})
		return err
	}
	f.Freeze = freezeOf(sent)
	// It may be freezing just now.
	command := commandOn(f.c, server, "", f.Seconds)
	var ended *CommandError
	if err := command.await(ctx, aws.ToString(sent.CommandId)); err != nil && !errors.As(err, &ended) {
		return err
	}
	return f.thaw(ctx)
}

// lastFreeze finds the last freeze in the history of commands.
func (f freezer) lastFreeze(ctx context.Context) (ssmtypes.Command, bool, error) {
	in := &ssm.ListCommandsInput{InstanceId: aws.String(f.server)}
	for {
		out, err := awsapi.SSM(f.c).ListCommands(ctx, in)
		if err != nil {
			return ssmtypes.Command{}, false, err
		}
		for _, command := range out.Commands {
			if aws.ToString(command.Comment) == f.comment() {
				return command, true, nil
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return ssmtypes.Command{}, false, nil
		}
	}
}

// freezeOf reads off a freeze how to thaw again.
func freezeOf(sent ssmtypes.Command) Freeze {
	f := Freeze{Document: aws.ToString(sent.DocumentName), Seconds: 300}
	if f.Document != shellDocument {
		return f
	}
	f.Document = ""
	for _, line := range sent.Parameters["commands"] {
		if note, ok := strings.CutPrefix(line, thawNote); ok {
			if raw, err := base64.StdEncoding.DecodeString(note); err == nil {
				_ = json.Unmarshal(raw, &f) // it was written by freeze
			}
		}
	}
	return f
}
