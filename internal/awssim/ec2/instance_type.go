package ec2

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/webtier/terraform-provider-webtier/internal/awssim/apierr"
	"github.com/webtier/terraform-provider-webtier/internal/awssim/region"
)

// instanceType is one row of the catalogue.
type instanceType struct {
	name      types.InstanceType
	vCPUs     int32
	memoryMiB int64
	arch      types.ArchitectureType
	nitro     bool
	// lacking are the letters of the standard zones that do not offer the type.
	lacking string
}

const (
	intel    = types.ArchitectureTypeX8664
	graviton = types.ArchitectureTypeArm64
)

// instanceTypes is the catalogue. Types with gaps are there to be tripped over:
// not every zone offers every type (aws-facts §12.6).
var instanceTypes = []instanceType{
	{"t3.micro", 2, 1024, intel, true, ""},
	{"t3.small", 2, 2048, intel, true, ""},
	{"t3.medium", 2, 4096, intel, true, ""},
	{"t4g.micro", 2, 1024, graviton, true, "c"},
	{"t4g.small", 2, 2048, graviton, true, ""},
	{"m5.large", 2, 8192, intel, true, ""},
	{"m6i.large", 2, 8192, intel, true, ""},
	{"m6g.large", 2, 8192, graviton, true, ""},
	{"m7i.large", 2, 8192, intel, true, ""},
	{"m7g.large", 2, 8192, graviton, true, "d"},
	{"c7g.large", 2, 4096, graviton, true, "d"},
	{"r7g.large", 2, 16384, graviton, true, ""},
}

func findInstanceType(name types.InstanceType) (instanceType, bool) {
	i := slices.IndexFunc(instanceTypes, func(t instanceType) bool { return t.name == name })
	if i < 0 {
		return instanceType{}, false
	}
	return instanceTypes[i], true
}

// burstable types are the T families.
func (t instanceType) burstable() bool { return t.name[0] == 't' }

// offeredIn returns the zones that offer the type: standard zones only.
func (s *Service) offeredIn(t instanceType) []region.Zone {
	var zones []region.Zone
	for _, zone := range s.Zones {
		if zone.Type == "availability-zone" && !strings.Contains(t.lacking, zone.Name[len(zone.Name)-1:]) {
			zones = append(zones, zone)
		}
	}
	return zones
}

