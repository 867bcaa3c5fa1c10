package autoscaling

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// The processes of a group that can be suspended (aws-facts §5.2).
const (
	processLaunch            = "Launch"
	processTerminate         = "Terminate"
	processAddToLoadBalancer = "AddToLoadBalancer"
	processAlarmNotification = "AlarmNotification"
	processAZRebalance       = "AZRebalance"
	processHealthCheck       = "HealthCheck"
	processInstanceRefresh   = "InstanceRefresh"
	processReplaceUnhealthy  = "ReplaceUnhealthy"
	processScheduledActions  = "ScheduledActions"
)

var processes = []string{processAddToLoadBalancer, processAlarmNotification, processAZRebalance, processHealthCheck, processInstanceRefresh,
	processLaunch, processReplaceUnhealthy, processScheduledActions, processTerminate}

func (g *group) suspended(process string) bool {
	return slices.ContainsFunc(g.SuspendedProcesses, func(p types.SuspendedProcess) bool { return *p.ProcessName == process })
}

// chosen returns the named processes, all if none is named.
func chosen(names []string) ([]string, error) {
	if len(names) == 0 {
		return processes, nil
	}
	for _, name := range names {
		if !slices.Contains(processes, name) {
			return nil, invalid("ScalingProcess must be one of: %s", strings.Join(processes, ", "))
		}
	}
	return names, nil
}

// SuspendProcesses stops processes of a group until they are resumed.
func (s *Service) SuspendProcesses(_ context.Context, in *sdk.SuspendProcessesInput) (*sdk.SuspendProcessesOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	names, err := chosen(in.ScalingProcesses)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !g.suspended(name) {
			g.SuspendedProcesses = append(g.SuspendedProcesses, types.SuspendedProcess{
				ProcessName: aws.String(name), SuspensionReason: aws.String("User suspended at " + stamp(s.Now()))})
		}
	}
	slices.SortFunc(g.SuspendedProcesses, func(a, b types.SuspendedProcess) int { return strings.Compare(*a.ProcessName, *b.ProcessName) })
	return &sdk.SuspendProcessesOutput{}, nil
}

// ResumeProcesses lets processes of a group run again.
func (s *Service) ResumeProcesses(_ context.Context, in *sdk.ResumeProcessesInput) (*sdk.ResumeProcessesOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	names, err := chosen(in.ScalingProcesses)
	if err != nil {
		return nil, err
	}
	g.SuspendedProcesses = slices.DeleteFunc(g.SuspendedProcesses, func(p types.SuspendedProcess) bool {
		return slices.Contains(names, *p.ProcessName)
	})
	return &sdk.ResumeProcessesOutput{}, nil
}
