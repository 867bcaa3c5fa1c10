package rds

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// class is a size of database server. Newer ones are not in every zone, and not
// every one can be a member of a cluster.
type class struct {
	name             string
	zones            string // letters
	clusters, aurora bool
}

var classes = []class{
	{"db.t3.micro", "abcd", false, false},
	{"db.t3.small", "abcd", false, false},
	{"db.t3.medium", "abcd", false, true},
	{"db.t4g.micro", "abcd", false, false},
	{"db.t4g.small", "abcd", false, false},
	{"db.t4g.medium", "abcd", false, true},
	{"db.t4g.large", "abcd", false, true},
	{"db.m6g.large", "abcd", true, false},
	{"db.m6g.xlarge", "abcd", true, false},
	{"db.m7g.large", "abc", true, false},
	{"db.r6g.large", "abcd", true, true},
	{"db.r7g.large", "abc", true, true},
}

func findClass(name string) (class, bool) {
	i := slices.IndexFunc(classes, func(c class) bool { return c.name == name })
	if i < 0 {
		return class{}, false
	}
	return classes[i], true
}

// insights reports whether Performance Insights works on a class: for MySQL not on
// the smallest (user guide, "Amazon RDS DB engine, Region, and instance class support
// for Performance Insights").
func (c class) insights(e *engine) bool {
	small := strings.HasSuffix(c.name, ".micro") || strings.HasSuffix(c.name, ".small")
	return !small || e.name == "postgres"
}

// in reports whether a zone has the class.
func (c class) in(zone string) bool { return strings.ContainsRune(c.zones, rune(zone[len(zone)-1])) }

// storage is a kind of volume with its limits in GiB, IOPS and MiB/s.
type storage struct {
	name                 string
	minSize, maxSize     int32
	minIops, maxIops     int32
	perGibMin, perGibMax float64 // IOPS
	throughput           int32   // the most; 0: fixed
}

var storages = []storage{
	{name: "gp2", minSize: 20, maxSize: 65536},
	{name: "gp3", minSize: 20, maxSize: 65536, minIops: 12000, maxIops: 64000, perGibMax: 500, throughput: 4000},
	{name: "io1", minSize: 100, maxSize: 65536, minIops: 1000, maxIops: 256000, perGibMin: 0.5, perGibMax: 50},
	{name: "io2", minSize: 100, maxSize: 65536, minIops: 1000, maxIops: 256000, perGibMin: 0.5, perGibMax: 1000},
}

func findStorage(name string) (storage, error) {
	i := slices.IndexFunc(storages, func(st storage) bool { return st.name == name })
	if i < 0 {
		return storage{}, &types.StorageTypeNotSupportedFault{Message: text("Storage type %s is not supported.", name)}
	}
	return storages[i], nil
}

// orderable lists what can be ordered of an engine's version. Volumes for clusters
// are io1, io2 and gp3 (aws-facts §6.14).
func (s *Service) orderable(e *engine, version string) (list []types.OrderableDBInstanceOption) {
	kinds := storages
	if e.aurora {
		kinds = []storage{{name: "aurora"}, {name: "aurora-iopt1"}}
	}
	for _, c := range classes {
		if e.aurora && !c.aurora {
			continue
		}
		for _, st := range kinds {
			list = append(list, s.option(e, version, c, st))
		}
	}
	return list
}

func (s *Service) option(e *engine, version string, c class, st storage) types.OrderableDBInstanceOption {
	o := types.OrderableDBInstanceOption{
		Engine: aws.String(e.name), EngineVersion: aws.String(version), DBInstanceClass: aws.String(c.name),
		LicenseModel: aws.String(e.license), StorageType: aws.String(st.name), Vpc: aws.Bool(true),
		AvailabilityZoneGroup: aws.String(s.Name), MultiAZCapable: aws.Bool(!e.aurora), ReadReplicaCapable: aws.Bool(!e.aurora),
		SupportsClusters: aws.Bool(e.aurora || e.clusters && c.clusters && st.name != "gp2"),
		SupportsIops:     aws.Bool(st.maxIops > 0), SupportsStorageThroughput: aws.Bool(st.throughput > 0),
		SupportsStorageAutoscaling: aws.Bool(!e.aurora), SupportsStorageEncryption: aws.Bool(true),
		SupportsEnhancedMonitoring: aws.Bool(true), SupportsIAMDatabaseAuthentication: aws.Bool(true),
		SupportsPerformanceInsights: aws.Bool(c.insights(e)), SupportedNetworkTypes: []string{"IPV4"},
		OutpostCapable: aws.Bool(false), SupportsKerberosAuthentication: aws.Bool(false),
		SupportsGlobalDatabases: aws.Bool(e.aurora), SupportsDedicatedLogVolume: aws.Bool(false),
	}
	if e.aurora {
		o.SupportedEngineModes = []string{"provisioned"}
	} else {
		o.MinStorageSize, o.MaxStorageSize = aws.Int32(st.minSize), aws.Int32(st.maxSize)
	}
	if st.maxIops > 0 {
		o.MinIopsPerDbInstance, o.MaxIopsPerDbInstance = aws.Int32(st.minIops), aws.Int32(st.maxIops)
		o.MinIopsPerGib, o.MaxIopsPerGib = aws.Float64(st.perGibMin), aws.Float64(st.perGibMax)
	}
	if st.throughput > 0 {
		o.MinStorageThroughputPerDbInstance, o.MaxStorageThroughputPerDbInstance = aws.Int32(minThroughput), aws.Int32(st.throughput)
	}
	for _, zone := range s.Zones {
		if zone.Type == "availability-zone" && c.in(zone.Name) {
			o.AvailabilityZones = append(o.AvailabilityZones, types.AvailabilityZone{Name: aws.String(zone.Name)})
		}
	}
	return o
}

