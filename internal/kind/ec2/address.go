package ec2

import (
	"cmp"
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

// Address is a public address that stays the same (an Elastic IP). Outputs: id
// (the allocation id), public_ip.
type Address struct{}

// Kind names the kind.
func (*Address) Kind() string { return "ec2/address" }

type addresses struct {
	c *awsapi.Clients
	*objects[types.Address]
}

func newAddress(c *awsapi.Clients) engine.Kind {
	return &addresses{c, newObjects(c, objects[types.Address]{
		describe: func(ctx context.Context, filters ...types.Filter) ([]types.Address, error) {
			// There is only one page (aws-facts §2.4).
			out, err := awsapi.EC2(c).DescribeAddresses(ctx, &sdk.DescribeAddressesInput{Filters: filters})
			if err != nil {
				return nil, err
			}
			return out.Addresses, nil
		},
		idFilter: "allocation-id",
		id:       func(address types.Address) string { return aws.ToString(address.AllocationId) },
		tags:     func(address types.Address) []types.Tag { return address.Tags },
	})}
}

func (k *addresses) Name() string { return (*Address)(nil).Kind() }

func (k *addresses) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return k.list(ctx, scope, func(_ context.Context, address types.Address) (engine.Live, error) {
		return showAddress(aws.ToString(address.AllocationId), aws.ToString(address.PublicIp)), nil
	})
}

func showAddress(id, ip string) engine.Live {
	return engine.Live{ID: id, Out: map[string]string{"id": id, "public_ip": ip}, Spec: &Address{}}
}

func (k *addresses) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	out, err := awsapi.EC2(k.c).AllocateAddress(ctx, &sdk.AllocateAddressInput{
		Domain:            types.DomainTypeVpc,
		TagSpecifications: tagged(types.ResourceTypeElasticIp, want.Tags),
	}, unrepeated)
	if err != nil {
		return engine.Live{}, fmt.Errorf("allocating Elastic IP address: %w", uncertain(err))
	}
	live := showAddress(aws.ToString(out.AllocationId), aws.ToString(out.PublicIp))
	live.Key, live.Tags = want.Key, want.Tags
	return live, nil
}

func (k *addresses) Update(ctx context.Context, have engine.Live, want engine.Want, _ stack.Diff) (engine.Live, error) {
	return retag(ctx, k.c, have, want)
}

// Delete waits for a NAT gateway to let go of the address. AuthFailure says that
// one still holds it, or that the address is not ours any more (aws-facts §2.4):
// which, a look tells.
func (k *addresses) Delete(ctx context.Context, have engine.Live) error {
	w := awsapi.Waiting{What: have.ID + " to be free", Limit: 3 * time.Minute}
	holder := func(ctx context.Context) string {
		address, _, err := k.get(ctx, have.ID)
		if err != nil {
			return ""
		}
		return cmp.Or(aws.ToString(address.InstanceId), aws.ToString(address.NetworkInterfaceId))
	}
	err := deleteWhenFree(ctx, k.c, w, holder, func(ctx context.Context) error {
		_, err := awsapi.EC2(k.c).ReleaseAddress(ctx, &sdk.ReleaseAddressInput{AllocationId: aws.String(have.ID)})
		if awsapi.Is(err, "AuthFailure") {
			if _, exists, lookErr := k.get(ctx, have.ID); lookErr == nil && !exists {
				return nil
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("releasing %s (%s): %w", have.ID, have.Out["public_ip"], err)
	}
	return nil
}

// Wait has nothing to do: an address can be used at once.
func (k *addresses) Wait(_ context.Context, have engine.Live) (engine.Live, error) { return have, nil }
