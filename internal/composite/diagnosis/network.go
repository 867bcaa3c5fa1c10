package diagnosis

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// closedPath says between which security groups requests and health checks do not get
// from the load balancer to the servers. One of a server's groups that lets them in is
// enough, as is one of the load balancer's that lets them out.
func (e *evidence) closedPath() []obstacle {
	var found []obstacle
	for _, port := range e.ports() {
		for _, servers := range e.groupSets() {
			if !e.anyLets(e.balancer.SecurityGroups, servers, port, outward) {
				found = append(found, obstacle{fmt.Sprintf("security group %s of the load balancer lets nothing out to %s on port %d",
					strings.Join(e.balancer.SecurityGroups, ", "), strings.Join(servers, ", "), port), fixClosedPath})
			}
			if !e.anyLets(servers, e.balancer.SecurityGroups, port, inward) {
				found = append(found, obstacle{fmt.Sprintf("security group %s of the servers lets nothing in from %s on port %d",
					strings.Join(servers, ", "), strings.Join(e.balancer.SecurityGroups, ", "), port), fixClosedPath})
			}
		}
	}
	return found
}

// ports are those of requests and of health checks.
func (e *evidence) ports() []int32 {
	if e.groups == nil || e.health.Port == nil {
		return nil
	}
	ports := []int32{*e.health.Port}
	if port, err := strconv.ParseInt(aws.ToString(e.health.HealthCheckPort), 10, 32); err == nil && int32(port) != ports[0] {
		ports = append(ports, int32(port))
	}
	return ports
}

// groupSets are the different sets of security groups that failing servers have.
func (e *evidence) groupSets() [][]string {
	sets := map[string][]string{}
	for _, i := range e.failing() {
		if ids := groupsOf(i); len(ids) > 0 {
			slices.Sort(ids)
			sets[strings.Join(ids, " ")] = ids
		}
	}
	var found [][]string
	for _, key := range slices.Sorted(maps.Keys(sets)) {
		found = append(found, sets[key])
	}
	return found
}

// direction is the half of a security group's rules that counts.
type direction func(ec2types.SecurityGroup) []ec2types.IpPermission

func inward(g ec2types.SecurityGroup) []ec2types.IpPermission  { return g.IpPermissions }
func outward(g ec2types.SecurityGroup) []ec2types.IpPermission { return g.IpPermissionsEgress }

// anyLets reports whether one of the groups has a rule for the port that names a peer
// or a range of addresses. Groups that could not be read are taken to have one, and
// ranges to hold the peer: the report accuses no rule wrongly.
func (e *evidence) anyLets(groups, peers []string, port int32, rules direction) bool {
	return slices.ContainsFunc(groups, func(id string) bool {
		group, known := e.groups[id]
		return !known || slices.ContainsFunc(rules(group), func(p ec2types.IpPermission) bool { return covers(p, port) && names(p, peers) })
	})
}

func covers(p ec2types.IpPermission, port int32) bool {
	switch aws.ToString(p.IpProtocol) {
	case "-1":
		return true
	case "tcp", "6":
		return aws.ToInt32(p.FromPort) <= port && port <= aws.ToInt32(p.ToPort)
	}
	return false
}

func names(p ec2types.IpPermission, peers []string) bool {
	return len(p.IpRanges)+len(p.Ipv6Ranges)+len(p.PrefixListIds) > 0 ||
		slices.ContainsFunc(p.UserIdGroupPairs, func(pair ec2types.UserIdGroupPair) bool { return slices.Contains(peers, aws.ToString(pair.GroupId)) })
}

// noRoute says which subnets of failing servers have no way out, without which user
// data that fetches something never ends.
func (e *evidence) noRoute() []obstacle {
	if len(e.tables) == 0 {
		return nil
	}
	closed := map[string]bool{}
	for _, i := range e.failing() {
		if !e.leavesFrom(i) {
			closed[aws.ToString(i.SubnetId)] = true
		}
	}
	if len(closed) == 0 {
		return nil
	}
	return []obstacle{{"no route out that servers can use, so that their user data can fetch nothing, in " +
		strings.Join(slices.Sorted(maps.Keys(closed)), ", "), fixNoRoute}}
}

// leavesFrom reports whether a server reaches the internet: by a route that is not
// broken, and through an internet gateway only with a public address.
func (e *evidence) leavesFrom(i ec2types.Instance) bool {
	return slices.ContainsFunc(e.tableOf(aws.ToString(i.SubnetId)).Routes, func(r ec2types.Route) bool {
		if aws.ToString(r.DestinationCidrBlock) != "0.0.0.0/0" && aws.ToString(r.DestinationIpv6CidrBlock) != "::/0" || r.State != ec2types.RouteStateActive {
			return false
		}
		return !strings.HasPrefix(aws.ToString(r.GatewayId), "igw-") || i.PublicIpAddress != nil || aws.ToString(r.DestinationIpv6CidrBlock) != ""
	})
}

// tableOf returns the route table of a subnet: its own, or else the main one.
func (e *evidence) tableOf(subnet string) ec2types.RouteTable {
	var main ec2types.RouteTable
	for _, table := range e.tables {
		for _, association := range table.Associations {
			if aws.ToString(association.SubnetId) == subnet {
				return table
			}
			if aws.ToBool(association.Main) {
				main = table
			}
		}
	}
	return main
}
