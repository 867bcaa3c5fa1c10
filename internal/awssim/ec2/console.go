package ec2

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// GetConsoleOutput returns what the server wrote to its console, base64 encoded.
// It is posted some time after the launch and empty before; Latest=true reads the
// console itself, on nitro types only (aws-facts §3.6). It can still be read after
// the instance has terminated, as long as this can be described.
func (s *Service) GetConsoleOutput(_ context.Context, in *sdk.GetConsoleOutputInput) (*sdk.GetConsoleOutputOutput, error) {
	i, err := s.knownInstance(aws.ToString(in.InstanceId))
	if err != nil {
		return nil, err
	}
	row, _ := findInstanceType(i.data.InstanceType)
	if aws.ToBool(in.Latest) && !row.nitro {
		return nil, apierr.New("UnsupportedOperation", "This instance type does not support retrieving the latest console logs.")
	}
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	now := s.Now()
	seen := i.posted(now, s.ComputeTimings.Console)
	if aws.ToBool(in.Latest) {
		seen = now
	}
	out := &sdk.GetConsoleOutputOutput{InstanceId: in.InstanceId, Timestamp: aws.Time(now)}
	if text := i.console(seen, s.softwareOf(i)); text != "" {
		out.Output = aws.String(base64.StdEncoding.EncodeToString([]byte(text)))
	}
	return out, nil
}

// posted is the instant up to which the posted output reaches: it lags, but the end
// of a run posts all.
func (i *instance) posted(now time.Time, lag time.Duration) time.Time {
	switch p := i.phaseAt(now); p.state {
	case types.InstanceStateNamePending, types.InstanceStateNameRunning:
		return now.Add(-lag)
	}
	return now
}

// softwareOf is how the server behaves. What is wrong with an image is wrong with
// those made from it.
func (s *Service) softwareOf(i *instance) traits {
	if s.BadImages[aws.ToString(i.data.ImageId)] || s.BadImages[i.origin] {
		return badServer
	}
	return traitsOf(i.origin)
}

// console is what the server had written at the instant, in its last run.
func (i *instance) console(at time.Time, software traits) string {
	var bootedAt time.Time
	for _, p := range i.phases {
		switch {
		case p.at.After(at):
		case p.state == types.InstanceStateNameRunning:
			bootedAt = p.at
		case p.state == types.InstanceStateNameStopping || p.state == types.InstanceStateNameShuttingDown:
			at = p.at
		}
	}
	if bootedAt.IsZero() {
		return ""
	}
	text := fmt.Sprintf("[    0.000000] Linux version 6.1.0-webtier (%s)\r\n"+
		"[    0.000000] Command line: console=tty0 console=ttyS0,115200n8\r\n"+
		"[    3.104211] cloud-init[1]: Cloud-init running on %s (%s) %s\r\n",
		i.data.Architecture, i.id(), aws.ToString(i.data.ImageId), bootedAt.UTC().Format(time.RFC1123))
	if !at.Before(bootedAt.Add(software.BootTime)) {
		text += software.Console + "\r\n"
	}
	return text
}
