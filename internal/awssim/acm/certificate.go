package acm

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/tagset"
)

// certificate is a certificate or the request for one.
type certificate struct {
	arn, domain string
	names       []string // the domain and the others
	key         types.KeyAlgorithm
	method      types.ValidationMethod
	options     *types.CertificateOptions
	imported    bool
	tags        tagset.Set
	token       string

	requested, lastUse time.Time
	// issued is when it is or was issued, or zero; fixed is a status that no time
	// changes.
	issued, notAfter time.Time
	fixed            types.CertificateStatus
}

const (
	// validity is how long certificates of Amazon are valid.
	validity = 395 * 24 * time.Hour
	maxNames = 10
	maxCN    = 64
)

func (s *Service) newCertificate(domain string, others []string) *certificate {
	c := &certificate{arn: s.ARN("acm", "certificate/"+s.UUID()), domain: strings.ToLower(domain), key: types.KeyAlgorithmRsa2048,
		method: types.ValidationMethodDns, requested: s.Now()}
	for _, name := range append([]string{domain}, others...) {
		if name = strings.ToLower(name); !slices.Contains(c.names, name) {
			c.names = append(c.names, name)
		}
	}
	s.certificates = append(s.certificates, c)
	return c
}

func (c *certificate) issue(at time.Time) { c.issued, c.notAfter = at, at.Add(validity) }

func (c *certificate) status(s *Service) types.CertificateStatus {
	now := s.Now()
	switch {
	case c.fixed != "":
		return c.fixed
	case !c.issued.IsZero() && !now.Before(c.issued):
		if now.Before(c.notAfter) {
			return types.CertificateStatusIssued
		}
		return types.CertificateStatusExpired
	case c.issued.IsZero() && !now.Before(c.requested.Add(s.Timings.GivenUp)):
		return types.CertificateStatusValidationTimedOut
	}
	return types.CertificateStatusPendingValidation
}

// record is the DNS record that proves the control of a name. A wildcard needs the
// same as the name below it.
func (s *Service) record(name string) types.ResourceRecord {
	name = strings.TrimPrefix(name, "*.")
	digest := func(of string) string {
		sum := sha256.Sum256([]byte(s.Account + of))
		return "_" + hex.EncodeToString(sum[:16])
	}
	return types.ResourceRecord{Type: types.RecordTypeCname, Name: aws.String(digest(name) + "." + name + "."),
		Value: aws.String(digest(name+"/value") + ".mhbtsbpdnt.acm-validations.aws.")}
}

// validated reports whether all records are there, from when they are known.
func (s *Service) validated(c *certificate, now time.Time) bool {
	if s.Resolve == nil || c.method != types.ValidationMethodDns || c.fixed != "" || now.Before(c.requested.Add(s.Timings.Records)) ||
		!now.Before(c.requested.Add(s.Timings.GivenUp)) {
		return false
	}
	for _, name := range c.names {
		r := s.record(name)
		if !slices.ContainsFunc(s.Resolve(*r.Name, "CNAME"), func(value string) bool {
			return strings.EqualFold(strings.TrimSuffix(value, "."), strings.TrimSuffix(*r.Value, "."))
		}) {
			return false
		}
	}
	return true
}

// RequestCertificate asks for a certificate. The same token within an hour names
// the same request (aws-facts §11.1).
func (s *Service) RequestCertificate(_ context.Context, in *sdk.RequestCertificateInput) (*sdk.RequestCertificateOutput, error) {
	if err := checkRequest(in); err != nil {
		return nil, err
	}
	tags, err := withTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	token := aws.ToString(in.IdempotencyToken)
	for _, c := range s.certificates {
		if token != "" && c.token == token && c.domain == strings.ToLower(*in.DomainName) && s.Now().Before(c.requested.Add(s.Timings.Idempotency)) {
			return &sdk.RequestCertificateOutput{CertificateArn: aws.String(c.arn)}, nil
		}
	}
	c := s.newCertificate(*in.DomainName, in.SubjectAlternativeNames)
	c.tags, c.token, c.options = tags, token, in.Options
	c.key = cmp.Or(in.KeyAlgorithm, types.KeyAlgorithmRsa2048)
	c.method = cmp.Or(in.ValidationMethod, types.ValidationMethodEmail)
	return &sdk.RequestCertificateOutput{CertificateArn: aws.String(c.arn)}, nil
}

