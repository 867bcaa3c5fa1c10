package autoscaling

import (
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// Mix is how instances are chosen of several types, or in part as Spot Instances. The
// zero value is none: all are On-Demand and of the launch template's type.
type Mix struct {
	Types              []string `json:"types"` // the preferred one first
	OnDemandBase       int32    `json:"on_demand_base"`
	OnDemandPercentage int32    `json:"on_demand_percentage"` // of what is above the base; the rest is Spot
	OnDemandAllocation string   `json:"on_demand_allocation"` // prioritized: as Types are ordered
	SpotAllocation     string   `json:"spot_allocation"`      // price-capacity-optimized, …
}

// configuration is what instances are made of: a launch template, alone or in a mixed
// instances policy.
type configuration struct {
	template *types.LaunchTemplateSpecification
	mixed    *types.MixedInstancesPolicy
}

func (c configuration) launchTemplate() *types.LaunchTemplateSpecification {
	if c.mixed != nil && c.mixed.LaunchTemplate != nil {
		return c.mixed.LaunchTemplate.LaunchTemplateSpecification
	}
	return c.template
}

// version returns the launch template and its version.
func (c configuration) version() (template, version string) { return templateOf(c.launchTemplate()) }

// mix returns what reads show, with AWS's defaults filled in (aws-facts §5.11).
func (c configuration) mix() Mix {
	var m Mix
	if c.mixed == nil {
		return m
	}
	if c.mixed.LaunchTemplate != nil {
		for _, override := range c.mixed.LaunchTemplate.Overrides {
			m.Types = append(m.Types, aws.ToString(override.InstanceType))
		}
	}
	m.OnDemandPercentage = 100
	if d := c.mixed.InstancesDistribution; d != nil {
		m.OnDemandBase, m.OnDemandAllocation, m.SpotAllocation = aws.ToInt32(d.OnDemandBaseCapacity), aws.ToString(d.OnDemandAllocationStrategy), aws.ToString(d.SpotAllocationStrategy)
		if d.OnDemandPercentageAboveBaseCapacity != nil {
			m.OnDemandPercentage = *d.OnDemandPercentageAboveBaseCapacity
		}
	}
	return m
}

// configurationOf is what a group launches.
func configurationOf(g types.AutoScalingGroup) configuration {
	return configuration{template: g.LaunchTemplate, mixed: g.MixedInstancesPolicy}
}

// goal is what a refresh leads to.
func goal(refresh *types.InstanceRefresh) configuration {
	if refresh.DesiredConfiguration == nil {
		return configuration{}
	}
	return configuration{template: refresh.DesiredConfiguration.LaunchTemplate, mixed: refresh.DesiredConfiguration.MixedInstancesPolicy}
}

// configuration returns the version of the launch template with the mix.
func (s *Group) configuration(version string) configuration {
	template := &types.LaunchTemplateSpecification{LaunchTemplateId: aws.String(s.LaunchTemplate.String()), Version: &version}
	if len(s.Mix.Types) == 0 {
		return configuration{template: template}
	}
	mixed := &types.MixedInstancesPolicy{
		LaunchTemplate: &types.LaunchTemplate{LaunchTemplateSpecification: template},
		InstancesDistribution: &types.InstancesDistribution{OnDemandBaseCapacity: &s.Mix.OnDemandBase, OnDemandPercentageAboveBaseCapacity: &s.Mix.OnDemandPercentage,
			OnDemandAllocationStrategy: &s.Mix.OnDemandAllocation, SpotAllocationStrategy: &s.Mix.SpotAllocation},
	}
	for _, name := range s.Mix.Types {
		mixed.LaunchTemplate.Overrides = append(mixed.LaunchTemplate.Overrides, types.LaunchTemplateOverrides{InstanceType: aws.String(name)})
	}
	return configuration{mixed: mixed}
}

// is reports whether two configurations launch the same.
func (c configuration) is(other configuration) bool {
	template, version := c.version()
	otherTemplate, otherVersion := other.version()
	return template == otherTemplate && version == otherVersion && reflect.DeepEqual(c.mix(), other.mix())
}
