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

// StepPolicy changes a group's capacity when an alarm with its ARN among its actions
// goes off. The part key, step_policy/<x>, is the policy's name; policies with other
// names are somebody else's. Outputs: id and arn.
type StepPolicy struct {
	Group stack.Ref `json:"group" stack:"create"` // name
	Steps []Step    `json:"steps"`
	// Warmup is how many seconds a new instance counts as on its way; nil: as the group
	// says.
	Warmup *int32 `json:"warmup,omitempty"`
}

// Step changes the capacity by Change instances when the metric is above the alarm's
// threshold by From or more, and by less than To; nil is without end.
type Step struct {
	From   *float64 `json:"from,omitempty"`
	To     *float64 `json:"to,omitempty"`
	Change int32    `json:"change"`
}

// Kind implements stack.Spec.
func (*StepPolicy) Kind() string { return "autoscaling/step_policy" }

// Untagged implements stack.Untagged.
func (*StepPolicy) Untagged() {}

const stepPrefix = "step_policy/"

type stepPolicies struct {
	c *awsapi.Clients
	r *reader
}

// Name implements engine.Kind.
func (k *stepPolicies) Name() string { return (*StepPolicy)(nil).Kind() }

// List implements engine.Kind.
func (k *stepPolicies) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return k.r.listPolicies(ctx, scope, stepPrefix, func(policy types.ScalingPolicy) engine.Live {
		observed := &StepPolicy{Group: stack.Literal(aws.ToString(policy.AutoScalingGroupName)), Warmup: policy.EstimatedInstanceWarmup}
		for _, step := range policy.StepAdjustments {
			observed.Steps = append(observed.Steps, Step{From: step.MetricIntervalLowerBound, To: step.MetricIntervalUpperBound, Change: aws.ToInt32(step.ScalingAdjustment)})
		}
		return liveOf(policy, observed)
	})
}

// Create implements engine.Kind.
func (k *stepPolicies) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	if !strings.HasPrefix(want.Key, stepPrefix) {
		return engine.Live{}, fmt.Errorf("the key of a step scaling policy begins with %s, not %q", stepPrefix, want.Key)
	}
	return k.put(ctx, engine.Live{}, want)
}

// Update implements engine.Kind.
func (k *stepPolicies) Update(ctx context.Context, have engine.Live, want engine.Want, _ stack.Diff) (engine.Live, error) {
	return k.put(ctx, have, want)
}

func (k *stepPolicies) put(ctx context.Context, have engine.Live, want engine.Want) (engine.Live, error) {
	s := spec[*StepPolicy](want.Spec)
	in := &sdk.PutScalingPolicyInput{
		AutoScalingGroupName: aws.String(s.Group.String()), PolicyName: &want.Key, PolicyType: aws.String("StepScaling"),
		AdjustmentType: aws.String("ChangeInCapacity"), EstimatedInstanceWarmup: s.Warmup,
	}
	for _, step := range s.Steps {
		in.StepAdjustments = append(in.StepAdjustments, types.StepAdjustment{
			MetricIntervalLowerBound: step.From, MetricIntervalUpperBound: step.To, ScalingAdjustment: &step.Change})
	}
	return k.r.putPolicy(ctx, have, want, in, func(error) bool { return false })
}

// Delete implements engine.Kind. An alarm that still names the policy does nothing.
func (k *stepPolicies) Delete(ctx context.Context, have engine.Live) error {
	return k.r.deletePolicy(ctx, have, spec[*StepPolicy](have.Spec).Group.String())
}

// Wait implements engine.Kind: a policy works at once.
func (k *stepPolicies) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}
