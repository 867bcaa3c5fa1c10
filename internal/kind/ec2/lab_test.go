package ec2

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// must returns the output of a raw call that has to succeed.
func must[T any](t *testing.T) func(T, error) T {
	return func(out T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func rawVPC(t *testing.T, c *awsapi.Clients) string {
	t.Helper()
	out := must[*sdk.CreateVpcOutput](t)(awsapi.EC2(c).CreateVpc(t.Context(), &sdk.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}))
	return *out.Vpc.VpcId
}

func rawSubnet(t *testing.T, c *awsapi.Clients, vpc, block string) string {
	t.Helper()
	out := must[*sdk.CreateSubnetOutput](t)(awsapi.EC2(c).CreateSubnet(t.Context(), &sdk.CreateSubnetInput{
		VpcId: aws.String(vpc), CidrBlock: aws.String(block), AvailabilityZoneId: aws.String("euw1-az1")}))
	return *out.Subnet.SubnetId
}

// rawGateway makes an internet gateway and attaches it to the VPC, if one is given.
func rawGateway(t *testing.T, c *awsapi.Clients, vpc string) string {
	t.Helper()
	out := must[*sdk.CreateInternetGatewayOutput](t)(awsapi.EC2(c).CreateInternetGateway(t.Context(), &sdk.CreateInternetGatewayInput{}))
	id := *out.InternetGateway.InternetGatewayId
	if vpc != "" {
		must[*sdk.AttachInternetGatewayOutput](t)(awsapi.EC2(c).AttachInternetGateway(t.Context(),
			&sdk.AttachInternetGatewayInput{InternetGatewayId: aws.String(id), VpcId: aws.String(vpc)}))
	}
	return id
}

func rawAddress(t *testing.T, c *awsapi.Clients) string {
	t.Helper()
	return *must[*sdk.AllocateAddressOutput](t)(awsapi.EC2(c).AllocateAddress(t.Context(), &sdk.AllocateAddressInput{Domain: types.DomainTypeVpc})).AllocationId
}

func rawRouteTable(t *testing.T, c *awsapi.Clients, vpc string) string {
	t.Helper()
	return *must[*sdk.CreateRouteTableOutput](t)(awsapi.EC2(c).CreateRouteTable(t.Context(), &sdk.CreateRouteTableInput{VpcId: aws.String(vpc)})).RouteTable.RouteTableId
}

// untag removes all tags of an object.
func untag(t *testing.T, c *awsapi.Clients, live engine.Live) {
	t.Helper()
	must[*sdk.DeleteTagsOutput](t)(awsapi.EC2(c).DeleteTags(t.Context(), &sdk.DeleteTagsInput{Resources: []string{live.ID}}))
}

// part returns what the engine hands to Create for a part of the stack shop.
func part(s stack.Spec) engine.Want {
	of := stack.New(stack.ID{Type: "network", Name: "shop"}, nil)
	of.Add("it", s)
	p, _ := of.Part("it")
	return engine.Want{Stack: of.ID, Key: p.Key, Spec: s, Tags: of.TagsOf(p)}
}
