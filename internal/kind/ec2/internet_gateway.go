package ec2

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// InternetGateway connects a VPC to the internet. Outputs: id.
type InternetGateway struct {
	// VPC is observed empty while the gateway is detached.
	VPC stack.Ref `json:"vpc"`
}

// Kind names the kind.
func (*InternetGateway) Kind() string { return "ec2/internet_gateway" }

type internetGateways struct {
	c *awsapi.Clients
	*objects[types.InternetGateway]
}

func newInternetGateway(c *awsapi.Clients) engine.Kind {
	return &internetGateways{c, newObjects(c, objects[types.InternetGateway]{
		describe: func(ctx context.Context, filters ...types.Filter) ([]types.InternetGateway, error) {
			return allPages(ctx, sdk.NewDescribeInternetGatewaysPaginator(c.EC2Pages(), &sdk.DescribeInternetGatewaysInput{Filters: filters}),
				func(out *sdk.DescribeInternetGatewaysOutput) []types.InternetGateway { return out.InternetGateways })
		},
		idFilter: "internet-gateway-id",
		id:       func(gateway types.InternetGateway) string { return aws.ToString(gateway.InternetGatewayId) },
		tags:     func(gateway types.InternetGateway) []types.Tag { return gateway.Tags },
	})}
}

func (k *internetGateways) Name() string { return (*InternetGateway)(nil).Kind() }

func (k *internetGateways) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return k.list(ctx, scope, func(_ context.Context, gateway types.InternetGateway) (engine.Live, error) {
		return showInternetGateway(gateway), nil
	})
}

func showInternetGateway(gateway types.InternetGateway) engine.Live {
	id := aws.ToString(gateway.InternetGatewayId)
	return engine.Live{
		ID:   id,
		Out:  map[string]string{"id": id},
		Spec: &InternetGateway{VPC: stack.Literal(attachedTo(gateway))},
		Tags: tagMap(gateway.Tags),
	}
}

// attachedTo returns the VPC of the gateway; "" when it has none or is leaving it.
func attachedTo(gateway types.InternetGateway) string {
	for _, attachment := range gateway.Attachments {
		if attachment.State != types.AttachmentStatusDetaching && attachment.State != types.AttachmentStatusDetached {
			return aws.ToString(attachment.VpcId)
		}
	}
	return ""
}

// Create attaches the new gateway in a second call. After a crash between the two
// the gateway is listed without a VPC, which Update puts right.
func (k *internetGateways) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	out, err := awsapi.EC2(k.c).CreateInternetGateway(ctx, &sdk.CreateInternetGatewayInput{
		TagSpecifications: tagged(types.ResourceTypeInternetGateway, want.Tags),
	}, unrepeated)
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating internet gateway: %w", uncertain(err))
	}
	live := showInternetGateway(*out.InternetGateway)
	live.Key, live.Tags = want.Key, want.Tags
	return k.Update(ctx, live, want, stack.Compare(want.Spec, live.Spec))
}

func (k *internetGateways) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	if diff.Has("vpc") {
		vpc := spec[*InternetGateway](want.Spec).VPC.String()
		if err := k.move(ctx, have.ID, vpc); err != nil {
			return have, fmt.Errorf("attaching %s to %s: %w", have.ID, vpc, err)
		}
		have.Spec = &InternetGateway{VPC: stack.Literal(vpc)}
	}
	return retag(ctx, k.c, have, want)
}

// move attaches the gateway to the VPC, out of any other.
func (k *internetGateways) move(ctx context.Context, id, vpc string) error {
	gateway, exists, err := k.get(ctx, id)
	if err != nil {
		return err
	}
	switch from := attachedTo(gateway); {
	case exists && from == vpc:
		return nil
	case from != "":
		if err := k.detach(ctx, id, from); err != nil {
			return err
		}
	}
	if err := k.attach(ctx, id, vpc); err != nil {
		return err
	}
	w := awsapi.Waiting{What: id + " to be attached to " + vpc, Limit: agreement}
	_, err = k.await(ctx, id, w, func(gateway types.InternetGateway) (bool, string, error) {
		// EC2 says "available" where its model says "attached" (aws-facts §2.3).
		for _, attachment := range gateway.Attachments {
			if aws.ToString(attachment.VpcId) == vpc {
				state := string(attachment.State)
				return state == available || state == string(types.AttachmentStatusAttached), state, nil
			}
		}
		return false, "detached", nil
	})
	return err
}

// attach is refused where the answer to an earlier attempt got lost, which is
// success, and where the VPC has another gateway: a look tells (aws-facts §2.3).
func (k *internetGateways) attach(ctx context.Context, id, vpc string) error {
	err := k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
		_, err := awsapi.EC2(k.c).AttachInternetGateway(ctx, &sdk.AttachInternetGatewayInput{InternetGatewayId: aws.String(id), VpcId: aws.String(vpc)})
		return err
	})
	if !awsapi.Is(err, "Resource.AlreadyAssociated") {
		return err
	}
	if holder := k.gatewayOf(ctx, vpc); holder != "" && holder != id {
		return fmt.Errorf("%w: %s is attached to it: detach that gateway, a VPC has one", err, holder)
	}
	return nil
}

// gatewayOf returns the gateway that is attached to the VPC.
func (k *internetGateways) gatewayOf(ctx context.Context, vpc string) string {
	gateways, err := k.describe(ctx, filter("attachment.vpc-id", vpc))
	if err != nil || len(gateways) == 0 {
		return ""
	}
	return aws.ToString(gateways[0].InternetGatewayId)
}

// detach waits until nothing in the VPC has a public address (aws-facts §2.3).
func (k *internetGateways) detach(ctx context.Context, id, vpc string) error {
	w := awsapi.Waiting{What: "the public addresses in " + vpc + " to be gone", Expect: time.Minute, Limit: 15 * time.Minute}
	public := interfaces(k.c, filter("vpc-id", vpc), filter("association.public-ip", "*"))
	return deleteWhenFree(ctx, k.c, w, public, func(ctx context.Context) error {
		_, err := awsapi.EC2(k.c).DetachInternetGateway(ctx, &sdk.DetachInternetGatewayInput{InternetGatewayId: aws.String(id), VpcId: aws.String(vpc)})
		if awsapi.Is(err, "Gateway.NotAttached") {
			return nil
		}
		return err
	})
}

func (k *internetGateways) Delete(ctx context.Context, have engine.Live) error {
	gateway, exists, err := k.get(ctx, have.ID)
	if err == nil && !exists {
		return nil
	}
	for _, attachment := range gateway.Attachments {
		if err == nil {
			err = k.detach(ctx, have.ID, aws.ToString(attachment.VpcId))
		}
	}
	if err == nil {
		w := awsapi.Waiting{What: have.ID + " to be detached", Limit: 10 * time.Minute}
		nobody := func(context.Context) string { return "" }
		err = deleteWhenFree(ctx, k.c, w, nobody, func(ctx context.Context) error {
			_, err := awsapi.EC2(k.c).DeleteInternetGateway(ctx, &sdk.DeleteInternetGatewayInput{InternetGatewayId: aws.String(have.ID)})
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("deleting %s: %w", have.ID, err)
	}
	return nil
}

// Wait has nothing to do: Create and Update return when the gateway is attached.
func (k *internetGateways) Wait(_ context.Context, have engine.Live) (engine.Live, error) {
	return have, nil
}
