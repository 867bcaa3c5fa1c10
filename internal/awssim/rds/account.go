package rds

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// certificates are the certificate authorities. The first is the default; older
// ones are gone (aws-facts §6.17).
var certificates = []struct {
	name string
	till time.Time
}{
	{"rds-ca-rsa2048-g1", time.Date(2061, 5, 25, 22, 54, 0, 0, time.UTC)},
	{"rds-ca-rsa4096-g1", time.Date(2121, 5, 25, 22, 54, 0, 0, time.UTC)},
	{"rds-ca-ecc384-g1", time.Date(2121, 5, 25, 22, 54, 0, 0, time.UTC)},
}

// certificateLife is how long a database's own certificate is valid.
const certificateLife = 365 * 24 * time.Hour

func certificateNames() (names []string) {
	for _, c := range certificates {
		names = append(names, c.name)
	}
	return names
}

func checkCertificate(name string) error {
	if !slices.Contains(certificateNames(), name) {
		return &types.CertificateNotFoundFault{Message: text("CertificateIdentifier %s not found.", name)}
	}
	return nil
}

// DescribeCertificates implements the operation.
func (s *Service) DescribeCertificates(_ context.Context, in *sdk.DescribeCertificatesInput) (*sdk.DescribeCertificatesOutput, error) {
	var all []types.Certificate
	for _, c := range certificates {
		if in.CertificateIdentifier == nil || *in.CertificateIdentifier == c.name {
			all = append(all, types.Certificate{CertificateIdentifier: aws.String(c.name), CertificateType: aws.String("CA"),
				CertificateArn: aws.String("arn:aws:rds:" + s.Name + "::cert:" + c.name), CustomerOverride: aws.Bool(false),
				ValidFrom: aws.Time(time.Date(2021, 5, 25, 21, 54, 0, 0, time.UTC)), ValidTill: aws.Time(c.till)})
		}
	}
	if in.CertificateIdentifier != nil && len(all) == 0 {
		return nil, checkCertificate(*in.CertificateIdentifier)
	}
	list, next, err := page(all, in.Marker, in.MaxRecords, pageSize)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeCertificatesOutput{Certificates: list, Marker: next,
		DefaultCertificateForNewLaunches: aws.String(certificates[0].name)}, nil
}

// DescribeAccountAttributes implements the operation: quotas and their use.
func (s *Service) DescribeAccountAttributes(context.Context, *sdk.DescribeAccountAttributesInput) (*sdk.DescribeAccountAttributesOutput, error) {
	used := map[string]int64{quotaInstances: int64(len(s.instances)), quotaClusters: int64(len(s.clusters)),
		quotaStorage: s.usedStorage(), quotaSubnetGroups: int64(len(s.subnetGroups)),
		quotaParameterGroups: s.countGroups(false), quotaClusterGroups: s.countGroups(true),
		quotaSnapshots: s.countSnapshots(false), quotaClusterSnapshots: s.countSnapshots(true),
		quotaSubscriptions: int64(len(s.subscriptions))}
	out := &sdk.DescribeAccountAttributesOutput{}
	for _, name := range slices.Sorted(maps.Keys(s.Quotas)) {
		out.AccountQuotas = append(out.AccountQuotas, types.AccountQuota{AccountQuotaName: aws.String(name),
			Max: aws.Int64(s.Quotas[name]), Used: aws.Int64(used[name])})
	}
	return out, nil
}

// DescribeOptionGroups implements the operation. There are only the default ones.
func (s *Service) DescribeOptionGroups(_ context.Context, in *sdk.DescribeOptionGroupsInput) (*sdk.DescribeOptionGroupsOutput, error) {
	if in.OptionGroupName != nil && in.EngineName != nil {
		return nil, badCombination("OptionGroupName cannot be specified together with EngineName or MajorEngineVersion")
	}
	var all []types.OptionGroup
	for _, e := range engines {
		if in.EngineName != nil && *in.EngineName != e.name {
			continue
		}
		for _, r := range e.releases {
			name := e.optionGroup(r.major)
			if in.OptionGroupName != nil && lower(in.OptionGroupName) != name ||
				in.MajorEngineVersion != nil && *in.MajorEngineVersion != r.major {
				continue
			}
			all = append(all, types.OptionGroup{OptionGroupName: aws.String(name), EngineName: aws.String(e.name),
				MajorEngineVersion: aws.String(r.major), OptionGroupArn: aws.String(s.ARN("rds", "og:"+name)),
				OptionGroupDescription:                aws.String("Default option group for " + e.name + " " + r.major),
				AllowsVpcAndNonVpcInstanceMemberships: aws.Bool(true)})
		}
	}
	if in.OptionGroupName != nil && len(all) == 0 {
		return nil, noOptionGroup(*in.OptionGroupName)
	}
	list, next, err := page(all, in.Marker, in.MaxRecords, pageSize)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeOptionGroupsOutput{OptionGroupsList: list, Marker: next}, nil
}

func noOptionGroup(name string) error {
	return &types.OptionGroupNotFoundFault{Message: text("Specified OptionGroupName: %s not found.", name)}
}

// optionGroup names the default group of a major version: default:mysql-8-0.
func (e *engine) optionGroup(major string) string {
	return "default:" + e.name + "-" + strings.ReplaceAll(major, ".", "-")
}

// checkOptionGroup accepts the default group of a version.
func (e *engine) checkOptionGroup(name *string, version string) error {
	if name == nil || lower(name) == e.optionGroup(e.releases[e.major(version)].major) {
		return nil
	}
	return noOptionGroup(*name)
}

// DescribeGlobalClusters implements the operation: there are none.
func (s *Service) DescribeGlobalClusters(_ context.Context, in *sdk.DescribeGlobalClustersInput) (*sdk.DescribeGlobalClustersOutput, error) {
	if in.GlobalClusterIdentifier != nil {
		return nil, &types.GlobalClusterNotFoundFault{Message: text("Global cluster %s not found", *in.GlobalClusterIdentifier)}
	}
	return &sdk.DescribeGlobalClustersOutput{}, nil
}
