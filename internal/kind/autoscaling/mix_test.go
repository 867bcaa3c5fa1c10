package autoscaling_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/autoscaling"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// half is one Spot Instance for each other one.
func half(names ...string) autoscaling.Mix {
	return autoscaling.Mix{Types: names, OnDemandPercentage: 50, OnDemandAllocation: "prioritized", SpotAllocation: "price-capacity-optimized"}
}

func (w *tier) mixed() *autoscaling.Group {
	s := w.group()
	s.Mix, s.CapacityRebalance = half("t3.micro", "t3.small"), true
	return s
}

func TestMixedGroup(t *testing.T) {
	var w *tier
	remix := func(change func(*types.MixedInstancesPolicy)) func(*testing.T, *awsapi.Clients, engine.Live) {
		return modify(func(in *sdk.UpdateAutoScalingGroupInput) {
			in.MixedInstancesPolicy = &types.MixedInstancesPolicy{
				LaunchTemplate: &types.LaunchTemplate{LaunchTemplateSpecification: &types.LaunchTemplateSpecification{LaunchTemplateId: &w.template, Version: aws.String("1")},
					Overrides: []types.LaunchTemplateOverrides{{InstanceType: aws.String("t3.micro")}, {InstanceType: aws.String("t3.small")}}},
				InstancesDistribution: &types.InstancesDistribution{OnDemandPercentageAboveBaseCapacity: aws.Int32(50), SpotAllocationStrategy: aws.String("price-capacity-optimized")}}
			change(in.MixedInstancesPolicy)
		})
	}
	change := func(change func(*autoscaling.Group)) func(*testing.T, *awsapi.Clients, stack.Spec) {
		return func(_ *testing.T, _ *awsapi.Clients, s stack.Spec) { change(s.(*autoscaling.Group)) }
	}
	kindtest.Run(t, kindtest.Case{
		Kind: kind("autoscaling/group"),
		Setup: func(t *testing.T, c *awsapi.Clients) stack.Spec {
			w = newTier(t, c)
			return w.mixed()
		},
		Outside: outside{
			"mix.types":          remix(func(p *types.MixedInstancesPolicy) { p.LaunchTemplate.Overrides = p.LaunchTemplate.Overrides[:1] }),
			"mix.on_demand_base": remix(func(p *types.MixedInstancesPolicy) { p.InstancesDistribution.OnDemandBaseCapacity = aws.Int32(1) }),
			"mix.on_demand_percentage": remix(func(p *types.MixedInstancesPolicy) {
				p.InstancesDistribution.OnDemandPercentageAboveBaseCapacity = aws.Int32(0)
			}),
			"mix.spot_allocation": remix(func(p *types.MixedInstancesPolicy) {
				p.InstancesDistribution.SpotAllocationStrategy = aws.String("capacity-optimized")
			}),
			"capacity_rebalance": modify(func(in *sdk.UpdateAutoScalingGroupInput) { in.CapacityRebalance = aws.Bool(false) }),
		},
		Updates: updates{
			"other types": change(func(g *autoscaling.Group) { g.Mix = half("t3.small", "t3.medium") }),
			"version":     change(func(g *autoscaling.Group) { g.LaunchTemplateVersion = literal("2") }),
			"no mix":      change(func(g *autoscaling.Group) { g.Mix, g.CapacityRebalance = autoscaling.Mix{}, false }),
			"mix without a rollout": change(func(g *autoscaling.Group) {
				g.Mix, g.FirstVersion, g.LaunchTemplateVersion = half("t3.small"), g.LaunchTemplateVersion, nil
			}),
		},
	})
}

// markets counts the instances by type and market.
func (w *tier) markets() map[string]int {
	w.Helper()
	out, err := awsapi.EC2(w.c).DescribeInstances(w.Context(), &ec2.DescribeInstancesInput{
		Filters: []ec2types.Filter{{Name: aws.String("instance-state-name"), Values: []string{"running"}}}})
	if err != nil {
		w.Fatal(err)
	}
	counts := map[string]int{}
	for _, reservation := range out.Reservations {
		for _, i := range reservation.Instances {
			counts[string(i.InstanceType)+string(i.InstanceLifecycle)]++
		}
	}
	return counts
}

// TestAMixIsRolledOut: the servers are of the new types and markets, also when the
// provider died in the middle.
func TestAMixIsRolledOut(t *testing.T) {
	for name, die := range map[string]bool{"at once": false, "after a crash": true} {
		t.Run(name, func(t *testing.T) {
			inTier(t, func(t *testing.T, w *tier) {
				groups, _ := w.serving()
				want := w.group()
				want.Mix = half("t3.small")
				w.sim.ResetCalls()
				if die {
					must[*sdk.StartInstanceRefreshOutput](t)(awsapi.AutoScaling(w.c).StartInstanceRefresh(t.Context(), &sdk.StartInstanceRefreshInput{
						AutoScalingGroupName: &want.Name, DesiredConfiguration: &types.DesiredConfiguration{MixedInstancesPolicy: &types.MixedInstancesPolicy{
							LaunchTemplate: &types.LaunchTemplate{LaunchTemplateSpecification: &types.LaunchTemplateSpecification{LaunchTemplateId: &w.template, Version: aws.String("1")},
								Overrides: []types.LaunchTemplateOverrides{{InstanceType: aws.String("t3.small")}}},
							InstancesDistribution: &types.InstancesDistribution{OnDemandBaseCapacity: aws.Int32(0), OnDemandPercentageAboveBaseCapacity: aws.Int32(50),
								OnDemandAllocationStrategy: aws.String("prioritized"), SpotAllocationStrategy: aws.String("price-capacity-optimized")}}}}))
					time.Sleep(time.Minute)
				}
				if err := w.update(groups, part("autoscaling_group", want)); err != nil {
					t.Fatal(err)
				}
				if got := w.markets(); got["t3.small"] != 1 || got["t3.smallspot"] != 1 || len(got) != 2 {
					t.Errorf("the instances are %v", got)
				}
				if n := w.operations()["StartInstanceRefresh"]; n != 1 {
					t.Errorf("%d instance refreshes", n)
				}
			})
		})
	}
}
