package ssm

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
)

// nodes returns the instances that Systems Manager knows: those with an instance
// profile, from when their agent first answered until they are terminated.
func (s *Service) nodes(now time.Time) []ec2types.Instance {
	var list []ec2types.Instance
	in := &ec2sdk.DescribeInstancesInput{}
	for {
		out, err := s.instances.DescribeInstances(context.Background(), in)
		if err != nil {
			return list
		}
		for _, reservation := range out.Reservations {
			for _, i := range reservation.Instances {
				if s.known(i, now) {
					list = append(list, i)
				}
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return list
		}
	}
}

func (s *Service) known(i ec2types.Instance, now time.Time) bool {
	switch i.State.Name {
	case ec2types.InstanceStateNameRunning, ec2types.InstanceStateNameStopping, ec2types.InstanceStateNameStopped:
		return i.IamInstanceProfile != nil && !now.Before(i.LaunchTime.Add(s.Timings.Registered))
	}
	return false
}

// online reports whether an instance's agent answers at the instant.
func (s *Service) online(id string, at time.Time) bool {
	i, ok := s.instances.Instance(id, at)
	return ok && s.known(i, at) && i.State.Name == ec2types.InstanceStateNameRunning
}

// checkTargets checks how targets are named: by instance ids or tags.
func checkTargets(targets []types.Target) error {
	for _, t := range targets {
		key := aws.ToString(t.Key)
		switch {
		case strings.HasPrefix(key, "resource-groups:"):
			return notSimulated("targets by resource group")
		case key != "InstanceIds" && key != "tag-key" && !strings.HasPrefix(key, "tag:"):
			return &types.InvalidTarget{Message: text("The target key %s is not valid.", key)}
		}
	}
	return nil
}

// matched returns the nodes that all targets name.
func (s *Service) matched(targets []types.Target, now time.Time) []string {
	var ids []string
	for _, i := range s.nodes(now) {
		if !slices.ContainsFunc(targets, func(t types.Target) bool { return !matchesTarget(i, t) }) {
			ids = append(ids, *i.InstanceId)
		}
	}
	return ids
}

func matchesTarget(i ec2types.Instance, t types.Target) bool {
	if *t.Key == "InstanceIds" {
		return slices.Contains(t.Values, *i.InstanceId) || slices.Contains(t.Values, "*")
	}
	return slices.ContainsFunc(i.Tags, func(tag ec2types.Tag) bool {
		if *t.Key == "tag-key" {
			return slices.Contains(t.Values, *tag.Key)
		}
		return "tag:"+*tag.Key == *t.Key && slices.Contains(t.Values, aws.ToString(tag.Value))
	})
}

// DescribeInstanceInformation lists the nodes.
func (s *Service) DescribeInstanceInformation(_ context.Context, in *sdk.DescribeInstanceInformationInput) (*sdk.DescribeInstanceInformationOutput, error) {
	filters := slices.Clone(in.Filters)
	if len(filters) > 0 && len(in.InstanceInformationFilterList) > 0 {
		return nil, invalid("Filters and InstanceInformationFilterList cannot be used together.")
	}
	for _, f := range in.InstanceInformationFilterList {
		filters = append(filters, types.InstanceInformationStringFilter{Key: aws.String(string(f.Key)), Values: f.ValueSet})
	}
	if in.MaxResults != nil && (*in.MaxResults < 5 || *in.MaxResults > 50) {
		return nil, invalid("MaxResults must be between 5 and 50.")
	}
	list := []types.InstanceInformation{}
	for _, i := range s.nodes(s.Now()) {
		info := s.information(i)
		passes := true
		for _, f := range filters {
			ok, err := passesFilter(i, info, f)
			if err != nil {
				return nil, err
			}
			passes = passes && ok
		}
		if passes {
			list = append(list, info)
		}
	}
	out := &sdk.DescribeInstanceInformationOutput{}
	var err error
	out.InstanceInformationList, out.NextToken, err = paging.Page(list, in.NextToken, in.MaxResults, 10, 50, badToken)
	return out, err
}

func (s *Service) information(i ec2types.Instance) types.InstanceInformation {
	info := types.InstanceInformation{InstanceId: i.InstanceId, PingStatus: types.PingStatusConnectionLost, LastPingDateTime: i.LaunchTime,
		AgentVersion: aws.String("3.3.2299.0"), IsLatestVersion: aws.Bool(true), PlatformType: types.PlatformTypeLinux, PlatformName: aws.String("Amazon Linux"),
		PlatformVersion: aws.String("2023"), ResourceType: types.ResourceTypeEc2Instance, SourceType: types.SourceTypeAwsEc2Instance, SourceId: i.InstanceId,
		IPAddress: i.PrivateIpAddress, ComputerName: i.PrivateDnsName, AssociationStatus: s.associationStatus(*i.InstanceId)}
	if i.State.Name == ec2types.InstanceStateNameRunning {
		info.PingStatus, info.LastPingDateTime = types.PingStatusOnline, aws.Time(s.Now())
	}
	return info
}

// associationStatus sums up what associations did on an instance, or returns nil.
func (s *Service) associationStatus(id string) *string {
	var status *string
	for _, a := range s.associations {
		switch result, done := a.done[id]; {
		case done && result != associated:
			return aws.String(result)
		case done:
			status = aws.String(result)
		}
	}
	return status
}

func passesFilter(i ec2types.Instance, info types.InstanceInformation, f types.InstanceInformationStringFilter) (bool, error) {
	key := *f.Key
	if key == "tag-key" || strings.HasPrefix(key, "tag:") {
		return matchesTarget(i, types.Target{Key: &key, Values: f.Values}), nil
	}
	value, known := map[string]string{"InstanceIds": *info.InstanceId, "PingStatus": string(info.PingStatus), "PlatformTypes": string(info.PlatformType),
		"ResourceType": string(info.ResourceType), "AgentVersion": *info.AgentVersion, "AssociationStatus": aws.ToString(info.AssociationStatus)}[key]
	if !known {
		return false, &types.InvalidInstanceInformationFilterValue{Message: text("The filter %s is not valid.", key)}
	}
	return slices.Contains(f.Values, value), nil
}
