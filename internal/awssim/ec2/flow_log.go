package ec2

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
)

// flowLog records the traffic of one VPC, subnet or interface.
type flowLog struct {
	flowLogSettings
	id, resourceID string
	createdAt      time.Time
}

// flowLogSettings are what the flow logs of one call have in common.
type flowLogSettings struct {
	destinationType                    types.LogDestinationType
	destination, group, role           string
	format                             string
	traffic                            types.TrafficType
	interval                           int32
	fileFormat                         types.DestinationFileFormat
	hiveCompatible, perHour, hasOption bool
}

const defaultFlowLogFormat = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} " +
	"${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}"

// CreateFlowLogs makes a flow log for each resource. It answers well, with a list
// of the resources that it failed for (aws-facts §12.2).
func (s *Service) CreateFlowLogs(_ context.Context, in *sdk.CreateFlowLogsInput) (*sdk.CreateFlowLogsOutput, error) {
	if err := s.checkCreate(in.DryRun, in.TagSpecifications, types.ResourceTypeVpcFlowLog); err != nil {
		return nil, err
	}
	earlier, known, err := s.repeated("CreateFlowLogs", in.ClientToken, in)
	if err != nil {
		return nil, err
	}
	if out, ok := earlier.output.(sdk.CreateFlowLogsOutput); known && ok {
		return &out, nil
	}
	settings, err := newFlowLogSettings(in)
	if err != nil {
		return nil, err
	}
	out := &sdk.CreateFlowLogsOutput{ClientToken: in.ClientToken}
	for _, id := range in.ResourceIds {
		if err := s.checkFlowLog(id, in.ResourceType, settings); err != nil {
			out.Unsuccessful = append(out.Unsuccessful, unsuccessful(id, err))
			continue
		}
		f := &flowLog{settings, s.NewID("fl"), id, s.Now()}
		s.flowLogs.add(f.id, f)
		s.tagOnCreate(types.ResourceTypeVpcFlowLog, f.id, in.TagSpecifications)
		out.FlowLogIds = append(out.FlowLogIds, f.id)
	}
	if len(out.FlowLogIds) > 0 { // a failure is not the answer for good
		s.remember("CreateFlowLogs", in.ClientToken, in, "", *out)
	}
	return out, nil
}

func newFlowLogSettings(in *sdk.CreateFlowLogsInput) (flowLogSettings, error) {
	f := flowLogSettings{destinationType: in.LogDestinationType, destination: aws.ToString(in.LogDestination),
		group: aws.ToString(in.LogGroupName), role: aws.ToString(in.DeliverLogsPermissionArn),
		format: aws.ToString(in.LogFormat), traffic: in.TrafficType, interval: aws.ToInt32(in.MaxAggregationInterval)}
	if f.destinationType == "" {
		f.destinationType = types.LogDestinationTypeCloudWatchLogs
	}
	if f.format == "" {
		f.format = defaultFlowLogFormat
	}
	if f.interval == 0 {
		f.interval = 600
	}
	if o := in.DestinationOptions; o != nil {
		f.hasOption, f.fileFormat = true, o.FileFormat
		f.hiveCompatible, f.perHour = aws.ToBool(o.HiveCompatiblePartitions), aws.ToBool(o.PerHourPartition)
	}
	return f, f.check(in)
}

func (f *flowLogSettings) check(in *sdk.CreateFlowLogsInput) error {
	cloudWatch := f.destinationType == types.LogDestinationTypeCloudWatchLogs
	switch {
	case in.DeliverCrossAccountRole != nil || len(in.TagFieldSpecifications) > 0:
		return notSimulated("CreateFlowLogs across accounts or with tag fields")
	case f.traffic == "":
		return apierr.New("MissingParameter", "The request must contain the parameter TrafficType")
	case f.interval != 60 && f.interval != 600:
		return apierr.New("InvalidParameter", "Invalid maximum aggregation interval. Valid values are 60 and 600.")
	case f.destination != "" && f.group != "":
		return apierr.New("InvalidParameter", "Please only provide LogGroupName or only provide LogDestination.")
	case f.destination == "" && f.group == "":
		return apierr.New("InvalidParameter", "LogDestination can't be empty if LogGroupName is not provided.")
	case cloudWatch && f.role == "":
		return apierr.New("InvalidParameter", "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.")
	case f.destinationType == types.LogDestinationTypeS3 && f.role != "":
		return apierr.New("InvalidParameter", "DeliverLogsPermissionArn is not applicable for s3 delivery.")
	case !cloudWatch && f.group != "":
		return apierr.New("InvalidParameter", "LogGroupName is not applicable for %s delivery.", f.destinationType)
	case f.destination != "" && !strings.HasPrefix(f.destination, f.destinationPrefix()):
		return apierr.New("InvalidParameter", "LogDestination %s is not valid for LogDestinationType %s.", f.destination, f.destinationType)
	}
	if _, name, ok := strings.Cut(f.destination, ":log-group:"); cloudWatch && ok {
		f.group = strings.TrimSuffix(name, ":*")
	}
	return nil
}

