package route53

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// zone is a hosted zone with its records, in the order in which they are listed.
type zone struct {
	id, name, reference string
	config              types.HostedZoneConfig
	vpcs                []types.VPC
	servers             []string
	tags                tagset.Set
	records             []*types.ResourceRecordSet
}

// own reports whether the record came with the zone and goes with it.
func (z *zone) own(r *types.ResourceRecordSet) bool {
	return *r.Name == z.name && (r.Type == types.RRTypeNs || r.Type == types.RRTypeSoa)
}

func (z *zone) shown() *types.HostedZone {
	config := z.config
	return &types.HostedZone{Id: aws.String("/hostedzone/" + z.id), Name: aws.String(z.name), CallerReference: aws.String(z.reference),
		Config: &config, ResourceRecordSetCount: aws.Int64(int64(len(z.records)))}
}

func (z *zone) delegation() *types.DelegationSet {
	if z.config.PrivateZone {
		return nil
	}
	return &types.DelegationSet{NameServers: slices.Clone(z.servers)}
}

// CreateHostedZone makes a hosted zone. A caller reference can be used once only,
// so that a repeated request makes no second zone (aws-facts §11.2).
func (s *Service) CreateHostedZone(_ context.Context, in *sdk.CreateHostedZoneInput) (*sdk.CreateHostedZoneOutput, error) {
	name := canonical(*in.Name)
	if !validDomain(name) {
		return nil, &types.InvalidDomainName{Message: text("The domain name %s is not valid.", *in.Name)}
	}
	if in.DelegationSetId != nil {
		return nil, notSimulated("reusable delegation sets")
	}
	z := &zone{id: "Z" + strings.ToUpper(s.Hex(20)), name: name, reference: *in.CallerReference}
	if in.HostedZoneConfig != nil {
		z.config = *in.HostedZoneConfig
	}
	if z.config.PrivateZone && in.VPC == nil {
		return nil, invalidInput("A VPC is required for a private hosted zone.")
	}
	if in.VPC != nil {
		z.config.PrivateZone, z.vpcs = true, []types.VPC{*in.VPC}
	}
	for _, other := range s.sorted() {
		if other.reference == z.reference {
			return nil, &types.HostedZoneAlreadyExists{Message: text("A hosted zone has already been created with the specified caller reference.")}
		}
		if other.name == name && in.VPC != nil && len(other.vpcs) > 0 && aws.ToString(other.vpcs[0].VPCId) == aws.ToString(in.VPC.VPCId) {
			return nil, &types.ConflictingDomainExists{Message: text("The VPC %s is already associated with a hosted zone of the name %s.", aws.ToString(in.VPC.VPCId), name)}
		}
	}
	for i, end := range []string{"com", "net", "org", "co.uk"} {
		z.servers = append(z.servers, fmt.Sprintf("ns-%d.awsdns-%02d.%s", 512*i+len(s.zones), len(s.zones)%64, end))
	}
	z.addOwnRecords()
	s.zones[z.id] = z
	return &sdk.CreateHostedZoneOutput{HostedZone: z.shown(), DelegationSet: z.delegation(), VPC: in.VPC, ChangeInfo: s.change(nil),
		Location: aws.String("https://route53.amazonaws.com/2013-04-01/hostedzone/" + z.id)}, nil
}

// addOwnRecords adds the records that every zone has.
func (z *zone) addOwnRecords() {
	ns := &types.ResourceRecordSet{Name: aws.String(z.name), Type: types.RRTypeNs, TTL: aws.Int64(172800)}
	for _, server := range z.servers {
		ns.ResourceRecords = append(ns.ResourceRecords, types.ResourceRecord{Value: aws.String(server + ".")})
	}
	soa := &types.ResourceRecordSet{Name: aws.String(z.name), Type: types.RRTypeSoa, TTL: aws.Int64(900), ResourceRecords: []types.ResourceRecord{
		{Value: aws.String(z.servers[0] + ". awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400")}}}
	z.records = []*types.ResourceRecordSet{ns, soa}
}

// GetHostedZone describes a hosted zone.
func (s *Service) GetHostedZone(_ context.Context, in *sdk.GetHostedZoneInput) (*sdk.GetHostedZoneOutput, error) {
	z, err := s.zone(in.Id)
	if err != nil {
		return nil, err
	}
	return &sdk.GetHostedZoneOutput{HostedZone: z.shown(), DelegationSet: z.delegation(), VPCs: slices.Clone(z.vpcs)}, nil
}

// DeleteHostedZone deletes a zone that has no records but its own.
func (s *Service) DeleteHostedZone(_ context.Context, in *sdk.DeleteHostedZoneInput) (*sdk.DeleteHostedZoneOutput, error) {
	z, err := s.zone(in.Id)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(z.records, func(r *types.ResourceRecordSet) bool { return !z.own(r) }) {
		return nil, &types.HostedZoneNotEmpty{Message: text("The specified hosted zone contains non-required resource record sets and so cannot be deleted.")}
	}
	delete(s.zones, z.id)
	return &sdk.DeleteHostedZoneOutput{ChangeInfo: s.change(nil)}, nil
}

// UpdateHostedZoneComment changes a zone's comment.
func (s *Service) UpdateHostedZoneComment(_ context.Context, in *sdk.UpdateHostedZoneCommentInput) (*sdk.UpdateHostedZoneCommentOutput, error) {
	z, err := s.zone(in.Id)
	if err != nil {
		return nil, err
	}
	z.config.Comment = in.Comment
	return &sdk.UpdateHostedZoneCommentOutput{HostedZone: z.shown()}, nil
}

