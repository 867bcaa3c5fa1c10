package ec2

import "time"

// Timings are the durations of the networking half. The defaults are the typical
// ones of aws-facts §14; tests set their own.
type Timings struct {
	VPCAvailable    time.Duration
	SubnetAvailable time.Duration

	NATAvailable time.Duration
	NATFailed    time.Duration
	NATDeleted   time.Duration
	// NATVisible is how long deleted and failed NAT gateways are still described.
	NATVisible time.Duration

	// EndpointAvailable and EndpointDeleted are for interface endpoints: gateway
	// endpoints are available at once.
	EndpointAvailable      time.Duration
	EndpointDeleted        time.Duration
	GatewayEndpointDeleted time.Duration

	// ClientToken is how long a client token is remembered.
	ClientToken time.Duration
}

func defaultTimings() Timings {
	return Timings{
		VPCAvailable:           2 * time.Second,
		SubnetAvailable:        2 * time.Second,
		NATAvailable:           100 * time.Second,
		NATFailed:              30 * time.Second,
		NATDeleted:             60 * time.Second,
		NATVisible:             time.Hour,
		EndpointAvailable:      90 * time.Second,
		EndpointDeleted:        60 * time.Second,
		GatewayEndpointDeleted: 5 * time.Second,
		ClientToken:            time.Hour,
	}
}

// Quotas are the limits of the networking half. Where AWS's own default is small
// (5 VPCs, 5 addresses, 5 NAT gateways a zone) ours is generous, so that many
// stacks fit; tests set the real one.
type Quotas struct {
	VPCs               int
	Addresses          int
	NATGatewaysPerZone int
	RouteTablesPerVPC  int
	RoutesPerTable     int
	RulesPerGroup      int // per direction and address family
	GroupsPerInterface int
}

func defaultQuotas() Quotas {
	return Quotas{
		VPCs:               200,
		Addresses:          200,
		NATGatewaysPerZone: 200,
		RouteTablesPerVPC:  200,
		RoutesPerTable:     50,
		RulesPerGroup:      60,
		GroupsPerInterface: 5,
	}
}
