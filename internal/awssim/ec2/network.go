package ec2

import (
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// network is the state of the networking half of EC2.
type network struct {
	Timings Timings
	Quotas  Quotas
	// FlowLogDenied tells why flow logs cannot be delivered to a destination with a
	// role, as one that was made a moment ago (aws-facts §12.2); nil: they can.
	FlowLogDenied func(destination, roleARN string) (reason string)

	vpcs          collection[*vpc]
	subnets       collection[*subnet]
	gateways      collection[*internetGateway]
	addresses     collection[*address]
	nats          collection[*natGateway]
	routeTables   collection[*routeTable]
	associations  collection[*tableAssociation]
	endpoints     collection[*vpcEndpoint]
	flowLogs      collection[*flowLog]
	groups        collection[*securityGroup]
	groupRules    collection[*groupRule]
	interfaces    collection[*networkInterface]
	creations     map[string]creation // by operation and client token
	dhcpOptionsID string
	prefixLists   []prefixList
	publicIPs     int // how many have been given out
}

func newNetwork(r *region.Region) network {
	return network{
		Timings:       defaultTimings(),
		Quotas:        defaultQuotas(),
		vpcs:          newCollection[*vpc](),
		subnets:       newCollection[*subnet](),
		gateways:      newCollection[*internetGateway](),
		addresses:     newCollection[*address](),
		nats:          newCollection[*natGateway](),
		routeTables:   newCollection[*routeTable](),
		associations:  newCollection[*tableAssociation](),
		endpoints:     newCollection[*vpcEndpoint](),
		flowLogs:      newCollection[*flowLog](),
		groups:        newCollection[*securityGroup](),
		groupRules:    newCollection[*groupRule](),
		interfaces:    newCollection[*networkInterface](),
		creations:     map[string]creation{},
		dhcpOptionsID: r.NewID("dopt"),
		prefixLists:   newPrefixLists(r),
	}
}
