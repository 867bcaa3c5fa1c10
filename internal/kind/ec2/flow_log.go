package ec2

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// FlowLog records all traffic of a VPC. Outputs: id, delivery_error (why AWS
// cannot deliver; absent while it can).
type FlowLog struct {
	VPC stack.Ref `json:"vpc" stack:"create"`
	// DestinationARN is that of an S3 bucket, with an optional folder, or of a
	// CloudWatch log group, without the :* at its end.
	DestinationARN string `json:"destination_arn" stack:"create"`
	// RoleARN is the role that may write to the log group; empty for a bucket.
	RoleARN stack.Ref `json:"role_arn" stack:"create"`
}

// Kind names the kind.
func (*FlowLog) Kind() string { return "ec2/flow_log" }

type flowLogs struct {
	c *awsapi.Clients
	*objects[types.FlowLog]
}

func newFlowLog(c *awsapi.Clients) engine.Kind {
	return &flowLogs{c, newObjects(c, objects[types.FlowLog]{
		describe: func(ctx context.Context, filters ...types.Filter) ([]types.FlowLog, error) {
			return allPages(ctx, sdk.NewDescribeFlowLogsPaginator(c.EC2Pages(), &sdk.DescribeFlowLogsInput{Filter: filters}),
				func(out *sdk.DescribeFlowLogsOutput) []types.FlowLog { return out.FlowLogs })
		},
		idFilter: "flow-log-id",
		id:       func(log types.FlowLog) string { return aws.ToString(log.FlowLogId) },
		tags:     func(log types.FlowLog) []types.Tag { return log.Tags },
	})}
}

func (k *flowLogs) Name() string { return (*FlowLog)(nil).Kind() }

func (k *flowLogs) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return k.list(ctx, scope, func(_ context.Context, log types.FlowLog) (engine.Live, error) { return k.show(log), nil })
}

func (k *flowLogs) show(log types.FlowLog) engine.Live {
	out := map[string]string{"id": aws.ToString(log.FlowLogId)}
	// A destination that cannot be written to shows up here only (aws-facts §12.2).
	if aws.ToString(log.DeliverLogsStatus) == "FAILED" {
		out["delivery_error"] = aws.ToString(log.DeliverLogsErrorMessage)
	}
	return engine.Live{
		ID:  out["id"],
		Out: out,
		Spec: &FlowLog{
			VPC:            stack.Literal(aws.ToString(log.ResourceId)),
			DestinationARN: k.destination(log),
			RoleARN:        stack.Literal(aws.ToString(log.DeliverLogsPermissionArn)),
		},
		Tags: tagMap(log.Tags),
	}
}

// destination returns the ARN also where AWS shows a log group by its name.
func (k *flowLogs) destination(log types.FlowLog) string {
	if arn := aws.ToString(log.LogDestination); arn != "" {
		return strings.TrimSuffix(arn, ":*")
	}
	return fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s", k.c.Partition, k.c.Region, k.c.Account, aws.ToString(log.LogGroupName))
}

func (k *flowLogs) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	wanted := spec[*FlowLog](want.Spec)
	var log types.FlowLog
	var salt []string
	err := k.c.Pace.Retry(ctx, propagation, notYetWritable, func(ctx context.Context) (err error) {
		log, err = k.create(ctx, want, salt)
		// AWS may answer a token as it did the first time, refusals included.
		salt = append(salt, "again")
		return err
	})
	if awsapi.Is(err, "FlowLogAlreadyExists") {
		log, err = k.adopt(ctx, want, err)
	}
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating flow log of %s to %s: %w", wanted.VPC, wanted.DestinationARN, err)
	}
	live := k.show(log)
	live.Key = want.Key
	return live, nil
}

// notYetWritable reports whether a role or bucket policy may be too new for the
// service that writes the log (aws-facts §12.2).
func notYetWritable(err error) bool {
	return awsapi.IsNotPropagated(err) || strings.Contains(awsapi.Message(err), "Access Denied for LogDestination")
}

