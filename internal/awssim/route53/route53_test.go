package route53_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/route53"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

// lab is Route 53 with the hosted zone example.com and a clock that the test sets.
type lab struct {
	*route53.Service
	*simtest.Clock
	t    *testing.T
	zone *string
}

func newLab(t *testing.T) *lab {
	r, clock := simtest.New()
	l := &lab{Service: route53.New(r), Clock: clock, t: t}
	l.zone = simtest.Do(t, l.CreateHostedZone, zone("Example.com", "first")).HostedZone.Id
	return l
}

func zone(name, reference string) *sdk.CreateHostedZoneInput {
	return &sdk.CreateHostedZoneInput{Name: &name, CallerReference: &reference}
}

// record is a record with values, or with an alias of another zone's record.
func record(name, kind string, values ...string) *types.ResourceRecordSet {
	r := &types.ResourceRecordSet{Name: &name, Type: types.RRType(kind), TTL: aws.Int64(60)}
	for _, value := range values {
		r.ResourceRecords = append(r.ResourceRecords, types.ResourceRecord{Value: &value})
	}
	return r
}

func alias(name, kind, zone, target string) *types.ResourceRecordSet {
	return &types.ResourceRecordSet{Name: &name, Type: types.RRType(kind), AliasTarget: &types.AliasTarget{HostedZoneId: &zone, DNSName: &target}}
}

func weighted(r *types.ResourceRecordSet, id string) *types.ResourceRecordSet {
	r.SetIdentifier, r.Weight = &id, aws.Int64(1)
	return r
}

func (l *lab) batch(changes ...types.Change) *sdk.ChangeResourceRecordSetsInput {
	return &sdk.ChangeResourceRecordSetsInput{HostedZoneId: l.zone, ChangeBatch: &types.ChangeBatch{Changes: changes}}
}

func change(action types.ChangeAction, r *types.ResourceRecordSet) types.Change {
	return types.Change{Action: action, ResourceRecordSet: r}
}

func (l *lab) upsert(records ...*types.ResourceRecordSet) *types.ChangeInfo {
	l.t.Helper()
	var changes []types.Change
	for _, r := range records {
		changes = append(changes, change("UPSERT", r))
	}
	return simtest.Do(l.t, l.ChangeResourceRecordSets, l.batch(changes...)).ChangeInfo
}

// list lists names and types of the records from a name on.
func (l *lab) list(from string) string {
	l.t.Helper()
	in := &sdk.ListResourceRecordSetsInput{HostedZoneId: l.zone}
	if from != "" {
		in.StartRecordName = &from
	}
	var lines []string
	for _, r := range simtest.Do(l.t, l.ListResourceRecordSets, in).ResourceRecordSets {
		lines = append(lines, *r.Name+" "+string(r.Type))
	}
	return strings.Join(lines, ", ")
}

func TestNewZone(t *testing.T) {
	l := newLab(t)
	got := simtest.Do(t, l.GetHostedZone, &sdk.GetHostedZoneInput{Id: aws.String(strings.TrimPrefix(*l.zone, "/hostedzone/"))})
	if *got.HostedZone.Name != "example.com." || len(got.DelegationSet.NameServers) != 4 || *got.HostedZone.ResourceRecordSetCount != 2 {
		t.Errorf("zone %+v", got.HostedZone)
	}
	if got := l.list(""); got != "example.com. NS, example.com. SOA" {
		t.Errorf("records %s", got)
	}
	simtest.Refused(t, l.CreateHostedZone, zone("example.com", "first"), "HostedZoneAlreadyExists", "caller reference")
	simtest.Do(t, l.CreateHostedZone, zone("example.com", "second"))
	simtest.Refused(t, l.CreateHostedZone, zone("example..com", "third"), "InvalidDomainName", "")
	simtest.Refused(t, l.GetHostedZone, &sdk.GetHostedZoneInput{Id: aws.String("Z1")}, "NoSuchHostedZone", "Z1")
}

func TestChangeIsPendingForSomeTime(t *testing.T) {
	l := newLab(t)
	for range 2 { // a change that changes nothing is pending too
		info := l.upsert(record("www.example.com", "A", "192.0.2.1"))
		for _, want := range []types.ChangeStatus{types.ChangeStatusPending, types.ChangeStatusInsync} {
			if got := simtest.Do(t, l.GetChange, &sdk.GetChangeInput{Id: info.Id}).ChangeInfo.Status; got != want {
				t.Errorf("change is %s, want %s", got, want)
			}
			l.Pass(40 * time.Second)
		}
	}
	simtest.Refused(t, l.GetChange, &sdk.GetChangeInput{Id: aws.String("C1")}, "NoSuchChange", "")
}

