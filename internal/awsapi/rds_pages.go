package awsapi

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/rds"
)

// RDSPages offers the paginated reads of RDS to the SDK's paginators, as EC2Pages does.
type RDSPages struct{ c *Clients }

// RDSPages returns what the paginators of RDS read with.
func (c *Clients) RDSPages() RDSPages { return RDSPages{c} }

// DescribeBlueGreenDeployments implements the paginator's client.
func (p RDSPages) DescribeBlueGreenDeployments(ctx context.Context, in *rds.DescribeBlueGreenDeploymentsInput, options ...func(*rds.Options)) (*rds.DescribeBlueGreenDeploymentsOutput, error) {
	return RDS(p.c).DescribeBlueGreenDeployments(ctx, in, options...)
}

// DescribeDBClusterParameterGroups implements the paginator's client.
func (p RDSPages) DescribeDBClusterParameterGroups(ctx context.Context, in *rds.DescribeDBClusterParameterGroupsInput, options ...func(*rds.Options)) (*rds.DescribeDBClusterParameterGroupsOutput, error) {
	return RDS(p.c).DescribeDBClusterParameterGroups(ctx, in, options...)
}

// DescribeDBClusterParameters implements the paginator's client.
func (p RDSPages) DescribeDBClusterParameters(ctx context.Context, in *rds.DescribeDBClusterParametersInput, options ...func(*rds.Options)) (*rds.DescribeDBClusterParametersOutput, error) {
	return RDS(p.c).DescribeDBClusterParameters(ctx, in, options...)
}

// DescribeDBClusters implements the paginator's client.
func (p RDSPages) DescribeDBClusters(ctx context.Context, in *rds.DescribeDBClustersInput, options ...func(*rds.Options)) (*rds.DescribeDBClustersOutput, error) {
	return RDS(p.c).DescribeDBClusters(ctx, in, options...)
}

// DescribeDBEngineVersions implements the paginator's client.
func (p RDSPages) DescribeDBEngineVersions(ctx context.Context, in *rds.DescribeDBEngineVersionsInput, options ...func(*rds.Options)) (*rds.DescribeDBEngineVersionsOutput, error) {
	return RDS(p.c).DescribeDBEngineVersions(ctx, in, options...)
}

// DescribeDBInstances implements the paginator's client.
func (p RDSPages) DescribeDBInstances(ctx context.Context, in *rds.DescribeDBInstancesInput, options ...func(*rds.Options)) (*rds.DescribeDBInstancesOutput, error) {
	return RDS(p.c).DescribeDBInstances(ctx, in, options...)
}

// DescribeDBParameterGroups implements the paginator's client.
func (p RDSPages) DescribeDBParameterGroups(ctx context.Context, in *rds.DescribeDBParameterGroupsInput, options ...func(*rds.Options)) (*rds.DescribeDBParameterGroupsOutput, error) {
	return RDS(p.c).DescribeDBParameterGroups(ctx, in, options...)
}

// DescribeDBParameters implements the paginator's client.
func (p RDSPages) DescribeDBParameters(ctx context.Context, in *rds.DescribeDBParametersInput, options ...func(*rds.Options)) (*rds.DescribeDBParametersOutput, error) {
	return RDS(p.c).DescribeDBParameters(ctx, in, options...)
}

// DescribeDBSubnetGroups implements the paginator's client.
func (p RDSPages) DescribeDBSubnetGroups(ctx context.Context, in *rds.DescribeDBSubnetGroupsInput, options ...func(*rds.Options)) (*rds.DescribeDBSubnetGroupsOutput, error) {
	return RDS(p.c).DescribeDBSubnetGroups(ctx, in, options...)
}

// DescribeEventSubscriptions implements the paginator's client.
func (p RDSPages) DescribeEventSubscriptions(ctx context.Context, in *rds.DescribeEventSubscriptionsInput, options ...func(*rds.Options)) (*rds.DescribeEventSubscriptionsOutput, error) {
	return RDS(p.c).DescribeEventSubscriptions(ctx, in, options...)
}

// DescribeEvents implements the paginator's client.
func (p RDSPages) DescribeEvents(ctx context.Context, in *rds.DescribeEventsInput, options ...func(*rds.Options)) (*rds.DescribeEventsOutput, error) {
	return RDS(p.c).DescribeEvents(ctx, in, options...)
}

// DescribeOrderableDBInstanceOptions implements the paginator's client.
func (p RDSPages) DescribeOrderableDBInstanceOptions(ctx context.Context, in *rds.DescribeOrderableDBInstanceOptionsInput, options ...func(*rds.Options)) (*rds.DescribeOrderableDBInstanceOptionsOutput, error) {
	return RDS(p.c).DescribeOrderableDBInstanceOptions(ctx, in, options...)
}
