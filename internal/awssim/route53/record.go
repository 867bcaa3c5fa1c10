package route53

import (
	"cmp"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// stored is a record as Route 53 stores it.
func stored(in *types.ResourceRecordSet) *types.ResourceRecordSet {
	r := *in
	r.Name = aws.String(canonical(*in.Name))
	r.ResourceRecords = slices.Clone(in.ResourceRecords)
	if in.AliasTarget != nil {
		target := *in.AliasTarget
		target.DNSName = aws.String(canonical(*target.DNSName))
		target.HostedZoneId = aws.String(strings.TrimPrefix(*target.HostedZoneId, "/hostedzone/"))
		r.AliasTarget = &target
	}
	return &r
}

// order is how records are listed: by reversed name, type and identifier.
func order(a, b *types.ResourceRecordSet) int {
	return cmp.Or(cmp.Compare(reversed(*a.Name), reversed(*b.Name)), cmp.Compare(a.Type, b.Type),
		cmp.Compare(aws.ToString(a.SetIdentifier), aws.ToString(b.SetIdentifier)))
}

// policies counts the routing policies of a record and says whether it has any
// that needs an identifier.
func policies(r *types.ResourceRecordSet) int {
	n := 0
	for _, set := range []bool{r.Weight != nil, r.Region != "", r.Failover != "", r.GeoLocation != nil, r.MultiValueAnswer != nil,
		r.CidrRoutingConfig != nil, r.GeoProximityLocation != nil} {
		if set {
			n++
		}
	}
	return n
}

// fault describes what is wrong with a record in itself, or returns "".
func (z *zone) fault(r *types.ResourceRecordSet) string {
	name := *r.Name
	switch {
	case !validDomain(name):
		return "The domain name " + name + " is not valid"
	case !within(name, z.name):
		return "RRSet with DNS name " + name + " is not permitted in zone " + z.name
	case r.Type == types.RRTypeCname && name == z.name:
		return "RRSet of type CNAME with DNS name " + name + " is not permitted at apex in zone " + z.name
	case r.TrafficPolicyInstanceId != nil:
		return "Resource record sets of traffic policies cannot be changed"
	case policies(r) > 1:
		return "Only one routing policy can be specified for " + describe(r)
	case (r.SetIdentifier == nil) != (policies(r) == 0):
		return "Missing field 'SetIdentifier' or routing policy in " + describe(r)
	case r.AliasTarget != nil && (r.TTL != nil || len(r.ResourceRecords) > 0):
		return "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found more than one in Change with " + describe(r)
	case r.AliasTarget == nil && (r.TTL == nil || len(r.ResourceRecords) == 0):
		return "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with " + describe(r)
	}
	return faultOfValues(r)
}

func describe(r *types.ResourceRecordSet) string {
	text := "[name='" + *r.Name + "', type='" + string(r.Type) + "'"
	if r.SetIdentifier != nil {
		text += ", set-identifier='" + *r.SetIdentifier + "'"
	}
	return text + "]"
}

func faultOfValues(r *types.ResourceRecordSet) string {
	seen := map[string]bool{}
	for _, record := range r.ResourceRecords {
		value := *record.Value
		if check, ok := valueChecks[r.Type]; ok && !check.valid(value) {
			return "Invalid Resource Record: 'FATAL problem: " + check.reason + " encountered with '" + value + "''"
		}
		if seen[value] {
			return "Duplicate Resource Record: '" + value + "'"
		}
		seen[value] = true
	}
	if r.Type == types.RRTypeCname && len(r.ResourceRecords) > 1 {
		return "Invalid Resource Record: a CNAME record must have exactly one value"
	}
	return ""
}

// valueChecks tell which values of a type are wrong, and how Route 53 says so. The
// values of other types are not checked.
var valueChecks = map[types.RRType]struct {
	valid  func(value string) bool
	reason string
}{
	types.RRTypeA:     {ipv4, "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)"},
	types.RRTypeAaaa:  {ipv6, "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)"},
	types.RRTypeTxt:   {quoted, "InvalidCharacterString (Value should be enclosed in quotation marks)"},
	types.RRTypeSpf:   {quoted, "InvalidCharacterString (Value should be enclosed in quotation marks)"},
	types.RRTypeMx:    {mailServer, "MXRRDATANotTwoFields (MX record doesn't have 2 fields)"},
	types.RRTypeCname: {domain, "DomainNameInvalid (Value is not a valid domain name)"},
	types.RRTypeNs:    {domain, "DomainNameInvalid (Value is not a valid domain name)"},
	types.RRTypePtr:   {domain, "DomainNameInvalid (Value is not a valid domain name)"},
}

func ipv4(value string) bool {
	address, err := netip.ParseAddr(value)
	return err == nil && address.Is4()
}

func ipv6(value string) bool {
	address, err := netip.ParseAddr(value)
	return err == nil && address.Is6()
}

func quoted(value string) bool {
	return len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"'
}

func mailServer(value string) bool {
	priority, host, _ := strings.Cut(value, " ")
	_, err := strconv.ParseUint(priority, 10, 16)
	return err == nil && strings.TrimSpace(host) != ""
}

func domain(value string) bool {
	return validDomain(canonical(value)) && !strings.ContainsAny(value, " \t")
}

// clash describes how a record that is new to the zone gets in the way of others,
// or returns "".
func (z *zone) clash(r *types.ResourceRecordSet) string {
	for _, other := range z.records {
		if *other.Name != *r.Name {
			continue
		}
		switch {
		case (other.Type == types.RRTypeCname) != (r.Type == types.RRTypeCname):
			return "RRSet of type " + string(r.Type) + " with DNS name " + *r.Name + " is not permitted as it conflicts with other records with the same DNS name in zone " + z.name
		case other.Type == r.Type && (other.SetIdentifier == nil) != (r.SetIdentifier == nil), other.Type == r.Type && !samePolicy(other, r):
			return "RRSet with DNS name " + *r.Name + ", type " + string(r.Type) + " cannot be created as other RRSets exist with the same name and type and another routing policy"
		}
	}
	return ""
}

func samePolicy(a, b *types.ResourceRecordSet) bool {
	return (a.Weight == nil) == (b.Weight == nil) && (a.Region == "") == (b.Region == "") && (a.Failover == "") == (b.Failover == "") &&
		(a.GeoLocation == nil) == (b.GeoLocation == nil) && (a.MultiValueAnswer == nil) == (b.MultiValueAnswer == nil)
}

// equal compares records as a deletion does, for which the order of values does
// not matter.
func equal(a, b *types.ResourceRecordSet) bool {
	byValue := func(x, y types.ResourceRecord) int { return cmp.Compare(*x.Value, *y.Value) }
	left, right := *a, *b
	left.ResourceRecords = slices.SortedFunc(slices.Values(a.ResourceRecords), byValue)
	right.ResourceRecords = slices.SortedFunc(slices.Values(b.ResourceRecords), byValue)
	return reflect.DeepEqual(left, right)
}
