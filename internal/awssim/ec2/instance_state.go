package ec2

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// changeStates applies change to all the instances or, if one id is unknown or one
// instance refuses, to none (aws-facts §12.4).
func (s *Service) changeStates(ids []string, dryRun *bool, check func(*instance) error, change func(*instance)) ([]types.InstanceStateChange, error) {
	instances, err := s.knownInstances(ids)
	if err != nil {
		return nil, err
	}
	for _, i := range instances {
		if err := check(i); err != nil {
			return nil, err
		}
	}
	if err := refuseDryRun(dryRun); err != nil {
		return nil, err
	}
	now := s.Now()
	var changes []types.InstanceStateChange
	for _, i := range instances {
		before := i.phaseAt(now).state
		change(i)
		changes = append(changes, types.InstanceStateChange{InstanceId: aws.String(i.id()),
			PreviousState: apiState(before), CurrentState: apiState(i.phaseAt(now).state)})
	}
	return changes, nil
}

// TerminateInstances ends instances; those that have ended already stay so, as
// long as they can be described.
func (s *Service) TerminateInstances(_ context.Context, in *sdk.TerminateInstancesInput) (*sdk.TerminateInstancesOutput, error) {
	check := func(i *instance) error {
		if i.protected && !i.ends() {
			return apierr.New("OperationNotPermitted", "The instance '%s' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.", i.id())
		}
		return nil
	}
	changes, err := s.changeStates(in.InstanceIds, in.DryRun, check, func(i *instance) { s.Terminate(i.id(), s.Now(), "") })
	if err != nil {
		return nil, err
	}
	return &sdk.TerminateInstancesOutput{TerminatingInstances: changes}, nil
}

// StopInstances stops instances.
func (s *Service) StopInstances(_ context.Context, in *sdk.StopInstancesInput) (*sdk.StopInstancesOutput, error) {
	if aws.ToBool(in.Hibernate) {
		return nil, apierr.New("UnsupportedHibernationConfiguration", "The instances are not configured for hibernation.")
	}
	now := s.Now()
	check := func(i *instance) error {
		switch i.phaseAt(now).state {
		case types.InstanceStateNameRunning, types.InstanceStateNameStopping, types.InstanceStateNameStopped:
		default:
			return wrongState(i, "stopped")
		}
		if i.stopProtected {
			return apierr.New("OperationNotPermitted", "The instance '%s' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.", i.id())
		}
		if i.data.InstanceLifecycle == types.InstanceLifecycleTypeSpot {
			return apierr.New("UnsupportedOperation", "You can't stop the Spot Instance '%s' because it is associated with a one-time Spot Instance request.", i.id())
		}
		return nil
	}
	changes, err := s.changeStates(in.InstanceIds, in.DryRun, check, func(i *instance) {
		if i.phaseAt(now).state != types.InstanceStateNameRunning {
			return
		}
		moved := "User initiated (" + now.UTC().Format("2006-01-02 15:04:05") + " GMT)"
		i.follow(now, phase{now, types.InstanceStateNameStopping, userShutdown, moved},
			phase{now.Add(s.ComputeTimings.Stop), types.InstanceStateNameStopped, userShutdown, moved})
	})
	if err != nil {
		return nil, err
	}
	return &sdk.StopInstancesOutput{StoppingInstances: changes}, nil
}

// StartInstances starts stopped instances again, if their zone has room.
func (s *Service) StartInstances(_ context.Context, in *sdk.StartInstancesInput) (*sdk.StartInstancesOutput, error) {
	now := s.Now()
	check := func(i *instance) error {
		switch i.phaseAt(now).state {
		case types.InstanceStateNamePending, types.InstanceStateNameRunning:
			return nil
		case types.InstanceStateNameStopped:
			row, _ := findInstanceType(i.data.InstanceType)
			return s.checkCapacity(row, i.zone(), false)
		}
		return wrongState(i, "started")
	}
	changes, err := s.changeStates(in.InstanceIds, in.DryRun, check, func(i *instance) {
		if i.phaseAt(now).state == types.InstanceStateNameStopped {
			i.data.LaunchTime = aws.Time(now)
			i.follow(now, phase{now, types.InstanceStateNamePending, "pending: pending", ""},
				phase{now.Add(s.ComputeTimings.Running), types.InstanceStateNameRunning, "", ""})
		}
	})
	if err != nil {
		return nil, err
	}
	return &sdk.StartInstancesOutput{StartingInstances: changes}, nil
}
