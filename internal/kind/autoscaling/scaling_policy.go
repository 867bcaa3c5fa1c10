package autoscaling

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// ScalingPolicy keeps a metric of a group at a value by changing its capacity. The
// part key, scaling_policy/<x>, is the policy's name; policies with other names are
// somebody else's. Outputs: id and arn.
type ScalingPolicy struct {
	Group       stack.Ref `json:"group" stack:"create"` // name
	Metric      string    `json:"metric"`               // ASGAverageCPUUtilization, ALBRequestCountPerTarget, …
	TargetValue float64   `json:"target_value"`         // percent, or requests a minute
	// LoadBalancerLabel (app/…) and TargetGroupLabel (targetgroup/…) are for
	// ALBRequestCountPerTarget only: the target group must be attached to the group.
	LoadBalancerLabel stack.Ref `json:"load_balancer_label"`
	TargetGroupLabel  stack.Ref `json:"target_group_label"`
}

// Kind implements stack.Spec.
func (*ScalingPolicy) Kind() string { return "autoscaling/scaling_policy" }

const policyPrefix = "scaling_policy/"

type policies struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *policies) Name() string { return (*ScalingPolicy)(nil).Kind() }

// List implements engine.Kind. The policies of a group that is being deleted go
// with it.
func (k *policies) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	known := map[string]string{}
	for key, arn := range scope.IDs {
		known[key] = groupOf(arn)
	}
	return k.r.list(ctx, scope, known, func(g types.AutoScalingGroup, _ string) ([]engine.Live, error) {
		if isDeleting(g) {
			return nil, nil
		}
		all, _, err := k.r.policies.Get(ctx, aws.ToString(g.AutoScalingGroupName), scope.Recent)
		var lives []engine.Live
		for _, policy := range all {
			if strings.HasPrefix(aws.ToString(policy.PolicyName), policyPrefix) {
				lives = append(lives, livePolicy(policy))
			}
		}
		return lives, err
	})
}

// groupOf returns the name of a policy's group:
// arn:…:scalingPolicy:<uuid>:autoScalingGroupName/<group>:policyName/<policy>.
func groupOf(arn string) string {
	_, rest, _ := strings.Cut(arn, ":autoScalingGroupName/")
	name, _, _ := strings.Cut(rest, ":policyName/")
	return name
}

func livePolicy(policy types.ScalingPolicy) engine.Live {
	arn := aws.ToString(policy.PolicyARN)
	observed := &ScalingPolicy{Group: stack.Literal(aws.ToString(policy.AutoScalingGroupName))}
	if tracking := policy.TargetTrackingConfiguration; tracking != nil {
		observed.TargetValue = aws.ToFloat64(tracking.TargetValue)
		if metric := tracking.PredefinedMetricSpecification; metric != nil {
			observed.Metric = string(metric.PredefinedMetricType)
			balancer, group := splitLabel(aws.ToString(metric.ResourceLabel))
			observed.LoadBalancerLabel, observed.TargetGroupLabel = stack.Literal(balancer), stack.Literal(group)
		}
	}
	return engine.Live{Key: aws.ToString(policy.PolicyName), ID: arn, Out: map[string]string{"id": arn, "arn": arn}, Spec: observed}
}

// splitLabel splits app/<name>/<id>/targetgroup/<name>/<id> (aws-facts §5.8).
func splitLabel(label string) (balancer, group string) {
	at := strings.Index(label, "/targetgroup/")
	if at < 0 {
		return label, ""
	}
	return label[:at], label[at+1:]
}

func (s *ScalingPolicy) label() *string {
	balancer, group := s.LoadBalancerLabel.String(), s.TargetGroupLabel.String()
	return pick(balancer+group != "", aws.String(balancer+"/"+group))
}

// Create implements engine.Kind.
func (k *policies) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	if !strings.HasPrefix(want.Key, policyPrefix) {
		return engine.Live{}, fmt.Errorf("the key of a scaling policy begins with %s, not %q", policyPrefix, want.Key)
	}
	return k.put(ctx, engine.Live{}, want)
}

// Update implements engine.Kind.
func (k *policies) Update(ctx context.Context, have engine.Live, want engine.Want, _ stack.Diff) (engine.Live, error) {
	return k.put(ctx, have, want)
}

// put makes or changes the policy by its name (aws-facts §5.8).
func (k *policies) put(ctx context.Context, have engine.Live, want engine.Want) (engine.Live, error) {
	s := spec[*ScalingPolicy](want.Spec)
	in := &sdk.PutScalingPolicyInput{
		AutoScalingGroupName: aws.String(s.Group.String()), PolicyName: &want.Key, PolicyType: aws.String("TargetTrackingScaling"),
		TargetTrackingConfiguration: &types.TargetTrackingConfiguration{
			TargetValue: &s.TargetValue,
			PredefinedMetricSpecification: &types.PredefinedMetricSpecification{
				PredefinedMetricType: types.MetricType(s.Metric), ResourceLabel: s.label()},
		},
	}
	// The target group may have been attached a moment ago.
	soon := func(err error) bool {
		label := strings.Contains(strings.ToLower(awsapi.Message(err)), "label")
		return isOccupied(err) || awsapi.IsNotFound(err) || awsapi.IsNotPropagated(err) || s.label() != nil && label
	}
	err := k.c.Pace.Retry(ctx, propagation, soon, func(ctx context.Context) error {
		out, err := awsapi.AutoScaling(k.c).PutScalingPolicy(ctx, in)
		if err == nil {
			arn := aws.ToString(out.PolicyARN)
			have = engine.Live{Key: want.Key, ID: arn, Out: map[string]string{"id": arn, "arn": arn}, Spec: s}
		}
		return err
	})
	if err != nil {
		return have, fmt.Errorf("putting scaling policy %s on Auto Scaling group %s: %w", want.Key, s.Group, err)
	}
	return have, nil
}

// Delete implements engine.Kind. AWS's own alarms go with the policy.
func (k *policies) Delete(ctx context.Context, have engine.Live) error {
	group := spec[*ScalingPolicy](have.Spec).Group.String()
	if absent, err := k.r.absent(ctx, group); err != nil || absent {
		return err
	}
	err := k.c.Pace.Retry(ctx, busy, isOccupied, func(ctx context.Context) error {
		_, err := awsapi.AutoScaling(k.c).DeletePolicy(ctx, &sdk.DeletePolicyInput{AutoScalingGroupName: &group, PolicyName: &have.ID})
		return err
	})
	if awsapi.Is(err, "ValidationError") {
		// A policy that is gone is refused like any other mistake.
		all, _, readErr := k.r.policies.Get(ctx, group, false)
		if readErr == nil && !slices.ContainsFunc(all, func(p types.ScalingPolicy) bool { return aws.ToString(p.PolicyARN) == have.ID }) {
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("deleting scaling policy %s of Auto Scaling group %s: %w", have.Key, group, err)
	}
	return nil
}

// Wait implements engine.Kind: a policy works at once.
func (k *policies) Wait(_ context.Context, have engine.Live) (engine.Live, error) { return have, nil }
