// Package network defines webtier_network: a VPC over several zones.
//
//	                        internet
//	                           |
//	   vpc ------------ internet_gateway          default_security_group (emptied)
//	    |                      |
//	    |   zone 1             |             zone 2 …
//	    +-- subnet/public/az1 -+- route_table/public -- subnet/public/az2
//	    |     nat_gateway/az1 (address/az1)               nat_gateway/az2
//	    +-- subnet/private/az1 - route_table/private/az1  subnet/private/az2 …
//	    +-- subnet/data/az1 ---- route_table/data ------- subnet/data/az2
//
//	vpc_endpoint/s3, vpc_endpoint/dynamodb in every route table; flow_log when asked
package network

import (
	"time"

	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// Definition is the resource webtier_network.
var Definition = composite.Definition[Model, *Model]{
	Name:        "network",
	Description: description,
	Kinds: []string{"ec2/vpc", "ec2/default_security_group", "ec2/subnet", "ec2/internet_gateway", "ec2/address",
		"ec2/nat_gateway", "ec2/route_table", "ec2/vpc_endpoint", "ec2/flow_log", "iam/role"},
	Attributes: attributes,
	Replaces:   []string{"cidr_block", "reserved_az_slots"},
	Outputs: map[string][]string{
		"vpc_id":                    {"vpc"},
		"default_security_group_id": {"default_security_group"},
		"availability_zones":        {"subnet/*"},
		"subnet_ids":                {"subnet/*"},
		"subnets":                   {"subnet/*", "route_table/*"},
		"nat_public_ips":            {"address/*", "nat_gateway*"},
	},
	Check:         check,
	Resolve:       resolve,
	Build:         build,
	Absorb:        absorb,
	Findings:      findings,
	BillableUnits: billableUnits,
	// NAT gateways take minutes each way, and interfaces of deleted load balancers
	// hold subnets for up to 35 minutes (aws-facts §4.4, §14).
	Timeouts: composite.Timeouts{Create: 20 * time.Minute, Update: 30 * time.Minute, Delete: 45 * time.Minute},
}
