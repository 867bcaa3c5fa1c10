package multiserver

import (
	"context"
	"slices"
	"strings"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/diagnosis"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
)

// explain says why servers do not come up, or which could take the place of a master
// that has gone, if that is what failed.
func explain(ctx context.Context, c *awsapi.Clients, m *Model, failure composite.Failure) string {
	if slices.ContainsFunc(failure.Parts, func(key string) bool { return strings.HasPrefix(key, "registration/") }) {
		return clones(ctx, c, failure.Seen.Out(servers.PartGroup, "name"))
	}
	if !slices.ContainsFunc(failure.Parts, func(key string) bool {
		return key == servers.PartGroup || key == partAttachment || strings.HasPrefix(key, "traffic/")
	}) {
		return ""
	}
	return diagnosis.Report(ctx, c, diagnosis.Servers{
		Group: failure.Seen.Out(servers.PartGroup, "name"), TargetGroup: failure.Seen.Out(partTargetGroup, "arn"),
		LoadBalancer: failure.Seen.Out(partLoadBalancer, "arn"), UserData: m.hasUserData(), Consoles: servers.Consoles(failure), Since: failure.Since,
	})
}
