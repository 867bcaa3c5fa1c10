package autoscaling

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

const (
	maxPolicies       = 50
	maxSchedules      = 125
	maxStepAdjustment = 20

	simpleScaling         = "SimpleScaling"
	stepScaling           = "StepScaling"
	targetTrackingScaling = "TargetTrackingScaling"
	predictiveScaling     = "PredictiveScaling"
)

// PutScalingPolicy adds a policy or replaces the one of that name (aws-facts §5.8).
// Predictive policies are stored and described, but predict nothing.
func (s *Service) PutScalingPolicy(_ context.Context, in *sdk.PutScalingPolicyInput) (*sdk.PutScalingPolicyOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	in = clone(in)
	if in.PolicyType == nil {
		in.PolicyType = aws.String(simpleScaling)
	}
	if err := s.checkPolicy(g, in); err != nil {
		return nil, err
	}
	old := g.policy(*in.PolicyName)
	if old == nil && len(g.policies) >= maxPolicies {
		return nil, limitExceeded("You have already reached your maximum number of scaling policies: %d", maxPolicies)
	}
	policy := &types.ScalingPolicy{
		AutoScalingGroupName: aws.String(g.name()), PolicyName: in.PolicyName, PolicyType: in.PolicyType,
		AdjustmentType: in.AdjustmentType, Cooldown: in.Cooldown, Enabled: aws.Bool(in.Enabled == nil || *in.Enabled),
		EstimatedInstanceWarmup: in.EstimatedInstanceWarmup, MetricAggregationType: in.MetricAggregationType,
		MinAdjustmentMagnitude:         in.MinAdjustmentMagnitude,
		MinAdjustmentStep:              in.MinAdjustmentStep, //nolint:staticcheck // Deprecated, and still answered.
		PredictiveScalingConfiguration: in.PredictiveScalingConfiguration, ScalingAdjustment: in.ScalingAdjustment,
		StepAdjustments: in.StepAdjustments, TargetTrackingConfiguration: in.TargetTrackingConfiguration,
	}
	if *in.PolicyType == stepScaling && policy.MetricAggregationType == nil {
		policy.MetricAggregationType = aws.String("Average")
	}
	if old != nil {
		policy.PolicyARN = old.PolicyARN
	} else {
		policy.PolicyARN = aws.String(s.ARN("autoscaling", "scalingPolicy:"+s.UUID()+":autoScalingGroupName/"+g.name()+":policyName/"+*in.PolicyName))
	}
	if err := s.putAlarms(g, policy, old); err != nil {
		return nil, err
	}
	g.policies = slices.DeleteFunc(g.policies, func(p *types.ScalingPolicy) bool { return p == old })
	g.policies = append(g.policies, policy)
	slices.SortFunc(g.policies, func(a, b *types.ScalingPolicy) int { return cmp.Compare(*a.PolicyName, *b.PolicyName) })
	return &sdk.PutScalingPolicyOutput{PolicyARN: clone(policy.PolicyARN), Alarms: clone(policy.Alarms)}, nil
}

func (g *group) policy(nameOrARN string) *types.ScalingPolicy {
	for _, policy := range g.policies {
		if *policy.PolicyName == nameOrARN || *policy.PolicyARN == nameOrARN {
			return policy
		}
	}
	return nil
}

func (s *Service) checkPolicy(g *group, in *sdk.PutScalingPolicyInput) error {
	switch *in.PolicyType {
	case simpleScaling:
		if in.AdjustmentType == nil || in.ScalingAdjustment == nil {
			return invalid("Adjustment type and scaling adjustment must be specified for policy type %s", simpleScaling)
		}
	case stepScaling:
		if in.AdjustmentType == nil || len(in.StepAdjustments) == 0 {
			return invalid("Adjustment type and at least one step adjustment must be specified for policy type %s", stepScaling)
		}
		if len(in.StepAdjustments) > maxStepAdjustment {
			return limitExceeded("The number of step adjustments may not be larger than %d", maxStepAdjustment)
		}
	case targetTrackingScaling:
		if in.TargetTrackingConfiguration == nil {
			return invalid("TargetTrackingConfiguration must be specified for policy type %s", targetTrackingScaling)
		}
		return s.checkTracking(g, in.TargetTrackingConfiguration)
	case predictiveScaling:
		if in.PredictiveScalingConfiguration == nil {
			return invalid("PredictiveScalingConfiguration must be specified for policy type %s", predictiveScaling)
		}
		return nil
	default:
		return invalid("Policy type %s is not one of %s, %s, %s, %s", *in.PolicyType, simpleScaling, stepScaling, targetTrackingScaling, predictiveScaling)
	}
	if in.TargetTrackingConfiguration != nil {
		return invalid("TargetTrackingConfiguration cannot be specified for policy type %s", *in.PolicyType)
	}
	if !slices.Contains([]string{"ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"}, *in.AdjustmentType) {
		return invalid("Adjustment type %s is not supported", *in.AdjustmentType)
	}
	return nil
}