func checkRequest(in *sdk.RequestCertificateInput) error {
	switch {
	case in.CertificateAuthorityArn != nil || in.ManagedBy != "" || in.ValidationMethod == types.ValidationMethodHttp:
		return notSimulated("private certificates, those of CloudFront and validation by HTTP")
	case len(*in.DomainName) > maxCN:
		return &types.InvalidParameterException{Message: text("The first domain name can be at most %d characters long.", maxCN)}
	case len(in.SubjectAlternativeNames) >= maxNames:
		return &types.LimitExceededException{Message: text("The maximum number of %d domain names in a certificate has been reached.", maxNames)}
	case in.KeyAlgorithm != "" && !slices.Contains([]types.KeyAlgorithm{types.KeyAlgorithmRsa2048, types.KeyAlgorithmEcPrime256v1, types.KeyAlgorithmEcSecp384r1}, in.KeyAlgorithm):
		return &types.InvalidParameterException{Message: text("The key algorithm %s is not supported.", in.KeyAlgorithm)}
	}
	return nil
}

// DescribeCertificate describes a certificate. The records to be made for its
// validation are not known at once.
func (s *Service) DescribeCertificate(_ context.Context, in *sdk.DescribeCertificateInput) (*sdk.DescribeCertificateOutput, error) {
	s.Tick(s.Now())
	c, err := s.certificate(in.CertificateArn)
	if err != nil {
		return nil, err
	}
	sum := c.summary(s)
	detail := &types.CertificateDetail{CertificateArn: sum.CertificateArn, DomainName: sum.DomainName, SubjectAlternativeNames: slices.Clone(c.names),
		Status: sum.Status, Type: sum.Type, KeyAlgorithm: c.key, CreatedAt: sum.CreatedAt, IssuedAt: sum.IssuedAt, ImportedAt: sum.ImportedAt,
		NotBefore: sum.NotBefore, NotAfter: sum.NotAfter, InUseBy: append([]string{}, s.users(c)...), RenewalEligibility: sum.RenewalEligibility,
		Subject: aws.String("CN=" + c.domain), Options: c.options, SignatureAlgorithm: aws.String("SHA256WITHRSA"), Issuer: aws.String("Amazon")}
	if strings.HasPrefix(string(c.key), "EC_") {
		detail.SignatureAlgorithm = aws.String("SHA256WITHECDSA")
	}
	if c.imported {
		detail.Issuer = aws.String("Example CA")
	} else {
		detail.DomainValidationOptions = s.validations(c)
	}
	return &sdk.DescribeCertificateOutput{Certificate: detail}, nil
}

// validations tells how and whether each name has been validated.
func (s *Service) validations(c *certificate) []types.DomainValidation {
	var list []types.DomainValidation
	for _, name := range c.names {
		v := types.DomainValidation{DomainName: aws.String(name), ValidationDomain: aws.String(strings.TrimPrefix(name, "*.")),
			ValidationMethod: c.method, ValidationStatus: types.DomainStatusPendingValidation}
		switch c.status(s) {
		case types.CertificateStatusIssued, types.CertificateStatusExpired:
			v.ValidationStatus = types.DomainStatusSuccess
		case types.CertificateStatusValidationTimedOut, types.CertificateStatusFailed:
			v.ValidationStatus = types.DomainStatusFailed
		}
		if c.method == types.ValidationMethodEmail {
			v.ValidationEmails = []string{"admin@" + *v.ValidationDomain, "hostmaster@" + *v.ValidationDomain}
		} else if !s.Now().Before(c.requested.Add(s.Timings.Records)) {
			r := s.record(name)
			v.ResourceRecord = &r
		}
		list = append(list, v)
	}
	return list
}

