package rds

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// defaultSubnets is the name of the default VPC's group, which users cannot give.
const defaultSubnets = "default"

// subnetGroup says in which subnets databases can be.
type subnetGroup struct {
	name, arn, description, vpcID string
	subnets                       []string
}

func noSubnetGroup(name string) error {
	return &types.DBSubnetGroupNotFoundFault{Message: text("DB subnet group '%s' does not exist.", name)}
}

func (s *Service) subnetGroup(name *string) (*subnetGroup, error) {
	for _, g := range s.subnetGroups {
		if g.name == lower(name) {
			return g, nil
		}
	}
	return nil, noSubnetGroup(lower(name))
}

// chosenSubnets finds the group that a database is to be in. The account has no
// default VPC, so a request must name one.
func (s *Service) chosenSubnets(name *string) (*subnetGroup, error) {
	if name == nil {
		return nil, &types.InvalidSubnet{Message: text("No default subnet detected in VPC. Please contact AWS Support to recreate the default Subnets.")}
	}
	return s.subnetGroup(name)
}

func ec2Filter(name, value string) []ec2types.Filter {
	return []ec2types.Filter{{Name: aws.String(name), Values: []string{value}}}
}

// zones are those in which a group has subnets.
func (s *Service) zones(subnets []string) (zones []string) {
	for _, id := range subnets {
		if subnet, ok := s.net.Subnet(id); ok {
			zones = append(zones, aws.ToString(subnet.AvailabilityZone))
		}
	}
	slices.Sort(zones)
	return slices.Compact(zones)
}

// covers checks that subnets are in enough zones (aws-facts §6.4, §6.9, §6.14).
func (s *Service) covers(subnets []string, n int) error {
	if zones := s.zones(subnets); len(zones) < n {
		return &types.DBSubnetGroupDoesNotCoverEnoughAZs{Message: text("The DB subnet group doesn't meet Availability Zone (AZ) coverage "+
			"requirement. Current AZ coverage: %s. Add subnets to cover at least %d AZs.", strings.Join(zones, ", "), n)}
	}
	return nil
}

// checkSubnets returns the subnets of a request without repetitions, and their VPC.
func (s *Service) checkSubnets(ids []string) (subnets []string, vpcID string, err error) {
	for _, id := range ids {
		subnet, ok := s.net.Subnet(id)
		if !ok {
			return nil, "", &types.InvalidSubnet{Message: text("Some input subnets in :[%s] are invalid.", id)}
		}
		if vpc := aws.ToString(subnet.VpcId); vpcID == "" {
			vpcID = vpc
		} else if vpc != vpcID {
			return nil, "", &types.InvalidSubnet{Message: text("The DB subnet group can't have subnets of more than one VPC.")}
		}
		if !slices.Contains(subnets, id) {
			subnets = append(subnets, id)
		}
	}
	if int64(len(subnets)) > s.Quotas[quotaSubnets] {
		return nil, "", &types.DBSubnetQuotaExceededFault{Message: text("The number of subnets in a DB subnet group is limited to %d.", s.Quotas[quotaSubnets])}
	}
	return subnets, vpcID, s.covers(subnets, 2)
}

// CreateDBSubnetGroup implements the operation.
func (s *Service) CreateDBSubnetGroup(_ context.Context, in *sdk.CreateDBSubnetGroupInput) (*sdk.CreateDBSubnetGroupOutput, error) {
	name := lower(in.DBSubnetGroupName)
	strange := strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("-_. ", r)
	})
	if name == "" || len(name) > 255 || name == defaultSubnets || strange {
		return nil, badValue("The parameter DBSubnetGroupName must be provided and must not be longer than 255 characters, must not be "+
			"'Default', and may only contain letters, numbers, periods, underscores, spaces and hyphens: %s", name)
	}
	if _, err := s.subnetGroup(in.DBSubnetGroupName); err == nil {
		return nil, &types.DBSubnetGroupAlreadyExistsFault{Message: text("The DB subnet group '%s' already exists.", name)}
	}
	if int64(len(s.subnetGroups)) >= s.Quotas[quotaSubnetGroups] {
		return nil, &types.DBSubnetGroupQuotaExceededFault{Message: text("The maximum number of DB subnet groups has been reached.")}
	}
	subnets, vpcID, err := s.checkSubnets(in.SubnetIds)
	if err != nil {
		return nil, err
	}
	tags, err := newTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	g := &subnetGroup{name: name, description: aws.ToString(in.DBSubnetGroupDescription), vpcID: vpcID, subnets: subnets,
		arn: s.ARN("rds", "subgrp:"+name)}
	s.subnetGroups = append(s.subnetGroups, g)
	s.tags[g.arn] = tags
	return &sdk.CreateDBSubnetGroupOutput{DBSubnetGroup: s.shownSubnetGroup(g)}, nil
}

