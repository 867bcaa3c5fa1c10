package autoscaling

import (
	"context"
	"fmt"
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
	Metric      string    `json:"metric"`               // ASGAverageCPUUtilization, ALBRequestCountPerTarget, …; empty: see Queries
	TargetValue float64   `json:"target_value"`         // percent, or requests a minute
	// Queries, by the id that expressions use, are what is kept at the value when it is
	// no metric that Auto Scaling knows by name. Each is a minute long.
	Queries map[string]Query `json:"queries,omitempty"`
	// LoadBalancerLabel (app/…) and TargetGroupLabel (targetgroup/…) are for
	// ALBRequestCountPerTarget only: the target group must be attached to the group.
	LoadBalancerLabel stack.Ref `json:"load_balancer_label"`
	TargetGroupLabel  stack.Ref `json:"target_group_label"`
}

// Query is a metric, or an expression over queries. Exactly one of a policy's is
// Watched: kept at the value.
type Query struct {
	Expression string               `json:"expression"`
	Namespace  string               `json:"namespace"`
	Metric     string               `json:"metric"`
	Dimensions map[string]stack.Ref `json:"dimensions"`
	Statistic  string               `json:"statistic"` // Average, Sum, Maximum, …
	Watched    bool                 `json:"watched"`
}

// Kind implements stack.Spec.
func (*ScalingPolicy) Kind() string { return "autoscaling/scaling_policy" }

// Untagged implements stack.Untagged.
func (*ScalingPolicy) Untagged() {}

const policyPrefix = "scaling_policy/"

type policies struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *policies) Name() string { return (*ScalingPolicy)(nil).Kind() }

// List implements engine.Kind.
func (k *policies) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return k.r.listPolicies(ctx, scope, policyPrefix, livePolicy)
}

func livePolicy(policy types.ScalingPolicy) engine.Live {
	observed := &ScalingPolicy{Group: stack.Literal(aws.ToString(policy.AutoScalingGroupName))}
	if tracking := policy.TargetTrackingConfiguration; tracking != nil {
		observed.TargetValue = aws.ToFloat64(tracking.TargetValue)
		if metric := tracking.PredefinedMetricSpecification; metric != nil {
			observed.Metric = string(metric.PredefinedMetricType)
			balancer, group := splitLabel(aws.ToString(metric.ResourceLabel))
			observed.LoadBalancerLabel, observed.TargetGroupLabel = stack.Literal(balancer), stack.Literal(group)
		}
		if custom := tracking.CustomizedMetricSpecification; custom != nil {
			observed.Queries = observedQueries(custom)
		}
	}
	return liveOf(policy, observed)
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
	tracking := &types.TargetTrackingConfiguration{TargetValue: &s.TargetValue}
	if s.Metric == "" {
		tracking.CustomizedMetricSpecification = customMetric(s.Queries)
	} else {
		tracking.PredefinedMetricSpecification = &types.PredefinedMetricSpecification{
			PredefinedMetricType: types.MetricType(s.Metric), ResourceLabel: s.label()}
	}
	// The target group may have been attached a moment ago.
	soon := func(err error) bool {
		return s.label() != nil && strings.Contains(strings.ToLower(awsapi.Message(err)), "label")
	}
	return k.r.putPolicy(ctx, have, want, &sdk.PutScalingPolicyInput{
		AutoScalingGroupName: aws.String(s.Group.String()), PolicyName: &want.Key, PolicyType: aws.String("TargetTrackingScaling"),
		TargetTrackingConfiguration: tracking}, soon)
}

// Delete implements engine.Kind. AWS's own alarms go with the policy.
func (k *policies) Delete(ctx context.Context, have engine.Live) error {
	return k.r.deletePolicy(ctx, have, spec[*ScalingPolicy](have.Spec).Group.String())
}

// Wait implements engine.Kind: a policy works at once.
func (k *policies) Wait(_ context.Context, have engine.Live) (engine.Live, error) { return have, nil }
