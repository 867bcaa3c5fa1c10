package network

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/composite"
)

// stateReason begins the reason why a zone that is not available cannot be chosen.
const stateReason = "its state is "

// defaultZones is how many zones are chosen when nothing is said.
const defaultZones = 3

// resolve chooses the zones, or checks those given, against what the Region has.
// Zones once chosen stay: new ones appear over time, and a plan must not grow by
// itself (aws-facts §12.6).
func resolve(ctx context.Context, c *awsapi.Clients, m *Model) diag.Diagnostics {
	var diags diag.Diagnostics
	if m.InstanceTypes.IsUnknown() || m.AvailabilityZoneCount.IsUnknown() || m.ReservedAZSlots.IsUnknown() {
		return diags
	}
	usable, refused, err := usableZones(ctx, c, composite.Strings(m.InstanceTypes), int(slots(m)))
	if err != nil {
		diags.AddError("Reading the zones of "+c.Region, err.Error())
		return diags
	}
	checkGiven(m, c.Region, usable, refused, &diags)
	chosen, count := choose(m, usable)
	if len(chosen) < count {
		diags.AddAttributeError(path.Root("availability_zone_count"), "Not enough zones",
			fmt.Sprintf("%d zones are asked for, and only %d of %s can be used: %s.%s", count, len(usable), c.Region, strings.Join(usable, ", "), reasons(refused)))
		return diags
	}
	if m.AvailabilityZoneIDs.IsUnknown() || m.AvailabilityZoneIDs.IsNull() || len(chosen) != len(m.AvailabilityZoneIDs.Elements()) {
		m.AvailabilityZoneIDs = composite.StringList(slices.Sorted(slices.Values(chosen[:count])))
	}
	return diags
}

// checkGiven refuses zones of the configuration or the state that cannot be used.
func checkGiven(m *Model, region string, usable []string, refused map[string]string, diags *diag.Diagnostics) {
	for i, id := range composite.Strings(m.AvailabilityZoneIDs) {
		why := refused[id]
		// While a zone is impaired, a network that is in it must stay changeable.
		if slices.Contains(usable, id) || strings.HasPrefix(why, stateReason) {
			continue
		}
		if why == "" {
			why = "the Region " + region + " has no such standard zone"
		}
		diags.AddAttributeError(path.Root("availability_zone_ids").AtListIndex(i), "Zone cannot be used: "+id,
			fmt.Sprintf("%s. Usable zones: %s.", upperFirst(why), strings.Join(usable, ", ")))
	}
}

// choose adds usable zones to those there are, up to the number asked for.
func choose(m *Model, usable []string) (chosen []string, count int) {
	chosen, count = m.zoneIDs(), defaultZones
	switch {
	case !m.AvailabilityZoneCount.IsNull():
		count = int(m.AvailabilityZoneCount.ValueInt64())
	case len(chosen) > 0:
		count = len(chosen)
	}
	for _, id := range usable {
		if len(chosen) < count && !slices.Contains(chosen, id) {
			chosen = append(chosen, id)
		}
	}
	return chosen, count
}

// usableZones returns the ids of the standard zones that offer all instance types
// and have an address slot, sorted, and why the others cannot be used.
func usableZones(ctx context.Context, c *awsapi.Clients, instanceTypes []string, slots int) (usable []string, refused map[string]string, err error) {
	out, err := awsapi.EC2(c).DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{})
	if err != nil {
		return nil, nil, err
	}
	offered, err := offerings(ctx, c, instanceTypes)
	if err != nil {
		return nil, nil, err
	}
	refused = map[string]string{}
	for _, zone := range out.AvailabilityZones {
		id := aws.ToString(zone.ZoneId)
		slot, slotErr := slotOf(id)
		missing := slices.DeleteFunc(slices.Clone(instanceTypes), func(name string) bool { return slices.Contains(offered[id], name) })
		switch {
		case aws.ToString(zone.ZoneType) != "availability-zone" || zone.OptInStatus != types.AvailabilityZoneOptInStatusOptInNotRequired || slotErr != nil:
			refused[id] = "it is a " + aws.ToString(zone.ZoneType) + ", not a standard zone"
		case zone.State != types.AvailabilityZoneStateAvailable:
			refused[id] = stateReason + string(zone.State)
		case len(missing) > 0:
			refused[id] = "it does not offer " + strings.Join(missing, ", ")
		case slot > slots:
			refused[id] = fmt.Sprintf("its number needs reserved_az_slots = %d", slot)
		default:
			usable = append(usable, id)
		}
	}
	slices.Sort(usable)
	return usable, refused, nil
}

// offerings returns which of the instance types each zone offers, by zone id.
func offerings(ctx context.Context, c *awsapi.Clients, instanceTypes []string) (map[string][]string, error) {
	offered := map[string][]string{}
	if len(instanceTypes) == 0 {
		return offered, nil
	}
	pages := ec2.NewDescribeInstanceTypeOfferingsPaginator(c.EC2Pages(), &ec2.DescribeInstanceTypeOfferingsInput{
		LocationType: types.LocationTypeAvailabilityZoneId,
		Filters:      []types.Filter{{Name: aws.String("instance-type"), Values: instanceTypes}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, offering := range page.InstanceTypeOfferings {
			zone := aws.ToString(offering.Location)
			offered[zone] = append(offered[zone], string(offering.InstanceType))
		}
	}
	return offered, nil
}

func reasons(refused map[string]string) string {
	text := ""
	for _, id := range sortedKeys(refused) {
		text += fmt.Sprintf("\n%s: %s", id, refused[id])
	}
	return text
}

func upperFirst(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
