package autoscaling

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// targetGroupsOf returns the target groups among traffic sources; other kinds are
// not simulated.
func targetGroupsOf(sources []types.TrafficSourceIdentifier) ([]string, error) {
	var arns []string
	for _, source := range sources {
		if kind := aws.ToString(source.Type); kind != "" && kind != "elbv2" {
			return nil, notSimulated("A traffic source of type " + kind)
		}
		arns = append(arns, aws.ToString(source.Identifier))
	}
	if len(arns) > 10 {
		return nil, invalid("The number of traffic sources per call may not be larger than 10")
	}
	return arns, nil
}

// AttachTrafficSources adds target groups as traffic sources.
func (s *Service) AttachTrafficSources(_ context.Context, in *sdk.AttachTrafficSourcesInput) (*sdk.AttachTrafficSourcesOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if err := refuseDuringRefresh(g); err != nil {
		return nil, err
	}
	arns, err := targetGroupsOf(in.TrafficSources)
	if err != nil {
		return nil, err
	}
	return answer(&sdk.AttachTrafficSourcesOutput{}, s.attach(g, arns, true))
}

// DetachTrafficSources removes traffic sources after their targets drained.
func (s *Service) DetachTrafficSources(_ context.Context, in *sdk.DetachTrafficSourcesInput) (*sdk.DetachTrafficSourcesOutput, error) {
	g, err := s.live(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	arns, err := targetGroupsOf(in.TrafficSources)
	if err != nil {
		return nil, err
	}
	return answer(&sdk.DetachTrafficSourcesOutput{}, s.detach(g, arns, true))
}

// DescribeTrafficSources lists what was attached as traffic source.
func (s *Service) DescribeTrafficSources(_ context.Context, in *sdk.DescribeTrafficSourcesInput) (*sdk.DescribeTrafficSourcesOutput, error) {
	g, err := s.group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	var states []types.TrafficSourceState
	for _, a := range g.attachments {
		if kind := aws.ToString(in.TrafficSourceType); a.trafficSource && (kind == "" || kind == "elbv2") {
			states = append(states, types.TrafficSourceState{Identifier: aws.String(a.arn), Type: aws.String("elbv2"), State: aws.String(a.state(g)),
				TrafficSource: aws.String(a.arn), //nolint:staticcheck // Deprecated, and still answered.
			})
		}
	}
	out := &sdk.DescribeTrafficSourcesOutput{}
	out.TrafficSources, out.NextToken, err = page(states, in.NextToken, in.MaxRecords, 50)
	return out, err
}