func (c *certificate) summary(s *Service) types.CertificateSummary {
	sum := types.CertificateSummary{CertificateArn: aws.String(c.arn), DomainName: aws.String(c.domain), Status: c.status(s), KeyAlgorithm: c.key,
		Type: types.CertificateTypeAmazonIssued, CreatedAt: aws.Time(c.requested), SubjectAlternativeNameSummaries: slices.Clone(c.names),
		HasAdditionalSubjectAlternativeNames: aws.Bool(false), InUse: aws.Bool(len(s.users(c)) > 0), RenewalEligibility: types.RenewalEligibilityIneligible}
	if issued := sum.Status == types.CertificateStatusIssued || sum.Status == types.CertificateStatusExpired; issued {
		sum.NotBefore, sum.NotAfter, sum.IssuedAt = aws.Time(c.issued), aws.Time(c.notAfter), aws.Time(c.issued)
	}
	if c.imported {
		sum.Type, sum.CreatedAt, sum.ImportedAt, sum.IssuedAt = types.CertificateTypeImported, nil, aws.Time(c.requested), nil
	} else if *sum.InUse {
		sum.RenewalEligibility = types.RenewalEligibilityEligible
	}
	return sum
}

// ListCertificates lists certificates. Unless asked for others, it lists those
// with keys of RSA 2048 only (aws-facts §11.1).
func (s *Service) ListCertificates(_ context.Context, in *sdk.ListCertificatesInput) (*sdk.ListCertificatesOutput, error) {
	if (in.SortBy == "") != (in.SortOrder == "") {
		return nil, &types.ValidationException{Message: aws.String("SortBy and SortOrder must be specified together.")}
	}
	keys := []types.KeyAlgorithm{types.KeyAlgorithmRsa2048}
	if f := in.Includes; f != nil {
		if f.KeyUsage != nil || f.ExtendedKeyUsage != nil || f.ManagedBy != "" || f.ExportOption != "" {
			return nil, notSimulated("filters other than KeyTypes")
		}
		if f.KeyTypes != nil {
			keys = f.KeyTypes
		}
	}
	s.Tick(s.Now())
	list := []types.CertificateSummary{}
	for _, c := range s.certificates {
		if _, err := s.certificate(&c.arn); err != nil || !slices.Contains(keys, c.key) ||
			len(in.CertificateStatuses) > 0 && !slices.Contains(in.CertificateStatuses, c.status(s)) {
			continue
		}
		list = append(list, c.summary(s))
	}
	if in.SortOrder == types.SortOrderDescending {
		slices.Reverse(list)
	}
	out := &sdk.ListCertificatesOutput{}
	var err error
	out.CertificateSummaryList, out.NextToken, err = paging.Page(list, in.NextToken, in.MaxItems, 100, 1000, "InvalidNextTokenException")
	return out, err
}

// DeleteCertificate deletes a certificate that nothing uses and has not used for
// some minutes (aws-facts §11.1).
func (s *Service) DeleteCertificate(_ context.Context, in *sdk.DeleteCertificateInput) (*sdk.DeleteCertificateOutput, error) {
	s.Tick(s.Now())
	c, err := s.certificate(in.CertificateArn)
	if err != nil {
		return nil, err
	}
	if !c.lastUse.IsZero() && s.Now().Before(c.lastUse.Add(s.Timings.Released)) {
		return nil, &types.ResourceInUseException{Message: text("Certificate %s in account %s is in use.", c.arn, s.Account)}
	}
	s.certificates = slices.DeleteFunc(s.certificates, func(other *certificate) bool { return other == c })
	return &sdk.DeleteCertificateOutput{}, nil
}
