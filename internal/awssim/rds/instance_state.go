package rds

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// RebootDBInstance implements the operation (aws-facts §6.7, §6.15).
func (s *Service) RebootDBInstance(_ context.Context, in *sdk.RebootDBInstanceInput) (*sdk.RebootDBInstanceOutput, error) {
	i, err := s.instance(in.DBInstanceIdentifier)
	if err != nil {
		return nil, err
	}
	if err := s.checkStatus(i, statusAvailable, statusOptimization); err != nil {
		return nil, err
	}
	failover := aws.ToBool(in.ForceFailover)
	if failover && len(i.nodes) < 2 {
		return nil, badCombination("ForceFailover cannot be specified since the instance is not configured for either MultiAZ or High Availability")
	}
	lasts := s.Timings.Reboot
	if failover {
		lasts = s.Timings.InstanceFailover
		s.noteInstance(i, s.Now(), "failover", "Multi-AZ instance failover started.")
	}
	s.enqueue(&i.line, s.Now(), step{statusRebooting, lasts, func(at time.Time) {
		s.rebooted(i, at)
		if failover {
			s.noteInstance(i, at, "failover", "Multi-AZ instance failover completed")
			s.swap(i, at)
		}
	}})
	out := s.view(i)
	return &sdk.RebootDBInstanceOutput{DBInstance: &out}, nil
}

// rebooted has an instance take what waits for a restart: static parameters and
// certificates (aws-facts §6.7, §6.17).
func (s *Service) rebooted(i *instance, at time.Time) {
	i.parameters, i.clusterParameters = applied{}, applied{}
	for _, ch := range slices.Clone(i.pending) {
		if ch.atReboot {
			ch.apply(at)
			i.pending = without(i.pending, ch.setting)
		}
	}
	s.noteInstance(i, at, "availability", "DB instance restarted")
}

// swap exchanges primary and standby. It shows some minutes later (aws-facts §6.15).
func (s *Service) swap(i *instance, at time.Time) {
	s.later(at.Add(s.Timings.FailoverShown), func(time.Time) {
		if len(i.nodes) > 1 {
			i.nodes[0], i.nodes[1] = i.nodes[1], i.nodes[0]
		}
	})
}

// StopDBInstance implements the operation. Pending changes are dropped
// (aws-facts §6.15).
func (s *Service) StopDBInstance(_ context.Context, in *sdk.StopDBInstanceInput) (*sdk.StopDBInstanceOutput, error) {
	i, err := s.instance(in.DBInstanceIdentifier)
	if err != nil {
		return nil, err
	}
	if err := s.checkStatus(i, statusAvailable, statusOptimization); err != nil {
		return nil, err
	}
	if i.clusterID() != "" || i.source != nil || len(s.replicas(i)) > 0 {
		return nil, &types.InvalidDBInstanceStateFault{Message: text("Cannot stop or start %s: it is a cluster member, a read replica or the source of one.", i.id)}
	}
	if in.DBSnapshotIdentifier != nil {
		if _, err := s.takeSnapshot(i, in.DBSnapshotIdentifier, nil); err != nil {
			return nil, err
		}
	}
	i.pending = nil
	s.enqueue(&i.line, s.Now(), step{"stopping", s.Timings.Stop, func(at time.Time) {
		until := at.Add(s.Timings.Stopped)
		i.stopped, i.AutomaticRestartTime = true, aws.Time(until)
		s.noteInstance(i, at, "notification", "DB instance stopped")
		s.later(until, func(at time.Time) {
			if i.stopped && !i.deleting && aws.ToTime(i.AutomaticRestartTime).Equal(until) {
				s.surprise(i, at, "notification", "DB instance is being started due to it exceeding the maximum allowed time being stopped.")
				s.start(i, at)
			}
		})
	}})
	out := s.view(i)
	return &sdk.StopDBInstanceOutput{DBInstance: &out}, nil
}

// StartDBInstance implements the operation.
func (s *Service) StartDBInstance(_ context.Context, in *sdk.StartDBInstanceInput) (*sdk.StartDBInstanceOutput, error) {
	i, err := s.instance(in.DBInstanceIdentifier)
	if err != nil {
		return nil, err
	}
	if err := s.checkStatus(i, statusStopped); err != nil {
		return nil, err
	}
	s.start(i, s.Now())
	out := s.view(i)
	return &sdk.StartDBInstanceOutput{DBInstance: &out}, nil
}

func (s *Service) start(i *instance, at time.Time) {
	s.enqueue(&i.line, at, step{"starting", s.Timings.Start, func(at time.Time) {
		i.stopped, i.AutomaticRestartTime = false, nil
		s.rebooted(i, at)
	}})
}
