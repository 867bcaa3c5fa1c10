package acm_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/acm"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/simtest"
)

// lab is ACM with a clock and DNS records that the test sets.
type lab struct {
	*acm.Service
	*simtest.Clock
	t       *testing.T
	records map[string]string
}

func newLab(t *testing.T) *lab {
	r, clock := simtest.New()
	l := &lab{Service: acm.New(r), Clock: clock, t: t, records: map[string]string{}}
	l.Resolve = func(name, kind string) []string {
		if value, ok := l.records[name]; ok && kind == "CNAME" {
			return []string{value}
		}
		return nil
	}
	return l
}

func request(domain string, others ...string) *sdk.RequestCertificateInput {
	return &sdk.RequestCertificateInput{DomainName: &domain, SubjectAlternativeNames: others, ValidationMethod: types.ValidationMethodDns}
}

func (l *lab) request(domain string, others ...string) string {
	l.t.Helper()
	return *simtest.Do(l.t, l.RequestCertificate, request(domain, others...)).CertificateArn
}

func (l *lab) describe(arn string) *types.CertificateDetail {
	l.t.Helper()
	return simtest.Do(l.t, l.DescribeCertificate, &sdk.DescribeCertificateInput{CertificateArn: &arn}).Certificate
}

func TestValidationByDNS(t *testing.T) {
	l := newLab(t)
	arn := l.request("example.com", "*.example.com", "www.example.com")
	simtest.Refused(t, l.DescribeCertificate, &sdk.DescribeCertificateInput{CertificateArn: &arn}, "ResourceNotFoundException", "")
	l.Pass(3 * time.Second)
	got := l.describe(arn)
	if got.Status != types.CertificateStatusPendingValidation || got.DomainValidationOptions[0].ResourceRecord != nil || got.NotAfter != nil {
		t.Errorf("at first %+v", got)
	}
	l.Pass(7 * time.Second)
	options := l.describe(arn).DomainValidationOptions
	if len(options) != 3 || *options[0].ResourceRecord.Name != *options[1].ResourceRecord.Name || *options[0].ResourceRecord.Name == *options[2].ResourceRecord.Name {
		t.Fatalf("records %+v", options)
	}
	for _, option := range options[1:] {
		l.records[*option.ResourceRecord.Name] = strings.TrimSuffix(*option.ResourceRecord.Value, ".")
	}
	if l.Tick(l.Now) || !l.Tick(l.Now) {
		t.Error("validation is not noticed once")
	}
	l.Pass(119 * time.Second)
	if l.Usable(arn) {
		t.Error("usable before it is issued")
	}
	l.Pass(time.Second)
	got = l.describe(arn)
	if !l.Usable(arn) || got.DomainValidationOptions[2].ValidationStatus != types.DomainStatusSuccess || !got.NotAfter.Equal(l.Now.Add(395*24*time.Hour)) {
		t.Errorf("issued %+v", got)
	}
	l.Pass(395 * 24 * time.Hour)
	if got := l.describe(arn).Status; l.Usable(arn) || got != types.CertificateStatusExpired {
		t.Errorf("a year later %s", got)
	}
}

func TestRequestIsGivenUp(t *testing.T) {
	l := newLab(t)
	arn := l.request("example.com")
	l.Pass(72 * time.Hour)
	got := l.describe(arn)
	if got.Status != types.CertificateStatusValidationTimedOut || got.DomainValidationOptions[0].ValidationStatus != types.DomainStatusFailed {
		t.Errorf("certificate %+v", got)
	}
}

func TestValidationByMail(t *testing.T) {
	l := newLab(t)
	in := request("example.com")
	in.ValidationMethod = ""
	arn := *simtest.Do(t, l.RequestCertificate, in).CertificateArn
	l.Pass(time.Hour)
	if got := l.describe(arn).DomainValidationOptions[0]; len(got.ValidationEmails) == 0 || got.ResourceRecord != nil {
		t.Errorf("validation %+v", got)
	}
	l.Issue(arn)
	if !l.Usable(arn) {
		t.Error("not issued")
	}
}

