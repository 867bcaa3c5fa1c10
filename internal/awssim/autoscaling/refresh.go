package autoscaling

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// refresh is an instance refresh (aws-facts §5.5):
//
//	Pending → InProgress → (Baking) → Successful
//	→ Failed, or → RollbackInProgress → RollbackSuccessful or RollbackFailed
//	→ Cancelling → Cancelled
//
// The embedded struct holds what is described.
type refresh struct {
	types.InstanceRefresh
	// desired is what the refresh rolls out, nil when it rolls out the group's own
	// configuration.
	desired *configuration
	// old holds the instances that are to be replaced, or were; in a rollback those
	// that are to be replaced back.
	old   map[string]bool
	began time.Time // of the present direction
	total int

	progressAt time.Time
	least      int // instances remaining, at best so far
	checkpoint int // index of the next one
	holding    bool
	holdUntil  time.Time
	bakeUntil  time.Time
	waits      bool // a cancellation waits for instances in transition
}

func (r *refresh) active() bool {
	switch r.Status {
	case types.InstanceRefreshStatusPending, types.InstanceRefreshStatusInProgress, types.InstanceRefreshStatusBaking,
		types.InstanceRefreshStatusCancelling, types.InstanceRefreshStatusRollbackInProgress:
		return true
	}
	return false
}

// launchesDesired reports whether new instances get the desired configuration.
func (r *refresh) launchesDesired() bool {
	return r.Status == types.InstanceRefreshStatusInProgress || r.Status == types.InstanceRefreshStatusBaking
}

// activeRefresh returns the refresh under way, or nil; there is at most one.
func (g *group) activeRefresh() *refresh {
	for _, r := range g.refreshes {
		if r.active() {
			return r
		}
	}
	return nil
}

func (r *refresh) finish(status types.InstanceRefreshStatus, reason string, now time.Time) {
	r.Status, r.EndTime, r.StatusReason = status, aws.Time(now), nil
	if reason != "" {
		r.StatusReason = aws.String(reason)
	}
}

// StartInstanceRefresh begins to replace the group's instances. With a desired
// configuration the group's own changes only when the refresh succeeds.
func (s *Service) StartInstanceRefresh(_ context.Context, in *sdk.StartInstanceRefreshInput) (*sdk.StartInstanceRefreshOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if g.activeRefresh() != nil {
		return nil, &types.InstanceRefreshInProgressFault{Message: aws.String(
			"An active instance refresh already exists and blocks the execution of this Instance Refresh.")}
	}
	if in.Strategy == types.RefreshStrategyReplaceRootVolume {
		return nil, notSimulated("The strategy ReplaceRootVolume")
	}
	desired, err := s.desiredConfiguration(g, in.DesiredConfiguration)
	if err != nil {
		return nil, err
	}
	preferences, err := g.newPreferences(in.Preferences)
	if err != nil {
		return nil, err
	}
	r := &refresh{desired: desired, InstanceRefresh: types.InstanceRefresh{
		AutoScalingGroupName: aws.String(g.name()), InstanceRefreshId: aws.String(s.UUID()), Status: types.InstanceRefreshStatusPending,
		StartTime: aws.Time(s.Now()), Strategy: types.RefreshStrategyRolling, DesiredConfiguration: clone(in.DesiredConfiguration),
		Preferences: preferences, PercentageComplete: aws.Int32(0), InstancesToUpdate: aws.Int32(0),
	}}
	if *preferences.AutoRollback && !r.reversible(g) {
		// aws-facts §5.5: there would be nothing to return to.
		return nil, invalid("AutoRollback requires a desired configuration, and a numeric launch template version in it and in the Auto Scaling group.")
	}
	g.refreshes = append([]*refresh{r}, g.refreshes...)
	s.Record("autoscaling", g.name(), "instance refresh %s started", *r.InstanceRefreshId)
	return &sdk.StartInstanceRefreshOutput{InstanceRefreshId: clone(r.InstanceRefreshId)}, nil
}

func (s *Service) desiredConfiguration(g *group, in *types.DesiredConfiguration) (*configuration, error) {
	if in == nil || in.LaunchTemplate == nil && in.MixedInstancesPolicy == nil {
		return nil, nil
	}
	c, err := s.newConfiguration(configuration{template: in.LaunchTemplate, mixed: in.MixedInstancesPolicy}, g.places)
	if err != nil {
		return nil, err
	}
	return &c, nil
}

// reversible reports whether the refresh can be rolled back: it has a desired
// configuration, and both versions are pinned (aws-facts §5.5).
func (r *refresh) reversible(g *group) bool {
	return r.desired != nil && r.desired.pinned() && g.configuration().pinned()
}

// CancelInstanceRefresh stops a refresh where it is; what was replaced stays.
func (s *Service) CancelInstanceRefresh(_ context.Context, in *sdk.CancelInstanceRefreshInput) (*sdk.CancelInstanceRefreshOutput, error) {
	r, err := s.refreshToStop(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	r.Status, r.StatusReason = types.InstanceRefreshStatusCancelling, aws.String("Cancelled due to user request.")
	r.waits = in.WaitForTransitioningInstances == nil || *in.WaitForTransitioningInstances
	return &sdk.CancelInstanceRefreshOutput{InstanceRefreshId: clone(r.InstanceRefreshId)}, nil
}

// RollbackInstanceRefresh turns a refresh back.
func (s *Service) RollbackInstanceRefresh(_ context.Context, in *sdk.RollbackInstanceRefreshInput) (*sdk.RollbackInstanceRefreshOutput, error) {
	r, err := s.refreshToStop(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	g := s.groups[*in.AutoScalingGroupName]
	if r.Status == types.InstanceRefreshStatusRollbackInProgress || !r.reversible(g) {
		return nil, &types.IrreversibleInstanceRefreshFault{Message: aws.String(
			"The instance refresh cannot be rolled back: it has no desired configuration, uses $Latest or $Default, or is being rolled back.")}
	}
	s.beginRollback(g, r, "Rollback due to user request.", s.Now())
	return &sdk.RollbackInstanceRefreshOutput{InstanceRefreshId: clone(r.InstanceRefreshId)}, nil
}

func (s *Service) refreshToStop(name *string) (*refresh, error) {
	g, err := s.live(name)
	if err != nil {
		return nil, err
	}
	if r := g.activeRefresh(); r != nil && r.Status != types.InstanceRefreshStatusCancelling {
		return r, nil
	}
	return nil, &types.ActiveInstanceRefreshNotFoundFault{Message: aws.String(
		"No in progress or pending Instance Refresh found for Auto Scaling group " + g.name())}
}

// DescribeInstanceRefreshes lists a group's refreshes, newest first.
func (s *Service) DescribeInstanceRefreshes(_ context.Context, in *sdk.DescribeInstanceRefreshesInput) (*sdk.DescribeInstanceRefreshesOutput, error) {
	g, err := s.group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	var refreshes []types.InstanceRefresh
	for _, r := range g.refreshes {
		if len(in.InstanceRefreshIds) == 0 || slices.Contains(in.InstanceRefreshIds, *r.InstanceRefreshId) {
			refreshes = append(refreshes, clone(r.InstanceRefresh))
		}
	}
	out := &sdk.DescribeInstanceRefreshesOutput{}
	out.InstanceRefreshes, out.NextToken, err = page(refreshes, in.NextToken, in.MaxRecords, 100)
	return out, err
}
