package ec2

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// Subnet is a block of a VPC's addresses in one zone. Outputs: id,
// availability_zone (the zone's name).
//
// A subnet cannot move: one in another zone needs a block of its own, for the old
// subnet holds its block until nothing uses it any more.
type Subnet struct {
	VPC stack.Ref `json:"vpc" stack:"create"`
	// CIDRBlock has its host bits clear: 10.0.1.0/24.
	CIDRBlock string `json:"cidr_block" stack:"create"`
	// AvailabilityZoneID means the same zone in every account: euw1-az1.
	AvailabilityZoneID  string `json:"availability_zone_id" stack:"create"`
	MapPublicIPOnLaunch bool   `json:"map_public_ip_on_launch"`
}

// Kind names the kind.
func (*Subnet) Kind() string { return "ec2/subnet" }

type subnets struct {
	c *awsapi.Clients
	*objects[types.Subnet]
}

func newSubnet(c *awsapi.Clients) engine.Kind {
	return &subnets{c, newObjects(c, objects[types.Subnet]{
		describe: func(ctx context.Context, filters ...types.Filter) ([]types.Subnet, error) {
			return allPages(ctx, sdk.NewDescribeSubnetsPaginator(c.EC2Pages(), &sdk.DescribeSubnetsInput{Filters: filters}),
				func(out *sdk.DescribeSubnetsOutput) []types.Subnet { return out.Subnets })
		},
		idFilter: "subnet-id",
		id:       func(subnet types.Subnet) string { return aws.ToString(subnet.SubnetId) },
		tags:     func(subnet types.Subnet) []types.Tag { return subnet.Tags },
	})}
}

func (k *subnets) Name() string { return (*Subnet)(nil).Kind() }

func (k *subnets) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return k.list(ctx, scope, func(_ context.Context, subnet types.Subnet) (engine.Live, error) { return showSubnet(subnet), nil })
}

func showSubnet(subnet types.Subnet) engine.Live {
	id := aws.ToString(subnet.SubnetId)
	return engine.Live{
		ID: id,
		Out: map[string]string{
			"id":                id,
			"availability_zone": aws.ToString(subnet.AvailabilityZone),
			"state":             string(subnet.State),
		},
		Spec: &Subnet{
			VPC:                 stack.Literal(aws.ToString(subnet.VpcId)),
			CIDRBlock:           aws.ToString(subnet.CidrBlock),
			AvailabilityZoneID:  aws.ToString(subnet.AvailabilityZoneId),
			MapPublicIPOnLaunch: aws.ToBool(subnet.MapPublicIpOnLaunch),
		},
		Tags: tagMap(subnet.Tags),
	}
}

func (k *subnets) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	subnet, err := k.create(ctx, want)
	if err != nil {
		wanted := spec[*Subnet](want.Spec)
		return engine.Live{}, fmt.Errorf("creating subnet %s in %s, zone %s: %w", wanted.CIDRBlock, wanted.VPC, wanted.AvailabilityZoneID, err)
	}
	live := showSubnet(subnet)
	live.Key = want.Key
	return k.Update(ctx, live, want, stack.Compare(want.Spec, live.Spec))
}

// create needs no token: a block can be had once, so that what an earlier,
// unanswered call made is found behind the conflict (aws-facts §17).
func (k *subnets) create(ctx context.Context, want engine.Want) (types.Subnet, error) {
	wanted := spec[*Subnet](want.Spec)
	var made types.Subnet
	err := k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
		out, err := awsapi.EC2(k.c).CreateSubnet(ctx, &sdk.CreateSubnetInput{
			VpcId:              aws.String(wanted.VPC.String()),
			CidrBlock:          aws.String(wanted.CIDRBlock),
			AvailabilityZoneId: aws.String(wanted.AvailabilityZoneID),
			TagSpecifications:  tagged(types.ResourceTypeSubnet, want.Tags),
		})
		if err == nil {
			made = *out.Subnet
		}
		return err
	})
	if awsapi.Is(err, "InvalidSubnet.Conflict") {
		return k.adopt(ctx, want, err)
	}
	return made, err
}

