package queueworker

import (
	"context"
	"slices"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/diagnosis"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
)

// explain says why servers do not come up, if that is what failed.
func explain(ctx context.Context, c *awsapi.Clients, m *Model, failure composite.Failure) string {
	if !slices.Contains(failure.Parts, servers.PartGroup) && !slices.Contains(failure.Parts, partCapacity) {
		return ""
	}
	return diagnosis.Report(ctx, c, diagnosis.Servers{Group: failure.Seen.Out(servers.PartGroup, "name"),
		UserData: m.UserData.ValueString() != "", Consoles: servers.Consoles(failure), Since: failure.Since})
}
