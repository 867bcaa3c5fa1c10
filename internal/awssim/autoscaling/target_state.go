package autoscaling

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// TargetState is what an instance reads in its metadata at
// autoscaling/target-lifecycle-state: where its group wants it to get: InService,
// Detached or Terminated. An instance of no group reads nothing (UG-ASG "Retrieve the target
// lifecycle state through instance metadata").
func (s *Service) TargetState(instanceID string) string {
	for _, g := range s.groups {
		for _, m := range g.members {
			switch {
			case aws.ToString(m.InstanceId) != instanceID:
			case m.LifecycleState == types.LifecycleStateDetaching:
				return "Detached"
			case m.leaving():
				return "Terminated"
			default:
				return "InService"
			}
		}
	}
	return ""
}