// DescribeInstanceTypes describes the catalogue. One unknown type fails the whole
// call; the filter instance-type gives an empty list instead (aws-facts §3.3).
func (s *Service) DescribeInstanceTypes(_ context.Context, in *sdk.DescribeInstanceTypesInput) (*sdk.DescribeInstanceTypesOutput, error) {
	if err := checkListing(in.DryRun, in.MaxResults, 5, 100, 0, ""); err != nil {
		return nil, err
	}
	if len(in.InstanceTypes) > 100 {
		return nil, apierr.New("InvalidParameterValue", "The maximum number of instance types that can be requested is 100.")
	}
	var unknown []string
	for _, name := range in.InstanceTypes {
		if _, ok := findInstanceType(name); !ok {
			unknown = append(unknown, string(name))
		}
	}
	if len(unknown) > 0 {
		return nil, apierr.New("InvalidInstanceType", "The following supplied instance types do not exist: [%s]", strings.Join(unknown, ", "))
	}
	var shown []types.InstanceTypeInfo
	for _, t := range instanceTypes {
		if len(in.InstanceTypes) == 0 || slices.Contains(in.InstanceTypes, t.name) {
			shown = append(shown, t.info())
		}
	}
	page, next, err := list(s, instanceTypeListing, shown, query{nil, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeInstanceTypesOutput{InstanceTypes: page, NextToken: next}, nil
}

var instanceTypeListing = listing[types.InstanceTypeInfo]{
	id:         func(types.InstanceTypeInfo) string { return "" }, // types have no tags
	page:       100,
	attributes: instanceTypeAttributes,
}

// instanceTypeAttributes are the values for the filters of DescribeInstanceTypes.
func instanceTypeAttributes(t types.InstanceTypeInfo) map[string][]string {
	architectures, vCPUs, memory := []string(nil), []string(nil), []string(nil)
	if t.ProcessorInfo != nil {
		architectures = each(t.ProcessorInfo.SupportedArchitectures, func(a types.ArchitectureType) []string { return []string{string(a)} })
		vCPUs = number(t.VCpuInfo.DefaultVCpus)
		memory = []string{strconv.FormatInt(*t.MemoryInfo.SizeInMiB, 10)}
	}
	return map[string][]string{
		"instance-type":                         {string(t.InstanceType)},
		"processor-info.supported-architecture": architectures,
		"vcpu-info.default-vcpus":               vCPUs,
		"memory-info.size-in-mib":               memory,
		"burstable-performance-supported":       flag(t.BurstablePerformanceSupported),
		"free-tier-eligible":                    flag(t.FreeTierEligible),
		"hypervisor":                            {string(t.Hypervisor)},
		"bare-metal":                            flag(t.BareMetal),
		"current-generation":                    flag(t.CurrentGeneration),
		"hibernation-supported":                 flag(t.HibernationSupported),
		"instance-storage-supported":            flag(t.InstanceStorageSupported),
		"network-info.ena-support":              {string(types.EnaSupportRequired)},
		"supported-boot-mode":                   each(t.SupportedBootModes, func(m types.BootModeType) []string { return []string{string(m)} }),
		"supported-root-device-type":            {string(types.RootDeviceTypeEbs)},
		"supported-usage-class":                 each(t.SupportedUsageClasses, func(c types.UsageClassType) []string { return []string{string(c)} }),
		"supported-virtualization-type":         {string(types.VirtualizationTypeHvm)},
	}
}

func (t instanceType) info() types.InstanceTypeInfo {
	threads := int32(2)
	modes := []types.BootModeType{types.BootModeTypeLegacyBios, types.BootModeTypeUefi}
	if t.arch == graviton {
		// Graviton has one thread a core and boots by UEFI only.
		threads, modes = 1, modes[1:]
	}
	return types.InstanceTypeInfo{
		InstanceType: t.name, CurrentGeneration: aws.Bool(true), BareMetal: aws.Bool(false),
		FreeTierEligible:              aws.Bool(t.name == "t3.micro"),
		BurstablePerformanceSupported: aws.Bool(t.burstable()),
		Hypervisor:                    types.InstanceTypeHypervisorNitro,
		HibernationSupported:          aws.Bool(false), InstanceStorageSupported: aws.Bool(false),
		DedicatedHostsSupported: aws.Bool(!t.burstable()), AutoRecoverySupported: aws.Bool(true),
		MemoryInfo: &types.MemoryInfo{SizeInMiB: aws.Int64(t.memoryMiB)},
		VCpuInfo: &types.VCpuInfo{DefaultVCpus: aws.Int32(t.vCPUs), DefaultCores: aws.Int32(t.vCPUs / threads),
			DefaultThreadsPerCore: aws.Int32(threads)},
		ProcessorInfo: &types.ProcessorInfo{SupportedArchitectures: []types.ArchitectureType{t.arch}},
		EbsInfo: &types.EbsInfo{EbsOptimizedSupport: types.EbsOptimizedSupportDefault,
			EncryptionSupport: types.EbsEncryptionSupportSupported, NvmeSupport: types.EbsNvmeSupportRequired},
		NetworkInfo: &types.NetworkInfo{EnaSupport: types.EnaSupportRequired, Ipv6Supported: aws.Bool(true),
			MaximumNetworkCards: aws.Int32(1), MaximumNetworkInterfaces: aws.Int32(3), Ipv4AddressesPerInterface: aws.Int32(4)},
		SupportedBootModes:           modes,
		SupportedRootDeviceTypes:     []types.RootDeviceType{types.RootDeviceTypeEbs},
		SupportedUsageClasses:        []types.UsageClassType{types.UsageClassTypeOnDemand, types.UsageClassTypeSpot},
		SupportedVirtualizationTypes: []types.VirtualizationType{types.VirtualizationTypeHvm},
	}
}

// DescribeInstanceTypeOfferings tells where a type exists at all, not whether there
// is capacity (aws-facts §3.3).
func (s *Service) DescribeInstanceTypeOfferings(_ context.Context, in *sdk.DescribeInstanceTypeOfferingsInput) (*sdk.DescribeInstanceTypeOfferingsOutput, error) {
	if err := checkListing(in.DryRun, in.MaxResults, 5, 1000, 0, ""); err != nil {
		return nil, err
	}
	by := in.LocationType
	if by == "" {
		by = types.LocationTypeRegion
	}
	var shown []types.InstanceTypeOffering
	for _, t := range instanceTypes {
		for _, location := range s.locations(t, by) {
			shown = append(shown, types.InstanceTypeOffering{InstanceType: t.name, Location: aws.String(location), LocationType: by})
		}
	}
	page, next, err := list(s, offeringListing, shown, query{nil, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeInstanceTypeOfferingsOutput{InstanceTypeOfferings: page, NextToken: next}, nil
}

var offeringListing = listing[types.InstanceTypeOffering]{
	id:   func(types.InstanceTypeOffering) string { return "" },
	page: 1000,
	attributes: func(o types.InstanceTypeOffering) map[string][]string {
		return map[string][]string{"instance-type": {string(o.InstanceType)}, "location": values(o.Location)}
	},
}

// locations names the places that offer the type, in the form asked for.
func (s *Service) locations(t instanceType, by types.LocationType) []string {
	var names []string
	for _, zone := range s.offeredIn(t) {
		switch by {
		case types.LocationTypeRegion:
			return []string{s.Name}
		case types.LocationTypeAvailabilityZone:
			names = append(names, zone.Name)
		case types.LocationTypeAvailabilityZoneId:
			names = append(names, zone.ID)
		}
	}
	return names
}

// checkOffered refuses a type that the zone does not offer (aws-facts §5.9).
func (s *Service) checkOffered(t instanceType, zone string) error {
	var others []string
	for _, offered := range s.offeredIn(t) {
		if offered.Name == zone {
			return nil
		}
		others = append(others, offered.Name)
	}
	return apierr.New("Unsupported", "Your requested instance type (%s) is not supported in your requested Availability Zone (%s). "+
		"Please retry your request by not specifying an Availability Zone or choosing %s.", t.name, zone, strings.Join(others, ", "))
}

// checkCapacity refuses a type that the zone has no room for now (aws-facts §3.2).
// EC2 counts it as its own fault: HTTP 500, which the SDK retries.
func (s *Service) checkCapacity(t instanceType, zone string, spot bool) error {
	if s.FailCapacity == nil || !s.FailCapacity(zone, string(t.name), spot) {
		return nil
	}
	if spot {
		return apierr.WithStatus(500, "InsufficientInstanceCapacity", "There is no Spot capacity available that matches your request.") // aws-facts §5.9
	}
	message := fmt.Sprintf("We currently do not have sufficient %s capacity in the Availability Zone you requested (%s). "+
		"Our system will be working on provisioning additional capacity.", t.name, zone)
	var others []string
	for _, offered := range s.offeredIn(t) {
		if offered.Name != zone && !s.FailCapacity(offered.Name, string(t.name), false) {
			others = append(others, offered.Name)
		}
	}
	if len(others) > 0 {
		message += fmt.Sprintf(" You can currently get %s capacity by not specifying an Availability Zone in your request or choosing %s.",
			t.name, strings.Join(others, ", "))
	}
	return apierr.WithStatus(500, "InsufficientInstanceCapacity", "%s", message)
}