// DescribeOrderableDBInstanceOptions implements the operation; its pages are larger
// than those of others (aws-facts §21). Nothing that fits gives an empty list.
func (s *Service) DescribeOrderableDBInstanceOptions(_ context.Context, in *sdk.DescribeOrderableDBInstanceOptionsInput) (*sdk.DescribeOrderableDBInstanceOptionsOutput, error) {
	e, err := findEngine(aws.ToString(in.Engine))
	if err != nil {
		return nil, err
	}
	if len(in.Filters) > 0 {
		return nil, badValue("Unrecognized filter name: %s", aws.ToString(in.Filters[0].Name))
	}
	var all []types.OrderableDBInstanceOption
	for _, r := range e.releases {
		for _, version := range r.minors {
			if in.EngineVersion != nil && *in.EngineVersion != version && *in.EngineVersion != r.major {
				continue
			}
			all = append(all, s.orderable(e, version)...)
		}
	}
	differs := func(want, have *string) bool { return want != nil && *want != *have }
	all = slices.DeleteFunc(all, func(o types.OrderableDBInstanceOption) bool {
		return differs(in.DBInstanceClass, o.DBInstanceClass) || differs(in.LicenseModel, o.LicenseModel) ||
			differs(in.AvailabilityZoneGroup, o.AvailabilityZoneGroup) || in.Vpc != nil && !*in.Vpc
	})
	list, next, err := page(all, in.Marker, in.MaxRecords, 1000)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeOrderableDBInstanceOptionsOutput{OrderableDBInstanceOptions: list, Marker: next}, nil
}

var classForm = regexp.MustCompile(`^db\.[a-z0-9-]+\.[a-z0-9]+$`)

// checkOrder refuses a combination that cannot be ordered (aws-facts §6.4).
func checkOrder(e *engine, version, className, storageType, license string) (class, error) {
	c, ok := findClass(className)
	if !classForm.MatchString(className) {
		return c, badValue("Invalid DB Instance class: %s", className)
	}
	if !ok || e.aurora && !c.aurora || license != e.license {
		return c, badCombination("RDS does not support creating a DB instance with the following combination: DBInstanceClass=%s, Engine=%s, "+
			"EngineVersion=%s, LicenseModel=%s. For supported combinations of instance class and database engine version, see the documentation.",
			className, e.name, version, license)
	}
	if !e.aurora {
		if _, err := findStorage(storageType); err != nil {
			return c, err
		}
	}
	return c, nil
}

// DescribeValidDBInstanceModifications implements the operation.
func (s *Service) DescribeValidDBInstanceModifications(_ context.Context, in *sdk.DescribeValidDBInstanceModificationsInput) (*sdk.DescribeValidDBInstanceModificationsOutput, error) {
	i, err := s.instance(in.DBInstanceIdentifier)
	if err != nil {
		return nil, err
	}
	message := &types.ValidDBInstanceModificationsMessage{SupportsDedicatedLogVolume: aws.Bool(false)}
	if i.clusterID() == "" {
		size := aws.ToInt32(i.AllocatedStorage)
		for _, st := range storages {
			message.Storage = append(message.Storage, st.growth(size))
		}
	}
	return &sdk.DescribeValidDBInstanceModificationsOutput{ValidDBInstanceModificationsMessage: message}, nil
}

// growth shows to what a volume of the size can be changed.
func (st storage) growth(size int32) types.ValidStorageOptions {
	span := func(from, to int32) []types.Range {
		return []types.Range{{From: aws.Int32(from), To: aws.Int32(to), Step: aws.Int32(1)}}
	}
	o := types.ValidStorageOptions{StorageType: aws.String(st.name), SupportsStorageAutoscaling: aws.Bool(true),
		StorageSize: span(max(st.minSize, smallestGrowth(size)), st.maxSize)}
	if st.maxIops > 0 {
		o.ProvisionedIops = span(st.minIops, st.maxIops)
		o.IopsToStorageRatio = []types.DoubleRange{{From: aws.Float64(st.perGibMin), To: aws.Float64(st.perGibMax)}}
	}
	if st.throughput > 0 {
		o.ProvisionedStorageThroughput = span(minThroughput, st.throughput)
	}
	return o
}
