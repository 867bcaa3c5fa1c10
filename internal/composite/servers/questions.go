package servers

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

// What the resources ask about things that belong to none of them. They ask by
// filter where they can: by id, one that does not exist fails a call as a whole
// (aws-facts §16).
var (
	images = awsapi.Question[string, ec2types.Image]{Most: 100, Fetch: func(ctx context.Context, c *awsapi.Clients, ids []string) (map[string]ec2types.Image, error) {
		out, err := awsapi.EC2(c).DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: ids})
		if awsapi.IsNotFound(err) && len(ids) == 1 {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return byID(out.Images, func(i ec2types.Image) *string { return i.ImageId }), nil
	}}
	snapshots = awsapi.Question[string, ec2types.Snapshot]{Most: 100, Fetch: func(ctx context.Context, c *awsapi.Clients, ids []string) (map[string]ec2types.Snapshot, error) {
		out, err := awsapi.EC2(c).DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{Filters: filter("snapshot-id", ids)})
		if err != nil {
			return nil, err
		}
		return byID(out.Snapshots, func(s ec2types.Snapshot) *string { return s.SnapshotId }), nil
	}}
	instanceTypes = awsapi.Question[string, ec2types.InstanceTypeInfo]{Most: 100, Fetch: func(ctx context.Context, c *awsapi.Clients, names []string) (map[string]ec2types.InstanceTypeInfo, error) {
		out, err := awsapi.EC2(c).DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{Filters: filter("instance-type", names)})
		if err != nil {
			return nil, err
		}
		return byID(out.InstanceTypes, func(t ec2types.InstanceTypeInfo) *string { return (*string)(&t.InstanceType) }), nil
	}}
	// offerings are the zones that offer a type.
	offerings      = awsapi.Question[string, []string]{Most: 100, Fetch: fetchOfferings}
	subnets        = awsapi.Question[string, ec2types.Subnet]{Most: 200, Fetch: fetchSubnets}
	securityGroups = awsapi.Question[string, ec2types.SecurityGroup]{Most: 200, Fetch: func(ctx context.Context, c *awsapi.Clients, ids []string) (map[string]ec2types.SecurityGroup, error) {
		out, err := awsapi.EC2(c).DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: filter("group-id", ids)})
		if err != nil {
			return nil, err
		}
		return byID(out.SecurityGroups, func(g ec2types.SecurityGroup) *string { return g.GroupId }), nil
	}}
	profiles = awsapi.Question[string, iamtypes.InstanceProfile]{Most: 1, Fetch: func(ctx context.Context, c *awsapi.Clients, names []string) (map[string]iamtypes.InstanceProfile, error) {
		out, err := awsapi.IAM(c).GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &names[0]})
		if awsapi.IsNotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return map[string]iamtypes.InstanceProfile{names[0]: *out.InstanceProfile}, nil
	}}
)

func fetchOfferings(ctx context.Context, c *awsapi.Clients, names []string) (map[string][]string, error) {
	zones := map[string][]string{}
	pages := ec2.NewDescribeInstanceTypeOfferingsPaginator(c.EC2Pages(), &ec2.DescribeInstanceTypeOfferingsInput{
		LocationType: ec2types.LocationTypeAvailabilityZone, Filters: filter("instance-type", names)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, offering := range page.InstanceTypeOfferings {
			zones[string(offering.InstanceType)] = append(zones[string(offering.InstanceType)], aws.ToString(offering.Location))
		}
	}
	return zones, nil
}

func fetchSubnets(ctx context.Context, c *awsapi.Clients, ids []string) (map[string]ec2types.Subnet, error) {
	found := map[string]ec2types.Subnet{}
	pages := ec2.NewDescribeSubnetsPaginator(c.EC2Pages(), &ec2.DescribeSubnetsInput{Filters: filter("subnet-id", ids)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, subnet := range page.Subnets {
			found[aws.ToString(subnet.SubnetId)] = subnet
		}
	}
	return found, nil
}

func filter(name string, values []string) []ec2types.Filter {
	return []ec2types.Filter{{Name: &name, Values: values}}
}

func byID[T any](objects []T, id func(T) *string) map[string]T {
	found := map[string]T{}
	for _, object := range objects {
		found[aws.ToString(id(object))] = object
	}
	return found
}
