package ec2

import (
	"context"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// DescribeAccountAttributes tells what the account may have. There is no default
// network.
func (s *Service) DescribeAccountAttributes(_ context.Context, in *sdk.DescribeAccountAttributesInput) (*sdk.DescribeAccountAttributesOutput, error) {
	out := &sdk.DescribeAccountAttributesOutput{}
	for _, attribute := range []struct{ name, value string }{
		{"supported-platforms", "VPC"},
		{"default-vpc", "none"},
		{"max-instances", "20"},
		{"max-elastic-ips", strconv.Itoa(s.Quotas.Addresses)},
		{"vpc-max-elastic-ips", strconv.Itoa(s.Quotas.Addresses)},
		{"vpc-max-security-groups-per-interface", strconv.Itoa(s.Quotas.GroupsPerInterface)},
	} {
		if len(in.AttributeNames) == 0 || slices.Contains(in.AttributeNames, types.AccountAttributeName(attribute.name)) {
			out.AccountAttributes = append(out.AccountAttributes, types.AccountAttribute{
				AttributeName:   aws.String(attribute.name),
				AttributeValues: []types.AccountAttributeValue{{AttributeValue: aws.String(attribute.value)}},
			})
		}
	}
	return out, nil
}
