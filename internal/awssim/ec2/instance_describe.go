package ec2

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// reserved is an instance with what filters ask of its reservation.
type reserved struct {
	types.Instance
	reservation, owner, requester *string
}

var instanceListing = listing[reserved]{
	kind: kindInstance,
	id:   func(r reserved) string { return aws.ToString(r.InstanceId) },
	page: 1000,
	attributes: func(r reserved) map[string][]string {
		attributes := networkAttributes(r.Instance)
		placement, state, profile := types.Placement{}, types.InstanceState{}, types.IamInstanceProfile{}
		metadata, monitoring, reason := types.InstanceMetadataOptionsResponse{}, types.Monitoring{}, types.StateReason{}
		if r.InstanceId != nil {
			placement, state, monitoring, metadata = *r.Placement, *r.State, *r.Monitoring, *r.MetadataOptions
		}
		if r.IamInstanceProfile != nil {
			profile = *r.IamInstanceProfile
		}
		if r.StateReason != nil {
			reason = *r.StateReason
		}
		for name, have := range map[string][]string{
			"architecture":                   {string(r.Architecture)},
			"availability-zone":              values(placement.AvailabilityZone),
			"availability-zone-id":           values(placement.AvailabilityZoneId),
			"client-token":                   values(r.ClientToken),
			"hypervisor":                     {string(r.Hypervisor)},
			"iam-instance-profile.arn":       values(profile.Arn),
			"image-id":                       values(r.ImageId),
			"instance-id":                    values(r.InstanceId),
			"instance-lifecycle":             {string(r.InstanceLifecycle)},
			"instance-state-code":            number(state.Code),
			"instance-state-name":            {string(state.Name)},
			"instance-type":                  {string(r.InstanceType)},
			"key-name":                       values(r.KeyName),
			"launch-index":                   number(r.AmiLaunchIndex),
			"launch-time":                    stamps(r.LaunchTime),
			"metadata-options.http-endpoint": {string(metadata.HttpEndpoint)},
			"metadata-options.http-tokens":   {string(metadata.HttpTokens)},
			"monitoring-state":               {string(monitoring.State)},
			"owner-id":                       values(r.owner),
			"requester-id":                   values(r.requester),
			"reservation-id":                 values(r.reservation),
			"root-device-name":               values(r.RootDeviceName),
			"root-device-type":               {string(r.RootDeviceType)},
			"state-reason-code":              values(reason.Code),
			"tenancy":                        {string(placement.Tenancy)},
			"virtualization-type":            {string(r.VirtualizationType)},
		} {
			attributes[name] = have
		}
		return attributes
	},
}

// networkAttributes are the filters on an instance's network and disks.
func networkAttributes(i types.Instance) map[string][]string {
	var disks []types.EbsInstanceBlockDevice
	for _, m := range i.BlockDeviceMappings {
		disks = append(disks, *m.Ebs)
	}
	groupID := func(g types.GroupIdentifier) []string { return values(g.GroupId) }
	groupName := func(g types.GroupIdentifier) []string { return values(g.GroupName) }
	nics := i.NetworkInterfaces
	return map[string][]string{
		"block-device-mapping.delete-on-termination": each(disks, func(d types.EbsInstanceBlockDevice) []string { return flag(d.DeleteOnTermination) }),
		"block-device-mapping.device-name": each(i.BlockDeviceMappings, func(m types.InstanceBlockDeviceMapping) []string {
			return values(m.DeviceName)
		}),
		"block-device-mapping.volume-id":         each(disks, func(d types.EbsInstanceBlockDevice) []string { return values(d.VolumeId) }),
		"dns-name":                               values(i.PublicDnsName),
		"instance.group-id":                      each(i.SecurityGroups, groupID),
		"instance.group-name":                    each(i.SecurityGroups, groupName),
		"ip-address":                             values(i.PublicIpAddress),
		"network-interface.group-id":             each(nics, func(n types.InstanceNetworkInterface) []string { return each(n.Groups, groupID) }),
		"network-interface.group-name":           each(nics, func(n types.InstanceNetworkInterface) []string { return each(n.Groups, groupName) }),
		"network-interface.network-interface-id": each(nics, func(n types.InstanceNetworkInterface) []string { return values(n.NetworkInterfaceId) }),
		"network-interface.subnet-id":            each(nics, func(n types.InstanceNetworkInterface) []string { return values(n.SubnetId) }),
		"network-interface.vpc-id":               each(nics, func(n types.InstanceNetworkInterface) []string { return values(n.VpcId) }),
		"private-dns-name":                       values(i.PrivateDnsName),
		"private-ip-address":                     values(i.PrivateIpAddress),
		"source-dest-check":                      flag(i.SourceDestCheck),
		"subnet-id":                              values(i.SubnetId),
		"vpc-id":                                 values(i.VpcId),
	}
}

