package hadatabase

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// askGroups checks that the groups exist that are let in. They may be of another VPC:
// one that is peered.
func askGroups(ctx context.Context, c *awsapi.Clients, m, _ *Model) ([]composite.Problem, error) {
	ids := composite.Strings(m.AllowedSecurityGroupIDs)
	if len(ids) == 0 {
		return nil, nil
	}
	out, err := awsapi.EC2(c).DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-id"), Values: ids}}})
	if err != nil {
		return nil, err
	}
	var problems []composite.Problem
	for _, id := range ids {
		if !slices.ContainsFunc(out.SecurityGroups, func(g ec2types.SecurityGroup) bool { return aws.ToString(g.GroupId) == id }) {
			problems = append(problems, composite.Problem{At: path.Root("allowed_security_group_ids"), Summary: "Security group does not exist: " + id,
				Detail: c.Region + " has no security group " + id + " in this account."})
		}
	}
	return problems, nil
}

// askPlaces refuses to take all subnets of a zone from a database that has a server
// there: AWS answers SubnetAlreadyInUse (aws-facts §6.9). In which of several subnets
// of a zone a server is, RDS does not tell.
func askPlaces(_ context.Context, _ *awsapi.Clients, m, prior *Model) ([]composite.Problem, error) {
	if prior == nil || !m.VPCID.Equal(prior.VPCID) || m.replaces(prior) {
		return nil, nil
	}
	left := slices.DeleteFunc(composite.Strings(prior.AvailabilityZones), func(zone string) bool { return slices.Contains(composite.Strings(m.Zones), zone) })
	if len(left) == 0 {
		return nil, nil
	}
	return []composite.Problem{{At: path.Root("subnet_ids"), Summary: "Subnets that are in use",
		Detail: fmt.Sprintf("The database has a server in %s, and AWS takes no subnet away from under a server. Keep a subnet there; "+
			"a fail-over changes which server writes, and not where they are.", strings.Join(left, " and "))}}, nil
}