func TestTokenMakesRequestsSafeForAnHour(t *testing.T) {
	l := newLab(t)
	in := request("example.com")
	in.IdempotencyToken = aws.String("once")
	first, again := simtest.Do(t, l.RequestCertificate, in), simtest.Do(t, l.RequestCertificate, in)
	l.Pass(time.Hour)
	later := simtest.Do(t, l.RequestCertificate, in)
	if *first.CertificateArn != *again.CertificateArn || *first.CertificateArn == *later.CertificateArn {
		t.Errorf("requested %s, %s, %s", *first.CertificateArn, *again.CertificateArn, *later.CertificateArn)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	l := newLab(t)
	withKey := request("example.com")
	withKey.KeyAlgorithm = types.KeyAlgorithmRsa4096
	simtest.Refused(t, l.RequestCertificate, withKey, "InvalidParameterException", "RSA_4096")
	simtest.Refused(t, l.RequestCertificate, request(strings.Repeat("x", 61)+".com"), "InvalidParameterException", "64")
	simtest.Refused(t, l.RequestCertificate, request("a.com", strings.Split("b,c,d,e,f,g,h,i,j,k", ",")...), "LimitExceededException", "10")
	byHTTP := request("example.com")
	byHTTP.ValidationMethod = types.ValidationMethodHttp
	simtest.Refused(t, l.RequestCertificate, byHTTP, "NotImplemented", "")
	simtest.Refused(t, l.DescribeCertificate, &sdk.DescribeCertificateInput{CertificateArn: aws.String("x")}, "InvalidArnException", "")
}

func TestAddedCertificates(t *testing.T) {
	l := newLab(t)
	soon := l.Now.Add(time.Hour)
	for _, test := range []struct {
		spec   acm.CertificateSpec
		status types.CertificateStatus
	}{
		{acm.CertificateSpec{Domain: "a"}, types.CertificateStatusIssued},
		{acm.CertificateSpec{Domain: "b", Status: types.CertificateStatusExpired}, types.CertificateStatusExpired},
		{acm.CertificateSpec{Domain: "c", Status: types.CertificateStatusPendingValidation}, types.CertificateStatusPendingValidation},
		{acm.CertificateSpec{Domain: "d", NotAfter: soon, Key: types.KeyAlgorithmEcPrime256v1, Imported: true}, types.CertificateStatusIssued},
		{acm.CertificateSpec{Domain: "e", Status: types.CertificateStatusRevoked}, types.CertificateStatusRevoked},
	} {
		arn := l.AddCertificate(test.spec)
		if got := l.describe(arn); got.Status != test.status || l.Usable(arn) != (test.status == types.CertificateStatusIssued) {
			t.Errorf("%+v: %+v", test.spec, got)
		}
	}
}

func TestListHasOnlyRSA2048UnlessAsked(t *testing.T) {
	l := newLab(t)
	l.AddCertificate(acm.CertificateSpec{Domain: "rsa"})
	l.AddCertificate(acm.CertificateSpec{Domain: "ec", Key: types.KeyAlgorithmEcPrime256v1})
	l.AddCertificate(acm.CertificateSpec{Domain: "old", Status: types.CertificateStatusExpired})
	list := func(in sdk.ListCertificatesInput) string {
		var names []string
		for _, c := range simtest.Do(t, l.ListCertificates, &in).CertificateSummaryList {
			names = append(names, *c.DomainName)
		}
		return strings.Join(names, " ")
	}
	ec := &types.Filters{KeyTypes: []types.KeyAlgorithm{types.KeyAlgorithmEcPrime256v1}}
	for _, test := range []struct {
		in   sdk.ListCertificatesInput
		want string
	}{
		{sdk.ListCertificatesInput{}, "rsa old"},
		{sdk.ListCertificatesInput{Includes: ec}, "ec"},
		{sdk.ListCertificatesInput{CertificateStatuses: []types.CertificateStatus{types.CertificateStatusIssued}}, "rsa"},
		{sdk.ListCertificatesInput{SortBy: types.SortByCreatedAt, SortOrder: types.SortOrderDescending}, "old rsa"},
		{sdk.ListCertificatesInput{MaxItems: aws.Int32(1)}, "rsa"},
	} {
		if got := list(test.in); got != test.want {
			t.Errorf("%+v: %s, want %s", test.in, got, test.want)
		}
	}
	simtest.Refused(t, l.ListCertificates, &sdk.ListCertificatesInput{SortBy: types.SortByCreatedAt}, "ValidationException", "together")
}

func TestCertificateInUseCannotBeDeleted(t *testing.T) {
	l := newLab(t)
	arn := l.AddCertificate(acm.CertificateSpec{Domain: "a"})
	used := true
	l.Users = func(of string) []string {
		if used && of == arn {
			return []string{"lb"}
		}
		return nil
	}
	drop := &sdk.DeleteCertificateInput{CertificateArn: &arn}
	if got := l.describe(arn); !slices.Equal(got.InUseBy, []string{"lb"}) {
		t.Errorf("in use by %q", got.InUseBy)
	}
	simtest.Refused(t, l.DeleteCertificate, drop, "ResourceInUseException", "in use")
	used = false
	l.Pass(2*time.Minute - time.Second)
	simtest.Refused(t, l.DeleteCertificate, drop, "ResourceInUseException", "in use")
	l.Pass(time.Second)
	simtest.Do(t, l.DeleteCertificate, drop)
	simtest.Refused(t, l.DeleteCertificate, drop, "ResourceNotFoundException", "")
}

func TestTags(t *testing.T) {
	l := newLab(t)
	arn := l.AddCertificate(acm.CertificateSpec{Domain: "a", Tags: map[string]string{"webtier:part": "certificate"}})
	tag := func(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }
	simtest.Do(t, l.AddTagsToCertificate, &sdk.AddTagsToCertificateInput{CertificateArn: &arn, Tags: []types.Tag{tag("a", "1"), tag("b", "2")}})
	simtest.Do(t, l.RemoveTagsFromCertificate, &sdk.RemoveTagsFromCertificateInput{CertificateArn: &arn, Tags: []types.Tag{tag("a", "other"), {Key: aws.String("b")}}})
	tags := simtest.Do(t, l.ListTagsForCertificate, &sdk.ListTagsForCertificateInput{CertificateArn: &arn}).Tags
	if len(tags) != 2 || *tags[0].Value != "1" || *tags[1].Key != "webtier:part" {
		t.Errorf("tags %v", tags)
	}
	simtest.Refused(t, l.AddTagsToCertificate, &sdk.AddTagsToCertificateInput{CertificateArn: &arn, Tags: []types.Tag{tag("aws:x", "")}}, "InvalidTagException", "aws:")
	if lines := l.Inventory(); !slices.Equal(lines, []string{"acm certificate a certificate"}) {
		t.Errorf("inventory %q", lines)
	}
}
