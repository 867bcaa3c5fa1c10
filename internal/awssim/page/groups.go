package page

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// Group is an Auto Scaling group.
type Group struct {
	Name      string   `json:"name"`
	Min       int32    `json:"min"`
	Desired   int32    `json:"desired"`
	Max       int32    `json:"max"`
	InService int      `json:"inService"`
	Template  string   `json:"template,omitempty"`
	Version   string   `json:"templateVersion,omitempty"`
	Status    string   `json:"status,omitempty"` // while it is deleted
	Refresh   *Refresh `json:"refresh,omitempty"`
}

// Refresh is a group's newest instance refresh.
type Refresh struct {
	ID      string `json:"id"`
	Status  string `json:"status"`
	Percent int32  `json:"percent"`
	Reason  string `json:"reason,omitempty"`
}

// Active reports whether the refresh is under way.
func (r Refresh) Active() bool {
	return slices.Contains([]types.InstanceRefreshStatus{types.InstanceRefreshStatusPending, types.InstanceRefreshStatusInProgress,
		types.InstanceRefreshStatusBaking, types.InstanceRefreshStatusCancelling, types.InstanceRefreshStatusRollbackInProgress},
		types.InstanceRefreshStatus(r.Status))
}

func (r *reader) groups() []types.AutoScalingGroup {
	return list(r, func(token *string) ([]types.AutoScalingGroup, *string, error) {
		out, err := r.AutoScaling.DescribeAutoScalingGroups(r.ctx, &autoscaling.DescribeAutoScalingGroupsInput{NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.AutoScalingGroups, out.NextToken, nil
	})
}

func (r *reader) readGroups() {
	for _, g := range r.groups() {
		shown := Group{Name: aws.ToString(g.AutoScalingGroupName), Min: aws.ToInt32(g.MinSize), Desired: aws.ToInt32(g.DesiredCapacity),
			Max: aws.ToInt32(g.MaxSize), Status: aws.ToString(g.Status)}
		for _, i := range g.Instances {
			if i.LifecycleState == types.LifecycleStateInService {
				shown.InService++
			}
		}
		launch := g.LaunchTemplate
		if p := g.MixedInstancesPolicy; p != nil && p.LaunchTemplate != nil {
			launch = p.LaunchTemplate.LaunchTemplateSpecification
		}
		if launch != nil {
			shown.Template, shown.Version = aws.ToString(launch.LaunchTemplateName), aws.ToString(launch.Version)
		}
		out, err := r.AutoScaling.DescribeInstanceRefreshes(r.ctx, &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: g.AutoScalingGroupName})
		switch {
		case err != nil:
			r.Problems = append(r.Problems, err.Error())
		case len(out.InstanceRefreshes) > 0:
			newest := out.InstanceRefreshes[0]
			shown.Refresh = &Refresh{ID: aws.ToString(newest.InstanceRefreshId), Status: string(newest.Status),
				Percent: aws.ToInt32(newest.PercentageComplete), Reason: aws.ToString(newest.StatusReason)}
		}
		r.Groups = append(r.Groups, shown)
	}
}
