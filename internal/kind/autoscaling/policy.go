package autoscaling

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// listPolicies returns the policies of the stack's groups whose names begin so.
func (r *reader) listPolicies(ctx context.Context, scope engine.Scope, prefix string, live func(types.ScalingPolicy) engine.Live) ([]engine.Live, error) {
	return listWithin(ctx, r, scope, groupOf, r.policies, func(policy types.ScalingPolicy) (engine.Live, bool) {
		return live(policy), strings.HasPrefix(aws.ToString(policy.PolicyName), prefix)
	})
}

// groupOf returns the name of a policy's group:
// arn:…:scalingPolicy:<uuid>:autoScalingGroupName/<group>:policyName/<policy>.
func groupOf(arn string) string {
	_, rest, _ := strings.Cut(arn, ":autoScalingGroupName/")
	name, _, _ := strings.Cut(rest, ":policyName/")
	return name
}

func liveOf(policy types.ScalingPolicy, observed stack.Spec) engine.Live {
	arn := aws.ToString(policy.PolicyARN)
	return engine.Live{Key: aws.ToString(policy.PolicyName), ID: arn, Out: map[string]string{"id": arn, "arn": arn}, Spec: observed}
}

// putPolicy makes or changes a policy by its name (aws-facts §5.8). soon tells errors
// that go away by themselves.
func (r *reader) putPolicy(ctx context.Context, have engine.Live, want engine.Want, in *sdk.PutScalingPolicyInput, soon func(error) bool) (engine.Live, error) {
	again := func(err error) bool {
		return isOccupied(err) || awsapi.IsNotFound(err) || awsapi.IsNotPropagated(err) || soon(err)
	}
	err := r.c.Pace.Retry(ctx, propagation, again, func(ctx context.Context) error {
		out, err := awsapi.AutoScaling(r.c).PutScalingPolicy(ctx, in)
		if err == nil {
			arn := aws.ToString(out.PolicyARN)
			have = engine.Live{Key: want.Key, ID: arn, Out: map[string]string{"id": arn, "arn": arn}, Spec: want.Spec}
		}
		return err
	})
	if err != nil {
		return have, fmt.Errorf("putting scaling policy %s on Auto Scaling group %s: %w", want.Key, aws.ToString(in.AutoScalingGroupName), err)
	}
	return have, nil
}

// deletePolicy deletes a policy of the group, which may be gone.
func (r *reader) deletePolicy(ctx context.Context, have engine.Live, group string) error {
	if absent, err := r.absent(ctx, group); err != nil || absent {
		return err
	}
	err := r.c.Pace.Retry(ctx, busy, isOccupied, func(ctx context.Context) error {
		_, err := awsapi.AutoScaling(r.c).DeletePolicy(ctx, &sdk.DeletePolicyInput{AutoScalingGroupName: &group, PolicyName: &have.ID})
		return err
	})
	if awsapi.Is(err, "ValidationError") {
		// A policy that is gone is refused like any other mistake.
		all, _, readErr := r.policies.Get(ctx, group, false)
		if readErr == nil && !slices.ContainsFunc(all, func(p types.ScalingPolicy) bool { return aws.ToString(p.PolicyARN) == have.ID }) {
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("deleting scaling policy %s of Auto Scaling group %s: %w", have.Key, group, err)
	}
	return nil
}

// customMetric returns the queries as a policy takes them, in the order of their ids.
func customMetric(queries map[string]Query) *types.CustomizedMetricSpecification {
	custom := &types.CustomizedMetricSpecification{}
	for _, id := range slices.Sorted(maps.Keys(queries)) {
		q := queries[id]
		item := types.TargetTrackingMetricDataQuery{Id: aws.String(id), ReturnData: &q.Watched}
		if q.Expression != "" {
			item.Expression = &q.Expression
		} else {
			metric := &types.Metric{Namespace: &q.Namespace, MetricName: &q.Metric}
			for _, name := range slices.Sorted(maps.Keys(q.Dimensions)) {
				metric.Dimensions = append(metric.Dimensions, types.MetricDimension{Name: aws.String(name), Value: aws.String(q.Dimensions[name].String())})
			}
			item.MetricStat = &types.TargetTrackingMetricStat{Metric: metric, Stat: &q.Statistic}
		}
		custom.Metrics = append(custom.Metrics, item)
	}
	return custom
}

// observedQueries returns what a policy watches.
func observedQueries(custom *types.CustomizedMetricSpecification) map[string]Query {
	queries := map[string]Query{}
	for _, item := range custom.Metrics {
		// Data is returned unless it is said not to be.
		q := Query{Expression: aws.ToString(item.Expression), Watched: item.ReturnData == nil || *item.ReturnData}
		if item.MetricStat != nil {
			q.Statistic = aws.ToString(item.MetricStat.Stat)
			if metric := item.MetricStat.Metric; metric != nil {
				q.Namespace, q.Metric, q.Dimensions = aws.ToString(metric.Namespace), aws.ToString(metric.MetricName), map[string]stack.Ref{}
				for _, dimension := range metric.Dimensions {
					q.Dimensions[aws.ToString(dimension.Name)] = stack.Literal(aws.ToString(dimension.Value))
				}
			}
		}
		queries[aws.ToString(item.Id)] = q
	}
	return queries
}