// GetHostedZoneCount counts the hosted zones.
func (s *Service) GetHostedZoneCount(context.Context, *sdk.GetHostedZoneCountInput) (*sdk.GetHostedZoneCountOutput, error) {
	return &sdk.GetHostedZoneCountOutput{HostedZoneCount: aws.Int64(int64(len(s.zones)))}, nil
}

// maxZones is the largest and usual page of zones.
const maxZones = 100

// ListHostedZones lists hosted zones.
func (s *Service) ListHostedZones(_ context.Context, in *sdk.ListHostedZonesInput) (*sdk.ListHostedZonesOutput, error) {
	if in.DelegationSetId != nil {
		return nil, notSimulated("reusable delegation sets")
	}
	list := []types.HostedZone{}
	for _, z := range s.sorted() {
		if in.HostedZoneType == "" || z.config.PrivateZone {
			list = append(list, *z.shown())
		}
	}
	out := &sdk.ListHostedZonesOutput{Marker: in.Marker, MaxItems: aws.Int32(cmp.Or(aws.ToInt32(in.MaxItems), maxZones))}
	var err error
	out.HostedZones, out.NextMarker, err = paging.Page(list, in.Marker, in.MaxItems, maxZones, maxZones, "InvalidInput")
	out.IsTruncated = out.NextMarker != nil
	return out, err
}

// ListHostedZonesByName lists hosted zones in the order of their reversed names,
// from a name on.
func (s *Service) ListHostedZonesByName(_ context.Context, in *sdk.ListHostedZonesByNameInput) (*sdk.ListHostedZonesByNameOutput, error) {
	if in.HostedZoneId != nil && in.DNSName == nil {
		return nil, invalidInput("The hosted zone id can be specified with a DNS name only.")
	}
	most := cmp.Or(aws.ToInt32(in.MaxItems), maxZones)
	out := &sdk.ListHostedZonesByNameOutput{DNSName: in.DNSName, HostedZoneId: in.HostedZoneId, MaxItems: &most, HostedZones: []types.HostedZone{}}
	list := s.sorted()
	slices.SortStableFunc(list, func(a, b *zone) int { return cmp.Compare(reversed(a.name), reversed(b.name)) })
	for _, z := range list {
		if in.DNSName != nil && cmp.Or(cmp.Compare(reversed(z.name), reversed(canonical(*in.DNSName))), cmp.Compare(z.id, aws.ToString(in.HostedZoneId))) < 0 {
			continue
		}
		if len(out.HostedZones) == int(min(most, maxZones)) {
			out.IsTruncated, out.NextDNSName, out.NextHostedZoneId = true, aws.String(z.name), aws.String(z.id)
			break
		}
		out.HostedZones = append(out.HostedZones, *z.shown())
	}
	return out, nil
}

// GetChange tells whether a change has reached all name servers.
func (s *Service) GetChange(_ context.Context, in *sdk.GetChangeInput) (*sdk.GetChangeOutput, error) {
	id := "/change/" + strings.TrimPrefix(*in.Id, "/change/")
	c := s.changes[id]
	if c == nil {
		return nil, &types.NoSuchChange{Message: text("Could not find resource with ID: %s", id)}
	}
	return &sdk.GetChangeOutput{ChangeInfo: s.shownChange(c)}, nil
}

// tagged finds what has tags: hosted zones, for health checks are not simulated.
func (s *Service) tagged(kind types.TagResourceType, id *string) (*zone, error) {
	if kind != types.TagResourceTypeHostedzone {
		return nil, notSimulated("tags of " + string(kind))
	}
	return s.zone(id)
}

// ChangeTagsForResource adds, overwrites and removes tags.
func (s *Service) ChangeTagsForResource(_ context.Context, in *sdk.ChangeTagsForResourceInput) (*sdk.ChangeTagsForResourceOutput, error) {
	z, err := s.tagged(in.ResourceType, in.ResourceId)
	if err != nil {
		return nil, err
	}
	tags, err := z.tags.Without(in.RemoveTagKeys).With(tagset.Of(in.AddTags, func(t types.Tag) (key, value *string) { return t.Key, t.Value }))
	if err != nil {
		return nil, invalidInput("%v", err)
	}
	z.tags = tags
	return &sdk.ChangeTagsForResourceOutput{}, nil
}

func (z *zone) tagSet() types.ResourceTagSet {
	return types.ResourceTagSet{ResourceType: types.TagResourceTypeHostedzone, ResourceId: aws.String(z.id),
		Tags: tagset.List(z.tags, func(key, value *string) types.Tag { return types.Tag{Key: key, Value: value} })}
}

// ListTagsForResource lists a zone's tags.
func (s *Service) ListTagsForResource(_ context.Context, in *sdk.ListTagsForResourceInput) (*sdk.ListTagsForResourceOutput, error) {
	z, err := s.tagged(in.ResourceType, in.ResourceId)
	if err != nil {
		return nil, err
	}
	set := z.tagSet()
	return &sdk.ListTagsForResourceOutput{ResourceTagSet: &set}, nil
}

// ListTagsForResources lists the tags of up to ten zones, of which all must exist.
func (s *Service) ListTagsForResources(_ context.Context, in *sdk.ListTagsForResourcesInput) (*sdk.ListTagsForResourcesOutput, error) {
	out := &sdk.ListTagsForResourcesOutput{ResourceTagSets: []types.ResourceTagSet{}}
	for _, id := range in.ResourceIds {
		z, err := s.tagged(in.ResourceType, &id)
		if err != nil {
			return nil, err
		}
		out.ResourceTagSets = append(out.ResourceTagSets, z.tagSet())
	}
	return out, nil
}