func (f *flowLogSettings) destinationPrefix() string {
	switch f.destinationType {
	case types.LogDestinationTypeS3:
		return "arn:aws:s3:::"
	case types.LogDestinationTypeKinesisDataFirehose:
		return "arn:aws:firehose:"
	}
	return "arn:aws:logs:"
}

// checkFlowLog checks what can be wrong for one resource alone.
func (s *Service) checkFlowLog(id string, kind types.FlowLogsResourceType, settings flowLogSettings) error {
	var err error
	switch kind {
	case types.FlowLogsResourceTypeVpc:
		_, err = s.vpc(id)
	case types.FlowLogsResourceTypeSubnet:
		_, err = s.subnet(id)
	case types.FlowLogsResourceTypeNetworkInterface:
		if s.targetInterface(id, "") == nil {
			err = kindInterface.missing(id)
		}
	default:
		err = notSimulated("A flow log of a " + string(kind))
	}
	if err != nil {
		return err
	}
	if s.FlowLogDenied != nil {
		if reason := s.FlowLogDenied(settings.destination+settings.group, settings.role); reason != "" {
			return apierr.New("400", "%s", reason)
		}
	}
	for _, other := range s.flowLogs.all() {
		if other.resourceID == id && other.flowLogSettings == settings {
			return apierr.New("FlowLogAlreadyExists", "Error. There is an existing Flow Log with the same configuration and log destination.")
		}
	}
	return nil
}

// DeleteFlowLogs removes flow logs; it answers well, with a list of those that it
// does not know (aws-facts §12.2).
func (s *Service) DeleteFlowLogs(_ context.Context, in *sdk.DeleteFlowLogsInput) (*sdk.DeleteFlowLogsOutput, error) {
	if err := refuseDryRun(in.DryRun); err != nil {
		return nil, err
	}
	out := &sdk.DeleteFlowLogsOutput{}
	for _, id := range in.FlowLogIds {
		if _, ok := s.flowLogs.get(id); !ok {
			out.Unsuccessful = append(out.Unsuccessful, unsuccessful(id, kindFlowLog.missing(id)))
			continue
		}
		s.flowLogs.remove(id)
		delete(s.tags, id)
	}
	return out, nil
}

var flowLogListing = listing[types.FlowLog]{
	kind: kindFlowLog,
	id:   func(f types.FlowLog) string { return aws.ToString(f.FlowLogId) },
	page: 1000,
	attributes: func(f types.FlowLog) map[string][]string {
		return map[string][]string{
			"deliver-log-status":   values(f.DeliverLogsStatus),
			"log-destination-type": {string(f.LogDestinationType)},
			"flow-log-id":          values(f.FlowLogId),
			"log-group-name":       values(f.LogGroupName),
			"resource-id":          values(f.ResourceId),
			"traffic-type":         {string(f.TrafficType)},
		}
	},
}

// DescribeFlowLogs lists flow logs.
func (s *Service) DescribeFlowLogs(_ context.Context, in *sdk.DescribeFlowLogsInput) (*sdk.DescribeFlowLogsOutput, error) {
	var all []types.FlowLog
	for _, f := range s.flowLogs.all() {
		all = append(all, s.shownFlowLog(f))
	}
	page, next, err := list(s, flowLogListing, all, query{slices.Clone(in.FlowLogIds), in.Filter, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeFlowLogsOutput{FlowLogs: page, NextToken: next}, nil
}

func (s *Service) shownFlowLog(f *flowLog) types.FlowLog {
	out := types.FlowLog{
		CreationTime:           aws.Time(f.createdAt),
		DeliverLogsStatus:      aws.String("SUCCESS"),
		FlowLogId:              aws.String(f.id),
		FlowLogStatus:          aws.String("ACTIVE"),
		LogDestinationType:     f.destinationType,
		LogFormat:              aws.String(f.format),
		MaxAggregationInterval: aws.Int32(f.interval),
		ResourceId:             aws.String(f.resourceID),
		Tags:                   s.tagList(f.id),
		TrafficType:            f.traffic,
	}
	if f.destination != "" {
		out.LogDestination = aws.String(f.destination)
	}
	if f.group != "" {
		out.LogGroupName = aws.String(f.group)
	}
	if f.role != "" {
		out.DeliverLogsPermissionArn = aws.String(f.role)
	}
	if f.hasOption {
		out.DestinationOptions = &types.DestinationOptionsResponse{FileFormat: f.fileFormat,
			HiveCompatiblePartitions: aws.Bool(f.hiveCompatible), PerHourPartition: aws.Bool(f.perHour)}
	}
	return out
}
