package autoscaling

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// managed finds the group and member of an instance.
func (s *Service) managed(id *string) (*group, *member, error) {
	for _, g := range s.sorted() {
		if m := g.member(id); m != nil {
			return g, m, nil
		}
	}
	return nil, nil, invalid("Instance Id not found - No managed instance found for instance ID: %s", aws.ToString(id))
}

// SetInstanceHealth overrides an instance's health (aws-facts §5.6).
func (s *Service) SetInstanceHealth(_ context.Context, in *sdk.SetInstanceHealthInput) (*sdk.SetInstanceHealthOutput, error) {
	g, m, err := s.managed(in.InstanceId)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.EqualFold(*in.HealthStatus, healthy):
		m.HealthStatus, m.failingSince, m.outgoing = aws.String(healthy), time.Time{}, false
	case !strings.EqualFold(*in.HealthStatus, unhealthy):
		return nil, invalid("HealthStatus %s is not one of Healthy, Unhealthy", *in.HealthStatus)
	case !aws.ToBool(in.ShouldRespectGracePeriod) && in.ShouldRespectGracePeriod != nil || !s.Now().Before(m.inServiceAt.Add(g.grace())):
		m.HealthStatus, m.failure, m.failingSince = aws.String(unhealthy), failedUser, time.Time{}
	}
	return &sdk.SetInstanceHealthOutput{}, nil
}

// SetInstanceProtection protects instances from scale-in, or no longer.
func (s *Service) SetInstanceProtection(_ context.Context, in *sdk.SetInstanceProtectionInput) (*sdk.SetInstanceProtectionOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if len(in.InstanceIds) > 50 {
		return nil, invalid("The number of instance ids may not be larger than 50")
	}
	var members []*member
	for _, id := range in.InstanceIds {
		m := g.member(&id)
		if m == nil {
			return nil, invalid("The instance %s is not part of Auto Scaling group %s.", id, g.name())
		}
		if m.leaving() {
			return nil, invalid("The instance %s is not in InService or EnteringStandby or Standby.", id)
		}
		members = append(members, m)
	}
	for _, m := range members {
		m.ProtectedFromScaleIn = aws.Bool(*in.ProtectedFromScaleIn)
	}
	return &sdk.SetInstanceProtectionOutput{}, nil
}

// TerminateInstanceInAutoScalingGroup terminates an instance, protected or not, and
// lets the group replace it or shrink.
func (s *Service) TerminateInstanceInAutoScalingGroup(_ context.Context, in *sdk.TerminateInstanceInAutoScalingGroupInput) (
	*sdk.TerminateInstanceInAutoScalingGroupOutput, error,
) {
	ids := slices.Clone(in.InstanceIds)
	if in.InstanceId != nil {
		ids = append(ids, *in.InstanceId)
	}
	if len(ids) == 0 {
		return nil, invalid("Valid requests must contain InstanceId or InstanceIds")
	}
	g, members, err := s.managedTogether(ids)
	if err != nil {
		return nil, err
	}
	if aws.ToBool(in.ShouldDecrementDesiredCapacity) {
		if *g.DesiredCapacity-int32(len(members)) < *g.MinSize {
			return nil, invalid("Currently, desiredSize equals minSize (%d). Terminating instance without replacement will violate group's min size constraint. "+
				"Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.", *g.MinSize)
		}
		g.DesiredCapacity = aws.Int32(*g.DesiredCapacity - int32(len(members)))
	}
	now := s.Now()
	out := &sdk.TerminateInstanceInAutoScalingGroupOutput{}
	for _, m := range members {
		s.terminate(g, m, "At "+stamp(now)+" instance "+*m.InstanceId+" was taken out of service in response to a user request.", now)
		if m.activity != nil {
			out.Activities = append(out.Activities, clone(*m.activity))
		}
	}
	if len(out.Activities) > 0 {
		out.Activity = clone(&out.Activities[0])
	}
	return out, nil
}

func (s *Service) managedTogether(ids []string) (*group, []*member, error) {
	var of *group
	var members []*member
	for _, id := range ids {
		g, m, err := s.managed(&id)
		if err != nil {
			return nil, nil, err
		}
		if of != nil && of != g {
			return nil, nil, invalid("All instances must be in the same Auto Scaling group")
		}
		of, members = g, append(members, m)
	}
	if of.deleting() {
		_, err := s.live(of.AutoScalingGroupName)
		return nil, nil, err
	}
	return of, members, nil
}

// metrics are the group metrics that can be collected (aws-facts §12.5).
var metrics = []string{
	"GroupAndWarmPoolDesiredCapacity", "GroupAndWarmPoolTotalCapacity", "GroupDesiredCapacity", "GroupInServiceCapacity",
	"GroupInServiceInstances", "GroupMaxSize", "GroupMinSize", "GroupPendingCapacity", "GroupPendingInstances", "GroupStandbyCapacity",
	"GroupStandbyInstances", "GroupTerminatingCapacity", "GroupTerminatingInstances", "GroupTotalCapacity", "GroupTotalInstances",
	"WarmPoolDesiredCapacity", "WarmPoolMinSize", "WarmPoolPendingCapacity", "WarmPoolTerminatingCapacity", "WarmPoolTotalCapacity",
	"WarmPoolWarmedCapacity",
}

// EnableMetricsCollection adds metrics to those collected, all when none is named.
func (s *Service) EnableMetricsCollection(_ context.Context, in *sdk.EnableMetricsCollectionInput) (*sdk.EnableMetricsCollectionOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if *in.Granularity != "1Minute" {
		return nil, invalid("Granularity must be 1Minute")
	}
	names, err := chosenMetrics(in.Metrics)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.ContainsFunc(g.EnabledMetrics, func(m types.EnabledMetric) bool { return *m.Metric == name }) {
			g.EnabledMetrics = append(g.EnabledMetrics, types.EnabledMetric{Metric: aws.String(name), Granularity: aws.String("1Minute")})
		}
	}
	slices.SortFunc(g.EnabledMetrics, func(a, b types.EnabledMetric) int { return strings.Compare(*a.Metric, *b.Metric) })
	return &sdk.EnableMetricsCollectionOutput{}, nil
}

// DisableMetricsCollection removes metrics from those collected, all when none is named.
func (s *Service) DisableMetricsCollection(_ context.Context, in *sdk.DisableMetricsCollectionInput) (*sdk.DisableMetricsCollectionOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	names, err := chosenMetrics(in.Metrics)
	if err != nil {
		return nil, err
	}
	g.EnabledMetrics = slices.DeleteFunc(g.EnabledMetrics, func(m types.EnabledMetric) bool { return slices.Contains(names, *m.Metric) })
	return &sdk.DisableMetricsCollectionOutput{}, nil
}

func chosenMetrics(names []string) ([]string, error) {
	if len(names) == 0 {
		return metrics, nil
	}
	for _, name := range names {
		if !slices.Contains(metrics, name) {
			return nil, invalid("Metric %s is not one of %s", name, strings.Join(metrics, ", "))
		}
	}
	return names, nil
}
