package autoscaling_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

type outside = map[string]func(*testing.T, *awsapi.Clients, engine.Live)

type updates = map[string]func(*testing.T, *awsapi.Clients, stack.Spec)

func modify(change func(*sdk.UpdateAutoScalingGroupInput)) func(*testing.T, *awsapi.Clients, engine.Live) {
	return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
		in := &sdk.UpdateAutoScalingGroupInput{AutoScalingGroupName: &live.ID}
		change(in)
		must[*sdk.UpdateAutoScalingGroupOutput](t)(awsapi.AutoScaling(c).UpdateAutoScalingGroup(t.Context(), in))
	}
}

func setTag(key, value string, propagate bool) func(*testing.T, *awsapi.Clients, engine.Live) {
	return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
		must[*sdk.CreateOrUpdateTagsOutput](t)(awsapi.AutoScaling(c).CreateOrUpdateTags(t.Context(), &sdk.CreateOrUpdateTagsInput{Tags: []types.Tag{{
			ResourceId: &live.ID, ResourceType: aws.String("auto-scaling-group"), Key: &key, Value: &value, PropagateAtLaunch: &propagate}}}))
	}
}

func TestGroup(t *testing.T) {
	var w *tier
	change := func(change func(*autoscaling.Group)) func(*testing.T, *awsapi.Clients, stack.Spec) {
		return func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) { change(s.(*autoscaling.Group)) }
	}
	kindtest.Run(t, kindtest.Case{
		Kind: kind("autoscaling/group"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			w = newTier(t, c)
			return w.group()
		},
		Outside: outside{
			"min_size":                  modify(func(in *sdk.UpdateAutoScalingGroupInput) { in.MinSize = aws.Int32(1) }),
			"max_size":                  modify(func(in *sdk.UpdateAutoScalingGroupInput) { in.MaxSize = aws.Int32(9) }),
			"subnets":                   modify(func(in *sdk.UpdateAutoScalingGroupInput) { in.VPCZoneIdentifier = aws.String(w.subnets[0]) }),
			"health_check_type":         modify(func(in *sdk.UpdateAutoScalingGroupInput) { in.HealthCheckType = aws.String("EC2") }),
			"health_check_grace_period": modify(func(in *sdk.UpdateAutoScalingGroupInput) { in.HealthCheckGracePeriod = aws.Int32(1) }),
			"default_instance_warmup":   modify(func(in *sdk.UpdateAutoScalingGroupInput) { in.DefaultInstanceWarmup = aws.Int32(-1) }),
			"max_healthy_percentage": modify(func(in *sdk.UpdateAutoScalingGroupInput) {
				in.InstanceMaintenancePolicy = &types.InstanceMaintenancePolicy{MinHealthyPercentage: aws.Int32(100), MaxHealthyPercentage: aws.Int32(110)}
			}),
			"zonal_shift": modify(func(in *sdk.UpdateAutoScalingGroupInput) {
				in.AvailabilityZoneImpairmentPolicy = &types.AvailabilityZoneImpairmentPolicy{ZonalShiftEnabled: aws.Bool(false)}
			}),
			"launch_template_version": modify(func(in *sdk.UpdateAutoScalingGroupInput) {
				in.LaunchTemplate = &types.LaunchTemplateSpecification{LaunchTemplateId: &w.template, Version: aws.String("2")}
			}),
			"metrics": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				must[*sdk.DisableMetricsCollectionOutput](t)(awsapi.AutoScaling(c).DisableMetricsCollection(t.Context(), &sdk.DisableMetricsCollectionInput{AutoScalingGroupName: &live.ID}))
			},
			"instance_tags.added": setTag("added", "x", true),
			"instance_tags.team":  setTag("team", "a", true),
			"tags.team":           setTag("team", "b", false),
		},
		Updates: updates{
			"settings": change(func(g *autoscaling.Group) {
				g.MinSize, g.MaxSize, g.Subnets, g.HealthCheckGracePeriod = 3, 6, stack.Literals(w.subnets[1:]...), 60
				g.MinHealthyPercentage, g.MaxHealthyPercentage, g.ZonalShift, g.Metrics = 90, 120, aws.Bool(false), false
				g.InstanceTags = map[string]string{"Name": "renamed", "team": "a"}
			}),
			"version": change(func(g *autoscaling.Group) { g.LaunchTemplateVersion = literal("2") }),
			"version and size": change(func(g *autoscaling.Group) {
				g.LaunchTemplateVersion, g.MinSize = literal("2"), 4
			}),
		},
		Untag: func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			var tags []types.Tag
			for key := range live.Tags {
				if _, forInstances := w.group().InstanceTags[key]; !forInstances {
					tags = append(tags, types.Tag{ResourceId: &live.ID, ResourceType: aws.String("auto-scaling-group"), Key: &key})
				}
			}
			must[*sdk.DeleteTagsOutput](t)(awsapi.AutoScaling(c).DeleteTags(t.Context(), &sdk.DeleteTagsInput{Tags: tags}))
		},
	})
}

