package acctest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

const vpcRange = "10.0.0.0/16"

// PrepareVPC makes, with somebody else's clients, a VPC with an internet gateway
// and two subnets in each of three zones, and sets the variables public_subnet_ids
// and private_subnet_ids. It also makes the certificates and the bucket for logs that
// configurations name.
func PrepareVPC(t *testing.T, lab *Lab) {
	t.Helper()
	AddCertificates(lab)
	lab.Sim.World(Region).AddLogBucket("access-logs")
	c := awsapi.EC2(lab.Clients(t))
	vpc, err := c.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String(vpcRange)})
	if err != nil {
		t.Fatal(err)
	}
	gateway, err := c.CreateInternetGateway(t.Context(), &ec2.CreateInternetGatewayInput{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.AttachInternetGateway(t.Context(), &ec2.AttachInternetGatewayInput{VpcId: vpc.Vpc.VpcId,
		InternetGatewayId: gateway.InternetGateway.InternetGatewayId}); err != nil {
		t.Fatal(err)
	}
	if lab.Variables == nil {
		lab.Variables = map[string]string{}
	}
	for tier, name := range []string{"public_subnet_ids", "private_subnet_ids"} {
		var ids []string
		for zone := range 3 {
			subnet, err := c.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId,
				CidrBlock: aws.String(fmt.Sprintf("10.0.%d.0/24", 10*tier+zone)), AvailabilityZoneId: aws.String(fmt.Sprintf("euw1-az%d", zone+1))})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, `"`+*subnet.Subnet.SubnetId+`"`)
		}
		lab.Variables[name] = "[" + strings.Join(ids, ", ") + "]"
	}
}

// SecurityGroup makes, with somebody else's clients, a security group in the first
// VPC that PrepareVPC made, and returns its id.
func (l *Lab) SecurityGroup(t *testing.T) string {
	t.Helper()
	c := awsapi.EC2(l.Clients(t))
	vpcs, err := c.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{Filters: []types.Filter{{Name: aws.String("cidr"), Values: []string{vpcRange}}}})
	if err != nil || len(vpcs.Vpcs) == 0 {
		t.Fatalf("no VPC: %v", err)
	}
	group, err := c.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{GroupName: aws.String("others"), Description: aws.String("others"), VpcId: vpcs.Vpcs[0].VpcId})
	if err != nil {
		t.Fatal(err)
	}
	return *group.GroupId
}