func TestRecordsThatAreRefused(t *testing.T) {
	www := func(values ...string) *types.ResourceRecordSet { return record("www.example.com", "A", values...) }
	for _, test := range []struct {
		action types.ChangeAction
		record *types.ResourceRecordSet
		text   string
	}{
		{"CREATE", www("192.0.2.1"), "[name='www.example.com.', type='A'] but it already exists"},
		{"DELETE", www("192.0.2.2"), "do not match the current values"},
		{"DELETE", record("x.example.com", "A", "192.0.2.1"), "was not found"},
		{"CREATE", record("www.example.org", "A", "192.0.2.1"), "is not permitted in zone example.com."},
		{"CREATE", record("notexample.com", "A", "192.0.2.1"), "is not permitted in zone example.com."},
		{"CREATE", record("example.com", "CNAME", "a.b"), "at apex"},
		{"CREATE", record("www.example.com", "CNAME", "a.b"), "conflicts with other records"},
		{"CREATE", record("x.example.com", "CNAME", "a.b", "c.d"), "exactly one value"},
		{"UPSERT", www("192.0.2"), "ARRDATAIllegalIPv4Address"},
		{"UPSERT", www("192.0.2.1", "192.0.2.1"), "Duplicate Resource Record"},
		{"UPSERT", www(), "found none"},
		{"CREATE", record("x.example.com", "AAAA", "192.0.2.1"), "IPv6"},
		{"CREATE", record("x.example.com", "TXT", "bare"), "quotation marks"},
		{"CREATE", record("x.example.com", "MX", "mail"), "2 fields"},
		{"CREATE", weighted(www("192.0.2.1"), "a"), "another routing policy"},
		{"CREATE", func() *types.ResourceRecordSet {
			r := weighted(record("x.example.com", "A", "192.0.2.1"), "a")
			r.Weight = nil
			return r
		}(), "SetIdentifier"},
		{"CREATE", alias("x.example.com", "A", "SELF", "none.example.com"), "that target was not found"},
		{"CREATE", alias("x.example.com", "A", "SELF", "www.example.org"), "does not lie within"},
		{"CREATE", alias("x.example.com", "A", "Z32O12XQLNTSW2", "lb.example.net"), "does not lie within"},
		{"CREATE", func() *types.ResourceRecordSet {
			r := alias("x.example.com", "A", "SELF", "www.example.com")
			r.TTL = aws.Int64(1)
			return r
		}(), "more than one"},
		{"DELETE", record("example.com", "NS"), "do not match"},
	} {
		t.Run(test.text, func(t *testing.T) {
			l := newLab(t)
			l.upsert(www("192.0.2.1"))
			if target := test.record.AliasTarget; target != nil && *target.HostedZoneId == "SELF" {
				target.HostedZoneId = l.zone
			}
			before := l.list("")
			fine := change("CREATE", record("fine.example.com", "A", "192.0.2.1"))
			simtest.Refused(t, l.ChangeResourceRecordSets, l.batch(fine, change(test.action, test.record)), "InvalidChangeBatch", test.text)
			if after := l.list(""); after != before {
				t.Errorf("changed to %s", after)
			}
		})
	}
}

func TestZoneKeepsItsOwnRecords(t *testing.T) {
	l := newLab(t)
	for _, r := range simtest.Do(t, l.ListResourceRecordSets, &sdk.ListResourceRecordSetsInput{HostedZoneId: l.zone}).ResourceRecordSets {
		simtest.Refused(t, l.ChangeResourceRecordSets, l.batch(change("DELETE", &r)), "InvalidChangeBatch", "A HostedZone must contain")
	}
}

func TestAllFaultsAreToldAtOnce(t *testing.T) {
	l := newLab(t)
	_, err := l.ChangeResourceRecordSets(t.Context(), l.batch(change("DELETE", record("a.example.com", "A", "192.0.2.1")), change("CREATE", record("b.example.com", "A", "x"))))
	var batch *types.InvalidChangeBatch
	if !errors.As(err, &batch) || len(batch.Messages) != 2 {
		t.Errorf("error %v", err)
	}
}

