package ec2

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// NATGateway lets private subnets reach the internet. It is zonal, in one Subnet
// with one Address, or regional, for a whole VPC with addresses that AWS adds zone
// by zone; then Subnet and Address are empty. Outputs: id, public_ips (comma
// separated).
type NATGateway struct {
	Subnet  stack.Ref `json:"subnet" stack:"create"`
	Address stack.Ref `json:"address" stack:"create"`
	VPC     stack.Ref `json:"vpc" stack:"create"`
}

// Kind names the kind.
func (*NATGateway) Kind() string { return "ec2/nat_gateway" }

type natGateways struct {
	c *awsapi.Clients
	*objects[types.NatGateway]
}

func newNATGateway(c *awsapi.Clients) engine.Kind {
	return &natGateways{c, newObjects(c, objects[types.NatGateway]{
		describe: func(ctx context.Context, filters ...types.Filter) ([]types.NatGateway, error) {
			return allPages(ctx, sdk.NewDescribeNatGatewaysPaginator(c.EC2Pages(), &sdk.DescribeNatGatewaysInput{Filter: filters}),
				func(out *sdk.DescribeNatGatewaysOutput) []types.NatGateway { return out.NatGateways })
		},
		idFilter: "nat-gateway-id",
		id:       func(nat types.NatGateway) string { return aws.ToString(nat.NatGatewayId) },
		tags:     func(nat types.NatGateway) []types.Tag { return nat.Tags },
	})}
}

func (k *natGateways) Name() string { return (*NATGateway)(nil).Kind() }

// List leaves out gateways that are deleted: they stay visible for an hour
// (aws-facts §2.5).
func (k *natGateways) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return k.list(ctx, scope, func(_ context.Context, nat types.NatGateway) (engine.Live, error) {
		if nat.State == types.NatGatewayStateDeleted {
			return engine.Live{}, nil
		}
		return showNATGateway(nat), nil
	})
}

// showNATGateway shows a failed gateway as one that is going away: it never works
// again, so that the next apply makes another and deletes this one.
func showNATGateway(nat types.NatGateway) engine.Live {
	id := aws.ToString(nat.NatGatewayId)
	observed := &NATGateway{Subnet: stack.Literal(aws.ToString(nat.SubnetId))}
	if nat.AvailabilityMode == types.AvailabilityModeRegional {
		observed = &NATGateway{VPC: stack.Literal(aws.ToString(nat.VpcId))}
	}
	var ips []string
	for _, address := range nat.NatGatewayAddresses {
		if ip := aws.ToString(address.PublicIp); ip != "" {
			ips = append(ips, ip)
		}
		// A gateway may have more addresses than the one that it was made with.
		if primary := address.IsPrimary == nil || *address.IsPrimary; primary && nat.AvailabilityMode != types.AvailabilityModeRegional {
			observed.Address = stack.Literal(aws.ToString(address.AllocationId))
		}
	}
	slices.Sort(ips)
	out := map[string]string{"id": id, "public_ips": strings.Join(ips, ","), "state": string(nat.State)}
	if nat.State == types.NatGatewayStateFailed {
		out["failure"] = aws.ToString(nat.FailureCode) + ": " + aws.ToString(nat.FailureMessage)
	}
	return engine.Live{ID: id, Out: out, Spec: observed, Tags: tagMap(nat.Tags), Deleting: unusable(nat)}
}

func unusable(nat types.NatGateway) bool {
	return nat.State == types.NatGatewayStateFailed || isDeleted(nat)
}

func isDeleted(nat types.NatGateway) bool {
	return nat.State == types.NatGatewayStateDeleting || nat.State == types.NatGatewayStateDeleted
}

func (k *natGateways) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	nat, err := k.create(ctx, want)
	if err != nil {
		wanted := spec[*NATGateway](want.Spec)
		return engine.Live{}, fmt.Errorf("creating NAT gateway in %s%s: %w", wanted.Subnet, wanted.VPC, err)
	}
	live := showNATGateway(nat)
	live.Key, live.Deleting = want.Key, false
	return live, nil
}

// create gives the call a token that differs from those of the part's earlier
// gateways, which AWS would otherwise name again.
func (k *natGateways) create(ctx context.Context, want engine.Want) (types.NatGateway, error) {
	earlier, err := k.ofPart(ctx, want)
	if err != nil {
		return types.NatGateway{}, err
	}
	var dead []string
	for _, nat := range earlier {
		if unusable(nat) {
			dead = append(dead, aws.ToString(nat.NatGatewayId))
		}
	}
	wanted := spec[*NATGateway](want.Spec)
	return createOnce(ctx, k.objects, want, dead, isDeleted, func(ctx context.Context, token string) (types.NatGateway, error) {
		in := &sdk.CreateNatGatewayInput{
			ClientToken:       aws.String(token),
			ConnectivityType:  types.ConnectivityTypePublic,
			TagSpecifications: tagged(types.ResourceTypeNatgateway, want.Tags),
		}
		if vpc := wanted.VPC.String(); vpc != "" {
			in.AvailabilityMode, in.VpcId = types.AvailabilityModeRegional, aws.String(vpc)
		} else {
			in.SubnetId, in.AllocationId = aws.String(wanted.Subnet.String()), aws.String(wanted.Address.String())
		}
		out, err := awsapi.EC2(k.c).CreateNatGateway(ctx, in)
		if err != nil {
			return types.NatGateway{}, err
		}
		return *out.NatGateway, nil
	})
}

func (k *natGateways) Update(ctx context.Context, have engine.Live, want engine.Want, _ stack.Diff) (engine.Live, error) {
	return retag(ctx, k.c, have, want)
}

// Delete returns when the gateway is deleted: until then it holds its address, its
// subnet and the attachment of the internet gateway (aws-facts §2.5).
func (k *natGateways) Delete(ctx context.Context, have engine.Live) error {
	// A gateway that is still being made may not take the call yet.
	err := k.c.Pace.Retry(ctx, 10*time.Minute, awsapi.IsBusy, func(ctx context.Context) error {
		_, err := awsapi.EC2(k.c).DeleteNatGateway(ctx, &sdk.DeleteNatGatewayInput{NatGatewayId: aws.String(have.ID)})
		return err
	})
	if err == nil {
		w := awsapi.Waiting{What: have.ID + " to be deleted", Expect: 2 * time.Minute, Limit: 30 * time.Minute}
		err = k.c.Pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
			nat, exists, err := k.get(ctx, have.ID)
			// A failed gateway holds nothing, and may go on being shown so.
			gone := !exists || nat.State == types.NatGatewayStateDeleted || nat.State == types.NatGatewayStateFailed
			return err == nil && gone, string(nat.State), err
		})
	}
	if err != nil && !awsapi.Is(err, "NatGatewayNotFound") {
		return fmt.Errorf("deleting %s: %w", have.ID, err)
	}
	return nil
}

func (k *natGateways) Wait(ctx context.Context, have engine.Live) (engine.Live, error) {
	return k.whenAvailable(ctx, have, awsapi.Waiting{Expect: 2 * time.Minute, Limit: 10 * time.Minute}, showNATGateway)
}
