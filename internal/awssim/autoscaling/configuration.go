package autoscaling

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

// configuration is what a group launches: a launch template, alone or in a mixed
// instances policy.
type configuration struct {
	template *types.LaunchTemplateSpecification
	mixed    *types.MixedInstancesPolicy
}

// launchTemplate returns the template, whichever way it is given.
func (c configuration) launchTemplate() types.LaunchTemplateSpecification {
	if c.mixed != nil {
		return *c.mixed.LaunchTemplate.LaunchTemplateSpecification
	}
	return *c.template
}

// instanceTypes returns the types to try in order; "" is the template's own.
func (c configuration) instanceTypes() []string {
	var list []string
	if c.mixed != nil {
		for _, override := range c.mixed.LaunchTemplate.Overrides {
			list = append(list, aws.ToString(override.InstanceType))
		}
	}
	if len(list) == 0 {
		list = []string{""}
	}
	return list
}

// pinned reports whether the version is a number, which alone allows a rollback
// (aws-facts §5.5).
func (c configuration) pinned() bool {
	_, err := strconv.Atoi(aws.ToString(c.launchTemplate().Version))
	return err == nil
}

func (g *group) configuration() configuration {
	return configuration{template: g.LaunchTemplate, mixed: g.MixedInstancesPolicy}
}

func (g *group) configure(c configuration) {
	c = c.copied()
	g.LaunchTemplate, g.MixedInstancesPolicy = c.template, c.mixed
}

func (c configuration) copied() configuration {
	return configuration{template: clone(c.template), mixed: clone(c.mixed)}
}

// newConfiguration checks what a caller wants launched and fills in both names of
// the template. places are the subnets of the group.
func (s *Service) newConfiguration(asked configuration, places []place) (configuration, error) {
	c := asked.copied()
	spec := c.template
	if c.mixed != nil {
		if c.template != nil {
			return c, invalid("Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.")
		}
		if c.mixed.LaunchTemplate == nil || c.mixed.LaunchTemplate.LaunchTemplateSpecification == nil {
			return c, invalid("Valid requests must contain a launch template in MixedInstancesPolicy.")
		}
		for _, override := range c.mixed.LaunchTemplate.Overrides {
			if override.InstanceRequirements != nil || override.LaunchTemplateSpecification != nil || override.WeightedCapacity != nil || override.ImageId != nil {
				return c, notSimulated("A mixed instances policy that overrides more than the instance type")
			}
		}
		fillDistribution(c.mixed)
		spec = c.mixed.LaunchTemplate.LaunchTemplateSpecification
	}
	if (spec.LaunchTemplateId == nil) == (spec.LaunchTemplateName == nil) {
		// aws-facts §3.1: reads give both, writes take one.
		return c, invalid("Valid requests must contain either launchTemplateId or LaunchTemplateName")
	}
	for _, instanceType := range c.instanceTypes() {
		if _, err := s.compute.CheckTemplate(launchSpec(*spec, instanceType, places[0], s.Now())); err != nil {
			return c, badTemplate(err)
		}
	}
	found, err := s.template(*spec)
	if err != nil {
		return c, badTemplate(err)
	}
	spec.LaunchTemplateId, spec.LaunchTemplateName = found.LaunchTemplateId, found.LaunchTemplateName
	if spec.Version == nil {
		spec.Version = aws.String("$Default")
	}
	return c, nil
}

// fillDistribution fills in the defaults that reads show (aws-facts §5.11).
func fillDistribution(policy *types.MixedInstancesPolicy) {
	if policy.InstancesDistribution == nil {
		policy.InstancesDistribution = &types.InstancesDistribution{}
	}
	d := policy.InstancesDistribution
	if d.OnDemandAllocationStrategy == nil {
		d.OnDemandAllocationStrategy = aws.String("prioritized")
	}
	if d.OnDemandBaseCapacity == nil {
		d.OnDemandBaseCapacity = aws.Int32(0)
	}
	if d.OnDemandPercentageAboveBaseCapacity == nil {
		d.OnDemandPercentageAboveBaseCapacity = aws.Int32(100)
	}
	if d.SpotAllocationStrategy == nil {
		d.SpotAllocationStrategy = aws.String("lowest-price")
	}
	if d.SpotInstancePools == nil && *d.SpotAllocationStrategy == "lowest-price" {
		d.SpotInstancePools = aws.Int32(2)
	}
}

// badTemplate is the group's form of EC2's complaint (aws-facts §5.1).
func badTemplate(err error) error {
	_, text := codeAndText(err)
	return invalid("You must use a valid fully-formed launch template. %s", text)
}

func launchSpec(template types.LaunchTemplateSpecification, instanceType string, at place, now time.Time) ec2.LaunchSpec {
	spec := ec2.LaunchSpec{Version: aws.ToString(template.Version), InstanceType: instanceType, SubnetID: at.subnet, At: now}
	if template.LaunchTemplateId != nil {
		spec.TemplateID = *template.LaunchTemplateId
	} else {
		spec.TemplateName = aws.ToString(template.LaunchTemplateName)
	}
	if spec.Version == "" {
		spec.Version = "$Default"
	}
	return spec
}

// template finds a launch template in EC2.
func (s *Service) template(spec types.LaunchTemplateSpecification) (ec2types.LaunchTemplate, error) {
	in := &ec2sdk.DescribeLaunchTemplatesInput{}
	if spec.LaunchTemplateId != nil {
		in.LaunchTemplateIds = []string{*spec.LaunchTemplateId}
	} else {
		in.LaunchTemplateNames = []string{aws.ToString(spec.LaunchTemplateName)}
	}
	out, err := s.compute.DescribeLaunchTemplates(context.Background(), in)
	if err != nil {
		return ec2types.LaunchTemplate{}, err
	}
	return out.LaunchTemplates[0], nil
}

// resolved returns the template as instances record it: with the number of the
// version that $Latest or $Default stands for now (aws-facts §3.1).
func (s *Service) resolved(spec types.LaunchTemplateSpecification) types.LaunchTemplateSpecification {
	spec = clone(spec)
	found, err := s.template(spec)
	if err != nil {
		return spec
	}
	spec.LaunchTemplateId, spec.LaunchTemplateName = found.LaunchTemplateId, found.LaunchTemplateName
	switch aws.ToString(spec.Version) {
	case "$Latest":
		spec.Version = aws.String(strconv.FormatInt(aws.ToInt64(found.LatestVersionNumber), 10))
	case "$Default", "":
		spec.Version = aws.String(strconv.FormatInt(aws.ToInt64(found.DefaultVersionNumber), 10))
	}
	return spec
}

// matches reports whether an instance is what a configuration launches now, for
// skip matching.
func (s *Service) matches(m *member, c configuration) bool {
	now := s.resolved(c.launchTemplate())
	if *m.LaunchTemplate.LaunchTemplateId != *now.LaunchTemplateId || *m.LaunchTemplate.Version != *now.Version {
		return false
	}
	kinds := strings.Join(c.instanceTypes(), ",")
	return kinds == "" || strings.Contains(","+kinds+",", ","+aws.ToString(m.InstanceType)+",")
}
