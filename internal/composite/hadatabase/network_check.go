package hadatabase

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
)

// askGroups checks that the groups exist that are let in. They may be of another VPC:
// one that is peered.
func askGroups(ctx context.Context, c *awsapi.Clients, m, _ *Model) ([]composite.Problem, error) {
	_, problems, err := servers.ReadSecurityGroups(ctx, c, path.Root("allowed_security_group_ids"), composite.Strings(m.AllowedSecurityGroupIDs)...)
	return problems, err
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