func TestTargetGroupAttachment(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Kind: facet("autoscaling/target_group_attachment", "target_group_attachment"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			w := newTier(t, c)
			w.rawGroup("1")
			return w.attachment()
		},
	})
}

func TestScalingPolicy(t *testing.T) {
	put := func(change func(*sdk.PutScalingPolicyInput)) func(*testing.T, *awsapi.Clients, engine.Live) {
		return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			in := &sdk.PutScalingPolicyInput{AutoScalingGroupName: aws.String("trial-0a1b2c"), PolicyName: aws.String("scaling_policy/cpu"),
				PolicyType: aws.String("TargetTrackingScaling"), TargetTrackingConfiguration: &types.TargetTrackingConfiguration{TargetValue: aws.Float64(60),
					PredefinedMetricSpecification: &types.PredefinedMetricSpecification{PredefinedMetricType: types.MetricTypeASGAverageCPUUtilization}}}
			change(in)
			must[*sdk.PutScalingPolicyOutput](t)(awsapi.AutoScaling(c).PutScalingPolicy(t.Context(), in))
		}
	}
	var w *tier
	kindtest.Run(t, kindtest.Case{
		Kind: facet("autoscaling/scaling_policy", "scaling_policy/cpu"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			w = newTier(t, c)
			w.rawGroup("1")
			must[*sdk.AttachLoadBalancerTargetGroupsOutput](t)(awsapi.AutoScaling(c).AttachLoadBalancerTargetGroups(t.Context(), &sdk.AttachLoadBalancerTargetGroupsInput{
				AutoScalingGroupName: aws.String("trial-0a1b2c"), TargetGroupARNs: []string{w.target}}))
			time.Sleep(time.Minute)
			return &autoscaling.ScalingPolicy{Group: stack.Literal("trial-0a1b2c"), Metric: "ASGAverageCPUUtilization", TargetValue: 60}
		},
		Outside: outside{
			"target_value": put(func(in *sdk.PutScalingPolicyInput) { in.TargetTrackingConfiguration.TargetValue = aws.Float64(99.5) }),
			"metric": put(func(in *sdk.PutScalingPolicyInput) {
				in.TargetTrackingConfiguration.PredefinedMetricSpecification.PredefinedMetricType = types.MetricTypeASGAverageNetworkIn
			}),
		},
		Updates: updates{
			"requests": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				p := s.(*autoscaling.ScalingPolicy)
				p.Metric, p.TargetValue = "ALBRequestCountPerTarget", 1000
				p.LoadBalancerLabel, p.TargetGroupLabel = stack.Literal(after(w.balancer, "loadbalancer/")), stack.Literal("targetgroup/"+after(w.target, "targetgroup/"))
			},
		},
	})
}

func TestScalingPolicyOnQueries(t *testing.T) {
	queries := func() map[string]autoscaling.Query {
		return map[string]autoscaling.Query{
			"visible": {Namespace: "AWS/SQS", Metric: "ApproximateNumberOfMessagesVisible", Statistic: "Sum",
				Dimensions: map[string]stack.Ref{"QueueName": stack.Literal("jobs")}},
			"servers": {Namespace: "AWS/AutoScaling", Metric: "GroupInServiceInstances", Statistic: "Average",
				Dimensions: map[string]stack.Ref{"AutoScalingGroupName": stack.Literal("trial-0a1b2c")}},
			"each": {Expression: "visible / servers", Watched: true},
		}
	}
	kindtest.Run(t, kindtest.Case{
		Kind: facet("autoscaling/scaling_policy", "scaling_policy/latency"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			newTier(t, c).rawGroup("1")
			return &autoscaling.ScalingPolicy{Group: stack.Literal("trial-0a1b2c"), Queries: queries(), TargetValue: 30}
		},
		Outside: outside{
			"queries.each.expression": func(t *testing.T, c *awsapi.Clients, live engine.Live) {
				in := reput(t, c, "scaling_policy/latency")
				for i, query := range in.TargetTrackingConfiguration.CustomizedMetricSpecification.Metrics {
					if query.Expression != nil {
						in.TargetTrackingConfiguration.CustomizedMetricSpecification.Metrics[i].Expression = aws.String("visible")
					}
				}
				must[*sdk.PutScalingPolicyOutput](t)(awsapi.AutoScaling(c).PutScalingPolicy(t.Context(), in))
			},
		},
		Updates: updates{
			"another queue": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				all := queries()
				all["visible"].Dimensions["QueueName"] = stack.Literal("others")
				s.(*autoscaling.ScalingPolicy).Queries = all
			},
			"a metric with a name": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
				p := s.(*autoscaling.ScalingPolicy)
				p.Queries, p.Metric = nil, "ASGAverageCPUUtilization"
			},
		},
	})
}

