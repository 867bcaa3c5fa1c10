package multiserver

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
	"github.com/webtier/terraform-provider-webtier/internal/composite/servers"
	"github.com/webtier/terraform-provider-webtier/internal/kind/ec2"
)

// check finds what is wrong with the values known so far, without AWS.
func check(ctx context.Context, m *Model) diag.Diagnostics {
	limit, diags := m.Timeouts.Update(ctx, limits.Update)
	m.Fleet.Check("", &diags)
	m.CheckPauses(limit, &diags)
	servers.CheckUserData(ec2.UserDataAttribute, m.UserDataWO.ValueString(), &diags)
	checkHealth(m, &diags)
	checkLoadBalancer(m, &diags)
	checkRoutes(m, &diags)
	checkEdge(m, &diags)
	checkSchedules(m, &diags)
	return diags
}

func checkHealth(m *Model, diags *diag.Diagnostics) {
	h := composite.Decode[healthCheck](m.HealthCheck)
	lb := m.loadBalancer()
	if lb.Type.ValueString() == typeNetwork {
		if given(h.Path, "/") || given(h.Matcher, "200") {
			diags.AddAttributeError(path.Root("health_check").AtName("path"), "No HTTP health check for a network load balancer",
				"A network load balancer here checks that a server accepts connections. Leave path and matcher out.")
		}
		if composite.IsKnown(composite.Decode[scaling](m.Scaling).RequestsPerTarget) {
			diags.AddAttributeError(path.Root("scaling").AtName("requests_per_target"), "No requests to count for a network load balancer",
				"It knows connections only. Scale by cpu_utilization.")
		}
		if composite.IsKnown(lb.IdleTimeout) && lb.IdleTimeout.ValueInt32() != defaultIdleTimeout {
			diags.AddAttributeError(path.Root("load_balancer").AtName("idle_timeout"), "No idle timeout for a network load balancer",
				"Only an application load balancer has this setting. Leave idle_timeout out.")
		}
	}
	if composite.IsKnown(h.Interval) && composite.IsKnown(h.Timeout) && h.Timeout.ValueInt32() >= h.Interval.ValueInt32() {
		diags.AddAttributeError(path.Root("health_check").AtName("timeout"), "Health check times out too late",
			fmt.Sprintf("timeout (%d s) must be less than interval (%d s).", h.Timeout.ValueInt32(), h.Interval.ValueInt32()))
	}
}

// given reports whether a value was set to something else than the default.
func given(value types.String, fallback string) bool {
	return !value.IsNull() && !value.IsUnknown() && value.ValueString() != fallback
}

func checkLoadBalancer(m *Model, diags *diag.Diagnostics) {
	lb := m.loadBalancer()
	at := path.Root("load_balancer")
	for _, cidr := range composite.Strings(lb.IngressCIDRBlocks) {
		prefix, err := netip.ParsePrefix(cidr)
		switch {
		case err != nil:
			diags.AddAttributeError(at.AtName("ingress_cidr_blocks"), "Not an address range", fmt.Sprintf("%q is not a range such as 203.0.113.0/24.", cidr))
		case prefix != prefix.Masked():
			diags.AddAttributeError(at.AtName("ingress_cidr_blocks"), "Range not in canonical form",
				fmt.Sprintf("AWS would silently change %s to %s. Write that.", cidr, prefix.Masked()))
		}
	}
	checkAccessLogs(m, diags)
	if m.Protocol.IsNull() || m.Protocol.IsUnknown() {
		return
	}
	if allowed := protocols(lb.Type.ValueString()); !slices.Contains(allowed, m.Protocol.ValueString()) {
		diags.AddAttributeError(path.Root("protocol"), "Protocol does not fit the load balancer",
			fmt.Sprintf("A load balancer of type %s speaks %s to servers, not %s.", typeOr(lb), strings.Join(allowed, " or "), m.Protocol.ValueString()))
	}
}

func typeOr(lb loadBalancer) string {
	if lb.Type.ValueString() == typeNetwork {
		return typeNetwork
	}
	return typeApplication
}

// protocols returns what a type of load balancer speaks to servers, the default first.
func protocols(loadBalancerType string) []string {
	if loadBalancerType == typeNetwork {
		return []string{"TCP", "TLS"}
	}
	return []string{"HTTP", "HTTPS"}
}