// adopt returns the subnet that holds the block, if it is the wanted one.
func (k *subnets) adopt(ctx context.Context, want engine.Want, conflict error) (types.Subnet, error) {
	wanted := spec[*Subnet](want.Spec)
	var holder types.Subnet
	w := awsapi.Waiting{What: "the subnet that holds " + wanted.CIDRBlock + " to be shown", Limit: seenWithin}
	err := k.c.Pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
		all, err := k.describe(ctx, filter("vpc-id", wanted.VPC.String()))
		for _, subnet := range all {
			if overlap(wanted.CIDRBlock, aws.ToString(subnet.CidrBlock)) {
				holder = subnet
				return true, "", nil
			}
		}
		return false, "not shown", err
	})
	if err != nil {
		return holder, fmt.Errorf("%w: %w", conflict, err)
	}
	live := showSubnet(holder)
	if isOurs(live.Tags, want) && !stack.Compare(wanted, live.Spec).Replaces() {
		return holder, nil
	}
	return holder, fmt.Errorf("%w: %s (%s, zone %s; %s) holds these addresses: use another block, or delete that subnet first", conflict,
		live.ID, aws.ToString(holder.CidrBlock), aws.ToString(holder.AvailabilityZoneId), owner(live.Tags))
}

func overlap(a, b string) bool {
	first, err := netip.ParsePrefix(a)
	if err != nil {
		return false
	}
	second, err := netip.ParsePrefix(b)
	return err == nil && first.Overlaps(second)
}

func (k *subnets) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	wanted, now := spec[*Subnet](want.Spec), *spec[*Subnet](have.Spec)
	have.Spec = &now
	if diff.Has("map_public_ip_on_launch") {
		if err := k.setMapPublicIP(ctx, have.ID, wanted.MapPublicIPOnLaunch); err != nil {
			return have, fmt.Errorf("setting map_public_ip_on_launch of %s to %t: %w", have.ID, wanted.MapPublicIPOnLaunch, err)
		}
		now.MapPublicIPOnLaunch = wanted.MapPublicIPOnLaunch
	}
	return retag(ctx, k.c, have, want)
}

// setMapPublicIP returns when the attribute reads as set (aws-facts §2.2).
func (k *subnets) setMapPublicIP(ctx context.Context, id string, value bool) error {
	err := k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
		_, err := awsapi.EC2(k.c).ModifySubnetAttribute(ctx, &sdk.ModifySubnetAttributeInput{
			SubnetId:            aws.String(id),
			MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: aws.Bool(value)},
		})
		return err
	})
	if err != nil {
		return err
	}
	w := awsapi.Waiting{What: fmt.Sprintf("map_public_ip_on_launch of %s to read %t", id, value), Limit: agreement}
	_, err = k.await(ctx, id, w, func(subnet types.Subnet) (bool, string, error) {
		now := aws.ToBool(subnet.MapPublicIpOnLaunch)
		return now == value, strconv.FormatBool(now), nil
	})
	return err
}

// Delete waits for interfaces that AWS removes by itself, such as those of a
// deleted load balancer; they cannot be removed by anybody else (aws-facts §2.2).
func (k *subnets) Delete(ctx context.Context, have engine.Live) error {
	w := awsapi.Waiting{What: have.ID + " to have no network interfaces", Expect: time.Minute, Limit: 20 * time.Minute}
	err := deleteWhenFree(ctx, k.c, w, interfaces(k.c, filter("subnet-id", have.ID)), func(ctx context.Context) error {
		_, err := awsapi.EC2(k.c).DeleteSubnet(ctx, &sdk.DeleteSubnetInput{SubnetId: aws.String(have.ID)})
		return err
	})
	if err != nil {
		return fmt.Errorf("deleting %s: %w", have.ID, err)
	}
	return nil
}

func (k *subnets) Wait(ctx context.Context, have engine.Live) (engine.Live, error) {
	return k.whenAvailable(ctx, have, awsapi.Waiting{Limit: agreement}, showSubnet)
}
