package awsapi

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// EC2Pages offers the paginated reads of EC2 to the SDK's paginators, which take an
// interface: given the client itself they would make the linker keep all of it.
type EC2Pages struct{ c *Clients }

// EC2Pages returns what the paginators of EC2 read with.
func (c *Clients) EC2Pages() EC2Pages { return EC2Pages{c} }

// DescribeFlowLogs implements the paginator's client.
func (p EC2Pages) DescribeFlowLogs(ctx context.Context, in *ec2.DescribeFlowLogsInput, options ...func(*ec2.Options)) (*ec2.DescribeFlowLogsOutput, error) {
	return EC2(p.c).DescribeFlowLogs(ctx, in, options...)
}

// DescribeImages implements the paginator's client.
func (p EC2Pages) DescribeImages(ctx context.Context, in *ec2.DescribeImagesInput, options ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error) {
	return EC2(p.c).DescribeImages(ctx, in, options...)
}

// DescribeInstances implements the paginator's client.
func (p EC2Pages) DescribeInstances(ctx context.Context, in *ec2.DescribeInstancesInput, options ...func(*ec2.Options)) (*ec2.DescribeInstancesOutput, error) {
	return EC2(p.c).DescribeInstances(ctx, in, options...)
}

// DescribeInstanceTypeOfferings implements the paginator's client.
func (p EC2Pages) DescribeInstanceTypeOfferings(ctx context.Context, in *ec2.DescribeInstanceTypeOfferingsInput, options ...func(*ec2.Options)) (*ec2.DescribeInstanceTypeOfferingsOutput, error) {
	return EC2(p.c).DescribeInstanceTypeOfferings(ctx, in, options...)
}

// DescribeInternetGateways implements the paginator's client.
func (p EC2Pages) DescribeInternetGateways(ctx context.Context, in *ec2.DescribeInternetGatewaysInput, options ...func(*ec2.Options)) (*ec2.DescribeInternetGatewaysOutput, error) {
	return EC2(p.c).DescribeInternetGateways(ctx, in, options...)
}

// DescribeLaunchTemplateVersions implements the paginator's client.
func (p EC2Pages) DescribeLaunchTemplateVersions(ctx context.Context, in *ec2.DescribeLaunchTemplateVersionsInput, options ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplateVersionsOutput, error) {
	return EC2(p.c).DescribeLaunchTemplateVersions(ctx, in, options...)
}

// DescribeLaunchTemplates implements the paginator's client.
func (p EC2Pages) DescribeLaunchTemplates(ctx context.Context, in *ec2.DescribeLaunchTemplatesInput, options ...func(*ec2.Options)) (*ec2.DescribeLaunchTemplatesOutput, error) {
	return EC2(p.c).DescribeLaunchTemplates(ctx, in, options...)
}

// DescribeNatGateways implements the paginator's client.
func (p EC2Pages) DescribeNatGateways(ctx context.Context, in *ec2.DescribeNatGatewaysInput, options ...func(*ec2.Options)) (*ec2.DescribeNatGatewaysOutput, error) {
	return EC2(p.c).DescribeNatGateways(ctx, in, options...)
}

// DescribeNetworkInterfaces implements the paginator's client.
func (p EC2Pages) DescribeNetworkInterfaces(ctx context.Context, in *ec2.DescribeNetworkInterfacesInput, options ...func(*ec2.Options)) (*ec2.DescribeNetworkInterfacesOutput, error) {
	return EC2(p.c).DescribeNetworkInterfaces(ctx, in, options...)
}

// DescribeRouteTables implements the paginator's client.
func (p EC2Pages) DescribeRouteTables(ctx context.Context, in *ec2.DescribeRouteTablesInput, options ...func(*ec2.Options)) (*ec2.DescribeRouteTablesOutput, error) {
	return EC2(p.c).DescribeRouteTables(ctx, in, options...)
}

// DescribeSecurityGroupRules implements the paginator's client.
func (p EC2Pages) DescribeSecurityGroupRules(ctx context.Context, in *ec2.DescribeSecurityGroupRulesInput, options ...func(*ec2.Options)) (*ec2.DescribeSecurityGroupRulesOutput, error) {
	return EC2(p.c).DescribeSecurityGroupRules(ctx, in, options...)
}

// DescribeSecurityGroups implements the paginator's client.
func (p EC2Pages) DescribeSecurityGroups(ctx context.Context, in *ec2.DescribeSecurityGroupsInput, options ...func(*ec2.Options)) (*ec2.DescribeSecurityGroupsOutput, error) {
	return EC2(p.c).DescribeSecurityGroups(ctx, in, options...)
}

// DescribeSnapshots implements the paginator's client.
func (p EC2Pages) DescribeSnapshots(ctx context.Context, in *ec2.DescribeSnapshotsInput, options ...func(*ec2.Options)) (*ec2.DescribeSnapshotsOutput, error) {
	return EC2(p.c).DescribeSnapshots(ctx, in, options...)
}

// DescribeSubnets implements the paginator's client.
func (p EC2Pages) DescribeSubnets(ctx context.Context, in *ec2.DescribeSubnetsInput, options ...func(*ec2.Options)) (*ec2.DescribeSubnetsOutput, error) {
	return EC2(p.c).DescribeSubnets(ctx, in, options...)
}

// DescribeVpcEndpoints implements the paginator's client.
func (p EC2Pages) DescribeVpcEndpoints(ctx context.Context, in *ec2.DescribeVpcEndpointsInput, options ...func(*ec2.Options)) (*ec2.DescribeVpcEndpointsOutput, error) {
	return EC2(p.c).DescribeVpcEndpoints(ctx, in, options...)
}

// DescribeVpcs implements the paginator's client.
func (p EC2Pages) DescribeVpcs(ctx context.Context, in *ec2.DescribeVpcsInput, options ...func(*ec2.Options)) (*ec2.DescribeVpcsOutput, error) {
	return EC2(p.c).DescribeVpcs(ctx, in, options...)
}
