package ec2

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// usableZone reports whether the account may put things in the zone: a standard
// zone, or one that it has opted in to (aws-facts §12.6).
func usableZone(zone region.Zone) bool { return zone.OptInStatus != "not-opted-in" }

func (s *Service) shownZone(zone region.Zone) types.AvailabilityZone {
	group := s.Name
	if zone.Type != "availability-zone" {
		group = strings.TrimRight(zone.Name, "abcdefghijklmnopqrstuvwxyz")
	}
	out := types.AvailabilityZone{
		GroupName:          aws.String(group),
		GroupLongName:      aws.String(group),
		NetworkBorderGroup: aws.String(group),
		OptInStatus:        types.AvailabilityZoneOptInStatus(zone.OptInStatus),
		RegionName:         aws.String(s.Name),
		State:              types.AvailabilityZoneState(zone.State),
		ZoneId:             aws.String(zone.ID),
		ZoneName:           aws.String(zone.Name),
		ZoneType:           aws.String(zone.Type),
	}
	if zone.Type != "availability-zone" {
		out.ParentZoneName = aws.String(s.Zones[0].Name)
		out.ParentZoneId = aws.String(s.Zones[0].ID)
	}
	return out
}

func zoneAttributes(zone types.AvailabilityZone) map[string][]string {
	return map[string][]string{
		"group-long-name":  values(zone.GroupLongName),
		"group-name":       values(zone.GroupName),
		"message":          each(zone.Messages, func(m types.AvailabilityZoneMessage) []string { return values(m.Message) }),
		"opt-in-status":    {string(zone.OptInStatus)},
		"parent-zone-id":   values(zone.ParentZoneId),
		"parent-zone-name": values(zone.ParentZoneName),
		"region-name":      values(zone.RegionName),
		"state":            {string(zone.State)},
		"zone-id":          values(zone.ZoneId),
		"zone-name":        values(zone.ZoneName),
		"zone-type":        values(zone.ZoneType),
	}
}

// DescribeAvailabilityZones lists the zones that the account can use, and all of
// them if asked to.
func (s *Service) DescribeAvailabilityZones(_ context.Context, in *sdk.DescribeAvailabilityZonesInput) (*sdk.DescribeAvailabilityZonesOutput, error) {
	if err := checkFilters(in.Filters, zoneAttributes(types.AvailabilityZone{})); err != nil {
		return nil, err
	}
	asked := append(slices.Clone(in.ZoneNames), in.ZoneIds...)
	for _, name := range asked {
		if _, ok := s.Zone(name); !ok {
			return nil, apierr.New("InvalidParameterValue", "Invalid availability zone: [%s]", name)
		}
	}
	out := &sdk.DescribeAvailabilityZonesOutput{}
	for _, zone := range s.Zones {
		if !usableZone(zone) && !aws.ToBool(in.AllAvailabilityZones) {
			continue
		}
		if len(asked) > 0 && !slices.Contains(asked, zone.Name) && !slices.Contains(asked, zone.ID) {
			continue
		}
		shown := s.shownZone(zone)
		ok, err := s.matches(zone.ID, in.Filters, zoneAttributes(shown))
		if err != nil {
			return nil, err
		}
		if ok {
			out.AvailabilityZones = append(out.AvailabilityZones, shown)
		}
	}
	return out, nil
}

// otherRegions are those that DescribeRegions lists besides the simulated one,
// with whether an account must opt in to them.
var otherRegions = []struct {
	name  string
	optIn bool
}{
	{"ap-northeast-1", false}, {"ap-southeast-1", false}, {"ap-southeast-2", false}, {"ca-central-1", false},
	{"eu-central-1", false}, {"eu-north-1", false}, {"eu-south-1", true}, {"eu-west-1", false}, {"eu-west-2", false},
	{"eu-west-3", false}, {"us-east-1", false}, {"us-east-2", false}, {"us-west-1", false}, {"us-west-2", false},
}

// DescribeRegions lists the Regions that are enabled for the account, and all of
// them if asked to.
func (s *Service) DescribeRegions(_ context.Context, in *sdk.DescribeRegionsInput) (*sdk.DescribeRegionsOutput, error) {
	var all []types.Region
	known := map[string]bool{}
	add := func(name, status string) {
		if !known[name] {
			all = append(all, types.Region{RegionName: aws.String(name), OptInStatus: aws.String(status),
				Endpoint: aws.String("ec2." + name + ".amazonaws.com")})
			known[name] = true
		}
	}
	add(s.Name, "opt-in-not-required")
	for _, r := range otherRegions {
		status := "opt-in-not-required"
		if r.optIn {
			status = "not-opted-in"
		}
		add(r.name, status)
	}
	for _, name := range in.RegionNames {
		if !known[name] {
			return nil, apierr.New("InvalidParameterValue", "Invalid region provided: [%s]", name)
		}
	}
	attributes := func(r types.Region) map[string][]string {
		return map[string][]string{"endpoint": values(r.Endpoint), "opt-in-status": values(r.OptInStatus), "region-name": values(r.RegionName)}
	}
	out := &sdk.DescribeRegionsOutput{}
	for _, r := range all {
		ok, err := s.matches(*r.RegionName, in.Filters, attributes(r))
		if err != nil {
			return nil, err
		}
		wanted := len(in.RegionNames) == 0 || slices.Contains(in.RegionNames, *r.RegionName)
		if ok && wanted && (aws.ToBool(in.AllRegions) || *r.OptInStatus != "not-opted-in") {
			out.Regions = append(out.Regions, r)
		}
	}
	return out, nil
}
