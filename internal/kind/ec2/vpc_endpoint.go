package ec2

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// VPCEndpoint is a gateway endpoint: a way to S3 or DynamoDB that does not pass
// the NAT gateway, and costs nothing. Outputs: id.
type VPCEndpoint struct {
	VPC stack.Ref `json:"vpc" stack:"create"`
	// Service is s3 or dynamodb.
	Service string `json:"service" stack:"create"`
	// RouteTables are the ids of the tables that get a route to the service.
	RouteTables []stack.Ref `json:"route_tables" stack:"set"`
}

// Kind names the kind.
func (*VPCEndpoint) Kind() string { return "ec2/vpc_endpoint" }

type vpcEndpoints struct {
	c *awsapi.Clients
	*objects[types.VpcEndpoint]
}

func newVPCEndpoint(c *awsapi.Clients) engine.Kind {
	return &vpcEndpoints{c, newObjects(c, objects[types.VpcEndpoint]{
		describe: func(ctx context.Context, filters ...types.Filter) ([]types.VpcEndpoint, error) {
			return allPages(ctx, sdk.NewDescribeVpcEndpointsPaginator(c.EC2Pages(), &sdk.DescribeVpcEndpointsInput{Filters: filters}),
				func(out *sdk.DescribeVpcEndpointsOutput) []types.VpcEndpoint { return out.VpcEndpoints })
		},
		idFilter: "vpc-endpoint-id",
		id:       func(endpoint types.VpcEndpoint) string { return aws.ToString(endpoint.VpcEndpointId) },
		tags:     func(endpoint types.VpcEndpoint) []types.Tag { return endpoint.Tags },
	})}
}

func (k *vpcEndpoints) Name() string { return (*VPCEndpoint)(nil).Kind() }

func (k *vpcEndpoints) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return k.list(ctx, scope, func(_ context.Context, endpoint types.VpcEndpoint) (engine.Live, error) {
		if inState(endpoint, types.StateDeleted) {
			return engine.Live{}, nil
		}
		return k.show(endpoint), nil
	})
}

// show works for gateway endpoints.
func (k *vpcEndpoints) show(endpoint types.VpcEndpoint) engine.Live {
	id := aws.ToString(endpoint.VpcEndpointId)
	return engine.Live{
		ID:  id,
		Out: map[string]string{"id": id},
		Spec: &VPCEndpoint{
			VPC:         stack.Literal(aws.ToString(endpoint.VpcId)),
			Service:     strings.TrimPrefix(aws.ToString(endpoint.ServiceName), k.serviceName("")),
			RouteTables: stack.Literals(endpoint.RouteTableIds...),
		},
		Tags:     tagMap(endpoint.Tags),
		Deleting: inState(endpoint, types.StateDeleting),
	}
}

func (k *vpcEndpoints) serviceName(service string) string {
	return "com.amazonaws." + k.c.Region + "." + service
}

// inState compares without regard to case: the model's states are capitalised, what
// the service sends is not (aws-facts §12.1).
func inState(endpoint types.VpcEndpoint, states ...types.State) bool {
	for _, state := range states {
		if strings.EqualFold(string(endpoint.State), string(state)) {
			return true
		}
	}
	return false
}

func (k *vpcEndpoints) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	wanted := spec[*VPCEndpoint](want.Spec)
	gone := func(endpoint types.VpcEndpoint) bool {
		return inState(endpoint, types.StateDeleting, types.StateDeleted)
	}
	endpoint, err := createOnce(ctx, k.objects, want, nil, gone, func(ctx context.Context, token string) (types.VpcEndpoint, error) {
		out, err := awsapi.EC2(k.c).CreateVpcEndpoint(ctx, &sdk.CreateVpcEndpointInput{
			VpcId:             aws.String(wanted.VPC.String()),
			VpcEndpointType:   types.VpcEndpointTypeGateway,
			ServiceName:       aws.String(k.serviceName(wanted.Service)),
			RouteTableIds:     values(wanted.RouteTables),
			ClientToken:       aws.String(token),
			TagSpecifications: tagged(types.ResourceTypeVpcEndpoint, want.Tags),
		})
		if err != nil {
			return types.VpcEndpoint{}, err
		}
		return *out.VpcEndpoint, nil
	})
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating gateway endpoint for %s in %s: %w", wanted.Service, wanted.VPC, err)
	}
	live := k.show(endpoint)
	live.Key = want.Key
	return live, nil
}

