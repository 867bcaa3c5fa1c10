package ec2_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/ec2"
)

func tags(pairs ...string) []types.Tag {
	var list []types.Tag
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
	}
	return list
}

func TestTagsOnCreate(t *testing.T) {
	l := newLab(t)
	out := do(t, l.ec2.CreateVpc, &sdk.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16"), TagSpecifications: []types.TagSpecification{
		tagSpec(types.ResourceTypeVpc, "webtier:part", "vpc")}})
	got := do(t, l.ec2.DescribeVpcs, &sdk.DescribeVpcsInput{Filters: filter("tag:webtier:part", "vpc")})
	if len(got.Vpcs) != 1 || *got.Vpcs[0].VpcId != *out.Vpc.VpcId || tagValue(out.Vpc.Tags, "webtier:part") != "vpc" {
		t.Errorf("made %+v, found %+v", out.Vpc, got.Vpcs)
	}
}

func TestBadTagsMakeNothing(t *testing.T) {
	var many []types.Tag
	for i := range 51 {
		many = append(many, types.Tag{Key: aws.String(fmt.Sprint(i))})
	}
	for _, c := range []struct {
		name string
		spec types.TagSpecification
		code string
	}{
		{"of another type", tagSpec(types.ResourceTypeSubnet, "a", "b"), "InvalidParameterValue"},
		{"reserved", tagSpec(types.ResourceTypeVpc, "aws:x", "b"), "InvalidParameterValue"},
		{"long key", tagSpec(types.ResourceTypeVpc, strings.Repeat("k", 129), "b"), "InvalidParameterValue"},
		{"long value", tagSpec(types.ResourceTypeVpc, "k", strings.Repeat("v", 257)), "InvalidParameterValue"},
		{"key twice", types.TagSpecification{ResourceType: types.ResourceTypeVpc, Tags: tags("a", "b", "a", "c")}, "InvalidParameterValue"},
		{"too many", types.TagSpecification{ResourceType: types.ResourceTypeVpc, Tags: many}, "TagLimitExceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			refused(t, l.ec2.CreateVpc, &sdk.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16"), TagSpecifications: []types.TagSpecification{c.spec}}, c.code, "")
			if n := len(do(t, l.ec2.DescribeVpcs, &sdk.DescribeVpcsInput{}).Vpcs); n != 1 {
				t.Errorf("%d VPCs", n)
			}
		})
	}
}

func TestCreateTagsOfAllOrNone(t *testing.T) {
	l := newLab(t)
	refused(t, l.ec2.CreateTags, &sdk.CreateTagsInput{Resources: []string{l.vpc, "igw-00000000000000000"}, Tags: tags("a", "b")}, "InvalidInternetGatewayID.NotFound", "")
	refused(t, l.ec2.CreateTags, &sdk.CreateTagsInput{Resources: []string{"thing-1"}, Tags: tags("a", "b")}, "InvalidID", "")
	if n := len(do(t, l.ec2.DescribeTags, &sdk.DescribeTagsInput{}).Tags); n != 0 {
		t.Errorf("%d tags", n)
	}
	do(t, l.ec2.CreateTags, &sdk.CreateTagsInput{Resources: []string{l.vpc, l.subnets[0], l.group}, Tags: tags("a", "b", "c", "d")})
	got := do(t, l.ec2.DescribeTags, &sdk.DescribeTagsInput{Filters: append(filter("resource-id", l.vpc, l.group), filter("key", "a")...)}).Tags
	if len(got) != 2 {
		t.Errorf("tags: %+v", got)
	}
}

func TestDeleteTagsByValue(t *testing.T) {
	l := newLab(t)
	do(t, l.ec2.CreateTags, &sdk.CreateTagsInput{Resources: []string{l.vpc}, Tags: tags("a", "1", "b", "2", "c", "3")})
	do(t, l.ec2.DeleteTags, &sdk.DeleteTagsInput{Resources: []string{l.vpc}, Tags: []types.Tag{{Key: aws.String("a")}, {Key: aws.String("b"), Value: aws.String("other")}}})
	got := do(t, l.ec2.DescribeVpcs, &sdk.DescribeVpcsInput{}).Vpcs[0].Tags
	if len(got) != 2 || tagValue(got, "b") != "2" {
		t.Errorf("tags: %+v", got)
	}
	do(t, l.ec2.DeleteTags, &sdk.DeleteTagsInput{Resources: []string{l.vpc}})
	if got := do(t, l.ec2.DescribeVpcs, &sdk.DescribeVpcsInput{}).Vpcs[0].Tags; len(got) != 0 {
		t.Errorf("tags: %+v", got)
	}
}

func TestTagsGoWithTheirResource(t *testing.T) {
	l := newLab(t)
	do(t, l.ec2.CreateTags, &sdk.CreateTagsInput{Resources: []string{l.subnets[0]}, Tags: tags("a", "b")})
	do(t, l.ec2.DeleteSubnet, &sdk.DeleteSubnetInput{SubnetId: &l.subnets[0]})
	if n := len(do(t, l.ec2.DescribeTags, &sdk.DescribeTagsInput{}).Tags); n != 0 {
		t.Errorf("%d tags stayed", n)
	}
	refused(t, l.ec2.CreateTags, &sdk.CreateTagsInput{Resources: []string{l.subnets[0]}, Tags: tags("a", "b")}, "InvalidSubnetID.NotFound", "")
}

func TestInventoryListsWhatTheUserMade(t *testing.T) {
	l := newLab(t)
	do(t, l.ec2.CreateTags, &sdk.CreateTagsInput{Resources: []string{l.vpc}, Tags: tags("webtier:part", "vpc")})
	if _, _, _, err := l.ec2.AddInterface(ec2.InterfaceSpec{SubnetID: l.subnets[0], RequesterManaged: true}); err != nil {
		t.Fatal(err)
	}
	got := l.ec2.Inventory()
	want := []string{"ec2 vpc " + l.vpc + " vpc"}
	for _, id := range l.subnets {
		want = append(want, "ec2 subnet "+id+" -")
	}
	want = append(want, "ec2 security-group "+l.group+" -")
	if !slices.Equal(got, want) {
		t.Errorf("inventory:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestDryRunMakesNothing(t *testing.T) {
	l := newLab(t)
	refused(t, l.ec2.CreateVpc, &sdk.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16"), DryRun: aws.Bool(true)}, "DryRunOperation", "")
	if n := len(do(t, l.ec2.DescribeVpcs, &sdk.DescribeVpcsInput{}).Vpcs); n != 1 {
		t.Errorf("%d VPCs", n)
	}
}
