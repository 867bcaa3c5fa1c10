package autoscaling

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// newPlaces checks a group's subnets and zones (aws-facts §5.1).
func (s *Service) newPlaces(identifier *string, zones, zoneIDs []string) ([]place, error) {
	if aws.ToString(identifier) == "" {
		if len(zones)+len(zoneIDs) == 0 {
			return nil, invalid("At least one Availability Zone or VPC Subnet is required.")
		}
		// Zones alone stand for the subnets of the default VPC.
		return nil, invalid("No default VPC for this user. Specify VPCZoneIdentifier.")
	}
	var places []place
	var vpc string
	for id := range strings.SplitSeq(*identifier, ",") {
		id = strings.TrimSpace(id)
		subnet, ok := s.compute.Subnet(id)
		if !ok {
			return nil, invalid("The subnet ID '%s' does not exist", id)
		}
		if vpc != "" && vpc != aws.ToString(subnet.VpcId) {
			return nil, invalid("The subnets of an Auto Scaling group must be in the same VPC")
		}
		vpc = aws.ToString(subnet.VpcId)
		places = append(places, place{subnet: id, zone: aws.ToString(subnet.AvailabilityZone), zoneID: aws.ToString(subnet.AvailabilityZoneId)})
	}
	if !sameSet(zones, places, func(p place) string { return p.zone }) || !sameSet(zoneIDs, places, func(p place) string { return p.zoneID }) {
		return nil, invalid("The availability zones of the specified subnets and the AutoScalingGroup do not match")
	}
	return places, nil
}

// sameSet reports whether the given zones, if any, are those of the places.
func sameSet(given []string, places []place, of func(place) string) bool {
	if len(given) == 0 {
		return true
	}
	var have []string
	for _, p := range places {
		have = append(have, of(p))
	}
	given = slices.Clone(given)
	slices.Sort(given)
	slices.Sort(have)
	return slices.Equal(slices.Compact(given), slices.Compact(have))
}
