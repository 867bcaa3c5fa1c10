package queueworker

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
)

// resolve reads what subnets and image tell: VPC, zones, root device. It fills the
// defaults that depend on them or on other arguments.
func resolve(ctx context.Context, c *awsapi.Clients, m *Model) diag.Diagnostics {
	var diags diag.Diagnostics
	if m.VisibilityTimeout.IsUnknown() && composite.IsKnown(m.AverageProcessingTime) {
		m.VisibilityTimeout = types.Int32Value(m.defaultVisibility())
	}
	setBacklogTarget(m)
	m.Fleet.Resolve(ctx, c, &diags)
	if !servers.KnownSet(m.InstanceSubnetIDs) {
		return diags
	}
	ids := composite.Strings(m.InstanceSubnetIDs)
	subnets, err := servers.ReadSubnets(ctx, c, ids...)
	if err != nil {
		diags.Append(composite.Unread("the subnets", err))
		return diags
	}
	if zones := subnets.Zones(ids, path.Root("instance_subnet_ids"), &diags); !diags.HasError() {
		m.Place(subnets, zones, &diags)
	}
	return diags
}

func setBacklogTarget(m *Model) {
	if known(m.TargetLatency, m.AverageProcessingTime, m.ConcurrencyPerInstance) {
		m.BacklogPerInstanceTarget = types.Float64Value(m.backlogTarget())
	}
}
