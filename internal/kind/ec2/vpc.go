package ec2

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// VPC is a network. Outputs: id.
type VPC struct {
	// CIDRBlock is /16 to /28, with the host bits clear: 10.0.0.0/16.
	CIDRBlock string `json:"cidr_block" stack:"create"`
	// EnableDNSHostnames needs EnableDNSSupport.
	EnableDNSSupport   bool `json:"enable_dns_support"`
	EnableDNSHostnames bool `json:"enable_dns_hostnames"`
}

// Kind names the kind.
func (*VPC) Kind() string { return "ec2/vpc" }

type vpcs struct {
	c *awsapi.Clients
	*objects[types.Vpc]
}

func newVPC(c *awsapi.Clients) engine.Kind {
	return &vpcs{c, newObjects(c, objects[types.Vpc]{
		describe: func(ctx context.Context, filters ...types.Filter) ([]types.Vpc, error) {
			return allPages(ctx, sdk.NewDescribeVpcsPaginator(c.EC2Pages(), &sdk.DescribeVpcsInput{Filters: filters}),
				func(out *sdk.DescribeVpcsOutput) []types.Vpc { return out.Vpcs })
		},
		idFilter: "vpc-id",
		id:       func(vpc types.Vpc) string { return aws.ToString(vpc.VpcId) },
		tags:     func(vpc types.Vpc) []types.Tag { return vpc.Tags },
	})}
}

func (k *vpcs) Name() string { return (*VPC)(nil).Kind() }

// List reads the attributes of the stack's own VPCs only: they can be had one at
// a time (aws-facts §2.1).
func (k *vpcs) List(ctx context.Context, scope engine.Scope) ([]engine.Live, error) {
	return k.list(ctx, scope, func(ctx context.Context, vpc types.Vpc) (engine.Live, error) {
		id := aws.ToString(vpc.VpcId)
		support, err := k.attribute(ctx, id, types.VpcAttributeNameEnableDnsSupport)
		if err != nil {
			return engine.Live{}, err
		}
		hostnames, err := k.attribute(ctx, id, types.VpcAttributeNameEnableDnsHostnames)
		if err != nil {
			return engine.Live{}, err
		}
		live := showVPC(vpc)
		live.Spec = &VPC{CIDRBlock: aws.ToString(vpc.CidrBlock), EnableDNSSupport: support, EnableDNSHostnames: hostnames}
		return live, nil
	})
}

// showVPC returns what Describe tells of a VPC, with the attributes that a new one has.
func showVPC(vpc types.Vpc) engine.Live {
	id := aws.ToString(vpc.VpcId)
	return engine.Live{
		ID:   id,
		Out:  map[string]string{"id": id, "state": string(vpc.State)},
		Spec: &VPC{CIDRBlock: aws.ToString(vpc.CidrBlock), EnableDNSSupport: true},
		Tags: tagMap(vpc.Tags),
	}
}

func (k *vpcs) Create(ctx context.Context, want engine.Want) (engine.Live, error) {
	wanted := spec[*VPC](want.Spec)
	out, err := awsapi.EC2(k.c).CreateVpc(ctx, &sdk.CreateVpcInput{
		CidrBlock:         aws.String(wanted.CIDRBlock),
		TagSpecifications: tagged(types.ResourceTypeVpc, want.Tags),
	}, unrepeated)
	if err != nil {
		return engine.Live{}, fmt.Errorf("creating VPC %s: %w", wanted.CIDRBlock, uncertain(err))
	}
	live := showVPC(*out.Vpc)
	live.Key, live.Tags = want.Key, want.Tags
	return k.Update(ctx, live, want, stack.Compare(want.Spec, live.Spec))
}

func (k *vpcs) Update(ctx context.Context, have engine.Live, want engine.Want, diff stack.Diff) (engine.Live, error) {
	wanted, now := spec[*VPC](want.Spec), *spec[*VPC](have.Spec)
	have.Spec = &now
	type change struct {
		path  string
		name  types.VpcAttributeName
		want  bool
		shown *bool
	}
	changes := []change{
		{"enable_dns_support", types.VpcAttributeNameEnableDnsSupport, wanted.EnableDNSSupport, &now.EnableDNSSupport},
		{"enable_dns_hostnames", types.VpcAttributeNameEnableDnsHostnames, wanted.EnableDNSHostnames, &now.EnableDNSHostnames},
	}
	if !wanted.EnableDNSSupport {
		// Host names need DNS support, so they go first (aws-facts §2.1).
		slices.Reverse(changes)
	}
	for _, change := range changes {
		if !diff.Has(change.path) {
			continue
		}
		if err := k.setAttribute(ctx, have.ID, change.name, change.want); err != nil {
			return have, fmt.Errorf("setting %s of %s to %t: %w", change.path, have.ID, change.want, err)
		}
		*change.shown = change.want
	}
	return retag(ctx, k.c, have, want)
}

