package ec2

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Inventory lists what the user has made and not removed, a line for each object:
// "ec2 <type> <id> <webtier:part tag, or ->". Objects that came with a network or
// were made by services are not in it.
func (s *Service) Inventory() []string {
	var ids []string
	for _, v := range s.vpcs.all() {
		ids = append(ids, v.id)
	}
	for _, sn := range s.subnets.all() {
		ids = append(ids, sn.id)
	}
	for _, gateway := range s.gateways.all() {
		ids = append(ids, gateway.id)
	}
	for _, a := range s.liveAddresses() {
		if !a.managed {
			ids = append(ids, a.id)
		}
	}
	for _, nat := range s.visibleNATs() {
		if nat.state(s.Now()) != types.NatGatewayStateDeleted {
			ids = append(ids, nat.id)
		}
	}
	for _, table := range s.routeTables.all() {
		if !s.isMain(table.id) {
			ids = append(ids, table.id)
		}
	}
	for _, e := range s.liveEndpoints() {
		ids = append(ids, e.id)
	}
	for _, f := range s.flowLogs.all() {
		ids = append(ids, f.id)
	}
	for _, g := range s.groups.all() {
		if g.name != "default" {
			ids = append(ids, g.id)
		}
	}
	var lines []string
	for _, id := range ids {
		lines = append(lines, s.inventoryLine(id))
	}
	return append(lines, s.computeInventory()...)
}

func (s *Service) inventoryLine(id string) string {
	k, _ := kindOf(id)
	part := s.tags[id]["webtier:part"]
	if part == "" {
		part = "-"
	}
	return fmt.Sprintf("ec2 %s %s %s", k.resource, id, part)
}