// ModifyDBSubnetGroup implements the operation: it replaces the set of subnets.
func (s *Service) ModifyDBSubnetGroup(_ context.Context, in *sdk.ModifyDBSubnetGroupInput) (*sdk.ModifyDBSubnetGroupOutput, error) {
	g, err := s.subnetGroup(in.DBSubnetGroupName)
	if err != nil {
		return nil, err
	}
	subnets, vpcID, err := s.checkSubnets(in.SubnetIds)
	if err != nil {
		return nil, err
	}
	// aws-facts §6.9.
	if vpcID != g.vpcID {
		return nil, &types.InvalidSubnet{Message: text("The new Subnets are not in the same Vpc as the existing subnet group")}
	}
	for _, i := range s.instances {
		for _, n := range i.nodes {
			if i.subnets == g && !slices.Contains(subnets, n.subnetID) {
				return nil, &types.SubnetAlreadyInUse{Message: text("Subnet %s is already in use: the DB instance %s is there.", n.subnetID, i.id)}
			}
		}
	}
	g.subnets = subnets
	if in.DBSubnetGroupDescription != nil {
		g.description = *in.DBSubnetGroupDescription
	}
	return &sdk.ModifyDBSubnetGroupOutput{DBSubnetGroup: s.shownSubnetGroup(g)}, nil
}

// DeleteDBSubnetGroup implements the operation. Databases that are being deleted
// still use their group (aws-facts §6.9).
func (s *Service) DeleteDBSubnetGroup(_ context.Context, in *sdk.DeleteDBSubnetGroupInput) (*sdk.DeleteDBSubnetGroupOutput, error) {
	g, err := s.subnetGroup(in.DBSubnetGroupName)
	if err != nil {
		return nil, err
	}
	user := ""
	for _, i := range s.instances {
		if i.subnets == g || slices.ContainsFunc(i.pending, func(ch *change) bool { return ch.subnets == g }) {
			user = i.id
		}
	}
	for _, c := range s.clusters {
		if c.subnets == g {
			user = c.id
		}
	}
	if user != "" {
		return nil, &types.InvalidDBSubnetGroupStateFault{Message: text("Cannot delete the subnet group '%s' because at least one database "+
			"instance: %s is still using it.", g.name, user)}
	}
	s.subnetGroups = slices.DeleteFunc(s.subnetGroups, func(other *subnetGroup) bool { return other == g })
	delete(s.tags, g.arn)
	return &sdk.DeleteDBSubnetGroupOutput{}, nil
}

// DescribeDBSubnetGroups implements the operation.
func (s *Service) DescribeDBSubnetGroups(_ context.Context, in *sdk.DescribeDBSubnetGroupsInput) (*sdk.DescribeDBSubnetGroupsOutput, error) {
	var all []types.DBSubnetGroup
	for _, g := range s.subnetGroups {
		if in.DBSubnetGroupName == nil || g.name == lower(in.DBSubnetGroupName) {
			all = append(all, *s.shownSubnetGroup(g))
		}
	}
	if in.DBSubnetGroupName != nil && len(all) == 0 {
		return nil, noSubnetGroup(lower(in.DBSubnetGroupName))
	}
	list, next, err := filtered(all, in.Filters, in.Marker, in.MaxRecords, func(types.DBSubnetGroup) map[string][]string { return nil })
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeDBSubnetGroupsOutput{DBSubnetGroups: list, Marker: next}, nil
}

func (s *Service) shownSubnetGroup(g *subnetGroup) *types.DBSubnetGroup {
	out := &types.DBSubnetGroup{DBSubnetGroupName: aws.String(g.name), DBSubnetGroupArn: aws.String(g.arn),
		DBSubnetGroupDescription: aws.String(g.description), VpcId: aws.String(g.vpcID),
		SubnetGroupStatus: aws.String("Complete"), SupportedNetworkTypes: []string{"IPV4"}}
	for _, id := range g.subnets {
		if subnet, ok := s.net.Subnet(id); ok {
			out.Subnets = append(out.Subnets, types.Subnet{SubnetIdentifier: aws.String(id), SubnetStatus: aws.String("Active"),
				SubnetAvailabilityZone: &types.AvailabilityZone{Name: subnet.AvailabilityZone}, SubnetOutpost: &types.Outpost{}})
		}
	}
	return out
}