func (s *Service) checkTracking(g *group, c *types.TargetTrackingConfiguration) error {
	if (c.PredefinedMetricSpecification == nil) == (c.CustomizedMetricSpecification == nil) {
		return invalid("Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified")
	}
	if c.PredefinedMetricSpecification == nil {
		return nil
	}
	label := aws.ToString(c.PredefinedMetricSpecification.ResourceLabel)
	if c.PredefinedMetricSpecification.PredefinedMetricType != types.MetricTypeALBRequestCountPerTarget {
		if label != "" {
			return invalid("Resource label must not be specified for metric type %s", c.PredefinedMetricSpecification.PredefinedMetricType)
		}
		return nil
	}
	// aws-facts §5.8: the label names a target group of this group behind a load balancer.
	for _, a := range g.attachments {
		if own := s.balancers.ResourceLabel(a.arn); !a.removing && own != "" && own == label {
			return nil
		}
	}
	return invalid("Resource label '%s' is not valid for metric type ALBRequestCountPerTarget: "+
		"the target group must be attached to the Auto Scaling group and to the load balancer", label)
}

// dropPolicy forgets a policy and the alarms that it made. From the alarms of users
// it is taken as an action; returned are those that have none left.
func (s *Service) dropPolicy(g *group, policy *types.ScalingPolicy) (idle []string) {
	g.policies = slices.DeleteFunc(g.policies, func(p *types.ScalingPolicy) bool { return p == policy })
	if s.Alarms == nil {
		return nil
	}
	for _, alarm := range policy.Alarms {
		s.Alarms.DeleteServiceAlarm(*alarm.AlarmName)
	}
	return s.Alarms.DropAction(*policy.PolicyARN)
}

// shown is a policy as it is described: with the alarms that have it as an action.
func (s *Service) shown(policy *types.ScalingPolicy) types.ScalingPolicy {
	out := clone(*policy)
	if s.Alarms == nil || *policy.PolicyType == targetTrackingScaling {
		return out
	}
	for _, name := range s.Alarms.ActingOn(*policy.PolicyARN) {
		out.Alarms = append(out.Alarms, types.Alarm{AlarmName: aws.String(name), AlarmARN: aws.String(s.ARN("cloudwatch", "alarm:"+name))})
	}
	return out
}

// DeletePolicy deletes a policy with the alarms that it made. An alarm of a user's
// stays, without the action (documentation of DeletePolicy).
func (s *Service) DeletePolicy(_ context.Context, in *sdk.DeletePolicyInput) (*sdk.DeletePolicyOutput, error) {
	for _, g := range s.sorted() {
		if in.AutoScalingGroupName != nil && *in.AutoScalingGroupName != g.name() {
			continue
		}
		policy := g.policy(*in.PolicyName)
		if policy == nil || in.AutoScalingGroupName == nil && *policy.PolicyARN != *in.PolicyName {
			continue
		}
		s.dropPolicy(g, policy)
		return &sdk.DeletePolicyOutput{}, nil
	}
	if in.AutoScalingGroupName != nil {
		if _, err := s.group(in.AutoScalingGroupName); err != nil {
			return nil, err
		}
	}
	return nil, invalid("No scaling policy found with name: %s", *in.PolicyName)
}

// DescribePolicies lists policies.
func (s *Service) DescribePolicies(_ context.Context, in *sdk.DescribePoliciesInput) (*sdk.DescribePoliciesOutput, error) {
	groups := s.sorted()
	if in.AutoScalingGroupName != nil {
		g, err := s.group(in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		groups = []*group{g}
	}
	var policies []types.ScalingPolicy
	for _, g := range groups {
		for _, p := range g.policies {
			named := len(in.PolicyNames) == 0 || slices.Contains(in.PolicyNames, *p.PolicyName) || slices.Contains(in.PolicyNames, *p.PolicyARN)
			if named && (len(in.PolicyTypes) == 0 || slices.Contains(in.PolicyTypes, *p.PolicyType)) {
				policies = append(policies, s.shown(p))
			}
		}
	}
	out := &sdk.DescribePoliciesOutput{}
	var err error
	out.ScalingPolicies, out.NextToken, err = page(policies, in.NextToken, in.MaxRecords, 100)
	return out, err
}
