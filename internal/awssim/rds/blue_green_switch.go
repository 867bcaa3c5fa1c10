package rds

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// Limits of SwitchoverTimeout in seconds (aws-facts §6.16).
const shortestSwitchover, defaultSwitchover = 30, 300

// SwitchoverBlueGreenDeployment implements the operation. A switchover that would
// take longer than it may is rolled back and changes nothing.
func (s *Service) SwitchoverBlueGreenDeployment(_ context.Context, in *sdk.SwitchoverBlueGreenDeploymentInput) (*sdk.SwitchoverBlueGreenDeploymentOutput, error) {
	d, err := s.deployment(in.BlueGreenDeploymentIdentifier)
	if err != nil {
		return nil, err
	}
	limit := in.SwitchoverTimeout
	fill(&limit, defaultSwitchover)
	if *limit < shortestSwitchover {
		return nil, badValue("Invalid switchover timeout: %d. It must be at least %d seconds.", *limit, shortestSwitchover)
	}
	ready := d.status() == statusReady || d.status() == statusSwitchoverFailed
	for _, i := range []*instance{d.source, d.target} {
		status := i.status(s.Now())
		ready = ready && !i.deleting && (status == statusAvailable || status == statusOptimization)
	}
	if !ready {
		return nil, &types.InvalidBlueGreenDeploymentStateFault{Message: text("The blue/green deployment %s is in status %s or its DB instances are "+
			"not available, so it can't be switched over.", d.id, d.status())}
	}
	allowed := time.Duration(*limit) * time.Second
	s.enqueue(&d.line, s.Now(), step{statusSwitchover, min(allowed, s.Timings.Switchover), func(at time.Time) {
		if s.Timings.Switchover > allowed {
			d.state, d.details = statusSwitchoverFailed, "Switchover timed out and was rolled back."
			s.noteDeployment(d, at, "failure", "Switchover timed out and was rolled back.")
			return
		}
		s.switchOver(d, at)
	}})
	return &sdk.SwitchoverBlueGreenDeploymentOutput{BlueGreenDeployment: s.shownDeployment(d)}, nil
}

func (s *Service) noteDeployment(d *deployment, at time.Time, category, format string, args ...any) {
	s.note(event{at: at, source: types.SourceTypeBlueGreenDeployment, id: d.id, arn: d.arn, category: category}, format, args...)
}

// switchOver gives the green instance the blue one's name; that becomes -old1. The
// resource ids stay with the instances (aws-facts §6.1).
func (s *Service) switchOver(d *deployment, at time.Time) {
	name := d.source.id
	for n := 1; ; n++ {
		old := fmt.Sprintf("%s-old%d", name, n)
		if _, err := s.instance(&old); err != nil {
			s.name(d.source, old)
			break
		}
	}
	s.name(d.target, name)
	d.from, d.to = d.source.arn, d.target.arn
	d.state, d.details = statusSwitchoverCompleted, ""
	s.noteDeployment(d, at, "notification", "Switchover from DB instance %s to %s completed.", d.source.id, d.target.id)
}

// DeleteBlueGreenDeployment implements the operation. After a switchover the old
// database remains: there is no target to delete (aws-facts §6.16).
func (s *Service) DeleteBlueGreenDeployment(_ context.Context, in *sdk.DeleteBlueGreenDeploymentInput) (*sdk.DeleteBlueGreenDeploymentOutput, error) {
	d, err := s.deployment(in.BlueGreenDeploymentIdentifier)
	if err != nil {
		return nil, err
	}
	target := aws.ToBool(in.DeleteTarget)
	switch status := d.status(); {
	case status == statusProvisioning, status == statusSwitchover, status == statusDeploymentDeleting,
		status == statusSwitchoverCompleted && target:
		return nil, &types.InvalidBlueGreenDeploymentStateFault{Message: text("The blue/green deployment %s is in status %s.", d.id, status)}
	case target && aws.ToBool(d.target.DeletionProtection):
		return nil, badCombination("Cannot delete protected DB Instance, please disable deletion protection and try again.")
	}
	lasts := s.Timings.BlueGreenDelete
	if target && !d.target.deleting && slices.Contains(s.instances, d.target) {
		s.remove(d.target, s.Now(), s.Timings.Delete, false)
		lasts = s.Timings.Delete
	}
	s.enqueue(&d.line, s.Now(), step{statusDeploymentDeleting, lasts, func(time.Time) {
		s.deployments = slices.DeleteFunc(s.deployments, func(other *deployment) bool { return other == d })
		delete(s.tags, d.arn)
	}})
	return &sdk.DeleteBlueGreenDeploymentOutput{BlueGreenDeployment: s.shownDeployment(d)}, nil
}

// DescribeBlueGreenDeployments implements the operation.
func (s *Service) DescribeBlueGreenDeployments(_ context.Context, in *sdk.DescribeBlueGreenDeploymentsInput) (*sdk.DescribeBlueGreenDeploymentsOutput, error) {
	var all []types.BlueGreenDeployment
	for _, d := range s.deployments {
		if in.BlueGreenDeploymentIdentifier == nil || *in.BlueGreenDeploymentIdentifier == d.id {
			all = append(all, *s.shownDeployment(d))
		}
	}
	if in.BlueGreenDeploymentIdentifier != nil && len(all) == 0 {
		return nil, noDeployment(*in.BlueGreenDeploymentIdentifier)
	}
	list, next, err := filtered(all, in.Filters, in.Marker, in.MaxRecords, func(d types.BlueGreenDeployment) map[string][]string {
		return map[string][]string{"blue-green-deployment-identifier": values(d.BlueGreenDeploymentIdentifier),
			"blue-green-deployment-name": values(d.BlueGreenDeploymentName), "source": values(d.Source), "target": values(d.Target)}
	})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeBlueGreenDeploymentsOutput{BlueGreenDeployments: list, Marker: next}, nil
}

func (s *Service) shownDeployment(d *deployment) *types.BlueGreenDeployment {
	out := &types.BlueGreenDeployment{BlueGreenDeploymentIdentifier: aws.String(d.id), BlueGreenDeploymentName: aws.String(d.name),
		CreateTime: aws.Time(d.createdAt), Source: aws.String(d.from), Target: aws.String(d.to), Status: aws.String(d.status()),
		TagList: s.tagList(d.arn)}
	if d.details != "" {
		out.StatusDetails = aws.String(d.details)
	}
	for n, name := range d.tasks {
		status := "PENDING"
		switch {
		case n < d.tasksDone:
			status = "COMPLETED"
		case n == d.tasksDone && d.status() == statusProvisioning:
			status = "IN_PROGRESS"
		case n == d.tasksDone:
			status = "FAILED"
		}
		out.Tasks = append(out.Tasks, types.BlueGreenDeploymentTask{Name: aws.String(name), Status: aws.String(status)})
	}
	detail := d.status()
	if detail == statusReady {
		detail = "AVAILABLE"
	}
	out.SwitchoverDetails = []types.SwitchoverDetail{{SourceMember: aws.String(d.from), TargetMember: aws.String(d.to), Status: aws.String(detail)}}
	return out
}