func (k *vpcs) Delete(ctx context.Context, have engine.Live) error {
	err := deleteWhenFree(ctx, k.c, awsapi.Waiting{What: have.ID + " to be empty", Limit: 5 * time.Minute},
		k.residents(have.ID), func(ctx context.Context) error {
			_, err := awsapi.EC2(k.c).DeleteVpc(ctx, &sdk.DeleteVpcInput{VpcId: aws.String(have.ID)})
			return err
		})
	if err != nil {
		return fmt.Errorf("deleting %s: %w", have.ID, err)
	}
	return nil
}

// residents names what is in a VPC and keeps it from being deleted: interfaces,
// else what can be there without any.
func (k *vpcs) residents(id string) func(context.Context) string {
	inVPC := filter("vpc-id", id)
	return func(ctx context.Context) string {
		if names := interfaces(k.c, inVPC)(ctx); names != "" {
			return names
		}
		var names []string
		if out, err := awsapi.EC2(k.c).DescribeSubnets(ctx, &sdk.DescribeSubnetsInput{Filters: []types.Filter{inVPC}}); err == nil {
			for _, subnet := range out.Subnets {
				names = append(names, aws.ToString(subnet.SubnetId))
			}
		}
		if out, err := awsapi.EC2(k.c).DescribeSecurityGroups(ctx, &sdk.DescribeSecurityGroupsInput{Filters: []types.Filter{inVPC}}); err == nil {
			for _, group := range out.SecurityGroups {
				if aws.ToString(group.GroupName) != "default" {
					names = append(names, fmt.Sprintf("%s (%s)", aws.ToString(group.GroupId), aws.ToString(group.GroupName)))
				}
			}
		}
		return enumerate(names)
	}
}

func (k *vpcs) Wait(ctx context.Context, have engine.Live) (engine.Live, error) {
	return k.whenAvailable(ctx, have, awsapi.Waiting{Limit: agreement}, showVPC)
}

// attribute reads one attribute; a call gives no more (aws-facts §2.1).
func (k *vpcs) attribute(ctx context.Context, id string, name types.VpcAttributeName) (bool, error) {
	out, err := awsapi.EC2(k.c).DescribeVpcAttribute(ctx, &sdk.DescribeVpcAttributeInput{VpcId: aws.String(id), Attribute: name})
	if err != nil {
		return false, err
	}
	value := out.EnableDnsSupport
	if name == types.VpcAttributeNameEnableDnsHostnames {
		value = out.EnableDnsHostnames
	}
	return value != nil && aws.ToBool(value.Value), nil
}

// setAttribute changes one attribute, which is all that a call takes, and returns
// when it reads so: the next change may depend on it (aws-facts §2.1).
func (k *vpcs) setAttribute(ctx context.Context, id string, name types.VpcAttributeName, value bool) error {
	in := &sdk.ModifyVpcAttributeInput{VpcId: aws.String(id)}
	if name == types.VpcAttributeNameEnableDnsSupport {
		in.EnableDnsSupport = &types.AttributeBooleanValue{Value: aws.Bool(value)}
	} else {
		in.EnableDnsHostnames = &types.AttributeBooleanValue{Value: aws.Bool(value)}
	}
	err := k.c.Pace.Retry(ctx, propagation, awsapi.IsNotFound, func(ctx context.Context) error {
		_, err := awsapi.EC2(k.c).ModifyVpcAttribute(ctx, in)
		return err
	})
	if err != nil {
		return err
	}
	w := awsapi.Waiting{What: fmt.Sprintf("%s of %s to read %t", name, id, value), Limit: agreement}
	return k.c.Pace.Until(ctx, w, func(ctx context.Context) (bool, string, error) {
		now, err := k.attribute(ctx, id, name)
		if awsapi.IsNotFound(err) {
			return false, "not shown", nil
		}
		return now == value, strconv.FormatBool(now), err
	})
}
