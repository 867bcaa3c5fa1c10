package route53

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
)

const (
	// Limits of a batch, in which an UPSERT counts twice (aws-facts §11.2).
	maxChanges    = 1000
	maxCharacters = 32000
	// maxRecords is the largest and usual page of records.
	maxRecords = 300
)

// ChangeResourceRecordSets carries out all changes of a batch or none. What is
// wrong with any of them is told at once (aws-facts §11.2).
func (s *Service) ChangeResourceRecordSets(_ context.Context, in *sdk.ChangeResourceRecordSetsInput) (*sdk.ChangeResourceRecordSetsOutput, error) {
	z, err := s.zone(in.HostedZoneId)
	if err != nil {
		return nil, err
	}
	if err := checkSize(in.ChangeBatch.Changes); err != nil {
		return nil, err
	}
	draft := *z
	draft.records = slices.Clone(z.records)
	var faults []string
	for _, c := range in.ChangeBatch.Changes {
		if fault := draft.carryOut(c.Action, stored(c.ResourceRecordSet)); fault != "" {
			faults = append(faults, fault)
		}
	}
	if len(faults) == 0 {
		faults = append(s.danglingAliases(&draft, in.ChangeBatch.Changes), draft.lacking()...)
	}
	if len(faults) > 0 {
		return nil, &types.InvalidChangeBatch{Messages: faults, Message: aws.String("[" + strings.Join(faults, ", ") + "]")}
	}
	slices.SortFunc(draft.records, order)
	z.records = draft.records
	return &sdk.ChangeResourceRecordSetsOutput{ChangeInfo: s.change(in.ChangeBatch.Comment)}, nil
}

func checkSize(changes []types.Change) error {
	records, characters := 0, 0
	for _, c := range changes {
		times := 1
		if c.Action == types.ChangeActionUpsert {
			times = 2
		}
		records += times * max(1, len(c.ResourceRecordSet.ResourceRecords))
		for _, r := range c.ResourceRecordSet.ResourceRecords {
			characters += times * len(*r.Value)
		}
	}
	if records > maxChanges {
		return &types.InvalidChangeBatch{Message: text("Number of records limit of %d exceeded.", maxChanges)}
	}
	if characters > maxCharacters {
		return &types.InvalidChangeBatch{Message: text("Number of characters limit of %d exceeded.", maxCharacters)}
	}
	return nil
}

// carryOut makes one change, or describes what is wrong with it.
func (z *zone) carryOut(action types.ChangeAction, r *types.ResourceRecordSet) (fault string) {
	at := slices.IndexFunc(z.records, func(other *types.ResourceRecordSet) bool { return order(other, r) == 0 })
	if action == types.ChangeActionDelete {
		switch {
		case at < 0:
			return "Tried to delete resource record set " + describe(r) + " but it was not found"
		case !equal(z.records[at], r):
			return "Tried to delete resource record set " + describe(r) + " but the values provided do not match the current values"
		}
		z.records = slices.Delete(z.records, at, at+1)
		return ""
	}
	if at >= 0 && action == types.ChangeActionCreate {
		return "Tried to create resource record set " + describe(r) + " but it already exists"
	}
	if fault := z.fault(r); fault != "" {
		return fault
	}
	if at >= 0 {
		z.records = slices.Delete(z.records, at, at+1)
	}
	if fault := z.clash(r); fault != "" {
		return fault
	}
	z.records = append(z.records, r)
	return ""
}

// lacking tells which of the records is missing that every zone must have.
func (z *zone) lacking() (faults []string) {
	for kind, fault := range map[types.RRType]string{
		types.RRTypeNs:  "A HostedZone must contain at least one NS record for the zone itself.",
		types.RRTypeSoa: "A HostedZone must contain exactly one SOA record.",
	} {
		if !slices.ContainsFunc(z.records, func(r *types.ResourceRecordSet) bool { return z.own(r) && r.Type == kind }) {
			faults = append(faults, fault)
		}
	}
	slices.Sort(faults)
	return faults
}

// danglingAliases tells which new aliases point to records that are not in the
// zone that they name, if that is one of ours. Other zones are those of AWS
// services, whose names must be below the service's domain.
func (s *Service) danglingAliases(z *zone, changes []types.Change) (faults []string) {
	for _, c := range changes {
		r := stored(c.ResourceRecordSet)
		if r.AliasTarget == nil || c.Action == types.ChangeActionDelete {
			continue
		}
		target := z
		if *r.AliasTarget.HostedZoneId != z.id {
			target = s.zones[*r.AliasTarget.HostedZoneId]
		}
		name := *r.AliasTarget.DNSName
		tried := "Tried to create an alias that targets " + name + ", type " + string(r.Type) + " in zone " + *r.AliasTarget.HostedZoneId + ", but "
		switch {
		case target == nil && !ofService(name):
			faults = append(faults, tried+"the alias target name does not lie within the target zone")
		case target != nil && !within(name, target.name):
			faults = append(faults, tried+"the alias target name does not lie within the target zone")
		case target != nil && !slices.ContainsFunc(target.records, func(o *types.ResourceRecordSet) bool { return *o.Name == name && o.Type == r.Type }):
			faults = append(faults, tried+"that target was not found")
		}
	}
	return faults
}

func ofService(name string) bool {
	for _, domain := range []string{"amazonaws.com.", "cloudfront.net.", "awsglobalaccelerator.com.", "elasticbeanstalk.com."} {
		if within(name, domain) {
			return true
		}
	}
	return false
}

// ListResourceRecordSets lists a zone's records in the order of reversed names, types and
// identifiers, from a record on.
func (s *Service) ListResourceRecordSets(_ context.Context, in *sdk.ListResourceRecordSetsInput) (*sdk.ListResourceRecordSetsOutput, error) {
	z, err := s.zone(in.HostedZoneId)
	if err != nil {
		return nil, err
	}
	switch {
	case in.StartRecordType != "" && in.StartRecordName == nil:
		return nil, invalidInput("StartRecordType can be specified with StartRecordName only.")
	case in.StartRecordIdentifier != nil && (in.StartRecordName == nil || in.StartRecordType == ""):
		return nil, invalidInput("StartRecordIdentifier can be specified with StartRecordName and StartRecordType only.")
	}
	most := cmp.Or(aws.ToInt32(in.MaxItems), maxRecords)
	out := &sdk.ListResourceRecordSetsOutput{MaxItems: &most, ResourceRecordSets: []types.ResourceRecordSet{}}
	start := &types.ResourceRecordSet{Name: aws.String(""), Type: in.StartRecordType, SetIdentifier: in.StartRecordIdentifier}
	if in.StartRecordName != nil {
		start.Name = aws.String(canonical(*in.StartRecordName))
	}
	for _, r := range z.records {
		switch {
		case in.StartRecordName != nil && order(r, start) < 0:
		case len(out.ResourceRecordSets) < int(min(most, maxRecords)):
			out.ResourceRecordSets = append(out.ResourceRecordSets, *stored(r))
		case !out.IsTruncated:
			out.IsTruncated, out.NextRecordName, out.NextRecordType, out.NextRecordIdentifier = true, r.Name, r.Type, r.SetIdentifier
		}
	}
	return out, nil
}