func TestBatchReplacesOneRecordByAnother(t *testing.T) {
	l := newLab(t)
	old := record("www.example.com", "CNAME", "old.example.net")
	l.upsert(old)
	simtest.Do(t, l.ChangeResourceRecordSets, l.batch(change("DELETE", old), change("CREATE", alias("www.example.com", "A", "Z32O12XQLNTSW2", "LB-1.eu-west-1.elb.amazonaws.com"))))
	got := simtest.Do(t, l.ListResourceRecordSets, &sdk.ListResourceRecordSetsInput{HostedZoneId: l.zone, StartRecordName: aws.String("www.example.com")}).ResourceRecordSets
	if len(got) != 1 || *got[0].AliasTarget.DNSName != "lb-1.eu-west-1.elb.amazonaws.com." {
		t.Errorf("records %+v", got)
	}
}

func TestDeletionMindsNotTheOrderOfValues(t *testing.T) {
	l := newLab(t)
	l.upsert(record("www.example.com", "A", "192.0.2.1", "192.0.2.2"))
	simtest.Do(t, l.ChangeResourceRecordSets, l.batch(change("DELETE", record("WWW.example.com.", "A", "192.0.2.2", "192.0.2.1"))))
	if got := l.list("www.example.com"); got != "" {
		t.Errorf("records %s", got)
	}
}

func TestNamesAreCanonicalAndOrdered(t *testing.T) {
	l := newLab(t)
	l.upsert(record("b.example.com", "TXT", `"x"`), record("b.example.com", "A", "192.0.2.1"), record("*.a.example.com", "A", "192.0.2.1"), record("Z.a.example.com.", "A", "192.0.2.1"))
	want := `example.com. NS, example.com. SOA, \052.a.example.com. A, z.a.example.com. A, b.example.com. A, b.example.com. TXT`
	if got := l.list(""); got != want {
		t.Errorf("records %s", got)
	}
	if got := l.list("b.example.com"); got != "b.example.com. A, b.example.com. TXT" {
		t.Errorf("from b %s", got)
	}
	l.upsert(record(`\052.a.example.com`, "A", "192.0.2.2"))
	if got := l.list(""); got != want {
		t.Errorf("records %s", got)
	}
}

func TestRecordsComeInPages(t *testing.T) {
	l := newLab(t)
	for i := range 4 {
		l.upsert(weighted(record("www.example.com", "A", "192.0.2.1"), fmt.Sprint(i)))
	}
	in, seen := &sdk.ListResourceRecordSetsInput{HostedZoneId: l.zone, MaxItems: aws.Int32(4)}, 0
	for pages := 1; ; pages++ {
		out := simtest.Do(t, l.ListResourceRecordSets, in)
		seen += len(out.ResourceRecordSets)
		if !out.IsTruncated {
			if pages != 2 || seen != 6 {
				t.Errorf("%d records on %d pages", seen, pages)
			}
			break
		}
		in.StartRecordName, in.StartRecordType, in.StartRecordIdentifier = out.NextRecordName, out.NextRecordType, out.NextRecordIdentifier
	}
	simtest.Refused(t, l.ListResourceRecordSets, &sdk.ListResourceRecordSetsInput{HostedZoneId: l.zone, StartRecordType: "A"}, "InvalidInput", "StartRecordName")
}

func TestBatchIsBounded(t *testing.T) {
	l := newLab(t)
	var changes []types.Change
	for i := range 501 {
		changes = append(changes, change("UPSERT", record(fmt.Sprintf("h%d.example.com", i), "A", "192.0.2.1")))
	}
	simtest.Refused(t, l.ChangeResourceRecordSets, l.batch(changes...), "InvalidChangeBatch", "1000")
	long := record("t.example.com", "TXT", `"`+strings.Repeat("x", 32000)+`"`)
	simtest.Refused(t, l.ChangeResourceRecordSets, l.batch(change("CREATE", long)), "InvalidChangeBatch", "32000")
}

func TestZoneWithRecordsCannotBeDeleted(t *testing.T) {
	l := newLab(t)
	r := record("www.example.com", "A", "192.0.2.1")
	l.upsert(r)
	simtest.Refused(t, l.DeleteHostedZone, &sdk.DeleteHostedZoneInput{Id: l.zone}, "HostedZoneNotEmpty", "")
	simtest.Do(t, l.ChangeResourceRecordSets, l.batch(change("DELETE", r)))
	simtest.Do(t, l.DeleteHostedZone, &sdk.DeleteHostedZoneInput{Id: l.zone})
	simtest.Refused(t, l.DeleteHostedZone, &sdk.DeleteHostedZoneInput{Id: l.zone}, "NoSuchHostedZone", "")
}

