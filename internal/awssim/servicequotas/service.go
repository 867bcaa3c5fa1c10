// Package servicequotas simulates the reads of Service Quotas for one account and
// Region: the quotas that a web tier is likely to meet.
//
// A handler is a method named after the operation; the wire layer finds it by that
// name. Values are those that the services themselves go by, and are set by Set, not
// by calls: on AWS, RequestServiceQuotaIncrease takes hours to days.
package servicequotas

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/paging"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// Quota is one of a service's limits. Codes, names and defaults are those of the page
// "Service quotas" of that service in the AWS General Reference.
type Quota struct {
	Service, ServiceName string // ec2, Amazon Elastic Compute Cloud (Amazon EC2)
	Code, Name           string
	Default              float64
	// Value is the account's own; Set changes it for the service that goes by it.
	Value func() float64
	Set   func(float64)
}

// Service is Service Quotas in one account and Region.
type Service struct {
	*region.Region
	quotas []Quota // by service and code
}

// New returns Service Quotas with these quotas, sorted by service and code.
func New(r *region.Region, quotas []Quota) *Service { return &Service{Region: r, quotas: quotas} }

// Set changes the account's value of a quota. It reports whether there is one.
func (s *Service) Set(code string, value float64) bool {
	for _, q := range s.quotas {
		if q.Code == code {
			q.Set(value)
			return true
		}
	}
	return false
}

func (s *Service) shown(q Quota, value float64) types.ServiceQuota {
	return types.ServiceQuota{
		ServiceCode: aws.String(q.Service), ServiceName: aws.String(q.ServiceName), QuotaCode: aws.String(q.Code), QuotaName: aws.String(q.Name),
		QuotaArn: aws.String(s.ARN("servicequotas", q.Service+"/"+q.Code)), Value: aws.Float64(value), Unit: aws.String("None"),
		Adjustable: true, QuotaAppliedAtLevel: types.AppliedLevelEnumAccount,
	}
}

// of returns the quotas of a service.
func (s *Service) of(service *string) ([]Quota, error) {
	var found []Quota
	for _, q := range s.quotas {
		if q.Service == aws.ToString(service) {
			found = append(found, q)
		}
	}
	if len(found) == 0 {
		return nil, missing()
	}
	return found, nil
}

func missing() error {
	return &types.NoSuchResourceException{Message: aws.String("The request failed because the specified service or quota does not exist.")}
}

func (s *Service) find(service, code *string) (Quota, error) {
	quotas, err := s.of(service)
	for _, q := range quotas {
		if q.Code == aws.ToString(code) {
			return q, nil
		}
	}
	if err == nil {
		err = missing()
	}
	return Quota{}, err
}

// GetServiceQuota returns the account's value of a quota.
func (s *Service) GetServiceQuota(_ context.Context, in *sdk.GetServiceQuotaInput) (*sdk.GetServiceQuotaOutput, error) {
	q, err := s.find(in.ServiceCode, in.QuotaCode)
	if err != nil {
		return nil, err
	}
	quota := s.shown(q, q.Value())
	return &sdk.GetServiceQuotaOutput{Quota: &quota}, nil
}

// GetAWSDefaultServiceQuota returns the value that AWS gives to every account.
func (s *Service) GetAWSDefaultServiceQuota(_ context.Context, in *sdk.GetAWSDefaultServiceQuotaInput) (*sdk.GetAWSDefaultServiceQuotaOutput, error) {
	q, err := s.find(in.ServiceCode, in.QuotaCode)
	if err != nil {
		return nil, err
	}
	quota := s.shown(q, q.Default)
	return &sdk.GetAWSDefaultServiceQuotaOutput{Quota: &quota}, nil
}

// ListServiceQuotas lists the account's values of a service's quotas.
func (s *Service) ListServiceQuotas(_ context.Context, in *sdk.ListServiceQuotasInput) (*sdk.ListServiceQuotasOutput, error) {
	quotas, err := s.of(in.ServiceCode)
	if err != nil {
		return nil, err
	}
	out := &sdk.ListServiceQuotasOutput{Quotas: []types.ServiceQuota{}}
	for _, q := range quotas {
		if in.QuotaCode == nil || *in.QuotaCode == q.Code {
			out.Quotas = append(out.Quotas, s.shown(q, q.Value()))
		}
	}
	out.Quotas, out.NextToken, err = page(out.Quotas, in.NextToken, in.MaxResults)
	return out, err
}

// ListAWSDefaultServiceQuotas lists the values that AWS gives to every account.
func (s *Service) ListAWSDefaultServiceQuotas(_ context.Context, in *sdk.ListAWSDefaultServiceQuotasInput) (*sdk.ListAWSDefaultServiceQuotasOutput, error) {
	quotas, err := s.of(in.ServiceCode)
	if err != nil {
		return nil, err
	}
	out := &sdk.ListAWSDefaultServiceQuotasOutput{Quotas: []types.ServiceQuota{}}
	for _, q := range quotas {
		out.Quotas = append(out.Quotas, s.shown(q, q.Default))
	}
	out.Quotas, out.NextToken, err = page(out.Quotas, in.NextToken, in.MaxResults)
	return out, err
}

// page cuts a list into pages of up to 100.
func page(quotas []types.ServiceQuota, token *string, size *int32) ([]types.ServiceQuota, *string, error) {
	return paging.Page(quotas, token, size, 100, 100, "InvalidPaginationTokenException")
}

// String lists the quotas, for the control interface's errors.
func (s *Service) String() string {
	var lines []string
	for _, q := range s.quotas {
		lines = append(lines, fmt.Sprintf("%s (%s, %s)", q.Code, q.Service, q.Name))
	}
	return strings.Join(lines, "; ")
}