// DescribeInstances lists instances by reservation.
func (s *Service) DescribeInstances(_ context.Context, in *sdk.DescribeInstancesInput) (*sdk.DescribeInstancesOutput, error) {
	if err := checkListing(in.DryRun, in.MaxResults, 5, 1000, len(in.InstanceIds), "instancesSet"); err != nil {
		return nil, err
	}
	var shown []reserved
	for _, i := range s.instances.all() {
		if !i.visible(s.Now()) {
			continue
		}
		r := reserved{Instance: s.shownInstance(i, s.Now()), reservation: aws.String(i.reservation), owner: aws.String(s.Account)}
		if i.requester != "" {
			r.requester = aws.String(i.requester)
		}
		shown = append(shown, r)
	}
	page, next, err := list(s, instanceListing, shown, query{in.InstanceIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &sdk.DescribeInstancesOutput{NextToken: next}
	for _, r := range page {
		last := len(out.Reservations) - 1
		if last < 0 || *out.Reservations[last].ReservationId != *r.reservation {
			out.Reservations = append(out.Reservations, types.Reservation{ReservationId: r.reservation, OwnerId: r.owner, RequesterId: r.requester})
			last++
		}
		out.Reservations[last].Instances = append(out.Reservations[last].Instances, r.Instance)
	}
	return out, nil
}

var statusListing = listing[types.InstanceStatus]{
	kind: kindInstance,
	id:   func(st types.InstanceStatus) string { return aws.ToString(st.InstanceId) },
	page: 1000,
	attributes: func(st types.InstanceStatus) map[string][]string {
		state, checks, system := types.InstanceState{}, types.InstanceStatusSummary{}, types.InstanceStatusSummary{}
		if st.InstanceId != nil {
			state, checks, system = *st.InstanceState, *st.InstanceStatus, *st.SystemStatus
		}
		return map[string][]string{
			"availability-zone":      values(st.AvailabilityZone),
			"availability-zone-id":   values(st.AvailabilityZoneId),
			"instance-state-code":    number(state.Code),
			"instance-state-name":    {string(state.Name)},
			"instance-status.status": {string(checks.Status)},
			"system-status.status":   {string(system.Status)},
		}
	},
}

// DescribeInstanceStatus shows running instances only, unless asked for all
// (aws-facts §12.4).
func (s *Service) DescribeInstanceStatus(_ context.Context, in *sdk.DescribeInstanceStatusInput) (*sdk.DescribeInstanceStatusOutput, error) {
	if err := checkListing(in.DryRun, in.MaxResults, 5, 1000, len(in.InstanceIds), "instancesSet"); err != nil {
		return nil, err
	}
	if len(in.InstanceIds) > 100 {
		// aws-facts §16: at most 100 ids.
		return nil, apierr.New("InvalidParameterValue", "The maximum number of instance IDs that can be specified is 100.")
	}
	if _, err := s.knownInstances(in.InstanceIds); err != nil {
		return nil, err
	}
	var shown []types.InstanceStatus
	for _, i := range s.instances.all() {
		running := i.phaseAt(s.Now()).state == types.InstanceStateNameRunning
		named := len(in.InstanceIds) == 0 || slices.Contains(in.InstanceIds, i.id())
		if named && i.visible(s.Now()) && (running || aws.ToBool(in.IncludeAllInstances)) {
			shown = append(shown, s.shownStatus(i))
		}
	}
	page, next, err := list(s, statusListing, shown, query{nil, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeInstanceStatusOutput{InstanceStatuses: page, NextToken: next}, nil
}

// shownStatus shows the status checks: of the machine, not of the web server.
func (s *Service) shownStatus(i *instance) types.InstanceStatus {
	p := i.phaseAt(s.Now())
	summary, detail := types.SummaryStatusNotApplicable, types.StatusType("")
	if p.state == types.InstanceStateNameRunning {
		summary, detail = types.SummaryStatusInitializing, types.StatusTypeInitializing
		if !s.Now().Before(p.at.Add(s.ComputeTimings.StatusChecks)) {
			summary, detail = types.SummaryStatusOk, types.StatusTypePassed
		}
	}
	checks := func() *types.InstanceStatusSummary {
		out := &types.InstanceStatusSummary{Status: summary}
		if detail != "" {
			out.Details = []types.InstanceStatusDetails{{Name: types.StatusNameReachability, Status: detail}}
		}
		return out
	}
	return types.InstanceStatus{InstanceId: aws.String(i.id()), InstanceState: apiState(p.state),
		AvailabilityZone: i.data.Placement.AvailabilityZone, AvailabilityZoneId: i.data.Placement.AvailabilityZoneId,
		InstanceStatus: checks(), SystemStatus: checks()}
}