func (k *vpcEndpoints) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	if diff.Has("route_tables") {
		wanted, now := spec[*VPCEndpoint](want.Spec), *spec[*VPCEndpoint](have.Spec)
		if err := k.setRouteTables(ctx, have.ID, values(wanted.RouteTables)); err != nil {
			return have, fmt.Errorf("changing the route tables of %s: %w", have.ID, err)
		}
		now.RouteTables = wanted.RouteTables
		have.Spec = &now
	}
	return retag(ctx, k.c, have, want)
}

// setRouteTables works the difference out from a fresh read, for the call takes
// only what to add and what to remove, and again until the endpoint shows what is
// wanted (aws-facts §12.1).
func (k *vpcEndpoints) setRouteTables(ctx context.Context, id string, wanted []string) error {
	w := awsapi.Waiting{What: id + " to show its new route tables", Limit: propagation}
	sent := ""
	_, err := k.await(ctx, id, w, func(endpoint types.VpcEndpoint) (bool, string, error) {
		in := &sdk.ModifyVpcEndpointInput{
			VpcEndpointId:       aws.String(id),
			AddRouteTableIds:    without(wanted, endpoint.RouteTableIds),
			RemoveRouteTableIds: without(endpoint.RouteTableIds, wanted),
		}
		state := strings.Join(endpoint.RouteTableIds, ", ")
		if len(in.AddRouteTableIds)+len(in.RemoveRouteTableIds) == 0 {
			return true, state, nil
		}
		if change := fmt.Sprint(in.AddRouteTableIds, in.RemoveRouteTableIds); change != sent {
			sent = change
			return false, state, k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
				_, err := awsapi.EC2(k.c).ModifyVpcEndpoint(ctx, in)
				return err
			})
		}
		return false, state, nil
	})
	return err
}

// Delete returns when the endpoint and its routes are gone.
func (k *vpcEndpoints) Delete(ctx context.Context, have engine.Live) error {
	out, err := awsapi.EC2(k.c).DeleteVpcEndpoints(ctx, &sdk.DeleteVpcEndpointsInput{VpcEndpointIds: []string{have.ID}})
	if err == nil {
		err = unsuccessful(out.Unsuccessful)
	}
	if err == nil {
		w := awsapi.Waiting{What: have.ID + " to be deleted", Limit: 10 * time.Minute}
		err = k.c.Pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
			endpoint, exists, err := k.get(ctx, have.ID)
			return err == nil && (!exists || inState(endpoint, types.StateDeleted)), string(endpoint.State), err
		})
	}
	if err != nil && !awsapi.IsNotFound(err) {
		return fmt.Errorf("deleting %s: %w", have.ID, err)
	}
	return nil
}

// Wait has nothing to do: gateway endpoints are available at once (aws-facts §12.1).
func (k *vpcEndpoints) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}

// unsuccessful returns the errors that a call which succeeded as a whole gives for
// single objects (aws-facts §12.1, §12.2), as if AWS had answered with them.
func unsuccessful(items []types.UnsuccessfulItem) error {
	var errs []error
	for _, item := range items {
		if item.Error != nil {
			errs = append(errs, &smithy.GenericAPIError{Code: aws.ToString(item.Error.Code), Message: aws.ToString(item.Error.Message)})
		}
	}
	return errors.Join(errs...)
}

// values returns what the references stand for.
func values(refs []stack.Ref) []string {
	texts := make([]string, len(refs))
	for i, ref := range refs {
		texts[i] = ref.String()
	}
	return texts
}

// without returns the members of list that are not in other.
func without(list, other []string) []string {
	var rest []string
	for _, item := range list {
		if !slices.Contains(other, item) {
			rest = append(rest, item)
		}
	}
	return rest
}