// create succeeds as a call also where no log was made; the reason is then among
// the unsuccessful items (aws-facts §12.2).
func (k *flowLogs) create(ctx context.Context, want engine.Want, salt []string) (types.FlowLog, error) {
	wanted := spec[*FlowLog](want.Spec)
	never := func(types.FlowLog) bool { return false }
	return createOnce(ctx, k.objects, want, salt, never, func(ctx context.Context, token string) (types.FlowLog, error) {
		in := &sdk.CreateFlowLogsInput{
			ClientToken:        aws.String(token),
			ResourceIds:        []string{wanted.VPC.String()},
			ResourceType:       types.FlowLogsResourceTypeVpc,
			TrafficType:        types.TrafficTypeAll,
			LogDestination:     aws.String(wanted.DestinationARN),
			LogDestinationType: destinationType(wanted.DestinationARN),
			TagSpecifications:  tagged(types.ResourceTypeVpcFlowLog, want.Tags),
		}
		if role := wanted.RoleARN.String(); role != "" {
			in.DeliverLogsPermissionArn = aws.String(role)
		}
		out, err := awsapi.EC2(k.c).CreateFlowLogs(ctx, in)
		if err == nil {
			err = unsuccessful(out.Unsuccessful)
		}
		if err == nil && len(out.FlowLogIds) == 0 {
			err = errors.New("AWS named neither a flow log nor a reason")
		}
		if err != nil {
			return types.FlowLog{}, err
		}
		return types.FlowLog{
			FlowLogId:                aws.String(out.FlowLogIds[0]),
			ResourceId:               aws.String(wanted.VPC.String()),
			LogDestination:           in.LogDestination,
			DeliverLogsPermissionArn: in.DeliverLogsPermissionArn,
			Tags:                     tagList(want.Tags),
		}, nil
	})
}

func destinationType(arn string) types.LogDestinationType {
	if strings.Contains(arn, ":logs:") {
		return types.LogDestinationTypeCloudWatchLogs
	}
	return types.LogDestinationTypeS3
}

// adopt returns the flow log that exists already, if it is the wanted one.
func (k *flowLogs) adopt(ctx context.Context, want engine.Want, conflict error) (types.FlowLog, error) {
	wanted := spec[*FlowLog](want.Spec)
	logs, err := k.describe(ctx, filter("resource-id", wanted.VPC.String()))
	if err != nil {
		return types.FlowLog{}, errors.Join(conflict, err)
	}
	for _, log := range logs {
		live := k.show(log)
		if spec[*FlowLog](live.Spec).DestinationARN != wanted.DestinationARN {
			continue
		}
		if isOurs(live.Tags, want) && len(stack.Compare(wanted, live.Spec)) == 0 {
			return log, nil
		}
		return types.FlowLog{}, fmt.Errorf("%w: %s (%s) does this already: delete it, or leave this one out", conflict, live.ID, owner(live.Tags))
	}
	return types.FlowLog{}, conflict
}

// Update has only tags to change (aws-facts §12.2).
func (k *flowLogs) Update(ctx context.Context, have engine.Live, want engine.Want, _ stack.Diff) (engine.Live, error) {
	return retag(ctx, k.c, have, want)
}

func (k *flowLogs) Delete(ctx context.Context, have engine.Live) error {
	out, err := awsapi.EC2(k.c).DeleteFlowLogs(ctx, &sdk.DeleteFlowLogsInput{FlowLogIds: []string{have.ID}})
	if err == nil {
		err = unsuccessful(out.Unsuccessful)
	}
	if err != nil && !awsapi.IsNotFound(err) {
		return fmt.Errorf("deleting %s: %w", have.ID, err)
	}
	return nil
}

// Wait has nothing to do: nothing depends on a flow log.
func (k *flowLogs) Wait(_ context.Context, have engine.Live) (engine.Live, error) { return have, nil }