// reput returns what puts the policy again as it is.
func reput(t *testing.T, c *awsapi.Clients, name string) *sdk.PutScalingPolicyInput {
	t.Helper()
	out := must[*sdk.DescribePoliciesOutput](t)(awsapi.AutoScaling(c).DescribePolicies(t.Context(), &sdk.DescribePoliciesInput{
		AutoScalingGroupName: aws.String("trial-0a1b2c"), PolicyNames: []string{name}}))
	p := out.ScalingPolicies[0]
	return &sdk.PutScalingPolicyInput{AutoScalingGroupName: p.AutoScalingGroupName, PolicyName: p.PolicyName, PolicyType: p.PolicyType,
		AdjustmentType: p.AdjustmentType, StepAdjustments: p.StepAdjustments, EstimatedInstanceWarmup: p.EstimatedInstanceWarmup,
		TargetTrackingConfiguration: p.TargetTrackingConfiguration}
}

func TestStepPolicy(t *testing.T) {
	put := func(change func(*sdk.PutScalingPolicyInput)) func(*testing.T, *awsapi.Clients, engine.Live) {
		return func(t *testing.T, c *awsapi.Clients, _ engine.Live) {
			in := reput(t, c, "step_policy/wake")
			change(in)
			must[*sdk.PutScalingPolicyOutput](t)(awsapi.AutoScaling(c).PutScalingPolicy(t.Context(), in))
		}
	}
	kindtest.Run(t, kindtest.Case{
		Kind: facet("autoscaling/step_policy", "step_policy/wake"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			newTier(t, c).rawGroup("1")
			return &autoscaling.StepPolicy{Group: stack.Literal("trial-0a1b2c"), Warmup: aws.Int32(120),
				Steps: []autoscaling.Step{{From: aws.Float64(0), To: aws.Float64(100), Change: 1}, {From: aws.Float64(100), Change: 2}}}
		},
		Outside: outside{
			"steps":  put(func(in *sdk.PutScalingPolicyInput) { in.StepAdjustments = in.StepAdjustments[1:] }),
			"warmup": put(func(in *sdk.PutScalingPolicyInput) { in.EstimatedInstanceWarmup = aws.Int32(7) }),
		},
		Updates: updates{"one step": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
			s.(*autoscaling.StepPolicy).Steps = []autoscaling.Step{{From: aws.Float64(0), Change: 3}}
		}},
	})
}

func TestLifecycleHook(t *testing.T) {
	put := func(change func(*sdk.PutLifecycleHookInput)) func(*testing.T, *awsapi.Clients, engine.Live) {
		return func(t *testing.T, c *awsapi.Clients, live engine.Live) {
			in := &sdk.PutLifecycleHookInput{AutoScalingGroupName: aws.String("trial-0a1b2c"), LifecycleHookName: aws.String(live.Out["name"])}
			change(in)
			must[*sdk.PutLifecycleHookOutput](t)(awsapi.AutoScaling(c).PutLifecycleHook(t.Context(), in))
		}
	}
	kindtest.Run(t, kindtest.Case{
		Kind: facet("autoscaling/lifecycle_hook", "lifecycle_hook/drain"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			newTier(t, c).rawGroup("1")
			return &autoscaling.LifecycleHook{Group: stack.Literal("trial-0a1b2c"), Transition: autoscaling.Terminating,
				HeartbeatTimeout: 120, DefaultResult: "CONTINUE"}
		},
		Outside: outside{
			"heartbeat_timeout": put(func(in *sdk.PutLifecycleHookInput) { in.HeartbeatTimeout = aws.Int32(60) }),
			"default_result":    put(func(in *sdk.PutLifecycleHookInput) { in.DefaultResult = aws.String("ABANDON") }),
		},
		Updates: updates{"longer": func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) {
			s.(*autoscaling.LifecycleHook).HeartbeatTimeout = 7200
		}},
	})
}
