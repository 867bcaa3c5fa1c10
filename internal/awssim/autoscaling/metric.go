package autoscaling

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// SetLoad puts a load on a group: so many percent of one server's CPU, which the
// servers in service share evenly. 0 takes it away. The group need not exist yet.
func (s *Service) SetLoad(group string, cpu float64) {
	if cpu == 0 {
		delete(s.loads, group)
		return
	}
	s.loads[group] = cpu
}

// measure publishes the metrics of all groups at each full minute: AWS/AutoScaling's
// as far as they are enabled, and the CPU of the servers.
func (s *Service) measure(now time.Time) {
	minute := now.Truncate(time.Minute)
	if s.Alarms == nil || !minute.After(s.measured) {
		return
	}
	s.measured = minute
	for _, g := range s.sorted() {
		values := g.counts()
		for _, enabled := range g.EnabledMetrics {
			if value, ok := values[*enabled.Metric]; ok {
				s.Alarms.Publish("AWS/AutoScaling", *enabled.Metric, map[string]string{"AutoScalingGroupName": g.name()}, float64(value), minute)
			}
		}
		s.measureCPU(g, minute)
	}
}

// measureCPU publishes the CPU of servers under load, each for itself and, once it is
// warm, for its group: every minute with detailed monitoring, else every five (user
// guides of EC2, "Basic and detailed monitoring", and of Auto Scaling, "Set the
// default instance warmup").
func (s *Service) measureCPU(g *group, minute time.Time) {
	load, loaded := s.loads[g.name()]
	if !loaded {
		return
	}
	serving := g.inService()
	for _, m := range serving {
		instance, ok := s.compute.Instance(*m.InstanceId, minute)
		detailed := ok && instance.Monitoring != nil && instance.Monitoring.State == ec2types.MonitoringStateEnabled
		if !detailed && minute.Minute()%5 != 0 {
			continue
		}
		cpu := min(100, load/float64(len(serving)))
		s.Alarms.Publish("AWS/EC2", "CPUUtilization", map[string]string{"InstanceId": *m.InstanceId}, cpu, minute)
		if !g.growth.cold(m, minute) {
			s.Alarms.Publish("AWS/EC2", "CPUUtilization", map[string]string{"AutoScalingGroupName": g.name()}, cpu, minute)
		}
	}
}

// counts are the values of the group metrics. Those of warm pools, which are not
// simulated, are missing.
func (g *group) counts() map[string]int {
	in := func(states ...types.LifecycleState) int {
		return len(g.membersWhere(func(m *member) bool { return slices.Contains(states, m.LifecycleState) }))
	}
	inService := in(types.LifecycleStateInService)
	pending := in(types.LifecycleStatePending, types.LifecycleStatePendingWait, types.LifecycleStatePendingProceed)
	terminating := in(types.LifecycleStateTerminating, types.LifecycleStateTerminatingWait, types.LifecycleStateTerminatingProceed)
	standby := in(types.LifecycleStateStandby, types.LifecycleStateEnteringStandby)
	total, desired := len(g.members), int(aws.ToInt32(g.DesiredCapacity))
	return map[string]int{
		"GroupMinSize": int(aws.ToInt32(g.MinSize)), "GroupMaxSize": int(aws.ToInt32(g.MaxSize)), "GroupDesiredCapacity": desired,
		"GroupInServiceInstances": inService, "GroupInServiceCapacity": inService,
		"GroupPendingInstances": pending, "GroupPendingCapacity": pending,
		"GroupTerminatingInstances": terminating, "GroupTerminatingCapacity": terminating,
		"GroupStandbyInstances": standby, "GroupStandbyCapacity": standby,
		"GroupTotalInstances": total, "GroupTotalCapacity": total,
		"GroupAndWarmPoolDesiredCapacity": desired, "GroupAndWarmPoolTotalCapacity": total,
	}
}
