package ec2

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// prefixList holds the public addresses of a service that has gateway endpoints.
type prefixList struct {
	id, service string // com.amazonaws.<region>.s3
	cidrs       []string
}

func newPrefixLists(r *region.Region) []prefixList {
	name := "com.amazonaws." + r.Name + "."
	return []prefixList{
		{"pl-" + r.Hex(8), name + "s3", []string{"198.18.252.0/24", "198.18.253.0/24"}},
		{"pl-" + r.Hex(8), name + "dynamodb", []string{"198.18.254.0/24"}},
	}
}

// prefixListOf returns the prefix list of a service, or nothing.
func (s *Service) prefixListOf(service string) string {
	for _, p := range s.prefixLists {
		if p.service == service {
			return p.id
		}
	}
	return ""
}

func (s *Service) isPrefixList(id string) bool {
	for _, p := range s.prefixLists {
		if p.id == id {
			return true
		}
	}
	return false
}

var prefixListListing = listing[types.PrefixList]{
	kind: kindPrefixList,
	id:   func(p types.PrefixList) string { return aws.ToString(p.PrefixListId) },
	page: 1000,
	attributes: func(p types.PrefixList) map[string][]string {
		return map[string][]string{"prefix-list-id": values(p.PrefixListId), "prefix-list-name": values(p.PrefixListName)}
	},
}

// DescribePrefixLists lists the services' prefix lists.
func (s *Service) DescribePrefixLists(_ context.Context, in *sdk.DescribePrefixListsInput) (*sdk.DescribePrefixListsOutput, error) {
	var all []types.PrefixList
	for _, p := range s.prefixLists {
		all = append(all, types.PrefixList{PrefixListId: aws.String(p.id), PrefixListName: aws.String(p.service), Cidrs: append([]string(nil), p.cidrs...)})
	}
	page, next, err := list(s, prefixListListing, all, query{in.PrefixListIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribePrefixListsOutput{PrefixLists: page, NextToken: next}, nil
}

// endpointServices are the services that a VPC endpoint can be made for, and the
// kinds of endpoint that each has.
var endpointServices = []struct {
	name  string
	kinds []types.ServiceType
}{
	{"autoscaling", interfaceOnly},
	{"dynamodb", []types.ServiceType{types.ServiceTypeGateway, types.ServiceTypeInterface}},
	{"ec2", interfaceOnly},
	{"ec2messages", interfaceOnly},
	{"ecr.api", interfaceOnly},
	{"ecr.dkr", interfaceOnly},
	{"elasticloadbalancing", interfaceOnly},
	{"kms", interfaceOnly},
	{"logs", interfaceOnly},
	{"monitoring", interfaceOnly},
	{"rds", interfaceOnly},
	{"s3", []types.ServiceType{types.ServiceTypeGateway, types.ServiceTypeInterface}},
	{"secretsmanager", interfaceOnly},
	{"sns", interfaceOnly},
	{"sqs", interfaceOnly},
	{"ssm", interfaceOnly},
	{"ssmmessages", interfaceOnly},
	{"sts", interfaceOnly},
}

var interfaceOnly = []types.ServiceType{types.ServiceTypeInterface}

// serviceKinds returns the kinds of endpoint that a service has; none if there is
// no such service.
func (s *Service) serviceKinds(service string) []types.ServiceType {
	short, ours := strings.CutPrefix(service, "com.amazonaws."+s.Name+".")
	for _, known := range endpointServices {
		if ours && known.name == short {
			return known.kinds
		}
	}
	return nil
}

var endpointServiceListing = listing[types.ServiceDetail]{
	kind: kind{noun: "Vpc Endpoint Service", notFound: "InvalidServiceName"},
	id:   func(d types.ServiceDetail) string { return aws.ToString(d.ServiceName) },
	page: 1000,
	attributes: func(d types.ServiceDetail) map[string][]string {
		return map[string][]string{
			"owner":          values(d.Owner),
			"service-name":   values(d.ServiceName),
			"service-region": values(d.ServiceRegion),
			"service-type":   each(d.ServiceType, func(t types.ServiceTypeDetail) []string { return []string{string(t.ServiceType)} }),
			"supported-ip-address-types": each(d.SupportedIpAddressTypes, func(t types.ServiceConnectivityType) []string {
				return []string{string(t)}
			}),
		}
	},
}

// DescribeVpcEndpointServices lists the services that an endpoint can be made for:
// one entry for each kind of endpoint, as on AWS.
func (s *Service) DescribeVpcEndpointServices(_ context.Context, in *sdk.DescribeVpcEndpointServicesInput) (*sdk.DescribeVpcEndpointServicesOutput, error) {
	for _, name := range in.ServiceNames {
		if s.serviceKinds(name) == nil {
			return nil, unknownService(name)
		}
	}
	var all []types.ServiceDetail
	for _, known := range endpointServices {
		for _, kind := range known.kinds {
			all = append(all, s.shownService(known.name, kind))
		}
	}
	page, next, err := list(s, endpointServiceListing, all, query{in.ServiceNames, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	out := &sdk.DescribeVpcEndpointServicesOutput{ServiceDetails: page, NextToken: next}
	for i, detail := range page {
		if i == 0 || *page[i-1].ServiceName != *detail.ServiceName {
			out.ServiceNames = append(out.ServiceNames, *detail.ServiceName)
		}
	}
	return out, nil
}

func (s *Service) shownService(name string, kind types.ServiceType) types.ServiceDetail {
	detail := types.ServiceDetail{
		AcceptanceRequired:         aws.Bool(false),
		BaseEndpointDnsNames:       []string{name + "." + s.Name + ".vpce.amazonaws.com"},
		ManagesVpcEndpoints:        aws.Bool(false),
		Owner:                      aws.String("amazon"),
		ServiceId:                  aws.String("vpce-svc-" + name),
		ServiceName:                aws.String("com.amazonaws." + s.Name + "." + name),
		ServiceRegion:              aws.String(s.Name),
		ServiceType:                []types.ServiceTypeDetail{{ServiceType: kind}},
		SupportedIpAddressTypes:    []types.ServiceConnectivityType{types.ServiceConnectivityTypeIpv4},
		VpcEndpointPolicySupported: aws.Bool(true),
	}
	if kind == types.ServiceTypeInterface {
		detail.PrivateDnsName = aws.String(s.privateDNSName(name))
		detail.PrivateDnsNames = []types.PrivateDnsDetails{{PrivateDnsName: aws.String(s.privateDNSName(name))}}
	}
	for _, zone := range s.Zones {
		if zone.Type == "availability-zone" {
			detail.AvailabilityZones = append(detail.AvailabilityZones, zone.Name)
			detail.AvailabilityZoneIds = append(detail.AvailabilityZoneIds, zone.ID)
		}
	}
	return detail
}

// privateDNSName is the service's public name, which private DNS overrides.
func (s *Service) privateDNSName(name string) string {
	parts := strings.Split(name, ".")
	if len(parts) == 2 { // ecr.api is api.ecr
		name = parts[1] + "." + parts[0]
	}
	return name + "." + s.Name + ".amazonaws.com"
}