func TestPrivateZones(t *testing.T) {
	l := newLab(t)
	private := func(reference string) *sdk.CreateHostedZoneInput {
		in := zone("example.com", reference)
		in.VPC = &types.VPC{VPCId: aws.String("vpc-1"), VPCRegion: types.VPCRegionEuWest1}
		return in
	}
	made := simtest.Do(t, l.CreateHostedZone, private("a"))
	if !made.HostedZone.Config.PrivateZone || made.DelegationSet != nil {
		t.Errorf("made %+v", made)
	}
	simtest.Refused(t, l.CreateHostedZone, private("b"), "ConflictingDomainExists", "vpc-1")
	all := simtest.Do(t, l.ListHostedZones, &sdk.ListHostedZonesInput{MaxItems: aws.Int32(1)})
	if len(all.HostedZones) != 1 || !all.IsTruncated {
		t.Errorf("zones %+v", all)
	}
	if got := simtest.Do(t, l.ListHostedZones, &sdk.ListHostedZonesInput{HostedZoneType: types.HostedZoneTypePrivateHostedZone}).HostedZones; len(got) != 1 {
		t.Errorf("%d private zones", len(got))
	}
	if got := *simtest.Do(t, l.GetHostedZoneCount, &sdk.GetHostedZoneCountInput{}).HostedZoneCount; got != 2 {
		t.Errorf("%d zones", got)
	}
}

func TestZonesByName(t *testing.T) {
	l := newLab(t)
	simtest.Do(t, l.CreateHostedZone, zone("a.example.com", "2"))
	simtest.Do(t, l.CreateHostedZone, zone("b.org", "3"))
	list := func(in *sdk.ListHostedZonesByNameInput) string {
		var names []string
		for _, z := range simtest.Do(t, l.ListHostedZonesByName, in).HostedZones {
			names = append(names, *z.Name)
		}
		return strings.Join(names, " ")
	}
	if got := list(&sdk.ListHostedZonesByNameInput{}); got != "example.com. a.example.com. b.org." {
		t.Errorf("zones %s", got)
	}
	if got := list(&sdk.ListHostedZonesByNameInput{DNSName: aws.String("a.example.com"), MaxItems: aws.Int32(1)}); got != "a.example.com." {
		t.Errorf("zones from a: %s", got)
	}
}

func TestTagsCommentAndInventory(t *testing.T) {
	l := newLab(t)
	id := strings.TrimPrefix(*l.zone, "/hostedzone/")
	simtest.Do(t, l.ChangeTagsForResource, &sdk.ChangeTagsForResourceInput{ResourceType: types.TagResourceTypeHostedzone, ResourceId: &id,
		AddTags: []types.Tag{{Key: aws.String("webtier:part"), Value: aws.String("dns")}, {Key: aws.String("a"), Value: aws.String("1")}}})
	simtest.Do(t, l.ChangeTagsForResource, &sdk.ChangeTagsForResourceInput{ResourceType: types.TagResourceTypeHostedzone, ResourceId: &id, RemoveTagKeys: []string{"a"}})
	if got := simtest.Do(t, l.ListTagsForResource, &sdk.ListTagsForResourceInput{ResourceType: types.TagResourceTypeHostedzone, ResourceId: &id}).ResourceTagSet; len(got.Tags) != 1 {
		t.Errorf("tags %+v", got)
	}
	simtest.Refused(t, l.ListTagsForResources, &sdk.ListTagsForResourcesInput{ResourceType: types.TagResourceTypeHostedzone, ResourceIds: []string{id, "Z1"}}, "NoSuchHostedZone", "Z1")
	if got := simtest.Do(t, l.UpdateHostedZoneComment, &sdk.UpdateHostedZoneCommentInput{Id: l.zone, Comment: aws.String("c")}).HostedZone; *got.Config.Comment != "c" {
		t.Errorf("zone %+v", got)
	}
	l.upsert(record("www.example.com", "A", "192.0.2.1"))
	if lines := l.Inventory(); !slices.Equal(lines, []string{"route53 hostedzone example.com. dns", "route53 record www.example.com./A dns"}) {
		t.Errorf("inventory %q", lines)
	}
	if got := l.Resolve("WWW.example.com", "A"); !slices.Equal(got, []string{"192.0.2.1"}) || l.Resolve("x.example.com", "A") != nil {
		t.Errorf("resolved to %q", got)
	}
}
